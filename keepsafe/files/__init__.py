"""A team's case files: read as text, tidied to the codebook's codes, and checked for all that is wrong at once.

Bytes become text once, in `keepsafe.reading`; from here on all is columns of text, a variable of the codebook each.
Longer than 300 lines: on the way from a file to what is said of it nothing has to be looked up elsewhere.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import reading, runs
from keepsafe.files.entries import DOUBTS, KEPT, allowed, as_numbers, in_codes, of_labels, tidied
from keepsafe.files.findings import LISTED, Report, of_cases, of_entries, of_form
from keepsafe.problems import InputError
from keepsafe.reading.written import SOME
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import Codebook, load_codebook

MANY = 10_000_000  # cells


def read_case_files(path: str | Path | None = None, codebook: Codebook | None = None) -> pd.DataFrame:
    """Read an extract of case files, one row a file, as text.

    Parameters
    ----------
    path : a table with the codebook's variables as columns: CSV (or text with ; tab or | between the cells), Excel,
        Parquet, SPSS or Stata. By default the run's data, else the case files that the study file names.
    codebook : what the columns mean; by default `load_codebook()`.

    Returns
    -------
    DataFrame
        all text, the codebook's columns in its order, indexed by the line of the file as a spreadsheet or editor
        counts it (the number of the case in SPSS, Stata and Parquet). Codes of missing stay, dates are as in
        2019-03-31 where the file knows them for dates, whole numbers have no decimal point; a code that the file itself
        labels as the codebook labels another one is that one. Of more than ten million cells each column is a
        categorical of text, which takes a tenth of the memory.

    Raises
    ------
    InputError
        for a file that cannot be read, for columns that are missing or repeated, and for rows of another width.

    Examples
    --------
    >>> read_case_files().shape[0]
    367
    """
    codebook = codebook or load_codebook()
    run = runs.active()
    path = path or (run and run.data) or load_study(codebook=codebook).file("case_files")
    table = reading.read(path, codebook.names)
    wrong = [finding.problem(table.file) for finding in of_form(table, codebook) if finding.kind != "unknown column"]
    if wrong:
        raise InputError(wrong)
    extract, _ = in_codes(table, codebook)
    return extract if extract.size > MANY else extract.astype("str")


def repairs(extract: pd.DataFrame, codebook: Codebook, forms: bool = True) -> pd.DataFrame:
    """What `clean` corrects in an extract: stray blanks, capitals, and labels in place of codes.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    codebook : the codes and labels.
    forms : whether another form of the same number, as 1.0 for 1, counts.

    Returns
    -------
    DataFrame
        one row a variable with entries that are corrected, the most frequent first: variable, entries (how many).

    Examples
    --------
    >>> codebook = load_codebook()
    >>> untidy = pd.DataFrame({"sex": ["female", " Female", "MALE"], "cse": ["0", "1", "Yes"]})
    >>> repairs(untidy, codebook).values.tolist()
    [['sex', 2], ['cse', 1]]
    """
    return tidied(extract, codebook, forms)[1]


def checked(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The tidied extract as categoricals of text; InputError with every entry that the codebook does not allow.

    Each is told at its first line; sensitive ones are not repeated.
    """
    files, *_ = tidied(extract, codebook)
    problems = [finding.problem(files.attrs.get("file")) for finding in of_entries(files, codebook)]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line))
    return files


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
    rules, notes = _rules(study, meanings, own=codebook is None)
    table = reading.read(path, meanings.names)
    extract, swapped = in_codes(table, meanings)
    files, mended, unsure = tidied(extract, meanings, forms=False)
    told = [*table.notes, *(doubt.format(", ".join(unsure[doubt])) for doubt in DOUBTS if doubt in unsure)]
    told += of_labels(table, files, meanings)
    ways = {
        "codes that the file's own labels give another meaning were read by these": swapped,
        "written in another way than the codebook has it (blanks, capitals, a label for a code, a decimal comma, "
        "a form of date), and read as its entries": mended,
    }
    for way, counted in ways.items():
        parts = [f"{row.variable} {row.entries:,}" for row in counted.head(LISTED).itertuples()]
        if rest := counted["entries"][LISTED:].sum():
            parts.append(f"and {rest:,} in {len(counted) - LISTED:,} more columns")
        told += [f"{way}: {', '.join(parts)}"] if parts else []
    unique = _unique_identifier(files, meanings, rules, unsure.get(KEPT, []))
    if unique is None:
        notes.append(
            "no column was checked for entries that stand twice: name the person's under [study] of the study file"
        )
    rows, width = len(table.lines) + len(table.ragged), len(table.names)
    done = [f"Checked: the columns, {rows:,} rows by {width:,} columns, every entry against the codebook"]
    if unique in files:
        done.append(f"that no {unique} stands twice")
    if rules:
        said = rules.rules
        number = len(said.only_where) + len(said.within) + len(said.sums) + len(said.not_before)
        done.append(f"{number} rules between columns")
    broken = contradictions(files, rules) if rules else ()
    found = (*of_form(table, meanings), *of_cases(files, meanings, unique, broken))
    changed = pd.concat([swapped, mended]).groupby("variable")["entries"].sum().to_dict()
    return Report(table.file, rows, width, found, changed, ", ".join(done) + ".", (*told, *notes), meanings)


