"""Entries that cannot stand together: in one row by the rules of the study file, or an identifier on several rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keepsafe.files.checking.entries import allowed
from keepsafe.files.checking.findings import Finding, grouped
from keepsafe.reading.written import SOME, first_day, mostly_dates
from keepsafe.study.codebook import Codebook, Variable
from keepsafe.study.definition import Study

ONCE = "each has to stand on one line"


def findings(tidied: pd.DataFrame, study: Study) -> list[Finding]:
    """Every entry that contradicts another one of its row.

    Parameters
    ----------
    tidied : categoricals of text by variable, as `case_files.tidy` writes them; variables may be absent.
    study : [rules] says what must hold, [cohort] which group a category belongs to.

    Returns
    -------
    list of Finding
        in the order of the rules. An entry that the codebook does not allow, or that is missing, contradicts nothing.
    """
    rows = _Rows(tidied, study)
    return [finding for column, *broken in _broken(rows, study) for finding in rows.told(column, *broken)]


def _broken(rows: "_Rows", study: Study) -> Iterator[tuple[str, np.ndarray, str, str]]:
    """For each rule its column, the rows that break it, what the column contradicts there, and the rule in words."""
    rules, cohort = study.rules, study.settings.get("cohort", {})
    for column, bases in rules.only_where.items():
        if rows.have(column, *bases):
            named = " and ".join(bases)
            zero = np.logical_or.reduce([rows.truth(base) == 0 for base in bases])
            rule = f"it is recorded only where {named} {'is' if len(bases) == 1 else 'are'} 1"
            yield column, rows.recorded(column) & zero, named, rule
    for part, whole in rules.within.items():
        if rows.have(part, whole):
            yield part, rows.numbers(part) > rows.numbers(whole), whole, "it is part of that, and cannot be more"
    for later, earlier in rules.not_before.items():
        if rows.have(later, earlier):
            yield later, rows.numbers(later) < rows.numbers(earlier), earlier, "it is not before that"
    for total, parts in rules.sums.items():
        if rows.have(total, *parts):
            differs = rows.numbers(total) - sum(rows.truth(part) for part in parts)
            yield total, np.nan_to_num(differs) != 0, ", ".join(parts), "it is how many of these are 1"
    groups, category, group = (cohort.get(key) for key in ("groups_of_categories", "category", "grouped_as"))
    if groups and category and group and rows.have(category, group):
        named = {code: name for name, codes in groups.items() for code in codes}
        words = "; ".join(f"{name} is for {' or '.join(codes)}" for name, codes in groups.items())
        yield group, rows.differ(category, group, named), category, words


class _Rows:
    """What the rows hold, column by column, as numbers; what is missing or not allowed is not a number."""

    def __init__(self, tidied: pd.DataFrame, study: Study):
        self.tidied, self.study = tidied, study

    def have(self, *names: str) -> bool:
        """Whether the columns are there, for a derived variable all that it is made from."""
        derived = self.study.derived
        sources = [source for name in names for source in (derived[name].sources if name in derived else (name,))]
        return all(source in self.tidied for source in sources)

    def numbers(self, name: str) -> np.ndarray:
        """The entries as numbers, dates as days; none where the variable is a category or an identifier."""
        if name in self.study.derived:
            return self.truth(name)
        variable = self.study.codebook[name]
        if variable.type == "date":
            return self._by_entry(name, lambda entries: [day and day.toordinal() for day in map(first_day, entries)])
        if not (variable.measured or variable.type == "binary"):
            return np.full(len(self.tidied), np.nan)
        return self._by_entry(name, lambda entries: pd.to_numeric(entries, errors="coerce"))

    def truth(self, name: str) -> np.ndarray:
        """1, 0 or not a number; a number of things is 1 where there is one."""
        rule = self.study.derived.get(name)
        if rule is None:
            return np.sign(self.numbers(name))
        if rule.one_of:
            return self._by_entry(rule.variable, lambda entries: entries.isin(list(rule.one_of)))
        parts = np.array([self.truth(source) for source in rule.sources])
        decisive = 1 if rule.any_of else 0
        known = np.where(np.isnan(parts).any(axis=0), np.nan, 1 - decisive)
        return np.where((parts == decisive).any(axis=0), decisive, known)

    def recorded(self, name: str) -> np.ndarray:
        """Whether there is an entry other than 0."""
        return self._by_entry(name, lambda entries: entries != "0") == 1

    def differ(self, category: str, group: str, named: dict[str, str]) -> np.ndarray:
        """Whether the group is another one than the category belongs to, where both are known."""
        codes = list(self.study.codebook[group].levels)
        place = {code: number for number, code in enumerate(codes)}
        wanted = self._by_entry(category, lambda entries: entries.map(named).map(place))
        return np.nan_to_num(wanted - self._by_entry(group, lambda entries: entries.map(place))) != 0

    def told(self, name: str, wrong: np.ndarray, other: str, rule: str) -> Iterator[Finding]:
        """Findings by entry; of a sensitive column one, without it."""
        column, variable = self.tidied[name], self.study.codebook[name]
        keys = np.zeros(len(column), int) if variable.sensitive else column.cat.codes.to_numpy()
        for place, lines, count in grouped(np.flatnonzero(wrong), keys, column.index)[0]:
            value = None if variable.sensitive or place < 0 else column.cat.categories[place]
            what = f"{'the entry ' if value is None else ''}contradicts {other}: {rule}"
            yield Finding("contradiction", what, name, lines, count, value, rule)

    def _by_entry(self, name: str, number) -> np.ndarray:
        column, variable = self.tidied[name].cat, self.study.codebook[name]
        entries = pd.Series(column.categories, dtype="str")
        values = pd.Series(number(entries)).astype(float).where(_known(variable, entries)).to_numpy(float)
        return values[column.codes] if len(values) else np.full(len(self.tidied), np.nan)


def unique_identifier(tidied: pd.DataFrame, codebook: Codebook, study: Study | None) -> str | None:
    """The column whose entries have to differ: what the study has one row of, else the codebook's only identifier.

    A study has one row a file where [study] names the column of the file, and else one row a person. An identifier
    that holds dates or texts of several words is none whose entries have to differ, unless the study names it.
    """
    said = study.settings.get("study", {}) if study else {}
    named = said.get("file") or said.get("person")
    identifiers = [variable.name for variable in codebook if variable.type == "identifier"]
    if named or len(identifiers) != 1:
        return named
    if identifiers[0] in tidied:
        entries = [entry for entry in tidied[identifiers[0]].cat.categories[:SOME] if entry]
        if mostly_dates(entries) or sum(" " in entry for entry in entries) > len(entries) / 2:
            return None
    return identifiers[0]


def repeated(tidied: pd.DataFrame, codebook: Codebook, name: str) -> list[Finding]:
    """Every entry of a column that stands on several lines; blanks and codes of missing do not count."""
    column, variable = tidied[name], codebook[name]
    counted = ~column.isin(["", *variable.missing])
    rows = np.flatnonzero(column.duplicated(keep=False) & counted)
    groups, others = grouped(rows, column.cat.codes.to_numpy(), column.index)
    found = []
    for place, lines, count in groups:
        what = f"stands on {count:,} lines" if place >= 0 else f"{others:,} further ones stand on several lines"
        value = None if variable.sensitive or place < 0 else column.cat.categories[place]
        what = what if value is not None or place < 0 else f"the same entry {what}"
        found.append(Finding("repeated identifier", what, name, lines, count, value, ONCE, ONCE))
    return found


def _known(variable: Variable, entries: pd.Series) -> pd.Series:
    """Whether each entry is allowed and no code of missing."""
    return allowed(variable, entries) & ~entries.isin(list(variable.missing))
