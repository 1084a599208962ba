"""Estimates with their intervals: dots by group, forest plots of odds ratios, specification curves.

Longer than 300 lines: dots, forests and curves share one way of drawing an estimate.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn.objects as so
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

from keepsafe.problems import InputError
from keepsafe.statistics.fit import LogisticFit
from keepsafe.statistics.selection import Selection
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.figures import Figure, as_drawn, figure
from keepsafe.telling.numerals import KEPT, rounded, significant
from keepsafe.telling.opened import OpenStudy, current, follows, printed_numbers
from keepsafe.telling.style import FAINT, INK, MARKERS, PALETTE, PUBLISHED, SOFT, draw
from keepsafe.telling.values import declared, made_up

FINE = np.array([0.8, 0.9, 1, 1.1, 1.2])  # where no odds ratio is far from one
TICKS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500])
CHOICES = {
    "Candidates": "candidates",
    "Unknown codes": "missing",
    "Removal test": "statistic",
    "Removal threshold": "p_remove",
}
WORDS = {
    "statistic": {"lr": "likelihood ratio", "wald": "Wald", "conditional": "conditional"},
    "missing": {"zero": "counted as no", "complete": "cases dropped", "level": "a level of its own"},
}
SAID = ("said_low", "said_high")  # what the words of the 2019 report allow
SHARES = "% of young people, with 95% interval"
RATIOS = "Odds ratio, with 95% interval (log scale)"


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
    """A dot plot with intervals: a row a variable, side by side a dot a group, and what was printed in 2019.

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
    exact = _dots(compared, groups, label or {}, rows) if known else _labelled(compared)
    if "invented" not in exact:
        exact["invented"] = made_up(name, declared(name).kind)
    frame = as_drawn(exact)  # the words are made of what is exact: nothing is rounded twice
    labels, members = list(dict.fromkeys(frame["label"])), list(dict.fromkeys(frame["group"]))
    axis = axis or compared.attrs.get("axis", SHARES)
    share = axis.startswith("%")
    fig, ax = plt.subplots(figsize=(7.2, 1.1 + len(labels) * (0.13 + 0.17 * frame.groupby("label").size().max())))
    _draw(ax, frame, labels, members, "value")
    ax.set(xlabel=axis, xlim=limits)
    for edge in np.arange(len(labels) - 1) + 0.5:
        ax.axhline(edge, color="#eeeeee", linewidth=0.8, zorder=0)
    _legend(fig, ax)
    words = told(exact, (0 if share else 1) if digits is None else digits, "%" if share else "")
    return figure(name, fig, caption, f"{caption.rstrip('.')}. {words}", frame, safe=True if known else None)


def forest(
    name: str, results: object, caption: str, *, sections: bool = False, outcome: str = "", axis: str = ""
) -> Figure | LeftOut:
    """A forest plot of odds ratios on a log axis, the numbers at the right, and what the words of 2019 allow.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    results : a fitted model or a selection; several by their names; or a data frame with label (or predictor),
        odds_ratio, low, high, and where known group (several estimates for one label), section (a heading over several
        rows) and said_low, said_high. Where the 2019 report gave a size in words, a band marks what they allow.
    sections : whether the names of several results are headings; by default they are groups side by side.
    outcome : of a data frame, the outcome whose published sizes are marked.
    axis : name of the axis; by default what a data frame says of itself.

    Returns
    -------
    Figure; its alt text has every odds ratio with its interval.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Girls"], "odds_ratio": [6.9], "low": [2.9], "high": [16.1]})
    >>> forest("doc-example", rows, "Odds ratio of CSE").alt
    'Odds ratio of CSE. Girls: 6.90 (2.90 to 16.1).'
    """
    of_library = not isinstance(results, pd.DataFrame)
    exact = _estimates(results, sections) if of_library else _labelled(results, outcome)
    frame = as_drawn(exact).assign(text=[_interval(row) for row in exact.itertuples()])
    parts = [each for each in ("section", "group") if each in frame]
    frame = frame.assign(**{each: "" for each in ("section", "group") if each not in frame})
    if "invented" not in frame:
        frame["invented"] = made_up(name, declared(name).kind)
    members = list(dict.fromkeys(frame["group"]))
    lines = _lines(frame)
    fig, ax = plt.subplots(figsize=(7.2, 1.2 + len(lines) * (0.16 + 0.14 * len(members))))
    keys = ["\n".join(line) for line in lines]
    placed = frame.assign(label=frame["section"] + "\n" + frame["label"])
    ax.set_xscale("log")
    ax.axvline(1, color=INK, linewidth=0.9, zorder=1)
    heights = _draw(ax, placed, keys, members, "odds_ratio")
    _log_axis(ax, frame)
    axis = axis or getattr(results, "attrs", {}).get("axis", RATIOS)
    ax.set(xlabel=axis, yticks=range(len(lines)), yticklabels=[text or heading for heading, text in lines])
    for (_, text), tick in zip(lines, ax.get_yticklabels(), strict=True):
        tick.set_weight("normal" if text else "bold")
    for row, height in zip(frame.itertuples(), heights, strict=True):
        ax.annotate(
            row.text,
            (1.02, height),
            va="center",
            xycoords=("axes fraction", "data"),
            fontsize=8.5,
            annotation_clip=False,
        )
    ax.spines["bottom"].set_color(FAINT)
    _legend(fig, ax)
    said = "; ".join(
        ", ".join(filter(None, (row.section, row.label, row.group))) + f": {row.text}" for row in frame.itertuples()
    )
    kept = [*parts, *(each for each in ("label", "odds_ratio", "low", "high", *SAID, "invented") if each in frame)]
    return figure(name, fig, caption, f"{caption.rstrip('.')}. {said}.", frame[kept], safe=True if of_library else None)


