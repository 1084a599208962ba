"""A family holds the printed figures in every cohort, and tells what it forces and what is determined."""

import numpy as np
import pytest

from keepsafe import synthesis
from keepsafe.files.cleaning import with_derived
from keepsafe.problems import Problem
from keepsafe.synthesis.family import cohorts_of, determined_cells, forced_pairs, read_family
from keepsafe.synthesis.run import CALIBRATED, TABLES_ONLY, synthesise_files
from keepsafe.synthesis.verdicts import NOT_MET, claims_held, figures_held


@pytest.fixture(scope="module")
def committed_family():
    return read_family()


def test_the_committed_family_has_both_kinds_of_cohorts(committed_family):
    kinds = committed_family.groupby("targets", observed=True)["cohort"].nunique()
    assert kinds.to_dict() == {"tables": TABLES_ONLY, "all": CALIBRATED}
    assert (committed_family.groupby("cohort").size() == 205).all()
    assert (committed_family["synthetic"] == 1).all()


@pytest.mark.parametrize("targets, taken", [("tables", 8), ("all", 4)])
def test_every_printed_figure_holds_in_cohorts_of_the_family(committed_family, report, study, targets, taken):
    part = committed_family[committed_family["targets"] == targets]
    for seed in part["cohort"].unique()[:: max(1, part["cohort"].nunique() // taken)]:
        held = figures_held(report[0], part[part["cohort"] == seed], study)
        assert held[held["verdict"] == NOT_MET].empty, (seed, held[held["verdict"] == NOT_MET].to_string())


def test_every_claim_holds_in_calibrated_cohorts_of_the_family(committed_family, report, study):
    part = committed_family[committed_family["targets"] == "all"]
    for seed in part["cohort"].unique()[::10]:
        held = claims_held(report[2], part[part["cohort"] == seed].reset_index(drop=True), study)
        assert set(held["verdict"]) == {"met"}, (seed, held[held["verdict"] != "met"].to_string())


def test_synthesise_writes_a_family_where_several_cohorts_are_asked_for(tmp_path, study):
    (path,) = synthesise_files(tmp_path, seed=5, cohorts=2, targets="tables")
    found = read_family(path, study)
    assert path.name == "family.parquet" and len(found) == 410
    assert len(list(cohorts_of(found))) == 2


def test_pairs_that_the_models_force_to_associate_are_found(committed_family, study):
    found = forced_pairs(committed_family, study)
    pairs = {frozenset(pair) for pair in zip(found["first"], found["second"], strict=True)}
    assert frozenset(("mental_health", "mental_health_p1")) in pairs
    assert found["difference"].abs().is_monotonic_decreasing


def test_cells_that_are_the_same_in_every_cohort_are_counted_and_not_named(study, committed_family):
    part = committed_family[committed_family["targets"] == "tables"]
    one = part[part["cohort"] == part["cohort"].iloc[0]]
    alone = determined_cells(one, study, 1)
    few = determined_cells(part[part["cohort"].isin(part["cohort"].unique()[:3])], study, 3)
    assert set(alone) == {2, 3} and all(isinstance(count, int) for count in alone.values())
    assert few[2] < alone[2] and few[3] < alone[3]


def test_derived_variables_come_with_the_family(committed_family, study):
    bare = committed_family.drop(columns=list(study.derived)).head(205)
    again = with_derived(bare, study)
    assert np.array_equal(again["any_sexual_abuse_p1"], committed_family.head(205)["any_sexual_abuse_p1"])


def test_a_lost_cohort_is_named_and_the_rest_is_written(tmp_path, study, monkeypatch, capsys):
    true = synthesis.cohort

    def lost_at_first(plan, claims, rng):
        if not seen:
            seen.append(1)
            raise synthesis.OutOfReach([Problem("far away", "claims.csv")])
        return true(plan, claims, rng)

    seen: list[int] = []
    monkeypatch.setattr(synthesis, "cohort", lost_at_first)
    (path,) = synthesise_files(tmp_path, seed=5, cohorts=2, targets="tables", n_jobs=1)
    assert read_family(path, study)["cohort"].unique().tolist() == [6]
    assert "seed 5 is left out" in capsys.readouterr().out
