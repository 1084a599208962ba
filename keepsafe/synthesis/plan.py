"""What every cohort has to meet, worked out once for a report: the demands that can hold together."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from keepsafe.printed import fits, possible_counts
from keepsafe.recompute import members
from keepsafe.study import Study
from keepsafe.synthesis.blocks import Block, blocks
from keepsafe.synthesis.demands import Demand, of_comparisons, of_figures
from keepsafe.synthesis.margins import Dropped, largest_set, random_table

#: Columns that are not drawn as blocks of codes.
ELSEWHERE = {"person_id", "file_id", "synthetic", "team"}
MOST_MISSING = 3
COMPARISON_WEIGHT = 0.01


@dataclass
class Plan:
    """A report's figures and comparisons as demands; `dropped` collects the figures that cannot hold.

    What the report leaves open, but all cohorts of a plan share (how many received a response, the totals
    over which a comparison is made), is drawn with `seed`.
    """

    figures: pd.DataFrame
    comparisons: pd.DataFrame
    study: Study
    seed: int = 0
    blocks: list[Block] = field(default_factory=list)
    dropped: dict[str, Dropped] = field(default_factory=dict)
    memory: dict = field(default_factory=dict)

    def __post_init__(self):
        study, category = self.study, self.study.settings["cohort"]["category"]
        self.group_columns = [
            study.settings["cohort"]["grouped_as"],
            *(group.variable for group in study.groups.values() if group.variable),
        ]
        self.group_columns = [*dict.fromkeys(self.group_columns), *study.strata.values()]
        self.blocks = blocks(study, ELSEWHERE | {category, *self.group_columns})
        columns = [study.column(v, p) for v, p in zip(self.figures["variable"], self.figures["phase"], strict=True)]
        self.figures = self.figures.assign(column=columns)
        of_levels = (self.figures["level"] != "") & self.figures["statistic"].isin(["percent", "count"])
        self.of_levels = dict(tuple(self.figures[of_levels].groupby("column")))
        columns = [
            study.column(v, p) for v, p in zip(self.comparisons["variable"], self.comparisons["phase"], strict=True)
        ]
        self.comparisons = self.comparisons.assign(column=columns)
        codes = [list(study.codebook[name].levels) for name in self.group_columns]
        index = pd.MultiIndex.from_product(codes, names=self.group_columns)
        self.cells = index.to_frame(index=False).astype("str")
        self.highest = self._highest()
        self.groups = [
            (group, s)
            for group in study.groups
            for s in ("", *study.codebook[next(iter(study.strata.values()))].levels)
        ]
        self.group_of_cell = np.array([self._inside(*group) for group in self.groups], np.int64)

    def _inside(self, group: str, stratum: str) -> np.ndarray:
        inside = members(self.cells, group, self.study).to_numpy(bool)
        sex = next(iter(self.study.strata.values()))
        return inside & (self.cells[sex] == stratum).to_numpy() if stratum else inside

    def _highest(self) -> list[tuple[str, str, float]]:
        """Columns said to have the highest share of a level, with the share that is printed."""
        said = self.comparisons[self.comparisons["direction"] == "highest"].drop_duplicates(["column", "level"])
        found = said.merge(self.figures.drop_duplicates(["column", "level"]), on=["column", "level"])
        return [(row.column, row.level, float(row.value)) for row in found.itertuples()]

    def numbers_of(self, column: str) -> list:
        """Printed means, standard deviations and ends of a column, one named tuple each."""
        if ("numbers", column) not in self.memory:
            rows = self.figures[
                (self.figures["column"] == column) & self.figures["statistic"].isin(["mean", "sd", "min", "max"])
            ]
            self.memory["numbers", column] = list(rows.itertuples())
        return self.memory["numbers", column]

    def figures_of(self, names: list[str] | pd.Index) -> pd.DataFrame:
        """Printed percentages and counts of levels of these columns, in the order of the file."""
        parts = [self.of_levels[name] for name in dict.fromkeys(names) if name in self.of_levels]
        if not parts:
            return self.figures.iloc[:0]
        return parts[0] if len(parts) == 1 else pd.concat(parts).sort_index()

    def missing(self, block: Block, sizes: np.ndarray) -> int:
        """How many of the persons asked have no code: the fewest for which each figure of a single group can
        print."""
        key = block.columns, int(sizes.sum())
        if key not in self.memory:
            self.memory[key] = self._missing(block, sizes)
        return self.memory[key]

    def _missing(self, block: Block, sizes: np.ndarray) -> int:
        rows = self.figures_of(block.levels.columns)
        rows = rows[(rows["qualifier"] == "exactly") & (rows["statistic"] == "percent")]
        if rows.empty or rows["group"].nunique() > 1 or not block.base:
            return 0
        n = int(sizes.sum())
        if n > int(sizes[self._inside(rows["group"].iloc[0], "")].sum()):
            return 0  # others are asked as well
        decimals = rows["decimals"].to_numpy()
        values = rows["value"].astype(float).to_numpy()
        for missing in range(MOST_MISSING + 1):
            k = np.rint(values / 100 * (n - missing)).astype(int)
            if fits(k, np.full(k.size, n - missing), values, decimals).all():
                return missing
        return 0

    def demands(self, block: Block, sizes: np.ndarray) -> tuple[list[Demand], np.ndarray | None]:
        """The demands that can hold together on a block, given how many persons each cell holds, and a table
        or None."""
        named = self._groups_named(block)
        if not named.size:
            return self._less_than_highest(block, sizes), None
        key = (block.columns, tuple(self.group_of_cell[named] @ sizes))
        if key not in self.memory:
            self.memory[key] = self._demands(block, sizes)
        return self.memory[key]

    def _groups_named(self, block: Block) -> np.ndarray:
        """Rows of `group_of_cell` of whom something is said: strata and groups without a word do not
        matter."""
        if block.columns not in self.memory:
            impact = block.columns[0].removesuffix("_provided") + "_impact"
            names = [*block.levels.columns, impact]
            printed = self.figures_of(names)
            compared = self.comparisons[self.comparisons["column"].isin(names)]
            groups = set(self.study.groups) if len(compared) else set(printed["group"])
            by_sex = bool((printed["stratum"] != "").any() or (compared["stratum"] != "").any())
            named = [i for i, (group, stratum) in enumerate(self.groups) if group in groups and (by_sex or not stratum)]
            self.memory[block.columns] = np.array(named, int)
        return self.memory[block.columns]

    def _demands(self, block: Block, sizes: np.ndarray) -> tuple[list[Demand], np.ndarray | None]:
        rng = np.random.default_rng([self.seed, len(self.memory)])
        cells = self.cells.assign(persons=sizes)
        share = self.share(block)
        wished = of_figures(self.figures_of(block.levels.columns), block.levels, cells, self.study)
        wished += self._recipients(block, cells, rng) + self._less_than_highest(block, sizes)
        kept, table = self._kept(sizes, share, wished, np.ones(len(wished)), rng)
        compared = self.comparisons[self.comparisons["column"].isin(block.levels.columns)]
        also = of_comparisons(compared, block.levels, cells, table, self.study)
        if also:
            weights = np.r_[np.ones(len(kept)), np.full(len(also), COMPARISON_WEIGHT)]
            kept, table = self._kept(sizes, share, kept + also, weights, rng, start=table)
        return kept, table

    def _kept(self, sizes, share, wished, weights, rng, start=None) -> tuple[list[Demand], np.ndarray]:
        table, off = random_table(sizes, share, wished, rng, start)
        if off == 0:
            return wished, table
        kept, dropped, table = largest_set(sizes, wished, weights)
        self.dropped.update({drop.name: drop for drop in dropped})
        return kept, random_table(sizes, share, kept, rng, table)[0]

    def share(self, block: Block) -> np.ndarray:
        """Cells x levels: how common each level is where nothing is printed."""
        share = np.tile(block.share.get("", np.ones(len(block.levels))), (len(self.cells), 1))
        for group, given in block.share.items():
            if group:
                share[self._inside(group, "")] = given
        return share / share.sum(axis=1, keepdims=True)

    def _less_than_highest(self, block: Block, sizes: np.ndarray) -> list[Demand]:
        """Where one response is said to have the highest share of a level, every other has less."""
        column, found = block.columns[0], []
        for first, level, share in self.highest:
            if column != first and column.endswith("_" + first.rsplit("_", 1)[1]):
                counted = np.outer(np.ones(len(sizes)), block.levels[column] == level).astype(np.int64)
                found.append(Demand(f"{column}.{level}.below", counted, 0, int((share - 1) / 100 * sizes.sum())))
        return found

    def _recipients(self, block: Block, cells: pd.DataFrame, rng: np.random.Generator) -> list[Demand]:
        """How many received a response, so that the percentages printed of its recipients can be whole
        counts."""
        column = block.columns[0]
        impact = column.removesuffix("_provided") + "_impact"
        rows = self.figures_of([impact])
        if not column.endswith("_provided") or rows.empty:
            return []
        found, share = [], self.share(block)
        for group in ("cse", "total"):
            inside = self._inside(group, "")
            persons = cells["persons"].to_numpy() * inside
            expected = float(rng.binomial(persons, share[:, 1]).sum())
            some = rows[rows["group"] == group]
            own = [
                demand
                for demand in of_figures(self.figures_of([column]), block.levels, cells, self.study)
                if np.array_equal(demand.counted[:, 1] * persons, persons)
            ]
            if some.empty:
                continue
            if own:
                expected = float(np.mean([(demand.low + demand.high) / 2 for demand in own]))
            n = _printable(some, expected, int(persons.sum()))
            counted = np.outer(inside, block.levels[column] == "1").astype(np.int64)
            found.append(Demand(f"{column}.{group}", counted, n, n))
        return found


def _printable(rows: pd.DataFrame, near: float, most: int) -> int:
    """The number of recipients, nearest to the one expected, of whom every printed percentage is a whole
    count."""
    values, decimals = rows["value"].astype(float).to_numpy(), rows["decimals"].to_numpy()
    for n in sorted(range(1, most + 1), key=lambda n: (abs(n - near), n)):
        low, high = possible_counts(values, decimals, np.full(values.size, n), rows["qualifier"].to_numpy())
        if (low <= high).all():
            return n
    return round(near)
