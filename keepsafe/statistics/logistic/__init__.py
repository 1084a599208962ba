"""Logistic regression: one fit, what to look at before it, backward elimination, and how stable its choice is."""

from keepsafe.statistics.logistic.chained import impute
from keepsafe.statistics.logistic.design import Design, make_design
from keepsafe.statistics.logistic.exposure import simulate_exposure
from keepsafe.statistics.logistic.family import odds_ratios_over, over_family
from keepsafe.statistics.logistic.firth import firth
from keepsafe.statistics.logistic.fit import LogisticFit, fit_design, fit_logistic
from keepsafe.statistics.logistic.guards import guards
from keepsafe.statistics.logistic.imputation import fit_imputed, pool, unknown_as_missing
from keepsafe.statistics.logistic.known_truth import by_effect, known_truth
from keepsafe.statistics.logistic.lasso import lasso
from keepsafe.statistics.logistic.selection import Selection, backward_elimination
from keepsafe.statistics.logistic.specification import specification_curve, times_kept
from keepsafe.statistics.logistic.stability import Stability, bootstrap_selection

__all__ = [
    "Design", "LogisticFit", "Selection", "Stability", "backward_elimination", "bootstrap_selection", "by_effect",
    "firth", "fit_design", "fit_imputed", "fit_logistic", "guards", "impute", "known_truth", "lasso", "make_design",
    "odds_ratios_over", "over_family", "pool", "simulate_exposure", "specification_curve", "times_kept",
    "unknown_as_missing",
]  # fmt: skip
