"""What is asked of a cohort: columns drawn together, an order of numbers, printed figures as demands on tables.

A table has a row a cell (a combination of the groups) and a column a level of what is drawn together. Demands that can
hold are met by random tables, near to independence.

Longer than 300 lines: what a study file says of columns is read beside what figures demand of them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from keepsafe.files.cleaning import with_derived
from keepsafe.files.entries import known, typed
from keepsafe.problems import InputError, Problem
from keepsafe.statistics.columns import refuse
from keepsafe.statistics.recompute import ENGAGED, in_stratum, members
from keepsafe.study import Study
from keepsafe.study.published import possible_counts
from keepsafe.synthesis.walks import wander

STEPS, STIFFNESS = (4_000, 40_000), 3.0
#: Chi-square with one degree of freedom beyond which a marker stands.
CHI2 = {"†": 2.705544, "*": 3.841459, "**": 6.634897, "***": 10.827567}


@dataclass(frozen=True)
class Block:
    """Columns that are drawn together.

    `levels` has a row for each possible combination (columns and derived variables, as text); `share` says
    how common each is by group, '' standing for everybody; `base` names the columns that have to be 1.
    """

    columns: tuple[str, ...]
    levels: pd.DataFrame
    share: dict[str, np.ndarray]
    base: tuple[str, ...]


def blocks(study: Study, done: set[str]) -> list[Block]:
    """The blocks of all coded variables that are not `done` elsewhere, bases first."""
    names = [v.name for v in study.codebook if v.coded and v.name not in done]
    made = [_block(part, study) for part in _tied(names, study)]
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


def derived(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Codes in text with the derived variables that rest on them, in text as well."""
    return with_derived(coded(table, study), study).astype("str")


def in_model(column: str, cohort: pd.DataFrame) -> np.ndarray:
    """A column of a model, of a number, a yes/no or a level as `stage=late`; blank where it is not known."""
    name, _, level = column.partition("=")
    if level:
        return np.where(cohort[name].isna(), np.nan, cohort[name].astype("str").eq(level))
    return pd.to_numeric(cohort[name]).astype("Float64").to_numpy(float, na_value=np.nan)


def combinations(names: Iterable[str], study: Study) -> pd.DataFrame:
    """Every combination of the levels of coded columns, as text."""
    names = list(names)
    return pd.DataFrame(list(product(*(study.codebook[name].levels for name in names))), columns=names, dtype="str")


