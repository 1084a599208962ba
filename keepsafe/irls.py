"""Logistic maximum likelihood on arrays, compiled: one fit, and backward elimination made of many.

An elimination needs the likelihood ratio of every term in every step. Three facts save most of the work, and none
of them is an approximation. Leaving a term out starts from b - V_T V_TT^-1 b_T, which one sweep gives. A point and
its Newton direction bound the deviance from above and, by convex duality, from below, so a term is settled as soon
as its bounds are. And leaving out more can only raise the deviance, so a lower bound holds for all later steps.
"""

import math

import numpy as np
from numba import njit

LR, WALD, CONDITIONAL = 0, 1, 2
ROWS = 128  # rows handled at a time: 26 columns of them stay in the processor's first cache
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
    row = A[k].copy() / d
    for i in range(m):
        if i != k:
            a = A[i, k]
            if a != 0.0:
                for j in range(m):
                    A[i, j] -= a * row[j]
            A[i, k] = -a / d
    A[k, :] = row
    A[k, k] = 1.0 / d
    return True


@njit(cache=True, fastmath=FAST)
def likelihood(X, y, cols, b, offset, order, H, g):
    """-2 log likelihood of the columns `cols` at b; fills the score g (order > 0) and information H (order 2)."""
    n, m = y.size, cols.size
    Z = np.empty((m, ROWS))
    eta, work = np.empty(ROWS), np.empty(ROWS)
    deviance = 0.0
    if order > 0:
        g[:] = 0.0
    if order > 1:
        H[:, :] = 0.0
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
        if order > 0:
            for j in range(m):
                s = 0.0
                for i in range(size):
                    s += Z[j, i] * eta[i]
                g[j] += s
        if order > 1:
            for j in range(m):
                for i in range(size):
                    eta[i] = work[i] * Z[j, i]
                for k in range(j + 1):
                    s = 0.0
                    for i in range(size):
                        s += eta[i] * Z[k, i]
                    H[j, k] += s
    if order > 1:
        for j in range(m):
            for k in range(j):
                H[k, j] = H[j, k]
    return deviance


@njit(cache=True)
def fit_columns(X, y, cols, start, offset, max_iter, tol):
    """`fit` for some of the columns of X, from a given start."""
    m = cols.size
    b, g, H = start.copy(), np.empty(m), np.empty((m, m))
    step, V = np.zeros(m), np.full((m, m), np.nan)
    deviance = likelihood(X, y, cols, b, offset, 2, H, g)
    for _ in range(max_iter):
        diagonal = np.diag(H).copy()
        for k in range(m):
            if not sweep(H, k, diagonal[k]):
                return b, V, deviance, False
        for j in range(m):
            step[j] = 0.0
            for k in range(m):
                step[j] += H[j, k] * g[k]
        decrement = 0.0
        for j in range(m):
            decrement += step[j] * g[j]
        if decrement < tol:
            return b + step, H, deviance, True
        V[:, :] = H
        scale = 1.0
        for _ in range(30):
            trial = b + scale * step
            new = likelihood(X, y, cols, trial, offset, 2, H, g)
            if new <= deviance + NOISE[0] + NOISE[1] * deviance:
                break
            scale *= 0.5
        b, deviance = trial, new
    return b, V, deviance, False


