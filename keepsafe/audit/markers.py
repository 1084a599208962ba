"""Printed markers and words of significance: the tests that they may rest on, and what each convention explains.

Longer than 300 lines: the tests of a comparison are worked out once, for both.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from keepsafe.audit.arithmetic import span
from keepsafe.audit.cells import p_shown
from keepsafe.audit.figures import Count, Counts, Rules, read_figures
from keepsafe.audit.findings import check, checks, words
from keepsafe.audit.significance import NAMES, TESTS, p_between, p_of_levels, p_of_means, p_values
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import possible_values

BASES = ("all cases", "unknowns left out")
UNTESTED = "may not have been tested: this part of the table has no markers"
LARGEST_CHANGE = 12  # persons
#: p-values that a printed marker or word claims, the upper end left out.
MARKED = {"***": (0.0, 0.001), "**": (0.001, 0.01), "*": (0.01, 0.05), "†": (0.05, 0.10), "": (0.10, 1.01)}
WORDED = {"significant": (0.0, 0.05), "marginal": (0.05, 0.10), "none": (0.05, 1.01)}


@dataclass(frozen=True)
class Tested:
    """Comparisons that say something of significance, and their tests.

    `comparisons` has one row each, with `kind` (counts, means, levels; blank where nothing can be tested), `shown`
    (both sides in words) and `figures`; `tests` one row a comparison, test and basis, with p_low, p_high, `explains`
    and, for counts, k1, n1, k2, n2.
    """

    comparisons: pd.DataFrame
    tests: pd.DataFrame

    @cached_property
    def of(self) -> dict[int, list]:
        """The tests of each comparison that has any."""
        return {i: list(part.itertuples()) for i, part in self.tests.groupby("comparison", sort=False)}

    @cached_property
    def silent(self) -> set[int]:
        """Comparisons of blocks (three rows of a table or more, with the same cases) without any marker."""
        sizes = self.tests.dropna(subset=["n1"]).drop_duplicates("comparison").set_index("comparison")[["n1", "n2"]]
        c = self.comparisons[self.comparisons["table"]].join(sizes, how="inner")
        block = c.groupby(["document", "source", "contrast", "n1", "n2"])["marker"]
        marked, times = block.transform(lambda marker: marker.ne("").any()), block.transform("size")
        return set(c.index[~marked.astype(bool) & (times > 2)])

    @cached_property
    def explained(self) -> pd.DataFrame:
        """Whether each convention explains each comparison; where there are no unknowns, both bases are one."""
        counted = self.tests[self.tests["test"].isin(TESTS)]
        full = counted.pivot(index="comparison", columns=["basis", "test"], values="explains")
        columns = pd.MultiIndex.from_product([BASES, TESTS], names=["basis", "test"])
        full = full.reindex(index=range(len(self.comparisons)), columns=columns)
        for test in TESTS:
            full[(BASES[1], test)] = full[(BASES[1], test)].fillna(full[(BASES[0], test)])
        return full.eq(True)

    @cached_property
    def conventions(self) -> pd.DataFrame:
        """How many printed markers, and how many words of significance, each convention explains."""
        counted, table = self.comparisons["kind"] == "counts", self.comparisons["table"]
        full = self.explained
        decisive = counted & table & full.any(axis=1) & ~full.all(axis=1)
        sets = {"markers": counted & table, "decisive": decisive, "words": counted & ~table}
        rows = pd.DataFrame(index=full.columns)
        for name, among in sets.items():
            rows = rows.assign(**{name: full[among].sum(), f"of_{name}": among.sum()})
        rows = rows.reset_index()[["test", "basis", *rows.columns]]
        return rows.sort_values(["markers", "words"], ascending=False, kind="stable", ignore_index=True)

    @cached_property
    def best(self) -> tuple[str, str]:
        """Test and basis that explain most."""
        return tuple(self.conventions.loc[0, ["test", "basis"]])


def tested(placed: pd.DataFrame, counts: Counts) -> Tested:
    """Test every comparison of two groups that carries a marker, a word of significance or, in a table, none."""
    c = placed[placed["p_to"].notna()].reset_index(drop=True)
    said, pairs, others, means = [], [], [], _moments(counts.figures)
    for i, r in enumerate(c.itertuples()):
        kind, shown, figures, found = _of_one(r, counts, means) if r.first else NOTHING
        said.append((kind, shown, " ".join(figures)))
        if kind == "counts":
            pairs += [(i, basis, one.low, one.high, one.n, two.low, two.high, two.n) for basis, (one, two) in found]
        else:
            others += [(i, test, BASES[0], *p) for test, p in found.items()]
    c[["kind", "shown", "figures"]] = said if said else np.empty((0, 3), object)
    of_counts = ["k1", "k1_high", "n1", "k2", "k2_high", "n2"]
    on = pd.DataFrame(pairs, columns=["comparison", "basis", *of_counts])
    p = p_between(*on[of_counts].to_numpy(float).T)
    tests = pd.concat(
        [
            *(on.assign(test=test, p_low=p[test][0], p_high=p[test][1]) for test in TESTS),
            pd.DataFrame(others, columns=["comparison", "test", "basis", "p_low", "p_high"]),
        ],
        ignore_index=True,
    ).astype({"comparison": int, "p_low": float, "p_high": float})
    tests = tests.join(c[["p_from", "p_to"]], on="comparison")
    explains = (tests["p_low"] < tests["p_to"]) & (tests["p_high"] >= tests["p_from"])
    return Tested(c, tests.assign(explains=explains))


def placed(comparisons: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Comparisons with their column, their two groups (first, second) and the p that they claim."""
    c = comparisons.reset_index(drop=True)
    c = c.assign(document=c["document"] if "document" in c else "", order=np.arange(len(c)))
    c["column"] = [rules.column(v, p) for v, p in zip(c["variable"], c["phase"], strict=True)]
    pairs = [groups_of(contrast, rules) for contrast in c["contrast"]]
    c["first"], c["second"] = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    c["table"] = c["source"] != "text"
    claimed = [
        MARKED[m] if table or m else WORDED.get(w, (np.nan, np.nan))
        for m, w, table in zip(c["marker"], c["wording"], c["table"], strict=True)
    ]
    c["p_from"], c["p_to"] = [p[0] for p in claimed], [p[1] for p in claimed]
    return c


