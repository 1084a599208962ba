"""What the claims ask of each model: which factors stay, with which sign and size, and which have to go."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem
from keepsafe.study.definition import Model, Study


@dataclass(frozen=True)
class Limits:
    """How far from a threshold the search keeps |z|: [synthesis.limits] of the study file.

    `outside` is the largest of a candidate that has to go, `significant` the smallest and `marginal` both ends of a
    factor that stays, `crude` the smallest of a direction said of a candidate that is not named as a factor, `null`
    the largest of what is said not to matter, `kept` the smallest of a factor that stays without a word on its
    significance. `odds_ratio` is the largest (or its inverse) where no size is printed, `per_sd` the largest log odds
    ratio of an SD of a number, `margin` how far inside its printed bounds a log odds ratio is brought, at most a
    quarter of their width. By default real cohorts lie within them.
    """

    outside: float = 1.8
    significant: float = 1.98
    marginal: tuple[float, float] = (1.66, 1.94)
    crude: float = 0.05
    null: float = 1.7
    kept: float = 1.6
    odds_ratio: float = 30.0
    per_sd: float = 3.0
    margin: float = 1e-5


def limits(study: Study) -> Limits:
    """The limits of a study; InputError for a name that is none of them."""
    said: dict[str, Any] = study.settings.get("synthesis", {}).get("limits", {})
    unknown = sorted(set(said) - set(Limits.__dataclass_fields__))
    if unknown:
        raise InputError.of(
            f"[synthesis.limits] {', '.join(unknown)} is no limit",
            file="study.toml",
            remedy=f"choose of {', '.join(Limits.__dataclass_fields__)}",
        )
    ends: dict[str, Any] = {name: tuple(end) if isinstance(end, list) else float(end) for name, end in said.items()}
    return Limits(**ends)


def columns_of(name: str, study: Study) -> tuple[str, ...]:
    """The columns of a model that a candidate gives: of a category one a level but the reference, as `stage=late`.

    Examples
    --------
    >>> from keepsafe import load_study
    >>> columns_of("sex", load_study()), columns_of("female", load_study())
    (('sex=female',), ('female',))
    """
    if name not in study.codebook or study.codebook[name].type not in ("category", "ordered"):
        return (name,)
    variable = study.codebook[name]
    reference = variable.reference or next(iter(variable.levels))
    return tuple(f"{name}={level}" for level in variable.levels if level != reference)


@dataclass(frozen=True)
class Scheme:
    """A model's factors that stay (`named`), candidates that have to go (`others`), and null statements
    (`nulls`).

    All are columns of a model; `term` maps each to its candidate. For each named one: sign (+1 risk, -1 protective),
    lowest and highest log odds ratio of a unit, lowest and highest |z|. A `crude` scheme only says that `others` point
    in the direction `sign`, each by itself. `limits` are those of the study.
    """

    model: Model
    named: tuple[str, ...]
    sign: np.ndarray
    size: np.ndarray
    z: np.ndarray
    others: tuple[str, ...]
    nulls: tuple[str, ...]
    crude: bool = False
    term: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def margins(self) -> np.ndarray:
        """How far inside its printed bounds each log odds ratio is brought."""
        width = self.size[:, 1] - self.size[:, 0]
        return np.where(np.isfinite(width), np.minimum(self.limits.margin, width / 4), 0.0)


def schemes(claims: pd.DataFrame, study: Study) -> list[Scheme]:
    """One scheme a model of which something is claimed, and one a direction said in passing.

    InputError for a claim about a predictor that no unit of the study holds, or whose odds ratios are not finite.
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
    said = {name: claims[claims["model"] == name] for name in study.models}
    found = [_scheme(said[name], model, study) for name, model in study.models.items() if len(said[name])]
    return found + [part for scheme in found for part in _crude(claims[claims["model"] == scheme.model.name], scheme)]


def _scheme(claims: pd.DataFrame, model: Model, study: Study) -> Scheme:
    stays = study.settings.get("synthesis", {}).get("stays", {}).get(model.name, [])
    said = claims[claims["significance"].isin(["significant", "marginal"]) | claims["predictor"].isin(stays)]
    said = said[said["direction"] != "null"].drop_duplicates("predictor").set_index("predictor")
    term = {column: name for name in model.candidates for column in columns_of(name, study)}
    lacking = [name for name in said.index if name not in term]
    if lacking:
        raise InputError.of(
            f"{model.name}: {', '.join(lacking)} stays in the model and is no candidate of it",
            file="claims.csv",
            remedy="name it among the candidates; of a category name the level, as variable=level",
        )
    kept = {term[column] for column in said.index}
    named = (*said.index, *(column for column in term if term[column] in kept and column not in said.index))
    bounds, free = limits(study), len(named) - len(said)  # levels without a word stay with their category
    sign = np.r_[np.where(said["direction"] == "risk", 1.0, -1.0), np.ones(free)]
    printed = (said["size"] == "printed").to_numpy()
    with np.errstate(invalid="ignore"):
        size = np.log(said[["or_low", "or_high"]].to_numpy(float))
    size[~printed] = [-np.inf, np.inf]
    least = {"marginal": bounds.marginal, "significant": (bounds.significant, np.inf)}
    z = [least.get(word, (bounds.kept, np.inf)) for word in said["significance"]]
    nulls = claims.loc[(claims["direction"] == "null") & claims["predictor"].str.contains(":"), "predictor"]
    return Scheme(
        model,
        named,
        sign,
        np.vstack([size, np.full((free, 2), (-np.inf, np.inf))]),
        np.array([*z, *[(-np.inf, np.inf)] * free]).reshape(-1, 2),
        tuple(column for column in term if column not in named),
        tuple(dict.fromkeys(nulls)),
        False,
        term,
        bounds,
    )


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
            scheme.term,
            scheme.limits,
        )
        for row in said.drop_duplicates("predictor").itertuples()
    ]
