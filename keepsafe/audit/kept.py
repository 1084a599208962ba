"""The largest set of printed figures that can hold together, and what the others would have to be."""

import numpy as np
import pandas as pd
from scipy import optimize, sparse

from keepsafe.audit.checking import figure_checks
from keepsafe.audit.counts import sums
from keepsafe.audit.figures import KEY, cells, prepared
from keepsafe.audit.relations import relations
from keepsafe.audit.rules import rules_of
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER
from keepsafe.codebook import Codebook
from keepsafe.printed import as_printed, possible_counts
from keepsafe.study import Study

OPEN = 10_000  # a bound for counts whose group is not printed


def kept_figures(
    figures: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None
) -> pd.DataFrame:
    """For each printed figure, whether it belongs to the largest set that can hold together.

    Counts and percentages are weighed by an integer programme over the counts behind them: as few figures as
    possible are left out, and a figure of a table weighs more than its repeat in the text. Means, SDs and
    figures said in words are left out where they are what failed checks have in common.

    Parameters
    ----------
    figures, codebook, study : as for `keepsafe.audit.audit`.

    Returns
    -------
    DataFrame
        The figures' id, with verdict ('holds', 'holds only under', 'cannot hold'), under (such as 'n = 52'),
        k_low and k_high (the counts that it can stand for, or would have to, given the figures that are kept;
        blank for means and the like) and would_print (what a left-out figure would then be printed as).
    """
    rules = rules_of(figures, codebook, study)
    f = prepared(figures, rules)
    c = cells(f)
    checks = figure_checks(f, c, rules)
    found = relations(c, rules)
    number = c[KEY].assign(cell=np.arange(len(c)))
    f = f.merge(number, on=KEY, how="left")
    counted = (
        f["statistic"].isin(["percent", "count"])
        & f["low"].notna()
        & (f["known"] | f["statistic"].eq("count"))
    )
    out, low, high = _largest_set(f, counted & f["cell"].notna(), c, found)
    alone = checks[
        (checks["verdict"] == UNDER)
        & checks["check"].isin(["percentage", "mean of items", "whole-number mean"])
    ]
    under = (
        alone.assign(first=alone["figures"].str.split(" ").str[0])
        .drop_duplicates("first")
        .set_index("first")["under"]
    )
    out |= f["id"].isin(_common(checks[checks["verdict"] == CANNOT], f, counted))
    under = pd.Series([under.get(figure, "") for figure in f["id"]], f.index)
    verdict = np.where(out & (under == ""), CANNOT, np.where(under != "", UNDER, HOLDS))
    fewer = f.index[(under != "") & (f["statistic"] == "percent")]
    n = under[fewer].str.removeprefix("n = ").astype(int)
    low[fewer], high[fewer] = possible_counts(f.loc[fewer, "number"], f.loc[fewer, "decimals"], n)
    lost = (verdict == CANNOT) & (f["statistic"] == "percent") & (low == high) & f["known"] & f["exact"]
    would = pd.Series("", f.index)
    for i in f.index[lost]:
        places = int(f.at[i, "decimals"])
        would[i] = f"{as_printed(int(low[i]), int(f.at[i, 'n_low']), places):.{places}f}"
    count = (verdict == CANNOT) & (f["statistic"] == "count") & (low == high)
    would[count] = low[count].map("{:.0f}".format)
    return pd.DataFrame(
        {
            "id": f["id"],
            "verdict": verdict,
            "under": under,
            "k_low": low,
            "k_high": high,
            "would_print": would,
        }
    )


