"""Every published figure computed again from a cohort, printed value and recomputed one side by side."""

import numpy as np
import pandas as pd

from keepsafe import printed
from keepsafe.study import Study, load_study

#: Whom a figure counts where it does not count all persons of its group: unit -> variable that has to be 1.
BASES = {
    "persons with a pregnancy": "pregnancy_ever",
    "persons with social services involved after closure": "ssd_after_closure",
}
#: A percentage of things, not of persons: the total of the variable in this phase against that of another.
SHARES = {"pregnancies": "n_pregnancies", "live births": "n_live_births"}


def recompute(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study | None = None,
              facts: dict[str, float] | None = None) -> pd.DataFrame:  # fmt: skip
    """Compute each printed figure from a cohort.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    cohort : as `clean` returns it.
    study : groups and derived variables; by default `load_study()`.
    facts : what a cohort of persons cannot show, by variable, such as {"file_id": 367}.

    Returns
    -------
    DataFrame
        one row a figure, indexed as `figures`: id, n (cases it rests on), k (cases or total counted, blank for
        moments), recomputed (float), agrees (whether it prints as the figure; blank where it cannot be computed).

    Examples
    --------
    >>> from keepsafe import load_cohort, load_figures
    >>> rows = recompute(load_figures(), load_cohort()).set_index("id")
    >>> rows.loc["table_1.lived_care.p1.cse.percent", ["n", "k"]].tolist()
    [54, 36]
    """
    study, facts = study or load_study(), facts or {}
    rows = [_figure(figure, cohort, study, facts) for figure in figures.to_dict("records")]
    found = pd.DataFrame(rows, columns=["id", "n", "k", "recomputed"], index=figures.index)
    value, decimals = figures["value"].astype(float), figures["decimals"].astype(int)
    known = found["recomputed"].notna()
    low, high = printed.possible_values(value, decimals, figures["qualifier"])
    inside = (found["recomputed"] >= low - 1e-9) & (found["recomputed"] <= high + 1e-9)
    return found.astype({"n": "Int64", "k": "Int64"}).assign(agrees=inside.astype("boolean").where(known))


def members(cohort: pd.DataFrame, group: str, study: Study) -> pd.Series:
    """Which persons belong to a group of the study, or have this SERAF category."""
    if group in study.groups:
        rule = study.groups[group]
        if rule.variable is None:
            return pd.Series(True, index=cohort.index)
        return cohort[rule.variable].astype("str") == rule.value
    return cohort[study.settings["cohort"]["category"]].astype("str") == group


def _figure(figure: dict, cohort: pd.DataFrame, study: Study, facts: dict[str, float]) -> tuple:
    name, variable, statistic = figure["id"], figure["variable"], figure["statistic"]
    if variable in facts:
        return name, pd.NA, pd.NA, float(facts[variable])
    persons = cohort[members(cohort, figure["group"], study)]
    if figure["stratum"]:
        persons = persons[persons[study.strata["sex"]].astype("str") == figure["stratum"]]
    column = study.column(variable, figure["phase"])
    if variable == study.settings["study"]["person"] and statistic == "count":
        return name, len(persons), len(persons), float(len(persons))
    if column not in cohort or not (figure["level"] or _share(figure) or _is_measured(cohort[column])):
        return name, pd.NA, pd.NA, np.nan
    if _share(figure):
        return name, *_of_things(persons, column, SHARES[figure["unit"]])
    known = _base(persons, figure["unit"], variable)[column].dropna()
    if figure["level"]:
        k = int(known.astype("str").isin(figure["level"].split("|")).sum())
        value = float(k) if statistic == "count" else 100 * k / len(known) if len(known) else np.nan
        return name, len(known), k, value
    numbers = known.astype(float)
    if statistic == "count":
        return name, len(numbers), int(numbers.sum()), float(numbers.sum())
    moments = {"mean": numbers.mean, "sd": numbers.std, "min": numbers.min, "max": numbers.max}
    return name, len(numbers), pd.NA, float(moments[statistic]())


def _is_measured(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column)


def _share(figure: dict) -> bool:
    return figure["statistic"] == "percent" and figure["unit"] in SHARES


def _of_things(persons: pd.DataFrame, part: str, whole: str) -> tuple:
    # n_pregnancies in phase 2 is a share of the same variable at any time
    k, n = int(persons[part].sum()), int(persons[whole].sum())
    return n, k, 100 * k / n if n else np.nan


def _base(persons: pd.DataFrame, unit: str, variable: str) -> pd.DataFrame:
    if unit in BASES:
        return persons[persons[BASES[unit]].eq(1).fillna(False)]
    if unit.startswith("recipients of"):
        response = unit.split()[2]
        persons = persons[persons[f"{response}_provided"].eq(1).fillna(False)]
        if unit.endswith("who engaged"):
            persons = persons[persons[variable].astype("str") != "no_engagement"]
    return persons
