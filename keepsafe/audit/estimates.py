"""Estimates, ratios and differences: in themselves, and against the interval, p, standard error and row beside them.

Longer than 300 lines: one printed estimate is held against all of these.
"""

import re
from itertools import product

import numpy as np
from scipy import special

from keepsafe.audit.arithmetic import Span, distance, meets, share_prints, span
from keepsafe.audit.cells import Cell, Number, plain
from keepsafe.audit.cells import cell as read_cell
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, finding
from keepsafe.audit.means import as_sd
from keepsafe.audit.percentages import CUT, level_table
from keepsafe.audit.rows import SHARES, TIMED, WHOLES, Entry, Row, Table
from keepsafe.audit.significance import p_of_any_df, p_of_statistic
from keepsafe.audit.sums import Structure

RATIO = re.compile(r"\b(a?or|rr|(?-i:aRR)|a?hr|irr|odds|ratio|relative risk|exp)\b", re.IGNORECASE)
STANDARDISED = re.compile(r"cohen|hedges|\bsmd\b|standardi[sz]ed|^[dg]$|effect size", re.IGNORECASE)
INTERVAL = re.compile(r"\bci\b|interval|[0-9] ?%", re.IGNORECASE)
PLAIN = re.compile(r"\b(difference|diff|md|rd|coefficient|coef|beta)\b|β|mean", re.IGNORECASE)
DIFFERENCE = re.compile(r"difference|\bdiff\b|\bmd\b", re.IGNORECASE)
ADJUSTED = re.compile(r"adj|\ba(or|rr|hr)\b|multivari|model", re.IGNORECASE)
#: Of estimates that no p beside them holds against 0 or 1.
NO_NULL = re.compile(r"rmsea|\bicc\b|\bauc\b|alpha|α|prevalence|sensitivity|specificity|(?<![0-9])(?<![0-9] )%", re.I)
COEFFICIENT = re.compile(r"(b|β|coef\w*|estimate|log.?odds|beta)( ?\(s\.?e\.?\))?\.?", re.IGNORECASE)
MEASURES = {
    "odds ratio": re.compile(r"\bor\b|odds", re.IGNORECASE),
    "risk ratio": re.compile(r"\brr\b|risk ratio|relative risk|prevalence ratio", re.IGNORECASE),
    "risk difference": re.compile(r"\brd\b|risk difference", re.IGNORECASE),
}
#: Headings of a rate, and of what it is made of.
RATE = {
    "events": r"\b(events?|cases|deaths?|incidents?|episodes|admissions)\b",
    "time": r"person.?(years?|months?|weeks?|days?|time)|\bpyr?s?\b|time at risk|population",
    "rate": r"\bper (1[0, ]{2,}) ?(person|py|patient|child|women|men|$|\()",
}
#: Standard errors on either side: an interval of 90% to one of 95% by t with five degrees of freedom.
CRITICAL = (1.64, 2.58)
NEAR = 0.3  # on the scale of z: likelihood-ratio and exact tests differ from Wald's by less


def estimate_checks(table: Table, found: Structure) -> list[dict]:
    """Every printed estimate: in its column, or as a cell of a group."""
    rows: list[dict] = []
    ratios: list[tuple] = []  # which of two columns comes first, and where
    for row in table.rows:
        rows += _rate(table, row)
        entries = [entry for entry in row.entries.values() if entry.cell.form in ("interval", "range")]
        forms = [cell.form for cell, _, _ in row.estimates] + [entry.cell.form for entry in entries]
        alone = forms.count("interval") == 1
        exponential = _exponential(row)
        for cell, head, address in row.estimates:
            if cell.form == "number" and cell.numbers[0].value == 1 and RATIO.search(head):
                continue  # the reference
            place = (row.name, head, address, cell.text)
            mine = _in_itself(cell, head, place, row, address, alone) + _of_n_and_all(table, row, cell, place)
            if row.se is not None and row.se.form == "number" and row.se_of in ("", address):
                mine += _by_se(cell, head, row, place)
            measure = next((name for name, pattern in MEASURES.items() if pattern.search(head)), "")
            if STANDARDISED.search(head):
                mine += _standardised(row, cell, place, found)
            elif not ADJUSTED.search(head):
                if row.kind.form.startswith("mean") and DIFFERENCE.search(head):
                    mine += _difference(row, cell, place, found)
                if measure and row.kind.form in SHARES and cell.form not in ("range", "pair"):
                    mine += _of_counts(row, cell, measure, place, found, ratios)
            mine += [check for check in exponential if check["cell"] == address]
            said = "no interval, counts or p to hold it against"
            rows += mine or [finding("estimate", [place], "", UNCHECKED, said)]
        for entry in entries:
            rows += _of_group(row, entry, alone)
    return rows + _directions(ratios)


