"""Estimates with their interval: order, symmetry, p and standard error; ratios and differences against their row.

Longer than 300 lines: an estimate is held against its interval and against its row at once.
"""

import re
from itertools import product

import numpy as np
from scipy import special

from keepsafe.audit.arithmetic import meets, span
from keepsafe.audit.cells import Cell, Number
from keepsafe.audit.comparisons import level_table
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, finding
from keepsafe.audit.means import as_sd
from keepsafe.audit.percentages import block_of
from keepsafe.audit.rows import SHARES, Entry, Row, Table
from keepsafe.audit.significance import p_of_statistic
from keepsafe.audit.sums import Structure

RATIO = re.compile(r"\b(a?or|a?rr|a?hr|irr|odds|ratio|relative risk)\b", re.IGNORECASE)
STANDARDISED = re.compile(r"cohen|hedges|\bsmd\b|standardi[sz]ed|^[dg]$|effect size", re.IGNORECASE)
INTERVAL = re.compile(r"\bci\b|interval|[0-9] ?%", re.IGNORECASE)
PLAIN = re.compile(r"\b(difference|diff|md|rd|coefficient|coef|beta)\b|β|mean", re.IGNORECASE)
CRITICAL = (
    1.64,
    2.58,
)  # standard errors on either side: an interval of 90% to one of 95% by t with five degrees of freedom
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
                # where there are counts, estimate and p are each held against these: they may be by different tests
                alone = len(printed) == 1 and len(row.p) == 1 and row.kind.form not in SHARES
                mine += _p_of_interval(cell, head, row) if alone else []
            mine_se = row.se is not None and row.se.form == "number" and row.se_of in ("", place[2])
            if entry is None and cell.numbers and mine_se:
                mine += _by_se(cell, head, row, place)
            if entry is None and STANDARDISED.search(head):
                rows += mine + (_standardised(table, row, cell, place, found) or ([] if mine else [_unheld(place)]))
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


def _p_of_interval(cell: Cell, head: str, row: Row) -> list[dict]:
    """The p that estimate and interval imply (Altman and Bland 2011), with the rounding of all three."""
    [(p, p_head, address)] = row.p
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


def _standardised(table: Table, row: Row, cell: Cell, place, found: Structure) -> list[dict]:
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


def _unheld(place) -> dict:
    return finding("estimate", [place], "", UNCHECKED, "no interval, counts or p to hold it against")


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
