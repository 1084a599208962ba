"""The responses that were coded: to whom each was given, who asked for it, and with which impact."""

from collections.abc import Sequence

import pandas as pd

from keepsafe import runs
from keepsafe.files.disclosure import active
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
    rows = [
        (group, name, response.label, response.only or "", question, level, int((known == level).sum()), len(known))
        for group in groups
        for persons in [cohort[members(cohort, group, study)]]
        for name, response in study.responses.items()
        for question in QUESTIONS
        if f"{name}_{question}" not in withheld
        for known in [_known(persons, name, question)]
        for level in (study.codebook[f"{name}_impact"].levels if question == "impact" else ["1"])
    ]
    frame = pd.DataFrame(rows, columns=["group", "response", "label", "only", "question", "level", "k", "n"])
    if limits := active():  # what has a small cell by a group of the study is not in the cohort
        frame = frame.assign(k=limits.rounded(frame["k"]), n=limits.rounded(frame["n"]))
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
