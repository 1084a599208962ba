"""Parts of a whole: bars that add up, every check a mark, a flow that names what it leaves out."""

import numpy as np
import pandas as pd
import pytest

from keepsafe.telling.shares import flow_chart, impact_bars, verdict_strip
from tests.telling.conftest import words

pytestmark = pytest.mark.usefixtures("on_paper")

IMPACT = pd.DataFrame({
    "label": "Police", "impact": ["positive", "mixed", "negative", "none", "no_engagement"],
    "value": [12.9, 20.1, 32.3, 10.0, 24.7], "n": 31,
})  # fmt: skip


def bars(ax) -> list[tuple[float, float]]:
    """From where to where the bars of a panel go, from left to right."""
    ends = [sorted((patch.get_x(), patch.get_x() + patch.get_width())) for patch in ax.patches if patch.get_width()]
    return sorted((round(left, 6), round(right, 6)) for left, right in ends)


def test_impact_shows_harm_left_and_help_right_and_who_did_not_engage_apart():
    drawn = impact_bars("i", IMPACT, "c")
    judged, apart = drawn.fig.axes
    assert bars(judged) == [(-42.3, -10.0), (-10.0, 0.0), (0.0, 12.9), (12.9, 33.0)]
    assert bars(apart) == [(0.0, 24.7)]
    assert {"Police (31)", "Positive", "Negative", "13", "32", "did not engage"} <= words(drawn.fig)
    assert drawn.alt == "c. Police: positive 13%, negative 32%, did not engage 25%."


def test_without_anybody_who_did_not_engage_there_is_one_panel():
    drawn = impact_bars("i", IMPACT.query("impact != 'no_engagement'"), "Some")
    assert len(drawn.fig.axes) == 1 and drawn.alt.startswith("Some. ")


def test_panels_have_one_scale():
    axes = impact_bars("i", IMPACT, "c").fig.axes
    drawn = [ax.get_position().width / np.diff(ax.get_xlim())[0] for ax in axes]
    assert drawn[0] == pytest.approx(drawn[1], rel=0.15)


def strip(checks: pd.DataFrame):
    drawn = verdict_strip("v", checks, "c")
    axis = drawn.fig.axes[0]
    return {points.get_label(): len(points.get_offsets()) for points in axis.collections}, axis, drawn.alt


def test_each_check_is_drawn_once():
    checks = pd.DataFrame(
        {
            "check": ["levels"] * 100 + ["marker"] * 3,
            "verdict": ["holds"] * 100 + ["cannot hold"] * 2 + ["holds only under"],
        }
    )
    counts, axis, alt = strip(checks)
    assert counts == {"holds": 100, "holds only under a condition": 1, "cannot hold": 2}
    assert [text.get_text() for text in axis.get_yticklabels()] == [
        "parts make the whole (100)",
        "markers fit figures (3)",
    ]
    assert alt.endswith(": 100 holds; markers fit figures: 2 cannot hold; markers fit figures: 1 holds only under.")


def test_what_does_not_hold_stands_first_in_its_row():
    checks = pd.DataFrame({"check": ["marker"] * 3, "verdict": ["holds", "cannot hold", "holds only under"]})
    _, axis, _ = strip(checks)
    first = {points.get_label(): points.get_offsets()[0][0] for points in axis.collections}
    assert first["cannot hold"] < first["holds only under a condition"] < first["holds"]


def test_verdicts_differ_in_shape():
    checks = pd.DataFrame({"check": ["marker"] * 3, "verdict": ["holds", "cannot hold", "holds only under"]})
    _, axis, _ = strip(checks)
    assert len({tuple(map(tuple, points.get_paths()[0].vertices)) for points in axis.collections}) == 3


def test_a_flow_chart_names_what_is_left_out():
    steps = pd.DataFrame(
        [("in the exercise", 0, 1367), ("without a duplicate", 62, 1305), ("one a person", 1100, 205)],
        columns=["step", "left_out", "files"],
    )
    drawn = flow_chart("f", steps, "c")
    said = {" ".join(text.split()) for text in words(drawn.fig)}
    assert {
        "1,367 case files in the 2006 exercise",
        "62 a duplicate",
        "1,305 case files",
        "205 young people",
        "1,100 further files of the same person",
    } <= said
    assert "62 a duplicate left out" in drawn.alt and drawn.alt.endswith("205 young people.")
