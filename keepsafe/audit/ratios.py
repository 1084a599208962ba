"""Odds and risk ratios, and differences, against the counts or means of their row."""

import re

import numpy as np

from keepsafe.audit.arithmetic import meets, span
from keepsafe.audit.cells import Cell
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, finding
from keepsafe.audit.layout import Entry, Row, Table
from keepsafe.audit.levels import SHARES, block_of
from keepsafe.audit.structure import Structure

MEASURES = (("odds ratio", r"\bor\b|odds"), ("risk ratio", r"\brr\b|risk ratio|relative risk|prevalence ratio"),
            ("risk difference", r"\brd\b|risk difference"))  # fmt: skip
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
        return [finding("difference", [place], cell.text, shown, HOLDS if holds else CANNOT, said)]
    return []


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
        here = [(value, way) for value, way in zip(made[measure], _ways(tables), strict=True) if value is not None]
        fits = [way for value, way in here if estimate.ends[0] - 1e-9 <= value <= estimate.ends[1] + 1e-9]
        digits = estimate.decimals + 1
        shown = " or ".join(dict.fromkeys(f"{value:.{digits}f}" for value, _ in here[:2]))
        said = " against ".join(f"{entry.cell.text} of {entry.n}" for entry in mine)
        said += f": {measure} {shown}; printed {cell.text}"
        if fits:
            rows = [finding("ratio", [place], cell.text, shown, HOLDS, said)]
            return ("" if len(set(fits)) > 1 else fits[0]), rows + _interval_of_counts(measure, cell, place, tables)
        other = next((name for name, values in made.items() if name != measure and any(
            value is not None and estimate.ends[0] <= value <= estimate.ends[1] for value in values)), "")  # fmt: skip
        cut = any(estimate.cut[0] <= value < estimate.cut[1] for value, _ in here)
        under = f"a {other}" if other else "decimals cut off" if cut else ""
        said += f"; it holds only under {under}" if under else "; if it was adjusted, say so in its heading"
        return "", [finding("ratio", [place], cell.text, shown, UNDER if under else CANNOT, said, under)]
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
        error = 1 / a + 1 / c + ((1 / b + 1 / d) if b and d else 0.5) if measure == "odds ratio" else (
            1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))  # fmt: skip
        ends = [value * np.exp(sign * 1.959964 * np.sqrt(error)) for sign in (-1, 1)]
        shown = shown or span(*ends, cell.numbers[1].decimals + 1)
        if all(n.ends[0] - 1e-9 <= end <= n.ends[1] + 1e-9 for n, end in zip(cell.numbers[1:], ends, strict=True)):
            return [finding("interval of the ratio", [place], cell.text, shown, HOLDS, f"the counts give {shown}")]
    if not shown:
        return []
    return [
        finding(
            "interval of the ratio",
            [place],
            cell.text,
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
            rows.append(finding("columns exchanged", [place], cell.text, "the other direction", UNDER,
                                f"the {ways.count(other)} other ratios have the columns the other way round",
                                "the columns the other way round"))  # fmt: skip
    return rows
