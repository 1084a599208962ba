"""Firth's penalised logistic regression: finite estimates where maximum likelihood has none, or is biased."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe import irls
from keepsafe.logistic.design import Design, make_design
from keepsafe.logistic.guards import guards, refuse
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
    >>> data = pd.DataFrame({"ill": [0, 0, 0, 0, 1, 1, 1, 1], "exposed": [0, 0, 0, 1, 1, 1, 1, 1]})
    >>> float(firth(data, "ill", ["exposed"])["odds_ratio"].round(3).iloc[1])  # by maximum likelihood infinite
    21.0
    """
    if not 0 < confidence < 1:
        raise InputError.of(f"{confidence} is no confidence", column="confidence", remedy="such as 0.95")
    return firth_of(make_design(data, outcome, predictors, event, reference), confidence)


def firth_of(design: Design, confidence: float = 0.95) -> pd.DataFrame:
    """Firth's fit of a design; as `firth`."""
    from firthmodels import FirthLogisticRegression

    if not irls.estimable(design.X, design.y).all():
        refuse(guards(design))
    model = FirthLogisticRegression("numpy", fit_intercept=False, max_iter=200, gtol=1e-6, xtol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say is said below
        model.fit(design.X, design.y)
        if not model.converged_:
            remedy = "name fewer predictors"
            raise InputError.of("the penalised fit did not converge", column=design.outcome, remedy=remedy)
        p = model.lrt().lrt_pvalues_
        ends = model.conf_int(1 - confidence, method="pl", max_iter=200, tol=1e-6)
    b = model.coef_
    return pd.DataFrame({
        "column": design.columns, "predictor": design.owners,
        "B": b, "SE": model.bse_, "chi2": stats.chi2.isf(p, 1), "df": 1, "p": p,
        "odds_ratio": np.exp(b), "low": np.exp(ends[:, 0]), "high": np.exp(ends[:, 1]),
    })  # fmt: skip
