"""Parts of a whole: impacts as bars, risks as dots of a hundred, checks as squares, files as a flow.

Longer than 300 lines: each picture is short, and all draw parts of a whole.
"""

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
import seaborn.objects as so
from matplotlib import pyplot as plt
from matplotlib.artist import Artist

from keepsafe.audit.findings import check_families
from keepsafe.telling.estimates import headed, lines_of, told
from keepsafe.telling.figures import NARROW, Figure, as_drawn, figure
from keepsafe.telling.opened import WITHHELD, LeftOut, current
from keepsafe.telling.style import FAINT, GROUPS, INK, MADE, NUMBER, SERIES, SOFT, draw, key
from keepsafe.telling.values import rounded

# Good outcomes to the right, in green; bad ones to the left, in brown: the pair holds for colour-blind readers, and
# each tone has its own lightness in grey. Mixed stands with the good side; who did not engage is drawn apart.
GOOD, BAD, NEITHER = "#009E73", "#A34700", "#e0e0e0"
IMPACTS = {"positive": GOOD, "mixed": "#a6dcc8", "none": NEITHER, "negative": BAD, "no_engagement": "#c3b7d6"}
SIDES = {"none": "left", "negative": "left", "no_engagement": "apart"}
PRINTED_PARTS = {
    "positive": ("positive", GOOD),
    "mixed": ("mixed", IMPACTS["mixed"]),
    "none|no_engagement": ("no impact, or did not engage", NEITHER),
    "no_engagement": ("did not engage", IMPACTS["no_engagement"]),
    "negative": ("negative", BAD),
}
BLOCKS = {"total": "All who received it"}
# How a share in words is written and ranked, and from where to where the end of its bar is open.
WORDED = {
    "over": ("over ", 1, 0, 4),
    "exactly": ("", 0, 0, 0),
    "about": ("about ", -1, -2, 2),
    "almost": ("under ", -2, -4, 0),
}
STEP = 25  # per cent between two lines of a grid
ACROSS, ABOVE = 44, 34  # marks in a line of checks beside their name, and under it
CHECKS = {
    "holds": {"color": GOOD, "alpha": 0.35, "marker": "s", "markersize": 5},
    "holds only under": {"color": SERIES[1], "marker": "D", "markersize": 5},
    "cannot hold": {"color": INK, "marker": "X", "markersize": 6.5},
}


