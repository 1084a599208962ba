"""Counts, ages and sums of items: a value a person, with the printed moments and totals in every group.

[synthesis.numbers] says how a number is drawn where the report leaves it open, [rules.sums] which ones count items.
Each number is kept between a lowest and a highest value that follow from [[synthesis.order]] and from what is known
already, so that whatever is drawn next leaves room for the rest.

Longer than 300 lines: the room that an order leaves is read beside what is drawn in it.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from keepsafe.statistics.recompute import shared_by
from keepsafe.study.published import fits, possible_counts, possible_values
from keepsafe.synthesis.demands import Dropped, OutOfReach, pair
from keepsafe.synthesis.people import NOT_RECORDED, People
from keepsafe.synthesis.walks import mix, settle

STEPS, MIXING, HEAT, FREE = 400_000, 300_000, 0.02, 1e308
USUAL = 500  # beyond so many persons one counts for less in a mean: a cooler search, and a longer one where it must be
SIGNIFICANT = {"*": 0.05, "**": 0.01, "***": 0.001}
MOST = 10**6  # the largest value where the codebook names none


class Bound(NamedTuple):
    """The ends of what is printed of these persons, a mean or an SD; a bound without a name is not printed."""

    name: str
    member: np.ndarray
    which: str
    low: float
    high: float

    @property
    def middle(self) -> float | None:
        """Of its ends, where it has both."""
        return (self.low + self.high) / 2 if self.high < FREE else None


class Room:
    """The lowest and the highest value that each person may have of each column, as the order leaves them."""

    def __init__(self, people, columns: list[str]):
        self.people, self.low, self.high, self.asked = people, {}, {}, {}
        study, n = people.plan.study, len(people)
        known = {*people.codes, *(variable.name for variable in study.codebook if variable.measured)}
        self.order = [rule for rule in people.plan.order if rule.columns - {rule.least} <= known]
        for column in columns:
            variable = study.codebook[column]
            low, high = (variable.low or 0), MOST if variable.high is None else variable.high
            self.low[column], self.high[column] = np.full(n, int(low)), np.full(n, int(high))
            self.asked[column] = people.asked(column)
            for row in people.plan.numbers_of(column):
                if row.statistic in ("min", "max") and row.decimals == 0:
                    ends, narrower = (self.low, np.maximum) if row.statistic == "min" else (self.high, np.minimum)
                    inside = people.inside(row.group)
                    ends[column][inside] = narrower(ends[column][inside], int(float(row.value)))
        self.spread()

    def _ends(self, name: str | int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lowest and highest value, and who has one at all."""
        n = len(self.people)
        if isinstance(name, int):
            return np.full(n, name), np.full(n, name), np.ones(n, bool)
        if name in self.low:
            return self.low[name], self.high[name], self.asked[name]
        if name not in self.people.codes:
            return np.zeros(n, int), np.full(n, MOST), np.zeros(n, bool)
        value = self.people.numbers(name)
        return value, value, self.people.known(name)

    def spread(self) -> None:
        """Narrow every column by the order, until nothing moves."""
        for _ in range(50):
            moved = False
            for rule in self.order:
                where = np.ones(len(self.people), bool)
                for name, code in rule.where.items():
                    where &= self.people.codes[name] == code if name in self.people.codes else False
                low, _, has = self._ends(rule.first)
                _, high, later = self._ends(rule.second)
                least = self._ends(rule.least)[0]
                ends = [(self.low, rule.second, low + least, np.maximum)]
                ends += [(self.high, rule.first, high - least, np.minimum)]
                for ends_of, column, to, narrower in ends:
                    if column in ends_of:
                        before = ends_of[column].copy()
                        narrower(before, to, out=ends_of[column], where=where & has & later)
                        moved |= not np.array_equal(before, ends_of[column])
            if not moved:
                return

    def fix(self, column: str, persons: np.ndarray, value: np.ndarray | int) -> None:
        """These persons have these values."""
        self.low[column][persons] = self.high[column][persons] = value
        self.spread()

    def pin(self, column: str) -> None:
        """One person of each group gets its printed smallest, one its largest value."""
        people, low, high = self.people, self.low[column], self.high[column]
        for row in (row for row in people.plan.numbers_of(column) if row.statistic in ("min", "max")):
            value, inside = int(float(row.value)), people.inside(row.group) & self.asked[column]
            if (inside & (low == value) & (high == value)).any():
                continue
            able = np.flatnonzero(inside & (low < high) & (low <= value) & (high >= value))
            if able.size:
                self.fix(column, people.rng.choice(able, 1), value)
            else:
                nearest = float(np.clip(value, low[inside].min(), high[inside].max())) if inside.any() else 0.0
                people.plan.dropped[row.id] = Dropped(value, value, nearest)


