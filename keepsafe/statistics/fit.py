"""One logistic regression: coefficients, odds ratios with Wald and profile intervals, and how well it fits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from keepsafe.files.disclosure import models
from keepsafe.problems import InputError
from keepsafe.statistics import diagnostics, engine
from keepsafe.statistics.design import Design, make_design

INTERVALS = ("wald", "profile", "none")
COEFFICIENTS = ["column", "predictor", "B", "SE", "Wald", "df", "p", "odds_ratio", "low", "high"]
FIT = ("n", "left_out", "events", "events_per_variable", "deviance", "null_deviance", "cox_snell", "nagelkerke",
       "hosmer_lemeshow", "hosmer_lemeshow_df", "hosmer_lemeshow_p", "auc")  # fmt: skip
DIGITS = 10  # of a fitted probability: what is compared or ranked is rounded, so that equal cases are equal
MANY = 20_000  # rows beyond which scaled columns are made again where they are asked for, not kept
FURTHEST = 60  # the distance searched doubles this often before an end counts as not there


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression.

    `coefficients`: a row a column of the model: column, predictor, B, SE, Wald, df, p, odds_ratio, low, high.
    `fit`: one row: n, left_out, events, events_per_variable, deviance (-2 log likelihood), null_deviance, cox_snell,
    nagelkerke, hosmer_lemeshow, hosmer_lemeshow_df, hosmer_lemeshow_p, auc. `converged` is False where no finite
    estimates exist (separation); the coefficients are then blank, and `guards` says why and what to do. `notes` says
    which end of a profile interval is blank because it does not exist, or was not found. Under disclosure control the
    coefficients carry noise and few digits, as `keepsafe.files.disclosure.models` says, intervals are Wald's and
    wider, and of `fit` only rounded numbers of cases are there.
    """

    design: Design
    coefficients: pd.DataFrame
    fit: pd.DataFrame
    fitted: np.ndarray
    converged: bool
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """The variable that the model is about."""
        return self.design.outcome

    @property
    def odds_ratios(self) -> pd.DataFrame:
        """The coefficients without the constant, indexed by predictor."""
        return self.coefficients[self.coefficients["column"] != "const"].set_index("predictor")

    @cached_property
    def guards(self) -> pd.DataFrame:
        """What there was to see in the data before the fit; as `keepsafe.statistics.diagnostics.guards` returns it."""
        return diagnostics.guards(self.design)


def fit_logistic(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    interval: Literal["wald", "profile", "none"] = "wald",
    confidence: float = 0.95,
) -> LogisticFit:
    """Fit a logistic regression by maximum likelihood.

    Parameters
    ----------
    data : one row a person; complete cases are used and the others counted.
    outcome : a column with two values; `event` is the one that is modelled.
    predictors : columns. Numbers are used as they are; text and categories become indicators against a reference
        level; "a:b" is the product of two numeric columns.
    event : the value of the outcome that is modelled.
    reference : reference level of a category, by column; by default its first level. A number that is named here is
        taken as a category.
    interval : of the odds ratios: "wald", "profile" (likelihood; better where cases are few) or "none".
    confidence : of the intervals, between 0 and 1.

    Returns
    -------
    LogisticFit

    Raises
    ------
    InputError
        with every fault: names that do not exist or appear twice, a predictor that equals the outcome or another
        one, columns that are constant, all missing, infinite, fixed by others, or text where numbers are needed, an
        outcome without two levels, more columns than events; and for arguments out of range. Under disclosure control
        predictors that its rules for models do not let stand are left out, and noted in the log; Withheld where none
        stands.

    Source: Hosmer, Lemeshow and Sturdivant (2013), Applied Logistic Regression.

    Examples
    --------
    >>> data = pd.DataFrame({"outcome": [1, 0, 0, 0, 1, 1, 1, 0] * 5, "exposed": [0, 0, 0, 0, 1, 1, 1, 1] * 5})
    >>> fit_logistic(data, "outcome", ["exposed"]).coefficients.round(2).loc[1, ["B", "odds_ratio"]].tolist()
    [2.2, 9.0]
    """
    return fit_design(make_design(data, outcome, predictors, event, reference), interval, confidence)


