"""A random walk over tables of whole counts that brings every demanded sum within its interval."""

import math

import numpy as np
from numba import njit

from keepsafe.synthesis.metropolis import accepted


@njit(cache=True)
def _excess(total, low, high):
    excess = 0
    for d in range(total.size):
        excess += max(low[d] - total[d], 0) + max(total[d] - high[d], 0)
    return excess


@njit(cache=True)
def _shift(x, total, counted, c, a, b):
    """Move one person of cell c from level a to level b."""
    x[c, a] -= 1
    x[c, b] += 1
    for d in range(total.size):
        total[d] += counted[d, c, b] - counted[d, c, a]


@njit(cache=True)
def wander(x, share, counted, low, high, steps, stiffness, seed):
    """Wander over tables of cells x levels, in place; returns the distance from the demands (0: all are met).

    Tables are visited in proportion to the number of ways in which persons can fill them, so that nothing is
    associated beyond what the demands force; a table off its demands is visited less, by exp(-stiffness) a
    person. A step moves one person, exchanges two, or four as the corners of a rectangle.

    Parameters
    ----------
    x : cells x levels, whole counts with the right row sums; changed in place.
    share : cells x levels, positive: how common each level is where no demand says so.
    counted : demands x cells x levels, 0 or 1: whom a demand counts.
    low, high : smallest and largest sum of each demand.
    steps : how far to wander; the walk ends at the first table of the second half that meets all demands.
    """
    np.random.seed(seed)
    cells, levels = x.shape
    total = np.zeros(low.size, np.int64)
    for c in range(cells):
        for level in range(levels):
            total += counted[:, c, level] * x[c, level]
    off = _excess(total, low, high)
    if levels < 2 or cells == 0:
        return off
    chosen = np.zeros(4, np.int64)
    for step in range(steps):
        if off == 0 and step >= steps // 2:
            break
        i = np.random.randint(levels)
        j = (i + 1 + np.random.randint(levels - 1)) % levels
        size = min((1, 2, 4)[np.random.randint(3)], cells)
        size -= size == 3
        log_ratio, made = 0.0, 0
        for k in range(size):
            c = chosen[k] = np.random.randint(cells)
            a, b = (i, j) if k % 2 == 0 else (j, i)
            if x[c, a] == 0:
                break
            log_ratio += math.log(x[c, a] / (x[c, b] + 1.0) * share[c, b] / share[c, a])
            _shift(x, total, counted, c, a, b)
            made += 1
        new = _excess(total, low, high)
        log_ratio += stiffness * (off - new)
        if made == size and accepted(-log_ratio, 1.0):
            off = new
            continue
        for k in range(made - 1, -1, -1):
            a, b = (i, j) if k % 2 == 0 else (j, i)
            _shift(x, total, counted, chosen[k], b, a)
    return off
