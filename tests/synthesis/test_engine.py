"""The parts of the generator: what can hold, walks over counts, numbers with printed moments, exchanges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.stats import chi2, chi2_contingency

from keepsafe.statistics.engine import fit
from keepsafe.synthesis import calibrate, draw, selected
from keepsafe.synthesis.demands import Demand, allowed_counts, largest_set, random_table
from keepsafe.synthesis.design import _fits, design, eliminated, schemes
from keepsafe.synthesis.search import LARGEST_FIT, Claimed, refit
from keepsafe.synthesis.walks import accepted, settle, wander


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8), st.integers(2, 4))
def test_a_random_table_meets_the_sums_of_a_known_one(seed, cells, levels):
    rng = np.random.default_rng(seed)
    known = rng.integers(0, 20, (cells, levels))
    demands = []
    for k in range(4):
        counted = np.outer(rng.random(cells) < 0.5, rng.random(levels) < 0.5).astype(np.int64)
        total = int((counted * known).sum())
        demands.append(Demand(str(k), counted, total, total))
    table, off = random_table(known.sum(axis=1), np.full(known.shape, 1 / levels), demands, rng)
    assert off == 0 and all(demand.low <= (demand.counted * table).sum() <= demand.high for demand in demands)
    assert np.array_equal(table.sum(axis=1), known.sum(axis=1)) and (table >= 0).all()


def test_without_demands_levels_are_as_common_as_their_shares():
    rng = np.random.default_rng(1)
    share = np.array([[0.2, 0.8]])
    nothing = [Demand("nothing", np.zeros((1, 2), np.int64), 0, 0)]
    drawn = [random_table(np.array([100]), share, nothing, rng)[0][0, 0] for _ in range(400)]
    assert abs(np.mean(drawn) - 20) < 1 and abs(np.std(drawn) - 4) < 0.6


def test_the_fewest_figures_give_way():
    ones = np.array([[0, 1], [0, 1]])
    first, second = np.array([[0, 1], [0, 0]]), np.array([[0, 0], [0, 1]])
    demands = [
        Demand("all", ones, 9, 9),
        Demand("one", first, 4, 4),
        Demand("two", second, 4, 4),
        Demand("again", ones, 8, 8),
    ]
    kept, dropped, table = largest_set(np.array([10, 10]), demands, np.ones(4))
    assert list(dropped) == ["all"] and dropped["all"].reached == 8
    assert len(kept) == 3 and table[:, 1].tolist() == [4, 4]


def test_settled_numbers_have_the_wished_moments_in_overlapping_groups():
    rng = np.random.default_rng(3)
    value = rng.poisson(9, 200)
    member = np.array([np.ones(200, bool), rng.random(200) < 0.4, rng.random(200) < 0.3])
    mean, sd = (
        np.array([[9.25, 9.35], [12.95, 13.05], [6.95, 7.05]]),
        np.array([[9.0, 10.0], [10.0, 11.0], [5.0, 6.0]]),
    )
    off = settle(value, np.zeros(200, int), np.full(200, 57), member, mean, sd, 400_000, 0.02, 1)
    assert off == 0
    for inside, (low, high), (least, most) in zip(member, mean, sd, strict=True):
        assert low <= value[inside].mean() <= high and least <= value[inside].std(ddof=1) <= most


@pytest.mark.parametrize(
    "wording, low, high", [("significant", 0, 0.05), ("marginal", 0.05, 0.10), ("none", 0.10, 1.01)]
)
def test_allowed_counts_agree_with_scipy(wording, low, high):
    n1, n2, total = 93, 112, 69
    allowed = allowed_counts(n1, n2, total, "", wording, "higher")
    for k in (allowed[0], allowed[1]):
        table = [[k, n2 - k], [total - k, n1 - total + k]]
        assert low <= chi2_contingency(table, correction=False).pvalue <= high


def test_a_significant_difference_is_one_by_pearsons_test_alone():
    """A report marks by one test: 14 of 40 against 23 of 40 is marked by Pearson's, and not by Fisher's."""
    low, _ = allowed_counts(40, 40, 37, "*", "", "higher")
    assert low == 23 and chi2_contingency([[17, 23], [26, 14]], correction=False).pvalue < 0.05


@pytest.fixture(scope="module")
def searched(plan, report):
    people = draw(plan, np.random.default_rng(8))
    made = design(people, schemes(report[2], plan.study))
    before = made.persons.state.copy(), made.persons.y.copy()
    made.search(300_000, 3.0, 0.001, 300, 1)
    return people, made, before


def test_the_search_moves_towards_the_claims(plan, report, searched):
    fresh = design(draw(plan, np.random.default_rng(8)), schemes(report[2], plan.study))
    assert searched[1].search(1, 1.0, 0.1, 300, 1).sum() < 0.05 * fresh.search(1, 1.0, 0.1, 300, 1).sum()


def test_scores_that_were_followed_are_those_of_a_fresh_fit(searched):
    _, made, _ = searched
    X, y = made.persons.X, made.persons.y
    for m in range(len(made.schemes)):
        k = made.claimed.n_named[m]
        b, V, _, converged = fit(X[:, made.claimed.named[m, :k]], y[m])
        assert converged and np.allclose(made.fits.b[m, :k], b, atol=1e-6)
        assert np.allclose(made.fits.A[m, :k, :k], V, rtol=1e-3, atol=1e-6)
        assert refit(X, y[m], m, made.claimed, made.fits)


def test_a_model_of_numbers_far_from_nought_is_fitted_to_the_end():
    """Its constant is large, which is no sign of separation."""
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(400), rng.normal(9, 1, 400), rng.normal(0, 1, 400)])
    y = (rng.random(400) < 1 / (1 + np.exp(27 - 3 * X[:, 1]))).astype(float)
    free, wide = np.tile([-np.inf, np.inf], (1, 2, 1)), np.array([[[-1.8, 1.8]]])
    columns = np.array([[0, 1]]), np.array([2]), np.array([[2]]), np.array([1])
    claimed = Claimed(*columns, np.ones((1, 2)), free, free, wide)
    fits = _fits(claimed, 400)
    b, *_ = fit(X[:, :2], y)
    assert refit(X, y, 0, claimed, fits) and b[0] < -LARGEST_FIT
    assert np.allclose(fits.b[0], b, atol=1e-6)


def test_an_exchange_never_changes_a_held_sum(searched):
    _, made, (state, _) = searched
    moving, cell = made.moving, made.persons.cell
    for u, unit in enumerate(made.units):
        for d in range(len(unit.low)):
            total = moving.counted[u, d, cell, made.persons.state[:, u]].sum()
            assert unit.low[d] <= total <= unit.high[d], (unit.columns, d)
        if unit.near or not len(unit.low):
            assert np.array_equal(np.sort(state[:, u]), np.sort(made.persons.state[:, u])) or unit.loose


def test_columns_follow_the_states(searched):
    people, made, _ = searched
    made.written()
    again = design(people, made.schemes)
    assert np.allclose(again.persons.X, made.persons.X) and np.array_equal(again.persons.y, made.persons.y)


def test_calibration_ends_in_the_published_models(plan, report):
    people = draw(plan, np.random.default_rng(4))
    found = calibrate(people, report[2])
    assert found["named"].equals(found["kept"])
    again = selected(design(people, schemes(report[2], plan.study)))
    assert np.allclose(again["b"], found["b"])


def test_elimination_keeps_what_matters_and_drops_noise():
    rng = np.random.default_rng(2)
    X = (rng.random((400, 6)) < 0.5).astype(float)
    p = 1 / (1 + np.exp(-(-1 + 2 * X[:, 0] - 2 * X[:, 1])))
    found = eliminated(X, (rng.random(400) < p).astype(float), {name: name for name in "abcdef"}, np.full(6, 2.0))
    assert {"a", "b"} <= set(found.index) and len(found) <= 3 and (found["lr"] > 2.7055).all()
    assert found.at["a", "b"] > 0.5 and (found["se"] > 0).all()  # of half a unit


def test_the_columns_of_a_category_leave_together():
    rng = np.random.default_rng(3)
    stage = rng.integers(0, 3, 300)
    X = np.column_stack([stage == 1, stage == 2, rng.random((300, 2)) < 0.5]).astype(float)
    term = {"stage=1": "stage", "stage=2": "stage", "a": "a", "b": "b"}
    y = (rng.random(300) < 1 / (1 + np.exp(0.5 - 2.0 * X[:, 2]))).astype(float)
    kept = eliminated(X, y, term, np.ones(4)).index
    assert "a" in kept and ("stage=1" in kept) == ("stage=2" in kept)
    y = (rng.random(300) < 1 / (1 + np.exp(0.5 - 2.0 * X[:, 1]))).astype(float)
    found = eliminated(X, y, term, np.ones(4))
    p = found.loc[["stage=1", "stage=2"], "p"]
    assert p.iloc[0] == p.iloc[1] == pytest.approx(chi2.sf(found.at["stage=1", "lr"], 2))


@njit
def drawn_after(rise, temperature):
    """The random number that comes next once a step was decided on."""
    np.random.seed(2019)
    accepted(rise, temperature)
    return np.random.random()


@pytest.mark.parametrize("temperature", [3.0, 0.001])
def test_a_rise_that_is_nought_but_for_its_last_bits_uses_up_no_random_number(temperature):
    level = drawn_after(0.0, temperature)
    assert [drawn_after(rise, temperature) for rise in (1e-16, 3e-12, -1e-16, -0.5)] == [level] * 4
    assert drawn_after(0.01, temperature) != level


def test_steps_are_accepted_as_often_as_metropolis_has_it():
    @njit
    def accepted_of(tries, rise, temperature):
        np.random.seed(1)
        made = 0
        for _ in range(tries):
            made += accepted(rise, temperature)
        return made / tries

    assert abs(accepted_of(100_000, 0.7, 1.0) - np.exp(-0.7)) < 0.006
    assert accepted_of(1000, -0.7, 1.0) == accepted_of(1000, 0.0, 1e-9) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_noise_in_the_shares_leads_a_walk_the_same_way(seed):
    rng = np.random.default_rng(seed)
    known, share = rng.integers(0, 20, (6, 3)), rng.random((6, 3)) + 0.1
    counted = (rng.random((3, 6, 3)) < 0.5).astype(np.int64)
    total = (counted * known).sum(axis=(1, 2))
    ways = []
    for noise in (0.0, 1e-13, -1e-13):
        table = known.copy()
        wander(table, share * (1 + noise * rng.choice([-1, 1], share.shape)), counted, total, total, 20_000, 2.0, seed)
        ways.append(table.tolist())
    assert ways[0] == ways[1] == ways[2]


@pytest.mark.parametrize("seed", range(10))
def test_noise_in_the_bounds_settles_numbers_the_same_way(seed):
    rng = np.random.default_rng(seed)
    value, member = rng.poisson(9, 120), np.array([np.ones(120, bool), rng.random(120) < 0.4])
    mean, sd = np.array([[9.25, 9.35], [12.95, 13.05]]), np.array([[9.0, 10.0], [10.0, 11.0]])
    ways = []
    for noise in (0.0, 1e-15, -1e-15):
        trial = value.copy()
        bounds = mean * (1 + noise), sd * (1 + noise)
        settle(trial, np.zeros(120, int), np.full(120, 57), member, *bounds, 100_000, 0.02, seed)
        ways.append(trial.tolist())
    assert ways[0] == ways[1] == ways[2]


def test_noise_in_the_claims_leads_the_search_the_same_way(plan, report):
    found = []
    for noise in (0.0, 1e-13):
        made = design(draw(plan, np.random.default_rng(4)), schemes(report[2], plan.study))
        made.claimed.size[:] *= 1 + noise
        made.claimed.z[:] *= 1 - noise
        made.search(200_000, 3.0, 0.001, 300, 1)
        found.append(made.persons.state.copy())
    assert np.array_equal(*found)
