"""The untidy extract around a cohort: repeated files, teams left out, stray entries, a second coder."""

import numpy as np
import pandas as pd

from keepsafe.case_files import tidy
from keepsafe.study import Study

TEAM_WEIGHTS = {"duty_assessment": 4, "child_protection": 4, "looked_after": 4}


def extract(cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Make the files of an extract from which cleaning gives back the cohort.

    Parameters
    ----------
    cohort : one row a person, codes as text, the codebook's columns.
    study : its [synthesis.files] says how many files there are and how untidy they are.
    rng : random numbers.

    Returns
    -------
    DataFrame
        one row a file, all text, the codebook's columns in its order; a person's files stand apart from each
        other.
    """
    rules = study.settings["synthesis"]["files"]
    excluded = rules["excluded"]
    repeated = rules["total"] - len(cohort) - sum(excluded.values())
    first = cohort.assign(team=_teams(len(cohort), study, rng))
    files = pd.concat(
        [first, _repeats(first, repeated, study, rng), _left_out(cohort, excluded, study, rng)],
        ignore_index=True,
    )
    files = _ordered(files, rng)
    files["file_id"] = [f"F{number:04d}" for number in rng.permutation(len(files)) + 1]
    return untidied(files[study.codebook.names], rules["untidy"], study, rng)


def second_coder(extract: pd.DataFrame, cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """A random sample of the cohort's files coded again, some codes differently.

    Parameters
    ----------
    extract : as `extract` returns it; cohort : one row a person, codes as text.

    Returns
    -------
    DataFrame
        one row a file of the sample, the codebook's columns.
    """
    rules, category = study.settings["synthesis"]["files"], study.settings["cohort"]["category"]
    person, file, team = study.settings["study"]["person"], study.settings["study"]["file"], "team"
    tidied = tidy(extract, study.codebook)
    kept = tidied[~tidied[team].isin(study.settings["cohort"]["excluded_teams"])].drop_duplicates(person)
    sample = kept.iloc[rng.choice(len(kept), rules["coded_twice"], replace=False)]
    again = cohort.set_index(person).loc[sample[person]].reset_index()
    again[[file, team]] = sample[[file, team]].to_numpy()
    again = again[study.codebook.names]
    same = {person, file, team, category, study.settings["cohort"]["grouped_as"], "synthetic", "cse"}
    for variable in study.codebook:
        if variable.name in same or variable.type == "identifier":
            continue
        column = again[variable.name].to_numpy(object)
        differs = (rng.random(len(again)) < rules["disagreement"]) & ~pd.Series(column).isin(
            list(variable.missing)
        ).to_numpy()
        for i in np.flatnonzero(differs):
            if variable.coded:
                column[i] = rng.choice([code for code in variable.levels if code != column[i]])
            else:
                column[i] = str(np.clip(int(column[i]) + rng.choice([-1, 1]), variable.low, variable.high))
        again[variable.name] = column
    return again.sort_values(file, ignore_index=True)


def untidied(files: pd.DataFrame, share: float, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Some entries with stray blanks or capitals, with a label in place of its code, or with a decimal
    point."""
    made = files.copy()
    for variable in study.codebook:
        if variable.type == "identifier":
            continue
        column = made[variable.name].to_numpy(object)
        labels = {**variable.levels, **variable.missing}
        for i in np.flatnonzero(rng.random(len(made)) < share):
            entry = column[i]
            forms = [f" {entry}", f"{entry} "]
            if entry in labels:
                forms += [labels[entry], f"{labels[entry]} ", labels[entry].upper()]
            else:
                forms += [f"{entry}.0"]
            column[i] = forms[rng.integers(len(forms))]
        made[variable.name] = column
    return made


def _teams(n: int, study: Study, rng: np.random.Generator) -> np.ndarray:
    excluded = study.settings["cohort"]["excluded_teams"]
    teams = [code for code in study.codebook["team"].levels if code not in excluded]
    weight = np.array([TEAM_WEIGHTS.get(code, 2) for code in teams], float)
    return rng.choice(teams, n, p=weight / weight.sum())


def _repeats(first: pd.DataFrame, count: int, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Further files of some persons, in other teams, their category the same or a lower one, some codes not
    recorded."""
    rules = study.settings["cohort"]
    order = list(study.codebook[rules["category"]].levels)
    group_of = {code: group for group, codes in rules["groups_of_categories"].items() for code in codes}
    again = first.iloc[rng.integers(len(first), size=count)].copy()
    again["team"] = _teams(count, study, rng)
    place = np.array([order.index(code) for code in again[rules["category"]]])
    lower = np.where(rng.random(count) < 0.5, rng.integers(0, place + 1), place)
    again[rules["category"]] = [order[k] for k in lower]
    again[rules["grouped_as"]] = again[rules["category"]].map(group_of)
    for variable in study.codebook:
        if "-9" in variable.missing and variable.name not in (
            "team",
            "sex",
            rules["category"],
            rules["grouped_as"],
        ):
            blank = (rng.random(count) < 0.05) & (lower < place)
            again.loc[blank, variable.name] = "-9"
    return again


def _left_out(cohort: pd.DataFrame, excluded: dict[str, int], study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Files of other persons in the teams that were left out: little more than who they are, since none could
    be read."""
    rules = study.settings["cohort"]
    known = {"team", "sex", "age_2006", rules["category"], rules["grouped_as"], "synthetic", "cse"}
    donors = cohort.iloc[rng.integers(len(cohort), size=sum(excluded.values()))].copy()
    donors["team"] = np.repeat(list(excluded), list(excluded.values()))
    donors["person_id"] = [f"P{len(cohort) + 1 + i:03d}" for i in range(len(donors))]
    for variable in study.codebook:
        if variable.name not in known and "-9" in variable.missing:
            donors[variable.name] = "-9"
    return donors.assign(cse="0")


def _ordered(files: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The files in random order, but a person's complete file before the others."""
    rank = rng.random(len(files))
    for _, rows in files.groupby("person_id").groups.items():
        if len(rows) > 1:
            rank[rows] = np.sort(rank[rows])
    return files.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)