def impact_bars(name: str, shares: pd.DataFrame, caption: str) -> Figure | LeftOut:
    """Diverging bars: right of the middle for whom a response did some good, left for whom it did not.

    Those who did not engage stand in a panel of their own, on the same scale: no impact was judged there.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    shares : as `impact_shares` gives them, a row a share: label (the response, in words), impact (positive, mixed,
        none, no_engagement or negative), value (percent), n (recipients). Responses are drawn in order of appearance.

    Returns
    -------
    Figure; its alt text has the positive and negative shares, and those who did not engage. Where there are no shares,
    a sentence in its place.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": "Police", "impact": ["positive", "negative"], "value": [12.9, 32.3], "n": 31})
    >>> impact_bars("doc-example", rows, "Impact").alt
    'Impact. Police: positive 13%, negative 32%.'
    """
    study = current()
    if shares.empty:
        why = WITHHELD if study.controlled else "No response reached so many"
        return LeftOut.of("figure", caption, why)
    frame = as_drawn(shares.reset_index(drop=True))
    frame["text"] = [rounded(share) for share in shares["value"]]  # of what is exact: nothing is rounded twice
    levels = next(study.codebook[f"{each}_impact"].levels for each in study.responses)
    words = {impact: levels[impact].partition(" (")[0] for impact in IMPACTS}
    frame["place"] = [f"{row.label} ({row.n:.0f})" for row in frame.itertuples()]
    rows = list(dict.fromkeys(frame["place"]))
    bars = frame.sort_values("impact", key=lambda each: each.map(list(IMPACTS).index), kind="stable")
    bars["side"] = bars["impact"].map(SIDES).fillna("right")
    signed = bars["value"].where(bars["side"] != "left", -bars["value"])
    bars["end"] = signed.groupby([bars["place"], bars["side"]], sort=False).cumsum()
    bars["start"], bars["turn"] = bars["end"] - signed, range(len(bars))
    apart = bars["side"] == "apart"
    panels = [part for part in (bars[~apart], bars[apart]) if part["value"].any()]
    ends = [(_step(min(part["end"].min(), 0)), _step(part["end"].max())) for part in panels]
    widths, high = [right - left for left, right in ends], 1.2 + 0.36 * len(rows)
    fig, axes = plt.subplots(1, len(panels), figsize=(7.2, high), squeeze=False, width_ratios=widths)
    for ax, part, (left, right) in zip(axes[0], panels, ends, strict=True):
        _bars(ax, part, rows, "impact", IMPACTS)
        for row in part[part["value"] >= 6].itertuples():
            _written(ax, row, IMPACTS[row.impact], rows.index(row.place))
        ax.set(xlim=(left, right), xticks=range(left, right + 1, STEP))
        ax.xaxis.set_major_formatter(lambda tick, _: f"{abs(tick):.0f}")
        ax.axvline(0, color=INK, linewidth=0.9)
    axes[0][0].set_xlabel("% of those who received the response")
    for ax in axes[0][1:]:
        ax.set(yticks=[], xlabel="did not engage")
    _key(fig, {words[each]: colour for each, colour in IMPACTS.items() if each in set(frame["impact"])})
    said = {"positive": "positive", "negative": "negative", "no_engagement": "did not engage"}
    judged = shares.assign(group=shares["impact"].map(said)).dropna(subset="group")
    data = frame[["label", "impact", "value", "n"]]
    tips = [f"{row.place}: {words[row.impact].lower()} {row.text}%" for row in bars.itertuples()]
    return figure(name, fig, caption, f"{caption.rstrip('.')}. {told(judged)}", data, safe=True, tips=tips)


def printed_impacts(name: str, figures: pd.DataFrame, recipients: pd.DataFrame, caption: str) -> Figure | LeftOut:
    """The impacts of responses as the report prints them, and of each bar the part of which it says nothing.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    figures : as `load_figures` returns them. Where a size is in words (almost half), the end of its bar is open.
    recipients : as `recipients` returns them; where a single number fits, it stands in brackets.

    Examples
    --------
    >>> from keepsafe import open_study, recipients
    >>> study = open_study()
    >>> made = printed_impacts("doc-example", study.figures, recipients(study.figures, study), "Impact")
    >>> made.alt.split("; ")[0]
    'Impact. Supportive adult, all who received it: positive 66%, mixed 22%'
    """
    study, rows = current(), []
    said = figures[figures["variable"].str.endswith("_impact") & figures["statistic"].eq("percent")]
    said = said[~said["level"].str.contains("negative") | said["level"].eq("negative")]
    sizes = {(row.response, row.group): row.smallest for row in recipients.itertuples() if row.fitting == 1}
    for row in said.drop_duplicates(["variable", "group", "level"]).itertuples():
        response = row.variable.removesuffix("_impact")
        count = f" ({sizes[response, row.group]:.0f})" if (response, row.group) in sizes else ""
        section = BLOCKS.get(row.group) or f"The {study.groups[row.group].label}"
        rows.append((section, study.responses[response].label + count, row.level, float(row.value), row.qualifier))
    frame = pd.DataFrame(rows, columns=["section", "label", "level", "value", "qualifier"])
    worded = pd.DataFrame([WORDED[each] for each in frame["qualifier"]], columns=["words", "rank", "near", "far"])
    frame = frame.join(worded).assign(group=[PRINTED_PARTS[each][0] for each in frame["level"]])
    frame["text"] = frame["words"] + [rounded(share) for share in frame["value"]]
    best = frame[frame["level"] == "positive"].set_index(["section", "label"])[["value", "rank"]]
    order = frame[["section", "label"]].drop_duplicates().join(best, on=["section", "label"])
    order["block"] = order["section"].map(list(dict.fromkeys(order["section"])).index)
    order = order.sort_values(["block", "value", "rank"], ascending=[True, False, False], kind="stable")
    frame = frame.iloc[frame["level"].map(list(PRINTED_PARTS).index).argsort(kind="stable")]
    frame = order[["section", "label"]].merge(frame, sort=False)
    frame["end"] = frame.groupby(["section", "label"], sort=False)["value"].cumsum()
    frame["start"] = frame["end"] - frame["value"]
    told_of = frame["label"] + ", " + frame["section"].str[:1].str.lower() + frame["section"].str[1:]
    parts = frame["group"] + " " + frame["text"] + "%"
    alt = "; ".join(f"{label}: {', '.join(each)}" for label, each in parts.groupby(told_of, sort=False))
    alt, tips = f"{caption.rstrip('.')}. {alt}.", list(told_of + ": " + parts)
    data = frame[["section", "label", "group", "value", "qualifier"]]
    return figure(name, _printed(frame), caption, alt, data, tips=tips)


