"""Compiled walks: Metropolis's rule on a grid, over tables of counts, and over numbers with printed moments.

Sums and exponentials differ in their last bits between processors. A rise that is nought by arithmetic, as when two
persons alike exchange what they hold, then comes out as a little more here and a little less there, and one of them
uses up a random number: from there on the two walks have nothing in common. So rises are compared on a grid.
"""

import math

import numpy as np
from numba import njit

GRID = 1e-7  # far above what rounding adds to a sum of squared z values, far below what matters to a search
MET = 1e-12  # more than rounding leaves, less than an end of an interval that does not belong is moved inwards


@njit(cache=True)
def on_grid(number):
    """The nearest multiple of the grid."""
    return np.floor(number / GRID + 0.5) * GRID


@njit(cache=True)
def accepted(rise, temperature):
    """Whether a step is made: always where nothing rises, else with probability exp(-rise / temperature)."""
    rise = on_grid(rise)
    return rise <= 0.0 or np.random.random() < math.exp(-rise / temperature)


@njit(cache=True)
def outside_by(value, low, high):
    """How far a value lies outside its bounds."""
    return max(low - value, 0.0) + max(value - high, 0.0)


@njit(cache=True)
def _off_counts(total, low, high):
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
    person. A step moves one person, exchanges two, or four as the corners of a rectangle; the walk ends at the first
    table of the second half of `steps` that meets all demands. `x` are whole counts with the right row sums, `share`
    how common each level is where no demand says so, `counted` (demands x cells x levels) whom a demand counts, `low`
    and `high` the smallest and largest sum of each.
    """
    np.random.seed(seed)
    cells, levels = x.shape
    total = np.zeros(low.size, np.int64)
    for c in range(cells):
        for level in range(levels):
            total += counted[:, c, level] * x[c, level]
    off = _off_counts(total, low, high)
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
        new = _off_counts(total, low, high)
        log_ratio += stiffness * (off - new)
        if made == size and accepted(-log_ratio, 1.0):
            off = new
            continue
        for k in range(made - 1, -1, -1):
            a, b = (i, j) if k % 2 == 0 else (j, i)
            _shift(x, total, counted, chosen[k], b, a)
    return off


@njit(cache=True)
def _excess(n, total, squares, mean, sd):
    """How far a group is from its mean and SD, in units of the quantity."""
    if n == 0:
        return 0.0
    off = outside_by(total / n, mean[0], mean[1])
    if n > 1 and sd[1] < 1e300:
        off += outside_by(math.sqrt(max(squares - total * total / n, 0.0) / (n - 1)), sd[0], sd[1])
    return off


@njit(cache=True)
def _moments(value, member, mean, sd):
    """Size, sum and sum of squares of each group, and how far all are from their means and SDs."""
    groups, off = len(member), 0.0
    size, total, squares = np.zeros(groups), np.zeros(groups), np.zeros(groups)
    for g in range(groups):
        inside = value[member[g]].astype(np.float64)
        size[g], total[g], squares[g] = inside.size, inside.sum(), (inside * inside).sum()
        off += _excess(size[g], total[g], squares[g], mean[g], sd[g])
    return size, total, squares, off


@njit(cache=True)
def settle(value, floor, ceiling, member, mean, sd, steps, heat, seed):
    """Change whole numbers, in place, until every group's mean and SD lie within bounds; what is still off.

    `floor` and `ceiling` are the smallest and largest that each may take, `member` groups x n, `mean` and `sd` groups
    x 2 (infinite where free), `heat` the temperature at which an annealing of `steps` starts.
    """
    np.random.seed(seed)
    groups, n = member.shape
    if n == 0:
        return 0.0
    widest = np.abs(value - value[0]).max()
    scales = 1  # changes of 1, 2, 4 and so on, up to a 64th of the range
    while 2**scales * 64 <= widest:
        scales += 1
    heat *= 2 ** (scales - 1)
    size, total, squares, off = _moments(value, member, mean, sd)
    new_total, new_squares = total.copy(), squares.copy()
    for step in range(steps):
        if off <= MET:
            return 0.0
        temperature = heat * (1.0 - step / steps) + 1e-9
        i = np.random.randint(n)
        k = i if np.random.random() < 0.5 else np.random.randint(n)
        up = 2 ** np.random.randint(scales)
        if np.random.random() < 0.5:
            up = -up
        if not floor[i] <= value[i] + up <= ceiling[i]:
            continue
        if k != i and not floor[k] <= value[k] - up <= ceiling[k]:
            continue
        new = 0.0
        for g in range(groups):
            new_total[g], new_squares[g] = total[g], squares[g]
            if member[g, i]:
                new_total[g] += up
                new_squares[g] += 2 * up * value[i] + up * up
            if k != i and member[g, k]:
                new_total[g] -= up
                new_squares[g] += -2 * up * value[k] + up * up
            new += _excess(size[g], new_total[g], new_squares[g], mean[g], sd[g])
        if accepted(new - off, temperature):
            total[:], squares[:] = new_total, new_squares
            value[i] += up
            if k != i:
                value[k] -= up
            off = new
    return 0.0 if off <= MET else off


@njit(cache=True)
def mix(item, part, cell, member, mean, sd, steps, seed):
    """Exchange items between persons of a cell, in place, until each group's SD of the sum is in bounds; what is off.

    `item` is persons x items, 0/1, and those of one `part` move together; who has cell -1 is left as they are.
    """
    np.random.seed(seed)
    n, items = item.shape
    count = item.sum(axis=1).astype(np.float64)
    size, total, squares, off = _moments(count, member, mean, sd)
    new_squares = squares.copy()
    for step in range(steps):
        if off <= MET:
            return 0.0
        a, b = np.random.randint(n), np.random.randint(n)
        chosen = part[np.random.randint(items)]
        # the first pair is drawn and let go: so it was when the committed files were made
        if step == 0 or cell[a] < 0 or cell[a] != cell[b] or a == b:
            continue
        change = 0.0
        for k in range(items):
            if part[k] == chosen:
                change += item[b, k] - item[a, k]
        if change == 0.0:
            continue
        new = 0.0
        for g in range(size.size):
            new_squares[g] = squares[g]
            for i, gain in ((a, change), (b, -change)):
                if member[g, i]:
                    new_squares[g] += (count[i] + gain) ** 2 - count[i] ** 2
            new += _excess(size[g], total[g], new_squares[g], mean[g], sd[g])
        if on_grid(new - off) <= 0.0:
            squares[:] = new_squares
            count[a] += change
            count[b] -= change
            for k in range(items):
                if part[k] == chosen:
                    item[a, k], item[b, k] = item[b, k], item[a, k]
            off = new
    return 0.0 if off <= MET else off
