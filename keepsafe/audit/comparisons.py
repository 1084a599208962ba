"""p-values of a table against its counts, and against its means and SDs.

Longer than 300 lines: a p is held against every usual test at once, and a condition is looked for where none gives it.
"""

import re
from itertools import combinations, product

import numpy as np
from scipy import special

from keepsafe.audit.arithmetic import FEWER, cases_of_share, exchanged, span
from keepsafe.audit.cells import Number, P, p_value
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, UNCHECKED, UNDER, finding, listed
from keepsafe.audit.means import as_sd
from keepsafe.audit.percentages import block_of, count_range
from keepsafe.audit.rows import ONE_SIDE, OTHER_TESTS, SHARES, TIMES, UNKNOWN, Entry, Group, Row, Table
from keepsafe.audit.significance import (
    NAMES,
    f_of_means,
    fisher_one_sided,
    p_between,
    p_exact,
    p_of_f,
    p_of_levels,
    p_ordered,
)
from keepsafe.audit.sums import Structure
from keepsafe.problems import shortened

NAMED = re.compile(r"\bt\b|student|welch|anova|\bF\b", re.IGNORECASE)  # tests of means
RATIO = re.compile(r"\b[ac]?or\b|odds|\brr\b|ratio|relative risk", re.IGNORECASE)
SKEWED = 1.64  # SDs
ONE_SIDED = "a one-sided test"
HALF = 0.5  # of the cases at least, for a p that fewer cases would give


def comparison_checks(table: Table, found: Structure) -> list[dict]:
    """Every printed p against the counts, or the means and SDs, that it is of."""
    rows = []
    for row in table.rows:
        for p, head, address in row.p:
            place = (row.name, head, address, p.text)
            if p.value is not None and not 0 <= p.value.value <= 1:
                rows.append(finding("p", [place], "0 to 1", CANNOT, f"a p is between 0 and 1: {p.text}"))
            else:
                rows += _of_table(table, row, p, place, found)
    return rows


def compared(head: str, found: Structure, table: Table) -> tuple[list[tuple[Group, ...]], str]:
    """The groups that a p is of: those its heading names, else those that make up a whole, else all."""
    named = re.search(r"[(,:\s]\s*([^(,:]+?)\s+(?:vs?\.?|versus|against)\s+([^),]+)", head, re.IGNORECASE)
    if not named:
        return list(found.compared), ""
    names = {group.name.casefold(): group for group in table.groups}
    pair = [names.get(part.strip().casefold()) for part in named.groups()]
    if None in pair:
        missing = [part for part, group in zip(named.groups(), pair, strict=True) if group is None]
        return [], f"no column is called {listed([repr(m.strip()) for m in missing])}"
    return [tuple(pair)], ""


def _of_table(table: Table, row: Row, p: P, place, found: Structure) -> list[dict]:
    """A p against the counts or means that it is of."""
    groups, problem = compared(place[1], found, table)
    reason = problem
    estimate = row.p_of.get(place[2], ("", ""))[0]
    texts = (row.test, place[1], estimate, row.statistic[1] if row.statistic else "")
    named = next((text for text in texts if OTHER_TESTS.search(text)), "")
    if not problem and named:
        reason = f"{named}: it cannot be worked out from what is printed"
    elif not problem and not groups:
        reason = "fewer than two columns to compare"
    elif not problem and (unread := row.unread & {group.name for parts in groups for group in parts}):
        reason = f"the cell of {listed(sorted(unread))} was not understood"
    if not reason:
        form = row.kind.form
        if form in SHARES:
            tried = _by_counts(table, row, p, groups)
        elif form in ("mean sd", "mean se", "mean ci"):
            tried = _by_means(table, row, p, groups)
        else:
            what = "medians" if form == "median" else "no counts, and no means with SDs"
            tried = f"nothing to hold it against: {what} in its row"
        if not isinstance(tried, str):
            entries, tests, others = tried
            if any(sum(bool(TIMES.search(group.name)) for group in parts) > 1 for parts in groups):
                others = [*others, ("a test of paired measurements, as columns that are times may have", 0.0, 1.0)]
            if ONE_SIDE.search(f"{place[1]} {row.test}"):
                tests, others = _to_one_side(tests, others)
            return _verdict("p", row, place, p, entries, tests, others)
        reason = tried
    if row.statistic or any(cell.form == "interval" for cell, _, _ in row.estimates):
        return []  # a p that stands beside its statistic or its interval is held against that
    return [finding("p", [place], "", UNCHECKED, reason)]


