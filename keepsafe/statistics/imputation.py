"""A model fitted to imputed data: once for each completed set, pooled by Rubin's rules, beside complete cases."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.files.cleaning import with_derived
from keepsafe.files.disclosure import WHY, Withheld, active, content, keyed, log, models
from keepsafe.statistics.chained import by_content, impute
from keepsafe.statistics.columns import as_read, equals, of_formula, of_values, refuse
from keepsafe.statistics.design import Design, Formula, design_of, raw_design, released
from keepsafe.statistics.fit import fit_design, forget_scaled, maximum
from keepsafe.statistics.selection import Selection
from keepsafe.study import Study

COLUMNS = ("method", "column", "predictor", "n", "B", "SE", "df", "p", "odds_ratio", "low", "high", "fraction_missing")
CATEGORIES = ("category", "ordered")  # of the codebook: those whose reference a model has
GAPS = "unknown"  # where a completed frame notes, as bytes, which entries were imputed


def unknown_as_missing(
    cohort: pd.DataFrame, study: Study, levels: Sequence[str] = ("unknown", "unclear")
) -> pd.DataFrame:
    """The cohort with such levels blank, in the study's derived variables too.

    Parameters
    ----------
    cohort : as `clean` returns it.
    study : whose derived variables are made again.
    levels : what stands for a value that is not known.

    Returns
    -------
    DataFrame
        a row a person, the columns of the cohort.

    Examples
    --------
    >>> from keepsafe import load_cohort, load_study
    >>> cohort, study = load_cohort(), load_study()
    >>> unknown = cohort["parents_p1"].eq("unknown").sum()
    >>> bool(unknown == unknown_as_missing(cohort, study)["parents_negative_p1"].isna().sum() > 0)
    True
    """
    levels = [levels] if isinstance(levels, str) else levels
    known = {name: values.mask(values.isin(levels)) for name, values in cohort.select_dtypes("category").items()}
    return with_derived(cohort.assign(**known), study)


def pool(estimates: np.ndarray, variances: np.ndarray, residual_df: float) -> pd.DataFrame:
    """Rubin's rules over sets x parameters, with the degrees of freedom of Barnard and Rubin (1999).

    `residual_df` is cases less parameters. A row a parameter: B, SE, df, p, fraction_missing (of the information).

    >>> pool(np.array([[1.0], [2.0]]), np.array([[0.25], [0.25]]), 50)[["B", "SE"]].values.tolist()
    [[1.5, 1.0]]
    """
    m = len(estimates)
    if m == 1:
        b, se = estimates[0], np.sqrt(variances[0])
        p = 2 * stats.norm.sf(np.abs(b / se))
        return pd.DataFrame({"B": b, "SE": se, "df": np.inf, "p": p, "fraction_missing": 0.0})
    within, between = variances.mean(axis=0), (1 + 1 / m) * estimates.var(axis=0, ddof=1)
    total = within + between
    share = np.maximum(between / total, 1e-4)
    infinite, observed = (m - 1) / share**2, (residual_df + 1) / (residual_df + 3) * residual_df * (1 - share)
    df = infinite * observed / (infinite + observed)
    b, se, ratio = estimates.mean(axis=0), np.sqrt(total), between / within
    return pd.DataFrame(
        {
            "B": b,
            "SE": se,
            "df": df,
            "p": 2 * stats.t.sf(np.abs(b / se), df),
            "fraction_missing": (ratio + 2 / (df + 3)) / (1 + ratio),
        }
    )


def fit_imputed(data: pd.DataFrame, *asked, n_sets: int = 20, seed: int = 2019, **choices) -> pd.DataFrame:
    """Fit one fixed model to imputed data and to complete cases; what is asked makes its `Formula`.

    Cases whose outcome is unknown are left out. A row a column of the model and method (complete cases, imputed):
    `COLUMNS`. Blank where a fit has no estimates (separation).

    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"ill": rng.integers(0, 2, 80), "a": rng.normal(size=80), "b": rng.normal(size=80)})
    >>> data.loc[:9, "b"] = None
    >>> fit_imputed(data, "ill", ["a", "b"], n_sets=2).groupby("method")["n"].first().to_dict()
    {'complete cases': 70, 'imputed': 80}
    """
    formula = Formula(*asked, **choices)
    complete = _complete(data, formula)
    designs = imputed_designs(data, formula, n_sets, seed)
    first = designs[0]
    pooled = pooled_fits(designs).assign(method="imputed", n=first.n)
    if first.protection:
        pooled = pooled.assign(df=pooled["df"].round(), fraction_missing=np.nan)
    names = pd.DataFrame({"column": first.columns, "predictor": first.owners})
    return pd.concat([complete, names.join(pooled)], ignore_index=True).reindex(columns=list(COLUMNS))


def fit_other_ways(
    selections: Mapping[str, Selection], known: pd.DataFrame, study: Study, n_sets: int = 20, seed: int = 2019
) -> pd.DataFrame:
    """Selected models with unknown codes as no, left out, and imputed, where a factor that they keep has any.

    Parameters
    ----------
    selections : as `backward_elimination` returns them, by the name of their model in the study file.
    known : the cohort as `unknown_as_missing` returns it.
    study, n_sets, seed : as for `unknown_as_missing` and `fit_imputed`.

    Returns
    -------
    DataFrame
        a row a factor, of several levels one each, those that change most first: model, predictor, outcome and label
        (in words), and odds ratios no (as analysed), dropped and imputed. In attrs: factors (that any model keeps),
        gaps (of these with unknown codes), most (unknown codes of one factor).

    Examples
    --------
    >>> from keepsafe import backward_elimination, open_study
    >>> study = open_study()
    >>> chosen = backward_elimination(study.cohort, **study.asked("relationship_abuse"))
    >>> ways = fit_other_ways({"relationship_abuse": chosen}, unknown_as_missing(study.cohort, study), study, 2)
    >>> print(*ways[["predictor", "no", "dropped"]].round(1).iloc[0])
    rejected_p1 2.4 3.5
    """
    made_of = {name: {part for each in of.selected for part in each.split(":")} for name, of in selections.items()}
    factors = sorted(set().union(*made_of.values()))
    gaps = known[factors].isna().sum()
    bases = {each.name: each.reference for each in study.codebook if each.reference and each.type in CATEGORIES}
    rows = []
    for name, selection in selections.items():
        model, kept = study.models[name], list(selection.selected)
        if not gaps[list(made_of[name])].any():
            continue
        asked = known, model.outcome.variable, kept, model.outcome.event
        base = {each: level for each, level in bases.items() if each in kept and (known[each] == level).any()}
        other = fit_imputed(*asked, base, n_sets=n_sets, seed=seed)
        as_no = selection.final.coefficients.assign(method="no")
        both = pd.concat([as_no, other]).query("predictor != 'const'")
        levels = both["predictor"].map(as_no["predictor"].value_counts()) > 1
        both["predictor"] = both["predictor"].mask(levels, both["column"])
        wide = both.pivot_table("odds_ratio", "predictor", "method", sort=False).reset_index()
        labels = study.terms(wide["predictor"])
        rows.append(wide.assign(model=name, outcome=model.label, label=wide["predictor"].map(labels)))
    columns = ["model", "predictor", "outcome", "label", "no", "dropped", "imputed"]
    found = pd.concat(rows).rename(columns={"complete cases": "dropped"}) if rows else pd.DataFrame()
    found = found.reindex(columns=columns)
    far = np.log((found["dropped"] / found["no"]).astype(float)).abs()
    found = found.iloc[np.argsort(-far.to_numpy(), kind="stable")].reset_index(drop=True)
    found.attrs = {"factors": len(factors), "gaps": int((gaps > 0).sum()), "most": int(gaps.max()) if factors else 0}
    return found


def pooled_fits(designs: Sequence[Design]) -> pd.DataFrame:
    """One model fitted to each completed set, or to a single one: as `pool`, with odds_ratio, low and high.

    Blank where a set has no estimates.
    """
    made = []
    for design in designs:
        a, V, _, converged = maximum(design)
        made.append(design.of_columns(a, V, converged))
        forget_scaled(design)
    b, se = np.swapaxes(made, 0, 1)
    pooled = pool(b, se**2, designs[0].n - b.shape[1])
    if designs[0].protection:
        printed = models.printed(pooled["B"], pooled["SE"], pooled["df"].to_numpy())
        return pooled.assign(**{name: each for name, each in printed.items() if name != "Wald"})
    reach = stats.t.ppf(0.975, pooled["df"]) * pooled["SE"]
    with np.errstate(over="ignore"):  # an odds ratio beyond all numbers is infinite
        odds, low, high = np.exp(pooled["B"].to_numpy() + np.outer([0, -1, 1], reach))
    return pooled.assign(odds_ratio=odds, low=low, high=high)


def _complete(data: pd.DataFrame, formula: Formula) -> pd.DataFrame:
    """The fit to complete cases; no rows where disclosure control withholds it."""
    try:
        made = design_of(data, formula)
    except Withheld:
        log("model", f"{formula.outcome}, complete cases", WHY)
        return pd.DataFrame()
    order = np.lexsort(np.column_stack([made.X, made.y]).T)  # sums in one order, however the file is sorted
    made = replace(made, X=made.X[order], y=made.y[order], rows=made.rows[order])
    return fit_design(made).coefficients.drop(columns="df").assign(method="complete cases", n=made.n)


def imputed_designs(data: pd.DataFrame, formula: Formula, n_sets: int, seed: int) -> list[Design]:
    """The arrays of a model, once for each imputed set; products of columns are made after the imputation."""
    return completed_designs(impute_cases(data, formula, n_sets, seed), formula)


def completed_designs(completed: Sequence[pd.DataFrame], formula: Formula) -> list[Design]:
    """The arrays of a model in completed sets; under disclosure control of the predictors that stand in all of them."""
    asked = replace(formula, event=1)
    if active() is None:
        return [design_of(made, asked) for made in completed]
    for made in completed:  # each set has its own cells
        asked = replace(asked, predictors=design_of(made, asked).predictors)
    raw, stand = [raw_design(made, asked) for made in completed], asked.predictors
    gaps = {part: np.frombuffer(marks, bool) for part, marks in completed[0].attrs.get(GAPS, {}).items()}
    unknown = {name: np.any([gaps[part] for part in name.split(":")], axis=0) for name in stand if gaps}
    return released(raw, completed[0].index, formula, unknown)


def impute_cases(data: pd.DataFrame, formula: Formula, n_sets: int, seed: int) -> list[pd.DataFrame]:
    """Completed sets of the cases whose outcome is known, the outcome as 0/1; refuses what cannot be used.

    The cases come sorted by what they hold, so that sums over them are the same however the file is sorted.
    """
    refuse(of_formula(data, formula))
    outcome, sources = formula.outcome, formula.sources
    needed = pd.DataFrame({name: as_read(data[name]) for name in (outcome, *sources)}, copy=False)
    refuse(of_values(needed, formula.event))
    cases = needed[needed[outcome].notna()]
    cases = cases.assign(**{outcome: equals(cases[outcome], formula.event)})
    cases = cases.astype({name: "category" for name in formula.reference if name in sources})
    cases = cases.iloc[by_content(cases)]
    if active():  # by the seed alone, who knows all but one person would draw the same, and see which entry fits
        seed = int.from_bytes(keyed(b"impute", content(), repr(seed).encode())[:8], "little")
    completed = impute(cases, list(cases), n_sets, seed)
    completed[0].attrs[GAPS] = {name: cases[name].isna().to_numpy().tobytes() for name in sources}
    return completed
