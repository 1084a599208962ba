"""Figures with words beside them, and the plots that several chapters share."""

from keepsafe.figures.display import Figure, figure
from keepsafe.figures.flow import plot_flow
from keepsafe.figures.forest import plot_forest
from keepsafe.figures.frames import dots, told
from keepsafe.figures.impact import plot_impact
from keepsafe.figures.proportions import plot_proportions
from keepsafe.figures.specifications import plot_specifications
from keepsafe.figures.style import PALETTE, PUBLISHED, apply_style
from keepsafe.figures.verdicts import plot_verdicts

__all__ = [
    "PALETTE",
    "PUBLISHED",
    "Figure",
    "apply_style",
    "figure",
    "plot_flow",
    "plot_forest",
    "plot_impact",
    "plot_proportions",
    "plot_specifications",
    "plot_verdicts",
    "dots",
    "told",
]
