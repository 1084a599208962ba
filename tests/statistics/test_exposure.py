"""Length of involvement alone moves odds ratios, in a known direction, and counting the years mends it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from keepsafe import InputError
from keepsafe.statistics.simulation import PER_YEAR, _involved, simulate_exposure, simulate_timing, with_related


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return simulate_exposure(n=1000, n_cohorts=150).set_index(["window", "model", "variable"])


@pytest.mark.parametrize("variable", PER_YEAR)
def test_a_shorter_phase_1_makes_counts_look_protective_and_a_longer_involvement_harmful(found, variable):
    assert found.loc[("phase 1", "counts", variable), "high"] < 1.01
    assert found.loc[("whole involvement", "counts", variable), "low"] > 0.99
    assert found.loc[("phase 1", "counts", variable), "rejected"] > 0.2


@pytest.mark.parametrize("variable", PER_YEAR)
@pytest.mark.parametrize("window", ["phase 1", "whole involvement"])
def test_with_the_years_in_the_model_the_error_rate_is_nominal(found, window, variable):
    row = found.loc[(window, "counts and years", variable)]
    assert row["odds_ratio"] == pytest.approx(1, abs=0.015)
    assert row["rejected"] < 0.05 + 4 * (0.05 * 0.95 / 150) ** 0.5


def test_the_share_with_cse_is_the_one_asked_for():
    cse, windows = _involved(np.random.default_rng(1), 100_000, 0.26, 6.0, PER_YEAR)
    assert cse.mean() == pytest.approx(0.26, abs=0.006)
    assert (windows["phase 1"] <= windows["whole involvement"] + 1e-12).all()
    assert (windows["phase 1"][cse == 0] == windows["whole involvement"][cse == 0]).all()


def test_a_seed_repeats_and_another_differs():
    first, again, other = (simulate_exposure(n_cohorts=5, seed=seed) for seed in (1, 1, 2))
    assert first.equals(again) and not first.equals(other)


@pytest.mark.parametrize("arguments", [{"prevalence": 0}, {"n": 3}, {"years": -1}, {"n_cohorts": 1}, {"per_year": {}}])
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(InputError, match=next(iter(arguments))):
        simulate_exposure(**arguments)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"shares": (0.0, 0.3)}, "shares"), ({"prevalence": 0}, "prevalence"), ({"n": 5}, "n"), ({"seed": -1}, "seed"),
        ({"spread": 0}, "spread"), ({"n_cohorts": 0}, "n_cohorts"),
    ],
)  # fmt: skip
def test_a_timing_out_of_range_is_refused(change, column):
    with pytest.raises(InputError) as caught:
        simulate_timing(**({"ages": (14.0, 16.5), "shares": (0.3, 0.3), "prevalence": 0.26} | change))
    assert [problem.column for problem in caught.value.problems] == [column]


def test_a_small_cohort_without_one_of_the_groups_does_not_spoil_the_timing_of_the_others():
    found = simulate_timing((14.0, 16.5), (0.3, 0.3), 0.1, n=20)
    assert found["cse"] == pytest.approx(0.3 * stats.norm.cdf(-2.5 / 2.0 / np.sqrt(2)), abs=0.02)
    assert 0 == found["low"] < found["ratio"] < found["high"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": ["bb"]}, "column bb: no such column; did you mean b"), ({"correlation": 1.5}, "correlation: 1.5"),
        ({"columns": ["gaps"]}, "column gaps: has unknown values"), ({"seed": "a"}, "seed: 'a'"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_dealt_anew_are_refused(change, message):
    rows = pd.DataFrame({"g": [0, 1] * 5, "a": range(10), "b": range(10), "gaps": [None, *range(9)]})
    with pytest.raises(InputError, match=message):
        with_related(rows, **({"columns": ["a"], "within": "g"} | change))


def test_timing_alone_gives_the_ratio_of_the_normal_formula():
    found = simulate_timing((14.0, 16.5), (0.3, 0.3), 0.26, n=20_000, n_cohorts=40)
    early = 0.3 * stats.norm.cdf((14.0 - 16.5) / (2.0 * np.sqrt(2)))
    assert found["cse"] == pytest.approx(early, abs=0.003) and found["others"] == pytest.approx(0.3, abs=0.003)
    assert found["ratio"] == pytest.approx(early / (1 - early) / (0.3 / 0.7), rel=0.02)
    assert found["low"] < found["ratio"] < found["high"]


def test_related_columns_keep_their_values_in_every_group():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"g": rng.integers(0, 2, 2000), "a": rng.poisson(5, 2000), "b": rng.poisson(3, 2000)})
    dealt = with_related(rows, ["a", "b"], "g", correlation=0.6)
    for _, part in rows.groupby("g"):
        assert all(sorted(part[each]) == sorted(dealt.loc[part.index, each]) for each in "ab")
    assert dealt["a"].corr(dealt["b"], method="spearman") == pytest.approx(0.57, abs=0.06)
    assert abs(with_related(rows, ["a", "b"], "g", correlation=0.0)["a"].corr(dealt["b"])) < 0.1
    assert dealt["g"].equals(rows["g"])


@pytest.mark.parametrize("arguments, name", [
    ({"correlation": 1.2}, "correlation"), ({"correlation": -0.1}, "correlation"), ({"seed": -1}, "seed"),
    ({"columns": ["movs"]}, "movs"), ({"within": "cs"}, "cs"),
])  # fmt: skip
def test_columns_are_not_related_by_what_is_no_correlation(arguments, name):
    """With 1.2 the order of the file was dealt out, and told as a correlation."""
    rows = pd.DataFrame({"cse": [0, 1] * 20, "moves": range(40), "workers": range(40)})
    with pytest.raises(InputError, match=f"column {name}: "):
        with_related(rows, **{"columns": ["moves", "workers"], "within": "cse"} | arguments)


@pytest.mark.parametrize("arguments", [{"spread": 0}, {"seed": -1}, {"n_cohorts": 0}, {"n": 0}, {"shares": (30, 30)}])
def test_timing_is_not_simulated_with_numbers_out_of_range(arguments):
    with pytest.raises(InputError, match=f"column {next(iter(arguments))}: .* is out of range"):
        simulate_timing(**{"ages": (14, 16.9), "shares": (0.3, 0.3), "prevalence": 0.26} | arguments)
