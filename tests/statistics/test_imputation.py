"""Multiple imputation: it mends what complete cases get wrong, agrees with R's mice, and its intervals cover."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError, backward_elimination, load_cohort, load_study, open_study
from keepsafe.statistics import engine
from keepsafe.statistics.chained import impute
from keepsafe.statistics.design import Formula
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.imputation import fit_imputed, fit_other_ways, imputed_designs, pool, unknown_as_missing

ORACLES = Path(__file__).resolve().parents[1] / "oracles" / "logistic"
COVERAGE = runpy.run_path(str(ORACLES / "imputed_coverage.py"))


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


def test_a_category_takes_part_complete_or_not():
    data = cases(6, 200).assign(kind=np.resize(["one", "two", "three"], 200))
    kind = data["kind"]
    for each in (kind, kind.where(data.index > 30), kind.astype("category").where(data["c"] < 1)):
        found = fit_imputed(data.assign(kind=each), "ill", ["a", "b", "kind"], n_sets=2)
        columns = found.loc[found["method"] == "imputed", "column"].tolist()
        assert columns == ["const", "a", "b", "kind=three", "kind=two"]


def test_a_number_with_a_reference_is_imputed_as_the_category_that_it_is():
    data = cases(7, 400).assign(team=np.resize([1, 2, 3], 400))
    chance = data["team"].map({1: 0.8, 2: 0.1, 3: 0.8})
    data["ill"] = (np.random.default_rng(1).random(400) < chance).astype(int)
    data["team"] = data["team"].where(data.index % 4 > 0)
    found = fit_imputed(data, "ill", ["a", "team"], reference={"team": 1.0}).set_index(["method", "column"])["B"]
    assert abs(found["imputed"] - found["complete cases"]).max() < 0.3  # a line through 1, 2, 3 would see nothing


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


def test_two_predictors_unknown_in_the_same_persons_are_no_fault():
    data = cases(8, 300)
    found = fit_imputed(data.assign(c=data["c"].mask(data["b"].isna())), "ill", ["a", "b", "c"], n_sets=2)
    assert found.loc[found["method"] == "imputed", "n"].eq(300).all()


@pytest.mark.parametrize(
    ("change", "predictors", "message"),
    [
        ({"ill": 1}, ["a", "b"], "an outcome needs two values"), ({"b": np.nan}, ["a", "b"], "no value is known"),
        ({}, ["a", "d"], "column d: no such column"), ({"a": 1}, ["a", "b"], "same for all"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_imputed_is_refused(change, predictors, message):
    data = cases(9, 200).assign(**change)
    with pytest.raises(InputError, match=message):
        fit_imputed(data, "ill", predictors, n_sets=2)
    with pytest.raises(InputError, match=message):
        imputed_designs(data, Formula("ill", predictors), 2, 2019)


@pytest.mark.parametrize("dataset", ["pbc", "pima", "birthwt"])
def test_estimates_are_those_of_r_mice_within_monte_carlo_error(dataset, n_sets=100):
    """An estimate is a mean over sets; a squared standard error is the mean of those in the sets, and the variance
    between sets. The variances of these over runs are between / sets, var(within) / sets and 2 between^2 / sets.
    """
    data = pd.read_csv(ORACLES / f"missing_{dataset}.csv")
    theirs = pd.read_csv(ORACLES / "r_chained.csv").query("dataset == @dataset").to_dict("series")
    designs = imputed_designs(data, Formula(data.columns[0], list(data.columns[1:])), n_sets, 2019)
    fits = [engine.fit(design.X, design.y) for design in designs]
    b, within = np.array([fit[0] for fit in fits]), np.array([np.diag(fit[1]) for fit in fits])
    names = [name.replace("=", "").replace("const", "(Intercept)") for name in designs[0].columns]
    assert names == theirs["column"].tolist()
    ours, between = pool(b, within, np.inf), b.var(axis=0, ddof=1)
    runs = [
        (n_sets, between, within.std(axis=0)),
        tuple(theirs[name].array for name in ("sets", "between", "within_sd")),
    ]
    of_b = sum(between / sets for sets, between, _ in runs)
    of_squares = sum((2 * between**2 + sd**2) / sets for sets, between, sd in runs)
    wrong = (ours["B"].array - theirs["B"].array) / np.sqrt(of_b)
    wrong_se = (ours["SE"].array ** 2 - theirs["SE"].array ** 2) / np.sqrt(of_squares)
    for off in (wrong, wrong_se):
        assert np.abs(off).max() < 3.5 and np.sqrt((off**2).mean()) < 1.8
    assert (np.abs(ours["B"].array - theirs["B"].array) < 0.2 * ours["SE"].array).all()


@pytest.fixture(scope="module")
def covered() -> pd.DataFrame:
    found = pd.read_csv(COVERAGE["PLACE"])
    truth = found["predictor"].map(COVERAGE["TRUTH"])
    return found.assign(truth=truth, covers=truth.between(found["low"], found["high"]), off=found["B"] - truth)


def test_95_percent_intervals_hold_the_truth_in_95_percent_of_1000_data_sets(covered):
    """Within three Monte Carlo errors, of numbers and of 0/1, where one or both of them are unknown."""
    held = covered[covered["method"] == "imputed"].groupby(["case", "predictor"])["covers"].agg(["size", "mean"])
    assert held["size"].tolist() == [1000] * 9
    assert (abs(held["mean"] - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 1000)).all()


def test_estimates_are_not_drawn_towards_null_and_complete_cases_are_off(covered):
    """Of 205 persons maximum likelihood itself is some hundredths too far from null."""
    off = covered.groupby(["method", "case", "predictor"])["off"].mean()
    assert off["imputed"].between(-0.03, 0.08).all()
    assert (abs(off["complete cases"][:, "a"]) > 0.1).all()
    spread = covered.groupby(["method", "case", "predictor"])["B"].std()
    assert (spread["imputed"][:, "a"] < spread["complete cases"][:, "a"]).all()  # it wins what their files still hold


@pytest.mark.parametrize("case", list(COVERAGE["UNKNOWN"]))
def test_the_committed_simulation_is_that_of_the_code(covered, case):
    """Where it fails after a change of the draws, write it anew: python tests/oracles/logistic/imputed_coverage.py."""
    for dataset in (0, 999):
        ours = pd.DataFrame(COVERAGE["intervals"](case, dataset))
        theirs = covered[(covered["case"] == case) & (covered["dataset"] == dataset)].reset_index(drop=True)
        pd.testing.assert_frame_equal(ours, theirs[list(ours)], atol=2e-3, rtol=0, check_dtype=False)


def test_each_level_of_a_factor_is_fitted_other_ways_by_itself():
    """The mean of the levels' odds ratios had stood for the factor."""
    study = open_study()
    chosen = backward_elimination(study.cohort, "relationship_abuse", ["parents_p1", "cse"], p_remove=0.99)
    known = unknown_as_missing(study.cohort, study)
    ways = fit_other_ways({"relationship_abuse": chosen}, known, study, 2).set_index("label")
    final = chosen.final.odds_ratios.set_index("column")["odds_ratio"]
    assert ways["no"].to_dict() == pytest.approx({study.term(name): ratio for name, ratio in final.items()})
    dropped = fit_logistic(known, "relationship_abuse", ["parents_p1", "cse"]).odds_ratios
    assert ways["dropped"].dropna().to_dict() == pytest.approx(
        {study.term(row.column): row.odds_ratio for row in dropped.itertuples()}
    )


