"""One synthetic cohort, whole: drawn, calibrated to the claims, finished, and checked that no other figure gave way.

Calibration exchanges what persons hold, within all printed figures, until backward elimination ends in the
published models.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import Codebook
from keepsafe.synthesis.design import Design, Scheme, design, schemes
from keepsafe.synthesis.edition import line_of, place_of
from keepsafe.synthesis.extract import extract, second_coder
from keepsafe.synthesis.numbers import USUAL, draw_numbers, draw_sum
from keepsafe.synthesis.people import NOT_ASKED, NOT_RECORDED, People
from keepsafe.synthesis.plan import Plan, given_back
from keepsafe.synthesis.rules import NoRoom
from keepsafe.synthesis.search import eliminate

DRAWS = 4  # how often a cohort is drawn anew before claims count as out of reach
STEPS, HOT, COLD, REFRESH = 1_000_000, 3.0, 0.001, 300
ATTEMPTS = 10  # searches from one draw
FAR, LOST = 1.0, 2  # a penalty that is left only where claims and figures are at odds, and after how many such ends
AIMED, PART = 3, 0.25  # searches for a part of each printed range of an odds ratio, and how large the part is
TIGHTER, CLEARER = 0.5, 0.1  # a cap, times this, where a candidate stays; |z| of a factor, plus this, where it fails
SELECTED = ["model", "factor", "named", "kept", "b", "se", "lr", "p"]
Z_05, Z_10 = 1.959964, 1.644854


class OutOfReach(InputError):
    """Claims, or figures of numbers, that were not reached from a cohort."""


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
    files = extract(persons, plan.asked, rng)
    return Made(persons, files, second_coder(files, persons, plan.asked, rng))


def cohort(plan: Plan, claims: pd.DataFrame | None, rng: np.random.Generator) -> pd.DataFrame:
    """One cohort, codes as text, a row a person, drawn anew where its claims or figures of numbers are out of reach."""
    faults: tuple[Problem, ...] = ()
    for _ in range(DRAWS):
        before = None
        try:
            people = draw(plan, rng)
            hold(plan)
            before = set(plan.dropped)
            if claims is not None:
                calibrate(people, claims)
            made = finish(people)
            hold(plan)
            return made
        except (OutOfReach, NoRoom) as error:
            faults = error.problems
        except InputError as error:
            if before is None:  # figures that contradict each other do so in every draw
                raise
            faults = error.problems
            plan.dropped = {name: drop for name, drop in plan.dropped.items() if name in before}
    raise OutOfReach(faults)


def draw(plan: Plan, rng: np.random.Generator) -> People:
    """Persons who meet every printed figure that can hold; numbers on which no model rests are to come."""
    people = People(plan, rng)
    for block in plan.blocks:
        people.draw(block)
    for column in plan.study.rules.sums:
        if plan.parts_of(column):
            draw_sum(people, column)
    draw_numbers(people, [name for name in plan.numbers if name in plan.modelled])
    return people


def finish(people: People) -> pd.DataFrame:
    """The cohort as codes in text, one row a person, with the other numbers and codes of missing."""
    plan, study = people.plan, people.plan.study
    draw_numbers(people, [name for name in plan.numbers if name not in plan.modelled])
    _forget(people)
    n, width = len(people), max(3, len(str(len(people))))
    for name in plan.identifiers:
        people.codes[name] = np.full(n, "", object)
    people.codes[study.settings["study"]["person"]] = np.array([f"P{i + 1:0{width}d}" for i in range(n)], object)
    people.codes["synthetic"] = np.full(n, "1", object)
    names = list(dict.fromkeys([*study.codebook.names, "synthetic"]))
    for name, decimals in plan.decimals.items():
        people.codes[name] = given_back(people.codes[name], decimals, study.codebook[name].missing)
    return pd.DataFrame({name: people.codes[name] for name in names}, dtype="str")


def _forget(people: People) -> None:
    """Codes not recorded, in variables of which nothing is printed or claimed and on which no model rests."""
    plan = people.plan
    share = plan.settings.get("files", {}).get("not_recorded", 0)
    said = {*plan.figures["column"], *plan.comparisons["column"]}
    needed = said | plan.modelled | {name for block in plan.blocks for name in block.base}
    needed |= {part for parts in plan.study.rules.sums.values() for part in parts}
    needed |= {name for rule in plan.order for name in rule.where}
    ranked = tuple("_" + first.rsplit("_", 1)[1] for first, _, _ in plan.highest)
    for block in plan.blocks:
        for name in block.columns:
            if name in needed or name.endswith(ranked) or NOT_RECORDED not in plan.study.codebook[name].missing:
                continue
            codes = people.codes[name]
            codes[(codes != NOT_ASKED) & (people.rng.random(len(people)) < share)] = NOT_RECORDED


def calibrate(people: People, claims: pd.DataFrame) -> pd.DataFrame:
    """Exchange what persons hold until each model ends as claimed, or raise OutOfReach with the nearest reached."""
    asked = schemes(claims, people.plan.study)
    if not asked:
        return pd.DataFrame(columns=SELECTED)
    made = design(people, asked)
    whole = _aimed(made, people.rng)
    refresh = int(REFRESH * max(len(people) / USUAL, 1.0))  # of many persons an exchange moves the fits by less
    far = 0
    for attempt in range(ATTEMPTS):
        if attempt == AIMED or far:
            made.claimed.size[:] = whole
        left = made.search(STEPS, HOT if attempt == 0 else HOT / 10, COLD, refresh, int(people.rng.integers(2**31)))
        found = selected(made)
        faults = [fault for scheme in made.schemes if not scheme.crude for fault in missed(found, scheme)]
        if not faults:
            made.written()
            return found
        far += left.sum() > FAR
        if far == LOST:
            break
        _tighten(made, found)
    remedy = "another seed may reach it; if none does, widen its range, or look whether a candidate is missing"
    raise OutOfReach([Problem(fault, "claims.csv", line_of(fault, claims), remedy=remedy) for fault in faults])


def _aimed(made: Design, rng: np.random.Generator) -> np.ndarray:
    """Aim at a random part of each printed range, lest all end on its near edge; returns the whole ranges."""
    size, whole = made.claimed.size, made.claimed.size.copy()
    for m, scheme in enumerate(made.schemes):
        for k in np.flatnonzero(np.isfinite(scheme.size).all(axis=1)):
            low, high = whole[m, k + 1]
            start = rng.random() * (1 - PART)
            size[m, k + 1] = low + start * (high - low), low + (start + PART) * (high - low)
    return whole


def _tighten(made: Design, found: pd.DataFrame) -> None:
    """Ask a smaller |z| of candidates that stay against the claims, a larger one of factors that fail them."""
    for m, scheme in enumerate(made.schemes):
        if scheme.crude:
            continue
        rows = found[found["model"] == scheme.model.name].set_index("factor")
        for name in rows.index[rows["kept"] & ~rows["named"]]:
            made.claimed.cap[m, scheme.others.index(name)] *= TIGHTER
        missing = missed(found, scheme)
        for k, name in enumerate(scheme.named):
            z = made.claimed.z[m, k + 1]
            if np.isfinite(z[0]) and any(f" {name} " in fault and "z = " in fault for fault in missing):
                z += (z.mean() - z) / 2 if np.isfinite(z[1]) else np.array([CLEARER, 0.0])


def selected(made: Design) -> pd.DataFrame:
    """Backward elimination of every model: a row a column kept or named, lr and p being its candidate's."""
    place, rows = {name: c for c, name in enumerate(made.names)}, []
    for m, scheme in enumerate(made.schemes):
        if scheme.crude:
            continue
        names = list(scheme.term)
        number = {name: k for k, name in enumerate(dict.fromkeys(scheme.term.values()), 1)}
        term = np.array([0, *(number[scheme.term[name]] for name in names)])
        X = np.ascontiguousarray(made.persons.X[:, [0, *(place[name] for name in names)]])
        cols, b, se, lr, p = eliminate(X, made.persons.y[m], term)
        kept = {names[c - 1]: k for k, c in enumerate(cols) if c > 0}
        for name in dict.fromkeys([*scheme.named, *kept]):
            k, scale = kept.get(name), made.scale[name]
            found = (np.nan,) * 4 if k is None else (b[k] / scale, se[k] / scale, lr[k], p[k])
            rows.append((scheme.model.name, name, name in scheme.named, k is not None, *found))
    return pd.DataFrame(rows, columns=SELECTED)


