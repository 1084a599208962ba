"""What the claims ask of each model, and a cohort as arrays for the search: what moves together, what is held.

Longer than 300 lines: a scheme, which factors stay with which sign and size, is read beside the arrays that it becomes.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.study import Model, Study
from keepsafe.synthesis.people import NOWHERE, People, Unit, units, values
from keepsafe.synthesis.rules import sources
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
    said: dict[str, Any] = study.settings.get("synthesis", {}).get("limits", {})
    unknown = sorted(set(said) - set(Limits.__dataclass_fields__))
    if unknown:
        raise InputError.of(
            f"[synthesis.limits] {', '.join(unknown)} is no limit",
            file="study.toml",
            remedy=f"choose of {', '.join(Limits.__dataclass_fields__)}",
        )
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
    lowest and highest log odds ratio of a unit, lowest and highest |z|. A `crude` scheme only says that `others` point
    in the direction `sign`, each by itself. `limits` are those of the study.
    """

    model: Model
    named: tuple[str, ...]
    sign: np.ndarray
    size: np.ndarray
    z: np.ndarray
    others: tuple[str, ...]
    nulls: tuple[str, ...]
    term: dict[str, str]
    limits: Limits
    crude: bool = False


def schemes(claims: pd.DataFrame, study: Study) -> list[Scheme]:
    """One scheme a model of which something is claimed, and one a direction said in passing.

    InputError for a claim about a predictor that no unit of the study holds, or whose odds ratios are not finite.
    """
    faults = [
        Problem(
            f"the odds ratio of {row.predictor} is {row.or_low} to {row.or_high}",
            "claims.csv",
            remedy="give finite numbers above 0, the lower one first",
        )
        for row in claims.itertuples()
        if row.size == "printed" and not (0 < row.or_low <= row.or_high < np.inf)
    ]
    if faults:
        raise InputError(faults)
    said = {name: claims[claims["model"] == name] for name in study.models}
    found = [_scheme(said[name], model, study) for name, model in study.models.items() if len(said[name])]
    return found + [part for scheme in found for part in _crude(claims[claims["model"] == scheme.model.name], scheme)]


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
    named = (*said.index, *(column for column in term if term[column] in kept and column not in said.index))
    bounds, free = limits(study), len(named) - len(said)  # levels without a word stay with their category
    sign = np.r_[np.where(said["direction"] == "risk", 1.0, -1.0), np.ones(free)]
    printed = (said["size"] == "printed").to_numpy()
    with np.errstate(invalid="ignore"):
        size = np.log(said[["or_low", "or_high"]].to_numpy(float))
    size[~printed] = [-np.inf, np.inf]
    least = {"marginal": bounds.marginal, "significant": (bounds.significant, np.inf)}
    z = [least.get(word, (bounds.kept, np.inf)) for word in said["significance"]]
    nulls = claims.loc[(claims["direction"] == "null") & claims["predictor"].str.contains(":"), "predictor"]
    size = np.vstack([size, np.full((free, 2), (-np.inf, np.inf))])
    z = np.array([*z, *[(-np.inf, np.inf)] * free]).reshape(-1, 2)
    others = tuple(column for column in term if column not in named)
    return Scheme(model, named, sign, size, z, others, tuple(dict.fromkeys(nulls)), term, bounds)


def _crude(claims: pd.DataFrame, scheme: Scheme) -> list[Scheme]:
    """Directions said of candidates that are not named as factors."""
    said = claims[claims["predictor"].isin(scheme.others) & claims["direction"].isin(["risk", "protective"])]
    bare = replace(scheme, named=(), size=np.zeros((0, 2)), z=np.zeros((0, 2)), nulls=(), crude=True)
    return [
        replace(bare, sign=np.array([1.0 if row.direction == "risk" else -1.0]), others=(row.predictor,))
        for row in said.drop_duplicates("predictor").itertuples()
    ]


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
        return search(self.persons, self.moving, self.claimed, self.fits, steps, hot, cold, refresh, seed)[0]

    def written(self) -> None:
        """Put what the search found back into the cohort."""
        for u, unit in enumerate(self.units):
            held = self.persons.state[:, u]
            for name in unit.columns:
                self.people.codes[name] = unit.states[name].to_numpy(object)[held]
        for column, numbers, locked in zip(self.sums, self.persons.sums.T, self.persons.locked.T, strict=False):
            codes = numbers.astype(str).astype(object)
            known = ~locked
            self.people.codes[column][known] = codes[known]


