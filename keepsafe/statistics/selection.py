"""Backward elimination, step by step, and the models before and after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

from keepsafe.problems import Problem
from keepsafe.statistics import engine, guards
from keepsafe.statistics.design import Design, make_design
from keepsafe.statistics.fit import LogisticFit, fit_design, null_deviance, r_squared

STATISTICS = {"lr": engine.LR, "wald": engine.WALD, "conditional": engine.CONDITIONAL}
WARNING = (
    "The p-values and intervals of a selected model are too good: the data chose the factors and are then used to test "
    "them. Read the full model beside it, and the stability of the selection."
)


@dataclass(frozen=True)
class Selection:
    """What backward elimination did.

    `path`: a row a step: step, action (start, removed, entered), term, statistic, df, p, deviance, cox_snell,
    nagelkerke, terms (left in the model), events_per_variable. `steps`: for each step's model, each term's test if it
    were removed (step, term, statistic, df, p). `full` and `final` are the models before and after; `selected` names
    the final model's predictors; `guards` lists what was seen before the fit, and products that stayed after one of
    their factors had left; `warning` belongs beside any p-value. Under disclosure control path and steps have no
    statistics.
    """

    outcome: str
    path: pd.DataFrame
    steps: pd.DataFrame
    full: LogisticFit
    final: LogisticFit
    selected: tuple[str, ...]
    guards: pd.DataFrame
    warning: str = WARNING


def backward_elimination(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    statistic: Literal["lr", "wald", "conditional"] = "lr",
    p_remove: float = 0.10,
    p_enter: float | None = None,
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    interval: Literal["wald", "profile", "none"] = "wald",
    confidence: float = 0.95,
) -> Selection:
    """Start with all predictors and remove the one with the largest p above the threshold, until none is.

    Parameters
    ----------
    data, outcome, predictors, event, reference : as for `fit_logistic`; complete cases over all predictors.
    statistic : the removal test: "lr" (likelihood ratio), "wald", or "conditional" (SPSS's bare default).
    p_remove : a predictor stays while its p is at most this; between 0 and 1. Of several with the same p the one named
        first leaves.
    p_enter : where given, predictors outside are tested for re-entry by the score statistic as SPSS documents it
        for METHOD=BSTEP; at most `p_remove`. SPSS itself was not at hand to compare with.
    interval, confidence : of the odds ratios.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        as `fit_logistic`; and for thresholds out of range, and data in which the full model has no estimates
        (separation, collinearity).

    Source: IBM SPSS Statistics Algorithms, logistic regression; Heinze, Wallisch and Dunkler (2018) on its limits.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.integers(0, 2, (200, 4)), columns=list("abcd"))
    >>> data["ill"] = rng.random(200) < 0.2 + 0.5 * data["a"]
    >>> backward_elimination(data, "ill", list("abcd"), event=True).selected
    ('a',)
    """
    design = make_design(data, outcome, predictors, event, reference)
    return eliminate_design(design, statistic, p_remove, p_enter, interval, confidence)


def eliminate_design(
    design: Design,
    statistic: str = "lr",
    p_remove: float = 0.10,
    p_enter: float | None = None,
    interval: str = "wald",
    confidence: float = 0.95,
) -> Selection:
    """Backward elimination of a design; as `backward_elimination`."""
    guards.refuse(check_rule(statistic, p_remove, p_enter))
    seen = guards.guards(design)
    guards.stop_at(seen)
    moves, *_ = engine.eliminate(design.Z, design.y, design.terms, STATISTICS[statistic], p_remove, p_enter or 0.0)
    path, steps, kept = _told(design, moves, statistic)
    if design.protection:  # tests by likelihood are exact functions of the cells
        path = path.assign(**dict.fromkeys(("statistic", "p", "deviance", "cox_snell", "nagelkerke"), np.nan))
        steps = steps.assign(statistic=np.nan, p=np.nan)
    full = fit_design(design, interval, confidence)
    final = fit_design(design.part(kept), interval, confidence)
    alone = final.guards.query("guard == 'product'")
    if len(alone):
        seen = pd.concat([seen, alone], ignore_index=True).drop_duplicates(["guard", "term", "seen"], ignore_index=True)
    return Selection(design.outcome, path, steps, full, final, tuple(kept), seen)


def _told(design: Design, moves: np.ndarray, statistic: str) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Path and steps in words, with the names that are left."""
    n, null = design.n, null_deviance(design)
    Z, y, none, inside = design.Z, design.y, np.zeros(0), list(design.predictors)
    path, steps, test = [], [], STATISTICS[statistic]
    for step in range(len(moves) + 1):
        if step:
            term, value, p, _ = moves[step - 1]
            name = design.predictors[int(abs(term)) - 1]
            inside = [each for each in design.predictors if (each in inside) != (each == name)]
            df = int((design.terms == abs(term)).sum())
            row = {"action": "removed" if term < 0 else "entered", "term": name, "statistic": value, "df": df, "p": p}
        else:
            row = {"action": "start", "term": "", "statistic": np.nan, "df": pd.NA, "p": np.nan}
        terms = [place for place, each in enumerate(design.predictors, 1) if each in inside]
        cols = np.flatnonzero(np.isin(design.terms, [0, *terms]))  # of the whole design: nothing is copied
        b, V, deviance, _ = engine.fit_columns(
            Z, y, cols, np.zeros(len(cols)), none, np.int64(engine.STEPS), engine.EXACT
        )
        cox_snell, nagelkerke = r_squared(n, deviance, null)
        path.append(
            {"step": step}
            | row
            | {
                "deviance": deviance,
                "cox_snell": cox_snell,
                "nagelkerke": nagelkerke,
                "terms": len(inside),
                "events_per_variable": design.rarer / max(len(cols) - 1, 1),
            }
        )
        weights = engine.weights(Z, cols, b)
        for term in terms:
            out = design.terms[cols] == term
            value, p, _ = engine.removal(Z, y, cols, out, b, V, weights, deviance, test, 0.0)
            named = {"step": step, "term": design.predictors[term - 1]}
            steps.append(named | {"statistic": value, "df": int(out.sum()), "p": p})
    return pd.DataFrame(path).astype({"df": "Int64"}), pd.DataFrame(steps), inside


def check_rule(statistic: str, p_remove: float, p_enter: float | None = None) -> Iterator[Problem]:
    """Faults of the rule by which predictors leave and enter."""
    if statistic not in STATISTICS:
        remedy = f"choose one of {', '.join(STATISTICS)}"
        yield Problem(f"{statistic!r} is no removal statistic", column="statistic", remedy=remedy)
    if not _share(p_remove):
        remedy = "choose one between 0 and 1, such as 0.10"
        yield Problem(f"{p_remove!r} is no threshold", column="p_remove", remedy=remedy)
    elif p_enter is not None and not (_share(p_enter) and p_enter <= p_remove):
        remedy = "choose one above 0 and at most p_remove"
        yield Problem(f"{p_enter!r} is no threshold", column="p_enter", remedy=remedy)


def _share(value: object) -> bool:
    return isinstance(value, Real) and 0 < float(value) < 1
