"""Single figures of a report: percentages as whole counts of their cases; means, SDs and ranges.

Longer than 300 lines: each kind of figure is read alone.
"""

import numpy as np
import pandas as pd

from keepsafe.audit.arithmetic import (
    exchanged,
    pooled_mean,
    pooled_sd,
    sd_bounds,
    span,
    whole_numbers,
)
from keepsafe.audit.figures import Rules
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, check, checks, joined, overlap, words
from keepsafe.study.published import possible_counts, possible_values

NEAR, FARTHEST = (0.10, 50)  # how far another number of cases is looked for: share of the printed one, and persons


def percentage_checks(f: pd.DataFrame) -> pd.DataFrame:
    """Check 'percentage': is it a whole count of its cases (GRIM), and if not, of which number of cases near?"""
    p = of_cases(f, known=True).reset_index(drop=True)
    others = near(p).sort_values(["figure", "off"], ascending=[True, False])
    below, above = others[others["off"] < 0], others[others["off"] > 0].iloc[::-1]
    p = p.join(below.drop_duplicates("figure").set_index("figure")[["n", "k"]])
    for name, side in (("below", below), ("above", above)):
        p[name] = joined(side["n"].astype(str), side["figure"], ", ").reindex(p.index).fillna("")
    fewer = p["n"].notna()
    return checks(
        pd.DataFrame(
            {
                "document": p["document"],
                "check": "percentage",
                "variable": p["column"],
                "phase": p["phase"],
                "statistic": "percent",
                "figures": p["id"],
                "expected": "k of " + p["n_low"].astype(int).astype(str),
                "printed": p["text"] + "%",
                "verdict": np.where(p["fits"], HOLDS, np.where(fewer, UNDER, CANNOT)),
                "under": np.where(fewer & ~p["fits"], "n = " + p["n"].fillna(0).astype(int).astype(str), ""),
                "explanation": [_percentage_said(r) for r in p.itertuples()],
            }
        )
    )


def _percentage_said(r) -> str:
    n = int(r.n_low)
    if r.fits:
        return f"{r.text}% is {span(r.low, r.high)} of {n}"
    said = (
        f"{r.text}% of {n} is {r.number * n / 100:.2f}, no whole count: {r.low:.0f} of {n} is "
        f"{100 * r.low / n:.2f}% and {r.high:.0f} is {100 * r.high / n:.2f}%"
    )
    if r.below:
        said += f"; {r.k:.0f} of {r.n:.0f} prints as it"
    others = ", ".join(filter(None, (*(n for n in r.below.split(", ") if n != f"{r.n:.0f}"), r.above)))
    return said + (f"; so does a share of {others}" if others else "")


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
    row, n = whole_numbers(lowest, (highest - lowest + 1).astype(int))
    number, decimals = p["number"].to_numpy()[row], p["decimals"].to_numpy()[row]
    k, k_high = possible_counts(number, decimals, n.astype(int))
    fit = k <= k_high
    return pd.DataFrame({"figure": row[fit], "n": n[fit].astype(int), "k": k[fit]})


COLUMN = ["document", "source", "group", "stratum", "phase", "unit", "n_low"]


def denominator_checks(f: pd.DataFrame) -> pd.DataFrame:
    """Check 'denominator': which number of cases fits all percentages that should share one?"""
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


PLACE = ["document", "group", "stratum"]
VARIABLE = ["document", "column", "stratum"]


