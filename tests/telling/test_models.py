"""Models as tables: as they were fitted, beside what the 2019 text says, under names that the scorecard finds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from keepsafe import (
    InputError,
    backward_elimination,
    bootstrap_selection,
    dots,
    explore_elimination,
    firth,
    fit_logistic,
    forest,
    table,
)
from keepsafe.telling.models import (
    beside_each_other,
    explored_table,
    model_table,
    odds_ratios,
    path_table,
    paths_table,
    strength_table,
)
from keepsafe.telling.scorecard import verdict
from keepsafe.telling.sentences import Sentence
from keepsafe.telling.values import Value, claim_value


def values_of(table) -> dict[str, Value]:
    """Every value of a table by its name."""
    cells = table.frame.to_numpy().ravel()
    entries = [entry for cell in cells if isinstance(cell, Sentence) for entry in cell.values.values()]
    return {entry.id: entry for entry in [*entries, *(cell for cell in cells if isinstance(cell, Value))]}


@pytest.fixture(scope="module")
def chosen(study):
    return backward_elimination(study.cohort, **study.asked("substance_misuse"))


@pytest.fixture
def values(chosen):
    return values_of(model_table("substance_misuse", chosen, "A model"))


def test_each_factor_has_the_odds_ratio_of_the_fit(chosen, values):
    for row in chosen.final.coefficients.query("predictor != 'const'").itertuples():
        assert values[claim_value("substance_misuse", row.predictor)].value == pytest.approx(row.odds_ratio, abs=0.005)


def test_a_sized_odds_ratio_is_calibrated_and_the_others_in_direction_only(values):
    assert values[claim_value("substance_misuse", "cse")].kind == "calibrated"
    assert values[claim_value("substance_misuse", "female")].kind == "calibrated, direction only"


def test_only_the_odds_ratio_is_beside_what_was_published(values):
    published = {id: entry.published for id, entry in values.items() if entry.published}
    assert published and all(id.endswith(".odds_ratio") for id in published)
    assert published[claim_value("substance_misuse", "cse")][0].startswith("claim.L")


def test_what_is_said_of_a_factor_that_its_own_section_does_not_test_has_no_answer(study, values):
    shown = values[claim_value("substance_misuse", "direct_support_provided")].value
    claim = study.claims.query("model == 'substance_misuse' and predictor == 'direct_support_provided'").iloc[0]
    assert shown == "no result printed"
    text, agrees = verdict(claim, {claim_value(claim.model, claim.predictor): shown})
    assert text == "no result printed" and agrees is pd.NA


def test_several_models_share_a_table_and_each_factor_has_all_its_estimates(study, chosen):
    stable = bootstrap_selection(study.cohort, **study.asked("substance_misuse"), n_boot=4, seed=1, lasso=False)
    shown = model_table("factors", {"substance_misuse": chosen}, "Factors", {"substance_misuse": stable})
    found = values_of(shown)
    kept = firth(study.cohort, "substance_misuse", list(chosen.selected)).set_index("predictor")["odds_ratio"]
    inclusion = stable.inclusion.set_index("predictor")["inclusion"]
    for each in chosen.selected:
        name = f"model.substance_misuse.{each}"
        full = chosen.full.odds_ratios.loc[each]
        assert found[f"{name}.firth.odds_ratio"].value == pytest.approx(kept[each], abs=0.005)
        assert found[f"{name}.full.high"].value == pytest.approx(full["high"], abs=0.005)
        assert found[f"{name}.inclusion"].value == pytest.approx(100 * inclusion[each], abs=0.5)
    assert shown.frame.index.names == ["Model", "Factor"]


def test_strength_and_paths_have_a_row_a_model(study, chosen):
    stable = bootstrap_selection(study.cohort, **study.asked("substance_misuse"), n_boot=20, seed=1, lasso=False)
    found = values_of(strength_table("strength", {"substance_misuse": stable}, "Strength"))
    said = {id.rpartition(".")[2]: entry.value for id, entry in found.items()}
    assert said["events"] == study.cohort["substance_misuse"].sum() and said["kept"] == len(chosen.selected)
    assert said["corrected"] == pytest.approx(stable.corrected, abs=0.005) and said["corrected"] < said["apparent"]
    steps = paths_table("paths", {"substance_misuse": chosen}, "Paths").frame.iloc[:, 0]
    left = sorted(steps[steps != "stays"].index, key=lambda each: int(steps[each]))
    assert left == [study.label(term) for term in chosen.path["term"] if term]
    assert set(steps[steps == "stays"].index) == {study.label(each) for each in chosen.selected}


def test_a_null_claim_that_the_model_drops_is_said_to_be_left_out(study):
    chosen = backward_elimination(study.cohort, **study.asked("cse_any_abuse"))
    plain = model_table("cse_any_abuse", chosen, "A model").plain()
    assert [line for line in plain.splitlines() if "offending" in line and "left out" in line]


def test_the_path_has_a_row_a_step_each_with_its_test(chosen):
    shown = path_table("steps", chosen, "Steps")
    assert len(shown.frame) == len(chosen.path) == len(chosen.full.design.predictors) - len(chosen.selected) + 1
    assert shown.frame["Removed"].iloc[0] == "(all candidates in)" and shown.frame["p"].iloc[0] == "–"
    found = values_of(shown)
    assert found["steps.1.statistic"].value == pytest.approx(chosen.path["statistic"].iloc[1], abs=0.005)
    assert found["steps.0.deviance"].value == pytest.approx(chosen.path["deviance"].iloc[0], abs=0.05)


def test_a_fit_is_shown_with_interval_and_p(study):
    fit = fit_logistic(study.cohort, "cse", ["female", "moves_total"])
    shown = odds_ratios("fit", fit, "A fit")
    assert list(shown.frame.index) == [study.term("female"), study.term("moves_total")]
    row = fit.odds_ratios.iloc[0]
    found = values_of(shown)
    for what in ("odds_ratio", "low", "high"):
        assert found[f"fit.female.{what}"].value == pytest.approx(row[what], abs=0.005)
    assert found["fit.female.p"].unit == "p"


def test_a_selection_is_shown_beside_its_full_model(chosen, study):
    frame = odds_ratios("both", chosen, "Both").frame
    assert len(frame) == len(chosen.full.odds_ratios)
    dropped = frame.index.difference([study.term(each) for each in chosen.final.odds_ratios["column"]])
    assert len(dropped) and (frame.loc[dropped, "p"] == "–").all()
    assert (frame["With all candidates"] != "–").all()


def test_each_level_of_a_factor_has_a_row_of_its_own(study, values):
    """A model table ended in an error, and the last level stood for all of them where models are side by side."""
    chosen = backward_elimination(study.cohort, "cse", ["peers_p1", "female", "moves_total"], p_remove=0.6)
    shown = model_table("cse_any_abuse", chosen, "Factors").frame
    side = beside_each_other("side", {"Full": chosen.full.odds_ratios}, "Side by side").frame
    firm = firth(study.cohort, "cse", ["peers_p1", "female", "moves_total"]).set_index("column")
    for row in chosen.final.odds_ratios.query("predictor == 'peers_p1'").itertuples():
        label = study.term(row.column)
        assert str(shown.loc[label].iloc[0]) == f"{row.odds_ratio:.2f} ({row.low:.2f} to {row.high:.2f})"
        assert str(shown.loc[label, "Firth"]).startswith(f"{firm.loc[row.column, 'odds_ratio']:.2f} (")
        assert str(side.loc[label].iloc[0]) == str(shown.loc[label].iloc[0])
    assert len(side) == 5 and study.label("peers_p1") not in shown.index


def test_factors_of_one_label_are_told_apart_by_their_names(study):
    """Neglect in both phases is labelled alike, and one of the two had no row."""
    fit = fit_logistic(study.cohort, "ssd_after_closure", ["physical_abuse_p1", "neglect_p1", "female"])
    twins = {"physical_abuse_p1": "neglect_p2"}
    moved = fit.coefficients.replace({"column": twins, "predictor": twins})
    both = replace(fit, coefficients=moved)
    labels = ["Neglect (neglect_p2)", "Neglect (neglect_p1)", "Female"]
    assert odds_ratios("twins", both, "Twins").frame.index.tolist() == labels
    assert beside_each_other("twins-beside", {"a": both.odds_ratios}, "Twins").frame.index.tolist() == labels


def test_candidates_of_one_label_are_told_apart_in_paths_and_other_tables(study):
    twins = ["neglect_p1", "neglect_p2"]
    cohort = study.cohort.assign(neglect_p2=(study.cohort.index % 3 == 0).astype(int))
    chosen = backward_elimination(cohort, "cse", [*twins, "female"], p_remove=0.001)
    labels = {"Neglect (neglect_p1)", "Neglect (neglect_p2)"}
    assert set(path_table("path-twins", chosen, "Path").frame["Removed"]) > labels
    assert set(paths_table("paths-twins", {"cse_any_abuse": chosen}, "Paths").frame.index) > labels
    found = explore_elimination(cohort, "cse", {"all": [*twins, "female"]}, [0.001, 0.9], n_boot=5)
    assert all(
        label in str(explored_table("explored-twins", found, "Explored").frame["Stays"].tolist()) for label in labels
    )
    shares = pd.DataFrame({"share": [10, 20]}, index=pd.Index(twins, name="Candidate"))
    assert set(table("shares-twins", shares, "Shares").frame.index) == labels
    drawn = shares.reset_index().rename(columns={"Candidate": "label", "share": "value"}).assign(group="all")
    assert all(label in dots("dots-twins", drawn, "Dots").alt for label in labels)


@pytest.mark.parametrize(
    ("interval", "how"), [("wald", "Wald intervals"), ("profile", "Intervals by profile likelihood")]
)
def test_a_table_of_a_model_says_which_intervals_it_has(study, interval, how):
    """90% intervals had stood under '95% interval', and intervals by profile likelihood were called Wald's."""
    asked = {"p_remove": 0.5, "interval": interval, "confidence": 0.9}
    chosen = backward_elimination(study.cohort, "cse", ["female", "moves_total"], **asked)
    both = odds_ratios("sure", chosen, "Sure"), model_table("cse_any_abuse", chosen, "Sure")
    assert all(shown.frame.columns[0] == "Odds ratio (90% interval)" and how in shown.note for shown in both)
    row = firth(study.cohort, "cse", ["female", "moves_total"], confidence=0.9).iloc[1]
    assert str(both[1].frame["Firth"].iloc[0]) == f"{row.odds_ratio:.2f} ({row.low:.2f} to {row.high:.2f})"
    bare = fit_logistic(study.cohort, "cse", ["female"], interval="none")
    assert odds_ratios("bare", bare, "Bare").frame.columns[0] == "Odds ratio"
    assert str(odds_ratios("bare", bare, "Bare").frame.iloc[0, 0]) == "3.55"
    assert forest("bare-forest", bare, "Bare").alt == "Bare. Female: 3.55."


