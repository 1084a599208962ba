"""An edition of another report: from tables typed as printed to files and report, slips named before making."""

import pandas as pd
import pytest

from keepsafe.files.new import new
from keepsafe.problems import InputError
from keepsafe.report.running import report
from keepsafe.study.codebook import load_codebook
from keepsafe.study.definition import load_study
from keepsafe.synthesis.edition import transcribed
from keepsafe.synthesis.run import synthesise_files
from keepsafe.synthesis.trials import figures_of, trials
from keepsafe.synthesis.verdicts import MET, statements_held

GROUPS = {"everyone": "everyone", "usual_weight": "without", "low_weight": "with", "non_smokers": "one_side",
          "smokers": "other_side"}  # fmt: skip


@pytest.fixture
def edition(tmp_path, monkeypatch):
    """A new edition, and that one is in it."""
    folder = new(tmp_path / "mine", edition=True)
    monkeypatch.setenv("KEEPSAFE_HOME", str(folder))
    return folder


def form(edition):
    return edition / "data" / "published" / "table_1.csv"


def read(edition):
    study = load_study(edition / "data" / "study.toml", load_codebook(edition / "data" / "codebook.csv"))
    return transcribed([form(edition)], study)


def test_the_worked_example_prints_what_its_persons_give(edition):
    figures, comparisons = read(edition)
    real = figures_of(trials_at_home())
    typed = figures[figures["statistic"].isin(["percent", "mean", "sd"])].assign(group=figures["group"].map(GROUPS))
    lead = ["variable", "level", "group", "statistic"]
    both = typed[[*lead, "value"]].merge(real[[*lead, "value"]], on=lead, suffixes=("_typed", "_real"))
    assert len(both) == len(typed) > 60 and (both["value_typed"] == both["value_real"]).all()
    assert {"†", "*", "***", ""} <= set(comparisons["marker"])


def trials_at_home():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KEEPSAFE_HOME")
        return trials(["birthwt"])[0]


def test_from_typed_tables_to_report(edition):
    synthesise_files(edition / "data" / "synthetic", 1)
    held = statements_held()
    assert set(held["verdict"]) == {MET}, held[held["verdict"] != MET].to_string()
    page = report(out=edition / "reports").read_text(encoding="utf-8")
    assert "Uterine irritability" in page and "<title>Low birth weight: an executable edition" in page


@pytest.mark.parametrize(
    ("printed", "typed", "told"),
    [
        ("30 (50.8%)", "30 (58.0%)", "smoke"),
        ("low_weight (n=59)", "leftover (n=59)", "is no group"),
        ("smokers (n=74)", "smokers (n=47)", "smoke"),
        ("irritability", "irritation", "no variable of the codebook"),
        ("22.31 (4.51)", "22.31", "not of a form"),
        ("***", "****", "is no marker"),
    ],
)
def test_a_slip_is_named_with_its_place_before_anything_is_made(edition, printed, typed, told):
    text = form(edition).read_text(encoding="utf-8")
    assert printed in text
    form(edition).write_text(text.replace(printed, typed, 1), encoding="utf-8")
    with pytest.raises(InputError, match="table_1.csv") as stopped:
        synthesise_files(edition / "data" / "synthetic", 1)
    assert told in str(stopped.value) and not (edition / "data" / "synthetic").exists()
    assert not (edition / "data" / "published" / "figures.csv").exists()


def test_claims_that_no_file_can_meet_are_named(edition):
    path = edition / "data" / "published" / "claims.csv"
    claims = pd.read_csv(path)
    claims["predictor"] = claims["predictor"].replace("smoke", "visits_twice")
    claims.to_csv(path, index=False)
    with pytest.raises(InputError, match="visits_twice"):
        synthesise_files(edition / "data" / "synthetic", 1)


def test_a_study_without_an_outcome_is_told_so(edition):
    path = edition / "data" / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('low_weight = { label = "Low birth weight", variable = "low", event = "1" }', ""))
    with pytest.raises(InputError, match="outcome"):
        synthesise_files(edition / "data" / "synthetic", 1)
