"""Logistic regression: one fit, what to look at before it, backward elimination, and how stable its choice is."""

from keepsafe.logistic.chained import impute
from keepsafe.logistic.design import Design, make_design
from keepsafe.logistic.exposure import simulate_exposure
from keepsafe.logistic.family import odds_ratios_over, over_family
from keepsafe.logistic.firth import firth
from keepsafe.logistic.fit import LogisticFit, fit_design, fit_logistic
from keepsafe.logistic.guards import guards
from keepsafe.logistic.imputation import fit_imputed, pool, unknown_as_missing
from keepsafe.logistic.known_truth import by_effect, known_truth
from keepsafe.logistic.lasso import lasso
from keepsafe.logistic.selection import Selection, backward_elimination
from keepsafe.logistic.specification import specification_curve, times_kept
from keepsafe.logistic.stability import Stability, bootstrap_selection

__all__ = [
    "Design", "LogisticFit", "Selection", "Stability", "backward_elimination", "bootstrap_selection", "by_effect",
    "firth", "fit_design", "fit_imputed", "fit_logistic", "guards", "impute", "known_truth", "lasso", "make_design",
    "odds_ratios_over", "over_family", "pool", "simulate_exposure", "specification_curve", "times_kept",
    "unknown_as_missing",
]  # fmt: skip
