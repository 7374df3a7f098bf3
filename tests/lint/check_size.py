"""Files of about 300 lines, nine functions of ten under 60: reports, and fails far beyond."""

from tree import files, report, text_of

FILE_AIM, FILE_LIMIT = 300, 500
FUNCTION_AIM, SHARE = 60, 0.9
ROOMS = ("api", "lib", "engine", "plugins", "cli", "client")


def functions(text):
    """(line, length) of each function: from the brace in the first column to its partner."""
    start = None
    for number, line in enumerate(text.split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield start, number - start - 1
            start = None


sources = [path for path in files(".c", ".h") if path.parts[0] in ROOMS]
findings, lengths = [], []
for path in sources:
    text = text_of(path) or ""
    lines = text.count("\n")
    lengths += [(length, path, line) for line, length in functions(text)]
    if lines > FILE_AIM and path.parts[0] != "api" and path.name != "netvane-can.h":
        print(f"long: {path}, {lines} lines")
        if lines > FILE_LIMIT:
            findings.append(f"{path}: {lines} lines, the limit is {FILE_LIMIT}")
lengths.sort(reverse=True)
for length, path, line in lengths[:5]:
    print(f"longest function: {path}:{line}, {length} lines")
if lengths:
    print(f"median function: {lengths[len(lengths) // 2][0]} lines of {len(lengths)}")
    short = sum(length < FUNCTION_AIM for length, _, _ in lengths) / len(lengths)
    if short < SHARE:
        findings.append(f"only {short:.0%} of the functions are under {FUNCTION_AIM} lines")
report(findings, len(sources))
