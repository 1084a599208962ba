"""Firth's penalised logistic regression: finite estimates where maximum likelihood has none, or is biased."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special, stats

from keepsafe.files.disclosure import models
from keepsafe.problems import InputError
from keepsafe.statistics import irls
from keepsafe.statistics.logistic.design import Design, make_design
from keepsafe.statistics.logistic.fit import of_columns
from keepsafe.statistics.logistic.guards import guards, refuse
from keepsafe.statistics.logistic.profile import ends, turned

STEPS, EXACT, NOISE = 500, 1e-20, 1e-10  # Newton steps; gain that ends them; what rounding may add to a likelihood


def firth(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Fit a logistic regression by penalised maximum likelihood (Jeffreys prior), with profile intervals.

    Parameters
    ----------
    data, outcome, predictors, event, reference : as for `fit_logistic`; complete cases are used.
    confidence : of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        a row a column of the model: column, predictor, B, SE, chi2 and p (penalised likelihood ratio), df,
        odds_ratio, low, high (profile of the penalised likelihood; under disclosure control Wald's, without chi2).

    Raises
    ------
    InputError
        as `make_design`; for a confidence out of range, and for columns that are fixed by others.

    Source: Firth (1993), Biometrika 80:27-38; Heinze and Schemper (2002), Statistics in Medicine 21:2409-2419.

    Examples
    --------
    >>> data = pd.DataFrame({"ill": [0, 0, 0, 0, 1, 1, 1, 1], "exposed": [0, 0, 0, 1, 1, 1, 1, 1]})
    >>> float(firth(data, "ill", ["exposed"])["odds_ratio"].round(3).iloc[1])  # by maximum likelihood infinite
    21.0
    """
    if not 0 < confidence < 1:
        raise InputError.of(f"{confidence} is no confidence", column="confidence", remedy="such as 0.95")
    return firth_of(make_design(data, outcome, predictors, event, reference), confidence)


def firth_of(design: Design, confidence: float = 0.95) -> pd.DataFrame:
    """Firth's fit of a design; as `firth`."""
    if not irls.estimable(design.Z, design.y).all():
        refuse(guards(design))
    y, everything = design.y, np.arange(len(design.columns))
    a, best, information, converged = _maximum(design.Z, y, np.zeros(len(everything)), everything)
    if not converged:
        remedy = "look at its guards; join rare levels, or leave a column out"
        raise InputError.of("the penalised fit did not converge", column=design.outcome, remedy=remedy)
    V = np.linalg.inv(information)
    if design.protection:
        made = models.printed(*of_columns(design, a, V), confidence=confidence)
        frame = pd.DataFrame({"column": design.columns, "predictor": design.owners, "chi2": np.nan, "df": 1, **made})
        return frame[["column", "predictor", "B", "SE", "chi2", "df", "p", "odds_ratio", "low", "high"]]
    rows = []
    for place in everything:
        W, Q, length = turned(design, place)
        at, spread = Q.T @ a, Q.T @ V @ Q
        slope = np.r_[1.0, spread[1:, 0] / spread[0, 0]]

        def fallen(value, W=W, at=at, slope=slope):
            _, reached, _, found = _maximum(W, y, at + slope * (value - at[0]), everything[1:])
            return 2 * (best - reached) if found else np.nan

        se = float(np.sqrt(spread[0, 0]))
        rows.append([at[0] * length, se * length, max(fallen(0.0), 0.0),
                     *(length * end for end in ends(fallen, at[0], se, confidence))])  # fmt: skip
    b, se, chi2, low, high = np.array(rows).T
    with np.errstate(over="ignore"):  # an odds ratio beyond all numbers is infinite
        odds, low, high = np.exp([b, low, high])
    return pd.DataFrame({
        "column": design.columns, "predictor": design.owners, "B": b, "SE": se, "chi2": chi2, "df": 1,
        "p": stats.chi2.sf(chi2, 1), "odds_ratio": odds, "low": low, "high": high,
    })  # fmt: skip


def _maximum(W: np.ndarray, y: np.ndarray, start: np.ndarray, free: np.ndarray) -> tuple:
    """The coordinates `free` of the penalised maximum, the others held; its value, information, whether it was reached.

    The penalty is that of all columns, held or not, as in the profile of Heinze and Schemper.
    """
    b = start.copy()
    value, score, information = _penalised(W, y, b)
    for _ in range(STEPS):
        if not np.isfinite(value):
            break
        step = np.zeros_like(b)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        if step @ score < EXACT:
            return b, value, information, True
        size = 1.0
        while size > 1e-6:
            new = _penalised(W, y, b + size * step)
            if new[0] >= value - NOISE:
                break
            size /= 2
        b, (value, score, information) = b + size * step, new
    return b, value, information, False


def _penalised(W: np.ndarray, y: np.ndarray, b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Penalised log likelihood, its score, and the information of the data that the penalty adds to."""
    eta = W @ b
    p = special.expit(eta)
    root = W * np.sqrt(p * special.expit(-eta))[:, None]
    Q, R = np.linalg.qr(root)
    weight = np.einsum("ij,ij->i", Q, Q)
    whole = np.round(y)  # under disclosure control y carries noise
    with np.errstate(divide="ignore"):  # minus infinity far out, where no weight is left
        likelihood = ((y - whole) * eta - np.logaddexp(0, (1 - 2 * whole) * eta)).sum()
        value = likelihood + np.log(np.abs(np.diag(R))).sum()
    score = W.T @ (y - p + weight * (0.5 - p))
    return value, score, root.T @ (root * (1 + weight)[:, None])
