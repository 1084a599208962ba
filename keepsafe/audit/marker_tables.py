"""Tables on markers for a reader: which convention explains how many, and what the best one does not."""

import pandas as pd

from keepsafe.audit.conventions import best_convention, conventions, unexplained
from keepsafe.audit.figures import Counts, cells, prepared
from keepsafe.audit.markers import Tested, tested
from keepsafe.audit.rules import rules_of
from keepsafe.codebook import Codebook
from keepsafe.study import Study


def marker_conventions(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    codebook: Codebook | None = None,
    study: Study | None = None,
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
    """
    found = _tested(figures, comparisons, codebook, study)
    return unexplained(found, convention or best_convention(found))


def _tested(figures, comparisons, codebook, study) -> Tested:
    rules = rules_of(figures, codebook, study)
    f = prepared(figures, rules)
    return tested(comparisons, f, Counts(cells(f), rules), rules)
