"""Simulated cohorts of which the truth is known: what selection, and length of involvement, do to odds ratios.

`python -m keepsafe.statistics.simulation` writes data/simulation/known_truth.csv anew, in some minutes on all cores.
"""

from collections.abc import Mapping
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from scipy import special, stats

from keepsafe import paths
from keepsafe.problems import InputError, Problem
from keepsafe.statistics import engine
from keepsafe.workers import share

COHORTS, BOOTSTRAPS = 2000, 20
TRUTH = {  # log odds ratios: of a 0/1 predictor, or of one standard deviation of a number
    "yes/no, odds ratio 5": np.log(5), "yes/no, odds ratio 2.5": np.log(2.5), "yes/no, odds ratio 0.4": np.log(0.4),
    "number, odds ratio 2": np.log(2), "number, odds ratio 0.6": np.log(0.6),
    **{f"yes/no, no effect {k}": 0.0 for k in range(1, 11)}, **{f"number, no effect {k}": 0.0 for k in range(1, 6)},
}  # fmt: skip
SHARES = (0.3, 0.5, 0.2, 0.4, 0.6)  # of those with a 1, in turn
CORRELATION, PREVALENCE = 0.2, 0.26
Z = stats.norm.ppf(0.975)
PER_YEAR = {"moves": 1.6, "agencies": 0.9, "social workers": 1.3}
HETEROGENEITY = 2.0  # shape of the gamma from which each person's own rate comes
WINDOWS = ("phase 1", "whole involvement")
MODELS = ("counts", "counts and years")


