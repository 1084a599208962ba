"""What length of involvement alone does to the odds ratios of things that are counted, such as moves and agencies."""

from collections.abc import Mapping
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.problems import InputError, Problem
from keepsafe.statistics import irls
from keepsafe.workers import share

PER_YEAR = {"moves": 1.6, "agencies": 0.9, "social workers": 1.3}
HETEROGENEITY = 2.0  # shape of the gamma from which each person's own rate comes
WINDOWS = ("phase 1", "whole involvement")
MODELS = ("counts", "counts and years")


def simulate_exposure(
    n: int = 205,
    n_cohorts: int = 500,
    seed: int = 2019,
    prevalence: float = 0.26,
    years: float = 6.0,
    per_year: Mapping[str, float] | None = None,
    n_jobs: int | None = 1,
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Simulate cohorts in which no count has anything to do with CSE, and fit the models that would be fitted.

    Each person is involved for a length of time and has a rate at which things happen, both unrelated to CSE. CSE may
    begin at any moment of the involvement, always with the same hazard. Phase 1 ends when it begins, or at closure.

    Parameters
    ----------
    n : persons in a cohort.
    n_cohorts : cohorts to simulate.
    seed : equal seeds give equal results.
    prevalence : share of persons with CSE, above 0 and below 1.
    years : mean length of involvement; lengths are gamma distributed with shape 2.
    per_year : mean number a year of each thing counted; by default `PER_YEAR`, of which the report prints nothing.
    n_jobs, scheduler : threads here, or the address of a Dask scheduler, as for `keepsafe.workers.share`.

    Returns
    -------
    DataFrame
        a row a count, window (phase 1, or whole involvement) and model (counts alone, or with years counted as well):
        variable, window, model, odds_ratio (per unit; median over cohorts), low, high (middle 95% of cohorts), rejected
        (share of cohorts with p < .05; of the counts none has an effect), cohorts (with finite estimates).

    Raises
    ------
    InputError
        for arguments out of range, and as `share`.

    Examples
    --------
    >>> found = simulate_exposure(n=200, n_cohorts=20).set_index(["variable", "window", "model"])["odds_ratio"]
    >>> bool(found["moves", "phase 1", "counts"] < 1 < found["moves", "whole involvement", "counts"])
    True
    """
    rates = dict(PER_YEAR if per_year is None else per_year)
    _check(n, n_cohorts, prevalence, years, rates)
    names = [*rates, "years"]
    one = partial(_fits, n, prevalence, years, rates)
    found = list(share(one, np.random.SeedSequence(seed).spawn(n_cohorts), n_jobs, scheduler, threads=True))
    rows = []
    for window, model in product(WINDOWS, MODELS):
        fits = [each[window, model] for each in found if (window, model) in each]
        b, p = (np.array([fit[part] for fit in fits]) for part in (0, 1))
        low, middle, high = np.exp(np.quantile(b, (0.025, 0.5, 0.975), axis=0))
        for k, name in enumerate(names[: b.shape[1]]):
            rows.append((name, window, model, middle[k], low[k], high[k], (p[:, k] < 0.05).mean(), len(fits)))
    columns = ["variable", "window", "model", "odds_ratio", "low", "high", "rejected", "cohorts"]
    simulated = pd.DataFrame(rows, columns=columns)
    simulated.attrs["axis"] = "Odds ratio for one more: median and middle 95% of simulated cohorts (log scale)"
    return simulated


def _fits(n: int, prevalence: float, years: float, rates: Mapping, child: np.random.SeedSequence) -> dict:
    """B and p of each model in each window of one cohort; those without finite estimates are left out."""
    cse, windows = _cohort(np.random.default_rng(child), n, prevalence, years, rates)
    found = {}
    for (window, counted), model in product(windows.items(), MODELS):
        columns = counted if model == MODELS[1] else counted[:, : len(rates)]
        b, V, _, converged = irls.fit(np.column_stack([np.ones(n), columns]), cse)
        if converged:
            found[window, model] = b[1:], 2 * stats.norm.sf(np.abs(b / np.sqrt(np.diag(V)))[1:])
    return found


def _cohort(rng: np.random.Generator, n: int, prevalence: float, years: float, rates: Mapping[str, float]) -> tuple:
    """Who has CSE, and for each window the counts with the years counted."""
    involved = rng.gamma(2.0, years / 2.0, n)
    hazard = 2.0 / years * ((1 - prevalence) ** -0.5 - 1)  # so that onset precedes closure in that share
    onset = rng.exponential(1 / hazard, n)
    first = np.minimum(onset, involved)
    own = rng.gamma(HETEROGENEITY, 1 / HETEROGENEITY, (len(rates), n)) * np.array(list(rates.values()))[:, None]
    before, after = rng.poisson(own * first), rng.poisson(own * (involved - first))
    windows = {"phase 1": np.vstack([before, first]).T, "whole involvement": np.vstack([before + after, involved]).T}
    return (onset < involved).astype(float), windows


def _check(n: int, n_cohorts: int, prevalence: float, years: float, rates: Mapping[str, float]) -> None:
    problems = [
        Problem(f"{value!r} is out of range", column=name, remedy=remedy)
        for name, value, fine, remedy in [
            ("n", n, n >= 20, "20 or more"),
            ("n_cohorts", n_cohorts, n_cohorts >= 2, "2 or more"),
            ("prevalence", prevalence, 0 < prevalence < 1, "above 0 and below 1"),
            ("years", years, years > 0, "above 0"),
            ("per_year", rates, bool(rates) and min(rates.values(), default=0) > 0, "rates above 0"),
        ]
        if not fine
    ]
    if problems:
        raise InputError(problems)
