"""Estimates with their confidence intervals: proportions, means, differences, ratios, associations.

An estimate lies within its own interval. Where data say nothing of their spread the interval is blank, not of width 0.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

LARGE_T = 1000.0  # beyond it the non-central t takes minutes, and digits are lost
FURTHEST = 1e-12, 1e12  # ratios between which a limit is looked for

ENDS = ("", "_low", "_high")  # of the names of an estimate and its limits

Interval = tuple[np.ndarray, np.ndarray]
Estimate = tuple[np.ndarray, np.ndarray, np.ndarray]


def spread_out(made: Mapping[str, Iterable]) -> dict:
    """Each measure's estimate and limits under names of their own."""
    return {name + end: each for name, three in made.items() for end, each in zip(ENDS, three, strict=True)}


def wilson(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927), by statsmodels; blank where n is 0, or k is no count of n.

    >>> low, high = wilson(54, 205)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.208 to 0.328
    """
    k, n = np.asarray(k, float), _positive(n)
    k = np.where((k >= 0) & (k <= n), k, np.nan)
    return _around(k / n, *proportion_confint(k, n, alpha=1 - confidence, method="wilson"))[1:]


def mean_interval(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Interval:
    """Student's t interval of a mean; blank below two cases, and where all values are the same.

    >>> low, high = mean_interval(9.3, 9.7, 205)
    >>> print(f"{low:.2f} to {high:.2f}")
    7.96 to 10.64
    """
    n = _positive(n, 2)
    half = stats.t.ppf(0.5 + confidence / 2, n - 1) * _spread(sd) / np.sqrt(n)
    return mean - half, mean + half


def risk_difference(k1, n1, k0, n0, confidence: float = 0.95) -> Estimate:
    """Difference of two proportions, first less second, with Newcombe's (1998) hybrid score interval.

    >>> print("{:.3f} ({:.3f} to {:.3f})".format(*risk_difference(36, 54, 75, 151)))
    0.170 (0.015 to 0.306)
    """
    k1, n1, k0, n0 = _counts(k1, n1, k0, n0)
    low, high = confint_proportions_2indep(k1, n1, k0, n0, "newcomb", "diff", 1 - confidence)
    return _around(k1 / n1 - k0 / n0, low, high)


def risk_ratio(k1, n1, k0, n0, confidence: float = 0.95) -> Estimate:
    """Ratio of two proportions, with the log interval (Katz 1978), or Koopman's (1984) score interval at empty cells.

    Events and cases of the first group and of the second, to which it is compared, are arrays. The ratio is 0 where
    only the first group has no event, and infinite where only the second has none, with an interval that is open to
    that side; all are blank where neither has one.

    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*risk_ratio(36, 54, 75, 151)))
    1.34 (1.05 to 1.72)
    """
    return _ratio("ratio", "log", _risk_score, _counts(k1, n1, k0, n0), confidence)


def odds_ratio(k1, n1, k0, n0, confidence: float = 0.95) -> Estimate:
    """Odds ratio, with the logit interval (Woolf 1955), or the score interval (Cornfield 1956) at empty cells.

    Parameters and what comes back are those of `risk_ratio`. The score interval holds the odds ratios that Pearson's
    chi-square, without continuity correction, does not reject.

    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*odds_ratio(36, 54, 75, 151)))
    2.03 (1.06 to 3.88)
    """
    return _ratio("odds-ratio", "logit", _odds_score, _counts(k1, n1, k0, n0), confidence)


def mean_difference(mean1, sd1, n1, mean0, sd0, n0, pooled: bool = True, confidence: float = 0.95) -> Estimate:
    """Difference of two means, first less second, with Student's (pooled) or Welch's interval.

    The interval is blank below two cases in a group, and where there is no spread in either.
    """
    n1, n0 = _positive(n1, 2), _positive(n0, 2)
    v1, v0 = np.asarray(sd1, float) ** 2 / n1, np.asarray(sd0, float) ** 2 / n0
    if pooled:
        error, df = _pooled_sd(sd1, n1, sd0, n0) * np.sqrt(1 / n1 + 1 / n0), n1 + n0 - 2
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            error, df = np.sqrt(v1 + v0), (v1 + v0) ** 2 / (v1**2 / (n1 - 1) + v0**2 / (n0 - 1))
    difference = np.asarray(mean1, float) - mean0
    half = stats.t.ppf(0.5 + confidence / 2, df) * _spread(error)
    return difference, difference - half, difference + half


def standardised_mean_difference(mean1, sd1, n1, mean0, sd0, n0, confidence: float = 0.95) -> Estimate:
    """Cohen's d (pooled SD), with the exact interval of the non-central t (Steiger and Fouladi 1997).

    >>> d = standardised_mean_difference(13.5, 11.6, 69, 7.2, 7.8, 136)
    >>> print("{:.2f} ({:.2f} to {:.2f})".format(*d))
    0.68 (0.38 to 0.98)
    """
    n1, n0 = _positive(n1, 2), _positive(n0, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = (np.asarray(mean1, float) - mean0) / _pooled_sd(sd1, n1, sd0, n0)
    d = np.where(np.isfinite(d), d, np.nan)
    scale, tail = np.sqrt(1 / n1 + 1 / n0), (1 - confidence) / 2
    t, df, limits = d / scale, n1 + n0 - 2, []
    for q in (1 - tail, tail):
        exact = special.nctdtrinc(df, q, np.clip(t, -LARGE_T, LARGE_T)) * scale
        far = d * np.sqrt(special.chdtri(df, np.where(t > 0, q, 1 - q)) / df)  # all that is left is the SD's own error
        limits.append(np.where(np.abs(t) > LARGE_T, far, exact))
    return _around(d, *limits)


def cramers_v(statistic, df, n, smaller, confidence: float = 0.95) -> Estimate:
    """Cramer's V from Pearson's chi-square, with the interval of the non-central chi-square (Steiger 2004).

    The chi-square is without continuity correction; `n` counts the cases of the table, `smaller` its rows or columns,
    whichever are fewer. The limits invert the distribution, sqrt(ncp / (n (smaller - 1))), and are held within 0 and 1:
    the lower one is 0 wherever the one-sided p-value exceeds (1 - confidence) / 2. V itself is too high on average, the
    more so the more cells there are for the cases. Where it is above the upper limit, that limit allows for how rare so
    small a statistic is without any association (Read 2002), and is V at least.
    """
    statistic, df = np.asarray(statistic, float), np.asarray(df, float)
    scale, tail = n * (np.asarray(smaller, float) - 1), (1 - confidence) / 2
    v, below = np.minimum(np.sqrt(statistic / scale), 1), special.chdtr(df, statistic)
    low, high = (_v_at(statistic, df, scale, q, below) for q in (1 - tail, tail))
    share = np.where(statistic > 1e-9, below, 1.0)
    with np.errstate(divide="ignore"):
        wide = np.where(
            statistic > 1e-9,
            _v_at(statistic, df, scale, tail * share, below),
            np.sqrt(np.minimum(-2 * np.log(tail) / scale, 1)),
        )
    return _around(v, low, np.where(high > v, high, wide))


def _v_at(statistic, df, scale, q, below) -> np.ndarray:
    """The V at which a chi-square as small as the statistic has probability q; 0 where it is rarer without any."""
    ncp = np.where(below > q, special.chndtrinc(statistic, df, q), 0.0)
    return np.where(np.isnan(statistic), np.nan, np.sqrt(np.minimum(ncp / scale, 1)))


def _ratio(compare: str, method: str, score: Callable, counts: list[np.ndarray], confidence: float) -> Estimate:
    """A ratio with its interval on the log scale, or at empty cells by inverting the score test."""
    k1, n1, k0, n0 = counts
    empty = (k1 == 0) | (k1 == n1) | (k0 == 0) | (k0 == n0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p0 = k1 / n1, k0 / n0
        estimate = p1 / p0 if compare == "ratio" else p1 * (1 - p0) / ((1 - p1) * p0)
        low, high = map(np.array, confint_proportions_2indep(*counts, method, compare, 1 - confidence))
        if empty.any():
            rare = [count[empty] for count in counts]
            low[empty], high[empty] = _score_limits(estimate[empty], score, rare, confidence)
    return _around(estimate, low, high)


def _score_limits(estimate: np.ndarray, score: Callable, counts: list[np.ndarray], confidence: float) -> Interval:
    """The ratios at which the score chi-square reaches its quantile, by halving on the log scale."""
    limit = stats.chi2.ppf(confidence, 1)
    inside = np.log(np.clip(estimate, *FURTHEST))
    found = []
    for outside in np.log(FURTHEST):
        near, far = inside, np.full_like(inside, outside)
        for _ in range(60):
            middle = (near + far) / 2
            over = score(np.exp(middle), *counts) > limit
            near, far = np.where(over, near, middle), np.where(over, middle, far)
        found.append(np.where(np.isnan(estimate), np.nan, np.exp(near)))
    return np.where(estimate == 0, 0.0, found[0]), np.where(np.isposinf(estimate), np.inf, found[1])


def _risk_score(ratio, k1, n1, k0, n0) -> np.ndarray:
    """Koopman's chi-square of a ratio of proportions, with those of greatest likelihood that have this ratio."""
    a, b, c = (n1 + n0) * ratio, n1 * ratio + k1 + n0 + k0 * ratio, k1 + k0
    p0 = np.minimum(2 * c / (b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0))), 1)
    p1 = np.minimum(ratio * p0, 1)
    return (k1 / n1 - ratio * k0 / n0) ** 2 / (p1 * (1 - p1) / n1 + ratio**2 * p0 * (1 - p0) / n0)