def draw_numbers(people: People, columns: list[str]) -> None:
    """Draw these columns, each with its printed figures, in the order of the study file."""
    room = Room(people, columns)
    for column in columns:
        room.pin(column)
    for column in columns:
        asked = np.flatnonzero(room.asked[column])
        value = _drawn(people, column, asked, room)
        room.fix(column, asked, value)
        people.put(column, asked, value)


def _drawn(people: People, column: str, persons: np.ndarray, room: Room) -> np.ndarray:
    """Whole numbers of these persons, of the wished shape, brought to all that is printed of them."""
    given = people.plan.settings.get("numbers", {}).get(column, {})
    floor, ceiling = room.low[column][persons], room.high[column][persons]
    if (ceiling < floor).any():
        raise OutOfReach.of(
            f"{column}: [[synthesis.order]] and the figures leave {int((ceiling < floor).sum())} persons no value",
            file="study.toml",
            remedy="widen the order, or the range in the codebook",
        )
    if not persons.size:
        return floor
    asked = printed(people, column, persons)
    told = [(bound.member.sum(), bound.middle) for bound in asked if bound.which == "mean" and bound.middle is not None]
    # the printed mean of the largest group of which one is, else a small number, or the middle of a short range
    usual = max(told)[1] if told else floor.min() + min((ceiling.max() - floor.min()) / 2, 5.0)
    usual = float(given.get("mean", usual))
    level = np.full(persons.size, usual)
    for bound in asked:
        if bound.which == "mean" and bound.middle is not None and not bound.member.all():
            level[bound.member] += bound.middle - usual
    value = np.clip(_shaped(people, column, level, given), floor, ceiling).astype(np.int64)
    compared(people, column, persons, asked, value)
    return _settled(people, column, asked, value, floor, ceiling)


def _shaped(people: People, column: str, level: np.ndarray, given: dict) -> np.ndarray:
    if "values" in given:  # how common each value is
        values = np.array([int(value) for value in given["values"]])
        weight = np.array(list(given["values"].values()), float)
        return people.rng.choice(values, level.size, p=weight / weight.sum())
    if "sd" in given:
        return people.rng.normal(level, given["sd"]).round().astype(int)
    said = {row.statistic: float(row.value) for row in people.plan.numbers_of(column) if people.inside(row.group).all()}
    mean, sd, shape = said.get("mean", 0.0), said.get("sd", 0.0), 1.0
    if mean > 0 and sd > 0:  # of a gamma with the printed mean and SD of everybody
        shape = min(max(mean**2 / max(sd**2 - mean, 0.01 * sd**2), 0.2), 500.0)
    shape = given.get("shape", shape)
    return people.rng.poisson(people.rng.gamma(shape, np.maximum(level, 0.5) / shape))


def printed(people: People, column: str, persons: np.ndarray) -> list[Bound]:
    """What is printed of a column's mean, SD, total, and share of the total of another."""
    asked = []
    for row in people.plan.numbers_of(column):
        inside = people.inside(row.group)[persons]
        n = int(inside.sum())
        if row.statistic in ("mean", "sd"):
            low, high = map(float, possible_values(float(row.value), row.decimals, row.qualifier))
            asked.append(Bound(row.id, inside, row.statistic, low, min(high, FREE)))
        elif row.statistic == "count" and n:
            mean = float(row.value) / n
            asked.append(Bound(row.id, inside, "mean", mean, mean))
        elif row.statistic == "percent" and n:
            whole = shared_by(row.unit, people.plan.study)
            if whole in people.codes:
                total = int(people.numbers(whole)[people.inside(row.group)].sum())
                low, high = map(int, possible_counts(float(row.value), row.decimals, total, row.qualifier))
                asked.append(Bound(row.id, inside, "mean", low / n, high / n))
    return asked


