"""Exported files appear together or not at all, and what is there already stays as it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import keepsafe.report.export as place
from keepsafe.problems import InputError
from keepsafe.report.export import export

BESIDE = {".sps", ".R", ".html", ".json"}


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("ending", [".sav", ".dta", ".csv"])
def test_scripts_dictionary_and_datapackage_stand_beside_the_data(synthetic, ending):
    data = synthetic(ending)
    assert {path.suffix for path in data.parent.iterdir()} == BESIDE | {ending}
    assert {path.stem for path in data.parent.iterdir()} == {"cohort", "datapackage"}


@pytest.mark.parametrize("name", ["c.csv", "c.sps", "c.R", "c.html", "datapackage.json"])
def test_an_existing_file_is_never_overwritten_and_nothing_else_is_written(tmp_path, awkward, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match=f"{name}: is there already"):
        export(tmp_path / "c.csv", **awkward)
    assert listing(tmp_path) == {name: b"mine"}


def test_a_file_that_appears_while_the_export_runs_is_kept(tmp_path, awkward, monkeypatch):
    checked, looked = place.check_place, []

    def late(to):
        checked(to)
        looked.append(to)
        if len(looked) == 2:  # the first look is before the work
            to.with_suffix(".R").write_text("mine")

    monkeypatch.setattr(place, "check_place", late)
    with pytest.raises(InputError, match="c.R: cannot be written: File exists"):
        export(tmp_path / "c.csv", **awkward)
    assert listing(tmp_path) == {"c.R": b"mine"}


@pytest.mark.parametrize("step", ["keepsafe.report.export.data_package", "pathlib.Path.replace"])
def test_a_failure_leaves_nothing_behind(tmp_path, awkward, monkeypatch, step):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(step, fail)
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "c.csv", **awkward)
    assert listing(tmp_path) == {}


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("c.xlsx", "choose one of .sav, .dta, .csv"),
        ("c", "no ending that is known"),
        (".txt", "no ending"),
        ("missing/c.sav", "nothing can be written here"),
        ("~c.sav", "no name that every program takes"),
        ("a\nb.sav", "no name that every program takes"),
        ('a"b.sav', "no name that every program takes"),
    ],
)
def test_a_place_that_cannot_be_used_is_refused_before_the_case_files_are_read(tmp_path, to, said):
    with pytest.raises(InputError, match=said):
        export(tmp_path / to, data=tmp_path / "no such file.csv")
    assert listing(tmp_path) == {}


def test_case_files_with_faults_are_refused_with_every_fault(tmp_path, awkward):
    cases = tmp_path / "cases.csv"
    cases.write_text(awkward["data"].read_text().replace(",b,", ",nowhere,", 2).replace(",3,", ",9,", 1))
    with pytest.raises(InputError) as refused:
        export(tmp_path / "c.sav", **awkward | {"data": cases})
    assert len(refused.value.problems) == 2
    assert list(tmp_path.iterdir()) == [cases]


def test_a_study_that_names_no_case_files_needs_to_be_given_some(tmp_path, awkward):
    with pytest.raises(InputError, match="keepsafe export FILE"):
        export(tmp_path / "c.sav", codebook=awkward["codebook"], study=awkward["study"])


def run(*arguments, folder: Path, home: Path | None = None) -> subprocess.CompletedProcess:
    environment = os.environ | ({"KEEPSAFE_HOME": str(home)} if home else {})
    command = [Path(sys.executable).with_name("keepsafe"), "export", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_command_exports_the_synthetic_cohort_from_the_compendiums_folder(compendium, tmp_path):
    done = run("--to", tmp_path / ".sav", folder=compendium)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.splitlines()[0]) == tmp_path / "cohort-synthetic.sav"
    assert len(list(tmp_path.iterdir())) == 5
    again = run("--to", tmp_path / ".sav", folder=compendium)
    assert (again.returncode, again.stdout) == (2, "")
    assert "cohort-synthetic.sav: is there already" in again.stderr and "Traceback" not in again.stderr


def test_the_command_says_that_own_records_must_stay_where_they_belong(compendium, awkward, tmp_path):
    files = ["--codebook", awkward["codebook"], "--study", awkward["study"]]
    done = run(awkward["data"], "--to", "mine.csv", *files, folder=tmp_path, home=compendium)
    assert done.returncode == 0
    assert done.stderr == "mine.csv holds records of persons and must stay with the case files it was made from.\n"
    for path in tmp_path.iterdir():
        assert b"ynthetic" not in path.read_bytes(), path.name
