"""What the claims ask of each model, and a cohort as arrays for the search: what moves together, what is held.

Longer than 300 lines: a scheme, which factors stay with which sign and size, is read beside the arrays that it becomes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.statistics import engine
from keepsafe.statistics.columns import refuse
from keepsafe.study import Model, Study
from keepsafe.synthesis.demands import sources
from keepsafe.synthesis.people import NOWHERE, People, Unit, units, values
from keepsafe.synthesis.search import FREE, NAMED, OUTCOME, UNNAMED, Claimed, Fits, Moving, Persons, search


@dataclass(frozen=True)
class Limits:
    """How far from a threshold the search keeps |z|: [synthesis.limits] of the study file.

    `outside` is the largest of a candidate that has to go, `significant` the smallest and `marginal` both ends of a
    factor that stays, `crude` the smallest of a direction said of a candidate that is not named as a factor, `null`
    the largest of what is said not to matter, `kept` the smallest of a factor that stays without a word on its
    significance. `odds_ratio` is the largest (or its inverse) where no size is printed, `per_sd` the largest log odds
    ratio of an SD of a number, `margin` how far inside its printed bounds a log odds ratio is brought, at most a
    quarter of their width. By default real cohorts lie within them.
    """

    outside: float = 1.8
    significant: float = 1.98
    marginal: tuple[float, float] = (1.66, 1.94)
    crude: float = 0.05
    null: float = 1.7
    kept: float = 1.6
    odds_ratio: float = 30.0
    per_sd: float = 3.0
    margin: float = 1e-5


def limits(study: Study) -> Limits:
    """The limits of a study; InputError for a name that is none of them."""
    said, known = study.settings.get("synthesis", {}).get("limits", {}), Limits.__dataclass_fields__
    remedy = f"choose of {', '.join(known)}"
    unknown = (f"[synthesis.limits] {name} is no limit" for name in said if name not in known)
    refuse(Problem(message, "study.toml", remedy=remedy) for message in unknown)
    ends: dict[str, Any] = {name: tuple(end) if isinstance(end, list) else float(end) for name, end in said.items()}
    return Limits(**ends)


def columns_of(name: str, study: Study) -> tuple[str, ...]:
    """The columns of a model that a candidate gives: of a category one a level but the reference, as `stage=late`.

    Examples
    --------
    >>> from keepsafe import load_study
    >>> columns_of("sex", load_study()), columns_of("female", load_study())
    (('sex=female',), ('female',))
    """
    if name not in study.codebook or study.codebook[name].type not in ("category", "ordered"):
        return (name,)
    variable = study.codebook[name]
    reference = variable.reference or next(iter(variable.levels))
    return tuple(f"{name}={level}" for level in variable.levels if level != reference)


@dataclass(frozen=True)
class Scheme:
    """A model's factors that stay (`named`), candidates that have to go (`others`), and null statements
    (`nulls`).

    All are columns of a model; `term` maps each to its candidate. For each named one: sign (+1 risk, -1 protective),
    lowest and highest log odds ratio of a unit, lowest and highest |z|. `cap` are both ends of z for `others` and
    `nulls`. A `crude` scheme only says that a candidate, by itself, points in a direction.
    """

    model: Model
    named: tuple[str, ...]
    sign: np.ndarray
    size: np.ndarray
    z: np.ndarray
    others: tuple[str, ...]
    nulls: tuple[str, ...]
    term: dict[str, str]
    cap: np.ndarray
    crude: bool = False


def schemes(claims: pd.DataFrame, study: Study) -> list[Scheme]:
    """One scheme a model of which something is claimed, and one a direction said in passing.

    InputError for a claim about what is no candidate or no column, and for odds ratios that are no range.
    """
    refuse(_faults(claims, study))
    said = {name: claims[claims["model"] == name] for name in study.models}
    found = [_scheme(said[name], model, study) for name, model in study.models.items() if len(said[name])]
    least = limits(study).crude
    for scheme in list(found):  # directions said of candidates that are not named as factors
        passing = said[scheme.model.name]
        passing = passing[passing["predictor"].isin(scheme.others) & passing["direction"].isin(["risk", "protective"])]
        bare = replace(_scheme(passing.iloc[:0], scheme.model, study), crude=True)
        for row in passing.drop_duplicates("predictor").itertuples():
            cap = (least, 1e9) if row.direction == "risk" else (-1e9, -least)
            found.append(replace(bare, others=(row.predictor,), cap=np.array([cap])))
    return found


def _faults(claims: pd.DataFrame, study: Study) -> Iterator[Problem]:
    """What no cohort can be asked: of what no column is, a size that is no range or contradicts its direction."""
    book = study.codebook
    known = [*study.derived, *(v.name for v in book if v.measured or v.type == "binary")]
    known += [f"{v.name}={level}" for v in book if v.coded for level in v.levels]
    for line, row in enumerate(claims.itertuples(), 2):
        low, high, said = row.or_low, row.or_high, f"the odds ratio of {row.predictor} is {row.or_low} to {row.or_high}"
        if row.size == "printed" and not 0 < low < high < np.inf:
            remedy = "give finite numbers above 0, the lower one first; 1.9 is 1.85 to 1.95"
            yield Problem(said, "claims.csv", line, "or_low", remedy)
        elif row.size != "printed" and not pd.isna(low):
            yield Problem(f"{said}, and its size {row.size}", "claims.csv", line, "size", "write printed, or no range")
        elif row.size == "printed" and (high <= 1 if row.direction == "risk" else low >= 1):
            remedy = "above 1 is risk, below it protective"
            yield Problem(f"{said}, and its direction {row.direction}", "claims.csv", line, "direction", remedy)
        model = study.models.get(row.model)
        if model is None:
            continue
        if row.outcome not in (model.outcome.name, model.outcome.variable):
            remedy = f"write {model.outcome.name}, or name the model that was meant"
            yield Problem(f"{row.model} is no model of {row.outcome}", "claims.csv", line, "outcome", remedy)
        for name in row.predictor.split(":"):
            if name not in known and name != "responses_provided":
                message, remedy = not_one_of(name, list(model.candidates))[0], not_one_of(name, known)[1]
                remedy = f"name a level of it, as {name}={next(iter(book[name].levels))}" if name in book else remedy
                yield Problem(message, "claims.csv", line, "predictor", remedy)


def _scheme(claims: pd.DataFrame, model: Model, study: Study) -> Scheme:
    stays = study.settings.get("synthesis", {}).get("stays", {}).get(model.name, [])
    said = claims[claims["significance"].isin(["significant", "marginal"]) | claims["predictor"].isin(stays)]
    said = said[said["direction"] != "null"].drop_duplicates("predictor").set_index("predictor")
    term = {column: name for name in model.candidates for column in columns_of(name, study)}
    lacking = [name for name in said.index if name not in term]
    if lacking:
        raise InputError.of(
            f"{model.name}: {', '.join(lacking)} stays in the model and is no candidate of it",
            file="claims.csv",
            remedy="name it among the candidates; of a category name the level, as variable=level",
        )
    kept = {term[column] for column in said.index}
    free = [column for column in term if term[column] in kept and column not in said.index]
    said = said.reindex([*said.index, *free])  # levels without a word stay with their category
    sign = np.where(said["direction"] == "protective", -1.0, 1.0)
    printed, size = (said["size"] == "printed").to_numpy(), np.full((len(said), 2), (-np.inf, np.inf))
    size[printed] = np.log(said.loc[printed, ["or_low", "or_high"]].to_numpy(float))
    bounds = limits(study)
    least = {"marginal": bounds.marginal, "significant": (bounds.significant, np.inf)}
    least |= dict.fromkeys(("", "none"), (bounds.kept, np.inf))
    z = np.array([least.get(word, (-np.inf, np.inf)) for word in said["significance"]], float).reshape(-1, 2)
    nulls = claims.loc[(claims["direction"] == "null") & claims["predictor"].str.contains(":"), "predictor"]
    named, nulls = tuple(said.index), tuple(nulls.drop_duplicates())
    others = tuple(column for column in term if column not in named)
    cap = np.outer(np.repeat([bounds.outside, bounds.null], [len(others), len(nulls)]), [-1.0, 1.0])
    return Scheme(model, named, sign, size, z, others, nulls, term, cap)


def eliminated(X: np.ndarray, y: np.ndarray, term: dict[str, str], scale) -> pd.DataFrame:
    """What backward elimination keeps of columns that were divided by `scale`: b, se, and lr and p of the candidate."""
    number = {name: k for k, name in enumerate(dict.fromkeys(term.values()), 1)}
    whole = np.ascontiguousarray(np.column_stack([np.ones(len(X)), X]))
    terms = np.array([0, *(number[name] for name in term.values())])
    _, inside, b, V, deviance, *_ = engine.eliminate(whole, y, terms)
    cols = np.flatnonzero(inside)
    mine, b, V = terms[cols], b[cols], V[np.ix_(cols, cols)]
    full = b, V, engine.weights(whole, cols, b), deviance, engine.LR, 0.0
    tested = [engine.removal(whole, y, engine.ONCE, cols, mine == each, *full)[:2] for each in mine[1:]]
    lr, p = np.array(tested).reshape(-1, 2).T
    unit, names = np.r_[1.0, scale][cols], np.array(["", *term])[cols]
    return pd.DataFrame({"b": b / unit, "se": np.sqrt(np.diag(V)) / unit}, names).iloc[1:].assign(lr=lr, p=p)


@dataclass
class Design:
    """A cohort as the search sees it: `names` are the columns of X, `scale` what each was divided by."""

    people: People
    schemes: list[Scheme]
    units: list[Unit]
    names: list[str]
    scale: dict[str, float]
    sums: list[str]
    persons: Persons
    moving: Moving
    claimed: Claimed
    fits: Fits

    def search(self, steps: int, hot: float, cold: float, refresh: int, seed: int) -> np.ndarray:
        """One annealing, in place; returns what is left of each model's penalty."""
        return search(self.persons, self.moving, self.claimed, self.fits, steps, hot, cold, refresh, seed)

    def written(self) -> None:
        """Put what the search found back into the cohort."""
        for u, unit in enumerate(self.units):
            held = self.persons.state[:, u]
            for name in unit.columns:
                self.people.codes[name] = unit.states[name].to_numpy(object)[held]
        for column, numbers, locked in zip(self.sums, self.persons.sums.T, self.persons.locked.T, strict=True):
            self.people.codes[column][~locked] = numbers[~locked].astype(str)


