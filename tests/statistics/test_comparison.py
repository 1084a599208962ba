"""Promises of compare_groups: overlapping groups, stated denominators, named tests, nothing dropped."""

import sys
import warnings
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from keepsafe.problems import InputError
from keepsafe.statistics.association import independence, marker
from keepsafe.statistics.comparison import compare_groups


def group(name, label, variable=None, value=None):
    return SimpleNamespace(name=name, label=label, variable=variable, value=value)


GROUPS = {item.name: item for item in (
    group("total", "Total sample"), group("low_risk", "Low risk group", "risk_group", "low"),
    group("high_risk", "High risk group", "risk_group", "high"), group("non_cse", "Non-CSE group", "cse", 0),
    group("cse", "CSE group", "cse", 1),
)}  # fmt: skip
CONTRASTS = {
    "risk": SimpleNamespace(name="risk", label="Risk", groups=("low_risk", "high_risk"), variable="risk_group"),
    "cse": SimpleNamespace(name="cse", label="CSE", groups=("non_cse", "cse"), variable="cse"),
}
STUDY = SimpleNamespace(groups=GROUPS, contrasts=CONTRASTS)


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """205 made-up persons in the report's groups, with every type of column."""
    rng = np.random.default_rng(7)
    cse = np.repeat([0, 1], [151, 54])
    parents = ["positive", "neutral", "dysfunctional", "unknown"]
    frame = pd.DataFrame(
        {
            "cse": pd.array(cse, "Int64"),
            "risk_group": pd.Categorical(rng.permutation(["low"] * 136 + ["high"] * 69), ["low", "high"]),
            "sex": rng.choice(["female", "male"], 205),
            "care_p1": pd.array(rng.binomial(1, 0.5, 205), "Int64"),
            "care_p2": pd.array(rng.binomial(1, 0.7, 205), "Int64"),
            "moves": rng.poisson(9, 205).astype(float),
            "parents": pd.Categorical(rng.choice(parents, 205), parents),
            "everybody": True,
        }
    )
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
    assert frame["k"].iloc[1] + frame["k"].iloc[2] == frame["k"].iloc[3] + frame["k"].iloc[4] == frame["k"].iloc[0]


@pytest.mark.parametrize("by", [STUDY, [*GROUPS.values(), CONTRASTS["cse"]], [GROUPS["non_cse"], GROUPS["cse"]], "cse"])
def test_study_contrasts_groups_and_column_names_give_the_same_comparison(cohort, by):
    row = compare_groups(cohort, ["care_p1"], by)
    row = row[row["contrast"] == "cse"].iloc[-1]
    assert (row["n"], row["k"]) == (54, int(cohort.loc[cohort["cse"] == 1, "care_p1"].sum()))
    assert row["reference"] in ("non_cse", "0")


def test_denominators_are_all_cases_or_known_ones(cohort):
    everybody = one(compare_groups(cohort, ["care_p1"], "cse", denominators="all"), group="total")
    known = one(compare_groups(cohort, ["care_p1"], "cse"), group="total")
    assert (everybody["missing"], everybody["denominator"], known["denominator"]) == (3, 205, 202)
    assert everybody["k"] == known["k"] and everybody["percent"] < known["percent"]


def test_the_unknown_are_left_out_unless_the_study_says_otherwise_and_the_note_says_how_many(cohort):
    """Half of those known in either group, and 40% unknown in one: nothing to see, as SPSS and R have it."""
    half = pd.DataFrame({"g": ["a"] * 200 + ["b"] * 200, "x": [0, 1] * 100 + [0, 1] * 60 + [np.nan] * 80})
    left = one(compare_groups(half, ["x"], "g", total=False), group="b")
    assert (left["k"], left["denominator"], left["missing"], left["percent"], left["p"]) == (60, 120, 80, 50, 1)
    assert left["note"] == "80 unknown left out of the test"
    counted = one(compare_groups(half, ["x"], "g", total=False, denominators="all"), group="b")
    assert counted["p"] < 0.0001 and counted["note"] == "80 unknown counted as not having it"
    said = SimpleNamespace(groups=GROUPS, contrasts=CONTRASTS, denominators="all")
    assert one(compare_groups(cohort, ["care_p1"], said), group="total")["denominator"] == 205
    assert one(compare_groups(cohort, ["care_p1"], STUDY), group="total")["denominator"] == 202
    assert one(compare_groups(cohort, ["care_p1"], said, denominators="known"), group="total")["denominator"] == 202


