"""Planted separation, collinearity, sparse cells and few events are seen and named before a fit."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError
from keepsafe.statistics.design import make_design
from keepsafe.statistics.diagnostics import guards, separation
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.penalised import firth
from keepsafe.statistics.selection import backward_elimination

RNG = np.random.default_rng(3)
HEALTHY = pd.DataFrame({"ill": RNG.integers(0, 2, 300), "a": RNG.integers(0, 2, 300), "b": RNG.normal(size=300)})


def seen(data: pd.DataFrame, predictors: list[str]) -> pd.DataFrame:
    return guards(make_design(data, "ill", predictors)).set_index("guard")


def test_healthy_data_raise_no_guard():
    assert guards(make_design(HEALTHY, "ill", ["a", "b"])).empty


@pytest.mark.parametrize(("overlap", "kind"), [(0, "complete"), (1, "quasi-complete")])
def test_planted_separation_is_found_and_its_column_named(overlap, kind):
    data = HEALTHY.assign(risk=np.where(HEALTHY["ill"] == 1, HEALTHY["b"] ** 2 + 1, -overlap * HEALTHY["b"] ** 2))
    if overlap:
        data["risk"] = np.where(data["ill"] == 1, 1, data["a"])
    found = seen(data, ["b", "risk"]).loc["separation"]
    assert (found["term"], bool(found["stops"])) == ("risk", True)
    assert found["seen"].startswith(kind)
    with pytest.raises(InputError, match="Firth"):
        backward_elimination(data, "ill", ["b", "risk"])


def test_separation_by_two_columns_together_is_found():
    data = HEALTHY.assign(c=RNG.normal(size=300))
    data["ill"] = (data["b"] + 2 * data["c"] > 0).astype(int)
    found = seen(data, ["a", "b", "c"]).loc["separation"]
    assert found["seen"].startswith("complete") and {"b", "c"} <= set(found["term"].split(", "))


def test_a_separated_fit_is_blank_and_says_why_and_firths_is_finite():
    data = HEALTHY.assign(risk=np.where(HEALTHY["ill"] == 1, 1, HEALTHY["a"]))
    fitted = fit_logistic(data, "ill", ["risk", "b"])
    assert not fitted.converged and fitted.coefficients[["B", "SE", "odds_ratio", "low", "high"]].isna().all(axis=None)
    assert fitted.guards["guard"].iloc[0] == "separation"
    penalised = firth(data, "ill", ["risk", "b"])
    assert np.isfinite(penalised[["B", "SE", "chi2", "p", "odds_ratio"]]).all(axis=None)


@pytest.mark.parametrize("seed", range(20))
def test_separation_is_found_just_where_the_estimates_run_away(seed):
    """Small samples, some separated; ridge fits with a vanishing penalty tell independently which."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(14), rng.integers(0, 2, 14), rng.normal(size=14).round(1)])
    y = rng.integers(0, 2, 14).astype(float)
    ridges = [LogisticRegression(C=c, max_iter=100_000, tol=1e-10).fit(X[:, 1:], y) for c in (1e6, 1e9)]
    slight, slighter = (np.abs(ridge.coef_).max() for ridge in ridges)
    assert (separation(X, y)[0] != "none") == (slighter > slight + 1)


def test_collinear_columns_are_found_with_those_that_fix_them():
    data = HEALTHY.assign(total=HEALTHY["a"] + HEALTHY["b"])
    data["other"] = RNG.normal(size=300)
    found = seen(data, ["a", "other", "b", "total"]).loc["collinearity"]
    assert found["term"] == "total" and found["seen"] == "total is fixed by a, b" and found["stops"]
    for call in (fit_logistic, backward_elimination, firth):
        with pytest.raises(InputError, match="total is fixed by a, b"):
            call(data, "ill", ["a", "b", "total"])


def test_nearly_collinear_columns_are_a_caution():
    data = HEALTHY.assign(near=HEALTHY["b"] + 0.05 * RNG.normal(size=300))
    found = guards(make_design(data, "ill", ["a", "b", "near"]))
    assert found["term"].tolist() == ["b", "near"] and not found["stops"].any()


def test_a_sparse_cell_is_named_by_its_count():
    data = HEALTHY.assign(rare=0)
    data.loc[data.index[data["ill"] == 1][:3], "rare"] = 1
    data.loc[data.index[data["ill"] == 0][:9], "rare"] = 1
    found = seen(data, ["rare", "b"]).loc["sparse cell"]
    assert found["term"] == "rare" and found["seen"] == "3 cases with the outcome where rare is 1"


def test_few_events_are_counted_by_candidate():
    data = HEALTHY.assign(ill=(HEALTHY.index < 15).astype(int))
    assert seen(data, ["a", "b"]).loc["events per candidate", "seen"] == "15 events for 2 candidates: 7.5 each"
