"""Which variables of a cohort may reach a report: those of which no table by the study's groups has a small cell.

A variable is shown whole or not at all. That costs more than suppressing single cells, and gives margins and
differences nothing to work with: every cell that is shown is empty or holds at least the threshold, so what can be
worked out of a cell that is not shown reaches up to the threshold as well.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from keepsafe.disclosure.limits import Limits
from keepsafe.study import Model, Study

LOG = ["what", "name", "why"]


@dataclass(frozen=True)
class Protected:
    """What may be shown of a cohort.

    `cohort` holds the variables that stand, persons numbered anew; `withheld` names the others; `models` the study's
    models with the candidates that stand; `log` has a row for everything withheld: what (variable, candidate, model),
    name, why. The log holds no counts.
    """

    cohort: pd.DataFrame
    withheld: tuple[str, ...]
    models: dict[str, Model]
    log: pd.DataFrame

    def facts(self) -> str:
        """What is withheld, as JSON: columns, candidates by model, and the log."""
        models = {name: list(model.candidates) for name, model in self.models.items()}
        return json.dumps({"columns": self.withheld, "models": models, "log": self.log.to_dict("records")}, indent=1)


def protect(cohort: pd.DataFrame, study: Study, limits: Limits) -> Protected:
    """Leave out of a cohort, and of the study's models, what rests on few persons.

    Parameters
    ----------
    cohort : as `clean` returns it, with the study's derived variables.
    study : its groups, derived variables, sums and models.
    limits : threshold and base.

    Returns
    -------
    Protected

    Examples
    --------
    >>> from keepsafe import load_cohort, load_study
    >>> made = protect(load_cohort(), load_study(), Limits(10, 5))
    >>> "sex" in made.cohort, "ethnicity" in made.cohort
    (True, False)
    """
    person, file = (study.settings.get("study", {}).get(name) for name in ("person", "file"))
    identifiers = [variable.name for variable in study.codebook if not variable.described]
    seen = cohort.drop(columns=[name for name in identifiers if name in cohort and name != person])
    if person in seen:
        seen = seen.assign(**{person: np.arange(1, len(seen) + 1)})
    reasons: dict[str, str] = {name: "a date" if study.codebook[name].type == "date" else "an identifier"
                               for name in identifiers if name not in (person, file)}  # fmt: skip
    groupings = _groupings(seen, study)
    for name in seen.columns.difference([person], sort=False):
        if why := _small(seen[name], {by: codes for by, codes in groupings.items() if by != name}, limits, study):
            reasons[name] = why
    for name, why in _related(seen, study, groupings, limits, reasons):
        reasons.setdefault(name, why)
    rows = [("variable", f"{study.label(name)} ({name})", why) for name, why in reasons.items()]
    kept = seen.drop(columns=[name for name in reasons if name in seen])
    models = {}
    for name, model in study.models.items():
        stands, why = _model(model, kept, limits, study, rows)
        if why:
            rows.append(("model", f"{model.label} ({model.name})", why))
        else:
            models[name] = stands
    return Protected(kept, tuple(reasons), models, pd.DataFrame(rows, columns=LOG))


def _groupings(cohort: pd.DataFrame, study: Study) -> dict[str, pd.Series]:
    """Variables that divide the cohort into the study's groups, and the whole of it."""
    names = dict.fromkeys(group.variable for group in study.groups.values() if group.variable in cohort)
    everybody = pd.Series("all", cohort.index)
    return {"": everybody} | {name: cohort[name].astype("str") for name in names}


def _small(values: pd.Series, groupings: dict[str, pd.Series], limits: Limits, study: Study) -> str | None:
    """Why a variable rests on few persons in some group; None where it does not."""
    for by, codes in groupings.items():
        if limits.small(_table(values, codes, study)):
            return f"few persons in a cell, by {study.label(by)}" if by else "few persons in a cell"
    return None


def _table(values: pd.Series, codes, study: Study) -> np.ndarray:
    """Cells of a variable by a grouping; of a number only those that a mean rests on: how many have some."""
    cells = _cells(values, study)
    return pd.crosstab(cells, codes).drop(index="none or not known", errors="ignore").to_numpy()


def _cells(values: pd.Series, study: Study) -> pd.Series:
    """What is counted of a variable: its levels and the missing; of a number, whether it is known and above nought."""
    name = str(values.name)
    counted = not study.derived[name].measured if name in study.derived else name not in study.codebook
    if counted or name in study.codebook and study.codebook[name].coded:
        return values.astype("str").where(values.notna(), "missing")
    return values.gt(0).fillna(False).map({True: "some", False: "none or not known"})


def _related(cohort, study: Study, groupings, limits: Limits, reasons: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Variables from which others could be worked out, or that differ from another by few persons."""
    gone = set(reasons)
    for name, parts in study.rules.sums.items():
        if name not in gone and gone & set(parts):
            gone.add(name)
            yield name, "what it sums is withheld in part"
    for name, made in study.derived.items():
        if name in gone or name not in cohort or made.one_of or made.measured:
            continue
        joint = cohort.groupby(list(made.sources), dropna=False, observed=True).ngroup()  # the missing count too
        if gone & set(made.sources):
            gone.add(name)
            yield name, "what it is made of is withheld in part"
        elif any(limits.small(pd.crosstab(joint, codes).to_numpy()) for codes in groupings.values()):
            gone.add(name)
            yield name, "what it is made of goes together in few persons"
    yield from _nested(cohort.drop(columns=[name for name in gone if name in cohort]), groupings, limits)


def _nested(cohort: pd.DataFrame, groupings, limits: Limits) -> Iterator[tuple[str, str]]:
    """0/1 variables that lie within another but for few persons: the difference would show those."""
    yes_no = [name for name in cohort if pd.api.types.is_integer_dtype(cohort[name].dtype)
              and set(cohort[name].dropna().unique()) <= {0, 1}]  # fmt: skip
    X = cohort[yes_no].fillna(0).to_numpy(float) == 1
    for codes in groupings.values():
        for group in codes.unique():
            rows = X[(codes == group).to_numpy()].astype(float)
            both, n = rows.T @ rows, rows.sum(axis=0)
            beyond = n[None, :] - n[:, None]  # how many more have j than i
            within = (both == n[:, None]) & (n[:, None] > 0)  # everybody with i has j
            few = within & (beyond > 0) & (beyond < limits.threshold)
            for i in np.flatnonzero(few.any(axis=1)):
                yield yes_no[i], "differs by few persons from a variable that it is part of"


def _model(model: Model, cohort: pd.DataFrame, limits: Limits, study: Study, rows: list) -> tuple[Model | None, str]:
    """The model with the candidates that stand, or why it falls."""
    outcome = model.outcome.variable
    if outcome not in cohort:
        return None, "its outcome is withheld"
    event = (cohort[outcome].astype("str") == model.outcome.event).to_numpy()
    if limits.small([event.sum(), (~event).sum()]) or event.all() or not event.any():
        return None, "few persons with or without the outcome"
    stands = []
    for name in model.candidates:
        if name not in cohort:
            why = "withheld"
        elif limits.small(_table(cohort[name], event, study)):
            why = "few persons in a cell, by the outcome"
        else:
            stands.append(name)
            continue
        rows.append(("candidate", f"{study.label(name)} ({name}) in {model.label}", why))
    if not stands:
        return None, "no candidate stands"
    complete = cohort[[outcome, *stands]].dropna()
    if len(complete) - len(stands) - 1 < limits.threshold:
        return None, "few residual degrees of freedom"
    return replace(model, candidates=tuple(stands)), ""
