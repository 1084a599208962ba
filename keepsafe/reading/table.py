"""A table as its file holds it: all text, each different entry of a column kept once."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain, count, islice
from numbers import Integral

import numpy as np
import pandas as pd

from keepsafe.problems import InputError

MOST_COLUMNS = 30_000
MOST_CELLS = 400_000_000  # four bytes each
AT_ONCE = 1_000_000  # cells
UNSEEN = dict.fromkeys((0x200B, 0x2060, 0xFEFF))  # of no width, from web pages and joined files
DECLARED = "declared missing"  # stands for the label of a code that a file calls missing and does not label


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
    should know; `doubts` rows that look like no case, as line and what they look like: they had better be deleted.
    """

    file: str
    names: tuple[str, ...]
    columns: tuple[pd.Categorical, ...]
    lines: pd.Index
    width: int = 0
    ragged: tuple[tuple[int, int], ...] = ()
    meanings: dict[str, Meaning] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    doubts: tuple[tuple[int, str], ...] = ()

    def places(self, name: str) -> list[int]:
        """Which columns are meant by the name of a variable: those of that heading, else those that are called so."""
        return self._places.get(name, [])

    def meaning(self, place: int) -> Meaning:
        """What the file says of a column."""
        return self.meanings.get(self.names[place], Meaning())

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Each column's heading as the name of a variable; headings that would have the same name are numbered.

        A heading that is a name keeps it, wherever it stands.
        """
        made = {heading: heading for heading in self.names if heading and as_name(heading) == heading}
        taken = set(made)
        for heading in dict.fromkeys(self.names):
            if heading and heading not in made:
                name = as_name(heading)
                ends = chain([""], (f"_{turn}" for turn in count(2)))
                made[heading] = next(name + end for end in ends if name + end not in taken)
                taken.add(made[heading])
        return tuple(made.get(heading, f"column_{place}") for place, heading in enumerate(self.names, 1))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        by_name, by_heading = defaultdict(list), defaultdict(list)
        for place, (name, heading) in enumerate(zip(self.variables, self.names, strict=True)):
            by_name[name].append(place)
            by_heading[heading].append(place)
        return {**by_name, **by_heading}


def as_name(heading: str) -> str:
    """A heading as the name of a variable: letters, digits and _, beginning with a letter.

    >>> as_name("Age (years)"), as_name("2nd visit")
    ('Age_years', 'v_2nd_visit')
    """
    name = re.sub(r"\W+", "_", heading).strip("_")
    return name if re.match(r"[A-Za-z]", name) else f"v_{name}"


def plain(text: str) -> str:
    r"""A text without blanks around it and signs that nobody sees, each letter with its accent as one character.

    >>> plain(" Llŷr\u200b ") == plain("Lly\u0302r"), plain("\ufeffyes")
    (True, 'yes')
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(UNSEEN)
    return text.strip()


def as_text(value: object) -> str:
    """A cell as text: whole numbers without a decimal point, dates as in 2019-03-31, true and false as 1 and 0.

    A number of single precision, and one that a spreadsheet has computed, is the shortest that it may stand for.

    >>> [as_text(value) for value in (3.0, 2.5, pd.NA, True, date(2019, 3, 31), " a ", np.float32(2.7), 0.1 + 0.2)]
    ['3', '2.5', '', '1', '2019-03-31', 'a', '2.7', '0.3']
    >>> as_text(timedelta(days=1, hours=6, minutes=15))
    '30:15:00'
    """
    if isinstance(value, str):
        return plain(value)
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, bool | np.bool_ | Integral):
        return str(int(value))
    if isinstance(value, float | np.floating):
        if abs(value) <= 2**53 and value == int(value):
            return str(int(value))
        return str(value) if isinstance(value, np.float32) else repr(float(f"{value:.15g}"))
    if isinstance(value, Decimal):
        return f"{value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize():f}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration(value.total_seconds())
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace").strip()
    return str(value)


def duration(seconds: float) -> str:
    """Seconds as hours, minutes and seconds, of which hours may be more than a day's.

    >>> duration(108900), duration(-1.5)
    ('30:15:00', '-0:00:01.5')
    """
    whole, rest = divmod(abs(round(seconds, 6)), 60)
    end = f"{rest:09.6f}".rstrip("0").rstrip(".") if rest % 1 else f"{rest:02.0f}"
    return f"{'-' * (seconds < 0)}{whole // 60:.0f}:{whole % 60:02.0f}:{end}"


def categorical(codes: np.ndarray, entries: Iterable[object]) -> pd.Categorical:
    """A column of text from the place of each cell's entry among the different ones."""
    places: dict[str, int] = {}
    merged = np.array([places.setdefault(as_text(entry), len(places)) for entry in entries], dtype=np.int32)
    codes = merged[codes] if len(merged) else codes
    return pd.Categorical.from_codes(codes, pd.Index(list(places), dtype="str"), validate=False)


def gathered(
    records: Iterable[tuple[int, Sequence[Hashable]]], width: int, file: str, most: int | None = None
) -> tuple[list[pd.Categorical], pd.Index, tuple[tuple[int, int], ...]]:
    """Rows, each with its line, as columns of text and their lines; line and number of cells of rows not so wide.

    No more than a million cells are in memory as they are at a time.
    """
    lines, ragged = [], []

    def fitting() -> Iterator[Sequence[Hashable]]:
        for line, row in records:
            if len(row) == width:
                lines.append(line)
                yield row
            else:
                ragged.append((line, len(row)))

    places = [defaultdict(count().__next__) for _ in range(width)]
    parts: list[list[np.ndarray]] = [[np.empty(0, np.int32)] for _ in range(width)]
    rows = fitting()
    while some := list(islice(rows, max(1, AT_ONCE // max(1, width)))):
        check_size(len(lines), width, file, most)
        for part, place, cells in zip(parts, places, zip(*some, strict=True), strict=True):
            part.append(np.fromiter(map(place.__getitem__, cells), np.int32, len(some)))
    columns = [categorical(np.concatenate(part), place) for part, place in zip(parts, places, strict=True)]
    return columns, pd.Index(lines, name="line", dtype="int64"), tuple(ragged)


def check_size(rows: int, columns: int, file: str, most: int | None = None) -> None:
    """InputError for a table of more cells than are read."""
    most = most or MOST_CELLS
    if rows * columns > most:
        what = f"has more than the {most:,} cells that are read ({columns:,} columns)"
        raise InputError.of(what, file=file, remedy="leave out columns or rows that are not needed")


def headings(names: Sequence[str], file: str) -> tuple[str, ...]:
    """The headings, trimmed; InputError where they are too many to be any."""
    if len(names) > MOST_COLUMNS:
        what = f"has {len(names):,} columns, more than the {MOST_COLUMNS:,} that are read"
        raise InputError.of(what, file=file, remedy="is it one row a case file, with a header?")
    return tuple(map(plain, names))


def trimmed(names: Sequence[str], columns: Sequence[pd.Categorical]) -> tuple[tuple, tuple]:
    """Headings and columns without those columns that have neither a heading nor an entry."""
    kept = [place for place, name in enumerate(names) if name or any(columns[place].categories)]
    return tuple(names[place] for place in kept), tuple(columns[place] for place in kept)
