"""Under disclosure control a model is safe where it is made, by whichever road it is asked for."""

import os
import stat

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError, runs
from keepsafe.files.disclosure import (
    NAME,
    VARIABLE,
    WHY,
    Limits,
    Withheld,
    digests,
    models,
    near,
    note_content,
    secret,
    withheld_notes,
)
from keepsafe.statistics.comparison import compare_groups
from keepsafe.statistics.design import Formula, make_design
from keepsafe.statistics.diagnostics import sample_size
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.imputation import fit_imputed, imputed_designs
from keepsafe.statistics.penalised import _folds as folds
from keepsafe.statistics.penalised import firth, lasso
from keepsafe.statistics.selection import backward_elimination, bootstrap_selection
from keepsafe.statistics.simulation import simulate_exposure, simulate_timing
from keepsafe.statistics.specification import specification_curve

LIKELIHOODS = ["deviance", "null_deviance", "cox_snell", "nagelkerke", "hosmer_lemeshow", "auc", "left_out"]


@pytest.fixture
def run(tmp_path, monkeypatch) -> runs.Run:
    made = runs.Run(tmp_path, synthetic=False, disclosure="threshold=10,round=5")
    made.write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    monkeypatch.setenv(VARIABLE, "a secret of the tests, no more")
    return made


