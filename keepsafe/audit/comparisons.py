"""p-values of a table against its counts, and against its means and SDs.

Longer than 300 lines: a p is held against every usual test at once, and a condition is looked for where none gives it.
"""

import re
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy import special

from keepsafe.audit.arithmetic import exchanged, span
from keepsafe.audit.cells import P, p_value
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, UNCHECKED, finding, listed, mend
from keepsafe.audit.means import Moments, as_sd
from keepsafe.audit.percentages import CUT, count_range, level_table, with_fewer_cases
from keepsafe.audit.rows import (
    MODELLED,
    ONE_SIDE,
    OTHER_TESTS,
    PAIRED,
    SHARES,
    TIMED,
    UNKNOWN,
    Entry,
    Row,
    Table,
    headings,
    may_be_paired,
)
from keepsafe.audit.significance import (
    HALF,
    NAMES,
    ONE_SIDED,
    f_ranges,
    fisher_one_sided,
    p_between,
    p_exact,
    p_of_f,
    p_of_levels,
    p_ordered,
    p_values,
    rounded_further,
)
from keepsafe.audit.sums import Structure
from keepsafe.problems import shortened

NAMED = re.compile(r"\bt\b|student|welch|anova|\bF\b", re.IGNORECASE)  # tests of means
RATIO = re.compile(r"\b[ac]?or\b|odds|\brr\b|ratio|relative risk|difference|\brd\b", re.IGNORECASE)
RANKS = re.compile(r"[uhw]|(mann.?whitney|wilcoxon|kruskal.?wallis).*", re.IGNORECASE)  # headings of rank tests
SKEWED = 1.64  # SDs
AS_SE = "taken as standard errors, not SDs"

Tests = list[tuple[str, float, float]]  # a test, or a condition, with the least and the most p by it


@dataclass
class Tried:
    """What a printed p was held against: the entries that it is of, usual tests, and conditions for another."""

    p: P
    entries: list[Entry] = field(default_factory=list)
    tests: Tests = field(default_factory=list)
    others: Tests = field(default_factory=list)

    def by(self, tests: Tests) -> list[str]:
        """The tests by which it holds."""
        return [name for name, low, high in tests if self.p.meets(low, high)]


def comparison_checks(table: Table, found: Structure) -> list[dict]:
    """Every printed p against the counts, or the means and SDs, that it is of."""
    rows = []
    for row in table.rows:
        for p, head, address in row.p:
            place = (row.name, head, address, p.text)
            if p.value is not None and not 0 <= p.value.value <= 1:
                rows.append(finding("p", [place], "0 to 1", CANNOT, f"a p is between 0 and 1: {p.text}"))
            else:
                rows += _of_row(table, row, p, place, found)
    return rows


def _of_row(table: Table, row: Row, p: P, place, found: Structure) -> list[dict]:
    """A p against the counts or means of its row."""
    groups, problem = found.of(place[1])
    timed = next((head for _, head, _ in row.estimates if TIMED.search(head)), "")
    estimate = row.p_of.get(place[2], (timed, ""))[0]
    texts = (row.test, place[1], estimate, row.statistic[1] if row.statistic else "")
    sized = {group.place for group in table.groups if group.n}
    beside = zip(table.grid.heads, table.grid.rows[row.line], strict=True)
    ranked = [h for k, (h, text) in enumerate(beside) if k not in sized and text.strip() and RANKS.fullmatch(h)]
    modelled = next((text for text in headings(row, groups) if MODELLED.search(text)), "") or "".join(ranked[:1])
    named = ("weighted" if row.kind.weighted else modelled) or next(
        (text for text in texts if OTHER_TESTS.search(text)), estimate if TIMED.search(estimate) else ""
    )
    unread = row.unread & {group.name for parts in groups for group in parts}
    reason = (
        problem
        or (f"{named}: it cannot be worked out from what is printed" if named else "")
        or ("" if groups else "fewer than two columns to compare")
        or (f"the cell of {listed(sorted(unread))} was not understood" if unread else "")
    )
    tried = Tried(p)
    if not reason and row.kind.form in SHARES:
        for parts in groups:
            _by_counts(row, parts, tried)
        tried.entries = list(dict.fromkeys(tried.entries))
        reason = "" if tried.entries else "not two columns with a count and a number of cases"
    elif not reason and row.kind.form in ("mean sd", "mean se", "mean ci"):
        for parts in groups:
            _by_means(table, row, parts, tried)
        reason = "" if tried.entries else "not two columns with a mean, an SD and a number of cases"
    elif not reason:
        what = "medians" if row.kind.form == "median" else "no counts, and no means with SDs"
        reason = f"nothing to hold it against: {what} in its row"
    if reason:  # where it stands beside its statistic or its interval, it is held against that
        beside = row.statistic or any(cell.form == "interval" for cell, _, _ in row.estimates)
        return [] if beside else [finding("p", [place], "", UNCHECKED, reason)]
    if any(may_be_paired(row, parts) for parts in groups):
        tried.others.append((PAIRED, 0.0, 1.0))
    if ONE_SIDE.search(f"{place[1]} {row.test}"):
        _to_one_side(tried)
    return _verdict(row, place, tried)


