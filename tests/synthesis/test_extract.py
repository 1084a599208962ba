"""The extract is untidy as extracts are, and cleaning gives the cohort back."""

import hashlib

import pandas as pd

from keepsafe import paths
from keepsafe.files import read_case_files, repairs, tidy
from keepsafe.files.cleaning import disagreements, flow
from keepsafe.synthesis.family import typed
from tests.processors import SEED_1
from tests.synthesis.conftest import OTHER_SEED


def test_cleaning_gives_back_the_cohort_that_was_made(anew, cohort_anew, study):
    made = typed(anew.cohort, study).set_index("person_id")
    cleaned = cohort_anew.set_index("person_id").loc[made.index, made.columns]
    for name in made:
        assert made[name].astype("str").equals(cleaned[name].astype("str")), name


def test_367_files_become_205_persons_and_every_team_is_among_them(anew, study):
    steps = flow(anew.case_files, study)
    assert steps["files"].iloc[0] == study.settings["synthesis"]["files"]["total"] == 367
    assert steps["persons"].iloc[-1] == 205
    assert set(tidy(anew.case_files, study.codebook)["team"]) == set(study.codebook["team"].levels)


def test_some_persons_have_files_with_differing_categories(anew, study):
    differing = disagreements(anew.case_files, study).set_index("variable")["persons"]
    assert 10 <= differing["seraf_category"] <= 80
    assert not {"sex", "cse"} & set(differing.index)


def test_untidy_entries_are_a_realistic_share(anew, study):
    share = repairs(anew.case_files, study.codebook)["entries"].sum() / anew.case_files.size
    assert 0.003 < share < 0.02


def test_every_file_says_that_it_is_synthetic(anew, study):
    for files in (anew.case_files, anew.second_coder, read_case_files()):
        assert (tidy(files, study.codebook)["synthetic"] == "1").all()


def test_the_second_coder_differs_at_about_the_stated_rate(anew, study):
    first = tidy(anew.case_files, study.codebook).set_index("file_id")
    second = anew.second_coder.set_index("file_id")
    assert len(second) == study.settings["synthesis"]["files"]["coded_twice"] == 20
    cohort = anew.cohort.set_index("person_id").loc[first.loc[second.index, "person_id"]].set_index(second.index)
    coded = [
        v.name
        for v in study.codebook
        if v.coded and v.name not in ("synthetic", "cse", "team", "seraf_category", "risk_group")
    ]
    asked = ~cohort[coded].isin(["-8", "-9"])
    rate = ((cohort[coded] != second[coded]) & asked).sum(axis=None) / asked.sum(axis=None)
    assert abs(rate - study.settings["synthesis"]["files"]["disagreement"]) < 0.02


def test_the_committed_files_have_the_checksums_beside_them():
    folder = paths.data("synthetic")
    lines = (folder / "CHECKSUMS").read_text(encoding="utf-8").splitlines()
    assert {line.split()[1] for line in lines} == {
        "case_files.csv",
        "second_coder.csv",
        "family.parquet",
        "reach.csv",
    }
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_the_same_seed_gives_the_same_files(plan, anew, report):
    from keepsafe.synthesis import make
    from keepsafe.synthesis.plan import Plan

    again = make(Plan(*report[:2], plan.study), None, 5)
    once = make(Plan(*report[:2], plan.study), None, 5)
    pd.testing.assert_frame_equal(again.case_files, once.case_files)
    assert not again.cohort.equals(anew.cohort)


def test_files_of_seed_1_are_the_bytes_of_every_processor_and_python(anew):
    files = (anew.case_files, anew.second_coder)
    made = b"".join(frame.to_csv(index=False, lineterminator="\n").encode() for frame in files)
    assert OTHER_SEED == 1 and hashlib.sha256(made).hexdigest() == SEED_1
