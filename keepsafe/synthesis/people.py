"""The persons of a cohort: their groups, a table of counts dealt out to them, and what two of them can exchange.

A unit is columns that move together without changing a printed figure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.files.cleaning import with_derived
from keepsafe.statistics.recompute import members
from keepsafe.study import Study
from keepsafe.synthesis.demands import (
    Block,
    Demand,
    coded,
    combinations,
    derived,
    in_model,
    largest_set,
    of_figures,
    random_table,
)
from keepsafe.synthesis.plan import Plan

NOT_ASKED, NOT_RECORDED = "-8", "-9"


class People:
    """A cohort while it is made: a text array a column, and each person's row of `plan.cells`."""

    def __init__(self, plan: Plan, rng: np.random.Generator):
        self.plan, self.rng = plan, rng
        levels = _kinds(plan)
        demands, start = _demands(plan, levels)
        sizes = np.array([plan.persons])
        table, off = random_table(sizes, np.full((1, len(levels)), 1.0), demands, rng, start)
        kinds = np.repeat(np.arange(len(levels)), (start if off else table)[0])
        rng.shuffle(kinds)
        drawn = levels.iloc[kinds].reset_index(drop=True)
        self.codes = {name: drawn[name].to_numpy(object) for name in drawn}
        self.cell = row_of(plan.cells[plan.group_columns], drawn)
        self.order = rng.permutation(len(drawn))  # whose records lack a code, where the figures say that some do

    def __len__(self) -> int:
        return self.cell.size

    def ones(self, columns: tuple[str, ...]) -> np.ndarray:
        """Who has a 1 in each of these columns, or of these derived variables."""
        found = np.ones(len(self), bool)
        for name in columns:
            rule = self.plan.study.derived.get(name)
            if name in self.codes or rule is None:
                found &= self.codes[name] == "1"
            elif rule.one_of:
                found &= np.isin(self.codes[rule.variable], rule.one_of)
            else:
                parts = [self.ones((part,)) for part in rule.sources]
                found &= np.any(parts, axis=0) if rule.any_of else np.all(parts, axis=0)
        return found

    def table(self, columns: Iterable[str]) -> pd.DataFrame:
        """Some columns, a row a person."""
        return pd.DataFrame({name: self.codes[name] for name in columns}, dtype="str")

    def numbers(self, column: str) -> np.ndarray:
        """A column as whole numbers, 0 where it is not recorded."""
        return np.where(self.known(column), self.codes[column], "0").astype(int)

    def known(self, column: str) -> np.ndarray:
        """Of whom a column is recorded with another code than one of missing."""
        return ~np.isin(self.codes[column], list(self.plan.study.codebook[column].missing))

    def asked(self, column: str) -> np.ndarray:
        """Of whom a column is recorded."""
        return self.ones(self.plan.asked_where(column))

    def elsewhere(self, column: str) -> str:
        """What those have who are not asked."""
        return NOT_ASKED if NOT_ASKED in self.plan.study.codebook[column].missing else "0"

    def put(self, column: str, persons: np.ndarray, value: np.ndarray) -> None:
        """Give these persons their numbers."""
        self.codes[column] = np.full(len(self), self.elsewhere(column), object)
        self.codes[column][persons] = value.astype(str)

    def inside(self, group: str) -> np.ndarray:
        """Who belongs to a group of the study."""
        return self.plan.inside(group)[self.cell]

    def draw(self, block: Block) -> None:
        """Give every person a combination of the block's levels, at random within the cells."""
        asked = self.ones(block.base)
        count = self.plan.missing(block, np.bincount(self.cell[asked], minlength=len(self.plan.cells)))
        unknown = self.order[asked[self.order]][:count]
        known = asked.copy()
        known[unknown] = False
        sizes = np.bincount(self.cell[known], minlength=len(self.plan.cells))
        demands, start = self.plan.demands(block, sizes)
        table, off = random_table(sizes, self.plan.share(block), demands, self.rng)
        if off:
            fitting = start is not None and np.array_equal(start.sum(axis=1), sizes)
            table, off = random_table(sizes, self.plan.share(block), demands, self.rng, start if fitting else None)
        if off:
            table = largest_set(sizes, demands, np.ones(len(demands)))[2]
        level = np.full(len(self), -1)
        for cell in np.flatnonzero(sizes):
            persons = np.flatnonzero(known & (self.cell == cell))
            level[persons] = self.rng.permutation(np.repeat(np.arange(table.shape[1]), table[cell]))
        for name in block.columns:
            codes = block.levels[name].to_numpy(object)
            self.codes[name] = np.where(level >= 0, codes[level], self.elsewhere(name))
            self.codes[name][unknown] = NOT_RECORDED


def row_of(known: pd.DataFrame, wanted: pd.DataFrame) -> np.ndarray:
    """In which row of a table each row of another stands, by the first one's columns; -1 for none."""
    place = {key: i for i, key in enumerate(map(tuple, known.to_numpy()))}
    return np.array([place.get(key, -1) for key in map(tuple, wanted[list(known)].to_numpy())], np.int64)


def _kinds(plan: Plan) -> pd.DataFrame:
    """Every combination of category, groups and strata."""
    rules = plan.study.settings.get("cohort", {})
    category, grouped = rules.get("category"), rules.get("grouped_as")
    others = [name for name in plan.group_columns if name not in (category, grouped)]
    table = combinations(filter(None, [category, *others, None if category else grouped]), plan.study)
    if grouped and category:
        group_of = {code: group for group, members in rules["groups_of_categories"].items() for code in members}
        table[grouped] = table[category].map(group_of)
    return derived(table, plan.study)


