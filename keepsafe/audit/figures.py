"""A report's figures as numbers: whom each is about, which are parts of which, and the counts that each can stand for.

Longer than 300 lines: a count is known only by the rules that make its groups.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import possible_counts, possible_values

Parts = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Rules:
    """What must hold between a document's figures; columns are variables with their phase (lived_care_p1).

    `splits` are pairs of groups that make up `whole`, by contrast; `members` says which levels of which
    column make a group; `levels` are all the exclusive levels of a column; `any_of`, `all_of`, `sums` map a
    column to the columns it is made of; `within` maps a part to its whole; `denominators` map a unit to the
    column whose cases are counted; `strata` map a contrast to the column whose levels are strata; `unknown`
    are levels that mean not known.
    """

    whole: str = "total"
    person: str | None = None
    splits: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    members: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    levels: Parts = field(default_factory=dict)
    whole_numbers: frozenset[str] = frozenset()
    any_of: Parts = field(default_factory=dict)
    all_of: Parts = field(default_factory=dict)
    sums: Parts = field(default_factory=dict)
    within: Mapping[str, str] = field(default_factory=dict)
    denominators: Mapping[str, str] = field(default_factory=dict)
    strata: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset({"unknown", "unclear", "not known", "not recorded", "missing"})
    codebook: Codebook | None = None
    study: Study | None = None

    def column(self, variable: str, phase: str) -> str:
        """The column of a variable in a phase."""
        meaning = self.study or self.codebook
        if meaning is not None and _known(variable, self.codebook, self.study):
            return meaning.column(variable, phase)
        return f"{variable}_p{phase}" if phase else variable

    def denominator(self, unit: str) -> str | None:
        """The column whose cases a unit names."""
        for pattern, column in self.denominators.items():
            head, star, tail = pattern.partition("*")
            if unit == pattern:
                return column
            if star and unit.startswith(head) and unit.endswith(tail):
                return column.replace("*", unit[len(head) : len(unit) - len(tail)])
        return None


def rules_of(figures: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None) -> Rules:
    """The rules of a document."""
    if study is None and codebook is None:
        study = _own(set(figures["variable"]))
    if study is not None:
        return _stated(study)
    inferred = _inferred(figures)
    return inferred if codebook is None else replace(inferred, codebook=codebook, **_of_codebook(codebook))


def _own(variables: set[str]) -> Study | None:
    """The compendium's study file, where there is one and it names at least half of the variables."""
    try:
        study = load_study()
    except InputError:
        return None
    known = sum(_known(variable, study.codebook, study) for variable in variables)
    return study if 2 * known >= len(variables) else None


def _known(variable: str, codebook: Codebook, study: Study | None = None) -> bool:
    names = (variable, *(f"{variable}_p{phase}" for phase in (1, 2)))
    return any(name in codebook or (study is not None and name in study.derived) for name in names)


def _of_codebook(codebook: Codebook) -> dict:
    """What a codebook alone says: exclusive levels, and which variables are whole numbers."""
    return {
        "levels": {v.name: tuple(v.levels) for v in codebook if v.coded},
        "whole_numbers": frozenset(v.name for v in codebook if v.type == "count"),
    }


def _stated(study: Study) -> Rules:
    """The rules that a study file states; the variables of its section [audit] must be the codebook's or derived."""
    said, cohort = study.settings.get("audit", {}), study.settings.get("cohort", {})
    any_of = {name: tuple(parts) for name, parts in said.get("any_of", {}).items()}
    problems = [
        Problem(f"[audit.any_of] names the variable {name!r}, which the codebook lacks", remedy="mend the study file")
        for made, parts in any_of.items()
        for name in (made, *parts)
        if name not in study.codebook and name not in study.derived
    ]
    if problems:
        raise InputError(problems)
    members = {name: (g.variable, (g.value,)) for name, g in study.groups.items() if g.variable}
    categories = cohort.get("groups_of_categories", {})
    split = {value: name for name, (column, (value,)) in members.items() if value in categories}
    by_category = {name: (cohort["category"], tuple(categories[value])) for value, name in split.items()}
    whole = next((name for name, group in study.groups.items() if group.variable is None), "total")
    derived = study.derived.items()
    return Rules(
        whole=whole,
        person=study.settings.get("study", {}).get("person"),
        splits={name: contrast.groups for name, contrast in study.contrasts.items()},
        members={**members, **{f"{name}*": made for name, made in by_category.items()}},
        **_of_codebook(study.codebook),
        any_of={**{name: d.any_of for name, d in derived if d.any_of}, **any_of},
        all_of={name: d.all_of for name, d in derived if d.all_of},
        sums=study.rules.sums,
        within=study.rules.within,
        denominators=said.get("denominators", {}),
        strata=study.strata,
        unknown=frozenset(said.get("unknown_levels", Rules.unknown)),
        codebook=study.codebook,
        study=study,
    )


