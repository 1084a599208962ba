"""The scorecard: every published statement has one row, and the kinds of agreement are never mixed."""

import re
import string

import pandas as pd
import pytest

from keepsafe import conclusions, load_claims, load_comparisons, load_figures, runs
from keepsafe.reading import read_own
from keepsafe.telling.scorecard import NOT_YET, contradicted_table, funnel, scorecard, scorecard_table
from keepsafe.telling.tables import Made
from keepsafe.telling.values import Kind, claim_value


@pytest.fixture
def scored(study, monkeypatch):
    """A function that scores the study with parts in the place of its own: figures, claims, cohort and so on."""

    def score(**parts) -> pd.DataFrame:
        for name, part in parts.items():
            monkeypatch.setitem(vars(study), name, part)
        return scorecard(study)

    return score


@pytest.fixture(scope="module")
def card(study) -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(vars(study), "recorded", None)
        return scorecard(study)


@pytest.fixture
def short(study) -> dict:
    """Next to nothing to score, for what a test adds."""
    return {"figures": study.figures.head(1), "comparisons": study.comparisons.head(1), "claims": study.claims.head(1)}


def recorded(**results) -> pd.DataFrame:
    return pd.DataFrame({"id": results.keys(), "value": results.values()})


def row_of(card, what, document) -> pd.Series:
    return card[(card["what"] == what) & (card["document"] == document)].iloc[0]


def test_every_published_statement_has_one_row(card, study):
    expected = {
        "figure": len(study.figures),
        "comparison": len(study.comparisons),
        "claim": len(study.claims),
    }
    assert card["document"].value_counts().to_dict() == expected
    assert card[["section", "what", "printed", "chapter"]].notna().all(axis=None)
    assert set(card["kind"]) <= set(Kind)


def test_a_changed_cohort_shows_as_a_difference(study, scored, short):
    figures = study.figures.query("id == 'table_1.lived_care.p1.cse.percent'")
    changed = scored(**short | {"figures": figures, "cohort": study.cohort.assign(lived_care_p1=0)})
    assert changed.query("document == 'figure'")[["printed", "recomputed", "agrees"]].to_numpy().tolist() == [
        ["66.7%", "0.0%", False]
    ]


def test_figures_that_contradict_others_are_not_counted_as_able_to_hold(card, study):
    assert (~card["holds"]).sum() == len(study.settings["synthesis"]["cannot_hold"])


def test_a_comparison_is_derived_only_where_the_compared_figures_were_printed(card):
    comparisons = card[card["document"] == "comparison"]
    assert set(comparisons.loc[comparisons["source"] != "text", "kind"]) == {Kind.DERIVED}
    registered = row_of(card, "On the child protection register; Non-CSE against CSE; phase 1", "comparison")
    assert registered["kind"] == Kind.DIRECTION  # only the total of it was printed, in words
    sex = row_of(card, "Sex: female; Non-CSE against CSE", "comparison")
    assert sex["kind"] == Kind.DIRECTION  # of one group and the total, so `printed_comparisons` has no counts


def test_a_marker_that_the_test_does_not_give_is_a_difference(card):
    care = card.query("source == 'table_1' and document == 'comparison'")
    care = care[care["what"] == "Lived in local authority care; Non-CSE against CSE; phase 1"].iloc[0]
    assert (care["printed"], care["recomputed"]) == ("higher, significant *", "51.7% and 66.7%, p = .057 †")
    assert not care["agrees"]


def test_a_significance_that_holds_the_other_way_round_does_not_agree(study, scored, short):
    said = study.comparisons.query("variable == 'moves_total' and contrast == 'cse' and source_line == 128")
    told = [scored(**short | {"comparisons": said.assign(direction=each)}) for each in ("higher", "lower")]
    assert [t.loc[t["document"] == "comparison", "agrees"].item() for t in told] == [True, False]


def test_what_is_said_of_most_outcomes_is_judged_over_all_of_them(card, study):
    most = card[card["printed"].str.contains("on most outcomes")]
    assert len(most) == study.comparisons["wording"].eq("most").sum()
    assert most["agrees"].all()  # though self-harm is the same in both risk groups


@pytest.mark.parametrize(
    ("value", "agrees"), [("6.86", True), ("7.9", False), ("0.5", False), ("left out", False), ("", pd.NA)]
)
def test_a_claim_agrees_only_within_the_size_it_names(scored, short, value, agrees):
    values = recorded(**{claim_value("cse_any_abuse", "female"): value})
    card = scored(**short | {"recorded": values})
    found = card.loc[card["document"] == "claim", "agrees"].item()
    assert found is agrees or found == agrees


