"""Columns that make up others: which they are, whether their counts add up, and their means and SDs pool.

Longer than 300 lines: sizes come before sums, and both are read together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from keepsafe.audit.arithmetic import FEWER, counts_of_share, exchanged, meets, pooled_mean, pooled_sd, span
from keepsafe.audit.cells import number
from keepsafe.audit.findings import CANNOT, HINT, HOLDS, UNCHECKED, UNDER, finding, listed
from keepsafe.audit.percentages import count_range, mended
from keepsafe.audit.rows import SHARES, Entry, Group, Table

NEAR = 0.1  # of a total: columns that lack more of it, or have more, are of other persons


@dataclass(frozen=True)
class Relation:
    """Columns `parts` that together are `whole`."""

    whole: Group
    parts: tuple[Group, ...]


@dataclass(frozen=True)
class Structure:
    """How columns relate: `certain` relations, `either` of which only one set need hold, groups to compare, notes."""

    certain: tuple[Relation, ...]
    either: tuple[tuple[tuple[Relation, ...], ...], ...]
    compared: tuple[tuple[Group, ...], ...]
    notes: tuple[dict, ...]


def structure(table: Table) -> Structure:
    """Find which columns make up others.

    A column is a whole if it is named total, overall, all and the like, or by the caller; or if the columns whose
    names begin with its own have its number of cases together. Sizes come before sums: parts are columns, next to
    each other where possible, whose cases make those of the whole. Where none do, one note says so.
    """
    certain = [Relation(table.group(whole), tuple(map(table.group, parts))) for whole, parts in table.sums]
    notes = []
    for relation in list(certain):
        total = sum(part.n or 0 for part in relation.parts)
        if relation.whole.n != total:
            certain.remove(relation)
            notes += _notes(table, relation.whole, relation.parts)
    named = {relation.whole.name for relation in certain} | {whole for whole, _ in table.sums}
    nested = {}
    for group in table.groups:
        children = [g for g in table.groups if g is not group and _begins(g.name, group.name)]
        direct = [g for g in children if not any(_begins(g.name, c.name) for c in children if c is not g)]
        if len(direct) > 1 and group.n and sum(g.n or 0 for g in direct) == group.n and group.name not in named:
            certain.append(Relation(group, tuple(direct)))
        if len(direct) > 1 and sum(g.n or 0 for g in direct) == group.n:
            nested |= dict.fromkeys((g.name for g in children), group.name)
    either = []
    wholes = [g for g in table.groups if g.whole or g.name in table.wholes]
    others = [g for g in table.groups if g not in wholes and g.name not in nested]
    for whole in wholes:
        if whole.name in named:
            continue
        if not whole.n or not all(g.n for g in others) or len(others) < 2:
            notes += _notes(table, whole, others) if len(others) > 1 else []
            continue
        tilings = _tilings(others, whole.n) or _subsets(others, whole.n)
        if not tilings:
            notes += _notes(table, whole, others)
        elif len(tilings) == 1:
            certain += [Relation(whole, block) for block in tilings[0]]
        else:
            either.append(tuple(tuple(Relation(whole, block) for block in tiling) for tiling in tilings))
    compared = [r.parts for r in certain if r.whole in wholes or r.whole.name in named]
    compared += [r.parts for tilings in either for tiling in tilings for r in tiling]
    compared = list(dict.fromkeys(compared)) or [tuple(others)]
    notes += _unnamed(table, wholes, certain)
    return Structure(tuple(certain), tuple(either), tuple(parts for parts in compared if len(parts) > 1), tuple(notes))


def _begins(name: str, with_: str) -> bool:
    return name.casefold().startswith(with_.casefold()) and name[len(with_) : len(with_) + 1] in tuple(" _:,;/-")


def _notes(table: Table, whole: Group, parts: Sequence[Group]) -> list[dict]:
    """That a column's number of cases is not that of its parts: a note, or where they are near it a condition."""
    names, at = listed([part.name for part in parts]), ("", whole.heading, table.grid.address(-1, whole.place), "")
    unknown = [part.name for part in (*parts, whole) if not part.n]
    total = sum(part.n or 0 for part in parts)
    if unknown:
        said = f"the number of cases of {listed(unknown)} is not printed"
    else:
        said = f"{' + '.join(str(part.n) for part in parts)} = {total} is not the {whole.n} of {whole.name}"
    said += f", so no sum, mean or SD of {names} is held against it"
    gap = total - (whole.n or 0)
    if unknown or abs(gap) > NEAR * whole.n:
        return [finding("groups", [at], str(total), UNCHECKED, said, printed=str(whole.n or whole.heading))]
    cases = f"{abs(gap)} case{'s' * (abs(gap) > 1)}"
    under = f"{cases} in {'more than one' if gap > 0 else 'none'} of these columns"
    places = [("", part.heading, table.grid.address(-1, part.place), str(part.n)) for part in (*parts, whole)]
    rows = [finding("groups", places, str(total), UNDER, f"{said}; it holds only under {under}", under, str(whole.n))]
    for place, part in zip(places, (*parts, whole), strict=True):
        wanted = part.n - gap if part is not whole else total
        if str(wanted) in exchanged(str(part.n)):
            hint = f"with two neighbouring digits exchanged, {wanted} for {part.n}, the columns would add up"
            rows.append(finding("digits exchanged", [place], str(wanted), HINT, hint))
    return rows


