"""docs/events.md and the code name the same topics."""

import pathlib
import re

from tree import files, report, text_of

# Actions of the gate look like topics and are none.
ACTIONS = {"script.run", "link.change", "command.execute", "webhook.deliver", "vcan.create",
           "vcan.change", "vcan.delete", "vcan.read", "dbus.get", "dbus.invoke"}
ROOTS = ("link address route wifi engine plugin config script policy journal socketbus webhook vcan can "
         "cluster dbus")
TOPIC = re.compile(rf'"((?:{ROOTS.replace(" ", "|")})\.[a-z_]+(?:\.[a-z_]+)*)"')
DOCUMENT = pathlib.Path("docs/events.md")

sources = files(".c", under="engine") + files(".c", under="plugins")
published = {}
for path in sources:
    for topic in TOPIC.findall(text_of(path) or ""):
        if topic not in ACTIONS:
            published.setdefault(topic, path)
listed = DOCUMENT in files(".md", under="docs")
documented = set(re.findall(r"^### ([a-z_.]+)$", text_of(DOCUMENT) if listed else "", re.M))
findings = [f"{path}: {topic} is not in {DOCUMENT}" for topic, path in sorted(published.items())
            if topic not in documented]
findings += [f"{DOCUMENT}: nothing publishes {topic}"
             for topic in sorted(documented - set(published))]
rules = pathlib.Path("docs/policy.md")
listed = rules in files(".md", under="docs")
asked = set(re.findall(r"^### ([a-z_.]+)$", text_of(rules), re.M)) if listed else ACTIONS
findings += [f"{rules}: the gate action {action} has no table" for action in sorted(ACTIONS - asked)]
report(findings, len(sources))
