"""The committed simulation of known truth: it says what it should, and a short run of it agrees."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError
from keepsafe.statistics.selection import backward_elimination
from keepsafe.statistics.simulation import TRUTH, _intercept, _known, _predictors, known_truth

SHORT = 60


@pytest.fixture(scope="module")
def committed(compendium) -> pd.DataFrame:
    return pd.read_csv(compendium / "data" / "simulation" / "known_truth.csv")


def test_it_covers_at_least_a_thousand_cohorts(committed):
    assert committed["cohorts"].min() >= 1000
    assert committed["predictor"].tolist() == list(TRUTH)


def test_the_full_model_is_near_nominal_and_the_selected_one_above_it(committed):
    null = committed[committed["truth"] == 0]
    assert 0.04 < null["full_rejected"].mean() < 0.08
    assert null["selected_rejected"].mean() > null["full_rejected"].mean()
    assert null["selected_rejected_if_kept"].min() > 0.3  # of the factors kept for nothing, many look sure


def test_intervals_of_the_full_model_cover_and_those_of_kept_noise_do_not(committed):
    null = committed["truth"] == 0
    assert committed.loc[null, "full_covered"].between(0.91, 0.96).all()
    assert committed.loc[null, "selected_covered_if_kept"].max() < 0.7


def test_bootstrap_inclusion_follows_the_truth(committed):
    null = committed["truth"] == 0
    assert committed.loc[~null, "inclusion"].min() > committed.loc[null, "inclusion"].max()
    assert committed.loc[null, "inclusion"].min() > committed.loc[null, "selected"].max()  # noise comes in more often


def test_a_short_run_agrees_within_its_monte_carlo_error(committed):
    short = known_truth(n_cohorts=SHORT, n_boot=4, seed=77)
    for column in ("full_rejected", "full_covered", "selected", "selected_rejected"):
        share = committed[column].clip(1 / SHORT, 1 - 1 / SHORT)
        error = np.sqrt(share * (1 - share) / SHORT)
        assert (abs(short[column] - committed[column]) < 4.5 * error).all(), column
    spread = (committed["inclusion_high"] - committed["inclusion_low"]) / 2.56 + 0.2  # four resamples are coarse
    assert (abs(short["inclusion"] - committed["inclusion"]) < 4.5 * spread / np.sqrt(SHORT)).all()


def test_one_cohort_is_told_as_the_public_functions_tell_it():
    child = np.random.SeedSequence(5)
    rng = np.random.default_rng(child)
    z = _predictors(rng, 205)
    chance = 1 / (1 + np.exp(-_intercept() - z @ list(TRUTH.values())))
    data = pd.DataFrame(z, columns=list(TRUTH)).assign(ill=(rng.random(205) < chance).astype(int))
    full, full_se, kept, b, se, _ = _known(_intercept(), 205, 1, 0.10, child)
    found = backward_elimination(data, "ill", list(TRUTH))
    assert tuple(np.array(list(TRUTH))[kept]) == found.selected
    for ours, theirs in (((full, full_se), found.full), ((b[kept], se[kept]), found.final)):
        np.testing.assert_allclose(np.column_stack(ours), theirs.coefficients[["B", "SE"]].iloc[1:], rtol=1e-6)


def test_the_result_is_that_of_its_seed():
    assert known_truth(4, n_boot=1).equals(known_truth(4, n_boot=1))


@pytest.mark.parametrize("arguments", [{"n_cohorts": 1}, {"n": 10}, {"n_boot": 0}, {"seed": -1}])
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(InputError, match="out of range"):
        known_truth(**arguments)
