"""Columns that make up others: which they are, whether their counts add up, and their means and SDs pool."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from keepsafe.audit.arithmetic import FEWER, Span, exchanged, meets, pooled_mean, pooled_sd, span
from keepsafe.audit.cells import Number, number
from keepsafe.audit.findings import CANNOT, HINT, UNCHECKED, UNDER, finding, listed, mend
from keepsafe.audit.percentages import CUT, count_range, mended, summed
from keepsafe.audit.rows import SHARES, Entry, Group, Row, Table

NEAR = 0.1  # of a total: columns that lack more of it, or have more, are of other persons

Groups = tuple[Group, ...]


Relation = tuple[Group, Groups]  # a whole, and the columns that are it together


@dataclass(frozen=True)
class Structure:
    """How columns relate: sets of relations of which one need hold, groups to compare, notes, and all columns."""

    either: list[list[list[Relation]]]
    compared: list[Groups]
    notes: list[dict]
    columns: Sequence[Group]

    def of(self, head: str) -> tuple[list[Groups], str]:
        """Of which groups a p or statistic is: those its heading names, else those that make up a whole, else all."""
        pair = re.sub(r"\s+p([- ]?values?)?$", "", head, flags=re.IGNORECASE)  # A vs B p
        head = head if pair == head else f"({pair}"
        named = re.search(r"[(,:\s]\s*([^(,:]+?)\s+(?:vs?\.?|versus|against)\s+([^),]+)", head, re.IGNORECASE)
        if not named:
            return list(self.compared), ""
        names = {group.name.casefold(): group for group in self.columns}
        texts = [part.strip() for part in named.groups()]
        missing = [repr(text) for text in texts if text.casefold() not in names]
        if missing:
            return [], f"no column is called {listed(missing)}"
        return [tuple(names[text.casefold()] for text in texts)], ""


def structure(table: Table) -> Structure:
    """Find which columns make up others.

    A column is a whole if it is named total, overall, all and the like, or by the caller; or if the columns whose
    names begin with its own have its number of cases together. Sizes come before sums: parts are columns, next to
    each other where possible, whose cases make those of the whole. Where none do, one note says so.
    """
    certain: list[Relation] = []
    either, notes = [], []
    named = {whole for whole, _ in table.sums}
    for name, names in table.sums:
        whole, parts = table.group(name), tuple(map(table.group, names))
        if whole.n == sum(part.n or 0 for part in parts):
            certain.append((whole, parts))
        else:
            notes += _notes(table, whole, parts)
    nested = set()
    for group in table.groups:
        children = [g for g in table.groups if g is not group and _begins(g.name, group.name)]
        direct = [g for g in children if not any(_begins(g.name, c.name) for c in children if c is not g)]
        if len(direct) > 1 and sum(g.n or 0 for g in direct) == group.n:
            nested |= {g.name for g in children}
            if group.n and group.name not in named:
                certain.append((group, tuple(direct)))
    wholes = [g for g in table.groups if g.whole or g.name in table.wholes]
    others = [g for g in table.groups if g not in wholes and g.name not in nested]
    known = {e.group.name for row in table.rows for e in row.entries.values() if e.n}
    if sum(g.name in known for g in others) > 1:  # a column without cases, as of post hoc tests, is no group
        others = [g for g in others if g.name in known]
    for whole in wholes:
        if whole.name in named or len(others) < 2:
            continue
        sized = whole.n and all(g.n for g in others)
        tilings = (_tilings(others, whole.n) or _subsets(others, whole.n)) if sized else []
        if not tilings:
            notes += _notes(table, whole, others)
        elif len(tilings) == 1:
            certain += [(whole, block) for block in tilings[0]]
        else:
            either.append([[(whole, block) for block in tiling] for tiling in tilings])
    compared = [parts for whole, parts in certain if whole in wholes or whole.name in named]
    compared += [parts for tilings in either for tiling in tilings for _, parts in tiling]
    compared = list(dict.fromkeys(compared)) or [tuple(others)]
    notes += _unnamed(table, wholes, certain)
    every = [[[relation]] for relation in certain] + either
    return Structure(every, [parts for parts in compared if len(parts) > 1], notes, table.groups)


def _begins(name: str, with_: str) -> bool:
    return name.casefold().startswith(with_.casefold()) and name[len(with_) : len(with_) + 1] in tuple(" _:,;/-")


def _notes(table: Table, whole: Group, parts: Sequence[Group]) -> list[dict]:
    """That a column's number of cases is not that of its parts: a note, or where they are near it a condition."""
    every, names = [*parts, whole], listed([part.name for part in parts])
    unknown = [group.name for group in every if not group.n]
    total = sum(part.n or 0 for part in parts)
    if unknown:
        said = f"the number of cases of {listed(unknown)} is not printed"
    else:
        said = f"{' + '.join(str(part.n) for part in parts)} = {total} is not the {whole.n} of {whole.name}"
    said += f", so no sum, mean or SD of {names} is held against it"
    places = [("", group.heading, table.grid.address(-1, group.place), str(group.n or "")) for group in every]
    gap = total - (whole.n or 0)
    if unknown or abs(gap) > NEAR * whole.n:
        printed = str(whole.n or whole.heading)
        return [finding("groups", places[-1:], str(total), UNCHECKED, said, printed=printed)]
    cases = f"{abs(gap)} case{'s' * (abs(gap) > 1)}"
    under = f"{cases} in {'more than one' if gap > 0 else 'none'} of these columns"
    rows = [finding("groups", places, str(total), UNDER, f"{said}; it holds only under {under}", under, str(whole.n))]
    for place, group in zip(places, every, strict=True):
        wanted = str(total if group is whole else group.n - gap)
        if wanted in exchanged(str(group.n)):
            rows.append(mend(place, wanted, f"{wanted} for {group.n}", "the columns would add up"))
    return rows


