"""What relates the figures of a report: groups, exclusive levels, unions, sums; as stated, or inferred."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.study.codebook import Codebook
from keepsafe.study.definition import Study, load_study

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
        if self.study is not None and _known(variable, self.codebook, self.study):
            return self.study.column(variable, phase)
        if self.codebook is not None and _known(variable, self.codebook):
            return self.codebook.column(variable, phase)
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
    """The rules of a document.

    Parameters
    ----------
    figures : as `keepsafe.load_figures` returns them.
    codebook, study : what its variables and groups mean. Without them the compendium's own are used where
        they name at least half of the figures' variables; otherwise the rules are inferred: two groups whose
        numbers add up to those of the largest group split it, and the levels printed of a variable exclude
        each other.

    Returns
    -------
    Rules
    """
    if study is None and codebook is None:
        study = _own(set(figures["variable"]))
    if study is not None:
        return _stated(study)
    inferred = _inferred(figures)
    if codebook is None:
        return inferred
    return replace(inferred, codebook=codebook, **_of_codebook(codebook))


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


def _checked(study: Study) -> dict:
    """The [audit] section, whose variables must be those of the codebook or derived."""
    said = study.settings.get("audit", {})
    lists = [("audit.any_of", name, *made) for name, made in said.get("any_of", {}).items()]
    problems = [
        Problem(f"[{section}] names the variable {name!r}, which the codebook lacks", remedy="mend the study file")
        for section, *names in lists
        for name in names
        if name not in study.codebook and name not in study.derived
    ]
    if problems:
        raise InputError(problems)
    return said


def _stated(study: Study) -> Rules:
    said, cohort = _checked(study), study.settings.get("cohort", {})
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
        any_of={**{name: d.any_of for name, d in derived if d.any_of}, **_tuples(said.get("any_of", {}))},
        all_of={name: d.all_of for name, d in derived if d.all_of},
        sums=study.rules.sums,
        within=study.rules.within,
        denominators=said.get("denominators", {}),
        strata=study.strata,
        unknown=frozenset(said.get("unknown_levels", Rules.unknown)),
        codebook=study.codebook,
        study=study,
    )


def _tuples(lists: Mapping[str, list[str]]) -> Parts:
    return {name: tuple(parts) for name, parts in lists.items()}


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
