"""Somebody who has a finished report, knows the method and not the key, and solves for counts of few persons.

Each attack takes what is printed or drawn and returns every table of counts that would print the same. A count is given
away where all of them agree on it (or leave fewer than the threshold to choose from), and it is of few.
"""

import itertools
import math
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

Z = stats.norm.ppf(0.975)
CELL = re.compile(r"(\d[\d.]*) \((\d[\d.]*) to (\d[\d.]*)\)")


def ratios(folder: Path, table: str) -> dict[str, tuple[float, float, float]]:
    """Odds ratio and interval of each factor that a printed model keeps."""
    frame = pd.read_csv(folder / "tables" / f"{table}.csv", dtype=str, keep_default_na=False)
    found = {row.iloc[0]: CELL.search(" ".join(row.iloc[1:])) for _, row in frame.iterrows()}
    return {name: tuple(map(float, match.groups())) for name, match in found.items() if match}


def drawn(svg: Path) -> tuple[float, float, float]:
    """Where the first interval of a forest plot begins, its dot lies and it ends, in the units of the picture."""
    text = svg.read_text(encoding="utf-8")
    line = re.search(r'<path d="M ([\d.]+) [\d.]+\s+L ([\d.]+) [\d.]+\s*"[^>]*stroke-width: 1\.6', text)
    dot = re.search(r'<path d="([^"]* C [^"]*|[^"]*\nC [^"]*)"[^>]*clip-path', text)
    along = [float(pair.split()[-2]) for pair in re.findall(r"[MLC] ([\d. ]+)", dot[1])]
    return float(line[1]), (min(along) + max(along)) / 2, float(line[2])


def within(count: int, base: int) -> range:
    """The counts that round to the same multiple of the base."""
    shown = (count + base // 2) // base * base
    return range(max(shown - base // 2, 0), shown - base // 2 + base)


def prints(value: float, printed: float, digits: int | None) -> bool:
    """Whether a value would be printed like this: with two decimals, or with so many significant digits."""
    if digits is None:
        return math.floor(value * 100 + 0.5) / 100 == printed
    return float(f"{value:.{digits}g}") == printed


def tables_of(printed: tuple[float, float, float], margins: Iterable[range], digits: int | None = None) -> list[tuple]:
    """2 x 2 tables (with both, factor alone, outcome alone, neither) that print as this odds ratio and interval.

    `margins` : what n, with the outcome, with the factor can be.
    """
    found = []
    for n, ill, exposed in itertools.product(*margins):
        a = np.arange(max(1, exposed + ill - n + 1), min(ill, exposed))
        b, c = exposed - a, ill - a
        d = n - a - b - c
        near = np.abs(np.log(a * d / b / c / max(printed[0], 1e-3))) < 0.06  # the rest would print otherwise
        for cells in np.column_stack([a, b, c, d])[near].tolist():
            ratio, error = cells[0] * cells[3] / cells[1] / cells[2], math.sqrt(sum(1 / cell for cell in cells))
            wanted = ratio, ratio * math.exp(-Z * error), ratio * math.exp(Z * error)
            if all(prints(*pair, digits) for pair in zip(wanted, printed, strict=True)):
                found.append(tuple(cells))
    return found


def removed(before: Iterable[tuple], after: Iterable[tuple]) -> set[tuple]:
    """From which cells one person can have gone between two reports, as the difference of the tables."""
    after = {tuple(cells) for cells in after}
    units = [tuple(int(place == k) for k in range(4)) for place in range(4)]
    return {
        unit
        for unit in units
        for cells in before
        if tuple(cell - one for cell, one in zip(cells, unit, strict=True)) in after
    }


def joint(
    two: dict[str, float], first: Iterable[tuple], second: Iterable[tuple], highest: int, digits: int | None = None
) -> set[int]:
    """How many can have both of two factors, by the odds ratios of the model with both.

    Parameters
    ----------
    two : the two odds ratios of that model, by factor, in order.
    first, second : tables of each factor by the outcome, from `tables_of`, of one n and number with the outcome.
    highest : the largest count that is tried.
    """
    fit, (one, other) = set(), two.values()
    for (a, b, c, d), (e, f, g, h) in itertools.product(first, second):
        if a + c != e + g or a + b + c + d != e + f + g + h:
            continue
        for both in range(min(a + b, e + f, highest) + 1):
            x = min(both, a, e)  # a model without an interaction knows the joint cell by its total alone
            y = both - x
            cells = np.array([x, a - x, e - x, c - e + x, y, b - y, f - y, d - f + y], float)
            if cells.min() < 0:
                continue
            made = _two_factors(cells)
            if prints(made[0], one, digits) and prints(made[1], other, digits):
                fit.add(both)
    return fit


def _two_factors(cells: np.ndarray) -> tuple[float, float]:
    X = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0]] * 2, float)
    y, b = np.repeat([1.0, 0.0], 4), np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(X @ b, -30, 30)))
        step = np.linalg.solve((X * (cells * p * (1 - p))[:, None]).T @ X + 1e-12 * np.eye(3), X.T @ (cells * (y - p)))
        b += step
        if np.abs(step).max() < 1e-9:
            break
    return math.exp(b[1]), math.exp(b[2])


