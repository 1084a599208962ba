"""A table as its file holds it: all text, each different entry of a column kept once."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from itertools import count, islice
from numbers import Integral

import numpy as np
import pandas as pd

from keepsafe.problems import InputError

MOST_COLUMNS = 30_000
AT_ONCE = 10_000  # rows


@dataclass(frozen=True)
class Meaning:
    """What a file says of a column: its label, the labels of its codes, codes that stand for missing, an order."""

    label: str = ""
    levels: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    ordered: bool = False


@dataclass(frozen=True)
class Table:
    """What a file holds.

    `names` are the headings as they stand, not necessarily different; `columns` one categorical of text for each,
    blanks as ''; `lines` the line of each row as a spreadsheet or editor counts it, for SPSS, Stata and Parquet the
    number of the case; `ragged` line and number of cells of each row that has another number of cells than the
    header, `width`, and is left out of `columns`; `meanings` what the file says of a column; `notes` what its owner
    should know.
    """

    file: str
    names: tuple[str, ...]
    columns: tuple[pd.Categorical, ...]
    lines: pd.Index
    width: int = 0
    ragged: tuple[tuple[int, int], ...] = ()
    meanings: dict[str, Meaning] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def places(self, name: str) -> list[int]:
        """Which columns are meant by the name of a variable: those of that heading, else those that read like it."""
        return self._by_heading.get(name) or self._by_name.get(name, [])

    @cached_property
    def _by_heading(self) -> dict[str, list[int]]:
        found = defaultdict(list)
        for place, heading in enumerate(self.names):
            found[heading].append(place)
        return dict(found)

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found = defaultdict(list)
        for heading, places in self._by_heading.items():
            found[as_name(heading)] += places
        return dict(found)


def as_name(heading: str) -> str:
    """A heading as the name of a variable: letters, digits and _, beginning with a letter.

    >>> as_name("Age (years)"), as_name("2nd visit")
    ('Age_years', 'v_2nd_visit')
    """
    name = re.sub(r"\W+", "_", heading).strip("_")
    return name if re.match(r"[A-Za-z]", name) else f"v_{name}"


def as_text(value: object) -> str:
    """A cell as text: whole numbers without a decimal point, dates as in 2019-03-31, true and false as 1 and 0.

    >>> [as_text(value) for value in (3.0, 2.5, None, True, date(2019, 3, 31), " a ")]
    ['3', '2.5', '', '1', '2019-03-31', 'a']
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, bool | np.bool_ | Integral):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return str(int(value)) if abs(value) < 1e15 and value == int(value) else str(value)
    if isinstance(value, Decimal):
        return f"{value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize():f}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace").strip()
    return str(value)


def categorical(codes: np.ndarray, entries: Iterable[object]) -> pd.Categorical:
    """A column of text from the place of each cell's entry among the different ones."""
    places: dict[str, int] = {}
    merged = np.array([places.setdefault(as_text(entry), len(places)) for entry in entries], dtype=np.int32)
    codes = merged[codes] if len(merged) else codes
    return pd.Categorical.from_codes(codes, pd.Index(list(places), dtype="str"), validate=False)


def coded(rows: Iterable[Sequence[Hashable]], width: int) -> list[pd.Categorical]:
    """Rows of the same width as columns of text, with no more than some thousand rows in memory at a time."""
    places = [defaultdict(count().__next__) for _ in range(width)]
    parts: list[list[np.ndarray]] = [[np.empty(0, np.int32)] for _ in range(width)]
    rows = iter(rows)
    while some := list(islice(rows, AT_ONCE)):
        for part, place, cells in zip(parts, places, zip(*some, strict=True), strict=True):
            part.append(np.fromiter(map(place.__getitem__, cells), np.int32, len(some)))
    return [categorical(np.concatenate(part), place) for part, place in zip(parts, places, strict=True)]


def headings(names: Sequence[str], file: str) -> tuple[str, ...]:
    """The headings, trimmed; InputError where they are too many to be any."""
    if len(names) > MOST_COLUMNS:
        raise InputError.of(f"has {len(names):,} columns, more than the {MOST_COLUMNS:,} that are read", file=file,
                            remedy="is it one row a case file, with a header?")  # fmt: skip
    return tuple(name.strip() for name in names)


def trimmed(names: Sequence[str], columns: Sequence[pd.Categorical]) -> tuple[tuple, tuple]:
    """Headings and columns without those columns that have neither a heading nor an entry."""
    kept = [place for place, name in enumerate(names) if name or any(columns[place].categories)]
    return tuple(names[place] for place in kept), tuple(columns[place] for place in kept)