def specification_plot(
    name: str, curve: pd.DataFrame, caption: str, factor: str, choices: Mapping[str, str] = CHOICES
) -> Figure | LeftOut:
    """One odds ratio under every reasonable choice, in rising order, and below each the choices that led to it.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    curve : as `specification_curve` returns it, of the outcome "cse".
    factor : the predictor whose odds ratio is followed; what the 2019 wording allows of it is drawn as a band.
    choices : columns of the curve by their headings, such as {"Unknown codes": "missing"}.

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4:1208-1214.

    Examples
    --------
    >>> rows = {"odds_ratio": [6.1, 6.9], "low": [2.0, 2.5], "high": [18.0, 19.0], "p_remove": [0.05, 0.1]}
    >>> curve = pd.DataFrame(rows | {"candidates": "any", "missing": "zero", "statistic": "lr"})
    >>> specification_plot("doc-example", curve, "The odds ratio of being female", "female").alt[:45]
    'Odds ratio of female in 2 specifications, fro'
    """
    study = current()
    sized = study.claims[study.claims["size"].eq("printed") & study.claims["predictor"].eq(factor)]
    published = tuple(sized.iloc[0][["or_low", "or_high"]].astype(float)) if len(sized) else None
    curve = curve.replace(WORDS).assign(p_remove=[f"{each:g}" for each in curve["p_remove"]])
    # rounded: what is equal but for the last bits of another processor keeps the order of the choices
    curve = as_drawn(curve).sort_values("odds_ratio", kind="stable", ignore_index=True)
    lines = [(head, level) for head, column in choices.items() for level in [None, *dict.fromkeys(curve[column])]]
    heights = [2.6, 0.19 * len(lines)]
    fig, (top, below) = plt.subplots(2, figsize=(7.2, 0.8 + sum(heights)), height_ratios=heights, sharex=True)
    place = np.arange(len(curve))
    if published:
        top.axhspan(*published, color=FAINT, zorder=0, label="what the 2019 wording allows")
    top.vlines(place, curve["low"], curve["high"], color=PALETTE[0], linewidth=1.4, alpha=0.55)
    fill = PALETTE[0] if study.own else "white"
    top.scatter(
        place,
        curve["odds_ratio"],
        color=fill,
        edgecolor=PALETTE[0],
        s=16,
        zorder=3,
        label="odds ratio, with 95% interval",
    )
    top.axhline(1, color=INK, linewidth=0.9)
    ends = curve[["low", "high"]].to_numpy(float)
    low, high = min(np.nanmin(ends) / 1.2, 0.8), max(np.nanmax(ends) * 1.2, 1.25)
    top.set(yscale="log", ylim=(low, high), ylabel="Odds ratio (log scale)", xticks=[])
    top.set_yticks([tick for tick in TICKS if low <= tick <= high])
    top.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    top.yaxis.set_minor_locator(NullLocator())
    top.grid(axis="y")
    for height, (head, level) in enumerate(lines):
        chosen = place[curve[choices[head]] == level] if level is not None else []
        below.scatter(chosen, np.full(len(chosen), height), marker="|", s=42, linewidths=2, color=SOFT)
    below.set(
        ylim=(len(lines) - 0.5, -0.7),
        yticks=range(len(lines)),
        xticks=[],
        yticklabels=[head if level is None else str(level) for head, level in lines],
        xlabel=f"{len(curve)} specifications, in the order of their odds ratio",
    )
    for (_, level), text in zip(lines, below.get_yticklabels(), strict=True):
        text.set_weight("bold" if level is None else "normal")
    below.spines[:].set_visible(False)
    _legend(fig, top)
    kept = curve["odds_ratio"].notna()
    least, most = rounded(curve["odds_ratio"].min(), 1), rounded(curve["odds_ratio"].max(), 1)
    alt = (
        f"Odds ratio of {study.label(factor).lower()} in {len(curve)} specifications, from {least} to {most}; the "
        f"lowest end of an interval is {rounded(curve['low'].min(), 1)}. It is kept in {kept.sum()}."
    )
    return figure(name, fig, caption, alt, curve[[*choices.values(), "odds_ratio", "low", "high"]])


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


