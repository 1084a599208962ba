"""The compiled search: exchanges between persons until every model says what the claims say of it.

An exchange between two persons changes the scores s of the columns in the model by a few products, and the fit moves
to about b + A s. A column u outside the model would enter with z = (s_u - I_un A s_n) / sqrt(I_uu - I_un A I_nu).

Longer than 300 lines: compiled functions that call one another stand in one file, as in `keepsafe.statistics.engine`.
"""

import math
from collections import namedtuple

import numpy as np
from numba import njit

from keepsafe.statistics.engine import fit_columns
from keepsafe.synthesis.walks import accepted, outside_by

SIZE_WEIGHT = 30.0
LARGEST_FIT = 25.0  # a coefficient beyond this, the constant's aside, means that the model separates
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
    b, A, _, converged = fit_columns(X, y, none, cols, fits.b[m, :k].copy(), none, 30, 1e-10)
    if not converged or (np.abs(b[1:]) > LARGEST_FIT).any():
        b, A, _, converged = fit_columns(X, y, none, cols, np.zeros(k), none, 3, 1e-10)
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
def penalty(score, m, claimed, fits):
    """How far model m is from its claims at these scores, one Newton step from its fit; 0 where all hold."""
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


FREE, UNNAMED, NAMED, OUTCOME = 0, 1, 2, 3
ALONE = 0.25  # share of trials in which one person changes alone, where no printed sum forbids it
DONE = 1e-9
COLD = 0.03  # below this temperature the fits are renewed ten times as often: it is the last digits that are sought
BEYOND = 60_000  # trials after the first hit, so that a cohort does not stop on the edge of what is allowed

#: The cohort: X persons x columns (column 0 is 1), y models x persons, state persons x units, cell; sums persons x
#: sums (how many items of a sum a person has), locked (left alone there), still (sums that must not change).
Persons = namedtuple("Persons", "X y state cell sums locked still")
#: What moves, units x ...: columns of X (-1 where none), outcome (holds one), role in each model; value
#: columns x states and times columns x persons, which multiply to X; counted, low, high, demands: the sums
#: that are held; near (only within a cell), loose (one person may change alone), prior (log of how common a
#: state is), weight (what a state adds to a sum, -1: nothing), sum (to which).
Moving = namedtuple("Moving", "columns outcome role value times counted low high demands near loose prior weight sum")


@njit(cache=True)
def _held(persons, moving, totals, change, u, i, k, alone):
    """Whether the printed sums stand the exchange; fills how each would change."""
    s, t = persons.state[i, u], persons.state[k, u]
    mine, other = persons.cell[i], persons.cell[k]
    counted = moving.counted[u]
    for d in range(moving.demands[u]):
        change[d] = counted[d, mine, t] - counted[d, mine, s]
        if not alone:
            change[d] += counted[d, other, s] - counted[d, other, t]
        if change[d] != 0 and not moving.low[u, d] <= totals[u, d] + change[d] <= moving.high[u, d]:
            return False
    return True


@njit(cache=True)
def _possible(persons, moving, u, i, k):
    """Whether two persons may exchange at all, and whether a model would notice."""
    s, t = persons.state[i, u], persons.state[k, u]
    if s == t or i == k:
        return False
    same_cell = persons.cell[i] == persons.cell[k]
    if moving.near[u] and not same_cell:
        return False
    if moving.weight[u, s] >= 0:  # items of a sum: the two sums have to change places, or to stay
        gain, q = moving.weight[u, t] - moving.weight[u, s], moving.sum[u]
        if persons.locked[i, q] or persons.locked[k, q] or not same_cell:
            return False
        if persons.sums[k, q] - persons.sums[i, q] != gain or (persons.still[q] and gain != 0):
            return False
    if moving.outcome[u]:
        return True
    for c in moving.columns[u]:
        if c >= 0 and moving.value[c, s] != moving.value[c, t]:
            return True
    return False


@njit(cache=True)
def _add_row(X, i, factor, m, claimed, score):
    """Add a person's row times a factor to the scores of model m."""
    k = claimed.n_named[m]
    for c in range(k):
        score[c] += factor * X[i, claimed.named[m, c]]
    for u in range(claimed.n_outside[m]):
        score[k + u] += factor * X[i, claimed.outside[m, u]]


@njit(cache=True)
def _change_row(persons, moving, claimed, fits, m, u, i, s, t, score):
    """Update scores of model m for person i going from state s to t in unit u; the new residual."""
    k, old = claimed.n_named[m], fits.residual[m, i]
    shift, new = 0.0, old
    if moving.role[u, m] == NAMED:
        for c in moving.columns[u]:
            for q in range(k):
                if c >= 0 and claimed.named[m, q] == c:
                    shift += fits.b[m, q] * (moving.value[c, t] - moving.value[c, s]) * moving.times[c, i]
        p = min(max(persons.y[m, i] - old, 1e-12), 1 - 1e-12)
        odds = p / (1.0 - p) * math.exp(shift)
        new = persons.y[m, i] - odds / (1.0 + odds)
        _add_row(persons.X, i, new - old, m, claimed, score)
    for c in moving.columns[u]:
        if c < 0:
            continue
        gain = (moving.value[c, t] - moving.value[c, s]) * moving.times[c, i] * new
        for q in range(k):
            if claimed.named[m, q] == c:
                score[q] += gain
        for q in range(claimed.n_outside[m]):
            if claimed.outside[m, q] == c:
                score[k + q] += gain
    return new


