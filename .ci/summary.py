"""Adds up the ctest results and the failed stages, and repeats what failed tests said, as
their stage's own output is far up. A test that was skipped has failed."""

import pathlib
import re
import sys
import xml.etree.ElementTree

# ctest runs cmocka and pytest programs whole; what they skip shows in their output alone.
SKIPPED_WITHIN = re.compile(r"^\[  SKIPPED \]|^SKIPPED \[|\b[1-9]\d* skipped\b", re.M)

PYTEST = ("failure", "error", "skipped")
SAID_LINES = 60


def verdict(case):
    """None: it passed. ctest gives each case a status; pytest tells only what went wrong."""
    if case.get("status") is None:
        return next((child.tag for child in case if child.tag in PYTEST), None)
    if case.get("status") != "run" or case.find("skipped") is not None:
        return case.get("status")
    return "skips" if SKIPPED_WITHIN.search(case.findtext("system-out") or "") else None


def last_words(case):
    """The end of what a failed test printed: pytest's reasons and a sanitizer's report."""
    child = next((case.find(tag) for tag in PYTEST if case.find(tag) is not None), None)
    said = case.findtext("system-out") or (child.text if child is not None else None) or ""
    return "\n".join(said.rstrip().splitlines()[-SAID_LINES:])


def main(results):
    passed, failed, explained = 0, [], set()
    for path in sorted(results.glob("*.xml")):
        for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            why = verdict(case)
            passed += why is None
            if why:
                failed.append(f"{case.get('name')} ({why})")
                print(f"==== {case.get('name')} ended with\n{last_words(case)}")
                explained.add(path.stem)  # the stage failed by its tests
    stages = results / "failed-stages"
    names = stages.read_text().split() if stages.exists() else []
    failed += [f"stage {name}" for name in names if name not in explained]
    for name in failed:
        print(f"failed: {name}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