def _rate(table: Table, row: Row) -> list[dict]:
    """A rate per so many of a time at risk, against the columns of events and of that time."""
    heads, texts = table.grid.heads, table.grid.rows[row.line]
    at = {name: [k for k, head in enumerate(heads) if re.search(pattern, head, re.I)] for name, pattern in RATE.items()}
    at["events"] = [k for k in at["events"] if k not in at["time"] + at["rate"]]
    at["time"] = [k for k in at["time"] if k not in at["rate"] and not re.search("[0-9/]", heads[k])]
    if any(len(places) != 1 for places in at.values()):
        return []
    of = {name: read_cell(texts[places[0]], table.comma) for name, places in at.items()}
    if of["events"].form != "number" or of["time"].form != "number" or of["rate"].form not in ("number", "interval"):
        return []
    k, time, rate = (of[name].numbers[0] for name in ("events", "time", "rate"))
    place, head = at["rate"][0], heads[at["rate"][0]]
    per = float(re.sub("[^0-9]", "", re.search(RATE["rate"], head, re.I)[1]))
    if time.value <= 0 or ADJUSTED.search(head) or "standard" in head.lower():
        return []
    made = per * k.value / time.ends[1], per * k.value / time.ends[0]
    shown, under = span(*made, rate.decimals + 1), "a rate that was standardised, or is of another time at risk"
    said = f"{k.text} in {time.text} is {shown} per {per:,.0f}; printed {rate.text}"
    places = [
        (row.name, heads[p], table.grid.address(row.line, p), texts[p]) for p in (place, *at["events"], *at["time"])
    ]
    return [finding("rate", places, shown, meets(made, rate.ends), said, under, rate.text)]


def _of_n_and_all(table: Table, row: Row, cell: Cell, place) -> list[dict]:
    """A percentage with its interval against the columns n and N."""
    heads, percent = table.grid.heads, cell.numbers[0]
    if not {"n", "N"} <= set(heads) or not re.match("%|per ?cent", place[1], re.IGNORECASE):
        return []
    k, n = (plain(table.grid.rows[row.line][heads.index(head)], table.comma) for head in "nN")
    if not (k.isdecimal() and n.isdecimal() and int(n) and 0 <= percent.value <= 100):
        return []
    made, holds = f"{100 * int(k) / int(n):.{percent.decimals + 1}f}%", share_prints(int(k), int(n), percent)
    under = CUT if share_prints(int(k), int(n), percent, cut=True) else ""
    said = f"{k} of {n} is {made}, printed as {percent.text}%"
    return [finding("percentage", [place], made, holds, said, under, percent.text)]


def _exponential(row: Row) -> list[dict]:
    """A ratio against the coefficient beside it, of which it is the exponential."""
    b = [each for each in row.estimates if COEFFICIENT.fullmatch(each[1])]
    ratios = [each for each in row.estimates if RATIO.search(each[1]) and each[0].form in ("number", "interval")]
    if len(b) != 1 or len(ratios) != 1 or row.se is None or b[0][0].form not in ("number", "interval"):
        return []
    (cell, _, _), (ratio, head, address) = b[0], ratios[0]
    estimate, printed = cell.numbers[0], ratio.numbers[0]
    made = float(np.exp(estimate.ends[0])), float(np.exp(estimate.ends[1]))
    shown, holds = span(*made, printed.decimals + 1), meets(made, printed.ends)
    cut = meets((float(np.exp(estimate.cut[0])), float(np.exp(estimate.cut[1]))), printed.cut)
    other = "" if re.search("exp", head, re.IGNORECASE) else "a ratio of another unit or reference"
    under = CUT if cut else other
    said = f"the exponential of {estimate.text} is {shown}; printed {printed.text}"
    return [finding("ratio of the coefficient", [(row.name, head, address, ratio.text)], shown, holds, said, under)]


