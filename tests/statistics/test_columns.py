"""Columns together: which rows have the same codes, however many combinations there could be."""

import numpy as np
import pandas as pd
import pytest

from keepsafe.statistics import columns
from keepsafe.statistics.design import make_design


@pytest.mark.parametrize("most", [2**62, 10])
def test_rows_with_the_same_codes_are_one_combination_however_many_there_could_be(monkeypatch, most):
    monkeypatch.setattr(columns, "WHOLE", most)
    codes = np.random.default_rng(3).integers(0, [[2], [3], [4]], (3, 90))
    first, row = columns.combinations(90, zip(codes, (2, 3, 4), strict=True))
    there, which = np.unique(codes, axis=1, return_inverse=True)
    assert (codes[:, first] == there).all() and (row == which.ravel()).all()


@pytest.mark.parametrize(("levels", "fewer"), [(2, True), (10**6, False)])
def test_a_tally_counts_cases_by_covariate_pattern_and_gives_each_its_own_where_most_differ(levels, fewer):
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.integers(0, levels, (200, 3)), columns=list("abc")).assign(ill=rng.integers(0, 2, 200))
    design, rows = make_design(data, "ill", list("abc")), rng.integers(0, 200, 200)
    trials, y, cases = design.tally(rows)
    assert (len(trials) < 200) is fewer and len(design.patterns) == len(trials)
    assert trials.sum() == 200 and y.sum() == cases.sum() == data["ill"].to_numpy()[rows].sum()
    np.testing.assert_allclose(trials @ design.patterns, design.Z[rows].sum(axis=0), atol=1e-9)
    np.testing.assert_allclose(y @ design.patterns, design.y[rows] @ design.Z[rows], atol=1e-9)
