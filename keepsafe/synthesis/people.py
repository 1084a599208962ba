"""The persons of a cohort with their groups, and the dealing out of a table of counts to them."""

from itertools import product

import numpy as np
import pandas as pd

from keepsafe.statistics.recompute import members
from keepsafe.study.definition import Study
from keepsafe.synthesis.blocks import Block
from keepsafe.synthesis.demands import Demand, largest_set, of_figures, random_table
from keepsafe.synthesis.plan import Plan

NOT_ASKED, NOT_RECORDED = "-8", "-9"


class People:
    """A cohort while it is made: a text array a column, and the cell of each person.

    `cell` is the row of `plan.cells` that a person belongs to.
    """

    def __init__(self, plan: Plan, rng: np.random.Generator):
        self.plan, self.rng = plan, rng
        levels = _kinds(plan)
        demands, start = _demands(plan, levels)
        sizes = np.array([plan.persons])
        table, off = random_table(sizes, np.full((1, len(levels)), 1.0), demands, rng, start)
        if off:
            table = start
        kinds = np.repeat(np.arange(len(levels)), table[0])
        rng.shuffle(kinds)
        drawn = levels.iloc[kinds].reset_index(drop=True)
        self.codes = {name: drawn[name].to_numpy(object) for name in drawn}
        place = {key: i for i, key in enumerate(map(tuple, plan.cells[plan.group_columns].to_numpy()))}
        self.cell = np.array([place[key] for key in map(tuple, drawn[plan.group_columns].to_numpy())], np.int64)
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

    def having(self, variable: str, code: str) -> np.ndarray:
        """Who has this code of a variable, or of a derived one."""
        if variable in self.codes:
            return self.codes[variable] == code
        return self.ones((variable,)) == (code == "1")

    def numbers(self, column: str) -> np.ndarray:
        """A column as whole numbers, 0 where it is not recorded."""
        codes = self.codes[column]
        return np.where(np.isin(codes, list(self.plan.study.codebook[column].missing)), "0", codes).astype(int)

    def asked(self, column: str) -> np.ndarray:
        """Of whom a column is recorded."""
        return self.ones(self.plan.asked_where(column))

    def elsewhere(self, column: str) -> str:
        """What the others have."""
        return NOT_ASKED if NOT_ASKED in self.plan.study.codebook[column].missing else "0"

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
            self.codes[name][unknown] = NOT_RECORDED


def _fitted(start: np.ndarray, sizes: np.ndarray) -> np.ndarray | None:
    return start if start is not None and np.array_equal(start.sum(axis=1), sizes) else None


def _kinds(plan: Plan) -> pd.DataFrame:
    """Every combination of category, groups and strata."""
    rules = plan.study.settings.get("cohort", {})
    category, grouped = rules.get("category"), rules.get("grouped_as")
    names = [*filter(None, [category]), *(name for name in plan.group_columns if name not in (category, grouped))]
    if grouped and not category:
        names.append(grouped)
    codes = [list(plan.study.codebook[name].levels) for name in names]
    table = pd.DataFrame(list(product(*codes)), columns=names, dtype="str")
    if grouped and category:
        group_of = {code: group for group, members in rules["groups_of_categories"].items() for code in members}
        table[grouped] = table[category].map(group_of)
    return plan.with_derived(table)


def _demands(plan: Plan, levels: pd.DataFrame) -> tuple[list[Demand], np.ndarray]:
    """The demands on the numbers of persons of each kind that can hold together, and numbers that meet
    them."""
    if "people" not in plan.memory:
        study: Study = plan.study
        person = study.settings["study"]["person"]
        counts = plan.figures[(plan.figures["variable"] == person) & (plan.figures["statistic"] == "count")]
        wished, everybody = [], next(name for name, group in study.groups.items() if group.variable is None)
        for row in counts.drop_duplicates("group").itertuples():
            inside = members(levels, row.group, study).to_numpy(bool)
            n = int(float(row.value))
            wished.append(Demand(row.id, inside[None, :].astype(np.int64), n, n))
            rows = plan.figures_of(levels.columns)
            rows = rows[(rows["group"] == row.group) & (rows["stratum"] == "")].assign(group=everybody)
            for demand in of_figures(rows, levels, pd.DataFrame({"persons": [n]}), study):
                wished.append(Demand(demand.name, demand.counted * inside, demand.low, demand.high))
        kept, dropped, table = largest_set(np.array([plan.persons]), wished, np.ones(len(wished)))
        plan.dropped.update({drop.name: drop for drop in dropped})
        plan.memory["people"] = kept, table
    return plan.memory["people"]
