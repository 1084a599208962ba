"""Printed markers and words of significance: the tests that they may rest on, and what each convention explains.

Longer than 300 lines: the tests of a comparison are worked out once, for both.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.audit.figures import Count, Counts, Rules, cells, prepared, rules_of
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, check, checks, words
from keepsafe.audit.significance import MARKED, NAMES, TESTS, WORDED, p_between, p_of_levels, p_of_means, p_values
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import possible_values

BASES = ("all cases", "unknowns left out")


@dataclass(frozen=True)
class Tested:
    """Comparisons that say something of significance, and their tests.

    `comparisons` has one row each, with `kind` (counts, means, levels) and `testable`; `tests` one row a
    comparison, test and basis, with p_low, p_high, `explains` and, for counts, k1, n1, k2, n2.
    """

    comparisons: pd.DataFrame
    tests: pd.DataFrame


def tested(comparisons: pd.DataFrame, f: pd.DataFrame, counts: Counts, rules: Rules) -> Tested:
    """Test every comparison of two groups that carries a marker, a word of significance or, in a table, none."""
    c = placed(comparisons, rules)
    c = c[c["p_to"].notna()].reset_index(drop=True)
    kinds, rows = [], []
    means = _moments(f)
    for i, r in enumerate(c.itertuples()):
        kind, found = _of_one(i, r, counts, means, rules)
        kinds.append((kind, *_shown(r, kind, found, means)))
        rows += found if kind != "counts" else [(i, "counts", basis, pair) for basis, pair in found]
    c[["kind", "shown", "figures"]] = kinds if kinds else np.empty((0, 3), object)
    tests = pd.concat([_on_counts(rows), _on_others(rows)], ignore_index=True)
    tests = tests.join(c[["p_from", "p_to"]], on="comparison")
    explains = (tests["p_low"] < tests["p_to"]) & (tests["p_high"] >= tests["p_from"])
    return Tested(c.assign(testable=c["kind"] != ""), tests.assign(explains=explains))


def placed(comparisons: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Comparisons with their column, their two groups (first, second) and the p that they claim."""
    c = comparisons.reset_index(drop=True)
    c = c.assign(document=c["document"] if "document" in c else "", order=np.arange(len(c)))
    c["column"] = [rules.column(v, p) for v, p in zip(c["variable"], c["phase"], strict=True)]
    pairs = [_groups(contrast, rules) for contrast in c["contrast"]]
    c["first"], c["second"] = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    c["table"] = c["source"] != "text"
    claimed = [
        MARKED[m] if table or m else WORDED.get(w, (np.nan, np.nan))
        for m, w, table in zip(c["marker"], c["wording"], c["table"], strict=True)
    ]
    c["p_from"], c["p_to"] = [p[0] for p in claimed], [p[1] for p in claimed]
    return c


def _groups(contrast: str, rules: Rules) -> tuple[str, str]:
    """The groups of a contrast; by its name among inferred splits."""
    if contrast in rules.splits:
        return rules.splits[contrast]
    named = [pair for pair in rules.splits.values() if contrast in pair or all(contrast in group for group in pair)]
    return named[0] if len(named) == 1 else ("", "")


def _of_one(i: int, r, counts: Counts, means: dict, rules: Rules) -> tuple[str, list]:
    """What a comparison can be tested on: counts by basis, p of a whole variable or of means, or nothing."""
    if not r.first:
        return "", []
    place = (r.document, r.column)
    if r.level == "" and (r.document, r.column, r.first, r.stratum) in means:
        one, two = (means.get((*place, group, r.stratum)) for group in (r.first, r.second))
        if one is None or two is None:
            return "", []
        p = p_of_means(one["mean"], one["sd"], one["n"], two["mean"], two["sd"], two["n"])
        return "means", [(i, test, BASES[0], p[test]) for test in p]
    if r.level == "":
        levels = rules.levels.get(r.column, ())
        table = [[counts.of(*place, level, group, r.stratum) for group in (r.first, r.second)] for level in levels]
        if not levels or any(cell is None for row in table for cell in row):
            return "", []
        p = p_of_levels([[cell.low for cell in row] for row in table])
        return "levels", [(i, test, BASES[0], (p[test], p[test])) for test in p]
    pair = [counts.of(*place, r.level, group, r.stratum) for group in (r.first, r.second)]
    if None in pair:
        return "", []
    bases = [(BASES[0], pair)]
    unknown = [level for level in rules.levels.get(r.column, ()) if level in rules.unknown]
    if unknown and not set(unknown) & set(r.level.split("|")):
        gone = [counts.of(*place, "|".join(unknown), group, r.stratum) for group in (r.first, r.second)]
        if None not in gone:
            bases.append(
                (
                    BASES[1],
                    [Count(c.low, c.high, c.n - g.low, c.figures + g.figures) for c, g in zip(pair, gone, strict=True)],
                )
            )
    return "counts", bases


