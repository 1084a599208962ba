"""Promises of compare_groups: overlapping groups, stated denominators, named tests, nothing dropped."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import gammaln

from keepsafe.compare import compare_groups, independence
from keepsafe.compare.association import _every_table
from keepsafe.problems import InputError


def group(name, label, variable=None, value=None):
    return SimpleNamespace(name=name, label=label, variable=variable, value=value)


GROUPS = {item.name: item for item in (
    group("total", "Total sample"), group("low_risk", "Low risk group", "risk_group", "low"),
    group("high_risk", "High risk group", "risk_group", "high"), group("non_cse", "Non-CSE group", "cse", 0),
    group("cse", "CSE group", "cse", 1),
)}  # fmt: skip
CONTRASTS = {
    "risk": SimpleNamespace(
        name="risk", label="Risk", groups=("low_risk", "high_risk"), variable="risk_group"
    ),
    "cse": SimpleNamespace(name="cse", label="CSE", groups=("non_cse", "cse"), variable="cse"),
}
STUDY = SimpleNamespace(groups=GROUPS, contrasts=CONTRASTS)


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """205 made-up persons in the report's groups, with every type of column."""
    rng = np.random.default_rng(7)
    cse = np.repeat([0, 1], [151, 54])
    parents = ["positive", "neutral", "dysfunctional", "unknown"]
    frame = pd.DataFrame({
        "cse": pd.array(cse, "Int64"),
        "risk_group": pd.Categorical(rng.permutation(["low"] * 136 + ["high"] * 69), ["low", "high"]),
        "sex": rng.choice(["female", "male"], 205),
        "care_p1": pd.array(rng.binomial(1, 0.5, 205), "Int64"),
        "care_p2": pd.array(rng.binomial(1, 0.7, 205), "Int64"),
        "moves": rng.poisson(9, 205).astype(float),
        "parents": pd.Categorical(rng.choice(parents, 205), parents),
        "everybody": True,
    })  # fmt: skip
    frame.loc[frame["cse"] == 0, "care_p2"] = pd.NA
    frame.loc[[0, 1, 160], "care_p1"] = pd.NA
    frame.loc[[3, 4], "moves"] = np.nan
    frame.loc[[5], "parents"] = None
    return frame


def one(frame: pd.DataFrame, **where) -> pd.Series:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]


def test_overlapping_groups_stand_in_one_frame(cohort):
    frame = compare_groups(cohort, ["care_p1"], STUDY)
    assert list(frame["group"]) == ["total", "low_risk", "high_risk", "non_cse", "cse"]
    assert list(frame["n"]) == [205, 136, 69, 151, 54]
    assert (
        frame["k"].iloc[1] + frame["k"].iloc[2]
        == frame["k"].iloc[3] + frame["k"].iloc[4]
        == frame["k"].iloc[0]
    )


@pytest.mark.parametrize(
    "by", [STUDY, [*GROUPS.values(), CONTRASTS["cse"]], [GROUPS["non_cse"], GROUPS["cse"]], "cse"]
)
def test_study_contrasts_groups_and_column_names_give_the_same_comparison(cohort, by):
    row = compare_groups(cohort, ["care_p1"], by)
    row = row[row["contrast"] == "cse"].iloc[-1]
    assert (row["n"], row["k"]) == (54, int(cohort.loc[cohort["cse"] == 1, "care_p1"].sum()))
    assert row["reference"] in ("non_cse", "0")


def test_denominators_are_all_cases_or_known_ones(cohort):
    everybody = one(compare_groups(cohort, ["care_p1"], "cse"), group="total")
    known = one(compare_groups(cohort, ["care_p1"], "cse", denominators="known"), group="total")
    assert (everybody["missing"], everybody["denominator"], known["denominator"]) == (3, 205, 202)
    assert everybody["k"] == known["k"] and everybody["percent"] < known["percent"]


def test_missing_is_a_level_of_its_own_among_all_cases(cohort):
    frame = compare_groups(cohort, ["parents"], "cse")
    total = frame[(frame["group"] == "total") & (frame["level"] != "")]
    assert list(total["level"]) == ["positive", "neutral", "dysfunctional", "unknown", "missing"]
    assert total["k"].sum() == 205


def test_unknown_levels_leave_the_known_cases(cohort):
    frame = compare_groups(cohort, ["parents"], "cse", denominators="known")
    row = one(frame, group="total", level="positive")
    assert "unknown" not in set(frame["level"])
    assert row["missing"] == 1 + (cohort["parents"] == "unknown").sum()
    assert row["denominator"] == 205 - row["missing"]