def _unnamed(table: Table, wholes: list[Group], certain: list[Relation]) -> list[dict]:
    """A column that has as many cases as all others together, but no name that says so."""
    if wholes or certain or len(table.groups) < 3 or not all(g.n for g in table.groups):
        return []
    largest = max(table.groups, key=lambda g: g.n)
    if sum(g.n for g in table.groups) != 2 * largest.n:
        return []
    place = ("", largest.heading, table.grid.address(-1, largest.place), largest.heading)
    said = f"{largest.name} has as many cases as the other columns together; if it is their total, say so with"
    said += f" --whole {largest.name!r}, and sums are checked"
    return [finding("groups", [place], str(largest.n), UNCHECKED, said)]


def _tilings(groups: Sequence[Group], n: int) -> list[tuple[Groups, ...]]:
    """The ways to lay neighbouring columns into blocks of n cases that leave the fewest columns out."""
    ways: list[tuple[int, list]] = [(0, [()])]
    for end in range(1, len(groups) + 1):
        best, found = ways[end - 1][0], list(ways[end - 1][1])
        total = 0
        for start in range(end - 1, -1, -1):
            total += groups[start].n
            if total == n and end - start > 1:
                covered = ways[start][0] + end - start
                made = [(*way, tuple(groups[start:end])) for way in ways[start][1]]
                best, found = (covered, made) if covered > best else (best, found + made if covered == best else found)
            if total >= n:
                break
        ways.append((best, found[:6]))
    return [way for way in dict.fromkeys(ways[-1][1]) if way]


def _subsets(groups: Sequence[Group], n: int) -> list[tuple[Groups, ...]]:
    """Columns that are not neighbours but have n cases together, where there is only one such set."""
    if len(groups) > 12:
        return []
    sets = (some for size in range(2, len(groups) + 1) for some in combinations(groups, size))
    found = [some for some in sets if sum(g.n for g in some) == n]
    return [(found[0],)] if len(found) == 1 else []


def sum_checks(table: Table, found: Structure) -> list[dict]:
    """Sums of counts, pooled means and SDs over the columns that make up a whole; sums of rows as the caller says."""
    rows = []
    for row in table.rows:
        for tilings in found.either:
            tried = [[check for relation in tiling for check in _of_row(row, *relation)] for tiling in tilings]
            rows += min(tried, key=lambda checks: sum(check["verdict"] == CANNOT for check in checks))
    for whole, parts in table.row_sums:
        rows += _of_rows(table, whole, parts)
    return rows


def _of_row(row: Row, of: Group, columns: Groups) -> list[dict]:
    whole, parts = row.entries.get(of.name), [row.entries.get(column.name) for column in columns]
    if whole is None:
        return []
    if row.kind.form in SHARES:
        return _counts(whole, parts, columns)
    if row.kind.form.startswith("mean") and None not in parts:
        return _pooled(whole, parts)
    return []


def _counts(whole: Entry, parts: list[Entry | None], columns: Groups) -> list[dict]:
    ranges, total = [count_range(part) for part in parts], count_range(whole)
    known = [(part, ends) for part, ends in zip(parts, ranges, strict=True) if ends is not None]
    missing = [part for part, ends in zip(columns, ranges, strict=True) if ends is None]
    if total is None or not known:
        return []
    rest, entries = sum(part.n or 0 for part in missing), [part for part, _ in known]
    low, high, said = summed([ends for _, ends in known], [part.group.name for part in entries])
    holds = low <= total[1] and total[0] <= high + rest
    said += f", and {whole.group.name} is printed as {span(*total)}"
    if rest:
        names = " and ".join(part.name for part in missing)
        said += f"; {names}, of {rest}, {'has' if len(missing) == 1 else 'have'} no count"
    under = CUT if not holds and _cut_sum(entries, whole, rest) else ""
    said += f"; it holds only under {under}" if under else ""
    rows = [finding("sum", [*entries, whole], span(low, high + rest), holds, said, under, whole.cell.text)]
    if not (holds or under or rest) and low == high and total[0] == total[1] and whole.count is not None:
        rows += mended([e for e in entries if e.count is not None], low - total[0]) + mended([whole], total[0] - low)
    return rows


