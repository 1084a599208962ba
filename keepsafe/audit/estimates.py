"""Estimates with their interval: the order of its ends, its middle, the p and the standard error beside it."""

import re
from itertools import product

import numpy as np
from scipy import special

from keepsafe.audit.arithmetic import meets, span
from keepsafe.audit.cells import Cell, Number
from keepsafe.audit.effect_sizes import (
    ADJUSTED,
    DIFFERENCE,
    MEASURES,
    against_counts,
    against_means,
    directions,
    standardised,
)
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, finding
from keepsafe.audit.rows import SHARES, Entry, Row, Table
from keepsafe.audit.significance import p_of_statistic
from keepsafe.audit.sums import Structure

RATIO = re.compile(r"\b(a?or|a?rr|a?hr|irr|odds|ratio|relative risk)\b", re.IGNORECASE)
STANDARDISED = re.compile(r"cohen|hedges|\bsmd\b|standardi[sz]ed|^[dg]$|effect size", re.IGNORECASE)
INTERVAL = re.compile(r"\bci\b|interval|[0-9] ?%", re.IGNORECASE)
PLAIN = re.compile(r"\b(difference|diff|md|rd|coefficient|coef|beta)\b|β|mean", re.IGNORECASE)
#: Standard errors on either side: an interval of 90% to one of 95% by t with five degrees of freedom.
CRITICAL = (1.64, 2.58)
FEWEST_DF = 5
NEAR = 0.3  # on the scale of z: likelihood-ratio and exact tests differ from Wald's by less


def estimate_checks(table: Table, found: Structure) -> list[dict]:
    """Every printed estimate: in its column, or as a cell of a group."""
    rows, ratios = [], []
    for row in table.rows:
        printed: list[tuple] = [
            (cell, head, (row.name, head, address, cell.text), None) for cell, head, address in row.estimates
        ]
        printed += [(e.cell, _said(row, e), e, e) for e in row.entries.values() if e.cell.form in ("interval", "range")]
        for cell, head, place, entry in printed:
            if entry is None and cell.form == "number" and cell.numbers[0].value == 1 and RATIO.search(head):
                continue  # the reference
            mine = _order(cell, head, place, row)
            if entry is not None:
                entry.fits = not mine
                said = f"{head} {cell.text}"
                if row.kind.form in ("median", "mean range") or cell.form == "range":
                    what = "mean with its range" if row.kind.form == "mean range" else "median or range"
                    entry.reasons.append(f"a {what}: nothing printed that it could be worked out from")
                elif not (row.kind.form or INTERVAL.search(said) or RATIO.search(said)):
                    entry.reasons.append("a median with quartiles, or an estimate? Say so in a column 'kind'")
                if entry.reasons:
                    rows += mine
                    continue
            if not mine and cell.form == "interval":
                mine = _symmetry(cell, head, place)
                alone = [each.form for each, *_ in printed].count("interval") == 1
                mine += _p_of_interval(cell, head, row, "" if entry else place[2], alone)
            mine_se = row.se is not None and row.se.form == "number" and row.se_of in ("", place[2])
            if entry is None and cell.numbers and mine_se:
                mine += _by_se(cell, head, row, place)
            if entry is None and STANDARDISED.search(head):
                rows += mine + (standardised(table, row, cell, place, found) or ([] if mine else [_unheld(place)]))
                continue
            if (
                entry is None
                and row.kind.form.startswith("mean")
                and DIFFERENCE.search(head)
                and not ADJUSTED.search(head)
            ):
                mine += against_means(row, cell, place, found)
            if entry is not None and mine:
                entry.checked = True
            if entry is None and any(re.search(pattern, head, re.IGNORECASE) for _, pattern in MEASURES):
                ratio = against_counts(table, row, cell, head, place, found)
                ratios += [(ratio[0], place, cell)] if ratio and ratio[0] else []
                mine += ratio[1] if ratio else []
            if not mine and entry is None:
                mine = [_unheld(place)]
            rows += mine
    return rows + directions(ratios)


def _said(row: Row, entry: Entry) -> str:
    return f"{row.variable} {row.kind.form} {entry.group.heading}"


