"""p-values recomputed: of counts, of means with their SDs, of test statistics; with the rounding carried through."""

from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from keepsafe.audit.arithmetic import distance, spread_between, whole_numbers
from keepsafe.audit.means import Moments

NAMES = {
    "pearson": "Pearson",
    "yates": "Yates",
    "likelihood_ratio": "likelihood ratio",
    "fisher": "Fisher",
    "t": "Student's t",
    "welch": "Welch's t",
    "anova": "ANOVA",
    "welch anova": "Welch's ANOVA",
}
ONE_SIDED = "a one-sided test"
HALF = 0.5  # of the cases at least, for a p that fewer cases would give
FEWEST_DF = 5  # of a t whose degrees of freedom are not printed
TESTS = ("pearson", "yates", "likelihood_ratio", "fisher")


def p_values(k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike) -> dict[str, np.ndarray]:
    """Two-sided p of k1 of n1 against k2 of n2 by Pearson, Yates, likelihood ratio and Fisher.

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


def _log_choose(n, k):
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


def _fisher(k1: np.ndarray, n1: np.ndarray, k2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    """Fisher's exact test: the tables no more likely than the one seen."""
    shape = np.shape(k1)
    k1, n1, k2, n2 = (np.atleast_1d(x).ravel()[:, None] for x in (k1, n1, k2, n2))
    k = k1 + k2
    low = np.maximum(0, k - n2)
    a = low + np.arange(int((np.minimum(k, n1) - low).max(initial=0)) + 1)
    inside = a <= np.minimum(k, n1)
    a = np.where(inside, a, low)
    log_p = _log_choose(n1, a) + _log_choose(n2, k - a) - _log_choose(n1 + n2, k)
    seen = _log_choose(n1, k1) + _log_choose(n2, k2) - _log_choose(n1 + n2, k)
    p = np.where(inside & (log_p <= seen + 1e-7), np.exp(log_p), 0).sum(axis=1)
    return np.minimum(p, 1.0).reshape(shape)


def fisher_one_sided(k1: int, n1: int, k2: int, n2: int) -> tuple[float, float]:
    """Fisher's exact test to either side: as few as seen among the first, or fewer; as many, or more.

    >>> [round(p, 4) for p in fisher_one_sided(95, 102, 39, 41)]
    [0.4958, 0.7883]
    """
    k = k1 + k2
    a = np.arange(max(0, k - n2), min(k, n1) + 1)
    p = np.exp(_log_choose(n1, a) + _log_choose(n2, k - a) - _log_choose(n1 + n2, k))
    return float(min(p[a <= k1].sum(), 1)), float(min(p[a >= k1].sum(), 1))


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
    """P of a table of levels by groups: Pearson and likelihood ratio."""
    found = chi_squares(table)
    return {test: float(special.chdtrc(found[test][1], found[test][0])) for test in ("pearson", "likelihood_ratio")}


