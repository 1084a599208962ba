"""Single figures of a report: percentages as whole counts of their cases; means, SDs and ranges."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.audit.arithmetic import exchanged, meets, pooled_mean, pooled_sd, sd_within, span, whole_numbers
from keepsafe.audit.cells import number
from keepsafe.audit.figures import Counts
from keepsafe.audit.findings import check, checks, joined, words
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
    return checks([_percentage(r) for r in p.itertuples()])


def _percentage(r) -> tuple:
    n, under = int(r.n_low), ""
    said = f"{r.text}% is {span(r.low, r.high)} of {n}"
    if not r.fits:
        said = f"{r.text}% of {n} is {r.number * n / 100:.2f}, no whole count: "
        said += f"{r.low:.0f} of {n} is {100 * r.low / n:.2f}% and {r.high:.0f} is {100 * r.high / n:.2f}%"
        if r.below:
            under = f"n = {r.n:.0f}"
            said += f"; {r.k:.0f} of {r.n:.0f} prints as it"
        others = ", ".join(filter(None, (r.below.partition(", ")[2], r.above)))
        said += f"; so does a count out of {others}" if others else ""
    return check("percentage", r, "percent", [r.id], f"k of {n}", f"{r.text}%", said, verdict=r.fits, under=under)


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
    listed = ", ".join(str(n + off) for off in all_fit)
    fit, under = int(times.get(0, 0)), ""
    if fit == total:
        said = f"all {total} percentages fit n = {n}; {f'so do {listed}' if listed else 'no other number near does'}"
    else:
        said = f"{fit} of {total} percentages fit n = {n}; "
        said += f"all {total} fit {listed}" if listed else "no number near fits all"
        under = next((f"n = {n + off}" for off in all_fit if off < 0), "")
    said = f"{words(first['source'], first['group'], first['stratum'])}: {said}"
    of, wanted = (first["document"], "", first["phase"]), f"one n for {total}"
    return check("denominator", of, "percent", p["id"], wanted, f"n = {n}", said, verdict=fit == total, under=under)


def _unprinted(place: str, p: pd.DataFrame) -> tuple:
    """Percentages of one group of unknown size: the sizes with which all of them fit."""
    first, shown = p.iloc[0], ", ".join(f"{text}%" for text in p["text"])
    low, high = p["n_low"].min(), p["n_high"].max()
    found = fitting(p, p["n_low"].to_numpy(), p["n_high"].to_numpy())
    times = found.groupby("n")["figure"].nunique()
    sizes = times.index[times == len(p)]
    said = f"{place}: {shown} fit no number of cases together"
    if len(sizes):
        counts = ", ".join(found.loc[found["n"] == sizes[0], "k"].astype(str))
        more = f"and {len(sizes) - 1} larger numbers" if len(sizes) > 1 else "alone"
        said = f"{place}: {shown} fit n = {sizes[0]} ({counts}) {more}"
    said += f", of {low:.0f} to {high:.0f} possible"
    wanted, under = f"one n from {low:.0f} to {high:.0f}", f"n = {sizes[0]}" if len(sizes) == 1 else ""
    told = ("percent", p["id"], wanted, "n not printed", said)
    return check("denominator", first, *told, verdict=len(sizes) > 0, under=under)


PLACE = ["document", "group", "stratum"]
VARIABLE = ["document", "column", "stratum"]
Printed = dict[str, dict[tuple, Any]]  # of each statistic, the figure of (*VARIABLE, group)


def moment_checks(counts: Counts) -> pd.DataFrame:
    """All checks of means, SDs and ranges: of their items and as whole numbers, pooled, and of each with its range."""
    f, rules = counts.figures, counts.rules
    m = f[f["statistic"].isin(["mean", "sd", "min", "max"]) & f["exact"]]
    if m.empty:
        return checks([])
    low, high = possible_values(m["number"], m["decimals"])
    m = m.assign(v_low=np.where(m["statistic"] == "sd", np.maximum(low, 0), low), v_high=high)
    m = m.sort_values("decimals", ascending=False, kind="stable")
    m = m.drop_duplicates([*VARIABLE, "group", "statistic"]).sort_values("order")
    printed: Printed = {statistic: {} for statistic in ("mean", "sd", "min", "max")}
    for r in m.itertuples():
        printed[r.statistic][(r.document, r.column, r.stratum, r.group)] = r
    splits = list(dict.fromkeys(map(tuple, rules.splits.values())))
    rows = _items(m, counts)
    for split in splits:
        rows += _pooled(printed, rules.whole, split)
    return checks(rows + _ranges(printed, rules.whole, splits))


def _items(m: pd.DataFrame, counts: Counts) -> list[tuple]:
    """Checks 'mean of items' and 'whole-number mean' (GRIM, Brown and Heathers 2017), of all cases or fewer."""
    means = m[(m["statistic"] == "mean") & m["known"] & m["n_low"].gt(0)]
    cells, rules, rows = counts.cells, counts.rules, []
    for column, parts in rules.sums.items():
        mine = cells[cells["column"].isin(parts) & cells["level"].isin(["1", ""])]
        made = {"k_low": ("low", "sum"), "k_high": ("high", "sum"), "parts": ("column", "nunique")}
        total = mine.groupby(PLACE).agg(**made, ids=("id", " ".join))
        here = means[means["column"] == column].merge(total[total["parts"] == len(parts)], on=PLACE)
        rows += [_of_items(r) for r in here.itertuples()]
    whole = means[means["column"].isin(rules.whole_numbers | set(rules.sums))]
    # with more cases than the last digit resolves, every mean is possible
    return rows + [_whole(r) for r in whole[whole["n_low"] < 10.0 ** whole["decimals"]].itertuples()]


def _near_cases(n: int) -> np.ndarray:
    """The printed number of cases, and those up to a tenth below it."""
    return np.arange(n, max(n - int(np.ceil(n * NEAR)), 1) - 1, -1)


def _of_items(r) -> tuple:
    n, digits, tried = int(r.n_low), int(r.decimals), _near_cases(int(r.n_low))
    needed, most = possible_counts(r.number, digits, tried, scale=1)
    fit = tried[(needed <= r.k_high) & (r.k_low <= most)]
    made = span(r.k_low, r.k_high)

    def mean(cases: int, places: int) -> str:
        return span(r.k_low / cases, r.k_high / cases, places)

    said = f"{words(r.group)}: the items make {made}, and {made} / {n} = {mean(n, digits + 2)}; printed {r.text}"
    if len(fit) and fit[0] < n:
        said += f"; {made} / {fit[0]} = {mean(fit[0], digits + 2)}, with {n - fit[0]} of the cases left out"
    return _of_cases("mean of items", r, [r.id, *r.ids.split()], mean(n, digits), said, fit)


def _whole(r) -> tuple:
    n, tried = int(r.n_low), _near_cases(int(r.n_low))
    low, high = possible_counts(r.number, r.decimals, tried, scale=1)
    fit = low <= high
    near = f"{low[fit][0]} / {tried[fit][0]} prints as it" if fit.any() else "no whole sum over as many or fewer does"
    said = f"{words(r.group)}: {r.text} x {n} = {r.number * n:.2f}; {near}"
    return _of_cases("whole-number mean", r, [r.id], f"whole sum over {n}", said, tried[fit])


def _of_cases(kind: str, r, ids: list[str], expected: str, said: str, fit: np.ndarray) -> tuple:
    """A check of a mean that can be of some numbers of cases: of those printed, or only of fewer."""
    under = f"n = {fit[0]}" if len(fit) and fit[0] < r.n_low else ""
    return check(kind, r, "mean", ids, expected, r.text, said, verdict=len(fit) > 0 and not under, under=under)


def _ranges(printed: Printed, whole: str, splits: list) -> list[tuple]:
    """Checks 'range' and 'SD and range'."""
    lowest, highest, rows = printed["min"], printed["max"], []
    for at, mean in printed["mean"].items():
        others = [printed[statistic].get(at) for statistic in ("sd", "min", "max")]
        rows += [_spread(mean, *others)] if mean.known and None not in others else []
    for figures, pick in ((lowest, min), (highest, max)):
        for (*place, group), total in figures.items():
            for split in splits if group == whole else ():
                sides = [figures.get((*place, part)) for part in split]
                rows += [] if None in sides else [_ends(total, sides[0], sides[1], pick)]
    for place in dict.fromkeys(key[:-1] for key in highest):
        for one, other in combinations(splits, 2):
            sides = {group: highest.get((*place, group)) for group in (*one, *other)}
            rows += [] if None in sides.values() else [_overlap(one, other, sides)]
    return rows


def _ends(total, one, two, pick) -> tuple:
    """The whole's smallest or largest value is that of one of its two groups."""
    made = pick(one, two, key=lambda r: r.number)
    sides = f"{words(one.group)} {one.text} and {words(two.group)} {two.text}"
    said = f"{total.statistic} of {sides} make {made.text}; the total is printed as {total.text}"
    told, ids = (made.text, total.text, said), [one.id, two.id, total.id]
    return check("range", total, total.statistic, ids, *told, verdict=made.number == total.number)


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
    printed = "; ".join(f"{words(group)} {r.text}" for group, r in sides.items())
    told = ("groups that can overlap", printed, "; ".join(said) or "every overlap of the groups is possible")
    return check("range", sides[one[0]], "max", [r.id for r in sides.values()], *told, verdict=possible)


