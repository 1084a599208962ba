"""Each specification is one estimate above and one mark under each of its choices below."""

import pandas as pd

from keepsafe.figures import plot_specifications


def drawn():
    curve = pd.DataFrame({
        "odds_ratio": [7.0, None, 6.0], "low": [2.0, None, 1.5], "high": [20.0, None, 18.0],
        "missing": ["dropped", "dropped", "imputed"], "test": ["Wald", "score", "Wald"],
    })  # fmt: skip
    return plot_specifications(curve, {"Unknown codes": "missing", "Removal test": "test"}, (6.5, 7.0)).axes


def test_estimates_rise_and_a_factor_that_was_not_kept_leaves_its_place_empty():
    above, _ = drawn()
    heights = above.collections[-1].get_offsets()[:, 1]
    assert [None if value is None else float(value) for value in heights.tolist()] == [6.0, 7.0, None]


def test_every_choice_of_every_specification_is_marked_once():
    _, below = drawn()
    names = [text.get_text() for text in below.get_yticklabels()]
    marks = {name: line.get_offsets()[:, 0].tolist() for name, line in zip(names, below.collections, strict=True)}
    assert marks == {"Unknown codes": [], "imputed": [0], "dropped": [1, 2],
                     "Removal test": [], "Wald": [0, 1], "score": [2]}  # fmt: skip


def test_ratios_that_differ_by_rounding_alone_keep_the_order_of_the_choices():
    ratios = {"odds_ratio": [6.0 + 1e-13, 6.0, 5.0], "low": 2.0, "high": 9.0, "missing": ["dropped", "imputed", "zero"]}
    _, below = plot_specifications(pd.DataFrame(ratios), {"Unknown codes": "missing"}).axes
    assert [text.get_text() for text in below.get_yticklabels()] == ["Unknown codes", "zero", "dropped", "imputed"]