def test_an_end_that_was_not_found_is_said_beside_the_one_that_was(study):
    fit = fit_logistic(study.cohort, "cse", ["female"])
    half = replace(fit, coefficients=fit.coefficients.assign(high=np.nan))
    assert str(odds_ratios("half", half, "Half").frame.iloc[0, 0]) == "3.55 (1.76 to not found)"


def test_a_value_of_a_model_has_a_name_however_a_codebook_writes_its_variables():
    assert (
        claim_value("Debts?", "ProblemDebt:age=18+", "firth.low")
        == "model.debts-3f.problemdebt-by-age-3d-18-2b.firth.low"
    )


def test_ways_stand_side_by_side_and_what_one_lacks_is_a_dash():
    one = pd.DataFrame({"odds_ratio": [2.0], "low": [1.0], "high": [4.0]}, index=["female"])
    two = pd.DataFrame({"odds_ratio": [3.0], "low": [1.5], "high": [6.0]}, index=["moves_total"])
    shown = beside_each_other("ways", {"As analysed": one, "Imputed": two}, "Two ways")
    assert [[str(cell) for cell in row] for row in shown.frame.to_numpy()] == [
        ["2.00 (1.00 to 4.00)", "–"],
        ["–", "3.00 (1.50 to 6.00)"],
    ]
    assert set(values_of(shown)) == {
        f"ways.{row}.{what}"
        for row in ("female.as-analysed", "moves_total.imputed")
        for what in ("odds_ratio", "low", "high")
    }


def test_a_model_that_the_study_file_lacks_is_named_with_those_that_it_has(chosen):
    """A bare KeyError, of an outcome that a student tries."""
    with pytest.raises(InputError, match="no model is called 'self_harm'; the models are cse_any_abuse"):
        model_table("self_harm", chosen, "A model")
