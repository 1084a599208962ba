"""Counts and percentages of a table: whole persons of their cases, levels that make the group, cases that all share.

Longer than 300 lines: a percentage that does not fit may fit the cases that its variable's levels share.
"""

from collections.abc import Sequence
from itertools import groupby, product, zip_longest

import numpy as np

from keepsafe.audit.arithmetic import FEWER, cases_of_share, counts_of_share, exchanged, share_prints, span
from keepsafe.audit.cells import number
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, UNDER, finding, listed, mend
from keepsafe.audit.rows import SHARES, UNKNOWN, Entry, Group, Row, Table

CUT = "decimals cut off"
NO_CASES = "no number of cases: put it in the heading, as in 'placebo (n=154)', or in a row n"
COMPLETE = 0.9  # of a group in the levels printed: the rest may lack an answer


def mended(entries: list[Entry], over: float) -> list[dict]:
    """Hints: the one count which, with two neighbouring digits exchanged, would mend a sum."""
    texts = [(entry, entry.cell.numbers[0].text) for entry in entries]
    return [
        mend(entry, other, f"{other} for {text}", "the sum would fit")
        for entry, text in texts
        for other in exchanged(text)
        if float(other) == entry.count - over
    ]


def share_checks(table: Table) -> list[dict]:
    """Every check of single counts and percentages, and of the levels of a variable."""
    of_rows = _of_rows(table)
    rows: list[dict] = [_of_its_row(row) for row in of_rows]
    unfit: list[Entry] = []
    for row in table.rows:
        if row.kind.form in SHARES and row not in of_rows:
            for entry in row.entries.values():
                rows += _impossible(entry) or _one(entry, unfit)
    rows += _shared_cases(unfit)
    for _, block in groupby(table.rows, key=lambda row: row.variable):
        rows += _levels_of([row for row in block if row.kind.form in SHARES], table)
    return rows


def _across(row: Row, cut: bool = False) -> bool:
    """Whether each percentage of a row is of the row's count, a total's 100."""
    every = list(row.entries.values())
    parts = [e for e in every if not e.group.whole]
    if len(parts) < 2 or any(e.count is None or e.percent is None for e in every):
        return False
    whole = sum(e.count for e in parts)
    return whole > 0 and all(share_prints(e.count, whole, e.percent, cut) for e in every)


def _counted(row: Row) -> bool:
    """Whether each of a row's cells is a count with a percentage."""
    return all(e.count is not None and e.percent is not None for e in row.entries.values())


def _of_rows(table: Table) -> list[Row]:
    """The rows of a table whose percentages are of their rows, two at least, and not of the columns."""
    found = [row for row in table.rows if row.kind.form in SHARES and (_across(row) or _across(row, cut=True))]
    shares = [row for row in table.rows if any(e.percent is not None for e in row.entries.values())]
    by_columns = all(e.n and share_prints(e.count, e.n, e.percent) for row in found for e in row.entries.values())
    if not any(e.n for row in shares for e in row.entries.values()) and 3 * len(found) >= 2 * len(shares):
        found = [row for row in shares if row in found or _counted(row)]  # of nothing else: one may be wrong
    return found if len(found) > 1 and len(found) == len(shares) and not by_columns else []


def _of_its_row(row: Row) -> dict:
    entries = list(row.entries.values())
    whole = sum(e.count for e in entries if not e.group.whole)
    said = f"{', '.join(f'{e.percent.text}% is {e.count}' for e in entries)} of the row's {whole}"
    if _across(row) or _across(row, cut=True):
        return finding("percentage", entries, f"of {whole}", _across(row), said, CUT)
    ends = [cases_of_share(e.count, e.percent) for e in entries if not e.group.whole]
    low, high = max(whole, *(low for low, _ in ends)), min(high for _, high in ends)
    shares = [f"{100 * e.count / max(whole, 1):.{e.percent.decimals + 1}f}%" for e in entries]
    told = [f"{e.count} is {made}, printed as {e.percent.text}%" for e, made in zip(entries, shares, strict=True)]
    said = f"of the row's {whole}, {'; '.join(told)}"
    return finding("percentage", entries, f"of {whole}", False, said, f"n = {span(low, high)}" if low <= high else "")


