"""Columns that make up others: which they are, by their names and numbers of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from keepsafe.audit.findings import UNCHECKED, finding
from keepsafe.audit.layout import Group, Table


@dataclass(frozen=True)
class Relation:
    """Columns `parts` that together are `whole`."""

    whole: Group
    parts: tuple[Group, ...]


@dataclass(frozen=True)
class Structure:
    """How columns relate: `certain` relations, `either` of which only one set need hold, groups to compare, notes."""

    certain: tuple[Relation, ...]
    either: tuple[tuple[Relation, ...], ...]
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
            notes.append(_note(table, relation.whole, relation.parts, total))
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
            if len(others) > 1:
                notes.append(_note(table, whole, others, sum(g.n or 0 for g in others)))
            continue
        tilings = _tilings(others, whole.n) or _subsets(others, whole.n)
        if not tilings:
            notes.append(_note(table, whole, others, sum(g.n for g in others)))
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


def _note(table: Table, whole: Group, parts: Sequence[Group], total: int) -> dict:
    sizes = " + ".join(str(part.n or "?") for part in parts)
    said = (
        f"{sizes} = {total} is not the {whole.n or 'unknown number'} of {whole.name}"
        if all(p.n for p in parts)
        else (f"the number of cases of {', '.join(p.name for p in parts if not p.n)} is not printed")
    )
    at = ("", whole.heading, table.grid.address(-1, whole.place))
    return finding(
        "groups",
        [at],
        whole.heading,
        f"{total}",
        UNCHECKED,
        f"{said}, so no sum, mean or SD of {' and '.join(p.name for p in parts)} is held against it",
    )


def _unnamed(table: Table, wholes: list[Group], certain: list[Relation]) -> list[dict]:
    """A column that has as many cases as all others together, but no name that says so."""
    if wholes or certain or len(table.groups) < 3 or not all(g.n for g in table.groups):
        return []
    largest = max(table.groups, key=lambda g: g.n)
    if sum(g.n for g in table.groups if g is not largest) != largest.n:
        return []
    at = ("", largest.heading, table.grid.address(-1, largest.place))
    return [finding("groups", [at], largest.heading, str(largest.n), UNCHECKED,
                    f"{largest.name} has as many cases as the other columns together; if it is their total, say so "
                    f"with --whole {largest.name!r}, and sums are checked")]  # fmt: skip


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
