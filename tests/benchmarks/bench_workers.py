"""How bootstraps, simulations and families scale with workers, and what a Dask cluster adds to tasks of a second."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
from measure import row, run, taken

from keepsafe.statistics.selection import bootstrap_selection
from keepsafe.statistics.simulation import known_truth
from keepsafe.study import load_study
from keepsafe.study.published import load_comparisons, load_figures
from keepsafe.synthesis.family import CHUNK, family
from keepsafe.workers import share


def persons(rows: int = 205, predictors: int = 20, seed: int = 2019) -> pd.DataFrame:
    """Made-up persons: 0/1 predictors, of which two matter."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(rng.integers(0, 2, (rows, predictors))).add_prefix("x")
    return data.assign(ill=(rng.random(rows) < 0.1 + 0.2 * data["x0"] + 0.2 * data["x1"]).astype(int))


def work(quick: bool) -> dict[str, Callable]:
    """What is shared out; each takes n_jobs and scheduler."""
    data = persons()
    names = [name for name in data if name != "ill"]
    report = load_figures(), load_comparisons(), None, load_study(), 2019
    boots, cohorts, families = (20, 4, 1) if quick else (2_000, 200, 8 * CHUNK)
    return {
        f"{boots:,} bootstraps": partial(bootstrap_selection, data, "ill", names, n_boot=boots, lasso=False),
        f"{cohorts} simulated cohorts": partial(known_truth, cohorts, n_boot=5),
        f"family of {families}": lambda **who: family(*report, families, **who),
    }


def busy(seconds: float) -> float:
    """A task that keeps a core busy for so long."""
    until, total = time.process_time() + seconds, 0.0
    while time.process_time() < until:
        total += 1.0
    return total


def rows(quick: bool) -> Iterator[dict]:
    """Against the number of workers here; and a cluster of as many processes on the same tasks."""
    for what, each in work(quick).items():
        alone = None
        for workers in (1, 2):
            measured = taken(partial(each, n_jobs=workers), 0 if quick else 1)
            alone = alone or measured["seconds"]
            yield row(what, workers, "workers", "one worker", alone, **measured)
    yield from on_a_cluster(*((4, 0.05) if quick else (20, 1.0)))


def on_a_cluster(tasks: int, seconds: float) -> Iterator[dict]:
    """The same tasks on two processes of a Dask cluster, beside two processes here."""
    try:
        from distributed import LocalCluster
    except ImportError:
        return
    here = taken(lambda: list(share(busy, [seconds] * tasks, n_jobs=2)))["seconds"]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        there = taken(lambda: list(share(busy, [seconds] * tasks, scheduler=cluster.scheduler_address)))
    yield row(f"{tasks} tasks of {seconds:g} s on Dask", 2, "workers", "two processes here", here, **there)


if __name__ == "__main__":
    run("workers", rows)
