"""How a column is read, and who is compared with whom: kinds, levels, codes, and groups that may overlap."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem, require_frame

WHOLE = 2**62  # combinations of codes that a whole number can tell apart


@dataclass(frozen=True)
class Coded:
    """One column, read.

    `kind` is binary (0 and 1 only), category, ordered or number; `levels` are as text and in order, none for a number.
    `codes` are each row's position in `levels`, -1 where missing (0 where a number is known); `values` each row's
    number, NaN where missing, and None unless binary or a number.
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
    """Read columns of a data frame, by name in the order asked for; NA, NaN, None and blank text are missing.

    Those in `numeric` are taken as numbers even where only 0 and 1 occur. InputError with all faults at once:
    unknown, repeated or duplicated columns; no value at all; infinite values; numbers kept as text; dates and other
    types that can be neither counted nor averaged.

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


@dataclass(frozen=True)
class Comparison:
    """Groups without overlap that are set against each other; the first is the reference.

    `name` and `label` are blank for a group that stands alone, such as the whole cohort; `labels` is what a reader sees
    of `groups`. `codes` are each row's position in `groups`, -1 where it belongs to none; `variable` is the column that
    makes them, None for the whole cohort.
    """

    name: str
    label: str
    groups: tuple[str, ...]
    labels: tuple[str, ...]
    codes: np.ndarray
    variable: str | None = None


def comparisons(cohort: pd.DataFrame, by: object, total: bool = True) -> tuple[Comparison, ...]:
    """The comparisons that `by` asks for, each a set of groups without overlap; the whole cohort first, if `total`.

    `by` is a column name; a study (all its groups and contrasts); or a sequence of column names, contrasts and
    groups. Groups of one variable form a contrast, in the order given. A contrast given without its groups takes
    them from the levels of its variable. InputError for unknown columns or levels, groups that nobody is in, a
    single group, a number as grouping.
    """
    groups, wanted = _wanted(by)
    names = [item if isinstance(item, str) else item.variable for item in wanted]
    names += [group.variable for group in groups.values()]
    columns = read_columns(cohort, dict.fromkeys(name for name in names if name is not None))
    found: list[Comparison | Problem] = []
    if total or any(group.variable is None for group in groups.values()):
        whole = next((group for group in groups.values() if group.variable is None), None)
        name, label = (whole.name, whole.label) if whole else ("total", "Total")
        found.append(Comparison("", "", (name,), (label,), np.zeros(len(cohort), np.int64)))
    found += [
        _from_column(columns[item]) if isinstance(item, str) else _from_contrast(item, groups, columns)
        for item in wanted
    ]
    used = {name for item in wanted if not isinstance(item, str) for name in item.groups}
    found += _from_groups([group for name, group in groups.items() if name not in used and group.variable], columns)
    if problems := [item for item in found if isinstance(item, Problem)]:
        raise InputError(problems)
    return tuple(item for item in found if isinstance(item, Comparison))


def _wanted(by: Any) -> tuple[dict, list]:
    """The declared groups by name, and the contrasts and columns asked for."""
    if isinstance(by, str):
        return {}, [by]
    if hasattr(by, "contrasts"):
        return dict(by.groups), list(by.contrasts.values())
    items = [by] if hasattr(by, "variable") else list(by.values() if isinstance(by, dict) else by)
    groups = {item.name: item for item in items if hasattr(item, "value")}
    wanted = [item for item in items if isinstance(item, str) or not hasattr(item, "value")]
    return groups, wanted


def _from_column(column: Coded) -> Comparison | Problem:
    if column.kind == "number":
        return Problem(
            "a number cannot make groups", column=column.name, remedy="cut it into groups first (pandas.cut)"
        )
    used = np.unique(column.codes[column.codes >= 0])
    if len(used) < 2:
        return Problem(
            f"everybody known is '{column.levels[used[0]]}'",
            column=column.name,
            remedy="groups need at least two levels; take another column",
        )
    levels = tuple(column.levels[i] for i in used)
    labels = tuple(f"{column.name} {level}" if column.kind == "binary" else level for level in levels)
    place = np.full(len(column.levels) + 1, -1)
    place[used] = np.arange(len(used))
    return Comparison(column.name, column.name, levels, labels, place[column.codes], column.name)


def _from_contrast(contrast: Any, groups: dict, columns: dict[str, Coded]) -> Comparison | Problem:
    if all(name in groups for name in contrast.groups):
        members = [(groups[name].name, groups[name].label, groups[name].value) for name in contrast.groups]
    else:
        members = [(name, name, name) for name in contrast.groups]
    return _assemble(contrast.name, contrast.label, columns[contrast.variable], members)


def _from_groups(groups: Iterable, columns: dict[str, Coded]) -> list[Comparison | Problem]:
    families: dict[str, list] = {}
    for group in groups:
        families.setdefault(group.variable, []).append((group.name, group.label, group.value))
    return [_assemble(name, name, columns[name], members) for name, members in families.items()]


def _assemble(name: str, label: str, column: Coded, members: list[tuple[str, str, Any]]) -> Comparison | Problem:
    place = np.full(len(column.levels) + 1, -1)
    for position, (group, _, value) in enumerate(members):
        text = level_text(value)
        if text not in column.levels or column.kind == "number":
            levels = ", ".join(column.levels) or "numbers"
            remedy = f"its levels are {levels}; pass the study, or groups with their values"
            return Problem(
                f"group {group} stands for '{text}', which is not a level", column=column.name, remedy=remedy
            )
        place[column.levels.index(text)] = position
    codes = place[column.codes]
    empty = [group for position, (group, _, _) in enumerate(members) if not (codes == position).any()]
    if empty:
        return Problem(f"nobody is in group {', '.join(empty)}", column=column.name, remedy="leave that group out")
    name = name if len(members) > 1 else ""
    groups, labels = tuple(group for group, *_ in members), tuple(label for _, label, _ in members)
    return Comparison(name, label if name else "", groups, labels, codes, column.name)


def combinations(rows: int, columns: Iterable[tuple[np.ndarray, int]]) -> tuple[np.ndarray, np.ndarray]:
    """The first of the rows with each combination of codes, in their order, and of each row its combination.

    A column is its codes (0, 1, ...) and how many there are. Rows are often many and combinations few, so that what is
    the same for all of one need be computed once.
    """
    key, most = np.zeros(rows, np.int64), 1
    for codes, levels in columns:
        if most * int(levels) > WHOLE:
            key = np.unique(key, return_inverse=True)[1]
            most = rows
        key, most = key * levels + codes, most * int(levels)
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    return first, row