def _to_one_side(tests, others):
    """The tests to the side seen and to the other; a p of both sides is then a condition."""
    sides = [(f"{name}, one-sided", low / 2, high / 2) for name, low, high in tests]
    sides += [(f"{name}, to the other side", 1 - high / 2, 1 - low / 2) for name, low, high in tests]
    exact = [("Fisher, one-sided", low, high) for name, low, high in others if name == ONE_SIDED and low == high]
    return sides + exact, [("a two-sided test", low, high) for _, low, high in tests]


def _verdict(check: str, row: Row, place, p: P, entries, tests, others, digits: int = 3) -> list[dict]:
    """One row: does a usual test give the p; and if none, under which condition?

    `tests` and `others` are lists of (name, low, high); the others hold only under their name.
    """
    for entry in entries:
        entry.checked = True
    usual = [name for name, low, high in tests if p.meets(low, high)]
    shown = "; ".join(dict.fromkeys(f"{name} {p.shown(low, high)}" for name, low, high in tests))
    sides = " against ".join(
        f"{e.group.name} {e.cell.text}{f' (n = {e.n})' if e.n else ''}" for e in entries if e.row is row
    )
    said = f"{sides or row.name}: p by {shown}; printed {p.text}"
    if usual:
        return [finding(check, [place], shown, HOLDS, f"{said}; it holds by {listed(usual)}")]
    hints = [(name, low, high) for name, low, high in others if name.startswith("hint:") and p.meets(low, high)]
    under = list(
        dict.fromkeys(name for name, low, high in others if not name.startswith("hint:") and p.meets(low, high))
    )
    verdict = UNDER if under else CANNOT
    said += f"; it holds only under {' or '.join(under[:3])}" if under else "; no usual test gives it"
    rows = [finding(check, [place], shown, verdict, said, " or ".join(under[:3]))]
    if hints:
        name = hints[0][0].removeprefix("hint:")
        rows.append(finding("SE for SD", [place], name, HINT, f"{name}, the printed p would hold"))
    if verdict == CANNOT and p.value is not None and not p.value.sign:
        for other in exchanged(p.text):
            new = p_value(other)
            if new and any(new.meets(low, high) for _, low, high in tests):
                rows.append(
                    finding(
                        "digits exchanged",
                        [place],
                        other,
                        HINT,
                        f"with two neighbouring digits exchanged, {other} for {p.text}, it would hold",
                    )
                )
                break
    return rows


def _by_means(table: Table, row: Row, p: P, contrasts):
    """Student's t or ANOVA and Welch's, and what else might give the p."""
    tests, others, used, reason = [], [], [], ""
    for groups in contrasts:
        entries = [row.entries.get(group.name) for group in groups]
        if None in entries:
            entries = [entry for entry in entries if entry is not None]
        moments = [as_sd(entry) for entry in entries]
        if len(entries) < 2 or None in moments or any(entry.n < 2 for entry in entries):
            reason = "not two columns with a mean, an SD and a number of cases"
            continue
        used += entries
        sizes = [entry.n for entry in entries]
        tests += _means(moments, sizes)
        if any(p.meets(low, high) for _, low, high in tests):
            wide = _coarse(moments, sizes, p)
            if wide:
                others, tests = [(wide, 0.0, 1.0)], [t for t in _means(moments, sizes, fine=True)]
            continue
        others += _other_means(row, entries, moments, sizes, tests, p)
        if row.kind.form == "mean ci":
            others += [("intervals that are not of each column alone (of a model, bootstrap)", 0.0, 1.0)]
        if not any(p.meets(low, high) for name, low, high in others if not name.startswith("hint:")):
            others += [(name, 0.0, 1.0) for name in [_unnamed(table, row, moments)] if name]
        if len(entries) > 2:
            for pair in combinations(range(len(entries)), 2):
                names = f"{entries[pair[0]].group.name} against {entries[pair[1]].group.name} alone"
                others += [
                    (names, low, high) for _, low, high in _means([moments[i] for i in pair], [sizes[i] for i in pair])
                ]
    return (used, tests, others) if used else reason