def _unnamed(table: Table, wholes: list[Group], certain: list[Relation]) -> list[dict]:
    """A column that has as many cases as all others together, but no name that says so."""
    if wholes or certain or len(table.groups) < 3 or not all(g.n for g in table.groups):
        return []
    largest = max(table.groups, key=lambda g: g.n)
    if sum(g.n for g in table.groups if g is not largest) != largest.n:
        return []
    at = ("", largest.heading, table.grid.address(-1, largest.place), largest.heading)
    return [
        finding(
            "groups",
            [at],
            str(largest.n),
            UNCHECKED,
            f"{largest.name} has as many cases as the other columns together; if it is their total, say so "
            f"with --whole {largest.name!r}, and sums are checked",
        )
    ]


def _tilings(groups: Sequence[Group], n: int) -> list[tuple[tuple[Group, ...], ...]]:
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


def _subsets(groups: Sequence[Group], n: int) -> list[tuple[tuple[Group, ...], ...]]:
    """Columns that are not neighbours but have n cases together, where there is only one such set."""
    if len(groups) > 12:
        return []
    found = [
        some for size in range(2, len(groups) + 1) for some in combinations(groups, size) if sum(g.n for g in some) == n
    ]
    return [(found[0],)] if len(found) == 1 else []


def sum_checks(table: Table, found: Structure) -> list[dict]:
    """Sums of counts, pooled means and SDs over the columns that make up a whole; sums of rows as the caller says."""
    rows = []
    for row in table.rows:
        for relation in found.certain:
            rows += _of_row(row, relation)
        for tilings in found.either:
            tried = [[check for relation in tiling for check in _of_row(row, relation)] for tiling in tilings]
            best = min(tried, key=lambda checks: sum(check["verdict"] == CANNOT for check in checks))
            rows += best
    for whole, parts in table.row_sums:
        rows += _of_rows(table, whole, parts)
    return rows


def _of_row(row, relation: Relation) -> list[dict]:
    whole, parts = row.entries.get(relation.whole.name), [row.entries.get(part.name) for part in relation.parts]
    if whole is None:
        return []
    if row.kind.form in SHARES:
        return _counts(whole, parts, relation)
    if row.kind.form.startswith("mean") and None not in parts:
        return _pooled(row, whole, parts)
    return []


