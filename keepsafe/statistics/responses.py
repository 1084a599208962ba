"""What a study's file lists: its responses, counted in a cohort, and the categories of its rating."""

from collections.abc import Sequence
from itertools import pairwise, product

import pandas as pd

from keepsafe import runs
from keepsafe.files.disclosure import active, marks
from keepsafe.problems import InputError, require_frame
from keepsafe.statistics.recompute import members
from keepsafe.study.definition import Study, load_study

QUESTIONS = ("provided", "requested", "impact")


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
    _check(cohort, study, groups, withheld)
    limits, rows = active(), []
    for group in groups:
        persons = cohort[members(cohort, group, study)]
        for (name, response), question in product(study.responses.items(), QUESTIONS):
            if f"{name}_{question}" in withheld:
                continue
            known = _known(persons, name, question)
            for level in study.codebook[f"{name}_impact"].levels if question == "impact" else ["1"]:
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
    ranked = pd.DataFrame({"filler": filler, "best": best})
    order = ranked.sort_values(["filler", "best"], ascending=[True, False], kind="stable").index
    drawn = part.assign(label=part["label"].mask(filler, part["label"] + ", filler")).loc[order]
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


def _known(persons: pd.DataFrame, response: str, question: str) -> pd.Series:
    """What was coded, where it was; the impact of those only to whom the response was given."""
    if question == "impact":
        persons = persons[persons[f"{response}_provided"].eq(1).fillna(False).astype(bool)]
    return persons[f"{response}_{question}"].dropna().astype("str")


def _check(cohort: pd.DataFrame, study: Study, groups: Sequence[str], withheld: Sequence[str]) -> None:
    columns = [f"{name}_{question}" for name in study.responses for question in QUESTIONS]
    columns = [name for name in columns if name not in withheld]
    faults = [("no such group in the study", name) for name in groups if name not in study.groups]
    faults += [("the cohort lacks this column", name) for name in columns if name not in cohort]
    if faults:
        raise InputError.of("; ".join(f"{name}: {what}" for what, name in faults), column=faults[0][1])
