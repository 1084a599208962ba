"""Counts and ages: a value a person, with the printed mean, standard deviation and range in every group."""

import numpy as np

from keepsafe.printed import possible_values
from keepsafe.synthesis.margins import Dropped
from keepsafe.synthesis.moments import settle
from keepsafe.synthesis.people import People

STEPS, HEAT, FREE = 400_000, 0.02, 1e308


def bounds(people: People, column: str, persons: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """What is printed of a column's mean and SD: ids, and groups x persons, means x 2, SDs x 2."""
    names, member, mean, sd = [], [], [], []
    for row in (row for row in people.plan.numbers_of(column) if row.statistic in ("mean", "sd")):
        low, high = possible_values([float(row.value)], [row.decimals], [row.qualifier])
        pair = [float(low[0]), min(float(high[0]), FREE)]
        names.append(row.id)
        member.append(people.inside(row.group)[persons])
        mean.append(pair if row.statistic == "mean" else [-FREE, FREE])
        sd.append(pair if row.statistic == "sd" else [-FREE, FREE])
    shape = len(names), persons.size
    return (
        names,
        np.array(member, bool).reshape(shape),
        np.array(mean, float).reshape(-1, 2),
        np.array(sd, float).reshape(-1, 2),
    )


def limits(people: People, column: str, persons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and largest value each person may have; one person of each group is pinned to its printed
    ends."""
    variable = people.plan.study.codebook[column]
    floor = np.full(persons.size, variable.low if variable.low is not None else 0, np.int64)
    ceiling = np.full(persons.size, variable.high if variable.high is not None else 10**6, np.int64)
    rows = [row for row in people.plan.numbers_of(column) if row.statistic in ("min", "max")]
    for row in rows:
        inside = people.inside(row.group)[persons]
        end = floor if row.statistic == "min" else ceiling
        fix = np.maximum if row.statistic == "min" else np.minimum
        end[inside] = fix(end[inside], int(float(row.value)))
    pinned = np.zeros(persons.size, bool)
    for row in rows:
        value = int(float(row.value))
        inside = people.inside(row.group)[persons]
        if (inside & pinned & (floor == value) & (ceiling == value)).any():
            continue
        able = np.flatnonzero(inside & ~pinned & (floor <= value) & (ceiling >= value))
        if not able.size:
            people.plan.dropped[row.id] = Dropped(row.id, value, value, float(ceiling[inside].max()))
            continue
        one = people.rng.choice(able)
        floor[one] = ceiling[one] = value
        pinned[one] = True
    return floor, ceiling


def draw_counts(
    people: People, column: str, persons: np.ndarray | None = None, mean: float = 1.0, shape: float = 1.0
) -> np.ndarray:
    """Draw whole numbers whose tail is a gamma's and whose printed means, SDs and ranges hold.

    Parameters
    ----------
    column : the variable; its printed figures are met, or reported as dropped where they cannot be.
    persons : who has a value; by default everybody.
    mean, shape : of the values where nothing is printed; a shape of 1 has a long tail, 4 a short one.

    Returns
    -------
    The values of those persons.
    """
    persons = np.arange(len(people)) if persons is None else persons
    names, member, means, sds = bounds(people, column, persons)
    floor, ceiling = limits(people, column, persons)
    level = np.full(persons.size, mean)
    for inside, (low, high) in zip(member, means, strict=True):
        if -FREE < low and high < FREE and not inside.all():
            level[inside] += (low + high) / 2 - mean
    draw = people.rng.poisson(people.rng.gamma(shape, np.maximum(level, 0.5) / shape))
    value = np.clip(draw, floor, ceiling).astype(np.int64)
    return _settled(people, column, names, value, floor, ceiling, member, means, sds)


def _settled(people, column, names, value, floor, ceiling, member, means, sds) -> np.ndarray:
    """Settle all that is printed; where that fails, leave one figure out, and say which."""
    left_out = people.plan.memory.setdefault(("left out", column), [])
    trials = [list(left_out)] if left_out else [[], *([i] for i in range(len(names)))]
    for without in trials:
        keep = np.setdiff1d(np.arange(len(names)), without)
        trial = value.copy()
        seed = int(people.rng.integers(2**31))
        if settle(trial, floor, ceiling, member[keep], means[keep], sds[keep], STEPS, HEAT, seed) == 0:
            left_out[:] = without
            for i in without:
                people.plan.dropped[names[i]] = Dropped(
                    names[i], *_printed(means[i], sds[i]), _reached(trial, member[i], means[i])
                )
            return trial
    for i in range(len(names)):  # more than one has to give way: name each that is off
        reached = _reached(trial, member[i], means[i])
        low, high = _printed(means[i], sds[i])
        if not low - 1e-9 <= reached <= high + 1e-9:
            people.plan.dropped[names[i]] = Dropped(names[i], low, high, reached)
    return trial


def _printed(mean: np.ndarray, sd: np.ndarray) -> tuple[float, float]:
    return tuple(mean if mean[0] > -FREE else sd)


def _reached(value: np.ndarray, member: np.ndarray, mean: np.ndarray) -> float:
    return float(value[member].mean() if mean[0] > -FREE else value[member].std(ddof=1))
