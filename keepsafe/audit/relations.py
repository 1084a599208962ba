"""Linear relations between printed counts, and whether they hold: groups, levels, unions, items, parts, strata."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.audit.arithmetic import span
from keepsafe.audit.figures import Rules
from keepsafe.audit.findings import CANNOT, HOLDS, checks, joined, words
from keepsafe.study.published import as_printed

PLACE = ["document", "group", "stratum"]
SPREAD = {  # what differs between the cells of a relation, and so names them in its explanation
    "groups": "group",
    "part of a group": "group",
    "levels": "level",
    "union of levels": "level",
    "items": "column",
    "part": "column",
    "group defined": "column",
    "strata": "stratum",
}


@dataclass(frozen=True)
class Relations:
    """`terms`: relation, cell (row of `cells`), sign; `table`: kind, low, high, one row a relation."""

    terms: pd.DataFrame
    table: pd.DataFrame


def relations(cells: pd.DataFrame, rules: Rules) -> Relations:
    """All relations that the rules give between cells that were printed."""
    build = _Builder(cells)
    for split in dict.fromkeys(map(tuple, rules.splits.values())):
        _groups(build, rules.whole, split)
    _levels(build, rules)
    _unions(build)
    _items(build, rules)
    _memberships(build, rules)
    _strata(build)
    return build.done()


class _Builder:
    def __init__(self, cells: pd.DataFrame):
        self.cells = cells.assign(cell=np.arange(len(cells)))
        self.terms, self.tables, self.next = [], [], 0

    def add(self, kind: str, rows: pd.DataFrame, signs: dict[str, int], low=0.0, high=0.0) -> None:
        """One relation a row of `rows`, whose columns named in `signs` hold cells."""
        if rows.empty:
            return
        number = self.next + np.arange(len(rows))
        for column, sign in signs.items():
            self.terms.append(pd.DataFrame({"relation": number, "cell": rows[column].to_numpy(), "sign": sign}))
        self.tables.append(
            pd.DataFrame(
                {"kind": kind, "low": np.broadcast_to(low, len(rows)), "high": np.broadcast_to(high, len(rows))}
            )
        )
        self.next += len(rows)

    def add_long(self, kind: str, rows: pd.DataFrame, key: pd.Series, low, high) -> None:
        """One relation a value of `key`; `rows` has cell and sign; low and high are by key."""
        number = self.next + key.to_numpy()
        self.terms.append(
            pd.DataFrame({"relation": number, "cell": rows["cell"].to_numpy(), "sign": rows["sign"].to_numpy()})
        )
        self.tables.append(pd.DataFrame({"kind": kind, "low": np.asarray(low, float), "high": np.asarray(high, float)}))
        self.next += len(self.tables[-1])

    def done(self) -> Relations:
        if not self.terms:
            return Relations(
                pd.DataFrame(columns=["relation", "cell", "sign"], dtype=int),
                pd.DataFrame(columns=["kind", "low", "high"]),
            )
        terms = pd.concat(self.terms).sort_values(["relation", "sign"], ascending=[True, False], kind="stable")
        return Relations(terms.reset_index(drop=True), pd.concat(self.tables, ignore_index=True))


def _groups(build: _Builder, whole: str, split: tuple[str, ...]) -> None:
    """Two groups add up to the whole; where one is not printed, the other is no more than the whole."""
    key, cells = ["document", "column", "level", "stratum"], build.cells
    part = [cells[cells["group"] == name].set_index(key)[["cell", "n_low", "known"]] for name in (*split, whole)]
    rows = part[0].join(part[1].add_suffix("_b"), how="outer").join(part[2].add_suffix("_t"), how="inner").reset_index()
    full = rows.dropna(subset=["cell", "cell_b"])
    build.add("groups", full.astype({"cell": int, "cell_b": int}), {"cell": 1, "cell_b": 1, "cell_t": -1})
    for mine, other in (("", "_b"), ("_b", "")):
        lone = rows[rows[f"cell{mine}"].notna() & rows[f"cell{other}"].isna()].astype({f"cell{mine}": int})
        same_unit = lone[f"known{mine}"].eq(True) & lone["known_t"]
        rest = (lone["n_low_t"] - lone[f"n_low{mine}"]).where(same_unit, np.inf)
        build.add("part of a group", lone, {f"cell{mine}": 1, "cell_t": -1}, -rest.to_numpy(), 0.0)


def _levels(build: _Builder, rules: Rules) -> None:
    """Exclusive levels add up to the group, or to no more where a level is not printed."""
    cells = build.cells
    plain = cells[cells["level"].ne("") & ~cells["level"].str.contains("|", regex=False)]
    plain = plain[plain["column"].isin(rules.levels)]
    by = [plain[name] for name in ("document", "column", "group", "stratum")]
    printed = plain.groupby(by, sort=False)["level"].transform("size")
    expected = plain["column"].map({name: len(levels) for name, levels in rules.levels.items()})
    rows = plain.assign(sign=1, complete=printed == expected)[(printed > 1) & plain["n_low"].notna()]
    if rows.empty:
        return
    grouped = rows.groupby(["document", "column", "group", "stratum"], sort=False)
    first = grouped[["n_low", "n_high", "complete"]].first()
    low = np.where(first["complete"], first["n_low"], 0)
    build.add_long("levels", rows, grouped.ngroup(), low, first["n_high"])


def _unions(build: _Builder) -> None:
    """Levels joined by '|' are as many as their parts, or at least as many as the parts that are printed."""
    cells = build.cells
    union = cells[cells["level"].str.contains("|", regex=False)]
    if union.empty:
        return
    parts = union.assign(level=union["level"].str.split("|"), parts=union["level"].str.count(r"\|") + 1)
    parts = parts.explode("level").rename(columns={"cell": "union"})
    key = ["document", "column", "level", "group", "stratum"]
    found = parts[[*key, "union", "parts"]].merge(cells[[*key, "cell"]], on=key)
    if found.empty:
        return
    grouped = found.groupby("union", sort=False)
    complete = grouped.size().eq(grouped["parts"].first())
    order = pd.Series(np.arange(len(complete)), complete.index)
    rows = pd.concat(
        [
            found[["cell"]].assign(sign=1, key=found["union"].map(order)),
            pd.DataFrame({"cell": complete.index, "sign": -1, "key": order.to_numpy()}),
        ]
    )
    build.add_long("union of levels", rows, rows["key"], np.where(complete, 0.0, -np.inf), np.zeros(len(complete)))


def _items(build: _Builder, rules: Rules) -> None:
    """Unions and intersections of 0/1 columns: any + both = a + b; each part is no more than its whole."""
    made = {**rules.any_of, **rules.all_of}
    cells = build.cells[build.cells["level"].isin(["1", ""])]
    named = cells[cells["column"].isin([*made, *(part for parts in made.values() for part in parts)])]
    by_column = {name: rows.set_index(PLACE)["cell"] for name, rows in named.groupby("column", sort=False)}

    def joined(*columns: str) -> pd.DataFrame:
        found = [by_column[c].rename(str(i)) for i, c in enumerate(columns) if c in by_column]
        rows = pd.concat([series[~series.index.duplicated()] for series in found], axis=1, join="inner")
        return rows if len(found) == len(columns) else rows.iloc[:0]

    both = {frozenset(parts): name for name, parts in rules.all_of.items() if name in by_column}
    within = dict.fromkeys(rules.within.items())
    for name, parts in rules.any_of.items():
        if name not in by_column:
            continue
        pair = both.get(frozenset(parts)) if len(parts) == 2 else None
        if pair and all(part in by_column for part in parts):
            build.add("items", joined(*parts, name, pair), {"0": 1, "1": 1, "2": -1, "3": -1})
        elif all(part in by_column for part in parts):
            signs = {str(i): 1 for i in range(len(parts))} | {str(len(parts)): -1}
            build.add("items", joined(*parts, name), signs, 0.0, np.inf)
        within |= dict.fromkeys((part, name) for part in parts)
    for name, parts in rules.all_of.items():
        within |= dict.fromkeys((name, part) for part in parts)
    pairs = pd.DataFrame(list(within), columns=["part", "whole"])
    here = cells[["column", "cell", *PLACE]]
    rows = pairs.merge(here, left_on="part", right_on="column").merge(
        here, left_on=["whole", *PLACE], right_on=["column", *PLACE], suffixes=("", "_w")
    )
    build.add("part", rows, {"cell": 1, "cell_w": -1}, -np.inf, 0.0)


def _memberships(build: _Builder, rules: Rules) -> None:
    """Levels that define a group are, in the whole, as many as the group's persons."""
    cells = build.cells[build.cells["stratum"] == ""]
    persons = cells[cells["column"] == rules.person]
    for name, (column, levels) in rules.members.items():
        size = persons[persons["group"] == name.rstrip("*")].set_index("document")["cell"].rename("size")
        here = cells[(cells["column"] == column) & (cells["group"] == rules.whole)]
        found = [here[here["level"] == level].set_index("document")["cell"].rename(level) for level in levels]
        rows = pd.concat([size, *found], axis=1, join="inner")
        build.add("group defined", rows, {**dict.fromkeys(levels, 1), "size": -1})