def _ends(number: Number, cut: bool = False, fine: int | None = None) -> tuple[float, float]:
    if fine is not None:
        half = 0.5 * 10.0 ** -max(fine, number.decimals)
        return number.value - half, number.value + half
    return number.cut if cut else number.ends


def _means(moments, sizes, cut: bool = False, fine: bool = False) -> list[tuple[str, float, float]]:
    means = [_ends(m[0], cut, m[1].decimals if fine else None) for m in moments]
    sds = [(max(m[1].cut[0], 0), m[1].cut[1]) if cut and m[1] else m[2] for m in moments]
    found = f_of_means(means, sds, sizes)
    names = {"t": "t", "welch": "welch"} if len(sizes) == 2 else {"t": "anova", "welch": "welch anova"}
    return [(NAMES[names[test]], p_of_f(*most), p_of_f(*least)) for test, (least, most) in found.items()]


def _coarse(moments, sizes, p: P) -> str:
    """Where means were printed with at least two decimals fewer than their SDs, and only that rounding gives the p."""
    if not all(m[1].decimals - m[0].decimals >= 2 for m in moments):
        return ""
    if any(p.meets(low, high) for _, low, high in _means(moments, sizes, fine=True)):
        return ""
    texts = listed([f"{m[0].text} for {span(m[0].ends[0], m[0].ends[1], m[0].decimals + 1)}" for m in moments])
    return f"means rounded further than their SDs ({texts})"


def _other_means(row: Row, entries, moments, sizes, tests, p: P) -> list[tuple[str, float, float]]:
    """One-sided tests, decimals cut off, fewer cases; standard errors taken for SDs."""
    others = [(ONE_SIDED, low / 2, high / 2) for _, low, high in tests] if len(sizes) == 2 else []
    others += [("decimals cut off", low, high) for _, low, high in _means(moments, sizes, cut=True)]
    if not any(entry.own for entry in entries):
        fewest = [max(int(n * HALF), 2) for n in sizes]
        for full, fewer in zip(_means(moments, sizes), _means(moments, fewest), strict=True):
            if fewer[2] > full[2] and p.meets(full[2], fewer[2]):
                said = _how_many(moments, sizes, p) if len(sizes) == 2 else ""
                others.append((f"fewer cases{said}", full[2], fewer[2]))
    if row.kind.form == "mean sd":
        scaled = [(m[0], m[1], tuple(end * n**0.5 for end in m[2])) for m, n in zip(moments, sizes, strict=True)]
        others += [("hint:taken as standard errors, not SDs", low, high) for _, low, high in _means(scaled, sizes)]
    return others


def _unnamed(table: Table, row: Row, moments) -> str:
    """A test that cannot be worked out from means, and that a p without a named test may well be of.

    Of a variable that is never negative, a mean nearer to the end of its scale than 1.64 SDs is of skewed values
    (Altman and Bland 1996): spread evenly, more than one in twenty would lie beyond the end.
    """
    if row.test or row.statistic or NAMED.search(" ".join(head for _, head, _ in row.p)):
        return ""
    if table.notes:
        return f"the test that a note names ({shortened(table.notes[0])})"
    low, high = row.kind.scale or (0.0, float("inf"))
    near = any(0 <= min(m[0].value - low, high - m[0].value) < SKEWED * m[2][1] for m in moments)
    if row.ranked or (near and min(m[0].value for m in moments) >= 0):
        return f"a rank test, as is usual for {'what medians are printed of' if row.ranked else 'skewed values'}"
    return ""


