"""Dots, forests and specification curves show what their frames say, and their alt text says what they show."""

import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from keepsafe import backward_elimination, compare_groups, fit_logistic, odds_ratios, runs, specification_curve
from keepsafe.problems import InputError
from keepsafe.telling.estimates import colours_of, dots, groups_table
from keepsafe.telling.forests import forest, printed_sizes, specification_plot
from keepsafe.telling.opened import LeftOut
from keepsafe.telling.style import GROUPS, INK, MARKERS
from tests.telling.conftest import words

pytestmark = pytest.mark.usefixtures("on_paper")

SHARES = pd.DataFrame(
    {
        "label": ["In care", "In care", "Homeless"],
        "group": ["CSE", "no CSE", "CSE"],
        "value": [66.7, 51.7, 14.8],
        "low": [53.0, 44, 7],
        "high": [78.0, 60, 27],
        "published": [66.7, 51.7, None],
    }
)
RATIOS = pd.DataFrame(
    {
        "label": ["Female", "Move"],
        "odds_ratio": [6.9, 1.08],
        "low": [2.9, 1.03],
        "high": [16.14, 1.13],
        "said_low": [6.5, None],
        "said_high": [7, None],
    }
)


def spots(fig, label: str | None = None) -> list[float]:
    """Where the dots of a drawing lie, from left to right; by their label, or all."""
    collections = [each for each in fig.axes[0].collections if label is None or each.get_label() == label]
    places = [x for each in collections for x, _ in np.ma.filled(each.get_offsets(), np.nan).tolist()]
    return sorted(x for x in places if x == x and x != 0)


def lines(fig) -> list[tuple[float, float]]:
    """From where to where the intervals of a drawing go."""
    drawn = [each for each in fig.axes[0].collections if hasattr(each, "get_segments")]
    segments = [segment.tolist() for each in drawn for segment in each.get_segments()]
    return [(left, right) for (left, _), (right, _) in segments]


@pytest.fixture(scope="module")
def compared(study):
    variables = ["neglect_p1", "parents_p1", "moves_total"]
    return compare_groups(study.cohort, variables, by=study)


def test_dots_mark_printed_and_recomputed_values_and_intervals():
    fig = dots("d", SHARES, "c").fig
    assert spots(fig) == [14.8, 51.7, 51.7, 66.7, 66.7]
    assert spots(fig, "as printed") == [51.7, 66.7]
    assert sorted(lines(fig)) == [(7, 27), (44, 60), (53, 78)]
    told = {"In care", "Homeless", "CSE", "no CSE", "as printed", "% of young people, with 95% interval"}
    assert told <= words(fig)


def test_each_dot_lies_in_the_row_of_its_label():
    fig = dots("d", SHARES, "c").fig
    names = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    rows = {}
    for each in fig.axes[0].collections:
        for x, y in np.ma.filled(each.get_offsets(), np.nan).tolist():
            if x == x and x > 1:
                rows.setdefault(names[round(y)], set()).add(x)
    assert rows == {"In care": {51.7, 66.7}, "Homeless": {14.8}}


def test_groups_are_told_apart_without_colour():
    assert len(set(MARKERS)) == 8
    fig = dots("d", SHARES.drop(columns="published"), "c").fig
    marks = [path for each in fig.axes[0].collections if isinstance(each, PathCollection) for path in each.get_paths()]
    paths = {tuple(map(tuple, path.vertices.round(3).tolist())) for path in marks}
    assert len(paths) == 2


def test_a_comparison_is_drawn_with_its_groups_in_the_order_asked_for(compared):
    drawn = dots("d", compared, "c", ["cse", "non_cse"])
    assert drawn.data["group"].drop_duplicates().str.startswith("CSE").tolist() == [True, False]
    assert drawn.safe is True  # compare_groups has protected what it counts
    assert dots("d", SHARES, "c").safe is None


def test_on_other_data_the_printed_value_stands_beside_the_same_figure_only(compared, monkeypatch):
    monkeypatch.setattr(runs, "synthetic", lambda: False)
    found = dots("d", compared, "c", ["cse", "non_cse"]).data.set_index("label")["published"]
    assert found["Neglect"].tolist() == [40.7, 54.3]
    assert found["Relationship with parents: Positive"].tolist() == [14.8, 25.8]


def test_a_dot_that_was_never_printed_is_open_and_one_that_follows_from_print_is_full(study):
    asked = ["wishes_heard", "learning_disability", "engagement_evident"]
    drawn = dots("d", compare_groups(study.cohort, asked, by=study), "c")
    made = drawn.data.set_index(["label", "group"])["invented"]
    assert [made[study.label(name), "CSE group"] for name in asked] == [False, False, True]
    # of the others a disability follows from the shares of all and of the CSE group; wishes were given in words
    assert [made[study.label(name), "Non-CSE group"] for name in asked] == [True, False, True]
    assert {"filled: printed or derived", "open: invented"} <= words(drawn.fig)


