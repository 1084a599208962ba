"""Forest plot of odds ratios on a log axis, with the printed value beside the recomputed one."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

from keepsafe.figures.style import FAINT, INK, MARKERS, PALETTE, PUBLISHED
from keepsafe.values import rounded
from keepsafe.values.numerals import KEPT, significant

FINE = np.array([0.8, 0.9, 1, 1.1, 1.2])  # where no odds ratio is far from one
TICKS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500])


def plot_forest(frame: pd.DataFrame, x_label: str = "Odds ratio, with 95% interval (log scale)") -> plt.Figure:
    """Odds ratios with their intervals, one row a predictor, the numbers at the right.

    Parameters
    ----------
    frame : one row an estimate: label (in words), odds_ratio, low, high, and where known published (odds ratio
        that the 2019 report gave), group (several estimates for one label, such as two specifications) and section
        (a heading over several rows, such as an outcome).
    x_label : name of the axis.

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> rows = {"label": ["Female"], "odds_ratio": [6.9], "low": [2.9], "high": [16.1], "published": [7]}
    >>> plot_forest(pd.DataFrame(rows)).axes[0].get_xscale()
    'log'
    """
    groups = list(dict.fromkeys(frame["group"])) if "group" in frame else [None]
    frame = frame.assign(section=frame["section"] if "section" in frame else "")
    lines = _lines(frame)
    fig, ax = plt.subplots(figsize=(7.2, 1.2 + len(lines) * (0.16 + 0.14 * len(groups))))
    ends = frame[[name for name in ("low", "high", "odds_ratio", "published") if name in frame]].to_numpy(float)
    left, right = max(np.nanmin(ends), 0.01) / 1.3, min(np.nanmax(ends), 500) * 1.3
    ax.set(
        xscale="log",
        xlim=(min(left, 0.8), max(right, 1.25)),
        ylim=(len(lines) - 0.5, -0.5),
        xlabel=x_label,
        yticks=range(len(lines)),
        yticklabels=[label or section for section, label in lines],
    )
    for (_, label), text in zip(lines, ax.get_yticklabels(), strict=True):
        text.set_weight("normal" if label else "bold")
    ax.axvline(1, color=INK, linewidth=0.9, zorder=1)
    for turn, group in enumerate(groups):
        part = frame if group is None else frame.loc[frame["group"] == group]
        shift = (turn - (len(groups) - 1) / 2) * 0.6 / max(len(groups), 2)
        y = np.array([lines.index(line) for line in zip(part["section"], part["label"], strict=True)]) + shift
        colour = PALETTE[turn % len(PALETTE)]
        ax.hlines(
            y,
            part["low"].to_numpy(float),
            part["high"].to_numpy(float),
            color=colour,
            linewidth=1.6,
            zorder=2,
        )
        ax.scatter(part["odds_ratio"], y, color=colour, marker=MARKERS[turn % 8], s=38, zorder=3, label=group)
        for row, height in zip(part.itertuples(), y, strict=True):
            ax.annotate(
                f"{_short(row.odds_ratio)} ({_short(row.low)} to {_short(row.high)})",
                (1.02, height),
                va="center",
                xycoords=("axes fraction", "data"),
                fontsize=8.5,
                annotation_clip=False,
            )
        if "published" in part and part["published"].notna().any():
            name = "given in 2019" if turn == len(groups) - 1 else None
            ax.scatter(part["published"].to_numpy(float), y, label=name, **PUBLISHED)
    shown = TICKS[(ax.get_xlim()[0] <= TICKS) & (ax.get_xlim()[1] >= TICKS)]
    if len(shown) < 3:
        shown = FINE[(ax.get_xlim()[0] <= FINE) & (ax.get_xlim()[1] >= FINE)]
    ax.set_xticks(shown if len(shown) <= 8 else shown[np.isin(shown, 10.0 ** np.arange(-2, 3))])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_color(FAINT)
    handles, names = ax.get_legend_handles_labels()
    if handles:
        fig.legend(handles, names, loc="outside upper left", ncols=3, handletextpad=0.3)
    return fig


def _lines(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Section and label of each line from top to bottom; a section's heading is a line without a label."""
    lines: list[tuple[str, str]] = []
    for section, label in dict.fromkeys(zip(frame["section"], frame["label"], strict=True)):
        if section and (section, "") not in lines:
            lines.append((section, ""))
        lines.append((section, label))
    return lines


def _short(ratio: float) -> str:
    near = significant(ratio, KEPT)
    return rounded(near, 2 if near < 10 else 1 if near < 100 else 0)
