"""The files of a run: whether they are synthetic, and what of them leaves the run."""

from dataclasses import replace

import pandas as pd
import pytest

from keepsafe.report.running import inputs, report
from keepsafe.report.running.inputs import check_inputs, checksums

COHORT = """
import pandas as pd
import keepsafe as ks

ks.save_cohort(pd.DataFrame({"person_id": ["a", "b"], "synthetic": [1, 1]}))
"""


@pytest.mark.parametrize(("code", "synthetic"), [("1", True), (" Yes", True), ("0", False), ("-9", False)])
def test_files_are_synthetic_only_if_every_row_says_so(compendium, tmp_path, monkeypatch, code, synthetic):
    monkeypatch.setenv("KEEPSAFE_HOME", str(compendium))
    files = pd.read_csv(compendium / "data" / "synthetic" / "case_files.csv", dtype=str, keep_default_na=False)
    files.loc[3, "synthetic"] = code
    files.to_csv(tmp_path / "files.csv", index=False)
    run = check_inputs(tmp_path, tmp_path / "files.csv", None, None)
    assert run.synthetic is synthetic


def test_a_synthetic_cohort_is_published(small, rewrite, in_process):
    with (small / "data" / "study.toml").open("a") as study:
        study.write('[files]\ncase_files = "synthetic/case_files.csv"\n')
    rewrite("01_cleaning", [COHORT])
    report(jobs=2)
    assert (small / "reports" / "tables" / "cohort.csv").read_text() == "person_id,synthetic\na,1\nb,1\n"


def test_a_cohort_of_a_users_own_files_never_leaves_the_run(small, rewrite, in_process, tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "_labelled", lambda data, codebook: False)
    (tmp_path / "own.csv").write_text("synthetic\n0\n")
    rewrite("01_cleaning", [COHORT])
    page = report(data=tmp_path / "own.csv", jobs=2).read_text()
    assert not (small / "reports" / "tables" / "cohort.csv").exists()
    assert "Case files: synthetic" not in page


def test_inputs_are_named_without_their_folders(small, tmp_path):
    (tmp_path / "own.csv").write_text("x")
    run = inputs.runs.Run(tmp_path, data=tmp_path / "own.csv")
    assert list(checksums(run)) == ["own.csv", "data/codebook.csv", "data/study.toml", "data/kinds.csv"]


def test_other_files_beside_a_teams_case_files_are_not_named(small, tmp_path):
    private = small / "data" / "private"
    private.mkdir()
    for name in ("cases.csv", "smith-family.csv"):
        (private / name).write_text("x")
    (small / "data" / "study.toml").write_text('[files]\ncase_files = "private/cases.csv"\n')
    own, made = (checksums(inputs.runs.Run(tmp_path, synthetic=synthetic)) for synthetic in (False, True))
    assert made.keys() - own.keys() == {"data/private/smith-family.csv", "data/private/cases.csv"}
    assert own.keys() - made.keys() == {"case files"}


@pytest.mark.parametrize("linked", ["", "private", "data", "home"])
def test_nor_those_beside_case_files_that_the_command_names_in_a_real_folder_or_by_a_link(
    small, tmp_path, monkeypatch, linked
):
    (small / "data" / "private").mkdir()
    for name in ("cases.csv", "smith-family.csv"):
        (small / "data" / "private" / name).write_text("x")
    if linked:
        place = {"private": small / "data" / "private", "data": small / "data", "home": small}[linked]
        (tmp_path / "far").mkdir()
        place.rename(tmp_path / "far" / "away")
        place.symlink_to(tmp_path / "far" / "away")
    run = check_inputs(tmp_path, None, None, None)
    named = small / "data" / "private" / "cases.csv"
    sums = checksums(replace(run, data=named.resolve(), synthetic=False))
    assert list(sums) == ["case files", "data/codebook.csv", "data/study.toml", "data/kinds.csv"]
    if linked == "home":
        place.unlink()
        (tmp_path / "far" / "away").rename(small)


def test_what_is_in_the_data_folder_by_a_link_is_an_input_by_the_name_that_it_has_there(small, tmp_path):
    (tmp_path / "far").mkdir()
    for name in ("a", "b"):
        (tmp_path / "far" / name).mkdir()
        (tmp_path / "far" / name / "x.csv").write_text(name)
        (small / "data" / name).symlink_to(tmp_path / "far" / name)
    (tmp_path / "far" / "a" / "again").symlink_to(tmp_path / "far" / "a")
    (small / "data" / "kinds.csv").rename(tmp_path / "far" / "k.csv")
    (small / "data" / "kinds.csv").symlink_to(tmp_path / "far" / "k.csv")
    sums = checksums(check_inputs(tmp_path, None, None, None))
    assert {"data/a/x.csv", "data/b/x.csv", "data/kinds.csv"} <= sums.keys()
    assert sums["data/a/x.csv"] != sums["data/b/x.csv"] and not any("again" in name or "k.csv" == name for name in sums)


def test_the_checksum_of_case_files_confirms_no_guess_and_notices_a_change(small, tmp_path, monkeypatch):
    (tmp_path / "ward-7-pregnancies.csv").write_text("x")
    run = inputs.runs.Run(tmp_path, data=tmp_path / "ward-7-pregnancies.csv", synthetic=False)
    sums = checksums(run)
    assert not any("ward" in name for name in sums)
    assert sums["case files"] == checksums(run)["case files"] != inputs.checksum(run.data)
    run.data.write_text("y")
    assert checksums(run)["case files"] != sums["case files"]
    run.data.write_text("x")
    monkeypatch.setenv("KEEPSAFE_DISCLOSURE_KEY", "another secret of another place")
    assert checksums(run)["case files"] != sums["case files"]
