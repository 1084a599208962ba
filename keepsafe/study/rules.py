"""What must hold between the columns of one case file: the [rules] of a study file."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Fault = Callable[[str, str], None]
PARTS = ("only_where", "within", "sums", "not_before")


@dataclass(frozen=True)
class Rules:
    """The rules of a study, by the column that each is about.

    `only_where` names the columns that have to be 1 for a column to be recorded at all; `within` the column that
    it is a part of, so that it is never the larger of the two; `sums` the columns of which it counts how many are 1;
    `not_before` the column of dates that it follows, or falls on the same day with.
    """

    only_where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    within: dict[str, str] = field(default_factory=dict)
    sums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_before: dict[str, str] = field(default_factory=dict)


def read_rules(said: dict[str, Any], columns: Collection[str], derived: Collection[str], fault: Fault) -> Rules:
    """The rules as a study file states them.

    Parameters
    ----------
    said : the section [rules]: only_where, within, sums and not_before. In only_where a * stands for any text, on the
        right for the name without its last word (of healthy_relationship_impact, healthy_relationship); of several
        patterns that fit a column the last one counts.
    columns, derived : the codebook's variables, and the study's derived ones.
    fault : told the section and what is wrong in it.

    Returns
    -------
    Rules

    Examples
    --------
    >>> made = read_rules({"only_where": {"*_impact": "*_provided"}}, ["police_impact", "police_provided"], [], print)
    >>> made.only_where
    {'police_impact': ('police_provided',)}
    >>> _ = read_rules({"within": {"often": "ever"}}, ["ever"], [], print)
    rules.within names the variable 'often', which the codebook lacks
    """
    said = _section(said, "rules", fault)
    parts = {part: _table(said.get(part, {}), f"rules.{part}", fault) for part in PARTS}
    for part in (part for part in said if part not in parts):
        fault(f"rules.{part}", f"is none of {', '.join(parts)}")
    only_where = {}
    for pattern, base in parts["only_where"].items():
        fitting = [column for column in columns if fnmatchcase(column, pattern)]
        if not fitting:
            fault("rules.only_where", f"names {pattern!r}, which fits no variable of the codebook")
        for column in fitting:
            only_where[column] = tuple(name.replace("*", column.rpartition("_")[0]) for name in base)
    single = {}
    for part in ("within", "not_before"):
        single[part] = {name: others[0] for name, others in parts[part].items() if len(others) == 1}
        if len(single[part]) < len(parts[part]):
            fault(f"rules.{part}", "has to give one column for each")
    for part, rules in (parts | {"only_where": only_where}).items():
        for name in dict.fromkeys(name for column, others in rules.items() for name in (column, *others)):
            if name not in columns and name not in derived:
                fault(f"rules.{part}", f"names the variable {name!r}, which the codebook lacks")
    return Rules(only_where, single["within"], parts["sums"], single["not_before"])


def _section(said: Any, section: str, fault: Fault) -> dict[str, Any]:
    if isinstance(said, dict):
        return said
    fault(section, "is no section")
    return {}


def _table(said: Any, section: str, fault: Fault) -> dict[str, tuple[str, ...]]:
    """A part of the section, each entry as the names that it gives."""
    said = _section(said, section, fault)
    lists = {column: [names] if isinstance(names, str) else names for column, names in said.items()}
    for column, names in lists.items():
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            fault(section, f"{column} has to name columns")
            lists[column] = []
    return {column: tuple(names) for column, names in lists.items() if names}