def printed_sizes(study: OpenStudy, outcome: str) -> pd.DataFrame:
    """Of each factor of an outcome whose odds ratio was given in words, the least and the most that the words allow."""
    if not len(study.figures):
        return pd.DataFrame(columns=list(SAID), index=pd.Index([], dtype="str", name="predictor"), dtype=float)
    said = study.claims[study.claims["size"].eq("printed") & study.claims["outcome"].eq(outcome)]
    sizes = said.drop_duplicates("predictor").set_index("predictor")[["or_low", "or_high"]].astype(float)
    return sizes.set_axis(list(SAID), axis=1)


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


def _estimates(results: object, sections: bool) -> pd.DataFrame:
    """Labels and odds ratios of one or several fitted models."""
    study, parts = current(), results if isinstance(results, Mapping) else {"": results}
    frames = []
    for heading, result in parts.items():
        if not isinstance(result, Selection | LogisticFit):
            raise InputError.of(
                f"{type(result).__name__} is no fitted model",
                column="results",
                remedy="give what fit_logistic or backward_elimination returned",
            )
        fit = result.final if isinstance(result, Selection) else result
        frame = fit.odds_ratios.reset_index()
        frame.insert(0, "label", [study.term(column) for column in frame["column"]])
        if isinstance(results, Mapping):
            frame.insert(0, "section" if sections else "group", heading)
        frame = frame.join(printed_sizes(study, fit.outcome), on="predictor")
        frame["invented"] = frame[SAID[0]].isna() & (not study.own)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True).drop(columns=["predictor", "column"])


def _labelled(results: pd.DataFrame, outcome: str = "") -> pd.DataFrame:
    """A frame of estimates with labels in words, and the published size where the outcome has one."""
    study, frame = current(), results.reset_index(drop=True)
    if "predictor" in frame:
        if outcome:
            frame = frame.join(printed_sizes(study, outcome), on="predictor")
        frame.insert(0, "label", frame.pop("predictor"))
    known = {*study.derived, *study.codebook.names}
    return frame.assign(label=[study.label(each) if each in known else each for each in frame["label"]])


def _draw(ax: plt.Axes, frame: pd.DataFrame, labels: list[str], members: list[str], value: str) -> np.ndarray:
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
            ax.scatter([], [], color=SOFT, s=34, label="printed in 2019")
        ax.scatter([], [], facecolor="none", edgecolor=SOFT, s=34, label="invented")
    if "published" in frame and frame["published"].notna().any():
        printed = frame["published"].to_numpy(float, na_value=np.nan)
        ax.scatter(printed, heights, label="printed in 2019", **PUBLISHED | {"s": 90})
    if set(SAID) <= set(frame) and frame[SAID[0]].notna().any():
        there = frame[SAID[0]].notna().to_numpy()
        ends = frame.loc[there, list(SAID)].to_numpy(float).T
        ax.hlines(heights[there], *ends, color=FAINT, linewidth=11, zorder=0.5, label="what the 2019 wording allows")
    for marks in () if log else ax.collections:
        marks.set_clip_on(False)  # a dot at 100% is a whole dot
    ax.set(ylim=(len(labels) - 0.5, -0.5), ylabel="")
    ax.tick_params(axis="y", pad=8)  # a dot at nought stands clear of its label
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    return heights


def _log_axis(ax: plt.Axes, frame: pd.DataFrame) -> None:
    """A log axis that holds every interval, with round numbers as ticks."""
    ends = frame[[name for name in ("low", "high", "odds_ratio", *SAID) if name in frame]].to_numpy(float)
    left, right = max(np.nanmin(ends), 0.01) / 1.3, min(np.nanmax(ends), 500) * 1.3
    left, right = min(left, 0.8), max(right, 1.25)
    ax.set_xlim(left, right)
    shown = TICKS[(left <= TICKS) & (right >= TICKS)]
    if len(shown) < 3:
        shown = FINE[(left <= FINE) & (right >= FINE)]
    ax.set_xticks(shown if len(shown) <= 8 else shown[np.isin(shown, 10.0 ** np.arange(-2, 3))])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    ax.xaxis.set_minor_locator(NullLocator())


def _lines(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Section and label of each line from top to bottom; a section's heading is a line without a label."""
    lines: list[tuple[str, str]] = []
    for section, label in dict.fromkeys(zip(frame["section"], frame["label"], strict=True)):
        if section and (section, "") not in lines:
            lines.append((section, ""))
        lines.append((section, label))
    return lines


def _interval(row) -> str:
    def short(ratio: float) -> str:
        near = significant(ratio, KEPT)
        return rounded(near, 2 if near < 10 else 1 if near < 100 else 0)

    return f"{short(row.odds_ratio)} ({short(row.low)} to {short(row.high)})"


def _legend(fig: plt.Figure, ax: plt.Axes) -> None:
    handles, names = ax.get_legend_handles_labels()
    if handles:
        fig.legend(handles, names, loc="outside upper left", ncols=3, handletextpad=0.3, columnspacing=1.4)
