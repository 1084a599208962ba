"""The elimination to explore: what the table and the page's data say is what the library found."""

import pandas as pd
import pytest

from keepsafe import backward_elimination, explore_elimination, explored_table, open_study
from keepsafe.telling import EXPLORED, TABLE, VALUES

LISTS = {"five": ["female", "neglect_p1", "moves_total", "cin_p1", "offending_p1"], "two": ["female", "neglect_p1"]}
CUTS = (0.01, 0.10, 0.90)


@pytest.fixture(scope="module")
def study():
    return open_study()


@pytest.fixture(scope="module")
def found(study):
    return explore_elimination(study.cohort, "cse", LISTS, CUTS, n_boot=20, seed=3)


@pytest.fixture(scope="module")
def bundle(found):
    return explored_table("explored-test", found, "What stays")._repr_mimebundle_()


def test_the_page_is_given_what_each_threshold_keeps_and_how_often(found, bundle, study):
    told = bundle[EXPLORED]
    assert told["thresholds"] == ["0.01", "0.10", "0.90"] and told["resamples"] == 20 and told["invented"] is True
    for part in told["lists"]:
        for place, p_remove in enumerate(CUTS):
            mine = found.kept[found.kept["candidates"].eq(part["name"]) & found.kept["p_remove"].eq(p_remove)]
            mine = mine.set_index("predictor")
            mine.index = [study.label(each) for each in mine.index]
            assert {row["name"]: row["kept"][place] for row in part["rows"]} == mine["kept"].to_dict()
            shares = {row["name"]: row["share"][place] for row in part["rows"]}
            assert shares == pytest.approx((100 * mine["inclusion"]).to_dict(), abs=0.5)
            assert all((row["ratio"][place] is None) == (not row["kept"][place]) for row in part["rows"])


def test_what_leaves_is_told_in_the_order_of_an_elimination_by_itself(bundle, study):
    path = backward_elimination(study.cohort, "cse", LISTS["five"], p_remove=0.01).path["term"].iloc[1:]
    steps = {row["step"]: row["name"] for row in bundle[EXPLORED]["lists"][0]["rows"] if row["step"]}
    assert [steps[step] for step in sorted(steps)] == [study.label(term) for term in path]


def test_the_table_joins_thresholds_of_one_set_and_names_each_factor_once(bundle, found, study):
    frame = explored_table("explored-test", found, "What stays").frame
    for name, part in found.kept.groupby("candidates"):
        widest = part[part["kept"] & part["p_remove"].eq(0.90)]["predictor"].map(study.label)
        words = "; ".join(frame.loc[name, "Stays"]).replace("and ", "")
        assert sorted(words.split("; ")) == sorted(widest)
        assert len(frame.loc[name]) == part[part["kept"]].groupby("p_remove")["predictor"].agg(tuple).nunique()
    assert bundle[TABLE]["invented"] == "all" and len(bundle[VALUES]["values"]) >= 2 * len(frame)


def test_a_candidate_that_no_threshold_keeps_leaves_the_table_with_nothing(found):
    bare = pd.DataFrame(found.kept.assign(kept=False, odds_ratio=float("nan")))
    empty = type(found)(found.path, bare, found.n_boot, found.separated)
    frame = explored_table("explored-test", empty, "What stays").frame
    assert frame["Stays"].tolist() == ["nothing", "nothing"]
