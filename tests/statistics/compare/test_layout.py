"""The printed table has the report's own layout, and printed markers stand beside recomputed ones."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from keepsafe.problems import InputError
from keepsafe.statistics.compare import beside_printed, compare_groups, group_table
from keepsafe.statistics.seraf import risk_group

COLUMNS = ["total", "low_risk", "high_risk", "non_cse", "cse", ("cse", 2)]


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
        contrasts={name: SimpleNamespace(name=name, label=name, groups=(low, high), variable=variable)
                   for name, (low, high, variable) in contrasts.items()},
    )  # fmt: skip


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    """The report's groups; living independently has the counts that its printed percentages stand for."""
    # category, CSE, young people, of them living independently in phase 1
    cells = [("no", 0, 90, 40), ("no", 1, 12, 3), ("mild", 0, 23, 5), ("mild", 1, 11, 3),
             ("moderate", 0, 20, 10), ("moderate", 1, 12, 3), ("significant", 0, 18, 9),
             ("significant", 1, 19, 4)]  # fmt: skip
    rows = [(category, cse, i < yes) for category, cse, size, yes in cells for i in range(size)]
    frame = pd.DataFrame(rows, columns=["seraf_category", "cse", "lived_independent_p1"])
    frame["risk_group"] = risk_group(frame["seraf_category"])
    second = np.full(205, np.nan)
    second[np.flatnonzero(frame["cse"] == 1)] = [1.0] * 33 + [0.0] * 19 + [np.nan] * 2
    return frame.assign(
        lived_independent_p1=frame["lived_independent_p1"].astype(int), lived_independent_p2=second,
        moves_total=np.arange(205) % 58 * (1 + frame["cse"]), kind=["a", "b", "c", "d", "e"] * 41,
    )  # fmt: skip


@pytest.fixture(scope="module")
def frame(cohort) -> pd.DataFrame:
    variables = ["lived_independent_p1", "lived_independent_p2", "moves_total", "kind"]
    return compare_groups(cohort, variables, study(), denominators="known", test="pearson")


def test_a_row_of_table_1_is_printed_as_the_report_prints_it(frame):
    row = group_table(frame, COLUMNS).iloc[0]
    assert list(row[2:8]) == ["37.6", "37.5", "37.7", "42.4", "24.1*", "63.5"]
    assert list(row.index[2:8]) == [
        "Total sample (N=205), phase 1", "Low risk group (N=136), phase 1", "High risk group (N=69), phase 1",
        "Non-CSE group (N=151), phase 1", "CSE group (N=54), phase 1", "CSE group (N=54), phase 2",
    ]  # fmt: skip


def test_the_second_phase_is_shown_where_most_of_the_group_was_asked(frame):
    pd.testing.assert_frame_equal(group_table(frame), group_table(frame, COLUMNS))


def test_numbers_print_mean_sd_and_range_with_the_marker(frame):
    printed = group_table(frame, ["total", "cse"]).query("variable == 'moves_total'")
    assert list(printed["level"]) == ["M (SD)", "range"]
    assert printed["CSE group (N=54)"].iloc[0].endswith(")***")
    assert printed["CSE group (N=54)"].iloc[1] == "18-102"


def test_labels_come_from_the_codebook(frame):
    class Codebook:
        label = staticmethod(lambda name: f"Label of {name}")
        level_label = staticmethod(lambda name, level: level.upper())

    printed = group_table(frame, ["total"], Codebook())
    assert printed["variable"].iloc[0] == "Label of lived_independent_p1"
    assert list(printed["level"].iloc[-5:]) == ["A", "B", "C", "D", "E"]


def test_missing_counts_are_shown(cohort):
    blank = cohort.assign(moves_total=cohort["moves_total"].where(np.arange(205) > 2))
    printed = group_table(compare_groups(blank, ["moves_total"], "cse"))
    assert list(printed["missing"]) == ["3", "3"]


def test_a_contrast_of_many_groups_has_its_marker_in_a_column_of_its_own(cohort):
    frame = compare_groups(cohort, ["cse"], "seraf_category", test="pearson")
    printed = group_table(frame)
    assert printed["seraf_category"].iloc[0] == frame["marker"].iloc[-1] == "***"
    assert not printed.iloc[0, :-1].str.contains(r"\*").any()


def test_strata_head_the_rows(cohort):
    printed = group_table(compare_groups(cohort, ["moves_total"], "cse", within="risk_group"))
    assert list(printed["stratum"]) == ["low", "low", "high", "high"]


def test_an_unknown_group_is_refused(frame):
    with pytest.raises(InputError, match="no such group"):
        group_table(frame, ["hihg_risk"])


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
    )  # fmt: skip
    found = beside_printed(frame, printed)
    assert list(found["recomputed"]) == ["", "*", "*", "***"]
    assert list(found["agrees"].astype(object).where(found["agrees"].notna(), None)) == [
        True,
        False,
        True,
        None,
    ]
