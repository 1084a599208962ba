"""Multiple imputation by chained equations: unknown values drawn from the known ones, and a model fitted to each set.

A variable is regressed on all the others, coefficients are drawn from what the data say of them, and an unknown value
is drawn from what they predict. The result is that of the data and the seed: the order of rows, the order of columns,
the unit of a number and the processor have no part in it. Rows are sorted by what they hold before anything is drawn;
what is compared is rounded first, and sums that decide are taken in one order.

Longer than 300 lines: how values are drawn and how the fits are pooled are two halves of one method.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas.api import types
from scipy import linalg, special, stats

from keepsafe.files.cleaning import with_derived
from keepsafe.files.disclosure import WHY, Withheld, active, log, models
from keepsafe.problems import Problem
from keepsafe.statistics import engine, guards
from keepsafe.statistics.design import Design, make_design, raw_design, released
from keepsafe.statistics.fit import fit_design, of_columns
from keepsafe.study.definition import Study

COLUMNS = ("method", "column", "predictor", "n", "B", "SE", "df", "p", "odds_ratio", "low", "high", "fraction_missing")
GAPS = "unknown"  # where a completed frame notes, as bytes, which entries were imputed
DONORS = 5  # persons with the nearest predictions, of whom one gives the value; also the fewest known values
ROUNDS = 10  # over all variables, for each set from a start of its own
PRIOR = 0.25  # precision of a slope a standard deviation: a prior with SD 2 on a log odds ratio, a quarter of a person
GRAIN, FAR = 2.0**30, 2.0**30  # predictions are whole units of 1/GRAIN of a number's range, within FAR ranges
STEPS, EXACT, REACH = 60, 1e-12, 1.0  # Newton steps at most, the decrement at the end, and the widest change of logits


def unknown_as_missing(
    cohort: pd.DataFrame, study: Study, levels: Sequence[str] = ("unknown", "unclear")
) -> pd.DataFrame:
    """The cohort with such levels blank, in the study's derived variables too.

    Parameters
    ----------
    cohort : as `clean` returns it.
    study : whose derived variables are made again.
    levels : what stands for a value that is not known.

    Returns
    -------
    DataFrame
        a row a person, the columns of the cohort.

    Examples
    --------
    >>> from keepsafe import load_cohort, load_study
    >>> cohort, study = load_cohort(), load_study()
    >>> unknown = cohort["parents_p1"].eq("unknown").sum()
    >>> bool(unknown == unknown_as_missing(cohort, study)["parents_negative_p1"].isna().sum() > 0)
    True
    """
    known = {name: values.mask(values.isin(levels)) for name, values in cohort.select_dtypes("category").items()}
    return with_derived(cohort.assign(**known), study)


def pool(estimates: np.ndarray, variances: np.ndarray, residual_df: float) -> pd.DataFrame:
    """Rubin's rules over sets x parameters, with the degrees of freedom of Barnard and Rubin (1999).

    `residual_df` is cases less parameters. A row a parameter: B, SE, df, p, fraction_missing (of the information).

    >>> pool(np.array([[1.0], [2.0]]), np.array([[0.25], [0.25]]), 50)[["B", "SE"]].values.tolist()
    [[1.5, 1.0]]
    """
    m = len(estimates)
    within, between = variances.mean(axis=0), (1 + 1 / m) * estimates.var(axis=0, ddof=1)
    total = within + between
    share = np.maximum(between / total, 1e-4)
    infinite, observed = (m - 1) / share**2, (residual_df + 1) / (residual_df + 3) * residual_df * (1 - share)
    df = infinite * observed / (infinite + observed)
    b, se, ratio = estimates.mean(axis=0), np.sqrt(total), between / within
    return pd.DataFrame({
        "B": b, "SE": se, "df": df, "p": 2 * stats.t.sf(np.abs(b / se), df),
        "fraction_missing": (ratio + 2 / (df + 3)) / (1 + ratio),
    })  # fmt: skip


def fit_imputed(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    n_sets: int = 20,
    seed: int = 2019,
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Fit one fixed model to imputed data and to complete cases.

    Parameters
    ----------
    data, outcome, predictors, event, reference, confidence : as for `fit_logistic`; cases whose outcome is unknown are
        left out.
    n_sets, seed : as for `impute`.

    Returns
    -------
    DataFrame
        a row a column of the model and method (complete cases, imputed): method, column, predictor, n, B, SE, df, p,
        odds_ratio, low, high, fraction_missing. Blank where a fit has no estimates (separation).

    Raises
    ------
    InputError
        as `fit_logistic` and `impute`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"ill": rng.integers(0, 2, 80), "a": rng.normal(size=80), "b": rng.normal(size=80)})
    >>> data.loc[:9, "b"] = None
    >>> fit_imputed(data, "ill", ["a", "b"], n_sets=2).groupby("method")["n"].first().to_dict()
    {'complete cases': 70, 'imputed': 80}
    """
    complete = _complete(data, outcome, predictors, event, reference, confidence)
    designs = imputed_designs(data, outcome, predictors, n_sets, seed, event, reference)
    first, b, se = designs[0], *_estimates(designs)
    pooled = pool(b, se**2, first.n - b.shape[1])
    if first.protection:
        made = models.printed(pooled["B"], pooled["SE"], pooled["df"].to_numpy(), confidence)
        made = {name: each for name, each in made.items() if name != "Wald"}
        pooled = pooled.assign(**made, df=pooled["df"].round(), fraction_missing=np.nan)
    else:
        reach = stats.t.ppf(0.5 + confidence / 2, pooled["df"]) * pooled["SE"]
        low, high = np.exp(pooled["B"].to_numpy() + np.outer([-1, 1], reach))
        pooled = pooled.assign(odds_ratio=np.exp(pooled["B"]), low=low, high=high)
    pooled = pooled.assign(method="imputed", n=first.n)
    names = pd.DataFrame({"column": first.columns, "predictor": first.owners})
    return pd.concat([complete, names.join(pooled)], ignore_index=True).reindex(columns=list(COLUMNS))


