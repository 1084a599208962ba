"""Estimates with their intervals: dots by group, and how an estimate is drawn."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn.objects as so
from matplotlib import pyplot as plt

from keepsafe.telling.absent import LeftOut
from keepsafe.telling.figures import Figure, as_drawn, figure
from keepsafe.telling.numerals import rounded
from keepsafe.telling.opened import OpenStudy, current, follows, printed_numbers
from keepsafe.telling.style import FAINT, MARKERS, PALETTE, PUBLISHED, SOFT, draw
from keepsafe.telling.values import declared, made_up

SAID = ("said_low", "said_high")  # what the words of the 2019 report allow
SHARES = "% of young people, with 95% interval"


def dots(
    name: str,
    compared: pd.DataFrame,
    caption: str,
    groups: Sequence[str] = ("non_cse", "cse"),
    *,
    rows: str = "variables",
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
        known low, high (interval) and published (what the 2019 report printed).
    groups : of a comparison, the names of the groups to draw, in order.
    rows : of a comparison, what its rows are: "variables", with a dot a group, or "groups", with a dot a variable.
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
    exact = _dots(compared, groups, label or {}, rows) if known else labelled(compared)
    if "invented" not in exact:
        exact["invented"] = made_up(name, declared(name).kind)
    frame = as_drawn(exact)  # the words are made of what is exact: nothing is rounded twice
    labels, members = list(dict.fromkeys(frame["label"])), list(dict.fromkeys(frame["group"]))
    axis = axis or compared.attrs.get("axis", SHARES)
    share = axis.startswith("%")
    fig, ax = plt.subplots(figsize=(7.2, 1.1 + len(labels) * (0.13 + 0.17 * frame.groupby("label").size().max())))
    drawn_on(ax, frame, labels, members, "value")
    ax.set(xlabel=axis, xlim=limits)
    for edge in np.arange(len(labels) - 1) + 0.5:
        ax.axhline(edge, color="#eeeeee", linewidth=0.8, zorder=0)
    legend(fig, ax)
    words = told(exact, (0 if share else 1) if digits is None else digits, "%" if share else "")
    return figure(name, fig, caption, f"{caption.rstrip('.')}. {words}", frame, safe=True if known else None)


def told(drawn: pd.DataFrame, digits: int = 0, unit: str = "%") -> str:
    """What a plot of dots or bars shows, in words: each row with the value of each of its groups.

    >>> told(pd.DataFrame({"label": ["In care"] * 2, "group": ["CSE", "no CSE"], "value": [66.7, 51.7]}))
    'In care: CSE 67%, no CSE 52%.'
    """
    parts = []
    for label, part in drawn.groupby("label", sort=False):
        cells = [f"{row.group} {rounded(row.value, digits)}{unit}".strip() for row in part.itertuples()]
        parts.append(f"{label}: " + ", ".join(cells))
    return "; ".join(parts) + "."


def _dots(compared: pd.DataFrame, groups: Sequence[str], label: Mapping[str, str], across: str) -> pd.DataFrame:
    """The dots of a comparison: label, group, value, low, high, published; a mean where a number was compared."""
    study = current()
    rows = compared[compared["group"].isin(list(groups)) & compared["level"].ne("missing")]
    rows = rows[rows["percent"].notna() | rows["mean"].notna()].drop_duplicates(["variable", "level", "group"])
    rows = rows.iloc[rows["group"].map(list(groups).index).argsort(kind="stable")]
    counted = rows["percent"].notna()
    words = [label.get(row.variable, _row_label(study, row.variable, row.level)) for row in rows.itertuples()]
    levels = {name: study.codebook[name].levels for name in set(rows["contrast"]) if name in study.codebook}
    members = [levels.get(row.contrast, {}).get(row.group, row.group_label) for row in rows.itertuples()]
    drawn = pd.DataFrame({"label": words, "group": members})
    if across == "groups":
        drawn = pd.DataFrame({"label": members, "group": words if len(set(words)) > 1 else ""})
    for end in ("", "_low", "_high"):
        numbers = rows[f"percent{end}"].where(counted, rows[f"mean{end}"]).astype(float)
        drawn[{"": "value"}.get(end, end[1:])] = numbers.to_numpy()
    if len(study.figures):
        known = printed_numbers(study)
        printed = _printed(rows, study, known)
        derived = [
            row.level and follows(study, known, row.variable, row.level, row.group, {"0", "1"} | {row.level})
            for row in rows.itertuples()
        ]
        drawn["invented"] = [
            not study.own and one is None and not two for one, two in zip(printed, derived, strict=True)
        ]
        if study.own:  # what the synthetic files were made to give coincides with the print
            drawn["published"] = printed
    return drawn


def _row_label(study: OpenStudy, variable: str, level: str) -> str:
    """A variable in words, and of a category its level; the 1 of a yes or no goes without saying."""
    plain = variable in study.derived or variable not in study.codebook or study.codebook[variable].type == "binary"
    if not level or (plain and level == "1"):
        return study.label(variable)
    return f"{study.label(variable)}: {study.codebook.level_label(variable, level)}"


def _printed(rows: pd.DataFrame, study: OpenStudy, known: Mapping) -> list[float | None]:
    """What the 2019 report printed for each row of a comparison, where it did exactly."""
    found = [
        known.get(("percent" if row.level else "mean", row.variable, row.level, row.group)) for row in rows.itertuples()
    ]
    return [study.printed(each) if each else None for each in found]


def labelled(results: pd.DataFrame) -> pd.DataFrame:
    """A frame of estimates with labels in words."""
    study, frame = current(), results.reset_index(drop=True)
    if "predictor" in frame:
        frame.insert(0, "label", frame.pop("predictor"))
    known = {*study.derived, *study.codebook.names}
    return frame.assign(label=[study.label(each) if each in known else each for each in frame["label"]])


def drawn_on(ax: plt.Axes, frame: pd.DataFrame, labels: list[str], members: list[str], value: str) -> np.ndarray:
    """Dots and intervals by seaborn, printed marks over them; the height of each dot comes back."""
    log, abreast = ax.get_xscale() == "log", frame.groupby("label").size().max() > 1
    plot = so.Plot(frame, x=value, y="label", color="group", marker="group", fill="invented")
    moved = [so.Dodge(by=["color"])] if abreast else []
    plot = plot.add(so.Dot(pointsize=5.5), *moved, orient="y", legend=False)
    colours, shapes = list(PALETTE[: len(members)]), list(MARKERS[: len(members)])
    scales = {
        "y": so.Nominal(order=labels),
        "color": so.Nominal(colours, order=members),
        "marker": so.Nominal(shapes, order=members),
        "fill": so.Nominal([True, False], order=[False, True]),
    } | ({"x": "log"} if log else {})
    draw(plot.scale(**scales), ax)
    step = 0.8 / len(members) if abreast else 0
    heights = np.array(
        [
            labels.index(row.label) + (members.index(row.group) - (len(members) - 1) / 2) * step
            for row in frame.itertuples()
        ]
    )
    if {"low", "high"} <= set(frame):  # seaborn's own ranges go astray on a log axis
        ends = frame[["low", "high"]].to_numpy(float, na_value=np.nan).T
        ax.hlines(heights, *ends, colors=[colours[members.index(each)] for each in frame["group"]], linewidth=1.6)
    for member, colour, shape in zip(members, colours, shapes, strict=True):
        if len(members) > 1 or member:
            ax.scatter([], [], color=colour, marker=shape, s=34, label=member)
    if frame["invented"].any():
        if not frame["invented"].all():
            ax.scatter([], [], color=SOFT, s=34, label="from what was printed")
        ax.scatter([], [], facecolor="none", edgecolor=SOFT, s=34, label="invented")
    if "published" in frame and frame["published"].notna().any():
        printed = frame["published"].to_numpy(float, na_value=np.nan)
        ax.scatter(printed, heights, label="as printed", **PUBLISHED | {"s": 90})
    if set(SAID) <= set(frame) and frame[SAID[0]].notna().any():
        there = frame[SAID[0]].notna().to_numpy()
        ends = frame.loc[there, list(SAID)].to_numpy(float).T
        ax.hlines(heights[there], *ends, color=FAINT, linewidth=11, zorder=0.5, label="what the printed words allow")
    for marks in () if log else ax.collections:
        marks.set_clip_on(False)  # a dot at 100% is a whole dot
    ax.set(ylim=(len(labels) - 0.5, -0.5), ylabel="")
    ax.tick_params(axis="y", pad=8)  # a dot at nought stands clear of its label
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    return heights


def legend(fig: plt.Figure, ax: plt.Axes) -> None:
    """What the marks of a drawing mean, above it."""
    handles, names = ax.get_legend_handles_labels()
    if handles:
        fig.legend(handles, names, loc="outside upper left", ncols=3, handletextpad=0.3, columnspacing=1.4)