def test_the_test_of_a_category_is_that_of_its_known_cases():
    x = ["y"] * 40 + ["n"] * 20 + [None] * 40 + ["y"] * 60 + ["n"] * 40
    data = pd.DataFrame({"g": ["a"] * 100 + ["b"] * 100, "x": x})
    frame = compare_groups(data, ["x"], "g", test="pearson", total=False)
    assert frame["p"].to_numpy() == pytest.approx(stats.chi2_contingency([[40, 20], [60, 40]], correction=False).pvalue)
    assert set(frame["note"]) == {"40 unknown left out of the test"}
    numbers = pd.DataFrame({"g": ["a"] * 5 + ["b"] * 5, "x": [1, 2, 3, 4, np.nan, 2, 3, 5, 6, 7]})
    assert set(compare_groups(numbers, ["x"], "g", total=False)["note"]) == {"1 unknown left out of the test"}


def test_this_study_counts_the_unknown_and_a_new_one_does_not(tmp_path):
    from keepsafe import load_study
    from keepsafe.files.new import new

    assert load_study().denominators == "all"
    codebook = load_study().codebook
    text = (Path(load_study.__code__.co_filename).parents[2] / "data" / "study.toml").read_text(encoding="utf-8")
    path = tmp_path / "study.toml"
    path.write_text(text.replace('denominators = "all"', 'denominators = "some"'), encoding="utf-8")
    with pytest.raises(InputError, match=r"denominators = 'some' is not a choice; known"):
        load_study(path, codebook)
    templates = Path(sys.modules[new.__module__].__file__).parent / "templates"
    assert "denominators" not in (templates / "study.toml").read_text(encoding="utf-8")
    assert 'denominators: str = "known"' in (templates / "02_descriptives.md").read_text(encoding="utf-8")


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(cohort, shuffle):
    order = list(range(len(cohort)))
    shuffle.shuffle(order)
    variables = ["care_p1", "care_p2", "sex", "moves", "parents", "everybody"]
    for options in ({}, {"denominators": "all", "mean_test": "mann_whitney"}, {"test": "fisher"}):
        one, two = (compare_groups(each, variables, STUDY, **options) for each in (cohort, cohort.iloc[order]))
        pd.testing.assert_frame_equal(one, two, rtol=1e-10)


def test_a_marker_does_not_hang_on_last_bits():
    markers = [marker(p) for p in (0.05, 0.05 - 1e-16, 0.0499, 0.1, 0.001 - 1e-17)]
    assert markers == ["†", "†", "*", "", "**"]


@pytest.mark.parametrize("mean_test", ["t", "welch", "mann_whitney"])
def test_equal_scores_are_equal_whatever_was_added_up_first(mean_test):
    """0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in a last bit: no tie, no spread and no test may hang on it."""
    items = np.random.default_rng(4).integers(0, 10, (40, 3)) / 10
    forwards, backwards = items[:, 0] + items[:, 1] + items[:, 2], items[:, 2] + items[:, 1] + items[:, 0]
    mixed = np.where(np.arange(40) % 3, forwards, backwards)
    one, two, whole = (
        compare_groups(pd.DataFrame({"score": score, "g": np.arange(40) % 2}), ["score"], "g", mean_test=mean_test)
        for score in (forwards, mixed, (items * 10).sum(axis=1).round())
    )
    assert (mixed != forwards).any() and one["p"].notna().any()
    pd.testing.assert_frame_equal(one[["p", "smd"]], two[["p", "smd"]], rtol=1e-12)
    pd.testing.assert_frame_equal(one[["p", "smd"]], whole[["p", "smd"]], rtol=1e-12)
    same = pd.DataFrame({"score": [0.1 + 0.2, *[0.3] * 9], "g": [0, 1] * 5})
    row = compare_groups(same, ["score"], "g", mean_test=mean_test).iloc[1]
    assert row["note"] == "no test: the same for everybody" and row["sd"] == 0 and np.isnan(row["mean_low"])


def test_a_decimal_that_all_share_has_no_spread():
    """The SD of 0.1, 0.1 and 0.1 is 1.7e-17 by rounding, and Cohen's d was 6e15."""
    data = pd.DataFrame({"score": [0.1] * 3 + [0.7] * 3, "g": [0] * 3 + [1] * 3})
    frame = compare_groups(data, ["score"], "g", total=False)
    assert (frame["sd"] == 0).all() and frame[["smd", "mean_low", "mean_difference_low"]].isna().all(axis=None)


