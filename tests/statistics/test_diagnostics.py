"""What a model rests on: lines, single persons, columns that say the same, enough events; R is the second opinion."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from statsmodels import api as sm

from keepsafe import InputError, runs
from keepsafe.statistics import diagnostics as module
from keepsafe.statistics.diagnostics import diagnostics, sample_size

ORACLES = Path(__file__).resolve().parents[1] / "oracles" / "logistic"
TERMS = ["age", "lwt", "smoke", "ht", "ui"]


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    return pd.read_csv(ORACLES / "birthwt.csv")


@pytest.mark.parametrize("knots", [3, 4, 5])
def test_the_test_of_a_line_is_that_of_a_natural_spline_in_r(cases, knots):
    theirs = pd.read_csv(ORACLES / "r_splines.csv").query("knots == @knots").set_index("column")
    ours = diagnostics(cases, "low", TERMS, knots=knots).set_index("column")
    assert_allclose(
        ours.loc[theirs.index, ["spline_chi2", "spline_df", "spline_p"]].astype(float),
        theirs[["chi2", "df", "p"]],
        rtol=1e-6,
    )
    assert ours.loc["smoke", "spline_df"] == 0 and np.isnan(ours.loc["smoke", "spline_p"])


def test_leaving_one_person_out_and_inflation_are_those_of_r(cases):
    ours, theirs = diagnostics(cases, "low", TERMS), pd.read_csv(ORACLES / "r_influence.csv").iloc[1:]
    assert_allclose(ours[["lowest", "highest", "vif"]], theirs[["lowest", "highest", "vif"]], rtol=1e-6)
    assert ours["turns"].tolist() == theirs["turns"].tolist()


def test_one_step_comes_near_to_fitting_again(cases, monkeypatch):
    exact = diagnostics(cases, "low", TERMS)
    monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    near = diagnostics(cases, "low", TERMS)
    assert_allclose(near[["lowest", "highest"]], exact[["lowest", "highest"]], rtol=0.05)
    assert not near[["lowest", "highest"]].equals(exact[["lowest", "highest"]])


def test_where_one_person_alone_keeps_the_others_from_separation_there_is_no_finite_bound():
    """Without the sixth of them nobody with an event is below anybody without; 1.8e15 was shown for it."""
    data = pd.DataFrame({"ill": [0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1], "x": range(12), "g": [0, 1, 1, 0] * 3})
    ratios = [sm.Logit(part["ill"], sm.add_constant(part[["x", "g"]])).fit(disp=0).params["x"]
              for part in (data.drop(index=person) for person in range(12) if person not in (5, 6))]  # fmt: skip
    row = diagnostics(data, "ill", ["x", "g"]).iloc[0]
    assert row["highest"] == np.inf and row["lowest"] == pytest.approx(np.exp(min(ratios)), rel=1e-5)


def test_one_person_who_carries_an_odds_ratio_is_seen(cases):
    lone = cases.assign(lwt=cases["lwt"].where(cases.index != 188, 500))
    plain, found = (diagnostics(each, "low", ["age", "lwt"]).set_index("column") for each in (cases, lone))
    reach = [np.ptp(np.log(each.loc["lwt", ["lowest", "highest"]].astype(float))) for each in (plain, found)]
    assert reach[1] > 2 * reach[0] and found.loc["lwt", "turns"] >= 1


@pytest.mark.parametrize(("shift", "unit"), [(1998.0, 1.0), (1e6, 0.01)])
def test_neither_zero_nor_unit_nor_the_order_of_the_rows_changes_a_diagnosis(cases, shift, unit):
    moved = cases.assign(lwt=(cases["lwt"] + shift) * unit).sample(frac=1, random_state=3)
    one, two = (diagnostics(each, "low", TERMS) for each in (cases, moved))
    same = ["column", "vif", "spline_knots", "spline_chi2", "spline_df", "spline_p", "turns"]
    pd.testing.assert_frame_equal(one[same], two[same], rtol=1e-5)
    logs = [np.log(each.loc[each["column"] == "lwt", ["lowest", "highest"]]) for each in (one, two)]
    assert_allclose(logs[0], logs[1] * unit, rtol=1e-5)


def test_knots_that_coincide_are_one_and_two_values_are_no_line(cases):
    mostly = cases.assign(ftv=cases["ftv"].clip(upper=9), half=(cases["age"] > 20) * 1.5)
    found = diagnostics(mostly, "low", ["ftv", "half"], knots=5).set_index("column")
    assert (
        found.loc["ftv", "spline_knots"] in (3, 4)
        and found.loc["ftv", "spline_df"] == found.loc["ftv", "spline_knots"] - 2
    )
    assert found.loc["half", "spline_knots"] == 0


def test_without_estimates_and_under_disclosure_control_a_diagnosis_is_blank(cases, tmp_path, monkeypatch):
    measures = ["odds_ratio", "vif", "spline_p", "lowest", "highest", "turns"]
    separated = cases.assign(told=((cases["low"] == 1) & (cases["age"] > 25)).astype(int))
    assert diagnostics(separated, "low", ["told", "age"])[measures].isna().all(axis=None)
    made = runs.Run(tmp_path, synthetic=False, disclosure="threshold=5,round=5")
    monkeypatch.setattr(runs, "active", lambda: made)
    many = pd.concat([cases] * 4, ignore_index=True)
    assert diagnostics(many, "low", ["age", "smoke"])[measures].isna().all(axis=None)


def test_what_cannot_be_asked_is_refused(cases):
    with pytest.raises(InputError, match="no number of knots"):
        diagnostics(cases, "low", TERMS, knots=2)
    with pytest.raises(InputError, match="is fixed by"):
        diagnostics(cases.assign(twice=cases["age"] * 2 + 1), "low", ["age", "twice"])
    with pytest.raises(InputError, match="a data frame is needed"):
        diagnostics([[1, 0]], "low", TERMS)


def test_sample_sizes_are_those_of_the_printed_formulas_in_r():
    for row in pd.read_csv(ORACLES / "r_sample_size.csv").itertuples():
        found = sample_size(row.prevalence, row.parameters, row.cox_snell)
        assert found["needed"].tolist() == [row.shrinkage, row.optimism, row.overall], row


def test_the_example_of_the_authors_program_comes_out():
    found = sample_size(0.174, 24, cox_snell=0.288, n=662)
    assert found["needed"].tolist() == [623, 662, 221] and found["events"].tolist()[1] == 116
    assert found["per_parameter"].round(1).tolist() == [4.5, 4.8, 1.6] and found["met"].all()
    assert found["parameters"].tolist()[:2] == [25, 24]  # as many as 662 persons carry


def test_where_nothing_is_known_fifteen_per_cent_of_the_greatest_r2_is_taken():
    found = sample_size(54 / 205, 25, n=205)
    assert found.attrs["assumed"] and found.attrs["cox_snell"] == pytest.approx(
        0.15 * module.greatest_r_squared(54 / 205)
    )
    assert found["met"].tolist() == [False, False, False]


@pytest.mark.parametrize(("given", "column"), [
    ((0, 5), "prevalence"), ((1.2, 5), "prevalence"), ((0.3, 0), "parameters"), ((0.3, 5, 0.9), "cox_snell"),
    ((0.3, 5, 0.1, 0), "n"), ((0.3, 5, 0.1, 99.5), "n"), ((0.3, 2.5), "parameters"),
    (("20%", 5), "prevalence"), ((float("nan"), 5), "prevalence"),
])  # fmt: skip
def test_a_sample_size_of_arguments_out_of_range_is_refused(given, column):
    with pytest.raises(InputError, match="out of range") as caught:
        sample_size(*given)
    assert caught.value.problems[0].column == column
