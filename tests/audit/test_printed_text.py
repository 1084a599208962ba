"""The report's conclusions against its own results, and its comparisons counted once: planted changes are seen."""

import pandas as pd
import pytest

from keepsafe import load_claims, load_study
from keepsafe.audit import audit, conclusions, printed_comparisons
from keepsafe.problems import InputError


@pytest.fixture(scope="module")
def claims():
    return load_claims()


@pytest.fixture(scope="module")
def concluded(figures, comparisons, claims):
    return conclusions(figures, comparisons, claims)


@pytest.fixture(scope="module")
def once(figures, comparisons):
    return printed_comparisons(figures, comparisons)


def of(found: pd.DataFrame, line: int, variable: str, contrast: str = "") -> pd.Series:
    mine = found[(found["line"] == line) & (found["variable"] == variable) & found["contrast"].eq(contrast)]
    assert len(mine) == 1
    return mine.iloc[0]


def test_a_comparison_is_counted_once_however_often_it_is_said(once, comparisons):
    assert not once.duplicated(["variable", "level", "stratum", "contrast"]).any()
    rejection = once[once["variable"].eq("rejection_p1") & once["level"].eq("yes") & once["contrast"].eq("risk")]
    assert rejection[["printed", "rows", "answer"]].values.tolist() == [
        ["† (table 2); 'marginal' (line 151)", 2, "differs"]]  # fmt: skip
    assert once["rows"].sum() < len(comparisons) and once["rows"].max() > 1


def test_differs_is_said_where_no_usual_test_gives_what_is_printed(once, figures, comparisons):
    found = audit(figures, comparisons)
    never = found[found["check"].isin(["marker", "wording"]) & found["verdict"].eq("cannot hold")]
    tested = never[~never["explanation"].str.contains("may not have been tested")]
    assert set(once.loc[once["answer"] == "differs", "variable"]) == set(tested["variable"])


def test_what_may_not_have_been_tested_has_no_answer(once):
    silent = once[once["why"].str.contains("may not have been tested")]
    assert len(silent) and set(silent["answer"]) == {"no answer"} and not silent["marked"].any()
    assert "reason_risk_to_children" in set(silent["variable"])  # no usual test gives a blank here


def test_a_planted_marker_differs(figures, comparisons):
    here = (
        comparisons["variable"].eq("physical_abuse") & comparisons["contrast"].eq("cse") & comparisons["marker"].eq("")
    )
    here &= comparisons["source"].eq("table_3")
    found = printed_comparisons(figures, comparisons.assign(marker=comparisons["marker"].mask(here, "***")))
    mine = found[found["variable"].eq("physical_abuse_p1") & found["contrast"].eq("cse")]
    assert mine[["answer", "marked"]].values.tolist() == [["differs", True]]


@pytest.mark.parametrize(("variable", "contrast", "verdict"), [
    ("neglect", "cse", "cannot hold"), ("emotional_abuse", "cse", "cannot hold"),
    ("family_concern", "cse", "cannot hold"), ("family_concern", "risk", "cannot hold"),
    ("any_sexual_abuse", "risk", "cannot hold"), ("any_sexual_abuse", "cse", "holds"),
    ("n_abuse_types", "cse", "holds"), ("moves_total", "risk", "holds"), ("ran_away", "cse", "holds"),
    ("peers", "cse", "not checked"),
])  # fmt: skip
def test_line_535_item_by_item(concluded, variable, contrast, verdict):
    assert of(concluded, 535, variable, contrast)["verdict"] == verdict


def test_line_551_stands_beside_line_225(concluded):
    row = of(concluded, 551, "ran_away", "cse")
    assert row["against"] == "line 225" and row["verdict"] == "holds only under"
    assert "a model with the other factors in it" in row["under"]


def test_line_559_is_held_against_printed_impacts_alone(concluded, figures):
    row = of(concluded, 559, "supportive_adult_impact")
    assert set(row["figures"].split()) <= set(figures["id"])
    assert (
        row["verdict"] == "holds only under"
        and "printed in words alone (maternity over 50%) being below 66%" in row["under"]
    )


@pytest.mark.parametrize(("outcome", "verdict", "against"), [
    ("substance_misuse", "holds only under", "line 352"), ("unstable_housing", "holds only under", "line 342"),
    ("ssd_after_closure", "holds", "line 360"),
])  # fmt: skip
def test_line_561_received_against_positive_impact(concluded, outcome, verdict, against):
    row = concluded[(concluded["line"] == 561) & (concluded["level"] == outcome)].iloc[0]
    assert (row["verdict"], row["against"]) == (verdict, against)
    assert (row["under"] == "received standing for judged to have helped") == (verdict != "holds")


def test_a_planted_contradiction_is_found(figures, comparisons, claims):
    turned = claims["predictor"].eq("direct_support_provided") & claims["source_line"].astype(int).eq(360)
    found = conclusions(figures, comparisons, claims.assign(direction=claims["direction"].mask(turned, "risk")))
    assert found.loc[found["level"] == "ssd_after_closure", "verdict"].tolist() == ["cannot hold"]
    higher = figures["id"].eq("L283.direct_support_impact.positive.total.percent.almost")
    changed = figures.assign(value=figures["value"].mask(higher, "90"))
    assert of(conclusions(changed, comparisons, claims), 559, "supportive_adult_impact")["verdict"] == "cannot hold"


@pytest.mark.parametrize("change", [{"says": "nicer"}, None])
def test_statements_of_another_form_are_refused(figures, comparisons, claims, change):
    one = pd.DataFrame([dict.fromkeys(["line", "quotation", "says", "item", "variable", "level", "phase", "contrast",
                                       "against"], "")])  # fmt: skip
    with pytest.raises(InputError):
        conclusions(figures, comparisons, claims, one.assign(**change) if change else one.drop(columns="says"))


def test_a_contrast_is_known_by_its_groups_where_no_study_names_it(figures, comparisons, claims, concluded):
    found = conclusions(figures, comparisons, claims, codebook=load_study().codebook)
    risk = [each[each["contrast"].eq("risk")] for each in (found, concluded)]
    assert len(risk[0]) and risk[0]["verdict"].tolist() == risk[1]["verdict"].tolist()


def test_a_contrast_that_nothing_defines_is_not_checked(figures, comparisons, claims, concluded):
    lost = concluded[concluded["says"].eq("higher")].head(1).assign(contrast="nobody").astype(str)
    found = conclusions(figures, comparisons, claims, lost)
    assert found[["verdict", "explanation"]].values.tolist() == [
        ["not checked", "nothing defines the contrast 'nobody'"]]  # fmt: skip