def _counts(whole: Entry, parts: list[Entry | None], relation: Relation) -> list[dict]:
    ranges, total = [count_range(part) for part in parts], count_range(whole)
    if total is None or all(ends is None for ends in ranges):
        return []
    known = [(part, ends) for part, ends in zip(parts, ranges, strict=True) if ends is not None]
    low, high = (sum(ends[i] for _, ends in known) for i in (0, 1))
    rest = sum(part.n or 0 for part, ends in zip(relation.parts, ranges, strict=True) if ends is None)
    entries = [part for part, _ in known]
    for entry in [*entries, whole]:
        entry.checked = True
    holds = low <= total[1] and total[0] <= high + rest
    said = " + ".join(f"{part.group.name} {span(*ends)}" for part, ends in known) + f" = {span(low, high)}"
    said += f", and {whole.group.name} is printed as {span(*total)}"
    if rest:
        missing = [part.name for part, ends in zip(relation.parts, ranges, strict=True) if ends is None]
        said += f"; {' and '.join(missing)}, of {rest}, {'has' if len(missing) == 1 else 'have'} no count"
    made = span(low, high + rest)
    under = "" if holds or not _cut_sum([*entries, whole], rest) else "decimals cut off"
    verdict = HOLDS if holds else UNDER if under else CANNOT
    said += f"; it holds only under {under}" if under else ""
    rows = [finding("sum", [*entries, whole], made, verdict, said, under, whole.cell.text)]
    if verdict == CANNOT and not rest and low == high and total[0] == total[1] and whole.count is not None:
        rows += mended([e for e in entries if e.count is not None], low - total[0]) + mended([whole], total[0] - low)
    return rows


def _cut_sum(entries: list[Entry], rest: int) -> bool:
    """Whether a sum holds where the decimals of percentages without a count were cut off."""
    ranges = []
    for entry in entries:
        bare = entry.count is None and entry.percent is not None and entry.n
        made = counts_of_share(entry.n, entry.percent, cut=True) if bare else count_range(entry)
        if not made:
            return False
        ranges.append((made[0], made[-1]))
    *parts, (least, most) = ranges
    return sum(low for low, _ in parts) <= most and least <= sum(high for _, high in parts) + rest


def _of_rows(table: Table, whole: str, parts: Sequence[str]) -> list[dict]:
    rows, at = [], {row.variable: row for row in table.rows}
    for name, entry in at[whole].entries.items():
        mine = [at[part].entries.get(name) for part in parts]
        ranges, total = [count_range(part) for part in mine], count_range(entry)
        if total is None or None in ranges:
            entry.reasons.append("not every row of its sum has a count")
            continue
        low, high = (sum(ends[i] for ends in ranges) for i in (0, 1))
        for each in [*mine, entry]:
            each.checked = True
        said = " + ".join(f"{part} {span(*ends)}" for part, ends in zip(parts, ranges, strict=True))
        verdict = HOLDS if low <= total[1] and total[0] <= high else CANNOT
        rows.append(
            finding(
                "sum",
                [*mine, entry],
                span(low, high),
                verdict,
                f"{said} = {span(low, high)}, and {whole} is printed as {span(*total)}",
                printed=entry.cell.text,
            )
        )
    return rows


def _pooled(row, whole: Entry, parts: list[Entry]) -> list[dict]:
    """Mean and SD of the whole from those of its parts; where that fails, of fewer cases in some."""
    every = [*parts, whole]
    if any(entry.n is None or not entry.cell.numbers for entry in every):
        whole.reasons.append("no number of cases for every column of its sum")
        return []
    rows, sizes, means = [], [entry.n for entry in parts], [entry.cell.numbers[0] for entry in every]
    rows.append(_one_pooled("pooled mean", every, means, sizes, pooled_mean))
    if rows[-1]["verdict"] == CANNOT:
        rows += _mended_mean(every, means, sizes)
    spreads = [entry.cell.numbers[1] for entry in every if len(entry.cell.numbers) > 1]
    if row.kind.form == "mean sd" and len(spreads) == len(every) and all(s.value >= 0 for s in spreads):

        def of(ends, n):
            return pooled_sd([m.ends for m in means[:-1]], ends, n)

        rows.append(_one_pooled("pooled SD", every, spreads, sizes, of))
        if rows[-1]["verdict"] == CANNOT:
            rows += _mended_spread(every, spreads, sizes, of)
    return rows