def _moments(f: pd.DataFrame) -> dict:
    """Mean and SD of each variable and group as intervals, with the number of cases."""
    m = f[f["statistic"].isin(["mean", "sd"]) & f["exact"] & f["known"]]
    if m.empty:
        return {}
    low, high = possible_values(m["number"], m["decimals"])
    found: dict[tuple, dict] = {}
    for r, a, b in zip(m.itertuples(), low, high, strict=True):
        entry = found.setdefault((r.document, r.column, r.group, r.stratum), {"n": r.n_low, "ids": []})
        if r.statistic not in entry:
            entry[r.statistic] = (a, b)
            entry["ids"].append(r.id)
            entry[f"{r.statistic}_text"] = r.text
    return {key: entry for key, entry in found.items() if "mean" in entry and "sd" in entry}


def _on_counts(rows: list) -> pd.DataFrame:
    """P of every 2x2 table, in one pass; the table itself as k1, n1, k2, n2 (smallest counts)."""
    rows = [row for row in rows if row[1] == "counts"]
    pairs = np.array([[one.low, one.high, one.n, two.low, two.high, two.n] for *_, (one, two) in rows]).reshape(-1, 6).T
    sides = dict(zip(("k1", "n1", "k2", "n2"), pairs[[0, 2, 3, 5]], strict=True))
    of = {"comparison": np.array([row[0] for row in rows], int), "basis": np.array([row[2] for row in rows], object)}
    p = p_between(*pairs)
    return pd.concat(
        [pd.DataFrame({**of, "test": test, "p_low": p[test][0], "p_high": p[test][1], **sides}) for test in TESTS]
    )


def _on_others(rows: list) -> pd.DataFrame:
    rows = [(i, test, basis, *p) for i, test, basis, p in rows if test != "counts"]
    frame = pd.DataFrame(rows, columns=["comparison", "test", "basis", "p_low", "p_high"])
    return frame.astype({"comparison": int, "p_low": float, "p_high": float})


def _shown(r, kind: str, found: list, means: dict) -> tuple[str, str]:
    """The two sides in words, and the ids of their figures."""
    groups = [(group, group.replace("_", " ")) for group in (r.second, r.first)]
    if kind == "means":
        sides = [means[(r.document, r.column, group, r.stratum)] for group, _ in groups]
        said = [
            f"{name} {side['mean_text']} ({side['sd_text']})" for (_, name), side in zip(groups, sides, strict=True)
        ]
        return " against ".join(said), " ".join(figure for side in sides for figure in side["ids"])
    if kind != "counts":
        return "", ""
    one, two = found[0][1]
    said = [
        f"{name} {c.low:.0f}{'' if c.low == c.high else f' to {c.high:.0f}'} of {c.n:.0f}"
        for (_, name), c in zip(groups, (two, one), strict=True)
    ]
    return " against ".join(said), " ".join(dict.fromkeys(one.figures + two.figures))


def marker_checks(found: Tested, best: tuple[str, str]) -> pd.DataFrame:
    """Checks 'marker' (printed in a table, or left out there) and 'wording' (significant, marginal, none)."""
    tests: dict[int, list] = {}
    for t in found.tests.itertuples():
        tests.setdefault(t.comparison, []).append(t)
    silent = silent_blocks(found)
    rows = []
    for i, r in enumerate(found.comparisons.itertuples()):
        if r.testable:
            rows.append(_one(r, sorted(tests[i], key=lambda t: BASES.index(t.basis)), best, i in silent))
    return checks(rows)


