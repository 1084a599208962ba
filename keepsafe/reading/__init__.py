"""A table read from any of the formats in which case files are kept, recognised by what is in the file."""

import re
from collections.abc import Callable, Collection
from importlib import import_module
from pathlib import Path

from keepsafe import paths
from keepsafe.problems import InputError
from keepsafe.reading.shape import looked_at
from keepsafe.reading.table import Table

__all__ = ["Table", "read"]

AGAIN = "open it in a spreadsheet and save it as .xlsx or CSV"
# how a file of each kind begins, and the module that reads it
READERS = [
    (rb"PK\x03\x04", "excel"),
    (rb"PAR1", "parquet"),
    (rb"\$FL[23]", "statistical"),
    (rb"<stata_dta>|[\x69-\x73][\x01\x02]\x01\x00", "statistical"),
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


def read(path: str | Path, names: Collection[str] = (), cases: bool = True) -> Table:
    """Read a table: text with , ; tab or | between the cells, Excel, Parquet, SPSS or Stata.

    Parameters
    ----------
    path : the file; its kind is told from its content, not from its name.
    names : columns that it probably has, which help to find what separates its cells.
    cases : whether it should hold a row a case; a title, notes and totals are then refused, with what to do.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        for a file that is missing, empty, damaged, protected or of another kind, and for one without rows.

    Examples
    --------
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
        table = _reader(start, file)(path, file, names)
    except OSError as error:
        raise InputError.of(f"cannot be read: {error.strerror}", file=file, remedy="check the path") from None
    if not len(table.lines) and not table.ragged:
        raise InputError.of("has a header and no rows", file=file, line=1)
    return looked_at(table, names) if cases and table.width else table


def _reader(start: bytes, file: str) -> Callable[[Path, str, Collection[str]], Table]:
    if not start.strip():
        raise InputError.of("is empty", file=file)
    for signature, message, remedy in OTHERS:
        if re.match(signature, start):
            raise InputError.of(message, file=file, remedy=remedy)
    kind = next((kind for signature, kind in READERS if re.match(signature, start)), "delimited")
    return import_module(f"{__name__}.{kind}").read
