"""One logistic regression: coefficients, odds ratios with Wald and profile intervals, and how well it fits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from keepsafe.files.disclosure import models
from keepsafe.statistics import diagnostics, engine
from keepsafe.statistics.columns import no_choice, no_confidence, refuse
from keepsafe.statistics.design import Design, make_design

INTERVALS = ("wald", "profile", "none")
COEFFICIENTS = ["column", "predictor", "B", "SE", "Wald", "df", "p", "odds_ratio", "low", "high"]
R_SQUARED = ("cox_snell", "nagelkerke")
CALIBRATION = ("hosmer_lemeshow", "hosmer_lemeshow_df", "hosmer_lemeshow_p")
FIT = ("n", "left_out", "events", "events_per_variable", "deviance", "null_deviance", *R_SQUARED, *CALIBRATION, "auc")
DIGITS = 10  # of a fitted probability: what is compared or ranked is rounded, so that equal cases are equal
MANY = 20_000  # rows beyond which scaled columns are made again where they are asked for, not kept
FURTHEST = 60  # the distance searched doubles this often before an end counts as not there


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression.

    `coefficients`: a row a column of the model: column, predictor, B, SE, Wald, df, p, odds_ratio, low, high.
    `fit`: one row: n, left_out, events, events_per_variable, deviance (-2 log likelihood), null_deviance, cox_snell,
    nagelkerke, hosmer_lemeshow, hosmer_lemeshow_df, hosmer_lemeshow_p, auc. `converged` is False where no finite
    estimates exist (separation); the coefficients are then blank, and `guards` says why and what to do. `interval` and
    `confidence` are what the odds ratios have. `notes` says
    which end of a profile interval is blank because it does not exist, or was not found. Under disclosure control the
    coefficients carry noise and few digits, as `keepsafe.files.disclosure.models` says, intervals are Wald's and
    wider, and of `fit` only rounded numbers of cases are there.
    """

    design: Design = field(repr=False)
    coefficients: pd.DataFrame
    fit: pd.DataFrame
    fitted: np.ndarray = field(repr=False)
    converged: bool
    notes: tuple[str, ...] = ()
    interval: str = "wald"
    confidence: float = 0.95

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
    refuse([*no_choice(("interval", interval, INTERVALS)), *no_confidence(confidence)])
    a, V, deviance, converged = maximum(design)
    b, se = design.of_columns(a, V, converged)
    fitted, ends, notes = special.expit(design.Z @ a), np.full((len(a), 2), np.nan), ()
    n, each = len(design.y), design.rarer / max(len(a) - 1, 1)
    known = {"n": n, "events": design.events, "events_per_variable": each}
    if design.protection:
        known |= {"n": design.n, "events_per_variable": float(f"{each:.2g}")}
        made = {"column": design.columns, "predictor": design.owners, "df": 1}
        coefficients = pd.DataFrame(made | models.printed(b, se, confidence=confidence))[COEFFICIENTS]
    else:
        if interval == "wald":
            ends = b[:, None] + np.outer(se, stats.norm.ppf([0.5 - confidence / 2, 0.5 + confidence / 2]))
        elif interval == "profile" and converged:
            ends = profile(design, a, V, deviance, confidence)
            notes = tuple(
                f"{name}: its {side} end does not exist, or was not found"
                for name, pair in zip(design.columns, ends, strict=True)
                for side, end in zip(("lower", "upper"), pair, strict=True)
                if np.isnan(end)
            )
        forget_scaled(design)
        coefficients = estimates(design, b, se, (b / se) ** 2, ends)
        null = null_deviance(design)
        known |= {"left_out": design.left_out, "deviance": deviance, "null_deviance": null}
        known |= dict(zip(R_SQUARED, r_squared(n, deviance, null), strict=True))
        known |= dict(zip(CALIBRATION, hosmer_lemeshow(design.y, fitted), strict=True))
        known |= {"auc": auc(design.y == 1, design.y != 1, fitted)}
    fit = pd.DataFrame([dict.fromkeys(FIT, np.nan) | known])
    made = "wald" if design.protection else interval
    return LogisticFit(design, coefficients, fit, fitted, converged, notes, made, confidence)


