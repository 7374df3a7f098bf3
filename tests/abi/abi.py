"""The public structs of a set of headers, read from their text and compared: what `freeze`, the
layout test and the abidiff check share."""

import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).parent
CURRENT = HERE.parents[1] / "api"
CLIENT = HERE.parents[1] / "client"  # of netvane-can.h, frozen in can/
GROWS = {"VANE_ABI_MINOR", "VANE_CAN_VERSION_MINOR"}
CC = os.environ.get("CC", "cc")
STRUCT = re.compile(r"^struct (vane_\w+) \{\n(.*?)^\};", re.M | re.S)
FUNCTION = re.compile(r"(.*?)\(\*(\w+)\)(\(.*\))$", re.S)
OBJECT = re.compile(r"(.*?)(\w+)((?:\[\w+\])?)$", re.S)
CONSTANT = re.compile(r"^#define (VANE_\w+)[ ]+([\d(][0-9a-fxu<|() ]*?) *$", re.M)


def frozen_versions(directory=HERE):
    return sorted(path for path in directory.iterdir() if re.fullmatch(r"\d+\.\d+", path.name))


def plain_text(headers):
    """All headers in one, without comments, continuation lines and attributes."""
    paths = sorted((headers / "netvane").rglob("*.h")) or [headers / "netvane-can.h"]
    texts = [path.read_text() for path in paths]
    text = re.sub(r"/\*.*?\*/", "", "\n".join(texts), flags=re.S).replace("\\\n", "")
    return re.sub(r"__attribute__\(\((?:[^()]|\([^()]*\))*\)\)", "", text)


def declarations(body):
    """The declarations of a struct, split at the semicolons that are not within braces."""
    depth, start = 0, 0
    for at, char in enumerate(body):
        depth += (char == "{") - (char == "}")
        if char == ";" and depth == 0:
            yield " ".join(body[start:at].split())
            start = at + 1


def members_of(body):
    """(name, C type) of each member; the type of an anonymous union is None."""
    for text in declarations(body):
        function = FUNCTION.match(text)
        if "{" in text:
            yield text.rsplit(None, 1)[1], None
        elif function:
            yield function[2], f"{function[1]}(*){function[3]}"
        else:
            base = text.split(",")[0].rsplit(None, 1)[0]
            for name in [text, *(f"{base} {rest.strip()}" for rest in text.split(",")[1:])]:
                kind, member, array = OBJECT.match(name.split(",")[0]).groups()
                yield member, f"{kind.strip()}{array}"


def structs(headers):
    """{struct: [(member, type)]} of all structs that the headers define."""
    return {name: list(members_of(body)) for name, body in STRUCT.findall(plain_text(headers))}


def constants(headers):
    """{name: value} of the numeric macros, but the minors, which are meant to grow."""
    return {name: int(eval(re.sub(r"(?<=\d)u", "", value), {"__builtins__": {}}))
            for name, value in CONSTANT.findall(plain_text(headers)) if name not in GROWS}


def prototypes(headers):
    """{name: declaration} of the functions of netvane-can.h."""
    found = re.findall(r"^VANE_CAN_PUBLIC (.*?\b(\w+)\(.*?\));$", plain_text(headers), re.M | re.S)
    return {name: " ".join(declaration.split()) for declaration, name in found}


def compile_types(headers, names, output):
    """A shared object that has the named structs and the one function that the host exports."""
    source = "#include <netvane/plugin.h>\n"
    source += "int vane_plugin_register(const struct vane_plugin *plugin)\n{ return !plugin; }\n"
    source += "".join(f"struct {name} *the_{name};\n" for name in names)
    subprocess.run([CC, "-std=gnu11", "-g", "-fPIC", "-shared", "-I", headers, "-x", "c", "-",
                    "-o", output], input=source, text=True, check=True)
    return output


def grown(old, new):
    """Structs that have the old members first and more after them: the layout test holds them."""
    return [name for name in old
            if new[name] != old[name] and new[name][:len(old[name])] == old[name]]


def diff(old_headers, new_headers, directory):
    """abidiff's words on what changed but structs that only grew; "" if nothing did."""
    old, new = structs(old_headers), structs(new_headers)
    gone = sorted(set(old) - set(new))
    if gone:
        return f"structs are gone: {', '.join(gone)}"
    suppressions = pathlib.Path(directory, "suppressions")
    suppressions.write_text("".join(f"[suppress_type]\n  type_kind = struct\n  name = {name}\n"
                                    for name in grown(old, new)))
    objects = [compile_types(headers, old, pathlib.Path(directory, f"{which}.so"))
               for which, headers in (("old", old_headers), ("new", new_headers))]
    done = subprocess.run(["abidiff", "--harmless", "--suppressions", suppressions, *objects],
                          text=True, capture_output=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr
