"""The number of cases that percentages share: columns of a table, and groups whose size was not printed."""

import pandas as pd

from keepsafe.audit.percentages import fitting, near, of_cases
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, check, checks, words

COLUMN = ["document", "source", "group", "stratum", "phase", "unit", "n_low"]


def denominator_checks(f: pd.DataFrame) -> pd.DataFrame:
    """Check 'denominator': which number of cases fits all percentages that should share one?

    Returns
    -------
    One check a column of several percentages of a table, and one for all percentages of a number that was not
    printed (recipients of some support, say).
    """
    known = of_cases(f, known=True)
    columns = known[known["source"] != "text"].reset_index(drop=True)
    fits = near(columns)
    block = columns.groupby(COLUMN, sort=False).ngroup()
    times = fits.groupby([fits["figure"].map(block), "off"]).size()
    shared = {number: part.droplevel(0) for number, part in times.groupby(level=0)}
    nothing = pd.Series(dtype=int)
    rows = [
        _column(columns.iloc[rows], shared.get(number, nothing))
        for number, rows in block.groupby(block).indices.items()
        if len(rows) > 1
    ]
    unprinted = of_cases(f, known=False).groupby(["document", "unit", "group", "stratum"], sort=False)
    return checks(rows + [_unprinted(words(*place[1:]), p) for place, p in unprinted])


def _column(p: pd.DataFrame, times: pd.Series) -> tuple:
    """One column: `times` counts the percentages that fit, by how far off the printed number of cases."""
    first, total = p.iloc[0], len(p)
    n = int(first["n_low"])
    all_fit = [off for off in sorted(times.index[times == total], key=abs) if off]
    below = [off for off in all_fit if off < 0]
    listed = ", ".join(str(n + off) for off in all_fit)
    fit = int(times.get(0, 0))
    if fit == total:
        verdict, said = HOLDS, f"so do {listed}" if listed else "no other number near does"
        said = f"all {total} percentages fit n = {n}; {said}"
    else:
        verdict = UNDER if below else CANNOT
        said = f"{fit} of {total} percentages fit n = {n}; "
        said += f"all {total} fit {listed}" if listed else "no number near fits all"
    return check(
        *("denominator", (first["document"], "", first["phase"]), "percent", p["id"]),
        *(f"one n for {total}", f"n = {n}"),
        f"{words(first['source'], first['group'], first['stratum'])}: {said}",
        verdict=verdict,
        under=f"n = {n + below[0]}" if verdict == UNDER else "",
    )


def _unprinted(place: str, p: pd.DataFrame) -> tuple:
    """Percentages of one group of unknown size: the sizes with which all of them fit."""
    first, shown = p.iloc[0], ", ".join(f"{text}%" for text in p["text"])
    low, high = p["n_low"].min(), p["n_high"].max()
    found = fitting(p, p["n_low"].to_numpy(), p["n_high"].to_numpy())
    times = found.groupby("n")["figure"].nunique()
    sizes = times.index[times == len(p)]
    said = f"{shown} fit no number of cases together"
    if len(sizes):
        counts = ", ".join(found.loc[found["n"] == sizes[0], "k"].astype(str))
        more = f"and {len(sizes) - 1} larger numbers" if len(sizes) > 1 else "alone"
        said = f"{shown} fit n = {sizes[0]} ({counts}) {more}"
    return check(
        *("denominator", (first["document"], first["column"], first["phase"]), "percent", p["id"]),
        *(f"one n from {low:.0f} to {high:.0f}", "n not printed"),
        f"{place}: {said}, of {low:.0f} to {high:.0f} possible",
        verdict=len(sizes) > 0,
        under=f"n = {sizes[0]}" if len(sizes) == 1 else "",
    )
