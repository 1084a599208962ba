"""Ranges of groups: inside each other, around their means, and what they imply for how groups overlap."""

import numpy as np
import pandas as pd

from keepsafe.audit.rules import Rules
from keepsafe.audit.findings import check, checks, overlap, span, words

VARIABLE = ["document", "column", "stratum"]


def range_checks(m: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Checks 'range' and 'SD and range'.

    Parameters
    ----------
    m : one row a printed mean, SD, smallest or largest value, with v_low and v_high.
    rules : the rules of the document.
    """
    splits = list(dict.fromkeys(map(tuple, rules.splits.values())))
    wide = {
        statistic: {
            (*key, group): r
            for *key, group, r in zip(
                *(part[name] for name in (*VARIABLE, "group")), part.itertuples(), strict=True
            )
        }
        for statistic, part in m.groupby("statistic")
    }
    lowest, highest = wide.get("min", {}), wide.get("max", {})
    rows = [_spread(wide["mean"][at], wide["sd"][at], lowest[at], highest[at])
            for at in wide.get("mean", {}) if at in wide.get("sd", {}) and at in lowest and at in highest
            and wide["mean"][at].known]  # fmt: skip
    for printed, pick in ((lowest, min), (highest, max)):
        for at, total in printed.items():
            if at[-1] != rules.whole:
                continue
            for split in splits:
                sides = [printed.get((*at[:-1], group)) for group in split]
                rows += [] if None in sides else [_ends(total, *sides, pick)]
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


def _overlap(one: tuple[str, str], other: tuple[str, str], sides: dict) -> tuple:
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
    middle = np.clip((low + high) / 2, mean.v_low, mean.v_high)
    most = np.sqrt(max((high - middle) * (middle - low), 0) * n / max(n - 1, 1))
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
