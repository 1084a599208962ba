"""A small CSV table read as text with its line numbers, every fault of its form found at once."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from keepsafe import paths
from keepsafe.problems import InputError, Problem, shortened


@dataclass(frozen=True)
class CsvTable:
    """The rows of a file as text, and the line on which each begins.

    `frame` holds one column a column of the file, all text, blanks as ''; `lines` one line number a row.
    """

    file: str
    frame: pd.DataFrame
    lines: tuple[int, ...]

    def problem(self, row: int, column: str, message: str, remedy: str | None = None) -> Problem:
        """A fault in one cell; `row` counts from 0."""
        return Problem(message, self.file, self.lines[row], column, remedy)

    def cells(self, column: str) -> Iterator[tuple[int, str]]:
        """Row number and text of each cell of a column."""
        return enumerate(self.frame[column])


def read(path: str | Path, columns: tuple[str, ...]) -> CsvTable:
    """Read a comma-separated UTF-8 file that must have these columns.

    Parameters
    ----------
    path : the file.
    columns : the columns that it must have; others are kept.

    Returns
    -------
    CsvTable

    Raises
    ------
    InputError
        for a file that is missing, unreadable, empty or header only, and for columns that are missing or
        repeated and rows of another width: all of them at once.
    """
    file = paths.shown(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError.of("no such file", file=file, remedy="check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror)
        raise InputError.of(f"cannot be read: {reason}", file=file, remedy="save it as CSV in UTF-8") from None
    header, rows, lines = _rows(text, file)
    problems = _faults_of_form(file, header, rows, lines, columns)
    if problems:
        raise InputError(problems)
    return CsvTable(file, pd.DataFrame(rows, columns=header, dtype=str), tuple(lines))


def _rows(text: str, file: str) -> tuple[list[str], list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    rows, lines, first = [], [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(first)
            first = reader.line_num + 1
    except csv.Error as error:
        raise InputError.of(f"is not a CSV table: {error}", file=file, line=first) from None
    if not rows:
        raise InputError.of("is empty", file=file)
    return rows[0], rows[1:], lines[1:]


def _faults_of_form(file, header, rows, lines, columns) -> list[Problem]:
    if not rows:
        return [Problem("has a header and no rows", file, 1)]
    missing = [name for name in columns if name not in header]
    repeated = sorted({name for name in header if header.count(name) > 1})
    problems = [
        Problem(f"column {name!r} is missing", file, 1, remedy=f"the columns are {', '.join(columns)}")
        for name in missing
    ]
    problems += [Problem("the column appears twice", file, 1, name) for name in repeated]
    problems += [
        Problem(f"has {len(row)} cells where the header has {len(header)}", file, line,
                remedy="quote cells that hold a comma")
        for row, line in zip(rows, lines, strict=True)
        if len(row) != len(header)
    ]  # fmt: skip
    return problems


def not_one_of(text: str, allowed: list[str]) -> tuple[str, str | None]:
    """Message and remedy for a word that is not one of those allowed.

    >>> not_one_of("femle", ["female", "male"])
    ("'femle' is not one of female, male", 'did you mean female?')
    """
    near = get_close_matches(text, allowed, 1) if len(text) < 100 else []  # a long text takes long, and is near none
    return f"{shortened(text)!r} is not one of {', '.join(allowed)}", f"did you mean {near[0]}?" if near else None
