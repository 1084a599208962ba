"""The same question under every reasonable choice, and in every cohort of a family."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.files.disclosure import WHY, Withheld, log, models
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics import engine, guards
from keepsafe.statistics.design import Design, Formula, design_of, make_design
from keepsafe.statistics.fit import of_columns
from keepsafe.statistics.imputation import completed_designs, impute_cases, pool
from keepsafe.statistics.selection import STATISTICS, check_rule
from keepsafe.workers import share

MISSING = ("complete", "level", "zero", "imputed")
KINDS = {"tables": "exact on the tables alone", "all": "calibrated to the models too"}


def specification_curve(
    data: pd.DataFrame,
    outcome: str,
    candidates: Mapping[str, Sequence[str]],
    focal: str,
    statistics: Sequence[str] = ("lr", "wald", "conditional"),
    thresholds: Sequence[float] = (0.05, 0.10, 0.157),
    missing: Sequence[str] = ("complete",),
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    n_sets: int = 10,
    seed: int = 2019,
    n_jobs: int | None = 1,
) -> pd.DataFrame:
    """Repeat backward elimination under every combination of choices.

    Parameters
    ----------
    data, outcome, event, reference : as for `fit_logistic`.
    candidates : sets of candidate predictors, each under a name.
    focal : the predictor whose odds ratio is followed; a number, or a 0/1 column.
    statistics, thresholds : removal statistics and thresholds (0.157 is what AIC comes to).
    missing : what is done with unknown values: complete (cases left out), level (a level of its own), zero (an
        unknown 0/1 counts as 0, other cases are left out), imputed (a predictor is selected where at least half of
        `n_sets` imputed sets select it; estimates are pooled by Rubin's rules).
    n_sets, seed : of the imputation.
    n_jobs : threads; None for one a core.

    Returns
    -------
    DataFrame
        a row a specification: candidates, missing, statistic, p_remove, n, events, selected (names, joined), terms,
        kept (whether the focal predictor is), B, SE, p, odds_ratio, low, high (blank where it is not kept; 95%), and
        full_odds_ratio (in the model with all candidates).

    Raises
    ------
    InputError
        as `backward_elimination` and `fit_imputed` (under disclosure control a specification in which the focal
        predictor may not stand has no row);
        for unknown choices, and a focal predictor that is no candidate.

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4:1208-1214; Wood, White and Royston (2008),
    Statistics in Medicine 27:3227-3246, for selection in imputed data.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.integers(0, 2, (200, 3)), columns=list("abc"))
    >>> data["ill"] = rng.random(200) < 0.2 + 0.5 * data["a"]
    >>> curve = specification_curve(data, "ill", {"all": list("abc"), "two": ["a", "b"]}, "a", event=True)
    >>> len(curve), bool(curve["kept"].all())
    (18, True)
    """
    require_frame(data=data)
    guards.refuse(_faults(candidates, focal, statistics, thresholds, missing))
    completed: list[pd.DataFrame] = []
    if "imputed" in missing:  # once for all sets of candidates: each helps to fill in the others
        everything = list(dict.fromkeys(name for predictors in candidates.values() for name in predictors))
        completed = impute_cases(data, Formula(outcome, everything, event, reference), n_sets, seed)
    rows = []
    for (name, predictors), handling in product(candidates.items(), missing):
        formula = Formula(outcome, predictors, event, reference)
        try:
            imputed = handling == "imputed"
            designs = completed_designs(completed, formula) if imputed else [_design(data, formula, handling)]
        except Withheld:
            log("specification", f"{name}, unknown values: {handling}", WHY)
            continue
        if focal not in designs[0].predictors:  # under disclosure control
            continue
        for design in designs:
            guards.stop_at(guards.guards(design))
        full = _focal(designs, designs[0].predictors, focal)
        rules = list(product(statistics, thresholds))
        chosen = share(partial(_selected, designs), rules, n_jobs, threads=True)
        for (statistic, p_remove), selected in zip(rules, chosen, strict=True):
            rows.append(
                {
                    "candidates": name,
                    "missing": handling,
                    "statistic": statistic,
                    "p_remove": p_remove,
                    "n": designs[0].n,
                    "events": designs[0].events,
                    "selected": ", ".join(selected),
                    "terms": len(selected),
                    "kept": focal in selected,
                    **_focal(designs, selected, focal),
                    "full_odds_ratio": full["odds_ratio"],
                }
            )
    return pd.DataFrame(rows)


def _design(data: pd.DataFrame, formula: Formula, handling: str) -> Design:
    """The data as one way of handling unknown values has them."""
    if handling == "zero":
        yes_no = [name for name in formula.predictors if name in data and set(data[name].dropna().unique()) <= {0, 1}]
        data = data.assign(**{name: data[name].fillna(0) for name in yes_no})
    return design_of(data, replace(formula, missing="level" if handling == "level" else "complete"))


def _selected(designs: list[Design], rule: tuple[str, float]) -> tuple[str, ...]:
    """What elimination with a removal statistic and threshold keeps in at least half of the sets."""
    statistic, p_remove = rule
    often = np.zeros(len(designs[0].predictors) + 1, int)
    for design in designs:
        inside = engine.eliminate(design.Z, design.y, design.terms, STATISTICS[statistic], p_remove, 0.0)[1]
        often[np.unique(design.terms[inside])] += 1
    names = designs[0].predictors
    return tuple(name for name, times in zip(names, often[1:], strict=True) if 2 * times >= len(designs))


def _focal(designs: list[Design], predictors: Sequence[str], focal: str) -> dict[str, float]:
    """The focal predictor's estimate in the model with some predictors, pooled over the sets."""
    if focal not in predictors:
        return dict.fromkeys(("B", "SE", "p", "odds_ratio", "low", "high"), np.nan)
    parts = [design.part(predictors) for design in designs]
    place = parts[0].columns.index(focal)
    fits = [engine.fit(part.Z, part.y) for part in parts]
    b, se = np.array([of_columns(part, fit[0], fit[1]) for part, fit in zip(parts, fits, strict=True)])[:, :, place].T
    variance = se**2
    if len(fits) == 1:
        estimate, se, df = b[0], np.sqrt(variance[0]), np.inf
    else:
        pooled = pool(b[:, None], variance[:, None], len(parts[0].y) - parts[0].X.shape[1]).iloc[0]
        estimate, se, df = pooled["B"], pooled["SE"], pooled["df"]
    if parts[0].protection:
        made = models.printed(estimate, se, df)
        return {name: each.item() for name, each in made.items() if name != "Wald"}
    reach = stats.t.ppf(0.975, df) * se
    with np.errstate(over="ignore"):  # an odds ratio beyond all numbers is infinite
        ratio, low, high = np.exp([estimate, estimate - reach, estimate + reach])
    return {
        "B": estimate,
        "SE": se,
        "p": 2 * stats.t.sf(abs(estimate / se), df),
        "odds_ratio": ratio,
        "low": low,
        "high": high,
    }


