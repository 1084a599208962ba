"""What a run cannot fill is left out of its notebooks, in words; of the synthetic edition other data hear nothing."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from keepsafe import load_cohort, load_study, paths, runs
from keepsafe.disclosure import Limits, protect
from keepsafe.pipeline.needs import cell_needs
from keepsafe.pipeline.outputs import only_ours, withheld
from keepsafe.pipeline.sections import prepared, vocabulary

RULES = "threshold=10,round=5"


def notebook(*cells: tuple[str, str, list[str]]) -> nbformat.NotebookNode:
    """Cells as (id, source, tags); a source that begins with # is prose."""
    made = []
    for id, source, tags in cells:
        kind = new_markdown_cell if source.startswith(("#", "*")) else new_code_cell
        made.append(kind(source, id=id, metadata={"tags": tags} if tags else {}))
    return new_notebook(cells=made)


@pytest.fixture
def own(tmp_path) -> runs.Run:
    """A run on other data with the compendium's codebook; nothing is withheld from it."""
    run = runs.Run(tmp_path, data=paths.data("synthetic", "case_files.csv"), synthetic=False, disclosure=RULES)
    run.write()
    return run


@pytest.fixture
def few(own) -> runs.Run:
    """The same, with what disclosure control withholds from the cohort."""
    own.path(runs.WITHHELD).write_text(protect(load_cohort(), load_study(), Limits()).facts())
    return own


@pytest.fixture
def lacking(tmp_path) -> runs.Run:
    """A run whose codebook has no moves, and whose study knows nothing of them."""
    lines = paths.data("codebook.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "codebook.csv").write_text("".join(line for line in lines if not line.startswith("moves_total,")))
    study = paths.data("study.toml").read_text(encoding="utf-8").replace('"moves_total", ', "")
    study = "\n".join(line for line in study.splitlines() if not line.startswith("moves_total ="))
    (tmp_path / "study.toml").write_text(study)
    run = runs.Run(tmp_path, codebook=tmp_path / "codebook.csv", study=tmp_path / "study.toml", synthetic=False)
    run.write()
    return run


SECTIONS = [
    ("title", "# Title", []), ("setup", "cohort = load()", []),
    ("one", "## First", []), ("moves", 'moves = compare_groups(cohort, ["moves_total"])', []),
    ("two", "## Second", []), ("draw", "plot(moves)", []),
    ("three", "## Third", []), ("sex", 'sexes = compare_groups(cohort, ["sex"])', []),
]  # fmt: skip


def texts(made) -> dict[str, str]:
    return {cell.id: cell.source for cell in made.cells}


def test_on_synthetic_files_a_notebook_stays_as_it_is(tmp_path):
    made = notebook(*SECTIONS, ("note", "# made", ["synthetic"]))
    assert prepared(made, runs.Run(tmp_path)) is made


def test_cells_and_sections_on_synthetic_files_are_not_shown_with_other_data(own):
    made = notebook(("title", "# Title", []), ("note", "# These files are synthetic.", ["synthetic"]),
                    ("one", "## Made so", ["synthetic"]), ("code", "1 + 1", []), ("two", "## Kept", []))  # fmt: skip
    assert list(texts(prepared(made, own))) == ["title", "two"]


def test_a_section_goes_where_the_codebook_lacks_what_it_names_and_so_does_what_builds_on_it(lacking):
    made = texts(prepared(notebook(*SECTIONS), lacking))
    assert made["one"] == "## First\n\n*Left out: the codebook or the study file has no Total moves.*"
    assert made["two"] == "## Second\n\n*Left out: it builds on what is left out above.*"
    assert list(made) == ["title", "setup", "one", "two", "three", "sex"]


def test_the_id_of_a_published_figure_needs_its_variable(lacking):
    assert vocabulary(lacking).names["table_1.moves_total.p1.cse.mean"] == {"moves_total", "cse"}
    made = notebook(("one", "## First", []), ("said", 'say(again("table_1.moves_total.p1.cse.mean"))', []))
    assert "Left out" in texts(prepared(made, lacking))["one"]


def test_a_cell_goes_that_cannot_do_without_what_is_withheld_and_others_stay(few):
    made = notebook(("one", "## First", []), ("hard", 'share = cohort["mental_health_p1"].mean()', []),
                    ("after", "say(share)", []), ("soft", 'compare_groups(cohort, ["sex", "mental_health_p1"])', []),
                    ("fit", 'fit_logistic(cohort, "cse", ["female:mental_health_p1"])', []))  # fmt: skip
    made = texts(prepared(made, few))
    assert made["hard"] == "*Withheld by disclosure control: Mental health problems in phase 1.*"
    assert made["after"] == "*Withheld by disclosure control: it builds on what is withheld above.*"
    assert made["soft"].startswith("compare_groups") and "Withheld" in made["fit"]


def test_names_bound_inside_a_cell_are_not_taken_from_another():
    needs = cell_needs("rows = [row for row in table]\nfor part in rows:\n    print(part)\nx = x + 1", {})
    assert needs.uses == {"table", "print", "x"} and needs.makes == {"rows", "part", "x"}


def test_a_cell_that_is_no_python_needs_nothing():
    assert cell_needs("%timeit 1", {}).named == frozenset()


def test_only_outputs_that_keepsafe_made_leave_a_protected_run(own, monkeypatch):
    monkeypatch.setenv(runs.VARIABLE, str(own.folder))
    made = notebook(("show", "cohort.head()", []), ("say", "say()", []))
    frame = nbformat.v4.new_output("execute_result", {"text/plain": "person 7", "text/html": "<table>7</table>"})
    said = nbformat.v4.new_output("display_data", {"application/vnd.keepsafe.values+json": {}, "text/plain": "55"})
    made.cells[0].outputs = [frame, nbformat.v4.new_output("stream", text="person 7")]
    made.cells[1].outputs = [said]
    only_ours(made, "02_descriptives")
    assert [len(cell.outputs) for cell in made.cells] == [0, 1]
    log = withheld([own.folder])
    assert log[["what", "name"]].to_numpy().tolist() == [["output", "02_descriptives, cell show"]]
