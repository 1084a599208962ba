"""What a study's files list, computed from a cohort: figures, markers of comparisons, responses; and its rating.

Longer than 300 lines: what three public functions return is written out.
"""

import re
from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
import pandas as pd

from keepsafe import runs
from keepsafe.files.disclosure import Limits, active, coarse, marks, models
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics.columns import level_text, refuse
from keepsafe.study import Study, load_study
from keepsafe.study import published as printed

#: Ends the unit of a percentage of those who took up what they were given.
ENGAGED = " who engaged"
WORDING = {"": "none", "†": "marginal", "*": "significant", "**": "significant", "***": "significant"}
QUESTIONS = ("provided", "requested", "impact")
SUMS = ("n_persons", "k_persons")  # of their marks: who is counted


def recompute(
    figures: pd.DataFrame, cohort: pd.DataFrame, study: Study | None = None, facts: dict[str, float] | None = None
) -> pd.DataFrame:
    """Compute each printed figure from a cohort.

    `facts` is what a cohort of persons cannot show, by variable, such as {"file_id": 367}. A row a figure, indexed as
    `figures`: id, n (cases it rests on), k (cases or total counted, blank for moments), recomputed (float), agrees
    (whether it prints as the figure; blank where it cannot be computed). Under disclosure control counts are rounded
    before anything is computed from them; what has a small cell, by sex where the figure is of one, and smallest and
    largest values are blank.

    >>> from keepsafe import load_cohort, load_figures
    >>> rows = recompute(load_figures(), load_cohort()).set_index("id")
    >>> rows.loc["table_1.lived_care.p1.cse.percent", ["n", "k"]].tolist()
    [54, 36]
    """
    study, facts = study or load_study(), facts or {}
    persons = marks(cohort.index)
    rows = [_figure(figure, cohort, study, facts, persons) for figure in figures.to_dict("records")]
    found = pd.DataFrame(rows, columns=["id", "n", "k", "recomputed", *SUMS], index=figures.index)
    value, decimals = figures["value"].astype(float), figures["decimals"].astype(int)
    if limits := active():
        found = _protected(found, figures, cohort, study, limits)
    found = found.drop(columns=list(SUMS))
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
    book, strata = study.codebook, study.strata.values()
    column = next(name for name in strata if level in (book[name].levels if name in book else ("0", "1")))
    return cohort[column].astype("str") == level


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


def _protected(
    found: pd.DataFrame, figures: pd.DataFrame, cohort: pd.DataFrame, study: Study, limits: Limits
) -> pd.DataFrame:
    """The figures as they may be shown; variables with a small cell by a group of the study are not in the cohort."""
    statistic, counted, known = figures["statistic"], found["k"].notna(), found["recomputed"].notna()
    n, k = (
        pd.Series(limits.rounded(found[name].fillna(0), found[who]), found.index, "Float64").mask(found[name].isna())
        for name, who in zip(("n", "k"), SUMS, strict=True)
    )
    shown = found["recomputed"].astype("Float64")
    files = shown.where(statistic.eq("count")).fillna(0)
    shown = shown.mask(statistic.eq("count"), k.where(counted, limits.rounded(files)))
    shown = shown.mask(counted & statistic.eq("percent"), 100 * k / n.where(n > 0))
    sex = cohort[study.strata["sex"]].astype("str") if "sex" in study.strata else pd.Series("", cohort.index)
    cells = pd.DataFrame({"n": found["n"], "k": found["k"], "rest": found["n"] - found["k"]}).astype("Float64")
    few = ((cells > 0) & (cells < limits.threshold)).fillna(False).any(axis=1)
    for place in figures.index[figures["stratum"].ne("")]:
        column = study.column(*figures.loc[place, ["variable", "phase"]])
        tables = [
            pd.crosstab(cohort[column].astype("str"), sex[members(cohort, group, study)])
            for group in study.groups
            if column in cohort
        ]
        few[place] |= any(limits.small(table.to_numpy()) for table in tables)
    shown = shown.mask(~counted & known & statistic.ne("count"), coarse(shown.astype(float))).where(known)
    gone = few | statistic.isin(["min", "max"])
    return found.assign(k=k.mask(gone), n=n.mask(gone), recomputed=shown.mask(gone).astype(float))


