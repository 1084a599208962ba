"""A family of cohorts that hold the same printed figures: how much a result owes to what fills them in."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe.cleaning import with_derived
from keepsafe.codebook import Variable
from keepsafe.problems import InputError
from keepsafe.study import Study, load_study
from keepsafe.workers import share

CHUNK = 25  # cohorts made from one plan; the next plan fills in afresh what all cohorts of a plan share
LEFT_OUT = ("file_id", "team")

Progress = Callable[[int, int], None]


def family(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    claims: pd.DataFrame | None,
    study: Study,
    seed: int,
    cohorts: int,
    scheduler: str | None = None,
    progress: Progress | None = None,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Make cohorts from seeds seed, seed + 1, ...

    The spread of a result over such a family is the sampler's: it shows what the printed figures leave open
    and how this way of filling it in spreads over that. It is no confidence interval, since no sampling of
    young people is in it. It is no bound either: cohorts at the edge of what is possible are rarely drawn. A
    result that hardly moves is fixed by what was printed; one that moves much is ours as much as the
    report's.

    Parameters
    ----------
    figures, comparisons, claims : as their loaders return them; claims None for cohorts exact on the tables
        alone.
    seed, cohorts : the first seed, and how many from there on; at least 1.
    n_jobs, scheduler : processes here, by default one a core, or the address of a Dask scheduler, as for
        `keepsafe.workers.share`. The cohorts are the same.
    progress : told how many cohorts are made, and of how many.

    Returns
    -------
    DataFrame
        `typed` cohorts one below the other, with the columns cohort (its seed) and targets (tables or all).
    """
    if cohorts < 1:
        raise InputError.of(f"{cohorts} is no number of cohorts", column="cohorts", remedy="give 1 or more")
    seeds = [range(first, min(first + CHUNK, seed + cohorts)) for first in range(seed, seed + cohorts, CHUNK)]
    made = []
    for part in share(partial(_chunk, figures, comparisons, claims, study), seeds, n_jobs, scheduler):
        made += part
        if progress:
            progress(len(made), cohorts)
    return pd.concat(made, ignore_index=True)


def _chunk(figures, comparisons, claims, study: Study, seeds: range) -> list[pd.DataFrame]:
    from keepsafe.synthesis.making import cohort
    from keepsafe.synthesis.plan import Plan

    plan = Plan(figures, comparisons, study, seed=seeds[0])
    targets = "all" if claims is not None else "tables"
    codes = ((seed, cohort(plan, claims, np.random.default_rng(seed))) for seed in seeds)
    return [typed(each, study).assign(cohort=np.int32(seed), targets=targets) for seed, each in codes]


def typed(cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """A cohort of codes in text as small nullable numbers and categories, codes of missing made blank."""
    kept = [variable for variable in study.codebook if variable.name not in LEFT_OUT]
    return pd.DataFrame({variable.name: _column(cohort[variable.name], variable) for variable in kept})


def _column(codes: pd.Series, variable: Variable) -> pd.Series:
    known = codes.mask(codes.isin(list(variable.missing)))
    if variable.type in ("category", "ordered"):
        return known.astype(pd.CategoricalDtype(list(variable.levels), ordered=variable.type == "ordered"))
    return known if variable.type == "identifier" else pd.to_numeric(known).astype("Int8")


def read_family(path: str | Path | None = None, study: Study | None = None) -> pd.DataFrame:
    """Read a family, with the study's derived variables.

    Parameters
    ----------
    path : a Parquet file that `keepsafe synthesise --cohorts K` wrote; by default the one that the study
        names.

    Returns
    -------
    DataFrame
        205 rows a cohort: the columns of the cohort without file and team, `cohort` and `targets`.

    Examples
    --------
    >>> sorted(read_family()["targets"].unique())
    ['all', 'tables']
    """
    study = study or load_study()
    return with_derived(pd.read_parquet(path or study.file("family")), study)


def cohorts_of(family: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """Each cohort of a family with its seed."""
    yield from ((int(seed), part) for seed, part in family.groupby("cohort", sort=True))
