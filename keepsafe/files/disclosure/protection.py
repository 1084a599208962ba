"""Which variables of a cohort may reach a report: those of which no table by the study's groups has a small cell.

A variable is shown whole or not at all. That costs more than suppressing single cells, and gives margins and
differences nothing to work with: every cell that is shown is empty or holds at least the threshold, so what can be
worked out of a cell that is not shown reaches up to the threshold as well.

Longer than 300 lines: each way in which a cell can be worked out of others is read beside the rest.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import pandas as pd
from scipy import linalg

from keepsafe.files.disclosure import WHY, Limits
from keepsafe.files.disclosure.models import tells_of_everybody, tells_of_numbers
from keepsafe.study import Model, Study

LOG = ["what", "name", "why"]
WAYS = 2  # to merge the levels of one variable, itself included, in the models of a report
NOWHERE = "in no group"
LEFT_OUT = "persons of whom it is not known are left out of all tables where they are few"


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

    `cohort` is as `clean` returns it, with the study's derived variables; of `study` count groups, derived variables,
    sums and models.

    >>> from keepsafe import load_cohort, load_study
    >>> made = protect(load_cohort(), load_study(), Limits(10, 5))
    >>> "sex" in made.cohort, "ethnicity" in made.cohort
    (True, False)
    """
    person, file = (study.settings.get("study", {}).get(name) for name in ("person", "file"))
    identifiers = [variable.name for variable in study.codebook if not variable.described]
    seen = cohort.drop(columns=[name for name in identifiers if name in cohort and name != person])
    reasons: dict[str, str] = {
        name: "a date" if study.codebook[name].type == "date" else "an identifier"
        for name in identifiers
        if name not in (person, file)
    }
    seen = grouped(seen, study, limits)
    if person in seen:
        seen = seen.assign(**{person: np.arange(1, len(seen) + 1)})
    dividing = _dividing(seen, study)
    groupings = _groupings(seen, dividing, limits, study, reasons)
    for name in seen.columns.difference([person, *dividing], sort=False):
        if why := _small(seen[name], groupings, limits, study):
            reasons[name] = why
    for name, why in _related(seen, study, groupings, limits, reasons):
        reasons.setdefault(name, why)
    rows = [("rule", weakness, "asked for, and weak") for weakness in limits.weaknesses()]
    rows += [("group", f"{study.label(name)} ({name})", LEFT_OUT) for name in dividing]
    rows += [("variable", f"{study.label(name)} ({name})", why) for name, why in reasons.items()]
    kept = seen.drop(columns=[name for name in reasons if name in seen])
    models, left_out, ways = {}, [], {}
    for name, model in study.models.items():
        stands, why = _model(model, kept, limits, study, rows, left_out, ways)
        if why:
            rows.append(("model", f"{model.label} ({model.name})", why))
        else:
            models[name] = stands
    return Protected(kept, tuple(reasons), models, pd.DataFrame(rows, columns=LOG))


def grouped(cohort: pd.DataFrame, study: Study, limits: Limits) -> pd.DataFrame:
    """The cohort without persons in no group, where these are few: the total less the groups would be of them."""
    while few := [name for name in _dividing(cohort, study) if limits.small([int(cohort[name].isna().sum())])]:
        cohort = cohort[cohort[few].notna().all(axis=1)]  # of another group few may then be left in none
    return cohort.reset_index(drop=True)


def _dividing(cohort: pd.DataFrame, study: Study) -> list[str]:
    return list(dict.fromkeys(group.variable for group in study.groups.values() if group.variable in cohort))


def _groupings(cohort, dividing: list[str], limits: Limits, study: Study, reasons: dict) -> dict[str, pd.Series]:
    """The whole cohort, and what divides it into the study's groups; `reasons` gets why one may not.

    Where a group lies within another, both together as well: who is in the one alone is the difference of the two.
    """
    groupings = {"": pd.Series("all", cohort.index)}
    for name in dividing:
        if why := _small(cohort[name], groupings, limits, study, divides=True):
            reasons[name] = why
            continue
        codes = _text(cohort[name], NOWHERE)
        for by, others in list(groupings.items()):
            cells = pd.crosstab(others, codes).to_numpy() > 0
            if by and min(cells.sum(axis=0).min(), cells.sum(axis=1).min()) == 1:
                groupings[f"{by} and {name}"] = others + " and " + codes
        groupings[name] = codes
    return groupings


