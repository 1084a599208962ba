"""Simulated cohorts of which the truth is known: what selection, and length of involvement, do to odds ratios.

Longer than 300 lines: three simulations, each with what it assumes and returns written out.

`python -m keepsafe.statistics.simulation` writes data/simulation/known_truth.csv anew, in some minutes on all cores.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from scipy import special, stats

from keepsafe import paths
from keepsafe.files.disclosure import active
from keepsafe.problems import InputError, Problem
from keepsafe.statistics import engine
from keepsafe.statistics.columns import is_share, is_whole, no_seed, of_names, out_of_range, refuse
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
    faults = out_of_range(
        ("n_cohorts", n_cohorts, n_cohorts >= 2, "2 or more"),
        ("n", n, n >= 100, "100 or more"),
        ("n_boot", n_boot, n_boot >= 1, "1 or more"),
    )
    refuse([*faults, *no_seed(seed)])
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
        a row an effect and measure, those without effect first: kept, and kept in resamples, whose low and high are the
        middle 80% of cohorts.

    Examples
    --------
    >>> from keepsafe import open_study
    >>> shown = by_effect(pd.read_csv(open_study().file("known_truth")))
    >>> shown["label"].iloc[[0, 2, 6]].tolist()
    ['Yes-or-no factor without effect', 'Yes-or-no factor, true odds ratio 5', 'Count, true odds ratio 0.6 per SD']
    """
    words = {"yes/no": "Yes-or-no factor", "number": "Count", "odds ratio": "true odds ratio"}
    effect = truth["predictor"].str.replace(r", no effect [0-9]+", " without effect", regex=True)
    effect = effect.replace(words, regex=True).where(
        ~effect.str.startswith("number, odds"), lambda each: each + " per SD"
    )
    means = 100 * truth.groupby(effect.rename("label"), sort=False).mean(numeric_only=True)
    means = means.iloc[(~means.index.str.endswith("without effect")).argsort(kind="stable")]
    kept = means[["selected"]].set_axis(["value"], axis=1).assign(group="Kept by the elimination")
    again = means[["inclusion", "inclusion_low", "inclusion_high"]].set_axis(["value", "low", "high"], axis=1)
    found = pd.concat([kept, again.assign(group="Kept in resamples")]).reset_index()
    found.attrs["axis"] = "% of simulated cohorts, or of their resamples (line: middle 80% of cohorts)"
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
    _, kept, b, V_kept, *_ = engine.eliminate(X, y, terms, engine.LR, p_remove, 0.0)
    inclusion = []
    for _ in range(n_boot):
        trials = np.bincount(rng.integers(0, n, n), minlength=n).astype(float)
        drawn = trials > 0
        known = terms, engine.LR, p_remove, 0.0, trials[drawn]
        _, inside, _, _, deviance, *_ = engine.eliminate(X[drawn], (trials * y)[drawn], *known)
        if deviance >= engine.PERFECT:
            inclusion.append(inside)
    if not inclusion:
        return None
    parts = full, np.sqrt(np.diag(V)), kept, b, np.sqrt(np.diag(V_kept)), np.mean(inclusion, axis=0)
    return tuple(part[1:] for part in parts)


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
    n : persons in a cohort; under disclosure control rounded.
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
        (share of cohorts with p < .05; of the counts none has an effect), cohorts (with finite estimates); what was
        assumed, in words, in .attrs["assumed"].

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
    faults = out_of_range(
        ("n", n, is_whole(n, 20), "20 or more"),
        ("n_cohorts", n_cohorts, is_whole(n_cohorts, 2), "2 or more"),
        ("prevalence", prevalence, 0 < prevalence < 1, "above 0 and below 1"),
        ("years", years, years > 0, "above 0"),
        ("per_year", rates, min(rates.values(), default=0) > 0, "rates above 0"),
    )
    refuse([*faults, *no_seed(seed)])
    n, names = _as_shown(n), [*rates, "years"]
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
    things = ", ".join(f"{rate:g} {name}" for name, rate in rates.items())
    simulated.attrs["assumed"] = (
        f"{n_cohorts} cohorts of {n} people, known for {years:g} years on average; in a year {things} on average, "
        "more for some and fewer for others; CSE as likely to begin at one moment as at another"
    )
    simulated.attrs["axis"] = "Odds ratio for one more: median and middle 95% of simulated cohorts (log scale)"
    return simulated


def _as_shown(n: int) -> int:
    """So many persons as may be told: whoever knows the seed sees from a result how many were simulated."""
    limits = active()
    return limits.rounded(n) if limits else n


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


def by_window(simulated: pd.DataFrame) -> pd.DataFrame:
    """The counts of `simulate_exposure`, for a forest plot: section (what is counted), label (over what), group.

    Examples
    --------
    >>> by_window(simulate_exposure(n=50, n_cohorts=20))[["section", "label", "group"]].iloc[0].tolist()
    ['Agencies', 'Counted over phase 1', 'counts alone']
    """
    alone = simulated[simulated["variable"] != "years"]
    drawn = alone.assign(
        section=alone["variable"].str.capitalize(),
        label="Counted over " + alone["window"].str.replace("whole", "the whole"),
        group=alone["model"].replace({"counts": "counts alone", "counts and years": "years counted as well"}),
    )
    return drawn.sort_values(["section", "label", "group"], ignore_index=True)


