"""Two coders' agreement: the coefficients and intervals that R gives, and a note where there is none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from keepsafe.problems import InputError
from keepsafe.statistics.agreement import agreement, gwet_ac1

ORACLES = Path(__file__).parents[1] / "oracles" / "agreement"
PAIRS = pd.read_csv(ORACLES / "pairs.csv", dtype=str)
EXPECTED = pd.read_csv(ORACLES / "expected.csv")


def coders(name: str) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    pairs = PAIRS[PAIRS["data"] == name]
    kind = pairs["kind"].iloc[0]
    if kind == "number" or set(pairs["first"]) <= {"0", "1"}:
        pairs = pairs.astype({"first": float, "second": float})
    first, second = (pd.DataFrame({"code": pairs[coder].to_numpy()}) for coder in ("first", "second"))
    return first, second, kind == "ordered"


@pytest.mark.parametrize("name", list(EXPECTED["data"].unique()))
def test_coefficients_and_intervals_match_r(name):
    first, second, ordered = coders(name)
    found: dict[str, float] = {}
    for weights in ("linear", "quadratic"):
        row = agreement(first, second, ["code"], ordered=["code"], weights=weights).iloc[0]
        found |= {weights + end: row[f"weighted_kappa{end}"] for end in ("", "_low", "_high")}
    found["psych_weighted"] = found["quadratic"]
    found |= agreement(first, second, ["code"]).iloc[0].to_dict()
    expected = EXPECTED[EXPECTED["data"] == name]
    for quantity, value in zip(expected["quantity"], expected["value"], strict=True):
        assert found[quantity] == pytest.approx(value, rel=1e-6, abs=1e-6), quantity


def test_weighted_kappa_is_given_for_ordered_codes_only():
    first, second, _ = coders("attitude")
    levels = ["a", "b", "c", "d"]
    ordered = [frame.astype({"code": pd.CategoricalDtype(levels, ordered=True)}) for frame in (first, second)]
    assert agreement(*ordered, ["code"])["weighted_kappa"].notna().all()
    assert agreement(first, second, ["code"])["weighted_kappa"].isna().all()


def test_levels_nobody_used_count_in_ac1():
    used = np.array([[8, 1], [1, 2]])
    declared = np.pad(used, (0, 1))
    assert gwet_ac1(declared)[0] != pytest.approx(gwet_ac1(used)[0])
    codes = pd.Categorical(["a"] * 9 + ["b"] * 3, ["a", "b", "c"])
    first, second = (
        pd.DataFrame({"v": codes}),
        pd.DataFrame({"v": codes.set_categories(["a", "b", "c"])[[*range(8), 9, 8, 10, 11]]}),
    )
    assert agreement(first, second, ["v"])["ac1"].iloc[0] == pytest.approx(gwet_ac1(declared)[0])


def test_an_order_that_the_coders_do_not_share_is_refused_and_one_that_is_only_assumed_is_told():
    """Put together, columns of different levels lose their order; text has none but the alphabet's."""
    levels = ["low", "medium", "high"]
    first = pd.DataFrame({"v": levels * 5})
    second = pd.DataFrame({"v": ["low", "medium", "medium"] * 5})
    ordered = first.astype({"v": pd.CategoricalDtype(levels, ordered=True)})
    for other in (second, second.astype({"v": pd.CategoricalDtype(levels[:2], ordered=True)})):
        with pytest.raises(InputError, match="column v: the coders' columns do not have the same levels in one order"):
            agreement(ordered, other, ["v"])
    row = agreement(first, second, ["v"], ordered=["v"]).iloc[0]
    assert row["note"] == "its order is taken to be high, low, medium"
    row = agreement(ordered, second.astype(ordered.dtypes), ["v"]).iloc[0]
    assert row["note"] == "" and row["weighted_kappa"] == pytest.approx(
        cohen_kappa_score([0, 1, 2] * 5, [0, 1, 1] * 5, weights="quadratic")
    )