def _text(values: pd.Series, unknown: str) -> pd.Series:
    """Levels as text, the unknown too: left blank, they would be in no table."""
    return values.astype("str").astype(object).where(values.notna(), unknown)


def _small(values: pd.Series, groupings: dict, limits: Limits, study: Study, divides: bool = False) -> str | None:
    """Why a variable tells of few, of one, or of everybody in some group, or of nobody; None where it does not."""
    if values.isna().all():  # nothing can be shown of it, and no report need end there
        return WHY
    for by, codes in groupings.items():
        if _is_number(values, study):
            number = values.astype("Float64").to_numpy(float, na_value=np.nan)
            parts = [number[(codes == group).to_numpy()] for group in codes.unique()]
            if any(tells_of_numbers(part[~np.isnan(part)], limits) for part in parts):
                return WHY
            continue
        table = pd.crosstab(codes, _cells(values, study))
        known = table.drop(columns="missing", errors="ignore").to_numpy()
        if limits.small(table.to_numpy()):
            return WHY
        # what divides into groups is not told by group, and the label of synthetic files is whole by definition
        whole = values.name != "synthetic" and not (divides and by)
        if whole and tells_of_everybody(known, known.sum(axis=1, keepdims=True), limits):
            return WHY
    return None


def _table(values: pd.Series, codes, study: Study) -> np.ndarray:
    """Cells of a variable by a grouping; of a number only those that a mean rests on: how many have some."""
    cells = _cells(values, study)
    return pd.crosstab(cells, codes).drop(index="none or not known", errors="ignore").to_numpy()


def _is_number(values: pd.Series, study: Study) -> bool:
    """Whether it is averaged and not counted; of two values the mean is the count of one."""
    name = str(values.name)
    if name in study.derived:
        averaged = study.derived[name].measured
    else:
        averaged = name in study.codebook and not study.codebook[name].coded
    return averaged and values.nunique() > 2


def _cells(values: pd.Series, study: Study) -> pd.Series:
    """What is counted of a variable: its levels and the missing; of a number, whether it is known and above nought."""
    if not _is_number(values, study):
        return _text(values, "missing")
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
            yield name, WHY
    for name in _merged(cohort.drop(columns=[name for name in gone if name in cohort]), groupings, limits, study):
        gone.add(name)
        yield name, WHY
    yield from _nested(cohort.drop(columns=[name for name in gone if name in cohort]), groupings, limits, study)


def _merged(cohort, groupings, limits: Limits, study: Study) -> Iterator[str]:
    """Variables made of one's levels from which, with those before, sums and differences give few persons.

    Persons with the same values of all of them are a cell; every count that is shown is a sum of cells.
    """
    for source in dict.fromkeys(made.variable for made in study.derived.values() if made.one_of):
        shown: list[str] = []
        for name in [source, *(each for each, made in study.derived.items() if made.variable == source)]:
            if name not in cohort:
                continue
            values = cohort[[*shown, name]].astype("str").fillna("missing")
            cells = pd.get_dummies(values.drop_duplicates()).to_numpy(float)  # cells x counts shown
            within = values.groupby(list(values), sort=False).ngroup()
            counts = [pd.crosstab(within, codes).to_numpy() for codes in groupings.values()]
            hidden = linalg.null_space(np.column_stack([np.ones(len(cells)), cells]).T)
            few = {
                at for table in counts for at in np.argwhere((table > 0) & (table < limits.threshold))[:, 0].tolist()
            }
            sets = [list(each) for n in (1, 2) for each in combinations(range(len(cells)), n) if few & {*each}]
            follows = [each for each in sets if np.abs(hidden[each].sum(axis=0)).max(initial=0) < 1e-9]
            if any(limits.small(table[each].sum(axis=0)) for each in follows for table in counts):
                yield name
            else:
                shown.append(name)