def compared(people: People, column: str, persons: np.ndarray, asked: list[Bound], value: np.ndarray) -> None:
    """Bounds that make Welch's test of two groups say what a comparison says, where their figures leave room."""
    for row in people.plan.compared_numbers(column):
        parts = pair(row, people.plan.cells, people.plan.study)
        if parts is None:
            continue
        first, second = (part[people.cell][persons] for part in parts)
        n1, n2 = int(first.sum()), int(second.sum())
        if min(n1, n2) < 2:
            continue
        told, spread = ([_middle(asked, part, which) for part in (first, second)] for which in ("mean", "sd"))
        differs = row.marker or row.wording in ("significant", "marginal")
        if None not in told:  # then it is an SD that is open
            low, high = sorted(map(abs, _gap(row, n1 + n2 - 2)))
            root, apart = np.sqrt(1 / n1 + 1 / n2), abs(told[1] - told[0])
            ends = (apart / (high * root), apart / (low * root)) if differs else (apart / (1.8 * root), FREE)
            unknown = [part for part, known in zip((first, second), spread, strict=True) if known is None]
            asked += [Bound("", part, "sd", *map(float, ends)) for part in unknown]
            continue
        both, n, gap = first | second, n1 + n2, np.array(_gap(row, n1 + n2 - 2))
        within = (_middle(asked, both, "sd") or 0.0) / np.sqrt(1 + np.abs(gap).min() ** 2 / n)
        sd = [known or within or value[part].std(ddof=1) for known, part in zip(spread, (first, second), strict=True)]
        sd = [max(each, 0.3) for each in sd]
        gap = gap * np.sqrt(sd[0] ** 2 / n1 + sd[1] ** 2 / n2)
        if told[0] is not None:
            wanted = [(second, told[0] + gap)]
        elif told[1] is not None:
            wanted = [(first, told[1] - gap[::-1])]
        else:
            overall = _middle(asked, both, "mean") or value[both].mean()
            wanted = [(first, overall - gap[::-1] * n2 / n), (second, overall + gap * n1 / n)]
        asked += [Bound("", part, "mean", *map(float, ends)) for part, ends in wanted]
        if differs:  # by the SDs with which that was worked out
            least = 0.0 if row.marker in SIGNIFICANT or row.wording == "significant" else 0.95
            open_sd = [(part, at) for part, known, at in zip((first, second), spread, sd, strict=True) if known is None]
            asked += [Bound("", part, "sd", float(least * at), float(at)) for part, at in open_sd]


def _gap(row, df: int) -> tuple[float, float]:
    """The difference of means, second less first, in standard errors: clear of the limits that the wording sets."""
    sign = {"higher": 1, "lower": -1}.get(row.direction, 0)
    if row.marker in SIGNIFICANT or row.wording == "significant":
        low = stats.t.isf(SIGNIFICANT.get(row.marker, 0.05) / 2, df) + 0.25
        high = low + 4
    elif row.marker or row.wording == "marginal":
        low, high = 1.72, 1.86
    else:
        low, high = (0.0, 1.5) if row.wording == "none" or row.direction == "same" else (0.05, 6.0)
        if sign == 0:
            return -high, high
    return (low, high) if sign >= 0 else (-high, -low)


def _middle(asked: list[Bound], member: np.ndarray, which: str) -> float | None:
    """The middle of the mean, or the SD, that is printed of exactly these persons."""
    found = (bound.middle for bound in asked if bound.which == which and np.array_equal(bound.member, member))
    return next((middle for middle in found if middle is not None), None)


def _settled(people: People, column: str, asked: list[Bound], value, floor, ceiling) -> np.ndarray:
    """Settle all that is asked; where that fails, without the comparisons, or without one figure or comparison."""
    many = max(value.size / USUAL, 1.0)
    unprinted = [i for i, bound in enumerate(asked) if not bound.name]

    def walk(trial, member, mean, sd, seed) -> float:
        return settle(trial, floor, ceiling, member, mean, sd, int(STEPS * many), HEAT / many**2, seed)

    return _walked(people, column, value, asked, [*filter(None, [unprinted]), *([i] for i in range(len(asked)))], walk)


