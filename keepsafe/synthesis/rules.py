"""What one file must satisfy: which columns are drawn together and for whom, and which number may not exceed which.

Each number is kept between a lowest and a highest value that follow from [[synthesis.order]] and from what is known
already, so that whatever is drawn next leaves room for the rest.
"""

import math
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.files.cleaning import with_derived
from keepsafe.problems import InputError, Problem
from keepsafe.study import Study
from keepsafe.synthesis.demands import Dropped


@dataclass(frozen=True)
class Block:
    """Columns that are drawn together.

    `levels` has a row for each possible combination (columns and derived variables, as text); `share` says
    how common each is in the groups of `share_by`; `base` names the columns that have to be 1, the others
    getting `elsewhere`.
    """

    columns: tuple[str, ...]
    levels: pd.DataFrame
    share: dict[str, np.ndarray]
    base: tuple[str, ...]
    elsewhere: str


def blocks(study: Study, done: set[str]) -> list[Block]:
    """The blocks of all coded variables that are not `done` elsewhere, bases first."""
    settings = study.settings.get("synthesis", {})
    names = [v.name for v in study.codebook if v.coded and v.name not in done]
    made = [_block(tuple(part), study, settings) for part in _tied(names, study, settings)]
    ordered, ready = [], set(done)
    while made:
        free = [block for block in made if all(set(sources(name, study)) <= ready for name in block.base)]
        if not free:
            raise ValueError("the bases of the blocks run in a circle")
        ordered += free
        ready |= {name for block in free for name in block.columns}
        made = [block for block in made if block not in free]
    return ordered


def sources(name: str, study: Study) -> tuple[str, ...]:
    """The columns that a name rests on: of a derived variable its sources, of an indicator its category."""
    name = name.partition("=")[0]
    return study.derived[name].sources if name in study.derived else (name,)


def combinations(columns: tuple[str, ...], study: Study) -> pd.DataFrame:
    """Every combination of levels that the rules allow, with what is derived of these columns."""
    settings = study.settings.get("synthesis", {})
    codes = [list(study.codebook[name].levels) for name in columns]
    table = pd.DataFrame(list(product(*codes)), columns=list(columns), dtype="str")
    for narrow, wide in study.rules.within.items():
        if narrow in columns and wide in columns:
            table = table[~((table[narrow] == "1") & (table[wide] == "0"))]
    for several, parts in settings.get("several", {}).items():
        if several in columns:
            ones = (table[parts] == "1").sum(axis=1)
            table = table[(ones > 0) & ~((ones > 1) & (table[several] == "0"))]
    return derived(table, study).reset_index(drop=True)


