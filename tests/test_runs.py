"""Real data are never called synthetic: neither in a run nor in a notebook that is opened alone."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

import keepsafe as ks
from keepsafe import paths, runs
from keepsafe.files import cleaning
from keepsafe.files.new import new
from keepsafe.runs import labelled, named_data
from keepsafe.telling import opened


@pytest.fixture
def mine(tmp_path, monkeypatch):
    folder = new(tmp_path / "mine")
    monkeypatch.setenv("KEEPSAFE_HOME", str(folder))
    monkeypatch.setattr(opened, "_LAST", [])
    yield folder
    runs.by_hand()


def note() -> str:
    """What stands under a table of a notebook that is opened alone."""
    return ks.table("words", pd.DataFrame({"n": [12]}, index=["x"]), "Words").note


def test_a_notebook_opened_alone_on_the_example_says_that_it_is_synthetic(mine):
    assert runs.synthetic()
    assert note() == "Synthetic data."
    _, ax = plt.subplots()
    assert ks.figure("words", ax.figure, "Words", "Twelve.", pd.DataFrame({"n": [12]})).note == "Synthetic data."


def test_a_notebook_opened_alone_on_real_data_does_not(mine):
    study = mine / "data" / "study.toml"
    study.write_text(study.read_text().replace("example/cases.csv", "private/cases.csv"))
    example = (mine / "data" / "example" / "cases.csv").read_text()
    (mine / "data" / "private" / "cases.csv").write_text(example.replace(",1,", ",0,", 1))
    assert not runs.synthetic()
    assert note() == ""
    assert runs.rules() == "threshold=10,round=5"  # and they are under disclosure control


@pytest.mark.parametrize(
    "text",
    ["", "synthetic\n", "a\n1\n", "synthetic\n1\n0\n", "synthetic,a\n1,1\n,1\n", "synthetic,synthetic\n1,1\n",
     "synthetic;a\n1;1\n", "a,synthetic\n1,1\n1\n", '"synthetic\n1\n'],
)  # fmt: skip
def test_what_does_not_say_it_in_every_row_is_not_labelled(tmp_path, text):
    (tmp_path / "cases.csv").write_text(text)
    assert not labelled(tmp_path / "cases.csv")


def test_a_file_that_is_not_there_or_changes_is_looked_at_again(tmp_path):
    cases = tmp_path / "cases.csv"
    assert not labelled(cases)
    cases.write_text("synthetic\n1\n")
    assert labelled(cases)
    cases.write_text("synthetic\n1\n0\n")
    assert not labelled(cases)


def test_a_study_file_that_names_no_file_means_that_of_the_edition(tmp_path, mine):
    (tmp_path / "study.toml").write_text("no toml")
    assert named_data(tmp_path / "study.toml") == mine / "data" / "synthetic" / "case_files.csv"


def test_a_run_on_other_synthetic_files_notes_what_it_read_and_needs_no_file_named_in_its_study(tmp_path, monkeypatch):
    """A notebook opened later takes the last run's cohort only if that was made of the files that it would read."""
    data, study = tmp_path / "cases.csv", tmp_path / "study.toml"
    data.write_bytes(paths.data("synthetic", "case_files.csv").read_bytes())
    head, _, rest = paths.data("study.toml").read_text(encoding="utf-8").partition("[files]")
    study.write_text(head + rest[rest.index("\n[") :], encoding="utf-8")
    noted = []
    for name, given in (("own", {"data": data, "study": study}), ("edition", {})):
        run = runs.Run(tmp_path / name, **given)
        run.write()
        monkeypatch.setenv(runs.VARIABLE, str(run.folder))
        ks.save_cohort(ks.clean(ks.read_case_files()))
        noted.append(run.path("tables", "cohort.key").read_text())
        data.write_text(data.read_text().replace("female", "male", 1))
    monkeypatch.delenv(runs.VARIABLE)
    assert noted[0] != noted[1] == cleaning._key()
