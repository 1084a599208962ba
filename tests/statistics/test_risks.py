"""Risks beside odds ratios: from printed counts, and standardised over a model; R is the second opinion."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from keepsafe import InputError, runs
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.intervals import odds_ratio, risk_ratio
from keepsafe.statistics.risks import MEASURES, risks_from_counts, standardised_risks

ORACLES = Path(__file__).resolve().parents[1] / "oracles" / "logistic"
TERMS = ["age", "lwt", "smoke", "ht", "ui"]


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "birthwt.csv")


def test_printed_by_outcome_or_by_factor_the_risks_are_those_of_the_same_table():
    by_outcome = pd.DataFrame({"k1": [41], "n1": [54], "k0": [71], "n0": [151]})
    by_factor = pd.DataFrame({"k1": [41], "n1": [112], "k0": [13], "n0": [93]})
    one, two = risks_from_counts(by_outcome), risks_from_counts(by_factor, "factor")
    made = [name + end for name in (*MEASURES, "odds_ratio") for end in ("", "_low", "_high")]
    pd.testing.assert_frame_equal(one[made], two[made])
    assert one["risk"].item() == 41 / 112 and one["risk_reference"].item() == 13 / 93
    assert_allclose(one[["risk_ratio", "risk_ratio_low", "risk_ratio_high"]].iloc[0], risk_ratio(41, 112, 13, 93))
    assert_allclose(one["odds_ratio"].item(), odds_ratio(41, 54, 71, 151)[0])
    both = risks_from_counts(pd.concat([by_outcome, by_factor], ignore_index=True), ["outcome", "factor"])
    assert both["risk_ratio"].nunique() == 1 and both["with_factor"].tolist() == [112, 112]


COUNT = st.tuples(st.integers(0, 12), st.integers(1, 12), st.integers(0, 12), st.integers(1, 12)).filter(
    lambda k: k[0] <= k[1] and k[2] <= k[3]
)


@settings(max_examples=150, deadline=None)
@given(COUNT, st.sampled_from(["outcome", "factor"]))
def test_every_estimate_from_counts_lies_within_its_interval_or_is_blank(four, groups):
    row = risks_from_counts(pd.DataFrame([four], columns=["k1", "n1", "k0", "n0"]), groups).iloc[0]
    for name in MEASURES:
        value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
        assert (np.isnan(value) and np.isnan(low) and np.isnan(high)) or low <= value <= high
        assert not value < high or low < high


@pytest.mark.parametrize(("four", "message"), [
    ((5, 4, 1, 2), "no whole numbers"), ((1.5, 4, 1, 2), "no whole numbers"), ((np.nan, 4, 1, 2), "no whole numbers"),
])  # fmt: skip
def test_counts_that_are_none_are_refused_with_their_line(four, message):
    with pytest.raises(InputError, match=message) as caught:
        risks_from_counts(pd.DataFrame([(1, 2, 1, 2), four], columns=["k1", "n1", "k0", "n0"]))
    assert caught.value.problems[0].line == 2


def test_missing_columns_other_groups_and_what_is_no_frame_are_refused():
    with pytest.raises(InputError, match="no such column"):
        risks_from_counts(pd.DataFrame({"k1": [1], "n1": [2], "k0": [1]}))
    with pytest.raises(InputError, match="not a choice"):
        risks_from_counts(pd.DataFrame({"k1": [1], "n1": [2], "k0": [1], "n0": [2]}), "group")
    with pytest.raises(InputError, match="a data frame is needed"):
        risks_from_counts({"k1": [1]})
    four = pd.DataFrame([(1, 2, 1, 2)], columns=["k1", "n1", "k0", "n0"])
    with pytest.raises(InputError, match="column groups: 2 are named for 1 rows; name one for all rows"):
        risks_from_counts(four, ["outcome", "factor"])
    with pytest.raises(InputError, match="confidence: 95 is out of range"):
        risks_from_counts(four, confidence=95)


def test_standardised_risks_and_their_delta_intervals_are_those_worked_out_in_r(cases):
    ours, theirs = standardised_risks(fit_logistic(cases, "low", TERMS)), pd.read_csv(ORACLES / "r_standardised.csv")
    assert ours["column"].tolist() == theirs["column"].tolist()
    assert_allclose(ours[theirs.columns[1:]], theirs[theirs.columns[1:]], rtol=1e-6)


def test_the_odds_ratio_beside_them_is_the_models(cases):
    fit = fit_logistic(cases, "low", TERMS)
    ours, models = standardised_risks(fit).set_index("predictor"), fit.odds_ratios
    assert_allclose(
        ours.loc["smoke", ["odds_ratio", "odds_ratio_low", "odds_ratio_high"]].astype(float),
        models.loc["smoke", ["odds_ratio", "low", "high"]].astype(float),
    )
    years = ours.loc["age", "value"] - ours.loc["age", "reference"]
    assert_allclose(ours.loc["age", "odds_ratio"], models.loc["age", "odds_ratio"] ** years)


def test_a_factors_levels_are_each_set_against_its_reference(cases):
    """With nothing else in the model the standardised risks are the shares of each level."""
    found = standardised_risks(fit_logistic(cases, "low", ["race"])).set_index("column")
    shares = cases.groupby("race")["low"].mean()
    assert_allclose(found["risk"], [shares["other"], shares["white"]])
    assert_allclose(found["risk_reference"], shares["black"])


@pytest.mark.parametrize(("shift", "unit"), [(1998.0, 1.0), (-40.0, 0.01), (1e6, 365.25)])
def test_neither_zero_nor_unit_nor_the_order_of_the_rows_changes_a_standardised_risk(cases, shift, unit):
    moved = cases.assign(lwt=(cases["lwt"] + shift) * unit).sample(frac=1, random_state=3)
    one, two = (standardised_risks(fit_logistic(each, "low", TERMS)) for each in (cases, moved))
    columns = one.columns[4:]
    pd.testing.assert_frame_equal(one[columns], two[columns], rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_every_standardised_estimate_lies_within_its_interval(seed):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"a": rng.integers(0, 2, 60), "b": rng.normal(size=60), "ill": rng.integers(0, 2, 60)})
    row = standardised_risks(fit_logistic(data, "ill", ["a", "b"]))
    for name in MEASURES:
        assert ((row[f"{name}_low"] <= row[name]) & (row[name] <= row[f"{name}_high"])).all()


def test_a_model_without_estimates_has_blank_risks():
    data = pd.DataFrame({"ill": [0, 0, 0, 0, 1, 1, 1, 1] * 4, "told": [0, 0, 0, 0, 1, 1, 1, 0] * 4, "b": range(32)})
    found = standardised_risks(fit_logistic(data, "ill", ["told", "b"]))
    assert found[list(MEASURES)].isna().all(axis=None) and len(found) == 2


def test_products_and_strangers_are_refused(cases):
    fit = fit_logistic(cases, "low", ["ht", "smoke", "ui", "smoke:ui"])
    assert standardised_risks(fit)["predictor"].tolist() == ["ht"]
    with pytest.raises(InputError, match="part of a product"):
        standardised_risks(fit, ["ui"])
    with pytest.raises(InputError, match="not in the model"):
        standardised_risks(fit, ["age"])
    with pytest.raises(InputError, match="no list"):
        standardised_risks(fit, "smoke")


def test_a_confidence_that_is_no_share_is_refused(cases):
    with pytest.raises(InputError, match="confidence: 95 is out of range"):
        standardised_risks(fit_logistic(cases, "low", TERMS), confidence=95)


def test_under_disclosure_control_they_are_blank(tmp_path, monkeypatch, cases):
    made = runs.Run(tmp_path, synthetic=False, disclosure="threshold=5,round=5")
    monkeypatch.setattr(runs, "active", lambda: made)
    many = pd.concat([cases] * 4, ignore_index=True)
    found = standardised_risks(fit_logistic(many, "low", ["age", "smoke"]))
    assert len(found) and found[list(MEASURES)].isna().all(axis=None)
