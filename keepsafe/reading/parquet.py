"""Parquet, as pandas, R and databases write it."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.reading.table import Meaning, Table, as_text, categorical, check_size, headings

OWN = "__index_level_"  # pandas' row numbers are no column of the user's


def read(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read a Parquet file.

    Parameters
    ----------
    path, file : where it is, and its name for messages.
    names : not used.

    Returns
    -------
    Table
        its lines are numbers of rows, from 1. A dictionary column that says that it is ordered keeps its levels.

    Raises
    ------
    InputError
        for a file that is damaged or larger than what is read, and for columns whose cells are lists or records.
    """
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
    del read
    columns = []
    while parts:
        columns.append(categorical(*_entries(parts.pop(0))))
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
    return column.indices.fill_null(len(entries)).to_numpy(), [*entries, None]


def _one(entry) -> object:
    try:
        return entry.as_py()
    except (ValueError, OverflowError):
        return entry.value
