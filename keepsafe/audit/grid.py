"""A table's cells as typed, with their spreadsheet addresses: from a file or a frame, what stands apart joined."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import islice
from pathlib import Path

import pandas as pd

from keepsafe import reading
from keepsafe.audit.joined import columns_joined, one_row, rows_joined, two_rows, under
from keepsafe.problems import InputError, Problem, shortened
from keepsafe.reading.table import as_text

ENOUGH = 100_000  # cells


@dataclass(frozen=True)
class Grid:
    """Texts of a table: its heading row, the rows below, and the number of each row in a spreadsheet."""

    file: str
    heads: list[str]
    rows: list[list[str]]
    lines: list[int]
    dates: frozenset[tuple[int, int]] = frozenset()
    first: int = 1  # the number of the heading row
    places: tuple[int, ...] = ()  # of each column in the spreadsheet, where some were joined

    def column(self, place: int) -> str:
        """The letters of a column."""
        return letters(self.places[place] if self.places else place)

    def address(self, row: int, column: int) -> str:
        """The spreadsheet address of a cell; row -1 is the heading."""
        return f"{self.column(column)}{self.lines[row] if row >= 0 else self.first}"


def letters(column: int) -> str:
    """The letters of a spreadsheet's column, counted from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    found, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def read_grid(path: str | Path) -> Grid:
    """Read a table as typed, from CSV (or text with ; tab or | between the cells) or the first sheet of an .xlsx."""
    path = Path(path)
    file = reading.read(path, cases=False).file  # refuses, in words, what is no table
    with path.open("rb") as opened:
        workbook = opened.read(4) == b"PK\x03\x04"
    raw, dates, merged = _of_workbook(path) if workbook else (_of_text(path), frozenset(), [])
    numbered = [(line, row) for line, row in enumerate(raw, 1) if any(text.strip() for text in row)]
    while len(numbered) > 2 and sum(map(bool, map(str.strip, numbered[0][1]))) == 1:
        del numbered[0]  # a title above the headings
    (first, heads), rows = numbered[0], numbered[1:]
    heads = [" ".join(text.split()) for text in heads]
    while heads and not heads[-1]:
        heads.pop()
    reaches = [reach for line, reach in merged if line == first]
    while len(rows) > 1 and two_rows(heads, rows[0][1]):
        heads = one_row(heads, rows.pop(0)[1], reaches)
        merged, reaches = [], []
    problems = [
        Problem(
            f"the headings {reach} are merged",
            file,
            first,
            remedy="give each column a heading of its own, and type what belongs together in one cell: 14 (8.9)",
        )
        for line, reach in merged
        if line == first
    ]
    problems += _faults(file, first, heads, rows) if not problems else []
    if problems:
        raise InputError(problems)
    if len(heads) * len(rows) > ENOUGH:
        raise InputError.of(
            f"has {len(rows):,} rows of {len(heads)} cells",
            file=file,
            remedy="is it a table as printed? Case files are checked by keepsafe check",
        )
    width = len(heads)
    cells = [(row + [""] * width)[:width] for _, row in rows]
    return _joined(file, heads, cells, [line for line, _ in rows], dates, first)


def of_frame(frame: pd.DataFrame) -> Grid:
    """A data frame as a table typed from A1; an index with names becomes its first columns."""
    if not isinstance(frame, pd.DataFrame):
        raise InputError.of(f"{type(frame).__name__} is no data frame", remedy="pass a pandas DataFrame")
    if frame.index.names != [None] or not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    names = [name if isinstance(name, tuple) else (name,) for name in frame.columns]
    heads = [" ".join(reduce(under, map(str, name)).split()) for name in names]
    heads = ["" if re.fullmatch(r"Unnamed: [0-9]+", head) else head for head in heads]
    rows = [
        [value if isinstance(value, str) else as_text(value) for value in row]
        for row in frame.itertuples(index=False, name=None)
    ]
    kept = [(line, row) for line, row in enumerate(rows, 2) if any(text.strip() for text in row)]
    while len(kept) > 1 and two_rows(heads, kept[0][1]):
        heads = one_row(heads, kept.pop(0)[1], [])
    problems = _faults("the data frame", 1, heads, kept)
    if not kept:
        problems = [Problem("the data frame has no rows")]
    if problems:
        raise InputError(problems)
    return _joined("the data frame", heads, [row for _, row in kept], [line for line, _ in kept])


