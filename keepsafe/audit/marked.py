"""One check a printed marker or word of significance: which tests give it."""

import pandas as pd

from keepsafe.audit.conventions import NAMES
from keepsafe.audit.markers import BASES, Tested
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER, check, checks, words


def marker_checks(found: Tested, best: tuple[str, str]) -> pd.DataFrame:
    """Checks 'marker' (printed in a table, or left out there) and 'wording' (significant, marginal, none).

    Parameters
    ----------
    found : comparisons with their tests.
    best : the convention (test, basis) that a verdict goes by; other tests are a condition ('holds only
        under').
    """
    tests: dict[int, list] = {}
    for t in found.tests.itertuples():
        tests.setdefault(t.comparison, []).append(t)
    silent = _silent_blocks(found)
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
    said = f"{sides}: {_listed(tests, True)}; printed {printed}"
    if verdict == CANNOT and silent:
        said += "; no figure of this block carries a marker, so it may not have been tested"
    level = words(r.level)
    return check(
        *("marker" if r.table else "wording", (r.document, r.column, r.phase), r.kind, r.figures.split()),
        *(f"p {_bounds(r.p_from, r.p_to)}", printed, f"{level}, {said}" if level else said),
        verdict=verdict,
        under=_listed(good, False) if verdict == UNDER else "",
    )


def _silent_blocks(found: Tested) -> set[int]:
    """Comparisons of blocks (three rows of a table or more, with the same cases) without any marker."""
    sizes = (
        found.tests.dropna(subset=["n1"]).drop_duplicates("comparison").set_index("comparison")[["n1", "n2"]]
    )
    c = found.comparisons[found.comparisons["table"]].join(sizes, how="inner")
    block = c.groupby(["document", "source", "contrast", "n1", "n2"])["marker"]
    marked, times = block.transform(lambda marker: marker.ne("").any()), block.transform("size")
    return set(c.index[~marked.astype(bool) & (times > 2)])


def _listed(tests: list, with_p: bool) -> str:
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
    return (
        f"below {high:g}"
        if low == 0
        else f"{low:g} or more"
        if high > 1
        else f"from {low:g} to below {high:g}"
    )