def _demands(plan: Plan, levels: pd.DataFrame) -> tuple[list[Demand], np.ndarray]:
    """The demands on the numbers of each kind of person that can hold together, and numbers that meet them."""
    if "people" not in plan.memory:
        study: Study = plan.study
        wished, everybody = [], next(name for name, group in study.groups.items() if group.variable is None)
        for row in plan.counts.itertuples():
            inside = members(levels, row.group, study).to_numpy(bool)
            n = int(float(row.value))
            wished.append(Demand(row.id, inside[None, :].astype(np.int64), n, n))
            rows = plan.figures_of(levels.columns)
            rows = rows[(rows["group"] == row.group) & (rows["stratum"] == "")].assign(group=everybody)
            for demand in of_figures(rows, levels, pd.DataFrame({"persons": [n]}), study):
                wished.append(Demand(demand.name, demand.counted * inside, demand.low, demand.high))
        kept, dropped, table = largest_set(np.array([plan.persons]), wished, np.ones(len(wished)))
        plan.dropped |= dropped
        plan.memory["people"] = kept, table
    return plan.memory["people"]


NOWHERE = -1


@dataclass(frozen=True)
class Unit:
    """Columns that move together.

    `states` has a row for each combination that occurs, `held` the row of each person. `counted` (demands x
    cells x states) with `low` and `high` are the sums that a printed figure or comparison holds. `near` says
    whether only persons of the same cell may exchange, `loose` whether one may take another's state alone;
    `weight` is what a state adds to the person's sum number `sum`, `prior` the log of how common a state is where
    nothing is printed.
    """

    columns: tuple[str, ...]
    states: pd.DataFrame
    held: np.ndarray
    counted: np.ndarray
    low: np.ndarray
    high: np.ndarray
    near: bool
    loose: bool
    weight: np.ndarray
    prior: np.ndarray
    sum: int = 0


def units(people: People, wanted: set[str], sums: list[str]) -> list[Unit]:
    """The units that hold the wanted columns."""
    plan, made, drawn = people.plan, [], set()
    for block in plan.blocks:
        if block.base and any(set(block.base) & set(other.columns) for other in plan.blocks):
            continue  # moves with its base
        family = [block]
        for other in plan.blocks:
            if other is not block and any(set(other.base) & set(part.columns) for part in family):
                family.append(other)
        columns = tuple(name for part in family for name in part.columns)
        if set(columns) & wanted:
            tied = _tied(people, columns, wanted)
            drawn |= set(tied)
            counts = [sorted(set(block.columns) & set(plan.study.rules.sums[name])) for name in sums]
            k, weighed = next(((k, parts) for k, parts in enumerate(counts) if parts), (0, []))
            made.append(_unit(people, family, columns, tied, weighed, k))
    for column in sorted(wanted & set(plan.numbers) - drawn):
        if column not in drawn:  # nor drawn with one before
            tied = _tied(people, (column,), wanted)
            drawn |= {column, *tied}
            made.append(_unit(people, [], (column,), tied, [], 0))
    return made


def _tied(people: People, columns: tuple[str, ...], wanted: set[str]) -> tuple[str, ...]:
    """The wanted numbers that the order ties to these columns, straight or through each other: they move with them."""
    found, grown = set(columns), True
    plan = people.plan
    rules = [rule.columns for rule in plan.order]
    rules += [{name, *plan.asked_where(name)} for name in plan.numbers]
    while grown:
        more = {name for rule in rules if rule & found for name in rule} & wanted & set(plan.numbers) - found
        found, grown = found | more, bool(more)
    return tuple(sorted(found - set(columns)))


def _unit(people: People, family: list[Block], columns, tied, weighed: list[str], k: int) -> Unit:
    """Blocks with the numbers tied to them; without a block numbers alone, exchanged anywhere where only the figures of
    everybody are printed.
    """
    plan, columns = people.plan, (*columns, *tied)
    table = people.table(columns)
    held = table.groupby(list(columns), sort=False).ngroup().to_numpy(np.int64)
    states = table.drop_duplicates(ignore_index=True)  # the combinations that occur
    counted, low, high, prior = [], [], [], np.zeros(len(states))
    cells = len(plan.cells)
    for block in family:
        own = list(block.columns)
        of_state = row_of(block.levels[own], states)
        asked = of_state >= 0  # and recorded
        prior += np.where(asked, np.log(plan.share(block).mean(axis=0))[of_state], 0.0)
        persons = people.ones(block.base) & (people.codes[own[0]] != NOT_RECORDED)
        for demand in plan.demands(block, np.bincount(people.cell[persons], minlength=cells))[0]:
            counted.append(np.where(asked, demand.counted[:, of_state], 0))
            low.append(demand.low)
            high.append(demand.high)
    weight = (states[weighed] == "1").sum(axis=1).to_numpy() if weighed else np.full(len(states), NOWHERE)
    near = bool(tied) or bool({name for block in family for name in block.base} - set(columns))
    if not family:
        said = [plan.study.groups[row.group].variable for name in columns for row in plan.numbers_of(name)]
        near = any(said) or any(plan.compared_numbers(name) or not people.asked(name).all() for name in columns)
    counted = np.array(counted, np.int64).reshape(len(low), cells, len(states))
    low, high, weight = (np.array(whole, np.int64) for whole in (low, high, weight))
    loose = bool(family) and not weighed and not tied
    return Unit(columns, states, held, counted, low, high, near, loose, weight, prior, k)


def values(states: pd.DataFrame, study: Study, columns: set[str]) -> dict[str, np.ndarray]:
    """Columns, indicators of levels and derived variables of a unit's states as numbers; blank counts as 0."""
    full = with_derived(coded(states, study), study)
    levels = sorted(column for column in columns if "=" in column and column.partition("=")[0] in full)
    wanted = [*(name for name in full if name in columns), *levels]
    return {column: np.nan_to_num(in_model(column, full)) for column in wanted}