def _joined(file: str, heads, cells, lines: list[int], dates=frozenset(), first: int = 1) -> Grid:
    """The grid, what stands apart in it joined."""
    heads, cells, places = columns_joined(heads, cells)
    cells, kept = rows_joined(cells)
    return Grid(file, heads, cells, [lines[k] for k in kept], dates, first, places)


def _faults(file: str, first: int, heads: list[str], rows: list[tuple[int, list[str]]]) -> list[Problem]:
    problems = []
    for line, row in rows:
        entries = max((i for i, text in enumerate(row, 1) if text.strip()), default=0)
        if entries > len(heads):
            problems.append(
                Problem(
                    f"has {entries} cells where the heading has {len(heads)}",
                    file,
                    line,
                    remedy="quote cells that hold a comma, and give every column a heading",
                )
            )
    seen: dict[str, int] = {}
    for column, head in enumerate(heads):
        if not head and column and any(row[column].strip() for _, row in rows if len(row) > column):
            problems.append(
                Problem(
                    f"column {letters(column)} has no heading of its own",
                    file,
                    first,
                    letters(column),
                    "were two headings merged? Give each column one, and type what belongs together in "
                    "one cell: 14 (8.9)",
                )
            )
        elif head and head.casefold() in seen:
            other = letters(seen[head.casefold()])
            problems.append(
                Problem(
                    f"columns {other} and {letters(column)} have one name, {shortened(head)!r}",
                    file,
                    first,
                    letters(column),
                    "give each a name of its own",
                )
            )
        seen.setdefault(head.casefold(), column)
    return problems


def _of_text(path: Path) -> list[list[str]]:
    from keepsafe.reading.delimited import delimiter_of, encoding_of

    with path.open(encoding=encoding_of(path), newline="") as text:
        sample = text.read(1 << 16)
        text.seek(0)
        return list(csv.reader(text, delimiter=delimiter_of(sample, ("variable", "level", "kind", "p"))))


def _of_workbook(path: Path) -> tuple[list[list[str]], frozenset, list[tuple[int, str]]]:
    """Texts as the sheet shows them, cells that it holds as dates, and what is merged (first row, reach)."""
    import warnings

    from openpyxl import load_workbook

    with warnings.catch_warnings(action="ignore"):
        sheet = load_workbook(path, data_only=True, keep_links=False).worksheets[0]
    rows, dates = [], set()
    for number, row in enumerate(islice(sheet.iter_rows(), ENOUGH)):
        rows.append([_shown(each) for each in row])
        steps = int(getattr(row[0].alignment, "indent", 0) or 0) if row else 0
        rows[-1][:1] = ["  " * steps + text for text in rows[-1][:1]]
        dates |= {(number + 1, place) for place, each in enumerate(row) if isinstance(each.value, date)}
    merged = [(reach.min_row, reach.coord) for reach in sheet.merged_cells.ranges if reach.min_col != reach.max_col]
    return rows, frozenset(dates), merged


def _shown(each) -> str:
    """A cell's text with the decimals that its number format shows: 3.20 is stored as 3.2."""
    value, shape = each.value, (each.number_format or "").split(";")[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return as_text(value) if not isinstance(value, str) else value
    percent = shape.rstrip().endswith("%")
    decimals = len(shape.partition(".")[2].rstrip("% ").replace("#", "0")) if "." in shape else 0
    if percent:
        return f"{100 * value:.{decimals}f}%"
    if set(shape) <= set("0#,."):
        return f"{value:.{decimals}f}"
    return as_text(value)