def _to_one_side(tried: Tried) -> None:
    """The tests to the side seen and to the other; a p of both sides is then a condition."""
    two, others = tried.tests, tried.others
    tried.tests = [(f"{name}, one-sided", low / 2, high / 2) for name, low, high in two]
    tried.tests += [(f"{name}, to the other side", 1 - high / 2, 1 - low / 2) for name, low, high in two]
    exact = [(low, high) for name, low, high in others if name == ONE_SIDED and low == high]
    tried.tests += [("Fisher, one-sided", *ends) for ends in exact]
    tried.others = [("a two-sided test", low, high) for _, low, high in two]


def _verdict(row: Row, place, tried: Tried) -> list[dict]:
    """Does a usual test give the p; and if none, under which condition?"""
    p, entries, tests = tried.p, tried.entries, tried.tests
    shown = "; ".join(dict.fromkeys(f"{name} {p.shown(low, high)}" for name, low, high in tests))
    sides = " against ".join(
        f"{e.group.name} {e.cell.text}{f' (n = {e.n})' if e.n else ''}" for e in entries if e.row is row
    )
    said = f"{sides or row.name}: p by {shown}; printed {p.text}"
    if usual := tried.by(tried.tests):
        return [finding("p", [place], shown, HOLDS, f"{said}; it holds by {listed(usual)}", of=entries)]
    conditions = list(dict.fromkeys(tried.by(tried.others)))
    under = " or ".join([name for name in conditions if name != AS_SE][:3])
    said += f"; it holds only under {under}" if under else "; no usual test gives it"
    rows = [finding("p", [place], shown, False, said, under, of=entries)]
    if AS_SE in conditions:
        rows.append(finding("SE for SD", [place], AS_SE, HINT, f"{AS_SE}, the printed p would hold"))
    if not under and p.value is not None and not p.value.sign:
        for other in exchanged(p.text):
            if (new := p_value(other)) and Tried(new).by(tests):
                return [*rows, mend(place, other, f"{other} for {p.text}", "it would hold")]
    return rows


def _by_means(table: Table, row: Row, parts, tried: Tried) -> None:
    """Student's t or ANOVA and Welch's, and what else might give the p."""
    entries = [row.entries[group.name] for group in parts if group.name in row.entries]
    moments = [as_sd(entry) for entry in entries]
    if len(entries) < 2 or None in moments or any(entry.n < 2 for entry in entries):
        return
    tried.entries += entries
    sizes = [entry.n for entry in entries]
    tried.tests += _of_means(moments, sizes)
    if tried.by(tried.tests):
        if rounded_further(moments) and not tried.by(fine := _of_means(moments, sizes, fine=True)):
            texts = listed([f"{m.mean.text} for {span(*m.mean.ends, m.mean.decimals + 1)}" for m in moments])
            tried.tests, tried.others = fine, [(f"means rounded further than their SDs ({texts})", 0.0, 1.0)]
        return
    if len(sizes) == 2:
        tried.others += [(ONE_SIDED, low / 2, high / 2) for _, low, high in tried.tests]
    tried.others += [(CUT, low, high) for _, low, high in _of_means(moments, sizes, cut=True)]
    if not any(entry.own for entry in entries):
        fewest = _of_means(moments, [max(int(n * HALF), 2) for n in sizes])
        for (_, _, low), (_, _, high) in zip(_of_means(moments, sizes), fewest, strict=True):
            if high > low and tried.p.meets(low, high):
                said = _how_many(moments, sizes, tried.p) if len(sizes) == 2 else ""
                tried.others.append((f"fewer cases{said}", low, high))
    if row.kind.form == "mean sd":
        scaled = [
            m._replace(ends=(m.ends[0] * n**0.5, m.ends[1] * n**0.5)) for m, n in zip(moments, sizes, strict=True)
        ]
        tried.others += [(AS_SE, low, high) for _, low, high in _of_means(scaled, sizes)]
    if row.kind.form == "mean ci":
        tried.others.append(("intervals that are not of each column alone (of a model, bootstrap)", 0.0, 1.0))
    if not set(tried.by(tried.others)) - {AS_SE} and (unnamed := _unnamed(table, row, moments)):
        tried.others.append((unnamed, 0.0, 1.0))
    for i, j in combinations(range(len(entries)), 2) if len(entries) > 2 else ():
        names = f"{entries[i].group.name} against {entries[j].group.name} alone"
        pair = _of_means([moments[i], moments[j]], [sizes[i], sizes[j]])
        tried.others += [(names, low, high) for _, low, high in pair]


