"""What the data at hand lack, or what is withheld from them, leaves out the cells that need it, in words."""

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from keepsafe import paths, runs
from keepsafe.files.disclosure import Limits, Withheld
from keepsafe.files.disclosure.protection import protect
from keepsafe.problems import InputError
from keepsafe.report.running.forking import forked_kernels
from keepsafe.report.running.notebooks import NotebookFailed, run_notebook, surroundings
from keepsafe.telling import LEFT_OUT, VALUES
from keepsafe.telling.opened import ABOVE, Absent, Gone, check, why_left_out

SETUP = "import keepsafe as ks\n\nstudy = ks.open_study()\ncohort = study.cohort"
MOVES = "Left out: the codebook or the study file has no Total moves"
OTHERS = "Withheld by disclosure control: a result that keepsafe did not make"
ILL = "Withheld by disclosure control: Mental health problems in phase 1"


@pytest.fixture(autouse=True)
def home(compendium, monkeypatch):
    """Kernels start in folders of their own, and find the edition all the same."""
    monkeypatch.setenv("KEEPSAFE_HOME", str(compendium))


@pytest.fixture
def lacking(tmp_path) -> runs.Run:
    """A run on other data whose codebook has no moves, and whose study knows nothing of them."""
    lines = paths.data("codebook.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "codebook.csv").write_text("".join(line for line in lines if not line.startswith("moves_total,")))
    study = paths.data("study.toml").read_text(encoding="utf-8").replace('"moves_total", ', "")
    study = "\n".join(line for line in study.splitlines() if not line.startswith("moves_total ="))
    (tmp_path / "study.toml").write_text(study)
    files = pd.read_csv(paths.data("synthetic", "case_files.csv"), dtype=str, keep_default_na=False)
    files.drop(columns="moves_total").assign(synthetic="0").to_csv(tmp_path / "own.csv", index=False)
    names = {"data": "own.csv", "codebook": "codebook.csv", "study": "study.toml"}
    run = runs.Run(tmp_path / "run", **{name: tmp_path / file for name, file in names.items()}, synthetic=False)
    run.write()
    return run


@pytest.fixture(scope="module")
def withheld(study) -> str:
    """What the rules withhold from the edition's cohort; it takes seconds to find out."""
    return protect(study.cohort, study, Limits()).facts()


@pytest.fixture
def few(tmp_path, withheld) -> runs.Run:
    """A run under disclosure control on files that do not say that they are synthetic."""
    files = pd.read_csv(paths.data("synthetic", "case_files.csv"), dtype=str, keep_default_na=False)
    files.assign(synthetic="0").to_csv(tmp_path / "own.csv", index=False)
    run = runs.Run(tmp_path / "run", data=tmp_path / "own.csv", synthetic=False, disclosure="threshold=10,round=5")
    run.write()
    run.path(runs.WITHHELD).write_text(withheld)
    return run


def written(folder, *cells: str):
    """A notebook of these cells, after the set-up; one that begins with # is prose."""
    made = [new_code_cell(SETUP, id="setup")]
    for place, source in enumerate(cells):
        kind = new_markdown_cell if source.startswith("#") else new_code_cell
        made.append(kind(source, id=f"c{place}"))
    path = folder / "02_made.ipynb"
    nbformat.write(new_notebook(cells=made), path)
    return path


def told(notebook) -> dict[str, str]:
    """What each cell shows: the reason for which it is left out, or the text of its outputs."""
    found = {}
    for cell in notebook.cells:
        bundles = [output.get("data", {}) for output in cell.get("outputs", [])]
        shown = [data[LEFT_OUT]["why"] if LEFT_OUT in data else data.get("text/plain", "") for data in bundles]
        if shown:
            found[cell.id] = " ".join(shown)
    return found


def run_in_kernel(run: runs.Run, folder, *cells: str):
    with surroundings(run), forked_kernels():
        run_notebook(written(folder, *cells), run, {}, lambda *_: None)
    return nbformat.read(run.path("notebook.ipynb"), 4)


def test_a_cell_that_cannot_do_without_what_is_lacking_says_so_and_what_builds_on_it_too(lacking, tmp_path):
    made = run_in_kernel(
        lacking,
        tmp_path,
        'moves = cohort["moves_total"].mean()',
        "double = 2 * moves\ntriple = 3 * moves",
        'ks.say("moves: {double:.1f} of {n}.", n=5)',
        "triple",
        'ks.say("sure: {table_1.moves_total.p1.cse.mean} moves.")',
        'compared = ks.compare_groups(cohort, ["moves_total"], by=study)',
        "plain = 1\nks.say('plain: {plain} stays.')",
        'kept = cohort["sex"].notna().sum()\nks.say("kept: {kept} of {kept}.")',
    )
    shown = told(made)
    assert shown["c0"] == shown["c4"] == shown["c5"] == MOVES
    assert shown["c1"] == shown["c2"] == shown["c3"] == ABOVE
    assert shown["c6"] == "1 stays." and shown["c7"] == "205 of 205."


def test_a_cell_that_needs_what_is_withheld_says_so_and_a_section_of_such_cells_is_its_reason(few, tmp_path):
    made = run_in_kernel(
        few,
        tmp_path,
        'share = cohort["mental_health_p1"].mean()',
        'ks.say("after: {share:.1%}.")',
        'ks.fit_logistic(cohort, "cse", ["female", "mental_health_p1"])',
        'found = ks.compare_groups(cohort, ["sex"], by=study)\nks.groups_table("groups", found, "Groups")',
        "cohort.head()",
        "## Health",
        'cohort["mental_health_p1"].mean()',
        "## Sex",
        "ks.say('sex: {n}.', n=54)",
    )
    shown = told(made)
    assert shown["c0"] == ILL and shown["c1"] == ABOVE and shown["c2"].startswith("Withheld by disclosure control: ")
    assert shown["c3"].startswith("Groups") and shown["c4"] == OTHERS

    assert [cell.source for cell in made.cells if cell.cell_type == "markdown"] == [f"## Health\n\n*{ILL}.*", "## Sex"]


@pytest.mark.parametrize("cell", ["1 / 0", "cohort['no_such_column']"])
def test_any_other_failure_is_still_a_failure(few, tmp_path, cell):
    with pytest.raises(NotebookFailed, match="02_made, cell 2: (ZeroDivision|Key)Error"):
        run_in_kernel(few, tmp_path, cell)


def opened_by_hand(path) -> nbformat.NotebookNode:
    """The notebook as JupyterLab runs it: a kernel of its own, and no run."""
    book = nbformat.read(path, 4)
    with forked_kernels():
        NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
    return book


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A compendium whose case files do not say that they are synthetic."""
    for part in ("codebook.csv", "study.toml", "kinds.csv"):
        (tmp_path / "home" / "data").mkdir(parents=True, exist_ok=True)
        (tmp_path / "home" / "data" / part).write_bytes(paths.data(part).read_bytes())
    (tmp_path / "home" / "data" / "synthetic").mkdir()
    files = pd.read_csv(paths.data("synthetic", "case_files.csv"), dtype=str, keep_default_na=False)
    files.assign(synthetic="0").to_csv(tmp_path / "home" / "data" / "synthetic" / "case_files.csv", index=False)
    monkeypatch.setenv("KEEPSAFE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(runs.VARIABLE, raising=False)
    return tmp_path


def test_a_notebook_opened_by_hand_leaves_out_the_same(mine):
    made = opened_by_hand(
        written(
            mine,
            'share = cohort["mental_health_p1"].mean()',
            'ks.say("after: {share:.1%}.")',
            'x = 54\nks.say("many: {x} of {few}.", few=3)',
            "shown = 1\nshown + 1",
        )
    )
    shown = told(made)
    texts = [record["text"] for record in made.cells[3].outputs[0]["data"][VALUES]["values"]]
    assert texts in (["50", "–"], ["55", "–"])
    assert (shown["c0"], shown["c1"], shown["c2"], shown["c3"]) == (ILL, ABOVE, f"{texts[0]} of –.", OTHERS)
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        opened_by_hand(written(mine, "1 / 0"))


def test_on_the_edition_itself_cells_are_run_as_they_are(tmp_path):
    ill = 'cohort["mental_health_p1"].sum() > 0'
    made = opened_by_hand(written(tmp_path, "1 + 1", "get_ipython().ast_transformers", ill))
    shown = told(made)
    assert (shown["c0"], shown["c1"]) == ("2", "[]") and "True" in shown["c2"]


class TestReasons:
    """The sentence for a failure, without a kernel."""

    @pytest.fixture(autouse=True)
    def active(self, few, monkeypatch):
        monkeypatch.setenv(runs.VARIABLE, str(few.folder))

    @pytest.mark.parametrize(
        "error",
        [
            KeyError("mental_health_p1"),
            KeyError("['mental_health_p1'] not in index"),
            KeyError("None of [Index(['mental_health_p1'], dtype='object')] are in the [columns]"),
            InputError.of("there is no such column", column="mental_health_p1"),
            InputError.of("no column 'mental_health_p1' here"),
        ],
    )
    def test_a_failure_that_names_what_is_withheld_is_told_by_its_label(self, error):
        assert why_left_out(error) == ILL

    def test_what_disclosure_control_refused_is_told_in_its_own_words(self):
        error = Withheld.of("rests on few persons in this model", column="rare")
        assert why_left_out(error) == "Withheld by disclosure control: rests on few persons in this model"

    @pytest.mark.parametrize(
        "error",
        [KeyError("other"), KeyError(3), KeyError(), ValueError("mental_health_p1"), NameError("mental_health_p1"),
         InputError.of("an unknown format", column="p")],
    )  # fmt: skip
    def test_any_other_failure_has_no_reason(self, error):
        assert why_left_out(error) is None

    def test_a_name_that_is_withheld_is_checked_before_it_is_used(self):
        with pytest.raises(Absent, match="Mental health problems in phase 1"):
            check("sex", "mental_health_p1")
        check("sex")


def test_without_a_run_nothing_is_absent():
    assert why_left_out(KeyError("mental_health_p1")) is None
    check("mental_health_p1", "nonsense")


@pytest.mark.parametrize(
    "touch",
    [
        lambda gone: gone + 1, lambda gone: 1 + gone, lambda gone: 2 * gone, lambda gone: gone / 2,
        lambda gone: 2 / gone, lambda gone: gone["a"], lambda gone: gone.a, lambda gone: gone(),
        lambda gone: list(gone), lambda gone: len(gone),
        lambda gone: bool(gone), lambda gone: 1 in gone, lambda gone: gone == 1, lambda gone: gone < 1,
        lambda gone: f"{gone}", lambda gone: str(gone), lambda gone: float(gone), lambda gone: int(gone),
        lambda gone: -gone, lambda gone: abs(gone), lambda gone: gone - 1, lambda gone: 1 - gone, lambda gone: gone**2,
        lambda gone: round(gone, 1), lambda gone: {**gone}, lambda gone: gone // 2, lambda gone: gone % 2,
        lambda gone: {gone}, lambda gone: gone | 1, lambda gone: gone ^ 1, lambda gone: range(gone),
        lambda gone: ~gone, lambda gone: repr(gone), lambda gone: gone @ gone, lambda gone: gone & 1,
    ],
)  # fmt: skip
def test_whatever_touches_what_is_gone_is_left_out_too(touch):
    with pytest.raises(Absent, match=ABOVE):
        touch(Gone(ABOVE))
