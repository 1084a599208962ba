"""Faults, each with the lines on which it occurs: for a reader in words, for a program as plain facts."""

import json
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.problems import Problem, printable, row_word, shortened
from keepsafe.study.codebook import Codebook

SHOWN = 5  # lines of a fault that repeats
LISTED = 20  # different faults of one kind in a column; the rest is counted


@dataclass(frozen=True)
class Finding:
    """A fault, as often as it occurs.

    Parameters
    ----------
    kind : entry, blank, missing column, unknown column, repeated column, row width, repeated identifier,
        contradiction.
    what : what is wrong, in words; where a value is shown, it stands before this.
    column : the column; None for a row as a whole.
    lines : the first lines on which it occurs; none for a fault of a column as a whole.
    count : on how many lines it occurs.
    value : the entry as it stands, control characters written out; None where the column is sensitive.
    allowed, remedy : what may stand there, and what to do.
    unit : what the file's rows are called in words, line or case.
    """

    kind: str
    what: str
    column: str | None = None
    lines: tuple[int, ...] = ()
    count: int = 1
    value: str | None = None
    allowed: str | None = None
    remedy: str | None = None
    unit: str = "line"

    @property
    def message(self) -> str:
        """What is wrong, with the value where it may be shown."""
        return self.what if self.value is None else f'"{shortened(self.value)}" {self.what}'

    def __str__(self) -> str:
        where = ", ".join(filter(None, [_places(self.lines, self.count, self.unit), self.column])) if self.lines else ""
        return printable((f"{where}: " if where else "") + self.message + (f"; {self.remedy}" if self.remedy else ""))

    def problem(self, file: str | None) -> Problem:
        """The same as a fault of an input, at its first line."""
        more = "" if self.count < 2 else f" ({_places(self.lines, self.count, row_word(file))})"
        line, column = (self.lines[0], self.column) if self.lines else (None, None)
        return Problem(self.message + more, file, line, column, self.remedy)

    def facts(self) -> dict[str, Any]:
        """Its parts by name, the first line apart, for JSON."""
        line = self.lines[0] if self.lines else None
        value = self.value and printable(shortened(self.value, 200))
        facts = {**asdict(self), "line": line, "value": value, "message": self.message}
        return {name: fact for name, fact in facts.items() if name != "unit"}


@dataclass(frozen=True)
class Report:
    """What was checked and what was found.

    `findings` are in the order of the codebook's columns, those on the columns themselves first; `changed` says for
    each variable how many entries reading wrote in another way than they stand; `checked` says in a sentence what was
    checked, `notes` what else the file's owner should know.
    """

    file: str
    rows: int
    columns: int
    findings: tuple[Finding, ...]
    changed: dict[str, int]
    checked: str
    notes: tuple[str, ...]
    codebook: Codebook

    def __str__(self) -> str:
        count = sum(finding.count for finding in self.findings)
        file = printable(self.file)
        parts = [f"{file}: {f'{count:,} faults' if count != 1 else '1 fault'}. {self.checked}"]
        for title, group in groupby(self.findings, self._title):
            parts.append("\n".join(["", title, *(f"  {finding}" for finding in group)]))
        if not self.findings:
            parts = [f"{file}: nothing was found. {self.checked}"]
        return "\n".join([*parts, *(f"\nnote: {printable(note)}" for note in self.notes)])

    def as_json(self) -> str:
        """The same facts for a program."""
        facts = {
            "file": self.file,
            "rows": self.rows,
            "columns": self.columns,
            "faults": sum(finding.count for finding in self.findings),
            "findings": [finding.facts() for finding in self.findings],
            "changed": self.changed,
            "checked": self.checked,
            "notes": self.notes,
        }
        return json.dumps(facts, indent=1)  # ASCII, so that no terminal is told anything by it

    def _title(self, finding: Finding) -> str:
        if finding.kind in ("missing column", "repeated column", "unknown column"):
            return "columns"
        return f"{finding.column} ({printable(self.codebook.label(finding.column))})" if finding.column else "rows"


def grouped(rows: np.ndarray, keys: np.ndarray, lines: pd.Index) -> tuple[list[tuple[int, tuple[int, ...], int]], int]:
    """Rows gathered by a key, as (key, first lines, count), those met first first; and how many keys were left out.

    `rows` are places from 0, ascending; `keys` and `lines` have one for each row of the table. Beyond `LISTED` groups,
    those left out are gathered in one more, whose key is -1.
    """
    order = rows[np.argsort(keys[rows], kind="stable")]
    starts = np.flatnonzero(np.r_[True, np.diff(keys[order]) != 0][: len(order)])
    ends = np.r_[starts[1:], len(order)]
    by_first = np.argsort(order[starts])
    groups = []
    for part in by_first[:LISTED]:
        these = order[starts[part] : ends[part]]
        groups.append((int(keys[these[0]]), first_lines(these, lines), len(these)))
    rest = by_first[LISTED:]
    if len(rest):
        counted = sum(count for _, _, count in groups)
        groups.append((-1, first_lines(np.sort(order[starts[rest]]), lines), len(rows) - counted))
    return groups, len(rest)


def first_lines(rows: np.ndarray, lines: pd.Index) -> tuple[int, ...]:
    """The lines of the first of some rows."""
    return tuple(lines[rows[:SHOWN]].tolist())


def _places(lines: tuple[int, ...], count: int, unit: str) -> str:
    if not lines:
        return ""
    if count == 1:
        return f"{unit} {lines[0]}"
    more = f" and {count - len(lines):,} more" if count > len(lines) else ""
    return f"{unit}s {', '.join(map(str, lines))}{more}"