def _of_means(moments: list[Moments], sizes: list[int], **how: bool) -> Tests:
    names = {"t": "t", "welch": "welch"} if len(sizes) == 2 else {"t": "anova", "welch": "welch anova"}
    found = f_ranges(moments, sizes, **how)
    return [(NAMES[names[test]], p_of_f(*most), p_of_f(*least)) for test, (least, most) in found.items()]


def _unnamed(table: Table, row: Row, moments: list[Moments]) -> str:
    """A test that cannot be worked out from means, and that a p without a named test may well be of.

    Of a variable that is never negative, a mean nearer to the end of its scale than 1.64 SDs is of skewed values
    (Altman and Bland 1996): spread evenly, more than one in twenty would lie beyond the end.
    """
    if row.statistic and row.statistic[0].name == "z":
        return "a rank test, which a z beside means may be of"
    if row.test or row.statistic or NAMED.search(" ".join(head for _, head, _ in row.p)):
        return ""
    if table.notes:
        return f"the test that a note names ({shortened(table.notes[0])})"
    low, high = row.kind.scale or (0.0, float("inf"))
    near = any(0 <= min(m.mean.value - low, high - m.mean.value) < SKEWED * m.ends[1] for m in moments)
    if row.ranked or (near and min(m.mean.value for m in moments) >= 0):
        return f"a rank test, as is usual for {'what medians are printed of' if row.ranked else 'skewed values'}"
    return ""


def _how_many(moments: list[Moments], sizes: list[int], p: P) -> str:
    """With how many cases in all a p would hold, were as large a share lost in each column."""
    found = []
    for reached in (lambda low, high: high >= p.low, lambda low, high: low > p.high):  # p grows as cases are lost
        few, many = HALF, 1.0
        for _ in range(9):
            middle = (few + many) / 2
            fewer = _of_means(moments, [max(round(n * middle), 2) for n in sizes])
            hit = any(reached(low, high) for _, low, high in fewer)
            few, many = (middle, many) if hit else (few, middle)
        found.append(few)
    total = sum(sizes)
    low, high = (int(total * share) for share in found[::-1])
    return f", some {span(low, high)} of {total}"


def _by_counts(row: Row, parts, tried: Tried) -> None:
    """Pearson, Yates, likelihood ratio and Fisher, of the row alone and of its variable's levels together."""
    entries = [row.entries[group.name] for group in parts if group.name in row.entries]
    pairs = [(entry, ends) for entry in entries if entry.n and (ends := count_range(entry))]
    levels, of_levels = level_table(row, parts)
    if levels is not None:
        tried.entries += of_levels
        _by_levels(row, levels, of_levels, tried)
    two = levels is not None and len(levels) == 2
    if len(pairs) > 1 and not two:
        tried.entries += [entry for entry, _ in pairs]
        tried.tests += _of_pairs(pairs)
    if len(pairs) == 2 and any(RATIO.search(head) for _, head, _ in row.estimates) and not tried.by(tried.tests):
        tried.tests += _of_ratio(row, [entry for entry, _ in pairs])
    if len(pairs) < 2 or two:
        return
    if len(pairs) == 2:
        tried.others += [(ONE_SIDED, low / 2, high / 2) for _, low, high in tried.tests]
        tried.others += _one_sided(*((entry.n, ends) for entry, ends in pairs))
    else:
        if _near_p(tried) and not tried.by(tried.tests):
            exact = p_exact(np.array([[low, entry.n - low] for entry, (low, high) in pairs if low == high]))
            tried.tests += [("Fisher", exact, exact)] if exact is not None else []
        for pair in combinations(pairs, 2):
            names = " against ".join(entry.group.name for entry, _ in pair) + " alone"
            tried.others += [(names, low, high) for _, low, high in _of_pairs(pair)]
    if not tried.by(tried.tests):
        tried.others += _fewer_counts([entry for entry, _ in pairs])