def _one(r, tests: list, best: tuple[str, str], silent: bool) -> tuple:
    by_test = [t for t in tests if t.test == best[0]] or tests[:1]
    here = [t for t in by_test if t.basis == best[1]] or by_test
    good = [t for t in tests if t.explains]
    verdict = HOLDS if any(t.explains for t in here) else UNDER if good else CANNOT
    printed = (r.marker or "no marker") if r.table else f"'{r.wording}'"
    sides = r.shown or f"{words(r.second)} against {words(r.first)}"
    said = f"{sides}: {listed_tests(tests, True)}; printed {printed}"
    if verdict == CANNOT and silent:
        said += "; no figure of this block carries a marker, so it may not have been tested"
    level = words(r.level)
    return check(
        *("marker" if r.table else "wording", (r.document, r.column, r.phase), r.kind, r.figures.split()),
        *(f"p {_bounds(r.p_from, r.p_to)}", printed, f"{level}, {said}" if level else said),
        verdict=verdict,
        under=listed_tests(good, False) if verdict == UNDER else "",
    )


def silent_blocks(found: Tested) -> set[int]:
    """Comparisons of blocks (three rows of a table or more, with the same cases) without any marker."""
    sizes = found.tests.dropna(subset=["n1"]).drop_duplicates("comparison").set_index("comparison")[["n1", "n2"]]
    c = found.comparisons[found.comparisons["table"]].join(sizes, how="inner")
    block = c.groupby(["document", "source", "contrast", "n1", "n2"])["marker"]
    marked, times = block.transform(lambda marker: marker.ne("").any()), block.transform("size")
    return set(c.index[~marked.astype(bool) & (times > 2)])


def listed_tests(tests: list, with_p: bool = True) -> str:
    """Tests by basis: 'p .049 (Pearson), p .070 (Yates); unknowns left out, ...', or their names alone."""
    parts = []
    for basis in BASES:
        here = [t for t in tests if t.basis == basis]
        named = [f"p {_p(t.p_low, t.p_high)} ({NAMES[t.test]})" if with_p else NAMES[t.test] for t in here]
        if named:
            parts.append(", ".join([basis, *named] if basis != BASES[0] else named))
    return "; ".join(parts)


def _p(low: float, high: float) -> str:
    def text(p: float) -> str:
        return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 0.9995 else "1"

    return text(low) if text(low) == text(high) else f"{text(low)} to {text(high)}"


def _bounds(low: float, high: float) -> str:
    return f"below {high:g}" if low == 0 else f"{low:g} or more" if high > 1 else f"from {low:g} to below {high:g}"


LARGEST_CHANGE = 12
UNTESTED = "may not have been tested: this part of the table has no markers"


def conventions(found: Tested) -> pd.DataFrame:
    """How many printed markers, and how many words of significance, each convention explains."""
    counted, table = found.comparisons["kind"] == "counts", found.comparisons["table"]
    full = _explained(found)
    decisive = counted & table & full.any(axis=1) & ~full.all(axis=1)
    sets = {"markers": counted & table, "decisive": decisive, "words": counted & ~table}
    rows = []
    for basis, test in full:
        row = {"test": test, "basis": basis}
        for name, among in sets.items():
            row |= {name: int(full.loc[among, (basis, test)].sum()), f"of_{name}": int(among.sum())}
        rows.append(row)
    return pd.DataFrame(rows).sort_values(["markers", "words"], ascending=False, kind="stable", ignore_index=True)


def best_convention(found: Tested) -> tuple[str, str]:
    """Test and basis that explain most."""
    return tuple(conventions(found).loc[0, ["test", "basis"]])


def _explained(found: Tested) -> pd.DataFrame:
    """Whether each convention explains each comparison; where there are no unknowns, both bases are one."""
    counted = found.tests[found.tests["test"].isin(TESTS)]
    full = counted.pivot(index="comparison", columns=["basis", "test"], values="explains")
    columns = pd.MultiIndex.from_product([BASES, TESTS])
    full = full.reindex(index=range(len(found.comparisons)), columns=columns)
    for test in TESTS:
        full[(BASES[1], test)] = full[(BASES[1], test)].where(full[(BASES[1], test)].notna(), full[(BASES[0], test)])
    return full.eq(True)