@pytest.fixture
def data() -> pd.DataFrame:
    """`rare` goes with the outcome in four persons; where `b` is known, `a` goes with it in nine."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(0, 2, (203, 4)), columns=["ill", "a", "b", "c"]).astype("Int64")
    frame.loc[0, "ill"] = 1  # neither all nor those with the outcome are a multiple of five
    frame["rare"] = 0
    frame.loc[frame.index[frame["ill"] == 1][:4], "rare"] = 1
    frame.loc[frame.index[frame["ill"] == 0][:30], "rare"] = 1
    unknown = frame.index[(frame["ill"] == 1) & (frame["a"] == 1)][9:]
    frame.loc[unknown, "b"] = pd.NA
    return frame


def test_without_control_all_is_computed(data):
    assert len(fit_logistic(data, "ill", ["rare"]).coefficients) == 2


def test_a_factor_with_a_small_cell_falls_by_every_road_and_the_log_does_not_say_which_cell(run, data):
    assert fit_logistic(data, "ill", ["a", "rare"]).design.predictors == ("a",)
    assert backward_elimination(data, "ill", ["a", "rare"]).full.design.predictors == ("a",)
    assert bootstrap_selection(data, "ill", ["a", "rare"], n_boot=5).inclusion["predictor"].tolist() == ["a"]
    assert firth(data, "ill", ["a", "rare"])["predictor"].tolist() == ["const", "a"]
    assert lasso(make_design(data, "ill", ["a", "rare"]))["predictor"].tolist() == ["a"]
    assert set(fit_imputed(data, "ill", ["a", "rare"], n_sets=2)["predictor"]) == {"const", "a"}
    assert {note["why"] for note in withheld_notes(run.folder)} == {WHY}
    with pytest.raises(Withheld, match="a model is not within the rules of disclosure control"):
        fit_logistic(data, "ill", ["rare"])


def test_factors_that_go_together_in_few_do_not_stand_together_and_each_stands_alone(run, data):
    both = data.assign(d=(data["a"] == 0).astype("Int64"))
    both.loc[both.index[both["a"] == 1][:3], "d"] = 1
    assert fit_logistic(both, "ill", ["d"]).design.predictors == ("d",)
    assert fit_logistic(both, "ill", ["a", "c", "d"]).design.predictors == ("a", "c")
    assert make_design(both, "ill", ["c", "c:d"]).predictors == ("c", "c:d")
    few = both.assign(c=both["d"].copy())
    few.loc[few.index[few["d"] == 1][:3], "c"] = 0
    assert make_design(few, "ill", ["d", "c:d"]).predictors == ("d",)


def test_who_is_left_out_for_an_unknown_value_is_none_or_many(run, data):
    few, many = data.assign(x=data["c"]), data.assign(x=data["c"])
    few.loc[:2, "x"], many.loc[:119, "x"] = pd.NA, pd.NA
    assert fit_logistic(few, "ill", ["a", "x"]).design.predictors == ("a",)
    assert fit_logistic(many, "ill", ["a", "x"]).design.predictors == ("a", "x")


FAULTS = {
    r"is the same for all \d+ cases": ["c", "asked"],
    "equals the outcome": ["a", "twin"],
    r"\d+ events are fewer than the \d+ columns": ["a", *(f"x{k}" for k in range(110))],
    r"one value among the \d+ complete cases": ["a", "well"],
    "tells the outcome of all cases exactly": ["a", "age"],
    "age is fixed by twice": ["twice", "age"],
    "has no level 'z'": ["a", "letter"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_why_a_model_cannot_be_fitted_says_nothing_of_the_cases(run, data, monkeypatch, fault):
    """A report prints why: how many cases there were, that all have one level, that a factor tells the outcome."""
    rng = np.random.default_rng(3)
    many = pd.DataFrame(rng.normal(size=(203, 110)), columns=[f"x{k}" for k in range(110)])
    made = data.assign(twin=data["ill"], asked=data["a"].where(data["c"] == 1), well=data["c"].where(data["ill"] == 0))
    made = made.assign(age=12.0 + 3 * data["ill"] + rng.random(203), letter=data["c"].map({0: "x", 1: "y"}))
    asked = {"predictors": FAULTS[fault], "reference": {"letter": "z"} if "level" in fault else {}}
    made = pd.concat([made.assign(twice=2 * made["age"]), many], axis=1)
    with pytest.raises(Withheld) as controlled:
        backward_elimination(made, "ill", **asked)
    assert controlled.value.problems[0].message == f"a model is {WHY}"
    assert WHY in {note["why"] for note in withheld_notes(run.folder)}
    monkeypatch.delenv(runs.VARIABLE)
    with pytest.raises(InputError, match=fault):
        backward_elimination(made, "ill", **asked)


def test_nothing_is_printed_but_few_digits_and_what_is_made_of_them(run, data):
    fit = fit_logistic(data, "ill", ["a", "c"])
    rows = fit.coefficients
    for name in ("odds_ratio", "low", "high"):
        assert all(float(f"{number:.2g}") == number for number in rows[name])
    assert np.allclose(rows["B"], np.log(rows["odds_ratio"]))
    assert np.allclose(rows["SE"], np.log(rows["high"] / rows["low"]) / 2 / 1.959964)
    assert fit.fit[LIKELIHOODS].isna().all(axis=None) and fit.fit[["n", "events"]].mod(5).eq(0).all(axis=None)
    assert len(data) % 5 and data["ill"].sum() % 5
    chosen = backward_elimination(data, "ill", ["a", "c"])
    assert chosen.path[["statistic", "p", "deviance", "nagelkerke"]].isna().all(axis=None)
    assert chosen.steps[["statistic", "p"]].isna().all(axis=None)
    areas = bootstrap_selection(data, "ill", ["a", "c"], n_boot=5).optimism.query("measure == 'auc'")
    assert areas[["apparent", "corrected"]].isna().all(axis=None)


def test_the_noise_rests_on_the_cases_and_the_key_and_neither_on_their_order_nor_on_the_company(run, data, monkeypatch):
    def sums(frame, factors):
        made = make_design(frame, "ill", factors)
        exact = np.array([(frame["ill"] * frame[name]).sum() for name in factors], float)
        return np.round(made.X[:, 1:].T @ made.y - exact, 6)

    alone, together = sums(data, ["a"]), sums(data, ["c", "a"])
    assert alone[0] and together[0]
    stand = models.noise(np.array(data["ill"], float), np.array(data["a"], float))
    shuffled = data.sample(frac=1, random_state=3)
    assert stand == models.noise(np.array(shuffled["ill"], float), np.array(shuffled["a"], float))
    assert np.allclose(sums(shuffled, ["c", "a"]), together) and np.allclose(alone[0], together[1])
    assert not np.allclose(sums(data.drop(index=0), ["a"]), alone)
    monkeypatch.setenv(VARIABLE, "another secret of the tests")
    assert not np.allclose(sums(data, ["a"]), alone)


def test_the_noise_is_as_large_as_what_one_person_can_add():
    rng = np.random.default_rng(5)
    drawn = []
    for _ in range(400):
        x, y = rng.integers(0, 2, (2, 60)).astype(float)
        drawn.append(models.noise(y, x))
    assert abs(np.mean(drawn)) < 0.15 and 0.85 < np.std(drawn) < 1.15


def test_the_interval_allows_for_the_noise(run, data):
    with_noise = fit_logistic(data, "ill", ["a"]).coefficients.loc[1, "SE"]
    free = pd.DataFrame({"ill": data["ill"], "a": data["a"]})
    V, spread = np.diag([0.04, 0.08]), np.array([0.5, 0.5])
    assert np.allclose(models.widened(V, spread), V + V @ np.diag(spread**2) @ V)
    assert with_noise > 2 * np.sqrt(1 / len(free))


def test_the_rules_have_the_limits_of_the_run():
    y, a = np.array([0, 1] * 40), np.array([0, 0, 1, 1] * 20)
    near = np.where(np.arange(80) < 24, 1, 0)  # twelve with and twelve without the outcome
    assert models.standing(y, {"a": a, "near": near}, Limits(10, 5)) == ["a", "near"]
    assert models.standing(y, {"a": a, "near": near}, Limits(15, 5)) == ["a"]


def test_a_specification_in_which_the_focal_factor_may_not_stand_has_no_row(run, data):
    curve = specification_curve(data, "ill", {"all": ["a", "b"]}, "a", missing=("complete", "zero"))
    assert set(curve["missing"]) == {"zero"}


def test_imputed_sets_share_one_noise(run, data):
    few = data[["ill", "a", "c"]].copy()
    few.loc[:59, "c"] = pd.NA
    found = fit_imputed(few, "ill", ["a", "c"], n_sets=3)
    assert set(found["method"]) == {"complete cases", "imputed"} and found["fraction_missing"].isna().all()
    assert found["n"].mod(5).eq(0).all()


def test_firths_fit_of_many_factors_is_reached_with_noise_too(run, data):
    rng = np.random.default_rng(4)
    wide = data.assign(**{f"x{k}": rng.normal(size=203) for k in range(10)})
    wide["ill"] = (wide[[f"x{k}" for k in range(10)]].sum(axis=1) > rng.normal(size=203)).astype("Int64")
    found = firth(wide, "ill", ["a", "c", *(f"x{k}" for k in range(10))])
    assert len(found) == 13 and found["odds_ratio"].notna().all()


def test_events_are_told_rounded(run, data):
    wide = data.assign(**{f"x{k}": np.random.default_rng(k).normal(size=203) for k in range(12)})
    seen = backward_elimination(wide, "ill", ["a", *(f"x{k}" for k in range(12))]).guards["seen"]
    events = seen.str.extract(r"^(\d+) (?:events|cases without)")[0].dropna().astype(int)
    assert len(events) == 1 and (events % 5 == 0).all() and data["ill"].sum() % 5 != 0


def ratio(data, outcome, predictors, name, **settings) -> float:
    rows = fit_logistic(data, outcome, predictors, **settings).coefficients
    return float(rows.loc[rows["column"] == name, "odds_ratio"].iloc[0])


def test_to_ask_again_in_other_words_draws_no_new_noise(run, data):
    """Other names, the outcome turned round, a factor turned round or in another unit, other company."""
    exact = {name: data[name].astype(float).to_numpy() for name in ("ill", "a")}
    drawn = models.noise(exact["ill"], exact["a"])
    assert drawn and models.noise(1 - exact["ill"], exact["a"]) == -drawn == models.noise(exact["ill"], 1 - exact["a"])
    assert models.noise(exact["a"], exact["ill"]) == drawn == -models.noise(1 - exact["a"], exact["ill"])
    assert models.noise(1 - exact["ill"], 1 - exact["a"]) == drawn == models.noise(exact["ill"], 7 * exact["a"] - 3)
    age = np.random.default_rng(3).normal(15, 2, len(data))
    assert models.noise(exact["ill"], age) == models.noise(exact["ill"], age * 365.25 - 12)
    assert models.noise(exact["ill"], age) != models.noise(exact["ill"], np.where(age == age[7], age[7] + 1, age))

    first = ratio(data, "ill", ["a"], "a")
    other = data.assign(well=1 - data["ill"], not_a=1 - data["a"], again=data["a"])
    assert ratio(other, "ill", ["again"], "again") == first == ratio(other, "well", ["a"], "a", event=0)
    assert ratio(other, "ill", ["not_a"], "not_a") == ratio(other, "well", ["a"], "a") != first


def test_neither_seed_nor_number_of_imputed_sets_draws_new_noise(run, data, monkeypatch):
    few, drawn, noise = data[["ill", "a", "c"]].copy(), [], models.noise
    few.loc[:59, "c"] = pd.NA
    monkeypatch.setattr(models, "noise", lambda y, x: drawn.append(noise(y, x)) or drawn[-1])
    for seed, sets in ((2019, 2), (1, 2), (2, 3), (5, 4)):
        imputed_designs(few, Formula("ill", ["a", "c"]), sets, seed)
    last = [drawn[stop - 3 : stop] for stop in np.cumsum([3 * (sets + 1) for sets in (2, 2, 3, 4)])]
    assert len({tuple(each) for each in last}) == 1


def test_what_is_drawn_by_a_seed_hangs_on_the_key_too(run, data, monkeypatch):
    """Else who knows all but one person would draw the same for each guess, and see which of them gives what is shown.

    Measured: from the degrees of freedom of a pooled fit the outcome and the factor of that person in 21 of 32 files.
    """
    few, filled, parts = data[["ill", "a", "c"]].copy(), [], []
    few.loc[:59, "c"] = pd.NA
    monkeypatch.setattr("keepsafe.statistics.penalised._folds", lambda *asked: parts.append(asked[-1]) or folds(*asked))
    for key in ("one key of the tests", "one key of the tests", "another key of the tests"):
        monkeypatch.setenv(VARIABLE, key)
        filled.append([made.X.tolist() for made in imputed_designs(few, Formula("ill", ["a", "c"]), 2, 2019)])
        lasso(make_design(data, "ill", ["a", "c"]), 2019)
    assert filled[0] == filled[1] != filled[2] and parts[0] == parts[1] != parts[2]


def test_how_many_are_needed_or_simulated_does_not_tell_how_many_there_are(run, monkeypatch):
    """18 candidates need 1,487 persons where 54 of 205 have the outcome; a seed tells how many were drawn."""
    monkeypatch.setattr("keepsafe.files.disclosure.content", lambda: b"something 207")

    def told():
        sizes = [sample_size(54 / 207, 18, n=207), sample_size(53 / 207, 18, n=207)]
        timed = [simulate_timing((14.0, 16.5), (0.3, 0.3), 0.26, n, 50) for n in (205, 207, 210)]
        return [each["needed"].tolist() for each in sizes], timed, simulate_exposure(207, 20).attrs["assumed"]

    (one, other), timed, assumed = told()
    assert one == other and timed[1] in (timed[0], timed[2]) and "207" not in assumed
    monkeypatch.delenv(runs.VARIABLE)
    (one, other), timed, assumed = told()
    assert one != other and timed[1] not in (timed[0], timed[2]) and "207 people" in assumed


def test_a_difference_of_means_does_not_tell_what_one_person_had_who_is_gone(run, data, monkeypatch):
    """From the difference of means, whose digits are more than those of the means; all else is known."""
    rng, n = np.random.default_rng(9), len(data)
    frame = data[["ill"]].assign(age=rng.integers(11, 19, n).astype(float))
    ill = frame.index[frame["ill"] == 1]

    def difference(persons):
        rows = compare_groups(persons, ["age"], by="ill", total=False)
        return rows.loc[1, "mean_difference"]

    def wrong(key):
        monkeypatch.setenv(VARIABLE, f"{key} of the tests, number {key}")
        off = []
        for gone in frame.loc[ill].drop_duplicates("age").index:
            before, after = difference(frame), difference(frame.drop(index=gone))
            change = (before - after) * (len(ill) - 1)
            off.append(abs(change + frame.loc[ill, "age"].mean() - frame.at[gone, "age"]))
        return float(np.median(off))

    assert np.median([wrong(key) for key in range(7)]) > 1  # years, of a range of seven
    monkeypatch.delenv(runs.VARIABLE)
    assert wrong(0) < 0.05


def test_means_and_spreads_have_noise_of_one_person_whatever_the_direction_or_the_order(run):
    rng = np.random.default_rng(2)
    values = rng.normal(50, 10, 200)
    mean, sd = models.moments(values)
    turned = models.moments(100 - values[::-1])
    assert mean != values.mean() and sd != values.std(ddof=1)
    assert np.allclose(turned, (100 - mean, sd))
    off = [
        (models.moments(part)[0] - part.mean()) * 50 / np.abs(part - part.mean()).max()
        for part in rng.normal(0, 1, (300, 50))
    ]
    assert 0.85 < np.std(off) < 1.15


def test_a_table_within_groups_is_withheld_in_all_of_them_or_in_none(run):
    """Else the table of everybody less those that are shown is the one that is withheld."""
    place = np.arange(800)
    frame = pd.DataFrame({"team": place % 2, "ill": place // 2 % 2, "ran": place // 4 % 2, "low": place // 8 % 2})
    frame.loc[frame.index[(frame["team"] == 1) & (frame["ill"] == 1) & (frame["ran"] == 1)][4:], "ran"] = 0
    rows = compare_groups(frame, ["ran", "low"], by="ill", within="team", total=False)
    shown = rows.groupby(["variable", "stratum"])["k"].apply(lambda k: k.notna().all())
    assert shown["low"].all() and not shown["ran"].any()
    assert compare_groups(frame, ["ran"], by="ill", total=False)["k"].notna().all()


def test_whoever_is_gone_changes_the_noise_of_every_group(run):
    """Else the one group whose mean changes is the one that the person was in."""
    x = np.random.default_rng(8).normal(50, 10, 200)
    first = np.arange(200) < 90
    before, after = models.moments(x, first), models.moments(x[:-1], first[:-1])  # the last one is in the other group
    assert before[0] != after[0] and before[1] != after[1]
    assert models.moments(x, first) == before == models.moments(x[::-1], first[::-1])


def test_what_a_file_holds_of_persons_who_are_not_used_changes_the_noise_too(run, data, monkeypatch):
    """Else a model that stays as it was tells that who is gone was left out of it."""
    x, few = data["a"].to_numpy(float), data["b"].notna().to_numpy()
    drawn = []
    for persons in (data, data.drop(index=data.index[~few][3])):
        (run.folder / runs.CONTENT).unlink(missing_ok=True)
        note_content(persons, len(persons))
        drawn.append((models.noise(data.loc[few, "ill"].to_numpy(float), x[few]), models.moments(x[few])))
    assert drawn[0][0] != drawn[1][0] and drawn[0][1] != drawn[1][1]


def test_a_mean_asked_for_of_nine_groups_that_differ_by_few_keeps_a_third_of_its_noise(run, monkeypatch):
    """What ADAPTING.md says of it: such groups are not for a study file."""
    x, one, nine = np.random.default_rng(5).normal(0, 1, 200), [], []
    for key in range(150):
        monkeypatch.setenv(VARIABLE, f"key of the tests, number {key}")
        inside = [np.arange(200) >= gone for gone in range(9)]
        off = [models.moments(x, each)[0] - x[each].mean() for each in inside]
        one.append(off[0])
        nine.append(np.mean(off))
    assert 0.25 < np.std(nine) / np.std(one) < 0.45


def test_a_test_by_ranks_is_not_made_for_it_rests_on_every_value(run, data):
    rows = compare_groups(data.assign(age=np.arange(203.0)), ["age"], by="ill", mean_test="mann_whitney")
    assert rows["p"].isna().all() and rows["note"].str.contains("no test within the rules").any()


@pytest.fixture
def compendium_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "codebook.csv").touch()
    monkeypatch.setenv("KEEPSAFE_HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def test_the_key_is_made_once_for_its_owner_alone(compendium_of_ones_own):
    first = secret()
    path = compendium_of_ones_own / NAME
    assert secret() == first and len(first) == 64 and [each.name for each in path.parent.glob(f"{NAME}*")] == [NAME]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_cannot_be_kept_or_is_short_is_a_clear_error(compendium_of_ones_own, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refused)
        with pytest.raises(InputError, match=f"cannot be kept.*{VARIABLE}"):
            secret()
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(InputError, match="too short"):
        secret()


def persons(n: int, **changed) -> pd.DataFrame:
    made = pd.DataFrame({"id": [f"P{k}" for k in range(n)], "ill": np.arange(n) % 2})
    return made.assign(**changed)


def test_a_report_of_nearly_the_same_persons_is_seen_and_what_is_remembered_names_nobody(compendium_of_ones_own):
    first = persons(400)
    assert not near(digests(first, "id"), 10) and not near(digests(first.sample(frac=1), "id"), 10)
    assert not near(digests(first.iloc[40:], "id"), 10)
    more = digests(first.assign(age=15), "id")  # of the same persons something more: all noise is drawn anew
    assert near(more, 10) and not near(digests(first.assign(age=15, id=[f"Q{k}" for k in range(400)], ill=0), "id"), 10)
    corrected = first.assign(ill=first["ill"].where(first.index != 7, 1 - first["ill"]))
    assert near(digests(corrected, "id"), 10) and near(digests(first.iloc[1:], "id"), 10)
    (kept,) = compendium_of_ones_own.glob(f"{NAME}-*")
    text = kept.read_text(encoding="ascii")
    assert "P7" not in text and more in text.splitlines()


def test_the_same_persons_from_other_files_are_seen_for_all_noise_is_drawn_anew(compendium_of_ones_own, monkeypatch):
    first = persons(400)
    for content, seen in ((b"files 400", False), (b"files 400", False), (b"other files 400", True)):
        monkeypatch.setattr("keepsafe.files.disclosure.content", lambda content=content: content)
        assert near(digests(first, "id"), 10) is seen


def test_of_the_reports_remembered_the_oldest_are_forgotten(compendium_of_ones_own):
    for k in range(20):
        near(digests(persons(100 + 30 * k), "id"), 10)
    (kept,) = compendium_of_ones_own.glob(f"{NAME}-*")
    assert len(kept.read_text(encoding="ascii").splitlines()) == 12