def _figure(figure: dict, cohort: pd.DataFrame, study: Study, facts: dict[str, float], persons: np.ndarray) -> tuple:
    """Id, n, k and value of a figure, and who is counted in n and in k."""
    nobody = np.uint64(0)
    name, variable, statistic = figure["id"], figure["variable"], figure["statistic"]
    if variable in facts:
        return name, pd.NA, pd.NA, float(facts[variable]), nobody, nobody
    whom = members(cohort, figure["group"], study)
    whom &= in_stratum(cohort, figure["stratum"], study)
    column, everyone = study.column(variable, figure["phase"]), persons[whom].sum()
    if variable == study.settings["study"]["person"] and statistic == "count":
        return name, int(whom.sum()), int(whom.sum()), float(whom.sum()), everyone, everyone
    shared = shared_by(figure["unit"], study) if statistic == "percent" else None
    if column not in cohort or not (figure["level"] or shared or pd.api.types.is_numeric_dtype(cohort[column])):
        return name, pd.NA, pd.NA, np.nan, nobody, nobody
    if shared:
        k, n = int(cohort.loc[whom, column].sum()), int(cohort.loc[whom, shared].sum())
        things = (_weighted(persons[whom], cohort.loc[whom, each]) for each in (shared, column))
        return name, n, k, 100 * k / n if n else np.nan, *things
    whom &= _counted(cohort, figure["unit"], variable, study) & cohort[column].notna()
    known, everyone = cohort.loc[whom, column], persons[whom].sum()
    if figure["level"]:
        has = known.astype("str").isin(figure["level"].split("|")).to_numpy()
        k = int(has.sum())
        value = float(k) if statistic == "count" else 100 * k / len(known) if len(known) else np.nan
        return name, len(known), k, value, everyone, persons[whom][has].sum()
    numbers = known.astype(float)
    if statistic == "count":
        return name, len(numbers), int(numbers.sum()), float(numbers.sum()), everyone, _weighted(persons[whom], numbers)
    if active() and statistic in ("mean", "sd"):
        everybody = cohort[column].to_numpy(float, na_value=np.nan)
        value = models.moments(everybody, whom.to_numpy(bool))[statistic == "sd"]
        return name, len(numbers), pd.NA, value, everyone, nobody
    moment = float(numbers.agg("std" if statistic == "sd" else statistic))
    return name, len(numbers), pd.NA, moment, everyone, nobody


def _weighted(persons: np.ndarray, things: pd.Series) -> np.uint64:
    """What stands for these things, so many of each person: of one each the persons themselves."""
    return (persons * things.fillna(0).to_numpy(float).astype(np.uint64)).sum()


def _counted(cohort: pd.DataFrame, unit: str, variable: str, study: Study) -> pd.Series:
    """Whom a unit counts: all persons, or those with a pregnancy, recipients of a response and the like."""
    base = counted_of(unit, study)
    if base not in cohort or shared_by(unit, study):
        return pd.Series(True, cohort.index)
    whom = _ones(cohort[base])
    return whom & cohort[variable].astype("str").ne("no_engagement") if unit.endswith(ENGAGED) else whom


def _ones(column: pd.Series) -> pd.Series:
    return column.eq(1).fillna(False).astype(bool)


