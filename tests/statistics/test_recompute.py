"""Published figures computed again: the right persons, the right denominator, the right statistic."""

import pandas as pd
import pytest

from keepsafe.statistics.recompute import recompute
from keepsafe.study import load_study

COLUMNS = ["id", "source", "variable", "level", "group", "stratum", "phase", "statistic", "value", "decimals",
           "qualifier", "unit", "n_printed", "source_line"]  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return load_study()


@pytest.fixture(scope="module")
def cohort():
    """Six persons, written out so that each figure can be counted by eye."""
    return pd.DataFrame(
        {
            "person_id": list("abcdef"),
            "seraf_category": ["no", "no", "mild", "significant", "moderate", "significant"],
            "risk_group": ["low", "low", "low", "high", "high", "high"],
            "cse": [0, 1, 0, 1, 1, 0],
            "sex": ["female", "female", "male", "female", "male", "male"],
            "lived_care_p2": pd.array([None, 1, None, 0, None, None], "Int64"),
            "parents_p1": ["positive", "dysfunctional", "breakdown", "neutral", "dysfunctional", "unknown"],
            "moves_total": [0, 2, 4, 6, 8, 10],
            "pregnancy_ever": [1, 1, 0, 0, 1, 0],
            "n_pregnancies": [1, 3, 0, 0, 2, 0],
            "n_pregnancies_p2": pd.array([None, 2, None, 0, 1, None], "Int64"),
            "n_live_births": [1, 2, 0, 0, 1, 0],
            "n_removed_at_birth": [0, 1, 0, 0, 0, 0],
            "age_first_pregnancy": pd.array([16, 17, None, None, 18, None], "Int64"),
            "police_provided": [0, 1, 1, 1, 1, 0],
            "police_impact": [None, "negative", "positive", "no_engagement", "negative", None],
        }
    )


def figure(
    variable,
    statistic,
    value="0",
    level="",
    group="total",
    phase="",
    stratum="",
    unit="persons",
    qualifier="exactly",
):
    decimals = len(value.partition(".")[2])
    return [
        "f",
        "text",
        variable,
        level,
        group,
        stratum,
        phase,
        statistic,
        value,
        decimals,
        qualifier,
        unit,
        None,
        1,
    ]


CASES = {
    "missing cases leave the denominator": (figure("lived_care", "percent", "50.0", "1", "cse", "2"), 2, 1, 50.0),
    "joined levels are counted together": (
        figure("parents", "percent", "50", "dysfunctional|breakdown", phase="1"), 6, 3, 50.0),
    "strata narrow the group": (figure("moves_total", "mean", "7.3", stratum="male"), 3, None, 22 / 3),
    "a standard deviation divides by n - 1": (figure("moves_total", "sd", "3.7"), 6, None, 14**0.5),
    "a minimum": (figure("moves_total", "min", "6", group="high_risk"), 3, None, 6),
    "a SERAF category is a group too": (figure("moves_total", "max", "10", group="significant"), 2, None, 10),
    "persons are counted": (figure("person_id", "count", "3", group="cse"), 3, 3, 3),
    "a count of a measured variable is its total": (figure("n_pregnancies", "count", "6", unit="pregnancies"), 6, 6, 6),
    "a share of pregnancies, not of persons": (figure("n_pregnancies", "percent", "60", group="cse", phase="2",
                                                    unit="pregnancies"), 5, 3, 60.0),
    "a share of live births": (figure("n_removed_at_birth", "percent", "25", unit="live births"), 4, 1, 25.0),
    "only persons with a pregnancy": (
        figure("age_first_pregnancy", "mean", "17", unit="persons with a pregnancy"), 3, None, 17),
    "recipients alone": (figure("police_impact", "percent", "50", "negative", unit="recipients of police"), 4, 2, 50.0),
    "recipients who engaged": (
        figure("police_impact", "percent", "67", "negative", unit="recipients of police who engaged"), 3, 2, 200 / 3),
}  # fmt: skip


@pytest.mark.parametrize("promise", CASES)
def test_a_figure_rests_on_the_right_persons(promise, cohort, study):
    row, n, k, value = CASES[promise]
    found = recompute(pd.DataFrame([row], columns=COLUMNS), cohort, study).iloc[0]
    assert (found["n"], found["recomputed"]) == (n, pytest.approx(value))
    assert pd.isna(found["k"]) if k is None else found["k"] == k
    assert found["agrees"]


@pytest.mark.parametrize(
    ("value", "qualifier", "agrees"),
    [("50.0", "exactly", True), ("50.1", "exactly", False), ("45", "over", True), ("55", "almost", True),
     ("50", "almost", False), ("50", "over", False), ("48", "about", True), ("40", "about", False)],
)  # fmt: skip
def test_agreement_reads_the_qualifier(value, qualifier, agrees, cohort, study):
    row = figure("cse", "percent", value, "1", qualifier=qualifier)
    assert recompute(pd.DataFrame([row], columns=COLUMNS), cohort, study)["agrees"].iloc[0] == agrees


def test_what_persons_cannot_show_comes_from_facts_or_stays_blank(cohort, study):
    rows = pd.DataFrame([figure("file_id", "count", "367"), figure("years_followed", "count", "10")], columns=COLUMNS)
    found = recompute(rows, cohort, study, facts={"file_id": 367})
    assert found["agrees"].iloc[0]
    assert found["recomputed"].isna().tolist() == [False, True]
    assert pd.isna(found["agrees"].iloc[1])
