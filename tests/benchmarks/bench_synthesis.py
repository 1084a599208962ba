"""Time, memory and exactness of the generator, beside two packages that fit tables to margins, where installed."""

import time
from collections.abc import Iterator

import numpy as np
from measure import row, run, taken

from keepsafe.study import load_study
from keepsafe.study.published import load_claims, load_comparisons, load_figures
from keepsafe.synthesis import cohort, draw, finish
from keepsafe.synthesis.demands import Demand, random_table
from keepsafe.synthesis.family import family
from keepsafe.synthesis.plan import Plan

VARIABLES, PERSONS = (10, 20, 40, 80), (205, 2_050, 20_500)
ITEMS = 6  # joined into one table for the two packages: more is out of their reach


def whole(quick: bool) -> Iterator[dict]:
    """What can hold, one cohort of each kind, and families on all cores."""
    study, figures, comparisons, claims = load_study(), load_figures(), load_comparisons(), load_claims()
    plan, seeds = Plan(figures, comparisons, study), iter(range(1000))
    once = taken(lambda: finish(draw(Plan(figures, comparisons, study), np.random.default_rng(1))), 1)
    yield row("what can hold (once a report)", **once)
    for name, said in (("exact on the tables", None), ("calibrated to eight models", claims)):
        made = taken(lambda said=said: cohort(plan, said, np.random.default_rng(next(seeds))), 1 if quick else 5)
        yield row(f"one cohort, {name}", **made)
    for cohorts in (1, 2) if quick else (10, 50, 100, 200, 500):
        made = taken(lambda cohorts=cohorts: family(figures, comparisons, None, study, 0, cohorts), 0 if quick else 1)
        yield row("family exact on the tables, all cores", cohorts, "cohorts", **made)


def report_of(variables: int, persons: int, rng: np.random.Generator) -> list[list[Demand]]:
    """Demands of a random report: a level of each variable in four overlapping groups and in all of 8
    cells.
    """
    sizes = rng.multinomial(persons, np.full(8, 1 / 8))
    groups = np.array([[(cell >> bit) % 2 == side for cell in range(8)] for bit in (0, 1) for side in (0, 1)], int)
    found = []
    for k in range(variables):
        ones = rng.binomial(sizes, rng.uniform(0.1, 0.9, 8))
        found.append(
            [
                Demand(f"{k}.{g}", np.outer(group, [0, 1]), int(group @ ones), int(group @ ones))
                for g, group in enumerate(groups)
            ]
        )
    return [sizes, *found]


def scaling(quick: bool) -> Iterator[dict]:
    """Filling tables and dealing them out, by the number of variables and of persons."""
    rng = np.random.default_rng(1)
    for variables in VARIABLES[: 2 if quick else None]:
        for persons in PERSONS[: 2 if quick else None]:
            sizes, *demands = report_of(variables, persons, rng)

            def fill(sizes=sizes, demands=demands):
                for wished in demands:
                    table, missed = random_table(sizes, np.full((8, 2), 0.5), wished, rng)
                    if missed:
                        raise AssertionError(f"{missed} persons off the margins")
                    for cell in range(8):
                        rng.permutation(np.repeat([0, 1], table[cell]))

            yield row(f"tables filled, {persons:,} persons", variables, "variables", **taken(fill, 3))


def peers() -> Iterator[dict]:
    """Six items in two overlapping pairs of groups, 205 persons: this generator, humanleague and ipfn."""
    people = np.random.default_rng(1).random((205, ITEMS + 2)) < 0.4
    pairs = [[item, group] for group in (ITEMS, ITEMS + 1) for item in range(ITEMS)] + [[ITEMS, ITEMS + 1]]
    margins = [np.histogram2d(people[:, a], people[:, b], bins=2)[0] for a, b in pairs]

    def off(table: np.ndarray) -> str:
        axes = [tuple(axis for axis in range(ITEMS + 2) if axis not in pair) for pair in pairs]
        found = [table.sum(axis=left) for left in axes]
        missed = sum(np.abs(a - b).sum() for a, b in zip(found, margins, strict=True))
        whole_counts = bool(np.allclose(table, np.rint(table), atol=1e-6))
        return f"{missed:.3g} persons off its margins, whole counts: {whole_counts}"

    def ours() -> int:
        cell = people[:, ITEMS] * 2 + people[:, ITEMS + 1]
        sizes, rng, missed = np.bincount(cell, minlength=4), np.random.default_rng(1), 0
        groups = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0]])
        for item in range(ITEMS):
            ones = np.bincount(cell[people[:, item]], minlength=4)
            wished = [Demand("", np.outer(g, [0, 1]), int(g @ ones), int(g @ ones)) for g in groups]
            missed += random_table(sizes, np.full((4, 2), 0.5), wished, rng)[1]
        return missed

    mine = taken(ours, 5)
    yield row(f"6 items, {ours()} persons off, whole counts: True", **mine)
    try:
        import humanleague

        start = time.perf_counter()
        found = humanleague.qis([np.array(pair) for pair in pairs], [m.astype(int) for m in margins])
        theirs = time.perf_counter() - start
        yield row("6 items", peer=f"humanleague qis: {off(found[0].astype(float))}", peer_seconds=theirs, **mine)
    except ImportError:
        pass
    try:
        from ipfn import ipfn

        for name, added in (("6 items", 0), ("6 items, margins that contradict each other", 30)):
            wished = [margin + added * (k == 0) for k, margin in enumerate(margins)]
            start = time.perf_counter()
            table = ipfn.ipfn(np.ones([2] * (ITEMS + 2)), wished, pairs, verbose=0).iteration()
            yield row(name, peer=f"ipfn: {off(table)}", peer_seconds=time.perf_counter() - start, **mine)
    except ImportError:
        pass


def rows(quick: bool) -> Iterator[dict]:
    """Cohorts and families, cost against variables and persons, and the peers."""
    yield from whole(quick)
    yield from scaling(quick)
    yield from peers()


if __name__ == "__main__":
    run("synthesis", rows)
