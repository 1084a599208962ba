"""Means of whole numbers: a whole sum over the cases, and that of the items where the number counts them."""

import numpy as np
import pandas as pd

from keepsafe.audit.percentages import NEAR
from keepsafe.audit.rules import Rules
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, check, checks, overlap, span, words
from keepsafe.printed import possible_counts

PLACE = ["document", "group", "stratum"]


def item_checks(m: pd.DataFrame, cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Checks 'mean of items' and 'whole-number mean' (GRIM, Brown and Heathers 2017), of all cases or fewer.

    Parameters
    ----------
    m : one row a printed mean, with its number of cases.
    cells, rules : of the document.
    """
    means = m[(m["statistic"] == "mean") & m["known"] & m["n_low"].gt(0)]
    rows = []
    for column, parts in rules.sums.items():
        mine = cells[cells["column"].isin(parts) & cells["level"].isin(["1", ""])]
        total = mine.groupby(PLACE).agg(
            k_low=("low", "sum"), k_high=("high", "sum"), parts=("column", "nunique"), ids=("id", " ".join)
        )
        here = means[means["column"] == column].merge(total[total["parts"] == len(parts)], on=PLACE)
        rows += [_of_items(r) for r in here.itertuples()]
    whole = means[means["column"].isin(rules.whole_numbers | set(rules.sums))]
    # with more cases than the last digit resolves, every mean is possible
    rows += [_whole(r) for r in whole[whole["n_low"] < 10.0 ** whole["decimals"]].itertuples()]
    return checks(rows)


def _fewer(n: int) -> np.ndarray:
    """The printed number of cases, and those up to a tenth below it."""
    return np.arange(n, max(n - int(np.ceil(n * NEAR)), 1) - 1, -1)


def _of_items(r) -> tuple:
    n, digits = int(r.n_low), int(r.decimals)
    tried = _fewer(n)
    needed, most = possible_counts(r.number, digits, tried, scale=1)
    fit = tried[overlap(needed, most, r.k_low, r.k_high)]
    verdict = HOLDS if n in fit else UNDER if len(fit) else CANNOT
    made = span(r.k_low, r.k_high)

    def mean(cases: int, places: int) -> str:
        return span(r.k_low / cases, r.k_high / cases, places)

    said = (
        f"{words(r.group)}: the items make {made}, and {made} / {n} = {mean(n, digits + 2)}; printed {r.text}"
    )
    if verdict == UNDER:
        left = n - fit[0]
        said += f"; {made} / {fit[0]} = {mean(fit[0], digits + 2)}, with {left} of the cases left out"
    return check(
        *("mean of items", (r.document, r.column, r.phase), "mean", [r.id, *r.ids.split()]),
        *(mean(n, digits), r.text, said),
        verdict=verdict,
        under=f"n = {fit[0]}" if verdict == UNDER else "",
    )


def _whole(r) -> tuple:
    n = int(r.n_low)
    tried = _fewer(n)
    low, high = possible_counts(r.number, r.decimals, tried, scale=1)
    fit = low <= high
    verdict = HOLDS if fit[0] else UNDER if fit.any() else CANNOT
    best = int(np.argmax(fit))
    near = (
        f"{low[best]} / {tried[best]} prints as it"
        if fit.any()
        else "no whole sum over as many or fewer does"
    )
    return check(
        *("whole-number mean", (r.document, r.column, r.phase), "mean", [r.id]),
        *(f"whole sum over {n}", r.text, f"{words(r.group)}: {r.text} x {n} = {r.number * n:.2f}; {near}"),
        verdict=verdict,
        under=f"n = {tried[best]}" if verdict == UNDER else "",
    )
