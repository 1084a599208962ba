"""Backward elimination on a cohort, compiled: the check that a calibrated cohort says what the claims say."""

import math

import numpy as np
from numba import njit

from keepsafe.irls import fit_columns
from keepsafe.synthesis.metropolis import on_grid

LR_10 = 2.705543454095404  # chi-square with one degree of freedom, upper 10 %


@njit(cache=True)
def eliminate(X, y, critical=LR_10):
    """Remove the column with the smallest likelihood ratio until all ratios exceed `critical`; column 0
    always stays.

    Returns
    -------
    The columns kept, their coefficients and standard errors, and their likelihood-ratio statistics.
    """
    none = np.zeros(0)
    cols = np.arange(X.shape[1])
    b, V, deviance, _ = fit_columns(X, y, cols, np.zeros(cols.size), none, 60, 1e-12)
    while True:
        ratio = np.full(cols.size, np.inf)
        for k in range(1, cols.size):
            rest = np.concatenate((cols[:k], cols[k + 1 :]))
            start = b - V[:, k] * b[k] / V[k, k]
            start = np.concatenate((start[:k], start[k + 1 :]))
            _, _, less, converged = fit_columns(X, y, rest, start, none, 60, 1e-12)
            if not converged:
                _, _, less, _ = fit_columns(X, y, rest, np.zeros(rest.size), none, 60, 1e-12)
            ratio[k] = on_grid(less - deviance)
        worst = np.argmin(ratio)
        if cols.size == 1 or ratio[worst] > critical:
            se = np.array([math.sqrt(V[k, k]) for k in range(cols.size)])
            return cols, b, se, ratio
        cols = np.concatenate((cols[:worst], cols[worst + 1 :]))
        b, V, deviance, _ = fit_columns(X, y, cols, np.zeros(cols.size), none, 60, 1e-12)
