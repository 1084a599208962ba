"""What to look at before a logistic regression is fitted: separation, sparse cells, collinearity, too few events."""

import numpy as np
import pandas as pd
from scipy import optimize

from keepsafe.logistic.design import Design

SMALL_CELL = 5
HIGH_VIF = 10.0
FEW_EVENTS = 10.0
COLUMNS = ("guard", "term", "seen", "remedy", "stops")


def guards(design: Design) -> pd.DataFrame:
    """Look at a design before it is fitted.

    Parameters
    ----------
    design : as `make_design` returns it.

    Returns
    -------
    DataFrame
        a row a finding: guard, term (blank: the whole model), seen, remedy, stops (whether no estimate exists).
        Separation is found by linear programming (Konis 2007), complete or quasi-complete, and collinearity by rank
        and by variance inflation factors above 10. Cells of a 0/1 column by the outcome count as sparse below 5.

    Examples
    --------
    >>> from keepsafe.logistic.design import make_design
    >>> data = pd.DataFrame({"ill": [0, 0, 0, 1, 1, 1], "exposed": [0, 0, 0, 0, 1, 1]})
    >>> guards(make_design(data, "ill", ["exposed"]))["guard"].tolist()
    ['separation', 'sparse cell', 'events per candidate']
    """
    found = [*_separation(design), *_sparse_cells(design), *_collinearity(design), *_few_events(design)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _separation(design: Design) -> list[tuple]:
    """A direction along which the outcome is sorted without a mistake has no finite estimate."""
    spread = np.abs(design.X).max(axis=0)
    signed = design.X / np.where(spread > 0, spread, 1) * (2 * design.y - 1)[:, None]
    result = optimize.linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    if result.status != 0 or -result.fun < 1e-7:
        return []
    sorted_out = signed @ result.x
    kind = "completely" if (sorted_out > 1e-9).all() else "in part"
    guilty = [design.predictors[term - 1] for term in dict.fromkeys(design.terms[np.abs(result.x) > 1e-7]) if term]
    return [("separation", guilty[0] if len(guilty) == 1 else ", ".join(guilty), f"the outcome is {kind} separated by {', '.join(guilty)}",
             "join rare levels or leave a column out, or use Firth's penalised fit", True)]  # fmt: skip


def _sparse_cells(design: Design) -> list[tuple]:
    found = []
    for place, term in enumerate(design.terms):
        column = design.X[:, place]
        if not term or set(np.unique(column)) - {0.0, 1.0}:
            continue
        cells = [int(((column == a) & (design.y == b)).sum()) for a in (0, 1) for b in (0, 1)]
        if min(cells) < SMALL_CELL:
            found.append(("sparse cell", design.predictors[term - 1], f"{design.columns[place]} has a cell of {min(cells)} by the outcome",
                          "read its interval as wide; compare Firth's penalised fit", False))  # fmt: skip
    return found


def _collinearity(design: Design) -> list[tuple]:
    columns = design.X[:, 1:]
    if np.linalg.matrix_rank(design.X) < design.X.shape[1]:
        guilty = [place for place in range(1, design.X.shape[1])
                  if np.linalg.matrix_rank(design.X[:, : place + 1]) == np.linalg.matrix_rank(design.X[:, :place])]  # fmt: skip
        return [("collinearity", design.predictors[design.terms[place] - 1], f"{design.columns[place]} is fixed by the columns before it",
                 "leave it out", True) for place in guilty]  # fmt: skip
    if columns.shape[1] < 2:
        return []
    inflation = np.diag(np.linalg.inv(np.corrcoef(columns, rowvar=False)))
    return [("collinearity", design.predictors[design.terms[place + 1] - 1],
             f"{design.columns[place + 1]} has a variance inflation factor of {inflation[place]:.0f}", "leave one of the related columns out", False)
            for place in np.flatnonzero(inflation > HIGH_VIF)]  # fmt: skip


def _few_events(design: Design) -> list[tuple]:
    candidates = design.X.shape[1] - 1
    smaller = min(design.events, len(design.y) - design.events)
    if smaller / candidates >= FEW_EVENTS:
        return []
    return [("events per candidate", "", f"{smaller} events for {candidates} candidates: {smaller / candidates:.1f} each",
             "name fewer candidates beforehand, and read the stability of the selection", False)]  # fmt: skip
