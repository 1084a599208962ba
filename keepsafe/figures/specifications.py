"""Specification curve: one estimate under every reasonable choice, and below each the choices that led to it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

from keepsafe.figures.forest import TICKS
from keepsafe.figures.style import FAINT, INK, PALETTE, SOFT


def plot_specifications(curve: pd.DataFrame, choices: Mapping[str, str], published: tuple | None = None) -> plt.Figure:
    """Odds ratios in rising order with their intervals; a mark below for each choice that was made.

    Parameters
    ----------
    curve : one row a specification: odds_ratio, low, high (blank where the factor was not kept), and the columns
        that `choices` names, in words.
    choices : columns of the curve by their headings, such as {"Unknown codes": "missing"}.
    published : lowest and highest odds ratio that the 2019 wording allows, drawn as a band.

    Returns
    -------
    matplotlib Figure

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4:1208-1214.

    Examples
    --------
    >>> rows = {"odds_ratio": [6.1, 6.9], "low": [2.0, 2.5], "high": [18.0, 19.0], "missing": ["dropped", "imputed"]}
    >>> len(plot_specifications(pd.DataFrame(rows), {"Unknown codes": "missing"}).axes)
    2
    """
    # rounded: what is equal but for the last bits of another processor keeps the order of the choices
    curve = curve.sort_values("odds_ratio", key=lambda ratios: ratios.round(6), kind="stable", ignore_index=True)
    lines = [(head, level) for head, column in choices.items() for level in [None, *dict.fromkeys(curve[column])]]
    heights = [2.6, 0.19 * len(lines)]
    fig, (top, below) = plt.subplots(2, figsize=(7.2, 0.8 + sum(heights)), height_ratios=heights, sharex=True)
    place = np.arange(len(curve))
    if published:
        top.axhspan(*published, color=FAINT, zorder=0, label="what the 2019 wording allows")
    top.vlines(place, curve["low"], curve["high"], color=PALETTE[0], linewidth=1.4, alpha=0.55)
    top.scatter(place, curve["odds_ratio"], color=PALETTE[0], s=16, zorder=3, label="odds ratio, with 95% interval")
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
    below.set(ylim=(len(lines) - 0.5, -0.7), yticks=range(len(lines)), xticks=[],
              yticklabels=[head if level is None else str(level) for head, level in lines],
              xlabel=f"{len(curve)} specifications, in the order of their odds ratio")  # fmt: skip
    for (_, level), text in zip(lines, below.get_yticklabels(), strict=True):
        text.set_weight("bold" if level is None else "normal")
    below.tick_params(length=0)
    for spine in below.spines.values():
        spine.set_visible(False)
    fig.legend(*top.get_legend_handles_labels(), loc="outside upper left", ncols=2, handletextpad=0.4)
    return fig