def _faults(candidates, focal, statistics, thresholds, missing) -> Iterator[Problem]:
    for statistic, p_remove in product(statistics, thresholds):
        yield from check_rule(statistic, p_remove)
    for handling in missing:
        if handling not in MISSING:
            yield Problem(f"{handling!r} is not known", column="missing", remedy=f"choose from {', '.join(MISSING)}")
    for name, predictors in candidates.items():
        if focal not in predictors:
            yield Problem(f"is not among the candidates {name!r}", column=focal, remedy="follow one that all sets have")


def odds_ratios_over(family: pd.DataFrame, outcome: str, predictors: Sequence[str], event: object = 1) -> pd.DataFrame:
    """Fit the same model in every cohort of a family, as `read_family` returns it.

    A row a cohort and predictor: cohort, targets, predictor, odds_ratio (blank where a cohort has no estimate).
    """
    require_frame(family=family)
    if family.empty or "cohort" not in family:
        raise InputError.of("this is no family of cohorts", column="cohort", remedy="read one with read_family")
    rows, used = [], family.filter(dict.fromkeys(["cohort", "targets", outcome, *predictors]))
    for (cohort, targets), part in used.groupby(["cohort", "targets"], sort=True):
        design = make_design(part, outcome, predictors, event)
        a, _, _, converged = engine.fit(design.Z, design.y)
        ratios = np.exp((design.back @ a)[1:]) if converged else np.full(len(predictors), np.nan)
        rows += [(cohort, targets, name, ratio) for name, ratio in zip(predictors, ratios, strict=True)]
    return pd.DataFrame(rows, columns=["cohort", "targets", "predictor", "odds_ratio"])


def over_family(family: pd.DataFrame, outcome: str, predictors: Sequence[str], event: object = 1) -> pd.DataFrame:
    """How one model's odds ratios differ over the cohorts of a family, for a forest plot.

    Parameters
    ----------
    family, outcome, predictors, event : as for `odds_ratios_over`.

    Returns
    -------
    DataFrame
        a row a kind of cohort and predictor: predictor, group (the kind, in words), odds_ratio (median), low, high
        (middle 90%).

    Examples
    --------
    >>> from keepsafe import read_family
    >>> over_family(read_family(), "cse", ["female"])["group"].tolist()
    ['exact on the tables alone', 'calibrated to the models too']
    """
    found = spread(odds_ratios_over(family, outcome, predictors, event))
    found["group"] = found["targets"].map(KINDS)
    found["place"] = found["predictor"].map(list(predictors).index)
    found = found.sort_values(["group", "place"], ascending=[False, True], ignore_index=True)
    found.attrs["axis"] = "Odds ratio: median and middle 90% of cohorts (log scale)"
    return found[["predictor", "group", "odds_ratio", "low", "high"]]


def spread(found: pd.DataFrame, share: float = 0.9) -> pd.DataFrame:
    """Median and middle share of the odds ratios over the cohorts of each kind, of what `odds_ratios_over` returns.

    A row a kind and predictor: targets, predictor, odds_ratio (median), low, high, cohorts (with an estimate).

    >>> found = pd.DataFrame({"cohort": range(11), "targets": "all", "predictor": "female", "odds_ratio": range(1, 12)})
    >>> print(*spread(found, 0.8).round(2).iloc[0])
    all female 6.0 2.0 10.0 11
    """
    require_frame(found=found)
    grouped = found.groupby(["targets", "predictor"], sort=False)["odds_ratio"]
    return grouped.agg(
        odds_ratio="median",
        low=lambda x: x.quantile((1 - share) / 2),
        high=lambda x: x.quantile((1 + share) / 2),
        cohorts="count",
    ).reset_index()
