"""What must not be in any text of the tree: somebody's paths, tabs for layout, notes to self."""

import re

from tree import files, report, text_of

BEFORE = r"(?<![\w./})*\]])"  # where a path begins
RULES = [
    (re.compile(BEFORE + r"/(?:home/\w|Users/\w|root/|work/|tmp/(?:wt|nv)\b)"), "a machine's path"),
    (re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b"), "a note to self"),
    (re.compile(r"^(?:<{7} |>{7} |={7}$)"), "a conflict marker"),
    (re.compile(r"[ \t]+$"), "space at the end of the line"),
]
TAB = re.compile(r"^ *\t")
TABS_BELONG = {"rules", "Makefile"}
DATA = ("corpus", "data", "golden")


def findings(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, what in RULES:
            if pattern.search(line):
                yield f"{path}:{number}: {what}: {line.strip()[:80]}"
        if TAB.match(line) and path.name not in TABS_BELONG and path.suffix != ".scd":
            yield f"{path}:{number}: tab at the start of the line"


def looked_at():
    for path in files():
        text = None if set(DATA) & set(path.parts) else text_of(path)
        if text is not None:
            yield path, text


texts = list(looked_at())
report((finding for path, text in texts for finding in findings(path, text)), len(texts))
