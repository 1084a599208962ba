"""The printed tables in their own layout, and the text's comparisons beside the cohort's."""

import pytest
from scipy import stats

from keepsafe import load_cohort, load_comparisons, load_figures, load_study
from keepsafe.tables import beside_text, published_table, statements_table
from keepsafe.tables.published import markers


@pytest.fixture(scope="module")
def inputs():
    return load_figures(), load_comparisons(), load_cohort(), load_study()


@pytest.mark.parametrize(("source", "rows"), [("table_1", 6), ("table_2", 11), ("table_3", 8), ("table_4", 15)])
def test_a_table_has_the_reports_rows_and_groups(inputs, source, rows):
    frame = published_table(source, *inputs, caption="A table").frame
    groups = [label for _, label in frame.columns]
    assert len(frame) == rows
    assert groups[:5] == ["Total sample", "Low risk group", "High risk group", "Non-CSE group", "CSE group"]
    assert (groups[5] == "CSE group") == (source != "table_4")


def test_every_table_figure_is_shown_with_its_published_counterpart(inputs):
    figures, *_ = inputs
    for source in ("table_1", "table_2", "table_3", "table_4"):
        shown = published_table(source, *inputs, caption="A table").frame
        ids = {entry.published[0] for cell in shown.to_numpy().ravel() if hasattr(cell, "values")
               for entry in cell.values.values()}  # fmt: skip
        wanted = figures[(figures["source"] == source) & (figures["variable"] != "person_id")]
        wanted = wanted[~((wanted["variable"] == "ssd_after_closure") & (wanted["statistic"] == "count"))]
        assert ids == set(wanted["id"])


def test_a_figure_that_differs_shows_the_printed_one_beside_it(inputs):
    figures, comparisons, cohort, study = inputs
    wrong = figures.assign(value=figures["value"].where(figures["id"] != "table_1.lived_care.p1.cse.percent", "11.1"))
    assert "[printed: 11.1]" in published_table("table_1", wrong, comparisons, cohort, study, "A table").plain()


def test_markers_are_recomputed_by_the_test_that_is_named(inputs):
    _, comparisons, cohort, study = inputs
    care = cohort.groupby("cse")["lived_care_p1"].agg(["sum", "count"]).astype(int)
    table = [care["sum"], care["count"] - care["sum"]]
    for test, corrected in (("pearson", False), ("yates", True)):
        p = stats.chi2_contingency(table, correction=corrected).pvalue
        stars = next(
            star for star, limit in (("***", 0.001), ("**", 0.01), ("*", 0.05), ("†", 0.1), ("none", 1.1)) if p < limit
        )
        assert markers("table_1", comparisons, cohort, study, test)["lived_care", "1", "cse"] == f"* / {stars}"


def test_a_statement_by_sex_gives_the_females_first(inputs):
    _, comparisons, cohort, study = inputs
    said = comparisons[(comparisons["contrast"] == "sex") & (comparisons["variable"] == "neglect")]
    high = beside_text(said, "sex", cohort, study).set_index("stratum").loc["high_risk"]
    part = cohort[cohort["risk_group"] == "high"]
    females, males = (
        100 * part.loc[part["sex"] == sex, "neglect_p1"].astype(float).mean() for sex in ("female", "male")
    )
    assert (high["first"], high["second"]) == (pytest.approx(females), pytest.approx(males))


def test_statements_repeat_what_the_text_says_in_words(inputs):
    figures, comparisons, cohort, study = inputs
    frame = statements_table([188], "cse", figures, comparisons, cohort, study, "Sexual abuse", "said").frame
    assert [str(cell) for cell in frame["The 2019 text says"]] == [
        "higher, significant", "higher, marginally significant", "higher, marginally significant"]  # fmt: skip


def test_a_figure_that_was_never_printed_is_calibrated_in_direction_only(inputs):
    frame = statements_table([118, 188], "cse", *inputs, "Registration and abuse", "said").frame
    kinds = dict(zip(frame.index, (str(entry.kind) for entry in frame["CSE group"]), strict=True))
    assert kinds["On the child protection register"] == "calibrated, direction only"
    assert kinds["Familial sexual abuse"] == "calibrated"
