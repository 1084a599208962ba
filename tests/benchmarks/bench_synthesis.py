"""Time, memory and exactness of the generator, beside two packages that fit tables to margins.

Run it from the compendium's folder: python tests/benchmarks/bench_synthesis.py [--plot FILE]. It prints a table
and, with --plot, draws cost against the number of variables and of persons. humanleague and ipfn are timed
where they are installed; neither is needed for anything else.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe.published import load_claims, load_comparisons, load_figures
from keepsafe.study import load_study
from keepsafe.synthesis.cohort import draw, finish
from keepsafe.synthesis.demands import Demand
from keepsafe.synthesis.family import family
from keepsafe.synthesis.making import cohort
from keepsafe.synthesis.margins import random_table
from keepsafe.synthesis.plan import Plan

VARIABLES, PERSONS = (10, 20, 40, 80), (205, 2_050, 20_500)
ITEMS = 6  # joined into one table for the two packages: more is out of their reach


def best(what: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        taken.append(time.perf_counter() - start)
    return min(taken)


def whole() -> list[tuple]:
    """One cohort of each kind, and 200 on all cores."""
    study, figures, comparisons, claims = load_study(), load_figures(), load_comparisons(), load_claims()
    plan = Plan(figures, comparisons, study)
    seeds = iter(range(1000))
    cohort(plan, claims, np.random.default_rng(0))  # compile, and work out what can hold
    rows = [
        (
            "what can hold (once a report)",
            best(lambda: finish(draw(Plan(figures, comparisons, study), np.random.default_rng(1))), 2),
        ),
        (
            "one cohort, exact on the tables",
            best(lambda: cohort(plan, None, np.random.default_rng(next(seeds)))),
        ),
        (
            "one cohort, calibrated to eight models",
            best(lambda: cohort(plan, claims, np.random.default_rng(next(seeds)))),
        ),
    ]
    family(figures, comparisons, None, study, 0, 2)
    rows.append(
        (
            "200 cohorts, exact on the tables, all cores",
            best(lambda: family(figures, comparisons, None, study, 0, 200), 1),
        )
    )
    return rows


def report_of(variables: int, persons: int, rng: np.random.Generator) -> list[list[Demand]]:
    """Demands of a random report: a level of each variable in four overlapping groups and in all of 8
    cells."""
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


def scaling() -> pd.DataFrame:
    """Seconds to fill tables and deal them out, by the number of variables and of persons; and persons off,
    which is 0."""
    rng, rows = np.random.default_rng(1), []
    for variables in VARIABLES:
        for persons in PERSONS:
            sizes, *demands = report_of(variables, persons, rng)
            off = []

            def fill(sizes=sizes, demands=demands, off=off):
                for wished in demands:
                    table, missed = random_table(sizes, np.full((8, 2), 0.5), wished, rng)
                    off.append(missed)
                    for cell in range(8):
                        rng.permutation(np.repeat([0, 1], table[cell]))

            rows.append((variables, persons, best(fill, 3), sum(off)))
    return pd.DataFrame(rows, columns=["variables", "persons", "seconds", "off"])


def peers() -> list[tuple]:
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

    rows = [("this generator, 6 items", best(ours), f"{ours()} persons off its margins, whole counts: True")]
    try:
        import humanleague

        start = time.perf_counter()
        found = humanleague.qis([np.array(pair) for pair in pairs], [m.astype(int) for m in margins])
        seconds = time.perf_counter() - start
        rows.append(("humanleague qis, 6 items", seconds, off(found[0].astype(float))))
    except ImportError:
        rows.append(("humanleague", np.nan, "not installed"))
    try:
        from ipfn import ipfn

        for name, added in (("ipfn, 6 items", 0), ("ipfn, margins that contradict each other", 30)):
            wished = [margin + added * (k == 0) for k, margin in enumerate(margins)]
            start = time.perf_counter()
            table = ipfn.ipfn(np.ones([2] * (ITEMS + 2)), wished, pairs, verbose=0).iteration()
            rows.append((name, time.perf_counter() - start, off(table)))
    except ImportError:
        rows.append(("ipfn", np.nan, "not installed"))
    return rows


def plot(table: pd.DataFrame, path: Path) -> None:
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
    for ax, (by, other) in zip(axes, (("variables", "persons"), ("persons", "variables")), strict=True):
        for key, part in table.groupby(other):
            ax.plot(part[by], part["seconds"], marker="o", label=f"{key:,} {other}")
        ax.set(xscale="log", yscale="log", xlabel=by.capitalize(), ylabel="Seconds a cohort")
        ax.legend()
    fig.tight_layout()
    fig.savefig(path)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--plot", type=Path)
    chosen = arguments.parse_args()
    rows = [(name, seconds, "") for name, seconds in whole()] + peers()
    print(pd.DataFrame(rows, columns=["what", "seconds", "note"]).round(3).to_string(index=False))
    table = scaling()
    print(table.pivot(index="variables", columns="persons", values="seconds").round(4).to_string())
    print(f"persons off their margins: {table['off'].sum()}")
    unit = 1024 if sys.platform != "darwin" else 1024**2
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit:.0f} MB")
    if chosen.plot:
        plot(table, chosen.plot)


if __name__ == "__main__":
    main()
