"""What a question to the gate costs with a policy in force, and what the plugin costs without one."""

import json
import os
import re

from harness.daemon import Daemon, build_dir
from harness.network import Sandbox

from figures import Figure, median

RULES, ON_IT = 1000, 100
QUESTIONS = 20000
OTHERS = ["link.change", "command.execute", "webhook.deliver", "link.added", "address.added"]


def rule(number):
    if number % (RULES // ON_IT):
        return {"name": f"r{number}", "on": OTHERS[number % len(OTHERS)], "match": "false",
                "actions": [{"type": "log"}]}
    return {"name": f"r{number}", "on": "script.run",
            "match": f"state == 'routable' && interface_index < 100 && interface_name == 'wan{number}'"
                     " && script.startsWith('/etc/')",
            "actions": [{"type": "deny"}]}


def private_dirty(daemon):
    text = open(f"/proc/{daemon.process.pid}/smaps_rollup").read()
    return int(re.search(r"^Private_Dirty:\s+(\d+)", text, re.M).group(1))


def idle_memory(sandbox, directory, plugins):
    daemon = Daemon(sandbox, directory, "", plugins=plugins).start()
    os.sync()  # pages of a file that was just copied count as dirty until then
    kib = private_dirty(daemon)
    daemon.stop()
    return kib


def gate(directory, binds, runs):
    sandbox = Sandbox(directory, networkd=False, veths=1, binds=binds)
    try:
        document = directory / "policy.json"
        document.write_text(json.dumps({"version": 1, "rules": [rule(n) for n in range(RULES)]}))
        document.chmod(0o644)
        daemon = Daemon(sandbox, directory / "daemon", f"[Plugin policy]\nDocument={document}\n",
                        plugins=["policy", build_dir() / "bench/asks.so"]).start()
        times = [daemon.netvane("ask", "measure", str(QUESTIONS), json_output=True)["ns"]
                 for _ in range(runs)]
        daemon.stop()
        alone, loaded = ([idle_memory(sandbox, directory / f"{name}{run}", plugins)
                          for run in range(runs)]
                         for name, plugins in (("alone", ["socketbus"]),
                                               ("loaded", ["socketbus", "policy"])))
    finally:
        sandbox.close()
    return [Figure(f"question to the gate, {ON_IT} of {RULES} rules about it", "us",
                   median(times) / 1000, limit=10),
            Figure("private dirty that the plugin policy adds without a document", "KiB",
                   median(loaded) - median(alone))]