def test_welchs_analysis_of_variance_needs_spread_in_every_group():
    """R's oneway.test has no p either: the weight of a group without spread is infinite."""
    data = pd.DataFrame({"score": [1.0] * 5 + [2, 3, 4, 5, 6] + [1, 5, 2, 2, 8], "g": list("aaaaabbbbbccccc")})
    row = compare_groups(data, ["score"], "g", mean_test="welch").iloc[1]
    assert row["note"] == "no test: no spread within a group" and row["test"] == "" and np.isnan(row["p"])


def test_nothing_that_another_library_warns_of_reaches_the_reader(cohort):
    nasty = pd.DataFrame(
        {
            "g": ["a"] * 3 + ["b"] * 3,
            "same": [1.0] * 6,
            "apart": [1.0] * 3 + [2.0] * 3,
            "close": [1e9] * 5 + [1e9 + 1],
            "single": [1.0, np.nan, np.nan, 2.0, 3.0, 4.0],
            "yes": [0, 0, 0, 1, 1, 1],
            "none": [np.nan] * 3 + [1.0, 2, 3],
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for mean_test, test in (("t", "auto"), ("welch", "fisher"), ("mann_whitney", "likelihood_ratio")):
            compare_groups(nasty, [name for name in nasty if name != "g"], "g", mean_test=mean_test, test=test)


def test_missing_is_a_level_of_its_own_among_all_cases(cohort):
    frame = compare_groups(cohort, ["parents"], "cse", denominators="all")
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
    blank = cohort.assign(sex=cohort["sex"].where(np.arange(205) > 3, ""))
    frame = compare_groups(blank, ["sex"], "cse", denominators="all")
    assert list(frame["level"].unique()) == ["", "female", "male", "missing"]
    assert one(frame, group="total", level="missing")["k"] == 4


def test_blank_categories_are_missing_too(cohort):
    text = pd.Series(np.where(cohort["cse"] == 1, "a", "b")).mask(cohort.index % 5 == 0, "")
    rows = [compare_groups(cohort.assign(t=text.astype(dtype)), ["t"], "risk_group") for dtype in ("str", "category")]
    pd.testing.assert_frame_equal(*rows)


def test_a_code_that_is_called_missing_is_not_taken_for_the_unknown(cohort):
    away = pd.Series(["home", "missing", "home", None, "elsewhere"] * 41)
    frame = compare_groups(cohort.assign(away=away), ["away"], "cse", denominators="all", total=False)
    assert frame["level"].tolist() == [
        level for level in ("", "elsewhere", "home", "missing", "not recorded") for _ in "ab"
    ]
    assert frame.groupby("level")["k"].sum()[["missing", "not recorded"]].tolist() == [41, 41]
    assert frame.groupby("level")["note"].first()["missing"] == "41 unknown counted as not having it"


def test_one_name_is_as_good_as_a_list_of_one(cohort):
    """Else 'known' would be taken for a part of 'not known', and moves for one of moves_total."""
    cohort = cohort.assign(asked=["known", "not known", "refused", "known", "known"] * 41, cse_2=cohort["cse"])
    alone = compare_groups(cohort, ["asked", "cse_2"], "risk_group", unknown="not known", numeric="cse_2_known")
    listed = compare_groups(cohort, ["asked", "cse_2"], "risk_group", unknown=["not known"], numeric=["cse_2_known"])
    pd.testing.assert_frame_equal(alone, listed)


def test_columns_may_be_named_by_numbers(cohort):
    numbered = cohort[["cse", "moves", "sex"]].set_axis([2006, 1, 2], axis=1)
    named = compare_groups(cohort, ["moves", "sex"], "cse")
    for by in (2006, [2006]):
        found = compare_groups(numbered, [1, 2], by)
        pd.testing.assert_frame_equal(found[["k", "mean", "p", "risk_ratio"]], named[["k", "mean", "p", "risk_ratio"]])


def test_a_group_that_was_not_asked_has_no_percentage_and_no_test(cohort):
    frame = compare_groups(cohort, ["care_p2"], STUDY, denominators="all")
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
    exact, one, same, other = (
        independence(table, "fisher", **change)
        for change in ({}, {"most_tables": 5}, {"most_tables": 5}, {"most_tables": 5, "seed": 1})
    )
    assert "Monte Carlo" in one.test and exact.test == "Fisher exact"
    assert one.p == same.p != other.p
    assert one.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p * (1 - exact.p) / 9_999))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=3))
