"""What is exported: the cohort, every entry a code of the codebook, and the main model that scripts repeat on it."""

from dataclasses import dataclass
from functools import partial
from operator import ne
from pathlib import Path

import pandas as pd

from keepsafe.files import read_case_files, tidy
from keepsafe.files.cleaning import clean
from keepsafe.problems import InputError
from keepsafe.statistics.selection import backward_elimination
from keepsafe.study import Derived, Model, Study
from keepsafe.study.codebook import Variable

P_REMOVE = 0.10  # threshold of elimination
BLANK = "blank"  # the codebook's word for a blank cell


@dataclass(frozen=True)
class Cohort:
    """The cleaned cohort as `clean` returns it (`frame`), and as codes, all text; one row a person."""

    frame: pd.DataFrame
    codes: pd.DataFrame
    study: Study

    @property
    def synthetic(self) -> bool:
        """Whether every row says that it is synthetic."""
        return "synthetic" in self.frame and bool(self.frame["synthetic"].eq(1).all())


def read_cohort(data: str | Path | None, study: Study) -> Cohort:
    """The cohort made from case files."""
    if data is None and "case_files" not in study.settings.get("files", {}):
        raise InputError.of("the study file names no case files", remedy="say which: keepsafe export FILE --to X.sav")
    extract = read_case_files(data or study.file("case_files"), study.codebook)
    frame = clean(extract, study)
    return Cohort(frame, as_codes(frame, extract, study), study)


def as_codes(cohort: pd.DataFrame, extract: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The cohort as text, its blanks filled with codes of missing.

    A person's code is taken from the file that gave the person's row (where a variable is blank, all of the
    person's files have a code of missing); where that file has none, it is the first code of the codebook. A blank
    stays one where the codebook has no code, or says that a blank cell is the code.
    """
    tidied, facts = tidy(extract, study.codebook), study.settings["study"]
    key = facts.get("file", facts["person"])
    if cohort[key].isna().any():
        key = facts["person"]
    files = tidied[~tidied[key].duplicated()]
    places = pd.Index(files[key].astype("str")).get_indexer(cohort[key])
    made = {}
    for variable in variables(study, cohort):
        rule, known = study.derived.get(variable.name), cohort[variable.name]
        recorded = pd.Series(next(iter(variable.missing), BLANK), index=cohort.index, dtype="str")
        for source in reversed(rule.sources if rule else (variable.name,)):
            if source in files:
                entries = files[source].iloc[places].astype("str").set_axis(cohort.index)
                recorded = entries.where(entries.isin(list(variable.missing)), recorded)
        made[variable.name] = known.astype("str").where(known.notna(), recorded.replace(BLANK, ""))
    return pd.DataFrame(made)


def variables(study: Study, cohort: pd.DataFrame) -> list[Variable]:
    """The variables that a cohort has: the codebook's, then the study's derived ones, described in the same way."""
    described = [*study.codebook, *(_described(rule, study) for rule in study.derived.values())]
    return [variable for variable in described if variable.name in cohort]


def making(rule: Derived, study: Study) -> str:
    """How a derived variable is made, in words.

    >>> from keepsafe import load_study
    >>> making(load_study().derived["female"], load_study())
    '1 where sex is Female'
    """
    if rule.since:
        return f"{'days' if rule.unit == 'days' else 'completed years'} from {rule.since} to {rule.until}"
    if rule.one_of:
        levels = " or ".join(study.codebook.level_label(rule.variable, code) for code in rule.one_of)
        said = f"1 where {rule.variable} is {levels}"
    else:
        said = f"1 where {'at least one' if rule.any_of else 'each'} of {', '.join(rule.sources)} is 1"
    return said if rule.otherwise is None else f"{said}; {rule.otherwise} where that is not known"


def _described(rule: Derived, study: Study) -> Variable:
    """A derived variable as the codebook would have it; what is missing in its sources is missing in it."""
    sources = [study.codebook[name] for name in rule.sources if name in study.codebook]
    missing: dict[str, str] = {}
    for source in sources if rule.otherwise is None else ():
        missing |= {code: label for code, label in source.missing.items() if code not in {"0", "1", *missing}}
    phases, kind, levels, reference = {source.phase for source in sources}, "binary", {"0": "no", "1": "yes"}, "0"
    if rule.measured:  # a code of missing of its sources may be one of its values
        kind, levels, missing, reference = "number", {}, {}, None
    return Variable(
        rule.name,
        rule.label,
        sources[0].question if sources else "",
        phases.pop() if len(phases) == 1 else "",
        kind,
        levels,
        None,
        None,
        missing,
        reference,
        any(source.sensitive for source in sources),
        "",
    )


@dataclass(frozen=True)
class MainModel:
    """A logistic regression and its backward elimination by likelihood ratio.

    `categories` gives for each candidate that is a category the codes met, in the codebook's order, its reference
    level first. `selected` are the candidates that stay; None where the model cannot be fitted, and `why` says why.
    """

    model: Model
    categories: dict[str, tuple[str, ...]]
    selected: tuple[str, ...] | None = None
    why: str = ""


def main_model(cohort: pd.DataFrame, study: Study) -> MainModel | None:
    """The first model of the study file that the cohort has all variables of, and what elimination keeps of it.

    Examples
    --------
    >>> from keepsafe import load_cohort, load_study
    >>> len(main_model(load_cohort(), load_study()).model.candidates)
    25
    """
    there = (model for model in study.models.values() if {model.outcome.variable, *model.candidates} <= set(cohort))
    model = next(there, None)
    if model is None:
        return None
    outcome, candidates = model.outcome.variable, list(model.candidates)
    used = cohort[[outcome, *candidates]].dropna()
    categories = {}
    for name in candidates:
        if isinstance(used[name].dtype, pd.CategoricalDtype):
            met = [str(code) for code in used[name].cat.categories if (used[name] == code).any()]
            first = study.codebook[name].reference
            categories |= {name: tuple(sorted(met, key=partial(ne, first)))} if met else {}
    reference = {name: met[0] for name, met in categories.items()}
    try:
        chosen = backward_elimination(
            cohort, outcome, candidates, "lr", P_REMOVE, event=model.outcome.event, reference=reference
        )
    except InputError as error:
        return MainModel(model, categories, why=str(error.problems[0]))
    return MainModel(model, categories, chosen.selected)
