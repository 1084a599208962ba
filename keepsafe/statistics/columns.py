"""How a column is read, what is wrong with one, and who is compared with whom: groups that may overlap.

Longer than 300 lines: faults of columns that are compared stand beside those of columns that a model is fitted to.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Number, Real
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from keepsafe.problems import InputError, Problem, require_frame

WHOLE = 2**62  # combinations of codes that a whole number can tell apart
MISSING = ("complete", "level")
LAST_BITS = 2.0**-46  # a share of a number below which a difference is one of rounding
DATES = ("date", "datetime", "time", "timedelta", "period")  # kept as objects
CONVERT = "pandas.to_numeric makes them numbers, astype('category') levels"


def refuse(found: Iterable[Problem]) -> None:
    """Raise one InputError with every fault found."""
    if found := list(found):
        raise InputError(found)


def out_of_range(*asked: tuple[str, object, bool, str]) -> Iterator[Problem]:
    """Faults of arguments: of each its name, value, whether it is in range, and what is."""
    for name, value, fine, remedy in asked:
        if not fine:
            yield Problem(f"{value!r} is out of range", column=name, remedy=remedy)


def no_choice(*asked: tuple[str, object, Collection[str]]) -> Iterator[Problem]:
    """Faults of arguments with a choice: of each its name, value, and what can be chosen."""
    for name, value, choices in asked:
        if value not in choices:
            yield Problem(f"{value!r} is not a choice", column=name, remedy=f"choose one of {', '.join(choices)}")


def no_confidence(confidence: object) -> Iterator[Problem]:
    """The fault of a confidence that is no share."""
    return out_of_range(("confidence", confidence, is_share(confidence), "give a share such as 0.95"))


def no_seed(seed: object) -> Iterator[Problem]:
    """The fault of a seed from which nothing can be drawn."""
    return out_of_range(("seed", seed, is_whole(seed, 0), "a whole number from 0"))


def is_share(value: object) -> bool:
    """Whether a value lies between 0 and 1."""
    return isinstance(value, Real) and 0 < float(value) < 1


def is_whole(value: object, least: int) -> bool:
    """Whether a value is a whole number, and large enough."""
    return isinstance(value, int | np.integer) and value >= least


def of_names(frame: pd.DataFrame, names: Iterable) -> Iterator[Problem]:
    """Faults of the names of columns: named twice, not there, or borne by several."""
    known = list(map(str, frame.columns))
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem("is named more than once", column=str(name), remedy="name it once")
        if name not in frame.columns:
            near = get_close_matches(str(name), known, 1)
            remedy = f"did you mean {near[0]}?" if near else f"the columns begin {', '.join(known[:5])}"
            yield Problem("no such column", column=str(name), remedy=remedy)
        elif (frame.columns == name).sum() > 1:
            yield Problem("the data have several columns of this name", column=name, remedy="keep one of them")


def of_formula(data: pd.DataFrame, formula) -> Iterator[Problem]:
    """Faults of a formula: of its names, and columns that are outcome and predictor at once."""
    outcome, predictors, sources = formula.outcome, formula.predictors, formula.sources
    yield from no_choice(("missing", formula.missing, MISSING))
    for name in predictors:
        if name == "const":
            yield Problem("is what the constant is called", column=name, remedy="rename the column")
        elif ":" in name and name in data and not {*name.split(":")} <= {*data}:
            yield Problem("a colon stands for a product of two columns", column=name, remedy="rename the column")
    if not predictors:
        yield Problem("there are no predictors", column="predictors", remedy="name at least one column")
    yield from of_names(data, list(dict.fromkeys([outcome, *sources, *formula.reference])))
    if outcome in sources:
        yield Problem("is the outcome and a predictor", column=outcome, remedy="leave it out of the predictors")
    for name, times in Counter(predictors).items():
        if times > 1:
            yield Problem("is named more than once among the predictors", column=name, remedy="name it once")


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


def is_level(level: object, asked: object) -> bool:
    """Whether a level is the one asked for: 1, 1.0 and True are one, and each is its text."""
    return str(level) == str(asked) or level_text(level) == level_text(asked)


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
    names = list(names)
    faults = list(of_names(frame, names))
    there = [name for name in names if str(name) not in {fault.column for fault in faults}]
    read = {name: _read(frame[name], name in numeric) for name in there}
    refuse([*faults, *(each for each in read.values() if isinstance(each, Problem))])
    return {name: each for name, each in read.items() if isinstance(each, Coded)}


def unusable(column: pd.Series) -> Problem | None:
    """Why a column can be neither counted nor fitted: nothing is known, infinite values, or values of another kind."""
    name, dtype = str(column.name), column.dtype
    kind = types.infer_dtype(column, skipna=True) if dtype.kind == "O" else str(dtype)
    as_levels = types.is_string_dtype(column) or isinstance(dtype, pd.CategoricalDtype) or dtype.kind == "O"
    if column.isna().all():
        return Problem("no value is known", column=name, remedy="leave it out, or look at how it was read")
    # whole numbers are not looked through: nothing is copied where rows are many
    if types.is_float_dtype(dtype) and (endless := int(np.isinf(column.to_numpy(float, na_value=np.nan)).sum())):
        return Problem(f"has infinite values ({endless})", column=name, remedy="correct them, or make them missing")
    if types.is_complex_dtype(dtype) or not (types.is_numeric_dtype(dtype) or as_levels) or kind in DATES:
        remedy = "make numbers of them (of dates ages, say), or groups"
        return Problem(f"values of type {kind} cannot be compared", column=name, remedy=remedy)
    return None


def as_read(column: pd.Series) -> pd.Series:
    """A column as it is read: blank text is unknown, numbers or yes and no kept as objects are numbers, and those that
    differ in their last bits only, such as 0.1 + 0.2 and 0.3, are equal: no tie, spread or order may hang on these.
    """
    if isinstance(column.dtype, pd.ArrowDtype):  # whose NaN is not missing, and whose text is taken for numbers
        kinds = {"float64": types.is_float_dtype, "str": types.is_string_dtype}
        column = column.astype(next((kind for kind, is_one in kinds.items() if is_one(column.dtype)), column.dtype))
    if types.is_float_dtype(column.dtype):
        values = column.to_numpy(float, na_value=np.nan)
        made = _settled(values)
        return column if made is values else pd.Series(made, column.index, column.dtype, column.name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_categories([""]) if "" in column.cat.categories else column
    if types.is_numeric_dtype(column.dtype) or not (types.is_string_dtype(column) or column.dtype.kind == "O"):
        return column
    column = column.mask(column == "")
    if column.notna().any() and all(isinstance(value, Number | np.bool_) for value in column.dropna()):
        return column.astype(object).where(column.notna(), np.nan).astype(float)
    return column


def _read(series: pd.Series, as_number: bool) -> Coded | Problem:
    series = as_read(series)
    if fault := unusable(series):
        return fault
    name = str(series.name)
    if isinstance(series.dtype, pd.CategoricalDtype):
        levels = tuple(level_text(level) for level in series.cat.categories)
        kind = "ordered" if series.cat.ordered else "category"
        return Coded(name, kind, levels, series.cat.codes.to_numpy(np.intp))
    if not types.is_numeric_dtype(series):
        return _text(series, name)
    values = series.to_numpy(float, na_value=np.nan)
    missing = np.isnan(values)
    if not as_number and ((values == 0) | (values == 1) | missing).all():
        return Coded(name, "binary", ("0", "1"), np.where(missing, -1, values).astype(np.intp), values)
    return Coded(name, "number", (), -missing.astype(np.intp), values)


def _settled(values: np.ndarray) -> np.ndarray:
    """Numbers of which those that differ in their last bits only are the least of them; whole ones as they are."""
    known = values[~np.isnan(values)]
    if np.isinf(known).any() or (np.mod(known, 1) == 0).all():
        return values
    known, place = np.unique(values, return_inverse=True)
    size = np.abs(known[1:])  # near nought, where numbers cancel, rounding is that of the others
    first = np.r_[True, ~(np.diff(known) <= LAST_BITS * np.maximum(size, np.nanmedian(np.abs(values))))]
    return known[np.flatnonzero(first)][np.cumsum(first) - 1][place]


def _text(series: pd.Series, name: str) -> Coded | Problem:
    codes, levels = pd.factorize(series)
    if not all(isinstance(level, str) for level in levels):
        kinds = ", ".join(sorted({type(level).__name__ for level in levels}))
        return Problem(f"values of several types ({kinds})", column=name, remedy="make them all text or all numbers")
    if pd.to_numeric(pd.Series(levels), errors="coerce").notna().all():
        return Problem("numbers kept as text", column=name, remedy=CONVERT)
    ordered = sorted(levels)
    position = np.array([*(ordered.index(level) for level in levels), -1])
    return Coded(name, "category", tuple(ordered), position[codes])


def of_values(needed: pd.DataFrame, event: object) -> Iterator[Problem]:
    """Faults of the columns that a model is fitted to, the outcome first."""
    outcome = needed.columns[0]
    for name, column in needed.items():
        known, dtype = column.dropna(), column.dtype
        if fault := unusable(column):
            yield fault
        elif name != outcome and not (types.is_numeric_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype)):
            numbers = pd.to_numeric(known, errors="coerce").notna()
            if numbers.any():
                odd = ", ".join(repr(value) for value in known[~numbers].unique()[:3])
                yield Problem("holds numbers as text" + (f", except {odd}" if odd else ""), column=name, remedy=CONVERT)
        if name == outcome and len(known):
            levels = ", ".join(str(value) for value in known.unique()[:6])
            if known.nunique() != 2:
                fault = f"an outcome needs two values; this one has {known.nunique()} ({levels})"
                yield Problem(fault, column=name, remedy="make it 0 and 1, or choose another outcome")
            elif not equals(known, event).any():
                fault = f"the event {event!r} does not occur among its values ({levels})"
                yield Problem(fault, column=name, remedy="give one of them as event")


def of_cases(needed: pd.DataFrame, used: np.ndarray) -> Iterator[Problem]:
    """Faults of the cases that are left once unknown values are set aside."""
    outcome = needed.columns[0]
    if used.any() and needed.loc[used, outcome].nunique() > 1:
        return
    blank = needed.isna().sum()
    remedy = f"leave out {blank.idxmax()} ({blank.max()} unknown), or use missing='level'"
    if not used.any():
        yield Problem("no case is complete on the outcome and all predictors", column=outcome, remedy=remedy)
    else:
        yield Problem(f"has one value among the {used.sum()} complete cases", column=outcome, remedy=remedy)


def equals(column: pd.Series, value: Any) -> np.ndarray:
    """1.0 where a column has this value, 0.0 elsewhere; numbers compare as numbers, all else as text."""
    if types.is_numeric_dtype(column.dtype):
        try:
            return (column.to_numpy(float, na_value=np.nan) == float(value)).astype(float)
        except (TypeError, ValueError):
            return np.zeros(len(column))
    codes, levels = pd.factorize(column)
    return np.array([*(is_level(level, value) for level in levels), False], float)[codes]


_member = attrgetter("name", "label", "value")  # what is asked of a group


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
    if by is None:
        raise InputError.of("names no groups", column="by", remedy="name a column, contrasts or groups")
    groups, wanted = _wanted(by)
    names = [getattr(item, "variable", item) for item in wanted]
    names += [group.variable for group in groups.values()]
    columns = read_columns(cohort, dict.fromkeys(name for name in names if name is not None))
    found: list[Comparison | Problem] = []
    whole = [group for group in groups.values() if group.variable is None]
    if total or whole:
        name, label = (whole[0].name, whole[0].label) if whole else ("total", "Total")
        found.append(Comparison("", "", (name,), (label,), np.zeros(len(cohort), np.int64)))
    families: dict[str, list] = {}
    for item in wanted:
        if not hasattr(item, "variable"):
            found.append(_from_column(columns[item]))
        else:
            declared = all(name in groups for name in item.groups)
            members = [_member(groups[name]) if declared else (name, name, name) for name in item.groups]
            found.append(_assemble(item.name, item.label, columns[item.variable], members))
    used = {name for item in wanted if hasattr(item, "variable") for name in item.groups}
    for name, group in groups.items():
        if name not in used and group.variable:
            families.setdefault(group.variable, []).append(_member(group))
    found += [_assemble(name, name, columns[name], members) for name, members in families.items()]
    refuse(item for item in found if isinstance(item, Problem))
    return tuple(item for item in found if isinstance(item, Comparison))


def _wanted(by: Any) -> tuple[dict, list]:
    """The declared groups by name, and the contrasts and columns asked for."""
    if isinstance(by, str) or not (isinstance(by, Iterable) or hasattr(by, "variable") or hasattr(by, "contrasts")):
        return {}, [by]
    if hasattr(by, "contrasts"):
        return dict(by.groups), list(by.contrasts.values())
    items = [by] if hasattr(by, "variable") else list(by.values() if isinstance(by, dict) else by)
    groups = {item.name: item for item in items if hasattr(item, "value")}
    wanted = [item for item in items if not hasattr(item, "value")]
    return groups, wanted


def _from_column(column: Coded) -> Comparison | Problem:
    name = column.name
    if column.kind == "number":
        remedy = "cut it into groups first (pandas.cut); of codes astype('category') makes groups"
        return Problem("a number cannot make groups", column=name, remedy=remedy)
    used = [column.levels[place] for place in np.unique(column.codes[column.codes >= 0])]
    if len(used) < 2:
        remedy = "groups need at least two levels; take another column"
        return Problem(f"everybody known is '{used[0]}'", column=name, remedy=remedy)
    members = [(level, f"{name} {level}" if column.kind == "binary" else level, level) for level in used]
    return _assemble(name, name, column, members)


def _assemble(name: str, label: str, column: Coded, members: list[tuple[str, str, Any]]) -> Comparison | Problem:
    place = np.full(len(column.levels) + 1, -1)
    for position, (group, _, value) in enumerate(members):
        text = level_text(value)
        if text not in column.levels or column.kind == "number":
            fault = f"group {group} stands for '{text}', which is not a level"
            remedy = (
                f"its levels are {', '.join(column.levels) or 'numbers'}; pass the study, or groups with their values"
            )
            return Problem(fault, column=column.name, remedy=remedy)
        place[column.levels.index(text)] = position
    codes = place[column.codes]
    empty = [group for position, (group, _, _) in enumerate(members) if not (codes == position).any()]
    if empty:
        return Problem(f"nobody is in group {', '.join(empty)}", column=column.name, remedy="leave that group out")
    groups, labels, _ = zip(*members, strict=True)
    name, label = (name, label) if len(members) > 1 else ("", "")
    return Comparison(name, label, groups, labels, codes, column.name)


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
