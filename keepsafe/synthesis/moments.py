"""Whole numbers brought to printed means, standard deviations and ranges in overlapping groups."""

import math

import numpy as np
from numba import njit

from keepsafe.synthesis.metropolis import accepted

MET = 1e-12  # more than rounding leaves, less than an end of an interval that does not belong is moved inwards


@njit(cache=True)
def _off(low, high, value):
    return max(low - value, 0.0) + max(value - high, 0.0)


@njit(cache=True)
def _excess(n, total, squares, mean, sd):
    """How far a group is from its mean and SD, in units of the quantity."""
    if n == 0:
        return 0.0
    off = _off(mean[0], mean[1], total / n)
    if n > 1 and sd[1] < 1e300:
        off += _off(sd[0], sd[1], math.sqrt(max(squares - total * total / n, 0.0) / (n - 1)))
    return off


@njit(cache=True)
def settle(value, floor, ceiling, member, mean, sd, steps, heat, seed):
    """Change whole numbers one by one, in place, until every group's mean and SD lie within bounds.

    Parameters
    ----------
    value : n whole numbers; floor, ceiling : n, the smallest and the largest each may take.
    member : groups x n, bool.
    mean, sd : groups x 2, lowest and highest (infinite where free).
    steps, heat : length and starting temperature of the annealing.

    Returns
    -------
    What is still off, 0.0 where all bounds are met.
    """
    np.random.seed(seed)
    groups, n = member.shape
    size, total, squares = np.zeros(groups), np.zeros(groups), np.zeros(groups)
    for g in range(groups):
        for i in range(n):
            if member[g, i]:
                size[g] += 1
                total[g] += value[i]
                squares[g] += value[i] * value[i]
    off = 0.0
    for g in range(groups):
        off += _excess(size[g], total[g], squares[g], mean[g], sd[g])
    if n == 0:
        return off
    for step in range(steps):
        if off <= MET:
            return 0.0
        temperature = heat * (1.0 - step / steps) + 1e-9
        i = np.random.randint(n)
        k = i if np.random.random() < 0.5 else np.random.randint(n)
        up = 1 if np.random.random() < 0.5 else -1
        if not floor[i] <= value[i] + up <= ceiling[i]:
            continue
        if k != i and not floor[k] <= value[k] - up <= ceiling[k]:
            continue
        new = 0.0
        for g in range(groups):
            t, s = total[g], squares[g]
            if member[g, i]:
                t += up
                s += 2 * up * value[i] + 1
            if k != i and member[g, k]:
                t -= up
                s += -2 * up * value[k] + 1
            new += _excess(size[g], t, s, mean[g], sd[g])
        if accepted(new - off, temperature):
            for g in range(groups):
                if member[g, i]:
                    total[g] += up
                    squares[g] += 2 * up * value[i] + 1
                if k != i and member[g, k]:
                    total[g] -= up
                    squares[g] += -2 * up * value[k] + 1
            value[i] += up
            if k != i:
                value[k] -= up
            off = new
    return 0.0 if off <= MET else off
