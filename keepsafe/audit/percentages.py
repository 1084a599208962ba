"""Single percentages as whole counts of their cases, or of another number of cases near the printed one."""

import numpy as np
import pandas as pd

from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, checks, joined, span
from keepsafe.printed import possible_counts

NEAR, FARTHEST = (
    0.10,
    50,
)  # how far another number of cases is looked for: share of the printed one, and persons


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