def unexplained(found: Tested, best: tuple[str, str]) -> pd.DataFrame:
    """Table comparisons of counts that a convention does not explain, with the smallest change that would."""
    c, silent, rows = found.comparisons, silent_blocks(found), []
    for i in c.index[(c["kind"] == "counts") & c["table"] & ~_explained(found)[best[::-1]]]:
        r, mine = c.loc[i], found.tests[found.tests["comparison"] == i]
        by_test = mine[mine["test"] == best[0]]
        by_basis = by_test[by_test["basis"] == best[1]]
        here = (by_basis if len(by_basis) else by_test).iloc[0]
        others = mine[mine["explains"]]
        names = [
            NAMES[t] + (f" with {b}" if b != BASES[0] else "")
            for t, b in zip(others["test"], others["basis"], strict=True)
        ]
        by = UNTESTED if i in silent else ", ".join(names) or "none of the usual tests"
        said = {"printed": r["marker"] or "no marker", "counts": r["shown"], "p": here["p_low"], "explained_by": by}
        of = {"variable": r["column"], **r[["level", "phase", "contrast"]]}
        rows.append({**of, **said, **_smallest(r, here)})
    columns = [
        *("variable", "level", "phase", "contrast", "printed", "counts", "p", "explained_by"),
        *("missing", "missing_where", "counted", "counted_where"),
    ]
    return pd.DataFrame(rows, columns=columns).astype({"missing": "Int64", "counted": "Int64"})


def _smallest(r: pd.Series, here: pd.Series) -> dict:
    """The fewest persons missing from the denominators, or counted otherwise, that would give the marker."""
    k1, n1, k2, n2 = (int(here[name]) for name in ("k1", "n1", "k2", "n2"))
    step = np.arange(-LARGEST_CHANGE, LARGEST_CHANGE + 1)
    one, two = (x.ravel() for x in np.meshgrid(step, step, indexing="ij"))
    size = np.abs(one) + np.abs(two)
    missing = (one >= 0) & (two >= 0) & (one <= n1 - k1) & (two <= n2 - k2)
    counted = (0 <= k1 + one) & (k1 + one <= n1) & (0 <= k2 + two) & (k2 + two <= n2)
    found = {}
    for kind, use, table in (
        ("missing", missing, (k1, n1 - one * missing, k2, n2 - two * missing)),
        ("counted", counted, (k1 + one, n1, k2 + two, n2)),
    ):
        p = p_values(*table)[here["test"]]
        right = (r["p_from"] <= p) & (p < r["p_to"])
        good = np.flatnonzero(use & (size > 0) & (size <= LARGEST_CHANGE) & right)
        best = good[np.argmin(size[good])] if len(good) else None
        moved = [] if best is None else [(one[best], words(r["first"])), (two[best], words(r["second"]))]
        ways = [
            f"{abs(d)} {'' if kind == 'missing' else 'more ' if d > 0 else 'fewer '}in {name}" for d, name in moved if d
        ]
        found |= {kind: None if best is None else int(size[best]), f"{kind}_where": ", ".join(ways)}
    return found


def marker_conventions(
    figures: pd.DataFrame, comparisons: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None
) -> pd.DataFrame:
    """Which test, on which cases, explains how many of the printed markers.

    Parameters
    ----------
    figures, comparisons, codebook, study : as for `keepsafe.audit.audit`.

    Returns
    -------
    As `keepsafe.audit.markers.conventions`, the convention that explains most first.

    Examples
    --------
    >>> from keepsafe import load_comparisons, load_figures
    >>> found = marker_conventions(load_figures(), load_comparisons())
    >>> bool((found["markers"] <= found["of_markers"]).all())
    True
    """
    return conventions(_tested(figures, comparisons, codebook, study))


def unexplained_markers(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    codebook: Codebook | None = None,
    study: Study | None = None,
    convention: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """The table comparisons that a convention does not explain, with the smallest change that would.

    Parameters
    ----------
    figures, comparisons, codebook, study : as for `keepsafe.audit.audit`.
    convention : (test, basis); by default the one that explains most.

    Returns
    -------
    As `keepsafe.audit.markers.unexplained`.

    Examples
    --------
    >>> from keepsafe import load_comparisons, load_figures
    >>> unexplained_markers(load_figures(), load_comparisons())["printed"].isin(["†", "*", "no marker"]).any().item()
    True
    """
    found = _tested(figures, comparisons, codebook, study)
    return unexplained(found, convention or best_convention(found))


def _tested(figures, comparisons, codebook, study) -> Tested:
    rules = rules_of(figures, codebook, study)
    f = prepared(figures, rules)
    return tested(comparisons, f, Counts(cells(f), rules), rules)
