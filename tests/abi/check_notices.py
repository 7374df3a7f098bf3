"""The layout test and the abidiff check notice what breaks plugins, and allow what does not: both
are run on copies of the present headers with one change each."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import abi

END_OF_SPAWN = "    void *user;\n};\n\nstruct vane_loop"
FINE = [
    ("nothing", "abi.h", "", ""),
    ("a table grows", "host.h", "identity; /* since", "identity; const void *more; /* since"),
    ("a struct grows", "loop.h", END_OF_SPAWN, END_OF_SPAWN.replace("\n}", " int more;\n}", 1)),
    ("a constant is added", "log.h", "/* Levels,", "#define VANE_LOG_MORE 9u\n/* Levels,"),
]
BROKEN = [
    ("inserted in a table", "bus.h", "    int (*resume)", "    int (*more)(void);\n    int (*resume)"),
    ("inserted in a struct", "ports.h", "    uint64_t high_water;", "    uint64_t a, high_water;"),
    ("removed at the end", "ports.h", "    const char *group;", "//"),
    ("another type of the same size", "loop.h", "    uint64_t timeout_ms;", "    int64_t timeout_ms;"),
    ("another parameter", "bus.h", "(*match)(const char *patterns,", "(*match)(char *patterns,"),
    ("another result", "loop.h", "    int (*now)(", "    uint32_t (*now)("),
    ("exchanged", "ports.h", "    int64_t uid;\n    int64_t gid;", "    int64_t gid;\n    int64_t uid;"),
    ("renamed", "loop.h", "    uint64_t timeout_ms;", "    uint64_t timeout_usec;"),
    ("another array", "gate.h", "char reason[192];", "char reason[256];"),
    ("within the union", "fields.h", "        double real;", "        float real;"),
    ("retyped where it also grew", "loop.h", END_OF_SPAWN, "    uint64_t user, more;\n};\nstruct vane_loop"),
    ("another constant", "log.h", "VANE_LOG_DEBUG   7u", "VANE_LOG_DEBUG   8u"),
]


def layout_holds(headers, directory):
    """Builds and runs the layout test against these headers; not compiling is not holding."""
    program = pathlib.Path(directory, "layout")
    frozen = abi.HERE / "1.0" / "layout.inc"
    built = subprocess.run([abi.CC, "-I", headers, f'-DFROZEN_LAYOUT="{frozen}"',
                            '-DFROZEN_VERSION="1.0"', abi.HERE / "test_layout.c", "-lcmocka", "-o",
                            program], capture_output=True)
    return built.returncode == 0 and subprocess.run([program], capture_output=True).returncode == 0


def holds(path, old, new):
    with tempfile.TemporaryDirectory() as directory:
        headers = pathlib.Path(directory, "api")
        shutil.copytree(abi.HERE / "1.0" / "netvane", headers / "netvane")
        changed = headers / "netvane" / path
        text = changed.read_text()
        assert old in text, f"{path} has no {old!r}: mend this test"
        changed.write_text(text.replace(old, new, 1))
        return layout_holds(headers, directory), not abi.diff(abi.HERE / "1.0", headers, directory)


failures = 0
for what, *change in FINE:
    if holds(*change) != (True, True):
        failures += 1
        print(f"complains, and should not: {what}")
for what, *change in BROKEN:
    if all(holds(*change)):
        failures += 1
        print(f"does not notice: {what}")
print(f"{failures} failures in {len(FINE) + len(BROKEN)} changes")
sys.exit(1 if failures else 0)