def chi_squares(table: np.ndarray) -> dict[str, tuple[float, int]]:
    """Pearson's and the likelihood-ratio statistic of a table with their degrees of freedom; Yates's of a 2 x 2 one."""
    table = np.asarray(table, float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    if df < 1:
        return dict.fromkeys(("pearson", "likelihood_ratio"), (0.0, 1))
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    gap = np.abs(table - expected)
    found = {
        "pearson": (float((gap**2 / expected).sum()), df),
        "likelihood_ratio": (float(2 * special.xlogy(table, table / expected).sum()), df),
    }
    if df == 1:
        found["yates"] = float((np.maximum(gap - 0.5, 0) ** 2 / expected).sum()), df
    return found


def p_exact(table: np.ndarray, most: int = 1_000_000) -> float | None:
    """P of Fisher's exact test (Freeman and Halton 1951) by every table of the same margins; None where too many."""
    table = np.asarray(table, int)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if table.shape[0] < table.shape[1]:
        table = table.T
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if len(columns) < 2:
        return 1.0
    log_p, left = np.zeros(1), columns[None, :]  # what is left of each column, table by table
    for row in rows[:-1]:
        still = np.full(len(left), row)  # of the row, for the columns to come
        for column in range(len(columns) - 1):
            least = np.maximum(still - left[:, column + 1 :].sum(axis=1), 0)
            many = np.maximum(np.minimum(left[:, column], still) - least + 1, 0)
            if many.sum() > most:
                return None
            at, k = whole_numbers(least, many)
            left, log_p, still = left[at], log_p[at] - special.gammaln(k + 1), still[at] - k
            left[:, column] -= k
        left[:, -1] -= still
        log_p = log_p - special.gammaln(still + 1)
    log_p = log_p - special.gammaln(left + 1).sum(axis=1)
    seen = -special.gammaln(table + 1).sum()
    weight = np.exp(log_p - log_p.max())
    return float(min(weight[log_p <= seen + 1e-7].sum() / weight.sum(), 1.0))


def p_ordered(table: np.ndarray) -> dict[str, float]:
    """P of levels in their order against groups: rank sums (normal approximation) and the linear trend."""
    table = np.asarray(table, float)
    levels, groups = table.sum(axis=1), table.sum(axis=0)
    n = table.sum()
    rank = np.cumsum(levels) - levels + (levels + 1) / 2
    ties = 1 - (levels**3 - levels).sum() / (n**3 - n)
    found = {}
    if ties > 0 and (groups > 0).all():
        h = (12 / (n * (n + 1)) * ((rank @ table) ** 2 / groups).sum() - 3 * (n + 1)) / ties
        found["rank sums"] = float(special.chdtrc(len(groups) - 1, max(h, 0)))
        if len(groups) == 2:
            gap = abs(rank @ table[:, 0] - groups[0] * (n + 1) / 2)
            error = np.sqrt(groups.prod() * (n + 1) / 12 * ties)
            found["rank sums, corrected"] = float(2 * special.ndtr(-max(gap - 0.5, 0) / error))
        x, y = np.arange(len(levels)), np.arange(len(groups))
        at = table / n
        mean_x, mean_y = (at.sum(axis=1) * x).sum(), (at.sum(axis=0) * y).sum()
        both = ((x - mean_x)[:, None] * (y - mean_y) * at).sum()
        spread = (at.sum(axis=1) * (x - mean_x) ** 2).sum() * (at.sum(axis=0) * (y - mean_y) ** 2).sum()
        if spread > 0:
            found["linear trend"] = float(special.chdtrc(1, (n - 1) * both**2 / spread))
    return found


def p_of_means(mean1, sd1, n1, mean2, sd2, n2) -> dict[str, tuple[float, float]]:
    """The smallest and largest two-sided p by Student's t and Welch's, over the rounding of means and SDs."""
    found = f_of_means((mean1, mean2), (sd1, sd2), (n1, n2))
    return {test: (p_of_f(*most), p_of_f(*least)) for test, (least, most) in found.items()}


def f_of_means(means, sds, sizes) -> dict[str, tuple[tuple, ...]]:
    """The smallest and largest F of groups' means, by ANOVA ('t') and Welch's ('welch'), over their rounding."""
    n, k = np.asarray(sizes, float), len(sizes)
    sds = np.maximum(np.asarray(sds, float), 0)
    between = spread_between(means, sizes)
    df = k - 1, n.sum() - k
    with np.errstate(divide="ignore", invalid="ignore"):
        within = ((n - 1)[:, None] * sds**2).sum(axis=0) / df[1]
        plain = [(np.divide(between[end] / df[0], within[1 - end]), *df) for end in (0, 1)]
        welch = [_welch(means, sds, n, end) for end in (0, 1)]
    return {"t": tuple(plain), "welch": tuple(welch)}


def _welch(means, sds, n, end) -> tuple:
    """Welch's F at its least (end 0) or most (1): of two groups over corners of the SDs, for its df moves with them."""
    tried, k = [], len(n)
    for pick in np.ndindex(2, 2) if k == 2 else [(1 - end,) * k]:
        w = n / sds[np.arange(k), list(pick)] ** 2
        if not np.isfinite(w).all():
            return np.inf if spread_between(means, n)[end] > 0 else np.nan, k - 1, n.sum() - k
        a = ((1 - w / w.sum()) ** 2 / (n - 1)).sum()
        f = spread_between(means, w)[end] / (k - 1) / (1 + 2 * (k - 2) / (k**2 - 1) * a)
        tried.append((f, k - 1, (k**2 - 1) / (3 * a)))
    order = sorted(tried, key=lambda each: p_of_f(*each))
    return order[0] if end else order[-1]


def welch_df(sds, sizes) -> tuple[float, float]:
    """The fewest and most degrees of freedom (the last) of Welch's test, over what the SDs can be."""
    n = np.asarray(sizes, float)
    sds = np.maximum(np.asarray(sds, float), 1e-12)
    corners = np.array(list(product(*sds))) if len(n) <= 8 else sds.T
    w = n / corners**2
    a = ((1 - w / w.sum(axis=1, keepdims=True)) ** 2 / (n - 1)).sum(axis=1)
    found = (len(n) ** 2 - 1) / (3 * a)
    most, ratio = found.max(), sds**2 / (n * (n - 1))[:, None]
    if len(n) == 2 and ratio[0][0] <= ratio[1][1] and ratio[1][0] <= ratio[0][1]:
        most = max(most, n.sum() - 2)  # squares of the SDs in this ratio give the most
    return float(found.min()), float(most)


def p_of_f(f: float, df1: float, df2: float) -> float:
    """P of an F with its degrees of freedom; 0 of an infinite one, 1 where there is none."""
    return 1.0 if np.isnan(f) else 0.0 if np.isinf(f) else float(special.fdtrc(df1, df2, max(f, 0)))


def p_of_statistic(name: str, low: float, high: float, df: tuple[float, ...]) -> tuple[float, float]:
    """The smallest and largest two-sided p of a test statistic (t, F, chi2, z, r) between two values.

    >>> [round(p, 4) for p in p_of_statistic("t", 2.375, 2.385, (43,))]
    [0.0216, 0.0221]
    """
    near, far = distance((low, high))
    if name == "r":
        far, near = (abs(r) * np.sqrt(df[0] / max(1 - r * r, 1e-12)) for r in (min(far, 1), min(near, 1)))
    p = {
        "t": lambda x: 2 * special.stdtr(df[0], -x),
        "r": lambda x: 2 * special.stdtr(df[0], -x),
        "z": lambda x: 2 * special.ndtr(-x),
        "chi2": lambda x: special.chdtrc(df[0], x),
        "F": lambda x: special.fdtrc(df[0], df[1], x),
    }[name]
    return float(p(far)), float(p(near))


def p_of_any_df(low: float, high: float) -> tuple[float, float]:
    """The same of a t whose degrees of freedom are not printed: of five, or of any more."""
    return p_of_statistic("z", low, high, ())[0], p_of_statistic("t", low, high, (FEWEST_DF,))[1]


def f_ranges(moments: list[Moments], sizes: list[int], cut: bool = False, fine: bool = False) -> dict:
    """F by each test (`f_of_means`) of rounded numbers; with decimals cut off; or of means as fine as their SDs."""
    means = [m.mean.cut if cut else m.mean.ends for m in moments]
    if fine:
        halves = [min(m.mean.half, m.printed.half) for m in moments]
        means = [(m.mean.value - half, m.mean.value + half) for m, half in zip(moments, halves, strict=True)]
    return f_of_means(means, [m.cut if cut else m.ends for m in moments], sizes)


def rounded_further(moments: list[Moments]) -> bool:
    """Whether means were printed with at least two decimals fewer than their SDs."""
    return all(m.printed.decimals - m.mean.decimals >= 2 for m in moments)