def _estimates(designs: Sequence[Design]) -> tuple[np.ndarray, np.ndarray]:
    """B and SE of the sets (sets x columns); blank where a set has no estimates."""
    if not designs[0].protection:
        fits = [fit_design(each).coefficients for each in designs]
        return tuple(np.array([fit[name] for fit in fits]) for name in ("B", "SE"))
    fits = [engine.fit(each.Z, each.y) for each in designs]
    made = [of_columns(each, fit[0], fit[1]) for each, fit in zip(designs, fits, strict=True)]
    return tuple(np.array(part) for part in zip(*made, strict=True))


def _complete(data, outcome, predictors, event, reference, confidence) -> pd.DataFrame:
    """The fit to complete cases; no rows where disclosure control withholds it."""
    try:
        made = make_design(data, outcome, predictors, event, reference)
    except Withheld:
        log("model", f"{outcome}, complete cases", WHY)
        return pd.DataFrame()
    order = np.lexsort(np.column_stack([made.X, made.y]).T)  # sums in one order, however the file is sorted
    made = replace(made, X=made.X[order], y=made.y[order], rows=made.rows[order])
    fit = fit_design(made, confidence=confidence)
    return fit.coefficients.drop(columns="df").assign(method="complete cases", n=made.n)


def imputed_designs(
    data: pd.DataFrame, outcome: str, predictors: Sequence[str], n_sets: int, seed: int, event: object = 1,
    reference: Mapping[str, object] | None = None,
) -> list[Design]:  # fmt: skip
    """The arrays of a model, once for each imputed set; products of columns are made after the imputation."""
    return completed_designs(impute_cases(data, outcome, predictors, n_sets, seed, event, reference), outcome,
                             predictors, reference)  # fmt: skip


def completed_designs(
    completed: Sequence[pd.DataFrame], outcome: str, predictors: Sequence[str],
    reference: Mapping[str, object] | None = None,
) -> list[Design]:  # fmt: skip
    """The arrays of a model in completed sets; under disclosure control of the predictors that stand in all of them."""
    limits = active()
    if limits is None:
        return [make_design(made, outcome, predictors, 1, reference) for made in completed]
    given = stand = [predictors] if isinstance(predictors, str) else list(predictors)
    for made in completed:  # each set has its own cells
        stand = list(make_design(made, outcome, stand, 1, reference).predictors)
    raw = [raw_design(made, outcome, stand, 1, reference) for made in completed]
    gaps = {part: np.frombuffer(marks, bool) for part, marks in completed[0].attrs.get(GAPS, {}).items()}
    unknown = {name: np.any([gaps[part] for part in name.split(":")], axis=0) for name in stand if gaps}
    return released(raw, limits, [name for name in given if name not in stand], unknown)


def impute_cases(
    data: pd.DataFrame, outcome: str, predictors: Sequence[str], n_sets: int, seed: int, event: object = 1,
    reference: Mapping[str, object] | None = None,
) -> list[pd.DataFrame]:  # fmt: skip
    """Completed sets of the cases whose outcome is known, the outcome as 0/1; refuses what cannot be used.

    The cases come sorted by what they hold, so that sums over them are the same however the file is sorted.
    """
    reference = dict(reference or {})
    sources = list(dict.fromkeys(part for name in predictors for part in name.split(":")))
    guards.refuse(guards.of_names(data, outcome, predictors, sources, reference, "complete"))
    needed = data[[outcome, *sources]]
    guards.refuse(guards.of_values(needed, needed.isna(), event))
    cases = needed[needed[outcome].notna()]
    cases = cases.assign(**{outcome: guards.equals(cases[outcome], event)})
    cases = cases.astype({name: "category" for name in reference if name in sources})
    cases = cases.iloc[by_content(cases)]
    completed = impute(cases, list(cases), n_sets, seed)
    completed[0].attrs[GAPS] = {name: cases[name].isna().to_numpy().tobytes() for name in sources}
    return completed


