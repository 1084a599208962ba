"""Trials where the truth is known: real persons satisfy what is asked of made ones, results are what they say."""

import numpy as np
import pytest
import statsmodels.api as sm

from keepsafe.files.cleaning import with_derived
from keepsafe.synthesis.design import design, schemes
from keepsafe.synthesis.family import typed
from keepsafe.synthesis.people import People
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.trials import (
    DROPPED,
    KEPT,
    TOLD,
    claims_of,
    cohorts,
    comparisons_of,
    figures_of,
    measured,
    quantities,
    trees,
    trials,
)
from keepsafe.synthesis.verdicts import BY_ANOTHER, MET, verdicts

SETS = [trial.name for trial in trials()]


def left(trial, sized: bool, limits: str = "") -> float:
    """What is left of the search's penalty where its persons are the real ones."""
    claims, stays = claims_of(trial, sized)
    study = trial.study(stays)
    if limits:
        study.settings["synthesis"]["limits"] = {"outside": 0.8}
    plan = Plan(figures_of(trial), comparisons_of(trial), study)
    people = People(plan, np.random.default_rng(0))
    place = {key: i for i, key in enumerate(map(tuple, plan.cells[plan.group_columns].to_numpy()))}
    people.cell = np.array([place[key] for key in map(tuple, trial.persons[plan.group_columns].to_numpy())], np.int64)
    for name in trial.persons:
        people.codes[name] = trial.persons[name].to_numpy(object)
    return float(design(people, schemes(claims, study)).search(0, 1.0, 0.1, 100, 0).sum())


@pytest.mark.parametrize("name", SETS)
def test_the_real_persons_satisfy_the_searchs_own_constraints(name):
    trial = trials([name])[0]
    for sized in (False, True):
        assert left(trial, sized) < 1e-9
        claims, stays = claims_of(trial, sized)
        study = trial.study(stays)
        codes = trial.persons.assign(person=[f"P{i}" for i in range(len(trial.persons))])
        held = verdicts(
            figures_of(trial), comparisons_of(trial), claims, with_derived(typed(codes, study), study), study
        )
        assert set(held["verdict"]) == {MET}, held[held["verdict"] != MET].to_string()


def test_limits_that_exclude_the_real_persons_are_seen():
    assert left(trials(["birthwt"])[0], False, limits="narrow") > 0.1


def test_truths_are_those_of_statsmodels():
    trial = trials(["birthwt"])[0]
    asked = quantities(trial)
    truth = measured(trial, trial.persons, asked).set_index([asked["kind"], asked["item"]])
    Z = trial.real / trial.scale
    for names, kinds in ((list(trial.final.index), [TOLD, KEPT]), (list(Z), [DROPPED])):
        fitted = sm.Logit(trial.y(trial.persons), sm.add_constant(Z[names])).fit(disp=0)
        for kind in kinds:
            for item, row in truth.loc[kind].iterrows():
                assert row["value"] == pytest.approx(fitted.params[item], abs=1e-6)
                assert row["se"] == pytest.approx(fitted.bse[item], abs=1e-5)


@pytest.mark.parametrize("name", ["infert", "diabetes"])
def test_made_cohorts_print_what_was_printed(name):
    trial = trials([name])[0]
    claims, stays = claims_of(trial)
    study = trial.study(stays)
    made = cohorts(trial, "calibrated", [1])[0].assign(person="P")
    held = verdicts(figures_of(trial), comparisons_of(trial), claims, with_derived(typed(made, study), study), study)
    assert set(held["verdict"]) <= {MET, BY_ANOTHER} and set(held.loc[held["kind"] != "comparison", "verdict"]) == {MET}


def test_trees_draw_real_values_and_lose_little_of_a_strong_relation():
    trial = trials(["infert"])[0]
    made = trees(trial, 1)
    assert all(set(made[name]) <= set(trial.persons[name]) for name in made) and len(made) == len(trial.persons)
    of_pair = [trial.columns(persons)[["parity", "induced"]].corr().iloc[0, 1] for persons in (made, trial.persons)]
    assert of_pair[1] > 0.4 and of_pair[0] > of_pair[1] / 2


def test_means_and_sds_of_thousands_of_persons_are_met():
    """2,982 persons with skewed numbers; a search as hot as for two hundred stayed off them."""
    trial = trials(["rotterdam"])[0]
    made = cohorts(trial, "floor", [1])[0]
    for group, inside in trial.groups(split=False).items():
        part = made if group == "everyone" else made[made["died"] == ("1" if group == "with" else "0")]
        for name in ("nodes", "progesterone"):
            places = 2 if name == "nodes" else 1
            real = trial.persons[inside][name].astype(float)
            assert part[name].astype(float).mean() == pytest.approx(real.mean(), abs=0.51 * 10**-places * 2)