def _spread(mean, sd, lowest, highest) -> tuple:
    """A mean within its range, and an SD between what the ends force and allow (Bhatia and Davis 2000)."""
    low, high, n = lowest.number, highest.number, mean.n_low
    inside = meets((mean.v_low, mean.v_high), (low, high))
    least, most = sd_within((mean.v_low, mean.v_high), n, (low, low), (high, high))
    least = least if inside else 0.0
    said = f"{words(mean.group)}: a mean of {mean.text} within {lowest.text} to {highest.text}"
    said += f" allows an SD of {least:.1f} to {most:.1f}; printed {sd.text}"
    fits, ids = inside and meets((sd.v_low, sd.v_high), (least, most)), [mean.id, sd.id, lowest.id, highest.id]
    return check("SD and range", mean, "sd", ids, span(least, most, 1), sd.text, said, verdict=fits)


def _pooled(printed: Printed, whole: str, split: tuple[str, ...]) -> list[tuple]:
    """Checks 'pooled mean' and 'pooled SD' of the whole from the two groups of a split."""
    means, spreads = [], []
    for *place, group in printed["mean"]:
        at = [(*place, each) for each in (*split, whole)]
        sides, sds = ([printed[name].get(key) for key in at] for name in ("mean", "sd"))
        if group == split[0] and all(r is not None and r.known for r in sides):
            means.append(_pooled_mean(*sides))
            if all(r is not None and r.known for r in sds):
                spreads.append(_pooled_sd(sides, *sds))
    return means + spreads


