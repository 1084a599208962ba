"""The trials' results: two small trials run, the committed ones whole, and the table that is told of them."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from keepsafe.paths import data
from keepsafe.synthesis import trial_results as told
from keepsafe.synthesis.trial_results import trials_told
from keepsafe.synthesis.trials import DROPPED, SUBGROUP, TOLD, trials

SETS = [trial.name for trial in trials()]
ARMS = {"floor", "tables", "calibrated", "sized", "trees", "guess"}


@pytest.fixture(scope="module")
def small():
    """Two small trials, by two workers."""
    return told.run(["birthwt", "infert"], 4, ("floor", "tables", "calibrated"), n_jobs=2)


def test_two_small_trials_run_whoever_does_them(small):
    alone = told.run(["infert"], 4, ("floor", "tables", "calibrated"), n_jobs=1)
    of_set = small["items"][small["items"]["set"] == "infert"].reset_index(drop=True)
    pd.testing.assert_frame_equal(of_set, alone["items"], check_exact=False)
    found = told.summarised(small["items"])
    error = found[(found["of"] == "all") & (found["kind"] == TOLD)].set_index("arm")["error"]
    assert error["calibrated"] < error["tables"] and error["calibrated"] < 0.15


def test_truths_and_guesses_of_the_small_trials_are_those_committed(small):
    lead = ["set", "arm", "kind", "item"]
    committed = told.results("items").set_index(lead)
    for row in small["items"][small["items"]["arm"] == "guess"].itertuples():
        kept = committed.loc[(row.set, "guess", row.kind, row.item)]
        assert kept["truth"] == pytest.approx(row.truth, abs=1e-4, nan_ok=True)
        assert kept["median"] == pytest.approx(row.median, abs=1e-4, nan_ok=True)


def test_committed_results_are_whole_and_have_their_checksums():
    for line in data("trials", "CHECKSUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256(data("trials", name).read_bytes()).hexdigest() == digest
    items = told.results("items")
    assert set(items["set"]) == set(SETS) and set(items["arm"]) == ARMS
    again = told.summarised(items).set_index(["of", "kind", "arm"]).drop(columns="items")
    kept = told.results().set_index(["of", "kind", "arm"]).drop(columns="items")
    pd.testing.assert_frame_equal(again, kept.loc[again.index], atol=2e-4, rtol=0.02)


def test_data_sets_are_as_the_issue_asks():
    sets = told.results("sets").fillna(dict.fromkeys(["reversed", "suppressed", "collinear"], ""))
    assert sets["persons"].min() >= 100 and sets["persons"].max() <= 10_000
    assert (sets["reversed"].ne("") | sets["suppressed"].ne("")).sum() >= 3 and sets["collinear"].ne("").sum() >= 3
    assert sets["outcome_share"].min() < 0.1 and sets["outcome_share"].max() > 0.7


def test_a_question_is_answered_by_the_results_and_not_beside_them(monkeypatch):
    known, items = told.results(), told.results("items")
    found = told.may_be_read().set_index("question")
    assert set(found["verdict"]) <= {told.MAY, told.BETTER, told.NOT, told.PUT_IN}
    worse = known.copy()
    worse.loc[worse["arm"] == "calibrated", "error"] = 9.0
    monkeypatch.setattr(told, "results", lambda name="summary": worse if name == "summary" else items)
    assert set(told.may_be_read()["verdict"]) == {told.NOT, told.PUT_IN}
    better = known.copy()
    better.loc[better["arm"] == "calibrated", ["error", "coverage"]] = 0.0, 0.99
    off = items.assign(low=1e6, high=2e6)
    monkeypatch.setattr(told, "results", lambda name="summary": better if name == "summary" else off)
    assert told.MAY not in set(told.may_be_read()["verdict"])  # the rule counts truths, not the mean of the sets
    wide = items.assign(low=-1e6, high=1e6)
    monkeypatch.setattr(told, "results", lambda name="summary": better if name == "summary" else wide)
    assert set(told.may_be_read()["verdict"]) == {told.MAY, told.PUT_IN}


def test_what_chapter_06_and_the_datasheet_say_beside_the_table_is_borne_out():
    items, summary = told.results("items"), told.results()
    shares = items[items["kind"] == SUBGROUP].pivot_table("median", ["set", "item"], "arm")
    apart = (shares["calibrated"] - shares["tables"]).abs().groupby("set").max()
    assert (apart > 0).sum() == 1  # elsewhere the tables do all the work
    of_set = summary[(summary["kind"] == SUBGROUP) & summary["of"].isin(told.results("sets")["set"])]
    error = of_set.pivot(index="of", columns="arm", values="error").dropna(subset=["calibrated"])
    assert 0 < (error["guess"] < error["calibrated"]).sum() < len(error) / 2
    known = items[items["arm"].eq("calibrated") & items["kind"].eq(SUBGROUP)]
    assert (known["median"] - known["truth"]).abs().max() > 5  # points: a single share can be far off
    known = items[items["arm"].eq("calibrated") & items["kind"].eq(DROPPED)]
    null = known.assign(null=known["truth"].abs()).groupby("set")["null"].mean()
    of_set = summary[(summary["kind"] == DROPPED) & summary["of"].isin(null.index)]
    error = of_set.pivot(index="of", columns="arm", values="error")
    assert (error["guess"] > null).mean() > 0.5 and error["guess"].mean() > null.mean()
    rest = null.index != "birthwt"
    assert error["calibrated"].mean() < null.mean() and error["calibrated"][rest].mean() >= null[rest].mean()
    said = trials_told()
    right, sign, share = said["significance"], said["direction"], said["share"]
    assert said["readable"] == 0  # ADAPTING: nothing but what was printed
    assert share["held"] > told.HELD and abs(share["calibrated"] - share["guess"]) < 0.1  # a guess is as near
    assert max(right["calibrated"], right["tables"]) <= right["guess"]  # chapter 06: no more often than a guess
    assert max(sign.values()) < 0.85 and sign["calibrated"] < sign["guess"] and said["small"] > 0.5
    assert said["rare"] <= said["rare_chance"] and said["rare_sets"] >= 3  # no more than chance
    assert said["nearer"] == said["tried"] and said["least"] > 0 and said["mean"] > 2 * said["se"]
    pairs = told.may_be_read().set_index("unit").loc["correlation"]
    assert 0 < pairs["tables"] - pairs["calibrated"] < 0.02  # hardly better than the tables alone


def test_numbers_told_of_the_trials_follow_from_their_items_by_another_way():
    said, items = trials_told(), told.results("items").query("arm == 'calibrated'")
    shares = items[items["kind"] == SUBGROUP].dropna(subset=["median"])
    held = [row.low - 5e-5 <= row.truth <= row.high + 5e-5 for row in shares.itertuples()]
    assert said["share"]["held"] == pytest.approx(sum(held) / len(held)) and said["shares"] == len(held)
    each = {}
    for row, inside in zip(shares.itertuples(), held, strict=True):
        each.setdefault((row.set, row.item.split(",")[0]), []).append(inside)
    assert said["variables"] == len(each) and said["variables_held"] == sum(map(all, each.values()))
    left = items[items["kind"] == DROPPED].dropna(subset=["median", "truth"])
    signs = {name: [a * b > 0 for a, b in zip(p["median"], p["truth"], strict=True)] for name, p in left.groupby("set")}
    assert said["direction"]["calibrated"] == pytest.approx(np.mean([np.mean(part) for part in signs.values()]))
    gain = said["primary"]["guess"] - said["primary"]["calibrated"]
    assert said["se"] == pytest.approx(stats.sem(gain)) and said["mean"] == pytest.approx(gain.mean())
    assert said["at_most"] < 0.9 or said["made"] > 50  # the ends of ten draws are no 5% and 95%
