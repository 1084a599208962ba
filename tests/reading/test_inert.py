"""Text that a spreadsheet would run is written so that it does not, and is read back as it was."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsafe.reading.delimited import inert, inert_cells, restored

DANGEROUS = ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3+cmd", "@SUM(A1)", "\t=1+1", "  =1+1", "'=1+1", "＝1+1", "-", "=-0.5"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_begins_with_an_apostrophe(text):
    assert inert(text) == "'" + text


@pytest.mark.parametrize("text", "-0.5 +3 -1,234.5 -.5 1e-6 -1e-6 -5% White 'tis a=b".split() + [""])
def test_numbers_and_ordinary_text_stay_as_they_are(text):
    assert inert(text) == text


@given(st.one_of(st.sampled_from(DANGEROUS), st.text("'=+-@\t 1.a", max_size=8), st.text()))
def test_every_text_comes_back_as_it_was(text):
    assert restored(inert(text)) == text


def test_a_frame_becomes_inert_in_cells_headings_and_categories_and_keeps_its_numbers():
    frame = pd.DataFrame({"=a": ["=1", None], "n": [-0.5, 2.0], "c": pd.Categorical(["@x", "y"])})
    written = inert_cells(frame).to_csv(index=False)
    assert list(csv.reader(io.StringIO(written))) == [["'=a", "n", "c"], ["'=1", "-0.5", "'@x"], ["", "2.0", "y"]]
    assert list(frame.columns) == ["=a", "n", "c"]
    assert inert_cells(frame.set_index("=a")).index[0] == "'=1"


def test_whole_numbers_beside_blanks_stay_whole():
    frame = pd.DataFrame({"digits": [0, None, "=1"]}, dtype=object)
    assert inert_cells(frame).to_csv(index=False) == 'digits\n0\n""\n\'=1\n'
    assert inert_cells(frame.iloc[:2]).to_csv(index=False) == frame.iloc[:2].to_csv(index=False)