def test_fishers_p_sums_the_tables_that_are_at_most_as_probable(rows):
    table = np.array(rows)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return
    tables, law = [[]], stats.random_table(table.sum(1), table.sum(0))
    for total in table.sum(1):  # row by row, every way to fill it; those whose columns come out are the tables
        ways = [way for way in product(range(total + 1), repeat=table.shape[1]) if sum(way) == total]
        tables = [[*rows, way] for rows in tables for way in ways if (np.sum([*rows, way], 0) <= table.sum(0)).all()]
    chance = law.pmf(np.array(tables))
    expected = chance[chance <= law.pmf(table) * (1 + 1e-7)].sum()
    assert chance.sum() == pytest.approx(1)
    assert independence(table, "fisher").p == pytest.approx(expected)
    assert independence(table.T, "fisher").p == pytest.approx(expected)


@pytest.mark.parametrize(("shape", "n"), [((3, 5), 100), ((4, 4), 60), ((3, 6), 60)])
def test_a_table_of_a_hundred_cases_is_tested_exactly(shape, n):
    """Far too many tables to enumerate; the p-value lies where 20,000 tables drawn at random have it."""
    table = np.random.default_rng(3).multinomial(n, np.full(np.prod(shape), 1 / np.prod(shape))).reshape(shape)
    exact = independence(table, "fisher")
    assert exact.test == "Fisher exact"
    drawn = independence(table, "fisher", most_tables=1, resamples=20_000)
    assert drawn.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p * (1 - exact.p) / 20_000))


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        ({"variables": ["mooves"]}, "mooves", "did you mean moves"),
        ({"variables": ["moves", "moves"]}, "moves", "named more than once"),
        ({"variables": []}, "variables", "name at least one column"),
        ({"variables": ["cse"]}, "cse", "groups are made of this column"),
        ({"variables": ["blank"]}, "blank", "no value is known"),
        ({"variables": ["endless"]}, "endless", r"infinite values \(1\)"),
        ({"variables": ["as_text"]}, "as_text", "numbers kept as text"),
        ({"variables": ["jumble"]}, "jumble", "several types"),
        ({"variables": ["day"]}, "day", "cannot be compared"),
        ({"by": "everybody"}, "everybody", "at least two levels"),
        ({"by": "moves"}, "moves", "cut it into groups"),
        ({"by": "nowhere"}, "nowhere", "no such column"),
        ({"by": None}, "by", "names no groups"),
        ({"by": [group("old", "Old", "sex", "neither")]}, "sex", "not a level"),
        ({"within": "nowhere"}, "nowhere", "no such column"),
        ({"test": "chi"}, "test", "likelihood_ratio"),
        ({"mean_test": "z"}, "mean_test", "mann_whitney"),
        ({"denominators": "some"}, "denominators", "known"),
        ({"confidence": 95}, "confidence", "out of range"),
        ({"resamples": 3}, "resamples", "too few"),
        ({"joined": {"sex": ["female|other"]}}, "sex", "not a level"),
        ({"cohort": {"sex": [1]}}, "cohort", "data frame is needed"),
    ],
)
def test_bad_input_is_refused_naming_column_and_remedy(cohort, change, column, message):
    bad = cohort.assign(
        blank=np.nan, endless=np.inf, as_text="3", jumble=["a", 1] * 102 + ["a"], day=pd.Timestamp("2006-01-01")
    )
    bad.loc[1:, "endless"] = 0.0
    arguments = {"cohort": bad, "variables": ["moves", "sex"], "by": "cse"} | change
    with pytest.raises(InputError, match=message) as caught:
        compare_groups(**arguments)
    assert caught.value.problems[0].column == column
    assert all(problem.remedy for problem in caught.value.problems)


def test_duplicated_columns_are_refused(cohort):
    twice = pd.concat([cohort, cohort[["moves"]]], axis=1)
    with pytest.raises(InputError, match="several columns of this name"):
        compare_groups(twice, ["moves"], "cse")


def test_levels_that_cannot_be_joined_are_told_in_the_same_order_in_every_process(cohort):
    wrong = list("hgfedcba")
    with pytest.raises(InputError) as caught:
        compare_groups(cohort, ["sex"], "cse", joined={"sex": ["|".join(wrong)]})
    assert [problem.message[1] for problem in caught.value.problems] == sorted(wrong)


def test_all_faults_are_named_at_once(cohort):
    with pytest.raises(InputError) as caught:
        compare_groups(cohort.assign(blank=np.nan), ["nowhere", "blank"], "cse")
    assert [problem.column for problem in caught.value.problems] == ["nowhere", "blank"]


def test_the_cohort_is_left_as_it_was(cohort):
    before = cohort.copy(deep=True)
    compare_groups(cohort, ["care_p1", "moves", "parents"], STUDY)
    pd.testing.assert_frame_equal(cohort, before)
