"""A selected model beside what the 2019 text says of it, under names that the scorecard finds."""

import pytest

from keepsafe import backward_elimination, load_claims, load_cohort, load_study
from keepsafe.tables.models import model_table, path_table
from keepsafe.values.claims import claim_value


@pytest.fixture(scope="module")
def study():
    return load_study()


@pytest.fixture(scope="module")
def fitted(study):
    model, cohort = study.models["substance_misuse"], load_cohort()
    chosen = backward_elimination(cohort, model.outcome.variable, model.candidates, event=model.outcome.event)
    return model, cohort, chosen


@pytest.fixture(scope="module")
def values(fitted, study):
    model, cohort, chosen = fitted
    frame = model_table(chosen, model, load_claims(), cohort, study, "A model", "a-model").frame
    found = {}
    for cell in frame.to_numpy().ravel():
        for entry in getattr(cell, "values", {}).values() if hasattr(cell, "template") else [cell]:
            if hasattr(entry, "id"):
                found[entry.id] = entry
    return found


def test_each_factor_has_the_odds_ratio_of_the_fit(fitted, values):
    _, _, chosen = fitted
    for row in chosen.final.coefficients.query("predictor != 'const'").itertuples():
        assert values[claim_value("substance_misuse", row.predictor)].value == pytest.approx(row.odds_ratio)


def test_a_sized_odds_ratio_is_calibrated_and_the_others_in_direction_only(values):
    assert values[claim_value("substance_misuse", "cse")].kind == "calibrated"
    assert values[claim_value("substance_misuse", "female")].kind == "calibrated, direction only"


def test_what_is_said_without_a_test_shows_its_crude_odds_ratio(fitted, values):
    _, cohort, _ = fitted
    cells = cohort.groupby(["direct_support_provided", "substance_misuse"]).size()
    crude = cells[1, 1] * cells[0, 0] / (cells[1, 0] * cells[0, 1])
    assert values[claim_value("substance_misuse", "direct_support_provided")].value == pytest.approx(crude)


def test_a_null_claim_that_the_model_drops_is_said_to_be_left_out(study):
    model, cohort = study.models["cse_any_abuse"], load_cohort()
    chosen = backward_elimination(cohort, "cse", model.candidates)
    plain = model_table(chosen, model, load_claims(), cohort, study, "A model", "a-model").plain()
    assert [line for line in plain.splitlines() if "offending" in line and "left out" in line]


def test_the_path_has_a_row_a_step(fitted, study):
    _, _, chosen = fitted
    frame = path_table(chosen, study, "Steps", "steps").frame
    assert len(frame) == len(chosen.path) == len(chosen.full.design.predictors) - len(chosen.selected) + 1
