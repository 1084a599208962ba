"""One model followed through a search: its fit, and how far one Newton step from it is from what is claimed.

An exchange between two persons changes the scores s of the columns in the model by a few products, and the
fit moves to about b + A s. A column u outside the model would enter with z = (s_u - I_un A s_n) / sqrt(I_uu -
I_un A I_nu).
"""

import math
from collections import namedtuple

import numpy as np
from numba import njit

from keepsafe.irls import fit_columns

SIZE_WEIGHT = 30.0
LARGEST_FIT = 25.0  # coefficients beyond this mean that the model separates
UNFIT = 1e6  # the penalty of a model that cannot be fitted

#: What is claimed, models x ...: columns in and outside the model, how many; sign, bounds of the log odds
#: ratio and of |z| of those in it; bounds of z of those outside.
Claimed = namedtuple("Claimed", "named n_named outside n_outside sign size z cap")
#: What is kept of each model's fit, models x ...: coefficients, their covariance, I_un, the root of I_uu -
#: I_un A I_nu, residuals of persons, scores of all columns (those in the model first).
Fits = namedtuple("Fits", "b A cross spread residual score")


@njit(cache=True)
def refit(X, y, m, claimed, fits):
    """Fit model m anew and fill what is kept of it; False, and nothing changed, where columns are collinear.

    Where the model separates, three steps from zero stand in for the fit: a place from which the search gets
    away.
    """
    n, k, j = X.shape[0], claimed.n_named[m], claimed.n_outside[m]
    cols, outside = claimed.named[m, :k].copy(), claimed.outside[m]
    none = np.zeros(0)
    b, A, _, converged = fit_columns(X, y, cols, fits.b[m, :k].copy(), none, 30, 1e-10)
    if not converged or np.abs(b).max() > LARGEST_FIT:
        b, A, _, converged = fit_columns(X, y, cols, np.zeros(k), none, 3, 1e-10)
    if not np.isfinite(A).all():
        return False
    fits.b[m, :k] = b
    fits.A[m, :k, :k] = A
    fits.score[m, :] = 0.0
    cross, own = fits.cross[m], np.zeros(j)
    cross[:, :] = 0.0
    for i in range(n):
        eta = 0.0
        for c in range(k):
            eta += X[i, cols[c]] * b[c]
        p = 1.0 / (1.0 + math.exp(-eta))
        w = p * (1.0 - p)
        fits.residual[m, i] = y[i] - p
        for c in range(k):
            fits.score[m, c] += X[i, cols[c]] * (y[i] - p)
        for u in range(j):
            x = X[i, outside[u]]
            if x != 0.0:
                fits.score[m, k + u] += x * (y[i] - p)
                own[u] += w * x * x
                for c in range(k):
                    cross[u, c] += w * x * X[i, cols[c]]
    for u in range(j):
        explained = 0.0
        for c in range(k):
            for d in range(k):
                explained += cross[u, c] * A[c, d] * cross[u, d]
        fits.spread[m, u] = math.sqrt(max(own[u] - explained, 1e-6))
    return True


@njit(cache=True)
def outside_by(value, low, high):
    """How far a value lies outside its bounds."""
    return max(low - value, 0.0) + max(value - high, 0.0)


@njit(cache=True)
def penalty(score, m, claimed, fits):
    """How far model m is from its claims at these scores, after one Newton step from its fit; 0 where all
    hold."""
    k, j = claimed.n_named[m], claimed.n_outside[m]
    A, cross = fits.A[m], fits.cross[m]
    total, step = 0.0, np.zeros(k)
    for c in range(k):
        for d in range(k):
            step[c] += A[c, d] * score[d]
    for c in range(1, k):
        if A[c, c] <= 0.0:
            return UNFIT
        value, se = fits.b[m, c] + step[c], math.sqrt(A[c, c])
        gap = outside_by(value, claimed.size[m, c, 0], claimed.size[m, c, 1]) / se
        total += SIZE_WEIGHT * gap * gap
        gap = outside_by(claimed.sign[m, c] * value / se, claimed.z[m, c, 0], claimed.z[m, c, 1])
        total += gap * gap
    for u in range(j):
        s = score[k + u]
        for c in range(k):
            s -= cross[u, c] * step[c]
        gap = outside_by(s / fits.spread[m, u], claimed.cap[m, u, 0], claimed.cap[m, u, 1])
        total += gap * gap
    return total
