"""Models fitted, compiled: one followed through a search, and backward elimination, the check that it ends well.

An exchange between two persons changes the scores s of the columns in the model by a few products, and the
fit moves to about b + A s. A column u outside the model would enter with z = (s_u - I_un A s_n) / sqrt(I_uu -
I_un A I_nu).
"""

import math
from collections import namedtuple

import numpy as np
from numba import njit

from keepsafe.statistics.irls import fit_columns
from keepsafe.synthesis.walks import on_grid

SIZE_WEIGHT = 30.0
LARGEST_FIT = 25.0  # coefficients beyond this mean that the model separates
REMOVAL = 0.10  # p above which elimination removes
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


@njit(cache=True)
def chance(x, df):
    """The upper tail of a chi-square with a whole number of degrees of freedom."""
    x = max(x, 0.0)
    if df % 2:
        p, term, k = math.erfc(math.sqrt(x / 2)), math.sqrt(2 * x / math.pi) * math.exp(-x / 2), 1
    else:
        p, term, k = math.exp(-x / 2), x / 2 * math.exp(-x / 2), 2
    while k < df:
        p += term
        k += 2
        term *= x / k
    return p


@njit(cache=True)
def eliminate(X, y, term, removal=REMOVAL):
    """Remove the term with the largest p of its likelihood ratio until all are at most `removal`; column 0 always
    stays.

    Parameters
    ----------
    term : the term of each column of X, from 0; the columns of one, such as a category's, go together.

    Returns
    -------
    The columns kept, their coefficients and standard errors, their terms' likelihood-ratio statistics and p.
    """
    none = np.zeros(0)
    cols = np.arange(X.shape[1])
    b, V, deviance, _ = fit_columns(X, y, cols, np.zeros(cols.size), none, 60, 1e-12)
    while True:
        ratio, p = np.full(cols.size, np.inf), np.full(cols.size, -1.0)
        for k in range(1, cols.size):
            if term[cols[k]] == term[cols[k - 1]]:
                ratio[k], p[k] = ratio[k - 1], p[k - 1]
                continue
            own = term[cols] == term[cols[k]]
            rest, df = cols[~own], own.sum()
            start = b - V[:, k] * b[k] / V[k, k]
            _, _, less, converged = fit_columns(X, y, rest, start[~own], none, 60, 1e-12)
            if not converged:
                _, _, less, _ = fit_columns(X, y, rest, np.zeros(rest.size), none, 60, 1e-12)
            ratio[k] = on_grid(less - deviance)
            p[k] = chance(ratio[k], df)
        worst = np.argmax(p)
        if cols.size == 1 or p[worst] <= removal:
            se = np.array([math.sqrt(V[k, k]) for k in range(cols.size)])
            return cols, b, se, ratio, p
        cols = cols[term[cols] != term[cols[worst]]]
        b, V, deviance, _ = fit_columns(X, y, cols, np.zeros(cols.size), none, 60, 1e-12)
