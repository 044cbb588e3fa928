"""A measured number beside its floor, and how it is printed."""
import dataclasses
import os
import platform
import subprocess
from typing import List, Optional


@dataclasses.dataclass
class Line:
    row: str
    store: str
    value: Optional[float]            # of the engine, or of the peer that `row` names; None: could not be measured
    unit: str
    floor: Optional[float] = None
    ratio_wanted: Optional[float] = None   # value / floor, at least (at most, where less is better)
    value_wanted: Optional[float] = None   # the value itself
    less_is_better: bool = False
    rounds: List[float] = dataclasses.field(default_factory=list)
    note: str = ""

    @property
    def ratio(self):
        return self.value / self.floor if self.value is not None and self.floor else None

    @property
    def holds(self):
        tests = [(self.ratio, self.ratio_wanted), (self.value, self.value_wanted)]
        judged = [(have <= wanted) if self.less_is_better else (have >= wanted)
                  for have, wanted in tests if have is not None and wanted is not None]
        return all(judged) if judged else None

    @property
    def wanted(self):
        sign = "<=" if self.less_is_better else ">="
        if self.ratio_wanted is not None:
            return f"{sign} {self.ratio_wanted:g} x floor"
        return f"{sign} {number(self.value_wanted)}" if self.value_wanted is not None else ""


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def show(lines):
    head = ("benchmark", "store", "value", "unit", "floor", "ratio", "wanted", "", "note")
    rows = [head] + [
        (line.row, line.store, number(line.value), line.unit, number(line.floor),
         f"{line.ratio:.2f}" if line.ratio is not None else "-", line.wanted,
         {True: "holds", False: "SHORT", None: ""}[line.holds], line.note) for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    right = {2, 4, 5}
    return "\n".join("  ".join(cell.rjust(width) if i in right else cell.ljust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows) + "\n"


def to_json(lines):
    return [dict(dataclasses.asdict(line), ratio=line.ratio, holds=line.holds) for line in lines]


def machine():
    def first_line(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        except (OSError, subprocess.CalledProcessError, IndexError):
            return "unknown"
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": f"{os.getloadavg()[0]:.1f}",
            "postgres": first_line("psql", "--version"), "node": first_line("node", "--version")}
