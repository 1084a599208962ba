"""The printed tables in their own layout, the text's comparisons beside the cohort's, differences on other data."""

import pytest
from scipy import stats

from keepsafe import compare_groups, runs
from keepsafe.problems import InputError
from keepsafe.telling.beside import (
    beside_text,
    differences,
    differences_table,
    figures_table,
    markers,
    published_table,
    statements_table,
)
from keepsafe.telling.estimates import groups_table
from keepsafe.telling.sentences import Sentence

TABLES = ("table_1", "table_2", "table_3", "table_4")


@pytest.mark.parametrize(("source", "rows"), list(zip(TABLES, (6, 11, 8, 15), strict=True)))
def test_a_table_has_the_reports_rows_and_groups(source, rows):
    frame = published_table(source, "A table").frame
    groups = [label for _, label in frame.columns]
    assert len(frame) == rows
    assert groups[:5] == ["Total sample", "Low risk group", "High risk group", "Non-CSE group", "CSE group"]
    assert (groups[5] == "CSE group") == (source != "table_4")


@pytest.mark.parametrize("source", TABLES)
def test_every_table_figure_is_shown_with_its_published_counterpart(study, source):
    shown = published_table(source, "A table").frame
    entries = {
        entry.published[0]: entry
        for cell in shown.to_numpy().ravel()
        if hasattr(cell, "values")
        for entry in cell.values.values()
    }
    figures = study.figures
    wanted = figures[(figures["source"] == source) & (figures["variable"] != "person_id")]
    wanted = wanted[~((wanted["variable"] == "ssd_after_closure") & (wanted["statistic"] == "count"))]
    assert set(entries) == set(wanted["id"])
    assert all(id == entry.id and entry.kind == "calibrated" for id, entry in entries.items())


def test_a_figure_that_differs_shows_the_printed_one_beside_it(study, monkeypatch):
    wrong = study.figures["value"].where(study.figures["id"] != "table_1.lived_care.p1.cse.percent", "11.1")
    monkeypatch.setitem(vars(study), "figures", study.figures.assign(value=wrong))
    assert "[printed: 11.1]" in published_table("table_1", "A table").plain()


def test_markers_are_recomputed_by_the_test_that_is_named(study):
    care = study.cohort.groupby("cse")["lived_care_p1"].agg(["sum", "count"]).astype(int)
    table = [care["sum"], care["count"] - care["sum"]]
    for test, corrected in (("pearson", False), ("yates", True)):
        p = stats.chi2_contingency(table, correction=corrected).pvalue
        stars = next(
            star for star, limit in (("***", 0.001), ("**", 0.01), ("*", 0.05), ("†", 0.1), ("none", 1.1)) if p < limit
        )
        assert markers("table_1", study, test)["lived_care", "1", "cse"] == f"* / {stars}≠"


def test_a_marker_that_another_usual_test_gives_is_told_from_one_that_none_gives(study):
    """Family concern, low against high risk: † is printed, Pearson gives * and Fisher †."""
    concern = study.cohort.groupby("risk_group")["family_concern_p1"].agg(["sum", "count"]).astype(int)
    table = [concern["sum"], concern["count"] - concern["sum"]]
    assert stats.chi2_contingency(table, correction=False).pvalue < 0.05 < stats.fisher_exact(table).pvalue < 0.1
    found = markers("table_2", study)
    assert (found["family_concern", "1", "risk"], found["rejection", "yes", "risk"]) == ("† / *≈", "† / *≠")
    assert found["family_concern", "1", "cse"] == "* / *"
    note = published_table("table_2", "A table").note
    assert "≈: another usual test" in note and "≠: no usual test" in note and "not tested" not in note


def test_a_part_of_a_table_without_any_marker_may_not_have_been_tested(study):
    assert markers("table_4", study)["reason_risk_to_children", "1", "cse"] == "not tested?"
    assert "not tested?: this part" in published_table("table_4", "A table").note


def test_on_a_teams_own_files_no_sign_speaks_of_the_printed_counts(study, monkeypatch):
    monkeypatch.setattr(runs, "synthetic", lambda: False)
    assert set("".join(markers("table_2", study).values())) & set("≈≠?") == set()


def test_moves_are_not_said_to_be_of_a_phase_that_the_report_leaves_open():
    labels = [label for _, label in published_table("table_1", "A table").frame.index]
    assert [label for label in labels if "not clear" in label] == [
        "Total moves (period not clear), mean (SD)",
        "Total moves (period not clear), range",
    ]
    assert "not clear" not in published_table("table_4", "A table").plain()


