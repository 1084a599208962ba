"""What to look at before a model is fitted, and after: separation, collinearity, few events, lines, single persons.

Longer than 300 lines: what two public functions take and return is written out.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special, stats
from scipy.optimize import linprog

from keepsafe.files.disclosure import active
from keepsafe.problems import InputError, Problem
from keepsafe.statistics import engine
from keepsafe.statistics.columns import is_share, is_whole, out_of_range, refuse
from keepsafe.statistics.design import Design, higher_of_two, make_design, refuse_seen

SMALL_CELL = 5
HIGH_VIF = 10.0
FEW_EVENTS = 10.0
COLUMNS = ("guard", "term", "seen", "remedy", "stops")
KNOTS = {3: (0.10, 0.50, 0.90), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.50, 0.725, 0.95)}
FEW_VALUES = 4  # a number with fewer distinct values than this is no line to be bent
FAR = 15.0  # logits beyond which an estimate may have none: it is then fitted from nought
EXACT_UP_TO = 5_000  # persons that are left out by fitting again; beyond, by one step
SPLINE = ["spline_knots", "spline_chi2", "spline_df", "spline_p"]
SHRINKAGE, OPTIMISM, MARGIN = 0.90, 0.05, 0.05
TYPICAL = 0.15  # of the greatest Cox-Snell R2 there can be: what Riley et al. take where nothing is known


def guards(design) -> pd.DataFrame:
    """Look at a design, as `make_design` returns it, before it is fitted.

    A row a finding: guard, term (blank: the whole model), seen, remedy, stops (whether no estimate exists).
    Collinearity is found by rank, and by variance inflation factors above 10; cells of a 0/1 column by the outcome
    count as sparse below 5, events per candidate as few below 10 (Peduzzi et al. 1996). A product whose factors are
    not both in the model by themselves is told.

    >>> from keepsafe.statistics.design import make_design
    >>> data = pd.DataFrame({"ill": [0, 0, 0, 1, 1, 1], "exposed": [0, 0, 0, 0, 1, 1]})
    >>> guards(make_design(data, "ill", ["exposed"]))["guard"].tolist()
    ['separation', 'sparse cell', 'events per candidate']
    """
    collinear = list(_collinear(design))
    separated = [] if any(row[-1] for row in collinear) else _separated(design)
    found = [*separated, *_sparse_cells(design), *collinear, *_few_events(design), *_lone_products(design)]
    return pd.DataFrame(found, columns=list(COLUMNS))


def separation(X: np.ndarray, y: np.ndarray) -> tuple[str, np.ndarray]:
    """Whether some combination of the columns tells cases from non-cases without a mistake, wholly or in part.

    X is n x p, with a column of ones, its columns linearly independent; y holds 0 and 1. Back comes the kind
    ("none", "quasi-complete" or "complete") and the combination that was found (p; zeros for none). Source: Albert
    and Anderson (1984), Biometrika 71:1-10: estimates are finite just where there is none. Konis (2007) finds one
    by linear programming; where Newton's method ends at a zero of the score, none is left to find.

    >>> X = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    >>> separation(X, np.array([0.0, 1, 0, 1, 1, 1]))[0], separation(X, X[:, 1].copy())[0]
    ('quasi-complete', 'complete')
    """
    n, p = X.shape
    none = "none", np.zeros(p)
    if engine.fit(X, y)[3]:
        return none
    scale = np.abs(X).max(axis=0)
    towards = X / scale * (2 * y - 1)[:, None]
    box = [(-1, 1)] * p
    found = linprog(-towards.sum(axis=0), A_ub=-towards, b_ub=np.zeros(n), bounds=box, method="highs")
    if not found.success or -found.fun < 1e-7:
        return none
    apart, goal = np.column_stack([-towards, np.ones(n)]), np.r_[np.zeros(p), -1.0]
    margin = linprog(goal, A_ub=apart, b_ub=np.zeros(n), bounds=[*box, (0, 1)], method="highs")
    kind = "complete" if -margin.fun > 1e-7 else "quasi-complete"
    return kind, np.where(np.abs(found.x) > 1e-7, found.x, 0.0) / scale


def stop_at(seen: pd.DataFrame, outcome: str) -> None:
    """Raise an InputError for the findings under which no estimate of a model of `outcome` exists."""
    stops = seen[seen["stops"]].itertuples()
    refuse_seen((Problem(row.seen, column=row.term, remedy=row.remedy) for row in stops), outcome)


def _separated(design) -> Iterator[tuple]:
    kind, direction = separation(design.Z, design.y)
    if kind == "none":
        return
    together = list(dict.fromkeys(owner for owner, d in zip(design.owners[1:], direction[1:], strict=True) if d))
    alone = [name for name in together if separation(design.part([name]).Z, design.y)[0] == kind]
    guilty = alone or together
    tell, whose = "tell" if len(guilty) > 1 else "tells", "all" if kind == "complete" else "some"
    names = ", ".join(guilty)
    seen = f"{kind} separation: {names} {tell} the outcome of {whose} cases exactly: no finite estimate exists"
    remedy = "join rare levels or leave a column out, or use Firth's penalised fit"
    yield "separation", names, seen, remedy, True


def _sparse_cells(design) -> Iterator[tuple]:
    if design.protection:  # no cell by the outcome is small there, and none is to be counted out
        return
    for name, owner, column in zip(design.columns[1:], design.owners[1:], design.X.T[1:], strict=True):
        if higher_of_two(column) is None:
            continue
        values = column.min(), column.max()
        cells = {(a, b): int(((column == a) & (design.y == b)).sum()) for a in values for b in (0, 1)}
        (value, outcome), count = min(cells.items(), key=lambda cell: cell[1])
        if count < SMALL_CELL:
            seen = f"{count} cases {'with' if outcome else 'without'} the outcome where {name} is {value:g}"
            yield "sparse cell", owner, seen, "read its interval as wide; compare Firth's penalised fit", False


def _collinear(design) -> Iterator[tuple]:
    Z = design.Z
    free = engine.estimable(Z, design.y, engine.ONCE)
    for place in np.flatnonzero(~free):
        before = np.flatnonzero(free[:place])
        share = np.linalg.lstsq(Z[:, before], Z[:, place], rcond=None)[0]
        parts = [design.columns[k] for k, s in zip(before, share, strict=True) if abs(s) > 1e-6 and k]
        seen = f"{design.columns[place]} is fixed by {', '.join(parts)}"
        remedy = "leave one of them out"
        if ":" in design.owners[place]:
            remedy = f"take from each factor of the product its mean first, or {remedy}"
        yield "collinearity", design.owners[place], seen, remedy, True
    if free.all():
        factors = np.round(inflation(Z), 6)
        for place in np.flatnonzero(factors > HIGH_VIF):
            seen = f"{design.columns[place + 1]} has a variance inflation factor of {factors[place]:.0f}"
            yield "collinearity", design.owners[place + 1], seen, "leave one of the related columns out", False


def inflation(Z: np.ndarray) -> np.ndarray:
    """The variance inflation factor of each column but the constant, 1 / (1 - R2) on the others; all are centred."""
    if Z.shape[1] < 3:
        return np.ones(Z.shape[1] - 1)
    products = (Z.T @ Z)[1:, 1:]
    spread = np.sqrt(np.diag(products))
    return np.diag(np.linalg.inv(products / spread / spread[:, None]))


def _few_events(design) -> Iterator[tuple]:
    candidates = design.X.shape[1] - 1
    each = design.rarer / max(candidates, 1)
    if candidates and each < FEW_EVENTS:
        seen = f"{design.rarer_cases} for {candidates} candidates: {each:.1f} each"
        remedy = "name fewer candidates beforehand, and read the stability of the selection"
        yield "events per candidate", "", seen, remedy, False


def _lone_products(design) -> Iterator[tuple]:
    """Products in a model that lacks one of their factors: what they then measure hangs on the factor's zero."""
    for name in design.predictors:
        if absent := [part for part in name.split(":") if part not in design.predictors]:
            lacks = " and ".join(dict.fromkeys(absent))
            have = "has its zero" if len(set(absent)) == 1 else "have their zeros"
            seen = f"{name} is in the model without {lacks}: its odds ratio depends on where {lacks} {have}"
            yield "product", name, seen, f"keep {lacks} in, or leave the product out", False


