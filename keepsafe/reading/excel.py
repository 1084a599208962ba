"""The first sheet of an Excel workbook, its cells as they are stored."""

import warnings
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from keepsafe.problems import InputError, shortened
from keepsafe.reading.table import Table, coded, headings, trimmed

SHOWN = 10  # sheets


def read(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read the first sheet of a workbook; its first row that is not blank is the header.

    Parameters
    ----------
    path, file : where it is, and its name for messages.
    names : not used.

    Returns
    -------
    Table
        its lines are the rows of the sheet. Of a formula it holds the result that Excel stored.

    Raises
    ------
    InputError
        for a workbook that is damaged, for another kind of archive, and for one whose first sheet is empty.
    """
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(path) as archive:
            parts = set(archive.namelist())
        if "xl/workbook.xml" not in parts:
            raise InputError.of("is an archive, but no Excel workbook", file=file, remedy="save it as .xlsx or CSV")
        with warnings.catch_warnings(action="ignore"), path.open("rb") as opened:
            workbook = load_workbook(opened, read_only=True, data_only=True, keep_links=False)
            return _first_sheet(workbook, file)
    except (InputError, MemoryError):
        raise
    except Exception:  # a damaged workbook fails anywhere in openpyxl, in many ways
        raise InputError.of("is a workbook that is damaged or cut short", file=file,
                            remedy="open it in Excel, save it again, or send it again") from None  # fmt: skip


def _first_sheet(workbook, file: str) -> Table:
    sheets = [shortened(sheet.title) for sheet in workbook.worksheets]
    told = ", ".join(sheets[:SHOWN]) + (f" and {len(sheets) - SHOWN} more" if len(sheets) > SHOWN else "")
    rows = _rows(workbook.worksheets[0]) if sheets else iter(())
    header = next(rows, (1, ()))[1]
    if not header:
        message = f"its first sheet, {sheets[0]}, is empty" if sheets else "has no sheet of cells"
        remedy = f"the sheets are {told}: put the one to be read first" if len(sheets) > 1 else None
        raise InputError.of(message, file=file, remedy=remedy)
    header = headings(["" if name is None else str(name) for name in header], file)
    width, lines, ragged = len(header), [], []

    def fitting() -> Iterator[tuple]:
        for line, row in rows:
            if len(row) <= width:
                lines.append(line)
                yield row + (None,) * (width - len(row))
            else:
                ragged.append((line, len(row)))

    columns = coded(fitting(), width, file)
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