def _largest_set(
    f: pd.DataFrame, use: pd.Series, c: pd.DataFrame, found
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Figures left out by the integer programmes, one a connected set of cells, and what counts follow."""
    out, low, high = pd.Series(False, f.index), f["low"].copy(), f["high"].copy()
    low[~use], high[~use] = np.nan, np.nan
    terms = found.terms
    size = len(c)
    link = sparse.coo_matrix(
        (np.ones(len(terms)), (terms["relation"], terms["cell"])), (len(found.table), size)
    )
    _, part = sparse.csgraph.connected_components(link.T @ link)
    part_of_term = part[terms["cell"].to_numpy(int)]
    rows = f[use].assign(cell=lambda x: x["cell"].astype(int))
    part_of_figure = part[rows["cell"]]
    # only where a sum fails, or the figures of a cell do not fix one count, is there anything to weigh
    ends = rows.groupby("cell").agg(low=("low", "max"), high=("high", "min"), fits=("fits", "all"))
    open_cells = ends.index[~ends["fits"] | (ends["low"] != ends["high"])]
    failing = np.flatnonzero(~sums(c, found)["holds"])
    doubtful = np.union1d(part[open_cells], part_of_term[terms["relation"].isin(failing)])
    for number in np.intersect1d(part_of_figure, doubtful):
        mine = rows[part_of_figure == number]
        left, ends = _solve(mine, terms[part_of_term == number], found.table, c)
        out[mine.index] = left
        low[mine.index], high[mine.index] = ends
    return out, low, high


def _solve(mine: pd.DataFrame, terms: pd.DataFrame, table: pd.DataFrame, c: pd.DataFrame):
    """Leave out as little as possible; then how far each count can move with the rest kept."""
    ids = np.unique(np.concatenate([mine["cell"], terms["cell"]]).astype(int))
    place = {cell: i for i, cell in enumerate(ids)}
    k, m = len(ids), len(mine)
    top = c["n_high"].to_numpy(float)[ids]
    top = np.where(np.isnan(top) | ~c["known"].to_numpy()[ids], OPEN, top)
    at = mine["cell"].map(place).to_numpy()
    pick = sparse.csr_matrix((np.ones(m), (np.arange(m), at)), (m, k))
    slack = sparse.diags(np.full(m, 2.0 * OPEN))
    numbers, row = np.unique(terms["relation"], return_inverse=True)
    sums = sparse.csr_matrix(
        (terms["sign"].astype(float), (row, terms["cell"].map(place))), (len(numbers), k)
    )
    unfit = ~mine["fits"].to_numpy()
    bottom, ceiling = mine["low"].to_numpy(float), mine["high"].to_numpy(float)
    constraints = [
        optimize.LinearConstraint(sparse.hstack([pick, slack]), bottom, np.inf),
        optimize.LinearConstraint(sparse.hstack([pick, -slack]), -np.inf, ceiling),
    ]
    if len(numbers):
        relation = table.iloc[numbers]
        blank = sparse.csr_matrix((len(numbers), m))
        constraints.append(
            optimize.LinearConstraint(sparse.hstack([sums, blank]), relation["low"], relation["high"])
        )
    weight = np.where(mine["exact"], np.where(mine["source"] == "text", 0.9, 1.0), 0.4)
    bounds = optimize.Bounds(np.r_[np.zeros(k), unfit.astype(float)], np.r_[top, np.ones(m)])
    cost = np.r_[np.zeros(k), weight]
    best = optimize.milp(cost, constraints=constraints, bounds=bounds, integrality=np.ones(k + m))
    if best.x is None:  # the relations alone cannot be met: nothing to weigh
        return np.zeros(m, bool), (bottom, ceiling)
    left = best.x[k:] > 0.5
    low, high = bottom.copy(), ceiling.copy()
    held = optimize.Bounds(np.r_[np.zeros(k), left.astype(float)], np.r_[top, left.astype(float)])
    for j in np.flatnonzero(left):
        for sign, ends in ((1, low), (-1, high)):
            goal = np.zeros(k + m)
            goal[at[j]] = sign
            solved = optimize.milp(goal, constraints=constraints, bounds=held, integrality=np.ones(k + m))
            ends[j] = round(solved.x[at[j]])
    return left, (low, high)


def _common(failed: pd.DataFrame, f: pd.DataFrame, counted: pd.Series) -> set[str]:
    """The figures that failed checks of means, SDs, ranges and words have in common: the fewest, greedily."""
    order = f.set_index("id")
    settled = set(f.loc[counted & f["exact"], "id"])
    open_checks = [set(ids.split()) - settled for ids in failed["figures"]]
    open_checks = [ids for ids in open_checks if ids]
    chosen: set[str] = set()
    while open_checks:
        times = pd.Series([figure for ids in open_checks for figure in ids]).value_counts()
        ties = times.index[times == times.max()]
        worst = max(
            ties,
            key=lambda figure: (
                not order.at[figure, "exact"],
                order.at[figure, "source"] == "text",
                order.at[figure, "order"],
            ),
        )
        chosen.add(worst)
        open_checks = [ids for ids in open_checks if worst not in ids]
    return chosen