def _how_many(moments, sizes, p: P) -> str:
    """With how many cases in all a p would hold, were as large a share lost in each column."""

    def ends(share: float) -> list[tuple[str, float, float]]:
        return _means(moments, [max(round(n * share), 2) for n in sizes])

    found = []
    for reached in (lambda low, high: high >= p.low, lambda low, high: low > p.high):  # p grows as cases are lost
        few, many = HALF, 1.0
        for _ in range(9):
            middle = (few + many) / 2
            hit = any(reached(low, high) for _, low, high in ends(middle))
            few, many = (middle, many) if hit else (few, middle)
        found.append(few)
    total = sum(sizes)
    low, high = (int(total * share) for share in found[::-1])
    return f", some {span(low, high)} of {total}"


def level_table(table: Table, row: Row, groups) -> tuple[np.ndarray | None, list[Entry]]:
    """All levels of the row's variable by groups, as counts, where every one is exact."""
    plain = [each for each in block_of(table, row) if "|" not in each.level]
    entries = [[each.entries.get(group.name) for group in groups] for each in plain]
    ranges = [[count_range(entry) for entry in line] for line in entries]
    if len(plain) < 2 or any(r is None or r[0] != r[1] for line in ranges for r in line):
        return None, []
    return np.array([[r[0] for r in line] for line in ranges]), [e for line in entries for e in line]


def _by_counts(table: Table, row: Row, p: P, contrasts):
    """Pearson, Yates, likelihood ratio and Fisher, of the row alone and of its variable's levels together."""
    tests, others, used, reason = [], [], [], "not two columns with a count and a number of cases"
    for groups in contrasts:
        pairs = [(entry, count_range(entry)) for group in groups if (entry := row.entries.get(group.name))]
        pairs = [(entry, ends) for entry, ends in pairs if ends is not None and entry.n]
        levels, entries = level_table(table, row, groups)
        if levels is not None:
            used += entries
            tests += _of_levels(levels)
            told = [bool(UNKNOWN.search(each.level)) for each in block_of(table, row) if "|" not in each.level]
            if any(told) and len(levels) - sum(told) > 1:  # those who did not answer are not tested
                tests += _of_levels(levels[~np.array(told)])
            # a level that is not printed is one more row of the test
            rest = np.array([max(e.n or 0, 0) for e in entries[: len(groups)]]) - levels.sum(axis=0)
            if all(e.n for e in entries) and (rest >= 0).all() and rest.any():
                tests += _of_levels(np.vstack([levels, rest]))
            others += [("a test for levels in their order", value, value) for value in p_ordered(levels).values()]
            if levels.shape == (2, 2):
                others += [(ONE_SIDED, low / 2, high / 2) for _, low, high in tests]
                others += _one_sided(*((n, (k, k)) for k, n in zip(levels[0], levels.sum(axis=0), strict=True)))
            if not any(p.meets(low, high) for _, low, high in tests):
                exact = p_exact(levels)
                tests += [("Fisher", exact, exact)] if exact is not None else []
                others += (
                    []
                    if exact is not None
                    else [("Fisher's exact test of a large table, not worked out", 0.0, 1.0)]
                    if _near_p(tests, p)
                    else []
                )
        two = levels is not None and len(levels) == 2
        if len(pairs) > 1 and not two:
            used += [entry for entry, _ in pairs]
            tests += _of_row(pairs)
        if len(pairs) == 2 and any(RATIO.search(head) for _, head, _ in row.estimates):
            if not any(p.meets(low, high) for _, low, high in tests):
                tests += _of_ratio(table, row, [entry for entry, _ in pairs])
        if len(pairs) < 2 or two:
            continue
        if len(pairs) > 2 and _near_p(tests, p) and not any(p.meets(low, high) for _, low, high in tests):
            exact = p_exact(np.array([[low, entry.n - low] for entry, (low, high) in pairs if low == high]))
            tests += [("Fisher", exact, exact)] if exact is not None else []
        if len(pairs) == 2:
            others += [(ONE_SIDED, low / 2, high / 2) for _, low, high in tests]
            others += _one_sided(*((entry.n, ends) for entry, ends in pairs))
        else:
            for one, two in combinations(pairs, 2):
                names = f"{one[0].group.name} against {two[0].group.name} alone"
                others += [(names, low, high) for _, low, high in _of_row([one, two])]
        if not any(p.meets(low, high) for _, low, high in tests):
            others += _fewer_counts(pairs)
    return (list(dict.fromkeys(used)), tests, others) if used else reason