def design(people: People, schemes: list[Scheme]) -> Design:
    """Lay a cohort out for the search."""
    plan, n = people.plan, len(people)
    study = plan.study
    products = sorted({pair for scheme in schemes for pair in scheme.nulls})
    predictors = {name for scheme in schemes for name in (*scheme.named, *scheme.others)}
    pairs = [pair.split(":") for pair in products]
    predictors |= {part for pair in pairs for part in pair}
    events = [f"{scheme.model.outcome.variable}={scheme.model.outcome.event}" for scheme in schemes]
    of_outcomes = {source for name in events for source in sources(name, study)}
    wanted = of_outcomes | {source for name in predictors for source in sources(name, study)}
    sums = [column for column in study.rules.sums if plan.parts_of(column)]
    moving = units(people, wanted, sums)
    names = ["", *sorted(predictors), *products]
    scale = {name: _scale(people, name) for name in names}
    place = {name: c for c, name in enumerate(names)}
    held = [values(unit.states, study, predictors) for unit in moving]
    unmoved = predictors.difference(*held)  # groups, what is derived from them, and sums
    fixed = values(people.table({source for name in unmoved for source in sources(name, study)}), study, unmoved)
    fixed |= {f"{a}:{b}": fixed[a] * fixed[b] for a, b in pairs if a in fixed and b in fixed}
    value, times = np.zeros((len(names), max(len(unit.states) for unit in moving))), np.ones((len(names), n))
    X, columns = np.ones((n, len(names))), []
    for name, codes in fixed.items():
        X[:, place[name]] = codes / scale[name]
    for unit, codes_of in zip(moving, held, strict=True):
        found = {name: codes / scale[name] for name, codes in codes_of.items()}
        for pair in pairs:
            one, other = sorted(pair, key=lambda part: part in fixed)
            if one in found and other in fixed:  # a product of a column that moves and one that does not
                found[":".join(pair)] = found[one]
                times[place[":".join(pair)]] = fixed[other]
        for name, codes in found.items():
            value[place[name], : codes.size] = codes
            X[:, place[name]] = codes[unit.held] * times[place[name]]
        columns.append([place[name] for name in found])
    happened = values(people.table(of_outcomes), study, set(events))
    y = np.array([happened[event] for event in events])
    state = np.column_stack([unit.held for unit in moving])
    numbers, locked = np.zeros((n, len(sums)), np.int64), np.zeros((n, len(sums)), bool)
    for q, column in enumerate(sums):
        numbers[:, q], locked[:, q] = people.numbers(column), ~people.known(column)
    still = np.array([column in wanted for column in sums], bool)  # a sum on which a model rests stays as it is
    persons = Persons(X, y, state, people.cell, numbers, locked, still)
    scale |= {name: scale[name] / 10**steps for name, steps in plan.decimals.items() if name in scale}  # of a unit
    claimed = _claimed(schemes, place, X, scale, study)
    moves = _moving(schemes, moving, columns, claimed, value, times, study)
    return Design(people, schemes, moving, names, scale, sums, persons, moves, claimed, _fits(claimed, n))


