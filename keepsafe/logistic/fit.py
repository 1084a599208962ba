"""One logistic regression: coefficients, odds ratios with Wald and profile intervals, and how well it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.discrete.discrete_model import Logit

from keepsafe import irls
from keepsafe.logistic.design import Design, make_design
from keepsafe.problems import InputError

INTERVALS = ("wald", "profile", "none")


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression.

    `coefficients`: a row a column of the model: column, predictor, B, SE, Wald, df, p, odds_ratio, low, high.
    `fit`: one row: n, left_out, events, events_per_variable, deviance (-2 log likelihood), null_deviance, cox_snell,
    nagelkerke, hosmer_lemeshow, hosmer_lemeshow_df, hosmer_lemeshow_p, auc. `converged` is False where the estimates
    mean nothing (separation); see `guards`.
    """

    design: Design
    coefficients: pd.DataFrame
    fit: pd.DataFrame
    fitted: np.ndarray
    converged: bool

    def classification(self, cut: float = 0.5) -> pd.DataFrame:
        """Observed by predicted outcome at a cut, as SPSS prints it; it describes these data, and no individual."""
        predicted = np.where(self.fitted > cut, "predicted yes", "predicted no")
        observed = np.where(self.design.y == 1, "observed yes", "observed no")
        table = pd.crosstab(observed, predicted, rownames=[""], colnames=[""])
        return table.reindex(index=["observed no", "observed yes"], columns=["predicted no", "predicted yes"], fill_value=0)


def fit_logistic(data: pd.DataFrame, outcome: str, predictors: Sequence[str], event: object = 1,
                 reference: Mapping[str, object] | None = None, interval: Literal["wald", "profile", "none"] = "wald",
                 confidence: float = 0.95) -> LogisticFit:  # fmt: skip
    """Fit a logistic regression by maximum likelihood.

    Parameters
    ----------
    data, outcome, predictors, event, reference : as for `make_design`; complete cases are used and the others counted.
    interval : of the odds ratios: "wald", "profile" (likelihood; better where cases are few) or "none".
    confidence : of the intervals, between 0 and 1.

    Returns
    -------
    LogisticFit

    Raises
    ------
    InputError
        as `make_design`, and for arguments out of range.

    Source: Hosmer, Lemeshow and Sturdivant (2013), Applied Logistic Regression; the fit is statsmodels'.

    Examples
    --------
    >>> data = pd.DataFrame({"outcome": [1, 0, 0, 0, 1, 1, 1, 0] * 5, "exposed": [0, 0, 0, 0, 1, 1, 1, 1] * 5})
    >>> fit_logistic(data, "outcome", ["exposed"]).coefficients.round(2).loc[1, ["B", "odds_ratio"]].tolist()
    [2.2, 9.0]
    """
    if interval not in INTERVALS or not 0 < confidence < 1:
        raise InputError.of(f"interval = {interval!r}, confidence = {confidence} is no choice",
                            remedy=f"interval is one of {', '.join(INTERVALS)}; confidence such as 0.95")  # fmt: skip
    return fit_design(make_design(data, outcome, predictors, event, reference), interval, confidence)


def fit_design(design: Design, interval: str = "wald", confidence: float = 0.95) -> LogisticFit:
    """Fit a design; as `fit_logistic`."""
    X, y = design.X, design.y
    start, V, deviance, converged = irls.fit(X, y)
    if converged:
        found = Logit(y, X).fit(start_params=start, method="newton", tol=1e-12, disp=0, warn_convergence=False)
        b, se, deviance = np.asarray(found.params), np.asarray(found.bse), -2 * found.llf
    else:
        b, se = start, np.sqrt(np.diag(V))
    wald = (b / se) ** 2
    z = stats.norm.ppf(0.5 + confidence / 2)
    ends = _profile(design, b, se, deviance, confidence) if interval == "profile" and converged else np.column_stack([b - z * se, b + z * se])
    if interval == "none":
        ends = np.full_like(ends, np.nan)
    coefficients = pd.DataFrame({
        "column": design.columns, "predictor": ["const", *(design.predictors[term - 1] for term in design.terms[1:])],
        "B": b, "SE": se, "Wald": wald, "df": 1, "p": stats.chi2.sf(wald, 1), "odds_ratio": np.exp(b),
        "low": np.exp(ends[:, 0]), "high": np.exp(ends[:, 1]),
    })  # fmt: skip
    fitted = 1 / (1 + np.exp(-X @ b))
    return LogisticFit(design, coefficients, _goodness(design, deviance, fitted), fitted, bool(converged))


