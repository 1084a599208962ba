"""Groups compared, as a table and as dots with their intervals; and how an estimate is drawn.

Longer than 300 lines: a row of the table is a row of dots.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn.objects as so
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from keepsafe.problems import InputError
from keepsafe.statistics.columns import of_names, refuse
from keepsafe.telling.figures import Figure, as_drawn, figure
from keepsafe.telling.opened import LeftOut, OpenStudy, current
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.style import (
    CLEAR,
    FAINT,
    GROUPS,
    INK,
    MADE,
    MARKERS,
    NUMBER,
    PUBLISHED,
    SERIES,
    SOFT,
    draw,
    key,
)
from keepsafe.telling.tables import Table, finished
from keepsafe.telling.values import Kind, Value, printed_words, rounded, unprinted, value, value_name

SAID = ("said_low", "said_high")  # what the words of the 2019 report allow
STATES = {"in the model": INK, "left out": "#8c8c8c"}
UNSEEN = {"facecolor": "white", "alpha": 0.001, "linewidth": 0, "zorder": 5}
SHARES, SURE = "% of young people, with {} interval", "{:g}%"


def groups_table(name: str, compared: pd.DataFrame, caption: str) -> Table | LeftOut:
    """A comparison as a table: variables down the side and groups across, percentages or means (SD).

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    compared : as `compare_groups` returns it, without strata.

    Returns
    -------
    Table; under disclosure control a sentence in the place of one of which nothing stands.

    Examples
    --------
    >>> from keepsafe import compare_groups
    >>> study = current()
    >>> made = groups_table("doc-example", compare_groups(study.cohort, ["female"], by=study), "Who they were")
    >>> made.csv().splitlines()[1]
    'Female,yes,54.6,51.5,60.9,47.0,75.9'
    """
    study = current()
    rows = _known(compared)
    if rows.empty:
        return finished(name, rows, caption)
    many, labels = rows.groupby("variable")["level"].nunique().gt(1), study.terms(rows["variable"])

    def label(row) -> tuple[str, str]:
        level = study.codebook.level_label(row.variable, row.level) if many[row.variable] else ""
        return labels[row.variable], level or ("mean (SD)" if pd.notna(row.mean) else "yes")

    def tie(row) -> dict:
        """Kind and counterpart: printed, or what the other of two printed levels leaves; all else is not comparable."""
        what = "percent" if pd.isna(row.mean) else "mean"
        if figure := study.exact.get((what, row.variable, row.level, row.group)):
            return {"kind": Kind.CALIBRATED, "published": (figure, printed_words(figure))}
        levels = set(rows.loc[rows["variable"].eq(row.variable), "level"])
        derived = what == "percent" and study.follows(row.variable, row.level, row.group, levels)
        return {"kind": Kind.DERIVED if derived else Kind.NOT_COMPARABLE}

    def cell(row) -> Value | Sentence:
        key = value_name(*filter(None, (name, row.variable, row.level.replace("|", "-or-"), row.group)))
        if pd.isna(row.mean):
            return value(row.percent, key, "%", 1, **tie(row))
        mean = value(row.mean, f"{key}.mean", digits=1, **tie(row))
        return sentence("{mean} ({sd})", mean=mean, sd=value(row.sd, f"{key}.sd", digits=1, kind=Kind.NOT_COMPARABLE))

    tuples = list(rows.itertuples())
    places = pd.MultiIndex.from_tuples([(*label(row), row.group_label) for row in tuples], names=["Variable", "", None])
    wide = pd.Series([cell(row) for row in tuples], places).unstack(sort=False)
    of_known = (rows["percent"].notna() & (rows["denominator"] < rows["n"])).any()
    return finished(name, wide, caption, f"Percentages of {'those known' if of_known else 'all'}, or means (SD).")


def _known(compared: pd.DataFrame) -> pd.DataFrame:
    """The rows of a comparison that have a percentage or a mean, each once."""
    rows = compared[compared["level"].ne("missing") & (compared["percent"].notna() | compared["mean"].notna())]
    return rows.drop_duplicates(["variable", "level", "group"])


def dots(
    name: str,
    compared: pd.DataFrame,
    caption: str,
    groups: Sequence[str] = ("non_cse", "cse"),
    *,
    label: Mapping[str, str] | None = None,
    axis: str = "",
    limits: tuple[float, float] = (0, 100),
    digits: int | None = None,
) -> Figure | LeftOut:
    """A dot plot with intervals: a row a variable, side by side a dot a group, and what was printed.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    compared : as `compare_groups` returns it; or one row a dot: label (in words), group (in words), value, and where
        known low, high (interval), published (what the 2019 report printed) and n (how many it is of).
    groups : of a comparison, the names of the groups to draw, in order.
    label : other words for some rows, by variable.
    axis : name of the axis; by default what the data frame says of itself, or "% of young people".
    limits : ends of the axis.
    digits : decimals of the alt text, which begins with the caption (0 for percentages, else 1).

    Returns
    -------
    Figure; its alt text has the value of each dot.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": "In care", "group": ["CSE", "no CSE"], "value": [66.7, 51.7]})
    >>> dots("doc-example", rows, "Ever in care, by group").alt
    'Ever in care, by group. In care: CSE 67%, no CSE 52%.'
    """
    known = {"group_label", "percent"} <= set(compared)
    exact = _dots(compared, groups, label or {}) if known else labelled(compared, "group", "value")
    if exact.empty:
        return LeftOut.nothing(caption)
    if "invented" not in exact:
        exact["invented"] = unprinted(name)
    frame = as_drawn(exact)  # the words are made of what is exact: nothing is rounded twice
    labels, members = list(dict.fromkeys(frame["label"])), list(dict.fromkeys(frame["group"]))
    sure = SURE.format(100 * compared.attrs.get("confidence", 0.95))
    axis = axis or compared.attrs.get("axis", SHARES.format(sure))
    if {"low", "high"} <= set(frame) and frame["low"].ne(frame["high"]).any() and not re.search("interval|line", axis):
        axis += f", with {sure} interval"
    unit = "%" if axis.startswith("%") else ""
    decimals = (0 if unit else 1) if digits is None else digits
    texts = [rounded(number, decimals) for number in exact["value"]]
    abreast = frame.groupby("label").size().max() * (0.22 if len(members) < 3 else 0.15)
    fig, ax = plt.subplots(figsize=(7.2, 1.1 + len(labels) * (0.13 + abreast)))
    heights = drawn_on(fig, ax, frame, labels, members, "value")
    for row, text, height in zip(frame.itertuples(), texts, heights, strict=True):
        if len(members) < 3 or row.group == members[0]:
            look = MADE if row.invented else {"color": INK}
            ax.annotate(text, (row.value, height), (0, 4), ha="center", textcoords="offset points", size=NUMBER, **look)
    ax.set(xlabel=axis, xlim=limits)
    ax.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))
    for edge in np.arange(len(labels) - 1) + 0.5:
        ax.axhline(edge, color="#eeeeee", linewidth=0.8, zorder=0)
    alt = f"{caption.rstrip('.')}. {told(exact, decimals, unit)}"
    tips = [_tip(row, decimals, unit) for row in exact.itertuples()]
    return figure(name, fig, caption, alt, frame, safe=True if known else None, tips=tips)


def _tip(row, digits: int, unit: str) -> str:
    """What is said of a dot as a reader points at it."""
    words = ", ".join(filter(None, [row.label, row.group])) + f": {rounded(row.value, digits)}{unit}"
    low, high = getattr(row, "low", np.nan), getattr(row, "high", np.nan)
    return words + (f" ({rounded(low, digits)} to {rounded(high, digits)})" if low < high else "")


def told(drawn: pd.DataFrame, digits: int = 0, unit: str = "%") -> str:
    """What a plot of dots or bars shows, in words: each row with the value of each of its groups.

    >>> told(pd.DataFrame({"label": ["In care"] * 2, "group": ["CSE", "no CSE"], "value": [66.7, 51.7]}))
    'In care: CSE 67%, no CSE 52%.'
    """
    cells = [f"{row.group} {rounded(row.value, digits)}{unit}".strip() for row in drawn.itertuples()]
    rows = pd.Series(cells, dtype="str").groupby(drawn["label"].to_numpy(), sort=False).agg(", ".join)
    return "; ".join(f"{label}: {words}" for label, words in rows.items()) + "."


def _dots(compared: pd.DataFrame, groups: Sequence[str], label: Mapping[str, str]) -> pd.DataFrame:
    """The dots of a comparison: label, group, value, low, high, published; a mean where a number was compared."""
    study, known = current(), list(dict.fromkeys(compared["group"]))
    if known and not set(groups) & set(known):
        remedy = f"name those to draw: groups={tuple(known[-2:])!r}; there are {', '.join(known)}"
        raise InputError.of(f"the comparison has no groups {' and '.join(groups)}", column="groups", remedy=remedy)
    rows = _known(compared[compared["group"].isin(list(groups))])
    rows = rows.iloc[rows["group"].map(list(groups).index).argsort(kind="stable")]
    counted = rows["percent"].notna()
    named = study.terms(rows["variable"])
    words = [
        label.get(row.variable, _row_label(study, named[row.variable], row.variable, row.level))
        for row in rows.itertuples()
    ]
    levels = {name: study.codebook[name].levels for name in set(rows["contrast"]) if name in study.codebook}
    members = [levels.get(row.contrast, {}).get(row.group, row.group_label) for row in rows.itertuples()]
    drawn = pd.DataFrame({"label": words, "group": members})
    for end in ("", "_low", "_high"):
        numbers = rows[f"percent{end}"].where(counted, rows[f"mean{end}"]).astype(float)
        drawn[{"": "value"}.get(end, end[1:])] = numbers.to_numpy()
    if len(study.figures):
        kinds = ["percent" if level else "mean" for level in rows["level"]]
        keys = list(zip(kinds, rows["variable"], rows["level"], rows["group"], strict=True))
        drawn["invented"] = [
            not (study.own or key in study.exact or (key[2] and study.follows(*key[1:], {"0", "1", key[2]})))
            for key in keys
        ]
        if study.own:  # what the synthetic files were made to give coincides with the print
            drawn["published"] = [study.printed(study.exact[key]) if key in study.exact else None for key in keys]
    return drawn


def _row_label(study: OpenStudy, label: str, variable: str, level: str) -> str:
    """A variable in words, and of a category its level; the 1 of a yes or no goes without saying."""
    plain = variable in study.derived or variable not in study.codebook or study.codebook[variable].type == "binary"
    if not level or (plain and level == "1"):
        return label
    return f"{label}: {study.codebook.level_label(variable, level)}"


def labelled(results: pd.DataFrame, *needed: str) -> pd.DataFrame:
    """A frame of estimates with labels in words; InputError for one that lacks what is needed to draw it."""
    study, frame = current(), results.reset_index(drop=True)
    if "predictor" in frame:
        frame.insert(0, "label", frame.pop("predictor"))
    refuse(of_names(frame, ["label", *needed]))
    known = {*study.derived, *study.codebook.names}
    named = study.terms(each for each in dict.fromkeys(frame["label"]) if each in known)
    words = [named.get(each, each[:1].upper() + each[1:]) for each in frame["label"]]
    sizes = [f" ({n:,.0f})" for n in frame["n"]] if "n" in frame else [""] * len(frame)
    return frame.assign(label=[label + size for label, size in zip(words, sizes, strict=True)])


def colours_of(members: Sequence[str]) -> list[str]:
    """A colour for each group of marks: the two of a contrast have theirs in every figure, and nothing else has."""
    known = {
        current().groups[name].label: colour
        for contrast in current().contrasts.values()
        for name, colour in zip(contrast.groups, GROUPS, strict=False)
    } | STATES
    others = iter(SERIES if len(members) > 1 else (INK,))
    return [known.get(member) or next(others) for member in members]


def drawn_on(
    fig: plt.Figure, ax: plt.Axes, frame: pd.DataFrame, labels: list[str], members: list[str], value: str
) -> np.ndarray:
    """Dots and intervals by seaborn, printed marks over them, and a key; the height of each dot comes back."""
    log, abreast = ax.get_xscale() == "log", frame.groupby("label").size().max() > 1
    plot = so.Plot(frame, x=value, y="label", color="group", marker="group", fill="invented")
    moved = [so.Dodge(by=["color"])] if abreast else []
    plot = plot.add(so.Dot(pointsize=5.5), *moved, orient="y", legend=False)
    colours, shapes = colours_of(members), list(MARKERS[: len(members)])
    scales = {
        "y": so.Nominal(order=labels),
        "color": so.Nominal(colours, order=members),
        "marker": so.Nominal(shapes, order=members),
        "fill": so.Nominal([True, False], order=[False, True]),
    } | ({"x": "log"} if log else {})
    draw(plot.scale(**scales), ax)
    for marks in ax.collections:  # an open mark hides the line behind it
        faces = marks.get_facecolor()
        marks.set(facecolor=np.where(faces[:, 3:] == 0, 1.0, faces), zorder=3)
    step = 0.8 / len(members) if abreast else 0
    places, turns = frame["label"].map(labels.index), frame["group"].map(members.index)
    heights = (places + (turns - (len(members) - 1) / 2) * step).to_numpy(float)
    names = ["low", "high"] if {"low", "high"} <= set(frame) else [value, value]
    low, high = frame[names].to_numpy(float, na_value=np.nan).T
    ax.hlines(heights, low, high, colors=[colours[turn] for turn in turns], linewidth=1.6)  # seaborn's go astray on log
    dots = [_dot(*look) for look in zip(colours, shapes, strict=True)]
    second, made = [], frame["invented"]
    if made.any():
        second += [(_dot(SOFT), "filled: printed or derived")] * bool(not made.all())
        second += [(_dot(SOFT, fill="none"), "open: invented")]
    if "published" in frame and frame["published"].notna().any():
        printed = ax.scatter(frame["published"].to_numpy(float, na_value=np.nan), heights, **PUBLISHED | {"s": 90})
        printed.set_label("as printed")
        second.append((printed, "as printed"))
    if set(SAID) <= set(frame) and frame[SAID[0]].notna().any():
        there = frame[SAID[0]].notna().to_numpy()
        ax.hlines(
            heights[there], *frame.loc[there, list(SAID)].to_numpy(float).T, color=FAINT, linewidth=11, zorder=0.5
        )
        second.append((plt.Rectangle((0, 0), 1, 1, color=FAINT), "what the printed words allow"))
    first = [each for each in zip(dots, members, strict=True) if each[1]]
    key(fig, [first, second])
    for marks in () if log else ax.collections:
        marks.set_clip_on(False)  # a dot at 100% is a whole dot
    # over each dot and its interval, unseen, what takes a reader's pointer; `figure` is given what it says
    for turn, (middle, left, right, height) in enumerate(zip(frame[value], low, high, heights, strict=True)):
        ends = (middle / 1.1, middle * 1.1) if log else (middle - 1.5, middle + 1.5)
        left, right = np.fmin(left, ends[0]), np.fmax(right, ends[1])
        ax.add_patch(plt.Rectangle((left, height - 0.18), right - left, 0.36, gid=f"tip-{turn}", **UNSEEN))
    ax.set(ylim=(len(labels) - 0.5, -0.5), ylabel="")
    ax.tick_params(axis="y", pad=8)  # a dot at nought stands clear of its label
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    return heights


def _dot(colour: str, shape: str = "o", fill: str = "") -> plt.Line2D:
    return plt.Line2D([], [], linestyle="", marker=shape, markersize=5.5, color=colour, markerfacecolor=fill or colour)


def lines_of(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Section and label of each line from top to bottom; a section's heading is a line without a label."""
    lines: list[tuple[str, str]] = []
    for section, label in dict.fromkeys(zip(frame["section"], frame["label"], strict=True)):
        if section and (section, "") not in lines:
            lines.append((section, ""))
        lines.append((section, label))
    return lines


def headed(fig: plt.Figure, ax: plt.Axes, text: str, height: float) -> None:
    """A heading over rows, at the left edge of the picture, and a line above it."""
    across = blended_transform_factory(fig.transFigure, ax.transData)
    line = ax.plot([0.005, 1], [height - 0.5] * 2, color=FAINT, linewidth=0.8, transform=across, clip_on=False)
    said = ax.text(0.005, height, text, weight="bold", va="center", transform=across, bbox=CLEAR)
    for each in (*line, said):
        each.set_in_layout(False)
