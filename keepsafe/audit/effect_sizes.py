"""Ratios, differences and standardised differences against the counts, or the means and SDs, of their row."""

import re

import numpy as np

from keepsafe.audit.arithmetic import meets, span
from keepsafe.audit.cells import Cell
from keepsafe.audit.comparisons import level_table
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, finding
from keepsafe.audit.means import as_sd
from keepsafe.audit.percentages import block_of
from keepsafe.audit.rows import SHARES, Entry, Row, Table
from keepsafe.audit.sums import Structure

MEASURES = (
    ("odds ratio", r"\bor\b|odds"),
    ("risk ratio", r"\brr\b|risk ratio|relative risk|prevalence ratio"),
    ("risk difference", r"\brd\b|risk difference"),
)
DIFFERENCE = re.compile(r"difference|\bdiff\b|\bmd\b", re.IGNORECASE)
ADJUSTED = re.compile(r"adj|\ba(or|rr|hr)\b|multivari|model", re.IGNORECASE)


def against_means(row: Row, cell: Cell, place, found: Structure) -> list[dict]:
    """A difference of means against the two means, either way round."""
    for parts in found.compared:
        mine = [row.entries.get(group.name) for group in parts]
        if len(mine) != 2 or None in mine or not all(entry.cell.numbers for entry in mine):
            continue
        (low1, high1), (low2, high2) = (entry.cell.numbers[0].ends for entry in mine)
        made, estimate = (low1 - high2, high1 - low2), cell.numbers[0]
        for entry in mine:
            entry.checked = True
        holds = meets(made, estimate.ends) or meets((-made[1], -made[0]), estimate.ends)
        shown = span(*made, estimate.decimals + 1)
        said = f"{mine[0].cell.text} less {mine[1].cell.text} is {shown}; printed {cell.text}"
        said += "" if holds else "; if it was adjusted, say so in its heading"
        return [finding("difference", [place], shown, HOLDS if holds else CANNOT, said)]
    return []


def standardised(table: Table, row: Row, cell: Cell, place, found: Structure) -> list[dict]:
    """A standardised difference (Cohen's d, Hedges's g, Glass's) against the means and SDs of its row."""
    estimate = cell.numbers[0]
    if row.kind.form in SHARES or (not row.kind.form and block_of(table, row)):
        return _standardised_shares(table, row, cell, place, found)
    printed = abs(estimate.value) - estimate.half, abs(estimate.value) + estimate.half
    for parts in found.compared:
        mine = [row.entries.get(group.name) for group in parts]
        moments = [as_sd(entry) for entry in mine if entry is not None]
        if len(mine) != 2 or len(moments) != 2 or None in moments:
            continue
        (one, _, sd1), (two, _, sd2) = moments
        made = _standardised_by(one.ends, two.ends, sd1, sd2, *(entry.n for entry in mine))
        for entry in mine:
            entry.checked = True
        holds = [name for name, ends in made.items() if meets(ends, printed)]
        shown = span(*made["pooled"], estimate.decimals + 1)
        said = f"{mine[0].cell.text} against {mine[1].cell.text} differ by {shown} pooled SDs; printed {cell.text}"
        if holds:
            return [finding("standardised difference", [place], shown, HOLDS, f"{said}; it holds by {UNITS[holds[0]]}")]
        under = "another effect size (of changes, adjusted, from a model)"
        return [finding("standardised difference", [place], shown, UNDER, said, under)]
    return []


def _standardised_shares(table: Table, row: Row, cell: Cell, place, found: Structure) -> list[dict]:
    """A standardised difference of two shares, or of the shares of several levels (Yang and Dalton 2012)."""
    for parts in found.compared:
        levels, entries = level_table(table, row, parts)
        mine = [row.entries.get(group.name) for group in parts]
        if levels is not None and len(levels) > 2 and len(parts) == 2 and (levels.sum(axis=0) > 0).all():
            made = _of_level_shares(levels)
            said = f"the {len(levels)} levels of {row.variable}"
        elif len(mine) == 2 and None not in mine and all(entry.count is not None and entry.n for entry in mine):
            entries, made = mine, _of_two_shares(*((entry.count, entry.n) for entry in mine))
            said = f"{mine[0].cell.text} against {mine[1].cell.text}"
        else:
            continue
        for entry in entries:
            entry.checked = True
        printed = sorted(abs(x) for x in cell.numbers[0].ends)
        least = 0.0 if cell.numbers[0].ends[0] <= 0 <= cell.numbers[0].ends[1] else printed[0]
        shown = f"{made['the mean of the variances']:.{cell.numbers[0].decimals + 1}f}"
        said += f": a standardised difference of {shown}; printed {cell.text}"
        holds = [name for name, value in made.items() if meets((value, value), (least, printed[1]))]
        if holds:
            return [finding("standardised difference", [place], shown, HOLDS, f"{said}; it holds by {holds[0]}")]
        under = "another effect size (weighted, matched, from a model)"
        return [finding("standardised difference", [place], shown, UNDER, said, under)]
    return []