def _of_group(row: Row, entry: Entry, alone: bool) -> list[dict]:
    cell, head = entry.cell, f"{row.variable} {row.kind.form} {entry.group.heading}"
    rows = _order(cell, head, entry.place)
    entry.fits = not rows
    said = f"{head} {cell.text}"
    if row.kind.form in ("median", "mean range") or cell.form == "range":
        what = "mean with its range" if row.kind.form == "mean range" else "median or range"
        entry.reasons.append(f"a {what}: nothing printed that it could be worked out from")
    elif not (row.kind.form or INTERVAL.search(said) or RATIO.search(said)):
        entry.reasons.append("a median with quartiles, or an estimate? Say so in a column 'kind'")
    if not entry.reasons:
        rows = _in_itself(cell, head, entry, row, "", alone)
    return rows


def _in_itself(cell: Cell, head: str, place, row: Row, address: str, alone: bool) -> list[dict]:
    """An estimate against its interval, and its interval against the p."""
    rows = _order(cell, head, place)
    if not rows and cell.form == "interval":
        rows = _symmetry(cell, head, place) + _p_of_interval(cell, head, row, address, alone)
    return rows


def _order(cell: Cell, head: str, place) -> list[dict]:
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


def _on_scales(head: str, numbers: tuple[Number, ...]) -> dict[str, list[Span]]:
    """The ends of an estimate and of its interval's two on each scale on which it may be in the middle."""
    scales = (
        ["log"]
        if RATIO.search(head) or "geometric" in head.lower()
        else ["linear"]
        if PLAIN.search(head)
        else ["linear", "log"]
    )
    found = {scale: [number.ends for number in numbers] for scale in scales}
    if "log" in found and all(low > 0 for low, _ in found["log"]):
        found["log"] = [(float(np.log(low)), float(np.log(high))) for low, high in found["log"]]
    else:
        found.pop("log", None)
    return found


def _symmetrical(e: Span, a: Span, b: Span) -> bool:
    return meets((e[0] - a[1], e[1] - a[0]), (b[0] - e[1], b[1] - e[0]))


def _of_share(numbers: tuple[Number, ...]) -> bool:
    """Whether an estimate is in the middle of its interval on the scale of log odds, as a share is of Wilson's."""
    whole = 100.0 if any(number.value > 1 for number in numbers) else 1.0
    ends = [[end / whole for end in number.ends] for number in numbers]
    if any(not 0 < end < 1 for pair in ends for end in pair):
        return False
    return _symmetrical(*((float(special.logit(low)), float(special.logit(high))) for low, high in ends))


def _symmetry(cell: Cell, head: str, place) -> list[dict]:
    """The estimate in the middle of its interval, of a ratio on the scale of logarithms."""
    estimate, low, high = cell.numbers
    told, shown = [], ""
    for scale, (e, a, b) in _on_scales(head, cell.numbers).items():
        middle = [(a[end] + b[end]) / 2 for end in (0, 1)]
        on = ""
        if scale == "log":
            middle, on = list(np.exp(middle)), "on the scale of logarithms "
        made = span(middle[0], middle[1], estimate.decimals + 1)
        shown = shown or made
        told.append(f"{on}the middle of {low.text} to {high.text} is {made}")
        if _symmetrical(e, a, b):
            return [finding("interval", [place], made, HOLDS, told[-1])]
    if told and not RATIO.search(head) and not PLAIN.search(head) and _of_share(cell.numbers):
        return [
            finding("interval", [place], shown, HOLDS, f"on the scale of log odds {estimate.text} is in the middle")
        ]
    if not told:
        return [finding("interval", [place], "", UNCHECKED, "a ratio that may be 0 has no middle")]
    under = "an interval that is not symmetrical (exact, profile or bootstrap)"
    return [finding("interval", [place], shown, UNDER, f"{'; '.join(told)}; printed {estimate.text}", under)]