def _odds_score(ratio, k1, n1, k0, n0) -> np.ndarray:
    """Pearson's chi-square of an odds ratio, with the proportions of greatest likelihood that have this odds ratio."""
    a, b, c = n0 * (ratio - 1), n1 * ratio + n0 - (k1 + k0) * (ratio - 1), k1 + k0
    p0 = 2 * c / (b + np.sqrt(np.maximum(b**2 + 4 * a * c, 0)))
    p1 = ratio * p0 / (1 + p0 * (ratio - 1))
    return (k1 - n1 * p1) ** 2 * (1 / (n1 * p1 * (1 - p1)) + 1 / (n0 * p0 * (1 - p0)))


def _around(estimate: np.ndarray, low: np.ndarray, high: np.ndarray) -> Estimate:
    """An estimate with its limits; where a last digit, or a low confidence, puts it outside them they reach to it."""
    known = ~np.isnan(estimate)
    blank = np.where(known, 0.0, np.nan)
    return estimate, np.minimum(low, estimate) + blank, np.maximum(high, estimate) + blank


def _spread(error: ArrayLike) -> np.ndarray:
    """A standard deviation or error; blank where it is 0: equal values say nothing of how far others would lie."""
    error = np.asarray(error, float)
    return np.where(error > 0, error, np.nan)


def _counts(*counts: ArrayLike) -> list[np.ndarray]:
    k1, n1, k0, n0 = np.broadcast_arrays(*(np.asarray(count, float) for count in counts))
    k1, k0 = (np.where((k >= 0) & (k <= n), k, np.nan) for k, n in ((k1, n1), (k0, n0)))
    return [k1, _positive(n1), k0, _positive(n0)]


def _positive(n: ArrayLike, least: int = 1) -> np.ndarray:
    n = np.asarray(n, float)
    return np.where(n >= least, n, np.nan)


def _pooled_sd(sd1, n1, sd0, n0) -> np.ndarray:
    squares = (n1 - 1) * np.asarray(sd1, float) ** 2 + (n0 - 1) * np.asarray(sd0, float) ** 2
    return np.sqrt(squares / (n1 + n0 - 2))
