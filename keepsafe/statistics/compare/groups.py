"""Who is compared with whom: groups from a column or from a study's declared groups, overlapping or not."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.statistics.compare.coding import Coded, level_text, read_columns


@dataclass(frozen=True)
class Comparison:
    """Groups without overlap that are set against each other; the first is the reference.

    Parameters
    ----------
    name, label : of the contrast; blank for a group that stands alone, such as the whole cohort.
    groups, labels : names of the groups, and what a reader sees.
    codes : each row's position in `groups`, -1 where it belongs to none.
    variable : the column that makes the groups, None for the whole cohort.
    """

    name: str
    label: str
    groups: tuple[str, ...]
    labels: tuple[str, ...]
    codes: np.ndarray
    variable: str | None = None


def comparisons(cohort: pd.DataFrame, by: object, total: bool = True) -> tuple[Comparison, ...]:
    """Work out the comparisons that `by` asks for.

    Parameters
    ----------
    cohort : data frame, one row a person.
    by : a column name; a study (all its groups and contrasts); or a sequence of column names, contrasts and
        groups. Groups of one variable form a contrast, in the order given. A contrast given without its
        groups takes them from the levels of its variable.
    total : put the whole cohort first.

    Returns
    -------
    The comparisons, each a set of groups without overlap; different comparisons may overlap.

    Raises
    ------
    InputError : unknown columns or levels, groups that nobody is in, a single group, a number as grouping.
    """
    groups, wanted = _wanted(by)
    names = [item if isinstance(item, str) else item.variable for item in wanted]
    names += [group.variable for group in groups.values()]
    columns = read_columns(cohort, dict.fromkeys(name for name in names if name is not None))
    found: list[Comparison | Problem] = []
    if total or any(group.variable is None for group in groups.values()):
        whole = next((group for group in groups.values() if group.variable is None), None)
        name, label = (whole.name, whole.label) if whole else ("total", "Total")
        found.append(Comparison("", "", (name,), (label,), np.zeros(len(cohort), np.int64)))
    found += [_from_column(columns[item]) if isinstance(item, str) else _from_contrast(item, groups, columns)
              for item in wanted]  # fmt: skip
    used = {name for item in wanted if not isinstance(item, str) for name in item.groups}
    found += _from_groups([group for name, group in groups.items() if name not in used and group.variable], columns)
    problems = [item for item in found if isinstance(item, Problem)]
    if problems:
        raise InputError(problems)
    return tuple(found)


def _wanted(by: object) -> tuple[dict, list]:
    """The declared groups by name, and the contrasts and columns asked for."""
    if isinstance(by, str):
        return {}, [by]
    if hasattr(by, "contrasts"):
        return dict(by.groups), list(by.contrasts.values())
    items = [by] if hasattr(by, "variable") else list(by.values() if isinstance(by, dict) else by)
    groups = {item.name: item for item in items if hasattr(item, "value")}
    wanted = [item for item in items if isinstance(item, str) or not hasattr(item, "value")]
    return groups, wanted


def _from_column(column: Coded) -> Comparison | Problem:
    if column.kind == "number":
        return Problem(
            "a number cannot make groups", column=column.name, remedy="cut it into groups first (pandas.cut)"
        )
    used = np.unique(column.codes[column.codes >= 0])
    if len(used) < 2:
        return Problem(
            f"everybody known is '{column.levels[used[0]]}'", column=column.name,
            remedy="groups need at least two levels; take another column",
        )  # fmt: skip
    levels = tuple(column.levels[i] for i in used)
    labels = tuple(f"{column.name} {level}" if column.kind == "binary" else level for level in levels)
    place = np.full(len(column.levels) + 1, -1)
    place[used] = np.arange(len(used))
    return Comparison(column.name, column.name, levels, labels, place[column.codes], column.name)


def _from_contrast(contrast: object, groups: dict, columns: dict[str, Coded]) -> Comparison | Problem:
    members = [groups.get(name) for name in contrast.groups]
    if any(member is None for member in members):
        return _assemble(contrast.name, contrast.label, columns[contrast.variable],
                         [(name, name, name) for name in contrast.groups])  # fmt: skip
    return _assemble(contrast.name, contrast.label, columns[contrast.variable],
                     [(member.name, member.label, member.value) for member in members])  # fmt: skip


def _from_groups(groups: Iterable, columns: dict[str, Coded]) -> list[Comparison | Problem]:
    families: dict[str, list] = {}
    for group in groups:
        families.setdefault(group.variable, []).append((group.name, group.label, group.value))
    return [_assemble(name, name, columns[name], members) for name, members in families.items()]


def _assemble(name: str, label: str, column: Coded, members: list[tuple[str, str, object]]) -> Comparison | Problem:
    place = np.full(len(column.levels) + 1, -1)
    for position, (group, _, value) in enumerate(members):
        text = level_text(value)
        if text not in column.levels or column.kind == "number":
            levels = ", ".join(column.levels) or "numbers"
            remedy = f"its levels are {levels}; pass the study, or groups with their values"
            return Problem(
                f"group {group} stands for '{text}', which is not a level", column=column.name, remedy=remedy
            )
        place[column.levels.index(text)] = position
    codes = place[column.codes]
    empty = [group for position, (group, _, _) in enumerate(members) if not (codes == position).any()]
    if empty:
        return Problem(f"nobody is in group {', '.join(empty)}", column=column.name, remedy="leave that group out")
    name = name if len(members) > 1 else ""
    return Comparison(name, label if name else "", *(tuple(m[i] for m in members) for i in (0, 1)), codes, column.name)
