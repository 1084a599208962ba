"""A team's case files: read as text, tidied to the codebook's codes, and checked for all that is wrong at once.

Bytes become text once, in `keepsafe.reading`; from here on all is columns of text, a variable of the codebook each.
"""

from pathlib import Path

import pandas as pd

from keepsafe import reading, runs
from keepsafe.files.entries import contradictions, in_codes, tidied, without_refused
from keepsafe.files.findings import Report, notes, of_cases, of_entries, of_form
from keepsafe.files.forms import SOME, mostly_dates
from keepsafe.problems import InputError
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
    table = reading.read(path or runs.inputs()[0], codebook.names)
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
    problems = [
        finding.problem(files.attrs.get("file"))
        for finding in of_entries(files, without_refused(files, codebook), codebook)
    ]
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
    try:
        rules = load_study(study, meanings)
    except InputError:
        if study or codebook is None:
            raise
        rules = None  # the compendium's own does not fit a user's codebook
    table = reading.read(path, meanings.names)
    extract, swapped = in_codes(table, meanings)
    files, mended = tidied(extract, meanings, forms=False)
    fit = without_refused(files, meanings)
    broken = contradictions(fit, rules) if rules else ()
    unique = _unique_identifier(files, meanings, rules)
    rows, width = len(table.lines) + len(table.ragged), len(table.names)
    done = [f"Checked: the columns, {rows:,} rows by {width:,} columns, every entry against the codebook"]
    if unique in files:
        done.append(f"that no {unique} stands twice")
    if rules:
        done.append(f"{sum(map(len, vars(rules.rules).values()))} rules between columns")
    told = [*table.notes, *notes(table, extract, fit, meanings, (swapped, mended))]
    if rules is None:
        told.append(
            "no rules between columns were checked, for there is no study file to this codebook; give yours "
            "with --study"
        )
    if unique is None:
        told.append(
            "no column was checked for entries that stand twice: name the person's under [study] of the study file"
        )
    found = (*of_form(table, meanings), *of_cases(files, fit, meanings, unique, broken))
    changed = pd.concat([swapped, mended]).groupby("variable")["entries"].sum().to_dict()
    return Report(table.file, rows, width, found, changed, ", ".join(done) + ".", tuple(told), meanings)


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
