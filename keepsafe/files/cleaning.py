"""The cohort: several files of a person made one, which entry wins, the derived variables; handed on and read again.

Longer than 300 lines: which files count, which entry holds and what is made of it is one way, and the notebooks call
it under eight names.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import paths, reading, runs
from keepsafe.files import checked, disclosure, read_case_files
from keepsafe.files.disclosure.protection import grouped, protect
from keepsafe.files.entries import counted, derived, known, typed
from keepsafe.files.findings import LISTED, SHOWN
from keepsafe.problems import InputError, Problem, listed, require_frame, row_word
from keepsafe.reading.delimited import inert_cells, restored
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import Codebook

COHORT, KEY = "cohort.csv", "cohort.key"
ONE_ROW = ("correct the identifier, or delete one of the rows; if a person may have several, name the column of the "
           "file under [study] and the category that decides under [cohort]")  # fmt: skip


def clean(extract: pd.DataFrame, study: Study | None = None) -> pd.DataFrame:
    """Make the cohort: one row a person, with the study's derived variables.

    Files of teams that the study file excludes under [cohort] are left out. Files of one person are merged: the highest
    category that it names there is kept (of the edition the SERAF category); each other variable is taken from the file
    with that category, blanks filled from the person's next one. Without a category the first file goes before the
    next. A study that names neither a category nor, under [study], a column of the file has one row a person. Under
    disclosure control few persons in no group are left out.

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
    tidied = checked(extract, study.codebook)
    persons = with_derived(_merged(_kept(tidied, study), study), study)
    if limits := disclosure.active():
        persons = grouped(persons, study, limits)
        disclosure.note_content(tidied, len(persons))  # however entries are written, for 1.0 is a 1
    return persons


def flow(extract: pd.DataFrame, study: Study | None = None) -> pd.DataFrame:
    """How many files and persons are left after each step.

    Parameters
    ----------
    extract, study : as for `clean`.

    Returns
    -------
    DataFrame
        one row a step: step (in words), left_out (files), files and persons (what remains). The first step is the
        extract, the last keeps one row a person.

    Examples
    --------
    >>> from keepsafe import read_case_files
    >>> flow(read_case_files())[["left_out", "files", "persons"]].iloc[[0, -1]].values.tolist()
    [[0, 367, 260], [107, 205, 205]]
    """
    study = study or load_study()
    tidied = checked(extract, study.codebook)
    rules, person = study.settings.get("cohort", {}), _named(study, "person")
    steps = [(rules.get("extract", "Case files"), tidied)]
    for team in rules.get("excluded_teams", []):
        rest = steps[-1][1]
        label = study.codebook.level_label(rules["team"], team)
        steps.append((f"without files of the {label.lower()} team", rest[rest[rules["team"]] != team]))
    steps.append(("one row a person", steps[-1][1].drop_duplicates(person)))
    rows = [(step, len(rest), rest[person].nunique()) for step, rest in steps]
    found = pd.DataFrame(rows, columns=["step", "files", "persons"])
    found.insert(1, "left_out", -found["files"].diff().fillna(0).astype(int))
    return found


def disagreements(extract: pd.DataFrame, study: Study | None = None) -> pd.DataFrame:
    """Where several files of one person differ, of those that `clean` keeps.

    Parameters
    ----------
    extract, study : as for `clean`.

    Returns
    -------
    DataFrame
        one row a variable in which somebody's files differ, the most frequent first: variable, persons (how many).
        An entry that is not known differs from none.

    Examples
    --------
    >>> from keepsafe import read_case_files
    >>> disagreements(read_case_files())["variable"].tolist()
    ['team', 'seraf_category', 'risk_group']
    """
    study = study or load_study()
    kept = _kept(checked(extract, study.codebook), study)
    order, starts = _by_person(kept, study)
    named = kept.drop(columns=[_named(study, "person"), _named(study, "file")])
    differing = _differing(named, study, order, starts)
    return counted({name: int(differs.sum()) for name, differs in differing.items()}, "persons")


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
    if run is None and (last / KEY).is_file() and (last / KEY).read_text(encoding="utf-8") == _key():
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
        persons = disclosure.digests(cohort, study.settings["study"]["person"])
        run.path(runs.PERSONS).write_text(persons, encoding="ascii")
        run.path(runs.WITHHELD).write_text(protected.facts(), encoding="utf-8")
        return
    cohort.to_parquet(run.path("cohort.parquet"))
    if run.synthetic and "synthetic" in cohort and cohort["synthetic"].eq(1).all():
        inert_cells(cohort).to_csv(run.path("tables", COHORT), index=False, lineterminator="\n")
        run.path("tables", KEY).write_text(_key(), encoding="utf-8")