def test_joined_levels_are_counted_together_and_leave_the_overall_test_alone(cohort):
    plain = compare_groups(cohort, ["parents"], "cse")
    joined = compare_groups(cohort, ["parents"], "cse", joined={"parents": ["neutral|dysfunctional"]})
    both = cohort["parents"].isin(["neutral", "dysfunctional"]).sum()
    assert one(joined, group="total", level="neutral|dysfunctional")["k"] == both
    assert one(joined, group="1", level="")["p"] == one(plain, group="1", level="")["p"]


def test_blank_text_is_missing(cohort):
    frame = compare_groups(cohort.assign(sex=cohort["sex"].where(np.arange(205) > 3, "")), ["sex"], "cse")
    assert list(frame["level"].unique()) == ["", "female", "male", "missing"]
    assert one(frame, group="total", level="missing")["k"] == 4


def test_a_group_that_was_not_asked_has_no_percentage_and_no_test(cohort):
    frame = compare_groups(cohort, ["care_p2"], STUDY)
    row = one(frame, group="non_cse")
    assert np.isnan(row["percent"]) and row["missing"] == 151
    assert np.isnan(row["p"]) and "one group only" in row["note"]
    assert "more than half missing" in one(frame, group="total")["note"]


def test_a_constant_is_shown_without_a_test_and_says_so(cohort):
    row = one(compare_groups(cohort, ["everybody"], "cse"), group="1")
    assert row["percent"] == 100 and np.isnan(row["p"]) and "same for everybody" in row["note"]


def test_auto_takes_fisher_exactly_where_an_expected_count_is_below_five(cohort):
    rare = cohort.assign(rare=(np.arange(205) % 21 == 0).astype(int), common=(np.arange(205) % 2))
    frame = compare_groups(rare, ["rare", "common"], "cse")
    chosen = frame.drop_duplicates("variable", keep="last").set_index("variable")
    assert chosen["test"].to_dict() == {"rare": "Fisher exact", "common": "Pearson chi-square"}
    assert chosen.loc["rare", "min_expected"] < 5 <= chosen.loc["common", "min_expected"]


def test_pearson_on_small_expected_counts_carries_a_caution(cohort):
    rare = cohort.assign(rare=(np.arange(205) % 21 == 0).astype(int))
    assert "smallest expected count" in compare_groups(rare, ["rare"], "cse", test="pearson")["note"].iloc[-1]


def test_strata_are_done_apart_and_may_overlap(cohort):
    frame = compare_groups(cohort, ["care_p1"], "sex", within=STUDY)
    assert list(frame["stratum"].unique()) == ["total", "low_risk", "high_risk", "non_cse", "cse"]
    inside = cohort[cohort["cse"] == 1]
    alone = compare_groups(inside, ["care_p1"], "sex")
    within = frame[frame["stratum"] == "cse"]
    assert list(within["k"]) == list(alone["k"]) and list(within["p"].dropna()) == list(alone["p"].dropna())


def test_false_discovery_rate_counts_each_test_once(cohort):
    frame = compare_groups(cohort, ["care_p1", "sex", "moves", "parents"], STUDY)
    own = frame[frame["tested"] == "variable"].drop_duplicates(["variable", "contrast"])
    assert len(own) == 8
    assert list(own["q"]) == pytest.approx(list(stats.false_discovery_control(own["p"])))
    levels = frame[frame["tested"] == "level"].drop_duplicates(["variable", "level", "contrast"])
    assert list(levels["q"]) == pytest.approx(list(stats.false_discovery_control(levels["p"])))


def test_a_contrast_of_several_groups_is_tested_as_one_and_measured_against_the_first(cohort):
    four = cohort.assign(four=np.arange(205) % 4).astype({"four": "category"})
    frame = compare_groups(four, ["care_p1", "moves"], "four", total=False)
    assert list(frame["reference"]) == ["", "0", "0", "0"] * 2
    assert frame.groupby("variable")["p"].nunique().eq(1).all()
    assert set(frame["test"]) == {"Pearson chi-square", "analysis of variance"}


@pytest.mark.parametrize("dtype", ["Int64", "int8", "float64", "boolean", "bool"])
def test_a_yes_no_column_of_any_type_gives_the_same_row(cohort, dtype):
    known = cohort[cohort["care_p1"].notna()]
    frame = compare_groups(known.astype({"care_p1": dtype}), ["care_p1"], "cse")
    pd.testing.assert_frame_equal(frame, compare_groups(known, ["care_p1"], "cse"))


