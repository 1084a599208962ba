"""One model over a family of cohorts: how much an odds ratio owes to what filled the printed figures in."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, require_frame
from keepsafe.statistics import irls
from keepsafe.statistics.logistic.design import make_design

KINDS = {"tables": "exact on the tables alone", "all": "calibrated to the models too"}


def odds_ratios_over(family: pd.DataFrame, outcome: str, predictors: Sequence[str], event: object = 1) -> pd.DataFrame:
    """Fit the same model in every cohort of a family.

    Parameters
    ----------
    family : cohorts one below the other, with the columns cohort and targets, as `read_family` returns them.
    outcome, predictors, event : as for `fit_logistic`.

    Returns
    -------
    DataFrame
        a row a cohort and predictor: cohort, targets, predictor, odds_ratio (blank where a cohort has no estimate).

    Raises
    ------
    InputError
        for a family without cohorts, and as `fit_logistic`.
    """
    require_frame(family=family)
    if family.empty or "cohort" not in family:
        raise InputError.of("this is no family of cohorts", column="cohort", remedy="read one with read_family")
    rows = []
    for (cohort, targets), part in family.groupby(["cohort", "targets"], sort=True):
        design = make_design(part, outcome, predictors, event)
        a, _, _, converged = irls.fit(design.Z, design.y)
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
    """Median and middle share of the odds ratios over the cohorts of each kind.

    Parameters
    ----------
    found : as `odds_ratios_over` returns it.
    share : the share of cohorts between low and high.

    Returns
    -------
    DataFrame
        a row a kind and predictor: targets, predictor, odds_ratio (median), low, high, cohorts (with an estimate).

    Examples
    --------
    >>> found = pd.DataFrame({"cohort": range(11), "targets": "all", "predictor": "female", "odds_ratio": range(1, 12)})
    >>> print(*spread(found, 0.8).round(2).iloc[0])
    all female 6.0 2.0 10.0 11
    """
    require_frame(found=found)
    grouped = found.groupby(["targets", "predictor"], sort=False)["odds_ratio"]
    return grouped.agg(
        odds_ratio="median", low=lambda x: x.quantile((1 - share) / 2), high=lambda x: x.quantile((1 + share) / 2),
        cohorts="count",
    ).reset_index()  # fmt: skip
