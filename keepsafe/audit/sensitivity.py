"""How far printed figures reach: how much an audit would notice, and how many recipients percentages leave possible."""

import numpy as np
import pandas as pd
from scipy import sparse

from keepsafe import paths
from keepsafe.audit.checking import figure_checks
from keepsafe.audit.figures import Counts, Rules, prepared, read_figures
from keepsafe.audit.findings import CANNOT, HOLDS, UNDER
from keepsafe.audit.single_figures import near
from keepsafe.statistics.columns import no_seed, out_of_range, refuse
from keepsafe.statistics.intervals import wilson
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import as_printed, possible_counts

RANK = {HOLDS: 0, UNDER: 1, CANNOT: 2}


def power(
    figures: pd.DataFrame, n: int = 500, seed: int = 1, codebook: Codebook | None = None, study: Study | None = None
) -> pd.DataFrame:
    """Move one person in or out of one printed cell of a table, and see whether the audit notices.

    The cell's percentage is rounded anew, and its printed count, if any, moves with it; nothing else
    changes. The change is noticed if a check that held no longer does, or one that held under a condition
    holds no more. Checks of markers, and of denominators that a column shares, are left out: they could only
    add to what is noticed.

    Parameters
    ----------
    figures, codebook, study : as for `keepsafe.audit.audit`.
    n : how many changes, one at a time. seed : of the random choice of cells and directions.

    Returns
    -------
    DataFrame
        A row a change: id (of the percentage), kind of figure, group, moved (+1 or -1), printed, changed,
        noticed, by (kinds of checks that noticed).

    Examples
    --------
    >>> from keepsafe import load_figures
    >>> changes = power(load_figures(), n=20)
    >>> len(changes), changes["noticed"].dtype.name
    (20, 'bool')
    """
    counts = read_figures(figures, codebook, study)
    f, rules = counts.figures, counts.rules
    cell = _movable(f)
    refuse([*out_of_range(("n", n, n >= 1, "1 or more")), *no_seed(seed)])
    draw = np.random.default_rng(seed)
    chosen = cell.iloc[draw.integers(len(cell), size=n)].reset_index(drop=True)
    moved = np.where(chosen["k"] <= 0, 1, np.where(chosen["k"] >= chosen["n"], -1, draw.choice([-1, 1], n)))
    new, decimals = (chosen["k"] + moved).astype(int), chosen["decimals"].astype(int)
    printed = as_printed(new.to_numpy(), chosen["n"].to_numpy(int), decimals.to_numpy())
    changed = np.array([f"{value:.{places}f}" for value, places in zip(printed, decimals, strict=True)])
    part = _parts(f, rules)
    members = [np.flatnonzero(part == label) for label in range(part.max() + 1)]
    trials = [members[part[row]] for row in chosen["row"]] + members  # each change in its part; each part as it is
    trial = np.repeat(np.arange(len(trials)), list(map(len, trials)))
    stack = figures.iloc[np.concatenate(trials)].assign(document=trial.astype(str)).reset_index(drop=True)
    target = chosen["id"].reindex(trial).to_numpy()
    here = stack["id"].to_numpy() == target
    stack.loc[here, "value"] = changed[trial[here]]
    names = ["source", "variable", "level", "group", "stratum", "phase"]
    place = chosen[names].assign(document=np.arange(n).astype(str), changed=new)
    beside = stack.reset_index().merge(place, on=[*names, "document"])
    beside = beside[beside["statistic"] == "count"]
    stack.loc[beside["index"], "value"] = beside["changed"].astype(str).to_numpy()
    checked = figure_checks(Counts(prepared(stack, rules), rules))
    checked = checked.assign(trial=checked["document"].astype(int), rank=checked["verdict"].map(RANK))
    key = ["check", "figures"]
    before = checked[checked["trial"] >= n].drop_duplicates(key).rename(columns={"rank": "before"})
    after = checked[checked["trial"] < n].merge(before[[*key, "before"]], on=key, how="left")
    worse = after[after["rank"] > after["before"].fillna(0)]
    by = worse.groupby("trial")["check"].agg(lambda kinds: ", ".join(dict.fromkeys(kinds)))
    return chosen[["id", "kind", "group"]].assign(
        moved=moved,
        printed=chosen["text"],
        changed=changed,
        noticed=np.isin(np.arange(n), by.index),
        by=by.reindex(range(n)).fillna("").to_numpy(),
    )


def _movable(f: pd.DataFrame) -> pd.DataFrame:
    """Percentages of tables, with the count that each stands for and what kind of figure it is."""
    p = f[(f["source"] != "text") & (f["statistic"] == "percent") & f["exact"] & f["known"]]
    key = ["column", "level", "group", "stratum"]
    both = pd.MultiIndex.from_frame(p[key]).isin(
        pd.MultiIndex.from_frame(f.loc[(f["statistic"] == "count") & (f["source"] != "text"), key])
    )
    groups = p.groupby(["column", "level"])["group"].transform("nunique")
    kind = np.select(
        [both, p["level"].str.contains("|", regex=False), ~p["level"].isin(["0", "1"])],
        ["count with percentage", "sum of levels", "level of a category"],
        "yes or no",
    )
    place = np.where(groups > 1, "in several groups", "in one group alone")
    p = p.assign(row=p.index, kind=[f"{a}, {b}" for a, b in zip(kind, place, strict=True)])
    fits = near(p)
    # a percentage that only fits fewer cases is moved among those
    fits = fits[fits["off"] <= 0].sort_values("off", ascending=False).drop_duplicates("figure").set_index("figure")
    n = fits["n"].reindex(range(len(p))).to_numpy()
    n = np.where(np.isnan(n), p["n_low"], n)
    return p.assign(n=n, k=np.rint(p["number"] * n / 100))


