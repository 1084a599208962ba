"""Parts of a whole: bars that add up, every check a mark, a flow that names what it leaves out."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import recipients
from keepsafe.telling.shares import flow_chart, hundred, impact_bars, printed_impacts, verdict_strip
from keepsafe.telling.style import GROUPS
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


def test_an_impact_that_nobody_had_has_no_bar_and_the_others_keep_their_tips():
    """As in a team's files, where a response had one impact for nobody: the chapter ended in an error."""
    none = IMPACT.assign(value=[12.9, 0.0, 32.3, 10.0, 0.0])
    drawn = impact_bars("i", none, "c")
    (judged,) = drawn.fig.axes
    assert bars(judged) == [(-42.3, -10.0), (-10.0, 0.0), (0.0, 12.9)]
    said = {drawn.tips[int(patch.get_gid().removeprefix("tip-"))] for patch in judged.patches}
    assert said == {"Police (31): positive 13%", "Police (31): no impact 10%", "Police (31): negative 32%"}
    assert drawn.alt == "c. Police: positive 13%, negative 32%, did not engage 0%."


def test_panels_have_one_scale():
    axes = impact_bars("i", IMPACT, "c").fig.axes
    drawn = [ax.get_position().width / np.diff(ax.get_xlim())[0] for ax in axes]
    assert drawn[0] == pytest.approx(drawn[1], rel=0.15)


def test_each_bar_says_what_it_is_where_a_reader_points_at_it():
    drawn = impact_bars("i", IMPACT, "c")
    said = {
        drawn.tips[int(patch.get_gid().removeprefix("tip-"))]: round(abs(patch.get_width()), 1)
        for ax in drawn.fig.axes
        for patch in ax.patches
    }
    assert said == {
        "Police (31): positive 13%": 12.9,
        "Police (31): mixed 20%": 20.1,
        "Police (31): no impact 10%": 10.0,
        "Police (31): negative 32%": 32.3,
        "Police (31): the young person did not engage 25%": 24.7,
    }


def test_of_a_hundred_young_people_as_many_are_marked_as_the_risk_says():
    risks = pd.DataFrame({"label": ["girls", "boys"], "value": [36.6, 14.0]})
    drawn = hundred("h", risks, "c")
    for fig in (drawn.fig, drawn.narrow()):
        dots = [{each.get_color(): len(each.get_xdata()) for each in ax.lines} for ax in fig.axes]
        assert [(each[GROUPS[1]], sum(each.values())) for each in dots] == [(37, 100), (14, 100)]
    assert {"37 of 100", "14 of 100"} <= words(drawn.fig)


def test_a_share_that_was_printed_in_words_says_so_ends_open_and_ranks_as_its_words_do(study):
    drawn = printed_impacts("i", study.figures, recipients(study.figures, study), "c")
    (ax,) = drawn.fig.axes
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels.index("Maternity support") < labels.index("Direct support") < labels.index("Sexual health work")
    height = labels.index("Maternity support")
    mine = [patch for patch in ax.patches if round(patch.get_y() + patch.get_height() / 2) == height]
    (open_end,) = [patch for patch in mine if patch.get_hatch()]
    assert (open_end.get_x(), open_end.get_width()) == (50, 4)
    assert {"over 50", "under 50", "about 25", "All who received it", "The CSE group"} <= words(drawn.fig)
    assert "Maternity support, all who received it: positive over 50%" in drawn.alt
    assert "(31), the CSE group: positive 13%" in drawn.alt and not any("cse" in each for each in drawn.tips)
    police = drawn.data[drawn.data["label"].str.startswith("Police")]["group"].tolist()
    assert police == ["positive", "did not engage", "negative"]


def strip(checks: pd.DataFrame):
    drawn = verdict_strip("v", checks, "c")
    axis = drawn.fig.axes[0]
    return {points.get_label(): len(points.get_xdata()) for points in axis.lines}, axis, drawn.alt


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
    first = {points.get_label(): points.get_xdata()[0] for points in axis.lines}
    assert first["cannot hold"] < first["holds only under a condition"] < first["holds"]


def test_verdicts_differ_in_shape():
    checks = pd.DataFrame({"check": ["marker"] * 3, "verdict": ["holds", "cannot hold", "holds only under"]})
    _, axis, _ = strip(checks)
    assert len({points.get_marker() for points in axis.lines}) == 3


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
    edges = {patch.get_linestyle() for patch in drawn.fig.axes[0].patches[1:-1]}
    assert edges == {"--"} and drawn.data["invented"].tolist() == [False, True, True, True, False]
    assert "62 a duplicate left out" in drawn.alt and drawn.alt.endswith("205 young people.")