def item_checks(m: pd.DataFrame, cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Checks 'mean of items' and 'whole-number mean' (GRIM, Brown and Heathers 2017), of all cases or fewer."""
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


def _near_cases(n: int) -> np.ndarray:
    """The printed number of cases, and those up to a tenth below it."""
    return np.arange(n, max(n - int(np.ceil(n * NEAR)), 1) - 1, -1)


def _of_items(r) -> tuple:
    n, digits = int(r.n_low), int(r.decimals)
    tried = _near_cases(n)
    needed, most = possible_counts(r.number, digits, tried, scale=1)
    fit = tried[overlap(needed, most, r.k_low, r.k_high)]
    verdict = HOLDS if n in fit else UNDER if len(fit) else CANNOT
    made = span(r.k_low, r.k_high)

    def mean(cases: int, places: int) -> str:
        return span(r.k_low / cases, r.k_high / cases, places)

    said = f"{words(r.group)}: the items make {made}, and {made} / {n} = {mean(n, digits + 2)}; printed {r.text}"
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
    tried = _near_cases(n)
    low, high = possible_counts(r.number, r.decimals, tried, scale=1)
    fit = low <= high
    verdict = HOLDS if fit[0] else UNDER if fit.any() else CANNOT
    best = int(np.argmax(fit))
    near = f"{low[best]} / {tried[best]} prints as it" if fit.any() else "no whole sum over as many or fewer does"
    return check(
        *("whole-number mean", (r.document, r.column, r.phase), "mean", [r.id]),
        *(f"whole sum over {n}", r.text, f"{words(r.group)}: {r.text} x {n} = {r.number * n:.2f}; {near}"),
        verdict=verdict,
        under=f"n = {tried[best]}" if verdict == UNDER else "",
    )


def range_checks(m: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Checks 'range' and 'SD and range'."""
    splits = list(dict.fromkeys(map(tuple, rules.splits.values())))
    wide = {
        statistic: {
            (*key, group): r
            for *key, group, r in zip(*(part[name] for name in (*VARIABLE, "group")), part.itertuples(), strict=True)
        }
        for statistic, part in m.groupby("statistic")
    }
    lowest, highest = wide.get("min", {}), wide.get("max", {})
    rows = [
        _spread(wide["mean"][at], wide["sd"][at], lowest[at], highest[at])
        for at in wide.get("mean", {})
        if at in wide.get("sd", {}) and at in lowest and at in highest and wide["mean"][at].known
    ]
    for printed, pick in ((lowest, min), (highest, max)):
        for at, total in printed.items():
            if at[-1] != rules.whole:
                continue
            for split in splits:
                sides = [printed.get((*at[:-1], group)) for group in split]
                rows += [] if None in sides else [_ends(total, sides[0], sides[1], pick)]
    pairs = [(a, b) for i, a in enumerate(splits) for b in splits[i + 1 :]]
    for at in dict.fromkeys(key[:-1] for key in highest):
        for one, other in pairs:
            sides = {group: highest.get((*at, group)) for group in (*one, *other)}
            rows += [] if None in sides.values() else [_overlap(one, other, sides)]
    return checks(rows)


def _ends(total, one, two, pick) -> tuple:
    """The whole's smallest or largest value is that of one of its two groups."""
    made = pick(one, two, key=lambda r: r.number)
    sides = f"{words(one.group)} {one.text} and {words(two.group)} {two.text}"
    said = f"{total.statistic} of {sides} make {made.text}"
    return check(
        *("range", (total.document, total.column, total.phase), total.statistic, [one.id, two.id, total.id]),
        *(made.text, total.text, f"{said}; the total is printed as {total.text}"),
        verdict=made.number == total.number,
    )


def _overlap(one: tuple[str, ...], other: tuple[str, ...], sides: dict) -> tuple:
    """Where only one group of the other split reaches as far as a group, the two must overlap."""
    said, possible = [], True
    for here, there in ((one, other), (other, one)):
        for group in here:
            top = sides[group]
            reach = [name for name in there if sides[name].number >= top.number]
            possible &= bool(reach)
            if len(reach) == 1:
                short = sides[next(name for name in there if name != reach[0])]
                only = f"{words(group)} reaches {top.text} and {words(short.group)} only {short.text}"
                said.append(f"{only}, so {words(group)} and {words(reach[0])} overlap")
    first = sides[one[0]]
    return check(
        *("range", (first.document, first.column, first.phase), "max", [r.id for r in sides.values()]),
        "groups that can overlap",
        "; ".join(f"{words(group)} {r.text}" for group, r in sides.items()),
        "; ".join(said) or "every overlap of the groups is possible",
        verdict=possible,
    )


def _spread(mean, sd, lowest, highest) -> tuple:
    """A mean within its range, and an SD between what the ends force and allow (Bhatia and Davis 2000)."""
    low, high, n = lowest.number, highest.number, mean.n_low
    inside = bool(overlap(mean.v_low, mean.v_high, low, high))
    _, most = sd_bounds((mean.v_low, mean.v_high), n, (low, high))
    ends = max(high - mean.v_high, 0) ** 2 + max(mean.v_low - low, 0) ** 2
    least = np.sqrt(ends / max(n - 1, 1)) if inside else 0.0
    said = (
        f"{words(mean.group)}: a mean of {mean.text} within {lowest.text} to {highest.text} allows an SD of "
        f"{least:.1f} to {most:.1f}; printed {sd.text}"
    )
    return check(
        *("SD and range", (mean.document, mean.column, mean.phase), "sd"),
        [mean.id, sd.id, lowest.id, highest.id],
        *(span(least, most, 1), sd.text, said),
        verdict=bool(inside and overlap(sd.v_low, sd.v_high, least, most)),
    )


def moment_checks(f: pd.DataFrame, cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """All checks of means, SDs and ranges: 'pooled mean', 'pooled SD', and those of `ranges` and `items`."""
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


def _pooled(m: pd.DataFrame, whole: str, split: tuple[str, ...]) -> pd.DataFrame:
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


def _pooled_mean(r, split: tuple[str, ...]) -> tuple:
    n0, n1 = r.n_low_0, r.n_low_1
    low, high = pooled_mean([(r.v_low_0, r.v_high_0), (r.v_low_1, r.v_high_1)], [n0, n1])
    made = span(low, high, int(r.decimals_2) + 1)
    said = f"{words(split[0])} {r.text_0} x {n0:.0f} and {words(split[1])} {r.text_1} x {n1:.0f} pool to {made}"
    return check(
        *("pooled mean", (r.Index[0], r.Index[1], r.phase_0), "mean", [r.id_0, r.id_1, r.id_2]),
        *(made, r.text_2, f"{said}; the total is printed as {r.text_2}"),
        verdict=bool(overlap(low, high, r.v_low_2, r.v_high_2)),
    )


def _pooled_sd(r, split: tuple[str, ...]) -> tuple:
    """Squares within the groups and between their means, at both ends of what was rounded."""
    means = [(r.v_low_0_mean, r.v_high_0_mean), (r.v_low_1_mean, r.v_high_1_mean)]
    low, high = pooled_sd(means, [(r.v_low_0, r.v_high_0), (r.v_low_1, r.v_high_1)], [r.n_low_0, r.n_low_1])
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