def _impossible(entry: Entry) -> list[dict]:
    """A count that is no whole number of the cases, a percentage outside 0 to 100."""
    numbers, n, bare = entry.cell.numbers, entry.n, "percent" in (entry.cell.form, entry.row.kind.form)
    first, percents = numbers[0], numbers if bare else numbers[1:2]
    if not n and entry.cell.form == "number" and any(e.own for e in entry.row.entries.values()) and not first.whole:
        entry.reasons.append("a number beside counts of which each has its own number of cases")
        entry.fits = False
        return []
    if not bare and (first.value < 0 or not first.whole):
        said, expected = f"{first.text} is no number of persons", "a whole number from 0"
    elif not bare and n and first.value > n:
        said, expected = f"{first.text} is more than the {n} cases", f"at most {n}"
    elif any(not 0 <= p.value <= 100 for p in percents):
        said, expected = f"{percents[0].text}% is no share of a group", "0 to 100"
    else:
        return []
    entry.fits = False
    return [finding("percentage" if bare else "count", [entry], expected, CANNOT, said)]


def _one(entry: Entry, unfit: list[Entry]) -> list[dict]:
    """A percentage that is a whole count of its cases; one that is not is kept, for it may be of others."""
    k, percent, n = entry.count, entry.percent, entry.n
    if entry.row.kind.weighted:
        pass  # told
    elif percent is None:
        entry.reasons.append("a count alone, with no percentage, sum or p to hold it against")
    elif n is None:
        entry.reasons.append(NO_CASES)
    elif k is None and n >= 100 * 10**percent.decimals:
        entry.reasons.append(f"of {n} cases every percentage with {percent.decimals} decimals is possible")
    else:
        entry.checked = True
        made = counts_of_share(n, percent)
        if share_prints(k, n, percent) if k is not None else len(made):
            said = f"{percent.text}% is {k if k is not None else span(made[0], made[-1])} of {n}"
            return [finding("percentage", [entry], _expected(entry), HOLDS, said)]
        entry.fits = False
        unfit.append(entry)
    return []


def _expected(entry: Entry) -> str:
    k, n = entry.count, entry.n
    return f"k of {n}" if k is None else f"{100 * k / n:.{entry.percent.decimals}f}%"


def _other_cases(entry: Entry) -> set[int]:
    """Numbers of cases, not above the printed one, with which an entry fits."""
    k, percent, n = entry.count, entry.percent, entry.n
    if entry.own:
        return set()
    if k is not None:
        low, high = cases_of_share(k, percent)
        return set(range(max(low, k, 1), min(high, n) + 1))
    return {m for m in range(n, max(int(n - n * FEWER), 1) - 1, -1) if len(counts_of_share(m, percent))}


def _shared_cases(unfit: list[Entry]) -> list[dict]:
    """Percentages that do not fit the printed number of cases: cut off, of the row, or of fewer cases they share."""
    rows: list[dict] = []
    left: dict[str, list[Entry]] = {}
    for entry in unfit:
        under = _other_reading(entry)
        if under:
            entry.fits = True
            said = f"{_sum(entry)}; it holds only under {under}"
            rows.append(finding("percentage", [entry], _expected(entry), UNDER, said, under))
        elif not _other_cases(entry):
            rows += _cannot(entry)
        else:
            left.setdefault(entry.group.name, []).append(entry)
    for name, entries in left.items():
        parts: list[tuple] = []  # entries, the cases they share, all that share them, the sum of these
        for _, same in groupby(entries, key=lambda entry: entry.row.variable):
            same = list(same)
            levels = [row.entries[name] for row in same[0].row.block if name in row.entries]
            everybody = [e for e in levels if e.percent is not None and e.n == same[0].n and not e.own] or same[:1]
            shared = set.intersection(*(_other_cases(e) | ({e.n} if e.fits else set()) for e in everybody))
            total = sum(e.count for e in everybody) if all(e.count is not None for e in everybody) else None
            if len(everybody) > 1 and shared:
                shared = {total} if total in shared else shared
                parts.append((same, shared, everybody, total))
            else:
                parts += [([entry], _other_cases(entry), [entry], None) for entry in same]
        joint = set.intersection(*(part[1] for part in parts))
        if len(parts) > 1 and joint:
            parts = [([e for part in parts for e in part[0]], joint, [e for part in parts for e in part[2]], None)]
        rows += [hint for part in parts for entry in part[0] for hint in _swapped(entry)]
        rows += [_fewer(*part) for part in parts]
    return rows


def _other_reading(entry: Entry) -> str:
    """How else a percentage may have been worked out: decimals cut off, of the row, of all columns together."""
    k, percent, n = entry.count, entry.percent, entry.n
    if share_prints(k, n, percent, cut=True) if k is not None else len(counts_of_share(n, percent, cut=True)):
        return CUT
    mine = [e for e in entry.row.entries.values() if not e.group.whole and None not in (e.count, e.percent)]
    if k is None or len(mine) < 2:
        return ""
    across, everybody = sum(e.count for e in mine), sum(e.n or 0 for e in mine)
    if across and all(share_prints(e.count, across, e.percent) for e in mine):
        return f"percentages of the row's {across}"
    if all(e.n for e in mine) and all(share_prints(e.count, everybody, e.percent) for e in mine):
        return f"percentages of all {everybody}"
    return ""