def _cut_sum(parts: list[Entry], whole: Entry, rest: int) -> bool:
    """Whether a sum holds where the decimals of percentages without a count were cut off."""
    *ranges, total = [count_range(entry, cut=True) for entry in (*parts, whole)]
    if total is None or None in ranges:
        return False
    low, high, _ = summed(ranges)
    return low <= total[1] and total[0] <= high + rest


def _of_rows(table: Table, whole: str, parts: Sequence[str]) -> list[dict]:
    rows, at = [], {row.variable: row for row in table.rows}
    for name, entry in at[whole].entries.items():
        mine = [at[part].entries.get(name) for part in parts]
        ranges, total = [count_range(part) for part in mine], count_range(entry)
        if total is None or None in ranges:
            entry.reasons.append("not every row of its sum has a count")
            continue
        low, high, said = summed(ranges, parts)
        said += f", and {whole} is printed as {span(*total)}"
        holds = low <= total[1] and total[0] <= high
        rows.append(finding("sum", [*mine, entry], span(low, high), holds, said, printed=entry.cell.text))
    return rows


def _pooled(whole: Entry, parts: list[Entry]) -> list[dict]:
    """Mean and SD of the whole from those of its parts; where that fails, what would mend it."""
    every, sizes = [*parts, whole], [entry.n for entry in parts]
    if any(entry.n is None for entry in every):
        whole.reasons.append("no number of cases for every column of its sum")
        return []
    means = [entry.cell.numbers[0] for entry in every]
    rows = [_of_parts("pooled mean", every, means, sizes, pooled_mean)]
    if rows[0]["verdict"] == CANNOT:
        for i, j in combinations(range(len(parts)), 2):
            swapped = [m.ends for m in means[:-1]]
            swapped[i], swapped[j] = swapped[j], swapped[i]
            if sizes[i] != sizes[j] and meets(pooled_mean(swapped, sizes), means[-1].ends):
                said = f"with {every[i].group.name} and {every[j].group.name} exchanged, the means would pool"
                where, text = [every[i], every[j]], means[-1].text
                rows.append(finding("columns exchanged", where, text, HINT, said, printed=text))
        rows += _digits_exchanged(every, means, "the means pool", lambda ends: pooled_mean(ends, sizes))
    spreads = [entry.cell.numbers[1] for entry in every if len(entry.cell.numbers) > 1]
    if whole.row.kind.form != "mean sd" or len(spreads) < len(every) or any(sd.value < 0 for sd in spreads):
        return rows

    def of(sds: list[Span], sizes: Sequence[float]) -> Span:
        return pooled_sd([m.ends for m in means[:-1]], sds, sizes)

    rows.append(_of_parts("pooled SD", every, spreads, sizes, of))
    if rows[-1]["verdict"] == CANNOT:
        rows += _digits_exchanged(every, spreads, "the SDs would pool", lambda ends: of(ends, sizes))
        roots = [n**0.5 for n in (*sizes, sum(sizes))]
        *scaled, all_ = [(s.ends[0] * root, s.ends[1] * root) for s, root in zip(spreads, roots, strict=True)]
        if meets(of(scaled, sizes), all_):
            said = "taken as standard errors, the SDs would pool"
            rows.append(finding("SE for SD", every, "standard errors", HINT, said, printed=spreads[-1].text))
    return rows


def _of_parts(check: str, every: list[Entry], printed: list[Number], sizes: list[int], made_of: Callable) -> dict:
    """A mean or SD of the whole against what is made of its parts; or of fewer cases in some."""
    *parts, whole = printed
    ends = [part.ends for part in parts]
    low, high = made_of(ends, sizes)
    made = span(low, high, whole.decimals + 1)
    said = " and ".join(f"{e.group.name} {p.text} (n = {n})" for e, p, n in zip(every, parts, sizes, strict=False))
    said += f" pool to {made}; {every[-1].group.name} is printed as {whole.text}"
    holds, under = meets((low, high), whole.ends), ""
    if not holds:
        ways = [(low, high)]
        for i, n in enumerate(sizes):
            fewer = max(int(n - n * FEWER), 1)
            ways += [made_of(ends, [*sizes[:i], fewer, *sizes[i + 1 :]])] if not every[i].own else []
        if meets(made_of([part.cut for part in parts], sizes), whole.cut):
            under = CUT
        elif meets((min(low for low, _ in ways), max(high for _, high in ways)), whole.ends):
            under = "fewer cases in some columns, up to a fifth"
        said += f"; it holds only under {under}" if under else ""
    return finding(check, every, made, holds, said, under, whole.text)


def _digits_exchanged(every: list[Entry], numbers: list[Number], fits: str, made_of: Callable) -> list[dict]:
    """Hints that one number of a row has two neighbouring digits exchanged: then the last is made of the others."""
    rows = []
    for place, typed in enumerate(numbers):
        for other in map(number, exchanged(typed.text)):
            tried = [each.ends for each in (*numbers[:place], other, *numbers[place + 1 :])]
            if meets(made_of(tried[:-1]), tried[-1]):
                rows.append(mend(every[place], other.text, f"{other.text} for {typed.text}", fits, typed.text))
    return rows
