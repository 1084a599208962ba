"""What is said again of a number printed elsewhere: repeats, rounded figures, words such as 'almost half'."""

import numpy as np
import pandas as pd

from keepsafe.audit.figures import KEY
from keepsafe.audit.findings import check, checks, overlap, span, words
from keepsafe.printed import possible_values


def prose_checks(f: pd.DataFrame) -> pd.DataFrame:
    """Set each repeated figure beside the most precise statement of the same number.

    Returns
    -------
    Checks 'prose' (a figure printed again, perhaps rounded), 'words' (about, over, almost) and
    'count and percentage' (both printed for one cell), one a repeated figure.
    """
    f = f[f["number"].notna()].assign(about=np.where(f["statistic"] == "count", "percent", f["statistic"]))
    low, high = possible_values(f["number"], f["decimals"], f["qualifier"])
    # a percentage of known cases stands for a whole count, which is closer than its rounding
    share = f["known"] & f["fits"] & f["exact"] & f["statistic"].isin(["percent", "count"]) & f["n_low"].gt(0)
    f = f.assign(
        v_low=np.where(share, 100 * f["low"] / f["n_low"], low),
        v_high=np.where(share, 100 * f["high"] / f["n_low"], high),
    )
    f["scale"] = np.where((f["statistic"] == "count") & ~share, "count", "value")
    rank = np.lexsort(
        (f["order"], -f["decimals"], f["statistic"] == "count", f["source"] == "text", ~f["exact"])
    )
    key = [*KEY, "about"]
    first = f.iloc[rank].drop_duplicates(key)
    both = f.merge(first, on=key, suffixes=("", "_1"))
    both = both[(both["id"] != both["id_1"]) & both["exact_1"]]
    same = both["scale"] == both["scale_1"]
    ends = [
        np.where(same, both[v], both[k])
        for v, k in (("v_low", "low"), ("v_high", "high"), ("v_low_1", "low_1"), ("v_high_1", "high_1"))
    ]
    both = both[~np.isnan(ends).any(axis=0)]
    ends = [end[~np.isnan(ends).any(axis=0)] for end in ends]
    if both.empty:
        return checks([])
    ok = overlap(*ends)
    mixed = both["statistic"] != both["statistic_1"]
    said_as = np.select([~both["exact"], mixed], ["words", "count and percentage"], "prose")
    rows = [
        _said(r, kind, good, low, high)
        for r, kind, good, low, high in zip(both.itertuples(), said_as, ok, ends[0], ends[1], strict=True)
    ]
    return checks(rows)


def _said(r, kind: str, ok: bool, low: float, high: float) -> tuple:
    unit, unit_1 = ("%" if s == "percent" else "" for s in (r.statistic, r.statistic_1))
    where = f"text, line {r.source_line}" if r.source == "text" else words(r.source)
    word, reading = "", ""
    if r.qualifier != "exactly":
        word = f"{r.qualifier} "
        reading = f" (read as above {r.text})" if np.isinf(high) else f" (read as {span(low, high, 1)})"
    said = (
        f"{words(r.level, r.group, r.stratum)}: {where} says {word}{r.text}{unit}{reading}; "
        f"{words(r.source_1)} prints {r.text_1}{unit_1}: {'they agree' if ok else 'they do not agree'}"
    )
    return check(
        *(kind, (r.document, r.column, r.phase), r.statistic, [r.id, r.id_1]),
        *(f"{r.text_1}{unit_1}", f"{word}{r.text}{unit}", said),
        verdict=bool(ok),
    )