@dataclass(frozen=True)
class Variable:
    """A column: `codes` number its sorted values from 0 (-1 unknown), `columns` stand for them in regressions."""

    codes: np.ndarray
    columns: np.ndarray
    number: bool

    @property
    def known(self) -> np.ndarray:
        """Rows in which it is known."""
        return np.flatnonzero(self.codes >= 0)

    @property
    def unknown(self) -> np.ndarray:
        """Rows in which it is not."""
        return np.flatnonzero(self.codes < 0)


def impute(data: pd.DataFrame, columns: Sequence[str], n_sets: int = 20, seed: int = 2019) -> list[pd.DataFrame]:
    """Complete data sets by chained equations, each variable from all the others.

    Numbers are imputed by predictive mean matching, 0/1 columns by logistic regression, and categories by one logistic
    regression after another, each of a level against those that follow it.

    Parameters
    ----------
    data : one row a person, in any order.
    columns : what takes part, the outcome among it.
    n_sets : data sets to make, 2 or more.
    seed : equal seeds give equal sets, on every processor; a whole number from 0.

    Returns
    -------
    list of DataFrames
        each with these columns, their types, and all rows of the data. Known values stay; an unknown one becomes one
        of the column's known values.

    Raises
    ------
    InputError
        for columns that are not there, that hold dates or infinite numbers, or that have unknown values and fewer than
        5 known ones; for n_sets below 2 and a seed that is no whole number.

    Source: van Buuren (2018), Flexible Imputation of Missing Data, 2nd ed., sections 3.2, 3.4, 3.6 and 4.5; 5 donors
    after Morris, White and Royston (2014), BMC Medical Research Methodology 14:75; draws of coefficients after Rubin
    (1987), Multiple Imputation for Nonresponse in Surveys, pp. 167 and 169. A weak prior keeps slopes finite where a
    variable separates, as the added observations of White, Daniel and Royston (2010), Computational Statistics and
    Data Analysis 54:2267-2275; unlike those it leaves shares where they are.

    Examples
    --------
    >>> data = pd.DataFrame({"a": [0, 1] * 20, "b": [1, 2, 3, None] * 10})
    >>> made = impute(data, ["a", "b"], n_sets=2)
    >>> [sorted(each["b"].unique().tolist()) for each in made]
    [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    """
    columns = list(dict.fromkeys(columns))
    guards.refuse(_request(data, columns, n_sets, seed))
    guards.refuse(_values(data[columns]))
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
    if number:
        values = column.to_numpy(float, na_value=np.nan)
        low, high = np.nanmin(values), np.nanmax(values)
        return Variable(codes, ((values - low) / (high - low))[:, None], number)
    return Variable(codes, (codes[:, None] == np.arange(1, levels)).astype(float), number)


def _chain(variables: Sequence[Variable], rng: np.random.Generator) -> list[np.ndarray]:
    """One completed set: for each variable the rows from which its values are taken, a known value's being its own."""
    rows = []
    for each in variables:
        rows.append(np.arange(len(each.codes)))
        if each.unknown.size:
            rows[-1][each.unknown] = each.known[rng.integers(0, len(each.known), len(each.unknown))]
    X = np.hstack([each.columns[taken] for each, taken in zip(variables, rows, strict=True)])
    owner = np.repeat(np.arange(len(variables)), [each.columns.shape[1] for each in variables])
    for _ in range(ROUNDS):
        for place, each in enumerate(variables):
            if each.unknown.size:
                draw = _match if each.number else _levels
                rows[place][each.unknown] = draw(each, X[:, owner != place], rng)
                X[:, owner == place] = each.columns[rows[place]]
    return rows


