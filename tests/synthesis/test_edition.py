"""An edition of another report: from tables typed as printed to files and report, slips named before making."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from keepsafe.cli.audit import _of_table
from keepsafe.files.new import new
from keepsafe.problems import InputError
from keepsafe.report.running import report
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.study.published import COMPARISONS
from keepsafe.synthesis import ATTEMPTS, DRAWS, LOST
from keepsafe.synthesis.design import Design
from keepsafe.synthesis.edition import place_of, transcribed
from keepsafe.synthesis.run import synthesise_files
from keepsafe.synthesis.trial_results import may_be_read
from keepsafe.synthesis.trials import figures_of, trials
from keepsafe.synthesis.verdicts import MET, comparisons_held, statements_held

GROUPS = {
    "everyone": "everyone",
    "usual_weight": "without",
    "low_weight": "with",
    "non_smokers": "one_side",
    "smokers": "other_side",
}


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


def test_from_typed_tables_to_report(edition, capsys):
    written = synthesise_files(edition / "data" / "synthetic", 1)
    assert [path.name for path in written] == ["case_files.csv"]  # nobody coded a second time
    assert capsys.readouterr().out.startswith(
        "189 persons. Borne out: 115 of 115 figures; 20 of 20 comparisons; 7 of 7"
    )
    held = statements_held()
    assert set(held["verdict"]) == {MET}, held[held["verdict"] != MET].to_string()
    assert "others are here" in report(out=edition / "reports").read_text(encoding="utf-8")  # none as yet
    synthesise_files(edition / "data" / "synthetic", 2, cohorts=2)
    page = report(out=edition / "reports").read_text(encoding="utf-8")
    assert "Uterine irritability" in page and "<title>Low birth weight: an executable edition" in page
    tables = edition / "reports" / "tables"
    listed = pd.read_csv(tables / "printed.csv", dtype="str")
    assert len(listed) == len(held) and set(listed["Verdict"]) == {MET}
    assert len(pd.read_csv(tables / "beyond-files-low_weight.csv")) == 9  # every candidate, over the two more files
    assert may_be_read()["question"].tolist() == pd.read_csv(tables / "beyond-trials.csv").iloc[:, 0].tolist()
    assert "were printed in 2019" not in page and "in the original report" in page


@pytest.mark.parametrize(
    ("printed", "typed", "told"),
    [
        ("30 (50.8%)", "30 (58.0%)", "smoke"),
        ("low_weight (n=59)", "leftover (n=59)", "is no group"),
        ("smokers (n=74)", "smokers (n=47)", "smoke"),
        ("irritability", "irritation", "no variable of the codebook"),
        ("22.31 (4.51)", "22.31", "not of a form"),
        ("***", "****", "is no marker"),
        (
            "(30.5%),12 (10.4%),18 (24.3%),***",
            "(30.5%),12 (10.4%),18 (24.3%),ns",
            "line 9, column by_weight: premature, ns",
        ),
        ("by_smoking", "p", "type p-values as its markers"),
        ("59 (31.2%),0", "31.2,0", "or write % in a column kind"),
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


def test_an_odds_ratio_at_odds_with_the_tables_is_refused_after_few_searches(edition, monkeypatch):
    path, searches, search = edition / "data" / "published" / "claims.csv", [], Design.search
    claims = pd.read_csv(path)
    claims.loc[claims["predictor"] == "smoke", ["or_low", "or_high", "size"]] = 90.0, 100.0, "printed"
    claims.to_csv(path, index=False)
    monkeypatch.setattr(Design, "search", lambda self, *how: searches.append(how) or search(self, *how))
    with pytest.raises(InputError, match="the odds ratio of smoke is .* not 90.00 to 100.00"):
        synthesise_files(edition / "data" / "synthetic", 1)
    assert len(searches) <= DRAWS * LOST < DRAWS * ATTEMPTS


def test_a_study_without_an_outcome_is_told_so(edition):
    path = edition / "data" / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('low_weight = { label = "Low birth weight", variable = "low", event = "1" }', ""))
    with pytest.raises(InputError, match="outcome"):
        synthesise_files(edition / "data" / "synthetic", 1)


def test_what_is_printed_so_is_let_through_once_it_is_named(edition):
    text = form(edition).read_text(encoding="utf-8")
    form(edition).write_text(text.replace(",***,*\nhyper", ",ns,*\nhyper").replace("22.31 (4.51)", "22.31 (14.51)"))
    with pytest.raises(InputError) as stopped:
        read(edition)
    ids = ["table_1.premature.1.by_weight", "table_1.age.low_weight.sd"]
    assert ids[0] in str(stopped.value) and "pool" in str(stopped.value)
    study_file = edition / "data" / "study.toml"
    study_file.write_text(study_file.read_text(encoding="utf-8").replace("cannot_hold = []", f"cannot_hold = {ids}"))
    assert len(read(edition)[0]) > 100


def test_a_name_under_cannot_hold_that_no_form_has_is_told(edition):
    study_file = edition / "data" / "study.toml"
    study_file.write_text(
        study_file.read_text(encoding="utf-8").replace(
            "cannot_hold = []", 'cannot_hold = ["table_1.age.low_weigth.sd"]'
        )
    )
    with pytest.raises(InputError, match=r"did you mean table_1\.age\.low_weight\.sd"):
        synthesise_files(edition / "data" / "synthetic", 1)


def test_a_figure_that_gives_way_is_named_by_its_form_line_and_column(edition):
    figures, _ = read(edition)
    assert place_of("table_1.age.low_weight.mean", figures) == {
        "file": "data/published/table_1.csv",
        "line": 4,
        "column": "low_weight",
    }
    assert place_of("groups.person.smokers.count", figures)["line"] == 1


def test_bare_percentages_are_read_where_the_kind_says_so(edition):
    whole = read(edition)[0]
    frame = pd.read_csv(form(edition), dtype="str", keep_default_na=False)
    groups = [name for name in frame if "(n=" in name]
    shares = ~frame["variable"].isin(["age", "weight", "visits"])
    for name in groups:
        frame.loc[shares, name] = frame.loc[shares, name].str.extract(r"\(([0-9.]+)%\)")[0]
    frame.insert(2, "kind", shares.map({True: "%", False: ""}))
    frame.to_csv(form(edition), index=False)
    bare = read(edition)[0]
    percent = whole[whole["statistic"] == "percent"]["value"].tolist()
    assert bare[bare["statistic"] == "percent"]["value"].tolist() == percent and len(percent) > 30
    assert not (bare["statistic"] == "count").iloc[5:].any()


def test_the_audit_of_a_form_takes_its_markers_for_p_and_holds_both_splits_against_everybody(edition):
    found = _of_table(form(edition), (), None, None, None, None, quiet=True)
    assert not found["explanation"].str.contains("known form|no p-value").any()
    p = found[found["column"] == "p (non_smokers vs smokers)"]
    assert len(p) == 10 and set(p["verdict"]) == {"holds"}
    sums = found[found["check"].isin(["sum", "pooled mean"])]
    for groups in ("usual_weight", "non_smokers"):
        assert sums["column"].str.contains(groups).sum() > 10


def test_tables_alone_make_an_edition_of_a_report_without_a_model(edition, capsys):
    claims = edition / "data" / "published" / "claims.csv"
    claims.write_text(claims.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    study_file = edition / "data" / "study.toml"
    text, end = study_file.read_text(encoding="utf-8"), "# ---- Making"
    study_file.write_text(text.partition("# ---- Outcomes")[0] + end + text.partition(end)[2], encoding="utf-8")
    synthesise_files(edition / "data" / "synthetic", 1)
    assert capsys.readouterr().out == "189 persons. Borne out: 115 of 115 figures; 20 of 20 comparisons\n"


def test_a_claim_on_a_model_that_is_not_there_is_told(edition):
    claims = edition / "data" / "published" / "claims.csv"
    claims.write_text(
        claims.read_text(encoding="utf-8").replace("low_weight,low_weight,weight", "weight,low_weight,weight")
    )
    with pytest.raises(InputError, match="line 3, column model: 'weight' is not one of low_weight"):
        synthesise_files(edition / "data" / "synthetic", 1)


def test_a_marker_holds_by_either_t_test(edition):
    """Student's p is below .10 and Welch's above: the report need not say which it used."""
    study = load_study(edition / "data" / "study.toml", load_codebook(edition / "data" / "codebook.csv"))
    rng = np.random.default_rng(3)
    low, age = np.repeat([0, 1], [100, 20]), np.r_[rng.normal(0, 1, 100), rng.normal(0, 2, 20)].round(3)
    found = {
        equal: stats.ttest_ind(age[low == 0], age[low == 1] + shift, equal_var=equal).pvalue
        for shift in [0.55]
        for equal in (True, False)
    }
    assert found[True] < 0.05 <= found[False]
    age[low == 1] += 0.55
    cohort = pd.DataFrame({"low": low, "age": age})
    said = pd.DataFrame([("table_1", "age", "", "", "", "by_weight", "*", "", "higher", 4)], columns=COMPARISONS)
    figures = read(edition)[0]
    assert comparisons_held(said, figures, cohort, study)["verdict"].tolist() == [MET]
    assert comparisons_held(said.assign(marker="***"), figures, cohort, study)["verdict"].tolist() != [MET]
