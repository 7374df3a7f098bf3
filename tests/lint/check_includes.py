"""The arrows between the rooms: who may include whose headers (docs/architecture.md)."""

import re

from tree import files, report, text_of

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)
ROOMS = ("api", "engine", "lib", "plugins", "cli", "client", "tests", "bench", "docs")
ALLOWED = {
    "api": {"api"},
    "lib": {"lib"},  # and TYPES
    "engine": {"engine", "api", "lib"},
    "plugins": {"api", "lib"},  # and the plugin's own directory
    "cli": {"cli", "api", "lib"},
    "client": {"client", "lib"},
    "tests": {"tests", "api", "lib", "engine", "plugins", "cli", "client"},
    "bench": {"bench", "api", "lib", "engine"},
    "docs": {"docs", "api", "lib", "engine"},  # the program that fills option tables into texts
}

TYPES = "netvane/fields.h"  # plain values of the API, which depend on nothing


def target_of(quote, name):
    """The room a header lies in; None for one of the system's."""
    first = name.split("/")[0]
    if first == "netvane":
        return "api"
    if first in ROOMS and "/" in name:
        return first
    return "here" if quote == '"' else None


def complaint(path, quote, name):
    room, target = path.parts[0], target_of(quote, name)
    if target is None:
        return None
    if ".." in name.split("/"):
        return "goes up by .."
    if target == "here":
        return None if room in ("tests", "bench", "plugins") else \
            'is named from the root of the tree, as "engine/bus.h"'
    if room == "plugins" and target == "plugins":
        return None if name.split("/")[1] == path.parts[1] else "is another plugin's"
    if room == "tests" and path.parts[1] == "plugins" and target not in ("api", "lib"):
        return "is not for plugins, and a test plugin is one"
    return None if target in ALLOWED[room] or (room, name) == ("lib", TYPES) else f"is not for {room}/"


def findings(sources):
    for path in sources:
        text = text_of(path) or ""
        for match in INCLUDE.finditer(text):
            why = complaint(path, *match.groups())
            if why:
                line = text.count("\n", 0, match.start(2)) + 1
                yield f"{path}:{line}: {match.group(2)} {why}"


sources = [path for path in files(".c", ".h") if path.parts[0] in ROOMS]
report(findings(sources), len(sources))
