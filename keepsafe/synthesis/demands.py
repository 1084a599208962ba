"""What printed figures demand of a table of cells x levels, what of it can hold, and random tables that hold it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.statistics.recompute import ENGAGED, in_stratum, members
from keepsafe.study import Study
from keepsafe.study.published import possible_counts
from keepsafe.synthesis.walks import wander

STEPS, STIFFNESS = (4_000, 40_000), 3.0
#: Chi-square with one degree of freedom beyond which a marker stands.
CHI2 = {"†": 2.705544, "*": 3.841459, "**": 6.634897, "***": 10.827567}


@dataclass(frozen=True)
class Demand:
    """A sum over cells x levels, `counted`, that has to lie from `low` to `high`."""

    name: str
    counted: np.ndarray
    low: int
    high: int

    def off(self, table: np.ndarray) -> int:
        """How far a table is from the demand, in persons."""
        total = int((self.counted * table).sum())
        return max(self.low - total, 0) + max(total - self.high, 0)


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
            found.append(Demand(row.id, np.outer(of_group, _majority(of_level, levels, row)), 1, n * 100))
            continue
        elif n <= 0:
            continue
        else:
            bounds = possible_counts([float(row.value)], [row.decimals], [n], [row.qualifier])
            low, high = (int(bound[0]) for bound in bounds)
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


def _majority(of_level: np.ndarray, levels: pd.DataFrame, row) -> np.ndarray:
    """Weights with a sum above zero where the levels' share of those who engaged is over the printed one."""
    engaged = (levels[row.variable] != "no_engagement").to_numpy()
    value = int(float(row.value))
    return (np.where(of_level, 100 - value, -value) * engaged).astype(np.int64)


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


@dataclass(frozen=True)
class Dropped:
    """A printed figure that cannot hold with the others: its bounds, and the nearest that was reached."""

    name: str
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
    table = np.array([rng.multinomial(n, p / p.sum()) for n, p in zip(sizes, share, strict=True)]).astype(np.int64)
    if start is not None:
        table = start.astype(np.int64).copy()
    if not demands:
        return table, 0
    counted = np.stack([demand.counted for demand in demands]).astype(np.int64)
    low, high = (np.array([getattr(demand, end) for demand in demands], np.int64) for end in ("low", "high"))
    share = np.broadcast_to(share, table.shape).astype(float)
    off = 1
    for steps in STEPS:
        off = wander(table, share, counted, low, high, steps, STIFFNESS, int(rng.integers(2**31)))
        if off == 0:
            break
    return table, off


def largest_set(
    sizes: np.ndarray, demands: list[Demand], weights: np.ndarray
) -> tuple[list[Demand], list[Dropped], np.ndarray]:
    """The heaviest set of demands that can hold together, by an integer programme.

    Examples
    --------
    >>> ones = np.array([[0, 1]])
    >>> wished = [Demand("two", ones, 2, 2), Demand("also two", ones, 2, 2), Demand("six", ones, 6, 6)]
    >>> kept, dropped, table = largest_set(np.array([5]), wished, np.ones(3))
    >>> [demand.name for demand in kept], dropped[0].reached
    (['two', 'also two'], 2)
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
    kept = [demand for demand in demands if demand.off(table) == 0]
    dropped = [
        Dropped(demand.name, demand.low, demand.high, int((demand.counted * table).sum()))
        for demand in demands
        if demand.off(table)
    ]
    return kept, dropped, table
