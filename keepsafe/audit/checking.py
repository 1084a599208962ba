"""Every check of a report's printed figures and comparisons, one row a check."""

from difflib import get_close_matches

import pandas as pd

from keepsafe.audit.figures import Counts, Rules, cells, prepared, rules_of
from keepsafe.audit.findings import UNCHECKED, check, checks, words
from keepsafe.audit.markers import best_convention, marker_checks, placed, tested
from keepsafe.audit.relations import count_checks, relations
from keepsafe.audit.single_figures import denominator_checks, moment_checks, percentage_checks
from keepsafe.audit.statements import direction_checks, prose_checks, strata_checks
from keepsafe.problems import InputError, require_frame
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook

#: Contrasts that are not of two groups: a group's phases with each other, and its responses.
WITHIN = ("phase", "responses")


def audit(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame | None = None,
    codebook: Codebook | None = None,
    study: Study | None = None,
    unchecked: bool = False,
) -> pd.DataFrame:
    """Check whether the printed figures and markers of a report can all be true together.

    Parameters
    ----------
    figures, comparisons : as `keepsafe.load_figures` and `keepsafe.load_comparisons` return them.
    codebook, study : what variables and groups mean: which levels exclude each other, which variables are
        unions or sums of others ([derived], [rules], [audit] of the study file). Without them the compendium's own
        are used where they name at least half of the figures' variables; otherwise levels and groups are
        inferred from the figures, and unions and sums of variables are not known.
    unchecked : whether every figure and comparison that could not be checked has a row too.

    Returns
    -------
    DataFrame
        A row a check, all text: check (its kind), variable, phase, statistic, figures (ids, joined by
        blanks), expected, printed, verdict ('holds', 'holds only under', 'cannot hold', 'not checked'), under (the
        condition), explanation. 'Cannot hold' means not reproducible from the printed figures as
        transcribed: a slip of the print or of the transcription is likely, and nothing is said of the data
        themselves. A comparison of a contrast or variable that nothing names always has a row, 'not checked'.

    Raises
    ------
    InputError
        for tables without rows or columns that are needed.

    Examples
    --------
    >>> from keepsafe import load_figures
    >>> figures = load_figures()
    >>> found = audit(figures[figures["variable"] == "family_concern"])
    >>> found["verdict"].unique().tolist()
    ['holds']
    """
    require_frame(figures=figures, **({} if comparisons is None else {"comparisons": comparisons}))
    rules = rules_of(_usable(figures), codebook, study)
    f = prepared(figures, rules)
    c = cells(f)
    found, silent = [figure_checks(f, c, rules), denominator_checks(f)], []
    if comparisons is not None and len(comparisons):
        counts = Counts(c, rules)
        tests = tested(comparisons, f, counts, rules)
        best = best_convention(tests)
        found += [
            marker_checks(tests, best),
            strata_checks(comparisons, counts, rules, best[0]),
            direction_checks(comparisons, f, counts, rules),
        ]
        silent = _comparisons_unchecked(comparisons, f, rules, tests, found[-2:], unchecked)
    if unchecked:
        ids = set(" ".join(each for frame in found for each in frame.get("figures", ())).split())
        silent += [
            check(
                "figure",
                (r.document, r.column, r.phase),
                r.statistic,
                [r.id],
                "",
                r.text,
                "nothing else that was printed can be held against it",
                verdict=UNCHECKED,
            )
            for r in f.itertuples()
            if r.id not in ids
        ]
    found = [frame for frame in [*found, checks(silent)] if len(frame)]
    everything = pd.concat(found, ignore_index=True) if found else checks([])
    return everything if "document" in figures else everything.drop(columns="document")


def _comparisons_unchecked(comparisons, f, rules: Rules, tests, others: list, every: bool) -> list[tuple]:
    """Comparisons that no check was made of, with the reason: those of unknown names, or every one."""
    known = set(f["column"]) | set(rules.levels) | {column for column, _ in rules.members.values()}
    if rules.codebook is not None:
        known |= {variable.name for variable in rules.codebook}
    if rules.study is not None:
        known |= set(rules.study.derived) | set(rules.study.outcomes)
    testable = set(tests.comparisons.loc[tests.comparisons["testable"], "order"])
    strata, directions = others
    by_strata = set(strata["variable"]) if len(strata) else set()
    said = " ".join(directions["explanation"]) if len(directions) else ""
    rows = []
    for r in placed(comparisons, rules).itertuples():
        printed = r.marker or r.wording or r.direction
        if r.contrast in WITHIN:
            reason = f"it compares {r.contrast} within a group" if every else ""
        elif r.first == "" and r.contrast not in rules.strata:
            reason = f"nothing defines the contrast {r.contrast!r}"
        elif r.column not in known and r.variable not in known:
            reason = f"no figure and no codebook has the variable {r.variable!r}{_near(r.variable, known)}"
        elif not every or r.order in testable or (r.contrast in rules.strata and r.column in by_strata):
            continue
        elif f"line {r.source_line} " in said or f"line {r.source_line}:" in said:
            continue
        else:
            reason = "counts, or means with SDs, were not printed for both groups"
        if not reason:
            continue
        where = f"{r.contrast}{', ' + words(r.level) if words(r.level) else ''}, {words(r.source)}"
        rows.append(
            check(
                "comparison",
                (r.document, r.column, r.phase),
                "p",
                [],
                "",
                printed,
                f"{where}: {reason}",
                verdict=UNCHECKED,
            )
        )
    return rows


def _near(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def figure_checks(f: pd.DataFrame, c: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The checks of each figure and of figures with each other; without denominators that columns share."""
    found = [percentage_checks(f), count_checks(c, relations(c, rules)), moment_checks(f, c, rules), prose_checks(f)]
    return pd.concat([frame for frame in found if len(frame)] or found[:1], ignore_index=True)


def _usable(figures: pd.DataFrame) -> pd.DataFrame:
    needed = [
        "id",
        "source",
        "variable",
        "level",
        "group",
        "stratum",
        "phase",
        "statistic",
        "value",
        "decimals",
        "qualifier",
        "unit",
        "n_printed",
    ]
    missing = [name for name in needed if name not in figures]
    if missing:
        raise InputError.of(f"the figures lack the column {', '.join(missing)}", remedy="read them with load_figures")
    if figures.empty:
        raise InputError.of("there are no figures to check")
    return figures
