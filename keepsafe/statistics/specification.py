"""The same question under every choice of threshold, candidates and unknown values, and in every cohort of a family.

Longer than 300 lines: what three public functions take and return is written out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from numbers import Real

import numpy as np
import pandas as pd

from keepsafe.files.disclosure import WHY, Withheld, coarse, log
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics import diagnostics, engine
from keepsafe.statistics.columns import equals, is_whole, no_choice, no_seed, out_of_range, refuse
from keepsafe.statistics.design import Design, Formula, design_of, make_design
from keepsafe.statistics.fit import fit_design
from keepsafe.statistics.imputation import completed_designs, impute_cases, pooled_fits
from keepsafe.statistics.selection import check_rule, eliminated, resample, streams
from keepsafe.workers import share

MISSING = ("complete", "level", "zero", "imputed")
ESTIMATE = ["B", "SE", "p", "odds_ratio", "low", "high"]
MADE = "candidates", "missing", "statistic", "p_remove", "n", "events", "selected", "terms", "kept"
CURVE = [*MADE, *ESTIMATE, "full_odds_ratio"]
MIDDLE = 0.9  # share of the cohorts between the ends that are shown
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
    candidates, thresholds = _lists(candidates), _several(thresholds)
    statistics, missing = _several(statistics), _several(missing)
    refuse([*_faults(candidates, focal, statistics, thresholds, missing), *no_seed(seed)])
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
        if focal not in designs[0].columns:
            fault, remedy = "has levels, and so no odds ratio of its own", "follow a number or a 0/1 column"
            raise InputError.of(fault, column=focal, remedy=remedy)
        for design in designs:
            diagnostics.stop_at(diagnostics.guards(design), design.outcome)
        rules = list(product(statistics, thresholds))
        chosen = list(share(partial(_selected, designs), rules, n_jobs, threads=True))
        every = designs[0].predictors
        estimates = {selected: _focal(designs, selected, focal) for selected in {every, *chosen}}
        for (statistic, p_remove), selected in zip(rules, chosen, strict=True):
            made = designs[0].n, designs[0].events, ", ".join(selected), len(selected), focal in selected
            full = estimates[every]["odds_ratio"]
            rows.append((name, handling, statistic, p_remove, *made, *estimates[selected], full))
    return pd.DataFrame(rows, columns=CURVE)


def _several(given) -> list:
    """Choices, of which one may come without a list."""
    return [given] if isinstance(given, str | Real) else list(given)


def _lists(candidates: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Lists of candidates by name."""
    if not isinstance(candidates, Mapping) or not candidates:
        fault, remedy = "each list of candidates needs a name", "give them as {'all': ['age', 'sex']}"
        raise InputError.of(fault, column="candidates", remedy=remedy)
    return {name: _several(predictors) for name, predictors in candidates.items()}


def _design(data: pd.DataFrame, formula: Formula, handling: str) -> Design:
    """The data as one way of handling unknown values has them."""
    if handling == "zero":
        yes_no = [name for name in formula.sources if name in data and set(data[name].dropna().unique()) <= {0, 1}]
        data = data.assign(**{name: equals(data[name], 1) for name in yes_no})
    return design_of(data, replace(formula, missing="level" if handling == "level" else "complete"))


def _selected(designs: list[Design], by: tuple[str, float]) -> tuple[str, ...]:
    """What elimination with a removal statistic and threshold keeps in at least half of the sets."""
    statistic, p_remove = by
    often = np.zeros(len(designs[0].predictors) + 1, int)
    for design in designs:
        trials, y, _ = design.tally()
        inside = eliminated(design, statistic, p_remove, trials, y)[1]
        often[np.unique(design.terms[inside])] += 1
    names = designs[0].predictors
    return tuple(name for name, times in zip(names, often[1:], strict=True) if 2 * times >= len(designs))


