"""What a printed mean, SD, percentage or p can be of: against every table of whole numbers, and against R."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from keepsafe.audit.arithmetic import (
    cases_of_share,
    counts_of_share,
    pooled_mean,
    pooled_sd,
    sd_bounds,
    sd_of_shares,
    sd_of_whole,
    share_prints,
    spread_between,
    whole_sums,
)
from keepsafe.audit.cells import number
from keepsafe.audit.significance import f_of_means, p_exact, p_of_f, p_ordered, welch_df


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_no_sd_that_whole_numbers_can_have_is_refused(n):
    for values in combinations_with_replacement(range(1, 6), n):
        mean, sd = np.mean(values), np.std(values, ddof=1)
        assert sd_of_whole(number(f"{mean:.2f}"), number(f"{sd:.2f}"), n, scale=(1, 5)) == "", values


@pytest.mark.parametrize("n", [5, 6])
def test_grimmer_refuses_what_no_whole_numbers_can_have(n):
    """Of all SDs with one mean, those that answers from 1 to 5 can give are let pass, and hardly any other."""
    made, passed = set(), set()
    for values in combinations_with_replacement(range(1, 6), n):
        if sum(values) == 3 * n:
            made.add(f"{np.std(values, ddof=1):.2f}")
    for hundredths in range(0, 220):
        text = f"{hundredths / 100:.2f}"
        if sd_of_whole(number("3.00"), number(text), n, scale=(1, 5)) == "":
            passed.add(text)
    assert made <= passed and len(passed) <= len(made) + 2


def test_grim_and_grimmer_of_the_literature():
    # the first rows of grim_map(pigs1) in R's scrutiny, and an SD of the pizza papers (van der Zee and others 2017)
    means = ("7.22", 32), ("4.74", 25), ("5.23", 29), ("2.57", 24)
    assert [len(whole_sums(number(mean), n)) for mean, n in means] == [1, 0, 0, 0]
    assert sd_of_whole(number("7.81"), number("1.22"), 26) and not sd_of_whole(number("7.81"), number("1.23"), 26)


def test_items_make_the_grain_finer():
    assert not whole_sums(number("3.17"), 10) and list(whole_sums(number("3.17"), 10, items=3)) == [95]


@given(st.integers(1, 400), st.data(), st.integers(0, 2))
@settings(max_examples=200, deadline=None)
def test_counts_cases_and_shares_agree(n, data, decimals):
    k = data.draw(st.integers(0, n))
    percent = number(f"{round(100 * k / n + 1e-9, decimals):.{decimals}f}")
    assert k in counts_of_share(n, percent) and share_prints(k, n, percent)
    low, high = cases_of_share(k, percent)
    assert low <= n <= high
    assert high == 10**9 or not share_prints(k, high + 1, percent)
    assert k == 0 or low == 1 or not share_prints(k, low - 1, percent)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0, 2)), min_size=2, max_size=5), st.data())
@settings(max_examples=100, deadline=None)
def test_the_spread_between_groups_lies_between_its_bounds(centres, data):
    means = [(c - w, c + w) for c, w in centres]
    sizes = data.draw(st.lists(st.integers(2, 50), min_size=len(means), max_size=len(means)))
    at = np.array([data.draw(st.floats(low, high)) for low, high in means])
    squares = (np.array(sizes) * (at - np.average(at, weights=sizes)) ** 2).sum()
    low, high = spread_between(means, sizes)
    assert low - 1e-6 <= squares <= high + 1e-6


def test_pooling_is_that_of_the_persons_together():
    draw = np.random.default_rng(3)
    parts = [draw.normal(m, s, n) for m, s, n in ((5, 1, 20), (6, 2, 31), (4, 3, 12))]
    whole, sizes = np.concatenate(parts), [len(part) for part in parts]
    means, sds = [(part.mean(),) * 2 for part in parts], [(part.std(ddof=1),) * 2 for part in parts]
    assert pooled_mean(means, sizes) == pytest.approx((whole.mean(),) * 2)
    assert pooled_sd(means, sds, sizes) == pytest.approx((whole.std(ddof=1),) * 2)


def test_an_sd_within_a_scale_and_of_zeros_and_ones():
    assert sd_bounds((3.0, 3.0), 10, (1, 5))[1] == pytest.approx(np.std([1] * 5 + [5] * 5, ddof=1))
    answers = [1] * 12 + [0] * 28
    assert sd_of_shares((0.3, 0.3), 40) == pytest.approx((np.std(answers), np.std(answers, ddof=1)))


def test_anova_and_welch_are_those_of_scipy():
    draw = np.random.default_rng(5)
    parts = [draw.normal(0, s, n) for s, n in ((1, 20), (2, 31), (3, 12))]
    means, sds = [(p.mean(),) * 2 for p in parts], [(p.std(ddof=1),) * 2 for p in parts]
    found = f_of_means(means, sds, [len(p) for p in parts])
    assert found["t"][0][0] == pytest.approx(stats.f_oneway(*parts).statistic)
    assert p_of_f(*found["welch"][0]) == pytest.approx(stats.f_oneway(*parts, equal_var=False).pvalue)
    two = f_of_means(means[:2], sds[:2], [20, 31])
    assert p_of_f(*two["welch"][0]) == pytest.approx(stats.ttest_ind(*parts[:2], equal_var=False).pvalue)
    assert welch_df(sds[:2], [20, 31]) == pytest.approx((stats.ttest_ind(*parts[:2], equal_var=False).df,) * 2)


def test_exact_and_ordered_tests_are_those_of_r():
    # fisher.test, wilcox.test and kruskal.test of R 4.2
    table = [[12, 4], [35, 32], [56, 64], [55, 54]]
    assert p_exact([[3, 1, 2], [1, 4, 3], [5, 2, 1]]) == pytest.approx(0.307916, abs=1e-6)
    assert p_exact(table) == pytest.approx(0.2045556, abs=1e-6)
    assert p_ordered(table)["rank sums"] == pytest.approx(0.3879603, abs=1e-6)
    assert p_ordered(table)["rank sums, corrected"] == pytest.approx(0.388326, abs=1e-6)