def diagnostics(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    knots: int = 4,
) -> pd.DataFrame:
    """Look at each column of a logistic model: is it a line, does one person carry it, do others say the same.

    Parameters
    ----------
    data, outcome, predictors, event, reference : as for `fit_logistic`; complete cases are used.
    knots : 3, 4 or 5, of the restricted cubic spline that is set against the line, at Harrell's quantiles.

    Returns
    -------
    DataFrame
        a row a column of the model: column, predictor, odds_ratio; vif (variance inflation: 1 is none, above 10 is
        high); spline_knots, spline_chi2, spline_df, spline_p (likelihood ratio of the spline against the line; a small
        p says that the line is bent; blank for what is no number); lowest, highest (odds ratio when any one person is
        left out; 0 or infinite where the others are then separated), turns (persons without whom p crosses .05). Blank
        where a fit has no finite estimates, and under disclosure control, for what leaving one person out does is that
        person's own.

    Raises
    ------
    InputError
        as `fit_logistic`, and for another number of knots.

    Source: Harrell (2015), Regression Modeling Strategies, 2nd ed., section 2.4; Pregibon (1981), Annals of Statistics
    9:705-724, whose one step takes the place of fitting again beyond 5,000 persons.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"age": rng.normal(12, 2, 300).round(1), "yes": rng.integers(0, 2, 300)})
    >>> data["ill"] = (rng.random(300) < 1 / (1 + np.exp(2 - 0.4 * (data["age"] - 12) ** 2))).astype(int)
    >>> bool(diagnostics(data, "ill", ["age", "yes"])["spline_p"].iloc[0] < 0.001)  # a valley is no line
    True
    """
    if knots not in KNOTS:
        raise InputError.of(f"{knots!r} is no number of knots", column="knots", remedy="choose 3, 4 or 5")
    design = make_design(data, outcome, predictors, event, reference)
    stop_at(guards(design).query("guard != 'separation'"), outcome)
    a, V, deviance, converged = engine.fit(design.Z, design.y)
    frame = pd.DataFrame({"column": design.columns, "predictor": design.owners})
    frame = frame.assign(**dict.fromkeys(("odds_ratio", "vif", *SPLINE, "lowest", "highest"), np.nan))
    frame = frame.assign(spline_knots=0, spline_df=0, turns=pd.array([pd.NA] * len(frame), "Int64"))
    if converged and not design.protection:
        b, se = design.of_columns(a, V)
        without, errors = _without_one(design, a, V)
        passed, before = (np.round(np.abs(z), 9) > stats.norm.ppf(0.975) for z in (without / errors, b / se))
        with np.errstate(over="ignore"):  # an odds ratio beyond all numbers is infinite
            odds, lowest, highest = np.exp([b, np.fmin.reduce(without), np.fmax.reduce(without)])
        turns = pd.array((passed != before).sum(axis=0), "Int64")
        frame = frame.assign(odds_ratio=odds, lowest=lowest, highest=highest, turns=turns)
        frame.loc[1:, "vif"] = inflation(design.Z)
        for place in range(1, len(frame)):
            frame.loc[place, SPLINE] = _bent(design, place, KNOTS[knots], deviance)
    return frame.iloc[1:].reset_index(drop=True)


