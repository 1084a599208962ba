"""Of the synthetic edition other data hear nothing; a section of which nothing could be shown is its reason."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from keepsafe import paths, runs
from keepsafe.report.running import withheld
from keepsafe.report.running.notebooks import only_ours, prepared, told
from keepsafe.telling import VALUES
from keepsafe.telling.opened import LeftOut

RULES = "threshold=10,round=5"
GONE, SAID = LeftOut("Withheld by disclosure control: Neglect")._repr_mimebundle_(), {VALUES: {"values": []}}


def notebook(*cells: tuple[str, str, list[str]]) -> nbformat.NotebookNode:
    """Cells as (id, source, tags); a source that begins with # is prose."""
    made = []
    for id, source, tags in cells:
        kind = new_markdown_cell if source.startswith(("#", "*")) else new_code_cell
        made.append(kind(source, id=id, metadata={"tags": tags} if tags else {}))
    return new_notebook(cells=made)


def executed(**sections: list[dict]) -> nbformat.NotebookNode:
    """A notebook with a section for each argument, in which each bundle is what a cell showed."""
    cells = [new_markdown_cell("# Title", id="title")]
    for name, bundles in sections.items():
        cells.append(new_markdown_cell(f"## {name}\n\nWords.", id=name))
        for place, bundle in enumerate(bundles):
            outputs = [new_output("display_data", bundle)] if bundle else []
            cells.append(new_code_cell("x", id=f"{name}-{place}", outputs=outputs))
    return new_notebook(cells=cells)


@pytest.fixture
def own(tmp_path) -> runs.Run:
    """A run on other data with the compendium's codebook."""
    run = runs.Run(tmp_path, data=paths.data("synthetic", "case_files.csv"), synthetic=False, disclosure=RULES)
    run.write()
    return run


def texts(made) -> dict[str, str]:
    return {cell.id: cell.source for cell in made.cells}


def test_on_synthetic_files_a_notebook_stays_as_it_is(tmp_path):
    made = notebook(("one", "## First", []), ("note", "# made", ["synthetic"]))
    assert prepared(made, runs.Run(tmp_path)) is made


def test_cells_and_sections_on_synthetic_files_are_not_shown_with_other_data(own):
    made = notebook(("title", "# Title", []), ("note", "# These files are synthetic.", ["synthetic"]),
                    ("one", "## Made so", ["synthetic"]), ("code", "1 + 1", []), ("two", "## Kept", []))  # fmt: skip
    assert list(texts(prepared(made, own))) == ["title", "two"]


def test_a_section_of_which_nothing_could_be_shown_is_its_heading_and_the_reason():
    made = texts(told(executed(First=[GONE, {}], Second=[SAID])))
    assert made["First"] == "## First\n\n*Withheld by disclosure control: Neglect.*"
    assert list(made) == ["title", "First", "Second", "Second-0"]


def test_a_section_stays_where_something_could_be_shown_or_nothing_was_left_out():
    made = texts(told(executed(First=[GONE, SAID], Second=[{"text/plain": "1"}], Third=[{}])))
    assert list(made) == ["title", "First", "First-0", "First-1", "Second", "Second-0", "Third", "Third-0"]
    assert made["First"].endswith("Words.")


def test_what_comes_before_the_first_section_stays():
    made = executed()
    made.cells.append(new_code_cell("x", id="x", outputs=[new_output("display_data", GONE)]))
    assert list(texts(told(made))) == ["title", "x"]


def test_only_outputs_that_keepsafe_made_leave_a_protected_run(own, monkeypatch):
    monkeypatch.setenv(runs.VARIABLE, str(own.folder))
    made = notebook(("show", "cohort.head()", []), ("say", "say()", []), ("gone", "gone()", []))
    frame = new_output("execute_result", {"text/plain": "person 7", "text/html": "<table>7</table>"})
    made.cells[0].outputs = [frame, new_output("stream", text="person 7")]
    made.cells[1].outputs = [new_output("display_data", {VALUES: {}, "text/plain": "55"})]
    made.cells[2].outputs = [new_output("display_data", GONE)]
    only_ours(made, "02_descriptives")
    assert [len(cell.outputs) for cell in made.cells] == [0, 1, 1]
    log = withheld([own.folder])
    assert log[["what", "name"]].to_numpy().tolist() == [["output", "02_descriptives, cell show"]]
