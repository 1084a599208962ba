"""Files whose cells have types: Excel workbooks, of which the first sheet is read, SPSS, Stata and Parquet.

SPSS and Stata are read by ReadStat in a process of its own: a damaged file can bring down the one that reads it. Dates
are made from the numbers that stand for them here, since the library gives up on a whole file for one date that is
beyond its calendar, and knows neither quarters nor durations of more than a day.
Longer than 300 lines: one library reads each of them, and what it hides or cannot say of a file is told here.
"""

import os
import pickle
import re
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import keepsafe
from keepsafe.problems import InputError, Problem, listed, shortened
from keepsafe.reading.delimited import NAMES
from keepsafe.reading.table import (
    DECLARED,
    Meaning,
    Table,
    as_text,
    categorical,
    check_size,
    duration,
    gathered,
    headings,
    plain,
    trimmed,
)

SHOWN = 10  # sheets
SHEET_CELLS = 50_000_000  # of a sheet, blank ones included
LONGEST = 20_000  # bytes of a cell with a formula
LARGEST = 300_000_000  # bytes of a part of a workbook when it is unpacked
WORKBOOK = re.compile(rb"(sheet|template)\.(macroEnabled\.)?main\+xml")
OTHERS = {"xl/workbook.bin": "a binary workbook (.xlsb)", "word/document.xml": "a Word document",
          "ppt/presentation.xml": "a presentation", "content.xml": "an OpenDocument file (.ods)",
          "Index/Document.iwa": "a Numbers document", "data.bin": "a jamovi or JASP file"}  # fmt: skip
MERGED = re.compile(rb'<mergeCell ref="([A-Z]+([0-9]+):[A-Z]+([0-9]+))"')
HIDDEN = re.compile(rb'<row (?=[^>]*hidden="(?:1|true)")[^>]*[^/]>')
# a cell with a formula and no result
UNCOMPUTED = re.compile(rb"<c ([^>]*)><f(?: [^>]*)?(?:/>|>[^<]*</f>)(?:<v */>|<v></v>)?</c>")
CHILD = "import sys; sys.path.insert(0, sys.argv.pop()); from keepsafe.reading.typed import answer; answer()"
SECONDS = 60  # and one more for each megabyte
AT_ONCE = 5_000_000  # cells
OWN = "__index_level_"  # pandas' row numbers are no column of the user's


