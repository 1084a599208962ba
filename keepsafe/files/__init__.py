"""A team's case files: read as text, tidied to the codebook's codes, and checked for all that is wrong at once.

Bytes become text once, in `keepsafe.reading`; from here on all is columns of text, a variable of the codebook each.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import reading, runs
from keepsafe.files.entries import allowed, derived, in_codes, known, tidied, typed
from keepsafe.files.findings import Report, notes, of_cases, of_entries, of_form
from keepsafe.problems import InputError
from keepsafe.reading.written import SOME, mostly_dates
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import Codebook, load_codebook

MANY = 10_000_000  # cells
DAY_0 = pd.Timestamp("1970-01-01").as_unit("s")


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
    files, _ = tidied(extract, codebook)
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

    >>> from keepsafe import paths
    >>> print(check(paths.data("synthetic", "case_files.csv")))  # doctest: +ELLIPSIS
    data/synthetic/case_files.csv: nothing was found. Checked: the columns, 367 rows by 134 columns, ...
    """
    meanings = load_codebook(codebook)
    rules = _rules(study, meanings, own=codebook is None)
    table = reading.read(path, meanings.names)
    extract, swapped = in_codes(table, meanings)
    files, mended = tidied(extract, meanings, forms=False)
    told = [*table.notes, *notes(table, extract, files, meanings, (swapped, mended))]
    if rules is None:
        told.append(
            "no rules between columns were checked, for there is no study file to this codebook; give yours "
            "with --study"
        )
    unique = _unique_identifier(files, meanings, rules)
    if unique is None:
        told.append(
            "no column was checked for entries that stand twice: name the person's under [study] of the study file"
        )
    rows, width = len(table.lines) + len(table.ragged), len(table.names)
    done = [f"Checked: the columns, {rows:,} rows by {width:,} columns, every entry against the codebook"]
    if unique in files:
        done.append(f"that no {unique} stands twice")
    if rules:
        done.append(f"{sum(map(len, vars(rules.rules).values()))} rules between columns")
    broken = contradictions(files, rules) if rules else ()
    found = (*of_form(table, meanings), *of_cases(files, meanings, unique, broken))
    changed = pd.concat([swapped, mended]).groupby("variable")["entries"].sum().to_dict()
    return Report(table.file, rows, width, found, changed, ", ".join(done) + ".", tuple(told), meanings)


def _rules(path: str | Path | None, codebook: Codebook, own: bool) -> Study | None:
    """The study file; None where the compendium's own does not fit a user's codebook."""
    try:
        return load_study(path, codebook)
    except InputError:
        if own or path:
            raise
        return None


def tidy(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The extract tidied, its columns text or categoricals of text as they were."""
    plain = [name for name in extract if not isinstance(extract[name].dtype, pd.CategoricalDtype)]
    return tidied(extract, codebook)[0].astype(dict.fromkeys(plain, "str"))


def _unique_identifier(files: pd.DataFrame, codebook: Codebook, study: Study | None) -> str | None:
    """The column whose entries have to differ: what the study has one row of, else the codebook's only identifier.

    A study has one row a file where [study] names the column of the file, and else one row a person. An identifier
    that holds dates, or texts of several words, is none whose entries have to differ, unless the study names it.
    """
    names = study.settings.get("study", {}) if study else {}
    named = names.get("file") or names.get("person")
    identifiers = [variable.name for variable in codebook if variable.type == "identifier"]
    if named or len(identifiers) != 1:
        return named
    [only] = identifiers
    some = [entry for entry in files[only].cat.categories[:SOME] if entry] if only in files else []
    return None if mostly_dates(some) or sum(" " in entry for entry in some) > len(some) / 2 else only


def contradictions(tidied: pd.DataFrame, study: Study) -> Iterator[tuple[str, np.ndarray, str, str]]:
    """For each rule its column, the rows that break it, what the column contradicts there, and the rule in words.

    The rules are [rules] and the groups of categories under [cohort]. An entry that the codebook does not allow, or
    that is missing, contradicts nothing.
    """

    @cache
    def values(name: str) -> pd.Series:
        """What is known of a variable, where the codebook allows it."""
        if rule := study.derived.get(name):
            sources = pd.DataFrame({source: values(source) for source in rule.sources})
            return derived(sources, replace(rule, otherwise=None))
        variable, column = study.codebook[name], tidied[name]
        entries = pd.Series(column.cat.categories, dtype="str")
        column = column.cat.remove_categories(entries[~allowed(variable, entries)].tolist())
        return pd.Series(typed(known(column, variable), variable), tidied.index)

    def numbers(name: str) -> np.ndarray:
        """The same as numbers, dates as days; not a number where it is a category or an identifier."""
        made = values(name)
        if pd.api.types.is_datetime64_dtype(made.dtype):
            return (made - DAY_0).dt.days.to_numpy(float)
        if pd.api.types.is_numeric_dtype(made.dtype):
            return made.to_numpy(float, na_value=np.nan)
        return np.full(len(made), np.nan)

    def have(*names: str) -> bool:
        """Whether the columns are there, for a derived variable all that it is made from."""
        made = study.derived
        return all(each in tidied for name in names for each in (made[name].sources if name in made else (name,)))

    rules, cohort = study.rules, study.settings.get("cohort", {})
    for column, bases in rules.only_where.items():
        if have(column, *bases):
            named = " and ".join(bases)
            recorded = values(column).notna() & (tidied[column] != "0")
            zero = np.logical_or.reduce([numbers(base) == 0 for base in bases])
            rule = f"it is recorded only where {named} {'is' if len(bases) == 1 else 'are'} 1"
            yield column, recorded.to_numpy() & zero, named, rule
    for part, whole in rules.within.items():
        if have(part, whole):
            yield part, numbers(part) > numbers(whole), whole, "it is part of that, and cannot be more"
    for later, earlier in rules.not_before.items():
        if have(later, earlier):
            yield later, numbers(later) < numbers(earlier), earlier, "it is not before that"
    for total, parts in rules.sums.items():
        if have(total, *parts):
            differs = numbers(total) - sum(np.sign(numbers(part)) for part in parts)
            yield total, np.nan_to_num(differs) != 0, ", ".join(parts), "it is how many of these are 1"
    groups, category, group = (cohort.get(key) for key in ("groups_of_categories", "category", "grouped_as"))
    if groups and category and group and have(category, group):
        wanted = values(category).astype("str").map({code: name for name, codes in groups.items() for code in codes})
        stands = values(group).astype("str")
        words = "; ".join(f"{name} is for {' or '.join(codes)}" for name, codes in groups.items())
        yield group, (wanted.notna() & stands.notna() & (wanted != stands)).to_numpy(), category, words
