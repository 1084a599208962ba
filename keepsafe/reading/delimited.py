"""Delimited text: in the encodings that programs write, with whatever separates cells, and inert for spreadsheets.

A large file is read on all cores where it is plain enough for that; in every other case row by row.
Longer than 300 lines: a large file is read in the same way as row by row, and what is written is read back as it was.
"""

import codecs
import csv
import io
import mmap
import re
from collections.abc import Collection, Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from keepsafe.problems import InputError
from keepsafe.reading.table import MOST_COLUMNS, Table, as_name, categorical, gathered, headings, plain, trimmed

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
PLAIN = ("utf-8", "cp1252", "latin-1")  # tried in this order; the last reads anything
NAMES = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}
FORMATS = "CSV (or text with ; tab or | between the cells), .xlsx, .parquet, .sav and .dta"
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLE = 1 << 16  # characters
LARGE = 1 << 23  # bytes
BLOCK = 1 << 20  # bytes; a longer line is none that Arrow would take
LONGEST = 10_000_000  # characters of a line
# Blanks before the sign are skipped by some programs; the last four are the wide forms that others accept.
FORMULA = re.compile(r"['\s]*[=+\-@＝＋－＠]")
NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]+)*|\.[0-9]+)([eE][+-]?[0-9]+)?%?")


def read(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read delimited text; the first line that is not blank is the header, blank lines are left out but counted."""
    encoding = encoding_of(path)
    if encoding is None:
        raise InputError.of("is none of the formats that are read", file=file, remedy=f"those are {FORMATS}")
    if encoding in NAMES:
        _refuse_two_encodings(path, file)
    with path.open(encoding=encoding, newline="") as text:
        try:
            sample = text.read(SAMPLE)
        except UnicodeError:
            raise _undecodable(file, encoding) from None
    declared = re.match(r'"?sep=([,;\t|])"?\r?\n', sample)  # Excel's own way of saying it
    delimiter = declared[1] if declared else delimiter_of(sample, names)
    notes = []
    if delimiter != ",":
        notes.append(f"its cells are separated by {DELIMITERS[delimiter]}")
    if encoding in NAMES:
        notes.append(f"it is no UTF-8, so it was read as {NAMES[encoding]}: look at accented letters")
    large = path.stat().st_size >= LARGE and not declared
    read_at_once = read_large(path, encoding, delimiter) if large else None
    header, columns, lines, ragged = read_at_once or _by_row(path, file, encoding, delimiter, 1 if declared else 0)
    names, columns = trimmed(header, [_original(column) for column in columns])
    if len(header) == 1:
        notes.append("it has a single column: its cells are not separated by a comma, semicolon, tab or bar")
    return Table(file, names, columns, lines, len(header), tuple(ragged), notes=tuple(notes))


def encoding_of(path: Path) -> str | None:
    """The encoding of a text file; None where it is no text.

    utf-8-sig or utf-16 for a file that begins with a mark; else utf-8 where every byte fits it; utf-16-le or utf-16-be
    where every other byte of a text's first letters is zero; cp1252 or latin-1 for any other file without zero bytes.
    Libraries that guess from the frequency of letters take a pound sign among English words for a Polish letter: what
    Windows writes in Britain is more often right, and is told.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return encoding
    if b"\0" in start:
        halves = {"utf-16-le": (start[1::2], start[::2]), "utf-16-be": (start[::2], start[1::2])}
        for encoding, (zeros, letters) in halves.items():
            if zeros.count(0) > 0.9 * len(zeros) and not set(letters) & set(range(9)):
                return encoding
        return None
    return next(encoding for encoding in PLAIN if _fits(path, encoding))


def _refuse_two_encodings(path: Path, file: str) -> None:
    """InputError for a text of which some lines are in UTF-8 and others are not: in no one encoding are all read."""
    utf_8, other = 0, 0
    with path.open("rb") as text:
        for number, line in enumerate(text, 1):
            try:
                utf_8 += not line.isascii() and bool(line.decode())
            except UnicodeDecodeError:
                other = other or number
    if utf_8 and other:
        what, remedy = "its letters are in UTF-8 on other lines, and not on this one", "save its parts in one encoding"
        raise InputError.of(what, file=file, line=other, remedy=remedy)


def _fits(path: Path, encoding: str) -> bool:
    try:
        with path.open("rb") as file:
            for _ in codecs.iterdecode(iter(partial(file.read, 1 << 20), b""), encoding):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _original(column: pd.Categorical) -> pd.Categorical:
    """The column without the apostrophes that keep a spreadsheet from running a text as a formula."""
    if not column.categories.str.startswith("'").any():
        return column
    return categorical(column.codes, map(restored, column.categories))


def delimiter_of(sample: str, names: Collection[str] = ()) -> str:
    r"""What separates the cells: that by which the header gives the most of the expected names, and rows are alike.

    >>> delimiter_of("id;age\n1;3,5\n2;4,5\n")
    ';'
    """

    def fit(delimiter: str) -> tuple[int, float, float, int]:
        try:
            rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 20))
        except csv.Error:
            return 0, 0, 0, 0
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if len(sample) == SAMPLE and len(rows) > 1:
            del rows[-1]  # cut off
        if not rows:
            return 0, 0, 0, 0
        known = sum(cell.strip() in names or as_name(cell) in names for cell in rows[0])
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows) if len(rows[0]) > 1 else 0
        widths = [len(row) for row in rows]  # below a title rows may be alike
        common = max((widths.count(width) for width in set(widths) if width > 1), default=0)
        return known, alike, common, len(rows[0])

    return max(DELIMITERS, key=fit)