def _scale(people: People, name: str) -> float:
    """What a number is divided by, so that all coefficients are of one order: a power of ten, at least its SD."""
    study = people.plan.study
    if name not in study.codebook or not study.codebook[name].measured:
        return 1.0
    value, scale = people.numbers(name), 1
    n, total, squares = len(value), int(value.sum()), int((value.astype(object) ** 2).sum())
    while scale * scale * n * n < n * squares - total * total:  # whole numbers: the same on every processor
        scale *= 10
    return float(scale)


def _padded(parts: list[np.ndarray], blank: float = 0) -> np.ndarray:
    """Arrays of differing sizes as one, the places that they lack left blank."""
    whole = np.full((len(parts), *np.max([part.shape for part in parts], axis=0)), blank, parts[0].dtype)
    for place, part in zip(whole, parts, strict=True):
        place[tuple(map(slice, part.shape))] = part
    return whole


def _moving(schemes, moving: list[Unit], columns, claimed, value, times, study: Study) -> Moving:
    """What moves together and what it must not change, padded to one size for all units."""
    role = np.full((len(moving), len(schemes)), FREE)
    outcome = np.zeros(len(moving), bool)
    for u, unit in enumerate(moving):
        for m, scheme in enumerate(schemes):
            if set(columns[u]) & set(claimed.outside[m, : claimed.n_outside[m]]):
                role[u, m] = UNNAMED
            if set(columns[u]) & set(claimed.named[m, : claimed.n_named[m]]):
                role[u, m] = NAMED
            if set(sources(scheme.model.outcome.variable, study)) & set(unit.columns):
                role[u, m], outcome[u] = OUTCOME, True
    counted, low, high = (_padded([getattr(unit, what) for unit in moving]) for what in ("counted", "low", "high"))
    near, loose, sums = (np.array([getattr(unit, what) for unit in moving]) for what in ("near", "loose", "sum"))
    prior, weight = _padded([unit.prior for unit in moving]), _padded([unit.weight for unit in moving], NOWHERE)
    demands, placed = np.array([len(unit.low) for unit in moving]), _padded([np.array(c, int) for c in columns], -1)
    held = counted, low, high, demands
    return Moving(placed, outcome, role, value, times, *held, near, loose, prior, weight, sums)


