"""Parts of a whole: impacts as diverging bars, stages as stacked bars, checks as squares, files as a flow.

Longer than 300 lines: each picture is short, and all draw parts of a whole.
"""

from collections.abc import Mapping
from textwrap import wrap

import numpy as np
import pandas as pd
import seaborn.objects as so
from matplotlib import pyplot as plt

from keepsafe.audit.findings import check_families
from keepsafe.telling.absent import WITHHELD, LeftOut
from keepsafe.telling.estimates import told
from keepsafe.telling.figures import Figure, as_drawn, figure
from keepsafe.telling.numerals import rounded
from keepsafe.telling.opened import current
from keepsafe.telling.style import FAINT, INK, PALETTE, draw

# Good outcomes to the right, in blue; bad ones to the left, in orange: the pair holds for colour-blind readers, and
# each tone has its own lightness in grey. Mixed stands with the good side; who did not engage is drawn apart.
IMPACTS = {
    "positive": "#0072B2",
    "mixed": "#9cc9e8",
    "none": "#d9d9d9",
    "negative": "#c05a00",
    "no_engagement": "#a99bbd",
}
SIDES = {"none": "left", "negative": "left", "no_engagement": "apart"}
PRINTED_PARTS = {
    "positive": ("positive", "#0072B2"),
    "mixed": ("mixed", "#9cc9e8"),
    "none|no_engagement": ("no impact, or did not engage", "#d9d9d9"),
    "no_engagement": ("did not engage", "#a99bbd"),
    "negative": ("negative", "#c05a00"),
}
STEP = 25  # per cent between two lines of a grid
ACROSS = 44  # squares in a line of checks
CHECKS = {
    "holds": {"color": PALETTE[0], "alpha": 0.35, "marker": "s", "s": 26},
    "holds only under": {"color": PALETTE[1], "marker": "D", "s": 26},
    "cannot hold": {"color": INK, "marker": "X", "s": 42},
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
        return LeftOut(f"{why}: a figure, {caption[0].lower()}{caption[1:].rstrip('.')}")
    frame = as_drawn(shares.reset_index(drop=True))
    frame["text"] = [rounded(share) for share in shares["value"]]  # of what is exact: nothing is rounded twice
    levels = next(study.codebook[f"{each}_impact"].levels for each in study.responses)
    words = {impact: levels[impact].partition(" (")[0] for impact in IMPACTS}
    frame["place"] = [f"{row.label} ({row.n:.0f})" for row in frame.itertuples()]
    rows = list(dict.fromkeys(frame["place"]))
    bars = frame.iloc[frame["impact"].map(list(IMPACTS).index).argsort(kind="stable")]
    bars = bars.assign(side=bars["impact"].map(SIDES).fillna("right"))
    signed = bars["value"].where(bars["side"] != "left", -bars["value"])
    bars = bars.assign(end=signed.groupby([bars["place"], bars["side"]], sort=False).cumsum())
    bars["start"] = bars["end"] - signed
    apart = bars["side"] == "apart"
    panels = [part for part in (bars[~apart], bars[apart]) if len(part)]
    ends = [(_step(min(part["end"].min(), 0)), _step(part["end"].max())) for part in panels]
    fig, axes = plt.subplots(
        1,
        len(panels),
        figsize=(7.2, 1.2 + 0.36 * len(rows)),
        squeeze=False,
        width_ratios=[right - left for left, right in ends],
    )
    for ax, part, (left, right) in zip(axes[0], panels, ends, strict=True):
        _bars(ax, part, rows, "impact", IMPACTS)
        for row in part[part["value"] >= 6].itertuples():
            _written(ax, row, row.impact, rows.index(row.place))
        ax.set(xlim=(left, right), xticks=range(left, right + 1, STEP))
        ax.xaxis.set_major_formatter(lambda tick, _: f"{abs(tick):.0f}")
        ax.axvline(0, color=INK, linewidth=0.9)
    axes[0][0].set_xlabel("% of those who received the response")
    for ax in axes[0][1:]:
        ax.set(yticks=[], xlabel="did not engage")
    _key(fig, axes[0][0], {words[each]: colour for each, colour in IMPACTS.items() if each in set(frame["impact"])})
    said = {"positive": "positive", "negative": "negative", "no_engagement": "did not engage"}
    judged = shares.assign(group=shares["impact"].map(said)).dropna(subset="group")
    data = frame[["label", "impact", "value", "n"]]
    return figure(name, fig, caption, f"{caption.rstrip('.')}. {told(judged)}", data, safe=True)


def printed_impacts(name: str, figures: pd.DataFrame, recipients: pd.DataFrame, caption: str) -> Figure | LeftOut:
    """The impacts of responses as the report prints them, and of each bar the part of which it says nothing.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    figures : as `load_figures` returns them. Where a size is in words (almost half), the number in the words is drawn.
    recipients : as `recipients` returns them; where a single number fits, it stands in brackets.

    Examples
    --------
    >>> from keepsafe import open_study, recipients
    >>> study = open_study()
    >>> made = printed_impacts("doc-example", study.figures, recipients(study.figures, study), "Impact")
    >>> made.alt.split("; ")[0]
    'Impact. Supportive adult, all: positive 66%, mixed 22%, not printed 12%'
    """
    study, rows = current(), []
    said = figures[figures["variable"].str.endswith("_impact") & figures["statistic"].eq("percent")]
    said = said[~said["level"].str.contains("negative") | said["level"].eq("negative")]
    sizes = {(row.response, row.group): row.smallest for row in recipients.itertuples() if row.fitting == 1}
    for (variable, group), part in said.drop_duplicates(["variable", "group", "level"]).groupby(
        ["variable", "group"], sort=False
    ):
        response = variable.removesuffix("_impact")
        of = {"total": "all"}.get(group) or study.groups[group].label
        count = f" ({sizes[response, group]:.0f})" if (response, group) in sizes else ""
        label = f"{study.responses[response].label}, {of}{count}"
        shares = {PRINTED_PARTS[row.level][0]: float(row.value) for row in part.itertuples()}
        shares["not printed"] = 100 - sum(shares.values())
        worded = {PRINTED_PARTS[row.level][0] for row in part.itertuples() if row.qualifier != "exactly"}
        rows += [(label, what, share, "≈" * (what in worded) + rounded(share)) for what, share in shares.items()]
    frame = pd.DataFrame(rows, columns=["label", "group", "value", "text"])
    best = frame[frame["group"] == "positive"].set_index("label")["value"]
    frame["rank"] = frame["label"].map(best).fillna(-1)
    frame = frame.sort_values("rank", ascending=False, kind="stable", ignore_index=True)
    words = told(frame)
    colours = dict(PRINTED_PARTS.values()) | {"not printed": "white"}
    order = list(colours)
    bars = frame.iloc[frame["group"].map(order.index).argsort(kind="stable")]
    bars = bars.assign(end=bars.groupby("label", sort=False)["value"].cumsum())
    bars["start"] = bars["end"] - bars["value"]
    places = list(dict.fromkeys(frame["label"]))
    fig, ax = plt.subplots(figsize=(7.2, 1.2 + 0.34 * len(places)))
    _bars(ax, bars.rename(columns={"label": "place"}), places, "group", colours)
    for row in bars[bars["value"] >= 8].itertuples():
        if row.group != "not printed":
            _written(ax, row, row.group, places.index(row.label))
    ax.set(xlim=(0, 100), xlabel="% of those who received the response, as printed (≈: printed in words)")
    _key(fig, ax, {each: colour for each, colour in colours.items() if each in set(frame["group"])})
    return figure(name, fig, caption, f"{caption.rstrip('.')}. {words}", frame[["label", "group", "value"]])


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
    fig, axes = plt.subplots(1, len(risks), figsize=(7.2, 2.5), squeeze=False)
    counts = [int(rounded(share)) for share in risks["value"]]
    for ax, label, count in zip(axes[0], risks["label"], counts, strict=True):
        place = np.arange(100)
        drawn = pd.DataFrame({"x": place % 10, "y": place // 10, "with": np.where(place < count, "yes", "no")})
        plot = so.Plot(drawn, x="x", y="y", color="with", fill="with").add(so.Dot(pointsize=6), legend=False)
        order = ["yes", "no"]
        draw(
            plot.scale(color=so.Nominal([PALETTE[5], FAINT], order=order), fill=so.Nominal([True, False], order=order)),
            ax,
        )
        ax.set(xticks=[], yticks=[], ylim=(9.6, -0.6), xlim=(-0.6, 9.6), aspect="equal", xlabel="", ylabel="")
        ax.set_title(f"{count} of 100 {label}", fontsize=9.5)
        ax.spines[:].set_visible(False)
    said = "; ".join(f"of 100 {label}: {count}" for label, count in zip(risks["label"], counts, strict=True))
    return figure(name, fig, caption, f"{caption.rstrip('.')}. {said[0].upper()}{said[1:]}.", risks)


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
    order, spots, tops, place = list(CHECKS)[::-1], [], {}, 0.0
    for family, part in checks.groupby("family", sort=False):
        tops[f"{family} ({len(part)})"] = place
        verdicts = sorted(part["verdict"], key=order.index)
        spots += [(turn % ACROSS, place + turn // ACROSS, verdict) for turn, verdict in enumerate(verdicts)]
        place += (len(part) - 1) // ACROSS + 1.35
    fig, ax = plt.subplots(figsize=(7.2, 0.9 + 0.2 * place))
    drawn = pd.DataFrame(spots, columns=["x", "y", "verdict"])
    for verdict, look in CHECKS.items():
        part = drawn[drawn["verdict"] == verdict]
        words = f"{verdict} a condition" if verdict.endswith("under") else verdict
        ax.scatter(part["x"], part["y"], label=words, linewidths=0, **look)
    ax.set(yticks=list(tops.values()), yticklabels=list(tops), xticks=[], xlim=(-0.8, ACROSS), ylim=(place - 0.6, -0.8))
    ax.spines[["left", "bottom"]].set_visible(False)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3, handletextpad=0.3)
    counts = checks.groupby(["family", "verdict"], sort=False).size().rename("n").reset_index()
    said = "; ".join(f"{row.family}: {row.n} {row.verdict}" for row in counts.itertuples())
    alt = f"{caption.rstrip('.')}. {said}."
    return figure(name, fig, caption, alt, counts.rename(columns={"family": "label"}))


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
    fig, ax = plt.subplots(figsize=(7.2, 0.72 * len(frame) + 0.2))
    ax.set(xlim=(0, 10), ylim=(len(frame) - 0.45, -0.55))
    ax.axis("off")
    stages = [place for place, out in enumerate(frame["out"]) if not out]
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
    for upper, lower in zip(stages, stages[1:], strict=False):
        ax.annotate("", (2.6, lower - 0.36), (2.6, upper + 0.36), arrowprops=arrow)
    for place, row in enumerate(frame.itertuples()):
        middle, colour, width = (7.4, "#777777", 42) if row.out else (2.6, PALETTE[0], 40)
        if row.out:
            ax.annotate("", (5.05, place), (2.6, place), arrowprops=arrow)
        ax.add_patch(
            plt.Rectangle(
                (middle - 2.35, place - 0.36), 4.7, 0.72, facecolor="white", edgecolor=colour, linewidth=1.4, zorder=2
            )
        )
        ax.text(
            middle,
            place,
            "\n".join(wrap(f"{row.n:,} {row.label}", width)),
            ha="center",
            va="center",
            fontsize=9,
            zorder=3,
            weight="normal" if row.out else "bold",
        )
    said = "; ".join(f"{box.n} {box.label}{' left out' if box.out else ''}" for box in frame.itertuples())
    return figure(name, fig, caption, f"Flow: {said}.", frame)


def _bars(ax: plt.Axes, frame: pd.DataFrame, rows: list[str], by: str, colours: Mapping[str, str]) -> None:
    """Bars from start to end on the row `place`, coloured by a column."""
    plot = so.Plot(frame, x="end", y="place", color=by)
    bars = so.Bar(alpha=1, width=0.68, edgecolor="white", edgewidth=0.8)
    plot = plot.add(bars, baseline="start", orient="y", legend=False)
    present = [each for each in colours if each in set(frame[by])]
    scale = so.Nominal([colours[each] for each in present], order=present)
    draw(plot.scale(y=so.Nominal(order=rows), color=scale), ax)
    ax.set(ylabel="", ylim=(len(rows) - 0.5, -0.5))
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_color(FAINT)
    ax.grid(axis="x")


def _written(ax: plt.Axes, row, part: str, place: int) -> None:
    """The number of a bar, in its middle; white on the two dark colours."""
    ink = "white" if part in ("positive", "negative") else INK
    middle = (row.start + row.end) / 2
    ax.annotate(row.text, (middle, place), ha="center", va="center", color=ink, fontsize=8.5)


def _key(fig: plt.Figure, ax: plt.Axes, colours: Mapping[str, str]) -> None:
    edges = {"white": FAINT}
    handles = [
        plt.Rectangle((0, 0), 1, 1, facecolor=colour, edgecolor=edges.get(colour, colour))
        for colour in colours.values()
    ]
    fig.legend(handles, list(colours), loc="outside upper left", ncols=3, handlelength=1.1)


def _step(percent: float) -> int:
    """The next line of the grid away from nought."""
    return int(np.sign(percent) * STEP * np.ceil(abs(percent) / STEP - 1e-9))
