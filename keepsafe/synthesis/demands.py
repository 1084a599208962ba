"""What printed figures and comparisons demand of a table of cells x levels: an interval of counts each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaln

from keepsafe.printed import possible_counts
from keepsafe.recompute import members
from keepsafe.study import Study

P_SIGNIFICANT, P_MARGINAL = 0.05, 0.10
CHI2 = {P_SIGNIFICANT: 3.841459, P_MARGINAL: 2.705543}


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
    """The demands of printed percentages and counts of levels.

    Parameters
    ----------
    figures : rows of the variables that `levels` holds, as `load_figures` returns them.
    levels : a row a combination of levels, a column a variable (derived ones too), as text.
    cells : a row a cell with its group variables as text and `persons`, how many it holds.
    """
    found = []
    for row in figures.itertuples():
        of_group = _members(cells, row.group, row.stratum, study)
        of_level = levels[study.column(row.variable, row.phase)].isin(row.level.split("|")).to_numpy()
        n = int(cells["persons"][of_group].sum())
        if row.statistic == "count":
            low = high = int(float(row.value))
        elif row.unit.endswith("who engaged"):
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
    comparisons: pd.DataFrame, levels: pd.DataFrame, cells: pd.DataFrame, table: np.ndarray, study: Study
) -> list[Demand]:
    """The demands of statements that two groups differ significantly, marginally, or not, given their joint
    total.

    Parameters
    ----------
    table : cells x levels, a table that meets the figures; its totals over both groups are held.
    """
    found = []
    for row in comparisons.itertuples():
        pair = _pair(row, cells, study)
        if pair is None or not row.level:
            continue
        first, second = pair
        of_level = levels[study.column(row.variable, row.phase)].isin(row.level.split("|")).to_numpy()
        n1, n2 = (int(cells["persons"][part].sum()) for part in (first, second))
        both = np.outer(first | second, of_level).astype(np.int64)
        total = int((both * table).sum())
        allowed = allowed_counts(n1, n2, total, row.marker, row.wording, row.direction)
        if allowed is None:
            continue
        name = f"{row.variable}.{row.level}.{row.contrast}.{row.stratum or 'all'}.L{row.source_line}"
        found.append(Demand(name + ".total", both, total, total))
        found.append(Demand(name, np.outer(second, of_level).astype(np.int64), *allowed))
    return found


def allowed_counts(n1: int, n2: int, total: int, marker: str, wording: str, direction: str) -> tuple[int, int] | None:
    """The counts in the second group that agree with a statement, given the count in both; None if none does.

    A significant difference has to be so by Pearson's and Fisher's test alike, one that is not needs p > .10
    by Pearson's, the most lenient; a marginal one has Pearson's p between.

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
        fine &= (chi2 > CHI2[P_SIGNIFICANT]) & (_fisher(k, n1, n2, total) < P_SIGNIFICANT)
    elif wording == "marginal" or marker:
        fine &= (chi2 < CHI2[P_SIGNIFICANT]) & (chi2 > CHI2[P_MARGINAL])
    elif wording == "none":
        fine &= chi2 < CHI2[P_MARGINAL]
    if direction in ("higher", "lower"):
        fine &= (k - expected > 0) if direction == "higher" else (k - expected < 0)
    return (int(k[fine].min()), int(k[fine].max())) if fine.any() else None


def _fisher(k: np.ndarray, n1: int, n2: int, total: int) -> np.ndarray:
    """Fisher's two-sided p for every count that the second group can have, given the margins."""
    ways = -(gammaln(k + 1) + gammaln(n2 - k + 1) + gammaln(total - k + 1) + gammaln(n1 - total + k + 1))
    share = np.exp(ways - ways.max())
    share /= share.sum()
    return np.array([share[share <= own * (1 + 1e-7)].sum() for own in share])


def _majority(of_level: np.ndarray, levels: pd.DataFrame, row) -> np.ndarray:
    """Weights whose sum is above zero where the levels' share of those who engaged is over the printed
    figure."""
    engaged = (levels[row.variable] != "no_engagement").to_numpy()
    value = int(float(row.value))
    return (np.where(of_level, 100 - value, -value) * engaged).astype(np.int64)


def _members(cells: pd.DataFrame, group: str, stratum: str, study: Study) -> np.ndarray:
    inside = members(cells, group, study).to_numpy(bool)
    return inside & (cells[study.strata["sex"]] == stratum).to_numpy() if stratum else inside


def _pair(row, cells: pd.DataFrame, study: Study) -> tuple[np.ndarray, np.ndarray] | None:
    """Cells of the first and of the second group of a comparison."""
    if row.contrast in study.contrasts:
        return tuple(_members(cells, group, row.stratum, study) for group in study.contrasts[row.contrast].groups)
    if row.contrast in study.strata:
        sex = study.strata[row.contrast]
        second, first = list(study.codebook[sex].levels)
        return tuple(_members(cells, row.stratum, level, study) for level in (first, second))
    return None