def test_complete_agreement_claims_no_interval_for_kappa():
    frame = pd.DataFrame({"yes": [0, 1] * 10, "always": [1] * 20, "count": [*range(20)]})
    found = agreement(frame, frame, ["yes", "always", "count"]).set_index("variable")
    assert found.loc["yes", "kappa"] == 1 and np.isnan(found.loc["yes", "kappa_low"])
    assert np.isnan(found.loc["always", "kappa"]) and "not defined" in found.loc["always", "note"]
    assert found.loc["count", "icc"] == 1 and np.isnan(found.loc["count", "icc_low"])
    assert (found["agreement_low"] > 0.8).all() and (found["agreement_high"] == 1).all()


def test_ordered_codes_may_be_numbers():
    first, second = pd.DataFrame({"v": [1, 2, 3, 4, 5] * 8}), pd.DataFrame({"v": [1, 2, 3, 5, 5] * 8})
    row = agreement(first, second, ["v"], ordered=["v"]).iloc[0]
    assert (row["kind"], row["prevalence_of"]) == ("ordered", "5") and np.isnan(row["icc"])
    assert row["weighted_kappa"] == pytest.approx(cohen_kappa_score(first["v"], second["v"], weights="quadratic"))
    assert row["weighted_kappa"] == pytest.approx(0.957, abs=5e-4)
    text = [frame.replace({1: "a", 2: "b", 3: "c", 4: "d", 5: "e"}) for frame in (first, second)]
    assert agreement(*text, ["v"], ordered=["v"]).iloc[0]["weighted_kappa"] == row["weighted_kappa"]
    assert agreement(first, second, ["v"]).iloc[0]["kind"] == "number"


@pytest.mark.parametrize("levels", [[0, 1], ["a", "b"], [1, 2, 3]])
def test_a_coder_who_used_one_level_gets_a_note_and_no_interval_of_kappa(levels):
    first, second = pd.DataFrame({"v": [levels[0]] * 20}), pd.DataFrame({"v": [levels[0]] * 17 + [levels[1]] * 3})
    for one, two in ((first, second), (second, first)):
        row = agreement(one, two, ["v"], ordered=["v"]).iloc[0]
        assert row["kappa"] == 0 and np.isnan(row["kappa_low"]) and "one coder used one level only" in row["note"]
        assert row["ac1_low"] < row["ac1"] < row["ac1_high"] and row["weighted_kappa"] == 0


def test_files_are_matched_by_name_and_missing_codes_counted():
    first = pd.DataFrame({"file_id": ["a", "b", "c", "d"], "v": pd.array([1, 0, pd.NA, 1], "Int64")})
    second = pd.DataFrame({"file_id": ["d", "c", "b", "x"], "v": pd.array([1, 1, 0, 0], "Int64")})
    row = agreement(first, second, ["v"], on="file_id").iloc[0]
    assert (row["n"], row["missing"], row["agreement"]) == (2, 1, 1.0)


def test_too_few_files_with_both_codes_is_said():
    first = pd.DataFrame({"v": pd.array([1, pd.NA, pd.NA], "Int64")})
    row = agreement(first, first, ["v"]).iloc[0]
    assert np.isnan(row["kappa"]) and "fewer than two" in row["note"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variables": ["w"]}, "no such column"),
        ({"on": "file"}, "no such column"),
        ({"on": "v"}, "names the files"),
        ({"on": "part", "variables": ["twice"]}, "a file without a name"),
        ({"on": "twice"}, "more than once"),
        ({"second": pd.DataFrame({"v": [1, 0]}, index=["x", "y"])}, "0 files were coded by both"),
        ({"weights": "cubic"}, "cubic"),
        ({"confidence": 95}, "95"),
        ({"variables": ["blank"]}, "no value is known"),
        ({"variables": ["v", "v"]}, "named more than once"),
        ({"ordered": ["w"]}, "ordered but not among the variables"),
        ({"first": [1, 0]}, "data frame is needed"),
        ({"second": {"v": [1]}}, "data frame is needed"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(change, message):
    frame = pd.DataFrame({"v": [1, 0, 1], "twice": ["a", "a", "b"], "part": [1, 2, None], "blank": [np.nan] * 3})
    arguments = {"first": frame, "second": frame, "variables": ["v"]} | change
    with pytest.raises(InputError, match=message) as caught:
        agreement(**arguments)
    assert all(problem.remedy for problem in caught.value.problems)