def _by_row(path: Path, file: str, encoding: str, delimiter: str, skip: int):
    """Header, columns, lines, and the rows of another width (line, cells): row by row, which shows every fault."""
    with path.open(encoding=encoding, newline="") as text:
        records = _records(text, file, encoding, delimiter, skip)
        header = headings(next(records, (1, []))[1], file)
        if not header:
            raise InputError.of("is empty", file=file)
        width = len(header)
        named = next((place for place in range(width, 0, -1) if header[place - 1]), width)

        def fitting(row: list[str]) -> list[str]:
            """The row in the width of the header: blank cells beyond it are none, nor are those without a name."""
            if len(row) == width or len(row) < named or any(map(str.strip, row[width:])):
                return row
            return row[:width] + [""] * (width - len(row))

        fitted = ((line, fitting(row)) for line, row in records)
        return header, *gathered(fitted, width, file)


def _records(text, file: str, encoding: str, delimiter: str, skip: int) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line on which it begins."""
    reader = csv.reader(islice(_lines(text, file), skip, None), delimiter=delimiter, strict=True)
    first = skip + 1
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield first, row
            first = skip + reader.line_num + 1
    except csv.Error as error:
        reason = str(error)
        remedy = "is a quotation mark in its place, and are the cells separated by commas, not by blanks?"
        if "limit" in reason:
            reason = "a cell has more than 131,072 characters"
            remedy = "is a quotation mark not closed, or is this no table?"
        raise InputError.of(f"is not a table in CSV: {reason}", file=file, line=first, remedy=remedy) from None
    except UnicodeError:
        raise _undecodable(file, encoding) from None


def _lines(text: TextIO, file: str) -> Iterator[str]:
    """The lines of a text; InputError where one is longer than any row of a table."""
    for number in count(1):
        line = text.readline(LONGEST + 1)
        if len(line) > LONGEST:
            what, remedy = f"the line has more than {LONGEST:,} characters", "is it a table with one row a case?"
            raise InputError.of(what, file=file, line=number, remedy=remedy)
        if not line:
            return
        yield line


def _undecodable(file: str, encoding: str) -> InputError:
    what = f"is damaged: not every byte of it is {encoding.partition('-sig')[0].upper()}"
    return InputError.of(what, file=file, remedy="save it again, as CSV in UTF-8")


def read_large(path: Path, encoding: str, delimiter: str):
    """Header, columns, lines and no rows of another width, of text whose every row is one line of as many cells.

    None where a row runs over several lines or has another width, a line is blank, a line does not end as the others
    do, or a quotation mark stands within a cell: Arrow lets pass what is refused row by row, and a file is read in the
    same way whatever its size.
    """
    if encoding.startswith("utf-16") or (ends := _line_ends(path)) is None or _odd_quotes(path, delimiter):
        return None
    from pyarrow import ArrowInvalid, default_memory_pool, dictionary, int32, string
    from pyarrow import csv as arrow

    with path.open(encoding=encoding, newline="") as text:
        line = text.readline(BLOCK)
    try:
        [header] = csv.reader([line], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return None
    if not line.endswith("\n") or not any(map(str.strip, header)) or len(header) > MOST_COLUMNS:
        return None
    names = [str(place) for place in range(len(header))]  # headings may be repeated
    known = codecs.lookup(encoding.removesuffix("-sig")).name
    how = arrow.ReadOptions(column_names=names, skip_rows=1, block_size=BLOCK, encoding=known)
    kinds = dict.fromkeys(names, dictionary(int32(), string()))
    as_text = arrow.ConvertOptions(column_types=kinds, strings_can_be_null=False)
    try:
        read = arrow.read_csv(path, how, arrow.ParseOptions(delimiter=delimiter), as_text)
    except ArrowInvalid:
        return None
    if read.num_rows + 1 != ends:
        return None
    parts = read.columns
    del read
    columns = [_column(parts, place) for place in range(len(header))]
    default_memory_pool().release_unused()
    blank = np.logical_and.reduce([column == "" for column in columns])
    lines = pd.RangeIndex(2, len(blank) + 2, name="line")
    if blank.any():
        columns, lines = [column[~blank] for column in columns], lines[~blank]
    return list(map(plain, header)), columns, lines, []


def _odd_quotes(path: Path, delimiter: str) -> bool:
    """Whether a quotation mark may stand where it neither opens nor closes a cell, or stays open at the end."""
    beside = rb"\r\n" + re.escape(delimiter.encode())
    other = rb'[^"' + beside + rb"]"
    within = re.compile(other + rb'"(?:"")*' + other + rb"|(?:^|[" + beside + rb'])(?:"")+' + other)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(b'"') < 0:
            return False
        last = content[content.rfind(b"\n", 0, len(content) - 1) + 1 :]
        try:
            list(csv.reader([last.decode("latin-1")], delimiter=delimiter, strict=True))
        except csv.Error:
            return True
        return within.search(content) is not None


def _column(parts: list, place: int) -> pd.Categorical:
    """A column out of Arrow's parts, which are let go at once."""
    column = parts[place].unify_dictionaries()
    parts[place] = None
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
    return categorical(codes, column.chunk(0).dictionary.to_pylist())