def _sum(entry: Entry) -> str:
    k, percent, n = entry.count, entry.percent, entry.n
    digits = percent.decimals + 1
    if k is not None:
        return f"{k} of {n} is {100 * k / n:.{digits}f}%, printed as {percent.text}%"
    at = percent.value * n / 100
    below = int(at)
    near = " and ".join(f"{count} is {100 * count / n:.{digits}f}%" for count in (below, below + 1))
    return f"{percent.text}% of {n} is {at:.2f}, no count: {near}"


def _fewer(entries: list[Entry], shared: set[int], everybody: list[Entry], total: int | None) -> dict:
    """One row for all percentages that hold only with the same smaller number of cases."""
    n, low, high = entries[0].n, min(shared), max(shared)
    some = span(low, high) if high - low + 1 == len(shared) else listed([str(m) for m in sorted(shared)[::-1]])
    levels = len({e.row.variable for e in everybody}) == 1 and len(everybody) > 1
    if len(entries) > 1:
        said = f"{len(entries)} percentages do not fit {n}: " + "; ".join(_sum(e) for e in entries[:4])
    else:
        said = _sum(entries[0])
    which = f"all {len(everybody)} levels fit" if levels else "all of them fit" if len(entries) > 1 else "it fits"
    said += f"; {which} n = {some}"
    if levels and total in shared:
        said += f", and sum to {total}"
    where = everybody if levels else entries
    for entry in where:
        entry.n, entry.sizes = (total, []) if total in shared else (high, [low, high])
    for entry in entries:
        entry.fits = True
    printed, under = "; ".join(e.cell.text for e in entries), f"n = {some}"
    return finding("number of cases", [entry.place for entry in where], under, UNDER, said, under, printed)


def _cannot(entry: Entry) -> list[dict]:
    k, percent, n = entry.count, entry.percent, entry.n
    said, mends = _sum(entry), []
    if k is None:
        said += "; no number of cases down to a fifth fewer fits either"
    else:
        low, high = cases_of_share(k, percent)
        needed = f"{span(low, high)} cases" if low <= high < 10**9 else "no number of cases"
        said += f"; {percent.text}% would take {needed}"
        text, counts = entry.cell.numbers[0].text, counts_of_share(n, percent)
        mends += [f"{other} for {text}" for other in exchanged(text) if float(other) in counts]
        shares = [other for other in exchanged(percent.text) if share_prints(k, n, number(other))]
        mends += [f"{other}% for {percent.text}%" for other in shares]
    rows = [finding("percentage", [entry], _expected(entry), CANNOT, said)]
    return rows + [mend(entry, mends[0], listed(mends), "it would fit") for _ in mends[:1]] + _swapped(entry)


def _swapped(entry: Entry) -> list[dict]:
    """A hint where a count is its percentage of another column's cases, and that column's own cell is not right."""
    k, percent = entry.count, entry.percent
    for other in entry.row.entries.values() if k is not None else ():
        if other.fits or other is entry or not other.group.n or k > other.group.n:
            continue
        if share_prints(k, other.group.n, percent):
            said = f"{k} is {percent.text}% of the {other.group.n} of {other.group.name}: the cells, or the cases"
            return [finding("columns exchanged", [entry], f"{k} of {other.group.n}", HINT, f"{said}, may be exchanged")]
    return []


def count_range(entry: Entry | None, cut: bool = False) -> tuple[int, int] | None:
    """The whole counts that an entry stands for, where its own figures allow it to be told."""
    if entry is None:
        return None
    if entry.count is not None:
        return entry.count, entry.count
    if entry.percent is None or not entry.n or not entry.fits:
        return None
    made = counts_of_share(entry.n, entry.percent, cut)
    return (made[0], made[-1]) if len(made) else None


def with_fewer_cases(entries: list[Entry]) -> list[np.ndarray]:
    """Counts with and without of the fewest and most cases that each percentage, as it is rounded, leaves room for."""
    sizes = []
    for entry in entries:
        if entry.own or entry.percent is None or entry.count is None or not entry.n or len(entries) > 6:
            return []
        low, high = cases_of_share(entry.count, entry.percent)
        full = entry.group.n or entry.n
        low, high = max(low, entry.count, int(full * (1 - FEWER))), min(high, full)
        sizes.append([low, high] if low <= high else [entry.n])
    counts = [entry.count or 0 for entry in entries]
    corners = product(*map(dict.fromkeys, sizes))
    return [np.array([counts, [n - k for n, k in zip(corner, counts, strict=True)]]) for corner in corners]


