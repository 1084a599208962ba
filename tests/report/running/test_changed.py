"""Only what has changed is run again, and nothing that has changed is missed."""

import json
import shutil

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell, new_output

from keepsafe import runs
from keepsafe.report.running import inputs, report
from keepsafe.report.running.inputs import around, notebook_key, report_key

MAKES = """
import keepsafe as ks
from keepsafe import runs

runs.active().path("handed.txt").write_text("five")
ks.say("files: {n} files.", n=15)
"""
TAKES = """
from keepsafe import runs

len(runs.active().path("handed.txt").read_text())
"""
RECALLS = """
import keepsafe as ks

n = ks.open_study().recall("files.n")
ks.say("again: {n} again.")
"""


@pytest.fixture
def three(small, rewrite, in_process):
    """A compendium of three: 01 hands a file and a value on, 02 reads the file, 06 the value."""
    for path in (small / "notebooks").iterdir():
        path.unlink()
    for name, source in {"01_cleaning": MAKES, "02_descriptives": TAKES, "06_conclusions": RECALLS}.items():
        rewrite(name, [source])
    return small


def ran(**options) -> list[str]:
    """Make the report; which notebooks ran for it."""
    told = []
    report(jobs=2, progress=lambda notebook, doing: told.append((notebook, doing)), **options)
    return sorted({notebook for notebook, doing in told if doing == "starting"})


def edit(path, old: str, new: str, kind: str = "code") -> None:
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if cell.cell_type == kind:
            cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)


def test_a_second_run_runs_nothing_renders_nothing_and_changes_nothing(three, monkeypatch):
    assert ran() == ["01_cleaning", "02_descriptives", "06_conclusions"]
    page = (three / "reports" / "report.html").stat()
    monkeypatch.setattr("keepsafe.report.rendering.render", lambda *parts: pytest.fail("a page was rendered"))
    assert ran() == []
    assert (three / "reports" / "report.html").stat().st_mtime_ns == page.st_mtime_ns


def test_a_change_runs_what_rests_on_it_and_nothing_else(three):
    ran()
    first = three / "notebooks" / "01_cleaning.ipynb"
    edit(first, "A question", "Another question", "markdown")
    assert ran() == []
    assert "Another question" in (three / "reports" / "report.html").read_text()
    edit(first, "n=15", "n=16")
    assert ran() == ["01_cleaning", "06_conclusions"]
    assert "16 again" in (three / "reports" / "notebooks" / "06_conclusions.ipynb").read_text()
    edit(first, '"five"', '"eleven"')
    assert ran() == ["01_cleaning", "02_descriptives", "06_conclusions"]  # the last is handed what all left
    (three / "reports" / "report.html").write_text("spoilt")
    assert ran() == []
    assert "Another question" in (three / "reports" / "report.html").read_text()
    edited = (three / "data" / "codebook.csv").read_text().replace("Synthetic", "Made up")
    (three / "data" / "codebook.csv").write_text(edited)
    assert ran() == ["01_cleaning", "02_descriptives", "06_conclusions"]


def test_new_prose_stands_round_the_kept_outputs_as_if_all_had_run(small, rewrite):
    for path in (small / "notebooks").glob("0[02-5]_*"):
        path.unlink()
    path = rewrite("01_cleaning", ["n: int = 15  # files", "import keepsafe as ks", 'ks.say("files: {n} files.", n=n)'])
    asked = {"parameters": [("n", "16")]}  # papermill adds a cell for them
    assert ran(**asked) == ["01_cleaning", "06_conclusions"]
    notebook = nbformat.read(path, 4)
    for place in range(len(notebook.cells), -1, -1):
        notebook.cells.insert(place, new_markdown_cell(f"new prose {place}", id=f"new-{place}"))
    del notebook.cells[1]  # the title
    nbformat.write(notebook, path)
    assert ran(**asked) == []
    before = {path.name: path.read_bytes() for path in (small / "reports").rglob("*.*") if path.is_file()}
    assert all(f"new prose {place}" in before["report.html"].decode() for place in range(6))
    assert ran(**asked, fresh=True) == ["01_cleaning", "06_conclusions"]
    assert {path.name: path.read_bytes() for path in (small / "reports").rglob("*.*") if path.is_file()} == before


def test_fresh_runs_everything_and_gives_the_same_bytes(three):
    ran()
    before = (three / "reports" / "manifest.json").read_bytes()
    assert ran(fresh=True) == ["01_cleaning", "02_descriptives", "06_conclusions"]
    assert (three / "reports" / "manifest.json").read_bytes() == before


def test_a_failure_costs_the_failing_notebook_alone(three):
    edit(three / "notebooks" / "06_conclusions.ipynb", "ks.say(", "1 / 0 or ks.say(")
    with pytest.raises(Exception, match="division by zero"):
        ran()
    edit(three / "notebooks" / "06_conclusions.ipynb", "1 / 0 or ks.say(", "ks.say(")
    assert ran() == ["06_conclusions"]


@pytest.mark.parametrize("spoil", ["notebook.ipynb", "handed.txt", "entry.json"])
def test_a_kept_result_that_is_not_whole_is_made_again(three, spoil):
    ran()
    (three / "reports" / ".cache" / "01_cleaning" / spoil).write_text("{")
    (three / "reports" / "report.html").unlink()
    assert ran() == ["01_cleaning"]


