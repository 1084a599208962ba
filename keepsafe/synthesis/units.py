"""What two persons can exchange without changing a printed figure: units of columns that move together."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from keepsafe.files.cleaning import with_derived
from keepsafe.study.definition import Study
from keepsafe.synthesis.people import People

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
    """The units that hold the wanted columns.

    Parameters
    ----------
    wanted : columns that a model uses.
    sums : numbers that count how many items a person has.
    """
    plan, made, drawn = people.plan, [], set()
    blocks = {block.columns: block for block in plan.blocks}
    for block in plan.blocks:
        family = _family(block.columns, blocks)
        if block.base and any(set(block.base) & set(other.columns) for other in plan.blocks):
            continue  # moves with its base
        columns = tuple(name for part in family for name in part)
        if set(columns) & wanted:
            tied = _tied(people, columns, wanted)
            drawn |= set(tied)
            counts = {k: set(block.columns) & set(people.plan.study.rules.sums[name]) for k, name in enumerate(sums)}
            k = next((k for k, parts in counts.items() if parts), None)
            made.append(
                _unit(people, columns, tied, family, blocks, sorted(counts[k]) if k is not None else [], k or 0)
            )
    for column in sorted(wanted & set(plan.numbers) - drawn):
        if column not in drawn:
            tied = _tied(people, (column,), wanted)
            drawn |= {column, *tied}
            made.append(_number(people, (column, *tied)))
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


def _family(columns: tuple[str, ...], blocks: dict) -> list[tuple[str, ...]]:
    """A block and all that is asked only of those who have a 1 in it."""
    family = [columns]
    for name, block in blocks.items():
        if name not in family and any(set(block.base) & set(part) for part in family):
            family.append(name)
    return family


def _unit(people: People, columns, tied, family, blocks, weighed, k) -> Unit:
    columns = (*columns, *tied)
    table = pd.DataFrame({name: people.codes[name] for name in columns}, dtype="str")
    held, _ = pd.factorize(pd.MultiIndex.from_frame(table)) if len(columns) > 1 else pd.factorize(table[columns[0]])
    states = table.iloc[np.unique(held, return_index=True)[1]].reset_index(drop=True)
    counted, low, high, prior = [], [], [], np.zeros(len(states))
    cells = len(people.plan.cells)
    for part in family:
        block = blocks[part]
        of_state = _levels(states, block)
        asked = of_state >= 0
        prior += np.where(asked, np.log(people.plan.share(block).mean(axis=0))[of_state], 0.0)
        persons = people.ones(block.base) & (people.codes[part[0]] != "-9")
        sizes = np.bincount(people.cell[persons], minlength=cells)
        for demand in people.plan.demands(block, sizes)[0]:
            counted.append(np.where(asked, demand.counted[:, of_state], 0))
            low.append(demand.low)
            high.append(demand.high)
    weight = (states[list(weighed)] == "1").sum(axis=1).to_numpy() if weighed else np.full(len(states), NOWHERE)
    bound = {name for part in family for name in blocks[part].base} - set(columns)
    shape = len(low), cells, len(states)
    return Unit(
        columns,
        states,
        held.astype(np.int64),
        np.array(counted, np.int64).reshape(shape),
        np.array(low, np.int64),
        np.array(high, np.int64),
        bool(bound) or bool(tied),
        not weighed and not tied,
        weight.astype(np.int64),
        prior,
        k,
    )


def _levels(states: pd.DataFrame, block) -> np.ndarray:
    """The level of a block that each state has; -1 where the block is not asked or not recorded."""
    place = {key: i for i, key in enumerate(map(tuple, block.levels[list(block.columns)].to_numpy()))}
    return np.array([place.get(key, -1) for key in map(tuple, states[list(block.columns)].to_numpy())])


def _number(people: People, columns: tuple[str, ...]) -> Unit:
    """Numbers: exchanged anywhere where only the figures of everybody are printed, else within a cell."""
    table = pd.DataFrame({name: people.codes[name] for name in columns}, dtype="str")
    held, _ = pd.factorize(pd.MultiIndex.from_frame(table)) if len(columns) > 1 else pd.factorize(table[columns[0]])
    states = table.iloc[np.unique(held, return_index=True)[1]].reset_index(drop=True)
    said = [row for name in columns for row in people.plan.numbers_of(name)]
    near = any(people.plan.study.groups[row.group].variable is not None for row in said)
    near |= any(people.plan.compared_numbers(name) or not people.asked(name).all() for name in columns)
    none = np.zeros((0, len(people.plan.cells), len(states)), np.int64)
    nothing = np.zeros(0, np.int64)
    nowhere, even = np.full(len(states), NOWHERE), np.zeros(len(states))
    return Unit(columns, states, held.astype(np.int64), none, nothing, nothing, bool(near), False, nowhere, even)


def values(states: pd.DataFrame, study: Study, columns: set[str]) -> dict[str, np.ndarray]:
    """Columns, indicators of levels and derived variables of a unit's states as numbers; blank counts as 0."""
    known = {name: rule for name, rule in study.derived.items() if set(rule.sources) <= set(states.columns)}
    blanked = states.apply(lambda c: c.where(~c.isin(list(study.codebook[c.name].missing))))
    numbers = blanked.apply(
        lambda c: c if study.codebook[c.name].type in ("category", "ordered") else pd.to_numeric(c).astype("Int64")
    )
    full = with_derived(numbers, replace(study, derived=known))
    found = {name: full[name].astype("Float64").fillna(0).to_numpy(float) for name in full if name in columns}
    for column in sorted(name for name in columns if "=" in name):
        name, _, level = column.partition("=")
        if name in states:
            found[column] = (states[name] == level).to_numpy(float)
    return found
