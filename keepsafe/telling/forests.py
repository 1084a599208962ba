"""Odds ratios on a log axis: forest plots, and curves over specifications."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator

from keepsafe.problems import InputError
from keepsafe.statistics.fit import LogisticFit
from keepsafe.statistics.selection import Selection
from keepsafe.telling.estimates import SAID, drawn_on, headed, labelled, lines_of
from keepsafe.telling.figures import NARROW, Figure, as_drawn, figure
from keepsafe.telling.opened import LeftOut, OpenStudy, current
from keepsafe.telling.style import CLEAR, FAINT, INK, MADE, NUMBER, SERIES, SOFT, key
from keepsafe.telling.values import KEPT, rounded, significant, unprinted

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
RATIO, RANGE = "Odds ratio (interval)", "Odds ratio (range)"
RATIOS, AS_FITTED = "Odds ratio, with 95% interval (log scale)", "Odds ratio, with {:g}% interval (log scale)"


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
    safe = None
    if isinstance(results, pd.DataFrame):
        exact = results.reset_index(drop=True)
        if outcome and "predictor" in exact:
            exact = exact.join(printed_sizes(current(), outcome), on="predictor")
        exact = labelled(exact, "odds_ratio", "low", "high")
    else:
        exact, safe = _estimates(results, sections), True
    if exact.empty:
        return LeftOut.nothing(caption)
    frame = as_drawn(exact).assign(text=[_interval(row) for row in exact.itertuples()])
    parts = [each for each in ("section", "group") if each in frame]
    frame = frame.assign(**{each: "" for each in ("section", "group") if each not in frame})
    if "invented" not in frame:
        frame["invented"] = unprinted(name)
    axis = axis or getattr(results, "attrs", exact.attrs).get("axis", RATIOS)
    tips = [
        ", ".join(filter(None, (row.section, row.label, row.group))) + f": {row.text}" for row in frame.itertuples()
    ]
    kept = [*parts, *(each for each in ("label", "odds_ratio", "low", "high", *SAID, "invented") if each in frame)]
    alt = f"{caption.rstrip('.')}. {'; '.join(tips)}."
    fig, narrow = _forest(frame, axis), partial(_forest, frame, axis, narrow=True)
    return figure(name, fig, caption, alt, frame[kept], safe, tips=tips, narrow=narrow)


def _forest(frame: pd.DataFrame, axis: str, narrow: bool = False) -> plt.Figure:
    """A forest plot, the numbers at the right; on a narrow screen they stand over the marks."""
    if frame["label"].nunique() == 1 and frame["section"].nunique() > 1:  # headings tell the rows apart
        frame = frame.assign(label=frame["section"], section="")
    lines, members = lines_of(frame), list(dict.fromkeys(frame["group"]))
    row = 0.12 + 0.3 * len(members) if narrow else 0.16 + 0.14 * len(members)
    fig, ax = plt.subplots(figsize=(NARROW if narrow else 7.2, 1.2 + len(lines) * row))
    ax.set_xscale("log")
    ax.axvline(1, color=INK, linewidth=0.9, zorder=1)
    placed = frame.assign(label=frame["section"] + "\n" + frame["label"])
    heights = drawn_on(fig, ax, placed, ["\n".join(line) for line in lines], members, "odds_ratio")
    _log_axis(ax, frame)
    ax.set(xlabel=axis, yticks=range(len(lines)), yticklabels=[text for _, text in lines])
    for height, (section, text) in enumerate(lines):
        if not text:
            headed(fig, ax, section, height)
    for row, height in zip(frame.itertuples(), heights, strict=True):
        look = MADE if row.invented else {"color": INK}
        if narrow:
            across = ax.transAxes.inverted().transform(ax.transData.transform((row.odds_ratio, 0)))[0]
            across = np.clip(across, 0.3, 0.7)  # clear of both ends
            place = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center", "bbox": CLEAR, "zorder": 1.5}
        else:
            across, place = 1.02, {"va": "center", "annotation_clip": False}
        ax.annotate(row.text, (across, height), xycoords=("axes fraction", "data"), size=NUMBER, **place, **look)
    if not narrow:
        head = RANGE if "middle" in axis else RATIO
        ax.annotate(head, (1.02, 1), (0, 3), "axes fraction", "offset points", size=NUMBER)
    ax.spines["bottom"].set_color(FAINT)
    return fig


def specification_plot(
    name: str, curve: pd.DataFrame, caption: str, factor: str, choices: Mapping[str, str] = CHOICES
) -> Figure | LeftOut:
    """One odds ratio under every reasonable choice, in rising order, and below each the choices that led to it.

    Parameters
    ----------
    name, caption : of the figure, as for `figure`.
    curve : as `specification_curve` returns it, of the outcome "cse".
    factor : the predictor whose odds ratio is followed; what the printed words allow of it is drawn as a band.
    choices : columns of the curve by their headings, such as {"Unknown codes": "missing"}.

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4:1208-1214.

    Examples
    --------
    >>> rows = {"odds_ratio": [6.1, 6.9], "low": [2.0, 2.5], "high": [18.0, 19.0], "p_remove": [0.05, 0.1]}
    >>> curve = pd.DataFrame(rows | {"candidates": "any", "missing": "zero", "statistic": "lr"})
    >>> specification_plot("doc-example", curve, "The odds ratio of being female", "female").alt[:45]
    'The odds ratio of being female. Odds ratio of'
    """
    study = current()
    if curve["odds_ratio"].isna().all():
        return LeftOut(f"{study.label(factor)} is kept in none of {len(curve)} specifications")
    sized = study.claims[study.claims["size"].eq("printed") & study.claims["predictor"].eq(factor)]
    curve = curve.replace(WORDS).assign(p_remove=[f"{each:g}" for each in curve["p_remove"]])
    # rounded: what is equal but for the last bits of another processor keeps the order of the choices
    curve = as_drawn(curve).sort_values("odds_ratio", kind="stable", ignore_index=True)
    lines = [(head, level) for head, column in choices.items() for level in [None, *dict.fromkeys(curve[column])]]
    heights = [2.6, 0.19 * len(lines)]
    fig, (top, below) = plt.subplots(2, figsize=(7.2, 0.8 + sum(heights)), height_ratios=heights, sharex=True)
    place = np.arange(len(curve))
    for said in sized.head(1).itertuples():
        top.axhspan(
            float(said.or_low), float(said.or_high), color=FAINT, zorder=0, label="what the printed words allow"
        )
    top.fill_between(place, curve["low"], curve["high"], step="mid", color=SERIES[0], alpha=0.3, linewidth=0)
    look = {"color": SERIES[0], "markerfacecolor": SERIES[0] if study.own else "white", "markersize": 3}
    top.plot(place, curve["odds_ratio"], "o", markeredgewidth=0.8, label="odds ratio, with 95% interval", **look)
    top.axhline(1, color=INK, linewidth=0.9)
    ends = curve[["low", "high"]].to_numpy(float)
    low, high = min(np.nanmin(ends) / 1.2, 0.8), max(np.nanmax(ends) * 1.2, 1.25)
    top.set(yscale="log", ylim=(low, high), ylabel="Odds ratio (log scale)", xticks=[])
    top.set_yticks([tick for tick in TICKS if low <= tick <= high])
    top.yaxis.set(major_formatter="{x:g}", minor_locator=NullLocator())
    top.grid(axis="y")
    for height, (head, level) in enumerate(lines):
        chosen = place[curve[choices[head]] == level] if level is not None else []
        ends = np.array([[turn, turn, np.nan] for turn in chosen]).ravel()  # one path: the file is small
        below.plot(ends, np.tile([height - 0.2, height + 0.2, np.nan], len(chosen)), color=SOFT, linewidth=2)
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
    key(fig, [list(zip(*top.get_legend_handles_labels(), strict=True))])
    kept = curve["odds_ratio"].notna()
    least, most = rounded(curve["odds_ratio"].min(), 1), rounded(curve["odds_ratio"].max(), 1)
    alt = (
        f"{caption.rstrip('.')}. Odds ratio of {study.label(factor).lower()} in {len(curve)} specifications, "
        f"from {least} to {most}; the lowest end of an interval is {rounded(curve['low'].min(), 1)}. It is kept in "
        f"{kept.sum()}."
    )
    return figure(name, fig, caption, alt, curve[[*choices.values(), "odds_ratio", "low", "high"]])


def printed_sizes(study: OpenStudy, outcome: str) -> pd.DataFrame:
    """Of each factor of an outcome whose odds ratio was given in words, the least and the most that the words allow."""
    if not len(study.figures):
        return pd.DataFrame(columns=list(SAID), index=pd.Index([], dtype="str", name="predictor"), dtype=float)
    said = study.claims[study.claims["size"].eq("printed") & study.claims["outcome"].eq(outcome)]
    sizes = said.drop_duplicates("predictor").set_index("predictor")[["or_low", "or_high"]].astype(float)
    return sizes.set_axis(list(SAID), axis=1)


def _estimates(results: object, sections: bool) -> pd.DataFrame:
    """Labels and odds ratios of one or several fitted models."""
    study, parts = current(), results if isinstance(results, Mapping) else {"": results}
    fits: dict[str, LogisticFit] = {}
    for heading, result in parts.items():
        if not isinstance(result, Selection | LogisticFit):
            remedy = "give what fit_logistic or backward_elimination returned"
            raise InputError.of(f"{type(result).__name__} is no fitted model", column="results", remedy=remedy)
        fits[heading] = result.final if isinstance(result, Selection) else result
    labels = study.terms(dict.fromkeys(column for fit in fits.values() for column in fit.odds_ratios["column"]))
    frames = []
    for heading, fit in fits.items():
        frame = fit.odds_ratios.reset_index()
        frame.insert(0, "label", frame["column"].map(labels))
        if isinstance(results, Mapping):
            frame.insert(0, "section" if sections else "group", heading)
        frame = frame.join(printed_sizes(study, fit.outcome), on="predictor")
        frame["invented"] = not study.own  # a size was printed in words at most, an interval never
        frames.append(frame)
    found = pd.concat(frames, ignore_index=True).drop(columns=["predictor", "column"])
    found.attrs["axis"] = AS_FITTED.format(100 * min((fit.confidence for fit in fits.values()), default=0.95))
    return found


def _log_axis(ax: plt.Axes, frame: pd.DataFrame) -> None:
    """A log axis that holds every interval, with round numbers as ticks."""
    ends = frame[[name for name in ("low", "high", "odds_ratio", *SAID) if name in frame]].to_numpy(float)
    ends = ends[~np.isnan(ends)]  # none at all where no fit has an estimate
    left, right = max(ends.min(initial=np.inf), 0.01) / 1.3, min(ends.max(initial=0), 500) * 1.3
    left, right = min(left, 0.8), max(right, 1.25)
    ax.set_xlim(left, right)
    shown = TICKS[(left <= TICKS) & (right >= TICKS)]
    if len(shown) < 3:
        shown = FINE[(left <= FINE) & (right >= FINE)]
    ax.set_xticks(shown if len(shown) <= 8 else shown[np.isin(shown, 10.0 ** np.arange(-2, 3))])
    ax.xaxis.set(major_formatter="{x:g}", minor_locator=NullLocator())


def _interval(row) -> str:
    if np.isnan(row.odds_ratio):
        return "no estimate"
    near = [significant(ratio, KEPT) for ratio in (row.odds_ratio, row.low, row.high)]
    ratio, low, high = (
        "not found" if np.isnan(each) else rounded(each, 2 if each < 10 else 1 if each < 100 else 0) for each in near
    )
    return ratio if low == high == "not found" else f"{ratio} ({low} to {high})"