def beside_printed(frame: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Set recomputed markers, from `compare_groups`, beside the printed ones of its variables, contrasts and strata.

    Adds column, test, p, recomputed (marker) and agrees: True or False where a marker or a wording (significant,
    marginal, none) was printed, else missing.
    """
    require_frame(frame=frame, printed=printed)
    asked = printed.map(lambda value: "" if pd.isna(value) else level_text(value))
    known = set(frame["variable"])
    phased = asked["variable"] + "_p" + asked["phase"]
    asked["column"] = phased.where(phased.isin(known), asked["variable"])
    asked = asked[
        asked["column"].isin(known)
        & asked["contrast"].isin(set(frame["contrast"]) - {""})
        & asked["stratum"].isin(set(frame["stratum"]))
    ]
    tests = frame.rename(columns={"variable": "column", "marker": "recomputed"})
    key = ["column", "level", "stratum", "contrast"]
    tests = tests[tests["test"] != ""].drop_duplicates(key)[[*key, "test", "p", "recomputed"]]
    beside = asked.merge(tests, on=key, how="left")
    same = (beside["marker"] == beside["recomputed"]).where(
        beside["marker"] != "", beside["wording"] == beside["recomputed"].map(WORDING)
    )
    said = (beside["marker"] != "") | beside["wording"].isin(set(WORDING.values()))
    return beside.assign(agrees=same.astype("boolean").where(said & beside["p"].notna(), pd.NA))


def responses(cohort: pd.DataFrame, study: Study | None = None, groups: Sequence[str] = ("total",)) -> pd.DataFrame:
    """Count the responses of a study, each as provided, requested and by its impact.

    Parameters
    ----------
    cohort : as `clean` returns it, with <response>_provided, _requested and _impact.
    study : responses, groups and labels; by default `load_study()`.
    groups : names of groups of the study.

    Returns
    -------
    DataFrame
        one row a group, response, question ("provided", "requested", "impact") and level ("1", or the impact):
        group, response, label, only (the group that it is meant for, or blank), question, level, k, n (persons known;
        for impact, of those who were given it), percent (of n; blank where n is 0).

    Raises
    ------
    InputError
        for a group that the study lacks, and columns that the cohort lacks.

    Examples
    --------
    >>> from keepsafe import load_cohort
    >>> rows = responses(load_cohort(), groups=["cse"])
    >>> rows.query("response == 'police' and question == 'provided'")[["k", "n"]].to_numpy().tolist()
    [[31, 54]]
    """
    require_frame(cohort=cohort)
    study = study or load_study()
    withheld = (runs.withheld() or {"columns": []})["columns"]
    asked = [
        (name, response, f"{name}_{question}", question)
        for (name, response), question in product(study.responses.items(), QUESTIONS)
        if f"{name}_{question}" not in withheld
    ]
    problems = [Problem("no such group in the study", column=name) for name in groups if name not in study.groups]
    problems += [Problem("the cohort lacks this column", column=each[2]) for each in asked if each[2] not in cohort]
    refuse(problems)
    limits, rows = active(), []
    for group in groups:
        persons = cohort[members(cohort, group, study)]
        for name, response, column, question in asked:
            of_impact = question == "impact"
            among = persons[_ones(persons[f"{name}_provided"])] if of_impact else persons
            known = among[column].dropna().astype("str")
            for level in study.codebook[column].levels if of_impact else ["1"]:
                who = (known.index[known == level], known.index)
                k, n = (limits.rounded(len(part), marks(part).sum()) if limits else len(part) for part in who)
                rows.append((group, name, response.label, response.only or "", question, level, k, n))
    frame = pd.DataFrame(rows, columns=["group", "response", "label", "only", "question", "level", "k", "n"])
    return frame.assign(percent=100 * frame["k"] / frame["n"].where(frame["n"] > 0))


def impact_shares(counted: pd.DataFrame, figures: pd.DataFrame, group: str, fewest: int = 1) -> pd.DataFrame:
    """Lay out the impacts of one group's responses for `impact_bars`, the most positive first.

    Parameters
    ----------
    counted : as `responses` returns it.
    figures : published figures; a response of whose impact in the group they say nothing is marked as filler, and
        stands last.
    group : name of a group that was counted; responses that are meant for another are left out.
    fewest : responses with fewer recipients are left out.

    Returns
    -------
    DataFrame
        one row a response and impact: label, impact, value (percent of recipients), n (recipients).

    Examples
    --------
    >>> from keepsafe import load_cohort, load_figures
    >>> shares = impact_shares(responses(load_cohort(), groups=["cse"]), load_figures(), "cse")
    >>> shares.loc[shares["impact"] == "negative", "label"].tolist()[-1].endswith("filler")
    True
    """
    require_frame(counted=counted, figures=figures)
    meant = counted["only"].isin(["", group])
    part = counted[(counted["question"] == "impact") & (counted["group"] == group) & (counted["n"] >= fewest) & meant]
    said = set(figures.loc[figures["group"] == group, "variable"])
    filler = ~(part["response"] + "_impact").isin(said)
    best = part["response"].map(part[part["level"] == "positive"].set_index("response")["percent"])
    drawn = part.assign(filler=filler, best=best, label=part["label"].mask(filler, part["label"] + ", filler"))
    drawn = drawn.sort_values(["filler", "best"], ascending=[True, False], kind="stable")
    drawn = drawn.rename(columns={"level": "impact", "percent": "value"})
    return drawn[["label", "impact", "value", "n"]].reset_index(drop=True)


def seraf_categories(study: Study | None = None) -> pd.DataFrame:
    """The risk categories that the study's persons were rated by, with their group and the action that followed.

    The Sexual Exploitation Risk Assessment Framework supports professional judgement and is no validated screening
    tool; the 2019 report argues against practice led by risk scores. Categories are published history here: nothing
    takes, makes or predicts the score of a young person, and the bands are for reading alone.

    Parameters
    ----------
    study : its file says the categories under [cohort] and [seraf]; by default `load_study()`.

    Returns
    -------
    DataFrame
        a row a category, lowest first: category, label, risk_group, action (in our words, after the report),
        score_band (text), bands_from and bands_citation (versions of the framework differ).

    Raises
    ------
    InputError
        for a study without [seraf], and lowest scores that do not rise from 0 over all categories.

    Examples
    --------
    >>> seraf_categories()[["category", "risk_group", "score_band"]]
          category risk_group score_band
    0           no        low        0-5
    1         mild        low       6-10
    2     moderate       high      11-15
    3  significant       high        16+
    """
    study = study or load_study()
    cohort, said = study.settings.get("cohort", {}), study.settings.get("seraf", {})
    group = {each: name for name, members in cohort.get("groups_of_categories", {}).items() for each in members}
    lowest, actions = said.get("lowest_scores", []), said.get("actions", {})
    if len(lowest) != len(group) or lowest != sorted({0, *lowest}) or not group:
        message = f"the lowest scores {lowest} do not rise from 0, one for each of the {len(group)} categories"
        raise InputError.of(message, column="lowest_scores", remedy="compare [seraf] with data/study.toml")
    shown = [f"{here}-{after - 1}" for here, after in pairwise(lowest)] + [f"{lowest[-1]}+"]
    return pd.DataFrame(
        {
            "category": list(group),
            "label": [study.codebook.level_label(cohort["category"], name) for name in group],
            "risk_group": list(group.values()),
            "action": [actions.get(name, "") for name in group],
            "score_band": shown,
            "bands_from": said.get("bands_from", ""),
            "bands_citation": said.get("bands_citation", ""),
        }
    )