def _p_of_interval(cell: Cell, head: str, row: Row, address: str, alone: bool) -> list[dict]:
    """The p that estimate and interval imply (Altman and Bland 2011), with the rounding of all three.

    Where there are counts, a crude estimate and its p are each held against these: they may be by different tests.
    """
    adjusted = bool(ADJUSTED.search(head))
    beside = [p for p in row.p if address and row.p_of.get(p[2], ("", ""))[1] == address]
    if not beside and alone:
        beside = [p for p in row.p if bool(ADJUSTED.search(row.p_of.get(p[2], (head, ""))[0])) == adjusted]
    scales = list(_on_scales(head, cell.numbers).values())
    two = sum(not entry.group.whole for entry in row.entries.values()) > 1
    by_counts = row.kind.form in SHARES and two and not TIMED.search(head)
    no_null = NO_NULL.search(head) and not PLAIN.search(head)
    if no_null or len(beside) != 1 or (by_counts and not adjusted) or not scales:
        return []
    [(p, p_head, address)] = beside
    level = re.search(r"\b([89][0-9](?:\.[0-9])?)\s*%", head + " " + cell.text)
    share = 0.5 + (float(level[1]) if level else 95.0) / 200
    critical = float(special.ndtri(share))
    ranges = []
    for e, a, b in [ends for ends in scales if _symmetrical(*ends)] or scales:
        z = [abs(x) * 2 * critical / max(high - low, 1e-12) for x, low, high in product(e, a, b)]
        ranges.append((0.0 if e[0] <= 0 <= e[1] else min(z), max(z)))
    implied = [p_of_statistic("z", *ends, ()) for ends in ranges]
    df = sum(entry.n for entry in row.entries.values() if entry.n) - 2
    if df > 1:  # an interval by t is wider by what its quantile is
        wide = float(special.stdtrit(df, share)) / critical
        implied += [p_of_statistic("t", low * wide, high * wide, (df,)) for low, high in ranges]
    shown = p.shown(min(low for low, _ in implied), max(high for _, high in implied))
    said = f"{cell.text} implies p {shown}; printed {p.text}"
    z_p = sorted(float(-special.ndtri(max(end, 1e-300) / 2)) for end in (p.low, min(p.high, 1.0)))
    gap = min(max(z_p[0] - high, low - z_p[1], 0.0) for low, high in ranges)
    under = "another test than the interval's (likelihood ratio, exact)" if gap <= NEAR else ""
    holds = any(p.meets(*ends) for ends in implied)
    return [finding("p of the interval", [(row.name, p_head, address, p.text)], shown, holds, said, under)]


def _by_se(cell: Cell, head: str, row: Row, place) -> list[dict]:
    """Interval, p and statistic by the printed standard error: an interval has some two of it on either side."""
    se, estimate, rows = row.se.numbers[0], cell.numbers[0], []
    if se.value <= 0:
        return [finding("SE", [place], "above 0", CANNOT, f"a standard error is above 0: {se.text}", printed=se.text)]
    if RATIO.search(head):
        return []
    if cell.form == "interval":
        low, high = (number.ends for number in cell.numbers[1:])
        half = ((high[0] - low[1]) / 2, (high[1] - low[0]) / 2)
        made = (CRITICAL[0] * max(se.ends[0], 0), CRITICAL[1] * se.ends[1])
        shown = span(*made, se.decimals + 1)
        said = f"an SE of {se.text} makes an interval of {shown} to either side; printed {cell.text}"
        rows.append(finding("interval by the SE", [place], shown, meets(half, made), said))
    if se.ends[0] <= 0:
        return rows
    made, cut = (
        (distance(of)[0] / error[1], distance(of)[1] / max(error[0], 1e-12))
        for of, error in ((estimate.ends, se.ends), (estimate.cut, se.cut))
    )
    if cell.form == "number" and len(row.p) == 1:
        [(p, p_head, address)] = row.p
        implied = p_of_any_df(*made)
        shown = p.shown(*implied)
        said = f"{estimate.text} with an SE of {se.text} implies p {shown}; printed {p.text}"
        under = CUT if p.meets(*p_of_any_df(*cut)) else ""
        at = [(row.name, p_head, address, p.text), place]
        rows.append(finding("p of the SE", at, shown, p.meets(*implied), said, under, p.text))
    if row.statistic and (row.statistic[0].name in ("t", "z") or row.statistic[0].df == (1.0,)):
        stat, stat_head, address = row.statistic
        squared = stat.name in ("chi2", "F")  # Wald's
        made, cut = ((low**2, high**2) if squared else (low, high) for low, high in (made, cut))
        under = CUT if meets(cut, distance(stat.value.cut)) else ""
        shown = span(*made, stat.value.decimals + 1)
        said = f"{estimate.text} over its SE of {se.text}{', squared,' * squared} is {shown}; printed {stat.text}"
        at, holds = [(row.name, stat_head, address, stat.text), place], meets(made, distance(stat.value.ends))
        rows.append(finding("statistic of the SE", at, shown, holds, said, under, stat.text))
    return rows


def _sides(row: Row, parts) -> list[Entry]:
    """The row's entries in two columns that are compared; none where they are not two."""
    mine = [row.entries[group.name] for group in parts if group.name in row.entries]
    return mine if len(mine) == len(parts) == 2 else []


