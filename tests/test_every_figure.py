"""Every printed figure, one test each: exact on the cleaned cohort, or named as one that cannot hold."""

import pytest

from keepsafe import load_cohort, load_figures, load_study, read_case_files
from keepsafe.audit import audit
from keepsafe.statistics.recompute import recompute

FIGURES = load_figures()
STUDY = load_study()
CANNOT = set(STUDY.settings["synthesis"]["cannot_hold"])
#: Facts of the 2019 study itself, which no file of a person shows.
OUTSIDE = {
    "L37.years_followed.total.count", "L70.files_read_for_coding_frame.total.count", "L72.phases.total.count",
    "L80.seraf_category.total.count", "L277.responses.total.count",
}  # fmt: skip


@pytest.fixture(scope="module")
def again():
    facts = {"file_id": len(read_case_files()), "files_coded_twice": len(read_case_files(STUDY.file("second_coder")))}
    return recompute(FIGURES, load_cohort(), STUDY, facts).set_index("id")


@pytest.mark.parametrize("id", [id for id in FIGURES["id"] if id not in CANNOT | OUTSIDE])
def test_a_printed_figure_is_exact_on_the_cleaned_cohort(again, id):
    assert again.loc[id, "agrees"], again.loc[id].to_dict()


@pytest.mark.parametrize("id", sorted(CANNOT))
def test_a_figure_that_cannot_hold_is_not_met(again, id):
    assert not again.loc[id, "agrees"]


def test_what_no_cohort_can_show_is_named(again):
    assert set(again.index[again["agrees"].isna()]) == OUTSIDE


def test_every_figure_that_synthesis_leaves_out_fails_a_check_of_the_audit():
    found = audit(FIGURES, None, STUDY.codebook, STUDY)
    failed = " ".join(found.loc[found["verdict"] == "cannot hold", "figures"]).split()
    cells = {name.rpartition(".")[0] for name in failed}  # a count stands or falls with its percentage
    assert {name.rpartition(".")[0] for name in CANNOT} <= cells


def test_without_them_no_printed_figure_fails():
    found = audit(FIGURES[~FIGURES["id"].isin(CANNOT)], None, STUDY.codebook, STUDY)
    assert found.loc[found["verdict"] == "cannot hold", "explanation"].tolist() == []
