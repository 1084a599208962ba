"""All formats are written in one call, and what cannot be made is said while the rest stands."""

import sys

import pandas as pd
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from keepsafe.report.rendering import write
from keepsafe.report.running import harvest
from keepsafe.telling.tables import table
from tests.report.rendering.pages import FACTS, figure, shows


@pytest.fixture
def written(tmp_path):
    """A function that writes the report of some cells, and the names of what was written."""

    def make(*cells, folder="one"):
        cells = [NotebookNode(cell, id=f"c{place}") for place, cell in enumerate(cells)]
        notebooks = {"02_a": new_notebook(cells=cells)}
        (tmp_path / folder / "figures").mkdir(parents=True)
        said = []
        write(notebooks, harvest(notebooks), FACTS, tmp_path / folder, progress=lambda *told: said.append(told))
        return {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir() if path.is_file()}, said

    return make


def cells():
    shown = table("t", pd.DataFrame({"a": ["x"], "b": [1]}), "c")._repr_mimebundle_()
    return [new_markdown_cell("# A"), shows(shown), shows(figure("f"))]


PDFS = {"report.pdf", "report-summary.pdf"}
ALL = {"report.html", *PDFS, "report-tables.docx", "figures.csv"}


def test_every_format_is_written_and_the_same_each_time(written):
    first, said = written(*cells())
    assert set(first) == ALL
    assert said == []
    assert written(*cells(), folder="two")[0] == first


def test_a_report_that_holds_nothing_is_written_in_every_format(written):
    found, said = written(new_markdown_cell("# A"))
    assert (set(found), said) == (ALL, [])


def test_where_typst_is_missing_the_run_says_so_and_the_rest_stands(written, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    found, [(what, why)] = written(*cells())
    assert set(found) == ALL - PDFS
    assert what == "report.pdf"
    assert why.startswith("not made: Typst cannot be loaded")
    assert "\n" not in why