@njit(cache=True)
def _fit_all(persons, claimed, fits, energy):
    """Fit all models anew; returns what is left of their penalties."""
    for m in range(energy.size):
        refit(persons.X, persons.y[m], m, claimed, fits)
        energy[m] = penalty(fits.score[m], m, claimed, fits)
    return energy.sum()


@njit(cache=True)
def search(persons, moving, claimed, fits, steps, hot, cold, refresh, seed):
    """Anneal, in place, by exchanging what two persons hold of a unit, or giving one person another's.

    In `steps` trials the temperature falls from `hot` to `cold`, in units of squared z values; after `refresh`
    exchanges all models are fitted anew, and once nothing is left the search goes on for a while within what is
    allowed, and ends at such a place. Back comes the penalty left of each model.
    """
    np.random.seed(seed)
    X, y, state = persons.X, persons.y, persons.state
    n, models, units = X.shape[0], y.shape[0], state.shape[1]
    energy, new_energy = np.zeros(models), np.zeros(models)
    left = _fit_all(persons, claimed, fits, energy)
    totals, holders = np.zeros(moving.low.shape, np.int64), np.zeros(moving.weight.shape)
    for u in range(units):
        for i in range(n):
            holders[u, state[i, u]] += 1
            for d in range(moving.demands[u]):
                totals[u, d] += moving.counted[u, d, persons.cell[i], state[i, u]]
    trial, new_residual = np.zeros_like(fits.score), np.zeros((models, 2))
    change, since, hit = np.zeros(totals.shape[1], np.int64), 0, -1
    pair, held = np.zeros(2, np.int64), np.zeros(2, np.int64)
    for step in range(steps):
        temperature = cold if hit >= 0 else hot * (cold / hot) ** (step / steps)
        u, i, k = np.random.randint(units), np.random.randint(n), np.random.randint(n)
        if not _possible(persons, moving, u, i, k):
            continue
        s, t = state[i, u], state[k, u]
        pair[:], held[:] = (i, k), (s, t)
        alone = moving.loose[u] and np.random.random() < ALONE
        movers = 1 if alone else 2
        counts = alone or persons.cell[i] != persons.cell[k]
        if counts and not _held(persons, moving, totals, change, u, i, k, alone):
            continue
        rise = 0.0
        if alone:  # a state is proposed as often as it is held: Hastings' correction, and what is common beforehand
            if holders[u, s] == 1:
                continue
            rise = moving.prior[u, s] - moving.prior[u, t] + math.log(holders[u, t] / (holders[u, s] - 1.0))
            rise *= temperature
        for m in range(models):
            role = moving.role[u, m]
            if role == FREE:
                continue
            trial[m] = fits.score[m]
            for one in range(movers):
                who, other = pair[one], pair[1 - one]
                if role == OUTCOME:
                    gain = y[m, other] - y[m, who]
                    _add_row(X, who, gain, m, claimed, trial[m])
                    new_residual[m, one] = fits.residual[m, who] + gain
                else:
                    mine, its = held[one], held[1 - one]
                    new_residual[m, one] = _change_row(persons, moving, claimed, fits, m, u, who, mine, its, trial[m])
            new_energy[m] = penalty(trial[m], m, claimed, fits)
            rise += new_energy[m] - energy[m]
        if not accepted(rise, temperature):
            continue
        for m in range(models):
            role = moving.role[u, m]
            if role == FREE:
                continue
            energy[m] = new_energy[m]
            fits.score[m] = trial[m]
            gain = y[m, k] - y[m, i]
            for one in range(movers):
                fits.residual[m, pair[one]] = new_residual[m, one]
                if role == OUTCOME:
                    y[m, pair[one]] += gain
                    gain = -gain
        if counts:
            totals[u, : moving.demands[u]] += change[: moving.demands[u]]
        if moving.weight[u, s] >= 0:
            q = moving.sum[u]
            persons.sums[i, q], persons.sums[k, q] = persons.sums[k, q], persons.sums[i, q]
        holders[u, s] -= alone
        holders[u, t] += alone
        for one in range(movers):
            who, its = pair[one], held[1 - one]
            state[who, u] = its
            for c in moving.columns[u]:
                if c >= 0:
                    X[who, c] = moving.value[c, its] * moving.times[c, who]
        since += 1
        if since >= (refresh if temperature > COLD else max(refresh // 10, 1)):
            since = 0
            left = _fit_all(persons, claimed, fits, energy)
            if left < DONE:
                hit = step if hit < 0 else hit
                if step - hit >= BEYOND:
                    break
    _fit_all(persons, claimed, fits, energy)
    return energy