def _walked(people: People, column: str, start: np.ndarray, asked: list[Bound], ways: list[list[int]], walk):
    """Values, or items, brought by a walk within all that is asked; else within what is left by one of the ways.

    What had to be left out is left out in all cohorts of a plan, and a printed figure that is not reached is told.
    """
    left_out = people.plan.memory.setdefault(("left out", column), [])
    for without in [list(left_out)] if left_out else [[], *ways]:
        kept, trial = [bound for i, bound in enumerate(asked) if i not in without], start.copy()
        member = np.array([bound.member for bound in kept], bool).reshape(len(kept), len(start))
        mean, sd = (
            np.array([bound[3:] if bound.which == which else (-FREE, FREE) for bound in kept], float).reshape(-1, 2)
            for which in ("mean", "sd")
        )
        if walk(trial, member, mean, sd, int(people.rng.integers(2**31))) == 0:
            left_out[:] = without
            break
    value = trial if trial.ndim == 1 else trial.sum(axis=1)
    for name, inside, which, low, high in (bound for bound in asked if bound.name):
        reached = float(value[inside].mean() if which == "mean" else value[inside].std(ddof=1))
        if not low - 1e-9 <= reached <= high + 1e-9:
            people.plan.dropped[name] = Dropped(low, high, reached)
    return trial


def draw_sum(people: People, column: str) -> None:
    """Give the persons asked their number of items, after mixing the items so that its SD prints."""
    plan = people.plan
    items, asked = plan.parts_of(column), people.asked(plan.study.rules.sums[column][0])
    persons = np.flatnonzero(asked)
    names = [name for part in items for name in part]
    part = np.repeat(np.arange(len(items)), [len(each) for each in items])
    item = np.column_stack([people.codes[name][persons] == "1" for name in names]).astype(np.int64)
    cell = people.cell[persons].copy()
    told = printed(people, column, persons)
    unknown = _unknown(people, column, persons, item, cell, part)
    spread = [bound for bound in told if bound.which == "sd" and bound.middle is not None]
    spread = [bound._replace(member=bound.member & ~unknown) for bound in spread]

    def walk(trial, member, mean, sd, seed) -> float:
        return mix(trial, part, cell, member, mean, sd, MIXING, seed)

    item = _walked(people, column, item, spread, [[i] for i in range(len(spread))], walk)
    for k, name in enumerate(names):
        people.codes[name][persons] = item[:, k].astype(str)
    people.put(column, persons, item.sum(axis=1))
    people.codes[column][persons[unknown]] = NOT_RECORDED


def _unknown(people, column, persons, item, cell, part) -> np.ndarray:
    """Whose count is not recorded: where a mean prints only from one fewer, somebody without any item."""
    unknown = np.zeros(persons.size, bool)
    wanted = np.ones(persons.size, bool)
    fewer = False
    for row in (row for row in people.plan.numbers_of(column) if row.statistic == "mean"):
        inside = people.inside(row.group)[persons]
        total, n = int(item[inside].sum()), int(inside.sum())
        of_all, of_fewer = (fits(total, n - m, float(row.value), row.decimals, scale=1) for m in range(2))
        if of_fewer and not of_all:
            fewer, wanted = True, wanted & inside
        elif of_all and not of_fewer:
            wanted &= ~inside
    if not (fewer and wanted.any()):
        return unknown

    def takers(one: int, k: int) -> np.ndarray:
        return np.flatnonzero((cell == cell[one]) & (item[:, part == part[k]].sum(axis=1) == 0))

    able = np.flatnonzero(wanted)
    for one in able[np.argsort(item[able].sum(axis=1), kind="stable")]:
        if all(takers(one, k).size for k in np.flatnonzero(item[one])):
            break
    for k in np.flatnonzero(item[one]):
        others = takers(one, k)
        if others.size:  # the items of one part move together
            other, same = people.rng.choice(others), part == part[k]
            item[one, same], item[other, same] = item[other, same].copy(), item[one, same].copy()
    unknown[one] = True
    cell[one] = -1
    return unknown
