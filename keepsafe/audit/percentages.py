"""Printed percentages as whole counts: of their cases, of fewer, and of a number that several share."""

import numpy as np
import pandas as pd

from keepsafe.audit.arithmetic import span
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, check, checks, joined, words
from keepsafe.study.printed import possible_counts

NEAR, FARTHEST = (0.10, 50)  # how far another number of cases is looked for: share of the printed one, and persons


def percentage_checks(f: pd.DataFrame) -> pd.DataFrame:
    """Check 'percentage': is it a whole count of its cases (GRIM), and if not, of which number of cases near?

    Parameters
    ----------
    f : figures as `keepsafe.audit.figures.prepared` returns them.
    """
    p = of_cases(f, known=True).reset_index(drop=True)
    others = near(p).sort_values(["figure", "off"], ascending=[True, False])
    below, above = others[others["off"] < 0], others[others["off"] > 0].iloc[::-1]
    p = p.join(below.drop_duplicates("figure").set_index("figure")[["n", "k"]])
    for name, side in (("below", below), ("above", above)):
        p[name] = joined(side["n"].astype(str), side["figure"], ", ").reindex(p.index).fillna("")
    fewer = p["n"].notna()
    return checks(pd.DataFrame({
        "document": p["document"], "check": "percentage", "variable": p["column"], "phase": p["phase"],
        "statistic": "percent", "figures": p["id"], "expected": "k of " + p["n_low"].astype(int).astype(str),
        "printed": p["text"] + "%",
        "verdict": np.where(p["fits"], HOLDS, np.where(fewer, UNDER, CANNOT)),
        "under": np.where(fewer & ~p["fits"], "n = " + p["n"].fillna(0).astype(int).astype(str), ""),
        "explanation": [_said(r) for r in p.itertuples()],
    }))  # fmt: skip


def _said(r) -> str:
    n = int(r.n_low)
    if r.fits:
        return f"{r.text}% is {span(r.low, r.high)} of {n}"
    said = (
        f"{r.text}% of {n} is {r.number * n / 100:.2f}, no whole count: {r.low:.0f} of {n} is "
        f"{100 * r.low / n:.2f}% and {r.high:.0f} is {100 * r.high / n:.2f}%"
    )
    if r.below:
        said += f"; {r.k:.0f} of {r.n:.0f} prints as it (numbers of cases near: {r.below})"
    else:
        said += "; no number of cases a tenth below fits either"
    return said + (f"; above: {r.above}" if r.above else "")


def of_cases(f: pd.DataFrame, known: bool) -> pd.DataFrame:
    """Printed percentages of a number of cases that is known, or of one known only within limits."""
    return f[(f["statistic"] == "percent") & f["exact"] & (f["known"] == known) & f["n_high"].gt(0)]


def near(p: pd.DataFrame) -> pd.DataFrame:
    """Numbers of cases near the printed one that fit: figure (row of p), n, k, off (from the printed one)."""
    n = p["n_low"].to_numpy()
    reach = np.minimum(np.ceil(n * NEAR), FARTHEST)
    found = fitting(p, np.maximum(n - reach, 1), n + reach)
    return found.assign(off=found["n"] - n[found["figure"]].astype(int))


def fitting(p: pd.DataFrame, lowest: np.ndarray, highest: np.ndarray) -> pd.DataFrame:
    """Numbers of cases from lowest to highest with which each percentage fits: figure (row of p), n, k."""
    width = (highest - lowest + 1).astype(int)
    row = np.repeat(np.arange(len(p)), width)
    n = np.repeat(lowest, width) + np.arange(len(row)) - np.repeat(np.cumsum(width) - width, width)
    number, decimals = p["number"].to_numpy()[row], p["decimals"].to_numpy()[row]
    k, k_high = possible_counts(number, decimals, n.astype(int))
    fit = k <= k_high
    return pd.DataFrame({"figure": row[fit], "n": n[fit].astype(int), "k": k[fit]})


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