def design(people: People, schemes: list[Scheme], cap: float | None = None) -> Design:
    """Lay a cohort out for the search."""
    plan, n = people.plan, len(people)
    study = plan.study
    products = sorted({pair for scheme in schemes for pair in scheme.nulls})
    predictors = {name for scheme in schemes for name in (*scheme.named, *scheme.others)}
    predictors |= {part for pair in products for part in pair.split(":")}
    outcomes = {scheme.model.outcome.variable for scheme in schemes}
    wanted = {source for name in predictors | outcomes for source in sources(name, study)}
    sums = [column for column in study.rules.sums if plan.parts_of(column)]
    moving = units(people, wanted, sums)
    names = ["", *sorted(predictors), *products]
    scale = {name: _scale(people, name) for name in names}
    place = {name: c for c, name in enumerate(names)}
    widest = max((len(unit.states) for unit in moving), default=1)
    value, times = np.zeros((len(names), widest)), np.ones((len(names), n))
    X, columns = np.ones((n, len(names))), []
    moved = {name for unit in moving for name in values(unit.states, study, predictors)}
    fixed = _fixed(people, predictors - moved)
    for name, codes in fixed.items():
        X[:, place[name]] = codes / scale[name]
    for pair in products:
        one, other = pair.split(":")
        if one in fixed and other in fixed:
            X[:, place[pair]] = fixed[one] * fixed[other]
    for unit in moving:
        found = {name: codes / scale[name] for name, codes in values(unit.states, study, predictors).items()}
        for pair in products:
            one, other = sorted(pair.split(":"), key=lambda part: part in fixed)
            if one in found and other in fixed:  # a product of a column that moves and one that does not
                found[pair] = found[one]
                times[place[pair]] = fixed[other]
        for name, codes in found.items():
            value[place[name], : codes.size] = codes
            X[:, place[name]] = codes[unit.held] * times[place[name]]
        columns.append([place[name] for name in found])
    y = [people.having(scheme.model.outcome.variable, scheme.model.outcome.event) for scheme in schemes]
    persons = _persons(people, moving, X, np.array(y, float), sums, sources_of=wanted)
    scale |= {name: scale[name] / 10**steps for name, steps in plan.decimals.items() if name in scale}  # of a unit
    largest = study.settings.get("synthesis", {}).get("largest", {})
    claimed = _claimed(schemes, place, cap, X, scale, largest)
    moves = _moving(schemes, moving, columns, claimed, value, times, len(plan.cells), study)
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


def _fixed(people: People, names: set[str]) -> dict[str, np.ndarray]:
    """Columns that never move: the groups, what is derived from them, and sums."""
    study, found = people.plan.study, {}
    for name in sorted(names):
        variable, _, level = name.partition("=")
        if level:
            found[name] = (people.codes[variable] == level).astype(float)
        elif name in study.codebook and study.codebook[name].measured:
            found[name] = people.numbers(name).astype(float)
        else:
            found[name] = people.ones((name,)).astype(float)
    return found


def _persons(people: People, moving: list[Unit], X, y, sums: list[str], sources_of: set[str]) -> Persons:
    """The cohort as arrays; a sum on which a model rests stays as it is."""
    n = len(people)
    numbers = np.zeros((n, max(1, len(sums))), np.int64)
    locked = np.zeros_like(numbers, dtype=bool)
    still = np.zeros(numbers.shape[1], bool)
    for k, column in enumerate(sums):
        numbers[:, k] = people.numbers(column)
        locked[:, k] = np.isin(people.codes[column], list(people.plan.study.codebook[column].missing))
        still[k] = column in sources_of
    state = np.column_stack([unit.held for unit in moving])
    return Persons(X, y, state, people.cell.astype(np.int64), numbers, locked, still)


