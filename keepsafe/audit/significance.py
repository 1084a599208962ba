"""p-values of many 2x2 tables at once, and of two means: the tests that a marker may rest on."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

TESTS = ("pearson", "yates", "likelihood_ratio", "fisher")

#: p-values that a printed marker or word claims, the upper end left out.
MARKED = {"***": (0.0, 0.001), "**": (0.001, 0.01), "*": (0.01, 0.05), "†": (0.05, 0.10), "": (0.10, 1.01)}
WORDED = {"significant": (0.0, 0.05), "marginal": (0.05, 0.10), "none": (0.05, 1.01)}


def p_values(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike) -> dict[str, np.ndarray]:
    """Two-sided p of k1 of n1 against k2 of n2 by Pearson, Yates, likelihood ratio and Fisher.

    Returns
    -------
    One array a test; 1 where a row or column of the table is empty.

    Examples
    --------
    >>> {test: round(float(p), 4) for test, p in p_values(42, 69, 101, 136).items()}
    {'pearson': 0.0485, 'yates': 0.07, 'likelihood_ratio': 0.0508, 'fisher': 0.0547}
    """
    k1, n1, k2, n2 = np.broadcast_arrays(*(np.asarray(x, float) for x in (k1, n1, k2, n2)))
    n, k = n1 + n2, k1 + k2
    determinant = np.abs(k1 * (n2 - k2) - k2 * (n1 - k1))
    margins = n1 * n2 * k * (n - k)
    empty = margins <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = n * determinant**2 / margins
        yates = n * np.maximum(determinant - n / 2, 0) ** 2 / margins
        cells = (k1, n1 - k1, k2, n2 - k2)
        expected = (n1 * k / n, n1 * (n - k) / n, n2 * k / n, n2 * (n - k) / n)
        ratio = 2 * sum(special.xlogy(a, a / e) for a, e in zip(cells, expected, strict=True))
    found = {
        test: special.chdtrc(1, np.where(empty, 0, np.maximum(x, 0)))
        for test, x in (("pearson", pearson), ("yates", yates), ("likelihood_ratio", ratio))
    }
    return found | {"fisher": np.where(empty, 1.0, _fisher(k1, n1, k2, n2))}


def _fisher(k1: np.ndarray, n1: np.ndarray, k2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    """Fisher's exact test: the tables no more likely than the one seen."""
    shape = np.shape(k1)
    k1, n1, k2, n2 = (np.atleast_1d(x).ravel()[:, None] for x in (k1, n1, k2, n2))
    k = k1 + k2
    low = np.maximum(0, k - n2)
    a = low + np.arange(int((np.minimum(k, n1) - low).max(initial=0)) + 1)
    inside = a <= np.minimum(k, n1)
    a = np.where(inside, a, low)

    def log_choose(n, r):
        return special.gammaln(n + 1) - special.gammaln(r + 1) - special.gammaln(n - r + 1)

    log_p = log_choose(n1, a) + log_choose(n2, k - a) - log_choose(n1 + n2, k)
    seen = log_choose(n1, k1) + log_choose(n2, k2) - log_choose(n1 + n2, k)
    p = np.where(inside & (log_p <= seen + 1e-7), np.exp(log_p), 0).sum(axis=1)
    return np.minimum(p, 1.0).reshape(shape)


def p_between(low1, high1, n1, low2, high2, n2) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The smallest and largest p when each count is only known between two numbers.

    The farther apart the proportions, the smaller p, so the ends are at the corners; where equal proportions
    are possible the largest p is 1.
    """
    corners = [p_values(a, n1, b, n2) for a in (low1, high1) for b in (low2, high2)]
    n1, n2 = np.asarray(n1, float), np.asarray(n2, float)
    wide = (np.asarray(low1) < np.asarray(high1)) | (np.asarray(low2) < np.asarray(high2))
    meet = wide & (low1 / n1 <= high2 / n2) & (low2 / n2 <= high1 / n1)
    found = {}
    for test in TESTS:
        p = np.stack([corner[test] for corner in corners])
        found[test] = p.min(axis=0), np.where(meet, 1.0, p.max(axis=0))
    return found


def p_of_levels(table: np.ndarray) -> dict[str, float]:
    """p of a table of levels by two groups: Pearson and likelihood ratio.

    Examples
    --------
    >>> {test: round(p, 4) for test, p in p_of_levels([[38, 9], [88, 57]]).items()}
    {'pearson': 0.0114, 'likelihood_ratio': 0.0088}
    """
    table = np.asarray(table, float)
    table = table[table.sum(axis=1) > 0]
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = {
        "pearson": ((table - expected) ** 2 / expected).sum(),
        "likelihood_ratio": 2 * special.xlogy(table, table / expected).sum(),
    }
    return {test: float(special.chdtrc(len(table) - 1, x)) for test, x in statistic.items()}


def p_of_means(mean1, sd1, n1, mean2, sd2, n2) -> dict[str, tuple[float, float]]:
    """The smallest and largest two-sided p by Student's t and Welch's, over the rounding of means and SDs.

    Parameters
    ----------
    mean1, sd1, mean2, sd2 : pairs (low, high), as `keepsafe.printed.possible_values` gives them.

    Examples
    --------
    >>> p_of_means((7.15, 7.25), (7.75, 7.85), 136, (13.45, 13.55), (11.55, 11.65), 69)["welch"][1] < 0.001
    True
    """
    gaps = (abs(mean2[0] - mean1[1]), abs(mean2[1] - mean1[0]))
    crossing = mean1[0] <= mean2[1] and mean2[0] <= mean1[1]
    found = {}
    for test in ("t", "welch"):
        p = []
        for gap, s1, s2 in ((max(gaps), sd1[0], sd2[0]), (0.0 if crossing else min(gaps), sd1[1], sd2[1])):
            v1, v2 = s1**2 / n1, s2**2 / n2
            if test == "t":
                df = n1 + n2 - 2
                error = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df * (1 / n1 + 1 / n2))
            else:
                df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
                error = np.sqrt(v1 + v2)
            p.append(float(2 * special.stdtr(df, -gap / error)))
        found[test] = p[0], p[1]
    return found
