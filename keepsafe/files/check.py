"""A file of cases checked against the codebook and the study's rules: all that is wrong, at once."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import reading
from keepsafe.files import Taken, taken
from keepsafe.files.entries import KEPT, as_numbers, values
from keepsafe.files.findings import Report, contradicting, of_entries, repeated
from keepsafe.problems import InputError
from keepsafe.reading.written import SOME
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook, load_codebook
from keepsafe.study.definition import load_study


def check(path: str | Path, codebook: str | Path | None = None, study: str | Path | None = None) -> Report:
    """Check a file of cases, in any format that `read_case_files` takes.

    `codebook` says what its columns mean (data/codebook.csv by default); `study` is the file whose [rules] hold between
    columns, and which names the column of the file (data/study.toml by default, left out where it does not fit another
    codebook). Entries of columns that the codebook calls sensitive are not in the report, though a contradiction, by
    its rule, lets whoever has the rule infer them. InputError for a file that cannot be read or has none of the
    codebook's columns, and for a codebook or study file that cannot be used.

    Examples
    --------
    >>> from keepsafe import paths
    >>> print(check(paths.data("synthetic", "case_files.csv")))  # doctest: +ELLIPSIS
    data/synthetic/case_files.csv: nothing was found. Checked: the columns, 367 rows by 134 columns, ...
    """
    meanings = load_codebook(codebook)
    rules, notes = _study(study, meanings, own=codebook is None)
    table = reading.read(path, meanings.names)
    said = taken(table, meanings)
    unique = unique_identifier(said, meanings, rules)
    broken = contradictions(said.files, rules) if rules else ()
    found = of_entries(said.files, meanings)
    if unique in said.files:
        found += repeated(said.files[unique], meanings[unique])
    for column, *how in broken:
        found += contradicting(said.files[column], meanings[column], *how)
    place = {name: number for number, name in enumerate(meanings.names)}
    found = (*said.form, *sorted(found, key=lambda finding: place[finding.column]))
    rows, width = len(table.lines) + len(table.ragged), len(table.names)
    checked = _in_words(rows, width, unique if unique in said.files else None, rules)
    if unique is None:
        notes.append(
            "no column was checked for entries that stand twice: name the person's under [study] of the study file"
        )
    return Report(table.file, rows, width, found, said.changed, checked, (*said.notes, *notes), meanings)


def _study(path: str | Path | None, codebook: Codebook, own: bool) -> tuple[Study | None, list[str]]:
    """The study file, and a note where the compendium's own does not fit a user's codebook."""
    try:
        return load_study(path, codebook), []
    except InputError:
        if own or path:
            raise
        return None, [
            "no rules between columns were checked, for there is no study file to this codebook; give yours "
            "with --study"
        ]


def _in_words(rows: int, width: int, unique: str | None, study: Study | None) -> str:
    parts = [f"Checked: the columns, {rows:,} rows by {width:,} columns, every entry against the codebook"]
    if unique:
        parts.append(f"that no {unique} stands twice")
    if study:
        rules = study.rules
        number = len(rules.only_where) + len(rules.within) + len(rules.sums) + len(rules.not_before)
        parts.append(f"{number} rules between columns")
    return ", ".join(parts) + "."


def contradictions(tidied: pd.DataFrame, study: Study) -> Iterator[tuple[str, np.ndarray, str, str]]:
    """For each rule its column, the rows that break it, what the column contradicts there, and the rule in words.

    The rules are [rules] and the groups of categories under [cohort]. An entry that the codebook does not allow, or
    that is missing, contradicts nothing.
    """
    rows = _Rows(tidied, study)
    rules, cohort = study.rules, study.settings.get("cohort", {})
    for column, bases in rules.only_where.items():
        if rows.have(column, *bases):
            named = " and ".join(bases)
            zero = np.logical_or.reduce([rows.truth(base) == 0 for base in bases])
            rule = f"it is recorded only where {named} {'is' if len(bases) == 1 else 'are'} 1"
            yield column, rows.recorded(column) & zero, named, rule
    for part, whole in rules.within.items():
        if rows.have(part, whole):
            yield part, rows.amounts(part) > rows.amounts(whole), whole, "it is part of that, and cannot be more"
    for later, earlier in rules.not_before.items():
        if rows.have(later, earlier):
            yield later, rows.amounts(later) < rows.amounts(earlier), earlier, "it is not before that"
    for total, parts in rules.sums.items():
        if rows.have(total, *parts):
            differs = rows.amounts(total) - sum(rows.truth(part) for part in parts)
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

    def amounts(self, name: str) -> np.ndarray:
        """The entries as numbers, dates as days; none where the variable is a category or an identifier."""
        if name in self.study.derived:
            return self.truth(name)
        variable = self.study.codebook[name]
        return self._by_entry(name, lambda entries: as_numbers(variable, entries))

    def truth(self, name: str) -> np.ndarray:
        """1, 0 or not a number; a number of things is 1 where there is one."""
        rule = self.study.derived.get(name)
        if rule is None:
            return np.sign(self.amounts(name))
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

    def _by_entry(self, name: str, number) -> np.ndarray:
        column, variable = self.tidied[name].cat, self.study.codebook[name]
        entries = pd.Series(column.categories, dtype="str")
        numbers = pd.Series(number(entries)).astype(float).where(values(variable, entries)).to_numpy(float)
        return numbers[column.codes] if len(numbers) else np.full(len(self.tidied), np.nan)


def unique_identifier(said: Taken, codebook: Codebook, study: Study | None) -> str | None:
    """The column whose entries have to differ: what the study has one row of, else the codebook's only identifier.

    A study has one row a file where [study] names the column of the file, and else one row a person. An identifier
    that holds dates or texts of several words is none whose entries have to differ, unless the study names it.
    """
    names = study.settings.get("study", {}) if study else {}
    named = names.get("file") or names.get("person")
    identifiers = [variable.name for variable in codebook if variable.type == "identifier"]
    if named or len(identifiers) != 1:
        return named
    if identifiers[0] in said.files:
        entries = [entry for entry in said.files[identifiers[0]].cat.categories[:SOME] if entry]
        if identifiers[0] in said.doubts.get(KEPT, ()) or sum(" " in entry for entry in entries) > len(entries) / 2:
            return None
    return identifiers[0]