def _printed(frame: pd.DataFrame) -> plt.Figure:
    """Bars of printed shares under headings, outlined to all who received it; the end of a share in words is open."""
    lines, colours = lines_of(frame), dict(PRINTED_PARTS.values())
    places = ["\n".join(line) for line in lines]
    frame = frame.assign(place=frame["section"] + "\n" + frame["label"], turn=range(len(frame)))
    fig, ax = plt.subplots(figsize=(7.2, 1.3 + 0.34 * len(lines)))
    _bars(ax, frame, places, "group", colours)
    for row in frame.itertuples():
        height, colour = places.index(row.place), colours[row.group]
        if row.near < row.far:
            look = {"facecolor": "white", "edgecolor": colour, "hatch": "/////", "linewidth": 0.5}
            ax.barh(height, row.far - row.near, 0.68, row.end + row.near, **look)
        if row.value >= 8:
            _written(ax, row, colour, height)
    ax.set(xlim=(0, 100), yticks=range(len(lines)), yticklabels=[label for _, label in lines])
    ax.set_xlabel("% of those who received the response, as printed")
    for height, (section, label) in enumerate(lines):
        if label:
            ax.barh(height, 100, 0.68, facecolor="none", edgecolor=FAINT, linewidth=0.8, zorder=0)
        else:
            headed(fig, ax, section, height)
    open_end = plt.Rectangle((0, 0), 1, 1, facecolor="white", edgecolor=INK, hatch="////", linewidth=0.5)
    shown = {group: colour for group, colour in colours.items() if group in set(frame["group"])}
    _key(fig, shown, [(open_end, "open end: printed in words")])
    return fig


def hundred(name: str, risks: pd.DataFrame, caption: str) -> Figure | LeftOut:
    """Of a hundred young people in each group, how many: a picture of risks for readers without statistics.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    risks : one row a group: label (in words) and value (per cent).

    Examples
    --------
    >>> risks = pd.DataFrame({"label": ["girls", "boys"], "value": [36.6, 14.0]})
    >>> hundred("doc-example", risks, "CSE recorded").alt
    'CSE recorded. Of 100 girls: 37; of 100 boys: 14.'
    """
    counts = [int(rounded(share)) for share in risks["value"]]
    said = "; ".join(f"of 100 {label}: {count}" for label, count in zip(risks["label"], counts, strict=True))
    alt = f"{caption.rstrip('.')}. {said[0].upper()}{said[1:]}."
    fig = _hundreds(risks["label"], counts, 2)
    return figure(name, fig, caption, alt, risks, narrow=lambda: _hundreds(risks["label"], counts, 1))