def test_alt_text_tells_every_value_that_is_drawn(compared):
    shares = compared[compared["percent"].notna()]
    drawn = dots("d", shares, "c", ["cse", "non_cse"], digits=1)
    exact = shares[shares["group"].isin(["cse", "non_cse"]) & shares["level"].ne("missing")]
    assert len(drawn.data) and all(f"{value:.1f}%" in drawn.alt for value in exact["percent"].drop_duplicates())
    assert dots("d", SHARES, "In all").alt == "In all. In care: CSE 67%, no CSE 52%; Homeless: CSE 15%."


def test_a_mean_is_drawn_where_a_number_was_compared(compared, study):
    drawn = dots("d", compared[compared["variable"] == "moves_total"], "c", axis="Moves", limits=(0, 20))
    means = study.cohort.groupby("cse")["moves_total"].mean()
    assert drawn.data["value"].tolist() == pytest.approx([means[0], means[1]], rel=1e-3)
    assert "%" not in drawn.alt and "Moves, with 95% interval" in words(drawn.fig)


def test_a_row_may_have_other_words(compared):
    part = compared[compared["variable"].eq("neglect_p1")]
    assert "Neglected" in dots("d", part, "c", ["cse"], label={"neglect_p1": "Neglected"}).data["label"].tolist()


@pytest.mark.parametrize(("confidence", "sure"), [(0.95, "95%"), (0.9, "90%")])
def test_the_axis_says_how_sure_the_intervals_are(study, confidence, sure):
    rows = compare_groups(study.cohort, ["neglect_p1"], by=study, confidence=confidence)
    assert dots("sure", rows, "Neglect").fig.axes[0].get_xlabel() == f"% of young people, with {sure} interval"
    fit = fit_logistic(study.cohort, "cse", ["female"], confidence=confidence)
    axis = forest("sure-forest", fit, "Odds ratios").fig.axes[0].get_xlabel()
    assert axis == f"Odds ratio, with {sure} interval (log scale)"


def test_groups_that_were_not_compared_are_refused_with_those_that_were(compared):
    with pytest.raises(InputError, match="column groups: .* no groups men and women; .* there are total, low_risk"):
        dots("strangers", compared, "Shares", ("men", "women"))


def test_variables_of_one_label_are_told_apart_in_tables_and_dots(study):
    """Care in both phases is labelled alike: a table ended in an error, and the dots of both lay in one row."""
    both = compare_groups(study.cohort, ["lived_care_p1", "lived_care_p2"], by=study)
    labels = [f"Lived in local authority care (lived_care_p{phase})" for phase in (1, 2)]
    assert list(dict.fromkeys(groups_table("care", both, "Care").frame.index.get_level_values(0))) == labels
    alt = dots("care-dots", both, "Care").alt
    assert all(f"{label}: " in alt for label in labels)


def test_a_forest_says_where_there_is_no_estimate(study):
    told = study.cohort.assign(told=study.cohort["cse"].where(study.cohort.index % 2 == 0, 0))
    drawn = forest("none", fit_logistic(told, "cse", ["told", "female"]), "Odds ratios")
    assert drawn.alt == "Odds ratios. told: no estimate; Female: no estimate."


def test_where_nothing_is_kept_words_stand_in_the_place_of_a_table_or_figure(study):
    none = backward_elimination(study.cohort, "cse", ["learning_disability"], p_remove=1e-9).final
    assert forest("nothing", {"a": none, "b": none}, "Odds ratios") == LeftOut("Nothing to show: odds ratios")
    assert odds_ratios("nothing", none, "Odds ratios") == LeftOut("Nothing to show: odds ratios")
    curve = specification_curve(study.cohort, "cse", {"any": ["learning_disability", "female"]}, "learning_disability",
                                thresholds=[1e-9])  # fmt: skip
    told = specification_plot("nothing", curve, "Odds ratios", "learning_disability")
    assert told == LeftOut(f"{study.label('learning_disability')} is kept in none of 3 specifications")


def test_a_forest_plot_names_each_odds_ratio_and_its_interval():
    drawn = forest("f", RATIOS, "c")
    assert {"Female", "6.90 (2.90 to 16.1)", "1.08 (1.03 to 1.13)", "what the printed words allow"} <= words(drawn.fig)
    assert drawn.alt == "c. Female: 6.90 (2.90 to 16.1); Move: 1.08 (1.03 to 1.13)."
    assert {(1.03, 1.13), (2.9, 16.14), (6.5, 7)} <= set(lines(drawn.fig))


