"""What can be wrong with the data of a logistic regression, each fault with its column and what to do about it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api import types

from keepsafe.problems import InputError, Problem

if TYPE_CHECKING:
    from keepsafe.statistics.logistic.design import Design

MISSING = ("complete", "level")


def refuse(found: Iterable[Problem]) -> None:
    """Raise one InputError with every fault found."""
    if found := list(found):
        raise InputError(found)


def of_names(
    data: pd.DataFrame, outcome: str, predictors: Sequence[str], sources: Sequence[str],
    reference: Mapping[str, object], missing: str,
) -> Iterator[Problem]:  # fmt: skip
    """Faults of the request: columns that are not there, named twice, or outcome and predictor at once."""
    if missing not in MISSING:
        yield Problem(f"{missing!r} is not known", column="missing", remedy=f"choose one of {', '.join(MISSING)}")
    if not predictors:
        yield Problem("there are no predictors", column="predictors", remedy="name at least one column")
    for name in dict.fromkeys([outcome, *sources, *reference]):
        if name not in data.columns:
            near = get_close_matches(str(name), [str(column) for column in data.columns], 1)
            remedy = f"did you mean {near[0]}?" if near else "check the spelling"
            yield Problem("no such column", column=str(name), remedy=remedy)
        elif (data.columns == name).sum() > 1:
            yield Problem("the data have several columns of this name", column=name, remedy="keep one of them")
    if outcome in sources:
        yield Problem("is the outcome and a predictor", column=outcome, remedy="leave it out of the predictors")
    for name in dict.fromkeys(predictors):
        if list(predictors).count(name) > 1:
            yield Problem("is named more than once among the predictors", column=name, remedy="name it once")


def of_values(used: pd.DataFrame, blank: pd.DataFrame, event: object) -> Iterator[Problem]:
    """Faults of single columns, the outcome first."""
    from keepsafe.statistics.logistic.design import equals

    outcome = used.columns[0]
    for name in used:
        known = used.loc[~blank[name], name]
        if known.empty:
            yield Problem("every value is missing", column=name, remedy="leave it out, or mend the data")
        elif types.is_datetime64_any_dtype(known.dtype):
            yield Problem("holds dates", column=name, remedy="make a number of it, such as an age")
        elif types.is_numeric_dtype(known.dtype):
            if endless := int(np.isinf(known.to_numpy(float)).sum()):
                remedy = "correct them, or make them missing"
                yield Problem(f"has infinite values ({endless})", column=name, remedy=remedy)
        elif name != outcome and not isinstance(known.dtype, pd.CategoricalDtype):
            numbers = pd.to_numeric(known, errors="coerce").notna()
            if numbers.any():
                odd = ", ".join(repr(value) for value in known[~numbers].unique()[:3])
                yield Problem("holds numbers as text" + (f", except {odd}" if odd else ""), column=name,
                              remedy="convert it with pandas.to_numeric, or make it a category")  # fmt: skip
        if name == outcome and len(known):
            levels = ", ".join(str(value) for value in known.unique()[:6])
            if known.nunique() != 2:
                yield Problem(f"an outcome needs two values; this one has {known.nunique()} ({levels})", column=name,
                              remedy="make it 0 and 1, or choose another outcome")  # fmt: skip
            elif not equals(known, event).any():
                yield Problem(f"the event {event!r} does not occur among its values ({levels})", column=name,
                              remedy="give one of them as event")  # fmt: skip


def of_cases(needed: pd.DataFrame, blank: pd.DataFrame, used: np.ndarray) -> Iterator[Problem]:
    """Faults of the cases that are left once unknown values are set aside."""
    outcome, worst = needed.columns[0], blank.sum().idxmax()
    remedy = f"leave out {worst} ({blank[worst].sum()} unknown), or use missing='level'"
    if not used.any():
        yield Problem("no case is complete on the outcome and all predictors", column=outcome, remedy=remedy)
    elif needed.loc[used, outcome].nunique() < 2:
        yield Problem(f"has one value among the {used.sum()} complete cases", column=outcome, remedy=remedy)


def higher_of_two(values: np.ndarray) -> np.ndarray | None:
    """1 where a column has the higher of its two values, 0 elsewhere; None where it has not just two."""
    low, high = values.min(), values.max()
    return (values == high).astype(int) if low < high and ((values == low) | (values == high)).all() else None


def of_arrays(made: "Design") -> Iterator[Problem]:
    """Faults of the finished columns: constant, equal to the outcome or to each other, too many for the events."""
    seen = {}
    if made.X.shape[1] == 1:
        yield Problem("has one level among the cases used", column=made.predictors[0], remedy="leave it out")
    for name, owner, values in zip(made.columns[1:], made.owners[1:], made.X.T[1:], strict=True):
        if values.min() == values.max():
            yield Problem(f"{name} is the same for all {len(values)} cases used", column=owner, remedy="leave it out")
        elif (higher := higher_of_two(values)) is not None and (higher != made.y).mean() in (0, 1):
            yield Problem(f"{name} equals the outcome", column=owner, remedy="leave it out")
        elif (twin := seen.setdefault(hash(values.tobytes()), name)) != name:
            yield Problem(f"{name} has the same values as {twin}", column=owner, remedy="keep one of them")
    if made.rarer < made.X.shape[1] - 1:
        rare = "events" if made.rarer == made.events else "cases without the event"
        yield Problem(f"{made.rarer} {rare} are fewer than the {made.X.shape[1] - 1} columns of the predictors",
                      column=made.outcome, remedy="name fewer predictors, or join rare levels")  # fmt: skip
