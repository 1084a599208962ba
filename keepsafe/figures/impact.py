"""Diverging bars: for whom a response helped, and for whom it did not."""

import pandas as pd
from matplotlib import pyplot as plt

from keepsafe.figures.style import INK
from keepsafe.values.numerals import round_half_up, rounded

# Good outcomes to the right, in blue; bad ones to the left, in orange: the pair holds for colour-blind
# readers,
# and each tone has its own lightness in grey. Mixed stands with the good side.
RIGHT = {"positive": "#0072B2", "mixed": "#9cc9e8"}
LEFT = {"none": "#d9d9d9", "no_engagement": "#f3c98b", "negative": "#c05a00"}


def plot_impact(
    frame: pd.DataFrame, names: dict[str, str], x_label: str = "% of those who received the response"
) -> plt.Figure:
    """Shares of each impact, right of the middle where the response did some good, left where it did not.

    Parameters
    ----------
    frame : one row a share: label (the response, in words), impact (positive, mixed, none, no_engagement or
        negative), value (percent), and where known n (recipients). Responses are drawn in order of
        appearance.
    names : the words for each impact, from the codebook.
    x_label : name of the axis.

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> rows = {"label": "Police", "impact": ["positive", "negative"], "value": [12.9, 32.3], "n": 31}
    >>> fig = plot_impact(pd.DataFrame(rows), {"positive": "Positive", "negative": "Negative"})
    >>> fig.axes[0].get_yticklabels()[0].get_text()
    'Police (31)'
    """
    labels = list(dict.fromkeys(frame["label"]))
    shares = frame.pivot(index="label", columns="impact", values="value").reindex(labels).fillna(0)
    fig, ax = plt.subplots(figsize=(7.2, 1.2 + 0.36 * len(labels)))
    for side, colours in ((1, RIGHT), (-1, LEFT)):
        start = pd.Series(0.0, labels)
        for impact, colour in colours.items():
            if impact not in shares:
                continue
            bars = ax.barh(
                range(len(labels)),
                side * shares[impact],
                left=start,
                color=colour,
                height=0.68,
                label=names[impact],
                edgecolor="white",
                linewidth=0.8,
            )
            ink = "white" if impact in {"positive", "negative"} else INK
            texts = [rounded(share) if round_half_up(share, 1) >= 6 else "" for share in shares[impact]]
            ax.bar_label(bars, texts, label_type="center", color=ink, fontsize=8.5)
            start = start + side * shares[impact]
    counts = frame.drop_duplicates("label").set_index("label")["n"] if "n" in frame else {}
    names_and_counts = [f"{label} ({counts[label]:.0f})" if label in counts else label for label in labels]
    ax.set(yticks=range(len(labels)), yticklabels=names_and_counts, xlim=(-100, 100), xlabel=x_label)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(lambda tick, _: f"{abs(tick):.0f}")
    ax.axvline(0, color=INK, linewidth=0.9)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3, handlelength=1.1)
    return fig