def test_a_forest_plot_is_on_a_log_axis_that_holds_every_interval():
    axis = forest("f", RATIOS.assign(low=[0.02, 1.03], high=[400, 1.13]), "c").fig.axes[0]
    left, right = axis.get_xlim()
    assert left < 0.02 and right > 400
    apart = np.diff(axis.xaxis.get_transform().transform(np.array([0.1, 1.0, 10.0])))
    assert apart[0] == pytest.approx(apart[1])
    assert all(left <= tick <= right for tick in axis.get_xticks()) and 1 in axis.get_xticks()


def test_a_fitted_model_is_drawn_as_it_was_fitted(study):
    fit = fit_logistic(study.cohort, "cse", ["female", "moves_total"])
    drawn = forest("f", fit, "c")
    assert drawn.data["label"].tolist() == [study.term("female"), study.term("moves_total")]
    assert drawn.data["odds_ratio"].tolist() == pytest.approx(fit.odds_ratios["odds_ratio"].tolist(), rel=1e-3)
    said = study.claims.query("size == 'printed' and outcome == 'cse' and predictor == 'female'").iloc[0]
    assert drawn.data[["said_low", "said_high"]].iloc[0].tolist() == [float(said["or_low"]), float(said["or_high"])]
    assert drawn.data["invented"].tolist() == [True, True]  # a size was printed in words at most, and no interval
    numbers = [text for text in drawn.fig.axes[0].texts if "(" in text.get_text() and "interval" not in text.get_text()]
    assert len(numbers) == 2 and {text.get_style() for text in numbers} == {"italic"}


def test_several_models_are_groups_or_sections_of_one_plot(study):
    one, two = (fit_logistic(study.cohort, "cse", names) for names in (["female"], ["female", "moves_total"]))
    side, below = (forest("f", {"One": one, "Two": two}, "c", sections=sections) for sections in (False, True))
    assert [list(each.data)[0] for each in (side, below)] == ["group", "section"]
    assert {"One", "Two"} <= words(side.fig) & words(below.fig)
    bold = [text.get_text() for text in below.fig.axes[0].texts if text.get_weight() == "bold"]
    assert bold == ["One", "Two"]


def test_what_is_no_fitted_model_is_refused_with_the_remedy():
    with pytest.raises(InputError, match="dict is no fitted model; give what fit_logistic"):
        forest("f", {"One": {"odds_ratio": 1}}, "c")


@pytest.mark.parametrize("drawn, lacks", [
    (partial(dots, compared=pd.DataFrame({"value": [1.0]})), "column label: no such column; the columns begin value"),
    (partial(dots, compared=pd.DataFrame({"label": ["A"], "valeu": [1.0]})), "column value: no such column; did you"),
    (partial(forest, results=pd.DataFrame({"label": ["A"], "OR": [1.0]})), "column odds_ratio: no such column"),
])  # fmt: skip
def test_a_frame_that_cannot_be_drawn_is_refused_with_the_columns_that_it_lacks(drawn, lacks):
    """A bare KeyError: 'label'."""
    with pytest.raises(InputError, match=lacks):
        drawn(name="d", caption="c")


def test_groups_that_a_comparison_lacks_are_told_with_those_that_it_has(compared, study):
    """ValueError: figure size must be positive finite, of a comparison by sex drawn with the groups of CSE."""
    by_sex = compare_groups(study.cohort, ["self_harm"], by="sex")
    with pytest.raises(
        InputError, match="groups: the comparison has no groups non_cse and cse; .*groups=.'female', 'male'.*"
    ):
        dots("d", by_sex, "c")
    assert "Self-harm: Female" in dots("d", by_sex, "c", groups=("female", "male")).alt


def test_a_model_that_keeps_nothing_leaves_a_word_in_place_of_a_figure(study):
    """As with another outcome, or a low threshold: there was a bare TypeError."""
    kept = backward_elimination(study.cohort, "self_harm", ["female", "moves_total"], p_remove=1e-6)
    for drawn in (forest("f", kept, "C."), forest("f", {"A": kept}, "C")):
        assert drawn.why == "Nothing to show: c"
    assert "array" not in repr(kept)


def test_headings_that_alone_tell_rows_apart_are_the_rows():
    rows = pd.concat([RATIOS.iloc[:1].assign(section=each) for each in ("Alcohol", "Mental health")])
    drawn = forest("f", rows, "c")
    assert [tick.get_text() for tick in drawn.fig.axes[0].get_yticklabels()] == ["Alcohol", "Mental health"]
    assert drawn.tips == ["Alcohol, Female: 6.90 (2.90 to 16.1)", "Mental health, Female: 6.90 (2.90 to 16.1)"]


