"""Which test, on which cases, gives the printed markers: what explains most, and what it does not."""

import numpy as np
import pandas as pd

from keepsafe.audit.figures import Counts, cells, prepared
from keepsafe.audit.findings import words
from keepsafe.audit.markers import BASES, Tested, tested
from keepsafe.audit.rules import rules_of
from keepsafe.audit.significance import NAMES, TESTS, p_values
from keepsafe.study.codebook import Codebook
from keepsafe.study.definition import Study

LARGEST_CHANGE = 12


def conventions(found: Tested) -> pd.DataFrame:
    """How many printed markers, and how many words of significance, each convention explains.

    Returns
    -------
    A row a convention, the one that explains most first: test, basis (all cases; unknowns left out, where a
    variable has such a level), markers, of_markers (comparisons of counts in tables, those without a marker
    too), decisive, of_decisive (those of them that some conventions explain and others do not), words,
    of_words (statements in the text).
    """
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
    """Table comparisons of counts that a convention does not explain, with the smallest change that would.

    Parameters
    ----------
    found : comparisons with their tests.
    best : the convention, as test and basis.

    Returns
    -------
    A row a comparison: variable, level, phase, contrast, printed, counts, p (by the convention), explained_by
    (other conventions); missing, missing_where: the fewest persons counted as without the feature who would
    have to be missing from the denominators; counted, counted_where: the fewest who would have to be counted
    otherwise. Blank where more than 12 persons would be needed.
    """
    c, rows = found.comparisons, []
    for i in c.index[(c["kind"] == "counts") & c["table"] & ~_explained(found)[best[::-1]]]:
        r, mine = c.loc[i], found.tests[found.tests["comparison"] == i]
        by_test = mine[mine["test"] == best[0]]
        by_basis = by_test[by_test["basis"] == best[1]]
        here = (by_basis if len(by_basis) else by_test).iloc[0]
        others = mine[mine["explains"]]
        names = [NAMES[t] + (f" with {b}" if b != BASES[0] else "")
                 for t, b in zip(others["test"], others["basis"], strict=True)]  # fmt: skip
        said = {"printed": r["marker"] or "no marker", "counts": r["shown"], "p": here["p_low"]}
        of = {"variable": r["column"], **r[["level", "phase", "contrast"]]}
        rows.append({**of, **said, "explained_by": ", ".join(names), **_smallest(r, here)})
    columns = [*("variable", "level", "phase", "contrast", "printed", "counts", "p", "explained_by"),
               *("missing", "missing_where", "counted", "counted_where")]  # fmt: skip
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
        ways = [f"{abs(d)} {'' if kind == 'missing' else 'more ' if d > 0 else 'fewer '}in {name}"
                for d, name in moved if d]  # fmt: skip
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
    As `keepsafe.audit.conventions.conventions`, the convention that explains most first.

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
    As `keepsafe.audit.conventions.unexplained`.

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