def _moving(schemes, moving, columns, claimed, value, times, cells, study: Study) -> Moving:
    """What moves together and what it must not change, padded to one size for all units."""
    states, demands = value.shape[1], max(1, *(len(unit.low) for unit in moving))
    counted = np.zeros((len(moving), demands, cells, states), np.int64)
    low, high = np.zeros((len(moving), demands), np.int64), np.zeros((len(moving), demands), np.int64)
    weight, prior = np.full((len(moving), states), NOWHERE), np.zeros((len(moving), states))
    placed = np.full((len(moving), max(len(found) for found in columns) + 1), -1)
    role = np.full((len(moving), len(schemes)), FREE)
    outcome = np.zeros(len(moving), bool)
    for u, unit in enumerate(moving):
        d, _, s = unit.counted.shape
        counted[u, :d, :, :s], low[u, :d], high[u, :d] = unit.counted, unit.low, unit.high
        weight[u, :s], prior[u, :s] = unit.weight, unit.prior
        placed[u, : len(columns[u])] = columns[u]
        for m, scheme in enumerate(schemes):
            if set(columns[u]) & set(claimed.outside[m, : claimed.n_outside[m]]):
                role[u, m] = UNNAMED
            if set(columns[u]) & set(claimed.named[m, : claimed.n_named[m]]):
                role[u, m] = NAMED
            if set(sources(scheme.model.outcome.variable, study)) & set(unit.columns):
                role[u, m], outcome[u] = OUTCOME, True
    held = np.array([len(unit.low) for unit in moving])
    near, loose, sums = (np.array([getattr(unit, what) for unit in moving]) for what in ("near", "loose", "sum"))
    return Moving(placed, outcome, role, value, times, counted, low, high, held, near, loose, prior, weight, sums)


def _claimed(schemes: list[Scheme], place: dict[str, int], cap: float | None, X, scale, largest) -> Claimed:
    """What the claims ask, padded to one size for all models; sizes are those of the scaled columns."""
    models = len(schemes)
    most = 1 + max(len(scheme.named) for scheme in schemes)
    wide = max(1, *(len(scheme.others) + len(scheme.nulls) for scheme in schemes))
    named, outside = np.zeros((models, most), np.int64), np.zeros((models, wide), np.int64)
    sign, size, z = np.zeros((models, most)), np.zeros((models, most, 2)), np.zeros((models, most, 2))
    caps = np.zeros((models, wide, 2))
    for m, scheme in enumerate(schemes):
        k, others, bounds = len(scheme.named) + 1, len(scheme.others), scheme.limits
        most_outside = bounds.outside if cap is None else cap
        caps[m] = -most_outside, most_outside
        named[m, 1:k] = [place[name] for name in scheme.named]
        outside[m, : others + len(scheme.nulls)] = [place[name] for name in (*scheme.others, *scheme.nulls)]
        if scheme.crude:
            caps[m, 0] = np.sort(scheme.sign[0] * np.array([bounds.crude, 1e9]))
            continue
        caps[m, others : others + len(scheme.nulls)] = -bounds.null, bounds.null
        sign[m, 1:k], z[m, 1:k] = scheme.sign, scheme.z
        width = scheme.size[:, 1] - scheme.size[:, 0]
        margin = np.where(np.isfinite(width), np.minimum(bounds.margin, width / 4), 0.0)
        inwards = margin[:, None] * np.array([1.0, -1.0])
        size[m, 1:k] = (scheme.size + inwards) * np.array([[scale[name]] for name in scheme.named]).reshape(-1, 1)
        for c in range(1, k):
            column = X[:, named[m, c]]
            binary = set(np.unique(column)) <= {0.0, 1.0}
            end = np.log(largest.get(scheme.model.name, bounds.odds_ratio)) if binary else bounds.per_sd / column.std()
            if not np.isfinite(size[m, c]).all():
                size[m, c] = -end, end
    n_named = np.array([len(scheme.named) + 1 for scheme in schemes])
    n_outside = np.array([len(scheme.others) + len(scheme.nulls) for scheme in schemes])
    return Claimed(named, n_named, outside, n_outside, sign, size, z, caps)


def _fits(claimed: Claimed, n: int) -> Fits:
    (models, most), wide = claimed.named.shape, claimed.outside.shape[1]
    return Fits(
        np.zeros((models, most)),
        np.zeros((models, most, most)),
        np.zeros((models, wide, most)),
        np.ones((models, wide)),
        np.zeros((models, n)),
        np.zeros((models, most + wide)),
    )