def _by_levels(row: Row, levels: np.ndarray, entries, tried: Tried) -> None:
    tried.tests += _of_levels(levels)
    told = np.array([bool(UNKNOWN.search(each.level)) for each in row.block if "|" not in each.level])
    if told.any() and (~told).sum() > 1:  # those who did not answer are not tested
        tried.tests += _of_levels(levels[~told])
    # a level that is not printed is one more row of the test
    rest = np.array([entry.n or 0 for entry in entries[: levels.shape[1]]]) - levels.sum(axis=0)
    if all(entry.n for entry in entries) and (rest >= 0).all() and rest.any():
        tried.tests += _of_levels(np.vstack([levels, rest]))
    tried.others += [("a test for levels in their order", value, value) for value in p_ordered(levels).values()]
    if levels.shape == (2, 2):
        tried.others += [(ONE_SIDED, low / 2, high / 2) for _, low, high in tried.tests]
        tried.others += _one_sided(*((n, (k, k)) for k, n in zip(levels[0], levels.sum(axis=0), strict=True)))
    if not tried.by(tried.tests):
        exact = p_exact(levels)
        if exact is not None:
            tried.tests.append(("Fisher", exact, exact))
        elif _near_p(tried):
            tried.others.append(("Fisher's exact test of a large table, not worked out", 0.0, 1.0))


def _one_sided(first, second) -> Tests:
    """Fisher's exact test to the side seen, where counts are known; half the two-sided p is another number."""
    (n1, (k1, most1)), (n2, (k2, most2)) = first, second
    if k1 != most1 or k2 != most2:
        return []
    p = min(fisher_one_sided(k1, n1, k2, n2))
    return [(ONE_SIDED, p, p)]


def _of_ratio(row: Row, mine: list[Entry]) -> Tests:
    """A p beside a ratio is of its level against the reference, by Wald's test too."""
    if any(entry.count is None for entry in mine):
        return []
    tests, block = [], row.block
    reference = [each for each in block if not any(cell.form == "interval" for cell, _, _ in each.estimates)]
    for other in reference or block:
        pair = [other.entries.get(entry.group.name) for entry in mine]
        if other is row or None in pair or any(entry.count is None for entry in pair):
            continue
        cells = np.array([[entry.count for entry in mine], [entry.count for entry in pair]])
        both = _of_levels(cells) + _wald(cells)
        tests += [(f"{name} against {other.level}", low, high) for name, low, high in both]
    return tests + _wald(np.array([[e.count for e in mine], [e.n - e.count for e in mine]]))


def _wald(cells: np.ndarray) -> Tests:
    """Wald's test of the log odds ratio, the log risk ratio and the difference of risks."""
    if (cells <= 0).any():
        return []
    n = cells.sum(axis=0)
    risk = cells[0] / n
    z = {
        "Wald": np.log(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0])) / np.sqrt((1 / cells).sum()),
        "Wald (risk ratio)": np.log(risk[0] / risk[1]) / np.sqrt((1 / cells[0] - 1 / n).sum()),
        "Wald (difference)": (risk[0] - risk[1]) / np.sqrt((risk * (1 - risk) / n).sum()),
    }
    found = {name: float(2 * special.ndtr(-abs(value))) for name, value in z.items()}
    return [(name, value, value) for name, value in found.items()]


def _fewer_counts(entries: list[Entry]) -> Tests:
    """P with the fewer cases that each percentage, as it is rounded, leaves room for."""
    found: dict[str, list[float]] = {}
    for name, value, _ in (test for cells in with_fewer_cases(entries) for test in _of_levels(cells)):
        found.setdefault(name, []).append(value)
    return [("fewer cases", min(values), max(values)) for values in found.values()]


def _near_p(tried: Tried) -> bool:
    """Whether a p is as near to Pearson's as an exact test's can be: within a third on the scale of odds."""
    return any(tried.p.high > low / 1.5 and tried.p.low < high * 1.5 for _, low, high in tried.tests)


def _of_levels(levels: np.ndarray) -> Tests:
    if levels.shape == (2, 2):
        (k1, k2), (n1, n2) = levels[0], levels.sum(axis=0)
        found = p_values(k1, n1, k2, n2)
    else:
        found = p_of_levels(levels)
    return [(NAMES[name], float(value), float(value)) for name, value in found.items()]


def _of_pairs(pairs) -> Tests:
    """The row with and without, by columns."""
    if len(pairs) == 2:
        (one, (low1, high1)), (two, (low2, high2)) = pairs
        n1, n2 = (x.ravel() for x in np.meshgrid(one.sizes or [one.n], two.sizes or [two.n]))
        found = p_between(low1, high1, n1, low2, high2, n2)
        return [(NAMES[name], float(np.min(low)), float(np.max(high))) for name, (low, high) in found.items()]
    if any(low != high for _, (low, high) in pairs):
        return []
    return _of_levels(np.array([[low, entry.n - low] for entry, (low, _) in pairs]).T)