def _one_sided(first, second) -> list[tuple[str, float, float]]:
    """Fisher's exact test to the side seen, where counts are known; half the two-sided p is another number."""
    (n1, (k1, most1)), (n2, (k2, most2)) = first, second
    if k1 != most1 or k2 != most2:
        return []
    p = min(fisher_one_sided(k1, n1, k2, n2))
    return [(ONE_SIDED, p, p)]


def _of_ratio(table: Table, row: Row, mine: list[Entry]) -> list[tuple[str, float, float]]:
    """A p beside a ratio is of its level against the reference, by Wald's test too."""
    if any(entry.count is None for entry in mine):
        return []
    tests, block = [], block_of(table, row)
    reference = [each for each in block if not any(cell.form == "interval" for cell, _, _ in each.estimates)]
    for other in reference or block:
        pair = [other.entries.get(entry.group.name) for entry in mine]
        if other is row or None in pair or any(entry.count is None for entry in pair):
            continue
        cells = np.array([[entry.count for entry in mine], [entry.count for entry in pair]])
        tests += [(f"{name} against {other.level}", low, high) for name, low, high in _of_levels(cells)]
        tests += _wald(cells, f" against {other.level}")
    return tests + _wald(np.array([[e.count for e in mine], [e.n - e.count for e in mine]]), "")


def _wald(cells: np.ndarray, against: str) -> list[tuple[str, float, float]]:
    """Wald's test of the log odds ratio."""
    if (cells <= 0).any():
        return []
    z = abs(np.log(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0]))) / np.sqrt((1 / cells).sum())
    value = float(2 * special.ndtr(-z))
    return [(f"Wald{against}", value, value)]


def _fewer_counts(pairs) -> list[tuple[str, float, float]]:
    """P with the fewer cases that each percentage, as it is rounded, leaves room for."""
    sizes = []
    for entry, (k, most) in pairs:
        if entry.own or entry.percent is None or k != most:
            return []
        low, high = cases_of_share(k, entry.percent)
        full = entry.group.n or entry.n
        low, high = max(low, k, int(full * (1 - FEWER))), min(high, full)
        sizes.append([low, high] if low <= high else [entry.n])
    counts = [k for _, (k, _) in pairs]
    found: dict[str, list[float]] = {}
    for corner in product(*map(dict.fromkeys, sizes)) if len(pairs) <= 6 else ():
        table = np.array([counts, [n - k for n, k in zip(corner, counts, strict=True)]])
        for name, value, _ in _of_levels(table):
            found.setdefault(name, []).append(value)
    return [("fewer cases", min(values), max(values)) for values in found.values()]


def _near_p(tests, p: P) -> bool:
    """Whether a p is as near to Pearson's as an exact test's can be: within a third on the scale of odds."""
    return any(p.high > low / 1.5 and p.low < high * 1.5 for _, low, high in tests)


def _of_levels(levels: np.ndarray) -> list[tuple[str, float, float]]:
    if levels.shape == (2, 2):
        (a, b), (c, d) = levels
        found = p_between(a, a, a + c, b, b, b + d)
        return [(NAMES[name], float(low), float(high)) for name, (low, high) in found.items()]
    return [(NAMES[name], value, value) for name, value in p_of_levels(levels).items()]


def _of_row(pairs) -> list[tuple[str, float, float]]:
    """The row with and without, by columns."""
    if len(pairs) == 2:
        (one, (low1, high1)), (two, (low2, high2)) = pairs
        n1, n2 = (x.ravel() for x in np.meshgrid(one.sizes or [one.n], two.sizes or [two.n]))
        found = p_between(low1, high1, n1, low2, high2, n2)
        return [(NAMES[name], float(np.min(low)), float(np.max(high))) for name, (low, high) in found.items()]
    if any(low != high for _, (low, high) in pairs):
        return []
    table = np.array([[low, entry.n - low] for entry, (low, _) in pairs]).T
    return _of_levels(table)