@pytest.mark.parametrize(("ratio", "p", "agrees"), [("left out", "", True), ("1.4", ".41", True), ("3", ".001", False)])
def test_no_association_means_left_out_or_a_p_above_the_threshold(study, scored, short, ratio, p, agrees):
    claims = study.claims.query("predictor == 'female:any_sexual_abuse_p1'").head(1)
    name = ("cse_any_abuse", "female:any_sexual_abuse_p1")
    values = recorded(**{claim_value(*name): ratio, claim_value(*name, "p"): p})
    card = scored(**short | {"claims": claims, "recorded": values})
    assert card.loc[card["document"] == "claim", "agrees"].item() == agrees


def test_claims_without_a_recorded_result_are_open_and_not_counted_as_agreement(card):
    claims = card[card["document"] == "claim"]
    assert claims["agrees"].isna().all()


def test_the_funnel_divides_what_can_hold_without_rest(card):
    stages = funnel(card).set_index("stage")
    assert stages.loc["printed", "n"] == len(card)
    assert stages.drop(index=["printed", "can hold"])["n"].sum() == stages.loc["can hold", "n"] == card["holds"].sum()
    assert (stages[["agree", "differ", "open"]].sum(axis=1) == stages["n"]).all()


def test_own_data_are_a_difference_from_2019_and_never_agreement(scored, monkeypatch):
    monkeypatch.setattr(runs, "synthetic", lambda: False)
    assert set(scored()["kind"]) == {Kind.DIFFERENCE, Kind.NOT_COMPARABLE}


WORDS = {
    "joint_display.csv": ("finding", "theme_lines", "relation", {"confirm", "expand", "jar"}),
    "recommendations.csv": (
        "bearing",
        "source_line",
        "strength",
        {"directly", "in part", "not by figures"},
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_words_kept_as_data_quote_published_figures_only_by_name(compendium, name):
    sentence, lines, verdict, allowed = WORDS[name]
    frame = read_own(compendium / "data" / name, (sentence, lines, verdict)).frame
    fields = {field for text in frame[sentence] for _, field, _, _ in string.Formatter().parse(text) if field}
    assert fields and fields <= set(load_figures()["id"])
    literal = " ".join(text for row in frame[sentence] for text, *_ in string.Formatter().parse(row))
    assert not re.search(r"\d", re.sub(r"L\d+|phase [12]|2006", "", literal))
    assert set(frame[verdict]) <= allowed
    assert frame[lines].str.fullmatch(r"\d+([-;] ?\d+)*").all()


def test_there_are_the_twelve_recommendations_of_the_report(compendium):
    frame = read_own(compendium / "data" / "recommendations.csv", ("number", "source_line")).frame
    assert frame["number"].astype(int).tolist() == list(range(1, 13))
    assert frame["source_line"].astype(int).between(573, 587).all() and frame["source_line"].is_unique


def test_what_the_synthetic_files_made_up_is_told_from_what_was_printed(card):
    shown = scorecard_table("scorecard", card, "c")
    cells = shown.frame["Recomputed"]
    made = {str(text) for text in cells if isinstance(text, Made)}
    ink = {str(text) for text in cells if not isinstance(text, Made)}
    of = {kind: set(part["recomputed"]) - {"", NOT_YET} for kind, part in card.groupby("kind")}
    assert of[Kind.DIRECTION] <= made and not of[Kind.DIRECTION] & ink
    assert of[Kind.DERIVED] <= ink
    worded = card[card["printed"].eq("almost seven") | card["printed"].eq("over half")]
    assert set(worded["recomputed"]) <= made
    assert shown._repr_mimebundle_()["text/html"].count('<span class="invented">') == sum(
        isinstance(text, Made) for text in cells
    )


def test_what_the_tables_print_the_other_way_round_is_shown_with_both_shares():
    figures = load_figures()
    found = conclusions(figures, load_comparisons(), load_claims())
    shown = contradicted_table("experiences", found, "c").frame
    sides = [
        list(map(float, re.findall(r"[\d.]+(?=%)", text)))
        for text in found.query("verdict == 'cannot hold'")["printed"]
    ]
    assert shown.iloc[:, -2:].astype(str).astype(float).to_numpy().tolist() == sides
    assert all(said < other for said, other in sides)  # called more likely, and printed less often
