"""The cohort: made from an extract, with the study's derived variables, handed on and read again."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import paths, reading, runs
from keepsafe.files import checked, disclosure, read_case_files
from keepsafe.files.disclosure.protection import protect
from keepsafe.files.entries import known, typed
from keepsafe.files.merging import merged
from keepsafe.problems import InputError, require_frame
from keepsafe.reading.inert import inert_cells, restored
from keepsafe.reading.written import first_day
from keepsafe.study import Derived, Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.definition import load_study

COHORT, KEY = "cohort.csv", "cohort.key"


def clean(extract: pd.DataFrame, study: Study | None = None) -> pd.DataFrame:
    """Make the cohort: one row a person, with the study's derived variables.

    Files of teams that the study file excludes under [cohort] are left out. Files of one person are merged: the highest
    category that it names there is kept (of the edition the SERAF category); each other variable is taken from the file
    with that category, blanks filled from the person's next one. Without a category the first file goes before the
    next. A study that names neither a category nor, under [study], a column of the file has one row a person.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    study : exclusions, categories, derived variables; by default `load_study()`.

    Returns
    -------
    DataFrame
        one row a person, in the order of the person's identifier. Binary, count and number columns are nullable
        numbers, category and ordered ones are categorical with the codebook's levels, dates are days (of a month, a
        quarter or a week its first), missing is blank.

    Raises
    ------
    InputError
        with every entry that the codebook does not allow; and where a study of one row a person has several that
        contradict each other.

    Examples
    --------
    >>> from keepsafe import read_case_files
    >>> cohort = clean(read_case_files())
    >>> len(cohort), cohort["cse"].sum().item()
    (205, 54)
    """
    require_frame(extract=extract)
    study = study or load_study()
    persons = merged(extract, study)
    if disclosure.active():
        disclosure.note_content(extract, len(persons))
    return with_derived(persons, study)


def as_coded(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Case files one by one, tidied and typed like the cohort: nothing is left out or merged.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    codebook : what its columns mean.

    Returns
    -------
    DataFrame
        one row a file, columns as `clean` returns them, without derived variables.

    Raises
    ------
    InputError with every entry that the codebook does not allow.

    Examples
    --------
    >>> from keepsafe import load_codebook, read_case_files
    >>> as_coded(read_case_files(), load_codebook())["moves_total"].dtype
    Int64Dtype()
    """
    files = checked(extract, codebook)
    return files.apply(lambda column: typed(known(column, codebook[column.name]), codebook[column.name]))


def not_recorded(cohort: pd.DataFrame, study: Study, only: Mapping[str, str]) -> pd.DataFrame:
    """How many entries of each variable are missing, of those that should be there.

    A blank of the cohort can mean *not recorded* or *not applicable*. A variable that may be not applicable is counted
    where its phase says of whom it was asked; follow-up questions, such as the impact of a response, are left out.

    Parameters
    ----------
    cohort : as `clean` returns it.
    study : the codebook, with each variable's phase and codes of missing.
    only : phases that were coded of some alone, each with the 0/1 variable that is 1 for them: {"2": "cse"}.

    Returns
    -------
    DataFrame
        one row a variable that has codes of missing, the most frequent first: variable, phase ("1, 2"), asked and
        not_recorded (persons).

    Examples
    --------
    >>> study = load_study()
    >>> found = not_recorded(load_cohort(study), study, {"2": "cse"})
    >>> found.loc[found["variable"] == "cpr_p2", ["asked", "not_recorded"]].values.tolist()
    [[54, 2]]
    """
    rows = []
    for variable in study.codebook:
        follows_up = "not applicable" in variable.missing.values() and variable.phase not in only
        if variable.missing and not follows_up:
            entries = cohort[variable.name]
            if variable.phase in only:
                entries = entries[cohort[only[variable.phase]] == 1]
            rows.append((variable.name, variable.phase.replace(";", ", "), len(entries), int(entries.isna().sum())))
    found = pd.DataFrame(rows, columns=["variable", "phase", "asked", "not_recorded"])
    return found.sort_values("not_recorded", ascending=False, kind="stable", ignore_index=True)