def read_workbook(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read the first sheet of a workbook; its first row that is not blank is the header, lines are the sheet's rows.

    Of a formula the result that Excel stored is read; one whose result was never stored is refused.
    """
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive, file)
            with warnings.catch_warnings(action="ignore"), path.open("rb") as opened:
                workbook = load_workbook(opened, read_only=True, data_only=True, keep_links=False)
                return _first_sheet(workbook, archive, file)
    except (InputError, MemoryError):
        raise
    except Exception:  # a damaged workbook fails anywhere in openpyxl, in many ways
        what, remedy = "is a workbook that is damaged or cut short", "open it in Excel, save it again, or send it again"
        raise InputError.of(what, file=file, remedy=remedy) from None


def _check_parts(archive: zipfile.ZipFile, file: str) -> None:
    """InputError for an archive that is no workbook, and for one that is too large when it is unpacked."""
    parts = {part.filename: part.file_size for part in archive.infolist()}
    kinds = archive.read("[Content_Types].xml") if parts.get("[Content_Types].xml", LARGEST) < LARGEST else b""
    if not WORKBOOK.search(kinds):
        what = next((said for part, said in OTHERS.items() if part in parts), "an archive")
        remedy = "save it as .xlsx or CSV" if what != "an archive" else "unpack it, or save it as .xlsx or CSV"
        raise InputError.of(f"is {what}, but no Excel workbook", file=file, remedy=remedy)
    large = max(parts.values())
    if large > LARGEST:
        limit = f"more than the {LARGEST / 1e6:,.0f} MB that are read"
        raise InputError.of(f"holds a part of {large / 1e6:,.0f} MB, {limit}", file=file, remedy="save it as CSV")


def _first_sheet(workbook, archive: zipfile.ZipFile, file: str) -> Table:
    sheets = workbook.worksheets
    shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    if not shown:
        raise InputError.of("has no sheet of cells", file=file)
    told = listed([shortened(sheet.title) for sheet in sheets], SHOWN)
    remedy = f"the sheets are {told}: put the one to be read first" if len(sheets) > 1 else None
    name, rows = shortened(shown[0].title), _rows(shown[0])
    top, header = next(rows, (1, ()))
    if not header:
        raise InputError.of(f"its first sheet, {name}, is empty", file=file, remedy=remedy)
    if len(header) == 1 and len(sheets) > 1 and _width(shown[0]) == 1 < max(map(_width, sheets)):
        raise InputError.of(f"its first sheet, {name}, looks like notes, not like cases", file=file, remedy=remedy)
    merged, uncomputed, hidden = _faults(archive, shown[0], top)
    if merged:
        what = f"has merged cells over several rows in the sheet {name}, such as {merged}"
        raise InputError.of(what, file=file, remedy="unmerge them, and write the entry into each row")
    if uncomputed:
        what = f"has {uncomputed:,} formula{'s' if uncomputed > 1 else ''} without a result in the sheet {name}"
        raise InputError.of(what, file=file, remedy="open it in Excel or LibreOffice, and save it there")
    header = headings(["" if name is None else str(name) for name in header], file)
    width = len(header)
    filled = ((line, row + (None,) * (width - len(row))) for line, row in rows)
    columns, lines, ragged = gathered(filled, width, file, SHEET_CELLS)
    names, columns = trimmed(header, columns)
    notes = []
    if shown[0] is not sheets[0]:
        notes.append(f"only the sheet {name} was read, the first of {len(sheets)} that is not hidden ({told})")
    elif len(sheets) > 1:
        notes.append(f"only the first of its {len(sheets)} sheets was read ({told})")
    if shares := _shares(shown[0], top, header):
        notes.append(f"cells formatted as per cent are read as shares, 25% as 0.25: {listed(shares, SHOWN)}")
    if hidden:
        notes.append(f"rows that are hidden in the sheet {name}, by a filter or by hand, were read as well: {hidden:,}")
    return Table(file, names, columns, lines, width, ragged, notes=tuple(notes))


def _rows(sheet) -> Iterator[tuple[int, tuple]]:
    """Rows that are not blank, without the blanks at their end, each with its number."""
    sheet.reset_dimensions()  # what a workbook says of its size may be wrong, and by much
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        end = len(row)
        while end and (row[end - 1] is None or str(row[end - 1]).strip() == ""):
            end -= 1
        if end:
            yield line, row[:end]


def _shares(sheet, top: int, header: Sequence[str]) -> list[str]:
    """Headings of columns of which one of the first numbers is formatted as per cent."""
    cells = (cell for row in sheet.iter_rows(min_row=top + 1, max_row=top + 20) for cell in row[: len(header)])
    numbers = (cell for cell in cells if isinstance(cell.value, int | float))
    return list(dict.fromkeys(header[cell.column - 1] for cell in numbers if "%" in cell.number_format))


def _width(sheet) -> int:
    """The most cells that one of a sheet's first rows has."""
    return max((len(row) for _, row in islice(_rows(sheet), 20)), default=0)


def _faults(archive: zipfile.ZipFile, sheet, header: int) -> tuple[str | None, int, int]:
    """What openpyxl does not tell: the first merged cell of several rows below the header, how many formulas are
    without result, and how many rows are hidden.

    What a merged cell holds stands in the first of its rows alone; programs that cannot compute leave no result.
    """
    merged, count, hidden, rest = None, 0, 0, b""
    with archive.open(sheet._worksheet_path) as part:
        while some := part.read(1 << 20):
            text = rest + some
            places = (place for place, first, last in MERGED.findall(text) if header < int(first) < int(last))
            merged = merged or next(places, None)
            end = max(text.rfind(b"</c>") + 4, len(text) - LONGEST)
            count += sum(b't="str"' not in cell for cell in UNCOMPUTED.findall(text[:end]))
            hidden += len(HIDDEN.findall(text[:end]))
            rest = text[end:]
    return merged and merged.decode(), count, hidden


def read_statistical(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read SPSS .sav and .zsav, and Stata .dta; the lines are numbers of cases, from 1, as the data editors show them.

    Entries are codes, not labels; `meanings` has the labels. A code declared missing stays as it is (Stata's .a to .z
    with their point); what the program itself calls missing is blank.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, path, file, Path(keepsafe.__file__).parents[1]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS + path.stat().st_size / 1e6,
        )
        answered = pickle.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired:
        answered = None
    if isinstance(answered, Table):
        return answered
    raise answered or _damaged(path, file, "it brings its reader to a halt")


def answer() -> None:
    """What the process of its own does: it writes the table, or what is wrong with the file, to standard output."""
    out = os.dup(1)
    os.dup2(2, 1)  # what the library says is no part of the answer
    path, file = sys.argv[1:]
    try:
        said = table(Path(path), file)
    except InputError as error:
        said = error
    with open(out, "wb") as pipe:
        pickle.dump(said, pipe, protocol=pickle.HIGHEST_PROTOCOL)


def table(path: Path, file: str) -> Table:
    """The table of an SPSS or Stata file, or InputError; a file that is damaged may also end the process."""
    for encoding in (None, "cp1252"):
        try:
            return _table(path, file, encoding)
        except InputError:
            raise
        except Exception as error:  # ReadStat's own errors, and what letters of another encoding raise in Python
            reason = str(error)
    raise _damaged(path, file, reason[:1].lower() + reason[1:])


def _damaged(path: Path, file: str, reason: str) -> InputError:
    kind = "an SPSS" if _is_spss(path) else "a Stata"
    what = f"is {kind} file that cannot be read: {reason}"
    return InputError.of(what, file=file, remedy="is it cut short? write it again")


def _is_spss(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(3) == b"$FL"


def _table(path: Path, file: str, encoding: str | None) -> Table:
    import pyreadstat

    spss = _is_spss(path)
    reader, time = (pyreadstat.read_sav, spss_time) if spss else (pyreadstat.read_dta, stata_time)
    options = {"encoding": encoding, "user_missing": True, "output_format": "dict", "disable_datetime_conversion": True}
    said = reader(path, metadataonly=True, **options)[1]
    heads = headings(said.column_names, file)
    check_size(said.number_rows or 0, len(heads), file)
    columns = {}
    for name in said.column_names:
        form = time(said.original_variable_types[name] or "")
        labels, ranges = said.variable_value_labels.get(name) or {}, said.missing_ranges.get(name) or ()
        columns[name] = _Column(said.readstat_variable_types[name], form, labels, ranges)
    size, rows, last = max(1, AT_ONCE // max(1, len(heads))), 0, None
    while columns and last in (None, size):
        data, part = reader(path, row_limit=size, row_offset=rows, **options)
        last = len(next(iter(data.values()), ()))
        check_size(rows + last, len(heads), file)
        for name, column in columns.items():
            column.add(data.pop(name), part.missing_user_values.get(name), rows + 1)
        rows += last
    meanings = {head: _meaning(said, name, column) for head, (name, column) in zip(heads, columns.items(), strict=True)}
    notes = [f"it was read as {NAMES[encoding]}: look at accented letters"] if encoding else []
    for head, column in zip(heads, columns.values(), strict=True):
        if beyond := sorted(column.beyond):
            cases = f"case{'s' if len(beyond) > 1 else ''} {listed(beyond, 5)}"
            notes.append(f"{head} has dates beyond the calendar, which stay numbers: {cases}")
    cells = tuple(categorical(np.concatenate(column.parts), column.places) for column in columns.values())
    lines = pd.RangeIndex(1, rows + 1, name="line")
    return Table(file, heads, cells, lines, meanings=meanings, notes=tuple(notes))


class _Column:
    """A column gathered part by part: its different entries, and the place of each cell's among them."""

    def __init__(self, kind: str, time: Callable[[float], str | None] | None, labels: dict, ranges: Sequence[dict]):
        self.kind = {"string": object, "float": np.float32}.get(kind, float)
        self.time, self.labels, self.ranges = time if kind != "string" else None, labels, ranges
        self.places: dict[str, int] = {}
        self.parts = [np.empty(0, np.uint8)]
        self.letters: set[str] = set()
        self.beyond: list[int] = []

    def add(self, cells: list, letters: list[str] | None, first: int) -> None:
        """Some more cells; of Stata's codes of missing, which come as letters, the point is put back."""
        try:
            array = np.array(cells, dtype=self.kind)
        except (TypeError, ValueError):  # letters among numbers
            array = np.array(cells, dtype=object)
        codes, entries = pd.factorize(array, use_na_sentinel=False)
        self.letters |= set(letters or ())
        texts = [self._text(entry) for entry in entries]
        if None in texts:
            beyond = [place for place, text in enumerate(texts) if text is None]
            self.beyond += (np.flatnonzero(np.isin(codes, beyond)) + first).tolist()
            texts = [as_text(entry) if text is None else text for text, entry in zip(texts, entries, strict=True)]
        places = [self.places.setdefault(text, len(self.places)) for text in texts]
        self.parts.append(np.array(places, np.min_scalar_type(len(self.places)))[codes])

    def _text(self, entry: Any) -> str | None:
        """An entry as text; None for a date that is none of the calendar. A code, labelled or declared, is no date."""
        if isinstance(entry, str):
            return f".{entry}" if entry in self.letters else as_text(entry)
        coded = self.time and (entry in self.labels or any(_between(entry, limits) for limits in self.ranges))
        if self.time is None or entry is None or entry != entry or coded:
            return as_text(np.float32(entry) if self.kind is np.float32 and entry is not None else entry)
        return self.time(float(entry))


def spss_time(kind: str) -> Callable[[float], str | None] | None:
    """How values of an SPSS format (DATE11, TIME8, MOYR8) become text; None for a format of another kind.

    The text is None for a value that is no date of the calendar.
    """
    name = re.sub("[0-9.]+$", "", kind.upper())
    if name in ("TIME", "DTIME", "MTIME"):
        return duration
    form = {"MOYR": "{0.year:04}-{0.month:02}", "QYR": "{0.year:04}-Q{1}", "WKYR": "{0.year:04}w{2}"}.get(name, "")
    if form or name in ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "DATETIME", "YMDHMS"):
        return lambda seconds: _moment(date(1582, 10, 14), seconds, form) if seconds >= 86_400 else None
    return None


def stata_time(kind: str) -> Callable[[float], str | None] | None:
    """How values of a Stata format of dates and times become text: %td, %tc, %tC, %tm, %tq, %th, %tw, %ty, old %d."""
    found = re.match(r"%-?(t[cCdmqhwy]|d)", kind)
    if not found:
        return None
    return {
        "tc": lambda value: _moment(date(1960, 1, 1), value / 1000),
        "tC": lambda value: _moment(date(1960, 1, 1), value / 1000),
        "tm": lambda value: _since_1960(value, 12, "{}-{:02}"),
        "tq": lambda value: _since_1960(value, 4, "{}-Q{}"),
        "th": lambda value: _since_1960(value, 2, "{}-H{}"),
        "tw": lambda value: _since_1960(value, 52, "{}w{}"),
        "ty": lambda value: f"{value:.0f}",
    }.get(found[1], lambda value: _moment(date(1960, 1, 1), value * 86_400))


def _moment(origin: date, seconds: float, form: str = "") -> str | None:
    """A day, with its time of day; or in a form of the day itself, its quarter and its week of SPSS."""
    days, rest = divmod(round(seconds, 3), 86_400)
    try:
        day = origin + timedelta(days)
    except OverflowError:
        return None
    if form:
        return form.format(day, (day.month + 2) // 3, (day.timetuple().tm_yday - 1) // 7 + 1)
    return day.isoformat() + (f" {duration(rest).rjust(8, '0')}" if rest else "")


def _since_1960(value: float, parts: int, form: str) -> str | None:
    year, part = divmod(int(value), parts)
    return form.format(1960 + year, part + 1) if 0 < 1960 + year < 10_000 else None


def _meaning(said, name: str, column: _Column) -> Meaning:
    levels, missing = {}, [f".{letter}" for letter in sorted(column.letters)]
    for code, label in column.labels.items():
        lettered = column.kind is not object and re.fullmatch("[a-z]", str(code))
        levels[f".{code}" if lettered else as_text(code)] = plain(str(label))
    missing += [code for code in levels if re.fullmatch(r"\.[a-z]", code) and column.kind is not object]
    for limits in column.ranges:
        if limits["lo"] == limits["hi"]:
            missing.append(as_text(limits["lo"]))
        else:
            missing += [code for code in (*column.places, *levels) if _between(code, limits)]
    return Meaning(
        label=plain(said.column_names_to_labels.get(name) or ""),
        levels={code: label for code, label in levels.items() if code not in missing},
        missing={code: levels.get(code) or DECLARED for code in dict.fromkeys(missing)},
        ordered=said.variable_measure.get(name) == "ordinal",
    )


def _between(code: Any, limits: dict) -> bool:
    try:
        return limits["lo"] <= float(code) <= limits["hi"]
    except (TypeError, ValueError):
        return False


def read_parquet(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read a Parquet file; its lines are numbers of rows, from 1. A dictionary that is ordered keeps its levels."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        opened = parquet.ParquetFile(path)
        check_size(opened.metadata.num_rows, opened.metadata.num_columns, file)
        read = opened.read()
    except (pa.ArrowException, OSError):
        message = "is a Parquet file that is damaged or cut short"
        raise InputError.of(message, file=file, remedy="write it again") from None
    kept = [place for place, name in enumerate(read.column_names) if not name.startswith(OWN)]
    read = read.select(kept)
    nested = [field.name for field in read.schema if pa.types.is_nested(field.type)]
    if nested:
        message = "its cells are lists or records, not single entries"
        raise InputError(Problem(message, file, column=name, remedy="leave the column out") for name in nested)
    heads = headings(read.column_names, file)
    meanings = {}
    for name, kind in zip(heads, read.schema.types, strict=True):
        if pa.types.is_dictionary(kind) and kind.ordered:
            levels = [text for level in _entries(read.column(heads.index(name)))[1] if (text := as_text(level))]
            meanings[name] = Meaning(levels=dict(zip(levels, levels, strict=True)), ordered=True)
    rows, parts = read.num_rows, read.columns
    del read  # each column is let go when it has been made
    columns = [categorical(*_entries(parts.pop(0))) for _ in heads]
    return Table(file, heads, tuple(columns), pd.RangeIndex(1, rows + 1, name="line"), meanings=meanings)


def _entries(column) -> tuple:
    """The place of each cell's entry among the different ones, and these."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode(null_encoding="encode")
    column = column.unify_dictionaries().combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    kind = column.type.value_type
    try:
        entries = column.dictionary.to_pylist()
    except (ValueError, OverflowError):  # a date beyond the calendar of Python, which stays a number
        entries = [_one(entry) for entry in column.dictionary]
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        entries = [None if entry is None else np.float32(entry) for entry in entries]
    blank = [None] if column.indices.null_count else []
    return column.indices.fill_null(len(entries)).to_numpy(), [*entries, *blank]


def _one(entry) -> object:
    try:
        return entry.as_py()
    except (ValueError, OverflowError):
        return entry.value