def _pooled_mean(one, two, total) -> tuple:
    low, high = pooled_mean([(one.v_low, one.v_high), (two.v_low, two.v_high)], [one.n_low, two.n_low])
    made = span(low, high, int(total.decimals) + 1)
    sides = " and ".join(f"{words(r.group)} {r.text} x {r.n_low:.0f}" for r in (one, two))
    said = f"{sides} pool to {made}; the total is printed as {total.text}"
    fits, ids = meets((low, high), (total.v_low, total.v_high)), [one.id, two.id, total.id]
    return check("pooled mean", one, "mean", ids, made, total.text, said, verdict=fits)


def _pooled_sd(means: list, one, two, total) -> tuple:
    """Squares within the groups and between their means, at both ends of what was rounded."""
    of_means, of_sds = ([(r.v_low, r.v_high) for r in pair] for pair in (means[:2], (one, two)))
    low, high = pooled_sd(of_means, of_sds, [one.n_low, two.n_low])
    ok = meets((low, high), (total.v_low, total.v_high))
    made = span(low, high, int(total.decimals) + 1)
    said = f"{words(one.group)} {one.text} and {words(two.group)} {two.text}, with their means, pool to an SD of {made}"
    said += f"; the total is printed as {total.text}"
    fits = [text for text in exchanged(total.text) if meets((low, high), number(text).ends)]
    if fits and not ok:
        said += f"; with two neighbouring digits exchanged, {fits[0]}, it would fit"
    ids = [one.id, two.id, total.id, means[0].id, means[1].id]
    return check("pooled SD", one, "sd", ids, made, total.text, said, verdict=ok)
