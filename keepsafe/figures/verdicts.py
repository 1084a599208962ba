"""All checks of an audit at a glance: a square a check, a row a kind."""

import pandas as pd
from matplotlib import pyplot as plt

from keepsafe.figures.style import FAINT, INK, PALETTE

ACROSS = 44
LOOKS = {
    "holds": {"color": PALETTE[0], "alpha": 0.35, "marker": "s", "s": 26},
    "holds only under": {"color": PALETTE[1], "marker": "D", "s": 26},
    "cannot hold": {"color": INK, "marker": "X", "s": 42},
}


def plot_verdicts(checks: pd.DataFrame) -> plt.Figure:
    """Squares for the checks that hold, diamonds for those that hold under a condition, crosses for the rest.

    Parameters
    ----------
    checks : one row a check: label (its kind, in words) and verdict (holds, holds only under, cannot hold). Kinds
        are drawn in order of appearance, with what does not hold first.

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["groups add up"] * 3, "verdict": ["holds", "holds", "cannot hold"]})
    >>> [text.get_text() for text in plot_verdicts(rows).axes[0].get_yticklabels()]
    ['groups add up (3)']
    """
    order = list(LOOKS)[::-1]
    kinds = {label: part.sort_values("verdict", key=lambda verdict: verdict.map(order.index), kind="stable")
             for label, part in checks.groupby("label", sort=False)}  # fmt: skip
    tops, place = [], 0
    spots = []
    for part in kinds.values():
        tops.append(place)
        for turn, verdict in enumerate(part["verdict"]):
            spots.append((turn % ACROSS, place + turn // ACROSS, verdict))
        place += (len(part) - 1) // ACROSS + 1.35
    fig, ax = plt.subplots(figsize=(7.2, 0.9 + 0.2 * place))
    drawn = pd.DataFrame(spots, columns=["x", "y", "verdict"])
    for verdict, look in LOOKS.items():
        part = drawn[drawn["verdict"] == verdict]
        ax.scatter(part["x"], part["y"], label=f"{verdict}{' a condition' if 'under' in verdict else ''}",
                   linewidths=0, **look)  # fmt: skip
    labels = [f"{label} ({len(part)})" for label, part in kinds.items()]
    ax.set(yticks=tops, yticklabels=labels, xticks=[], xlim=(-0.8, ACROSS), ylim=(place - 0.6, -0.8))
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.spines[["left", "bottom"]].set_visible(False)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3, handletextpad=0.3)
    return fig