def _rules(path: str | Path | None, codebook: Codebook, own: bool) -> tuple[Study | None, list[str]]:
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


def tidy(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The extract tidied, its columns text or categoricals of text as they were."""
    plain = [name for name in extract if not isinstance(extract[name].dtype, pd.CategoricalDtype)]
    return tidied(extract, codebook)[0].astype(dict.fromkeys(plain, "str"))


def _unique_identifier(files: pd.DataFrame, codebook: Codebook, study: Study | None, dated: list[str]) -> str | None:
    """The column whose entries have to differ: what the study has one row of, else the codebook's only identifier.

    A study has one row a file where [study] names the column of the file, and else one row a person. An identifier
    that is `dated`, or holds texts of several words, is none whose entries have to differ, unless the study names it.
    """
    names = study.settings.get("study", {}) if study else {}
    named = names.get("file") or names.get("person")
    identifiers = [variable.name for variable in codebook if variable.type == "identifier"]
    if named or len(identifiers) != 1:
        return named
    [only] = identifiers
    some = [entry for entry in files[only].cat.categories[:SOME] if entry] if only in files else []
    return None if only in dated or sum(" " in entry for entry in some) > len(some) / 2 else only


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
            yield column, (rows.by_entry(column, lambda texts: texts != "0") == 1) & zero, named, rule
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
        place = {code: number for number, code in enumerate(study.codebook[group].levels)}
        named = {code: place.get(name) for name, codes in groups.items() for code in codes}
        wanted = rows.by_entry(category, lambda texts: texts.map(named))
        differs = wanted - rows.by_entry(group, lambda texts: texts.map(place))
        words = "; ".join(f"{name} is for {' or '.join(codes)}" for name, codes in groups.items())
        yield group, np.nan_to_num(differs) != 0, category, words


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
        return self.by_entry(name, lambda texts: as_numbers(variable, texts))

    def truth(self, name: str) -> np.ndarray:
        """1, 0 or not a number; a number of things is 1 where there is one."""
        rule = self.study.derived.get(name)
        if rule is None:
            return np.sign(self.amounts(name))
        if rule.one_of:
            return self.by_entry(rule.variable, lambda texts: texts.isin(list(rule.one_of)))
        parts = np.array([self.truth(source) for source in rule.sources])
        decisive = 1 if rule.any_of else 0
        known = np.where(np.isnan(parts).any(axis=0), np.nan, 1 - decisive)
        return np.where((parts == decisive).any(axis=0), decisive, known)

    def by_entry(self, name: str, number: Callable[[pd.Series], pd.Series]) -> np.ndarray:
        """For each row what its entry is worth, from the different entries, which are texts."""
        column, variable = self.tidied[name].cat, self.study.codebook[name]
        texts = pd.Series(column.categories, dtype="str")
        values = allowed(variable, texts) & ~texts.isin(list(variable.missing))
        numbers = number(texts).astype(float).where(values).to_numpy(float)
        return numbers[column.codes] if len(numbers) else np.full(len(self.tidied), np.nan)
