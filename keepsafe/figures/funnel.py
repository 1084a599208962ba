"""Bars of the scorecard's stages: how much agrees, how much differs, what has no answer."""

import pandas as pd
from matplotlib import pyplot as plt

from keepsafe.figures.style import INK

PARTS = {"agree": ("agrees", "#0072B2"), "open": ("no answer", "#d9d9d9"), "differ": ("differs", "#c05a00")}


def plot_funnel(frame: pd.DataFrame, x_label: str = "published statements") -> plt.Figure:
    """A bar a stage, divided by agreement, with its total beside it.

    Parameters
    ----------
    frame : one row a stage, as `keepsafe.scorecard.funnel` gives it: stage, n, agree, differ, open.
    x_label : name of the axis.

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> stages = pd.DataFrame({"stage": ["printed"], "n": [3], "agree": [2], "differ": [1], "open": [0]})
    >>> plot_funnel(stages).axes[0].get_yticklabels()[0].get_text()
    'Printed'
    """
    fig, ax = plt.subplots(figsize=(7.2, 1.2 + 0.36 * len(frame)))
    places, start = range(len(frame)), pd.Series(0, frame.index)
    for part, (label, colour) in PARTS.items():
        ax.barh(
            places,
            frame[part],
            left=start,
            color=colour,
            height=0.68,
            label=label,
            edgecolor="white",
            linewidth=0.8,
        )
        start = start + frame[part]
    for place, total in zip(places, frame["n"], strict=True):
        ax.annotate(
            f"{total:.0f}", (total, place), (5, 0), textcoords="offset points", va="center", color=INK
        )
    labels = [stage[0].upper() + stage[1:] for stage in frame["stage"]]
    ax.set(yticks=list(places), yticklabels=labels, xlabel=x_label, xlim=(0, 1.08 * frame["n"].max()))
    ax.invert_yaxis()
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3, handlelength=1.1)
    return fig
