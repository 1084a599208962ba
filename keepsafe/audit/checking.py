"""Every check of a document's printed figures and comparisons, one row a check."""

import pandas as pd

from keepsafe.audit.conventions import best_convention
from keepsafe.audit.figures import Counts, cells, prepared
from keepsafe.audit.findings import checks
from keepsafe.audit.markers import marker_checks, tested
from keepsafe.audit.moments import moment_checks
from keepsafe.audit.percentages import denominator_checks, percentage_checks
from keepsafe.audit.relations import count_checks, relations
from keepsafe.audit.rules import Rules, rules_of
from keepsafe.audit.statements import direction_checks, prose_checks, strata_checks
from keepsafe.codebook import Codebook
from keepsafe.problems import InputError
from keepsafe.study import Study


def audit(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame | None = None,
    codebook: Codebook | None = None,
    study: Study | None = None,
) -> pd.DataFrame:
    """Check whether the printed figures and markers of a report can all be true together.

    Parameters
    ----------
    figures, comparisons : as `keepsafe.load_figures` and `keepsafe.load_comparisons` return them.
    codebook, study : what variables and groups mean: which levels exclude each other, which variables are
        unions or sums of others ([derived], [rules], [audit] of the study file). Without them the compendium's own
        are used where they name at least half of the figures' variables; otherwise levels and groups are
        inferred from the figures, and unions and sums of variables are not known.

    Returns
    -------
    DataFrame
        A row a check, all text: check (its kind), variable, phase, statistic, figures (ids, joined by
        blanks), expected, printed, verdict ('holds', 'holds only under', 'cannot hold'), under (the
        condition), explanation. 'Cannot hold' means not reproducible from the printed figures as
        transcribed: a slip of the print or of the transcription is likely, and nothing is said of the data
        themselves.
        Comparisons whose figures were not printed cannot be checked and have no row.

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
    rules = rules_of(_usable(figures), codebook, study)
    f = prepared(figures, rules)
    c = cells(f)
    found = [figure_checks(f, c, rules), denominator_checks(f)]
    if comparisons is not None and len(comparisons):
        counts = Counts(c, rules)
        tests = tested(comparisons, f, counts, rules)
        best = best_convention(tests)
        found += [
            marker_checks(tests, best),
            strata_checks(comparisons, counts, rules, best[0]),
            direction_checks(comparisons, f, counts, rules),
        ]
    found = [frame for frame in found if len(frame)]
    everything = pd.concat(found, ignore_index=True) if found else checks([])
    return everything if "document" in figures else everything.drop(columns="document")


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