def test_on_a_narrow_screen_the_numbers_of_a_forest_stand_over_its_marks_within_the_axes():
    fig = forest("f", RATIOS, "c").narrow()
    fig.draw_without_rendering()
    axis = fig.axes[0]
    for text, row in zip(axis.texts, RATIOS.itertuples(), strict=True):
        box = text.get_window_extent()
        mark = axis.transData.transform((row.odds_ratio, row.Index))
        assert axis.bbox.x0 < box.x0 and box.x1 < axis.bbox.x1 and 0 < box.y0 - mark[1] < 15


def test_each_dot_has_its_number_and_what_is_said_of_it_lies_over_dot_and_interval():
    drawn = dots("d", SHARES, "c")
    axis, said = drawn.fig.axes[0], {}
    assert [text.get_text() for text in axis.texts] == ["67", "52", "15"]
    for patch in axis.patches:
        said[drawn.tips[int(patch.get_gid().removeprefix("tip-"))]] = (patch.get_x(), patch.get_x() + patch.get_width())
    assert said == {
        "In care, CSE: 67% (53 to 78)": pytest.approx((53, 78)),
        "In care, no CSE: 52% (44 to 60)": pytest.approx((44, 60)),
        "Homeless, CSE: 15% (7 to 27)": pytest.approx((7, 27)),
    }
    assert [text.get_text() for text in dots("d", SHARES.assign(group=list("abc")), "c").fig.axes[0].texts] == ["67"]


def test_the_groups_of_a_contrast_keep_their_colours_whatever_stands_beside_them():
    assert colours_of(["CSE group", "Non-CSE group"]) == list(GROUPS)[::-1]
    assert colours_of(["CSE group"]) == [GROUPS[1]] and colours_of([""]) == [INK]
    assert not set(colours_of(["the audit", "GRIM alone", "statcheck alone"])) & set(GROUPS)


def test_an_axis_says_what_the_lines_through_its_dots_are():
    rows = SHARES[["label", "group", "value", "low", "high"]]
    assert dots("d", rows, "c", axis="moves").fig.axes[0].get_xlabel() == "moves, with 95% interval"
    assert dots("d", rows, "c", axis="moves (line: range)").fig.axes[0].get_xlabel() == "moves (line: range)"
    assert dots("d", rows.drop(columns=["low", "high"]), "c", axis="moves").fig.axes[0].get_xlabel() == "moves"


def test_only_sizes_that_were_given_in_words_are_marked(study):
    sizes = printed_sizes(study, "cse")
    said = study.claims.query("size == 'printed' and outcome == 'cse'")
    assert len(sizes) and set(sizes.index) == set(said["predictor"])


CURVE = pd.DataFrame({
    "odds_ratio": [7.0, None, 6.0], "low": [2.0, None, 1.5], "high": [20.0, None, 18.0],
    "missing": ["complete", "complete", "level"], "statistic": ["wald", "lr", "wald"], "p_remove": [0.1, 0.1, 0.05],
})  # fmt: skip
CHOICES = {"Unknown codes": "missing", "Removal test": "statistic"}


def test_estimates_rise_and_a_factor_that_was_not_kept_leaves_its_place_empty():
    above, _ = specification_plot("s", CURVE, "c", "female", CHOICES).fig.axes
    heights = above.lines[0].get_ydata().tolist()
    assert heights[:2] == [6.0, 7.0] and np.isnan(heights[2])


def test_every_choice_of_every_specification_is_marked_once_in_words():
    _, below = specification_plot("s", CURVE, "c", "female", CHOICES).fig.axes
    names = [text.get_text() for text in below.get_yticklabels()]
    marks = {name: line.get_xdata()[::3].tolist() for name, line in zip(names, below.lines, strict=True)}
    assert marks == {
        "Unknown codes": [],
        "a level of its own": [0],
        "cases dropped": [1, 2],
        "Removal test": [],
        "Wald": [0, 1],
        "likelihood ratio": [2],
    }


def test_ratios_that_differ_by_rounding_alone_keep_the_order_of_the_choices():
    ratios = {
        "odds_ratio": [6.0 + 1e-13, 6.0, 5.0],
        "low": 2.0,
        "high": 9.0,
        "p_remove": 0.1,
        "missing": ["complete", "level", "zero"],
    }
    curve = pd.DataFrame(ratios)
    _, below = specification_plot("s", curve, "c", "female", {"Unknown codes": "missing"}).fig.axes
    assert [text.get_text() for text in below.get_yticklabels()] == [
        "Unknown codes",
        "counted as no",
        "cases dropped",
        "a level of its own",
    ]


def test_the_alt_text_of_a_curve_tells_its_range_and_in_how_many_it_is_kept():
    alt = specification_plot("s", CURVE, "c", "female", CHOICES).alt
    assert re.search(r"in 3 specifications, from 6\.0 to 7\.0; the lowest end of an interval is 1\.5", alt)
    assert alt.endswith("It is kept in 2.")