def _match(variable: Variable, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Predictive mean matching: known values are predicted by the estimates, unknown ones by drawn coefficients."""
    known, unknown = variable.known, variable.unknown
    b, drawn = _linear(X[known], variable.columns[known, 0], rng)
    donors = _whole(_predicted(X[known], b))
    order = np.argsort(donors, kind="stable")
    return known[order[_near(donors[order], _whole(_predicted(X[unknown], drawn)), rng)]]


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


def _levels(variable: Variable, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A level for each unknown value: is it the first, if not is it the second, and so on."""
    known, unknown = variable.known, variable.unknown
    codes, last = variable.codes[known], variable.codes.max()
    found = np.full(len(unknown), last)
    for level in range(last):
        among = known[codes >= level]
        b = _logistic(X[among], (variable.codes[among] == level).astype(float), rng)
        chance = special.expit(_predicted(X[unknown], b)).round(9)
        found[(found == last) & (rng.random(len(unknown)) < chance)] = level
    return known[np.unique(codes, return_index=True)[1][found]]  # the first person with this level


def _predicted(X: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Linear predictions, added up from left to right: equal rows have equal ones to the last bit."""
    return np.cumsum(np.column_stack([np.full(len(X), b[0]), X * b[1:]]), axis=1)[:, -1]


def _whole(predictions: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(predictions, -FAR, FAR) * GRAIN).astype(np.int64)


def _linear(X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a linear regression, the constant first: estimates, and a draw of them with a drawn sigma."""
    scaled = _Scaled(X)
    Z = scaled.Z
    factor = linalg.cholesky(Z.T @ Z + np.diag(scaled.prior), lower=True)
    b = linalg.cho_solve((factor, True), Z.T @ y)
    sigma = np.sqrt(((y - Z @ b) ** 2).sum() / rng.chisquare(max(len(y) - len(b), 1)))
    return scaled.back(b), scaled.back(b + sigma * _noise(factor, rng))


def _logistic(X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A draw of the coefficients of a logistic regression, the constant first, around the mode under the prior.

    Newton steps that change no logit by more than 1 always rise (Bach 2010, Electronic Journal of Statistics
    4:384-414), so the mode is found from anywhere.
    """
    scaled = _Scaled(X)
    Z, prior = scaled.Z, scaled.prior
    b = np.zeros(Z.shape[1])
    b[0] = special.logit(y.mean())
    for _ in range(STEPS):
        fitted = special.expit(Z @ b)
        slope = Z.T @ (y - fitted) - prior * b
        factor = linalg.cholesky((Z.T * (fitted * (1 - fitted))) @ Z + np.diag(prior), lower=True)
        step = linalg.cho_solve((factor, True), slope)
        b = b + step * min(1.0, REACH / max(np.abs(Z @ step).max(), REACH))
        if slope @ step < EXACT:
            break
    return scaled.back(b + _noise(factor, rng))


def _noise(factor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A normal draw whose covariance is the inverse of the matrix that a Cholesky factor belongs to."""
    return linalg.solve_triangular(factor, rng.standard_normal(len(factor)), lower=True, trans="T")


class _Scaled:
    """A constant and the columns that vary, with mean 0 and SD 1; `prior` is the precision of each coefficient."""

    def __init__(self, X: np.ndarray):
        self.size, self.varies = X.shape[1], X.max(axis=0) > X.min(axis=0)
        kept = X[:, self.varies]
        self.centre, self.spread = kept.mean(axis=0), kept.std(axis=0)
        self.Z = np.column_stack([np.ones(len(X)), (kept - self.centre) / self.spread])
        self.prior = np.full(self.Z.shape[1], PRIOR)
        self.prior[0] = 0.0

    def back(self, b: np.ndarray) -> np.ndarray:
        """Coefficients of the columns as they were, the constant first; 0 for those that do not vary."""
        slopes = np.zeros(self.size)
        slopes[self.varies] = b[1:] / self.spread
        return np.concatenate([[b[0] - slopes[self.varies] @ self.centre], slopes])


def _request(data: pd.DataFrame, columns: Sequence[str], n_sets: int, seed: int) -> Iterator[Problem]:
    if n_sets < 2:
        yield Problem(f"{n_sets} sets are too few", column="n_sets", remedy="2 or more")
    if not isinstance(seed, int | np.integer) or seed < 0:
        yield Problem(f"{seed!r} is no seed", column="seed", remedy="give a whole number from 0")
    for name in columns:
        if (times := list(data.columns).count(name)) != 1:
            fault = "the data have several columns of this name" if times else "no such column"
            yield Problem(fault, column=str(name), remedy="keep one of them" if times else "check the spelling")


def _values(frame: pd.DataFrame) -> Iterable[Problem]:
    for name, column in frame.items():
        known = column.dropna()
        if known.empty:
            yield Problem("every value is missing", column=name, remedy="leave it out, or mend the data")
        elif len(known) < min(DONORS, len(column)):
            yield Problem(f"has {len(known)} known values, too few to impute the others from", column=name,
                          remedy="leave it out, or mend the data")  # fmt: skip
        elif types.is_datetime64_any_dtype(column.dtype):
            yield Problem("holds dates", column=name, remedy="make a number of it, such as an age")
        elif types.is_numeric_dtype(column.dtype) and np.isinf(known.to_numpy(float)).any():
            yield Problem("has infinite values", column=name, remedy="correct them, or make them missing")
