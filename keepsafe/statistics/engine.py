"""Logistic maximum likelihood and backward elimination on arrays, compiled: for loops over thousands of fits.

An elimination needs the likelihood ratio of every term in every step. Three facts save most of the work, and none
of them is an approximation. Leaving a term out starts from b - V_T V_TT^-1 b_T, which one sweep gives. A point and
its Newton direction bound the deviance from above and, by convex duality, from below, so a term is settled as soon
as its bounds are. And leaving out more can only raise the deviance, so a lower bound holds for all later steps.

Rows that are equal in all columns may be given once: `trials` is then how many there are of each, and y how many of
them are cases. Where `trials` is empty each row is one.

No decision hangs on the last bits of a number, which differ between processors and between orders of the rows: two
terms whose p-values are as good as equal are tied, and of these the one that was named first moves.

Longer than 300 lines: compiled functions that call one another stand in one file, for a compiled function is kept until
its own file changes, whatever becomes of those that it calls.
"""

import math

import numpy as np
from numba import njit

ROWS = 128  # rows handled at a time: 26 columns of them stay in the processor's first cache
STEPS, EXACT = 25, 1e-16  # Newton steps at most, and the decrement at which they end
SINGULAR = 1e-11  # a pivot below this share of its diagonal means that the column depends on the others
NOISE = 1e-9, 1e-12  # what rounding may add to a deviance: absolute, and relative for very many rows
FAST = {"reassoc", "contract", "nsz"}  # sums may be taken in any order; nan and infinity keep their meaning
LR, WALD, CONDITIONAL = 0, 1, 2
PERFECT = 1e-3  # a deviance below this is a perfect fit: what is left of it is rounding
ONCE = np.zeros(0)  # of `trials`: each row is one
NOTHING = 1e-8  # a statistic below this is 0: what is left of it is rounding
TIED, AT_THRESHOLD = 1e-6, 1e-9  # p-values closer than this are equal: to each other, and to a threshold


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
def likelihood(X, y, trials, cols, b, offset, H, g):
    """-2 log likelihood of the columns `cols` at b; fills the score g and the information H, if not empty."""
    n, m = y.size, cols.size
    Z = np.empty((m, ROWS))
    eta, work, many = np.empty(ROWS), np.empty(ROWS), np.ones(ROWS)
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
        if trials.size:
            for i in range(size):
                many[i] = trials[start + i]
        for j in range(m):
            c, bj = cols[j], b[j]
            for i in range(size):
                Z[j, i] = X[start + i, c]
                eta[i] += bj * Z[j, i]
        block = 0.0  # summed apart: a million small terms added to a large one lose digits
        for i in range(size):
            t = math.exp(-abs(eta[i]))
            block += 2.0 * (many[i] * (math.log1p(t) + max(eta[i], 0.0)) - y[start + i] * eta[i])
            p = 1.0 / (1.0 + t)
            if eta[i] < 0.0:
                p = t * p
            eta[i] = y[start + i] - many[i] * p
            work[i] = many[i] * t / ((1.0 + t) * (1.0 + t))
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
def fit_columns(X, y, trials, cols, start, offset, max_iter, tol):
    """`fit` for some of the columns of X, from a given start; no offset where that is empty."""
    m = cols.size
    b, g, H = start.copy(), np.empty(m), np.empty((m, m))
    step, V = np.zeros(m), np.full((m, m), np.nan)
    deviance = likelihood(X, y, trials, cols, b, offset, H, g)
    for _ in range(max_iter):
        diagonal = np.diag(H)  # a copy: sweeping changes what is left
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
            new = likelihood(X, y, trials, cols, trial, offset, H, g)
            if new <= deviance + NOISE[0] + NOISE[1] * deviance:
                break
            scale *= 0.5
        b, deviance = trial, new
    return b, V, deviance, False


def fit(X, y, start=None, max_iter=STEPS, tol=EXACT, offset=None, trials=ONCE):
    """Logistic regression of y (0 and 1) on the columns of X, any numbers, by Newton's method with step halving.

    It begins at `start` (zeros where None) and ends when the Newton decrement g'Vg falls below `tol` (1e-16: the last
    step is 1e-8 standard errors); `offset` is added to the linear predictor with its coefficient held at 1; `trials` is
    how many each row stands for. Back come b (p), V (p x p, the covariance; nan where the columns are collinear), the
    deviance (-2 log likelihood), and whether it converged: not under separation from a start at zeros, collinearity,
    or too few steps.

    >>> X = np.column_stack([np.ones(8), [0, 0, 0, 0, 1, 1, 1, 1]])
    >>> b, V, deviance, converged = fit(X, np.array([1.0, 0, 0, 0, 1, 1, 1, 0]))
    >>> converged, round(float(np.exp(b[1])), 6)
    (True, 9.0)
    """
    p = X.shape[1]
    start = np.zeros(p) if start is None else np.array(start, float)
    offset = np.zeros(0) if offset is None else np.array(offset, float)
    return fit_columns(np.ascontiguousarray(X), y, trials, np.arange(p), start, offset, max_iter, tol)


