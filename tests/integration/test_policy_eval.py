"""netvane policy eval: needs no daemon, says where a mistake is, answers line by line."""

import json
import subprocess

from harness.daemon import build_dir


def netvane(*words, text=None):
    return subprocess.run([build_dir() / "cli/netvane", "--socket", "/nowhere", *words], text=True,
                          input=text, capture_output=True)


def value(*words):
    done = netvane("policy", "eval", *words)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_value_is_printed_as_json():
    assert value("1 + 2") == 3
    assert value('name.startsWith("eth") && mtu > 1400', "--facts", '{"name":"eth0","mtu":1500}')
    assert value("[1u, b'a', 1.5, null, {'k': duration('90s')}]") == [1, "YQ==", 1.5, None, {"k": "90s"}]
    assert value("'\\u0000' + x", '--facts={"x":"\\u0000"}') == "\0\0"
    assert value("-x", "--facts", '{"x":3}') == -3


def test_types_survive_in_the_typed_form():
    assert value("[1, 1u, 'x']", "--typed") == {"listValue": {"values": [
        {"int64Value": "1"}, {"uint64Value": "1"}, {"stringValue": "x"}]}}
    assert value("type(x)", "--typed-facts", "--facts", '{"x":{"uint64Value":"3"}}') == "uint"
    assert value("t", "--typed", "--typed-facts", "--facts", json.dumps({"t": {"objectValue": {
        "@type": "type.googleapis.com/google.protobuf.Timestamp",
        "value": "2009-02-13T23:31:30Z"}}}))["objectValue"]["value"] == "2009-02-13T23:31:30Z"


def test_mistakes_are_told_with_their_place_and_status_1():
    for words, complaint in [
            (["1 +\n  prot", "--facts", '{"port":1}'],
             'line 2, column 3: unknown name "prot": did you mean "port"? (known: port)'),
            (["1 / 0"], "line 1, column 1: division by zero"),
            (["1 +"], "line 1, column 4: expected an expression, found the end"),
            (["1", "--facts", "{"], "--facts: not JSON: line 1"),
            (["1", "--facts", "[]"], "facts are an object"),
            (["x", "--typed-facts", "--facts", '{"x":1}'], "facts: x: a typed value is an object"),
            (["(" * 10000 + "1" + ")" * 10000], "more than 250 parts within each other")]:
        done = netvane("policy", "eval", *words)
        assert done.returncode == 1 and not done.stdout, done
        assert complaint in done.stderr, done.stderr


def test_a_value_that_shares_its_parts_is_not_printed_without_end():
    deep = "[1]"
    for i in range(40):
        deep = f"cel.bind(v{i}, {deep}, [v{i}, v{i}])"
    done = netvane("policy", "eval", deep)
    assert done.returncode == 1 and "too large to print" in done.stderr
    done = netvane("policy", "eval", "--batch", text=json.dumps({"expr": deep}) + "\n")
    assert "too large to print" in json.loads(done.stdout)["error"]


def test_wrong_use_is_not_a_command():
    for words in [[], ["1", "2"], ["1", "--fact"], ["--batch", "1"], ["1", "--facts"]]:
        assert netvane("policy", "eval", *words).returncode == 2


def test_batch_answers_each_line_at_once():
    process = subprocess.Popen([build_dir() / "cli/netvane", "policy", "eval", "--batch"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(line):
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    assert ask('{"expr":"a + 1","bindings":{"a":1}}') == {"value": 2}
    assert ask('{"expr":"a + 1"}')["error"].startswith('unknown name "a"')
    assert ask('{"expr":"1 / 0"}') == {"error": "division by zero", "line": 1, "column": 1}
    assert "not JSON" in ask("nonsense")["error"]
    assert "a request is" in ask("[]")["error"]
    assert ask('{"expr":"1"}') == {"value": 1}
    process.stdin.close()
    assert process.wait(30) == 0