def _parts(f: pd.DataFrame, rules: Rules) -> np.ndarray:
    """Columns that rules tie together, as the number of their part; one entry a figure."""
    columns = pd.Index(f["column"].unique())
    made = [
        (whole, part) for parts in (rules.any_of, rules.all_of, rules.sums) for whole in parts for part in parts[whole]
    ]
    ties = [pair for pair in (*made, *rules.within.items()) if pair[0] in columns and pair[1] in columns]
    one, two = (columns.get_indexer([pair[side] for pair in ties]) for side in (0, 1))
    graph = sparse.coo_array((np.ones(len(ties)), (one, two)), shape=(len(columns), len(columns)))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    return label[columns.get_indexer(f["column"])]


def planted_errors() -> pd.DataFrame:
    """How good the audit of any table is: errors of twelve kinds, planted one at a time in 200 right tables.

    The tables were printed by R from persons in data sets that come with R (tests/oracles/audit); the errors are
    planted by tests/benchmarks/bench_audit_table.py, which writes data/audit/planted.csv.

    Returns
    -------
    DataFrame
        A row a kind of error and size ('small', 'large'): kind, size, planted (how many), found (something that held
        no longer does), cannot (as 'cannot hold'), grim and statcheck (noticed by these checks alone), share,
        share_grim, share_statcheck (of those planted), seed, tables (checksum). The row 'none' has the right tables:
        what is found there is a false alarm.

    Examples
    --------
    >>> found = planted_errors()
    >>> found.loc[found["kind"] == "none", ["planted", "cannot"]].values.tolist()
    [[200, 0]]
    """
    found = pd.read_csv(paths.data("audit", "planted.csv"), keep_default_na=False)
    shares = {
        f"share{'' if name == 'found' else '_' + name}": found[name] / found["planted"]
        for name in ("found", "grim", "statcheck")
    }
    return found.assign(**shares)


def noticed(planted: pd.DataFrame) -> pd.DataFrame:
    """How many planted errors each way of checking notices, for a dot plot: label, group, value (per cent), low, high.

    Parameters
    ----------
    planted : as `planted_errors` returns it; low and high are Wilson's 95% interval.

    Examples
    --------
    >>> shown = noticed(planted_errors())
    >>> shown["group"].unique().tolist()
    ['the audit', 'GRIM alone', 'statcheck alone']
    """
    counts = ["planted", "found", "grim", "statcheck"]
    wrong = planted[planted["kind"] != "none"].groupby("kind", sort=False)[counts].sum()
    wrong = wrong.assign(share=(wrong["found"] / wrong["planted"]).round(6))
    wrong = wrong.sort_values(["share", "planted"], ascending=False)
    parts = []
    for group, column in {"the audit": "found", "GRIM alone": "grim", "statcheck alone": "statcheck"}.items():
        low, high = wilson(wrong[column], wrong["planted"])
        share = (100 * wrong[column] / wrong["planted"]).to_numpy()
        ends = {"low": 100 * low, "high": 100 * high}
        parts.append(pd.DataFrame({"label": wrong.index, "group": group, "value": share, **ends}))
    shown = pd.concat(parts, ignore_index=True)
    shown.attrs["axis"] = "% of planted errors that are noticed, with 95% interval"
    return shown


def recipients(figures: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Find the numbers of recipients with which every printed percentage of a response is a whole count.

    Where the report prints how many were given the response, in per cent of the group, that limits the
    numbers too.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    study : its responses; the variable that names persons.

    Returns
    -------
    DataFrame
        one row a response and group: response, label, group, group_label, size (of the group), printed (number of
        percentages of recipients), fitting (how many numbers fit), smallest, largest (blank where none fits).

    Source: the GRIM test (Brown and Heathers 2017), turned round.

    Examples
    --------
    >>> from keepsafe import load_figures, load_study
    >>> found = recipients(load_figures(), load_study()).set_index(["response", "group"])
    >>> found.loc[("accommodated", "cse"), ["fitting", "smallest", "largest"]].tolist()
    [1, 14, 14]
    """
    person = study.settings["study"]["person"]
    sizes = figures[(figures["variable"] == person) & (figures["statistic"] == "count")]
    sizes = sizes.drop_duplicates("group").set_index("group")["value"].astype(int)
    shares = figures[figures["statistic"] == "percent"]
    rows = []
    for name, response in study.responses.items():
        impacts = shares[shares["unit"] == f"recipients of {name}"]
        given = shares[
            (shares["variable"] == f"{name}_provided") & shares["stratum"].eq("") & shares["unit"].eq("persons")
        ]
        for group, part in impacts.groupby("group", sort=False):
            n = np.arange(1, sizes[group] + 1)
            fits = np.full(len(n), True)
            for figure in part.itertuples():
                low, high = possible_counts(float(figure.value), figure.decimals, n, figure.qualifier)
                fits &= low <= high
            for figure in given[given["group"] == group].itertuples():
                low, high = possible_counts(float(figure.value), figure.decimals, sizes[group], figure.qualifier)
                fits &= (low <= n) & (n <= high)
            fitting = n[fits]
            ends = (fitting.min(), fitting.max()) if len(fitting) else (pd.NA, pd.NA)
            named = (name, response.label, group, study.groups[group].label)
            rows.append((*named, sizes[group], len(part), len(fitting), *ends))
    columns = ["response", "label", "group", "group_label", "size", "printed", "fitting", "smallest", "largest"]
    return pd.DataFrame(rows, columns=columns).astype({"smallest": "Int64", "largest": "Int64"})