@njit(cache=True)
def estimable(X, y, trials):
    """The columns that do not depend on those before them."""
    p = X.shape[1]
    H, g, free = np.empty((p, p)), np.empty(p), np.zeros(p, np.bool_)
    likelihood(X, y, trials, np.arange(p), np.zeros(p), np.zeros(0), H, g)
    diagonal = np.diag(H)
    for k in range(p):
        free[k] = sweep(H, k, diagonal[k])
    return free


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
def tested(statistic, df):
    """A statistic and its p; what is mathematically 0 is 0, with a p of 1."""
    statistic = statistic if statistic > NOTHING else 0.0
    return statistic, chi2_sf(statistic, df)


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
def duality_gap(X, trials, cols, b, step, w):
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
        if move != 0.0:  # where nothing moves, p may have reached 0 or 1
            if not 0.0 < p + move < 1.0 or v == 0.0:
                return np.inf
            gap += (trials[i] if trials.size else 1.0) * move * move / v
    return gap


@njit(cache=True)
def leave_out(b, V, out):
    """The columns marked in `out` swept from the covariance V of the estimate b, which is bordered by b.

    What is left of V is the covariance, and of b a one-step estimate, of the model without the columns; the corner
    becomes their Wald statistic with a minus sign, or the score statistic where score and information are given.
    """
    m = b.size
    A = np.zeros((m + 1, m + 1))
    for i in range(m):
        A[i, m] = A[m, i] = b[i]
        for j in range(m):
            A[i, j] = V[i, j]
    for k in range(m):
        if out[k]:
            sweep(A, k, V[k, k])
    return A


@njit(cache=True, nogil=True)
def removal(X, y, trials, cols, out, b, V, w, deviance, statistic, settle):
    """The test of leaving out the columns marked in `out`, from the fit (b, V, deviance, weights w) with all `cols`.

    Stops early, with a lower bound of the statistic, once p is sure to be below `settle`.
    Returns the statistic, its p, and the coefficients of the model without the columns.
    """
    m, df = cols.size, np.sum(out)
    A = leave_out(b, V, out)
    rest = np.flatnonzero(~out)
    sub, start = cols[rest], A[:, m][rest]
    if statistic == WALD:
        change, p = tested(-A[m, m], df)
        return change, p, start
    none, g, H = np.zeros(0), np.empty(rest.size), np.empty((0, 0))
    if statistic == CONDITIONAL:
        change, p = tested(likelihood(X, y, trials, sub, start, none, H, g) - deviance, df)
        return change, p, start
    point, step, last = start.copy(), np.empty(rest.size), np.inf
    for _ in range(20):
        new = likelihood(X, y, trials, sub, point, none, H, g)
        if not new <= last + NOISE[0] + NOISE[1] * deviance:
            break
        last = new
        for j in range(rest.size):
            step[j] = 0.0
            for k in range(rest.size):
                step[j] += A[rest[j], rest[k]] * g[k]
        gap = 2.0 * duality_gap(X, trials, sub, point, step, w)
        change, p = tested(new - min(gap, new) - deviance, df)
        if gap < 1e-10 or p < settle:
            return change, p, point
        point = point + step
    b_sub, _, new, _ = fit_columns(X, y, trials, sub, start, none, np.int64(STEPS), 1e-11)
    change, p = tested(new - deviance, df)
    return change, p, b_sub


@njit(cache=True)
def score_test(X, y, trials, cols, enter, b):
    """Rao's score test of adding the columns `enter` to the model with `cols` at its estimate b."""
    both, point = np.concatenate((cols, enter)), np.concatenate((b, np.zeros(enter.size)))
    H, g = np.empty((both.size, both.size)), np.empty(both.size)
    likelihood(X, y, trials, both, point, np.zeros(0), H, g)
    statistic = -leave_out(g, H, np.ones(both.size, np.bool_))[both.size, both.size]
    return statistic, chi2_sf(statistic, enter.size)


def eliminate(X, y, terms, statistic=LR, p_remove=0.10, p_enter=0.0, trials=ONCE):
    """Backward elimination, with re-entry where p_enter > 0, in the order that SPSS documents for BSTEP.

    The term with the largest p above p_remove leaves and the model is refitted, until none does; then the term
    outside with the smallest score-test p below p_enter enters; it ends when nothing moves or a model repeats. Of terms
    that are tied the first one moves. Columns that depend on earlier ones are left out, and count for nothing in their
    term; term 0 stays in whatever happens. Under complete separation every test is one of rounding errors, so nothing
    is removed (its deviance is below `PERFECT`).

    Back come moves (k x 4: term, with a minus sign on removal; statistic; p; deviance afterwards), inside (a flag a
    column), b (p; 0 outside), V (p x p; 0 outside), deviance, converged (of the last model), and b of the first model,
    with all columns (nan where it has no estimates).
    """
    return _eliminate(X, y, trials, terms, statistic, p_remove, p_enter)


