"""Values gathered from executed notebooks."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from keepsafe.problems import InputError
from keepsafe.report.running import check_register, harvest, report
from keepsafe.telling import FIGURE, TABLE
from keepsafe.telling.sentences import sentence
from keepsafe.telling.values import value
from tests.report.running.conftest import FLOW


def notebook(*bundles: dict):
    cells = [
        new_code_cell(id=f"cell-{place}", outputs=[new_output("execute_result", bundle)])
        for place, bundle in enumerate(bundles)
    ]
    return new_notebook(cells=cells)


def said(number: float, id: str = "n") -> dict:
    return sentence("{n}", n=value(number, id, digits=1))._repr_mimebundle_()


def test_each_value_is_listed_once_with_its_first_place():
    rows = harvest({"01_a": notebook(said(1.5), said(2, "m")), "06_b": notebook(said(1.5))})
    assert rows[["id", "text", "notebook", "cell"]].to_numpy().tolist() == [
        ["n", "1.5", "01_a", "cell-0"],
        ["m", "2.0", "01_a", "cell-1"],
    ]


def test_one_name_for_two_numbers_is_refused():
    with pytest.raises(InputError, match="value n is '1.5' in 01_a, cell cell-0, and '1.6' in 02_b, cell cell-0"):
        harvest({"01_a": notebook(said(1.5)), "02_b": notebook(said(1.6))})


def test_one_name_for_two_tables_is_refused():
    twice = {TABLE: {"name": "moves"}}
    with pytest.raises(InputError, match="two tables or figures are named 'moves'"):
        harvest({"01_a": notebook(twice), "02_b": notebook(twice)})


def test_a_notebook_without_values_adds_none():
    assert harvest({"01_a": notebook({"text/plain": "1"})}).empty


def test_names_of_values_tables_and_figures_all_count_for_the_register(monkeypatch):
    asked = []
    monkeypatch.setattr("keepsafe.telling.values.unused", lambda names: asked.append(names) or [])
    monkeypatch.setattr("keepsafe.telling.tables.headings", lambda: {"moves": {}})
    check_register({"01_a": notebook(said(1.5), {TABLE: {"name": "moves"}}), "02_b": notebook({FIGURE: {"name": "f"}})})
    assert asked == [{"n", "moves", "f"}]


def test_headings_of_a_table_that_nobody_makes_are_refused(monkeypatch):
    monkeypatch.setattr("keepsafe.telling.values.unused", lambda names: [])
    monkeypatch.setattr("keepsafe.telling.tables.headings", lambda: {"moves": {}, "gone": {}})
    with pytest.raises(InputError, match=r"data/headings.csv, column table: no table is called 'gone'; correct the na"):
        check_register({"01_a": notebook({TABLE: {"name": "moves"}})})


@pytest.fixture
def edition(small, rewrite, in_process):
    """A small edition: it has published figures, and a register of which one row stands for nothing."""
    (small / "data" / "published").mkdir()
    rewrite("01_cleaning", [FLOW])
    (small / "data" / "kinds.csv").write_text(
        "name,kind,counts,published,printed\nflow,derived,persons,,\ngone.*,derived,persons,,\n"
    )
    return small


def test_a_row_of_the_register_that_matches_nothing_stops_the_report_before_anything_is_written(edition):
    (edition / "reports").mkdir()
    (edition / "reports" / "report.html").write_text("former")
    with pytest.raises(InputError, match=r"data/kinds.csv, line 3, column name: .*'gone.\*'; correct the name, or del"):
        report(jobs=1)
    assert (edition / "reports" / "report.html").read_text() == "former"
    assert {path.name for path in (edition / "reports").iterdir()} <= {"report.html", ".cache"}
    register = (edition / "data" / "kinds.csv").read_text()
    (edition / "data" / "kinds.csv").write_text(register.replace("gone.*,derived,persons,,\n", ""))
    assert report(jobs=1).read_text() != "former"


def test_on_other_data_or_with_cells_withheld_rows_may_match_nothing(edition, tmp_path, monkeypatch):
    assert report(jobs=1, out=tmp_path / "control", disclosure="threshold=10,round=5").is_file()
    monkeypatch.setattr("keepsafe.report.running.inputs._labelled", lambda data, codebook: False)
    (tmp_path / "own.csv").write_text("synthetic\n0\n")
    assert report(jobs=1, out=tmp_path / "own", data=tmp_path / "own.csv").is_file()
    (edition / "data" / "published").rmdir()  # somebody's own compendium
    assert report(jobs=1, out=tmp_path / "mine").is_file()