def _strata(build: _Builder) -> None:
    """A count in a stratum is part of the count in its group, and the rest fits into the other strata."""
    key, cells = ["document", "column", "level", "group"], build.cells
    inside = cells[cells["stratum"] != ""]
    rows = inside.merge(cells[cells["stratum"] == ""][[*key, "cell", "n_low"]], on=key, suffixes=("", "_t"))
    rest = (rows["n_low_t"] - rows["n_high"]).fillna(np.inf)
    build.add("strata", rows, {"cell": 1, "cell_t": -1}, -rest.to_numpy(), 0.0)


def sums(cells: pd.DataFrame, found: Relations) -> pd.DataFrame:
    """The lowest and highest value of each relation's sum, and whether it can be what it has to be."""
    terms, table = found.terms, found.table
    low, high = cells["low"].to_numpy(float), cells["high"].to_numpy(float)
    cell, sign = terms["cell"].to_numpy(int), terms["sign"].to_numpy(float)
    least = np.where(sign > 0, low[cell], -high[cell])
    most = np.where(sign > 0, high[cell], -low[cell])
    size, relation = len(table), terms["relation"].to_numpy(int)
    least, most = (np.bincount(relation, ends, size) for ends in (least, most))
    holds = (least <= table["high"].to_numpy(float)) & (most >= table["low"].to_numpy(float))
    return table.assign(least=least, most=most, holds=holds)


