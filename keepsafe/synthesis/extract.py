"""The untidy extract around a cohort: repeated files, teams left out, stray entries, a second coder."""

import numpy as np
import pandas as pd

from keepsafe.files import tidy
from keepsafe.study import Study
from keepsafe.synthesis.rules import sources


def extract(cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Files from which cleaning gives back the cohort; one row a person where no column of the file is named."""
    rules, file = study.settings.get("synthesis", {}).get("files", {}), study.settings["study"].get("file")
    if not file:
        return untidied(cohort, rules.get("untidy", 0), study, rng)
    excluded = rules.get("excluded", {})
    repeated = rules.get("total", len(cohort) + sum(excluded.values())) - len(cohort) - sum(excluded.values())
    first = _teamed(cohort, study, rng)
    files = pd.concat(
        [first, _repeats(first, repeated, study, rng), _left_out(cohort, excluded, study, rng)],
        ignore_index=True,
    )
    files = _ordered(files, study.settings["study"]["person"], rng)
    files[file] = [f"F{number:04d}" for number in rng.permutation(len(files)) + 1]
    return untidied(files[list(cohort)], rules.get("untidy", 0), study, rng)


def second_coder(extract: pd.DataFrame, cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """A random sample of the cohort's files coded again, some codes differently."""
    rules, said = study.settings.get("synthesis", {}).get("files", {}), study.settings.get("cohort", {})
    person, file, team = study.settings["study"]["person"], study.settings["study"].get("file"), said.get("team")
    tidied = tidy(extract[study.codebook.names], study.codebook)
    if team:
        tidied = tidied[~tidied[team].isin(said.get("excluded_teams", []))]
    kept = tidied.drop_duplicates(person)
    sample = kept.iloc[rng.choice(len(kept), min(rules.get("coded_twice", 0), len(kept)), replace=False)]
    again = cohort.set_index(person).loc[sample[person]].reset_index()
    for name in filter(None, (file, team)):
        again[name] = sample[name].to_numpy()
    again = again[list(cohort)]
    same = _settled(study)
    for variable in study.codebook:
        if variable.name in same or variable.type == "identifier":
            continue
        column = again[variable.name].to_numpy(object)
        differs = rng.random(len(again)) < rules.get("disagreement", 0)
        differs &= ~again[variable.name].isin(list(variable.missing)).to_numpy()
        for i in np.flatnonzero(differs):
            if variable.coded:
                column[i] = rng.choice([code for code in variable.levels if code != column[i]])
            elif variable.whole:
                column[i] = str(np.clip(int(column[i]) + rng.choice([-1, 1]), variable.low, variable.high))
        again[variable.name] = column
    return again.sort_values(file or person, ignore_index=True)


def _settled(study: Study) -> set[str]:
    """Identifiers, and what says to which groups a person belongs: all who code a file agree on these."""
    about, cohort = study.settings["study"], study.settings.get("cohort", {})
    groups = {source for group in study.groups.values() if group.variable for source in sources(group.variable, study)}
    named = {about["person"], about.get("file"), *(cohort.get(key) for key in ("team", "category", "grouped_as"))}
    return {*named, *groups, "synthetic"} - {None}


def _teamed(cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Persons with a team drawn for each, where the study has teams."""
    said = study.settings.get("cohort", {})
    team = said.get("team")
    if not team:
        return cohort
    teams = [code for code in study.codebook[team].levels if code not in said.get("excluded_teams", [])]
    given = study.settings.get("synthesis", {}).get("files", {}).get("teams", {})
    weight = np.array([given.get(code, 2) for code in teams], float)
    return cohort.assign(**{team: rng.choice(teams, len(cohort), p=weight / weight.sum())})


def untidied(files: pd.DataFrame, share: float, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Some entries with stray blanks or capitals, a label in place of its code, or a decimal point."""
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
            elif variable.whole or "." not in entry:
                forms += [f"{entry}.0"]
            column[i] = forms[rng.integers(len(forms))]
        made[variable.name] = column
    return made


def _repeats(first: pd.DataFrame, count: int, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Further files of some, in other teams, their category the same or lower, some codes not recorded."""
    rules = study.settings.get("cohort", {})
    category, grouped = rules.get("category"), rules.get("grouped_as")
    again = _teamed(first.iloc[rng.integers(len(first), size=count)].copy(), study, rng)
    poorer = np.ones(count, bool)
    if category:
        order = list(study.codebook[category].levels)
        group_of = {code: group for group, codes in rules["groups_of_categories"].items() for code in codes}
        place = np.array([order.index(code) for code in again[category]], int)
        lower = np.where(rng.random(count) < 0.5, rng.integers(0, place + 1), place)
        again[category] = [order[k] for k in lower]
        again[grouped] = again[category].map(group_of)
        poorer = lower < place
    kept = {rules.get("team"), category, grouped, *study.strata.values()}
    for variable in study.codebook:
        if "-9" in variable.missing and variable.name not in kept:
            blank = (rng.random(count) < 0.05) & poorer
            again.loc[blank, variable.name] = "-9"
    return again


def _left_out(cohort: pd.DataFrame, excluded: dict[str, int], study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Files in the teams that were left out: little more than who they are, since none could be read."""
    person, total = study.settings["study"]["person"], sum(excluded.values())
    known = _settled(study) | set(study.strata.values())
    donors = cohort.iloc[rng.integers(len(cohort), size=total)].copy()
    if excluded:
        donors[study.settings["cohort"]["team"]] = np.repeat(list(excluded), list(excluded.values()))
    donors[person] = [f"P{len(cohort) + 1 + i:03d}" for i in range(total)]
    for variable in study.codebook:
        if variable.name not in known and "-9" in variable.missing:
            donors[variable.name] = "-9"
    return donors


def _ordered(files: pd.DataFrame, person: str, rng: np.random.Generator) -> pd.DataFrame:
    """The files in random order, but a person's complete file before the others."""
    rank = rng.random(len(files))
    for _, rows in files.groupby(person).groups.items():
        if len(rows) > 1:
            rank[rows] = np.sort(rank[rows])
    return files.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)
