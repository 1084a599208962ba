"""The number of types of abuse: the sum of the items, whose mean and SD are printed too."""

import math

import numpy as np
from numba import njit

from keepsafe.printed import fits
from keepsafe.synthesis.counts import FREE, bounds
from keepsafe.synthesis.margins import Dropped
from keepsafe.synthesis.metropolis import on_grid
from keepsafe.synthesis.moments import MET
from keepsafe.synthesis.people import People

STEPS = 300_000


@njit(cache=True)
def mix(item, part, cell, member, low, high, steps, seed):
    """Exchange items between persons of a cell, in place, until the SD of the sum lies within bounds in each
    group.

    Parameters
    ----------
    item : persons x items, 0/1; part : items, those of one part move together.
    cell : persons; -1 for persons who are left as they are.
    member : groups x persons, who counts; low, high : bounds of each group's SD.

    Returns
    -------
    What is still off.
    """
    np.random.seed(seed)
    n, items = item.shape
    groups = low.size
    size, total, squares = np.zeros(groups), np.zeros(groups), np.zeros(groups)
    count = np.zeros(n)
    for i in range(n):
        for k in range(items):
            count[i] += item[i, k]
        for g in range(groups):
            if member[g, i]:
                size[g] += 1
                total[g] += count[i]
                squares[g] += count[i] ** 2
    off = -1.0
    moved = np.zeros(n)
    for _ in range(steps):
        a, b = np.random.randint(n), np.random.randint(n)
        chosen = part[np.random.randint(items)]
        if off >= 0 and (cell[a] < 0 or cell[a] != cell[b] or a == b):
            continue
        change = 0.0
        if off >= 0:
            for k in range(items):
                if part[k] == chosen:
                    change += item[b, k] - item[a, k]
            if change == 0.0:
                continue
        moved[a], moved[b] = change, -change
        new = 0.0
        for g in range(groups):
            s = squares[g]
            if off >= 0:
                for i in (a, b):
                    if member[g, i]:
                        s += (count[i] + moved[i]) ** 2 - count[i] ** 2
            sd = math.sqrt(max(s - total[g] ** 2 / size[g], 0.0) / (size[g] - 1))
            new += max(low[g] - sd, 0.0) + max(sd - high[g], 0.0)
        if off < 0:
            off = new
        elif on_grid(new - off) <= 0.0:
            for g in range(groups):
                for i in (a, b):
                    if member[g, i]:
                        squares[g] += (count[i] + moved[i]) ** 2 - count[i] ** 2
            count[a] += change
            count[b] -= change
            for k in range(items):
                if part[k] == chosen:
                    item[a, k], item[b, k] = item[b, k], item[a, k]
            off = new
        if off <= MET:
            return 0.0
    return off


def count_types(people: People, column: str, items: list[list[str]], asked: np.ndarray) -> None:
    """Give the persons asked the number of items that they have, after mixing the items so that its SD
    prints.

    Parameters
    ----------
    column : the count; items : its items, those of one list move together.
    asked : who has the items.
    """
    persons = np.flatnonzero(asked)
    names = [name for part in items for name in part]
    part = np.repeat(np.arange(len(items)), [len(each) for each in items])
    item = np.column_stack([people.codes[name][persons] == "1" for name in names]).astype(np.int64)
    cell = people.cell[persons].copy()
    ids, member, mean, sd = bounds(people, column, persons)
    unknown = _unknown(people, column, persons, item, cell, part, member, mean, sd)
    member = member & ~unknown
    spread = np.flatnonzero(sd[:, 1] < FREE)
    left_out = people.plan.memory.setdefault(("left out", column), [])
    for without in [list(left_out)] if left_out else [[], *([i] for i in spread)]:
        keep = np.setdiff1d(spread, without)
        trial = item.copy()
        seed = int(people.rng.integers(2**31))
        if mix(trial, part, cell, member[keep], sd[keep, 0], sd[keep, 1], STEPS, seed) == 0:
            left_out[:] = without
            break
    for i in spread:
        reached = float(trial.sum(axis=1)[member[i]].std(ddof=1))
        if not sd[i, 0] <= reached <= sd[i, 1]:
            people.plan.dropped[ids[i]] = Dropped(ids[i], *sd[i], reached)
    for k, name in enumerate(names):
        people.codes[name][persons] = trial[:, k].astype(str)
    people.codes[column] = np.full(len(people), "-8", object)
    people.codes[column][persons] = trial.sum(axis=1).astype(str)
    people.codes[column][persons[unknown]] = "-9"


def _unknown(people, column, persons, item, cell, part, member, mean, sd) -> np.ndarray:
    """Whose count is not recorded: where a mean prints only from one person fewer, somebody without any
    item."""
    unknown = np.zeros(persons.size, bool)
    wanted = np.ones(persons.size, bool)
    fewer = False
    for row in (row for row in people.plan.numbers_of(column) if row.statistic == "mean"):
        inside = people.inside(row.group)[persons]
        total, n = int(item[inside].sum()), int(inside.sum())
        needs = [m for m in range(2) if fits(total, n - m, float(row.value), row.decimals, scale=1)]
        if needs and 0 not in needs:
            fewer, wanted = True, wanted & inside
        elif needs:
            wanted &= ~inside if 1 not in needs else True
    if not (fewer and wanted.any()):
        return unknown
    able = np.flatnonzero(wanted)
    for one in able[np.argsort(item[able].sum(axis=1), kind="stable")]:
        takers = [
            np.flatnonzero((cell == cell[one]) & (item[:, part == part[k]].sum(axis=1) == 0))
            for k in np.flatnonzero(item[one])
        ]
        if all(others.size for others in takers):
            break
    for k in np.flatnonzero(item[one]):
        others = np.flatnonzero((cell == cell[one]) & (item[:, part == part[k]].sum(axis=1) == 0))
        if others.size:  # the items of one part move together
            other, same = people.rng.choice(others), part == part[k]
            item[one, same], item[other, same] = item[other, same].copy(), item[one, same].copy()
    unknown[one] = True
    cell[one] = -1
    return unknown
