"""How a column is read: what kind of variable it is, its levels in order, and each row's code."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Number

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem, require_frame


@dataclass(frozen=True)
class Coded:
    """One column, read.

    Parameters
    ----------
    name : the column.
    kind : binary (0 and 1 only), category, ordered or number.
    levels : the levels as text, in order; empty for a number.
    codes : each row's position in `levels`, -1 where missing; for a number 0 where known.
    values : each row's number, NaN where missing; None unless binary or a number.
    """

    name: str
    kind: str
    levels: tuple[str, ...]
    codes: np.ndarray
    values: np.ndarray | None = None


def level_text(value: object) -> str:
    """A level as text: 1, 1.0, True and "1" are one level."""
    if isinstance(value, bool | np.bool_):
        value = int(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value)


def read_columns(frame: pd.DataFrame, names: Iterable[str], numeric: Container[str] = ()) -> dict[str, Coded]:
    """Read columns of a data frame, all faults found at once.

    Parameters
    ----------
    frame : any data frame; NA, NaN, None and blank text are missing.
    names : columns to read.
    numeric : columns to take as numbers even where only 0 and 1 occur.

    Returns
    -------
    The columns read, by name, in the order asked for.

    Raises
    ------
    InputError : unknown, repeated or duplicated columns; no value at all; infinite values; numbers kept as
        text; dates and other types that can be neither counted nor averaged.

    Examples
    --------
    >>> cohort = pd.DataFrame({"sex": ["female", "male", None], "moves": [3, 0, 12]})
    >>> {name: coded.kind for name, coded in read_columns(cohort, ["sex", "moves"]).items()}
    {'sex': 'category', 'moves': 'number'}
    """
    require_frame(frame=frame)
    columns: dict[str, Coded] = {}
    problems: list[Problem] = []
    known, seen = frame.columns, set()
    for name in names:
        if name in seen:
            problems.append(Problem("named twice", column=str(name), remedy="name it once"))
            continue
        seen.add(name)
        if name not in known:
            close = get_close_matches(str(name), map(str, known), 1)
            remedy = f"did you mean {close[0]}?" if close else f"the columns begin {', '.join(map(str, known[:5]))}"
            problems.append(Problem("no such column", column=str(name), remedy=remedy))
        elif isinstance(frame[name], pd.DataFrame):
            problems.append(Problem("the data frame has two columns of this name", column=name, remedy="rename one"))
        else:
            read = _read(frame[name], name, name in numeric)
            if isinstance(read, Problem):
                problems.append(read)
            else:
                columns[name] = read
    if problems:
        raise InputError(problems)
    return columns


def _read(series: pd.Series, name: str, as_number: bool) -> Coded | Problem:
    if series.isna().all():
        return Problem("no value is known", column=name, remedy="leave it out, or look at how it was read")
    if isinstance(series.dtype, pd.CategoricalDtype):
        levels = tuple(level_text(level) for level in series.cat.categories)
        kind = "ordered" if series.cat.ordered else "category"
        return Coded(name, kind, levels, series.cat.codes.to_numpy(np.intp))
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        if pd.api.types.is_complex_dtype(series):
            return Problem("complex numbers cannot be compared", column=name, remedy="choose one part of them")
        return _number(series.to_numpy(float, na_value=np.nan), name, as_number)
    if not (pd.api.types.is_string_dtype(series) or series.dtype == object):
        return Problem(f"values of type {series.dtype} cannot be compared", column=name, remedy="turn it into groups")
    return _text(series, name)


def _number(values: np.ndarray, name: str, as_number: bool) -> Coded | Problem:
    missing = np.isnan(values)
    known = values[~missing] if missing.any() else values
    low, high = known.min(), known.max()
    if np.isinf(low) or np.isinf(high):
        count = int(np.isinf(known).sum())
        return Problem(f"{count} infinite value(s)", column=name, remedy="correct them or make them missing")
    if not as_number and low >= 0 and high <= 1 and np.all((known == 0) | (known == 1)):
        return Coded(name, "binary", ("0", "1"), np.where(missing, -1, values).astype(np.intp), values)
    return Coded(name, "number", (), -missing.astype(np.intp), values)


def _text(series: pd.Series, name: str) -> Coded | Problem:
    codes, levels = pd.factorize(series)
    levels = list(levels)
    filled = [level for level in levels if level != ""]
    if not filled:
        return Problem("no value is known", column=name, remedy="leave it out, or look at how it was read")
    if all(isinstance(level, Number | np.bool_) for level in filled):
        return _number(pd.to_numeric(series, errors="coerce").to_numpy(float, na_value=np.nan), name, False)
    if not all(isinstance(level, str) for level in filled):
        kinds = ", ".join(sorted({type(level).__name__ for level in filled}))
        return Problem(f"values of several types ({kinds})", column=name, remedy="make them all text or all numbers")
    if pd.to_numeric(pd.Series(filled), errors="coerce").notna().all():
        remedy = "pandas.to_numeric makes them numbers, astype('category') levels"
        return Problem("numbers kept as text", column=name, remedy=remedy)
    ordered = sorted(filled)
    position = np.array([ordered.index(level) if level in ordered else -1 for level in levels] + [-1])
    return Coded(name, "category", tuple(ordered), position[codes])
