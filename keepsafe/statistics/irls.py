"""Logistic maximum likelihood on arrays, compiled: for loops over thousands of fits."""

import math

import numpy as np
from numba import njit

ROWS = 128  # rows handled at a time: 26 columns of them stay in the processor's first cache
STEPS, EXACT = 25, 1e-16  # Newton steps at most, and the decrement at which they end
SINGULAR = 1e-11  # a pivot below this share of its diagonal means that the column depends on the others
NOISE = 1e-9, 1e-12  # what rounding may add to a deviance: absolute, and relative for very many rows
FAST = {"reassoc", "contract", "nsz"}  # sums may be taken in any order; nan and infinity keep their meaning


@njit(cache=True)
def sweep(A, k, diagonal):
    """Sweep a symmetric matrix on pivot k, in place; False, and no change, where the pivot vanishes.

    Sweeping every index inverts the matrix; sweeping some of them inverts that block and leaves the
    Schur complement of the others (Goodnight 1979, The American Statistician 33:149-158).
    """
    d = A[k, k]
    if not d > SINGULAR * diagonal:
        return False
    m = A.shape[0]
    for j in range(m):
        A[k, j] /= d
    for i in range(m):
        if i != k:
            a = A[i, k]
            if a != 0.0:
                for j in range(m):
                    A[i, j] -= a * A[k, j]
            A[i, k] = -a / d
    A[k, k] = 1.0 / d
    return True


@njit(cache=True, fastmath=FAST)
def likelihood(X, y, cols, b, offset, H, g):
    """-2 log likelihood of the columns `cols` at b; fills the score g and the information H, if not empty."""
    n, m = y.size, cols.size
    Z = np.empty((m, ROWS))
    eta, work = np.empty(ROWS), np.empty(ROWS)
    deviance = 0.0
    g[:] = 0.0
    H[:] = 0.0
    for start in range(0, n, ROWS):
        size = min(ROWS, n - start)
        if offset.size:
            for i in range(size):
                eta[i] = offset[start + i]
        else:
            eta[:] = 0.0
        for j in range(m):
            c, bj = cols[j], b[j]
            for i in range(size):
                Z[j, i] = X[start + i, c]
                eta[i] += bj * Z[j, i]
        block = 0.0  # summed apart: a million small terms added to a large one lose digits
        for i in range(size):
            t = math.exp(-abs(eta[i]))
            block += 2.0 * (math.log1p(t) + max(eta[i], 0.0) - y[start + i] * eta[i])
            p = 1.0 / (1.0 + t)
            if eta[i] < 0.0:
                p = t * p
            eta[i] = y[start + i] - p
            work[i] = t / ((1.0 + t) * (1.0 + t))
        deviance += block
        if g.size:
            for j in range(m):
                s = 0.0
                for i in range(size):
                    s += Z[j, i] * eta[i]
                g[j] += s
        if H.size:
            for j in range(m):
                for i in range(size):
                    eta[i] = work[i] * Z[j, i]
                for k in range(j + 1):
                    s = 0.0
                    for i in range(size):
                        s += eta[i] * Z[k, i]
                    H[j, k] += s
    if H.size:
        for j in range(m):
            for k in range(j):
                H[k, j] = H[j, k]
    return deviance


@njit(cache=True, nogil=True)
def fit_columns(X, y, cols, start, offset, max_iter, tol):
    """`fit` for some of the columns of X, from a given start; no offset where that is empty."""
    m = cols.size
    b, g, H = start.copy(), np.empty(m), np.empty((m, m))
    step, diagonal, V = np.zeros(m), np.empty(m), np.full((m, m), np.nan)
    deviance = likelihood(X, y, cols, b, offset, H, g)
    for _ in range(max_iter):
        for k in range(m):
            diagonal[k] = H[k, k]
        for k in range(m):
            if not sweep(H, k, diagonal[k]):
                return b, V, deviance, False
        decrement = 0.0
        for j in range(m):
            step[j] = 0.0
            for k in range(m):
                step[j] += H[j, k] * g[k]
            decrement += step[j] * g[j]
        if decrement < tol:
            return b + step, H, deviance, True
        V, H = H, V
        scale = 1.0
        for _ in range(30):
            trial = b + scale * step
            new = likelihood(X, y, cols, trial, offset, H, g)
            if new <= deviance + NOISE[0] + NOISE[1] * deviance:
                break
            scale *= 0.5
        b, deviance = trial, new
    return b, V, deviance, False


def fit(X, y, start=None, max_iter=STEPS, tol=EXACT, offset=None):
    """Logistic regression of y on the columns of X by Newton's method with step halving.

    Parameters
    ----------
    X : n x p array, any number type, with a column of ones where an intercept is wanted.
    y : n array of 0 and 1 (float).
    start : p array to start from; zeros where None.
    max_iter : Newton steps at most.
    tol : stop when the Newton decrement g'Vg falls below this (1e-16: the last step is 1e-8 standard errors).
    offset : n array added to the linear predictor with its coefficient held at 1.

    Returns
    -------
    b (p), V (p x p, the covariance; nan where the columns are collinear), deviance (-2 log likelihood),
    converged (False under separation from a start at zeros, collinearity, or too few steps).

    Examples
    --------
    >>> X = np.column_stack([np.ones(8), [0, 0, 0, 0, 1, 1, 1, 1]])
    >>> b, V, deviance, converged = fit(X, np.array([1.0, 0, 0, 0, 1, 1, 1, 0]))
    >>> converged, round(float(np.exp(b[1])), 6)
    (True, 9.0)
    """
    p = X.shape[1]
    start = np.zeros(p) if start is None else np.array(start, float)
    offset = np.zeros(0) if offset is None else np.array(offset, float)
    return fit_columns(np.ascontiguousarray(X), y, np.arange(p), start, offset, max_iter, tol)


@njit(cache=True)
def estimable(X, y):
    """The columns that do not depend on those before them."""
    p = X.shape[1]
    H, g, free = np.empty((p, p)), np.empty(p), np.zeros(p, np.bool_)
    likelihood(X, y, np.arange(p), np.zeros(p), np.zeros(0), H, g)
    diagonal = np.empty(p)
    for k in range(p):
        diagonal[k] = H[k, k]
    for k in range(p):
        free[k] = sweep(H, k, diagonal[k])
    return free