def load_cohort(study: Study | None = None) -> pd.DataFrame:
    """The cleaned cohort: that of the run or of the last run if the inputs are the same, else cleaned now.

    Parameters
    ----------
    study : by default `load_study()`.

    Returns
    -------
    DataFrame
        as `clean` returns it.

    Examples
    --------
    >>> load_cohort().shape[0]
    205
    """
    study = study or load_study()
    run = runs.active()
    if run and run.path("cohort.parquet").is_file():
        return pd.read_parquet(run.path("cohort.parquet"))
    if limits := disclosure.active():
        cohort = clean(read_case_files(codebook=study.codebook), study)
        protected = protect(cohort, study, limits)
        if run is None:
            runs.by_hand(str(limits), json.loads(protected.facts()))
        return protected.cohort
    last = paths.root() / "reports" / "tables"
    if run is None and (last / KEY).is_file() and (last / KEY).read_text(encoding="utf-8") == _key(study):
        return _read(last / COHORT, study)
    return clean(read_case_files(codebook=study.codebook), study)


def save_cohort(cohort: pd.DataFrame, study: Study | None = None) -> None:
    """Hand the cohort to the other notebooks of the run; outside a run nothing is written.

    It stays in the run's private folder. Only a cohort whose every row is labelled synthetic is written to the run's
    tables as well. Under disclosure control the others get what may be shown of it.

    Parameters
    ----------
    cohort : as `clean` returns it.
    study : by default `load_study()`.

    Examples
    --------
    >>> save_cohort(load_cohort())
    """
    run = runs.active()
    if run is None:
        return
    if limits := disclosure.active():
        study = study or load_study()
        protected = protect(cohort, study, limits)
        protected.cohort.to_parquet(run.path("cohort.parquet"))
        run.path(runs.PERSONS).write_text(
            disclosure.digests(cohort, study.settings["study"]["person"]), encoding="ascii"
        )
        run.path(runs.WITHHELD).write_text(protected.facts(), encoding="utf-8")
        return
    cohort.to_parquet(run.path("cohort.parquet"))
    if run.synthetic and "synthetic" in cohort and cohort["synthetic"].eq(1).all():
        inert_cells(cohort).to_csv(run.path("tables", COHORT), index=False, lineterminator="\n")
        run.path("tables", KEY).write_text(_key(study or load_study()), encoding="utf-8")


def with_derived(cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The cohort with the study's derived variables as nullable whole numbers, where it has their sources."""
    rules = {name: rule for name, rule in study.derived.items() if set(rule.sources) <= set(cohort)}
    return cohort.assign(**{name: _derived(cohort, rule) for name, rule in rules.items()})


def _derived(cohort: pd.DataFrame, rule: Derived) -> pd.Series:
    if rule.since:
        return _elapsed(
            cohort[rule.since],
            cohort[rule.until]
            if rule.until in rule.sources
            else pd.Series(np.datetime64(first_day(rule.until), "s"), cohort.index),
            rule.unit,
        )
    if rule.one_of:
        source = cohort[rule.variable]
        made = source.astype("str").isin(rule.one_of).astype("Int64").mask(source.isna())
    elif rule.any_of:
        parts = cohort[list(rule.any_of)]
        made = parts.max(axis=1).astype("Int64").mask(parts.isna().any(axis=1) & ~parts.eq(1).any(axis=1))
    else:
        parts = cohort[list(rule.all_of)]
        made = parts.min(axis=1).astype("Int64").mask(parts.isna().any(axis=1) & ~parts.eq(0).any(axis=1))
    return made if rule.otherwise is None else made.fillna(int(rule.otherwise))


def _elapsed(since: pd.Series, until: pd.Series, unit: str) -> pd.Series:
    """Days from one date to another, or completed years as of an age; blank where either is."""
    if unit == "days":
        return (until - since).dt.days.astype("Int64")
    before = (until.dt.month * 100 + until.dt.day) < (since.dt.month * 100 + since.dt.day)
    return (until.dt.year - since.dt.year - before).astype("Int64").mask(since.isna() | until.isna())


def _key(study: Study) -> str:
    """A checksum of all that the cohort rests on: case files, codebook, study file and this library's code."""
    data = [study.file("case_files"), paths.data("codebook.csv"), paths.data("study.toml")]
    code = sorted(part for home in (reading.__file__, __file__) for part in Path(home).parent.glob("*.py"))
    return hashlib.sha256(b"".join(part.read_bytes() for part in (*data, *code))).hexdigest()


def _read(path: Path, study: Study) -> pd.DataFrame:
    text = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""]).map(restored, na_action="ignore")
    missing = [name for name in study.codebook.names if name not in text]
    if missing:
        raise InputError.of(f"lacks the columns {', '.join(missing)}", file=paths.shown(path), remedy="run again")
    made = {name: typed(pd.Categorical(text[name]), study.codebook[name]) for name in study.codebook.names}
    return with_derived(pd.DataFrame(made), study)
