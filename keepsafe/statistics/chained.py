"""Multiple imputation by chained equations: unknown values drawn from the known ones, variable by variable.

A variable is regressed on all the others, coefficients are drawn from what the data say of them, and an unknown value
is drawn from what they predict. The result is that of the data and the seed: the order of rows, the order of columns,
the unit of a number and the processor have no part in it. Rows are sorted by what they hold before anything is drawn;
what is compared is rounded first, and sums that decide are taken in one order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types
from scipy import linalg, special

from keepsafe.problems import Problem
from keepsafe.statistics.columns import combinations, is_whole, no_seed, out_of_range, refuse

DONORS = 5  # persons with the nearest predictions, of whom one gives the value; also the fewest known values
ROUNDS = 10  # over all variables, for each set from a start of its own
PRIOR = 0.25  # precision of a slope a standard deviation: a prior with SD 2 on a log odds ratio, a quarter of a person
GRAIN, FAR = 2.0**30, 2.0**30  # predictions are whole units of 1/GRAIN of a number's range, within FAR ranges
STEPS, EXACT, REACH = 60, 1e-12, 1.0  # Newton steps at most, the decrement at the end, and the widest change of logits


@dataclass(frozen=True)
class Variable:
    """A column: `codes` number its sorted values from 0 (-1 unknown), `columns` stand for them in regressions.

    `known` are the rows in which it is known, `unknown` the others.
    """

    codes: np.ndarray
    columns: np.ndarray
    number: bool
    known: np.ndarray
    unknown: np.ndarray


def impute(data: pd.DataFrame, columns: Sequence[str], n_sets: int = 20, seed: int = 2019) -> list[pd.DataFrame]:
    """Complete data sets by chained equations, each variable from all the others.

    Numbers are imputed by predictive mean matching, 0/1 columns by logistic regression, and categories by one logistic
    regression after another, each of a level against those that follow it. Each set has these columns, their types, and
    all rows of the data: known values stay, and an unknown one becomes one of the column's known values. Columns are
    there once and can be used, as `of_formula` and `of_values` see to.

    Source: van Buuren (2018), Flexible Imputation of Missing Data, 2nd ed., sections 3.2, 3.4, 3.6 and 4.5; 5 donors
    after Morris, White and Royston (2014), BMC Medical Research Methodology 14:75; draws of coefficients after Rubin
    (1987), Multiple Imputation for Nonresponse in Surveys, pp. 167 and 169. A weak prior keeps slopes finite where a
    variable separates, as the added observations of White, Daniel and Royston (2010), Computational Statistics and
    Data Analysis 54:2267-2275; unlike those it leaves shares where they are.

    >>> data = pd.DataFrame({"a": [0, 1] * 20, "b": [1, 2, 3, None] * 10})
    >>> made = impute(data, ["a", "b"], n_sets=2)
    >>> [sorted(each["b"].unique().tolist()) for each in made]
    [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    """
    refuse(_faults(data[columns], n_sets, seed))
    order = by_content(data[columns])
    frame = data[columns].iloc[order]
    names = _visits(frame)
    variables = [_variable(frame[name]) for name in names]
    back, made = np.argsort(order, kind="stable"), []
    for child in np.random.SeedSequence(int(seed)).spawn(n_sets):
        rows = dict(zip(names, _chain(variables, np.random.default_rng(child)), strict=True))
        filled = {name: frame[name].array.take(rows[name][back]) for name in columns}
        made.append(pd.DataFrame(filled, index=data.index))
    return made


def by_content(frame: pd.DataFrame) -> np.ndarray:
    """The positions of the rows, sorted by what they hold, however the file is sorted; equal ones by their label."""
    keys = [_codes(frame[name]) for name in reversed(_visits(frame))]
    return np.lexsort([_codes(frame.index.to_series()), *keys])


def _visits(frame: pd.DataFrame) -> list:
    """The columns, those with the fewest unknown values first, then by name."""
    return sorted(frame, key=lambda name: (int(frame[name].isna().sum()), str(name)))


def _codes(column: pd.Series) -> np.ndarray:
    """0, 1, ... for the sorted values of a column (a category's in its own order), -1 for unknown."""
    if types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(float, na_value=np.nan)
    elif isinstance(column.dtype, pd.CategoricalDtype):
        values = column.cat.codes.where(column.notna()).to_numpy(float)
    else:
        values = column.astype("str")
    return pd.factorize(values, sort=True)[0]


def _variable(column: pd.Series) -> Variable:
    codes = _codes(column)
    levels = codes.max(initial=0) + 1
    number = types.is_numeric_dtype(column.dtype) and levels > 2
    columns = (codes[:, None] == np.arange(1, levels)).astype(float)
    if number:
        values = column.to_numpy(float, na_value=np.nan)
        low, high = np.nanmin(values), np.nanmax(values)
        columns = ((values - low) / (high - low))[:, None]
    return Variable(codes, columns, number, np.flatnonzero(codes >= 0), np.flatnonzero(codes < 0))


def _chain(variables: Sequence[Variable], rng: np.random.Generator) -> list[np.ndarray]:
    """One completed set: for each variable the rows from which its values are taken, a known value's being its own."""
    rows = []
    for each in variables:
        rows.append(np.arange(len(each.codes)))
        if each.unknown.size:
            rows[-1][each.unknown] = each.known[rng.integers(0, len(each.known), len(each.unknown))]
    X = np.hstack([each.columns[taken] for each, taken in zip(variables, rows, strict=True)])
    owner = np.repeat(np.arange(len(variables)), [each.columns.shape[1] for each in variables])
    codes = np.array([each.codes[taken] for each, taken in zip(variables, rows, strict=True)])
    for _ in range(ROUNDS):
        for place, each in enumerate(variables):
            if each.unknown.size:
                others = np.delete(codes, place, axis=0)
                first, pattern = combinations(codes.shape[1], zip(others, others.max(axis=1) + 1, strict=True))
                rest = X[first][:, owner != place]
                rows[place][each.unknown] = (_match if each.number else _levels)(each, rest, pattern, rng)
                X[:, owner == place], codes[place] = each.columns[rows[place]], each.codes[rows[place]]
    return rows


def _match(variable: Variable, X: np.ndarray, pattern: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Predictive mean matching: known values are predicted by the estimates, unknown ones by drawn coefficients."""
    known, unknown = variable.known, variable.unknown
    b, drawn = _linear(X, pattern[known], variable.columns[known, 0], rng)
    donors = _whole(_predicted(X, b))[pattern[known]]
    order = np.argsort(donors, kind="stable")
    return known[order[_near(donors[order], _whole(_predicted(X, drawn))[pattern[unknown]], rng)]]


def _near(ranked: np.ndarray, wanted: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each wanted prediction one of the nearest donors, as if those that tie had been shuffled beforehand.

    The distance of a donor at a drawn rank is looked up; all donors at that distance, on both sides, are as likely.
    """
    size, rank = len(ranked), rng.integers(0, min(DONORS, len(ranked)), len(wanted))
    first = np.clip(np.searchsorted(ranked, wanted) - DONORS, 0, max(size - 2 * DONORS, 0))
    window = ranked[first[:, None] + np.arange(min(2 * DONORS, size))]
    away = np.sort(np.abs(window - wanted[:, None]), axis=1)[np.arange(len(wanted)), rank]
    (low, low_end), (high, high_end) = (
        [np.searchsorted(ranked, wanted + sign * away, side) for side in ("left", "right")] for sign in (-1, 1)
    )
    below, above = low_end - low, np.where(away > 0, high_end - high, 0)
    drawn = rng.integers(0, below + above)
    return np.where(drawn < below, low + drawn, high + drawn - below)


def _levels(variable: Variable, X: np.ndarray, pattern: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A level for each unknown value: is it the first, if not is it the second, and so on."""
    known, unknown = variable.known, variable.unknown
    codes, last = variable.codes[known], variable.codes.max()
    found = np.full(len(unknown), last)
    for level in range(last):
        yes, n = (np.bincount(pattern[known[part]], minlength=len(X)) for part in (codes == level, codes >= level))
        chance = special.expit(_predicted(X, _logistic(X, yes, n, rng))).round(9)[pattern[unknown]]
        found[(found == last) & (rng.random(len(unknown)) < chance)] = level
    return known[np.unique(codes, return_index=True)[1][found]]  # the first person with this level


def _predicted(X: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Linear predictions, added up from left to right: equal rows have equal ones to the last bit."""
    return np.cumsum(np.column_stack([np.full(len(X), b[0]), X * b[1:]]), axis=1)[:, -1]


def _whole(predictions: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(predictions, -FAR, FAR) * GRAIN).astype(np.int64)


def _linear(
    X: np.ndarray, pattern: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a linear regression, the constant first: estimates, and a draw of them with a drawn sigma."""
    n, sums = (np.bincount(pattern, each, len(X)) for each in (None, y))
    scaled = _Scaled(X, n)
    Z = scaled.Z
    factor = linalg.cholesky((Z.T * n) @ Z + np.diag(scaled.prior), lower=True)
    b = linalg.cho_solve((factor, True), Z.T @ sums)
    sigma = np.sqrt(((y - (Z @ b)[pattern]) ** 2).sum() / rng.chisquare(max(len(y) - len(b), 1)))
    return scaled.back(b), scaled.back(b + sigma * _noise(factor, rng))


def _logistic(X: np.ndarray, y: np.ndarray, n: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A draw of the coefficients of a logistic regression, the constant first, around the mode under the prior.

    Of the `n` cases of each row of X, `y` have the outcome.
    Newton steps that change no logit by more than 1 always rise (Bach 2010, Electronic Journal of Statistics
    4:384-414), so the mode is found from anywhere.
    """
    scaled = _Scaled(X, n)
    Z, prior = scaled.Z, scaled.prior
    b = np.zeros(Z.shape[1])
    b[0] = special.logit(y.sum() / n.sum())
    for _ in range(STEPS):
        fitted = special.expit(Z @ b)
        slope = Z.T @ (y - n * fitted) - prior * b
        factor = linalg.cholesky((Z.T * (n * fitted * (1 - fitted))) @ Z + np.diag(prior), lower=True)
        step = linalg.cho_solve((factor, True), slope)
        b = b + step * min(1.0, REACH / max(np.abs(Z[n > 0] @ step).max(), REACH))
        if slope @ step < EXACT:
            break
    return scaled.back(b + _noise(factor, rng))


def _noise(factor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A normal draw whose covariance is the inverse of the matrix that a Cholesky factor belongs to."""
    return linalg.solve_triangular(factor, rng.standard_normal(len(factor)), lower=True, trans="T")


class _Scaled:
    """A constant and the columns that vary, with mean 0 and SD 1; `prior` is the precision of each coefficient.

    Each row of X counts `n` times.
    """

    def __init__(self, X: np.ndarray, n: np.ndarray):
        self.size, self.varies = X.shape[1], np.ptp(X[n > 0], axis=0) > 0
        kept, share = X[:, self.varies], n / n.sum()
        self.centre = share @ kept
        self.spread = np.sqrt(share @ (kept - self.centre) ** 2)
        self.Z = np.column_stack([np.ones(len(X)), (kept - self.centre) / self.spread])
        self.prior = np.full(self.Z.shape[1], PRIOR)
        self.prior[0] = 0.0

    def back(self, b: np.ndarray) -> np.ndarray:
        """Coefficients of the columns as they were, the constant first; 0 for those that do not vary."""
        slopes = np.zeros(self.size)
        slopes[self.varies] = b[1:] / self.spread
        return np.concatenate([[b[0] - slopes[self.varies] @ self.centre], slopes])


def _faults(frame: pd.DataFrame, n_sets: int, seed: int) -> Iterator[Problem]:
    yield from out_of_range(("n_sets", n_sets, is_whole(n_sets, 2), "2 sets or more"))
    yield from no_seed(seed)
    for name, known in frame.notna().sum().items():
        if known < min(DONORS, len(frame)):
            fault = f"has {known} known values, too few to impute the others from"
            yield Problem(fault, column=name, remedy="leave it out, or mend the data")