@njit(cache=True)
def fit(X, y, start=None, max_iter=25, tol=1e-16, offset=None):
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
    converged (False under separation, collinearity, or too few steps).

    Examples
    --------
    >>> X = np.column_stack([np.ones(8), [0, 0, 0, 0, 1, 1, 1, 1]])
    >>> b, V, deviance, converged = fit(X, np.array([1.0, 0, 0, 0, 1, 1, 1, 0]))
    >>> bool(converged), round(float(np.exp(b[1])), 6)
    (True, 9.0)
    """
    p = X.shape[1]
    b = np.zeros(p) if start is None else start.astype(np.float64)
    shift = np.zeros(0) if offset is None else offset.astype(np.float64)
    return fit_columns(X, y, np.arange(p), b, shift, max_iter, tol)


@njit(cache=True)
def chi2_sf(x, df):
    """Upper tail of the chi-square distribution with a whole number of degrees of freedom."""
    half = max(x, 0.0) / 2.0
    total, k = (math.erfc(math.sqrt(half)), 1) if df % 2 else (math.exp(-half), 2)
    while k < df:
        total += half ** (k / 2.0) * math.exp(-half) / math.gamma(k / 2.0 + 1.0)
        k += 2
    return total


@njit(cache=True)
def weights(X, cols, b):
    """p(1 - p) of every row at b."""
    w = np.empty(X.shape[0])
    for i in range(w.size):
        eta = 0.0
        for j in range(cols.size):
            eta += b[j] * X[i, cols[j]]
        t = math.exp(-abs(eta))
        w[i] = t / ((1.0 + t) * (1.0 + t))
    return w


@njit(cache=True)
def duality_gap(X, cols, b, step, w):
    """How far, at most, the log likelihood at b lies below its maximum.

    With V = (X'WX)^-1 and step = V X'(y - p), the residuals of a = p + W X step are orthogonal to X, so a is feasible
    for the dual problem; the gap is the Kullback-Leibler divergence of a from p, here bounded by chi-square.
    """
    gap = 0.0
    for i in range(w.size):
        eta, s = 0.0, 0.0
        for j in range(cols.size):
            x = X[i, cols[j]]
            eta += b[j] * x
            s += step[j] * x
        t = math.exp(-abs(eta))
        p, v = 1.0 / (1.0 + t), t / ((1.0 + t) * (1.0 + t))
        if eta < 0.0:
            p = t * p
        move = w[i] * s
        if not 0.0 < p + move < 1.0:
            return np.inf
        gap += move * move / v
    return gap


@njit(cache=True)
def removal(X, y, cols, out, b, V, w, deviance, statistic, settle):
    """The test of leaving out the columns marked in `out`, from the fit (b, V, deviance, weights w) with all `cols`.

    Stops early, with a lower bound of the statistic, once p is sure to be below `settle`.
    Returns the statistic, its p, and the coefficients of the model without the columns.
    """
    m, df = cols.size, out.sum()
    A = np.zeros((m + 1, m + 1))
    A[:m, :m] = V
    A[:m, m] = b
    A[m, :m] = b
    for k in range(m):
        if out[k]:
            sweep(A, k, V[k, k])
    if statistic == WALD:
        return -A[m, m], chi2_sf(-A[m, m], df), A[:m, m][~out]
    rest = np.flatnonzero(~out)
    sub, start = cols[rest], A[:m, m][~out]
    none, g, H = np.zeros(0), np.empty(rest.size), np.empty((0, 0))
    if statistic == CONDITIONAL:
        change = likelihood(X, y, sub, start, none, 0, H, g) - deviance
        return change, chi2_sf(change, df), start
    point, last = start, np.inf
    for _ in range(20):
        new = likelihood(X, y, sub, point, none, 1, H, g)
        if not new <= last + NOISE[0] + NOISE[1] * deviance:
            break
        last = new
        step = np.zeros(rest.size)
        for j in range(rest.size):
            for k in range(rest.size):
                step[j] += A[rest[j], rest[k]] * g[k]
        gap = 2.0 * duality_gap(X, sub, point, step, w)
        p = chi2_sf(new - gap - deviance, df)
        if gap < 1e-9 or p < settle:
            return max(new - min(gap, new) - deviance, 0.0), p, point
        point = point + step
    b_sub, _, new, _ = fit_columns(X, y, sub, start, none, 30, 1e-11)
    return max(new - deviance, 0.0), chi2_sf(new - deviance, df), b_sub


@njit(cache=True)
def score_test(X, y, cols, enter, b):
    """Rao's score test of adding the columns `enter` to the model with `cols` at its estimate b."""
    both = np.concatenate((cols, enter))
    m, q = cols.size, both.size
    H, g = np.empty((q, q)), np.empty(q)
    likelihood(X, y, both, np.concatenate((b, np.zeros(enter.size))), np.zeros(0), 2, H, g)
    A = np.zeros((q + 1, q + 1))
    A[:q, :q] = H
    A[:q, q] = g
    A[q, :q] = g
    df = 0
    for k in range(q):
        if sweep(A, k, H[k, k]) and k >= m:
            df += 1
    return -A[q, q], chi2_sf(-A[q, q], max(df, 1))


@njit(cache=True)
def estimable(X, y):
    """The columns that do not depend on those before them."""
    p = X.shape[1]
    H, g, zero = np.empty((p, p)), np.empty(p), np.zeros(p)
    likelihood(X, y, np.arange(p), zero, np.zeros(0), 2, H, g)
    diagonal = np.diag(H).copy()
    free = np.zeros(p, np.bool_)
    for k in range(p):
        free[k] = sweep(H, k, diagonal[k])
    return free


@njit(cache=True)
def eliminate(X, y, terms, statistic=LR, p_remove=0.10, p_enter=0.0):
    """Backward elimination, with re-entry where p_enter > 0, in the order that SPSS documents for BSTEP.

    The term with the largest p above p_remove leaves and the model is refitted, until none does; then the term
    outside with the smallest score-test p below p_enter enters; it ends when nothing moves or a model repeats.

    Parameters
    ----------
    X, y : as in `fit`; columns that depend on earlier ones are left out, and count for nothing in their term.
    terms : for each column its term, 1, 2, ...; 0 stays in whatever happens (the intercept).
    statistic : LR, WALD or CONDITIONAL.
    p_remove, p_enter : thresholds.

    Returns
    -------
    moves (k x 4: term, with a minus sign on removal; statistic; p; deviance afterwards), inside (a flag a column),
    b (p; 0 outside), V (p x p; 0 outside), deviance, converged (of the last model).
    """
    n_terms, none = terms.max(), np.zeros(0)
    free = estimable(X, y)
    inside = free.copy()
    cols = np.flatnonzero(inside)
    b, V, deviance, converged = fit_columns(X, y, cols, np.zeros(cols.size), none, 25, 1e-16)
    floor = np.full(n_terms + 1, -np.inf)  # what the deviance must reach without the term
    moves, past = np.empty((4 * n_terms + 4, 4)), np.zeros((4 * n_terms + 5, X.shape[1]), np.bool_)
    past[0] = inside
    made = 0
    while made < moves.shape[0]:
        mine = terms[cols]
        w = weights(X, cols, b)
        wald_p = np.full(n_terms + 1, -1.0)
        for t in range(1, n_terms + 1):
            if (mine == t).any():
                wald_p[t] = removal(X, y, cols, mine == t, b, V, w, deviance, WALD, 0.0)[1]
        chosen, statistic_chosen, p_chosen, b_new = 0, 0.0, p_remove, b
        for t in np.argsort(-wald_p):
            if wald_p[t] < 0.0:
                break
            df = (mine == t).sum()
            if statistic == LR and chi2_sf(floor[t] - deviance, df) < p_chosen:
                continue
            change, p, b_sub = removal(X, y, cols, mine == t, b, V, w, deviance, statistic, p_chosen)
            if statistic == LR:
                floor[t] = max(floor[t], deviance + change)
            if p > p_chosen:
                chosen, statistic_chosen, p_chosen, b_new = -t, change, p, b_sub
        if chosen == 0 and p_enter > 0.0:
            p_chosen = p_enter
            for t in range(1, n_terms + 1):
                enter = np.flatnonzero((terms == t) & free)
                if enter.size and wald_p[t] < 0.0:
                    change, p = score_test(X, y, cols, enter, b)
                    if p < p_chosen:
                        chosen, statistic_chosen, p_chosen = t, change, p
        if chosen == 0:
            break
        start = np.zeros(X.shape[1])
        if chosen < 0:
            start[cols[mine != -chosen]] = b_new
            inside = inside & (terms != -chosen)
        else:
            start[cols] = b
            inside = inside | ((terms == chosen) & free)
            floor[:] = -np.inf
        repeated = False
        for k in range(made + 1):
            repeated = repeated or (past[k] == inside).all()
        if repeated:
            inside = past[made]
            break
        past[made + 1] = inside
        cols = np.flatnonzero(inside)
        b, V, deviance, converged = fit_columns(X, y, cols, start[cols], none, 25, 1e-16)
        if not converged:
            b, V, deviance, converged = fit_columns(X, y, cols, np.zeros(cols.size), none, 25, 1e-16)
        moves[made] = np.array([float(chosen), statistic_chosen, p_chosen, deviance])
        made += 1
    b_all, V_all = np.zeros(X.shape[1]), np.zeros((X.shape[1], X.shape[1]))
    b_all[cols] = b
    for j in range(cols.size):
        V_all[cols[j], cols] = V[j]
    return moves[:made], inside, b_all, V_all, deviance, converged
