"""Synthetic case files in one call: plan, draw, calibrate, finish, and check that nothing else gave way."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.codebook import Codebook
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.study import Study, load_study
from keepsafe.synthesis.calibrate import OutOfReach, calibrate
from keepsafe.synthesis.cohort import draw, finish
from keepsafe.synthesis.extract import extract, second_coder
from keepsafe.synthesis.plan import Plan

DRAWS = 4  # how often a cohort is drawn anew before claims count as out of reach


@dataclass(frozen=True)
class Made:
    """One synthetic cohort: persons (codes as text), the extract around it, and the files coded twice."""

    cohort: pd.DataFrame
    case_files: pd.DataFrame
    second_coder: pd.DataFrame


def synthesise(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    claims: pd.DataFrame,
    codebook: Codebook,
    seed: int,
    targets: str = "all",
    study: Study | None = None,
) -> pd.DataFrame:
    """Make synthetic case files that return a report's printed figures.

    Parameters
    ----------
    figures, comparisons, claims : as `load_figures`, `load_comparisons` and `load_claims` return them.
    codebook : the variables.
    seed : of the random numbers; the same seed gives the same files on every processor.
    targets : "tables" for figures and comparisons alone, "all" for the statements on models as well.
    study : groups, models, rules and illustrative shares; by default `load_study()`.

    Returns
    -------
    DataFrame
        the extract: one row a case file, codes as text, untidy as extracts are; `clean` makes the cohort of
        it.

    Raises
    ------
    InputError
        for figures that contradict each other (which, and by how much) and claims that are out of reach.

    Examples
    --------
    >>> from keepsafe import load_claims, load_codebook, load_comparisons, load_figures
    >>> printed = load_figures(), load_comparisons(), load_claims()
    >>> len(synthesise(*printed, load_codebook(), seed=1, targets="tables"))
    367
    """
    require_frame(figures=figures, comparisons=comparisons, claims=claims)
    study = study or load_study(codebook=codebook)
    plan = Plan(figures, comparisons, study)
    return make(plan, claims if targets == "all" else None, seed).case_files


def make(plan: Plan, claims: pd.DataFrame | None, seed: int) -> Made:
    """Make one cohort and its files; without claims it is exact on the tables alone."""
    rng = np.random.default_rng(seed)
    persons = cohort(plan, claims, rng)
    files = extract(persons, plan.study, rng)
    return Made(persons, files, second_coder(files, persons, plan.study, rng))


def cohort(plan: Plan, claims: pd.DataFrame | None, rng: np.random.Generator) -> pd.DataFrame:
    """One cohort, codes as text, one row a person; a draw from which the claims are out of reach is drawn
    anew."""
    faults: tuple[Problem, ...] = ()
    for _ in range(DRAWS if claims is not None else 1):
        people = draw(plan, rng)
        hold(plan)
        if claims is None:
            return finish(people)
        try:
            calibrate(people, claims)
            return finish(people)
        except OutOfReach as error:
            faults = error.problems
    raise InputError(faults)


def hold(plan: Plan) -> None:
    """Raise InputError where a printed figure had to give way that the study file does not name in
    cannot_hold."""
    known = plan.study.settings.get("synthesis", {}).get("cannot_hold", [])
    printed = set(plan.figures["id"])
    faults = [
        Problem(
            f"{drop.name} cannot hold with the other figures: it needs {_between(drop)}, the nearest is "
            f"{drop.reached:g}",
            file="figures.csv",
            remedy="correct the figure, or name it under cannot_hold in the study file",
        )
        for drop in plan.dropped.values()
        if drop.name in printed and drop.name not in known
    ]
    if faults:
        raise InputError(faults)


def _between(drop) -> str:
    if drop.low > drop.high:
        return "a count that no whole number gives"
    return f"{drop.low:g}" if drop.low == drop.high else f"{drop.low:g} to {drop.high:g}"