def groups_of(contrast: str, rules: Rules) -> tuple[str, str]:
    """The groups of a contrast; by its name among inferred splits."""
    if contrast in rules.splits:
        return rules.splits[contrast]
    named = [pair for pair in rules.splits.values() if contrast in pair or all(contrast in group for group in pair)]
    return named[0] if len(named) == 1 else ("", "")


NOTHING = ("", "", (), {})


def _of_one(r, counts: Counts, means: dict) -> tuple:
    """What a comparison is tested on: kind, both sides in words, ids of figures; and p by test, or counts by basis."""

    def both(level: str) -> list:
        return [counts.of(r.document, r.column, level, group, r.stratum) for group in (r.first, r.second)]

    names = [group.replace("_", " ") for group in (r.first, r.second)]
    levels = counts.rules.levels.get(r.column, ())
    if r.level == "":
        sides = [means.get((r.document, r.column, group, r.stratum)) for group in (r.first, r.second)]
        if sides[0] is None:
            table = [both(level) for level in levels]
            if not table or any(None in row for row in table):
                return NOTHING
            p = p_of_levels([[count.low for count in row] for row in table])
            return "levels", "", (), {test: (each, each) for test, each in p.items()}
        if sides[1] is None:
            return NOTHING
        told = [f"{name} {m['mean'].text} ({m['sd'].text})" for name, m in zip(names, sides, strict=True)]
        one, two = ([(m[name].v_low, m[name].v_high) for name in ("mean", "sd")] for m in sides)
        n1, n2 = (next(iter(m.values())).n_low for m in sides)
        p = p_of_means(one[0], one[1], n1, two[0], two[1], n2)
        figures = [figure.id for m in sides[::-1] for figure in m.values()]
        return "means", " against ".join(told[::-1]), figures, p
    pair = both(r.level)
    if None in pair:
        return NOTHING
    bases = [(BASES[0], pair)]
    unknown = [level for level in levels if level in counts.rules.unknown]
    if unknown and not set(unknown) & set(r.level.split("|")):
        gone = both("|".join(unknown))
        if None not in gone:
            known = [Count(k.low, k.high, k.n - g.low, k.figures + g.figures) for k, g in zip(pair, gone, strict=True)]
            bases.append((BASES[1], known))
    told = [f"{name} {span(k.low, k.high)} of {k.n:.0f}" for name, k in zip(names, pair, strict=True)]
    return "counts", " against ".join(told[::-1]), dict.fromkeys(pair[0].figures + pair[1].figures), bases


def _moments(f: pd.DataFrame) -> dict[tuple, dict]:
    """The figures of mean and SD of each variable and group that has both, with the values that they can be of."""
    m = f[f["statistic"].isin(["mean", "sd"]) & f["exact"] & f["known"]]
    low, high = possible_values(m["number"], m["decimals"])
    found: dict[tuple, dict] = {}
    for r in m.assign(v_low=low, v_high=high).itertuples():
        found.setdefault((r.document, r.column, r.group, r.stratum), {}).setdefault(r.statistic, r)
    return {key: moments for key, moments in found.items() if len(moments) == 2}


def marker_checks(found: Tested) -> pd.DataFrame:
    """Checks 'marker' (printed in a table, or left out there) and 'wording' (significant, marginal, none)."""
    rows = []
    for r in found.comparisons[found.comparisons["kind"] != ""].itertuples():
        tests = found.of[r.Index]
        good = [t for t in tests if t.explains]
        holds = any(t.explains for t in of_convention(tests, found.best))
        printed = (r.marker or "no marker") if r.table else f"'{r.wording}'"
        sides = r.shown or f"{words(r.second)} against {words(r.first)}"
        said = f"{sides}: {listed_tests(tests)}; printed {printed}"
        if not good and r.Index in found.silent:
            said += "; no figure of this block carries a marker, so it may not have been tested"
        said = f"{words(r.level)}, {said}" if words(r.level) else said
        low, high = r.p_from, r.p_to
        claimed = (
            f"below {high:g}" if low == 0 else f"{low:g} or more" if high > 1 else f"from {low:g} to below {high:g}"
        )
        kind, told = "marker" if r.table else "wording", (f"p {claimed}", printed, said)
        under = "" if holds else listed_tests(good, with_p=False)
        rows.append(check(kind, r, r.kind, r.figures.split(), *told, verdict=holds, under=under))
    return checks(rows)