def _focal(designs: list[Design], predictors: Sequence[str], focal: str) -> pd.Series:
    """The focal predictor's estimate in the model with some predictors, pooled over the sets."""
    if focal not in predictors:
        return pd.Series(np.nan, ESTIMATE)
    parts = [design.part(predictors) for design in designs]
    return pooled_fits(parts).loc[parts[0].columns.index(focal), ESTIMATE]


def _faults(candidates, focal, statistics, thresholds, missing) -> Iterator[Problem]:
    for statistic, p_remove in product(statistics, thresholds):
        yield from check_rule(statistic, p_remove)
    yield from no_choice(*(("missing", handling, MISSING) for handling in missing))
    for name, predictors in candidates.items():
        if focal not in predictors:
            yield Problem(f"is not among the candidates {name!r}", column=focal, remedy="follow one that all sets have")


@dataclass(frozen=True)
class Elimination:
    """What backward elimination keeps as its threshold and its list of candidates vary.

    `path`: a row a list and step: candidates, step (from 1), term (removed), statistic, df, p, in the order in which
    terms leave until the lowest threshold holds; a higher one stops sooner on the same path.
    `kept`: a row a list, threshold and candidate: candidates, p_remove, predictor, kept, odds_ratio, low, high (95%, in
    the model that is kept; blank for what is not, and for a factor of several columns), inclusion (share of resamples
    that keep it), same (share that keep exactly the set of the data). `n_boot` resamples were drawn, of which
    `separated` by list could not be used. Under disclosure control statistics and p are blank, shares have two digits.
    """

    path: pd.DataFrame
    kept: pd.DataFrame
    n_boot: int
    separated: dict[str, int]


def explore_elimination(
    data: pd.DataFrame,
    outcome: str,
    candidates: Mapping[str, Sequence[str]],
    thresholds: Sequence[float] = (0.01, 0.05, 0.10, 0.157, 0.20),
    n_boot: int = 1_000,
    seed: int = 2019,
    statistic: str = "lr",
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    n_jobs: int | None = 1,
) -> Elimination:
    """Backward elimination from each list of candidates under each threshold, in the data and in resamples of them.

    Parameters
    ----------
    data, outcome, event, reference : as for `fit_logistic`; each list has complete cases of its own.
    candidates : lists of candidate predictors, each under a name.
    thresholds : for removal; each between 0 and 1.
    n_boot, seed : of the resamples, which are those of `bootstrap_selection`.
    statistic : of removal, as for `backward_elimination`.
    n_jobs : threads; None for one a core.

    Returns
    -------
    Elimination

    Raises
    ------
    InputError
        as `backward_elimination`, and for n_boot below 2.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.integers(0, 2, (200, 3)), columns=list("abc"))
    >>> data["ill"] = rng.random(200) < 0.2 + 0.5 * data["a"]
    >>> found = explore_elimination(data, "ill", {"all": list("abc"), "two": ["a", "b"]}, n_boot=20, event=True)
    >>> found.kept.query("predictor == 'a'")["inclusion"].min().item()
    1.0
    """
    require_frame(data=data)
    candidates, thresholds = _lists(candidates), sorted(_several(thresholds))
    refuse(problem for each in thresholds or [None] for problem in check_rule(statistic, each))
    refuse([*out_of_range(("n_boot", n_boot, is_whole(n_boot, 2), "a whole number from 2")), *no_seed(seed)])
    steps, kept, separated = [], [], {}
    for name, predictors in candidates.items():
        design = make_design(data, outcome, list(predictors), event, reference).ordered()
        diagnostics.stop_at(diagnostics.guards(design), design.outcome)
        one = partial(_cuts, design, statistic, thresholds)
        moves, stays = one(None)
        found = [each for each in share(one, streams(design, seed, n_boot), n_jobs, threads=True) if each is not None]
        separated[name] = n_boot - len(found)
        again = np.array([each[1] for each in found])  # resamples x thresholds x predictors
        for place, (term, value, p, _) in enumerate(moves, 1):
            value, p = (np.nan, np.nan) if design.protection else (value, p)
            removed = design.predictors[int(-term) - 1]
            steps.append((name, place, removed, value, int((design.terms == -term).sum()), p))
        for place, p_remove in enumerate(thresholds):
            odds = fit_design(design.part(np.array(design.predictors)[stays[place]])).odds_ratios
            shares = again[:, place].mean(axis=0), (again[:, place] == stays[place]).all(axis=1).mean()
            inclusion, same = (coarse(each, 2) if design.protection else each for each in shares)
            for k, predictor in enumerate(design.predictors):
                single = stays[place][k] and (odds.index == predictor).sum() == 1
                ends = odds.loc[predictor, ["odds_ratio", "low", "high"]] if single else (np.nan,) * 3
                kept.append((name, p_remove, predictor, bool(stays[place][k]), *ends, inclusion[k], same))
    path = pd.DataFrame(steps, columns=["candidates", "step", "term", "statistic", "df", "p"])
    columns = ["candidates", "p_remove", "predictor", "kept", "odds_ratio", "low", "high", "inclusion", "same"]
    return Elimination(path, pd.DataFrame(kept, columns=columns), n_boot, separated)


