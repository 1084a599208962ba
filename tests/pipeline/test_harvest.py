"""Values gathered from executed notebooks."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from keepsafe.pipeline.harvest import harvest
from keepsafe.problems import InputError
from keepsafe.telling.mimes import TABLE
from keepsafe.telling.sentences import sentence
from keepsafe.telling.values import value


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
    with pytest.raises(
        InputError, match="value n is '1.5' in 01_a, cell cell-0, and '1.6' in 02_b, cell cell-0"
    ):
        harvest({"01_a": notebook(said(1.5)), "02_b": notebook(said(1.6))})


def test_one_name_for_two_tables_is_refused():
    twice = {TABLE: {"name": "moves"}}
    with pytest.raises(InputError, match="two tables or figures are named 'moves'"):
        harvest({"01_a": notebook(twice), "02_b": notebook(twice)})


def test_a_notebook_without_values_adds_none():
    assert harvest({"01_a": notebook({"text/plain": "1"})}).empty
