"""An elimination whose threshold and candidates vary: a table for paper, and its data for a reader who moves both."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from keepsafe.statistics.specification import Elimination
from keepsafe.telling import EXPLORED
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.models import INTERVAL
from keepsafe.telling.numerals import p_value, round_half_up, rounded
from keepsafe.telling.opened import OpenStudy, current
from keepsafe.telling.sentences import sentence
from keepsafe.telling.tables import Table, table
from keepsafe.telling.values import declared, made_up, named, value_name

NOTE = (
    "A row has the thresholds that give one set. Within a list, factors join from row to row and none leaves. Same "
    "set: per cent of {} resamples, in each of which the elimination is repeated, that keep exactly these factors."
)


@dataclass(frozen=True)
class Explored(Table):
    """A table that carries what the page's controls show."""

    data: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return super()._repr_mimebundle_(include, exclude) | {EXPLORED: self.data}


def explored_table(name: str, found: Elimination, caption: str) -> Explored | LeftOut:
    """What backward elimination keeps as its threshold and its list of candidates vary: a row a list and set.

    In the report a reader moves both, and sees the order in which candidates leave, what stays, and in how many
    resamples.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    found : as `explore_elimination` returns it.

    Examples
    --------
    >>> from keepsafe import explore_elimination
    >>> found = explore_elimination(current().cohort, "cse", {"two": ["female", "neglect_p1"]}, (0.05, 0.1), n_boot=20)
    >>> explored_table("doc-example", found, "Choices").frame["Stays"].tolist()
    ['Female']
    """
    study = current()
    made = table(
        name,
        pd.DataFrame(_rows(found, name, study)).set_index(["Candidates", "Threshold"]),
        caption,
        note=NOTE.format(found.n_boot),
    )
    if isinstance(made, LeftOut):
        return made
    data = {
        "thresholds": [_level(each) for each in found.kept["p_remove"].unique()],
        "resamples": found.n_boot,
        "invented": made_up(name, declared(f"{name}.x").kind),
        "lists": [_list(found, candidates, study) for candidates in found.kept["candidates"].unique()],
    }
    return Explored(made.frame, made.caption, made.name, made.note, data)


def _level(threshold: float) -> str:
    """A threshold with two decimals at least: 0.10, 0.157."""
    return f"{threshold:.2f}" if round(threshold, 2) == threshold else f"{threshold:g}"


def _rows(found: Elimination, name: str, study: OpenStudy) -> Iterator[dict]:
    """A row a list and set of factors, with the thresholds that give this set; what joins the set before."""
    for candidates, one in found.kept.groupby("candidates", sort=False):
        sets = one[one["kept"]].groupby("p_remove")["predictor"].agg(tuple)
        sets = sets.reindex(one["p_remove"].unique()).map(lambda each: each if isinstance(each, tuple) else ())
        same, before = one.groupby("p_remove")["same"].first(), None
        for stays, part in sets.groupby((sets != sets.shift()).cumsum().to_numpy()):
            first, last = part.index[0], part.index[-1]
            joined = "; ".join(study.label(each) for each in part.iloc[0] if each not in (before or ()))
            key = value_name(name, candidates, str(stays))
            ends = [named(100 * same[each], f"{key}.{end}", "%") for each, end in ((first, "same"), (last, "last"))]
            yield {
                "Candidates": candidates,
                "Threshold": " to ".join(dict.fromkeys(map(_level, (first, last)))),
                "Factors": named(len(part.iloc[0]), f"{key}.n"),
                "Stays": joined or "nothing" if before is None else f"and {joined}",
                "Same set, %": ends[0] if first == last else sentence("{same} to {last}", same=ends[0], last=ends[1]),
            }
            before = part.iloc[0]


def _list(found: Elimination, candidates: str, study: OpenStudy) -> dict:
    """One list of candidates: those that never leave, then the others from the last that leaves to the first."""
    kept = found.kept[found.kept["candidates"] == candidates]
    path = found.path[found.path["candidates"] == candidates].set_index("term")
    order = [each for each in kept["predictor"].unique() if each not in path.index] + [*path.index[::-1]]
    return {
        "name": candidates,
        "separated": found.separated[candidates],
        "same": [rounded(100 * part["same"].iloc[0]) for _, part in kept.groupby("p_remove")],
        "rows": [_candidate(kept[kept["predictor"] == each], path, each, study) for each in order],
    }


def _candidate(rows: pd.DataFrame, path: pd.DataFrame, name: str, study: OpenStudy) -> dict:
    left = path.loc[name] if name in path.index else None
    return {
        "name": study.label(name),
        "step": None if left is None else int(left["step"]),
        "p": None if left is None or pd.isna(left["p"]) else p_value(left["p"]),
        "kept": rows["kept"].tolist(),
        "ratio": list(_ratios(rows)),
        "share": [int(round_half_up(100 * share)) for share in rows["inclusion"]],
    }


def _ratios(rows: pd.DataFrame) -> Iterator[str | None]:
    for row in rows.itertuples():
        ends = {what: rounded(getattr(row, what), 2) for what in ("odds_ratio", "low", "high")}
        yield INTERVAL.replace(":.2f", "").format(**ends) if pd.notna(row.odds_ratio) else None
