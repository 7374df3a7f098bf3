"""libnetvane-can exports what its header declares and nothing else, what Debian's packages were told of,
under the soname that they are named for; no function of a frozen version is gone or different; and
it needs the C library alone."""

import os
import re
import subprocess
import sys

import abi

LIBRARY = os.environ["NETVANE_CAN_LIBRARY"]
PACKAGING = abi.HERE.parents[1] / "packaging/debian"
SANITIZERS = {"libasan", "libubsan", "libgcc_s", "libgcov", "libm"}  # what instrumented builds add


def output(*command):
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


def exported():
    """{symbol: version}"""
    lines = output("nm", "-D", "--defined-only", LIBRARY).splitlines()
    return dict(re.split("@+", line.split()[2]) for line in lines if line.split()[1] == "T")


def packaged():
    text = next(PACKAGING.glob("libnetvane-can*.symbols")).read_text()
    soname = text.split()[0]
    return soname, dict(re.findall(r"^ (vane_\w+)@(\w+\.\d+)", text, re.M))


def complaints():
    symbols, (soname, known), declared = exported(), packaged(), abi.prototypes(abi.CLIENT)
    dynamic = output("readelf", "-d", LIBRARY)
    if set(symbols) != set(declared):
        yield f"exported or declared, but not both: {sorted(set(symbols) ^ set(declared))}"
    if symbols != known:
        yield f"not as in the symbols file: {sorted(set(symbols.items()) ^ set(known.items()))}"
    if f"[{soname}]" not in dynamic:
        yield f"the soname is not {soname}"
    needed = set(re.findall(r"\(NEEDED\).*\[(\w+)", dynamic))
    if needed - SANITIZERS - {"libc", "ld-linux-x86-64"}:
        yield f"needs {sorted(needed)}"
    for version in abi.frozen_versions(abi.HERE / "can"):
        for name, prototype in abi.prototypes(version).items():
            if declared.get(name) != prototype:
                yield f"{version.name} had: {prototype}"


found = list(complaints())
print("\n".join(found) or f"{len(exported())} functions")
sys.exit(1 if found or not abi.prototypes(abi.CLIENT) else 0)