def spline(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The columns that bend a line: restricted cubic, straight beyond the outer knots (Harrell 2015, 2.4.5)."""
    first, before, last = knots[0], knots[-2], knots[-1]

    def cubed(knot):
        return np.maximum(x - knot, 0) ** 3

    parts = [
        cubed(knot) - cubed(before) * (last - knot) / (last - before) + cubed(last) * (before - knot) / (last - before)
        for knot in knots[:-2]
    ]
    return np.column_stack(parts) / (last - first) ** 2


def _bent(design: Design, place: int, quantiles: Sequence[float], deviance: float) -> tuple:
    """Knots, chi-square, degrees of freedom and p of a spline of one column against its line."""
    x, nothing = design.Z[:, place], (0, np.nan, 0, np.nan)
    if ":" in design.owners[place] or "=" in design.columns[place] or len(np.unique(x.round(9))) < FEW_VALUES:
        return nothing
    knots = np.unique(np.quantile(x, quantiles, method="linear").round(9))
    if len(knots) < 3:
        return nothing
    bent = spline(x, knots)
    wider = np.ascontiguousarray(np.column_stack([design.Z, bent / np.abs(bent).max(axis=0)]))
    _, _, lower, converged = engine.fit(wider, design.y)
    chi2 = max(deviance - lower, 0.0) if converged else np.nan
    return len(knots), chi2, len(knots) - 2, stats.chi2.sf(chi2, len(knots) - 2)


def _without_one(design: Design, a: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """B and SE of each column of X when each person in turn is left out (persons x columns)."""
    Z, y, back = design.Z, design.y, design.back
    p = special.expit(Z @ a)
    own = Z @ V
    lever = np.einsum("ij,ij->i", own, Z) * p * (1 - p)
    starts = a - own * ((y - p) / (1 - lever))[:, None]
    b, more = starts @ back.T, (own @ back.T) ** 2 * (p * (1 - p) / (1 - lever))[:, None]
    errors = np.sqrt(design.of_columns(a, V)[1] ** 2 + more)
    if len(y) > EXACT_UP_TO:
        return b, errors
    keep = np.ones(len(y), bool)
    for person, start in enumerate(starts):
        keep[person] = False
        found, spread, _, sound = engine.fit(Z[keep], y[keep], start, 50, 1e-14)
        if far := np.abs(Z @ found).max() > FAR:  # a warm start can end where the estimates run to infinity
            sound = engine.fit(Z[keep], y[keep])[3]
        keep[person] = True
        b[person], errors[person] = design.of_columns(found, spread, sound)
        if far and not sound:
            b[person] = np.where(np.abs(found) > FAR, np.copysign(np.inf, found), np.nan)
    return b, errors


def sample_size(
    prevalence: float, parameters: int, cox_snell: float | None = None, n: int | None = None
) -> pd.DataFrame:
    """How many persons a model of a yes/no outcome needs, so that what it finds is more than its own noise.

    Parameters
    ----------
    prevalence : share with the outcome, above 0 and below 1; under disclosure control taken to the nearest 0.05.
    parameters : candidate columns, before any selection.
    cox_snell : the R2 of Cox and Snell that is expected; by default 15% of the greatest there can be, for where nothing
        is known (Riley et al. 2020). An R2 seen in the same data is too good.
    n : persons at hand, to be set beside what is needed.

    Returns
    -------
    DataFrame
        a row a criterion: criterion (in words), needed (persons), events (of the rarer kind), per_parameter (events),
        and where `n` is given met, and parameters (how many columns so many persons would carry).

    Raises
    ------
    InputError
        for arguments out of range.

    Source: Riley et al. (2019), Statistics in Medicine 38:1276-1296, criteria (i) to (iii); Riley et al.
    (2020), BMJ 368:m441.

    Examples
    --------
    >>> sample_size(0.174, 24, cox_snell=0.288)["needed"].tolist()  # the example of R's pmsampsize
    [623, 662, 221]
    """
    faults = out_of_range(
        ("prevalence", prevalence, is_share(prevalence), "a share above 0 and below 1"),
        ("parameters", parameters, is_whole(parameters, 1), "a whole number from 1"),
        ("n", n, n is None or is_whole(n, 1), "a whole number from 1"),
    )
    refuse(faults)
    if limits := active():  # how many are needed tells, to one, how many have the outcome
        prevalence, n = min(max(round(prevalence * 20), 1), 19) / 20, n and limits.rounded(n)
    largest, assumed = greatest_r_squared(prevalence), cox_snell is None
    cox_snell = TYPICAL * largest if assumed else cox_snell
    fits = is_share(cox_snell) and cox_snell < largest
    refuse(out_of_range(("cox_snell", cox_snell, fits, f"above 0 and below {largest:.3f} for this prevalence")))
    second = cox_snell / (cox_snell + OPTIMISM * largest)
    each = [1 / ((shrinkage - 1) * np.log(1 - cox_snell / shrinkage)) for shrinkage in (SHRINKAGE, second)]
    overall = (stats.norm.ppf(0.975).round(2) / MARGIN) ** 2 * prevalence * (1 - prevalence)
    needed = np.ceil(np.round([parameters * each[0], parameters * each[1], overall], 6)).astype(int)
    rarer = min(prevalence, 1 - prevalence)
    frame = pd.DataFrame(
        {
            "criterion": [
                f"coefficients shrink by at most {1 - SHRINKAGE:.0%}",
                f"Nagelkerke's R2 is at most {OPTIMISM} too good",
                f"the overall risk is known to within {MARGIN}",
            ],
            "needed": needed,
            "events": np.ceil(np.round(needed * rarer, 6)).astype(int),
            "per_parameter": needed * rarer / parameters,
        }
    )
    if n is not None:
        carried = [int(np.round(n / one, 9)) for one in each]
        frame = frame.assign(met=n >= needed, parameters=pd.array([*carried, pd.NA], "Int64"))
    frame.attrs["cox_snell"], frame.attrs["assumed"] = float(cox_snell), assumed
    return frame


def greatest_r_squared(prevalence: float) -> float:
    """The greatest R2 of Cox and Snell that a yes/no outcome of this prevalence allows."""
    return 1 - (prevalence**prevalence * (1 - prevalence) ** (1 - prevalence)) ** 2