def fit_design(design: Design, interval: str = "wald", confidence: float = 0.95) -> LogisticFit:
    """Fit a design; as `fit_logistic`."""
    if interval not in INTERVALS:
        remedy = f"choose one of {', '.join(INTERVALS)}"
        raise InputError.of(f"{interval!r} is no interval", column="interval", remedy=remedy)
    if not (isinstance(confidence, Real) and 0 < confidence < 1):
        raise InputError.of(f"{confidence!r} is no confidence", column="confidence", remedy="choose one such as 0.95")
    Z, y = design.Z, design.y
    a, V, deviance, converged = engine.fit(Z, y)
    if np.isnan(V).any():
        diagnostics.stop_at(diagnostics.guards(design))
    if design.protection:
        return _released(design, a, V, converged, confidence)
    b, se, ends, notes = np.full(len(a), np.nan), np.full(len(a), np.nan), np.full((len(a), 2), np.nan), ()
    if converged:
        b, se = design.of_columns(a, V)
        if interval == "wald":
            ends = b[:, None] + np.outer(se, stats.norm.ppf([0.5 - confidence / 2, 0.5 + confidence / 2]))
        elif interval == "profile":
            ends = profile(design, a, V, deviance, confidence)
            notes = tuple(
                f"{name}: its {side} end does not exist, or was not found"
                for name, pair in zip(design.columns, ends, strict=True)
                for side, end in zip(("lower", "upper"), pair, strict=True)
                if np.isnan(end)
            )
    fitted = special.expit(Z @ a)
    if len(y) > MANY:
        del Z
        vars(design).pop("Z", None)
    coefficients = estimates(design, b, se, (b / se) ** 2, ends)
    return LogisticFit(design, coefficients, _goodness(design, deviance, fitted), fitted, converged, notes)


def _released(design: Design, a: np.ndarray, V: np.ndarray, converged: bool, confidence: float) -> LogisticFit:
    """The fit as it may be shown under disclosure control."""
    b, se = design.of_columns(a, V) if converged else np.full((2, len(a)), np.nan)
    made = {"column": design.columns, "predictor": design.owners, "df": 1}
    made |= models.printed(b, se, confidence=confidence)
    each = float(f"{design.rarer / max(design.X.shape[1] - 1, 1):.2g}")
    known = {"n": design.n, "events": design.events, "events_per_variable": each}
    fit = pd.DataFrame([dict.fromkeys(FIT, np.nan) | known])
    return LogisticFit(design, pd.DataFrame(made)[COEFFICIENTS], fit, special.expit(design.Z @ a), converged)


def estimates(design: Design, b: np.ndarray, se: np.ndarray, chi2: np.ndarray, ends: np.ndarray) -> pd.DataFrame:
    """A row a column of the model: its coefficient, the test that it is 0, its odds ratio and the ends of that."""
    with np.errstate(over="ignore"):  # an odds ratio beyond all numbers is infinite
        odds = np.exp(np.column_stack([b, ends]))
    return pd.DataFrame(
        {
            "column": design.columns,
            "predictor": design.owners,
            "B": b,
            "SE": se,
            "Wald": chi2,
            "df": 1,
            "p": stats.chi2.sf(chi2, 1),
            "odds_ratio": odds[:, 0],
            "low": odds[:, 1],
            "high": odds[:, 2],
        }
    )


def r_squared(n: int, deviance: float, null_deviance: float) -> tuple[float, float]:
    """Cox and Snell's and Nagelkerke's R2 (Nagelkerke 1991)."""
    cox_snell = 1 - np.exp((deviance - null_deviance) / n)
    return cox_snell, cox_snell / (1 - np.exp(-null_deviance / n))


def auc(cases: np.ndarray, others: np.ndarray, fitted: np.ndarray) -> float:
    """Area under the ROC curve: the share of pairs of a case and a non-case in which the case is fitted higher.

    `cases` and `others` are how many of either have each of the fitted values; a tie is half a pair.
    """
    if np.isnan(fitted).any():
        return np.nan
    place = np.unique(np.round(fitted, DIGITS), return_inverse=True)[1]
    mine, theirs = np.bincount(place, cases), np.bincount(place, others)
    return (mine * (2 * np.cumsum(theirs) - theirs)).sum() / (2 * mine.sum() * theirs.sum())


