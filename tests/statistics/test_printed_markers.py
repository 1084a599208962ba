"""Printed markers stand beside recomputed ones."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from keepsafe.statistics.comparison import compare_groups
from keepsafe.statistics.recompute import beside_printed


def study() -> SimpleNamespace:
    def group(name, label, variable, value):
        return SimpleNamespace(name=name, label=label, variable=variable, value=value)

    groups = [
        group("total", "Total sample", None, None),
        group("low_risk", "Low risk group", "risk_group", "low"),
        group("high_risk", "High risk group", "risk_group", "high"),
        group("non_cse", "Non-CSE group", "cse", 0),
        group("cse", "CSE group", "cse", 1),
    ]
    contrasts = {"risk": ("low_risk", "high_risk", "risk_group"), "cse": ("non_cse", "cse", "cse")}
    return SimpleNamespace(
        groups={item.name: item for item in groups},
        contrasts={
            name: SimpleNamespace(name=name, label=name, groups=(low, high), variable=variable)
            for name, (low, high, variable) in contrasts.items()
        },
    )


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """The report's groups; living independently has the counts that its printed percentages stand for."""
    # category, CSE, young people, of them living independently in phase 1
    cells = [
        ("no", 0, 90, 40),
        ("no", 1, 12, 3),
        ("mild", 0, 23, 5),
        ("mild", 1, 11, 3),
        ("moderate", 0, 20, 10),
        ("moderate", 1, 12, 3),
        ("significant", 0, 18, 9),
        ("significant", 1, 19, 4),
    ]
    rows = [(category, cse, i < yes) for category, cse, size, yes in cells for i in range(size)]
    frame = pd.DataFrame(rows, columns=["seraf_category", "cse", "lived_independent_p1"])
    frame["risk_group"] = np.where(frame["seraf_category"].isin(["no", "mild"]), "low", "high")
    second = np.full(205, np.nan)
    second[np.flatnonzero(frame["cse"] == 1)] = [1.0] * 33 + [0.0] * 19 + [np.nan] * 2
    return frame.assign(
        lived_independent_p1=frame["lived_independent_p1"].astype(int),
        lived_independent_p2=second,
        moves_total=np.arange(205) % 58 * (1 + frame["cse"]),
        kind=["a", "b", "c", "d", "e"] * 41,
    )


@pytest.fixture(scope="module")
def frame(cohort) -> pd.DataFrame:
    variables = ["lived_independent_p1", "lived_independent_p2", "moves_total", "kind"]
    return compare_groups(cohort, variables, study(), denominators="known", test="pearson")


def test_printed_markers_stand_beside_recomputed_ones(frame):
    printed = pd.DataFrame(
        [
            ("lived_independent", "1", "1", "", "risk", "", "none"),
            ("lived_independent", "1", "1", "", "cse", "***", "significant"),
            ("lived_independent", "1", "1", "", "cse", "", "significant"),
            ("moves_total", "", "1", "", "cse", "", ""),
            ("another", "1", "1", "", "cse", "*", "significant"),
        ],
        columns=["variable", "level", "phase", "stratum", "contrast", "marker", "wording"],
    )
    found = beside_printed(frame, printed)
    assert list(found["recomputed"]) == ["", "*", "*", "***"]
    assert list(found["agrees"].astype(object).where(found["agrees"].notna(), None)) == [
        True,
        False,
        True,
        None,
    ]
