"""Tests of independence and of equal means: which one fits the counts, its p and its name."""

import warnings
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

Test = Literal["auto", "pearson", "yates", "likelihood_ratio", "fisher"]
MeanTest = Literal["t", "welch", "mann_whitney"]
TESTS = get_args(Test)
MEAN_TESTS = {  # what each is called for two groups, and for more
    "t": ("t test", "analysis of variance"),
    "welch": ("Welch t test", "Welch analysis of variance"),
    "mann_whitney": ("Mann-Whitney U", "Kruskal-Wallis"),
}
CHUNK = 200  # part-filled tables that are filled on at a time
SMALL_EXPECTED = 5.0  # Cochran's rule, as SPSS prints it beneath a table
MARKERS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.10, "†"))


@dataclass(frozen=True)
class Tested:
    """The outcome of one test; `note` says why there is none, or what to be careful about.

    `pearson`, `table_df`, `smaller` and `cases` describe a table of counts whichever test was made of it: its
    uncorrected chi-square and degrees of freedom, the smaller of its two sizes, its total.
    """

    test: str = ""
    statistic: float = np.nan
    df: float = np.nan
    p: float = np.nan
    min_expected: float = np.nan
    pearson: float = np.nan
    table_df: float = np.nan
    smaller: float = np.nan
    cases: float = np.nan
    note: str = ""


def marker(p: float) -> str:
    """The 2019 report's marker of a p-value: † below .10, * below .05, ** below .01, *** below .001.

    >>> [marker(p) for p in (0.2, 0.09, 0.05, 0.003, float("nan"))]
    ['', '†', '†', '**', '']
    """
    return next((sign for limit, sign in MARKERS if round(p, 12) < limit), "")


def independence(
    table: ArrayLike, test: str = "auto", resamples: int = 9_999, seed: int = 2019, most_tables: int = 4_000_000
) -> Tested:
    """Test whether the rows and columns of a table of counts, groups by levels, are independent.

    `test` is pearson, yates (2 x 2 only, Pearson otherwise), likelihood_ratio, fisher, or auto: Pearson where every
    expected count is at least 5, Fisher's exact test otherwise. Empty rows and columns are set aside. Fisher's p sums
    the tables that are at most as probable as the observed one (Freeman and Halton 1951), as R's fisher.test. Beyond 2
    x 2 it is exact as long as it takes no more than `most_tables` part-filled tables, about a second; beyond that
    `resamples` tables are drawn. `pearson` of the outcome is the uncorrected chi-square whichever test was made.

    >>> outcome = independence([[76, 75], [18, 36]], test="pearson")
    >>> print(f"{outcome.test}: {outcome.statistic:.2f}, p = {outcome.p:.3f}")
    Pearson chi-square: 4.63, p = 0.031
    """
    table = np.asarray(table, np.int64)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return Tested(note=f"no test: {'known in one group only' if len(table) < 2 else 'the same for everybody'}")
    # written out: this runs for every row, and chi2_contingency spends most of its time on its options
    expected = stats.contingency.expected_freq(table)
    pearson, df = ((table - expected) ** 2 / expected).sum(), (table.shape[0] - 1) * (table.shape[1] - 1)
    least = expected.min()
    small = least < SMALL_EXPECTED
    p, size = special.chdtrc(df, pearson), (min(table.shape), int(table.sum()))
    base = Tested("Pearson chi-square", pearson, df, p, least, pearson, df, *size)
    if test == "fisher" or (test == "auto" and small):
        name, p = _fisher(table, resamples, seed, most_tables)
        return replace(base, test=name, statistic=np.nan, df=np.nan, p=p)
    if test == "yates" and table.shape == (2, 2):
        corrected = stats.chi2_contingency(table, correction=True)
        base = replace(base, test="Pearson chi-square, Yates", statistic=corrected.statistic, p=corrected.pvalue)
    elif test == "likelihood_ratio":
        ratio = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
        base = replace(base, test="likelihood ratio chi-square", statistic=ratio.statistic, p=ratio.pvalue)
    return replace(base, note=f"smallest expected count {least:.1f}" if small else "")