def test_other_ways_keep_the_reference_of_the_codebook_and_take_products_apart():
    """Female against male had stood beside male against female; a product had ended in a KeyError."""
    study = open_study()
    kept, base = ["sex", "cse", "parents_negative_p1", "cse:parents_negative_p1"], {"sex": "male"}
    assert study.codebook["sex"].reference == "male"
    chosen = backward_elimination(study.cohort, "relationship_abuse", kept, p_remove=0.999, reference=base)
    known = unknown_as_missing(study.cohort, study, "unknown")
    ways = fit_other_ways({"relationship_abuse": chosen}, known, study, 2).set_index("predictor")
    assert set(ways.index) == set(chosen.selected) == set(kept)
    dropped = fit_logistic(known, "relationship_abuse", kept, reference=base).odds_ratios["odds_ratio"]
    assert ways["dropped"].to_dict() == pytest.approx(dropped.to_dict())
    assert (ways["no"]["sex"] < 1) == (ways["dropped"]["sex"] < 1) == (ways["imputed"]["sex"] < 1)


def test_where_no_factor_has_unknown_codes_no_model_is_fitted_another_way():
    study = open_study()
    chosen = backward_elimination(study.cohort, **study.asked("relationship_abuse"))
    kept = list(chosen.selected)
    known = study.cohort.assign(**study.cohort[kept].fillna(0))
    ways = fit_other_ways({"relationship_abuse": chosen}, known, study, 2)
    assert (
        ways.empty
        and ways.attrs["gaps"] == 0
        and list(ways) == [*("model", "predictor", "outcome", "label", "no", "dropped", "imputed")]
    )
