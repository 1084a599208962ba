"""The register of values, data/kinds.csv: of each name its kind, what it counts, and its published counterpart.

A name that the register does not declare is taken to count persons and to be not comparable, so it fails closed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem
from keepsafe.reading import csv_tables

COLUMNS = ("name", "kind", "counts", "published", "printed")
PERSONS, PROTECTED = "persons", "protected"


class Kind(StrEnum):
    """What agreement with a published figure means; the kinds are never mixed.

    calibrated: the figure was a target when the synthetic files were made; agreement shows that the
    pipeline is right and nothing else. direction: the report gave a direction, the size is ours.
    derived: follows from printed figures alone. not comparable: rests on what was never printed.
    difference: a user's own data beside 2019.
    """

    CALIBRATED = "calibrated"
    DIRECTION = "calibrated, direction only"
    DERIVED = "derived"
    NOT_COMPARABLE = "not comparable"
    DIFFERENCE = "difference from 2019"


@dataclass(frozen=True)
class Entry:
    """A row of the register.

    `name` is a name, or a pattern in which * stands for anything; `counts` is "persons" (under disclosure control
    whole numbers are rounded or withheld, fractions withheld), "protected" (made of counts that the library protects
    itself), or anything else that is no person; `published` the id of a printed figure or a claim, `printed` its words.
    """

    name: str = ""
    kind: Kind | None = None
    counts: str = PERSONS
    published: str = ""
    printed: str = ""
    line: int = 0

    @property
    def safe(self) -> bool:
        """Whether it may be shown under disclosure control as it is."""
        return self.counts != PERSONS


def declared(name: str) -> Entry:
    """What the register says of a value, table or figure: its own row before the first pattern that fits.

    Examples
    --------
    >>> declared("audit.checks").kind, declared("something.new").counts
    (<Kind.DERIVED: 'derived'>, 'persons')
    """
    rows = _register()
    found = next((row for row in rows if row.name == name), None)
    found = found or next((row for row in rows if fnmatchcase(name, row.name)), None)
    if found is None:
        return Entry(name, Kind.NOT_COMPARABLE if paths.data("published").is_dir() else None)
    return found


def on_case_files(name: str, kind: Kind | None) -> bool:
    """Whether what has this name and kind rests on case files, and not on printed figures or a list of variables."""
    return kind is not Kind.DERIVED and (kind is not None or declared(name).counts in (PERSONS, PROTECTED))


def of_this_run(kind: Kind | None) -> Kind | None:
    """The kind as it holds for the data at hand: on a user's own, agreement becomes difference from 2019."""
    if not runs.synthetic() and kind in {Kind.CALIBRATED, Kind.DIRECTION}:
        return Kind.DIFFERENCE
    return kind


def unused(names: Iterable[str]) -> list[Problem]:
    """Rows of the register that fit none of these names."""
    names, used = set(names), set()
    for name in names:
        used.add(declared(name).name)
    return [Problem(f"no value, table or figure is called {row.name!r}", "data/kinds.csv", row.line, "name",
                    "correct the name, or delete the row") for row in _register() if row.name not in used]  # fmt: skip


def _register() -> tuple[Entry, ...]:
    path = paths.data("kinds.csv")
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else ()


@cache
def _read(path: Path, changed: int) -> tuple[Entry, ...]:
    table = csv_tables.read(path, COLUMNS)
    rows, problems = [], []
    for place, row in enumerate(table.frame[list(COLUMNS)].itertuples(index=False)):
        if row.kind and row.kind not in set(Kind):
            problems.append(table.problem(place, "kind", f"{row.kind!r} is not a kind of agreement",
                                          "one of: " + "; ".join(Kind)))  # fmt: skip
            continue
        if not re.fullmatch(r"[a-zA-Z0-9*][\w.*-]*", row.name):
            problems.append(table.problem(place, "name", f"{row.name!r} can name no value", "lower-case words and *"))
        kind = Kind(row.kind) if row.kind else None
        rows.append(Entry(row.name, kind, row.counts or PERSONS, row.published, row.printed, table.lines[place]))
    if problems:
        raise InputError(problems)
    return tuple(rows)