def of_convention(tests: list, best: tuple[str, str]) -> list:
    """A comparison's tests by a convention; where it was not used, by any."""
    by_test = [t for t in tests if t.test == best[0]] or tests[:1]
    return [t for t in by_test if t.basis == best[1]] or by_test


def listed_tests(tests: list, with_p: bool = True) -> str:
    """Tests by basis: 'p .049 (Pearson), p .070 (Yates); unknowns left out, ...', or their names alone."""
    parts = []
    for basis in BASES:
        here = [t for t in tests if t.basis == basis]
        named = [f"p {p_shown(t.p_low, t.p_high)} ({NAMES[t.test]})" if with_p else NAMES[t.test] for t in here]
        if named:
            parts.append(", ".join([basis, *named] if basis != BASES[0] else named))
    return "; ".join(parts)


def marker_conventions(
    figures: pd.DataFrame, comparisons: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None
) -> pd.DataFrame:
    """Which test, on which cases, explains how many of the printed markers.

    Parameters
    ----------
    figures, comparisons, codebook, study : as for `keepsafe.audit.audit`.

    Returns
    -------
    DataFrame
        A row a convention, that which explains most first: test, basis, and how many it explains of how many markers,
        decisive ones (which not every convention explains) and words.

    Examples
    --------
    >>> from keepsafe import load_comparisons, load_figures
    >>> found = marker_conventions(load_figures(), load_comparisons())
    >>> bool((found["markers"] <= found["of_markers"]).all())
    True
    """
    counts = read_figures(figures, codebook, study)
    return tested(placed(comparisons, counts.rules), counts).conventions


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
    DataFrame
        A row a comparison: variable, level, phase, contrast, printed, counts, p (by the convention), explained_by
        (other tests), missing and counted (the fewest persons left out, or counted otherwise, that would give the
        marker), each with where.

    Examples
    --------
    >>> from keepsafe import load_comparisons, load_figures
    >>> unexplained_markers(load_figures(), load_comparisons())["printed"].isin(["†", "*", "no marker"]).any().item()
    True
    """
    counts = read_figures(figures, codebook, study)
    found = tested(placed(comparisons, counts.rules), counts)
    best, c, rows = convention or found.best, found.comparisons, []
    for r in c[(c["kind"] == "counts") & c["table"] & ~found.explained[best[::-1]]].itertuples():
        tests = found.of[r.Index]
        here = of_convention(tests, best)[0]
        names = [NAMES[t.test] + (f" with {t.basis}" if t.basis != BASES[0] else "") for t in tests if t.explains]
        by = UNTESTED if r.Index in found.silent else ", ".join(names) or "none of the usual tests"
        told = (r.column, r.level, r.phase, r.contrast, r.marker or "no marker", r.shown, here.p_low, by)
        rows.append((*told, *_smallest(r, here, counted=False), *_smallest(r, here, counted=True)))
    columns = [
        *("variable", "level", "phase", "contrast", "printed", "counts", "p", "explained_by"),
        *("missing", "missing_where", "counted", "counted_where"),
    ]
    return pd.DataFrame(rows, columns=columns).astype({"missing": "Int64", "counted": "Int64"})


def _smallest(r, here, counted: bool) -> tuple[int | None, str]:
    """The fewest persons missing from the denominators, or counted otherwise, that would give the marker; and where."""
    k1, n1, k2, n2 = (int(each) for each in (here.k1, here.n1, here.k2, here.n2))
    step = np.arange(-LARGEST_CHANGE, LARGEST_CHANGE + 1)
    one, two = (x.ravel() for x in np.meshgrid(step, step, indexing="ij"))
    size = np.abs(one) + np.abs(two)
    if counted:
        use = (0 <= k1 + one) & (k1 + one <= n1) & (0 <= k2 + two) & (k2 + two <= n2)
        p = p_values(k1 + one, n1, k2 + two, n2)[here.test]
    else:
        use = (one >= 0) & (two >= 0) & (one <= n1 - k1) & (two <= n2 - k2)
        p = p_values(k1, n1 - one * use, k2, n2 - two * use)[here.test]
    good = np.flatnonzero(use & (size > 0) & (size <= LARGEST_CHANGE) & (r.p_from <= p) & (p < r.p_to))
    if not len(good):
        return None, ""
    best = good[np.argmin(size[good])]
    moved = [(d, words(group)) for d, group in ((one[best], r.first), (two[best], r.second)) if d]
    more = {1: "more ", -1: "fewer "} if counted else {1: ""}
    return int(size[best]), ", ".join(f"{abs(d)} {more[np.sign(d)]}in {name}" for d, name in moved)
