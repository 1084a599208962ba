"""A label that reaches values.csv, or an identifier that reaches cohort.csv, is no formula there."""

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from keepsafe import runs
from keepsafe.files import cleaning
from keepsafe.report.running import _before_last
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.telling.opened import open_study
from keepsafe.telling.sentences import sentence
from keepsafe.telling.values import value

TEXT = "=cmd|' /C calc'!A0"


@pytest.fixture
def run(tmp_path, monkeypatch) -> runs.Run:
    made = runs.Run(tmp_path)
    made.write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    return made


def test_a_value_is_written_inert_and_recalled_as_it_was(run):
    outputs = [new_output("display_data", sentence("{x}", x=value(number, name))._repr_mimebundle_())
               for number, name in ((TEXT, "a.label"), (-2, "a.number"))]  # fmt: skip
    nbformat.write(new_notebook(cells=[new_code_cell("", outputs=outputs, id="a")]), run.path("notebook.ipynb"))
    _before_last({"01": run.folder}, run.folder)
    written = pd.read_csv(run.path("values.csv"), dtype=str).set_index("id")["value"]
    assert written.to_dict() == {"a.label": "'" + TEXT, "a.number": "-2"}
    study = open_study()
    assert study.recall("a.label").value == TEXT and study.recall("a.number").value == -2


def test_a_cohort_is_written_inert_and_read_as_it_was(run):
    study = load_study(codebook=load_codebook())
    cohort = cleaning.load_cohort(study).assign(person_id=lambda frame: TEXT + frame["person_id"])
    cleaning.save_cohort(cohort, study)
    path = run.path("tables", "cohort.csv")
    assert pd.read_csv(path)["person_id"].str.startswith("'" + TEXT).all()
    pd.testing.assert_frame_equal(cleaning._read(path, study), cohort, check_dtype=False)
