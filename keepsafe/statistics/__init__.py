"""Comparisons, models, agreement and intervals."""