def _inferred(figures: pd.DataFrame) -> Rules:
    """Rules from the figures alone: splits by their numbers, exclusive levels by their percentages."""
    sized = figures[figures["n_printed"].notna() & (figures["stratum"] == "")]
    size = sized.groupby("group", sort=False)["n_printed"].agg(lambda n: int(n.mode().iloc[0]))
    if size.empty:
        return Rules()
    whole = "total" if "total" in size else size.idxmax()
    others = [group for group in size.index if group != whole]
    pairs = [(a, b) for i, a in enumerate(others) for b in others[i + 1 :] if size[a] + size[b] == size[whole]]
    levels = figures[(figures["level"] != "") & ~figures["level"].str.contains("|", regex=False)]
    percent = levels[(levels["statistic"] == "percent") & (levels["qualifier"] == "exactly")]
    block = ["variable", "phase", "source", "group", "stratum"]
    total = percent["value"].astype(float).groupby([percent[name] for name in block]).agg(["sum", "size"])
    # a level left out of print leaves most sums well below 100
    near = (total["sum"] - 100).abs().lt(2)[total["size"] > 1].groupby(level="variable").mean()
    complete = percent[percent["variable"].isin(near.index[near > 0.5])]
    column = complete["variable"] + complete["phase"].map(lambda phase: f"_p{phase}" if phase else "")
    exclusive = complete["level"].groupby(column, sort=False).unique()
    return Rules(
        whole=whole,
        splits={" or ".join(pair): pair for pair in pairs},
        levels={name: tuple(levels) for name, levels in exclusive.items()},
    )


KEY = ["document", "column", "level", "group", "stratum"]


