"""An estimate lies within its own interval, whatever the counts; none has width 0; score limits as R solves them."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsafe.statistics import intervals
from keepsafe.statistics.agreement import agreement, gwet_ac1, icc_agreement

RATIOS = pd.read_csv(Path(__file__).parents[1] / "oracles" / "compare" / "ratios.csv")
CONFIDENCES = st.sampled_from([0.95, 0.9, 0.99, 0.5, 0.05])
COUNTS = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SDS = st.sampled_from([0.0, 1e-6, 1.0, 250.0]) | st.floats(1e-6, 50)
MOMENTS = st.tuples(st.floats(-1e3, 1e3), SDS, st.integers(1, 60))


def check(estimate, low, high) -> None:
    """The estimate within; no width of 0 but where both ends and the estimate are an infinite ratio's."""
    estimate, low, high = map(float, (estimate, low, high))
    assert np.isnan(low) == np.isnan(high)
    if np.isnan(low):
        return
    assert low <= estimate <= high
    assert low < high


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("default", ResourceWarning)  # of what a former test left open
        yield


@given(COUNTS, CONFIDENCES)
def test_a_proportion(count, confidence):
    k, n = count
    check(k / n, *intervals.wilson(k, n, confidence))


@settings(max_examples=300, deadline=None)
@given(COUNTS, COUNTS, CONFIDENCES)
@pytest.mark.parametrize("measure", ["risk_difference", "risk_ratio", "odds_ratio"])
def test_two_proportions(measure, first, second, confidence):
    found = getattr(intervals, measure)(*first, *second, confidence)
    check(*found)
    if confidence >= 0.5 and measure == "risk_difference":
        assert not np.isnan(found[1])


@given(COUNTS, COUNTS)
@pytest.mark.parametrize("measure", ["risk_ratio", "odds_ratio"])
def test_a_ratio_turned_round_has_the_interval_turned_round(measure, first, second):
    call = getattr(intervals, measure)
    with np.errstate(divide="ignore"):
        there, back = np.array(call(*first, *second)), 1 / np.array(call(*second, *first))
    np.testing.assert_allclose(there, back[[0, 2, 1]], rtol=1e-6)


@given(MOMENTS, MOMENTS, st.booleans(), CONFIDENCES)
def test_two_means(first, second, pooled, confidence):
    mean, sd, n = first
    check(mean, *intervals.mean_interval(mean, sd, n, confidence))
    check(*intervals.mean_difference(*first, *second, pooled, confidence))
    check(*intervals.standardised_mean_difference(*first, *second, confidence))


@given(st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=8), min_size=2, max_size=8), CONFIDENCES)
def test_cramers_v_of_any_table(rows, confidence):
    table = np.array([row[: min(map(len, rows))] for row in rows])
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    chi2, df = ((table - expected) ** 2 / expected).sum(), (table.shape[0] - 1) * (table.shape[1] - 1)
    v, low, high = intervals.cramers_v(chi2, df, table.sum(), min(table.shape), confidence)
    assert 0 <= low <= v <= high <= 1 and (low < high or v in (0, 1))


def test_cramers_v_says_how_large_it_may_be_where_the_sample_shows_none():
    """With no association in the sample, and one degree of freedom, the limit is where exp(-ncp / 2) is 2.5%."""
    v, low, high = intervals.cramers_v(0.0, 1, 100, 2)
    assert (v, low) == (0, 0) and high == pytest.approx(np.sqrt(-2 * np.log(0.025) / 100))
    assert high > 0.2


@pytest.mark.parametrize("row", list(RATIOS.itertuples()), ids=lambda row: f"{row.measure}-{row.Index}")
def test_score_limits_at_empty_cells_match_r(row):
    _, low, high = getattr(intervals, row.measure)(row.k1, row.n1, row.k0, row.n0)
    assert (low, high) == pytest.approx((row.low, row.high), rel=1e-6)


def test_a_ratio_of_two_full_groups_has_koopmans_interval():
    """Written out: with every case an event, the limits are 1 + x / n0 and n1 / (n1 + x), x the chi-square quantile."""
    x = 3.841458820694124
    assert intervals.risk_ratio(20, 20, 30, 30) == pytest.approx((1, 20 / (20 + x), 1 + x / 30))


def test_what_has_no_spread_has_no_interval():
    assert np.isnan(intervals.mean_interval(3.0, 0.0, 20)).all()
    difference, low, high = intervals.mean_difference(3.0, 0.0, 20, 2.0, 0.0, 9)
    assert difference == 1 and np.isnan([low, high]).all()
    assert np.isnan(intervals.risk_ratio(0, 9, 0, 9)).all() and np.isnan(intervals.odds_ratio(9, 9, 4, 4)).all()
    assert np.isnan(intervals.wilson(5, 3)).all() and np.isnan(intervals.risk_ratio(5, 3, 1, 3)).all()


CODES = st.integers(2, 25).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 3), min_size=n, max_size=n)] * 2))


@settings(max_examples=150, deadline=None)
@given(CODES, st.sampled_from(["count", "ordered", "category", "binary"]), st.sampled_from(["linear", "quadratic"]),
       CONFIDENCES)  # fmt: skip
def test_every_coefficient_of_agreement(codes, kind, weights, confidence):
    first, second = (pd.DataFrame({"v": np.array(each)}) for each in codes)
    if kind == "category":
        first, second = first.astype(str).radd("c"), second.astype(str).radd("c")
    if kind == "binary":
        first, second = first % 2, second % 2
    row = agreement(first, second, ["v"], ordered=["v"] * (kind == "ordered"), weights=weights, confidence=confidence)
    row = row.iloc[0]
    for name in ("agreement", "kappa", "ac1", "prevalence", "weighted_kappa", "icc"):
        check(row[name], row[f"{name}_low"], row[f"{name}_high"])
        if pd.notna(row[name]) and pd.isna(row[f"{name}_low"]):
            assert row["note"]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3), CONFIDENCES)
def test_ac1_of_any_table_of_counts(table, confidence):
    check(*gwet_ac1(np.array(table), confidence))


@settings(deadline=None)
@given(CODES, st.floats(1e-3, 1e4), st.floats(-1e4, 1e4), CONFIDENCES)
def test_icc_of_any_pair_of_counts(codes, unit, shift, confidence):
    first, second = (np.array(each) * unit + shift for each in codes)
    check(*icc_agreement(first, second, confidence))
