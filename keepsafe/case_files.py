"""Case files as extracted: read as text, tidied to the codebook's codes, every fault found at once."""

import re
from pathlib import Path

import pandas as pd

from keepsafe import reading, runs
from keepsafe.checking import columns, entries
from keepsafe.codebook import Codebook, Variable, load_codebook
from keepsafe.problems import InputError, Problem
from keepsafe.reading.table import Meaning, categorical
from keepsafe.study import load_study

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
        counts it (the number of the case in SPSS, Stata and Parquet). Codes of missing stay, dates are text, whole
        numbers have no decimal point; a code that the file itself labels as the codebook labels another one is that
        one. Of more than ten million cells each column is a categorical of text, which takes a tenth of the memory.

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
    found = [*columns.findings(table, codebook), *columns.ragged(table)]
    wrong = [finding.problem(table.file) for finding in found if finding.kind != "unknown column"]
    if wrong:
        raise InputError(wrong)
    extract = in_codes(table, codebook)
    return extract if extract.size > MANY else _alike(extract, "str")


def in_codes(table: reading.Table, codebook: Codebook) -> pd.DataFrame:
    """The columns of a table that the codebook knows, in its order, each a categorical of text, indexed by line.

    Codes that the file labels as the codebook labels others become the codebook's. Of a column that occurs twice
    the first is taken.
    """
    made = {}
    for variable in codebook:
        for place in table.places(variable.name)[:1]:
            column, said = table.columns[place], table.meanings.get(table.names[place], Meaning())
            made[variable.name] = pd.Series(_recoded(column, _by_label(variable, said)), table.lines)
    extract = pd.DataFrame(made, table.lines)
    extract.attrs["file"] = table.file
    return extract


def relabelled(table: reading.Table, codebook: Codebook) -> list[str]:
    """Variables of which the file, by its own labels, uses a code of the codebook for another of its levels."""
    names = []
    for variable in codebook:
        for place in table.places(variable.name)[:1]:
            codes = _by_label(variable, table.meanings.get(table.names[place], Meaning()))
            if any(code != meant and code in {**variable.levels, **variable.missing} for code, meant in codes.items()):
                names.append(variable.name)
    return names


def tidy(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Write every entry as its code: blanks around it, capitals and labels in place of codes are mended.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    codebook : the codes and labels.

    Returns
    -------
    DataFrame
        of the same shape, columns of text or categoricals of text as they were; entries that are neither code nor
        label stay as they are, for `faults` to name.
    """
    tidied = _tidied(extract, codebook)
    plain = [name for name in extract if not isinstance(extract[name].dtype, pd.CategoricalDtype)]
    return _alike(tidied, dict.fromkeys(plain, "str"))


def repairs(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """What `clean` corrects in an extract: stray blanks, capitals, and labels in place of codes.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    codebook : the codes and labels.

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
    changed = {}
    for name in extract:
        column = _categories(extract[name])
        spelled = _spellings(codebook[name], column.categories)
        mended = [entry != "" and spelled.get(entry, entry) != entry for entry in column.categories]
        changed[name] = pd.Series(mended, dtype=bool)[column.codes].sum()
    made = pd.Series(changed, dtype=int)
    made = made[made > 0].sort_values(ascending=False, kind="stable")
    return made.rename_axis("variable").reset_index(name="entries")


def faults(tidied: pd.DataFrame, codebook: Codebook) -> list[Problem]:
    """Every entry that the codebook does not allow, with its line; values of sensitive columns are not repeated.

    Parameters
    ----------
    tidied : as `tidy` returns it.
    codebook : what is allowed.

    Returns
    -------
    list of Problem
        one for each different entry of a column, at its first line, with a count where there are more.
    """
    made = {name: pd.Series(_categories(tidied[name]), tidied.index) for name in tidied}
    found = entries.findings(pd.DataFrame(made, tidied.index), codebook)
    problems = [finding.problem(tidied.attrs.get("file")) for finding in found]
    return sorted(problems, key=lambda problem: problem.line)


def checked(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The tidied extract as categoricals of text; raises InputError with every fault where there is one."""
    tidied = _tidied(extract, codebook)
    found = faults(tidied, codebook)
    if found:
        raise InputError(found)
    return tidied


def _tidied(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    made = {}
    for name in extract:
        column = _categories(extract[name])
        made[name] = pd.Series(_recoded(column, _spellings(codebook[name], column.categories)), extract.index)
    tidied = pd.DataFrame(made, extract.index)
    tidied.attrs = dict(extract.attrs)
    return tidied


def _alike(frame: pd.DataFrame, dtype) -> pd.DataFrame:
    """The frame with columns of another type, its notes kept."""
    made = frame.astype(dtype)
    made.attrs = dict(frame.attrs)
    return made


def _categories(column: pd.Series) -> pd.Categorical:
    """A column as a categorical of text."""
    if isinstance(column.dtype, pd.CategoricalDtype) and not column.isna().any():
        return column.array
    return categorical(*pd.factorize(column, use_na_sentinel=False))


def _recoded(column: pd.Categorical, codes: dict[str, str]) -> pd.Categorical:
    """The column with other entries; those that have none stay."""
    if all(entry == code for entry, code in codes.items()):
        return column
    return categorical(column.codes, [codes.get(entry, entry) for entry in column.categories])


def _by_label(variable: Variable, said: Meaning) -> dict[str, str]:
    """The codes of a file with those of the codebook that have the same label.

    A code whose label the codebook lacks stays, unless another one became it: then its label stands in its place,
    for `faults` to name.
    """
    labels = {**said.missing, **said.levels}
    known = _known(variable)
    made = {code: known[label.casefold()] for code, label in labels.items() if label.casefold() in known}
    taken = set(made.values())
    return {code: made.get(code, label if code in taken else code) for code, label in labels.items()}


def _known(variable: Variable) -> dict[str, str]:
    """Codes by what may be written for them, capitals apart; a code goes before a label."""
    labels = {label.casefold(): code for code, label in {**variable.missing, **variable.levels}.items()}
    codes = {code.casefold(): code for code in (*variable.levels, *variable.missing)}
    return {**labels, **codes, **({"": "blank"} if "blank" in variable.missing else {})}


def _spellings(variable: Variable, entries: pd.Index) -> dict[str, str]:
    """Entries that occur, with the code that each stands for; none where all identifiers stay as they are."""
    if variable.type == "identifier" and not variable.missing and not entries.str.contains(r"\s").any():
        return {}  # there may be a million
    known, exact = _known(variable), {*variable.levels, *variable.missing}

    def code(entry: str) -> str:
        plain = " ".join(entry.split())
        if plain in exact:
            return plain
        if variable.type != "identifier" and re.fullmatch(r"-?\d+\.0+", plain):
            plain = plain.partition(".")[0]
        return known.get(plain.casefold(), plain)

    return {entry: code(entry) for entry in entries}
