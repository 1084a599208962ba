"""What a table looks like that is not one row a case under one line of names, and what to do about it."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from keepsafe.problems import InputError
from keepsafe.reading.table import Table
from keepsafe.reading.written import number

TOTALS = r"(grand |sub-?)?totals?( \(.*\))?:?|sum:?|mean:?|average:?|overall:?"
DELETE = "delete the lines above the header"
LAST, FEW, SOME = 3, 5, 100  # rows at the end that are looked at; rows of which nothing is said; entries of a column
NOTE = r"(?i)notes?\b|source\b|\*|.*\w \w+ \w"


def looked_at(table: Table, names: Collection[str] = ()) -> Table:
    """The table with its doubts.

    Parameters
    ----------
    table : as read.
    names : columns that it should have; where it has one of them, its first line is a header.

    Returns
    -------
    Table
        whose `doubts` name rows that look like a second header, a total or a note.

    Raises
    ------
    InputError
        for a first line that is a title, a comment, a case, a merged heading, or one name short.
    """
    if not any(table.places(name) for name in names):
        _refuse_title(table)
    return replace(table, doubts=tuple(_second_header(table) + _last_rows(table)))


def _refuse_title(table: Table) -> None:
    rows, width = len(table.lines) + len(table.ragged), table.width
    wider = Counter(cells for _, cells in table.ragged if cells > width)
    named = [name for name in table.names if name]
    blank = len(table.names) - len(named)
    several = "" if len(named) == 1 else ", or a heading over several columns"
    title = f"looks like a title{several}, not like the names of the columns"
    if sum(wider.values()) > rows / 2:
        most = wider.most_common(1)[0][0]
        if named and named[0].startswith(("#", "//", "*")):
            message, remedy = "looks like a comment, not like the names of the columns", DELETE
        elif width == 1 or most != width + 1:
            message, remedy = title, DELETE
        else:
            message = f"has {width} cells where most rows have {most}"
            remedy = f"is it a title? {DELETE}; a file from R? write it with write.csv(..., row.names = FALSE)"
        raise InputError.of(message, file=table.file, line=1, remedy=remedy)
    counted = [str(place) for place in range(len(table.names))]  # as pandas calls columns without a name
    words = " ".join(named).split()
    if words and list(table.names) != counted and all(number(word) is not None for word in words):
        raise InputError.of("holds numbers where the names of the columns belong", file=table.file, line=1,
                            remedy="write a line of names above it")  # fmt: skip
    if len(table.names) > 2 and len(named) == 1:
        raise InputError.of(title, file=table.file, line=1, remedy=DELETE)
    if blank > 1 and blank >= len(table.names) / 3:
        raise InputError.of(f"leaves {blank} columns without a name: a heading that spans several of them?", line=1,
                            file=table.file, remedy="let the first line give each column one name")  # fmt: skip


def _second_header(table: Table) -> list[tuple[int, str, str]]:
    """The first row, where it has words in columns that hold numbers otherwise."""
    if len(table.lines) < FEW:
        return []
    words = 0
    for column in table.columns:
        first, some = column[0], column.categories[:SOME].tolist()
        others = [entry for entry in some if entry and entry != first]
        if first and others and all(number(entry) is not None for entry in others):
            if number(first) is not None:
                return []
            words += 1
    if words < 2:
        return []
    what = "looks like a second header: it has words where the other rows have numbers"
    return [(int(table.lines[0]), what, "delete the row")]


def _last_rows(table: Table) -> list[tuple[int, str, str]]:
    """Rows at the end that look like a total or a note."""
    if len(table.lines) < FEW or len(table.columns) < 2:
        return []
    found, first = [], table.columns[0]
    for place in range(len(table.lines) - LAST, len(table.lines)):
        cells = [column[place] for column in table.columns]
        filled = [cell for cell in cells if cell]
        once = bool(cells[0]) and (first.codes == first.codes[place]).sum() == 1
        if once and re.fullmatch(TOTALS, cells[0].casefold()):
            found.append((int(table.lines[place]), "looks like a total, not like a case", "delete the row"))
        elif once and len(filled) == 1 and len(cells) > 2 and re.match(NOTE, cells[0]):
            what = "looks like a note under the table, not like a case"
            found.append((int(table.lines[place]), what, "delete the row"))
    return found