def level_table(row: Row, groups) -> tuple[np.ndarray | None, list[Entry]]:
    """All levels of the row's variable by groups, as counts, where every one is exact."""
    plain = [each for each in row.block if "|" not in each.level]
    entries = [[each.entries.get(group.name) for group in groups] for each in plain]
    ranges = [[count_range(entry) for entry in line] for line in entries]
    if len(plain) < 2 or any(r is None or r[0] != r[1] for line in ranges for r in line):
        return None, []
    return np.array([[r[0] for r in line] for line in ranges]), [e for line in entries for e in line]


def summed(ranges: list, names: Sequence[str] = ()) -> tuple[int, int, str]:
    """The least and the most that counts make together, each between two ends; and the sum in words."""
    low, high = (sum(each) for each in zip(*ranges, strict=True))
    shown = [f"{name} {span(*ends)}".strip() for name, ends in zip_longest(names, ranges, fillvalue="")]
    return low, high, f"{' + '.join(shown)} = {span(low, high)}"


def _levels_of(block: list[Row], table: Table) -> list[dict]:
    """Levels that exclude each other make up their group; levels joined by | are as many as their parts."""
    plain = [row for row in block if "|" not in row.level]
    rows = [row for union in block if "|" in union.level for row in _union(union, plain)]
    if len(plain) < 2 or len({row.level for row in plain}) < len(plain) or any(row.kind.several for row in plain):
        return rows
    for group in table.groups:
        if all(group.name in row.entries for row in plain):
            rows += _levels([row.entries[group.name] for row in plain], group)
    return rows


def _levels(entries: list[Entry], group: Group) -> list[dict]:
    """The levels of a variable in one column: as many as the group, or fewer where some gave no answer."""
    if len({entry.n for entry in entries}) > 1:  # those without an answer are no level
        entries = [entry for entry in entries if not UNKNOWN.search(entry.row.level)]
    ranges = [count_range(entry) for entry in entries]
    if None in ranges or len({entry.n for entry in entries}) != 1:
        bare = all(entry.percent is not None and not entry.n for entry in entries)
        return _hundred(entries) if entries and bare else []
    n, (low, high, said), under = entries[0].n, summed(ranges), ""
    if not n or (n != group.n and not entries[0].own and low == high == n):
        return []  # told by the number of cases that the percentages share
    if low > n:
        said += f", more than the group's {n}"
        sums = [e.row.level for e, ends in zip(entries, ranges, strict=True) if low == high and low - ends[0] == n]
        under = f"{sums[0]} being a sum of other levels" if sums and len(entries) > 3 else ""
    elif high < n:
        said += f", {n - high} fewer than the group's {n}"
        under = f"{n - high} without an answer, or in a level that is not printed"
    else:
        said += f", the whole group of {n}" if low == high else f", which can be the group's {n}"
    if high < COMPLETE * n:
        for entry in entries:
            entry.reasons.append(f"the levels printed make {high} of {n}: others are not printed")
        return []
    rows = [finding("levels", entries, f"{n}", low <= n <= high, said, under)]
    return rows + mended(entries, low - n) if low > n and not under and low == high else rows


def _hundred(entries: list[Entry]) -> list[dict]:
    """Percentages of levels, of an unknown number of cases, make 100 within their rounding."""
    total = sum(e.percent.value for e in entries)
    slack = sum(e.percent.half for e in entries) + 1e-9
    if total < 100 - slack:
        return []
    digits = max(e.percent.decimals for e in entries)
    said = f"{' + '.join(e.percent.text for e in entries)} = {total:.{digits}f}%"
    return [finding("levels", entries, "100%", total <= 100 + slack, said)]


def _union(union: Row, plain: list[Row]) -> list[dict]:
    rows, parts = [], [row for row in plain if row.level in union.level.split("|")]
    if len(parts) < union.level.count("|") + 1:
        return rows
    for name, entry in union.entries.items():
        ranges = [count_range(row.entries.get(name)) for row in parts]
        mine = count_range(entry)
        if mine is None or None in ranges:
            continue
        low, high, said = summed(ranges)
        where, printed = [*(row.entries[name].place for row in parts), entry], entry.cell.text
        holds = low <= mine[1] and mine[0] <= high
        rows.append(finding("levels", where, span(low, high), holds, f"{said}, printed {printed}", printed=printed))
    return rows
