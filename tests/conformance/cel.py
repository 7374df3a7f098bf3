"""Runs the public conformance cases of CEL that need no protobuf message through the client.

    cel.py NETVANE NPM     NPM: where node_modules lies

Prints how many agree, of each file. Fails if fewer than 97 of 100 do, if one that disagrees is
not named in cel-differences.txt, or if one that is named there agrees.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
DATA = "node_modules/@bufbuild/cel-spec/dist/esm/testdata-json.js"
AT_LEAST = 0.97
# Libraries beside the standard that lib/cel does not offer (docs/cel.md).
NOT_OFFERED = {"block_ext", "encoders_ext", "math_ext", "string_ext"}
# What a case has that needs messages: their types, and wrappers, which are messages, too.
MESSAGES = re.compile(
    r"TestAllTypes|GlobalEnum|NestedEnum|proto2|proto3|cel\.expr\.conformance|Value\{|"
    r"google\.protobuf\.(?!Timestamp|Duration)[A-Z]")


def load(npm):
    text = (npm / DATA).read_text()
    return json.loads(text[text.index("["):text.rindex("]") + 1])


def cases(files):
    for file in files:
        for section in file.get("section", []):
            for case in section["test"]:
                if file["name"] not in NOT_OFFERED and not MESSAGES.search(json.dumps(case)):
                    yield f"{file['name']}/{section['name']}/{case['name']}", case


def ask(netvane, requests):
    text = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([netvane, "policy", "eval", "--batch", "--typed", "--typed-facts"],
                          input=text, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests), f"{len(answers)} answers to {len(requests)} requests"
    return answers


def plain(value):
    """A typed value as something that compares as CEL does: maps have no order, -0.0 is 0.0."""
    kind, content = next(iter(value.items()))
    if kind == "doubleValue":
        number = float(str(content).replace("Infinity", "inf"))
        return kind, "NaN" if number != number else number
    if kind in ("int64Value", "uint64Value"):
        return kind, int(content)
    if kind == "listValue":
        return kind, [plain(element) for element in content.get("values", [])]
    if kind == "mapValue":
        return kind, {repr(plain(entry["key"])): plain(entry["value"])
                      for entry in content.get("entries", [])}
    return kind, content


def agrees(case, answer):
    if "evalError" in case:
        return "error" in answer
    if case.get("checkOnly"):
        return "value" in answer
    wanted = case.get("value") or case.get("typedResult", {}).get("result") or {"boolValue": True}
    return "value" in answer and plain(answer["value"]) == plain(wanted)


def known_differences():
    lines = (HERE / "cel-differences.txt").read_text().splitlines()
    return {line.split(":")[0] for line in lines if line and not line.startswith("#")}


def main(netvane, npm):
    chosen = list(cases(load(pathlib.Path(npm))))
    answers = ask(netvane, [{"expr": case["expr"], "bindings": case.get("bindings", {}),
                             "container": case.get("container", "")} for _, case in chosen])
    counts, different = collections.Counter(), {}
    for (name, case), answer in zip(chosen, answers):
        good = agrees(case, answer)
        counts[name.split("/")[0], good] += 1
        if not good:
            different[name] = f"{case['expr']!r}: {json.dumps(answer)}"
    for file in sorted({file for file, _ in counts}):
        print(f"{file}: {counts[file, True]} of {counts[file, True] + counts[file, False]}")
    share = 1 - len(different) / len(chosen)
    print(f"{len(chosen) - len(different)} of {len(chosen)} cases agree, {share:.1%}")
    known = known_differences()
    new = sorted(set(different) - known)
    for name in new:
        print(f"differs, and is not in cel-differences.txt: {name}: {different[name]}")
    gone = sorted(known - set(different))
    for name in gone:
        print(f"agrees, but is in cel-differences.txt: {name}")
    return 1 if new or gone or share < AT_LEAST else 0


sys.exit(main(*sys.argv[1:]))
