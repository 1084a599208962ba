"""Tests of independence and of equal means, each with the name of the test that was made."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

TESTS = ("auto", "pearson", "yates", "likelihood_ratio", "fisher")
MEAN_TESTS = ("t", "welch", "mann_whitney")
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

    Examples
    --------
    >>> [marker(p) for p in (0.2, 0.09, 0.05, 0.003, float("nan"))]
    ['', '†', '†', '**', '']
    """
    return next((sign for limit, sign in MARKERS if p < limit), "")


def independence(
    table: ArrayLike,
    test: str = "auto",
    resamples: int = 9_999,
    seed: int = 2019,
    most_tables: int = 1_000_000,
) -> Tested:
    """Test whether the rows and columns of a table of counts are independent.

    Parameters
    ----------
    table : counts, groups by levels; empty rows and columns are set aside.
    test : pearson, yates (2 x 2 only, Pearson otherwise), likelihood_ratio, fisher, or auto: Pearson where
        every expected count is at least 5, Fisher's exact test otherwise.
    resamples, seed : of the Monte Carlo form of Fisher's test.
    most_tables : Fisher's test beyond 2 x 2 enumerates up to this many tables, and draws them at random
        beyond.

    Returns
    -------
    Tested : `pearson` is the uncorrected chi-square whichever test was made.

    Notes
    -----
    scipy's expected_freq, chi2_contingency, fisher_exact and random_table do the work; Fisher's p-value sums
    the tables that are at most as probable as the observed one (Freeman and Halton 1951), as R's fisher.test.

    Examples
    --------
    >>> outcome = independence([[76, 75], [18, 36]], test="pearson")
    >>> print(f"{outcome.test}: {outcome.statistic:.2f}, p = {outcome.p:.3f}")
    Pearson chi-square: 4.63, p = 0.031
    """
    table = np.asarray(table, np.int64)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return Tested(
            note="no test: " + ("known in one group only" if table.shape[0] < 2 else "the same for everybody")
        )
    # written out: this runs for every row, and chi2_contingency spends most of its time on its options
    expected = stats.contingency.expected_freq(table)
    pearson, df = ((table - expected) ** 2 / expected).sum(), (table.shape[0] - 1) * (table.shape[1] - 1)
    least = expected.min()
    small = least < SMALL_EXPECTED
    base = Tested(
        "Pearson chi-square", pearson, df, special.chdtrc(df, pearson), least,
        pearson, df, min(table.shape), int(table.sum()),
    )  # fmt: skip
    if test == "fisher" or (test == "auto" and small):
        name, p = _fisher(table, resamples, seed, most_tables)
        return replace(base, test=name, statistic=np.nan, df=np.nan, p=p)
    if test == "yates" and table.shape == (2, 2):
        corrected = stats.chi2_contingency(table, correction=True)
        base = replace(
            base, test="Pearson chi-square, Yates", statistic=corrected.statistic, p=corrected.pvalue
        )
    elif test == "likelihood_ratio":
        ratio = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
        base = replace(base, test="likelihood ratio chi-square", statistic=ratio.statistic, p=ratio.pvalue)
    return replace(base, note=f"smallest expected count {least:.1f}" if small else "")


def equal_means(samples: list[np.ndarray], test: str = "t") -> Tested:
    """Test whether groups have equal means, or equal distributions by rank.

    Parameters
    ----------
    samples : the known values of each group; groups without any are set aside.
    test : t (one-way analysis of variance for more than two groups), welch, or mann_whitney (Kruskal-Wallis
        for more than two; normal approximation with ties and continuity corrected, as SPSS and R print it).

    Returns
    -------
    Tested : `statistic` is last group less first for t and Welch; U of the last group for Mann-Whitney.
    """
    samples = [sample for sample in samples if len(sample)]
    if len(samples) < 2:
        return Tested(note="no test: known in one group only")
    lowest, highest = min(s.min() for s in samples), max(s.max() for s in samples)
    if lowest == highest:
        return Tested(note="no test: the same for everybody")
    if test == "mann_whitney":
        if len(samples) == 2:
            ranked = stats.mannwhitneyu(samples[1], samples[0], method="asymptotic")
            return Tested("Mann-Whitney U", ranked.statistic, p=ranked.pvalue)
        ranked = stats.kruskal(*samples)
        return Tested("Kruskal-Wallis", ranked.statistic, len(samples) - 1, ranked.pvalue)
    if min(map(len, samples)) < 2:
        return Tested(note="no test: fewer than two values in a group")
    if all(np.ptp(sample) == 0 for sample in samples):
        return Tested(note="no test: no spread within the groups")
    equal = test == "t"
    if len(samples) == 2:
        outcome = stats.ttest_ind(samples[1], samples[0], equal_var=equal)
        return Tested("t test" if equal else "Welch t test", outcome.statistic, outcome.df, outcome.pvalue)
    outcome = stats.f_oneway(*samples, equal_var=equal)
    return Tested("analysis of variance" if equal else "Welch analysis of variance", outcome.statistic,
                  len(samples) - 1, outcome.pvalue)  # fmt: skip


def _fisher(table: np.ndarray, resamples: int, seed: int, most_tables: int) -> tuple[str, float]:
    if table.shape == (2, 2):
        return "Fisher exact", float(stats.fisher_exact(table).pvalue)
    narrow = table if table.shape[0] <= table.shape[1] else table.T
    log_probabilities = _every_table(narrow.sum(1), narrow.sum(0), most_tables)
    if log_probabilities is not None:
        observed = -special.gammaln(narrow + 1.0).sum()
        weights = np.exp(log_probabilities - log_probabilities.max())
        return "Fisher exact", float(weights[log_probabilities <= observed + 1e-7].sum() / weights.sum())
    tables = stats.random_table(table.sum(1), table.sum(0))
    drawn = tables.logpmf(tables.rvs(resamples, random_state=np.random.default_rng(seed)))
    extreme = int((drawn <= tables.logpmf(table) + 1e-7).sum())
    return f"Fisher, Monte Carlo ({resamples})", (extreme + 1) / (resamples + 1)


def _every_table(rows: np.ndarray, columns: np.ndarray, most: int) -> np.ndarray | None:
    """Log probability, up to a constant, of each table with these margins; None if there are over `most`."""
    # `left` is what each row still has to give, column by column: one line a table that is being filled
    left, score = rows[None, :].astype(np.int64), np.zeros(1)
    for total in columns[:-1]:
        need = np.full(len(left), total)
        for row in range(len(rows)):
            later = left[:, row + 1 :].sum(1)
            low, high = np.maximum(0, need - later), np.minimum(left[:, row], need)
            choices = high - low + 1
            if choices.sum() > most:
                return None
            start = np.cumsum(choices) - choices
            count = np.repeat(low - start, choices) + np.arange(choices.sum())
            left, score, need = (np.repeat(item, choices, axis=0) for item in (left, score, need))
            left[:, row] -= count
            need = need - count
            score = score - special.gammaln(count + 1.0)
    return score - special.gammaln(left + 1.0).sum(1)