def missed(found: pd.DataFrame, scheme: Scheme) -> list[str]:
    """What backward elimination found of a model otherwise than claimed, each with the value reached."""
    model, faults = scheme.model.name, []
    rows = found[found["model"] == model].set_index("factor")
    for name in rows.index[rows["kept"] & ~rows["named"]]:
        faults.append(f"{model}: {name} stays, with an odds ratio of {np.exp(rows.at[name, 'b']):.2f}")
    for k, name in enumerate(scheme.named):
        if not rows.at[name, "kept"]:
            faults.append(f"{model}: {name} does not stay")
            continue
        b, p = rows.at[name, "b"], rows.at[name, "p"]
        z = b / rows.at[name, "se"] * scheme.sign[k]
        low, high = scheme.size[k]
        if not low <= b < high:
            ends = f"{np.exp(low):.2f} to {np.exp(high):.2f}"
            size = f"{np.exp(b):.2f}" if f"{np.exp(b):.2f}" not in ends.split(" to ") else f"{np.exp(b):.4f}"
            faults.append(f"{model}: the odds ratio of {name} is {size}, not {ends}")
        marginal, free = np.isfinite(scheme.z[k, 1]), scheme.z[k, 0] < Z_10  # stays without a word
        fine = (free and (np.isinf(scheme.z[k, 0]) or z > 0)) or (
            Z_10 < z < Z_05 and 0.05 < p < 0.10 if marginal else z > Z_05 and p < 0.05
        )
        if not fine:
            faults.append(f"{model}: {name} has z = {z:.2f} and a likelihood ratio of {rows.at[name, 'lr']:.2f}")
    return faults


def hold(plan: Plan) -> None:
    """Raise InputError where a printed figure had to give way that the study file does not name in cannot_hold."""
    known = plan.study.settings.get("synthesis", {}).get("cannot_hold", [])
    printed, book = plan.figures.drop_duplicates("id").set_index("id")["variable"], plan.study.codebook
    faults = []
    for drop in (drop for name, drop in plan.dropped.items() if name in printed and name not in known):
        name = printed[drop.name]
        unit = 10 ** plan.decimals.get(name, 0)
        low, high, reached = (value / unit if unit > 1 else value for value in (drop.low, drop.high, drop.reached))
        between = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        if low > high:
            between = "a count that no whole number gives"
        needs = f"it needs {between}, the nearest is {reached:g}"
        remedy = "correct the figure, or name it under cannot_hold in the study file"
        if name in book and book[name].type == "number" and name not in plan.decimals:
            remedy += "; if its values have decimals, write its range so in the codebook, as 4.0..18.0"
        message = f"{drop.name} cannot hold with the other figures: {needs}"
        faults.append(Problem(message, **place_of(drop.name, plan.figures), remedy=remedy))
    if faults:
        raise InputError(faults)
