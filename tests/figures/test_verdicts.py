"""Every check is a mark, and what cannot hold is told apart without colour."""

import pandas as pd

from keepsafe.figures import plot_verdicts


def drawn(checks):
    axis = plot_verdicts(checks).axes[0]
    return {points.get_label(): len(points.get_offsets()) for points in axis.collections}, axis


def test_each_check_is_drawn_once():
    checks = pd.DataFrame(
        {
            "label": ["a"] * 100 + ["b"] * 3,
            "verdict": ["holds"] * 100 + ["cannot hold"] * 2 + ["holds only under"],
        }
    )
    counts, axis = drawn(checks)
    assert counts == {"holds": 100, "holds only under a condition": 1, "cannot hold": 2}
    assert [text.get_text() for text in axis.get_yticklabels()] == ["a (100)", "b (3)"]


def test_verdicts_differ_in_shape():
    checks = pd.DataFrame({"label": ["a"] * 3, "verdict": ["holds", "cannot hold", "holds only under"]})
    _, axis = drawn(checks)
    assert len({tuple(map(tuple, points.get_paths()[0].vertices)) for points in axis.collections}) == 3