def equal_means(samples: list[np.ndarray], test: str = "t") -> Tested:
    """Test whether groups have equal means, or equal distributions by rank; groups without known values are set aside.

    `test` is t (one-way analysis of variance for more than two groups), welch, or mann_whitney (Kruskal-Wallis for
    more than two; normal approximation with ties and continuity corrected, as SPSS and R print it). `statistic` is
    the last group less the first for t and Welch, U of the last group for Mann-Whitney.
    """
    samples = [sample for sample in samples if len(sample)]
    if len(samples) < 2:
        return Tested(note="no test: known in one group only")
    if min(s.min() for s in samples) == max(s.max() for s in samples):
        return Tested(note="no test: the same for everybody")
    between = len(samples) - 1
    if test != "mann_whitney" and min(map(len, samples)) < 2:
        return Tested(note="no test: fewer than two values in a group")
    if test != "mann_whitney" and all(np.ptp(sample) == 0 for sample in samples):
        return Tested(note="no test: no spread within the groups")
    if test == "welch" and between > 1 and any(np.ptp(sample) == 0 for sample in samples):
        return Tested(note="no test: no spread within a group")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of digits lost where values are nearly the same
        if test == "mann_whitney":
            two = partial(stats.mannwhitneyu, method="asymptotic")
            found = stats.kruskal(*samples) if between > 1 else two(samples[1], samples[0])
        elif between > 1:
            found = stats.f_oneway(*samples, equal_var=test == "t")
        else:
            found = stats.ttest_ind(samples[1], samples[0], equal_var=test == "t")
    df = between if between > 1 else getattr(found, "df", np.nan)
    return Tested(MEAN_TESTS[test][between > 1], found.statistic, df, found.pvalue)


def equal_noisy_means(means: list[float], sds: list[float], sizes: list[int], test: str = "t") -> Tested:
    """As `equal_means`, from what disclosure control leaves of a group: mean and SD with noise, its size rounded."""
    known = [k for k, size in enumerate(sizes) if size > 1]
    if len(known) < 2 or test == "mann_whitney" or not any(sds[k] for k in known):
        return Tested(note="no test within the rules of disclosure control")
    mean, var, n = (np.array([part[k] for k in known], float) for part in (means, np.square(sds), sizes))
    between, within = len(known) - 1, n.sum() - len(known)
    name = MEAN_TESTS[test][between > 1]
    if between == 1:
        first, second = zip(mean, np.sqrt(var), n, strict=True)
        outcome = stats.ttest_ind_from_stats(*second, *first, equal_var=test == "t")
        return Tested(name, outcome.statistic, p=outcome.pvalue)
    if test == "t":
        ratio = (n * (mean - n @ mean / n.sum()) ** 2).sum() / between / (((n - 1) * var).sum() / within)
        return Tested(name, ratio, between, stats.f.sf(ratio, between, within))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = n / var  # Welch (1951)
    lost = ((1 - weight / weight.sum()) ** 2 / (n - 1)).sum() / (between * (between + 2))
    ratio = (weight * (mean - weight @ mean / weight.sum()) ** 2).sum() / between / (1 + 2 * (between - 1) * lost)
    return Tested(name, ratio, between, stats.f.sf(ratio, between, 1 / (3 * lost)))


def _fisher(table: np.ndarray, resamples: int, seed: int, most_tables: int) -> tuple[str, float]:
    if table.shape == (2, 2):
        return "Fisher exact", float(stats.fisher_exact(table).pvalue)
    p = _exactly(table if table.shape[0] <= table.shape[1] else table.T, most_tables)
    if p is not None:
        return "Fisher exact", p
    tables = stats.random_table(table.sum(1), table.sum(0))
    drawn = tables.logpmf(tables.rvs(resamples, random_state=np.random.default_rng(seed)))
    extreme = int((drawn <= tables.logpmf(table) + 1e-7).sum())
    return f"Fisher, Monte Carlo ({resamples})", (extreme + 1) / (resamples + 1)