def maximum(design: Design) -> tuple[np.ndarray, np.ndarray, float, bool]:
    """`engine.fit` of a design; where columns fix one another, an InputError that names them."""
    found = engine.fit(design.Z, design.y)
    if np.isnan(found[1]).any():
        diagnostics.stop_at(diagnostics.guards(design), design.outcome)
    return found


def forget_scaled(design: Design) -> None:
    """Scaled columns of many rows are let go: made again where they are asked for, not kept."""
    if len(design.y) > MANY:
        vars(design).pop("Z", None)


def estimates(design: Design, b: np.ndarray, se: np.ndarray, chi2: np.ndarray, ends: np.ndarray) -> pd.DataFrame:
    """A row a column of the model: its coefficient, the test that it is 0, its odds ratio and the ends of that."""
    with np.errstate(over="ignore"):  # an odds ratio beyond all numbers is infinite
        odds = np.exp(np.column_stack([b, ends]))
    values = design.columns, design.owners, b, se, chi2, 1, stats.chi2.sf(chi2, 1), *odds.T
    return pd.DataFrame(dict(zip(COEFFICIENTS, values, strict=True)))


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


def crossings(fallen: Callable[[float], float], estimate: float, se: float, confidence: float) -> list[float]:
    """Both ends of an interval; nan for one that does not exist, or whose fits do not converge.

    `fallen` says how far the deviance rises where the coefficient is held at a value, nan where that is not known;
    the search begins at the estimate, its first step is the standard error.
    """
    limit = stats.chi2.ppf(confidence, 1)

    def beyond(share, step):
        return fallen(estimate + share * step) - limit

    found = []
    for sign in (-1, 1):
        step = sign * stats.norm.ppf(0.5 + confidence / 2) * se
        for _ in range(FURTHEST + 1):
            rise = beyond(1, step)
            if not rise < 0:
                break
            step *= 2
        found.append(estimate + step * (optimize.brentq(beyond, 0, 1, (step,), xtol=1e-11) if rise >= 0 else np.nan))
    return found


def profiles(design: Design, a: np.ndarray, V: np.ndarray, fallen: Callable, confidence: float) -> Iterator[tuple]:
    """Of each coefficient of X its estimate, SE and the ends of its interval, and how far it falls held at a value.

    Each is looked at in coordinates W = Z Q (a row a covariate pattern, Q orthonormal) of which it is the first, but
    for a factor that comes first in the tuple; so the rest stay well apart. `a` and `V` are the estimate in terms of Z
    and its covariance; `fallen` takes W, the value, and where all coordinates may start.
    """
    for towards in design.back:
        length = float(np.linalg.norm(towards))
        Q = np.linalg.qr((towards / length)[:, None], mode="complete")[0]
        Q[:, 0] = towards / length
        W, at, spread = np.ascontiguousarray(design.patterns @ Q), Q.T @ a, Q.T @ V @ Q
        slope, se = np.r_[1.0, spread[1:, 0] / spread[0, 0]], float(np.sqrt(spread[0, 0]))

        def held(value, W=W, at=at, slope=slope):
            return fallen(W, value, at + slope * (value - at[0]))

        yield length, at[0], se, crossings(held, at[0], se, confidence), held


def profile(design: Design, a: np.ndarray, V: np.ndarray, deviance: float, confidence: float) -> np.ndarray:
    """Ends for every coefficient of X (p x 2), from the estimate `a` in terms of Z and its covariance."""
    (_, y, trials), free = design.collapsed(), np.arange(1, len(a))

    def fallen(W, value, start):
        for begin in (start[1:], np.zeros(len(free))):
            offset = value * W[:, 0]
            _, _, raised, found = engine.fit_columns(W, y, trials, free, begin, offset, 100, engine.EXACT)
            if found:
                return raised - deviance
        return np.nan

    return np.array([length * np.array(ends) for length, _, _, ends, _ in profiles(design, a, V, fallen, confidence)])
