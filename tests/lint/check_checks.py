"""The checks find what they are for: each is run on a small tree that breaks its rule."""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
OFFENCES = {
    "includes": [
        ("plugins/a/a.c", '#include "engine/bus.h"\n', "engine/bus.h is not for plugins/"),
        ("plugins/a/a.c", '#include "plugins/b/b.h"\n', "another plugin's"),
        ("engine/a.c", '#include "plugins/b/b.h"\n', "not for engine/"),
        ("cli/a.c", '#include "engine/bus.h"\n', "not for cli/"),
        ("client/a.c", "#include <netvane/bus.h>\n", "not for client/"),
        ("plugins/a/a.c", '#include "client/can.h"\n', "not for plugins/"),
        ("lib/a.c", "#include <netvane/bus.h>\n", "not for lib/"),
        ("lib/a.c", '#include "../engine/bus.h"\n', "goes up"),
        ("tests/plugins/a.c", '#include "engine/bus.h"\n', "not for plugins"),
    ],
    "headers": [
        ("api/netvane/a.h", "struct a { uint32_t size; };\n", "not C99 by itself"),
        ("api/netvane/a.h", "struct a { int class; };\n", "not C++14 by itself"),
        ("api/netvane/a.h", "struct a { int b; };\n", "redefinition"),
        ("api/netvane/a.h", "#include <sys/types.h>\n", "depends on nothing but"),
        ("client/netvane-can.h", "struct a { int class; };\n", "not C++14 by itself"),
    ],
    "text": [
        ("lib/a.c", "/* TO" "DO: more */\n", "note to self"),
        ("lib/a.c", '#define WHERE "/ho' 'me/somebody/x"\n', "a machine's path"),
        ("lib/a.c", "\tint a;\n", "tab"),
        ("lib/a.c", "int a; \n", "space at the end"),
    ],
    "events": [
        ("engine/a.c", 'const char *topic = "link.bogus";\n', "link.bogus is not in"),
        ("docs/events.md", "### link.added\n\n### link.gone\n", "nothing publishes link.gone"),
    ],
    "size": [
        ("lib/a.c", "\n" * 501, "501 lines"),
        ("lib/a.c", "void a(void)\n{\n" + "    a();\n" * 60 + "}\n", "only 0%"),
    ],
}
CLEAN = {
    "engine/e.c": 'const char *topic = "link.added";\n',
    "docs/events.md": "### link.added\n",
    "api/netvane/a.h": "#ifndef A\n#define A\n#include <stdint.h>\nstruct a {\n"
                       "    uint32_t size;\n};\n#endif\n",
    "lib/a.c": '#include "lib/a.h"\nvoid a(void)\n{\n    a(); /* /proc/1/root/x, fooXX' 'XX */\n}\n',
}


def check(name, tree):
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            path = pathlib.Path(root, path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([sys.executable, HERE / f"check_{name}.py"], text=True,
                              capture_output=True, env={**os.environ, "NETVANE_LINT_ROOT": root,
                                                        "GIT_CEILING_DIRECTORIES": "/"})


failures = 0
for name, offences in OFFENCES.items():
    if check(name, CLEAN).returncode != 0:
        failures += 1
        print(f"{name}: complains about a clean tree:\n{check(name, CLEAN).stdout}")
    for path, text, complaint in offences:
        done = check(name, {path: text})
        if done.returncode == 0 or complaint not in done.stdout:
            failures += 1
            print(f"{name}: no {complaint!r} about {text[:60]!r}, but\n{done.stdout}{done.stderr}")
print(f"{failures} failures")
sys.exit(1 if failures else 0)
