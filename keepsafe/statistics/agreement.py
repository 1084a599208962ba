"""Agreement of two coders who read the same files, a variable a row, each coefficient with an interval."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from keepsafe.problems import InputError, Problem, listed, require_frame
from keepsafe.statistics.columns import Coded, no_choice, no_confidence, read_columns, refuse
from keepsafe.statistics.intervals import ENDS, spread_out, wilson

COEFFICIENTS = ("agreement", "kappa", "ac1", "prevalence", "weighted_kappa", "icc")
COLUMNS = ("variable", "kind", "n", "missing", "prevalence_of",
           *(name + end for name in COEFFICIENTS for end in ENDS), "note")  # fmt: skip
COMPLETE = "complete agreement: its interval is the only one that says anything"
ONE_LEVEL = "both coders used one level only: kappa is not defined"
ONE_CODER = "one coder used one level only: kappa is 0 whatever the agreement, and has no interval"
NO_ERROR = "no interval: the standard error is 0, or not defined, in a table of this form"


def agreement(
    first: pd.DataFrame,
    second: pd.DataFrame,
    variables: Sequence[str],
    on: str | None = None,
    ordered: Sequence[str] = (),
    weights: Literal["linear", "quadratic"] = "quadratic",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare the codes that two coders gave to the same files.

    Parameters
    ----------
    first, second : a row a file; only files in both are compared.
    variables : columns of both. Numbers other than 0 and 1 are counts; ordered categoricals are ordered
        codes.
    on : the column that names the file; the index where None.
    ordered : further columns whose codes are ordered, lowest first, as their categories or sorted numbers
        are; numbers that are named here are codes, not counts.
    weights : of the weighted kappa.
    confidence : of every interval, between 0 and 1.

    Returns
    -------
    variable, kind, n (files coded by both), missing (left out because a code is blank), prevalence_of (the
    code meant:
    1, or the commonest), and with _low and _high:
    agreement, share of equal codes (Wilson's interval);
    kappa, Cohen's (1960), its large-sample interval (Fleiss, Cohen and Everitt 1969);
    ac1, Gwet's (2008), over all levels that a categorical declares, with its t interval;
    prevalence, the mean share of both coders (Wilson's interval with n files, so on the wide side);
    weighted_kappa for ordered codes; icc for counts, ICC(2,1), two-way random, absolute agreement, single
    coder (Shrout and Fleiss 1979; McGraw and Wong's 1996 interval); and note: why a coefficient or interval
    is blank. With some 20 files large-sample intervals are rough.

    Raises
    ------
    InputError : unknown or unusable columns, files named twice, no file in common, arguments out of range.

    Examples
    --------
    Two disagreements in twenty where the code is rare: agreement is high, and kappa falls below zero (the
    paradox of Feinstein and Cicchetti 1990), while AC1 stays near the agreement.

    >>> first = pd.DataFrame({"court_case": [0] * 18 + [1, 0]})
    >>> second = pd.DataFrame({"court_case": [0] * 18 + [0, 1]})
    >>> agreement(first, second, ["court_case"])[["n", "agreement", "kappa", "ac1", "prevalence"]].round(2)
        n  agreement  kappa   ac1  prevalence
    0  20        0.9  -0.05  0.89        0.05
    """
    variables = [variables] if isinstance(variables, str) else list(variables)
    ordered = [ordered] if isinstance(ordered, str) else list(ordered)
    refuse([*no_choice(("weights", weights, ("linear", "quadratic"))), *no_confidence(confidence)])
    require_frame(first=first, second=second)
    one, two = _same_files(first, second, on, variables, ordered)
    columns = read_columns(pd.concat([one, two], ignore_index=True), variables)
    rows = [
        _row(column, len(one), column.kind == "ordered" or column.name in ordered, weights, confidence)
        for column in columns.values()
    ]
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def _same_files(
    first: pd.DataFrame, second: pd.DataFrame, on: str | None, variables: list[str], ordered: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The files that both coded, in one order, with the variables alone."""
    problems = [
        Problem("is ordered but not among the variables", column=str(name), remedy="name it among them")
        for name in ordered
        if name not in variables
    ]
    if on in variables:
        problems.append(Problem("names the files, and is no code", column=str(on), remedy="leave it out of variables"))
    wanted = [*variables, *([on] if on is not None else [])]
    frames = {"the first coder": first, "the second coder": second}
    problems += [
        Problem(f"{coder}'s data have no such column", column=name, remedy="check its spelling")
        for coder, frame in frames.items()
        for name in wanted
        if name not in frame
    ]
    refuse(problems)
    refuse(_ordered_apart(first, second, variables, ordered))
    keyed = {coder: frame if on is None else frame.set_index(on) for coder, frame in frames.items()}
    refuse(
        Problem(f"{coder} has a file more than once", column=on, remedy="keep one row a file")
        for coder, frame in keyed.items()
        if not frame.index.is_unique
    )
    refuse(
        Problem(f"{coder} has a file without a name", column=on, remedy="name every file")
        for coder, frame in keyed.items()
        if frame.index.hasnans
    )
    one, two = keyed.values()
    shared = one.index.intersection(two.index, sort=False)
    if len(shared) < 2:
        raise InputError.of(f"{len(shared)} files were coded by both", column=on, remedy="check the files' names")
    return one.loc[shared, variables], two.loc[shared, variables]


def _ordered_apart(
    first: pd.DataFrame, second: pd.DataFrame, variables: list[str], ordered: list[str]
) -> Iterator[Problem]:
    """Codes with an order of which the coders' columns do not have the same: put together they would lose it."""
    for name in variables:
        dtypes = [frame[name].dtype for frame in (first, second)]
        if dtypes[0] == dtypes[1] or not any(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
            continue
        if name in ordered or any(getattr(dtype, "ordered", False) for dtype in dtypes):
            remedy = "give both the same ordered categories, lowest first"
            yield Problem("the coders' columns do not have the same levels in one order", column=name, remedy=remedy)


def _row(column: Coded, files: int, ordered: bool, weights: str, confidence: float) -> dict:
    known = (column.codes[:files] >= 0) & (column.codes[files:] >= 0)
    n = int(known.sum())
    row = {"variable": column.name, "kind": column.kind, "n": n, "missing": files - n, "prevalence_of": "", "note": ""}
    if n < 2:
        return row | {"note": "fewer than two files with both codes"}
    if column.kind == "number" and ordered:  # its values are codes, lowest first
        codes = pd.DataFrame({column.name: pd.Categorical(column.values, ordered=True)})
        column = read_columns(codes, [column.name])[column.name]
    if column.kind == "number":
        one, two = column.values[:files][known], column.values[files:][known]
        same = one == two
        row |= spread_out({"agreement": (same.mean(), *wilson(same.sum(), n, confidence))})
        if same.all():
            return row | {"icc": 1.0 if np.ptp(one) else np.nan, "note": COMPLETE}
        row |= spread_out({"icc": icc_agreement(one, two, confidence)})
        return row | {"note": NO_ERROR if np.isnan(row["icc_low"]) else ""}
    one, two = column.codes[:files][known], column.codes[files:][known]
    size = len(column.levels)
    table = np.bincount(one * size + two, minlength=size * size).reshape(size, size)
    same, both = np.trace(table), table.sum(0) + table.sum(1)
    meant = 1 if column.kind == "binary" else int(both.argmax())  # of equals the first level
    kappas = {"kappa": None} | ({"weighted_kappa": weights} if ordered else {})
    row |= {"kind": "ordered" if ordered else column.kind, "prevalence_of": column.levels[meant]}
    shares = {"agreement": same, "prevalence": both[meant] / 2}
    row |= spread_out({name: (k / n, *wilson(k, n, confidence)) for name, k in shares.items()})
    if same == n:
        one_level = (np.diag(table) > 0).sum() == 1
        row |= {"ac1": 1.0, "note": ONE_LEVEL if one_level else COMPLETE}
        return row | dict.fromkeys(kappas, np.nan if one_level else 1.0)
    constant = min((table.sum(0) > 0).sum(), (table.sum(1) > 0).sum()) == 1
    found = {"ac1": gwet_ac1(table, confidence)}
    for name, each in kappas.items():
        found[name] = (0.0, np.nan, np.nan) if constant else _kappa(table, each, confidence)
    blank = np.isnan([low for _, low, _ in found.values()]).any()
    said = [ONE_CODER if constant else NO_ERROR if blank else ""]
    if ordered and column.kind == "category":  # nothing but its name says what is lowest
        said.append(f"its order is taken to be {listed(column.levels, 6)}")
    return row | spread_out(found) | {"note": "; ".join(filter(None, said))}


def _kappa(table: np.ndarray, weights: str | None, confidence: float) -> tuple[float, float, float]:
    """Cohen's kappa with its large-sample interval."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = cohens_kappa(table, wt=weights)
    return _within_one(result.kappa, stats.norm.ppf(0.5 + confidence / 2) * result.std_kappa)


def _within_one(value: float, half: float) -> tuple[float, float, float]:
    """A coefficient with its interval, held between -1 and 1; blank limits where its standard error is none."""
    if not half > 1e-9:
        return value, np.nan, np.nan
    return value, max(-1.0, value - half), min(1.0, value + half)


def gwet_ac1(table: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """Gwet's AC1 of two coders with its interval (Gwet 2008), from a square table of counts.

    >>> print("{:.3f} ({:.3f} to {:.3f})".format(*gwet_ac1(np.array([[18, 1], [1, 0]]))))
    0.890 (0.715 to 1.000)
    """
    table = np.asarray(table, float)
    n, levels = table.sum(), len(table)
    if n < 2 or levels < 2:
        return np.nan, np.nan, np.nan
    share = (table.sum(0) + table.sum(1)) / (2 * n)
    observed, chance = np.trace(table) / n, (share * (1 - share)).sum() / (levels - 1)
    ac1 = (observed - chance) / (1 - chance)
    # what each cell of the table, that is each pair of codes, contributes: the variance is that of their mean
    expected = ((1 - share)[:, None] + (1 - share)) / 2 / (levels - 1)
    part = (np.eye(levels) - chance) / (1 - chance) - 2 * (1 - ac1) * (expected - chance) / (1 - chance)
    error = np.sqrt((table * (part - ac1) ** 2).sum() / n / (n - 1))
    return _within_one(ac1, stats.t.ppf(0.5 + confidence / 2, n - 1) * error)


def icc_agreement(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> tuple[float, float, float]:
    """ICC(2,1), absolute agreement of single coders, with McGraw and Wong's interval.

    >>> first, second = np.array([9, 6, 8, 7, 10, 6]), np.array([2, 1, 4, 1, 5, 2])
    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*icc_agreement(first, second)))
    0.13 (-0.02 to 0.60)
    """
    scores = np.column_stack([first, second]).astype(float)
    n, k = scores.shape
    centred = scores - scores.mean()
    between, coders = k * (centred.mean(1) ** 2).sum(), n * (centred.mean(0) ** 2).sum()
    rows, columns = between / (n - 1), coders / (k - 1)
    error = ((centred**2).sum() - between - coders) / ((n - 1) * (k - 1))
    error, columns = (part if part > 1e-12 * rows else 0.0 for part in (error, columns))
    whole = rows + (k - 1) * error + k * (columns - error) / n
    if not whole > 0 or not rows + error > 1e-12 * whole:  # no file differs from another, or none from its pair
        return (0.0 if whole > 0 else np.nan), np.nan, np.nan
    icc = (rows - error) / whole
    if not icc < 1:
        return 1.0, np.nan, np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = k * icc / (n * (1 - icc)), 1 + k * icc * (n - 1) / (n * (1 - icc))
        df = (a * columns + b * error) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
        upper, lower = stats.f.ppf(0.5 + confidence / 2, n - 1, df), stats.f.ppf(0.5 + confidence / 2, df, n - 1)
        spread = k * columns + (k * n - k - n) * error
        low = n * (rows - upper * error) / (upper * spread + n * rows)
        high = n * (lower * rows - error) / (spread + n * lower * rows)
    if not (np.isfinite(low) and np.isfinite(high)):
        return icc, np.nan, np.nan
    return icc, min(low, icc), max(high, icc)
