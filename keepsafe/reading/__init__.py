"""A table read from any of the formats in which case files are kept, recognised by what is in the file.

A table of cases has one row a case under one line of names: what looks like anything else is refused, with what to do.
The small tables of the project's own kind (a codebook, printed figures) must have certain columns, and no faults.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd

from keepsafe import paths
from keepsafe.problems import InputError, Problem
from keepsafe.reading.delimited import is_number
from keepsafe.reading.table import Table

__all__ = ["OwnTable", "Table", "read", "read_own"]

AGAIN = "open it in a spreadsheet and save it as .xlsx or CSV"
TOTALS = ("totals?|sum|mean|average|median|overall|cyfanswm|cymedr|cyfartaledd", "count|all|n|sd|min|max")
TOTAL = r"(?:grand |sub-?)?(?:{})(?: \(.*\))?(?:[ :=]*| ?[:=] ?[0-9.,]+)"
OF_GROUP = r"^(sub-?)?totals? (of |for )?| (sub-?)?totals?$"
COMMAS = "write it with commas between the cells: from R by write.csv(..., row.names = FALSE)"
DELETE = "delete the lines above the header"
ONE_NAME = "let one line give each column a name, and delete those above it"
LAST, FEW, SOME = 3, 5, 100  # rows at the end that are looked at; rows of which nothing is said; entries of a column
SHOWN = 20  # rows of one kind that look like no case
NOTE = r"(?i)notes?\b|source\b|\*|.*\w \w+ \w"
# how a file of each kind begins, and what reads it
READERS = [
    (rb"PK\x03\x04", "typed", "read_workbook"),
    (rb"PAR1", "typed", "read_parquet"),
    (rb"\$FL[23]", "typed", "read_statistical"),
    (rb"<stata_dta>|[\x69-\x73][\x01\x02]\x01\x00", "typed", "read_statistical"),
    (rb"", "delimited", "read"),
]
# and what cannot be read, with the way out
OTHERS = [
    (
        rb"\0{12}\xc2\xea\x81\x60|HEADER RECORD\*{7}(LIB|CPORT)",
        "is a SAS file",
        "export it from SAS as CSV or .sav, or from R with haven::write_sav(haven::read_sas(...))",
    ),
    (rb"(?s)(?=.{0,200}SPSS PORT FILE|.{400,470}SPSSPORT)", "is an SPSS portable file", "save it in SPSS as .sav"),
    (rb"(?s).{0,16}ENCRYPTED(SAV|SPV)|PARE", "is protected by a password", "save it without one"),
    (rb"\xd0\xcf\x11\xe0", "is a workbook with a password, or an old .xls", AGAIN + " without one"),
    (rb"SR\x00[\x04\x06]", "is a file of IDL, not of SPSS", "write its table as CSV"),
    (rb"SQLite format 3\0|\x00\x01\x00\x00Standard (Jet|ACE) DB", "is a database", "export the table of cases as CSV"),
    (
        rb"\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|Rar!|7z\xbc\xaf|RD[AX][23]\n",
        "is compressed, or a file of R",
        "unpack it first; from R write it as CSV",
    ),
    (rb"ARROW1|FEA1", "is an Arrow file", "write it as Parquet"),
    (rb"\x89HDF|MATLAB 5", "is a file of arrays (HDF5 or Matlab)", "write the table of cases as CSV"),
    (rb"%PDF|\{\\rtf", "is a document, not a table", "write its table into a spreadsheet"),
    (rb"version https://git-lfs", "is a pointer to a file that was not fetched", "fetch it first: git lfs pull"),
    (
        rb"(?i)(\xef\xbb\xbf)?\s*<\?xml[^>]*\?>\s*<\?mso-application|(\xef\xbb\xbf)?\s*<workbook",
        "is a workbook in XML",
        AGAIN,
    ),
    (rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|html|table|\?xml)", "is a web page, whatever its name", AGAIN),
    (rb"(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*\"", "is in JSON", "write it as CSV, one row a case"),
]


@dataclass(frozen=True)
class OwnTable:
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


def read(path: str | Path, names: Collection[str] = (), cases: bool = True) -> Table:
    """Read a table: text with , ; tab or | between the cells, Excel, Parquet, SPSS or Stata, told by its content.

    `names` are columns that it probably has, which help to find what separates its cells; `cases` says whether it
    should hold a row a case: a title, notes and totals are then refused, with what to do. InputError for a file that is
    missing, empty, damaged, protected or of another kind, and for one without rows.

    >>> table = read(paths.data("synthetic", "case_files.csv"))
    >>> table.names[:2], len(table.lines), table.lines[0].item()
    (('person_id', 'file_id'), 367, 2)
    """
    path, file = Path(path), paths.shown(path)
    try:
        if not path.exists():
            raise InputError.of("no such file", file=file, remedy="check the path")
        if not path.is_file():
            raise InputError.of("is no file", file=file, remedy="name the file, not its folder")
        with path.open("rb") as opened:
            start = opened.read(4096)
        if not start.strip():
            raise InputError.of("is empty", file=file)
        for signature, message, remedy in OTHERS:
            if re.match(signature, start):
                raise InputError.of(message, file=file, remedy=remedy)
        module, function = next(reader for signature, *reader in READERS if re.match(signature, start))
        table = getattr(import_module(f"{__name__}.{module}"), function)(path, file, names)
    except OSError as error:
        raise InputError.of(f"cannot be read: {error.strerror}", file=file, remedy="check the path") from None
    if not len(table.lines) and not table.ragged:
        raise InputError.of("has a header and no rows", file=file, line=1)
    if not cases or not table.width:
        return table
    if not any(table.places(name) for name in names):
        _refuse_title(table)
    return replace(table, doubts=tuple((int(table.lines[place]), what) for place, what in _doubts(table)))


def read_own(path: str | Path, columns: tuple[str, ...]) -> OwnTable:
    """Read a table that must have these columns, as CSV or in any other form that `read` takes.

    InputError for a file that is missing, unreadable, empty or header only, and for columns that are missing or
    repeated and rows of another width: all of them at once.
    """
    table = read(path, columns)
    file, times = table.file, Counter(table.names)
    missing, named = [name for name in columns if name not in times], f"the columns are {', '.join(columns)}"
    problems = [Problem(f"column {name!r} is missing", file, 1, remedy=named) for name in missing]
    problems += [Problem("the column appears twice", file, 1, name) for name in sorted(times) if times[name] > 1]
    for line, cells in table.ragged:
        wide = f"has {cells} cells where the header has {table.width}"
        problems.append(Problem(wide, file, line, remedy="quote cells that hold a comma"))
    if problems:
        raise InputError(problems)
    made = {name: column.astype("str") for name, column in zip(table.names, table.columns, strict=True)}
    return OwnTable(file, pd.DataFrame(made, columns=list(table.names)), tuple(table.lines.tolist()))


def _refuse_title(table: Table) -> None:
    """InputError for a first line that is a title, a comment, a case, a merged heading, or one name short."""

    def refuse(message: str, remedy: str) -> NoReturn:
        raise InputError.of(message, file=table.file, line=1, remedy=remedy)

    if table.width == 1 and len(table.lines) > 1:
        heads = table.names[0].split()
        cells = {len(entry.split()) for entry in table.columns[0].categories[:SOME]}
        words = not all(map(_number, heads))
        if words and len(heads) > 1 and cells <= {len(heads), len(heads) + 1} and len(cells) == 1:
            refuse("its cells are separated by blanks", COMMAS)
    rows, width = len(table.lines) + len(table.ragged), table.width
    wider = Counter(cells for _, cells in table.ragged if cells > width)
    named = [name for name in table.names if name]
    blank = len(table.names) - len(named)
    several = "" if len(named) == 1 else ", or a heading over several columns"
    title = f"looks like a title{several}, not like the names of the columns", ONE_NAME if several else DELETE
    if sum(wider.values()) > rows / 2:
        most = wider.most_common(1)[0][0]
        if named and named[0].startswith(("#", "//", "*")):
            refuse("looks like a comment, not like the names of the columns", DELETE)
        if width == 1 or most != width + 1 or len(named) < width:
            refuse(*title)
        without = "a file from R? write it with write.csv(..., row.names = FALSE)"
        refuse(f"has {width} cells where most rows have {most}", f"is it a title? {DELETE}; {without}")
    counted = [str(place) for place in range(len(table.names))]  # as pandas calls columns without a name
    words = " ".join(named).split()
    if words and list(table.names) != counted and all(map(_number, words)):
        refuse("holds numbers where the names of the columns belong", "write a line of names above it")
    if len(table.names) > 2 and len(named) == 1:
        refuse(*title)
    if blank > 1 and blank >= len(table.names) / 3:
        what = f"leaves {blank} columns without a name: a heading that spans several of them?"
        refuse(what, ONE_NAME)


def _doubts(table: Table) -> Iterator[tuple[int, str]]:
    """Rows that look like no case: a second header, the names of the columns again, a total or a note."""
    if len(table.lines) < FEW:
        return
    for place in range(_further_headers(table)):
        yield place, "looks like a second header: it has words where the other rows have numbers"
    if len(table.names) < 2:
        return
    same = np.logical_and.reduce([column == name for column, name in zip(table.columns, table.names, strict=True)])
    for place in np.flatnonzero(same)[:LAST]:
        yield place, "holds the names of the columns again: another table under the first?"
    first, short = table.columns[0], TOTAL.format(TOTALS[0])
    words = TOTAL.format("|".join(TOTALS)) if len(first.categories) > len(first) / 2 else short
    for place in range(len(table.lines) - LAST, len(table.lines)):
        cells = [column[place] for column in table.columns]
        filled = [cell for cell in cells if cell]
        once = bool(cells[0]) and (first.codes == first.codes[place]).sum() == 1
        alone = not cells[0] and filled and (first == "").sum() == 1
        summed = place == len(table.lines) - 1 and all(map(_number, filled))
        if alone and (summed or re.fullmatch(short, filled[0].casefold())):
            yield place, "looks like a total, not like a case: it alone has nothing in the first column"
        elif once and re.fullmatch(words, cells[0].casefold()):
            yield place, "looks like a total, not like a case"
        elif once and len(filled) == 1 and len(cells) > 2 and re.match(NOTE, cells[0]):
            yield place, "looks like a note under the table, not like a case"
    for place in _between(table, first):
        yield place, "holds its first cell alone, of another form than the others: a heading between the cases?"
    for column in table.columns:
        few = column.categories if len(column.categories) <= len(column) / 2 else []  # by these rows may be grouped
        if totals := [entry for entry in few if "total" in entry.casefold()]:
            groups = {entry.casefold() for entry in few if entry not in totals}
            totals = [entry for entry in totals if re.sub(OF_GROUP, "", entry.casefold()) in groups]
            for place in np.flatnonzero(column.isin(totals))[:SHOWN]:
                yield place, "looks like the total of a group, not like a case"


def _between(table: Table, first: pd.Categorical) -> Iterator[int]:
    """Rows but the last ones of which the first cell alone is filled, and looks like that of no other row."""
    alone = np.asarray(first != "")
    for column in table.columns[1:]:
        alone &= np.asarray(column == "")
        if not alone.any():
            return
    alone[-LAST:] = False  # notes, which are told as such
    if len(table.names) > 2 and 0 < alone.sum() <= len(alone) / 4:
        forms = [re.sub("[0-9]+", "9", re.sub(r"[^\W0-9_]+", "a", entry)) for entry in first.categories]
        others = {forms[code] for code in set(first.codes[~alone])}
        if all("9" in form for form in others):  # of names one may have any form
            yield from (place for place in np.flatnonzero(alone)[:SHOWN] if forms[first.codes[place]] not in others)


def _number(text: str) -> bool:
    """Whether a cell holds a number, perhaps with blanks among its thousands."""
    return is_number(re.sub("[ '’](?=[0-9]{3})", "", text).replace("−", "-"))


def _further_headers(table: Table) -> int:
    """How many of the first two rows have words in columns that hold numbers otherwise: those of some services do."""
    for count in (1, 2):
        words = 0
        for column in table.columns:
            heads, some = list(column[:count]), column.categories[:SOME].tolist()
            others = [entry for entry in some if entry and entry not in heads]
            if all(heads) and others and all(map(_number, others)):
                if any(map(_number, heads)):
                    return 0
                words += 1
        if words > 1:
            return count
    return 0