def derived(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Codes in text with the derived variables that rest on them, in text as well."""
    known = {name: rule for name, rule in study.derived.items() if set(rule.sources) <= set(table)}
    binary = [name for name in table if study.codebook[name].type == "binary"]
    numbers = table.assign(**{name: pd.to_numeric(table[name]).astype("Int64") for name in binary})
    return with_derived(numbers, replace(study, derived=known)).astype("str")


def _block(columns: tuple[str, ...], study: Study, settings: dict) -> Block:
    levels = combinations(columns, study)
    bases = {study.rules.only_where.get(name, ()) for name in columns}
    if len(bases) != 1:
        raise ValueError(f"{', '.join(columns)} are tied but asked of different persons")
    missing = study.codebook[columns[0]].missing
    groups = {group for name in columns for group in _shares(name, settings)} or {""}
    share = {group: _share(levels, columns, group, study, settings) for group in sorted(groups)}
    return Block(columns, levels, share, bases.pop(), "-8" if "-8" in missing else "0")


def _shares(name: str, settings: dict) -> dict[str, object]:
    """Illustrative shares by group; '' stands for everybody."""
    for pattern, share in settings.get("shares", {}).items():
        if fnmatchcase(name, pattern):
            grouped = isinstance(share, dict) and any(isinstance(part, dict) for part in share.values())
            return share if grouped else {"": share}
    return {}


def _share(levels: pd.DataFrame, columns: tuple[str, ...], group: str, study: Study, settings: dict) -> np.ndarray:
    share = np.ones(len(levels))
    for name in columns:
        found = _shares(name, settings)
        given: Any = found.get(group, found.get("", {}))
        codes = list(study.codebook[name].levels)
        if not isinstance(given, dict):
            given = {"1": given}
        rest = max(1 - math.fsum(given.values()), 0.02) / max(len(codes) - len(given), 1)
        share *= levels[name].map({code: given.get(code, rest) for code in codes}).to_numpy(float)
    return np.maximum(share, 1e-6)


def _tied(names: list[str], study: Study, settings: dict) -> list[list[str]]:
    """Names in groups: those that a derived variable joins, or a rule."""
    leader = {name: name for name in names}

    def lead(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    ties = [rule.sources for rule in study.derived.values()]
    ties += study.rules.within.items()
    ties += [(several, *parts) for several, parts in settings.get("several", {}).items()]
    for tie in ties:
        inside = [name for name in tie if name in leader]
        for name in inside[1:]:
            leader[lead(name)] = lead(inside[0])
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(lead(name), []).append(name)
    return list(groups.values())


MOST = 10**6  # the largest value where the codebook names none


class NoRoom(InputError):
    """An order that leaves somebody no value: another draw may have room."""


@dataclass(frozen=True)
class Order:
    """The second column, or number, is at least `least` and at most `most` above the first, where `where` holds."""

    first: str | int
    second: str | int
    least: str | int = 0
    most: int | None = None
    where: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """The columns that it is about."""
        return {name for name in (self.first, self.second, self.least, *self.where) if isinstance(name, str)}


def order_of(study: Study, numbers: list[str]) -> list[Order]:
    """The order that a study file states, and what [rules.within] says of numbers.

    InputError for a rule that names no two columns or numbers, or a column that the codebook lacks.
    """
    said, faults = [], []
    for number, rule in enumerate(study.settings.get("synthesis", {}).get("order", []), 1):
        try:
            made = Order(**rule)
        except TypeError as error:
            faults.append(_fault(number, f"is not of the form of the section: {error}"))
            continue
        lacking = sorted(name for name in made.columns if name not in study.codebook)
        if lacking:
            faults.append(_fault(number, f"names {', '.join(lacking)}, which the codebook lacks"))
        said.append(made)
    if faults:
        raise InputError(faults)
    pairs = study.rules.within.items()
    return [*said, *(Order(part, whole) for part, whole in pairs if part in numbers or whole in numbers)]


def _fault(number: int, message: str) -> Problem:
    return Problem(
        f"[[synthesis.order]] number {number} {message}", "study.toml", remedy="compare it with data/study.toml"
    )


class Room:
    """The lowest and the highest value that each person may have of each column, as the order leaves them."""

    def __init__(self, people, columns: list[str]):
        self.people, self.low, self.high, self.asked = people, {}, {}, {}
        study, n = people.plan.study, len(people)
        self.order = [rule for rule in people.plan.order if self._concerns(rule)]
        self.pinned: dict[str, np.ndarray] = {}
        for column in columns:
            variable = study.codebook[column]
            low, high = (variable.low or 0), MOST if variable.high is None else variable.high
            self.low[column], self.high[column] = np.full(n, int(low)), np.full(n, int(high))
            self.asked[column] = people.asked(column)
            for row in people.plan.numbers_of(column):
                inside, end = people.inside(row.group), int(float(row.value)) if row.decimals == 0 else None
                if row.statistic == "min" and end is not None:
                    self.low[column][inside] = np.maximum(self.low[column][inside], end)
                if row.statistic == "max" and end is not None:
                    self.high[column][inside] = np.minimum(self.high[column][inside], end)
        self.spread()

    def _concerns(self, rule: Order) -> bool:
        names = {name for name in (rule.first, rule.second) if isinstance(name, str)} | set(rule.where)
        return names <= set(self.people.codes) | {v.name for v in self.people.plan.study.codebook if v.measured}

    def _ends(self, name: str | int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lowest and highest value, and who has one at all."""
        n = len(self.people)
        if isinstance(name, int):
            return np.full(n, name), np.full(n, name), np.ones(n, bool)
        if name in self.low:
            return self.low[name], self.high[name], self.asked[name]
        if name not in self.people.codes:
            return np.zeros(n, int), np.full(n, MOST), np.zeros(n, bool)
        codes = self.people.codes[name]
        known = ~np.isin(codes, list(self.people.plan.study.codebook[name].missing))
        value = np.where(known, codes, "0").astype(int)
        return value, value, known

    def spread(self) -> None:
        """Narrow every column by the order, until nothing moves."""
        for _ in range(50):
            moved = False
            for rule in self.order:
                where = np.ones(len(self.people), bool)
                for name, code in rule.where.items():
                    where &= self.people.codes[name] == code if name in self.people.codes else False
                low, high, has = self._ends(rule.first)
                later_low, later_high, later = self._ends(rule.second)
                where &= has & later
                least = rule.least
                if isinstance(least, str):
                    least = self._ends(least)[0]
                if rule.second in self.low:
                    moved |= _narrow(self.low[rule.second], np.where(where, low + least, -MOST), np.maximum)
                    if rule.most is not None:
                        moved |= _narrow(self.high[rule.second], np.where(where, high + rule.most, MOST), np.minimum)
                if rule.first in self.low:
                    moved |= _narrow(self.high[rule.first], np.where(where, later_high - least, MOST), np.minimum)
                    if rule.most is not None:
                        least_low = np.where(where, later_low - rule.most, -MOST)
                        moved |= _narrow(self.low[rule.first], least_low, np.maximum)
            if not moved:
                return

    def fix(self, column: str, persons: np.ndarray, value: np.ndarray) -> None:
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
            if not able.size:
                nearest = float(np.clip(value, low[inside].min(), high[inside].max())) if inside.any() else 0.0
                people.plan.dropped[row.id] = Dropped(row.id, value, value, nearest)
                continue
            one = people.rng.choice(able, 1)
            self.fix(column, one, np.array([value]))


def _narrow(end: np.ndarray, to: np.ndarray, fix) -> bool:
    before = end.copy()
    end[:] = fix(end, to)
    return not np.array_equal(before, end)