def _hundreds(labels: Sequence[str], counts: Sequence[int], abreast: int) -> plt.Figure:
    """Panels of a hundred dots in five lines, so many side by side."""
    lines = -(-len(counts) // abreast)
    fig, axes = plt.subplots(lines, abreast, figsize=(abreast * NARROW, 1.55 * lines), squeeze=False)
    across, down = np.arange(100) % 20, np.arange(100) // 20
    for ax, label, count in zip(axes.flat, labels, counts, strict=False):
        for part, colour in ((slice(count), GROUPS[1]), (slice(count, 100), "#e3e3e3")):
            ax.plot(across[part], down[part], "o", markersize=8, color=colour)
        ax.set(ylim=(4.6, -0.6), xlim=(-0.6, 19.6), aspect="equal", anchor="W")
        ax.set_title(label, fontsize=10, weight="normal")
        ax.annotate(f"{count} of 100", (0, 1), (0, 20), "axes fraction", "offset points", size=13, weight="bold")
    for ax in axes.flat:
        ax.axis("off")
    return fig


def verdict_strip(name: str, checks: pd.DataFrame, caption: str) -> Figure | LeftOut:
    """All checks of an audit at a glance: a mark a check, a row a family; what does not hold stands first.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    checks : as `audit` returns them: one row a check, with check and verdict.

    Examples
    --------
    >>> checks = pd.DataFrame({"check": ["marker"] * 2, "verdict": ["holds", "cannot hold"]})
    >>> verdict_strip("doc-example", checks, "Checks").alt
    'Checks. markers fit figures: 1 holds; markers fit figures: 1 cannot hold.'
    """
    checks = checks.assign(family=check_families(checks["check"])).sort_values("family", kind="stable")
    counts = checks.groupby(["family", "verdict"], sort=False).size().rename("n").reset_index()
    said = "; ".join(f"{row.family}: {row.n} {row.verdict}" for row in counts.itertuples())
    alt, data = f"{caption.rstrip('.')}. {said}.", counts.rename(columns={"family": "label"})
    return figure(name, _strip(checks), caption, alt, data, narrow=lambda: _strip(checks, above=True))


def _strip(checks: pd.DataFrame, above: bool = False) -> plt.Figure:
    """Marks of checks, each family's name at the left of its lines or above them."""
    across, order, spots, tops, place = ABOVE if above else ACROSS, list(CHECKS)[::-1], [], {}, 0.8 * above
    for family, part in checks.groupby("family", sort=False):
        tops[f"{family} ({len(part)})"] = place
        verdicts = sorted(part["verdict"], key=order.index)
        spots += [(turn % across, place + turn // across, verdict) for turn, verdict in enumerate(verdicts)]
        place += (len(part) - 1) // across + 1.35 + 0.9 * above
    fig, ax = plt.subplots(figsize=(NARROW if above else 7.2, 0.9 + 0.2 * place))
    drawn = pd.DataFrame(spots, columns=["x", "y", "verdict"])
    for verdict, look in CHECKS.items():
        part = drawn[drawn["verdict"] == verdict]
        words = f"{verdict} a condition" if verdict.endswith("under") else verdict
        ax.plot(part["x"], part["y"], label=words, linestyle="", markeredgewidth=0, **look)
    ax.set(yticks=list(tops.values()), yticklabels=list(tops), xticks=[], xlim=(-0.8, across), ylim=(place - 0.6, -0.8))
    if above:
        for family, top in tops.items():
            ax.text(-0.5, top - 1, family, va="center", size=9.5)
        ax.set_yticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    key(fig, [list(zip(*ax.get_legend_handles_labels(), strict=True))])
    return fig


def flow_chart(name: str, steps: pd.DataFrame, caption: str) -> Figure | LeftOut:
    """How many files came in, how many were left out and why, and how many persons remain.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    steps : as `flow` gives it: step, left_out, files; the last step merges the files of one person.

    Examples
    --------
    >>> from keepsafe import flow, read_case_files
    >>> flow_chart("doc-example", flow(read_case_files()), "From case files to young people").alt[:33]
    'Flow: 367 case files in the 2006 '
    """
    first, *later = steps.itertuples()
    boxes = [("case files in the 2006 exercise", first.files, False)]
    for step in later:
        merged = step.Index == len(steps) - 1
        out = "further files of the same person" if merged else step.step.removeprefix("without ")
        boxes += [(out, step.left_out, True), ("young people" if merged else "case files", step.files, False)]
    frame = pd.DataFrame(boxes, columns=["label", "n", "out"])
    frame["invented"] = bool(len(current().figures)) and not current().own
    frame.loc[[0, len(frame) - 1], "invented"] = False  # the exercise's files and the young people were printed
    said = "; ".join(f"{box.n} {box.label}{' left out' if box.out else ''}" for box in frame.itertuples())
    return figure(name, _flow(frame, 40), caption, f"Flow: {said}.", frame, narrow=lambda: _flow(frame, 21))


def _flow(frame: pd.DataFrame, letters: int) -> plt.Figure:
    """Boxes with so many letters in a line, what is left out at the right; a made-up number has a broken edge."""
    narrow = letters < 40
    fig, ax = plt.subplots(figsize=(NARROW if narrow else 7.2, (0.84 if narrow else 0.72) * len(frame) + 0.2))
    ax.set(xlim=(0, 10), ylim=(len(frame) - 0.45, -0.55))
    ax.axis("off")
    stages = [place for place, out in enumerate(frame["out"]) if not out]
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
    for upper, lower in zip(stages, stages[1:], strict=False):
        ax.annotate("", (2.6, lower - 0.36), (2.6, upper + 0.36), arrowprops=arrow)
    for place, row in enumerate(frame.itertuples()):
        middle = 7.4 if row.out else 2.6
        if row.out:
            ax.annotate("", (5.05, place), (2.6, place), arrowprops=arrow)
        edge = {"edgecolor": SOFT if row.out else INK, "linewidth": 1.2, "linestyle": "--" if row.invented else "-"}
        ax.add_patch(plt.Rectangle((middle - 2.35, place - 0.36), 4.7, 0.72, facecolor="white", zorder=2, **edge))
        look = MADE if row.invented else {"weight": "bold"}
        words = "\n".join(wrap(f"{row.n:,} {row.label}", letters))
        ax.text(middle, place, words, ha="center", va="center", fontsize=9.5, zorder=3, **look)
    return fig


def _bars(ax: plt.Axes, frame: pd.DataFrame, rows: list[str], by: str, colours: Mapping[str, str]) -> None:
    """Bars from start to end on the row `place`, coloured by a column; the mark of a bar is "tip-" and its turn."""
    frame = frame[frame["end"] != frame["start"]]  # seaborn draws no bar of nothing
    order = [each for each in colours if each in set(frame[by])]
    frame = frame.sort_values(by, key=lambda each: each.map(order.index), kind="stable")
    bars = so.Bar(alpha=1, width=0.68, edgecolor=SOFT, edgewidth=0.5)
    plot = so.Plot(frame, x="end", y="place", color=by).add(bars, baseline="start", orient="y", legend=False)
    scale = so.Nominal([colours[each] for each in order], order=order)
    draw(plot.scale(y=so.Nominal(order=rows), color=scale), ax)
    for bar, turn in zip(ax.patches, frame["turn"], strict=True):
        bar.set_gid(f"tip-{turn}")
    ax.set(ylabel="", ylim=(len(rows) - 0.5, -0.5))
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_color(FAINT)
    ax.grid(axis="x")


def _written(ax: plt.Axes, row, colour: str, place: int) -> None:
    """The number of a bar, in its middle; white on the dark colours."""
    look = {"ha": "center", "va": "center", "color": "white" if colour == BAD else INK, "fontsize": NUMBER}
    ax.annotate(row.text, ((row.start + row.end) / 2, place), **look)


def _key(fig: plt.Figure, colours: Mapping[str, str], more: Sequence[tuple[Artist, str]] = ()) -> None:
    look = {"edgecolor": SOFT, "linewidth": 0.5}
    marks = [(plt.Rectangle((0, 0), 1, 1, facecolor=colour, **look), words) for words, colour in colours.items()]
    key(fig, [marks[:3], [*marks[3:], *more]])


def _step(percent: float) -> int:
    """The next line of the grid away from nought."""
    return int(np.sign(percent) * STEP * np.ceil(abs(percent) / STEP - 1e-9))