def _one_pooled(check: str, every: list[Entry], printed, sizes, made_of) -> dict:
    whole, parts = printed[-1], printed[:-1]
    low, high = made_of([p.ends for p in parts], sizes)
    for entry in every:
        entry.checked = True
    digits = whole.decimals + 1
    said = " and ".join(f"{e.group.name} {p.text} (n = {n})" for e, p, n in zip(every, parts, sizes, strict=False))
    said += f" pool to {span(low, high, digits)}; {every[-1].group.name} is printed as {whole.text}"
    verdict, under = HOLDS, ""
    if not meets((low, high), whole.ends):
        verdict = CANNOT
        cut = made_of([p.cut for p in parts], sizes)
        least = [max(int(n - n * FEWER), 1) for n in sizes]
        fewer = [
            made_of([p.ends for p in parts], [least[j] if j == i else n for j, n in enumerate(sizes)])
            for i in range(len(sizes))
            if not every[i].own
        ]
        if meets(cut, whole.cut):
            verdict, under = UNDER, "decimals cut off"
        elif fewer and meets(
            (min(f[0] for f in fewer + [(low, high)]), max(f[1] for f in fewer + [(low, high)])), whole.ends
        ):
            verdict, under = UNDER, "fewer cases in some columns, up to a fifth"
        said += f"; it holds only under {under}" if under else ""
    return finding(check, every, span(low, high, digits), verdict, said, under, printed=whole.text)


def _mended_mean(every: list[Entry], means, sizes) -> list[dict]:
    """Hints for a pooled mean: two columns exchanged, or digits exchanged in one mean."""
    rows = []
    for i, j in combinations(range(len(means) - 1), 2):
        swapped = [*means]
        swapped[i], swapped[j] = means[j], means[i]
        if sizes[i] != sizes[j] and meets(pooled_mean([m.ends for m in swapped[:-1]], sizes), means[-1].ends):
            rows.append(
                finding(
                    "columns exchanged",
                    [every[i], every[j]],
                    means[-1].text,
                    HINT,
                    f"with {every[i].group.name} and {every[j].group.name} exchanged, the means would pool",
                    printed=means[-1].text,
                )
            )
    rows += _digits_exchanged(every, means, "the means pool", lambda ends: pooled_mean(ends, sizes))
    return rows


def _digits_exchanged(every: list[Entry], numbers, fits: str, made_of: Callable) -> list[dict]:
    """Hints that one number of a row has two neighbouring digits exchanged: then the last is made of the others."""
    rows = []
    for place, typed in enumerate(numbers):
        for other in map(number, exchanged(typed.text)):
            tried = [other if i == place else each for i, each in enumerate(numbers)]
            if meets(made_of([each.ends for each in tried[:-1]]), tried[-1].ends):
                said = f"with two neighbouring digits exchanged, {other.text} for {typed.text}, {fits}"
                rows.append(finding("digits exchanged", [every[place]], other.text, HINT, said, printed=typed.text))
    return rows


def _mended_spread(every: list[Entry], spreads, sizes, made_of) -> list[dict]:
    """Hints for a pooled SD: digits exchanged in one, or standard errors printed as SDs."""
    whole = spreads[-1]
    rows = _digits_exchanged(every, spreads, "the SDs would pool", lambda ends: made_of(ends, sizes))
    scaled = [tuple(end * n**0.5 for end in s.ends) for s, n in zip(spreads, [*sizes, sum(sizes)], strict=True)]
    if meets(made_of(scaled[:-1], sizes), scaled[-1]):
        rows.append(
            finding(
                "SE for SD",
                every,
                "standard errors",
                HINT,
                "taken as standard errors, the SDs would pool",
                printed=whole.text,
            )
        )
    return rows
