"""Backward elimination as SPSS documents it, and what is told of it."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from keepsafe.statistics import engine
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.selection import backward_elimination


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({name: rng.integers(0, 2, 300) for name in "abcd"})
    frame["kind"] = rng.choice(["one", "two", "three"], 300)
    chance = 1 / (1 + np.exp(1 - 1.2 * frame["a"] - 1.5 * (frame["kind"] == "two")))
    return frame.assign(ill=(rng.random(300) < chance).astype(int))


PREDICTORS = ["a", "b", "c", "d", "kind"]


def suppressor(seed: int = 103, n: int = 120) -> pd.DataFrame:
    """A predictor that goes first and comes back when the others are gone."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 5))
    z[:, 4] = z[:, :4].sum(axis=1) * 0.6 + rng.normal(size=n) * 0.5
    chance = 1 / (1 + np.exp(-z @ rng.normal(size=5) * 0.6))
    return pd.DataFrame(z, columns=list("abcde")).assign(ill=(rng.random(n) < chance).astype(int)).round(2)


def test_the_contrasts_of_a_factor_leave_or_stay_together(data):
    found = backward_elimination(data, "ill", PREDICTORS)
    assert found.selected == ("a", "kind")
    assert found.final.coefficients["column"].tolist() == ["const", "a", "kind=three", "kind=two"]
    assert found.steps.query("term == 'kind'")["df"].eq(2).all()


def test_every_step_of_the_path_is_the_fit_of_what_is_left(data):
    path = backward_elimination(data, "ill", PREDICTORS).path
    inside = list(PREDICTORS)
    for row in path.itertuples():
        inside = [name for name in inside if name != row.term]
        fit = fit_logistic(data, "ill", inside).fit.iloc[0]
        for measure in ("deviance", "cox_snell", "nagelkerke", "events_per_variable"):
            assert getattr(row, measure) == pytest.approx(fit[measure])
        assert row.terms == len(inside)


def test_the_term_removed_has_the_largest_p_of_its_step(data):
    found = backward_elimination(data, "ill", PREDICTORS)
    for row in found.path.iloc[1:].itertuples():
        tests = found.steps[found.steps["step"] == row.step - 1].set_index("term")["p"]
        assert tests.idxmax() == row.term and tests.max() == pytest.approx(row.p, abs=1e-9) and row.p > 0.10
    assert found.steps[found.steps["step"] == found.path["step"].max()]["p"].le(0.10).all()


def test_a_removed_term_comes_back_where_its_score_test_says_so():
    data = suppressor()
    without, found = (backward_elimination(data, "ill", list("abcde"), p_enter=p) for p in (None, 0.05))
    last = found.path.iloc[-1]
    assert last["action"] == "entered" and last["term"] == found.path["term"].iloc[1]
    assert set(found.selected) == {*without.selected, last["term"]}


def test_nothing_may_be_left_but_the_constant():
    rng = np.random.default_rng(2)
    noise = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"]).assign(ill=rng.integers(0, 2, 200))
    found = backward_elimination(noise, "ill", ["a", "b"], p_remove=0.001)
    share = noise["ill"].mean()
    assert found.selected == ()
    assert found.final.coefficients["B"].tolist() == pytest.approx([np.log(share / (1 - share))])


def test_the_threshold_decides_who_stays(data):
    sizes = [len(backward_elimination(data, "ill", PREDICTORS, p_remove=p).selected) for p in (0.001, 0.10, 0.9)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]


def test_the_order_of_rows_and_predictors_does_not_matter(data):
    found = backward_elimination(data.sample(frac=1, random_state=1), "ill", PREDICTORS[::-1])
    assert set(found.selected) == set(backward_elimination(data, "ill", PREDICTORS).selected)


def test_the_warning_about_p_values_travels_with_the_result(data):
    assert "too good" in backward_elimination(data, "ill", PREDICTORS).warning


def test_many_warm_starts_do_not_pass_for_estimates_under_separation():
    """The last model is separated, and the steps before it have brought its coefficients far out already."""
    rng = np.random.default_rng(4)
    y = np.repeat([0.0, 1.0], 40)
    X = np.column_stack([np.ones(80), y + rng.normal(size=80) * 0.01, *rng.normal(size=(12, 80))])
    _, inside, _, _, _, converged, _ = engine.eliminate(X, y, np.arange(14), engine.CONDITIONAL, 0.10, 0.0)
    assert not converged


@pytest.mark.parametrize("seed", [307, 346, 474])
def test_what_was_learnt_before_a_re_entry_is_not_believed_after_it(seed):
    """A bound on a deviance, found while a term was out, says nothing once the term is back."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(100, 8))
    z[:, 7] = z[:, :4].sum(axis=1) * 0.6 + rng.normal(size=100) * 0.5
    z[:, 6] = z[:, 2:6].sum(axis=1) * 0.6 + rng.normal(size=100) * 0.5
    drawn = rng.random(100)
    ill = drawn < 1 / (1 + np.exp(-z @ rng.normal(size=8) * 0.5))
    data = pd.DataFrame(z.round(2), columns=list("abcdefgh")).assign(ill=ill.astype(int))
    found = backward_elimination(data, "ill", list("abcdefgh"), p_enter=0.099)
    assert "entered" in found.path["action"].tolist()
    assert found.steps[found.steps["step"] == found.path["step"].max()]["p"].le(0.10).all()


def test_many_rows_take_at_most_three_hundred_bytes_each_above_the_data():
    """A million rows by 25 predictors so take at most 300 MB: one array of their scaled columns is 208."""
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.integers(0, 9, (22_000, 25)).astype("int8")).add_prefix("x")
    names = list(data)
    chance = 0.1 + 0.05 * data["x0"] + 0.03 * sum(data[f"x{k}"] for k in range(1, 24)) / 24
    data["ill"] = (rng.random(len(data)) < chance).astype("int8")
    backward_elimination(data.head(500), "ill", names)  # what is compiled and kept
    tracemalloc.start()
    try:
        found = backward_elimination(data, "ill", names, p_remove=0.9)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "x0" in found.selected
    assert peak < 300 * len(data)