def _of_two_shares(one: tuple[int, int], two: tuple[int, int]) -> dict[str, float]:
    """The difference of two shares in the units that are in use, and as it stands."""
    (k1, n1), (k2, n2) = one, two
    a, b, both = k1 / n1, k2 / n2, (k1 + k2) / (n1 + n2)
    gap, v1, v2 = abs(a - b), a * (1 - a), b * (1 - b)
    made = {
        "the mean of the variances": (v1 + v2) / 2,
        "the variance of the first column": v1,
        "the variance of the second column": v2,
        "the variance of both together": both * (1 - both),
        "the mean of the variances over n - 1": (v1 * n1 / max(n1 - 1, 1) + v2 * n2 / max(n2 - 1, 1)) / 2,
    }
    found = {name: gap / variance**0.5 if variance else 0.0 for name, variance in made.items()}
    found["arcsines (Cohen's h)"] = 2 * abs(float(np.arcsin(a**0.5) - np.arcsin(b**0.5)))
    return found | {"the plain difference": gap, "the plain difference in per cent": 100 * gap}


def _of_level_shares(levels: np.ndarray) -> dict[str, float]:
    """The distance of two columns' shares over all levels but one, in units of their mean covariance."""
    shares = (levels / levels.sum(axis=0))[1:]
    gap = shares[:, 0] - shares[:, 1]
    spread = sum(np.diag(each) - np.outer(each, each) for each in shares.T) / 2
    return {"the mean of the variances": float(max(gap @ np.linalg.pinv(spread) @ gap, 0.0)) ** 0.5}


