"""A figure: what was measured, of ours and of the peer, and what is asked for."""

import dataclasses
import statistics


def median(values):
    return statistics.median(values)


@dataclasses.dataclass
class Figure:
    name: str
    unit: str
    ours: float
    theirs: float = None
    limit: float = None  # ours must not be above
    ratio: float = None  # ... or theirs must be at least so many times ours
    least: float = None  # ours must not be below

    @property
    def missed(self):
        above = self.limit is not None and self.ours > self.limit
        below = self.least is not None and self.ours < self.least
        return above or below or (self.ratio is not None and self.theirs < self.ratio * self.ours)

    def asked(self):
        wanted = []
        if self.limit is not None:
            wanted.append(f"at most {self.limit:g}")
        if self.least is not None:
            wanted.append(f"at least {self.least:g}")
        if self.ratio is not None:
            wanted.append(f"{self.ratio:g} times less")
        return ", ".join(wanted)

    def row(self):
        times = "" if self.theirs is None or not self.ours else f"{self.theirs / self.ours:.1f}"
        verdict = "" if not self.asked() else "MISSED" if self.missed else "ok"
        return [f"{self.name} ({self.unit})", number(self.ours), number(self.theirs), times,
                self.asked(), verdict]


def number(value):
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"


def table(figures, peer):
    rows = [["", "netvaned", peer, "times", "asked for", ""]] + [figure.row() for figure in figures]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [row[i].rjust(widths[i]) for i in (1, 2, 3)] + \
            [row[i].ljust(widths[i]) for i in (4, 5)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