def test_nothing_of_a_users_own_files_is_kept_and_an_unchanged_report_stands(three, tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "_labelled", lambda data, codebook: False)
    (tmp_path / "own.csv").write_text("synthetic\n0\n")
    everything = ["01_cleaning", "02_descriptives", "06_conclusions"]
    assert ran(data=tmp_path / "own.csv") == everything
    assert not (three / "reports" / ".cache").exists()
    assert "handed.txt" not in {path.name for path in three.rglob("*")}
    assert ran(data=tmp_path / "own.csv") == []
    edit(three / "notebooks" / "02_descriptives.ipynb", "len(", "1 + len(")
    assert ran(data=tmp_path / "own.csv") == everything


def test_a_source_that_changes_while_its_notebook_runs_is_run_again(three, monkeypatch):
    from keepsafe.report.running import notebooks

    run_notebook = notebooks.run_notebook

    def edited_meanwhile(path, *others):
        run_notebook(path, *others)
        if path.stem == "02_descriptives":
            edit(path, "len(", "1 + len(")

    with monkeypatch.context() as patched:
        patched.setattr(notebooks, "run_notebook", edited_meanwhile)
        ran()
    assert ran() == ["02_descriptives"]


class TestKey:
    """What a key tells apart."""

    @pytest.fixture
    def key(self, small, tmp_path):
        run = runs.Run(tmp_path, data=small / "own.csv")
        (small / "own.csv").write_text("a")
        path = small / "notebooks" / "02_descriptives.ipynb"

        def of(parameters=None, handed=None, prose=False):
            here = around(run, [path])
            return notebook_key(path, parameters or {}, handed or {}, here, prose), report_key([path], [], here)

        return of

    @pytest.mark.parametrize("name", ["data/study.toml", "data/more.csv", "own.csv", "requirements.lock"])
    def test_a_changed_file_changes_it(self, small, key, name):
        before = key()
        with (small / name).open("a") as file:
            file.write("x")
        assert not {*before} & {*key()}

    def test_changed_code_changes_it_and_changed_prose_where_that_counts(self, small, key):
        path, before = small / "notebooks" / "02_descriptives.ipynb", (*key(), *key(prose=True))
        edit(path, "A question", "Another", "markdown")
        after = (*key(), *key(prose=True))
        assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, False, False]
        edit(path, "import", "import math, ")
        assert not {*after} & {*key(), *key(prose=True)}

    def test_who_made_it_changes_the_report_and_no_notebook(self, small, key):
        before = key()
        (small / "CITATION.cff").write_text("title: Small")
        assert [one == other for one, other in zip(before, key(), strict=True)] == [True, False]

    def test_parameters_and_what_is_handed_on_change_it(self, key):
        found = [key(), key({"n": 1}), key({"n": 2}), key(handed={"a": "1"}), key(handed={"a": "2"})]
        assert len({notebook for notebook, _ in found}) == 5

    def test_another_python_or_another_package_changes_it(self, key, tmp_path, monkeypatch):
        before = key()
        with monkeypatch.context() as patched:
            patched.setattr(inputs.platform, "python_version", lambda: "4.0")
            assert not {*before} & {*key()}
        (tmp_path / "numpy-9.9.dist-info").mkdir()
        monkeypatch.syspath_prepend(tmp_path)
        assert not {*before} & {*key()}

    @pytest.mark.parametrize("name", ["telling/sentences.py", "synthesis/__init__.py", "report/running/forking.py"])
    def test_a_changed_line_anywhere_in_the_library_changes_it(self, key, tmp_path, monkeypatch, name):
        library = tmp_path / "library"
        shutil.copytree(inputs.PACKAGE, library, ignore=shutil.ignore_patterns("__pycache__"))
        monkeypatch.setattr(inputs, "PACKAGE", library)
        before = key()
        (library / "telling" / "__pycache__").mkdir()
        (library / "telling" / "__pycache__" / "sentences.pyc").write_text("")
        assert key() == before
        with (library / name).open("a") as module:
            module.write("# another line\n")
        assert not {*before} & {*key()}

    def test_a_module_that_a_user_keeps_beside_the_notebooks_changes_it(self, small, key):
        before = key()
        (small / "notebooks" / "own").mkdir()
        (small / "notebooks" / "own" / "words.py").write_text("word = 1")
        first = key()
        (small / "notebooks" / "own" / "words.py").write_text("word = 2")
        assert len({*before, *first, *key()}) == 6

    def test_outputs_and_the_traces_of_an_editor_do_not(self, small, key):
        before, path = key(), small / "notebooks" / "02_descriptives.ipynb"
        notebook = nbformat.read(path, 4)
        notebook.metadata["language_info"] = {"version": "3.9"}
        notebook.cells[-1].outputs = [new_output("execute_result", {"text/plain": "1"})]
        notebook.cells[-1].execution_count = 7
        text = json.dumps(notebook)
        path.write_text(text)
        first = key()
        notebook.metadata["language_info"]["version"] = "3.10"
        path.write_text(json.dumps(notebook))
        assert key() == first
        assert before != first  # a language named for the first time is no trace

    def test_prose_about_the_data_does_not(self, small, key):
        before = key()
        (small / "data" / "README.md").write_text("Where they come from.")
        assert key() == before


def test_values_of_a_taken_notebook_stand_in_the_report(three):
    ran()
    edit(three / "notebooks" / "06_conclusions.ipynb", "{n} again", "{n} once more")
    assert ran() == ["06_conclusions"]
    assert pd.read_csv(three / "reports" / "values.csv")["id"].tolist() == ["files.n"]
