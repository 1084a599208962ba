"""A small table of the project's own kind: text with its line numbers, every fault of its form found at once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from keepsafe import reading
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
    """Read a table that must have these columns, as CSV or in any other form that `keepsafe.reading` takes.

    InputError for a file that is missing, unreadable, empty or header only, and for columns that are missing or
    repeated and rows of another width: all of them at once.
    """
    table = reading.read(path, columns)
    problems = _faults_of_form(table, columns)
    if problems:
        raise InputError(problems)
    cells = {name: column.astype("str") for name, column in zip(table.names, table.columns, strict=True)}
    return CsvTable(table.file, pd.DataFrame(cells, columns=list(table.names)), tuple(table.lines.tolist()))


def _faults_of_form(table: reading.Table, columns: tuple[str, ...]) -> list[Problem]:
    file = table.file
    missing = [name for name in columns if name not in table.names]
    repeated = sorted(name for name, times in Counter(table.names).items() if times > 1)
    problems = [
        Problem(f"column {name!r} is missing", file, 1, remedy=f"the columns are {', '.join(columns)}")
        for name in missing
    ]
    problems += [Problem("the column appears twice", file, 1, name) for name in repeated]
    problems += [
        Problem(
            f"has {cells} cells where the header has {table.width}", file, line, remedy="quote cells that hold a comma"
        )
        for line, cells in table.ragged
    ]
    return problems


def not_one_of(text: str, allowed: list[str]) -> tuple[str, str | None]:
    """Message and remedy for a word that is not one of those allowed.

    >>> not_one_of("femle", ["female", "male"])
    ("'femle' is not one of female, male", 'did you mean female?')
    """
    near = get_close_matches(text, allowed, 1) if len(text) < 100 else []  # a long text takes long, and is near none
    return f"{shortened(text)!r} is not one of {', '.join(allowed)}", f"did you mean {near[0]}?" if near else None