def _line_ends(path: Path) -> int | None:
    """The number of lines, an unended last one included; None where some end with a carriage return alone."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        feeds = returns = pairs = 0
        while part := content.read(1 << 24):
            feeds += part.count(b"\n")
            if carried := part.count(b"\r"):
                returns += carried
                after = content.tell()
                pairs += part.count(b"\r\n") + (part.endswith(b"\r") and content[after : after + 1] == b"\n")
        return None if returns != pairs else feeds + (content[-1:] != b"\n")


def inert(cell: Any) -> Any:
    """A text as it is written into a CSV file, so that no spreadsheet runs it: an apostrophe goes before a formula.

    Numbers stay numbers, and what is no text stays. `restored` takes the apostrophe away again, for every text.
    Source: OWASP, CSV injection.

    >>> inert("=1+1"), inert("-0.5"), inert("- none"), inert("White British")
    ("'=1+1", '-0.5', "'- none", 'White British')
    """
    formula = isinstance(cell, str) and FORMULA.match(cell) and not is_number(cell)
    return "'" + cell if formula else cell


def restored(text: str) -> str:
    """The text that `inert` was given.

    >>> restored("'=1+1"), restored("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def is_number(text: str) -> bool:
    """Whether a spreadsheet takes a text for a number."""
    return NUMBER.fullmatch(text) is not None


def inert_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """A data frame whose texts are inert, those of headings and index included; numbers and blanks are as they were."""
    made = frame.rename(columns=inert)
    if not isinstance(frame.index, pd.RangeIndex):
        made = made.rename(index=inert)
    for place in range(made.shape[1]):
        column = made.iloc[:, place]
        numeric = pd.api.types.is_numeric_dtype(column.dtype)
        if not numeric and any(inert(cell) is not cell for cell in column.unique()):
            made.isetitem(place, pd.Series(list(map(inert, column)), made.index, dtype=object))
    return made