def _exactly(table: np.ndarray, most: int) -> float | None:
    """Fisher's p of a table with more columns than rows; None where more than `most` part-filled tables are to be made.

    Tables are filled column by column. Part-filled ones that leave the same to each row and are as probable count as
    one, and one whose completions all are, or all are not, at most as probable as the table observed need not be
    filled: their probability is known in closed form (the network algorithm of Mehta and Patel 1983).
    """
    rows, columns = table.sum(1), np.sort(table.sum(0))
    log = special.gammaln(np.arange(table.sum() + 2) + 1.0)  # of each factorial
    observed, whole = -log[table].sum() + 1e-7, log[rows.sum()] - log[rows].sum() - log[columns].sum()
    left, score, times = rows[None, :].astype(np.int64), np.zeros(1), np.ones(1)
    p, made = 0.0, 0
    for place, total in enumerate(columns[:-1]):
        rest, kept = columns[place + 1 :], []
        for begin in range(0, len(left), CHUNK):
            part = slice(begin, begin + CHUNK)
            filled = _filled(left[part], score[part], times[part], total, most - made, log)
            if filled is None:
                return None
            inside, reached, often = filled
            made += len(inside)
            # what the columns to come can add at most and at least: cells as even, and as uneven, as they can be
            greatest = np.minimum(_even(inside, len(rest), log).sum(1), _even(rest, inside.shape[1], log).sum())
            least = -np.minimum(log[inside].sum(1), log[rest].sum())
            settled = reached + greatest <= observed
            ahead = log[rest.sum()] - log[rest].sum() - log[inside[settled]].sum(1) - whole
            p += (often[settled] * np.exp(reached[settled] + ahead)).sum()
            unsettled = ~settled & (reached + least <= observed)
            kept.append(_merged(inside[unsettled], reached[unsettled], often[unsettled]))
        left, score, times = _merged(*(np.concatenate(each) for each in zip(*kept, strict=True)))
        if not len(left):
            break
    return float(min(p, 1.0))  # with one column to come both bounds are exact, so that all are settled


def _filled(
    left: np.ndarray, score: np.ndarray, times: np.ndarray, total: int, most: int, log: np.ndarray
) -> tuple | None:
    """Every way to fill one column of part-filled tables; None if these are more than `most`."""
    left, need = left.copy(), np.full(len(left), total)
    for row in range(left.shape[1]):
        later = left[:, row + 1 :].sum(1)
        low, high = np.maximum(0, need - later), np.minimum(left[:, row], need)
        choices = high - low + 1
        if choices.sum() > most:
            return None
        start = np.cumsum(choices) - choices
        count = np.repeat(low - start, choices) + np.arange(choices.sum())
        left, score, times, need = (np.repeat(item, choices, axis=0) for item in (left, score, times, need))
        left[:, row] -= count
        need = need - count
        score = score - log[count]
    return left, score, times


def _merged(left: np.ndarray, score: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Part-filled tables that leave the same and are as probable made one."""
    whole = np.round(score * 1e8).astype(np.int64)
    key = whole.copy()
    for row in left.T:
        key = key * 1_000_003 + row  # may overflow, and so meet another's key: looked at below
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    if not (np.array_equal(left[first][inverse], left) and np.array_equal(whole[first][inverse], whole)):
        return left, score, times
    return left[first], score[first], np.bincount(inverse, times, len(first))


def _even(totals: np.ndarray, cells: int, log: np.ndarray) -> np.ndarray:
    """The greatest log of 1 / (product of factorials) of totals, each spread over so many cells."""
    each, more = np.divmod(totals, cells)
    return -((cells - more) * log[each] + more * log[each + 1])