def count_checks(cells: pd.DataFrame, found: Relations) -> pd.DataFrame:
    """One check a relation, with its arithmetic in words."""
    if found.table.empty:
        return checks([])
    table, terms = sums(cells, found), found.terms
    here = cells.iloc[terms["cell"].to_numpy(int)].reset_index(drop=True)
    by, left = terms["relation"], terms["sign"].to_numpy() > 0
    kind = table["kind"].to_numpy()[by.to_numpy(int)]
    name = np.select([kind == one for one in SPREAD], [here[column] for column in SPREAD.values()], "")
    name = pd.Series([words(one) or "all" for one in name], here.index)
    ends = zip(here["low"], here["high"], strict=True)
    shown = name + " " + pd.Series([span(*pair) for pair in ends], here.index)
    first = here.groupby(by).first()
    parts = pd.DataFrame(
        {
            "kind": table["kind"],
            "holds": table["holds"],
            "least": table["low"],
            "most": table["high"],
            "left": joined(shown[left], by[left], " + "),
            "right": joined(shown[~left], by[~left], " + "),
            "low": here["low"][left].groupby(by[left]).sum(),
            "high": here["high"][left].groupby(by[left]).sum(),
            "right_low": here["low"][~left].groupby(by[~left]).sum(),
            "right_high": here["high"][~left].groupby(by[~left]).sum(),
            "n": here["n_low"].groupby(by).last(),
            "decimals": here["decimals"].groupby(by).last(),
            "where": _where(first, table["kind"]),
            "percent": here["number"].where(here["statistic"] == "percent").groupby(by).sum(min_count=2),
        }
    )
    said = pd.DataFrame([_said(r) for r in parts.itertuples()], columns=["expected", "explanation"])
    unit = np.where(here["statistic"] == "percent", "%", "")
    return checks(
        said.assign(
            document=first["document"],
            check=table["kind"],
            variable=first["column"],
            phase=first["phase"],
            statistic="count",
            figures=joined(here["id"], by),
            printed=joined(name + " " + here["text"] + unit, by, "; "),
            verdict=np.where(table["holds"], HOLDS, CANNOT),
            explanation=np.where(parts["where"] == "", "", parts["where"] + ": ") + said["explanation"],
        )
    )


def _where(first: pd.DataFrame, kind: pd.Series) -> list[str]:
    """What the cells of a relation have in common: the level, and the group with its stratum."""
    level = first["level"].where(~kind.isin(["levels", "union of levels"]), "")
    whole = kind.isin(["groups", "part of a group", "strata"])
    group, stratum = first["group"].where(~whole, ""), first["stratum"].where(kind != "strata", "")
    return [words(*three) for three in zip(level, group, stratum, strict=True)]


def _said(r) -> tuple[str, str]:
    """What was expected and the sentence, for one relation."""
    total = span(r.low, r.high)
    left = f"{r.left} = {total}" if " + " in r.left else r.left
    if r.kind == "levels" and r.least == 0:
        return f"at most {r.n:.0f}", f"{left}, {'within' if r.holds else 'more than'} the group's {r.n:.0f}"
    if r.kind == "levels":
        gap = f", a difference of {abs(r.n - r.low):.0f}" if r.low == r.high else ""
        whole = "the whole group" if r.holds else f"not the whole group, which has {r.n:.0f}{gap}"
        shares = "" if r.holds or np.isnan(r.percent) else f"; the printed percentages make {r.percent:.1f}"
        return f"{r.n:.0f}", f"{left}, {whole}{shares}"
    if r.least == r.most == 0:
        right = f"{r.right} = {span(r.right_low, r.right_high)}" if " + " in r.right else r.right
        said = f"{left}; {right}: the same" if r.holds else f"{left}, but {right}"
        if not r.holds and r.low == r.high <= r.n and right == r.right:
            would = as_printed(int(r.low), int(r.n), int(r.decimals))
            said += f"; {total} of {r.n:.0f} would print as {would:.{int(r.decimals)}f}%"
        return total, said
    if np.isinf(r.most):
        return f"at most {total}", f"{r.right} {'is' if r.holds else 'is not'} within {left}"
    within = r.low <= r.right_high
    said = f"{left} {'is' if within else 'is not'} within {r.right}"
    if within and not np.isinf(r.least):
        rest = span(max(r.right_low - r.high, 0), r.right_high - r.low)
        said += f", whose other {rest} {'fit' if r.holds else 'do not fit'} among {-r.least:.0f}"
    return f"at most {r.right}", said