def _merged(files: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a person: of each column the first entry that is known, typed."""
    order, starts = _by_person(files, study)
    persons, rules = {}, study.settings.get("cohort", {})
    if len(starts) < len(order) and not (rules.get("category") or study.settings.get("study", {}).get("file")):
        _refuse_contradictions(files, study, order, starts)
    for name in files:
        variable = study.codebook[name]
        column = known(files[name], variable)
        codes = column.codes[order]
        if len(starts) < len(order):
            first = np.minimum.reduceat(np.where(codes < 0, len(codes), np.arange(len(codes))), starts)
            codes = np.append(codes, -1).astype(codes.dtype)[first]
        persons[name] = typed(pd.Categorical.from_codes(codes, dtype=column.dtype), variable)
    if rules.get("category") and "groups_of_categories" in rules:
        wanted = {code: group for group, codes in rules["groups_of_categories"].items() for code in codes}
        groups = pd.Categorical(pd.Series(persons[rules["category"]]).map(wanted))
        persons[rules["grouped_as"]] = typed(groups, study.codebook[rules["grouped_as"]])
    return pd.DataFrame(persons)


def _kept(tidied: pd.DataFrame, study: Study) -> pd.DataFrame:
    rules = study.settings.get("cohort", {})
    excluded = rules.get("excluded_teams", [])
    return tidied[~tidied[rules["team"]].isin(excluded)] if excluded else tidied


def _named(study: Study, what: str) -> str:
    """The column of the person, or of the file, that the study file names under [study]."""
    name = study.settings.get("study", {}).get(what)
    if name is None:
        row = "if each row is a person, give the codebook a row with identifier under type and line under levels"
        remedy = f'write {what} = "..." under [study]; {row}'
        raise InputError.of(f"[study] names no column of the {what}", file="study.toml", remedy=remedy)
    return name


def _by_person(files: pd.DataFrame, study: Study) -> tuple[np.ndarray, np.ndarray]:
    """Files in the order of persons, each one's with the highest category first; and where each person begins."""
    person, category = _named(study, "person"), study.settings.get("cohort", {}).get("category")
    unknown = files.index[files[person].isin(list(study.codebook[person].missing))]
    if len(unknown):
        what = f"files without a person cannot be merged: {len(unknown)}, this one first"
        raise InputError.of(what, file=files.attrs.get("file"), line=unknown[0].item(), column=person)
    persons = files[person].cat.categories.argsort().argsort()[files[person].cat.codes]
    rank = np.zeros(len(files), int)
    if category:
        rank = -known(files[category], study.codebook[category]).codes.astype(int)  # blank, -1, comes last
    order = np.lexsort((rank, persons))
    starts = np.flatnonzero(np.r_[True, np.diff(persons[order]) != 0][: len(order)])
    return order, starts


def _refuse_contradictions(files: pd.DataFrame, study: Study, order: np.ndarray, starts: np.ndarray) -> None:
    """InputError where rows of one person contradict each other, for the study does not say which of them holds."""
    person, file = _named(study, "person"), files.attrs.get("file")
    differing = _differing(files.drop(columns=person), study, order, starts)
    ends, problems = np.append(starts[1:], len(order)), []
    for place in np.flatnonzero(np.logical_or.reduce([np.zeros(len(starts), bool), *differing.values()])):
        lines = sorted(files.index[order[starts[place] : ends[place]]].tolist())
        names = [name for name, differs in differing.items() if differs[place]]
        where = f"the same person as on {row_word(file)} {lines[0]}, with other entries in {listed(names, SHOWN)}"
        problems.append(Problem(where, file, lines[1], person, ONE_ROW))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line)[:LISTED])


def _differing(files: pd.DataFrame, study: Study, order: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
    """Of each column and person, whether several entries are known and differ."""
    made = {}
    for name in files:
        codes = known(files[name], study.codebook[name]).codes[order].astype(int)
        if len(order):
            least = np.minimum.reduceat(np.where(codes < 0, len(codes), codes), starts)
            made[name] = np.maximum.reduceat(codes, starts) > least
    return made


def with_derived(cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The cohort with the study's derived variables as nullable whole numbers, where it has their sources."""
    rules = {name: rule for name, rule in study.derived.items() if set(rule.sources) <= set(cohort)}
    return cohort.assign(**{name: derived(cohort, rule) for name, rule in rules.items()})


def _key() -> str:
    """A checksum of all that the cohort rests on: case files, codebook, study file and this library's code."""
    code = sorted(part for home in (reading.__file__, __file__) for part in Path(home).parent.glob("*.py"))
    return hashlib.sha256(b"".join(part.read_bytes() for part in (*runs.inputs(), *code))).hexdigest()


def _read(path: Path, study: Study) -> pd.DataFrame:
    text = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""]).map(restored, na_action="ignore")
    missing = [name for name in study.codebook.names if name not in text]
    if missing:
        raise InputError.of(f"lacks the columns {', '.join(missing)}", file=paths.shown(path), remedy="run again")
    made = {name: typed(pd.Categorical(text[name]), study.codebook[name]) for name in study.codebook.names}
    return with_derived(pd.DataFrame(made), study)
