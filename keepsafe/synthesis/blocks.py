"""Which columns are drawn together, because a rule or a derived variable ties them, and for whom."""

import math
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product

import numpy as np
import pandas as pd

from keepsafe.files.cleaning import with_derived
from keepsafe.study.definition import Study


@dataclass(frozen=True)
class Block:
    """Columns that are drawn together.

    `levels` has a row for each possible combination (columns and derived variables, as text); `share` says
    how common each is in the groups of `share_by`; `base` names the columns that have to be 1, the others
    getting `elsewhere`.
    """

    columns: tuple[str, ...]
    levels: pd.DataFrame
    share: dict[str, np.ndarray]
    base: tuple[str, ...]
    elsewhere: str


def blocks(study: Study, done: set[str]) -> list[Block]:
    """The blocks of all coded variables that are not `done` elsewhere, in an order in which bases come
    first."""
    settings = study.settings.get("synthesis", {})
    names = [v.name for v in study.codebook if v.coded and v.name not in done]
    made = [_block(tuple(part), study, settings) for part in _tied(names, study, settings)]
    ordered, ready = [], set(done)
    while made:
        free = [block for block in made if all(set(sources(name, study)) <= ready for name in block.base)]
        if not free:
            raise ValueError("the bases of the blocks run in a circle")
        ordered += free
        ready |= {name for block in free for name in block.columns}
        made = [block for block in made if block not in free]
    return ordered


def sources(name: str, study: Study) -> tuple[str, ...]:
    """The columns that a name rests on: of a derived variable its sources, of an indicator its category."""
    name = name.partition("=")[0]
    return study.derived[name].sources if name in study.derived else (name,)


def combinations(columns: tuple[str, ...], study: Study) -> pd.DataFrame:
    """Every combination of levels that the rules allow, with the derived variables that rest on these
    columns."""
    settings = study.settings.get("synthesis", {})
    codes = [list(study.codebook[name].levels) for name in columns]
    table = pd.DataFrame(list(product(*codes)), columns=list(columns), dtype="str")
    for narrow, wide in study.rules.within.items():
        if narrow in columns and wide in columns:
            table = table[~((table[narrow] == "1") & (table[wide] == "0"))]
    for several, parts in settings.get("several", {}).items():
        if several in columns:
            ones = (table[parts] == "1").sum(axis=1)
            table = table[(ones > 0) & ~((ones > 1) & (table[several] == "0"))]
    known = {name: rule for name, rule in study.derived.items() if set(rule.sources) <= set(columns)}
    numbers = table.apply(lambda c: pd.to_numeric(c).astype("Int64") if study.codebook[c.name].type == "binary" else c)
    full = with_derived(numbers, replace(study, derived=known))
    return full.astype("str").reset_index(drop=True)


def _block(columns: tuple[str, ...], study: Study, settings: dict) -> Block:
    levels = combinations(columns, study)
    bases = {study.rules.only_where.get(name, ()) for name in columns}
    if len(bases) != 1:
        raise ValueError(f"{', '.join(columns)} are tied but asked of different persons")
    missing = study.codebook[columns[0]].missing
    groups = {group for name in columns for group in _shares(name, settings)} or {""}
    share = {group: _share(levels, columns, group, study, settings) for group in sorted(groups)}
    return Block(columns, levels, share, bases.pop(), "-8" if "-8" in missing else "0")


def _shares(name: str, settings: dict) -> dict[str, object]:
    """Illustrative shares by group; '' stands for everybody."""
    for pattern, share in settings.get("shares", {}).items():
        if fnmatchcase(name, pattern):
            grouped = isinstance(share, dict) and any(isinstance(part, dict) for part in share.values())
            return share if grouped else {"": share}
    return {}


def _share(levels: pd.DataFrame, columns: tuple[str, ...], group: str, study: Study, settings: dict) -> np.ndarray:
    share = np.ones(len(levels))
    for name in columns:
        found = _shares(name, settings)
        given = found.get(group, found.get("", {}))
        codes = list(study.codebook[name].levels)
        if not isinstance(given, dict):
            given = {"1": given}
        rest = max(1 - math.fsum(given.values()), 0.02) / max(len(codes) - len(given), 1)
        share *= levels[name].map({code: given.get(code, rest) for code in codes}).to_numpy(float)
    return np.maximum(share, 1e-6)


def _tied(names: list[str], study: Study, settings: dict) -> list[list[str]]:
    """Names in groups: those that a derived variable joins, or a rule."""
    leader = {name: name for name in names}

    def lead(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    ties = [rule.sources for rule in study.derived.values()]
    ties += study.rules.within.items()
    ties += [(several, *parts) for several, parts in settings.get("several", {}).items()]
    for tie in ties:
        inside = [name for name in tie if name in leader]
        for name in inside[1:]:
            leader[lead(name)] = lead(inside[0])
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(lead(name), []).append(name)
    return list(groups.values())
