"""Logistic regression: one fit, what to look at before it, backward elimination, and how stable its choice is."""

from keepsafe.logistic.chained import impute
from keepsafe.logistic.design import Design, make_design
from keepsafe.logistic.exposure import simulate_exposure
from keepsafe.logistic.firth import firth
from keepsafe.logistic.fit import LogisticFit, fit_design, fit_logistic
from keepsafe.logistic.guards import guards
from keepsafe.logistic.imputation import fit_imputed, pool, unknown_as_missing
from keepsafe.logistic.lasso import lasso
from keepsafe.logistic.selection import Selection, backward_elimination
from keepsafe.logistic.specification import specification_curve
from keepsafe.logistic.stability import Stability, bootstrap_selection

__all__ = [
    "Design", "LogisticFit", "Selection", "Stability", "backward_elimination", "bootstrap_selection", "firth",
    "fit_design", "fit_imputed", "fit_logistic", "guards", "impute", "lasso", "make_design", "pool",
    "simulate_exposure", "specification_curve", "unknown_as_missing",
]  # fmt: skip
