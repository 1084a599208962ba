"""Chained equations: known values stay, the order of rows and the units have no part in it, rare data are handled."""

import hashlib
import os
import platform
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.api import OLS, Logit, add_constant

from keepsafe import InputError
from keepsafe.statistics import chained
from keepsafe.statistics.chained import impute
from keepsafe.statistics.design import Formula
from keepsafe.statistics.imputation import fit_imputed, impute_cases

NAMES = ["ill", "a", "b", "kind", "x", "visits"]


def cases(seed: int, n: int = 120, unknown: float = 0.2) -> pd.DataFrame:
    """Whole and broken numbers, 0/1 and a category, all with unknown values but the outcome."""
    rng = np.random.default_rng(seed)
    a, x = rng.integers(0, 2, n), rng.normal(size=n)
    data = pd.DataFrame(
        {
            "a": pd.array(a, "Int64"),
            "b": rng.integers(0, 2, n).astype(float),
            "x": x + a,
            "visits": rng.poisson(3 + 2 * a),
            "kind": np.array(["one", "two", "three"])[rng.integers(0, 3, n)],
        }
    )
    data = data.mask(rng.random(data.shape) < unknown)
    return data.assign(ill=(rng.random(n) < 1 / (1 + np.exp(-x - a))).astype(int))


def told(sets: list[pd.DataFrame]) -> str:
    return hashlib.sha256("".join(each.to_csv() for each in sets).encode()).hexdigest()


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000))
def test_known_values_stay_and_unknown_ones_become_known_values_of_the_same_type(seed):
    data = cases(seed)
    for made in impute(data, NAMES, n_sets=2, seed=seed):
        assert made.index.equals(data.index) and list(made) == NAMES and not made.isna().any(axis=None)
        for name in NAMES:
            known = data[name].notna()
            assert made[name].dtype == data[name].dtype
            assert made.loc[known, name].equals(data.loc[known, name])
            assert made[name].isin(data.loc[known, name]).all()


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_and_columns_changes_nothing(seed):
    data = cases(seed)
    shuffled = data.sample(frac=1, random_state=seed)
    first = impute(data, NAMES, n_sets=2)
    for ours, theirs in zip(first, impute(shuffled, NAMES[::-1], n_sets=2), strict=True):
        pd.testing.assert_frame_equal(ours, theirs.loc[ours.index, NAMES])


def test_equal_persons_change_places_and_nothing_else():
    data = cases(1)[["ill", "a", "b", "visits"]]  # many are equal, with unknown values too
    assert data.duplicated().sum() > 30
    for how in ("a", "ill", "visits"):
        for ascending in (True, False):
            other = data.sort_values(how, ascending=ascending, kind="stable").reset_index(drop=True)
            for ours, theirs in zip(impute(data, list(data), 2), impute(other, list(data), 2), strict=True):
                rows = [sorted(map(tuple, each.astype(float).to_numpy())) for each in (ours, theirs)]
                assert rows[0] == rows[1]


@pytest.mark.parametrize("order", ["sorted", "reversed", "shuffled"])
def test_estimates_are_equal_to_the_last_bit_in_whatever_order_the_file_is(order):
    data = cases(2, 300)
    by = {"sorted": data.sort_values("b"), "reversed": data[::-1], "shuffled": data.sample(frac=1, random_state=1)}
    ours, theirs = (fit_imputed(each, "ill", NAMES[1:], n_sets=3) for each in (data, by[order].reset_index(drop=True)))
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 1000), shift=st.integers(-1000, 1000), scale=st.sampled_from([0.125, 0.1, 3, 10, 1000]))
def test_shift_and_scale_of_numbers_change_nothing_but_the_scale(seed, shift, scale):
    data = cases(seed)
    other = data.assign(visits=data["visits"] * scale + shift, x=data["x"] * scale + shift, a=data["a"] * 2 + 1)
    for ours, theirs in zip(impute(data, NAMES, n_sets=2), impute(other, NAMES, n_sets=2), strict=True):
        pd.testing.assert_frame_equal(ours[["ill", "b", "kind"]], theirs[["ill", "b", "kind"]])
        assert (ours["a"] * 2 + 1 == theirs["a"]).all()
        for name in ("visits", "x"):
            np.testing.assert_allclose(ours[name].astype(float) * scale + shift, theirs[name].astype(float), atol=1e-6)