def _order(cell: Cell, head: str, place, row: Row) -> list[dict]:
    """An estimate inside its interval, the ends in their order, a ratio above 0."""
    numbers = cell.numbers
    if cell.form not in ("interval", "range"):
        return []
    low, high = numbers[-2:]
    said = ""
    if low.value > high.value:
        said = f"the interval runs from {low.text} down to {high.text}"
    elif len(numbers) == 3 and (numbers[0].ends[1] < low.ends[0] or numbers[0].ends[0] > high.ends[1]):
        said = f"{numbers[0].text} is outside {low.text} to {high.text}"
    elif RATIO.search(head) and any(number.value < 0 for number in numbers):
        said = "a ratio is never below 0"
    expected = f"{low.text} to {high.text}" if len(numbers) == 3 else "ends in their order"
    return [finding("interval", [place], expected, CANNOT, said)] if said else []


def _scales(head: str, numbers: tuple[Number, ...], fitting: bool = False) -> list[str]:
    """The scales on which an interval may be symmetrical, or on which it is, where it is on any."""
    if fitting:
        scales = _scales(head, numbers)
        return [scale for scale in scales if _symmetrical(*(_on(scale, number) for number in numbers))] or scales
    scales = ["log"] if RATIO.search(head) else ["linear"] if PLAIN.search(head) else ["linear", "log"]
    return [scale for scale in scales if scale == "linear" or all(number.ends[0] > 0 for number in numbers)]


def _on(scale: str, number: Number) -> tuple[float, float]:
    low, high = number.ends
    return (low, high) if scale == "linear" else (float(np.log(low)), float(np.log(high)))