def prepared(figures: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Figures with their column, number of cases and possible counts."""
    f = figures.reset_index(drop=True)
    if "document" not in f:
        f = f.assign(document="")
    pairs = f[["variable", "phase"]].drop_duplicates()
    columns = {(v, p): rules.column(v, p) for v, p in pairs.itertuples(index=False)}
    text = [name for name in f if pd.api.types.is_string_dtype(f[name])]
    f = f.astype(dict.fromkeys(text, object))  # an Arrow string costs ten times a Python one to look at
    f = f.assign(
        column=[columns[pair] for pair in zip(f["variable"], f["phase"], strict=True)],
        text=f["value"].astype(str),
        number=f["value"].astype(float),
        exact=f["qualifier"] == "exactly",
        order=np.arange(len(f)),
    )
    f["n_low"] = f["n_high"] = pd.to_numeric(f["n_printed"]).astype(float)
    f = _bounded(_with_group_size(f, rules))
    return _bounded(_with_denominators(f, rules))


def _with_group_size(f: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Fill a number of cases that was not printed by that of the group, as printed elsewhere for the unit."""
    plain = f["stratum"] == ""
    by = ["document", "group", "unit"]
    printed = f[f["n_low"].notna() & plain]
    times = printed.groupby([*by, "n_low"], sort=False).size().sort_values(ascending=False, kind="stable")
    size = times.reset_index("n_low")["n_low"].groupby(level=by, sort=False).first()
    usual = f.loc[f["n_low"].notna(), "unit"].mode()
    usual = usual.iloc[0] if len(usual) else "persons"
    persons = f[(f["column"] == rules.person) & (f["statistic"] == "count")].drop_duplicates(["document", "group"])
    counted = persons.set_index(["document", "group"])["number"]
    if usual in size.index.get_level_values("unit"):
        counted = counted.combine_first(size.xs(usual, level="unit"))
    group = pd.Series(_lookup(counted, f[["document", "group"]]), f.index)
    same_unit = pd.Series(_lookup(size, f[by]), f.index)
    found = same_unit.where(plain).fillna(group.where(plain & (f["unit"] == usual)))
    return f.assign(
        n_low=f["n_low"].fillna(found), n_high=f["n_high"].fillna(found), group_size=group, usual=f["unit"] == usual
    )


def _with_denominators(f: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Fill the rest from the cells that a unit or stratum names; from 1 to the group's size if none does."""
    counted = f[f["low"].notna() & (f["stratum"] == "")].sort_values("exact", ascending=False, kind="stable")
    keys = ["document", "column", "level", "group"]
    bounds = counted.drop_duplicates(keys).set_index(keys)[["low", "high"]]
    units = {unit: rules.denominator(unit) for unit in f["unit"].unique()}
    named = f.assign(column=f["unit"].map(units))
    strata = _strata(counted, rules)
    for end in ("low", "high"):
        n = f[f"n_{end}"]
        for level in ("1", ""):
            wanted = named.assign(level=level)[keys]
            n = n.where(n.notna() | (f["stratum"] != ""), _lookup(bounds[end], wanted))
        here = f["usual"] & (f["stratum"] != "")
        n = n.where(n.notna() | ~here, _lookup(strata[end], f[["document", "group", "stratum"]]))
        f = f.assign(**{f"n_{end}": n.fillna(1.0 if end == "low" else f["group_size"])})
    return f


def _strata(counted: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """How many of each group are in each stratum, directly or as what the other level leaves."""
    rows = counted[counted["column"].isin(list(rules.strata.values())) | ~counted["level"].isin(["", "0", "1"])]
    rows = rows[rows["exact"]]
    direct = rows[["document", "group", "level", "low", "high"]].rename(columns={"level": "stratum"})
    two = {name: levels for name, levels in rules.levels.items() if len(levels) == 2}
    other = {(name, a): b for name, (x, y) in two.items() for a, b in ((x, y), (y, x))}
    left = rows.assign(stratum=[other.get(pair) for pair in zip(rows["column"], rows["level"], strict=True)])
    left = left[left["stratum"].notna()]
    left = left.assign(low=left["group_size"] - left["high"], high=left["group_size"] - left["low"])
    keys = ["document", "group", "stratum"]
    both = pd.concat([direct, left[direct.columns]]).drop_duplicates(keys)
    return both.set_index(keys)[["low", "high"]]


def _bounded(f: pd.DataFrame) -> pd.DataFrame:
    """Possible counts of each figure under the number of cases known so far."""
    known = (f["n_low"] == f["n_high"]) & (f["n_low"] > 0)
    low, high = np.full(len(f), np.nan), np.full(len(f), np.nan)
    fits = np.ones(len(f), bool)
    count = (f["statistic"] == "count").to_numpy()
    low[count] = high[count] = f["number"].to_numpy()[count]
    share = ((f["statistic"] == "percent") & f["n_high"].gt(0)).to_numpy()
    g = f[share]
    floor = np.floor(g["number"] * g["n_low"] / 100 + 1e-9)
    ceiling = np.ceil(g["number"] * g["n_high"] / 100 - 1e-9)
    n = np.maximum(g["n_high"].to_numpy(), 1)
    k_low, k_high = possible_counts(g["number"], g["decimals"], n, g["qualifier"])
    good = k_low <= k_high
    certain = known[share].to_numpy()
    low[share] = np.where(certain & good, k_low, floor)
    high[share] = np.where(certain & good, k_high, ceiling)
    fits[share] = good | ~certain
    return f.assign(known=known, low=low, high=high, fits=fits)


def _lookup(series: pd.Series, keys: pd.DataFrame) -> np.ndarray:
    """The value of each key in a series indexed by unique keys; NaN where it has none."""
    if series.empty:
        return np.full(len(keys), np.nan)
    return series.reindex(pd.MultiIndex.from_frame(keys)).to_numpy(float)


@dataclass(frozen=True)
class Count:
    """Between `low` and `high` of `n` cases; `figures` are the ids that say so."""

    low: float
    high: float
    n: float
    figures: tuple[str, ...]

    def __add__(self, other: "Count") -> "Count":
        return Count(self.low + other.low, self.high + other.high, self.n, self.figures + other.figures)

    def __sub__(self, other: "Count") -> "Count":
        return Count(
            max(self.low - other.high, 0), self.high - other.low, self.n - other.n, self.figures + other.figures
        )


@dataclass(frozen=True)
class Counts:
    """A document's figures, prepared, and the counts that they speak of, by place.

    A count is as printed, or made by adding levels, or by taking one group or stratum from the whole.
    """

    figures: pd.DataFrame
    rules: Rules

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a count that the figures speak of, taken from its most precise figure."""
        f = self.figures
        counted = f[f["statistic"].isin(["percent", "count"]) & f["low"].notna()]
        width = (counted["high"] - counted["low"]).to_numpy() + ~counted["fits"].to_numpy()
        tables = ~counted["source"].eq("text").to_numpy()
        best = np.lexsort((counted["order"], counted["statistic"] == "count", ~tables, width, ~counted["exact"]))
        return counted.iloc[best].drop_duplicates(KEY).sort_values("order", ignore_index=True)

    @cached_property
    def _means(self) -> dict[tuple, tuple]:
        m = self.figures[(self.figures["statistic"] == "mean") & self.figures["exact"]]
        ends = zip(*possible_values(m["number"], m["decimals"]), strict=True)
        return {
            (r.document, r.column, r.group, r.stratum): (*both, r.text, (r.id,))
            for r, both in zip(m.itertuples(), ends, strict=True)
        }

    @cached_property
    def _printed(self) -> dict[tuple, Count]:
        c = self.cells[self.cells["known"] & self.cells["n_low"].gt(0)]
        rows = c[[*KEY, "low", "high", "n_low", "id"]].itertuples(index=False)
        return {tuple(key): Count(low, high, n, (figure,)) for *key, low, high, n, figure in rows}

    @cached_property
    def _other(self) -> dict[str, str]:
        return {a: b for one, two in self.rules.splits.values() for a, b in ((one, two), (two, one))}

    @cached_property
    def _other_stratum(self) -> dict[str, str]:
        pairs = [self.rules.levels.get(column, ()) for column in self.rules.strata.values()]
        return {a: b for pair in pairs if len(pair) == 2 for a, b in (pair, pair[::-1])}

    def of(self, document: str, column: str, level: str, group: str, stratum: str = "") -> Count | None:
        """The count of a cell; None where the figures do not say it."""
        found = self._told(document, column, level, group, stratum)
        if found is None and "|" in level:
            parts = [self.of(document, column, part, group, stratum) for part in level.split("|")]
            found = sum(parts[1:], parts[0]) if all(parts) else None
        if found is None and group in self._other and not stratum:
            found = self._less(document, column, level, (self.rules.whole, ""), (self._other[group], ""))
        if found is None and stratum in self._other_stratum:
            found = self._less(document, column, level, (group, ""), (group, self._other_stratum[stratum]))
        return found

    def side(self, document: str, column: str, level: str, group: str, stratum: str = "") -> tuple | None:
        """A group's share of a level, or its mean: the least and most it can be, as shown, and the figures of it."""
        count = self.of(document, column, level, group, stratum) if level else None
        if count is None:
            return self._means.get((document, column, group, stratum))
        return count.low / count.n, count.high / count.n, f"{100 * count.low / count.n:.1f}%", count.figures

    def _told(self, document: str, column: str, level: str, group: str, stratum: str) -> Count | None:
        """The count as printed, or as what the other of two levels leaves."""
        found = self._printed.get((document, column, level, group, stratum))
        pair = self.rules.levels.get(column, ())
        if found is None and len(pair) == 2 and level in pair:
            other = self._printed.get((document, column, pair[level == pair[0]], group, stratum))
            found = other and Count(other.n - other.high, other.n - other.low, other.n, other.figures)
        return found

    def _less(self, document: str, column: str, level: str, whole: tuple, part: tuple) -> Count | None:
        both = [self._told(document, column, level, *place) for place in (whole, part)]
        return both[0] - both[1] if all(both) else None


def read_figures(figures: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None) -> Counts:
    """A document's figures as numbers, by the rules that a study or codebook states or the figures let infer."""
    rules = rules_of(figures, codebook, study)
    return Counts(prepared(figures, rules), rules)
