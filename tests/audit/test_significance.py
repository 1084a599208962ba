"""The tests behind the markers agree with scipy, one table at a time."""

import numpy as np
import pytest
from scipy import stats

from keepsafe.audit.significance import p_between, p_of_levels, p_of_means, p_values

TABLES = [(14, 69, 14, 136), (42, 69, 101, 136), (14, 36, 10, 75), (0, 54, 5, 151), (54, 54, 151, 151), (1, 3, 2, 2)]


@pytest.mark.parametrize(("k1", "n1", "k2", "n2"), TABLES)
def test_p_values_are_those_of_scipy(k1, n1, k2, n2):
    table = np.array([[k1, n1 - k1], [k2, n2 - k2]])
    p = p_values(k1, n1, k2, n2)
    assert p["fisher"] == pytest.approx(stats.fisher_exact(table)[1], rel=1e-9)
    if (table.sum(axis=0) > 0).all():
        for test, options in {
            "pearson": {"correction": False},
            "yates": {"correction": True},
            "likelihood_ratio": {"correction": False, "lambda_": "log-likelihood"},
        }.items():
            assert p[test] == pytest.approx(stats.chi2_contingency(table, **options)[1], rel=1e-9)
    else:
        assert p["pearson"] == 1


def test_tables_at_once_are_the_tables_one_by_one():
    together = p_values(*np.array(TABLES).T)
    for i, table in enumerate(TABLES):
        for test, p in p_values(*table).items():
            assert together[test][i] == pytest.approx(float(p), rel=1e-12)


def test_p_between_holds_every_table_in_its_limits():
    low, high = p_between([10], [13], [69], [20], [24], [136])["pearson"]
    inside = [float(p_values(a, 69, b, 136)["pearson"]) for a in range(10, 14) for b in range(20, 25)]
    assert low[0] == pytest.approx(min(inside)) and high[0] >= max(inside)


def test_levels_by_groups_are_as_scipy_has_them():
    table = np.array([[38, 9], [8, 9], [80, 42], [8, 6], [2, 3]])
    assert p_of_levels(table)["pearson"] == pytest.approx(stats.chi2_contingency(table, correction=False)[1])


def test_means_are_as_scipy_has_them_and_rounding_widens_them():
    exact = p_of_means((7.2, 7.2), (7.8, 7.8), 136, (8.9, 8.9), (11.6, 11.6), 69)
    for test, equal in (("t", True), ("welch", False)):
        p = stats.ttest_ind_from_stats(7.2, 7.8, 136, 8.9, 11.6, 69, equal_var=equal)[1]
        assert exact[test] == pytest.approx((p, p))
    low, high = p_of_means((7.15, 7.25), (7.75, 7.85), 136, (8.85, 8.95), (11.55, 11.65), 69)["welch"]
    assert low < exact["welch"][0] < high
