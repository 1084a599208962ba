"""Large delimited text read on all cores, where it is plain enough for that; in every other case row by row."""

import codecs
import csv
import mmap
import re
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe.reading.table import MOST_COLUMNS, categorical

BLOCK = 1 << 20  # bytes; a longer line is none that Arrow would take


def read_large(path: Path, encoding: str, delimiter: str):
    """Read text whose every row is one line and has the header's number of cells.

    Parameters
    ----------
    path : the file.
    encoding, delimiter : how it is written.

    Returns
    -------
    header, columns, lines and an empty list, or None where a row runs over several lines or has another width, a
    line is blank, a line does not end as the others do, or a quotation mark stands within a cell: Arrow lets pass what
    is refused row by row, and a file is read in the same way whatever its size.
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
    try:
        read = arrow.read_csv(
            path,
            read_options=arrow.ReadOptions(column_names=names, skip_rows=1, block_size=BLOCK,
                                           encoding=codecs.lookup(encoding.removesuffix("-sig")).name),
            parse_options=arrow.ParseOptions(delimiter=delimiter),
            convert_options=arrow.ConvertOptions(column_types=dict.fromkeys(names, dictionary(int32(), string())),
                                                 strings_can_be_null=False),
        )  # fmt: skip
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
    return [name.strip() for name in header], columns, lines, []


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
