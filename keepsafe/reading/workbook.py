"""The first sheet of an Excel workbook, its cells as they are stored."""

import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

import pandas as pd

from keepsafe.problems import InputError, shortened
from keepsafe.reading.table import Table, coded, headings, trimmed

SHOWN = 10  # sheets
MOST_CELLS = 50_000_000  # of a sheet, blank ones included
LONGEST = 20_000  # bytes of a cell with a formula
LARGEST = 300_000_000  # bytes of a part of a workbook when it is unpacked
WORKBOOK = re.compile(rb"(sheet|template)\.(macroEnabled\.)?main\+xml")
OTHERS = {"xl/workbook.bin": "a binary workbook (.xlsb)", "word/document.xml": "a Word document",
          "ppt/presentation.xml": "a presentation", "content.xml": "an OpenDocument file (.ods)",
          "Index/Document.iwa": "a Numbers document", "data.bin": "a jamovi or JASP file"}  # fmt: skip
MERGED = re.compile(rb'<mergeCell ref="([A-Z]+([0-9]+):[A-Z]+([0-9]+))"')
# a cell with a formula and no result
UNCOMPUTED = re.compile(rb"<c ([^>]*)><f(?: [^>]*)?(?:/>|>[^<]*</f>)(?:<v */>|<v></v>)?</c>")


def read(path: Path, file: str, names: Collection[str] = ()) -> Table:
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
    told = ", ".join(shortened(sheet.title) for sheet in sheets[:SHOWN])
    told += f" and {len(sheets) - SHOWN} more" if len(sheets) > SHOWN else ""
    remedy = f"the sheets are {told}: put the one to be read first" if len(sheets) > 1 else None
    name, rows = shortened(shown[0].title), _rows(shown[0])
    top, header = next(rows, (1, ()))
    if not header:
        raise InputError.of(f"its first sheet, {name}, is empty", file=file, remedy=remedy)
    if len(header) == 1 and len(sheets) > 1 and _width(shown[0]) == 1 < max(map(_width, sheets)):
        raise InputError.of(f"its first sheet, {name}, looks like notes, not like cases", file=file, remedy=remedy)
    if merged := _merged(archive, shown[0], top):
        what = f"has merged cells over several rows in the sheet {name}, such as {merged}"
        raise InputError.of(what, file=file, remedy="unmerge them, and write the entry into each row")
    if count := _uncomputed(archive, shown[0]):
        what = f"has {count:,} formula{'s' if count > 1 else ''} without a result in the sheet {name}"
        raise InputError.of(what, file=file, remedy="open it in Excel or LibreOffice, and save it there")
    header = headings(["" if name is None else str(name) for name in header], file)
    width, lines, ragged = len(header), [], []

    def fitting() -> Iterator[tuple]:
        for line, row in rows:
            if len(row) <= width:
                lines.append(line)
                yield row + (None,) * (width - len(row))
            else:
                ragged.append((line, len(row)))

    columns = coded(fitting(), width, file, MOST_CELLS)
    names, columns = trimmed(header, columns)
    notes = (f"only the first of its {len(sheets)} sheets was read ({told})",) if len(sheets) > 1 else ()
    return Table(file, names, columns, pd.Index(lines, name="line", dtype="int64"), width, tuple(ragged), notes=notes)


def _rows(sheet) -> Iterator[tuple[int, tuple]]:
    """Rows that are not blank, without the blanks at their end, each with its number."""
    sheet.reset_dimensions()  # what a workbook says of its size may be wrong, and by much
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        end = len(row)
        while end and (row[end - 1] is None or str(row[end - 1]).strip() == ""):
            end -= 1
        if end:
            yield line, row[:end]


def _width(sheet) -> int:
    """The most cells that one of a sheet's first rows has."""
    return max((len(row) for _, row in islice(_rows(sheet), 20)), default=0)


def _merged(archive: zipfile.ZipFile, sheet, header: int) -> str | None:
    """The first merged cell of several rows below the header: what it holds stands in the first of them alone."""
    with archive.open(sheet._worksheet_path) as part:
        rest = b""
        while some := part.read(1 << 20):
            for place, first, last in MERGED.findall(rest + some):
                if header < int(first) < int(last):
                    return place.decode()
            rest = some[-200:]
    return None


def _uncomputed(archive: zipfile.ZipFile, sheet) -> int:
    """How many formulas of a sheet have no result, as programs leave them that write workbooks and cannot compute."""
    count, rest = 0, b""
    with archive.open(sheet._worksheet_path) as part:
        while some := part.read(1 << 20):
            text = rest + some
            end = max(text.rfind(b"</c>") + 4, len(text) - LONGEST)
            count += sum(b't="str"' not in cell for cell in UNCOMPUTED.findall(text[:end]))
            rest = text[end:]
    return count
