"""From the extract of case files to the cohort: exclusions, one row a person, codes of missing made blank."""

import hashlib
from pathlib import Path

import pandas as pd

from keepsafe import case_files, disclosure, paths, runs
from keepsafe.codebook import Codebook, Variable
from keepsafe.problems import InputError
from keepsafe.study import Derived, Study, load_study

COHORT, KEY = "cohort.csv", "cohort.key"


def clean(extract: pd.DataFrame, study: Study | None = None) -> pd.DataFrame:
    """Make the cohort: one row a person, with the study's derived variables.

    Files of excluded teams are left out. Files of one person are merged: the highest SERAF category is kept;
    each other variable is taken from the file with the highest category, blanks filled from the person's next one.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    study : exclusions, categories, derived variables; by default `load_study()`.

    Returns
    -------
    DataFrame
        one row a person, in the order of person_id. Binary, count and number columns are nullable whole
        numbers, category and ordered ones are categorical with the codebook's levels, missing is blank.

    Raises
    ------
    InputError
        with every entry that the codebook does not allow.

    Examples
    --------
    >>> from keepsafe import read_case_files
    >>> cohort = clean(read_case_files())
    >>> len(cohort), cohort["cse"].sum().item()
    (205, 54)
    """
    study = study or load_study()
    tidied = case_files.checked(extract, study.codebook)
    cohort = _typed(_merged(_kept(tidied, study), study), study.codebook)
    return with_derived(cohort, study)


def flow(extract: pd.DataFrame, study: Study | None = None) -> pd.DataFrame:
    """How many files and persons are left after each step.

    Parameters
    ----------
    extract, study : as for `clean`.

    Returns
    -------
    DataFrame
        one row a step: step, left_out (files), files, persons.
    """
    study = study or load_study()
    tidied = case_files.checked(extract, study.codebook)
    rules, person = study.settings["cohort"], study.settings["study"]["person"]
    steps = [("Case files in the 2006 exercise", 0, tidied)]
    for team in rules["excluded_teams"]:
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
    """Where several files of one person differ: one row a variable, with the number of persons (variable, persons)."""
    study = study or load_study()
    kept = _kept(case_files.checked(extract, study.codebook), study)
    values = _blanked(kept, study.codebook)
    person, file = study.settings["study"]["person"], study.settings["study"]["file"]
    differing = (values.groupby(person).nunique() > 1).sum().drop(file)
    differing = differing[differing > 0].sort_values(ascending=False, kind="stable")
    return differing.rename_axis("variable").reset_index(name="persons")


def as_coded(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Case files one by one, tidied and typed like the cohort: a row a file, nothing left out or merged."""
    return _typed(_blanked(case_files.checked(extract, codebook), codebook), codebook)


def load_cohort(study: Study | None = None) -> pd.DataFrame:
    """The cleaned cohort: that of the run or of the last run if the inputs are the same, else cleaned now.

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
        cohort = clean(case_files.read_case_files(codebook=study.codebook), study)
        return disclosure.protect(cohort, study, limits).cohort
    last = paths.root() / "reports" / "tables"
    if run is None and (last / KEY).is_file() and (last / KEY).read_text(encoding="utf-8") == _key(study):
        return _read(last / COHORT, study)
    return clean(case_files.read_case_files(codebook=study.codebook), study)


def save_cohort(cohort: pd.DataFrame, study: Study | None = None) -> None:
    """Hand the cohort to the other notebooks of the run; outside a run nothing is written.

    It stays in the run's private folder. Only a cohort whose every row is labelled synthetic is
    written to the run's tables as well. Under disclosure control the others get what may be shown of it.
    """
    run = runs.active()
    if run is None:
        return
    if limits := disclosure.active():
        protected = disclosure.protect(cohort, study or load_study(), limits)
        protected.cohort.to_parquet(run.path("cohort.parquet"))
        run.path(runs.WITHHELD).write_text(protected.facts(), encoding="utf-8")
        return
    cohort.to_parquet(run.path("cohort.parquet"))
    if run.synthetic and "synthetic" in cohort and cohort["synthetic"].eq(1).all():
        cohort.to_csv(run.path("tables", COHORT), index=False, lineterminator="\n")
        run.path("tables", KEY).write_text(_key(study or load_study()), encoding="utf-8")


def with_derived(cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The cohort with the study's derived 0/1 variables added as nullable whole numbers."""
    return cohort.assign(**{name: _derived(cohort, rule) for name, rule in study.derived.items()})


def _kept(tidied: pd.DataFrame, study: Study) -> pd.DataFrame:
    rules = study.settings.get("cohort", {})
    excluded = rules.get("excluded_teams", [])
    return tidied[~tidied[rules["team"]].isin(excluded)] if excluded else tidied


def _blanked(tidied: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    return tidied.apply(lambda column: column.where(~column.isin(list(codebook[column.name].missing))))


def _merged(kept: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row a person; files with a higher category, then those met first, come first."""
    rules, person = study.settings.get("cohort", {}), study.settings["study"]["person"]
    values = _blanked(kept, study.codebook)
    category = rules.get("category")
    if category:
        order = {code: place for place, code in enumerate(study.codebook[category].levels)}
        values = values.iloc[(-values[category].map(order)).argsort(kind="stable")]
    merged = values.groupby(person, sort=True).first().reset_index()[values.columns]
    if category and "groups_of_categories" in rules:
        wanted = {code: group for group, codes in rules["groups_of_categories"].items() for code in codes}
        merged[rules["grouped_as"]] = merged[category].map(wanted)
    return merged


def _typed(merged: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    return merged.apply(lambda column: _column(column, codebook[column.name]))


def _column(values: pd.Series, variable: Variable) -> pd.Series:
    if variable.type in ("category", "ordered"):
        dtype = pd.CategoricalDtype(list(variable.levels), ordered=variable.type == "ordered")
        return values.astype(dtype)
    return values if variable.type == "identifier" else pd.to_numeric(values).astype("Int64")


def _derived(cohort: pd.DataFrame, rule: Derived) -> pd.Series:
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


def _key(study: Study) -> str:
    """A checksum of all that the cohort rests on: case files, codebook, study file and this library's code."""
    parts = [study.file("case_files"), paths.data("codebook.csv"), paths.data("study.toml"),
             Path(case_files.__file__), Path(__file__)]  # fmt: skip
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def _read(path: Path, study: Study) -> pd.DataFrame:
    text = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    missing = [name for name in study.codebook.names if name not in text]
    if missing:
        raise InputError.of(f"lacks the columns {', '.join(missing)}", file=paths.shown(path), remedy="run again")
    return with_derived(_typed(text[study.codebook.names], study.codebook), study)
