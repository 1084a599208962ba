"""What elimination keeps as threshold and candidates vary is what each elimination by itself keeps."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError
from keepsafe.statistics.selection import backward_elimination, bootstrap_selection
from keepsafe.statistics.specification import explore_elimination

LISTS = {"all": list("abcdef"), "short": ["a", "b", "kind"]}
THRESHOLDS = (0.01, 0.10, 0.30)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    made = pd.DataFrame(rng.integers(0, 2, (240, 6)), columns=list("abcdef"))
    made["kind"] = rng.choice(["one", "three", "two"], 240)
    chance = 0.15 + 0.35 * made["a"] + 0.15 * made["b"] + 0.1 * (made["kind"] == "two")
    return made.assign(ill=(rng.random(240) < chance).astype(int))


@pytest.fixture(scope="module")
def found(data):
    return explore_elimination(data, "ill", LISTS, THRESHOLDS, n_boot=40, seed=7)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("p_remove", THRESHOLDS)
def test_each_threshold_keeps_what_its_own_elimination_keeps_with_its_odds_ratios(data, found, name, p_remove):
    alone = backward_elimination(data, "ill", LISTS[name], p_remove=p_remove)
    mine = found.kept.query("candidates == @name and p_remove == @p_remove").set_index("predictor")
    assert tuple(mine.index[mine["kept"]]) == alone.selected
    single = [each for each in alone.selected if each != "kind"]
    columns = ["odds_ratio", "low", "high"]
    np.testing.assert_allclose(mine.loc[single, columns].astype(float), alone.final.odds_ratios.loc[single, columns])
    assert mine.loc[~mine["kept"], columns].isna().all(axis=None)


@pytest.mark.parametrize("name", LISTS)
def test_the_path_is_that_of_the_lowest_threshold(data, found, name):
    path = backward_elimination(data, "ill", LISTS[name], p_remove=min(THRESHOLDS)).path.iloc[1:]
    mine = found.path.query("candidates == @name")
    assert mine["term"].tolist() == path["term"].tolist()
    np.testing.assert_allclose(mine[["statistic", "df", "p"]], path[["statistic", "df", "p"]].astype(float), atol=1e-7)


@pytest.mark.parametrize("p_remove", THRESHOLDS)
def test_shares_of_resamples_are_those_of_the_bootstrap_at_that_threshold(data, found, p_remove):
    alone = bootstrap_selection(data, "ill", LISTS["all"], n_boot=40, seed=7, p_remove=p_remove, lasso=False)
    mine = found.kept.query("candidates == 'all' and p_remove == @p_remove").set_index("predictor")
    theirs = alone.inclusion.drop_duplicates("predictor").set_index("predictor")["inclusion"]
    assert mine["inclusion"].to_dict() == theirs.to_dict()
    assert mine["same"].unique().tolist() == [pytest.approx(alone.same)]
    assert found.separated == {"all": alone.separated, "short": 0}


def test_the_order_of_the_rows_and_the_number_of_threads_change_nothing(data, found):
    again = explore_elimination(data.sample(frac=1, random_state=2), "ill", LISTS, THRESHOLDS, 40, 7, n_jobs=2)
    pd.testing.assert_frame_equal(found.kept, again.kept)
    pd.testing.assert_frame_equal(found.path, again.path)


def test_a_threshold_that_removes_all_leaves_an_empty_model(data):
    noise = data.assign(ill=np.tile([0, 1], 120))
    found = explore_elimination(noise, "ill", {"two": ["c", "d"]}, [1e-6], n_boot=5)
    assert not found.kept["kept"].any() and found.kept["odds_ratio"].isna().all()


def test_arguments_out_of_range_are_refused(data):
    for wrong in ({"thresholds": []}, {"thresholds": [0.0]}, {"n_boot": 1}, {"statistic": "score"}, {"seed": -1}):
        with pytest.raises(InputError):
            explore_elimination(data, "ill", LISTS, **wrong)
    for wrong in ({"candidates": ["a", "b"]}, {"candidates": {}}):
        with pytest.raises(InputError, match="each list of candidates needs a name"):
            explore_elimination(data, "ill", **wrong)
