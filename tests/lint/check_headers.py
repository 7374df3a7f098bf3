"""Every header that is installed compiles alone, as C99 and as C++14, and uses nothing but its like."""

import concurrent.futures
import os
import re
import subprocess

from tree import ROOT, files, report, text_of

STRICT = ["-pedantic", "-Wall", "-Wextra", "-Wundef", "-Werror", "-fsyntax-only", "-I",
          str(ROOT / "api"), "-I", str(ROOT / "client")]
LANGUAGES = {
    "C99": [os.environ.get("CC", "cc"), "-x", "c", "-std=c99", "-Wstrict-prototypes"],
    "C++14": [os.environ.get("CXX", "c++"), "-x", "c++", "-std=c++14"],
}
STANDARD = {"stdint.h", "stddef.h", "stdbool.h", "errno.h", "limits.h"}


def compile_alone(header, language):
    name = header.relative_to(header.parts[0])
    source = f"#include <{name}>\n#include <{name}>\nextern int nothing;\n"
    done = subprocess.run(LANGUAGES[language] + STRICT + ["-"], input=source, text=True,
                          capture_output=True)
    if done.returncode != 0:
        return f"{header}: not {language} by itself:\n{done.stderr.strip()}"
    return None


def foreign_includes(header):
    for name in re.findall(r"#\s*include\s*<([^>]+)>", text_of(header) or ""):
        if not name.startswith("netvane/") and name not in STANDARD:
            yield f"{header}: includes <{name}>; the SDK depends on nothing but {sorted(STANDARD)}"


headers = files(".h", under="api")
headers += [path for path in files(".h", under="client") if path.name == "netvane-can.h"]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    jobs = [pool.submit(compile_alone, header, language)
            for header in headers for language in LANGUAGES]
    findings = [job.result() for job in jobs if job.result()]
for header in headers:
    findings.extend(foreign_includes(header))
report(findings, len(headers))
