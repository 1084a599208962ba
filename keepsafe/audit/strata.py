"""Statements about strata (females against males) whose counts were not printed: does any split fit?"""

import numpy as np
import pandas as pd

from keepsafe.audit.conventions import NAMES
from keepsafe.audit.figures import Counts
from keepsafe.audit.markers import placed
from keepsafe.audit.rules import Rules
from keepsafe.audit.significance import TESTS, p_values
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, checks, span, words


def strata_checks(
    comparisons: pd.DataFrame, counts: Counts, rules: Rules, best: str = "pearson"
) -> pd.DataFrame:
    """Check 'by strata', one a variable: all that is said of its strata, in all groups, taken together.

    Parameters
    ----------
    comparisons : rows whose contrast is a name of `rules.strata`; their stratum column names the group.
    counts, rules : of the document.
    best : the test that the verdict goes by first.

    Notes
    -----
    The count in each group is printed, how it divides between the strata is not. Every division is tried:
    groups of a split must add up to the whole, and each must give the p and the direction that are stated.
    """
    c = placed(comparisons, rules)
    c = c[c["contrast"].isin(list(rules.strata)) & c["p_to"].notna()]
    rows = []
    for (document, column, level, contrast), said in c.groupby(
        ["document", "column", "level", "contrast"], sort=False
    ):
        strata = rules.levels.get(rules.strata[contrast], ())
        if len(strata) != 2:
            continue
        place, split_by = (document, column, level), (document, rules.strata[contrast])
        possible = {test: _totals(said, place, split_by, strata, counts, rules, test) for test in TESTS}
        if all(totals is None for totals in possible.values()):
            continue
        good = [test for test in TESTS if possible[test] is not None and len(possible[test])]
        order = [best, *(test for test in TESTS if test != best)]
        shown = next((test for test in order if test in good), None)
        whole = counts.of(*place, rules.whole)
        stated = "; ".join(
            f"{words(r.stratum)} {r.wording or 'no word'}{' ' + r.direction if r.direction else ''}"
            for r in said.itertuples()
        )
        explanation = f"{words(strata[0])} against {words(strata[1])}: {stated}"
        if shown:
            totals = possible[shown]
            explanation += (
                f"; all hold together by {NAMES[shown]} if {span(totals.min(), totals.max())} of the "
                f"{whole.low:.0f} in all are {words(strata[0])}"
            )
        else:
            explanation += "; no division of the printed counts gives all of them together"
        verdict = HOLDS if shown == best else UNDER if shown else CANNOT
        ids = [
            figure
            for group in said["stratum"]
            for found in [counts.of(*place, group)]
            if found
            for figure in found.figures
        ]
        rows.append(
            dict(
                document=document,
                check="by strata",
                variable=column,
                phase=said["phase"].iloc[0],
                statistic="percent",
                figures=" ".join(dict.fromkeys(ids)),
                expected=f"{len(said)} statements together",
                printed=stated,
                verdict=verdict,
                under=", ".join(NAMES[t] for t in good) if verdict == UNDER else "",
                explanation=explanation,
            )
        )
    return checks(rows)


def _totals(said, place, split_by, strata, counts: Counts, rules: Rules, test: str) -> np.ndarray | None:
    """Counts of the first stratum, in the whole, with which all that is said can hold; None if untestable."""
    fine = {
        r.stratum: ok
        for r in said.itertuples()
        if (ok := _fine(r, place, split_by, strata, counts, test)) is not None
    }
    if rules.whole not in fine:
        return None
    together = fine[rules.whole]
    for one, two in dict.fromkeys(map(tuple, rules.splits.values())):
        if one in fine and two in fine:
            sums = np.convolve(fine[one], fine[two]) > 0.5
            size = max(len(sums), len(together))
            together = np.pad(together, (0, size - len(together))) & np.pad(sums, (0, size - len(sums)))
    return np.flatnonzero(together)


def _fine(r, place, split_by, strata, counts: Counts, test: str) -> np.ndarray | None:
    """For each count of the first stratum in a group, whether it gives the stated p and direction."""
    k = counts.of(*place, r.stratum)
    sizes = [counts.of(*split_by, level, r.stratum) for level in strata]
    if k is None or None in sizes or any(x.low != x.high for x in (k, *sizes)):
        return None
    known = counts.of(*place, r.stratum, strata[0])
    n1, n2 = (int(size.low) for size in sizes)
    a = np.arange(int(k.low) + 1)
    b = k.low - a
    fits = (a <= n1) & (b <= n2)
    if known is not None:
        fits &= (known.low <= a) & (a <= known.high)
    p = p_values(np.minimum(a, n1), n1, np.minimum(b, n2), n2)[test]
    ways = {"higher": a / n1 > b / n2, "lower": a / n1 < b / n2}
    return fits & (p >= r.p_from) & (p < r.p_to) & ways.get(r.direction, np.ones(len(a), bool))
