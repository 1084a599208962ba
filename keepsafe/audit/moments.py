"""Means and SDs of a whole, pooled from either split of it, with the rounding carried through."""

import numpy as np
import pandas as pd

from keepsafe.audit.items import item_checks
from keepsafe.audit.ranges import range_checks
from keepsafe.audit.rules import Rules
from keepsafe.audit.findings import check, checks, overlap, span, words
from keepsafe.printed import possible_values

VARIABLE = ["document", "column", "stratum"]


def moment_checks(f: pd.DataFrame, cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """All checks of means, SDs and ranges: 'pooled mean', 'pooled SD', and those of `ranges` and `items`.

    Parameters
    ----------
    f, cells : as `keepsafe.audit.figures` prepares them.
    rules : the rules of the document.
    """
    m = f[f["statistic"].isin(["mean", "sd", "min", "max"]) & f["exact"]]
    if m.empty:
        return checks([])
    low, high = possible_values(m["number"], m["decimals"])
    m = m.assign(v_low=np.where(m["statistic"] == "sd", np.maximum(low, 0), low), v_high=high)
    m = m.sort_values("decimals", ascending=False, kind="stable")
    m = m.drop_duplicates([*VARIABLE, "group", "statistic"]).sort_values("order")
    found = [item_checks(m, cells, rules)]
    for split in dict.fromkeys(map(tuple, rules.splits.values())):
        found.append(_pooled(m[m["known"]], rules.whole, split))
    return pd.concat([*found, range_checks(m, rules)], ignore_index=True)


def _pooled(m: pd.DataFrame, whole: str, split: tuple[str, str]) -> pd.DataFrame:
    sides = beside(m, "mean", (*split, whole))
    rows = [_pooled_mean(r, split) for r in sides.itertuples()]
    spreads = beside(m, "sd", (*split, whole)).join(sides.add_suffix("_mean"), how="inner")
    return checks(rows + [_pooled_sd(r, split) for r in spreads.itertuples()])


def beside(m: pd.DataFrame, statistic: str, groups: tuple[str, ...]) -> pd.DataFrame:
    """A statistic of several groups side by side (suffixes _0, _1, ...), where all of them are printed."""
    keep = ["id", "text", "number", "v_low", "v_high", "n_low", "phase", "decimals"]
    here = m[m["statistic"] == statistic].set_index(VARIABLE)
    parts = [here.loc[here["group"] == group, keep].add_suffix(f"_{i}") for i, group in enumerate(groups)]
    return pd.concat(parts, axis=1, join="inner")


def _pooled_mean(r, split: tuple[str, str]) -> tuple:
    n0, n1 = r.n_low_0, r.n_low_1
    low, high = ((n0 * a + n1 * b) / (n0 + n1) for a, b in ((r.v_low_0, r.v_low_1), (r.v_high_0, r.v_high_1)))
    made = span(low, high, int(r.decimals_2) + 1)
    said = (
        f"{words(split[0])} {r.text_0} x {n0:.0f} and {words(split[1])} {r.text_1} x {n1:.0f} pool to {made}"
    )
    return check(
        *("pooled mean", (r.Index[0], r.Index[1], r.phase_0), "mean", [r.id_0, r.id_1, r.id_2]),
        *(made, r.text_2, f"{said}; the total is printed as {r.text_2}"),
        verdict=bool(overlap(low, high, r.v_low_2, r.v_high_2)),
    )


def _pooled_sd(r, split: tuple[str, str]) -> tuple:
    """Squares within the groups and between their means, at both ends of what was rounded."""
    n0, n1 = r.n_low_0, r.n_low_1
    n = n0 + n1
    apart = (r.v_low_1_mean - r.v_high_0_mean, r.v_high_1_mean - r.v_low_0_mean)
    nearest = 0.0 if apart[0] <= 0 <= apart[1] else min(map(abs, apart))
    low, high = (
        np.sqrt(((n0 - 1) * sd0**2 + (n1 - 1) * sd1**2 + n0 * n1 / n * gap**2) / (n - 1))
        for sd0, sd1, gap in ((r.v_low_0, r.v_low_1, nearest), (r.v_high_0, r.v_high_1, max(map(abs, apart))))
    )
    ok = bool(overlap(low, high, r.v_low_2, r.v_high_2))
    made = span(low, high, int(r.decimals_2) + 1)
    said = (
        f"{words(split[0])} {r.text_0} and {words(split[1])} {r.text_1}, with their means, pool to an SD "
        f"of {made}; the total is printed as {r.text_2}"
    )
    half = 0.5 * 10.0 ** -int(r.decimals_2)
    fits = [text for text in exchanged(r.text_2) if low - half <= float(text) <= high + half]
    if fits and not ok:
        said += f"; with two neighbouring digits exchanged, {fits[0]}, it would fit"
    ids = [r.id_0, r.id_1, r.id_2, r.id_0_mean, r.id_1_mean]
    of = (r.Index[0], r.Index[1], r.phase_0)
    return check("pooled SD", of, "sd", ids, made, r.text_2, said, verdict=ok)


def exchanged(text: str) -> list[str]:
    """The figures that arise when two neighbouring digits are exchanged, a decimal point between them or not.

    >>> exchanged("1.42")
    ['4.12', '1.24']
    """
    at = [i for i, c in enumerate(text) if c.isdigit()]
    made = []
    for i, j in zip(at, at[1:], strict=False):
        letters = list(text)
        letters[i], letters[j] = letters[j], letters[i]
        made.append("".join(letters))
    return [other for other in made if other != text]
