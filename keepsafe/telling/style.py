"""Look of every plot: colours that colour-blind readers and grey print tell apart, nothing superfluous."""

import warnings

import seaborn.objects as so
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib import rcParams

from keepsafe.telling import lettering

INK = "#222222"
SOFT = "#555555"
FAINT = "#b8b8b8"
# Okabe and Ito (2008), ordered so that neighbours differ in lightness too.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")
# How a figure of the 2019 report is marked wherever it stands beside a recomputed one.
PUBLISHED = {"marker": "|", "s": 160, "linewidths": 2.2, "color": INK, "zorder": 4}


def apply_style() -> None:
    """Set matplotlib's defaults, which seaborn follows: font, palette, quiet axes, byte-stable files."""
    lettering.install()
    rcParams.update(
        {
            "font.family": lettering.families(),
            "text.parse_math": False,  # a dollar sign in a label is a dollar sign
            "font.size": 10.5,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.labelsize": 10.5,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.prop_cycle": cycler(color=PALETTE),
            "axes.edgecolor": FAINT,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.grid": False,
            "grid.color": "#e4e4e4",
            "grid.linewidth": 0.8,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "xtick.major.size": 0,
            "ytick.major.size": 0,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "figure.figsize": (7.2, 4.2),
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "svg.hashsalt": "keepsafe",
            "svg.fonttype": "none",
        }
    )


def draw(plot: so.Plot, ax: plt.Axes) -> None:
    """Draw a plot of seaborn's objects on axes, in this style; how seaborn 0.13 calls pandas is no reader's concern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        plot.theme(rcParams).label(x="", y="").on(ax).plot()
