"""What every cohort has to meet, worked out once for a report: the demands that can hold together.

All that draws and searches works in whole numbers, so that one seed gives the same files on every processor. A number
whose range the codebook writes with decimals (4.0..18.0) has as many as its printed means and SDs, is drawn in whole
numbers of its smallest step, and given back as the report prints it.

Longer than 300 lines: a demand is read beside how it is asked of a block.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
import pandas as pd

from keepsafe.problems import InputError
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import possible_counts
from keepsafe.synthesis.demands import (
    Block,
    Demand,
    Dropped,
    blocks,
    combinations,
    derived,
    inside,
    largest_set,
    of_comparisons,
    of_figures,
    order_of,
    random_table,
    sources,
)

MOST_MISSING = 3
COMPARISON_WEIGHT = 0.01
IN_UNITS = ("mean", "sd", "min", "max")


@dataclass
class Plan:
    """A report's figures and comparisons as demands; `dropped` collects the figures that cannot hold.

    What the report leaves open, but all cohorts of a plan share (how many received a response, the totals
    over which a comparison is made), is drawn with `seed`. `cells` has a row for each combination of the
    groups and strata that the study names; `numbers` are the columns drawn as whole numbers, `modelled` all
    columns on which a model rests. `asked` is the study as it was given; in `study` and `figures` a number that has
    `decimals` is counted in its smallest step.
    """

    figures: pd.DataFrame
    comparisons: pd.DataFrame
    study: Study
    seed: int = 0
    dropped: dict[str, Dropped] = field(default_factory=dict)
    memory: dict = field(default_factory=dict)

    def __post_init__(self):
        self.asked, self.decimals = self.study, decimals_of(self.figures, self.study)
        if self.decimals:
            self.figures, self.study = in_steps(self.figures, self.study, self.decimals)
        study, cohort = self.study, self.study.settings.get("cohort", {})
        self.settings = study.settings.get("synthesis", {})
        named = [cohort.get("grouped_as"), *(group.variable for group in study.groups.values()), *study.strata.values()]
        based = [source for name in filter(None, named) for source in sources(name, study)]
        self.group_columns = list(dict.fromkeys(based))
        about = study.settings["study"]
        self.identifiers = [name for name in (about.get("file"), cohort.get("team")) if name in study.codebook]
        done = {about["person"], *self.identifiers, "synthetic", cohort.get("category"), *self.group_columns}
        self.blocks = blocks(study, done)
        self.figures = self._with_columns(self.figures)
        self.comparisons = self._with_columns(self.comparisons)
        of_levels = (self.figures["level"] != "") & self.figures["statistic"].isin(["percent", "count"])
        self.of_levels = self.figures[of_levels]
        self.cells = derived(combinations(self.group_columns, study), study)
        said = self.comparisons[self.comparisons["direction"] == "highest"].drop_duplicates(["column", "level"])
        said = said.merge(self.figures.drop_duplicates(["column", "level"]), on=["column", "level"])
        # columns said to have the highest share of a level, with the share that is printed
        self.highest = [(row.column, row.level, float(row.value)) for row in said.itertuples()]
        levels = [level for name in study.strata.values() for level in study.codebook[name].levels]
        self.groups = [(group, stratum) for group in study.groups for stratum in ("", *levels)]
        self.group_of_cell = np.array([self.inside(*group) for group in self.groups], np.int64)
        of_persons = (self.figures["variable"] == about["person"]) & (self.figures["statistic"] == "count")
        self.counts = self.figures[of_persons].drop_duplicates("group")  # how many persons a group has
        self.persons = self._persons()
        measured = [v.name for v in study.codebook if v.measured and v.name not in study.rules.sums]
        set_out = [name for name in self.settings.get("numbers", {}) if name in measured]
        self.numbers = list(dict.fromkeys([*set_out, *measured]))
        modelled = {name for model in study.models.values() for name in (model.outcome.variable, *model.candidates)}
        self.modelled = modelled | {source for name in modelled for source in sources(name, study)}
        self.order = order_of(study, self.numbers)
        # whether the report marks p from .05 to .10, so that what it leaves unmarked is above
        self.marks_marginal = bool(self.comparisons[["wording", "marker"]].isin(["marginal", "†"]).any(axis=None))

    def _with_columns(self, said: pd.DataFrame) -> pd.DataFrame:
        columns = [self.study.column(v, p) for v, p in zip(said["variable"], said["phase"], strict=True)]
        return said.assign(column=columns)

    def inside(self, group: str, stratum: str = "") -> np.ndarray:
        """Which cells belong to a group, and to a stratum of it."""
        return inside(self.cells, group, stratum, self.study)

    def _persons(self) -> int:
        """How many persons the report is about."""
        everybody = [name for name, group in self.study.groups.items() if group.variable is None]
        rows = self.counts[self.counts["group"].isin(everybody)]
        if rows.empty:
            person = self.study.settings["study"]["person"]
            raise InputError.of(
                f"no figure says how many persons there are: no count of {person} in a group of everybody",
                file="figures.csv",
                remedy="under [groups] name one without a variable; a form has a column for it, headed with its n",
            )
        return int(float(rows["value"].iloc[0]))

    def asked_where(self, column: str) -> tuple[str, ...]:
        """The columns that have to be 1 for a column to be recorded: by the rules, and for a number by its `where`."""
        where = self.settings.get("numbers", {}).get(column, {}).get("where", ())
        return (*self.study.rules.only_where.get(column, ()), *((where,) if isinstance(where, str) else where))

    def parts_of(self, column: str) -> list[list[str]]:
        """The items that a sum counts, those of one block together; none where an item is not drawn as codes."""
        items = self.study.rules.sums.get(column, ())
        parts = [[name for name in items if name in block.columns] for block in self.blocks]
        parts = [part for part in parts if part]
        return parts if sum(map(len, parts)) == len(items) else []

    def numbers_of(self, column: str) -> list:
        """Printed figures of a number, one named tuple each."""
        if ("numbers", column) not in self.memory:
            rows = self.figures[(self.figures["column"] == column) & (self.figures["level"] == "")]
            self.memory["numbers", column] = list(rows.itertuples())
        return self.memory["numbers", column]

    def compared_numbers(self, column: str) -> list:
        """Comparisons of the means of a number, one named tuple each."""
        said = self.comparisons
        return list(said[(said["column"] == column) & (said["level"] == "")].itertuples())

    def figures_of(self, names: list[str] | pd.Index) -> pd.DataFrame:
        """Printed percentages and counts of levels of these columns, in the order of the file."""
        return self.of_levels[self.of_levels["column"].isin(names)]

    def missing(self, block: Block, sizes: np.ndarray) -> int:
        """How many of those asked have no code: the fewest for which each figure of a single group can print."""
        key = block.columns, int(sizes.sum())
        if key not in self.memory:
            rows, self.memory[key] = self.figures_of(block.levels.columns), 0
            rows = rows[(rows["qualifier"] == "exactly") & (rows["statistic"] == "percent")]
            # of one group, and nobody else is asked
            if block.base and rows["group"].nunique() == 1 and not sizes[~self.inside(rows["group"].iloc[0])].any():
                known = sizes.sum() - np.arange(MOST_MISSING + 1)[:, None]
                least, most = possible_counts(rows["value"].astype(float), rows["decimals"], known)
                self.memory[key] = int((least <= most).all(axis=1).argmax())
        return self.memory[key]

    def demands(self, block: Block, sizes: np.ndarray) -> tuple[list[Demand], np.ndarray | None]:
        """The demands on a block that can hold together, given the persons of each cell, and a table or None."""
        named = self._groups_named(block)
        if not named.size:
            return self._less_than_highest(block, sizes), None
        key = (block.columns, tuple(self.group_of_cell[named] @ sizes))
        if key not in self.memory:
            self.memory[key] = self._demands(block, sizes)
        return self.memory[key]

    def _groups_named(self, block: Block) -> np.ndarray:
        """Rows of `group_of_cell` of whom something is said; others do not matter."""
        if block.columns not in self.memory:
            names = [*block.levels.columns, *self._asked_where(block)]
            printed = self.figures_of(names)
            compared = self.comparisons[self.comparisons["column"].isin(names)]
            groups = set(self.study.groups) if len(compared) else set(printed["group"])
            by_stratum = bool((printed["stratum"] != "").any() or (compared["stratum"] != "").any())
            by_stratum |= bool(compared["contrast"].isin(self.study.strata).any())
            named = [i for i, (group, s) in enumerate(self.groups) if group in groups and (by_stratum or not s)]
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
        also = of_comparisons(compared, block.levels, cells, table, self.study, self.marks_marginal)
        if also:
            weights = np.r_[np.ones(len(kept)), np.full(len(also), COMPARISON_WEIGHT)]
            kept, table = self._kept(sizes, share, kept + also, weights, rng, start=table)
        return kept, table

    def _kept(self, sizes, share, wished, weights, rng, start=None) -> tuple[list[Demand], np.ndarray]:
        table, off = random_table(sizes, share, wished, rng, start)
        if off == 0:
            return wished, table
        kept, dropped, table = largest_set(sizes, wished, weights)
        self.dropped |= dropped
        return kept, random_table(sizes, share, kept, rng, table)[0]

    def share(self, block: Block) -> np.ndarray:
        """Cells x levels: how common each level is where nothing is printed."""
        share = np.ones((len(self.cells), len(block.levels)))
        for group, given in block.share.items():  # that of everybody is the first
            share[self.inside(group) if group else slice(None)] = given
        return share / share.sum(axis=1, keepdims=True)

    def _less_than_highest(self, block: Block, sizes: np.ndarray) -> list[Demand]:
        """Where one response is said to have the highest share of a level, every other has less."""
        column, found = block.columns[0], []
        for first, level, share in self.highest:
            if column != first and column.endswith("_" + first.rsplit("_", 1)[1]):
                counted = np.outer(np.ones(len(sizes)), block.levels[column] == level).astype(np.int64)
                found.append(Demand(f"{column}.{level}.below", counted, 0, int((share - 1) / 100 * sizes.sum())))
        return found

    def _asked_where(self, block: Block) -> list[str]:
        """Columns that are asked only of those who have a 1 in this one."""
        if len(block.columns) > 1:
            return []
        return [name for other in self.blocks if other.base == block.columns for name in other.levels.columns]

    def _recipients(self, block: Block, cells: pd.DataFrame, rng: np.random.Generator) -> list[Demand]:
        """How many have a 1, so that the percentages printed of those who do can be whole counts."""
        column, rows = block.columns[0], self.figures_of(self._asked_where(block))
        rows = rows[rows["stratum"] == ""]
        if rows.empty:
            return []
        found, share, ones = [], self.share(block), (block.levels[column] == "1").to_numpy()
        sizes = {group: int((cells["persons"] * self.inside(group)).sum()) for group in dict.fromkeys(rows["group"])}
        printed = of_figures(self.figures_of([column]), block.levels, cells, self.study)
        for group in sorted(sizes, key=sizes.get):
            within = self.inside(group)
            persons = cells["persons"].to_numpy() * within
            expected = float(rng.binomial(persons, share[:, ones].sum(axis=1)).sum())
            own = [each for each in printed if np.array_equal(each.counted[:, ones][:, 0] * persons, persons)]
            low = max([0, *(demand.low for demand in own)])
            high = min([int(persons.sum()), *(demand.high for demand in own)])
            n = np.arange(max(low, 1), high + 1)
            some = rows[(rows["group"] == group) & (rows["statistic"] == "percent")]
            least, most = possible_counts(some["value"].astype(float), some["decimals"], n[:, None], some["qualifier"])
            n = n[(least <= most).all(axis=1)]
            if n.size:
                nearest = int(n[np.abs(n - ((low + high) / 2 if own else expected)).argmin()])
                counted = np.outer(within, ones).astype(np.int64)
                found.append(Demand(f"{column}.{group}", counted, nearest, nearest))
        return found


def decimals_of(figures: pd.DataFrame, study: Study) -> dict[str, int]:
    """How many decimals each number has that is not whole: the fewest of its printed means and SDs, one at least.

    A number that stands in an order with others, that is within another or counts items stays whole, and so does one of
    which the study file says how it is drawn.

    Examples
    --------
    >>> from keepsafe import load_figures, load_study
    >>> decimals_of(load_figures(), load_study())
    {}
    """
    said = study.settings.get("synthesis", {})
    bound = {name for rule in said.get("order", []) for name in rule.values() if isinstance(name, str)}
    bound |= {*study.rules.within, *study.rules.within.values(), *study.rules.sums, *said.get("numbers", {})}
    found = {}
    for variable in study.codebook:
        if variable.type == "number" and not variable.whole and variable.name not in bound:
            rows = figures[(figures["variable"] == variable.name) & figures["statistic"].isin(["mean", "sd"])]
            found[variable.name] = max(1, int(rows["decimals"].min())) if len(rows) else 1
    return found


def in_steps(figures: pd.DataFrame, study: Study, decimals: dict[str, int]) -> tuple[pd.DataFrame, Study]:
    """The figures and the study with these numbers counted in their smallest step: 9.84 as 984."""
    figures = figures.copy()
    of_numbers = figures["variable"].isin(decimals) & figures["statistic"].isin(IN_UNITS) & (figures["level"] == "")
    for i in figures.index[of_numbers]:
        steps = decimals[figures.at[i, "variable"]]
        figures.at[i, "value"] = format(Decimal(figures.at[i, "value"]).scaleb(steps), "f")
        figures.at[i, "decimals"] = max(int(figures.at[i, "decimals"]) - steps, 0)
    variables = []
    for variable in study.codebook:
        if variable.name in decimals:
            ends = {"low": variable.low, "high": variable.high}
            steps = 10 ** decimals[variable.name]
            ends = {end: None if value is None else round(value * steps) for end, value in ends.items()}
            variable = replace(variable, **ends)
        variables.append(variable)
    return figures, replace(study, codebook=Codebook(variables, study.codebook.frame))


def given_back(codes: np.ndarray, decimals: int, missing: dict[str, str]) -> np.ndarray:
    """Codes in steps as the numbers that they stand for.

    Examples
    --------
    >>> given_back(np.array(["984", "-5", "1300", "-9"], object), 2, {"-9": "not recorded"}).tolist()
    ['9.84', '-0.05', '13', '-9']
    """
    units = [code if code in missing else format(Decimal(code).scaleb(-decimals), "f") for code in codes]
    return np.array([unit.rstrip("0").rstrip(".") if "." in unit else unit for unit in units], object)
