"""One synthetic cohort: persons, blocks of codes, counts and items; ages and pregnancies at the end."""

import numpy as np
import pandas as pd

from keepsafe.study import Study
from keepsafe.synthesis.abuse import count_types
from keepsafe.synthesis.counts import draw_counts
from keepsafe.synthesis.life import draw_age, live
from keepsafe.synthesis.people import People
from keepsafe.synthesis.plan import Plan

TYPES = "n_abuse_types_p1"
ITEMS = (
    ("familial_sexual_abuse", "extrafamilial_sexual_abuse"),
    ("physical_abuse",),
    ("neglect",),
    ("emotional_abuse",),
)


def draw(plan: Plan, rng: np.random.Generator) -> People:
    """Persons who meet every printed figure that can hold, all else near to independence; ages and
    pregnancies to come."""
    people = People(plan, rng)
    for block in plan.blocks:
        people.draw(block)
    for column, given in plan.study.settings.get("synthesis", {}).get("numbers", {}).items():
        asked = people.ones(("cse",)) if column.endswith("_p2") else np.ones(len(people), bool)
        people.codes[column] = np.full(len(people), "-8", object)
        people.codes[column][asked] = draw_counts(people, column, np.flatnonzero(asked), **given).astype(str)
    for phase, asked in (("1", np.ones(len(people), bool)), ("2", people.ones(("cse",)))):
        items = [[f"{name}_p{phase}" for name in part] for part in ITEMS]
        if items[0][0] in people.codes:
            count_types(people, f"n_abuse_types_p{phase}", items, asked)
    if "age_2006" in plan.study.codebook:
        draw_age(people)
    return people


def finish(people: People) -> pd.DataFrame:
    """The cohort as codes in text, one row a person, with ages, pregnancies and codes of missing."""
    study = people.plan.study
    live(people)
    _forget(people)
    n = len(people)
    people.codes[study.settings["study"]["person"]] = np.array([f"P{i + 1:03d}" for i in range(n)], object)
    people.codes["synthetic"] = np.full(n, "1", object)
    for name in ("file_id", "team"):
        people.codes[name] = np.full(n, "", object)
    return pd.DataFrame({name: people.codes[name] for name in study.codebook.names}, dtype="str")


def _forget(people: People) -> None:
    """Codes not recorded, in variables of which nothing is printed or claimed and on which no model rests."""
    study: Study = people.plan.study
    share = study.settings.get("synthesis", {}).get("files", {}).get("not_recorded", 0)
    said = {*people.plan.figures["column"], *people.plan.comparisons["column"]}
    in_models = {name for model in study.models.values() for name in (model.outcome.variable, *model.candidates)}
    in_models |= {source for name in in_models & set(study.derived) for source in study.derived[name].sources}
    bases = {block.base for block in people.plan.blocks}
    needed = said | in_models | {name for base in bases for name in base}
    ranked = tuple("_" + first.rsplit("_", 1)[1] for first, _, _ in people.plan.highest)
    for block in people.plan.blocks:
        for name in block.columns:
            if name not in needed and not name.endswith(ranked) and "-9" in study.codebook[name].missing:
                codes = people.codes[name]
                codes[(codes != "-8") & (people.rng.random(len(people)) < share)] = "-9"