def r_squared(n: int, deviance: float, null_deviance: float) -> tuple[float, float]:
    """Cox and Snell's and Nagelkerke's R2 (Nagelkerke 1991)."""
    cox_snell = 1 - np.exp((deviance - null_deviance) / n)
    return cox_snell, cox_snell / (1 - np.exp(-null_deviance / n))


def auc(y: np.ndarray, fitted: np.ndarray) -> float:
    """Area under the ROC curve: the share of pairs of a case and a non-case in which the case is fitted higher."""
    ranks = stats.rankdata(fitted)
    cases = y == 1
    return (ranks[cases].sum() - cases.sum() * (cases.sum() + 1) / 2) / (cases.sum() * (~cases).sum())


def hosmer_lemeshow(y: np.ndarray, fitted: np.ndarray, groups: int = 10) -> tuple[float, int, float]:
    """Chi-square, df and p of observed against fitted events in groups of about equal size by fitted value."""
    order = np.argsort(fitted, kind="stable")
    place = np.empty(len(y), int)
    place[order] = np.arange(len(y)) * groups // len(y)
    n, observed, expected = (np.bincount(place, weights, groups) for weights in (None, y, fitted))
    chi2 = (((observed - expected) ** 2) / (expected * (1 - expected / n))).sum()
    return float(chi2), groups - 2, float(stats.chi2.sf(chi2, groups - 2))


def _goodness(design: Design, deviance: float, fitted: np.ndarray) -> pd.DataFrame:
    n, events = len(design.y), design.events
    null = -2 * (events * np.log(events / n) + (n - events) * np.log(1 - events / n))
    cox_snell, nagelkerke = r_squared(n, deviance, null)
    chi2, df, p = hosmer_lemeshow(design.y, fitted)
    return pd.DataFrame([{
        "n": n, "left_out": design.left_out, "events": events,
        "events_per_variable": min(events, n - events) / max(design.X.shape[1] - 1, 1),
        "deviance": deviance, "null_deviance": null, "cox_snell": cox_snell, "nagelkerke": nagelkerke,
        "hosmer_lemeshow": chi2, "hosmer_lemeshow_df": df, "hosmer_lemeshow_p": p, "auc": auc(design.y, fitted),
    }])  # fmt: skip


def _profile(design: Design, b: np.ndarray, se: np.ndarray, deviance: float, confidence: float) -> np.ndarray:
    """Ends where holding one coefficient raises the deviance by the chi-square quantile."""
    limit = stats.chi2.ppf(confidence, 1)
    ends = np.empty((len(b), 2))
    for j in range(len(b)):
        rest, column = np.ascontiguousarray(np.delete(design.X, j, axis=1)), design.X[:, j].copy()
        start = np.delete(b, j)

        def excess(value: float, rest=rest, column=column, start=start) -> float:
            return irls.fit(rest, design.y, start, 50, 1e-16, column * value)[2] - deviance - limit

        for side, sign in ((0, -1), (1, 1)):
            far = b[j] + sign * 2 * se[j]
            while excess(far) < 0 and abs(far - b[j]) < 50 * se[j]:
                far += sign * 2 * se[j]
            ends[j, side] = optimize.brentq(excess, min(b[j], far), max(b[j], far), xtol=1e-10) if excess(far) > 0 else sign * np.inf
    return ends