def known_truth(
    n_cohorts: int = COHORTS,
    n: int = 205,
    n_boot: int = BOOTSTRAPS,
    p_remove: float = 0.10,
    seed: int = 2019,
    n_jobs: int | None = 1,
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Simulate cohorts from a known model; fit the full model, select backward, and bootstrap the selection in each.

    Of the n persons of a cohort 26% have the outcome, and 20 predictors, correlated by .2, compete, of which 5 matter.
    Each cohort draws from its own stream of the seed; those without finite estimates are counted and left out.

    A row a predictor: predictor, truth (log odds ratio), cohorts, not_estimable, full_rejected (share of cohorts with
    Wald p < .05 in the full model: the type I error where the truth is 0), full_covered (share whose 95% interval holds
    the truth), selected (share that keep it), selected_rejected (share that keep it with p < .05),
    selected_rejected_if_kept, selected_covered_if_kept, B_full, B_if_kept (means), inclusion (mean over cohorts of the
    bootstrap inclusion frequency), inclusion_low, inclusion_high (middle 80% of cohorts).

    >>> found = known_truth(n_cohorts=10, n_boot=2)
    >>> len(found), int(found["cohorts"].iloc[0] + found["not_estimable"].iloc[0])
    (20, 10)
    """
    for name, value, least in (("n_cohorts", n_cohorts, 2), ("n", n, 100), ("n_boot", n_boot, 1)):
        if value < least:
            raise InputError.of(f"{value!r} is out of range", column=name, remedy=f"{least} or more")
    one = partial(_known, _intercept(), n, n_boot, p_remove)
    found = share(one, np.random.SeedSequence(seed).spawn(n_cohorts), n_jobs, scheduler)
    sound = [each for each in found if each is not None]
    if not sound:
        raise InputError.of("no cohort has finite estimates", column="n", remedy="more persons")
    full, full_se, kept, b, se, inclusion = (np.array(part) for part in zip(*sound, strict=True))
    truth = np.array(list(TRUTH.values()))
    with np.errstate(invalid="ignore", divide="ignore"):
        rejected = kept & (np.abs(b / se) > Z)
        times = kept.sum(axis=0)
        return pd.DataFrame(
            {
                "predictor": list(TRUTH),
                "truth": truth,
                "cohorts": len(sound),
                "not_estimable": n_cohorts - len(sound),
                "full_rejected": (np.abs(full / full_se) > Z).mean(axis=0),
                "full_covered": (np.abs(full - truth) <= Z * full_se).mean(axis=0),
                "selected": kept.mean(axis=0),
                "selected_rejected": rejected.mean(axis=0),
                "selected_rejected_if_kept": rejected.sum(axis=0) / times,
                "selected_covered_if_kept": (kept & (np.abs(b - truth) <= Z * se)).sum(axis=0) / times,
                "B_full": full.mean(axis=0),
                "B_if_kept": (b * kept).sum(axis=0) / times,
                "inclusion": inclusion.mean(axis=0),
                "inclusion_low": np.quantile(inclusion, 0.1, axis=0),
                "inclusion_high": np.quantile(inclusion, 0.9, axis=0),
            }
        )


def by_effect(truth: pd.DataFrame) -> pd.DataFrame:
    """What became of factors of each known effect, for a dot plot: label, group, value (per cent), low, high.

    Parameters
    ----------
    truth : as `known_truth` returns it.

    Returns
    -------
    DataFrame
        a row an effect and measure: significant in the full model, kept, kept and significant, and in resamples, whose
        low and high are the middle 80% of cohorts.

    Examples
    --------
    >>> from keepsafe import open_study
    >>> shown = by_effect(pd.read_csv(open_study().file("known_truth")))
    >>> shown["group"].unique().tolist()
    ['Significant in the full model', 'Kept', 'Kept and significant', 'In resamples']
    """
    effect = truth["predictor"].str.replace(r"no effect [0-9]+", "no effect", regex=True).str.capitalize()
    means = 100 * truth.groupby(effect.rename("label"), sort=False).mean(numeric_only=True)
    measures = {
        "Significant in the full model": "full_rejected",
        "Kept": "selected",
        "Kept and significant": "selected_rejected",
        "In resamples": "inclusion",
    }
    parts = [means[[column]].set_axis(["value"], axis=1).assign(group=words) for words, column in measures.items()]
    parts[-1] = parts[-1].assign(low=means["inclusion_low"], high=means["inclusion_high"])
    found = pd.concat(parts).reset_index()
    found.attrs["axis"] = "% of simulated cohorts, or of their resamples (line: the middle 80% of cohorts)"
    return found


def _predictors(rng: np.random.Generator, n: int) -> np.ndarray:
    shared = rng.normal(size=(n, 1))
    latent = np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * rng.normal(size=(n, len(TRUTH)))
    yes_no = np.flatnonzero([name.startswith("yes/no") for name in TRUTH])
    latent[:, yes_no] = latent[:, yes_no] > stats.norm.isf(np.resize(SHARES, len(yes_no)))
    return latent


def _intercept() -> float:
    """The constant at which 26% have the outcome, found in a large population."""
    score = np.sort(_predictors(np.random.default_rng(0), 200_000) @ list(TRUTH.values()))
    low, high = -10.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if special.expit(score + middle).mean() < PREVALENCE else (low, middle)
    return low


def _known(intercept: float, n: int, n_boot: int, p_remove: float, child: np.random.SeedSequence) -> tuple | None:
    """Estimates and standard errors of the full model, what is kept with estimates, bootstrap inclusion."""
    rng = np.random.default_rng(child)
    Z = _predictors(rng, n)
    y = (rng.random(n) < special.expit(intercept + Z @ list(TRUTH.values()))).astype(float)
    X, terms = np.column_stack([np.ones(n), Z]), np.arange(len(TRUTH) + 1)
    full, V, _, converged = engine.fit(X, y)
    if not converged:
        return None
    _, kept, b, V_kept, _, _ = engine.eliminate(X, y, terms, engine.LR, p_remove, 0.0)
    draws = (rng.integers(0, n, n) for _ in range(n_boot))
    again = [engine.eliminate(X[rows], y[rows], terms, engine.LR, p_remove, 0.0) for rows in draws]
    inclusion = [inside for _, inside, _, _, deviance, _ in again if not engine.is_perfect(deviance)]
    if not inclusion:
        return None
    parts = full, np.sqrt(np.diag(V)), kept, b, np.sqrt(np.diag(V_kept)), np.mean(inclusion, axis=0)
    return tuple(part[1:] for part in parts)


def main() -> None:
    """Write the result of the full simulation."""
    place = paths.data("simulation", "known_truth.csv")
    place.parent.mkdir(exist_ok=True)
    known_truth(n_jobs=None).round(4).to_csv(place, index=False)


if __name__ == "__main__":
    main()


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
    cse, windows = _involved(np.random.default_rng(child), n, prevalence, years, rates)
    found = {}
    for (window, counted), model in product(windows.items(), MODELS):
        columns = counted if model == MODELS[1] else counted[:, : len(rates)]
        b, V, _, converged = engine.fit(np.column_stack([np.ones(n), columns]), cse)
        if converged:
            found[window, model] = b[1:], 2 * stats.norm.sf(np.abs(b / np.sqrt(np.diag(V)))[1:])
    return found


def _involved(rng: np.random.Generator, n: int, prevalence: float, years: float, rates: Mapping[str, float]) -> tuple:
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
