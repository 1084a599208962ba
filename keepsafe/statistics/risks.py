"""Risks beside odds ratios: from printed counts, and from a fitted model averaged over the persons in it."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special, stats

from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics import engine, intervals
from keepsafe.statistics.columns import no_choice, no_confidence, refuse
from keepsafe.statistics.fit import LogisticFit

COUNTS, GROUPS = ("k1", "n1", "k0", "n0"), ("outcome", "factor")
MEASURES = ("risk", "risk_reference", "risk_difference", "risk_ratio", "odds_ratio")


def risks_from_counts(
    counts: pd.DataFrame, groups: Literal["outcome", "factor"] | Sequence[str] = "outcome", confidence: float = 0.95
) -> pd.DataFrame:
    """Risks of an outcome with and without a factor, their difference and ratio, from printed counts.

    A table that gives the share with a factor among those with an outcome, and among those without, holds the share
    with the outcome among those with the factor too. Where an outcome is common an odds ratio is further from one than
    the ratio of risks, and is easily read as one.

    Parameters
    ----------
    counts : a row a factor, with columns k1, n1, k0, n0, as `crude_odds_ratios` returns them; others are kept.
    groups : what n1 and n0 count, for all rows or for each: "outcome" (k1 of n1 persons with the outcome have the
        factor, and k0 of n0 without), or "factor" (k1 of n1 persons with the factor have the outcome, and so on).
    confidence : of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        a row a factor, the columns of `counts` first: with_factor, without_factor (persons), risk (of the outcome
        with the factor) and risk_reference (without), each with _low and _high (Wilson), risk_difference (Newcombe's
        interval), risk_ratio (Katz's log interval; Koopman's at empty cells), odds_ratio (Woolf's; Cornfield's at empty
        cells), each with _low and _high.

    Raises
    ------
    InputError
        for columns that are not there, counts that are no whole numbers from 0 to their n, arguments out of range.

    Examples
    --------
    >>> found = risks_from_counts(pd.DataFrame({"k1": [41], "n1": [54], "k0": [71], "n0": [151]})).iloc[0]
    >>> print("{risk:.3f}, {risk_reference:.3f}: {risk_ratio:.2f} times, odds ratio {odds_ratio:.2f}".format(**found))
    0.366, 0.140: 2.62 times, odds ratio 3.55
    """
    require_frame(counts=counts)
    refuse(no_confidence(confidence))
    refuse(
        Problem("no such column", column=name, remedy=f"the counts are {', '.join(COUNTS)}")
        for name in COUNTS
        if name not in counts
    )
    k1, n1, k0, n0 = (counts[name].to_numpy(float, na_value=np.nan) for name in COUNTS)
    by = np.asarray(groups, str)
    refuse(no_choice(*(("groups", each, GROUPS) for each in np.unique(by).tolist())))
    if by.ndim and by.shape != k1.shape:
        fault = f"{len(by)} are named for {len(k1)} rows"
        raise InputError.of(fault, column="groups", remedy="name one for all rows, or one a row")
    by = np.broadcast_to(by, k1.shape)
    wrong = ~((k1 >= 0) & (k1 <= n1) & (k0 >= 0) & (k0 <= n0)) | (np.mod([k1, n1, k0, n0], 1) != 0).any(axis=0)
    fault, remedy = "the counts are no whole numbers from 0 to n", "give how many of how many"
    refuse(Problem(fault, line=int(place) + 1, column="k1", remedy=remedy) for place in np.flatnonzero(wrong))
    as_printed = by == "factor"
    events, rest = k1, np.where(as_printed, k0, n1 - k1)
    exposed, reference = np.where(as_printed, n1, k1 + k0), np.where(as_printed, n0, n1 - k1 + n0 - k0)
    four = events, exposed, rest, reference
    with np.errstate(invalid="ignore"):
        made = {
            "risk": (events / exposed, *intervals.wilson(events, exposed, confidence)),
            "risk_reference": (rest / reference, *intervals.wilson(rest, reference, confidence)),
            "risk_difference": intervals.risk_difference(*four, confidence),
            "risk_ratio": intervals.risk_ratio(*four, confidence),
            "odds_ratio": intervals.odds_ratio(*four, confidence),
        }
    found = counts.assign(with_factor=exposed.astype(int), without_factor=reference.astype(int))
    return found.assign(**intervals.spread_out(made))


def standardised_risks(
    fit: LogisticFit, predictors: Sequence[str] | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Risks if everybody had a factor, and if nobody had, all else being what it is: what an odds ratio comes to.

    The model predicts a risk for each person twice, with the factor and without; the means of these predictions are the
    standardised risks. They are about persons like those in the data, under the model, and no effect of a treatment.

    Parameters
    ----------
    fit : as `fit_logistic` returns it, or a selection's `final` or `full`.
    predictors : those to set; by default all that are in no product.
    confidence : of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        a row a column of the model: column, predictor, value and reference (1 and 0; of a number its third and first
        quartile, or its greatest and least where these are equal), risk, risk_reference, risk_difference, risk_ratio,
        odds_ratio (between the two values), each with _low and _high: by the delta method, of risks on the logit scale,
        of ratios on the log scale. Blank where the model has no finite estimates, and under disclosure control.

    Raises
    ------
    InputError
        for predictors that are not in the model, or that are part of a product in it.

    Source: Greenland (2004), American Journal of Epidemiology 160:301-305; Localio, Margolis and Berlin (2007), Journal
    of Clinical Epidemiology 60:874-882.

    Examples
    --------
    >>> from keepsafe.statistics.fit import fit_logistic
    >>> data = pd.DataFrame({"ill": [1, 0, 0, 0, 1, 1, 1, 0] * 5, "exposed": [0, 0, 0, 0, 1, 1, 1, 1] * 5})
    >>> found = standardised_risks(fit_logistic(data, "ill", ["exposed"])).iloc[0]
    >>> print("{risk:.2f}, {risk_reference:.2f}: {risk_ratio:.1f} times, odds ratio {odds_ratio:.1f}".format(**found))
    0.75, 0.25: 3.0 times, odds ratio 9.0
    """
    refuse(no_confidence(confidence))
    design = fit.design
    multiplied = {part for name in design.predictors if ":" in name for part in (name, *name.split(":"))}
    if predictors is None:
        predictors = [name for name in design.predictors if name not in multiplied]
    refuse(_unfit(predictors, design.predictors, multiplied))
    a, V, _, _ = engine.fit(design.Z, design.y)
    z = stats.norm.ppf(0.5 + confidence / 2)
    rows = []
    for place, (column, owner) in enumerate(zip(design.columns, design.owners, strict=True)):
        if owner not in predictors:
            continue
        high, low = _ends(design.X[:, place])
        row = {"column": column, "predictor": owner, "value": high, "reference": low}
        if fit.converged and not design.protection:
            both = []
            for value in (high, low):
                X = design.X.copy()
                X[:, np.array(design.owners) == owner] = 0
                X[:, place] = value
                both.append((X - design.centre) / design.scale)
            row |= intervals.spread_out(_averaged(both[0], both[1], a, V, z))
        rows.append(row)
    ends = [name + end for name in MEASURES for end in intervals.ENDS]
    return pd.DataFrame(rows, columns=["column", "predictor", "value", "reference", *ends])


