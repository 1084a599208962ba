"""Checks on counts: groups that add up, exclusive levels, unions, items and parts."""

import numpy as np
import pandas as pd

from keepsafe.audit.relations import SPREAD, Relations
from keepsafe.audit.findings import CANNOT, HOLDS, checks, joined, span, words
from keepsafe.printed import as_printed


def sums(cells: pd.DataFrame, found: Relations) -> pd.DataFrame:
    """The lowest and highest value of each relation's sum, and whether it can be what it has to be.

    Returns
    -------
    The relations' table with least, most, holds, one row a relation. Within a relation every whole number
    between the two ends can be reached, so the verdict is exact for that relation alone.
    """
    terms, table = found.terms, found.table
    low, high = cells["low"].to_numpy(float), cells["high"].to_numpy(float)
    cell, sign = terms["cell"].to_numpy(int), terms["sign"].to_numpy(float)
    least = np.where(sign > 0, low[cell], -high[cell])
    most = np.where(sign > 0, high[cell], -low[cell])
    size, relation = len(table), terms["relation"].to_numpy(int)
    least, most = (np.bincount(relation, ends, size) for ends in (least, most))
    holds = (least <= table["high"].to_numpy(float)) & (most >= table["low"].to_numpy(float))
    return table.assign(least=least, most=most, holds=holds)


def count_checks(cells: pd.DataFrame, found: Relations) -> pd.DataFrame:
    """One check a relation, with its arithmetic in words."""
    if found.table.empty:
        return checks([])
    table, terms = sums(cells, found), found.terms
    here = cells.iloc[terms["cell"].to_numpy(int)].reset_index(drop=True)
    by, left = terms["relation"], terms["sign"].to_numpy() > 0
    kind = table["kind"].to_numpy()[by.to_numpy(int)]
    name = np.select([kind == one for one in SPREAD], [here[column] for column in SPREAD.values()], "")
    name = pd.Series([words(one) or "all" for one in name], here.index)
    ends = zip(here["low"], here["high"], strict=True)
    shown = name + " " + pd.Series([span(*pair) for pair in ends], here.index)
    first = here.groupby(by).first()
    parts = pd.DataFrame({
        "kind": table["kind"], "holds": table["holds"], "least": table["low"], "most": table["high"],
        "left": joined(shown[left], by[left], " + "), "right": joined(shown[~left], by[~left], " + "),
        "low": here["low"][left].groupby(by[left]).sum(), "high": here["high"][left].groupby(by[left]).sum(),
        "right_low": here["low"][~left].groupby(by[~left]).sum(),
        "right_high": here["high"][~left].groupby(by[~left]).sum(),
        "n": here["n_low"].groupby(by).last(), "decimals": here["decimals"].groupby(by).last(),
        "where": _where(first, table["kind"]), "percent": here["number"].groupby(by).sum(),
    })  # fmt: skip
    said = pd.DataFrame([_said(r) for r in parts.itertuples()], columns=["expected", "explanation"])
    unit = np.where(here["statistic"] == "percent", "%", "")
    return checks(said.assign(
        document=first["document"], check=table["kind"], variable=first["column"], phase=first["phase"],
        statistic="count", figures=joined(here["id"], by),
        printed=joined(name + " " + here["text"] + unit, by, "; "),
        verdict=np.where(table["holds"], HOLDS, CANNOT),
        explanation=np.where(parts["where"] == "", "", parts["where"] + ": ") + said["explanation"],
    ))  # fmt: skip


def _where(first: pd.DataFrame, kind: pd.Series) -> list[str]:
    """What the cells of a relation have in common: the level, and the group with its stratum."""
    level = first["level"].where(~kind.isin(["levels", "union of levels"]), "")
    whole = kind.isin(["groups", "part of a group", "strata"])
    group, stratum = first["group"].where(~whole, ""), first["stratum"].where(kind != "strata", "")
    return [words(*three) for three in zip(level, group, stratum, strict=True)]


def _said(r) -> tuple[str, str]:
    """What was expected and the sentence, for one relation."""
    total = span(r.low, r.high)
    left = f"{r.left} = {total}" if " + " in r.left else r.left
    if r.kind == "levels" and r.least == 0:
        return f"at most {r.n:.0f}", f"{left}, {'within' if r.holds else 'more than'} the group's {r.n:.0f}"
    if r.kind == "levels":
        gap = f", a difference of {abs(r.n - r.low):.0f}" if r.low == r.high else ""
        whole = "the whole group" if r.holds else f"not the whole group, which has {r.n:.0f}{gap}"
        shares = "" if r.holds else f"; the printed percentages make {r.percent:.1f}"
        return f"{r.n:.0f}", f"{left}, {whole}{shares}"
    if r.least == r.most == 0:
        right = f"{r.right} = {span(r.right_low, r.right_high)}" if " + " in r.right else r.right
        said = f"{left}; {right}: {'the same' if r.holds else 'not the same'}"
        if not r.holds and r.low == r.high <= r.n and right == r.right:
            would = as_printed(int(r.low), int(r.n), int(r.decimals))
            said += f"; {total} of {r.n:.0f} would print as {would:.{int(r.decimals)}f}%"
        return total, said
    if np.isinf(r.most):
        return f"at most {total}", f"{r.right} {'is' if r.holds else 'is not'} within {left}"
    within = r.low <= r.right_high
    said = f"{left} {'is' if within else 'is not'} within {r.right}"
    if within and not np.isinf(r.least):
        rest = span(max(r.right_low - r.high, 0), r.right_high - r.low)
        said += f", whose other {rest} {'fit' if r.holds else 'do not fit'} among {-r.least:.0f}"
    return f"at most {r.right}", said
