"""Responses: shares of those who received them, and filler marked as such."""

import pandas as pd
import pytest

from keepsafe import load_cohort, load_figures, load_study
from keepsafe.problems import InputError
from keepsafe.statistics.recompute import impact_shares, responses


@pytest.fixture(scope="module")
def counted() -> pd.DataFrame:
    return responses(load_cohort(), groups=["total", "cse"])


def test_impacts_are_shares_of_recipients_and_sum_to_all_of_them(counted):
    impact = counted[counted["question"] == "impact"].groupby(["group", "response"])
    given = counted[counted["question"] == "provided"].set_index(["group", "response"])["k"].sort_index()
    assert (impact["k"].sum() == impact["n"].first()).all()
    assert (given - impact["n"].first()).ge(0).all()  # an impact may be unrecorded
    police = counted.query("group == 'cse' and response == 'police' and level == 'negative'")
    assert police["percent"].round(1).tolist() == [32.3]


def test_impact_of_a_response_not_given_is_not_counted():
    cohort = load_cohort()
    none_given = cohort.assign(police_provided=0)
    part = responses(none_given, groups=["cse"]).query("response == 'police' and question == 'impact'")
    assert part["n"].eq(0).all() and part["percent"].isna().all()


def test_only_responses_with_a_printed_impact_are_drawn_without_the_word_filler(counted):
    labels = impact_shares(counted, load_figures(), "cse")["label"]
    plain = set(labels[~labels.str.endswith(", filler")])
    study = load_study()
    printed = [
        "sexual_health",
        "direct_support",
        "accommodated",
        "healthy_relationship",
        "counselling",
        "police",
    ]
    assert plain == {study.responses[name].label for name in printed}


def test_responses_of_few_are_left_out(counted):
    drawn = impact_shares(counted, load_figures(), "cse", fewest=20)
    assert drawn["n"].min() >= 20


def test_an_unknown_group_is_refused_by_name():
    with pytest.raises(InputError, match="everybody"):
        responses(load_cohort(), groups=["everybody"])


def test_a_response_meant_for_one_group_is_drawn_in_that_group_only(counted):
    figures = load_figures()
    drawn = {group: " ".join(impact_shares(counted, figures, group)["label"]) for group in ("total", "cse")}
    meant = [response.label for response in load_study().responses.values() if response.only == "cse"]
    assert len(meant) == 3
    for label in meant:
        assert label in drawn["cse"] and label not in drawn["total"]
