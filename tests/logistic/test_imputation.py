"""Multiple imputation: what is filled in, and that it mends what complete cases get wrong."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError, load_cohort, load_study
from keepsafe.logistic import fit_imputed, fit_logistic, impute, unknown_as_missing


def cases(seed: int, n: int = 2000) -> pd.DataFrame:
    """Ill depends on a and b; b is unknown for most of the ill with a: complete cases mislead about a."""
    rng = np.random.default_rng(seed)
    a, c = rng.integers(0, 2, n), rng.normal(size=n)
    b = 0.7 * c + 0.3 * a + rng.normal(size=n) * 0.6
    ill = (rng.random(n) < 1 / (1 + np.exp(1 - a - b))).astype(int)
    hidden = rng.random(n) < np.where((ill == 1) & (a == 1), 0.7, 0.1)
    return pd.DataFrame({"ill": ill, "a": a, "c": c, "b": np.where(hidden, np.nan, b), "b_known": b})


def test_imputation_comes_nearer_to_the_known_data_than_complete_cases():
    data = cases(1)
    truth = fit_logistic(data, "ill", ["a", "b_known", "c"]).coefficients["B"].to_numpy()
    found = fit_imputed(data, "ill", ["a", "b", "c"], n_sets=5)
    complete, imputed = (found[found["method"] == method] for method in ("complete cases", "imputed"))
    assert abs(complete["B"].to_numpy() - truth)[1] > 1 > 0.3 > abs(imputed["B"].to_numpy() - truth)[1]
    assert (imputed["n"] == 2000).all() and (complete["n"] == data["b"].notna().sum()).all()


def test_known_values_are_kept_and_unknown_ones_drawn_from_what_occurs():
    data = cases(2, 200)
    for made in impute(data, ["ill", "a", "b", "c"], n_sets=3):
        known = data["b"].notna()
        assert made.loc[known, "b"].equals(data.loc[known, "b"])
        assert made["b"].isin(data["b"].dropna()).all()


def test_an_imputed_yes_no_column_holds_only_0_and_1():
    data = cases(3, 200).assign(a=lambda frame: frame["a"].astype("Int64").mask(frame.index % 5 == 0))
    for made in impute(data, ["ill", "a", "c"], n_sets=2):
        assert set(made["a"]) == {0, 1}


def test_sets_differ_from_each_other_and_repeat_under_a_seed():
    data = cases(4, 200)
    first, again, other = (impute(data, ["ill", "a", "b", "c"], n_sets=2, seed=seed) for seed in (1, 1, 2))
    assert first[0].equals(again[0]) and not first[0].equals(first[1]) and not first[0].equals(other[0])


def test_without_unknown_values_imputation_changes_nothing():
    data = cases(5, 300)
    found = fit_imputed(data, "ill", ["a", "b_known"], n_sets=3).groupby("method", sort=False)
    complete, imputed = (part.reset_index(drop=True) for _, part in found)
    np.testing.assert_allclose(complete[["B", "SE"]], imputed[["B", "SE"]])


def test_a_complete_category_takes_part_and_an_incomplete_one_is_refused():
    data = cases(6, 200).assign(kind=np.resize(["one", "two", "three"], 200))
    assert "kind=two" in fit_imputed(data, "ill", ["a", "b", "kind"], n_sets=2)["column"].tolist()
    with pytest.raises(InputError, match="category with unknown values"):
        impute(data.assign(kind=data["kind"].where(data.index > 3)), ["ill", "kind"])


@pytest.mark.parametrize(
    ("derived", "source", "level"),
    [("parents_negative_p1", "parents_p1", "unknown"), ("rejected_p1", "rejection_p1", "unclear")],
)
def test_unknown_levels_become_missing_in_derived_variables_too(derived, source, level):
    cohort, study = load_cohort(), load_study()
    known, unknown = unknown_as_missing(cohort, study), cohort[source] == level
    assert unknown.any()
    assert known.loc[unknown, [derived, source]].isna().all(axis=None)
    assert known.loc[~unknown, derived].equals(cohort.loc[~unknown, derived])
