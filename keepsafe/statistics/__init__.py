"""Comparisons of groups, logistic models, agreement of coders, and the intervals of each."""