def _symmetrical(e: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> bool:
    return meets((e[0] - a[1], e[1] - a[0]), (b[0] - e[1], b[1] - e[0]))


def _symmetry(cell: Cell, head: str, place) -> list[dict]:
    """The estimate in the middle of its interval, of a ratio on the scale of logarithms."""
    estimate, low, high = cell.numbers
    scales, told = _scales(head, cell.numbers), []
    if not scales:
        return [finding("interval", [place], "", UNCHECKED, "a ratio that may be 0 has no middle")]
    for scale in scales:
        e, a, b = (_on(scale, number) for number in (estimate, low, high))
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        if scale == "log":
            middle = tuple(np.exp(middle))
        told.append(
            f"{'' if scale == 'linear' else 'on the scale of logarithms '}the middle of {low.text} to {high.text} is "
            f"{span(middle[0], middle[1], estimate.decimals + 1)}"
        )
        if _symmetrical(e, a, b):
            return [finding("interval", [place], told[-1].rpartition(" is ")[2], HOLDS, told[-1])]
    said = f"{'; '.join(told)}; printed {estimate.text}"
    return [
        finding(
            "interval",
            [place],
            told[0].rpartition(" is ")[2],
            UNDER,
            said,
            "an interval that is not symmetrical (exact, profile or bootstrap)",
        )
    ]


def _p_of_interval(cell: Cell, head: str, row: Row, address: str, alone: bool) -> list[dict]:
    """The p that estimate and interval imply (Altman and Bland 2011), with the rounding of all three.

    Where there are counts, a crude estimate and its p are each held against these: they may be by different tests.
    """
    beside = [p for p in row.p if row.p_of.get(p[2], ("", ""))[1] == address]
    if not beside and alone:
        adjusted = bool(ADJUSTED.search(head))
        beside = [p for p in row.p if bool(ADJUSTED.search(row.p_of.get(p[2], (head, ""))[0])) == adjusted]
    if len(beside) != 1 or (row.kind.form in SHARES and not ADJUSTED.search(head)):
        return []
    [(p, p_head, address)] = beside
    level = re.search(r"\b([89][0-9](?:\.[0-9])?)\s*%", head + " " + cell.text)
    percent = float(level[1]) if level else 95.0
    critical = float(special.ndtri(0.5 + percent / 200))
    ranges = []
    for scale in _scales(head, cell.numbers, fitting=True):
        e, a, b = (_on(scale, number) for number in cell.numbers)
        z = [abs(x) * 2 * critical / max(high - low, 1e-12) for x, low, high in product(e, a, b)]
        ranges.append((0.0 if e[0] <= 0 <= e[1] else min(z), max(z)))
    if not ranges:
        return []
    sizes = [entry.n for entry in row.entries.values() if entry.n]
    implied = [p_of_statistic("z", *ends, ()) for ends in ranges]
    if sum(sizes) > 3:  # an interval by t is wider by what its quantile is
        df = sum(sizes) - 2
        wide = float(special.stdtrit(df, 0.5 + percent / 200)) / critical
        implied += [p_of_statistic("t", ends[0] * wide, ends[1] * wide, (df,)) for ends in ranges]
    shown = p.shown(min(low for low, _ in implied), max(high for _, high in implied))
    said = f"{cell.text} implies p {shown}; printed {p.text}"
    place = [(row.name, p_head, address, p.text)]
    if any(p.meets(*ends) for ends in implied):
        return [finding("p of the interval", place, shown, HOLDS, said)]
    z_p = sorted(float(-special.ndtri(max(end, 1e-300) / 2)) for end in (p.low, min(p.high, 1.0)))
    gap = min(max(z_p[0] - high, low - z_p[1], 0.0) for low, high in ranges)
    under = "another test than the interval's (likelihood ratio, exact)" if gap <= NEAR else ""
    return [finding("p of the interval", place, shown, UNDER if under else CANNOT, said, under)]


def _by_se(cell: Cell, head: str, row: Row, place) -> list[dict]:
    """Interval and p by the printed standard error: an interval has some two of it on either side."""
    se, estimate, rows = row.se.numbers[0], cell.numbers[0], []
    if se.value <= 0:
        return [finding("SE", [place], "above 0", CANNOT, f"a standard error is above 0: {se.text}", printed=se.text)]
    if cell.form == "interval" and not RATIO.search(head):
        low, high = (number.ends for number in cell.numbers[1:])
        half = ((high[0] - low[1]) / 2, (high[1] - low[0]) / 2)
        made = (CRITICAL[0] * max(se.ends[0], 0), CRITICAL[1] * se.ends[1])
        shown = span(*made, se.decimals + 1)
        said = f"an SE of {se.text} makes an interval of {shown} to either side; printed {cell.text}"
        verdict = HOLDS if meets(half, made) else CANNOT
        rows.append(finding("interval by the SE", [place], shown, verdict, said))
    elif cell.form == "number" and len(row.p) == 1 and se.ends[0] > 0 and not RATIO.search(head):
        [(p, p_head, address)] = row.p
        ends = [abs(e) / s for e in estimate.ends for s in se.ends]
        crosses = estimate.ends[0] <= 0 <= estimate.ends[1]
        implied = (
            p_of_statistic("t", 0.0 if crosses else min(ends), max(ends), (FEWEST_DF,))[1],
            p_of_statistic("z", 0.0 if crosses else min(ends), max(ends), ())[0],
        )
        shown = p.shown(min(implied), max(implied))
        said = f"{estimate.text} with an SE of {se.text} implies p {shown}; printed {p.text}"
        verdict = HOLDS if p.meets(min(implied), max(implied)) else CANNOT
        rows.append(finding("p of the SE", [(row.name, p_head, address, p.text)], shown, verdict, said))
    stat = row.statistic[0] if row.statistic else None
    if stat is not None and stat.name in ("t", "z") and se.ends[0] > 0 and not RATIO.search(head):
        low, high = (max(min(abs(e) for e in estimate.ends), 0), max(abs(e) for e in estimate.ends))
        low = 0.0 if estimate.ends[0] <= 0 <= estimate.ends[1] else low
        made = low / se.ends[1], high / se.ends[0]
        value = abs(stat.value.value)
        shown = span(*made, stat.value.decimals + 1)
        said = f"{estimate.text} over its SE of {se.text} is {shown}; printed {stat.text}"
        verdict = HOLDS if meets(made, (value - stat.value.half, value + stat.value.half)) else CANNOT
        at = (row.name, row.statistic[1], row.statistic[2], stat.text)
        rows.append(finding("statistic of the SE", [at], shown, verdict, said))
    return rows


def _unheld(place) -> dict:
    return finding("estimate", [place], "", UNCHECKED, "no interval, counts or p to hold it against")
