"""One opened study: published figures again, what was recorded, and disclosure control where nothing says synthetic."""

import json

import numpy as np
import pandas as pd
import pytest

from keepsafe import paths, runs
from keepsafe.files.disclosure import Limits
from keepsafe.files.disclosure.protection import protect
from keepsafe.problems import InputError
from keepsafe.study.published import printed_figure
from keepsafe.telling import VALUES
from keepsafe.telling.opened import current, open_study
from keepsafe.telling.sentences import say
from keepsafe.telling.tables import table
from keepsafe.telling.values import Kind, value


def test_a_figure_is_computed_and_not_copied(study, monkeypatch):
    moved = study.cohort.assign(neglect_p1=(np.arange(205) < 41).astype(int))
    monkeypatch.setitem(vars(study), "cohort", moved)
    assert study.published_value("table_3.neglect.p1.total.percent").value == 20.0


def test_its_printed_counterpart_and_kind_travel_with_it(study):
    entry = study.published_value("table_3.neglect.p1.total.percent")
    assert entry.published == (entry.id, "50.7%") and entry.id == "table_3.neglect.p1.total.percent"
    assert entry.kind == "calibrated"


def test_a_worded_figure_shows_the_wording_and_keeps_one_more_decimal(study, monkeypatch):
    entry = study.published_value("L116.cpr.p1.total.percent.almost")
    assert entry.digits == 1 and str(entry) == entry.published[1] and str(entry).startswith("almost ")
    monkeypatch.setattr(runs, "synthetic", lambda: False)  # on other data the number is a finding
    own = study.published_value("L116.cpr.p1.total.percent.almost")
    assert str(own) == f"{own.value:.1f}%" and own.kind == "difference from 2019"


def test_facts_that_no_cohort_shows_are_counted_in_the_files(study):
    assert str(study.published_value("L74.file_id.total.count")) == "367"


def test_an_unknown_figure_is_refused_with_the_nearest(study):
    with pytest.raises(InputError, match="percnt'; did you mean 'table_3.neglect.p1.total.percent'"):
        study.published_value("table_3.neglect.p1.total.percnt")
    with pytest.raises(InputError, match="no published figure"):
        printed_figure(study.figures, "nothing like it")


def test_what_was_printed_is_at_hand_as_a_number(study):
    assert study.printed("table_1.lived_care.p1.cse.percent") == 66.7


@pytest.mark.parametrize(
    "number",
    [
        value(54, "n"),
        value(26.34, "n", "%", 1),
        value(0.0002, "n", "p"),
        value(0.2, "n", "p"),
        value("yes", "n"),
        value(None, "n"),
        value(1.5, "n", "", 2, published=("f", "1.50"), kind=Kind.DERIVED),
    ],
)
def test_a_recalled_value_reads_as_it_was_recorded(study, monkeypatch, number):
    record = {name: "" if entry is None else str(entry) for name, entry in number.record().items()}
    monkeypatch.setitem(vars(study), "recorded", pd.DataFrame([record]))
    assert study.recall("n") == number


def test_a_value_that_nobody_recorded_is_refused_with_the_nearest(study, monkeypatch):
    monkeypatch.setitem(vars(study), "recorded", pd.DataFrame({"id": ["cse.percent"]}))
    with pytest.raises(InputError, match="did you mean 'cse.percent'"):
        study.recall("cse.percnt")
    monkeypatch.setitem(vars(study), "recorded", None)
    with pytest.raises(InputError, match="run: keepsafe report"):
        study.recall("cse.percent")


def test_a_run_recalls_what_its_own_chapters_recorded(tmp_path, monkeypatch):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    assert open_study().recorded is None
    pd.DataFrame([value(7, "a.b").record()]).to_csv(tmp_path / "values.csv", index=False)
    assert open_study().recall("a.b").value == 7


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A compendium whose case files do not say that they are synthetic; a notebook of it is opened by hand."""
    for part in ("codebook.csv", "study.toml", "kinds.csv"):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / part).write_bytes(paths.data(part).read_bytes())
    files = pd.read_csv(paths.data("synthetic", "case_files.csv"), dtype=str, keep_default_na=False)
    (tmp_path / "data" / "synthetic").mkdir()
    files.assign(synthetic="0").to_csv(tmp_path / "data" / "synthetic" / "case_files.csv", index=False)
    monkeypatch.setenv("KEEPSAFE_HOME", str(tmp_path))
    monkeypatch.delenv(runs.VARIABLE, raising=False)
    return tmp_path


def test_on_files_with_the_synthetic_label_nothing_is_under_control():
    study = open_study()
    assert (study.controlled, runs.rules(), runs.withheld()) == (False, "", None)


def test_a_notebook_opened_by_hand_on_other_files_is_under_control_as_a_report_is(own, study):
    opened = open_study()
    assert opened.controlled and runs.rules() == "threshold=10,round=5"
    report = json.loads(protect(study.cohort, study, Limits()).facts())
    assert {name: runs.withheld()[name] for name in ("columns", "models")} == {
        name: report[name] for name in ("columns", "models")
    }
    left = {name: list(model.candidates) for name, model in opened.models.items()}
    assert left == report["models"] != {name: list(model.candidates) for name, model in study.models.items()}
    assert report["columns"] and not set(report["columns"]) & set(opened.cohort)
    said = say("by.hand: {many} and {few}, {share:.1%}.", many=55, few=9, share=0.2)
    assert [record["text"] for record in said._repr_mimebundle_()[VALUES]["values"]] == ["55", "–", "–"]
    assert table("t", pd.DataFrame({"n": [54]}, index=["CSE"]), "c").note == ""


def test_rules_may_be_given_by_hand_or_turned_off(own):
    assert open_study(disclosure="threshold=20,round=10").controlled and runs.rules() == "threshold=20,round=10"
    assert not open_study(disclosure="off").controlled
    with pytest.raises(InputError, match="are no rules of disclosure control"):
        open_study(disclosure="threshold=1")


def test_files_opened_after_others_have_their_own_rules(own, monkeypatch):
    open_study()
    monkeypatch.delenv("KEEPSAFE_HOME")
    assert not open_study().controlled and runs.rules() == ""


def test_a_run_has_its_own_rules_whatever_a_notebook_asks_for(controlled):
    assert open_study(disclosure="off").controlled


def test_sentences_tables_and_figures_speak_of_the_study_that_was_opened_last():
    opened = open_study()
    assert current() is opened


def test_only_what_the_cohort_has_is_compared_and_described(study):
    cohort = study.cohort.drop(columns="cse")
    assert "cse" not in {part.variable for part in study.comparable(cohort)}
    assert not {"person_id", "file_id", "synthetic", "cse", "risk_group"} & set(study.described(study.cohort))
    assert "neglect_p1" in study.described(study.cohort)


def test_what_an_audit_found_is_told_in_the_words_of_the_study(study):
    found = pd.DataFrame(
        {
            "variable": ["neglect_p1", "", "peers_p1"],
            "level": ["1", "", "positive"],
            "explanation": ["non cse 54.3%"] * 3,
        }
    )
    told = study.told(found)
    assert told["what"].tolist() == [
        "Neglect",
        "A whole column",
        "Relationships with peers: Positive or mainly positive",
    ]
    assert told["explanation"].iloc[0] == "non-CSE 54.3%"


def test_a_model_that_the_study_does_not_have_is_named_with_its_neighbour(study):
    with pytest.raises(InputError, match="no model is called 'cse_any'; did you mean 'cse_any_abuse'"):
        study.asked("cse_any")
