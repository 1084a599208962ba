"""The study's main model, with all that a script in another program has to know to repeat it."""

from dataclasses import dataclass
from functools import partial
from operator import ne

import pandas as pd

from keepsafe.logistic import backward_elimination
from keepsafe.problems import InputError
from keepsafe.study import Model, Study

P_REMOVE = 0.10


@dataclass(frozen=True)
class MainModel:
    """A logistic regression and its backward elimination by likelihood ratio.

    `categories` gives for each candidate that is a category the codes met, in the codebook's order, its reference
    level first. `selected` are the candidates that stay; None where the model cannot be fitted, and `why` says why.
    """

    model: Model
    categories: dict[str, tuple[str, ...]]
    selected: tuple[str, ...] | None = None
    why: str = ""


def main_model(cohort: pd.DataFrame, study: Study) -> MainModel | None:
    """The first model of the study file that the cohort has all variables of, and what elimination keeps of it.

    Parameters
    ----------
    cohort : as `clean` returns it.
    study : models and, by its codebook, reference levels (the first level met where that has none).

    Returns
    -------
    MainModel; None where there is none. The threshold of elimination is .10

    Examples
    --------
    >>> from keepsafe import load_cohort, load_study
    >>> len(main_model(load_cohort(), load_study()).model.candidates)
    25
    """
    there = (model for model in study.models.values() if {model.outcome.variable, *model.candidates} <= set(cohort))
    model = next(there, None)
    if model is None:
        return None
    outcome, candidates = model.outcome.variable, list(model.candidates)
    used = cohort[[outcome, *candidates]].dropna()
    categories = {}
    for name in candidates:
        if isinstance(used[name].dtype, pd.CategoricalDtype):
            met = [str(code) for code in used[name].cat.categories if (used[name] == code).any()]
            first = study.codebook[name].reference
            categories |= {name: tuple(sorted(met, key=partial(ne, first)))} if met else {}
    reference = {name: met[0] for name, met in categories.items()}
    try:
        chosen = backward_elimination(cohort, outcome, candidates, "lr", P_REMOVE, event=model.outcome.event,
                                      reference=reference)  # fmt: skip
    except InputError as error:
        return MainModel(model, categories, why=str(error.problems[0]))
    return MainModel(model, categories, chosen.selected)
