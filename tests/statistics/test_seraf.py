"""SERAF categories as published history: the report's grouping and proportions, and no individual score."""

import inspect

import pandas as pd
import pytest

from keepsafe.problems import InputError
from keepsafe.statistics import seraf
from keepsafe.statistics.seraf import ScoreBands, cse_by_category, risk_group, seraf_categories

CASES = {"no": (12, 102), "mild": (11, 34), "moderate": (12, 32), "significant": (19, 37)}


@pytest.fixture
def cohort() -> pd.DataFrame:
    rows = [(name, int(i < k)) for name, (k, n) in CASES.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["seraf_category", "cse"]).sample(frac=1, random_state=1)


def test_groups_are_the_reports(cohort):
    counts = risk_group(cohort["seraf_category"]).value_counts()
    assert counts.to_dict() == {"low": 136, "high": 69}


def test_grouping_keeps_index_and_blanks():
    grouped = risk_group(pd.Series(["mild", None], index=["a", "b"]))
    assert grouped["a"] == "low" and pd.isna(grouped["b"])


def test_something_else_than_a_category_is_refused():
    with pytest.raises(InputError, match="severe") as caught:
        risk_group(pd.Series(["no", "severe"], name="seraf_category"))
    assert caught.value.problems[0].column == "seraf_category" and caught.value.problems[0].remedy


def test_action_follows_the_category_as_the_report_says():
    actions = seraf_categories().set_index("category")["action"]
    assert "no formal procedures" in actions["mild"]
    assert actions["moderate"] == actions["significant"] and "strategy meeting" in actions["significant"]


def test_bands_are_shown_with_the_version_they_come_from():
    other = ScoreBands("another version", "its citation", (5, 9, 20))
    shown = seraf_categories(other)
    assert list(shown["score_band"]) == ["0-4", "5-8", "9-19", "20+"]
    assert set(shown["bands_from"]) == {"another version"} and set(shown["bands_citation"]) == {"its citation"}


def test_bands_that_do_not_rise_are_refused():
    with pytest.raises(InputError, match="do not rise"):
        seraf_categories(ScoreBands("wrong", "nowhere", (6, 6, 16)))


def test_cse_by_category_is_a_proportion_with_an_interval(cohort):
    found = cse_by_category(cohort).set_index("category")
    assert {name: (found.loc[name, "k"], found.loc[name, "n"]) for name in found.index} == CASES
    assert list(found.index) == list(CASES)
    assert (found["percent_low"] < found["percent"]).all() and (found["percent"] < found["percent_high"]).all()


def test_nothing_here_takes_a_score_of_a_young_person():
    functions = inspect.getmembers(seraf, inspect.isfunction)
    own = [function for _, function in functions if function.__module__ == seraf.__name__]
    assert {name for function in own for name in inspect.signature(function).parameters} <= {
        "bands", "category", "cohort", "confidence"
    }  # fmt: skip
