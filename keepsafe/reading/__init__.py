"""A table read from any of the formats in which case files are kept, recognised by what is in the file."""

import re
from collections.abc import Callable, Collection
from importlib import import_module
from pathlib import Path

from keepsafe import paths
from keepsafe.problems import InputError
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
    (rb"\xd0\xcf\x11\xe0", "is a workbook with a password, or an old .xls", AGAIN + " without one"),
    (rb"ENCRYPTEDSAV|PARE", "is protected by a password", "save it without one"),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd", "is compressed", "unpack it first"),
    (rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|html|table|\?xml)", "is a web page, whatever its name", AGAIN),
]


def read(path: str | Path, names: Collection[str] = ()) -> Table:
    """Read a table: text with , ; tab or | between the cells, Excel, Parquet, SPSS or Stata.

    Parameters
    ----------
    path : the file; its kind is told from its content, not from its name.
    names : columns that it probably has, which help to find what separates its cells.

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
    return table


def _reader(start: bytes, file: str) -> Callable[[Path, str, Collection[str]], Table]:
    if not start.strip():
        raise InputError.of("is empty", file=file)
    for signature, message, remedy in OTHERS:
        if re.match(signature, start):
            raise InputError.of(message, file=file, remedy=remedy)
    kind = next((kind for signature, kind in READERS if re.match(signature, start)), "delimited")
    return import_module(f"{__name__}.{kind}").read
