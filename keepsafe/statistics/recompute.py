"""Every published figure computed again from a cohort, printed value and recomputed one side by side."""

import re

import numpy as np
import pandas as pd

from keepsafe.files.disclosure import Limits, active, coarse
from keepsafe.study import printed
from keepsafe.study.definition import Study, load_study

#: Ends the unit of a percentage of those who took up what they were given.
ENGAGED = " who engaged"


def recompute(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study | None = None,
              facts: dict[str, float] | None = None) -> pd.DataFrame:  # fmt: skip
    """Compute each printed figure from a cohort.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    cohort : as `clean` returns it.
    study : groups and derived variables; by default `load_study()`.
    facts : what a cohort of persons cannot show, by variable, such as {"file_id": 367}.

    Under disclosure control counts are rounded before anything is computed from them; what has a small cell, by sex
    where the figure is of one, and smallest and largest values are blank.

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
    if limits := active():
        found = _protected(found, figures, cohort, study, limits)
    known = found["recomputed"].notna()
    low, high = printed.possible_values(value, decimals, figures["qualifier"])
    inside = (found["recomputed"] >= low - 1e-10) & (found["recomputed"] <= high + 1e-10)
    return found.astype({"n": "Int64", "k": "Int64"}).assign(agrees=inside.astype("boolean").where(known))


def members(cohort: pd.DataFrame, group: str, study: Study) -> pd.Series:
    """Which persons belong to a group of the study, or have this SERAF category."""
    if group in study.groups:
        rule = study.groups[group]
        if rule.variable is None:
            return pd.Series(True, index=cohort.index)
        return cohort[rule.variable].astype("str") == rule.value
    return cohort[study.settings["cohort"]["category"]].astype("str") == group


def in_stratum(cohort: pd.DataFrame, level: str, study: Study) -> pd.Series:
    """Which persons have this level of one of the study's strata; all of them where no level is named."""
    if not level:
        return pd.Series(True, index=cohort.index)
    of_level = [name for name in study.strata.values() if level in _levels(name, study)]
    return cohort[of_level[0]].astype("str") == level


def _levels(name: str, study: Study) -> list[str]:
    return list(study.codebook[name].levels) if name in study.codebook else ["0", "1"]


def counted_of(unit: str, study: Study) -> str | None:
    """The variable of whose ones, or of whose total, a unit's percentages are, as [audit.denominators] says."""
    said = study.settings.get("audit", {}).get("denominators", {})
    for pattern, column in said.items():
        if found := re.fullmatch(re.escape(pattern).replace(r"\*", "(.+)"), unit.removesuffix(ENGAGED)):
            return column.replace("*", found[1]) if found.groups() else column
    return None


def shared_by(unit: str, study: Study) -> str | None:
    """The number whose total a unit's percentages are shares of: things, not persons."""
    column = counted_of(unit, study)
    return column if column in study.codebook and study.codebook[column].measured else None


def _protected(found: pd.DataFrame, figures: pd.DataFrame, cohort: pd.DataFrame, study: Study,
               limits: Limits) -> pd.DataFrame:  # fmt: skip
    """The figures as they may be shown; variables with a small cell by a group of the study are not in the cohort."""
    statistic, counted = figures["statistic"], found["k"].notna()
    k, n = (found[name].map(limits.rounded, na_action="ignore").astype("Float64") for name in ("k", "n"))
    shown = found["recomputed"].astype("Float64").mask(counted & statistic.eq("count"), k)
    shown = shown.mask(counted & statistic.eq("percent"), 100 * k / n.where(n > 0))
    sex = cohort[study.strata["sex"]].astype("str") if "sex" in study.strata else pd.Series("", cohort.index)
    cells = pd.DataFrame({"n": found["n"], "k": found["k"], "rest": found["n"] - found["k"]}).astype("Float64")
    few = ((cells > 0) & (cells < limits.threshold)).fillna(False).any(axis=1)
    for place in figures.index[figures["stratum"].ne("")]:
        column = study.column(*figures.loc[place, ["variable", "phase"]])
        tables = [pd.crosstab(cohort[column].astype("str"), sex[members(cohort, group, study)])
                  for group in study.groups if column in cohort]  # fmt: skip
        few[place] |= any(limits.small(table.to_numpy()) for table in tables)
    shown = shown.mask(~counted & shown.notna(), coarse(shown.astype(float)))
    gone = few | statistic.isin(["min", "max"])
    return found.assign(k=k.mask(gone), n=n.mask(gone), recomputed=shown.mask(gone).astype(float))


def _figure(figure: dict, cohort: pd.DataFrame, study: Study, facts: dict[str, float]) -> tuple:
    name, variable, statistic = figure["id"], figure["variable"], figure["statistic"]
    if variable in facts:
        return name, pd.NA, pd.NA, float(facts[variable])
    whom = members(cohort, figure["group"], study)
    whom &= in_stratum(cohort, figure["stratum"], study)
    column = study.column(variable, figure["phase"])
    if variable == study.settings["study"]["person"] and statistic == "count":
        return name, int(whom.sum()), int(whom.sum()), float(whom.sum())
    shared = shared_by(figure["unit"], study) if statistic == "percent" else None
    if column not in cohort or not (figure["level"] or shared or pd.api.types.is_numeric_dtype(cohort[column])):
        return name, pd.NA, pd.NA, np.nan
    if shared:
        k, n = int(cohort.loc[whom, column].sum()), int(cohort.loc[whom, shared].sum())
        return name, n, k, 100 * k / n if n else np.nan
    known = cohort.loc[whom & _counted(cohort, figure["unit"], variable, study), column].dropna()
    if figure["level"]:
        k = int(known.astype("str").isin(figure["level"].split("|")).sum())
        value = float(k) if statistic == "count" else 100 * k / len(known) if len(known) else np.nan
        return name, len(known), k, value
    numbers = known.astype(float)
    if statistic == "count":
        return name, len(numbers), int(numbers.sum()), float(numbers.sum())
    moments = {"mean": numbers.mean, "sd": numbers.std, "min": numbers.min, "max": numbers.max}
    return name, len(numbers), pd.NA, float(moments[statistic]())


def _counted(cohort: pd.DataFrame, unit: str, variable: str, study: Study) -> pd.Series:
    """Whom a unit counts: all persons, or those with a pregnancy, recipients of a response and the like."""
    base = counted_of(unit, study)
    if base not in cohort or shared_by(unit, study):
        return pd.Series(True, cohort.index)
    whom = cohort[base].eq(1).fillna(False).astype(bool)
    return whom & cohort[variable].astype("str").ne("no_engagement") if unit.endswith(ENGAGED) else whom