def _standardised_by(one, two, sd1, sd2, n1: int, n2: int) -> dict[str, tuple[float, float]]:
    """The least and most difference in units of each SD that is in use."""
    low, high = one[0] - two[1], one[1] - two[0]
    gap = (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
    df = n1 + n2 - 2
    units = {
        "pooled": [((n1 - 1) * a**2 + (n2 - 1) * b**2) / df for a, b in zip(sd1, sd2, strict=True)],
        "mean": [(a**2 + b**2) / 2 for a, b in zip(sd1, sd2, strict=True)],
        "first": [a**2 for a in sd1],
        "second": [b**2 for b in sd2],
    }
    made = {
        name: tuple(part / max(unit**0.5, 1e-12) for part, unit in zip(gap, ends[::-1], strict=True))
        for name, ends in units.items()
    }
    return made | {"corrected": tuple(x * (1 - 3 / (4 * df - 1)) for x in made["pooled"])}


#: In units of what a difference may be standardised.
UNITS = {
    "pooled": "the pooled SD",
    "mean": "the mean of the variances",
    "first": "the SD of the first column",
    "second": "the SD of the second column",
    "corrected": "the pooled SD, corrected (Hedges)",
}


def against_counts(table: Table, row: Row, cell: Cell, head: str, place, found: Structure):
    """A ratio or difference of risks against the counts of its row; which of the two columns comes first, if told."""
    measure = next(name for name, pattern in MEASURES if re.search(pattern, head, re.IGNORECASE))
    if ADJUSTED.search(head) or row.kind.form not in SHARES or cell.form in ("range", "pair"):
        return None
    for parts in found.compared:
        mine = [row.entries.get(group.name) for group in parts]
        if len(mine) != 2 or None in mine or any(e.count is None or not e.n for e in mine):
            continue
        for entry in mine:
            entry.checked = True
        estimate = cell.numbers[0]
        tables = _tables(table, row, mine)
        made = {name: [_measure(name, *each) for each in tables] for name, _ in MEASURES}
        if "%" in cell.text or any(abs(number.value) > 1 for number in cell.numbers):  # in percentage points
            made["risk difference"] = [value and 100 * value for value in made["risk difference"]]
        here = [(value, way) for value, way in zip(made[measure], _ways(tables), strict=True) if value is not None]
        fits = [way for value, way in here if estimate.ends[0] - 1e-9 <= value <= estimate.ends[1] + 1e-9]
        digits = estimate.decimals + 1
        shown = " or ".join(dict.fromkeys(f"{value:.{digits}f}" for value, _ in here[:2]))
        said = " against ".join(f"{entry.cell.text} of {entry.n}" for entry in mine)
        said += f": {measure} {shown}; printed {cell.text}"
        if fits:
            rows = [finding("ratio", [place], shown, HOLDS, said)]
            return ("" if len(set(fits)) > 1 else fits[0]), rows + _interval_of_counts(measure, cell, place, tables)
        other = next(
            (
                name
                for name, values in made.items()
                if name != measure
                and any(value is not None and estimate.ends[0] <= value <= estimate.ends[1] for value in values)
            ),
            "",
        )
        cut = any(estimate.cut[0] <= value < estimate.cut[1] for value, _ in here)
        under = f"a {other}" if other else "decimals cut off" if cut else ""
        said += f"; it holds only under {under}" if under else "; if it was adjusted, say so in its heading"
        return "", [finding("ratio", [place], shown, UNDER if under else CANNOT, said, under)]
    return None


def _tables(table: Table, row: Row, mine: list[Entry]) -> list[tuple[int, int, int, int]]:
    """The 2 x 2 tables that a ratio may be of, either column first: with and without, and level against level."""
    one, two = mine
    found = [(one.count, one.n - one.count, two.count, two.n - two.count)]
    for other in block_of(table, row):
        pair = [other.entries.get(entry.group.name) for entry in mine]
        if other is not row and None not in pair and None not in [e.count for e in pair]:
            found.append((one.count, pair[0].count, two.count, pair[1].count))
    return [made for a, b, c, d in found for made in ((a, b, c, d), (c, d, a, b))]


def _ways(tables) -> list[str]:
    return ["first", "second"] * (len(tables) // 2)


def _measure(name: str, a: int, b: int, c: int, d: int) -> float | None:
    if name == "odds ratio":
        if 0 in (a, b, c, d):
            a, b, c, d = (x + 0.5 for x in (a, b, c, d))
        return a * d / (b * c)
    if a + b == 0 or c + d == 0:
        return None
    if name == "risk difference":
        return a / (a + b) - c / (c + d)
    return a / (a + b) / (c / (c + d)) if c else None


def _interval_of_counts(measure: str, cell: Cell, place, tables) -> list[dict]:
    """Woolf's interval of an odds ratio, Katz's of a risk ratio; others are a condition."""
    if cell.form != "interval" or measure == "risk difference":
        return []
    shown = ""
    for a, b, c, d in tables:
        value = _measure(measure, a, b, c, d)
        if (
            value is None
            or not cell.numbers[0].ends[0] - 1e-9 <= value <= cell.numbers[0].ends[1] + 1e-9
            or a == 0
            or c == 0
        ):
            continue
        error = (
            1 / a + 1 / c + ((1 / b + 1 / d) if b and d else 0.5)
            if measure == "odds ratio"
            else (1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
        )
        ends = [value * np.exp(sign * 1.959964 * np.sqrt(error)) for sign in (-1, 1)]
        shown = shown or span(ends[0], ends[1], cell.numbers[1].decimals + 1)
        if all(n.ends[0] - 1e-9 <= end <= n.ends[1] + 1e-9 for n, end in zip(cell.numbers[1:], ends, strict=True)):
            return [finding("interval of the ratio", [place], shown, HOLDS, f"the counts give {shown}")]
    if not shown:
        return []
    return [
        finding(
            "interval of the ratio",
            [place],
            shown,
            UNDER,
            f"by the usual formula the counts give {shown}; printed {cell.text}",
            "another interval than the usual one (exact, score, adjusted)",
        )
    ]


def directions(ratios) -> list[dict]:
    """A ratio that holds with the columns the other way round than in all the other rows."""
    ways = [way for way, _, _ in ratios]
    rows = []
    for way, other in (("first", "second"), ("second", "first")):
        if ways.count(way) == 1 and ways.count(other) >= 2:
            _, place, cell = ratios[ways.index(way)]
            rows.append(
                finding(
                    "columns exchanged",
                    [place],
                    "the other direction",
                    UNDER,
                    f"the {ways.count(other)} other ratios have the columns the other way round",
                    "the columns the other way round",
                )
            )
    return rows