def test_a_yes_no_column_can_be_averaged(cohort):
    row = one(compare_groups(cohort, ["care_p1"], "cse", numeric=["care_p1"]), group="total")
    assert row["mean"] == pytest.approx(cohort["care_p1"].mean()) and pd.isna(row["k"])


def test_an_empty_cell_keeps_its_estimate_within_its_interval(cohort):
    rare = cohort.assign(rare=((np.arange(205) % 20 == 0) & (cohort["cse"] == 0)).astype(int))
    row = one(compare_groups(rare, ["rare"], "cse"), group="1")
    assert row["odds_ratio"] == row["risk_ratio"] == row["odds_ratio_low"] == row["risk_ratio_low"] == 0
    assert int(rare["rare"].sum()) == 8  # tests/oracles/compare/ratios.csv has this table
    assert (row["risk_ratio_high"], row["odds_ratio_high"]) == pytest.approx((1.2804610007534, 1.2983646069905))


def test_monte_carlo_is_the_same_for_one_seed_and_near_the_exact_p():
    table = [[9, 4, 3, 1], [3, 6, 8, 5]]
    exact, one, same, other = (independence(table, "fisher", **change) for change in (
        {}, {"most_tables": 5}, {"most_tables": 5}, {"most_tables": 5, "seed": 1}))  # fmt: skip
    assert "Monte Carlo" in one.test and exact.test == "Fisher exact"
    assert one.p == same.p != other.p
    assert one.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p * (1 - exact.p) / 9_999))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=2, max_size=3))
def test_the_enumerated_tables_are_all_tables_with_these_margins(rows):
    table = np.array(rows)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return
    scores = _every_table(table.sum(1), table.sum(0), 10**6)
    margins = stats.random_table(table.sum(1), table.sum(0)).logpmf(table) + gammaln(table + 1.0).sum()
    assert np.exp(scores + margins).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        ({"variables": ["mooves"]}, "mooves", "did you mean moves"),
        ({"variables": ["moves", "moves"]}, "moves", "named twice"),
        ({"variables": []}, None, "no variables"),
        ({"variables": ["cse"]}, "cse", "groups are made of this column"),
        ({"variables": ["blank"]}, "blank", "no value is known"),
        ({"variables": ["endless"]}, "endless", "1 infinite value"),
        ({"variables": ["as_text"]}, "as_text", "numbers kept as text"),
        ({"variables": ["jumble"]}, "jumble", "several types"),
        ({"variables": ["day"]}, "day", "cannot be compared"),
        ({"by": "everybody"}, "everybody", "at least two levels"),
        ({"by": "moves"}, "moves", "cut it into groups"),
        ({"by": "nowhere"}, "nowhere", "no such column"),
        ({"by": [group("old", "Old", "sex", "neither")]}, "sex", "not a level"),
        ({"within": "nowhere"}, "nowhere", "no such column"),
        ({"test": "chi"}, None, "likelihood_ratio"),
        ({"mean_test": "z"}, None, "mann_whitney"),
        ({"denominators": "some"}, None, "known"),
        ({"confidence": 95}, None, "out of range"),
        ({"resamples": 3}, None, "too few"),
        ({"joined": {"sex": ["female|other"]}}, "sex", "not a level"),
        ({"cohort": {"sex": [1]}}, None, "data frame is needed"),
    ],
)
def test_bad_input_is_refused_naming_column_and_remedy(cohort, change, column, message):
    bad = cohort.assign(blank=np.nan, endless=np.inf, as_text="3", jumble=["a", 1] * 102 + ["a"],
                        day=pd.Timestamp("2006-01-01"))  # fmt: skip
    bad.loc[1:, "endless"] = 0.0
    arguments = {"cohort": bad, "variables": ["moves", "sex"], "by": "cse"} | change
    with pytest.raises(InputError, match=message) as caught:
        compare_groups(**arguments)
    assert caught.value.problems[0].column == column
    assert all(problem.remedy for problem in caught.value.problems)


def test_duplicated_columns_are_refused(cohort):
    twice = pd.concat([cohort, cohort[["moves"]]], axis=1)
    with pytest.raises(InputError, match="two columns of this name"):
        compare_groups(twice, ["moves"], "cse")


def test_all_faults_are_named_at_once(cohort):
    with pytest.raises(InputError) as caught:
        compare_groups(cohort.assign(blank=np.nan), ["nowhere", "blank"], "cse")
    assert [problem.column for problem in caught.value.problems] == ["nowhere", "blank"]


def test_the_cohort_is_left_as_it_was(cohort):
    before = cohort.copy(deep=True)
    compare_groups(cohort, ["care_p1", "moves", "parents"], STUDY)
    pd.testing.assert_frame_equal(cohort, before)
