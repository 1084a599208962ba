"""Synthetic case files from a report's printed figures: exact on the tables, calibrated to the models."""

from keepsafe.synthesis.making import synthesise

__all__ = ["synthesise"]