def _difference(row: Row, cell: Cell, place, found: Structure) -> list[dict]:
    """A difference of means against the two means, either way round."""
    mine = next((pair for parts in found.compared if (pair := _sides(row, parts))), None)
    if mine is None:
        return []
    (low1, high1), (low2, high2) = (entry.cell.numbers[0].ends for entry in mine)
    made, estimate = (low1 - high2, high1 - low2), cell.numbers[0]
    holds = meets(made, estimate.ends) or meets((-made[1], -made[0]), estimate.ends)
    shown = span(*made, estimate.decimals + 1)
    said = f"{mine[0].cell.text} less {mine[1].cell.text} is {shown}; printed {cell.text}"
    said += "" if holds else "; if it was adjusted, say so in its heading"
    return [finding("difference", [place], shown, holds, said, of=mine)]


def _standardised(row: Row, cell: Cell, place, found: Structure) -> list[dict]:
    """A standardised difference (Cohen's d, Hedges's g, Glass's) against its row: means and SDs, or shares."""
    shares = row.kind.form in SHARES or (not row.kind.form and row.block)
    for parts in found.compared:
        rows = _by_shares(row, cell, place, parts) if shares else _by_sds(row, cell, place, parts)
        if rows:
            return rows
    return []


def _by_sds(row: Row, cell: Cell, place, parts) -> list[dict]:
    """By means and SDs: the least and most difference in units of each SD that is in use."""
    mine = _sides(row, parts)
    moments = [as_sd(entry) for entry in mine]
    if not mine or None in moments:
        return []
    (one, _, sd1, _), (two, _, sd2, _) = moments
    n1, n2 = (entry.n for entry in mine)
    gap = distance((one.ends[0] - two.ends[1], one.ends[1] - two.ends[0]))
    df = n1 + n2 - 2
    variances = {
        "the pooled SD": [((n1 - 1) * a**2 + (n2 - 1) * b**2) / df for a, b in zip(sd1, sd2, strict=True)],
        "the mean of the variances": [(a**2 + b**2) / 2 for a, b in zip(sd1, sd2, strict=True)],
        "the SD of the first column": [a**2 for a in sd1],
        "the SD of the second column": [b**2 for b in sd2],
    }
    made = {
        name: tuple(part / max(unit**0.5, 1e-12) for part, unit in zip(gap, ends[::-1], strict=True))
        for name, ends in variances.items()
    }
    made["the pooled SD, corrected (Hedges)"] = tuple(x * (1 - 3 / (4 * df - 1)) for x in made["the pooled SD"])
    least, most = made["the pooled SD"]
    shown = span(least, most, cell.numbers[0].decimals + 1)
    said = f"{mine[0].cell.text} against {mine[1].cell.text} differ by {shown} pooled SDs"
    return _by_any(cell, place, mine, made, shown, said, "of changes, adjusted, from a model")


def _by_shares(row: Row, cell: Cell, place, parts) -> list[dict]:
    """By two shares, or the shares of several levels (Yang and Dalton 2012)."""
    levels, entries = level_table(row, parts)
    mine = _sides(row, parts)
    if levels is not None and len(levels) > 2 and len(parts) == 2 and (levels.sum(axis=0) > 0).all():
        made = {"the mean of the variances": _of_levels(levels)}
        said = f"the {len(levels)} levels of {row.variable}"
    elif mine and all(entry.count is not None and entry.n for entry in mine):
        entries, made = mine, _of_two_shares(*((entry.count, entry.n) for entry in mine))
        said = f"{mine[0].cell.text} against {mine[1].cell.text}"
    else:
        return []
    shown = f"{made['the mean of the variances']:.{cell.numbers[0].decimals + 1}f}"
    said += f": a standardised difference of {shown}"
    ends = {name: (value, value) for name, value in made.items()}
    return _by_any(cell, place, entries, ends, shown, said, "weighted, matched, from a model")


def _by_any(cell: Cell, place, entries, made: dict[str, Span], shown: str, said: str, others: str) -> list[dict]:
    """Whether a standardised difference holds in any unit; `others` are effect sizes that it may be instead."""
    printed = distance(cell.numbers[0].ends)
    unit = next((name for name, ends in made.items() if meets(ends, printed)), "")
    said += f"; printed {cell.text}" + (f"; it holds by {unit}" if unit else "")
    under = f"another effect size ({others})"
    return [finding("standardised difference", [place], shown, bool(unit), said, under, of=entries)]


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


