"""Metropolis's rule, on a grid that the last bits of a number do not reach.

Sums and exponentials differ in their last bits between processors. A rise that is nought by arithmetic, as when two
persons alike exchange what they hold, then comes out as a little more here and a little less there, and one of them
uses up a random number: from there on the two searches have nothing in common.
"""

import math

import numpy as np
from numba import njit

GRID = 1e-7  # far above what rounding adds to a sum of squared z values, far below what matters to a search


@njit(cache=True)
def on_grid(number):
    """The nearest multiple of the grid."""
    return np.floor(number / GRID + 0.5) * GRID


@njit(cache=True)
def accepted(rise, temperature):
    """Whether a step that raises a penalty by `rise` is made: always where nothing rises, else with probability
    exp(-rise / temperature)."""
    rise = on_grid(rise)
    return rise <= 0.0 or np.random.random() < math.exp(-rise / temperature)
