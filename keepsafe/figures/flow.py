"""Flow diagram: how many files came in, how many were left out and why, how many persons remain."""

from textwrap import wrap

import pandas as pd
from matplotlib import pyplot as plt

from keepsafe.figures.style import INK, PALETTE


def plot_flow(frame: pd.DataFrame) -> plt.Figure:
    """Boxes from top to bottom for what goes on, boxes at the right for what is left out on the way.

    Parameters
    ----------
    frame : one row a box, from top to bottom: label (in words, with the unit), n, and out (True where it is
        left
        out at this point, False where it goes on).

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> rows = {"label": ["files", "left out", "persons"], "n": [367, 162, 205], "out": [False, True, False]}
    >>> [text.get_text() for text in plot_flow(pd.DataFrame(rows)).axes[0].texts if text.get_text()]
    ['367 files', '162 left out', '205 persons']
    """
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
        text = "\n".join(wrap(f"{row.n:,} {row.label}", width))
        ax.add_patch(
            plt.Rectangle(
                (middle - 2.35, place - 0.36),
                4.7,
                0.72,
                facecolor="white",
                edgecolor=colour,
                linewidth=1.4,
                zorder=2,
            )
        )
        ax.text(
            middle,
            place,
            text,
            ha="center",
            va="center",
            fontsize=9,
            zorder=3,
            weight="normal" if row.out else "bold",
        )
    return fig