def hosmer_lemeshow(y: np.ndarray, fitted: np.ndarray, groups: int = 10) -> tuple[float, int, float]:
    """Chi-square, df and p of observed against fitted events, in groups between quantiles of the fitted values.

    Cases with equal fitted values stay together, so there may be fewer groups than asked for; df is their number
    less two. Programs cut the groups in different ways, and with few cases the p-value moves with the cut.
    """
    fitted = np.round(fitted, DIGITS)
    edges = np.unique(np.round(np.quantile(fitted, np.linspace(0, 1, groups + 1)[1:-1]), DIGITS))
    place = np.unique(np.searchsorted(edges, fitted, side="left"), return_inverse=True)[1]
    n, observed, expected = (np.bincount(place, weights) for weights in (None, y, fitted))
    if len(n) < 3:
        return np.nan, len(n) - 2, np.nan
    with np.errstate(divide="ignore", invalid="ignore"):  # groups in which every case is fitted as 0, or as 1
        chi2 = (((observed - expected) ** 2) / (expected * (1 - expected / n))).sum()
    return float(chi2), len(n) - 2, float(stats.chi2.sf(chi2, len(n) - 2))


def null_deviance(design: Design) -> float:
    """-2 log likelihood of the model with nothing but the constant."""
    n, events = design.n, design.events
    return -2 * (events * np.log(events / n) + (n - events) * np.log(1 - events / n))


def _goodness(design: Design, deviance: float, fitted: np.ndarray) -> pd.DataFrame:
    n, null = len(design.y), null_deviance(design)
    each = design.rarer / max(design.X.shape[1] - 1, 1)
    values = (n, design.left_out, design.events, each, deviance, null, *r_squared(n, deviance, null))
    tested = hosmer_lemeshow(design.y, fitted)
    return pd.DataFrame([dict(zip(FIT, (*values, *tested, auc(design.y == 1, design.y != 1, fitted)), strict=True))])


def turned(design: Design, place: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The design in other coordinates, of which the first is one coefficient of X, and the rest stay well apart.

    Returns the columns W = Z Q, a row a covariate pattern, the orthonormal Q, and by how much the first coordinate has
    to be multiplied.
    """
    towards = design.back[place]
    length = float(np.linalg.norm(towards))
    Q = np.linalg.qr((towards / length)[:, None], mode="complete")[0]
    Q[:, 0] = towards / length
    return np.ascontiguousarray(design.patterns @ Q), Q, length


def crossings(fallen: Callable[[float], float], estimate: float, se: float, confidence: float) -> list[float]:
    """Both ends of an interval; nan for one that does not exist, or whose fits do not converge.

    `fallen` says how far the deviance rises where the coefficient is held at a value, nan where that is not known;
    the search begins at the estimate, its first step is the standard error.
    """
    limit = stats.chi2.ppf(confidence, 1)
    found = []
    for sign in (-1, 1):
        step = sign * stats.norm.ppf(0.5 + confidence / 2) * se
        rise, tried = fallen(estimate + step) - limit, 0
        while rise < 0 and tried < FURTHEST:
            step, tried = 2 * step, tried + 1
            rise = fallen(estimate + step) - limit
        if not rise >= 0:
            found.append(np.nan)
            continue
        end = optimize.brentq(lambda share, step=step: fallen(estimate + share * step) - limit, 0, 1, xtol=1e-11)
        found.append(estimate + end * step)
    return found


def profile(design: Design, a: np.ndarray, V: np.ndarray, deviance: float, confidence: float) -> np.ndarray:
    """Ends for every coefficient of X (p x 2), from the estimate `a` in terms of Z and its covariance."""
    found, (_, y, trials) = np.empty((len(a), 2)), design.collapsed()
    for place in range(len(a)):
        W, Q, length = turned(design, place)
        held, rest, spread = W[:, 0].copy(), np.ascontiguousarray(W[:, 1:]), Q.T @ V @ Q
        at, slope = Q.T @ a, spread[1:, 0] / spread[0, 0]

        def fallen(value, held=held, rest=rest, at=at, slope=slope):
            start = at[1:] + slope * (value - at[0])
            for begin in (start, None):
                _, _, raised, converged = engine.fit(rest, y, begin, 100, offset=held * value, trials=trials)
                if converged:
                    return raised - deviance
            return np.nan

        found[place] = length * np.array(crossings(fallen, at[0], np.sqrt(spread[0, 0]), confidence))
    return found
