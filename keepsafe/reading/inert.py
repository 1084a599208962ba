"""Text that a spreadsheet takes for text: cells that begin like a formula made inert, and read back as they were."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# Blanks before the sign are skipped by some programs; the last four are the wide forms that others accept.
FORMULA = re.compile(r"['\s]*[=+\-@＝＋－＠]")
NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]+)*|\.[0-9]+)([eE][+-]?[0-9]+)?%?")


def inert(text: str) -> str:
    """A text as it is written into a CSV file, so that no spreadsheet runs it: an apostrophe goes before a formula.

    Numbers stay numbers. `restored` takes the apostrophe away again, for every text.

    Source: OWASP, CSV injection.

    Examples
    --------
    >>> inert("=1+1"), inert("-0.5"), inert("- none"), inert("White British")
    ("'=1+1", '-0.5', "'- none", 'White British')
    """
    return "'" + text if FORMULA.match(text) and not is_number(text) else text


def restored(text: str) -> str:
    """The text that `inert` was given.

    Examples
    --------
    >>> restored("'=1+1"), restored("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def is_number(text: str) -> bool:
    """Whether a spreadsheet takes a text for a number."""
    return NUMBER.fullmatch(text) is not None


def inert_cells(frame: "pd.DataFrame") -> "pd.DataFrame":
    """A data frame whose texts are inert, those of headings and index included; numbers and blanks are as they were."""
    import pandas as pd
    from pandas.api import types

    made = frame.rename(columns=_inert_cell)
    if not isinstance(frame.index, pd.RangeIndex):
        made = made.rename(index=_inert_cell)
    for place in range(made.shape[1]):
        column = made.iloc[:, place]
        if types.is_numeric_dtype(column.dtype):
            continue
        changed = {cell: inert(cell) for cell in column.unique() if _inert_cell(cell) is not cell}
        if changed:
            cells = [changed.get(cell, cell) if isinstance(cell, str) else cell for cell in column]
            made.isetitem(place, pd.Series(cells, made.index, dtype=object))
    return made


def _inert_cell(cell: object) -> object:
    return inert(cell) if isinstance(cell, str) else cell