def test_a_statement_by_sex_gives_the_females_first(study):
    comparisons, cohort = study.comparisons, study.cohort
    said = comparisons[(comparisons["contrast"] == "sex") & (comparisons["variable"] == "neglect")]
    high = beside_text(said, "sex", study).set_index("stratum").loc["high_risk"]
    part = cohort[cohort["risk_group"] == "high"]
    females, males = (
        100 * part.loc[part["sex"] == sex, "neglect_p1"].astype(float).mean() for sex in ("female", "male")
    )
    assert (high["first"], high["second"]) == (pytest.approx(females), pytest.approx(males))


def test_statements_repeat_what_the_text_says_in_words():
    frame = statements_table("said", [188], "cse", "Sexual abuse").frame
    assert [str(cell) for cell in frame["The 2019 text says"]] == [
        "higher, significant",
        "higher, marginally significant",
        "higher, marginally significant",
    ]


def test_a_figure_that_was_never_printed_is_calibrated_in_direction_only():
    frame = statements_table("said", [118, 188], "cse", "Registration and abuse").frame
    kinds = dict(zip(frame.index, (str(entry.kind) for entry in frame["CSE group"]), strict=True))
    assert kinds["On the child protection register"] == "calibrated, direction only"
    assert kinds["Familial sexual abuse"] == "calibrated"
    assert {each: str(p) != "–" for each, p in frame["p"].items()} == {
        each: kinds[each] == "calibrated" for each in kinds
    }  # a p of shares that nobody printed says nothing


def test_words_that_another_test_gives_are_told_from_words_that_none_gives():
    said = [
        statements_table("said", [line], contrast, "Parents").frame for line, contrast in ((132, "cse"), (151, "risk"))
    ]
    assert [str(frame["The 2019 text says"].iloc[0]) for frame in said] == [
        "higher, significant (another usual test gives it)",
        "higher, marginally significant (no usual test gives it)",
    ]


def test_a_comparison_becomes_a_table_of_percentages_and_means(study):
    compared = compare_groups(study.cohort, ["neglect_p1", "parents_p1", "moves_total"], by=study)
    frame = groups_table("groups", compared, "Groups").frame
    assert "CSE group" in frame.columns
    neglect = frame.loc[(study.label("neglect_p1"), "yes"), "CSE group"]
    share = 100 * study.cohort.query("cse == 1")["neglect_p1"].astype(float).mean()
    assert neglect.id == "groups.neglect_p1.1.cse" and neglect.value == pytest.approx(share, abs=0.05)
    moves = frame.loc[(study.label("moves_total"), "mean (SD)"), "CSE group"]
    assert isinstance(moves, Sentence)
    assert moves.values["sd"].value == pytest.approx(study.cohort.query("cse == 1")["moves_total"].std(), abs=0.05)
    assert "missing" not in {level for _, level in frame.index}


def test_published_figures_stand_beside_the_same_computed_again():
    ids = ["L110.cse.total.count", "table_3.neglect.p1.total.percent"]
    frame = figures_table("again", ids, "Again").frame
    assert frame["Printed in 2019"].tolist() == ["54", "50.7%"] and frame["Line"].tolist()[0] == "L110"
    assert [entry.id for entry in frame["Recomputed"]] == [id.lower() for id in ids]
    assert [str(entry) for entry in frame["Recomputed"]] == ["54", "50.7%"]


def test_on_synthetic_files_a_sentence_stands_for_the_differences():
    shown = differences_table("own", ["cse"], "Differences")
    assert isinstance(shown, Sentence) and "no difference to be seen" in str(shown)


def test_on_other_data_each_difference_has_its_interval_and_counterpart(monkeypatch):
    monkeypatch.setattr(runs, "synthetic", lambda: False)
    frame = differences_table("own", ["cse"], "Differences").frame
    assert len(frame) and set(frame["Group"]) == {"CSE group"}
    assert all(entry.published and entry.kind == "difference from 2019" for entry in frame["Here"])
    for row in frame.itertuples():
        difference, low, high = (row[-1].values[what].value for what in ("difference", "low", "high"))
        assert low <= difference <= high


def test_a_moved_cohort_shows_in_the_differences(study):
    moved = study.cohort.assign(lived_care_p1=0)
    found = differences(moved, study).set_index("id")
    row = found.loc["table_1.lived_care.p1.cse.percent"]
    assert (row["here"], row["difference"]) == (0, pytest.approx(-66.7, abs=0.1)) and row["high"] < -40


def test_a_table_of_which_nothing_stands_is_a_sentence(controlled, study):
    compared = compare_groups(study.cohort, ["neglect_p1"], by=study)
    shown = groups_table("groups", compared.iloc[:0], "The groups")
    assert shown.why == "Withheld by disclosure control: a table, the groups"


def test_a_table_that_the_report_does_not_have_is_named_with_those_it_has():
    with pytest.raises(InputError, match="no figures were printed in 'table_9'; one of table_1, table_2"):
        published_table("table_9", "A table")
