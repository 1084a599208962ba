"""Estimates with their confidence intervals: proportions, means, differences, ratios, associations."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

Interval = tuple[np.ndarray, np.ndarray]
Estimate = tuple[np.ndarray, np.ndarray, np.ndarray]


def wilson(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927), by statsmodels.

    Parameters
    ----------
    k, n : counts of events and of cases; arrays of one shape.
    confidence : between 0 and 1.

    Returns
    -------
    Lower and upper limit as proportions; blank where n is 0.

    Examples
    --------
    >>> low, high = wilson(54, 205)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.208 to 0.328
    """
    k, n = np.asarray(k, float), _positive(n)
    return proportion_confint(k, n, alpha=1 - confidence, method="wilson")


def mean_interval(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Interval:
    """Student's t interval of a mean; blank below two cases.

    Examples
    --------
    >>> low, high = mean_interval(9.3, 9.7, 205)
    >>> print(f"{low:.2f} to {high:.2f}")
    7.96 to 10.64
    """
    n = _positive(n, 2)
    half = stats.t.ppf(0.5 + confidence / 2, n - 1) * np.asarray(sd, float) / np.sqrt(n)
    return mean - half, mean + half


def risk_difference(k1, n1, k0, n0, confidence: float = 0.95) -> Estimate:
    """Difference of two proportions, first less second, with Newcombe's (1998) hybrid score interval.

    Examples
    --------
    >>> print("{:.3f} ({:.3f} to {:.3f})".format(*risk_difference(36, 54, 75, 151)))
    0.170 (0.015 to 0.306)
    """
    k1, n1, k0, n0 = _counts(k1, n1, k0, n0)
    low, high = confint_proportions_2indep(k1, n1, k0, n0, "newcomb", "diff", 1 - confidence)
    return k1 / n1 - k0 / n0, low, high


def risk_ratio(k1, n1, k0, n0, confidence: float = 0.95) -> Estimate:
    """Ratio of two proportions with the log interval (Katz 1978); a half is added where a cell is empty.

    Examples
    --------
    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*risk_ratio(36, 54, 75, 151)))
    1.34 (1.05 to 1.72)
    """
    return _ratio(lambda p1, p0: p1 / p0, "ratio", "log", _counts(k1, n1, k0, n0), confidence)


def odds_ratio(k1, n1, k0, n0, confidence: float = 0.95) -> Estimate:
    """Odds ratio with the logit interval (Woolf 1955); a half is added (Gart 1966) where a cell is empty.

    Examples
    --------
    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*odds_ratio(36, 54, 75, 151)))
    2.03 (1.06 to 3.88)
    """
    odds = lambda p: p / (1 - p)  # noqa: E731
    return _ratio(
        lambda p1, p0: odds(p1) / odds(p0), "odds-ratio", "logit", _counts(k1, n1, k0, n0), confidence
    )


def mean_difference(
    mean1, sd1, n1, mean0, sd0, n0, pooled: bool = True, confidence: float = 0.95
) -> Estimate:
    """Difference of two means, first less second, with Student's (pooled) or Welch's interval."""
    n1, n0 = _positive(n1, 2), _positive(n0, 2)
    v1, v0 = np.asarray(sd1, float) ** 2 / n1, np.asarray(sd0, float) ** 2 / n0
    if pooled:
        error, df = _pooled_sd(sd1, n1, sd0, n0) * np.sqrt(1 / n1 + 1 / n0), n1 + n0 - 2
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            error, df = np.sqrt(v1 + v0), (v1 + v0) ** 2 / (v1**2 / (n1 - 1) + v0**2 / (n0 - 1))
    difference = np.asarray(mean1, float) - mean0
    half = stats.t.ppf(0.5 + confidence / 2, df) * error
    return difference, difference - half, difference + half


def standardised_mean_difference(mean1, sd1, n1, mean0, sd0, n0, confidence: float = 0.95) -> Estimate:
    """Cohen's d (pooled SD), with the exact interval of the non-central t (Steiger and Fouladi 1997).

    Examples
    --------
    >>> d = standardised_mean_difference(13.5, 11.6, 69, 7.2, 7.8, 136)
    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*d))
    0.68 (0.38 to 0.98)
    """
    n1, n0 = _positive(n1, 2), _positive(n0, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = (np.asarray(mean1, float) - mean0) / _pooled_sd(sd1, n1, sd0, n0)
    d = np.where(np.isfinite(d), d, np.nan)
    scale, tail = np.sqrt(1 / n1 + 1 / n0), (1 - confidence) / 2
    low, high = (special.nctdtrinc(n1 + n0 - 2, q, d / scale) * scale for q in (1 - tail, tail))
    return d, low, high


def cramers_v(statistic, df, n, smaller, confidence: float = 0.95) -> Estimate:
    """Cramer's V from Pearson's chi-square, with the interval of the non-central chi-square (Steiger 2004).

    Parameters
    ----------
    statistic, df : Pearson's chi-square without continuity correction, and its degrees of freedom.
    n, smaller : cases in the table, and the smaller of its numbers of rows and columns.

    Notes
    -----
    The limits invert the distribution, sqrt(ncp / (n (smaller - 1))), and are held within 0 and 1: the lower
    one is 0 wherever the one-sided p-value exceeds (1 - confidence) / 2.
    """
    statistic, scale, tail = (
        np.asarray(statistic, float),
        n * (np.asarray(smaller, float) - 1),
        (1 - confidence) / 2,
    )
    limits = []
    for q in (1 - tail, tail):
        attainable = special.chdtr(df, statistic) > q  # else no non-centrality is small enough
        ncp = np.where(attainable, special.chndtrinc(statistic, df, q), 0.0)
        limits.append(np.where(np.isnan(statistic), np.nan, np.sqrt(np.minimum(ncp / scale, 1))))
    return np.sqrt(statistic / scale), limits[0], limits[1]


def _ratio(
    measure: Callable, compare: str, method: str, counts: list[np.ndarray], confidence: float
) -> Estimate:
    k1, n1, k0, n0 = counts
    empty = (k1 == 0) | (k1 == n1) | (k0 == 0) | (k0 == n0)
    with np.errstate(divide="ignore", invalid="ignore"):
        plain, adjusted = (
            confint_proportions_2indep(*counts, name, compare, 1 - confidence)
            for name in (method, f"{method}-adjusted")
        )
        estimate = measure(k1 / n1, k0 / n0)
    return estimate, np.where(empty, adjusted[0], plain[0]), np.where(empty, adjusted[1], plain[1])


def _counts(*counts: ArrayLike) -> list[np.ndarray]:
    k1, n1, k0, n0 = np.broadcast_arrays(*(np.asarray(count, float) for count in counts))
    return [k1, _positive(n1), k0, _positive(n0)]


def _positive(n: ArrayLike, least: int = 1) -> np.ndarray:
    n = np.asarray(n, float)
    return np.where(n >= least, n, np.nan)


def _pooled_sd(sd1, n1, sd0, n0) -> np.ndarray:
    squares = (n1 - 1) * np.asarray(sd1, float) ** 2 + (n0 - 1) * np.asarray(sd0, float) ** 2
    return np.sqrt(squares / (n1 + n0 - 2))