def _of_levels(levels: np.ndarray) -> float:
    """The distance of two columns' shares over all levels but one, in units of their mean covariance."""
    shares = (levels / levels.sum(axis=0))[1:]
    gap = shares[:, 0] - shares[:, 1]
    spread = sum(np.diag(each) - np.outer(each, each) for each in shares.T) / 2
    return float(max(gap @ np.linalg.pinv(spread) @ gap, 0.0)) ** 0.5


def _of_counts(row: Row, cell: Cell, measure: str, place, found: Structure, ratios: list) -> list[dict]:
    """A ratio or difference of risks against the counts of its row."""
    pairs = (_sides(row, parts) for parts in found.compared)
    mine = next((pair for pair in pairs if pair and all(e.count is not None and e.n for e in pair)), None)
    if mine is None:
        return []
    estimate, tables = cell.numbers[0], _tables(row, mine)
    points = "%" in cell.text or any(abs(number.value) > 1 for number in cell.numbers)  # percentage points

    def values(name: str) -> list[tuple[float, str]]:
        scale = 100 if points and name == "risk difference" else 1
        made = [(_measure(name, *each), way) for way, each in tables]
        return [(scale * value, way) for value, way in made if value is not None]

    here = values(measure)
    shown = " or ".join(dict.fromkeys(f"{value:.{estimate.decimals + 1}f}" for value, _ in here[:2]))
    said = " against ".join(f"{entry.cell.text} of {entry.n}" for entry in mine)
    said += f": {measure} {shown}; printed {cell.text}"
    fits = {way for value, way in here if meets((value, value), estimate.ends)}
    if fits:
        ratios += [(way, place) for way in fits] if len(fits) == 1 else []
        holding = finding("ratio", [place], shown, True, said, of=mine)
        return [holding, *_interval_of_counts(measure, cell, place, tables)]
    others = [name for name in MEASURES if any(meets((value, value), estimate.ends) for value, _ in values(name))]
    cut = any(estimate.cut[0] <= value < estimate.cut[1] for value, _ in here)
    pooled = "a ratio pooled over the rows" if WHOLES.search(f"{row.variable} {row.level}") else ""
    under = f"a {others[0]}" if others else CUT if cut else pooled
    said += f"; it holds only under {under}" if under else "; if it was adjusted, say so in its heading"
    return [finding("ratio", [place], shown, False, said, under, of=mine)]


def _tables(row: Row, mine: list[Entry]) -> list[tuple[str, tuple[int, int, int, int]]]:
    """The 2 x 2 tables that a ratio may be of, and which column is first: with and without, level against level."""
    one, two = mine
    found = [(one.count, one.n - one.count, two.count, two.n - two.count)]
    for other in row.block:
        pair = [other.entries.get(entry.group.name) for entry in mine]
        if other is not row and None not in pair and None not in [e.count for e in pair]:
            found.append((one.count, pair[0].count, two.count, pair[1].count))
    return [each for a, b, c, d in found for each in (("first", (a, b, c, d)), ("second", (c, d, a, b)))]


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
    for _, (a, b, c, d) in tables:
        value = _measure(measure, a, b, c, d)
        if value is None or not meets((value, value), cell.numbers[0].ends) or a == 0 or c == 0:
            continue
        error = 1 / a + 1 / c
        if measure == "odds ratio":
            error += 1 / b + 1 / d if b and d else 0.5
        else:
            error -= 1 / (a + b) + 1 / (c + d)
        ends = [value * np.exp(sign * 1.959964 * np.sqrt(error)) for sign in (-1, 1)]
        shown = shown or span(ends[0], ends[1], cell.numbers[1].decimals + 1)
        if all(meets((end, end), number.ends) for number, end in zip(cell.numbers[1:], ends, strict=True)):
            return [finding("interval of the ratio", [place], shown, HOLDS, f"the counts give {shown}")]
    if not shown:
        return []
    said = f"by the usual formula the counts give {shown}; printed {cell.text}"
    under = "another interval than the usual one (exact, score, adjusted)"
    return [finding("interval of the ratio", [place], shown, UNDER, said, under)]


def _directions(ratios: list[tuple]) -> list[dict]:
    """A ratio that holds with the columns the other way round than in all the other rows."""
    places: dict[str, list] = {"first": [], "second": []}
    for way, place in ratios:
        places[way].append(place)
    few, many = sorted(places.values(), key=len)
    if len(few) != 1 or len(many) < 2:
        return []
    said = f"the {len(many)} other ratios have the columns the other way round"
    under = "the columns the other way round"
    return [finding("columns exchanged", few, "the other direction", UNDER, said, under)]