def coded(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Codes in text as a cohort holds them: numbers and categories, codes of missing made blank."""
    variables = [study.codebook[name] for name in table]
    return pd.DataFrame({v.name: typed(known(table[v.name].astype("category"), v), v) for v in variables})


def _block(columns: tuple[str, ...], study: Study) -> Block:
    settings = study.settings.get("synthesis", {})
    table = combinations(columns, study)
    for narrow, wide in study.rules.within.items():
        if narrow in columns and wide in columns:
            table = table[~((table[narrow] == "1") & (table[wide] == "0"))]
    for several, parts in settings.get("several", {}).items():
        if several in columns:
            ones = (table[parts] == "1").sum(axis=1)
            table = table[(ones > 0) & ~((ones > 1) & (table[several] == "0"))]
    levels = derived(table, study).reset_index(drop=True)
    bases = {study.rules.only_where.get(name, ()) for name in columns}
    if len(bases) != 1:
        raise ValueError(f"{', '.join(columns)} are tied but asked of different persons")
    groups = {group for name in columns for group in _shares(name, settings)} or {""}
    share = {group: _share(levels, columns, group, study) for group in sorted(groups)}
    return Block(columns, levels, share, bases.pop())


def _shares(name: str, settings: dict) -> dict[str, object]:
    """Illustrative shares by group; '' stands for everybody."""
    for pattern, share in settings.get("shares", {}).items():
        if fnmatchcase(name, pattern):
            grouped = isinstance(share, dict) and any(isinstance(part, dict) for part in share.values())
            return share if grouped else {"": share}
    return {}


def _share(levels: pd.DataFrame, columns: tuple[str, ...], group: str, study: Study) -> np.ndarray:
    share, settings = np.ones(len(levels)), study.settings.get("synthesis", {})
    for name in columns:
        found = _shares(name, settings)
        given: Any = found.get(group, found.get("", {}))
        codes = list(study.codebook[name].levels)
        given = given if isinstance(given, dict) else {"1": given}
        rest = max(1 - math.fsum(given.values()), 0.02) / max(len(codes) - len(given), 1)
        share *= levels[name].map({code: given.get(code, rest) for code in codes}).to_numpy(float)
    return np.maximum(share, 1e-6)


def _tied(names: list[str], study: Study) -> Iterable[tuple[str, ...]]:
    """Names in groups: those that a derived variable joins, or a rule."""
    several = study.settings.get("synthesis", {}).get("several", {})
    ties = [rule.sources for rule in study.derived.values()]
    ties += [*study.rules.within.items(), *((name, *parts) for name, parts in several.items())]
    group_of = {name: {name} for name in names}
    for tie in ties:
        whole = set().union(*(group_of[name] for name in tie if name in group_of))
        group_of |= dict.fromkeys(whole, whole)
    return dict.fromkeys(tuple(name for name in names if name in group_of[first]) for first in names)


class OutOfReach(InputError):
    """Claims, or figures of numbers, that were not reached from a draw: another may reach them."""


@dataclass(frozen=True)
class Order:
    """The second column, or number, is at least `least` and at most `most` above the first, where `where` holds.

    `order_of` states `most` as an order the other way round.
    """

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
            said.append(Order(**rule))
            lacking = sorted(said[-1].columns - set(study.codebook.names))
            fault = f"names {', '.join(lacking)}, which the codebook lacks" if lacking else ""
        except TypeError as error:
            fault = f"is not of the form of the section: {error}"
        if fault:
            message = f"[[synthesis.order]] number {number} {fault}"
            faults.append(Problem(message, "study.toml", remedy="compare it with data/study.toml"))
    refuse(faults)
    said += [Order(rule.second, rule.first, -rule.most, where=rule.where) for rule in said if rule.most is not None]
    pairs = study.rules.within.items()
    return [*said, *(Order(part, whole) for part, whole in pairs if part in numbers or whole in numbers)]


@dataclass(frozen=True)
class Demand:
    """A sum over cells x levels, `counted`, that has to lie from `low` to `high`."""

    name: str
    counted: np.ndarray
    low: int
    high: int


def of_figures(figures: pd.DataFrame, levels: pd.DataFrame, cells: pd.DataFrame, study: Study) -> list[Demand]:
    """The demands of printed percentages and counts of levels."""
    found = []
    for row in figures.itertuples():
        of_group = inside(cells, row.group, row.stratum, study)
        of_level = levels[study.column(row.variable, row.phase)].isin(row.level.split("|")).to_numpy()
        n = int(cells["persons"][of_group].sum())
        if row.statistic == "count":
            low = high = int(float(row.value))
        elif row.unit.endswith(ENGAGED):
            # more than nought where the levels' share of those who engaged is over the printed one
            value, engaged = int(float(row.value)), (levels[row.variable] != "no_engagement").to_numpy()
            weight = (np.where(of_level, 100 - value, -value) * engaged).astype(np.int64)
            found.append(Demand(row.id, np.outer(of_group, weight), 1, n * 100))
            continue
        elif n <= 0:
            continue
        else:
            low, high = map(int, possible_counts(float(row.value), row.decimals, n, row.qualifier))
        found.append(Demand(row.id, np.outer(of_group, of_level).astype(np.int64), low, high))
    return found


def of_comparisons(
    comparisons: pd.DataFrame,
    levels: pd.DataFrame,
    cells: pd.DataFrame,
    table: np.ndarray,
    study: Study,
    marks_marginal: bool = True,
) -> list[Demand]:
    """The demands of statements that two groups differ or not, given their joint total."""
    found = []
    for row in comparisons.itertuples():
        parts = pair(row, cells, study)
        if parts is None or not row.level:
            continue
        first, second = parts
        of_level = levels[study.column(row.variable, row.phase)].isin(row.level.split("|")).to_numpy()
        n1, n2 = (int(cells["persons"][part].sum()) for part in (first, second))
        both = np.outer(first | second, of_level).astype(np.int64)
        total = int((both * table).sum())
        direction = row.direction
        if direction not in ("higher", "lower"):  # of two ways to differ, the one in which the table leans
            leaning = int((np.outer(second, of_level) * table).sum()) * (n1 + n2) >= total * n2
            differs = row.marker or row.wording in ("significant", "marginal")
            direction = ("higher" if leaning else "lower") if differs else direction
        allowed = allowed_counts(n1, n2, total, row.marker, row.wording, direction, marks_marginal)
        if allowed is None:
            continue
        name = f"{row.variable}.{row.level}.{row.contrast}.{row.stratum or 'all'}.L{row.source_line}"
        found.append(Demand(name + ".total", both, total, total))
        found.append(Demand(name, np.outer(second, of_level).astype(np.int64), *allowed))
    return found


def allowed_counts(
    n1: int, n2: int, total: int, marker: str, wording: str, direction: str, marks_marginal: bool = True
) -> tuple[int, int] | None:
    """The counts in the second group that agree with a statement by Pearson's test, given the count in both; None
    if none does.

    Examples
    --------
    >>> allowed_counts(93, 112, 69, "", "significant", "higher")
    (45, 69)
    """
    k = np.arange(max(0, total - n1), min(n2, total) + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = total * n2 / (n1 + n2)
        chi2 = (k - expected) ** 2 * (n1 + n2) ** 3 / (n1 * n2 * total * (n1 + n2 - total))
    chi2 = np.nan_to_num(chi2)
    fine = np.ones(k.size, bool)
    if wording == "significant" or marker in ("*", "**", "***"):
        fine &= chi2 > CHI2[marker if marker != "†" and marker else "*"]
    elif wording == "marginal" or marker:
        fine &= (chi2 < CHI2["*"]) & (chi2 > CHI2["†"])
    elif wording == "none":
        fine &= chi2 < CHI2["†" if marks_marginal else "*"]
    if direction in ("higher", "lower"):
        fine &= (k - expected > 0) if direction == "higher" else (k - expected < 0)
    return (int(k[fine].min()), int(k[fine].max())) if fine.any() else None


def inside(cells: pd.DataFrame, group: str, stratum: str, study: Study) -> np.ndarray:
    """Which rows belong to a group, and to a stratum of it."""
    return (members(cells, group, study) & in_stratum(cells, stratum, study)).to_numpy(bool)


def pair(row, persons: pd.DataFrame, study: Study) -> tuple[np.ndarray, np.ndarray] | None:
    """The first and the second group of a comparison, of a stratum its second and first level; None for others."""
    if row.contrast in study.contrasts:
        return tuple(inside(persons, group, row.stratum, study) for group in study.contrasts[row.contrast].groups)
    if row.contrast in study.strata:
        second, first = list(study.codebook[study.strata[row.contrast]].levels)[:2]
        return tuple(inside(persons, row.stratum, level, study) for level in (first, second))
    return None


class Dropped(NamedTuple):
    """Of a printed figure that cannot hold with the others its bounds, and the nearest that was reached."""

    low: float
    high: float
    reached: float


def random_table(
    sizes: np.ndarray,
    share: np.ndarray,
    demands: list[Demand],
    rng: np.random.Generator,
    start: np.ndarray | None = None,
) -> tuple[np.ndarray, int]:
    """Draw a table with the given row sums that meets the demands, near to independence.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> nine = Demand("nine", np.array([[0, 1], [0, 1]]), 9, 9)
    >>> table, off = random_table(np.array([10, 20]), np.full((2, 2), 0.5), [nine], rng)
    >>> table.sum(axis=1).tolist(), int(table[:, 1].sum()), off
    ([10, 20], 9, 0)
    """
    drawn = np.array([rng.multinomial(n, p / p.sum()) for n, p in zip(sizes, share, strict=True)])
    table = (drawn if start is None else start).astype(np.int64)
    if not demands:
        return table, 0
    counted = np.stack([demand.counted for demand in demands]).astype(np.int64)
    low, high = (np.array([getattr(demand, end) for demand in demands], np.int64) for end in ("low", "high"))
    share = np.broadcast_to(share, table.shape).astype(float)
    for steps in STEPS:
        off = wander(table, share, counted, low, high, steps, STIFFNESS, int(rng.integers(2**31)))
        if off == 0:
            break
    return table, off


def largest_set(
    sizes: np.ndarray, demands: list[Demand], weights: np.ndarray
) -> tuple[list[Demand], dict[str, Dropped], np.ndarray]:
    """The heaviest set of demands that can hold together, by an integer programme; those left out by name, and a table.

    Examples
    --------
    >>> ones = np.array([[0, 1]])
    >>> wished = [Demand("two", ones, 2, 2), Demand("also two", ones, 2, 2), Demand("six", ones, 6, 6)]
    >>> kept, dropped, table = largest_set(np.array([5]), wished, np.ones(3))
    >>> [demand.name for demand in kept], dropped
    (['two', 'also two'], {'six': Dropped(low=6, high=6, reached=2)})
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    cells, levels = demands[0].counted.shape
    size, wished = cells * levels, len(demands)
    counted = np.stack([demand.counted.ravel() for demand in demands]).astype(float)
    low, high = (np.array([getattr(demand, end) for demand in demands], float) for end in ("low", "high"))
    slack = float(sizes.sum() * max(np.abs(counted).max(), 1) + np.abs(low).max() + 1)
    each = np.kron(np.eye(cells), np.ones(levels))
    rows = LinearConstraint(np.hstack([each, np.zeros((cells, wished))]), sizes, sizes)
    above = LinearConstraint(np.hstack([counted, slack * np.eye(wished)]), low, np.inf)
    below = LinearConstraint(np.hstack([counted, -slack * np.eye(wished)]), -np.inf, high)
    found = milp(
        np.r_[np.zeros(size), weights],
        constraints=[rows, above, below],
        integrality=np.ones(size + wished),
        bounds=Bounds(np.zeros(size + wished), np.r_[np.full(size, np.inf), np.ones(wished)]),
    )
    table = np.rint(found.x[:size]).astype(np.int64).reshape(cells, levels)
    kept, dropped = [], {}
    for demand in demands:
        reached = int((demand.counted * table).sum())
        if demand.low <= reached <= demand.high:
            kept.append(demand)
        else:
            dropped[demand.name] = Dropped(demand.low, demand.high, reached)
    return kept, dropped, table
