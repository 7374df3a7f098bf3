"""abidiff finds nothing between each frozen version of the headers and the present ones but
members appended to structs."""

import sys
import tempfile

import abi

failures = 0
for version in abi.frozen_versions():
    with tempfile.TemporaryDirectory() as directory:
        words = abi.diff(version, abi.CURRENT, directory)
    failures += bool(words)
    print(f"{version.name}: {words or 'compatible'}")
sys.exit(1 if failures or not abi.frozen_versions() else 0)