@njit(cache=True, nogil=True)
def _eliminate(X, y, trials, terms, statistic, p_remove, p_enter):
    p_all, n_terms, none, steps = X.shape[1], terms.max(), np.zeros(0), np.int64(STEPS)  # int64: no literal type
    free = estimable(X, y, trials)
    inside = free.copy()
    cols = np.flatnonzero(inside)
    b, V, deviance, converged = fit_columns(X, y, trials, cols, np.zeros(cols.size), none, steps, EXACT)
    b_all, V_all, first = np.zeros(p_all), np.zeros((p_all, p_all)), np.full(p_all, np.nan)
    if deviance < PERFECT:
        return np.empty((0, 4)), inside, b_all, V_all, deviance, False, first
    if converged and cols.size == p_all:
        first = b
    floor = np.full(n_terms + 1, -np.inf)  # what the deviance must reach without the term
    moves, past = np.empty((4 * n_terms + 4, 4)), np.zeros((4 * n_terms + 5, p_all), np.bool_)
    for j in range(p_all):  # in a loop, as elsewhere here: a slice set from an array takes seconds to compile
        past[0, j] = inside[j]
    made = 0
    while made < moves.shape[0]:
        mine = terms[cols]
        w = weights(X, cols, b)
        wald_p = np.full(n_terms + 1, -1.0)
        for t in range(1, n_terms + 1):
            out = mine == t
            if np.sum(out):
                wald_p[t] = chi2_sf(-leave_out(b, V, out)[cols.size, cols.size], np.sum(out))
        chosen, statistic_chosen, p_chosen, b_new = 0, 0.0, p_remove, b
        untried = wald_p.copy()
        while True:
            t = np.argmax(untried)  # the most likely to leave comes first, for then the others settle soon
            if untried[t] < 0.0:
                break
            untried[t] = -1.0
            out = mine == t
            sure = p_chosen - TIED
            if statistic == LR and tested(floor[t] - deviance, np.sum(out))[1] < sure:
                continue
            change, p, b_sub = removal(X, y, trials, cols, out, b, V, w, deviance, statistic, sure)
            if statistic == LR:
                floor[t] = max(floor[t], deviance + change)
            if p > p_chosen + (TIED if chosen else AT_THRESHOLD) or (abs(p - p_chosen) <= TIED and t < -chosen):
                chosen, statistic_chosen, p_chosen, b_new = -t, change, p, b_sub
        if chosen == 0 and p_enter > 0.0:
            p_chosen = p_enter
            for t in range(1, n_terms + 1):
                enter = np.flatnonzero((terms == t) & free)
                if enter.size and wald_p[t] < 0.0:
                    change, p = score_test(X, y, trials, cols, enter, b)
                    if p < p_chosen - (TIED if chosen else AT_THRESHOLD):
                        chosen, statistic_chosen, p_chosen = t, change, p
        if chosen == 0:
            break
        if chosen < 0:
            inside = inside & (terms != -chosen)
        else:
            inside = inside | ((terms == chosen) & free)
            floor[:] = -np.inf
            b_new = b
        repeated = False
        for k in range(made + 1):
            repeated = repeated or np.all(past[k] == inside)
        if repeated:
            inside = past[made]
            break
        start, place = np.zeros(p_all), 0
        for c in cols:
            if inside[c]:
                start[c] = b_new[place]
                place += 1
        for j in range(p_all):
            past[made + 1, j] = inside[j]
        cols = np.flatnonzero(inside)
        b, V, deviance, converged = fit_columns(X, y, trials, cols, start[cols], none, steps, EXACT)
        if not converged:
            b, V, deviance, converged = fit_columns(X, y, trials, cols, np.zeros(cols.size), none, steps, EXACT)
        moves[made, 0], moves[made, 1] = chosen, statistic_chosen
        moves[made, 2], moves[made, 3] = p_chosen, deviance
        made += 1
    if made:  # many warm starts can end where the estimates run to infinity; so few steps from zero cannot
        converged = fit_columns(X, y, trials, cols, np.zeros(cols.size), none, steps, EXACT)[3]
    for j in range(cols.size):
        b_all[cols[j]] = b[j]
        for k in range(cols.size):
            V_all[cols[j], cols[k]] = V[j, k]
    return moves[:made], inside, b_all, V_all, deviance, converged, first
