"""What a condition costs: an expression of CEL, and the same of Lua in the same run."""

import subprocess

from figures import Figure
from programs import helper


def cel(directory, binds, runs):
    done = subprocess.run([helper("cel")], check=True, capture_output=True, text=True)
    times = {name: float(ns) for name, ns in (line.split() for line in done.stdout.splitlines())}
    return [Figure("condition (beside Lua, its table ready)", "ns", times["cel"],
                   times["lua-ready"], limit=60, ratio=1),
            Figure("condition (beside Lua, its table built)", "ns", times["cel"],
                   times["lua-built"], ratio=5)]
