"""Scripts that record how they were called, and the reader of what they recorded."""

import dataclasses
import pathlib

from .waiting import stays_true, wait_until

# One record: lines of ours, then the environment as the kernel gave it, ended by an empty field.
RECORDER = """#!/bin/bash
started=$EPOCHREALTIME
exec 9>>'{records}'
flock 9
{{
    printf '%s\\0' "$0" "$started" "$$" "$PWD" "$*"
    cat "/proc/$$/environ"
    printf '\\0'
}} >&9
exec 9>&-
{then}
"""
OURS = 5


@dataclasses.dataclass
class Record:
    script: str  # the path it was run by
    time: float  # wall clock when the shell was up
    pid: int     # as seen inside
    cwd: str
    args: str
    env: dict

    @property
    def name(self):
        return pathlib.Path(self.script).name

    @property
    def directory(self):
        """STATE.d"""
        return pathlib.Path(self.script).parent.name

    def __getitem__(self, variable):
        return self.env[variable]


def parse_records(data):
    """Whole records only: one that is still being written is left for the next look."""
    records, fields = [], []
    for field in data.decode(errors="surrogateescape").split("\0")[:-1]:
        if field or len(fields) < OURS:
            fields.append(field)
            continue
        script, time, pid, cwd, args = fields[:OURS]
        env = dict(variable.split("=", 1) for variable in fields[OURS:])
        records.append(Record(script, float(time), int(pid), cwd, args, env))
        fields = []
    return records


class Recorder:
    """A script directory whose scripts append to one file."""

    def __init__(self, directory, records=None):
        self.dir = pathlib.Path(directory)
        self.file = pathlib.Path(records or self.dir.with_name(self.dir.name + ".records"))
        self.dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.file.touch()
        self.file.chmod(0o666)

    def add(self, state, name="10-record", then="exit 0", text=None, mode=0o755):
        """Writes STATE.d/NAME, which records and then runs the shell text `then`; or `text`."""
        path = self.dir / f"{state}.d" / name
        path.parent.mkdir(mode=0o755, exist_ok=True)
        path.write_text(text if text is not None
                        else RECORDER.format(records=self.file, then=then))
        path.chmod(mode)
        return path

    def add_all(self, states, **options):
        return [self.add(state, **options) for state in states]

    def records(self, **where):
        """What was recorded so far, in order; `where` are variables a record must have, as
        IFACE="veth0"."""
        return [record for record in parse_records(self.file.read_bytes())
                if all(record.env.get(key) == value for key, value in where.items())]

    def wait(self, count=1, timeout=20.0, **where):
        """Waits for at least `count` such records; returns them."""
        def enough():
            found = self.records(**where)
            return found if len(found) >= count else None
        return wait_until(enough, lambda: f"{count} records with {where}, there are "
                          f"{[(r.directory, r.env.get('IFACE')) for r in self.records()]}", timeout)

    def stays(self, count, seconds=0.3, **where):
        """Nothing more than `count` such records comes for a while."""
        stays_true(lambda: len(self.records(**where)) <= count, seconds, f"{count} records")
        assert len(self.records(**where)) == count

    def clear(self):
        self.file.write_bytes(b"")