def _cuts(design: Design, statistic: str, thresholds: Sequence[float], seed: np.random.SeedSequence | None):
    """The moves of one elimination, in a resample or in the data, and what each threshold keeps; None if separated."""
    trials, y, _ = design.tally(slice(None) if seed is None else resample(seed, design.y))
    moves, *_, deviance, _, _ = eliminated(design, statistic, thresholds[0], trials, y)
    if deviance < engine.PERFECT:
        return None
    stays = np.ones((len(thresholds), len(design.predictors)), bool)
    for place, p_remove in enumerate(thresholds):
        left = moves[np.cumprod(moves[:, 2] > p_remove + engine.AT_THRESHOLD).astype(bool), 0]
        stays[place, -left.astype(int) - 1] = False
    return moves, stays


def odds_ratios_over(family: pd.DataFrame, outcome: str, predictors: Sequence[str], event: object = 1) -> pd.DataFrame:
    """Fit the same model in every cohort of a family, as `read_family` returns it.

    A row a cohort and predictor, of a factor each contrast: cohort, targets, predictor, odds_ratio (blank where there
    is no estimate, or disclosure control withholds the predictor from the cohort's model).
    """
    require_frame(family=family)
    if family.empty or "cohort" not in family:
        raise InputError.of("this is no family of cohorts", column="cohort", remedy="read one with read_family")
    rows, used = [], family.filter(dict.fromkeys(["cohort", "targets", outcome, *predictors]))
    for (cohort, targets), part in used.groupby(["cohort", "targets"], sort=True):
        design = make_design(part, outcome, predictors, event)
        a, _, _, converged = engine.fit(design.Z, design.y)
        ratios = np.exp((design.back @ a)[1:]) if converged else np.full(len(a) - 1, np.nan)
        found = dict.fromkeys((name for name in predictors if name not in design.predictors), np.nan)
        found |= zip(design.columns[1:], ratios, strict=True)
        rows += [(cohort, targets, name, ratio) for name, ratio in found.items()]
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
    grouped = odds_ratios_over(family, outcome, predictors, event).groupby(["targets", "predictor"], sort=False)
    ends = {"low": (1 - MIDDLE) / 2, "odds_ratio": 0.5, "high": (1 + MIDDLE) / 2}
    found = pd.DataFrame({name: grouped["odds_ratio"].quantile(end) for name, end in ends.items()}).reset_index()
    found["group"] = found["targets"].map(KINDS)
    found = found.sort_values("group", ascending=False, kind="stable", ignore_index=True)
    found.attrs["axis"] = "Odds ratio: median and middle 90% of cohorts (log scale)"
    return found[["predictor", "group", "odds_ratio", "low", "high"]]
