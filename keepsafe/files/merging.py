"""Several files of one person made one: which files count, which entry holds, and where they contradict each other."""

import numpy as np
import pandas as pd

from keepsafe.files import checked
from keepsafe.files.entries import known, typed
from keepsafe.files.findings import LISTED, SHOWN
from keepsafe.problems import InputError, Problem, row_word
from keepsafe.study import Study
from keepsafe.study.codebook import Variable
from keepsafe.study.definition import load_study

ONE_ROW = ("correct the identifier, or delete one of the rows; if a person may have several, name the column of the "
           "file under [study] and the category that decides under [cohort]")  # fmt: skip


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
    steps = [(rules.get("extract", "Case files"), 0, tidied)]
    for team in rules.get("excluded_teams", []):
        before = steps[-1][2]
        rest = before[before[rules["team"]] != team]
        label = study.codebook.level_label(rules["team"], team)
        steps.append((f"without files of the {label.lower()} team", len(before) - len(rest), rest))
    last = steps[-1][2]
    merged = last.drop_duplicates(person)
    steps.append(("one row a person", len(last) - len(merged), merged))
    rows = [(step, out, len(rest), rest[person].nunique()) for step, out, rest in steps]
    return pd.DataFrame(rows, columns=["step", "left_out", "files", "persons"])


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
    differing = {
        name: int(_differing(kept[name], study.codebook[name], order, starts).sum())
        for name in kept.columns.drop([_named(study, "person"), _named(study, "file")])
    }
    found = pd.Series(differing, dtype=int)
    found = found[found > 0].sort_values(ascending=False, kind="stable")
    return found.rename_axis("variable").reset_index(name="persons")


def merged(extract: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a person of the files that are kept: of each column the first entry that is known, typed."""
    files = _kept(checked(extract, study.codebook), study)
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
        raise InputError.of(
            f"files without a person cannot be merged: {len(unknown)}, this one first",
            file=files.attrs.get("file"),
            line=unknown[0].item(),
            column=person,
        )
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
    differing = {
        name: _differing(files[name], study.codebook[name], order, starts) for name in files.columns.drop(person)
    }
    ends, problems = np.append(starts[1:], len(order)), []
    for place in np.flatnonzero(np.logical_or.reduce([np.zeros(len(starts), bool), *differing.values()])):
        lines = sorted(files.index[order[starts[place] : ends[place]]].tolist())
        names = [name for name, differs in differing.items() if differs[place]]
        where = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
        message = f"the same person as on {row_word(file)} {lines[0]}, with other entries in {where}"
        problems.append(Problem(message, file, lines[1], person, ONE_ROW))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line)[:LISTED])


def _differing(column: pd.Series, variable: Variable, order: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Of each person, whether several entries of a column are known and differ."""
    if not len(order):
        return np.zeros(0, bool)
    codes = known(column, variable).codes[order].astype(int)
    least = np.minimum.reduceat(np.where(codes < 0, len(codes), codes), starts)
    return np.maximum.reduceat(codes, starts) > least