def test_a_number_far_from_zero_is_imputed_as_one_near_it():
    data = cases(3).drop(columns="kind")
    far = data.assign(visits=data["visits"] + 10**12)
    ours, theirs = (impute(each, list(data), n_sets=2)[0]["visits"] for each in (data, far))
    assert (ours + 10**12 == theirs).all()


def test_more_sets_begin_with_the_same_sets():
    data = cases(4)
    assert told(impute(data, NAMES, 4)[:2]) == told(impute(data, NAMES, 2))


@settings(deadline=None, max_examples=50)
@given(
    ranked=st.lists(st.integers(0, 12), min_size=1, max_size=40).map(sorted),
    wanted=st.integers(-5, 17), seed=st.integers(0, 99),
)  # fmt: skip
def test_a_donor_is_one_of_the_nearest_five(ranked, wanted, seed):
    ranked = np.array(ranked)
    places = chained._near(ranked, np.full(200, wanted), np.random.default_rng(seed))
    away = np.abs(ranked - wanted)
    reach = np.sort(away)[min(chained.DONORS, len(ranked)) - 1]
    assert (away[places] <= reach).all()


def test_donors_that_tie_are_drawn_alike_on_both_sides():
    ranked = np.array([0, 0, 0, 4, 6, 6, 6, 10, 10])  # for 5: 4 and the three 6, and one of the five at 0 and 10
    drawn = chained._near(ranked, np.full(50_000, 5), np.random.default_rng(1))
    expected = np.array([1 / 25] * 3 + [1 / 5] * 4 + [1 / 25] * 2)
    assert stats.chisquare(np.bincount(drawn, minlength=9), expected * 50_000).pvalue > 0.001


def test_values_are_drawn_from_their_distribution_given_the_others():
    """Counts of tied donors, as drawn: an odds ratio of 6 is not drawn towards 1, whoever comes first in the file."""
    a = np.repeat([0, 1], 1000)
    b = np.r_[np.repeat([0.0, 1.0], [700, 300]), np.repeat([0.0, 1.0], [280, 720])]
    hidden = np.arange(2000) % 3 == 0
    for scale in (1, 2):  # as 0/1, and with a third value as a number whose predictions all tie
        column = pd.Series(b * scale).mask(hidden).mask(np.arange(2000) == 1, 3 - scale if scale == 2 else b[1])
        made = impute(pd.DataFrame({"a": a, "b": column}), ["a", "b"], n_sets=10)
        for value, share in ((0, 0.3), (1, 0.72)):
            found = [(each["b"][hidden & (a == value)] == scale).mean() for each in made]
            assert abs(np.mean(found) - share) < 0.04


def test_coefficients_are_drawn_with_the_covariance_that_their_estimates_have():
    """Of a linear regression with sigma drawn too, of a logistic one at its mode; both as statsmodels has them."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 2)) @ [[1, 0.5], [0, 2]] + 3
    number = X @ [0.5, -0.2] + rng.normal(size=60)
    yes = (rng.random(60) < 1 / (1 + np.exp(-X[:, 0] + 3))).astype(float)
    linear, logistic = OLS(number, add_constant(X)).fit(), Logit(yes, add_constant(X)).fit(disp=0)
    for fitted, draw, width in (
        (
            linear,
            lambda: chained._linear(X, np.arange(len(X)), number, rng)[1],
            57 / 55,
        ),  # a t of 57 df is so much wider
        (logistic, lambda: chained._logistic(X, yes, np.ones(len(X)), rng), 1),
    ):
        drawn = np.array([draw() for _ in range(4000)])
        scale = np.sqrt(np.diag(fitted.cov_params()))
        np.testing.assert_allclose(drawn.mean(axis=0) / scale, fitted.params / scale, atol=0.1)
        found, expected = (V / np.outer(scale, scale) for V in (np.cov(drawn.T), width * fitted.cov_params()))
        np.testing.assert_allclose(found, expected, atol=0.1)


def test_a_variable_that_separates_is_imputed_as_it_goes_with_the_others():
    """All 15 known of those with `a` are a yes; a third of the others. mice's augmented draws give 89% here."""
    rng = np.random.default_rng(0)
    a = (np.arange(200) < 20).astype(int)
    b = np.where(a == 1, 1.0, rng.integers(0, 3, 200) == 0)
    hidden = (np.arange(200) < 5) | (np.arange(200) % 10 == 9)
    made = impute(pd.DataFrame({"a": a, "b": b}).mask(hidden[:, None] & np.array([False, True])), ["a", "b"], 50)
    with_a, without = ([each["b"][hidden & (a == value)].mean() for each in made] for value in (1, 0))
    assert np.mean(with_a) > 0.85 and 0.2 < np.mean(without) < 0.47


