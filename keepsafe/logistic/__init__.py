"""Logistic regression: one fit, what to look at before it, backward elimination, and how stable its choice is."""

from keepsafe.logistic.design import Design, make_design
from keepsafe.logistic.fit import LogisticFit, fit_design, fit_logistic
from keepsafe.logistic.guards import guards
from keepsafe.logistic.selection import Selection, backward_elimination

__all__ = ["Design", "LogisticFit", "Selection", "backward_elimination", "fit_design", "fit_logistic", "guards", "make_design"]
