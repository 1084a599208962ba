"""The persons of a cohort with their groups, and the dealing out of a table of counts to them."""

from itertools import product

import numpy as np
import pandas as pd

from keepsafe.recompute import members
from keepsafe.synthesis.blocks import Block
from keepsafe.synthesis.demands import Demand, of_figures
from keepsafe.synthesis.margins import largest_set, random_table
from keepsafe.synthesis.plan import Plan


class People:
    """A cohort while it is made: a text array a column, and the cell of each person.

    `cell` is the row of `plan.cells` that a person belongs to.
    """

    def __init__(self, plan: Plan, rng: np.random.Generator):
        self.plan, self.rng = plan, rng
        levels = _kinds(plan)
        demands, start = _demands(plan, levels)
        sizes = np.array([_total(plan)])
        table, off = random_table(sizes, np.full((1, len(levels)), 1.0), demands, rng, start)
        if off:
            table = start
        kinds = np.repeat(np.arange(len(levels)), table[0])
        rng.shuffle(kinds)
        drawn = levels.iloc[kinds].reset_index(drop=True)
        self.codes = {name: drawn[name].to_numpy(object) for name in drawn}
        place = {key: i for i, key in enumerate(map(tuple, plan.cells.to_numpy()))}
        self.cell = np.array([place[key] for key in map(tuple, drawn[list(plan.cells)].to_numpy())])
        self.order = rng.permutation(len(drawn))  # whose records lack a code, where the figures say that some do

    def __len__(self) -> int:
        return self.cell.size

    def ones(self, columns: tuple[str, ...]) -> np.ndarray:
        """Who has a 1 in each of these columns."""
        found = np.ones(len(self), bool)
        for name in columns:
            found &= self.codes["sex"] == "female" if name == "female" else self.codes[name] == "1"
        return found

    def inside(self, group: str) -> np.ndarray:
        """Who belongs to a group of the study."""
        return self.plan.group_of_cell[self.plan.groups.index((group, ""))].astype(bool)[self.cell]

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
            table, off = random_table(sizes, self.plan.share(block), demands, self.rng, _fitted(start, sizes))
        if off:
            table = largest_set(sizes, demands, np.ones(len(demands)))[2]
        level = np.full(len(self), -1)
        for cell in np.flatnonzero(sizes):
            persons = np.flatnonzero(known & (self.cell == cell))
            level[persons] = self.rng.permutation(np.repeat(np.arange(table.shape[1]), table[cell]))
        for name in block.columns:
            codes = block.levels[name].to_numpy(object)
            self.codes[name] = np.where(level >= 0, codes[level], block.elsewhere)
            self.codes[name][unknown] = "-9"


def _fitted(start: np.ndarray, sizes: np.ndarray) -> np.ndarray | None:
    return start if start is not None and np.array_equal(start.sum(axis=1), sizes) else None


def _total(plan: Plan) -> int:
    rows = plan.figures[
        (plan.figures["variable"] == plan.study.settings["study"]["person"])
        & (plan.figures["group"] == "total")
        & (plan.figures["statistic"] == "count")
    ]
    return int(rows["value"].iloc[0])


def _kinds(plan: Plan) -> pd.DataFrame:
    """Every combination of category, groups and strata."""
    rules = plan.study.settings["cohort"]
    group_of = {code: group for group, codes in rules["groups_of_categories"].items() for code in codes}
    names = [rules["category"], *(name for name in plan.cells if name != rules["grouped_as"])]
    codes = [list(plan.study.codebook[name].levels) for name in names]
    table = pd.DataFrame(list(product(*codes)), columns=names, dtype="str")
    table[rules["grouped_as"]] = table[rules["category"]].map(group_of)
    return table


def _demands(plan: Plan, levels: pd.DataFrame) -> tuple[list[Demand], np.ndarray]:
    """The demands on the numbers of persons of each kind that can hold together, and numbers that meet
    them."""
    if "people" not in plan.memory:
        person = plan.study.settings["study"]["person"]
        counts = plan.figures[(plan.figures["variable"] == person) & (plan.figures["statistic"] == "count")]
        wished, everybody = [], plan.study.groups["total"].name
        for row in counts.drop_duplicates("group").itertuples():
            inside = members(levels, row.group, plan.study).to_numpy(bool)
            n = int(float(row.value))
            wished.append(Demand(row.id, inside[None, :].astype(np.int64), n, n))
            rows = plan.figures_of(levels.columns)
            rows = rows[(rows["group"] == row.group) & (rows["stratum"] == "")].assign(group=everybody)
            for demand in of_figures(rows, levels, pd.DataFrame({"persons": [n]}), plan.study):
                wished.append(Demand(demand.name, demand.counted * inside, demand.low, demand.high))
        kept, dropped, table = largest_set(np.array([_total(plan)]), wished, np.ones(len(wished)))
        plan.dropped.update({drop.name: drop for drop in dropped})
        plan.memory["people"] = kept, table
    return plan.memory["people"]
