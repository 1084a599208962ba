"""How the bytes of a text file are to be read: by its mark, by its form, else as Windows writes them."""

import codecs
from pathlib import Path

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
PLAIN = ("utf-8", "cp1252", "latin-1")  # tried in this order; the last reads anything
NAMES = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}


def encoding_of(path: Path) -> str | None:
    """The encoding of a text file; None where it is no text.

    Parameters
    ----------
    path : the file.

    Returns
    -------
    str or None
        utf-8-sig or utf-16 for a file that begins with a mark; else utf-8 where every byte fits it; utf-16-le or
        utf-16-be where every other byte is zero; cp1252 or latin-1 for any other file without zero bytes.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return encoding
    if b"\0" in start:
        halves = {"utf-16-le": start[1::2], "utf-16-be": start[::2]}
        return next((name for name, half in halves.items() if half.count(0) > 0.9 * len(half)), None)
    return next(encoding for encoding in PLAIN if _fits(path, encoding))


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
