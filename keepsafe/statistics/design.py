"""From a data frame to the arrays of a logistic regression: terms, contrasts, and which cases are complete.

Longer than 300 lines: what disclosure control does to the arrays is read beside how they are built.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd
from pandas.api import types

from keepsafe.files.disclosure import WHY, Limits, Withheld, active, keyed, log, marks, models
from keepsafe.files.disclosure.models import Protection
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics.columns import as_read, combinations, equals, is_level, of_cases, of_formula, of_values, refuse

BLOCK = 1_024  # rows that are scaled at a time


@dataclass(frozen=True)
class Formula:
    """What is asked of a model: the outcome and the event that is modelled, its predictors, the reference level of a
    factor, and what becomes of unknown values; made once, where a public function is called, and handed down.
    """

    outcome: str
    predictors: Sequence[str]
    event: object = 1
    reference: Mapping[str, object] | None = None
    missing: str = "complete"

    def __post_init__(self):
        listed = [self.predictors] if isinstance(self.predictors, str) else self.predictors
        object.__setattr__(self, "predictors", tuple(listed))
        fault, remedy = "the names of a model's columns are text", "data.rename(columns=str) makes them text"
        names = [name for name in (self.outcome, *self.predictors) if not isinstance(name, str)]
        refuse(Problem(fault, column=str(name), remedy=remedy) for name in names)
        if not isinstance(self.reference or {}, Mapping):
            fault, remedy = f"{self.reference!r} names no columns", "give each with its level: {'peers': 'none'}"
            raise InputError.of(fault, column="reference", remedy=remedy)
        object.__setattr__(self, "reference", dict(self.reference or {}))

    @property
    def sources(self) -> list[str]:
        """The columns that predictors are made of; of a product its factors."""
        return list(dict.fromkeys(part for name in self.predictors for part in name.split(":")))


@dataclass(frozen=True)
class Design:
    """The arrays of a logistic regression.

    `X` begins with a column of ones; `columns` names its columns and `terms` says to which predictor each belongs
    (1, 2, ...; 0 for the constant), so that the contrasts of a factor stay together. `rows` are the positions of the
    cases used, and `left_out` counts the others. What is fitted is `Z`, the columns of X centred and scaled, so that
    a result depends neither on where a predictor has its zero nor on its unit; `back` makes coefficients of X of those
    of Z. Under disclosure control `protection` says what became of the design: y then carries noise, and n and events
    are rounded.
    """

    outcome: str
    X: np.ndarray
    y: np.ndarray
    columns: tuple[str, ...]
    terms: np.ndarray
    predictors: tuple[str, ...]
    rows: np.ndarray
    left_out: int
    protection: Protection | None = None

    @property
    def n(self) -> int:
        """Cases used."""
        return self.protection.n if self.protection else len(self.y)

    @property
    def withheld(self) -> tuple[str, ...]:
        """Predictors that disclosure control did not let stand."""
        return self.protection.withheld if self.protection else ()

    @property
    def events(self) -> int:
        """Cases with the outcome."""
        return self.protection.events if self.protection else int(self.y.sum())

    @property
    def rarer(self) -> int:
        """Cases with the outcome or without it, whichever are fewer."""
        return min(self.events, self.n - self.events)

    @property
    def rarer_cases(self) -> str:
        """How many these are, in words."""
        return f"{self.rarer} {'events' if self.rarer == self.events else 'cases without the event'}"

    @cached_property
    def centre(self) -> np.ndarray:
        """The mean of each column; 0 for the constant."""
        return np.r_[0.0, self.X[:, 1:].mean(axis=0)]

    @cached_property
    def scale(self) -> np.ndarray:
        """The largest distance of each column from its mean; 1 for the constant."""
        furthest = np.maximum(self.X[:, 1:].max(axis=0) - self.centre[1:], self.centre[1:] - self.X[:, 1:].min(axis=0))
        return np.r_[1.0, np.where(furthest > 0, furthest, 1.0)]

    @cached_property
    def Z(self) -> np.ndarray:
        """The columns of X less their mean, in units of `scale`: the same model, and well conditioned."""
        made = np.empty(self.X.shape)
        for start in range(0, len(made), BLOCK):  # a million rows need no copies between
            made[start : start + BLOCK] = (self.X[start : start + BLOCK] - self.centre) / self.scale
        return made

    @cached_property
    def back(self) -> np.ndarray:
        """The matrix (p x p) that makes coefficients of X of those of Z: b = back a, with covariance back V back'."""
        back = np.diag(1 / self.scale)
        back[0, 1:] = -self.centre[1:] / self.scale[1:]
        return back

    @cached_property
    def _alike(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The first case of each covariate pattern, and the pattern of each case; None where most cases differ."""
        codes = (np.unique(column, return_inverse=True)[1] for column in self.X.T[1:])
        first, pattern = combinations(len(self.y), ((each, each.max(initial=0) + 1) for each in codes))
        return (first, pattern) if 2 * len(first) < len(pattern) else None

    @cached_property
    def patterns(self) -> np.ndarray:
        """The columns of `Z`, a row a covariate pattern: cases that are equal in all predictors share one.

        Where most cases differ, each has its own.
        """
        return self.Z if self._alike is None else self.Z[self._alike[0]]

    def tally(self, rows: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each covariate pattern, among the cases at these positions: how many, the sum of y, with the outcome."""
        pattern = np.arange(len(self.y)) if self._alike is None else self._alike[1]
        pattern, y, most = pattern[rows], self.y[rows], len(self.patterns)
        made = [np.bincount(pattern, each, most) for each in (None, y, y > 0.5)]  # under disclosure control y has noise
        return made[0].astype(float), made[1], made[2]

    def collapsed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What a fit needs: `patterns`, the sum of y, how many cases each is (none where each is one)."""
        if self._alike is None:
            return self.Z, self.y, np.zeros(0)
        trials, y, _ = self.tally()
        return self.patterns, y, trials

    def ordered(self) -> "Design":
        """The same cases in an order that their values alone decide, for what is drawn by position.

        Cases come first and a column runs upwards where it goes with the outcome, so that neither the order of the
        rows nor the unit or direction of a predictor changes what a seed draws.
        """
        towards = self.Z * (self.y - self.y.mean())[:, None]
        runs = np.where(np.round(towards.mean(axis=0), 9) < 0, -1.0, 1.0)
        order = np.lexsort([*(self.X * runs).T[::-1], -self.y])
        return replace(self, X=np.ascontiguousarray(self.X[order]), y=self.y[order], rows=self.rows[order])

    def of_columns(self, a: np.ndarray, V: np.ndarray, converged: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """B and SE of each column of X from those of Z, blank where there are none; SE allows for noise in y."""
        if not converged:
            return np.full(len(a), np.nan), np.full(len(a), np.nan)
        V = models.widened(V, self.protection.spread) if self.protection else V
        return self.back @ a, np.sqrt(np.einsum("ij,jk,ik->i", self.back, V, self.back))

    @property
    def owners(self) -> tuple[str, ...]:
        """The predictor to which each column belongs; const for the constant."""
        return tuple(self.predictors[term - 1] if term else "const" for term in self.terms)

    def part(self, predictors: Sequence[str]) -> "Design":
        """The same cases with fewer predictors, in the order of the design."""
        kept = [place for place, name in enumerate(self.predictors, 1) if name in set(predictors)]
        mask = np.isin(self.terms, [0, *kept])
        columns = tuple(name for name, stays in zip(self.columns, mask, strict=True) if stays)
        terms, names = np.searchsorted([0, *kept], self.terms[mask]), tuple(self.predictors[k - 1] for k in kept)
        X = np.ascontiguousarray(self.X[:, mask])
        facts = self.protection and replace(self.protection, spread=self.protection.spread[mask])
        return replace(self, X=X, columns=columns, terms=terms, predictors=names, protection=facts)


def make_design(data: pd.DataFrame, *asked, **choices) -> Design:
    """Build the arrays of a model from the cases that it can use; what is asked makes its `Formula`.

    `missing` is "complete" (cases with an unknown value are left out, and counted) or "level" (an unknown becomes a
    level of its own; for a number an indicator beside the mean, for 0/1 beside 0: biased in general).

    >>> data = pd.DataFrame({"ill": [0, 1, 1, 0], "sex": ["male", "female", "male", None], "exposed": [0, 1, 0, 1]})
    >>> made = make_design(data, "ill", ["sex"], reference={"sex": "male"})
    >>> made.columns, made.left_out
    (('const', 'sex=female'), 1)
    """
    return design_of(data, Formula(*asked, **choices))


def design_of(data: pd.DataFrame, formula: Formula) -> Design:
    """The arrays of a model; under disclosure control of the predictors that its rules let stand, and released."""
    made = raw_design(data, formula)
    limits = active()
    if limits is None:
        return made
    data = data.assign(**{name: as_read(data[name]) for name in (formula.outcome, *formula.sources)})
    stand = _standing(data, made, formula, limits)
    if stand != made.predictors:
        made = raw_design(data, replace(formula, predictors=stand))
    return released([made], data.index, formula)[0]


def released(
    designs: Sequence[Design],
    index: pd.Index,
    formula: Formula,
    unknown: Mapping[str, np.ndarray] | None = None,
) -> list[Design]:
    """Designs of one model, such as one for each imputed set, as they may be fitted under disclosure control.

    The noise is the same in all of them, that of the first, or else it would average out; nor does it hang on what was
    imputed, which `unknown` marks, by predictor. `index` is that of the data, by which persons are told apart;
    `formula` is what was asked, and maybe withheld in part.
    """
    limits, first, gaps = active(), designs[0], unknown or {}
    if first.n - first.X.shape[1] < limits.threshold:
        raise Withheld.of(f"a model is {WHY}", column=first.outcome, remedy="name fewer predictors, or join levels")
    known = [np.where(gaps.get(owner, False), np.nan, x) for owner, x in zip(first.owners, first.X.T, strict=True)]
    drawn = np.array([models.noise(first.y, x) for x in known])
    seed = int.from_bytes(keyed(b"draw", first.outcome.encode(), repr((*first.columns, drawn.tolist())).encode())[:8])
    withheld = tuple(name for name in formula.predictors if name not in first.predictors)
    persons, made = marks(index)[first.rows], []
    n, events = (limits.rounded(part.sum(), persons[part].sum()) for part in (persons == persons, first.y > 0.5))
    for design in designs:
        spread = models.spread(design.Z)
        facts = Protection(spread, n, events, withheld, seed)
        made.append(replace(design, y=models.noised(design.Z, design.y, spread * drawn), left_out=0, protection=facts))
    return made


def _standing(data: pd.DataFrame, made: Design, formula: Formula, limits: Limits) -> tuple[str, ...]:
    """The predictors that disclosure control lets stand together; those that fall are noted in the log."""
    known = data[data[made.outcome].notna()]
    y = equals(known[made.outcome], formula.event)
    factors = {name: _levels(known, name, formula) for name in made.predictors}
    stand = tuple(models.standing(y, factors, limits))
    for name in made.predictors:
        if name not in stand:
            log("factor", f"{name} in a model of {made.outcome}", WHY)
    if not stand:
        raise Withheld.of(f"a model is {WHY}", column=made.outcome, remedy="name other predictors, or join rare levels")
    return stand


def _levels(known: pd.DataFrame, name: str, formula: Formula) -> np.ndarray:
    """A predictor as the levels that are counted: of a number with more than two values whether it is above nought."""
    parts = name.split(":")
    blank = known[parts].isna().any(axis=1).to_numpy()
    if len(parts) == 1 and (not types.is_numeric_dtype(known[name].dtype) or name in formula.reference):
        codes = pd.factorize(known[name].astype("str"), sort=True)[0]
    else:
        values = np.prod([known[part].to_numpy(float, na_value=np.nan) for part in parts], axis=0)
        codes = np.unique(values[~blank], return_inverse=True)[1]
        codes = (values > 0).astype(int) if codes.max(initial=0) > 1 else (values == np.nanmax(values)).astype(int)
    unknown = -1 if formula.missing == "complete" else codes[~blank].max(initial=0) + 1
    return np.where(blank, unknown, codes)


def raw_design(data: pd.DataFrame, formula: Formula) -> Design:
    """The arrays of a model as the data have them, before disclosure control."""
    require_frame(data=data)
    outcome, sources = formula.outcome, formula.sources
    refuse(of_formula(data, formula))
    needed = pd.DataFrame({name: as_read(data[name]) for name in (outcome, *sources)}, copy=False)
    refuse(of_values(needed, formula.event))
    used = needed[outcome].notna().to_numpy()
    for name in sources if formula.missing == "complete" else ():
        used = used & needed[name].notna().to_numpy()
    refuse_seen(of_cases(needed, used), outcome)
    kept = needed if used.all() else needed[used]
    columns, terms, makers, found = ["const"], [0], [], []
    for term, name in enumerate(formula.predictors, 1):
        try:
            for label, make in _contrasts(kept, name, formula.reference.get(name)):
                columns.append(label)
                terms.append(term)
                makers.append(make)
        except InputError as error:
            found += error.problems
    refuse_seen(found, outcome)
    X = np.ones((len(kept), len(columns)), np.int8)  # filled in place: rows may be many, and memory is not given back
    for place, make in enumerate(makers, 1):
        values = make()
        if X.dtype == np.int8 and not _is_small(values):
            X = X.astype(float)
        X[:, place] = values
    y, rows, left_out = equals(kept[outcome], formula.event), np.flatnonzero(used), int((~used).sum())
    made = Design(outcome, X, y, tuple(columns), np.array(terms), tuple(formula.predictors), rows, left_out)
    refuse_seen(of_arrays(made), outcome)
    return made


def refuse_seen(problems: Iterable[Problem], outcome: str) -> None:
    """Refuse what was seen in the cases; under disclosure control without saying it, for a report may print a fault:
    how many they are, that all of them have one level, that a factor tells the outcome. The log names the factors.
    """
    found = list(problems)
    if found and active():
        for name in dict.fromkeys(each.column for each in found):
            log("factor", f"{name} in a model of {outcome}", WHY)
        raise Withheld.of(f"a model is {WHY}", column=outcome, remedy="name other predictors, or join rare levels")
    refuse(found)


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
        fault = f"{made.rarer_cases} are fewer than the {made.X.shape[1] - 1} columns of the predictors"
        yield Problem(fault, column=made.outcome, remedy="name fewer predictors, or join rare levels")


def _is_small(values: np.ndarray) -> bool:
    """Whether a byte holds each of these numbers: most are codes and counts, and rows may be many."""
    return bool(values.min() >= -128 and values.max() <= 127 and (values.astype(np.int8) == values).all())


def _contrasts(kept: pd.DataFrame, name: str, reference: object) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """The columns of one term: name, and what makes its numbers; the last marks unknown values, where there are any."""
    if ":" in name:
        factors = [_numbers(kept[part]) for part in name.split(":")]
        yield name, lambda: np.prod([values() for values in factors], axis=0, dtype=float)
        return
    column = kept[name]
    if types.is_numeric_dtype(column.dtype) and reference is None:
        yield name, _numbers(column)
    else:
        if isinstance(column.dtype, pd.CategoricalDtype):
            levels = [level for level in column.cat.categories if (column == level).any()]
        else:
            levels = sorted(column.dropna().unique())
        base = next((level for level in levels if reference is None or is_level(level, reference)), None)
        if levels and base is None:
            fault = f"has no level {str(reference)!r} to refer to among the cases used"
            raise InputError.of(fault, column=name, remedy=f"its levels are {', '.join(map(str, levels))}")
        for level in levels:
            if level != base:
                yield f"{name}={level}", partial(equals, column, level)
    if column.isna().any():
        yield f"{name}=unknown", lambda: column.isna().to_numpy()


def _numbers(column: pd.Series) -> Callable[[], np.ndarray]:
    """What makes the numbers of a column; an unknown 0/1 counts as 0, another unknown number as the mean."""
    if not types.is_numeric_dtype(column.dtype):
        remedy = "recode it as 0 and 1"
        raise InputError.of("holds text where numbers are needed", column=str(column.name), remedy=remedy)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biu":  # none is unknown: no copy is needed
        return column.to_numpy

    def filled() -> np.ndarray:
        values = column.to_numpy(float, na_value=np.nan)
        known = values[~np.isnan(values)]
        return np.where(np.isnan(values), 0.0 if np.isin(known, (0, 1)).all() else known.mean(), values)

    return filled