def _unfit(predictors: Sequence[str], known: Sequence[str], multiplied: set[str]) -> Iterator[Problem]:
    if not isinstance(predictors, list | tuple):
        fault = f"{predictors!r} is no list of predictors"
        raise InputError.of(fault, column="predictors", remedy="name them in a list")
    for name in predictors:
        if name not in known:
            yield Problem("is not in the model", column=str(name), remedy=f"its predictors are {', '.join(known)}")
        elif name in multiplied:
            fault = "is part of a product in the model: its risks depend on the other factor"
            yield Problem(fault, column=name, remedy="leave the product out, or name other predictors")


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The two values that are compared: of a 0/1 column 1 and 0, of a number its third and first quartile."""
    low, high = values.min(), values.max()
    if np.isin(values, (low, high)).all():
        return high, low
    first, third = np.quantile(values, (0.25, 0.75), method="inverted_cdf")
    return (third, first) if third > first else (high, low)


def _averaged(X1: np.ndarray, X0: np.ndarray, a: np.ndarray, V: np.ndarray, z: float) -> dict:
    """Mean predictions of both kinds, their difference and ratio, with intervals by the delta method."""
    apart = X1[0] - X0[0]
    (risk, slope), (base, base_slope) = (
        (p.mean(), (p * (1 - p)) @ X / len(X)) for X in (X1, X0) for p in [special.expit(X @ a)]
    )

    def around(centre, gradient, back=lambda value: value):
        reach = z * np.sqrt(gradient @ V @ gradient)
        return [float(back(centre + step)) for step in (0, -reach, reach)]

    return {
        "risk": around(special.logit(risk), slope / (risk * (1 - risk)), special.expit),
        "risk_reference": around(special.logit(base), base_slope / (base * (1 - base)), special.expit),
        "risk_difference": around(risk - base, slope - base_slope),
        "risk_ratio": around(np.log(risk / base), slope / risk - base_slope / base, np.exp),
        "odds_ratio": around(apart @ a, apart, np.exp),
    }
