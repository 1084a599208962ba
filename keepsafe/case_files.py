"""Case files as extracted: read as text, tidied to the codebook's codes, every fault found at once."""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from keepsafe import csv_tables, paths, runs
from keepsafe.codebook import Codebook, Variable, load_codebook
from keepsafe.problems import InputError, Problem
from keepsafe.study import load_study


def read_case_files(path: str | Path | None = None, codebook: Codebook | None = None) -> pd.DataFrame:
    """Read an extract of case files, one row a file, as text.

    Parameters
    ----------
    path : a CSV file with the codebook's variables as columns. By default the run's data, else the case
        files that the study file names.
    codebook : what the columns mean; by default `load_codebook()`.

    Returns
    -------
    DataFrame
        all text, the codebook's columns in its order, indexed by the line of the file. Codes of missing stay.

    Raises
    ------
    InputError
        for a file that cannot be read, and for columns that are missing or repeated.

    Examples
    --------
    >>> read_case_files().shape[0]
    367
    """
    codebook = codebook or load_codebook()
    run = runs.active()
    path = path or (run and run.data) or load_study(codebook=codebook).file("case_files")
    table = csv_tables.read(path, tuple(codebook.names))
    extract = table.frame[codebook.names].set_axis(pd.Index(table.lines, name="line"))
    extract.attrs["file"] = paths.shown(path)
    return extract


def tidy(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Write every entry as its code: blanks around it, capitals and labels in place of codes are mended.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    codebook : the codes and labels.

    Returns
    -------
    DataFrame
        of the same shape; entries that are neither code nor label stay as they are, for `faults` to name.
    """
    return extract.apply(lambda column: column.map(_spellings(codebook[column.name], column)))


def repairs(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """What `tidy` mended: one row a variable with the number of entries changed (columns variable, entries)."""
    changed = (tidy(extract, codebook) != extract).sum()
    changed = changed[changed > 0].sort_values(ascending=False, kind="stable")
    return changed.rename_axis("variable").reset_index(name="entries")


def faults(tidied: pd.DataFrame, codebook: Codebook) -> list[Problem]:
    """Every entry that the codebook does not allow, with its line; values of sensitive columns are not repeated.

    Parameters
    ----------
    tidied : as `tidy` returns it.
    codebook : what is allowed.

    Returns
    -------
    list of Problem
    """
    file = tidied.attrs.get("file")
    found = []
    for variable in codebook:
        column = tidied[variable.name]
        for line, entry in column[~_allowed(variable, column)].items():
            message, remedy = _said(variable, entry)
            found.append(Problem(message, file, line, variable.name, remedy))
    return sorted(found, key=lambda problem: problem.line)


def checked(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The tidied extract; raises InputError with every fault where there is one."""
    tidied = tidy(extract, codebook)
    found = faults(tidied, codebook)
    if found:
        raise InputError(found)
    return tidied


def _spellings(variable: Variable, entries: Iterable[str]) -> dict[str, str]:
    """Each entry that occurs, with the code that it stands for."""
    codes = {**{code.casefold(): code for code in (*variable.levels, *variable.missing)},
             **{label.casefold(): code for code, label in {**variable.missing, **variable.levels}.items()}}  # fmt: skip

    def code(entry: str) -> str:
        plain = " ".join(entry.split())
        if re.fullmatch(r"-?\d+\.0+", plain) and variable.type != "identifier":
            plain = plain.partition(".")[0]
        return codes.get(plain.casefold(), plain)

    return {entry: code(entry) for entry in set(entries)}


def _allowed(variable: Variable, column: pd.Series) -> pd.Series:
    missing = column.isin(list(variable.missing))
    if variable.type == "identifier":
        return column != ""
    if variable.coded:
        return missing | column.isin(list(variable.levels))
    numbers = pd.to_numeric(column.where(column.str.fullmatch(r"-?\d{1,9}"), None))
    low = variable.low if variable.low is not None else float("-inf")
    high = variable.high if variable.high is not None else float("inf")
    return missing | numbers.between(low, high).fillna(False).astype(bool)


def _said(variable: Variable, entry: str) -> tuple[str, str | None]:
    if entry == "":
        remedy = f"write a code of missing: {', '.join(variable.missing)}" if variable.missing else None
        return "the entry is blank", remedy
    if variable.coded:
        message, remedy = csv_tables.not_one_of(entry, [*variable.levels, *variable.missing])
    else:
        limits = f" from {variable.low} to {variable.high}" if variable.low is not None else ""
        message, remedy = f"{entry!r} is no whole number{limits}", None
    if variable.sensitive:
        return message.replace(repr(entry), "the entry"), remedy
    return message, remedy
