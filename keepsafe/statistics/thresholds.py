"""Backward elimination as its removal threshold and its list of candidates vary, for a reader who moves both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from keepsafe.files.disclosure import coarse
from keepsafe.problems import InputError, require_frame
from keepsafe.statistics import engine, guards
from keepsafe.statistics.design import Design, make_design
from keepsafe.statistics.fit import fit_design
from keepsafe.statistics.selection import STATISTICS, check_rule
from keepsafe.statistics.stability import resample
from keepsafe.workers import share


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
    thresholds = sorted(thresholds)
    guards.refuse(problem for each in thresholds or [None] for problem in check_rule(statistic, each))
    if not isinstance(n_boot, int | np.integer) or n_boot < 2:
        raise InputError.of(f"{n_boot!r} is out of range", column="n_boot", remedy="a whole number from 2")
    steps, kept, separated = [], [], {}
    for name, predictors in candidates.items():
        design = make_design(data, outcome, list(predictors), event, reference).ordered()
        guards.stop_at(guards.guards(design))
        one = partial(_cuts, design, STATISTICS[statistic], thresholds)
        moves, stays, _ = one(None)
        drawn = np.random.SeedSequence([seed, design.protection.seed] if design.protection else seed).spawn(n_boot)
        found = [each for each in share(one, drawn, n_jobs, threads=True) if each is not None]
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
    return Elimination(
        pd.DataFrame(steps, columns=["candidates", "step", "term", "statistic", "df", "p"]),
        pd.DataFrame(
            kept,
            columns=["candidates", "p_remove", "predictor", "kept", "odds_ratio", "low", "high", "inclusion", "same"],
        ),
        n_boot,
        separated,
    )


def _cuts(design: Design, statistic: int, thresholds: Sequence[float], seed: np.random.SeedSequence | None):
    """The moves of one elimination, in a resample or in the data, and what each threshold keeps; None if separated."""
    rows = np.arange(len(design.y)) if seed is None else resample(seed, design.y)
    moves, *_, deviance, sound = engine.eliminate(
        design.Z[rows], design.y[rows], design.terms, statistic, thresholds[0]
    )
    if engine.is_perfect(deviance):
        return None
    stays = np.ones((len(thresholds), len(design.predictors)), bool)
    for place, p_remove in enumerate(thresholds):
        left = moves[np.cumprod(moves[:, 2] > p_remove + engine.AT_THRESHOLD).astype(bool), 0]
        stays[place, -left.astype(int) - 1] = False
    return moves, stays, sound