def with_related(
    data: pd.DataFrame, columns: Sequence[str], within: str, correlation: float = 0.6, seed: int = 2019
) -> pd.DataFrame:
    """The same persons with some of their columns dealt out anew, so that these go together.

    An illustration of collinearity. Each column keeps its values in every group; who has which of them changes, by the
    ranks of normal deviates that share a part (Iman and Conover 1982).

    Parameters
    ----------
    data : one row a person.
    columns : numbers without gaps.
    within : the column whose groups keep their values.
    correlation : of the deviates, from 0 to below 1.
    seed : equal seeds give equal results.

    Examples
    --------
    >>> rows = pd.DataFrame({"g": [0] * 50 + [1] * 50, "a": range(100), "b": range(100)})
    >>> dealt = with_related(rows, ["a", "b"], "g", correlation=0.0)
    >>> bool(abs(dealt.loc[:49, ["a", "b"]].corr().iloc[0, 1]) < 0.3), sorted(dealt["a"]) == list(range(100))
    (True, True)
    """
    faults = out_of_range(("correlation", correlation, 0 <= correlation < 1, "from 0 to below 1"))
    refuse([*of_names(data, [*columns, within]), *faults, *no_seed(seed)])
    gaps = "has unknown values", "leave their rows out"
    refuse(Problem(gaps[0], column=name, remedy=gaps[1]) for name in columns if data[name].isna().any())
    rng, dealt = np.random.default_rng(seed), data.copy()
    for rows in data.groupby(within).indices.values():
        shared = rng.normal(size=len(rows))
        for column in columns:
            own = rng.normal(size=len(rows))
            rank = np.argsort(np.argsort(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own))
            dealt.iloc[rows, data.columns.get_loc(column)] = np.sort(data[column].to_numpy()[rows])[rank]
    return dealt


def simulate_timing(
    ages: tuple[float, float],
    shares: tuple[float, float],
    prevalence: float,
    n: int = 205,
    n_cohorts: int = 500,
    spread: float = 2.0,
    seed: int = 2019,
) -> dict[str, float]:
    """What timing alone does to an event counted until CSE begins: odds ratios where CSE has nothing to do with it.

    Ages at concern and at the event are normal and independent. Without CSE the event counts whenever it occurs; with
    it, only before concern.

    Parameters
    ----------
    ages : mean age in years at concern, and at the event.
    shares : share to whom the event occurs at any time, with CSE and without; above 0 and below 1.
    prevalence : share of persons with CSE, above 0 and below 1.
    n, n_cohorts : persons in a cohort (under disclosure control rounded); cohorts to simulate.
    spread : SD of both ages in years, above 0.
    seed : equal seeds give equal results.

    Returns
    -------
    dict
        cse, others (mean share counted in each group), ratio (of the odds of those shares), low, high (middle 95% of
        the cohorts' odds ratios).

    Examples
    --------
    >>> found = simulate_timing((14.0, 16.5), (0.3, 0.3), 0.26)
    >>> found["ratio"] < 1
    True
    """
    faults = out_of_range(
        ("shares", shares, all(map(is_share, shares)), "above 0 and below 1"),
        ("prevalence", prevalence, is_share(prevalence), "above 0 and below 1"),
        ("n", n, is_whole(n, 20), "20 or more"),
        ("n_cohorts", n_cohorts, is_whole(n_cohorts, 2), "2 or more"),
        ("spread", spread, spread > 0, "above 0"),
    )
    refuse([*faults, *no_seed(seed)])
    rng, size = np.random.default_rng(seed), (n_cohorts, _as_shown(n))
    affected, chance = rng.random(size) < prevalence, rng.random(size)
    before = rng.normal(ages[1], spread, size) < rng.normal(ages[0], spread, size)
    counted = (chance < np.where(affected, *shares)) & (before | ~affected)
    both = affected.any(axis=1) & ~affected.all(axis=1)  # a cohort without one of the groups says nothing
    each = [(counted & who)[both].sum(axis=1) / who[both].sum(axis=1) for who in (affected, ~affected)]
    cse, others = (float(share.mean()) for share in each)
    with np.errstate(divide="ignore", invalid="ignore"):  # a small group may have the event in none or in all
        low, high = np.nanquantile(np.divide(*(share / (1 - share) for share in each)), [0.025, 0.975])
    ratio = cse / (1 - cse) / (others / (1 - others))
    return {"cse": cse, "others": others, "ratio": ratio, "low": float(low), "high": float(high)}


if __name__ == "__main__":
    place = paths.data("simulation", "known_truth.csv")
    place.parent.mkdir(exist_ok=True)
    known_truth(n_jobs=None).round(4).to_csv(place, index=False)
