"""A cohort as arrays for the search: its columns, what moves together, what is held, what is claimed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.synthesis.anneal import FREE, NAMED, OUTCOME, UNNAMED, Moving, Persons, search
from keepsafe.synthesis.cohort import ITEMS, TYPES
from keepsafe.synthesis.following import Claimed, Fits
from keepsafe.synthesis.people import People
from keepsafe.synthesis.schemes import CRUDE, NULL, Scheme
from keepsafe.synthesis.units import NOWHERE, Unit, units, values

#: Counts and ages enter in tens, so that all coefficients are of one order.
TEN = 10.0
#: The largest odds ratio (or its inverse) of a factor whose size is not printed, and the largest log one per
#: SD of a number, so that no model comes near separation.
LARGEST, LARGEST_PER_SD = 12.0, 1.5
CAP = 0.8  # |z| of a candidate outside a model


@dataclass
class Design:
    """A cohort as the search sees it: `names` are the columns of X, `scale` what each was divided by."""

    people: People
    schemes: list[Scheme]
    units: list[Unit]
    names: list[str]
    scale: dict[str, float]
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
        if TYPES in self.people.codes:
            types = self.persons.types.astype(str).astype(object)
            types[self.persons.locked] = "-9"
            self.people.codes[TYPES] = types


def design(people: People, schemes: list[Scheme], cap: float = CAP) -> Design:
    """Lay a cohort out for the search.

    Parameters
    ----------
    schemes : what is claimed of each model.
    cap : the largest |z| of a candidate outside its model.
    """
    study, n = people.plan.study, len(people)
    products = sorted({pair for scheme in schemes for pair in scheme.nulls})
    predictors = {name for scheme in schemes for name in (*scheme.named, *scheme.others)}
    predictors |= {part for pair in products for part in pair.split(":")}
    outcomes = {scheme.model.outcome.variable for scheme in schemes}
    sources = {
        source
        for name in predictors | outcomes
        for source in (study.derived[name].sources if name in study.derived else (name,))
    }
    moving = units(people, sources, [tuple(f"{name}_p1" for name in part) for part in ITEMS])
    names = ["", *sorted(predictors), *products]
    scale = {name: TEN if name in study.codebook and study.codebook[name].measured else 1.0 for name in names}
    place = {name: c for c, name in enumerate(names)}
    value, times = np.zeros((len(names), max(len(unit.states) for unit in moving))), np.ones((len(names), n))
    X, fixed, columns = np.ones((n, len(names))), _fixed(people), []
    for name in predictors & set(fixed):
        X[:, place[name]] = fixed[name]
    for unit in moving:
        found = {name: codes / scale[name] for name, codes in values(unit.states, study, predictors).items()}
        for pair in products:
            one, other = sorted(pair.split(":"), key=lambda part: part in fixed)
            if one in found:  # a product of a column that moves and one that does not
                found[pair] = found[one]
                times[place[pair]] = fixed[other]
        for name, codes in found.items():
            value[place[name], : codes.size] = codes
            X[:, place[name]] = codes[unit.held] * times[place[name]]
        columns.append([place[name] for name in found])
    y = [people.codes[scheme.model.outcome.variable] == scheme.model.outcome.event for scheme in schemes]
    persons = _persons(people, moving, X, np.array(y, float))
    claimed = _claimed(schemes, place, cap, X, study.settings.get("synthesis", {}).get("largest", {}))
    return Design(
        people,
        schemes,
        moving,
        names,
        scale,
        persons,
        _moving(schemes, moving, columns, claimed, value, times, len(people.plan.cells)),
        claimed,
        _fits(claimed, n),
    )


def _fixed(people: People) -> dict[str, np.ndarray]:
    """Columns that never move: the groups."""
    found = {name: people.codes[name] == "1" for name in people.plan.cells if set(people.codes[name]) <= {"0", "1"}}
    return {name: codes.astype(float) for name, codes in {**found, "female": people.ones(("female",))}.items()}


def _persons(people: People, moving: list[Unit], X: np.ndarray, y: np.ndarray) -> Persons:
    types = np.zeros(len(people), np.int64)
    if TYPES in people.codes:
        types = pd.to_numeric(pd.Series(people.codes[TYPES])).to_numpy(np.int64)
    state = np.column_stack([unit.held for unit in moving])
    return Persons(X, y, state, people.cell.astype(np.int64), np.maximum(types, 0), types < 0)


def _moving(schemes, moving, columns, claimed, value, times, cells) -> Moving:
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
            if scheme.model.outcome.variable in unit.columns:
                role[u, m], outcome[u] = OUTCOME, True
    return Moving(
        placed,
        outcome,
        role,
        value,
        times,
        counted,
        low,
        high,
        np.array([len(unit.low) for unit in moving]),
        np.array([unit.near for unit in moving]),
        np.array([unit.loose for unit in moving]),
        prior,
        weight,
    )


def _claimed(
    schemes: list[Scheme], place: dict[str, int], cap: float, X: np.ndarray, largest: dict[str, float]
) -> Claimed:
    """What the claims ask, padded to one size for all models."""
    models = len(schemes)
    most = 1 + max(len(scheme.named) for scheme in schemes)
    wide = max(1, *(len(scheme.others) + len(scheme.nulls) for scheme in schemes))
    named, outside = np.zeros((models, most), np.int64), np.zeros((models, wide), np.int64)
    sign, size, z = np.zeros((models, most)), np.zeros((models, most, 2)), np.zeros((models, most, 2))
    caps = np.full((models, wide, 2), (-cap, cap))
    for m, scheme in enumerate(schemes):
        k, others = len(scheme.named) + 1, len(scheme.others)
        named[m, 1:k] = [place[name] for name in scheme.named]
        outside[m, : others + len(scheme.nulls)] = [place[name] for name in (*scheme.others, *scheme.nulls)]
        if scheme.crude:
            caps[m, 0] = np.sort(scheme.sign[0] * np.array(CRUDE))
            continue
        caps[m, others : others + len(scheme.nulls)] = -NULL, NULL
        sign[m, 1:k], size[m, 1:k], z[m, 1:k] = scheme.sign, scheme.size, scheme.z
        for c in range(1, k):
            column = X[:, named[m, c]]
            binary = set(np.unique(column)) <= {0.0, 1.0}
            end = np.log(largest.get(scheme.model.name, LARGEST)) if binary else LARGEST_PER_SD / column.std()
            if not np.isfinite(size[m, c]).all():
                size[m, c] = -end, end
    return Claimed(
        named,
        np.array([len(s.named) + 1 for s in schemes]),
        outside,
        np.array([len(s.others) + len(s.nulls) for s in schemes]),
        sign,
        size,
        z,
        caps,
    )


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
