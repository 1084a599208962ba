"""What to look at before a logistic regression is fitted: faults of the data, separation, collinearity, few events."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types
from scipy.optimize import linprog

from keepsafe.problems import InputError, Problem
from keepsafe.statistics import engine

MISSING = ("complete", "level")
SMALL_CELL = 5
HIGH_VIF = 10.0
FEW_EVENTS = 10.0
COLUMNS = ("guard", "term", "seen", "remedy", "stops")


def refuse(found: Iterable[Problem]) -> None:
    """Raise one InputError with every fault found."""
    if found := list(found):
        raise InputError(found)


def out_of_range(*asked: tuple[str, object, bool, str]) -> Iterator[Problem]:
    """Faults of arguments: of each its name, value, whether it is in range, and what is."""
    for name, value, fine, remedy in asked:
        if not fine:
            yield Problem(f"{value!r} is out of range", column=name, remedy=remedy)


def is_whole(value: object, least: int) -> bool:
    """Whether a value is a whole number, and large enough."""
    return isinstance(value, int | np.integer) and value >= least


def of_names(data: pd.DataFrame, formula) -> Iterator[Problem]:
    """Faults of a formula: columns that are not there, named twice, or outcome and predictor at once."""
    outcome, predictors, sources = formula.outcome, formula.predictors, formula.sources
    if formula.missing not in MISSING:
        yield Problem(
            f"{formula.missing!r} is not known", column="missing", remedy=f"choose one of {', '.join(MISSING)}"
        )
    if not predictors:
        yield Problem("there are no predictors", column="predictors", remedy="name at least one column")
    for name in dict.fromkeys([outcome, *sources, *formula.reference]):
        if name not in data.columns:
            near = get_close_matches(str(name), [str(column) for column in data.columns], 1)
            remedy = f"did you mean {near[0]}?" if near else "check the spelling"
            yield Problem("no such column", column=str(name), remedy=remedy)
        elif (data.columns == name).sum() > 1:
            yield Problem("the data have several columns of this name", column=name, remedy="keep one of them")
    if outcome in sources:
        yield Problem("is the outcome and a predictor", column=outcome, remedy="leave it out of the predictors")
    for name in dict.fromkeys(predictors):
        if predictors.count(name) > 1:
            yield Problem("is named more than once among the predictors", column=name, remedy="name it once")


def of_values(needed: pd.DataFrame, event: object) -> Iterator[Problem]:
    """Faults of single columns, the outcome first."""
    outcome = needed.columns[0]
    for name in needed:
        known = needed[name].dropna()
        if known.empty:
            yield Problem("every value is missing", column=name, remedy="leave it out, or mend the data")
        elif types.is_datetime64_any_dtype(known.dtype):
            yield Problem("holds dates", column=name, remedy="make a number of it, such as an age")
        elif types.is_numeric_dtype(known.dtype):
            whole = types.is_integer_dtype(known.dtype)  # nothing is copied where rows are many
            if endless := 0 if whole else int(np.isinf(known.to_numpy(float)).sum()):
                remedy = "correct them, or make them missing"
                yield Problem(f"has infinite values ({endless})", column=name, remedy=remedy)
        elif name != outcome and not isinstance(known.dtype, pd.CategoricalDtype):
            numbers = pd.to_numeric(known, errors="coerce").notna()
            if numbers.any():
                odd = ", ".join(repr(value) for value in known[~numbers].unique()[:3])
                yield Problem(
                    "holds numbers as text" + (f", except {odd}" if odd else ""),
                    column=name,
                    remedy="convert it with pandas.to_numeric, or make it a category",
                )
        if name == outcome and len(known):
            levels = ", ".join(str(value) for value in known.unique()[:6])
            if known.nunique() != 2:
                yield Problem(
                    f"an outcome needs two values; this one has {known.nunique()} ({levels})",
                    column=name,
                    remedy="make it 0 and 1, or choose another outcome",
                )
            elif not equals(known, event).any():
                yield Problem(
                    f"the event {event!r} does not occur among its values ({levels})",
                    column=name,
                    remedy="give one of them as event",
                )


def equals(column: pd.Series, value: Any) -> np.ndarray:
    """1.0 where a column has this value, 0.0 elsewhere; numbers compare as numbers, all else as text."""
    if types.is_numeric_dtype(column.dtype):
        try:
            return (column.to_numpy(float, na_value=np.nan) == float(value)).astype(float)
        except (TypeError, ValueError):
            return np.zeros(len(column))
    return (column.astype("str") == str(value)).to_numpy(float)


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


def higher_of_two(values: np.ndarray) -> np.ndarray | None:
    """Where a column has the higher of its two values; None where it has not just two."""
    low, high = values.min(), values.max()
    return values == high if low < high and ((values == low) | (values == high)).all() else None


def of_arrays(made) -> Iterator[Problem]:
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
        fault = f"{_rarer(made)} are fewer than the {made.X.shape[1] - 1} columns of the predictors"
        yield Problem(fault, column=made.outcome, remedy="name fewer predictors, or join rare levels")


def _rarer(design) -> str:
    return f"{design.rarer} {'events' if design.rarer == design.events else 'cases without the event'}"


def guards(design) -> pd.DataFrame:
    """Look at a design, as `make_design` returns it, before it is fitted.

    A row a finding: guard, term (blank: the whole model), seen, remedy, stops (whether no estimate exists).
    Collinearity is found by rank, and by variance inflation factors above 10; cells of a 0/1 column by the outcome
    count as sparse below 5, events per candidate as few below 10 (Peduzzi et al. 1996). A product whose factors are
    not both in the model by themselves is told.

    >>> from keepsafe.statistics.design import make_design
    >>> data = pd.DataFrame({"ill": [0, 0, 0, 1, 1, 1], "exposed": [0, 0, 0, 0, 1, 1]})
    >>> guards(make_design(data, "ill", ["exposed"]))["guard"].tolist()
    ['separation', 'sparse cell', 'events per candidate']
    """
    collinear = list(_collinear(design))
    separated = [] if any(row[-1] for row in collinear) else _separated(design)
    found = [*separated, *_sparse_cells(design), *collinear, *_few_events(design), *_lone_products(design)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def separation(X: np.ndarray, y: np.ndarray) -> tuple[str, np.ndarray]:
    """Whether some combination of the columns tells cases from non-cases without a mistake, wholly or in part.

    X is n x p, with a column of ones, its columns linearly independent; y holds 0 and 1. Back comes the kind
    ("none", "quasi-complete" or "complete") and the combination that was found (p; zeros for none). Source: Albert
    and Anderson (1984), Biometrika 71:1-10: estimates are finite just where there is none. Konis (2007) finds one
    by linear programming; where Newton's method ends at a zero of the score, none is left to find.

    >>> X = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    >>> separation(X, np.array([0.0, 1, 0, 1, 1, 1]))[0], separation(X, X[:, 1].copy())[0]
    ('quasi-complete', 'complete')
    """
    n, p = X.shape
    none = "none", np.zeros(p)
    if engine.fit(X, y)[3]:
        return none
    scale = np.abs(X).max(axis=0)
    towards = X / scale * (2 * y - 1)[:, None]
    box = [(-1, 1)] * p
    found = linprog(-towards.sum(axis=0), A_ub=-towards, b_ub=np.zeros(n), bounds=box, method="highs")
    if not found.success or -found.fun < 1e-7:
        return none
    margin = linprog(
        np.r_[np.zeros(p), -1.0],
        A_ub=np.column_stack([-towards, np.ones(n)]),
        b_ub=np.zeros(n),
        bounds=[*box, (0, 1)],
        method="highs",
    )
    kind = "complete" if -margin.fun > 1e-7 else "quasi-complete"
    return kind, np.where(np.abs(found.x) > 1e-7, found.x, 0.0) / scale


def stop_at(seen: pd.DataFrame) -> None:
    """Raise an InputError for the findings under which no estimate exists."""
    refuse(Problem(row.seen, column=row.term, remedy=row.remedy) for row in seen[seen["stops"]].itertuples())


def _separated(design) -> Iterator[tuple]:
    kind, direction = separation(design.Z, design.y)
    if kind == "none":
        return
    together = list(dict.fromkeys(owner for owner, d in zip(design.owners[1:], direction[1:], strict=True) if d))
    alone = [name for name in together if separation(design.part([name]).Z, design.y)[0] == kind]
    guilty = alone or together
    tell, whose = "tell" if len(guilty) > 1 else "tells", "all" if kind == "complete" else "some"
    names = ", ".join(guilty)
    seen = f"{kind} separation: {names} {tell} the outcome of {whose} cases exactly: no finite estimate exists"
    remedy = "join rare levels or leave a column out, or use Firth's penalised fit"
    yield "separation", names, seen, remedy, True


def _sparse_cells(design) -> Iterator[tuple]:
    if design.protection:  # no cell by the outcome is small there, and none is to be counted out
        return
    for name, owner, column in zip(design.columns[1:], design.owners[1:], design.X.T[1:], strict=True):
        if higher_of_two(column) is None:
            continue
        values = column.min(), column.max()
        cells = {(a, b): int(((column == a) & (design.y == b)).sum()) for a in values for b in (0, 1)}
        (value, outcome), count = min(cells.items(), key=lambda cell: cell[1])
        if count < SMALL_CELL:
            seen = f"{count} cases {'with' if outcome else 'without'} the outcome where {name} is {value:g}"
            yield "sparse cell", owner, seen, "read its interval as wide; compare Firth's penalised fit", False


def _collinear(design) -> Iterator[tuple]:
    Z = design.Z
    free = engine.estimable(Z, design.y, engine.ONCE)
    for place in np.flatnonzero(~free):
        before = np.flatnonzero(free[:place])
        share = np.linalg.lstsq(Z[:, before], Z[:, place], rcond=None)[0]
        parts = [design.columns[k] for k, s in zip(before, share, strict=True) if abs(s) > 1e-6 and k]
        seen = f"{design.columns[place]} is fixed by {', '.join(parts)}"
        remedy = "leave one of them out"
        if ":" in design.owners[place]:
            remedy = f"take from each factor of the product its mean first, or {remedy}"
        yield "collinearity", design.owners[place], seen, remedy, True
    if free.all():
        factors = np.round(inflation(Z), 6)
        for place in np.flatnonzero(factors > HIGH_VIF):
            seen = f"{design.columns[place + 1]} has a variance inflation factor of {factors[place]:.0f}"
            yield "collinearity", design.owners[place + 1], seen, "leave one of the related columns out", False


def inflation(Z: np.ndarray) -> np.ndarray:
    """The variance inflation factor of each column but the constant, 1 / (1 - R2) on the others; all are centred."""
    if Z.shape[1] < 3:
        return np.ones(Z.shape[1] - 1)
    products = (Z.T @ Z)[1:, 1:]
    spread = np.sqrt(np.diag(products))
    return np.diag(np.linalg.inv(products / spread / spread[:, None]))


def _few_events(design) -> Iterator[tuple]:
    candidates = design.X.shape[1] - 1
    each = design.rarer / max(candidates, 1)
    if candidates and each < FEW_EVENTS:
        seen = f"{_rarer(design)} for {candidates} candidates: {each:.1f} each"
        remedy = "name fewer candidates beforehand, and read the stability of the selection"
        yield "events per candidate", "", seen, remedy, False


def _lone_products(design) -> Iterator[tuple]:
    """Products in a model that lacks one of their factors: what they then measure hangs on the factor's zero."""
    for name in design.predictors:
        if absent := [part for part in name.split(":") if part not in design.predictors]:
            lacks = " and ".join(dict.fromkeys(absent))
            have = "has its zero" if len(set(absent)) == 1 else "have their zeros"
            seen = f"{name} is in the model without {lacks}: its odds ratio depends on where {lacks} {have}"
            yield "product", name, seen, f"keep {lacks} in, or leave the product out", False