def dominant(n: int, mean: float, sd: float) -> float:
    """The one large value behind a mean and a standard deviation, if one is large: the others are as good as equal."""
    return mean + sd * (n - 1) / math.sqrt(n)


def in_no_group(total: tuple[float, int], groups: Iterable[tuple[float, int]]) -> tuple[int, int]:
    """Of persons in no group how many have it, and how many they are: the total less the groups, (per cent, n) each."""
    k, n = (sum(part) for part in zip(*((round(share * size / 100), size) for share, size in groups), strict=True))
    return round(total[0] * total[1] / 100) - k, total[1] - n


def shares(folder: Path) -> pd.DataFrame:
    """What the table of groups prints: the text of each cell, by row and heading; blank where there is no table."""
    path = folder / "tables" / "groups.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else pd.DataFrame()


def names_in(folder: Path, secrets: Iterable[bytes]) -> list[str]:
    """Files of a report in which one of these stands: a name, a checksum."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.name for path in paths if any(secret in path.read_bytes() for secret in secrets)]


def likelier(before: int, after: int, base: int, known: int | None = None, nearest: bool = False) -> float:
    """How many times likelier two shown counts are if the person who is gone was counted in the first than if not.

    All counts behind them are taken for as likely, or one is `known`. A count is shown as the multiple below or above,
    right on average, or as the `nearest` one.
    """
    counts = np.arange(max(before - base, 0), before + base + 1) if known is None else np.array([known])

    def shown(as_: int, count: np.ndarray) -> np.ndarray:
        if nearest:
            return ((count + base // 2) // base * base == as_) * 1.0
        return np.maximum(0, 1 - np.abs(as_ - count) / base)

    if_not = (shown(before, counts) * shown(after, counts)).sum()
    if_so = (shown(before, counts) * shown(after, counts - 1)).sum()
    return float(if_so / if_not) if if_not else math.inf


def gone(
    before: pd.DataFrame, after: pd.DataFrame, base: int, known: pd.DataFrame | None = None, nearest: bool = False
) -> pd.DataFrame:
    """What two reports, of which the second has one person less, tell of that person.

    Parameters
    ----------
    before, after : shown counts, a row a variable (0/1; "" for how many there are), a column a group, "total" first.
    known : the exact counts of the first, for an attacker who has them.

    Returns
    -------
    A row a variable, how likely it is that the person had it; "" and a row a group: that the person was in it.
    """
    names, groups = [name for name in before.index if name], list(before.columns[1:])
    odds = pd.DataFrame(
        [
            [
                likelier(
                    before.at[name, group],
                    after.at[name, group],
                    base,
                    None if known is None else int(known.at[name, group]),
                    nearest,
                )
                for group in before.columns
            ]
            for name in before.index
        ],
        before.index,
        before.columns,
    ).clip(1e-6, 1e6)
    having = {group: odds.loc[names, "total"] * odds.loc[names, group] for group in groups}
    weight = pd.Series(
        {group: math.log(odds.at["", group]) + np.log((1 + having[group]) / 2).sum() for group in groups}
    )
    inside = np.exp(weight - weight.max())
    inside /= inside.sum()
    has = sum(inside[group] * having[group] / (1 + having[group]) for group in groups)
    return pd.concat([has, inside]).rename("chance").to_frame()
