"""Synthetic case files from a report's printed figures: exact on the tables, calibrated to the models.

Here one cohort is made, whole: drawn, calibrated, finished, and the untidy extract around it. Calibration exchanges
what persons hold, within all printed figures, until backward elimination ends in the published models. No printed
figure gives way unnoticed.

Longer than 300 lines: a cohort is read beside the files that cleaning makes it of again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.files import tidy
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics.columns import refuse
from keepsafe.study import Study, load_study
from keepsafe.study.codebook import Codebook, Variable
from keepsafe.synthesis import design
from keepsafe.synthesis.demands import OutOfReach, sources
from keepsafe.synthesis.edition import line_of, place_of
from keepsafe.synthesis.numbers import USUAL, draw_numbers, draw_sum
from keepsafe.synthesis.people import NOT_ASKED, NOT_RECORDED, People
from keepsafe.synthesis.plan import Plan, given_back

__all__ = ["synthesise"]

DRAWS = 4  # how often a cohort is drawn anew before claims count as out of reach
STEPS, HOT, COLD, REFRESH = 1_000_000, 3.0, 0.001, 300
ATTEMPTS = 10  # searches from one draw
FAR, LOST = 1.0, 2  # a penalty that is left only where claims and figures are at odds, and after how many such ends
AIMED, PART = 3, 0.25  # searches for a part of each printed range of an odds ratio, and how large the part is
TIGHTER, CLEARER = 0.5, 0.1  # a cap, times this, where a candidate stays; |z| of a factor, plus this, where it fails
Z_05, Z_10 = 1.959964, 1.644854


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
    return make(Plan(figures, comparisons, study), claims if targets == "all" else None, seed).case_files


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
        except InputError as error:
            if before is None and not isinstance(error, OutOfReach):
                raise  # figures that contradict each other do so in every draw
            faults = error.problems
            plan.dropped = {name: drop for name, drop in plan.dropped.items() if before is None or name in before}
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
    asked = design.schemes(claims, people.plan.study)
    if not asked:
        return pd.DataFrame()
    made = design.design(people, asked)
    whole = _aimed(made, people.rng)
    refresh = int(REFRESH * max(len(people) / USUAL, 1.0))  # of many persons an exchange moves the fits by less
    far = 0
    for attempt in range(ATTEMPTS):
        if attempt == AIMED or far:
            made.claimed.size[:] = whole
        left = made.search(STEPS, HOT if attempt == 0 else HOT / 10, COLD, refresh, int(people.rng.integers(2**31)))
        found = selected(made)
        missing = {m: missed(found, scheme) for m, scheme in enumerate(made.schemes) if not scheme.crude}
        faults = [fault for part in missing.values() for fault in part]
        if not faults:
            made.written()
            return found
        far += left.sum() > FAR
        if far == LOST:
            break
        _tighten(made, found, missing)
    remedy = "another seed may reach it; if none does, widen its range, or look whether a candidate is missing"
    raise OutOfReach([Problem(fault, "claims.csv", line_of(fault, claims), remedy=remedy) for fault in faults])


def _aimed(made: design.Design, rng: np.random.Generator) -> np.ndarray:
    """Aim at a random part of each printed range, lest all end on its near edge; returns the whole ranges."""
    size, whole = made.claimed.size, made.claimed.size.copy()
    for m, scheme in enumerate(made.schemes):
        for k in np.flatnonzero(np.isfinite(scheme.size).all(axis=1)):
            low, high = whole[m, k + 1]
            start = rng.random() * (1 - PART)
            size[m, k + 1] = low + start * (high - low), low + (start + PART) * (high - low)
    return whole


def _tighten(made: design.Design, found: pd.DataFrame, missing: dict[int, list[str]]) -> None:
    """Ask a smaller |z| of candidates that stay against the claims, a larger one of factors that fail them."""
    for m, faults in missing.items():
        scheme = made.schemes[m]
        rows = found[found["model"] == scheme.model.name].set_index("factor")
        for name in rows.index[rows["kept"] & ~rows["named"]]:
            made.claimed.cap[m, scheme.others.index(name)] *= TIGHTER
        for k, name in enumerate(scheme.named):
            z = made.claimed.z[m, k + 1]
            if np.isfinite(z[0]) and any(f" {name} " in fault and "z = " in fault for fault in faults):
                z += (z.mean() - z) / 2 if np.isfinite(z[1]) else np.array([CLEARER, 0.0])


def selected(made: design.Design) -> pd.DataFrame:
    """Backward elimination of every model: a row a column kept or named, lr and p being its candidate's."""
    found = []
    for y, scheme in zip(made.persons.y, made.schemes, strict=True):
        if scheme.crude:
            continue
        X = made.persons.X[:, [made.names.index(name) for name in scheme.term]]
        kept = design.eliminated(X, y, scheme.term, [made.scale[name] for name in scheme.term])
        every = list(dict.fromkeys([*scheme.named, *kept.index]))
        rows = kept.reindex(every).rename_axis("factor").reset_index().assign(model=scheme.model.name)
        found.append(rows.assign(named=rows["factor"].isin(scheme.named), kept=rows["factor"].isin(kept.index)))
    return pd.concat(found, ignore_index=True)


