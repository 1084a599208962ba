"""What two persons can exchange without changing a printed figure: units of columns that move together."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from keepsafe.cleaning import with_derived
from keepsafe.study import Study
from keepsafe.synthesis.people import People

NOWHERE = -1


@dataclass(frozen=True)
class Unit:
    """Columns that move together.

    `states` has a row for each combination that occurs, `held` the row of each person. `counted` (demands x
    cells x states) with `low` and `high` are the sums that a printed figure or comparison holds. `near` says
    whether only persons of the same cell may exchange, `loose` whether one may take another's state alone;
    `weight` is what a state adds to the person's number of types of abuse, `prior` the log of how common a
    state is where nothing is printed.
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


def units(people: People, wanted: set[str], summed: list[tuple[str, ...]]) -> list[Unit]:
    """The units that hold the wanted columns.

    Parameters
    ----------
    wanted : columns that a model uses.
    summed : the parts of the number of types of abuse.
    """
    plan, made = people.plan, []
    blocks = {block.columns: block for block in plan.blocks}
    for block in plan.blocks:
        family = _family(block.columns, blocks)
        if block.base and any(set(block.base) & set(other.columns) for other in plan.blocks):
            continue  # moves with its base
        columns = tuple(name for part in family for name in part)
        if set(columns) & wanted:
            weight = columns if any(set(block.columns) == set(part) for part in summed) else ()
            made.append(_unit(people, columns, family, blocks, weight))
    for column in sorted(
        wanted & set(plan.study.settings.get("synthesis", {}).get("numbers", {})) | ({"age_2006"} & wanted)
    ):
        made.append(_number(people, column))
    return made


def _family(columns: tuple[str, ...], blocks: dict) -> list[tuple[str, ...]]:
    """A block and all that is asked only of those who have a 1 in it."""
    family = [columns]
    for name, block in blocks.items():
        if name not in family and any(set(block.base) & set(part) for part in family):
            family.append(name)
    return family


def _unit(people: People, columns, family, blocks, weighed) -> Unit:
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
        bool(bound),
        not weighed,
        weight.astype(np.int64),
        prior,
    )


def _levels(states: pd.DataFrame, block) -> np.ndarray:
    """The level of a block that each state has; -1 where the block is not asked or not recorded."""
    place = {key: i for i, key in enumerate(map(tuple, block.levels[list(block.columns)].to_numpy()))}
    return np.array([place.get(key, -1) for key in map(tuple, states[list(block.columns)].to_numpy())])


def _number(people: People, column: str) -> Unit:
    """A count: exchanged anywhere where only its total is printed, else within a cell."""
    codes = pd.Series(people.codes[column])
    held, found = pd.factorize(codes)
    rows = people.plan.figures
    rows = rows[rows["column"] == column]
    near = bool((rows["group"] != "total").any())
    none = np.zeros((0, len(people.plan.cells), len(found)), np.int64)
    return Unit(
        (column,),
        pd.DataFrame({column: found}, dtype="str"),
        held.astype(np.int64),
        none,
        np.zeros(0, np.int64),
        np.zeros(0, np.int64),
        near,
        False,
        np.full(len(found), NOWHERE),
        np.zeros(len(found)),
    )


def values(states: pd.DataFrame, study: Study, columns: set[str]) -> dict[str, np.ndarray]:
    """Columns and derived variables of a unit's states as numbers; blank counts as 0."""
    known = {name: rule for name, rule in study.derived.items() if set(rule.sources) <= set(states.columns)}
    blanked = states.apply(lambda c: c.where(~c.isin(list(study.codebook[c.name].missing))))
    numbers = blanked.apply(
        lambda c: c if study.codebook[c.name].type in ("category", "ordered") else pd.to_numeric(c).astype("Int64")
    )
    full = with_derived(numbers, replace(study, derived=known))
    wanted = [name for name in full if name in columns]
    return {name: full[name].astype("Float64").fillna(0).to_numpy(float) for name in wanted}
