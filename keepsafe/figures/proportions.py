"""Dot plot of proportions by group, with intervals and the printed value beside the recomputed one."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from keepsafe.figures.style import MARKERS, PALETTE, PUBLISHED


def plot_proportions(
    frame: pd.DataFrame, x_label: str = "% of young people", limits: tuple = (0, 100)
) -> plt.Figure:
    """Dots for the groups of each row, side by side, with their intervals.

    Parameters
    ----------
    frame : one row a dot: label (what is measured, in words), group (in words), value, and where known low,
        high
        (interval) and published (what the 2019 report printed). Rows and groups are drawn in order of
        appearance.
    x_label : name of the axis.
    limits : ends of the axis.

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> rows = {"label": ["In care"] * 2, "group": ["CSE", "no CSE"], "value": [66.7, 51.7]}
    >>> len(plot_proportions(pd.DataFrame(rows)).axes)
    1
    """
    labels, groups = list(dict.fromkeys(frame["label"])), list(dict.fromkeys(frame["group"]))
    # Points on paper, not a share of a row: the dots of a row stay together however many rows there are.
    abreast = frame.groupby("label").size().max()
    fig, ax = plt.subplots(figsize=(7.2, 1.1 + len(labels) * (0.13 + 0.17 * abreast)))
    step = 0.62 / max(len(groups), 2) if abreast > 1 else 0
    for turn, group in enumerate(groups):
        part = frame.loc[frame["group"] == group]
        value = part["value"].to_numpy(float)
        y = np.array([labels.index(label) for label in part["label"]]) + (turn - (len(groups) - 1) / 2) * step
        colour = PALETTE[turn % len(PALETTE)]
        if {"low", "high"} <= set(part):
            ax.hlines(
                y, part["low"].to_numpy(float), part["high"].to_numpy(float), color=colour, linewidth=1.6
            )
        ax.scatter(value, y, color=colour, marker=MARKERS[turn % len(MARKERS)], s=34, zorder=3, label=group,
                   clip_on=False)  # fmt: skip
        if "published" in part and part["published"].notna().any():
            last = turn == len(groups) - 1
            ax.scatter(
                part["published"].to_numpy(float),
                y,
                label="printed in 2019" if last else None,
                **PUBLISHED | {"s": 90},
            )
    ax.set(
        yticks=range(len(labels)),
        yticklabels=labels,
        xlabel=x_label,
        xlim=limits,
        ylim=(len(labels) - 0.5, -0.5),
    )
    for edge in np.arange(len(labels) - 1) + 0.5:
        ax.axhline(edge, color="#eeeeee", linewidth=0.8, zorder=0)
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    fig.legend(
        *ax.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=4,
        handletextpad=0.3,
        columnspacing=1.4,
    )
    return fig
