"""What the claims ask of each model: which factors stay, with which sign and size, and which have to go."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.study import Model, Study

INSIDE = 0.012  # how far inside its printed bounds a log odds ratio is brought
CLEAR = 2.15  # |z| of a significant factor, clear of 1.96
MARGINAL = (1.72, 1.86)  # |z| of a marginal one: .05 < p < .10
CRUDE = (0.4, 1e9)  # |z| of a direction said of a candidate that is not named as a factor
NULL = 1.2  # |z| of a statement that something does not matter


@dataclass(frozen=True)
class Scheme:
    """A model's factors that stay (`named`), candidates that have to go (`others`), and null statements
    (`nulls`).

    For each named factor: sign (+1 risk, -1 protective), lowest and highest log odds ratio, lowest and
    highest |z|. A `crude` scheme only says that `others` point in the direction `sign`, each by itself.
    """

    model: Model
    named: tuple[str, ...]
    sign: np.ndarray
    size: np.ndarray
    z: np.ndarray
    others: tuple[str, ...]
    nulls: tuple[str, ...]
    crude: bool = False


def schemes(claims: pd.DataFrame, study: Study) -> list[Scheme]:
    """One scheme a model of the study.

    Raises
    ------
    InputError
        for a claim about a predictor that no unit of the study holds, or whose odds ratios are not finite.
    """
    faults = [
        Problem(
            f"the odds ratio of {row.predictor} is {row.or_low} to {row.or_high}",
            "claims.csv",
            remedy="give finite numbers above 0, the lower one first",
        )
        for row in claims.itertuples()
        if row.size == "printed" and not (0 < row.or_low <= row.or_high < np.inf)
    ]
    if faults:
        raise InputError(faults)
    found = [_scheme(claims[claims["model"] == name], model, study) for name, model in study.models.items()]
    return found + [part for scheme in found for part in _crude(claims[claims["model"] == scheme.model.name], scheme)]


def _scheme(claims: pd.DataFrame, model: Model, study: Study) -> Scheme:
    stays = study.settings.get("synthesis", {}).get("stays", {}).get(model.name, [])
    said = claims[claims["significance"].isin(["significant", "marginal"]) | claims["predictor"].isin(stays)]
    said = said[said["direction"] != "null"].drop_duplicates("predictor")
    sign = np.where(said["direction"] == "risk", 1.0, -1.0)
    printed = (said["size"] == "printed").to_numpy()
    with np.errstate(invalid="ignore"):
        size = np.log(said[["or_low", "or_high"]].to_numpy(float))
    size[printed] += np.array([INSIDE, -INSIDE])
    size[~printed] = [-np.inf, np.inf]
    z = np.array([MARGINAL if word == "marginal" else (CLEAR, np.inf) for word in said["significance"]]).reshape(-1, 2)
    named = tuple(said["predictor"])
    others = tuple(name for name in model.candidates if name not in named)
    nulls = claims.loc[(claims["direction"] == "null") & claims["predictor"].str.contains(":"), "predictor"]
    return Scheme(model, named, sign, size, z, others, tuple(dict.fromkeys(nulls)))


def _crude(claims: pd.DataFrame, scheme: Scheme) -> list[Scheme]:
    """Directions said of candidates that are not named as factors."""
    said = claims[claims["predictor"].isin(scheme.others) & claims["direction"].isin(["risk", "protective"])]
    free = np.zeros((0, 2))
    return [
        Scheme(
            scheme.model,
            (),
            np.array([1.0 if row.direction == "risk" else -1.0]),
            free,
            free,
            (row.predictor,),
            (),
            True,
        )
        for row in said.drop_duplicates("predictor").itertuples()
    ]