def test_constant_dependent_and_empty_handed_columns_are_borne():
    """A constant, a copy, a copy among donors alone, more columns than known values."""
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.normal(size=(40, 12)), columns=[f"x{k}" for k in range(12)])
    data["constant"], data["copy"] = 7.0, data["x1"]
    data["apart"] = np.where(np.arange(40) < 8, data["x2"], 0.0)
    data["sparse"] = pd.Series(rng.normal(size=40)).where(np.arange(40) < 8)
    data["yes"] = pd.Series([0.0, 1.0] * 20).where(np.arange(40) < 6)
    data.loc[39, "constant"] = np.nan
    for made in impute(data, list(data), n_sets=3):
        assert not made.isna().any(axis=None) and made["constant"].eq(7).all()
        assert made["sparse"].isin(data["sparse"].dropna()).all() and set(made["yes"]) == {0, 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.nan}, "column x: no value is known; leave it out"),
        ({"x": [1.0, 2, 3, 4] + [np.nan] * 116}, "column x: has 4 known values, too few"),
        ({"x": [np.inf] + [1.0] * 119}, "column x: has infinite values"),
        ({"x": pd.Timestamp("2019-01-01")}, "column x: values of type datetime64.* cannot be compared"),
    ],
)
def test_what_cannot_be_imputed_is_told_by_its_column(change, message):
    with pytest.raises(InputError, match=message):
        impute_cases(cases(6).assign(**change), Formula("ill", ["x"]), 2, 2019)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_sets": 1}, "1 is out of range; 2 sets or more"),
        ({"seed": -1}, "-1 is out of range"), ({"seed": 0.5}, "0.5 is out of range"),
        ({"formula": Formula("ill", ["y"])}, "column y: no such column"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_met_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        impute_cases(cases(7), **({"formula": Formula("ill", NAMES[1:]), "n_sets": 2, "seed": 2019} | arguments))


CHILD = """
from numpy._core._multiarray_umath import __cpu_features__
from threadpoolctl import threadpool_info
from keepsafe import load_cohort, load_study
from keepsafe.statistics.imputation import unknown_as_missing
from keepsafe.statistics.design import Formula
from keepsafe.statistics.imputation import impute_cases
from test_chained import NAMES, cases, impute, told
study = load_study()
known = unknown_as_missing(load_cohort(), study)
for model in study.models.values():
    made = impute_cases(known, Formula(model.outcome.variable, model.candidates, model.outcome.event), 3, 2019)
    print(told(made))
for seed in range(5):
    print(told(impute(cases(seed, 205), NAMES, 3)))
print(any(__cpu_features__[name] for name in ("X86_V3", "X86_V4", "AVX512_ICL")))
print(threadpool_info()[0].get("architecture"))
"""
OTHER = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL", "OPENBLAS_CORETYPE": "Nehalem",
         "NUMBA_CPU_NAME": "generic", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX,-FMA4"}  # fmt: skip


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the features are those of x86-64")
def test_sets_are_the_same_on_another_processor():
    """The edition's cohort and simulated cases, here and in a process without AVX and FMA."""
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OPENBLAS_NUM_THREADS": "1"}
    child = partial(subprocess.run, [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    ours, theirs = (child(env=each).stdout.split() for each in (here, here | OTHER))
    features = dict(zip(("numpy", "blas"), theirs[-2:], strict=True))
    assert features == {"numpy": "False", "blas": "Nehalem"}
    assert len(ours) > 10 and ours[:-2] == theirs[:-2]
