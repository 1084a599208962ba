"""Firth's penalised logistic regression: finite estimates where maximum likelihood has none, or is biased."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.logistic.design import Design, make_design
from keepsafe.problems import InputError


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
        odds_ratio, low, high (profile of the penalised likelihood).

    Raises
    ------
    InputError
        as `make_design`; for a confidence out of range, and for columns that are fixed by others.

    Source: Firth (1993), Biometrika 80:27-38; Heinze and Schemper (2002), Statistics in Medicine 21:2409-2419;
    the fit is firthmodels'.

    Examples
    --------
    >>> data = pd.DataFrame({"ill": [0, 0, 0, 0, 1, 1, 1, 1], "exposed": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> float(firth(data, "ill", ["exposed"])["B"].round(3).iloc[1])  # 2 log 9; without the penalty infinite
    4.394
    """
    if not 0 < confidence < 1:
        raise InputError.of(f"{confidence} is no confidence", column="confidence", remedy="such as 0.95")
    return firth_of(make_design(data, outcome, predictors, event, reference), confidence)


def firth_of(design: Design, confidence: float = 0.95) -> pd.DataFrame:
    """Firth's fit of a design; as `firth`."""
    from firthmodels import FirthLogisticRegression

    if np.linalg.matrix_rank(design.X) < design.X.shape[1]:
        raise InputError.of("some columns are fixed by the others", remedy="leave out what the guards name")
    model = FirthLogisticRegression("numpy", fit_intercept=False, max_iter=200, gtol=1e-9, xtol=1e-9)
    model.fit(design.X, design.y)
    model.lrt()
    ends = model.conf_int(1 - confidence, method="pl", max_iter=200, tol=1e-8)
    b, p = model.coef_, model.lrt_pvalues_
    return pd.DataFrame({
        "column": design.columns, "predictor": ["const", *(design.predictors[term - 1] for term in design.terms[1:])],
        "B": b, "SE": model.bse_, "chi2": stats.chi2.isf(p, 1), "df": 1, "p": p,
        "odds_ratio": np.exp(b), "low": np.exp(ends[:, 0]), "high": np.exp(ends[:, 1]),
    })  # fmt: skip