def _nested(cohort, groupings, limits: Limits, study: Study) -> Iterator[tuple[str, str]]:
    """Variables with a level that lies within another's but for few persons, or from which, and from two others, a cell
    of few follows: the difference would show those.
    """
    coded = [
        name for name in cohort if not _is_number(cohort[name], study) and cohort[name].nunique() <= len(cohort) / 4
    ]
    levels = {name: _cells(cohort[name], study) for name in coded}
    # those with an attribute before those without: of two ways to say it the plainer one
    pairs = [(name, level) for name in coded for level in levels[name].unique()]
    each_level = sorted(pairs, key=lambda pair: pair[1] == "0")
    if not each_level:
        return
    marks = [(name, (levels[name] == level).to_numpy()) for name, level in each_level]
    owner = np.array([coded.index(name) for name, _ in marks])
    X = np.array([mark for _, mark in marks]).T.astype(np.float32)
    gone: set[int] = set()
    for codes in groupings.values():
        for group in codes.unique():
            rows = X[(codes == group).to_numpy()]
            both, n = np.rint(rows.T @ rows), rows.sum(axis=0)
            beyond = n[None, :] - n[:, None]  # how many more have j than i
            within = (both == n[:, None]) & (n[:, None] > 0)  # everybody with i has j
            few = within & (beyond > 0) & (beyond < limits.threshold) & (owner[:, None] != owner[None, :])
            for i, j in np.argwhere(few):
                if not {owner[i], owner[j]} & gone:
                    gone.add(owner[i])
                    yield coded[owner[i]], WHY
            # of two levels a cell is of few, and a third is who has any of both, or one of both: then the cell follows
            cells = np.array([both, n[:, None] - both, n - both, len(rows) - n[:, None] - n + both])
            of_few = ((cells > 0) & (cells < limits.threshold)).any(axis=0) & (owner[:, None] != owner)
            i, j = np.nonzero(np.triu(of_few))
            for k, shared in product(reversed(range(len(marks))), (0, both[i, j])):
                makes = (both[i, k] == n[i] - shared) & (both[j, k] == n[j] - shared)
                makes &= (n[k] == n[i] + n[j] - both[i, j] - shared) & (owner[i] != owner[k]) & (owner[j] != owner[k])
                if any(not {owner[k], owner[i[at]], owner[j[at]]} & gone for at in np.flatnonzero(makes)):
                    gone.add(owner[k])
                    yield coded[owner[k]], WHY


def _model(
    model: Model, cohort: pd.DataFrame, limits: Limits, study: Study, rows: list, left_out: list, ways: dict
) -> tuple[Model | None, str]:
    """The model with the candidates that stand, or why it falls.

    `left_out` gathers, over all models, who is left out for an unknown value: two models whose cases differ by few
    would show those, so a candidate stands only where nobody, or many, are in one of these sets and not in the other,
    whoever is left out for the candidates before it included.
    `ways` gathers how the levels of a variable were merged: each further way would average noise away.
    """
    outcome = model.outcome.variable
    if outcome not in cohort:
        return None, "its outcome is withheld"
    if not _one_more(outcome, "", ways, study):
        return None, WHY
    event = (cohort[outcome].astype("str") == model.outcome.event).to_numpy()
    if limits.small([event.sum(), (~event).sum()]) or event.all() or not event.any():
        return None, WHY
    stands, gone = [], np.zeros(len(cohort), bool)
    for name in model.candidates:
        unknown = gone | cohort[name].isna().to_numpy() if name in cohort else gone  # of any that stands
        if (
            name in cohort
            and not limits.small(_table(cohort[name], event, study))
            and _one_more(name, outcome, ways, study)
            and _apart(unknown, event, [*left_out], limits)
        ):
            stands.append(name)
            gone = unknown
        else:
            why = WHY if name in cohort else "withheld"
            rows.append(("candidate", f"{study.label(name)} ({name}) in {model.label}", why))
    if not stands:
        return None, WHY
    complete = cohort[[outcome, *stands]].dropna()
    if len(complete) - len(stands) - 1 < limits.threshold:
        return None, WHY
    _apart(gone, event, left_out, limits)
    return replace(model, candidates=tuple(stands)), ""


def _one_more(name: str, outcome: str, ways: dict[tuple[str, str], set], study: Study) -> bool:
    """Whether a variable may stand beside others that merge the levels of the same one, in models of this outcome."""

    def source(each: str) -> str:
        return study.derived[each].variable or each if each in study.derived else each

    asked = ways.setdefault((source(name), source(outcome)), set())
    if len(asked | {name}) > WAYS:
        return False
    asked.add(name)
    return True


def _apart(unknown: np.ndarray, event: np.ndarray, left_out: list[np.ndarray], limits: Limits) -> bool:
    """Whether a set of persons differs from each of others, and from none, by nobody or by many, with the outcome and
    without; it is then one of them.
    """
    if any(np.array_equal(unknown, other) for other in left_out):
        return True
    for other in (np.zeros_like(unknown), *left_out):
        apart = [part & side for part in (unknown & ~other, other & ~unknown) for side in (event, ~event)]
        if limits.small([int(part.sum()) for part in apart]):
            return False
    left_out.append(unknown)
    return True
