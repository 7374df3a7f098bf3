"""What the checks share: the files of the tree, and how findings are told."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("NETVANE_LINT_ROOT")
                    or pathlib.Path(__file__).resolve().parents[2])


def _candidates():
    """Tracked and new files; without git, all but what is built."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z",
                             "--cached", "--others", "--exclude-standard"], capture_output=True)
    if listed.returncode == 0:
        return (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return (path for path in ROOT.rglob("*")
            if path.relative_to(ROOT).parts[0] not in ("build", ".git"))


def files(*suffixes, under="."):
    """Paths relative to the root, sorted."""
    top = pathlib.Path(under)
    found = (path.relative_to(ROOT) for path in _candidates()
             if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if (not suffixes or path.suffix in suffixes)
                  and (under == "." or top in path.parents))


def text_of(path):
    """The file's text; None for a file that is not text (a fuzz seed)."""
    try:
        text = (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def report(findings, looked_at):
    """Ends the check: every finding, one a line; looking at nothing is a finding, too."""
    findings = list(findings)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings in {looked_at} files")
    sys.exit(1 if findings or not looked_at else 0)