def _claimed(schemes: list[Scheme], place: dict[str, int], X, scale, study: Study) -> Claimed:
    """What the claims ask, padded to one size for all models; sizes are those of the scaled columns."""
    largest, bounds = study.settings.get("synthesis", {}).get("largest", {}), limits(study)
    ends, constant = np.array([-1.0, 1.0]), np.zeros((1, 2))
    parts: list[tuple[np.ndarray, ...]] = []
    for scheme in schemes:
        named = np.array([place[name] for name in ("", *scheme.named)])
        outside = np.array([place[name] for name in (*scheme.others, *scheme.nulls)], np.int64)
        width = scheme.size[:, 1] - scheme.size[:, 0]
        margin = np.where(np.isfinite(width), np.minimum(bounds.margin, width / 4), 0.0)
        size = scheme.size - margin[:, None] * ends
        for k, name in enumerate(scheme.named):
            size[k] *= scale[name]
            column = X[:, place[name]]
            binary = set(np.unique(column)) <= {0.0, 1.0}
            end = np.log(largest.get(scheme.model.name, bounds.odds_ratio)) if binary else bounds.per_sd / column.std()
            if not np.isfinite(size[k]).all():
                size[k] = end * ends
        sign, z = np.r_[0.0, scheme.sign], np.vstack([constant, scheme.z])
        parts.append((named, outside, sign, np.vstack([constant, size]), z, scheme.cap))
    named, outside, *rest = (_padded(list(part)) for part in zip(*parts, strict=True))
    n_named, n_outside = (np.array([len(part[which]) for part in parts]) for which in (0, 1))
    return Claimed(named, n_named, outside, n_outside, *rest)


def _fits(claimed: Claimed, n: int) -> Fits:
    (models, most), wide = claimed.named.shape, claimed.outside.shape[1]
    b, A, cross = np.zeros((models, most)), np.zeros((models, most, most)), np.zeros((models, wide, most))
    return Fits(b, A, cross, np.ones((models, wide)), np.zeros((models, n)), np.zeros((models, most + wide)))