def missed(found: pd.DataFrame, scheme: design.Scheme) -> list[str]:
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
    for figure in (figure for figure in plan.dropped if figure in printed and figure not in known):
        name = printed[figure]
        unit = 10 ** plan.decimals.get(name, 0)
        low, high, reached = (value / unit if unit > 1 else value for value in plan.dropped[figure])
        between = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        between = between if low <= high else "a count that no whole number gives"
        needs = f"it needs {between}, the nearest is {reached:g}"
        remedy = "correct the figure, or name it under cannot_hold in the study file"
        if name in book and book[name].type == "number" and name not in plan.decimals:
            remedy += "; if its values have decimals, write its range so in the codebook, as 4.0..18.0"
        elif name in book and book[name].type == "category":
            remedy += "; if of some cases it is unknown, give it a level for them in the codebook"
        message = f"{figure} cannot hold with the other figures: {needs}"
        faults.append(Problem(message, **place_of(figure, plan.figures), remedy=remedy))
    refuse(faults)


def extract(cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Files from which cleaning gives back the cohort; one row a person where no column of the file is named."""
    rules, about = study.settings.get("synthesis", {}).get("files", {}), study.settings["study"]
    files = cohort
    if about.get("file"):
        excluded = rules.get("excluded", {})
        once = len(cohort) + sum(excluded.values())
        first = _teamed(cohort, study, rng)
        again = _repeats(first, rules.get("total", once) - once, study, rng)
        files = pd.concat([first, again, _left_out(cohort, excluded, study, rng)], ignore_index=True)
        rank = rng.random(len(files))  # in random order, but a person's complete file before the others
        for rows in files.groupby(about["person"]).groups.values():
            rank[rows] = np.sort(rank[rows])
        files = files.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)
        files[about["file"]] = [f"F{number:04d}" for number in rng.permutation(len(files)) + 1]
    return _untidied(files[list(cohort)], rules.get("untidy", 0), study, rng)


def second_coder(extract: pd.DataFrame, cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """A random sample of the cohort's files coded again, some codes differently."""
    rules, said = study.settings.get("synthesis", {}).get("files", {}), study.settings.get("cohort", {})
    person, file, team = study.settings["study"]["person"], study.settings["study"].get("file"), said.get("team")
    tidied = tidy(extract[study.codebook.names], study.codebook)
    if team:
        tidied = tidied[~tidied[team].isin(said.get("excluded_teams", []))]
    kept = tidied.drop_duplicates(person)
    sample = kept.iloc[rng.choice(len(kept), min(rules.get("coded_twice", 0), len(kept)), replace=False)]
    again = cohort.set_index(person).loc[sample[person]].reset_index()
    again = again.assign(**{name: sample[name].to_numpy() for name in (file, team) if name})[list(cohort)]

    def otherwise(code: str, variable: Variable) -> str:
        if variable.coded and code not in variable.missing:
            return rng.choice([level for level in variable.levels if level != code])
        if variable.coded or not variable.whole or code in variable.missing:
            return code
        return str(np.clip(int(code) + rng.choice([-1, 1]), variable.low, variable.high))

    again = _altered(again, rules.get("disagreement", 0), otherwise, _settled(study), study, rng)
    return again.sort_values(file or person, ignore_index=True)


def _altered(
    files: pd.DataFrame, share: float, change: Callable, left: set[str], study: Study, rng: np.random.Generator
) -> pd.DataFrame:
    """Files in which a share of the entries is changed, but for identifiers and what is to be left."""
    made = files.copy()
    for variable in study.codebook:
        if variable.type != "identifier" and variable.name not in left:
            column = made[variable.name].to_numpy(object)
            for i in np.flatnonzero(rng.random(len(made)) < share):
                column[i] = change(column[i], variable)
            made[variable.name] = column
    return made


def _settled(study: Study) -> set[str]:
    """Identifiers, and what says to which groups a person belongs: all who code a file agree on these."""
    about, cohort = study.settings["study"], study.settings.get("cohort", {})
    groups = {source for group in study.groups.values() if group.variable for source in sources(group.variable, study)}
    named = {about["person"], about.get("file"), *(cohort.get(key) for key in ("team", "category", "grouped_as"))}
    return {*named, *groups, "synthetic"} - {None}


def _teamed(cohort: pd.DataFrame, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Persons with a team drawn for each, where the study has teams."""
    said = study.settings.get("cohort", {})
    team = said.get("team")
    if not team:
        return cohort
    teams = [code for code in study.codebook[team].levels if code not in said.get("excluded_teams", [])]
    given = study.settings.get("synthesis", {}).get("files", {}).get("teams", {})
    weight = np.array([given.get(code, 2) for code in teams], float)
    return cohort.assign(**{team: rng.choice(teams, len(cohort), p=weight / weight.sum())})


def _untidied(files: pd.DataFrame, share: float, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Some entries with stray blanks or capitals, a label in place of its code, or a decimal point."""

    def untidy(entry: str, variable: Variable) -> str:
        labels, forms = {**variable.levels, **variable.missing}, [f" {entry}", f"{entry} "]
        if entry in labels:
            forms += [labels[entry], f"{labels[entry]} ", labels[entry].upper()]
        elif variable.whole or "." not in entry:
            forms += [f"{entry}.0"]
        return forms[rng.integers(len(forms))]

    return _altered(files, share, untidy, set(), study, rng)


def _repeats(first: pd.DataFrame, count: int, study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Further files of some, in other teams, their category the same or lower, some codes not recorded."""
    rules = study.settings.get("cohort", {})
    category, grouped = rules.get("category"), rules.get("grouped_as")
    again = _teamed(first.iloc[rng.integers(len(first), size=count)].copy(), study, rng)
    poorer = np.ones(count, bool)
    if category:
        order = list(study.codebook[category].levels)
        group_of = {code: group for group, codes in rules["groups_of_categories"].items() for code in codes}
        place = np.array([order.index(code) for code in again[category]], int)
        lower = np.where(rng.random(count) < 0.5, rng.integers(0, place + 1), place)
        again[category] = [order[k] for k in lower]
        again[grouped] = again[category].map(group_of)
        poorer = lower < place
    kept = {rules.get("team"), category, grouped, *study.strata.values()}
    for variable in study.codebook:
        if NOT_RECORDED in variable.missing and variable.name not in kept:
            again.loc[(rng.random(count) < 0.05) & poorer, variable.name] = NOT_RECORDED
    return again


def _left_out(cohort: pd.DataFrame, excluded: dict[str, int], study: Study, rng: np.random.Generator) -> pd.DataFrame:
    """Files in the teams that were left out: little more than who they are, since none could be read."""
    person, total = study.settings["study"]["person"], sum(excluded.values())
    known = _settled(study) | set(study.strata.values())
    donors = cohort.iloc[rng.integers(len(cohort), size=total)].copy()
    if excluded:
        donors[study.settings["cohort"]["team"]] = np.repeat(list(excluded), list(excluded.values()))
    donors[person] = [f"P{len(cohort) + 1 + i:03d}" for i in range(total)]
    blank = [v.name for v in study.codebook if v.name not in known and NOT_RECORDED in v.missing]
    return donors.assign(**dict.fromkeys(blank, NOT_RECORDED))
