"""Backward elimination, step by step, and how stable what it keeps is when it is repeated in bootstrap resamples.

Longer than 300 lines: what two public functions take and return is written out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from keepsafe.files.disclosure import coarse
from keepsafe.problems import InputError, Problem
from keepsafe.statistics import diagnostics, engine
from keepsafe.statistics.columns import is_share, is_whole, no_choice, no_seed, out_of_range, refuse
from keepsafe.statistics.design import Design, make_design
from keepsafe.statistics.fit import R_SQUARED, LogisticFit, auc, fit_design, null_deviance, r_squared
from keepsafe.statistics.penalised import lasso
from keepsafe.workers import share

STATISTICS = {"lr": engine.LR, "wald": engine.WALD, "conditional": engine.CONDITIONAL}
WARNING = (
    "The p-values and intervals of a selected model are too good: the data chose the factors and are then used to test "
    "them. Read the full model beside it, and the stability of the selection."
)


@dataclass(frozen=True)
class Selection:
    """What backward elimination did.

    `path`: a row a step: step, action (start, removed, entered), term, statistic, df, p, deviance, cox_snell,
    nagelkerke, terms (left in the model), events_per_variable. `steps`: for each step's model, each term's test if it
    were removed (step, term, statistic, df, p). `full` and `final` are the models before and after; `selected` names
    the final model's predictors; `guards` lists what was seen before the fit, and products that stayed after one of
    their factors had left; `warning` belongs beside any p-value. Under disclosure control path and steps have no
    statistics.
    """

    outcome: str
    path: pd.DataFrame
    steps: pd.DataFrame
    full: LogisticFit
    final: LogisticFit
    selected: tuple[str, ...]
    guards: pd.DataFrame
    warning: str = WARNING


def backward_elimination(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    statistic: Literal["lr", "wald", "conditional"] = "lr",
    p_remove: float = 0.10,
    p_enter: float | None = None,
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    interval: Literal["wald", "profile", "none"] = "wald",
    confidence: float = 0.95,
) -> Selection:
    """Start with all predictors and remove the one with the largest p above the threshold, until none is.

    Parameters
    ----------
    data, outcome, predictors, event, reference : as for `fit_logistic`; complete cases over all predictors.
    statistic : the removal test: "lr" (likelihood ratio), "wald", or "conditional" (SPSS's bare default).
    p_remove : a predictor stays while its p is at most this; between 0 and 1. Of several with the same p the one named
        first leaves.
    p_enter : where given, predictors outside are tested for re-entry by the score statistic as SPSS documents it
        for METHOD=BSTEP; at most `p_remove`. SPSS itself was not at hand to compare with.
    interval, confidence : of the odds ratios.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        as `fit_logistic`; and for thresholds out of range, and data in which the full model has no estimates
        (separation, collinearity).

    Source: IBM SPSS Statistics Algorithms, logistic regression; Heinze, Wallisch and Dunkler (2018) on its limits.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.integers(0, 2, (200, 4)), columns=list("abcd"))
    >>> data["ill"] = rng.random(200) < 0.2 + 0.5 * data["a"]
    >>> backward_elimination(data, "ill", list("abcd"), event=True).selected
    ('a',)
    """
    design = make_design(data, outcome, predictors, event, reference)
    return eliminate_design(design, statistic, p_remove, p_enter, interval, confidence)


def eliminate_design(design: Design, statistic: str, p_remove: float, p_enter=None, *shown) -> Selection:
    """Backward elimination of a design; as `backward_elimination`, with what `fit_design` shows of a model."""
    refuse(check_rule(statistic, p_remove, p_enter))
    design.collapsed()  # before columns are scaled for the guards: many rows leave no room for both at once
    seen = diagnostics.guards(design)
    diagnostics.stop_at(seen)
    path, steps, kept = _told(design, STATISTICS[statistic], p_remove, p_enter or 0.0)
    if design.protection:  # tests by likelihood are exact functions of the cells
        path = path.assign(**dict.fromkeys(("statistic", "p", "deviance", *R_SQUARED), np.nan))
        steps = steps.assign(statistic=np.nan, p=np.nan)
    full, final = fit_design(design, *shown), fit_design(design.part(kept), *shown)
    alone = final.guards.query("guard == 'product'")
    if len(alone):
        seen = pd.concat([seen, alone], ignore_index=True).drop_duplicates(["guard", "term", "seen"], ignore_index=True)
    return Selection(design.outcome, path, steps, full, final, tuple(kept), seen)


def _told(design: Design, test: int, p_remove: float, p_enter: float) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Path and steps of an elimination in words, with the names that are left."""
    Z, y, trials = design.collapsed()
    moves, *_ = engine.eliminate(Z, y, design.terms, test, p_remove, p_enter, trials)
    null, none, inside = null_deviance(design), np.zeros(0), list(design.predictors)
    path, steps = [], []
    for step, (term, value, p, _) in enumerate([(0, np.nan, np.nan, 0), *moves]):
        name = design.predictors[int(abs(term)) - 1] if step else ""
        inside = [each for each in design.predictors if (each in inside) != (each == name)]
        df = int((design.terms == abs(term)).sum()) if step else pd.NA
        action = "removed" if term < 0 else "entered" if term > 0 else "start"
        row = {"step": step, "action": action, "term": name, "statistic": value, "df": df, "p": p}
        terms = [place for place, each in enumerate(design.predictors, 1) if each in inside]
        cols = np.flatnonzero(np.isin(design.terms, [0, *terms]))  # of the whole design: nothing is copied
        start, most = np.zeros(len(cols)), np.int64(engine.STEPS)
        b, V, deviance, _ = engine.fit_columns(Z, y, trials, cols, start, none, most, engine.EXACT)
        row |= {"deviance": deviance} | dict(zip(R_SQUARED, r_squared(design.n, deviance, null), strict=True))
        row |= {"terms": len(inside), "events_per_variable": design.rarer / max(len(cols) - 1, 1)}
        path.append(row)
        weights = engine.weights(Z, cols, b)
        for term in terms:
            out = design.terms[cols] == term
            value, p, _ = engine.removal(Z, y, trials, cols, out, b, V, weights, deviance, test, 0.0)
            steps.append((step, design.predictors[term - 1], value, int(out.sum()), p))
    columns = ["step", "term", "statistic", "df", "p"]
    return pd.DataFrame(path).astype({"df": "Int64"}), pd.DataFrame(steps, columns=columns), inside


def check_rule(statistic: str, p_remove: float, p_enter: float | None = None) -> Iterator[Problem]:
    """Faults of the rule by which predictors leave and enter."""
    yield from no_choice(("statistic", statistic, STATISTICS))
    remains = is_share(p_remove)
    enters = not remains or p_enter is None or (is_share(p_enter) and p_enter <= p_remove)
    yield from out_of_range(
        ("p_remove", p_remove, remains, "choose a threshold between 0 and 1, such as 0.10"),
        ("p_enter", p_enter, enters, "choose a threshold above 0 and at most p_remove"),
    )


@dataclass(frozen=True)
class Stability:
    """How stable a selection is.

    `inclusion`: a row a column of the full model (the contrasts of a factor share their inclusion): predictor, column,
    inclusion (share of resamples that keep it), sign_stability (of those, the share in which B has the sign of the
    full model), B_full, SE_full, B_selected (0 where it is not selected), B_median, B_low, B_high (median and 95%
    percentile interval over resamples, 0 where left out), rmsd_ratio, relative_bias (conditional on selection; 0.2 is
    20% too far from zero), lasso (B of the LASSO).
    `models`: a row a distinct set: predictors, terms, resamples, share, chosen (whether it is the set of the data).
    `optimism`: a row a model (full, selected) and measure (auc, calibration_slope): apparent, optimism, corrected,
    resamples (in which it could be computed).
    `selection` is the selection in the data themselves. `separated` counts the resamples that the full model fits
    perfectly, so that no test can choose between its factors: they count nowhere. `not_estimable` counts those whose
    selected model had no finite estimates: they count in inclusion and models, and nowhere else. Under disclosure
    control numbers have two digits, there is no area under the curve, and the seed alone does not draw the resamples.
    """

    inclusion: pd.DataFrame
    models: pd.DataFrame
    optimism: pd.DataFrame
    selection: Selection
    n_boot: int
    separated: int
    not_estimable: int

    @property
    def same(self) -> float:
        """Share of the resamples that choose exactly the set that the data choose."""
        return float(self.models.loc[self.models["chosen"], "share"].sum())

    @property
    def apparent(self) -> float:
        """Area under the curve of the selected model in the data that chose it."""
        return self._measure("auc", "apparent")

    @property
    def corrected(self) -> float:
        """Area under the curve of the selected model once the choosing is allowed for."""
        return self._measure("auc", "corrected")

    @property
    def slope(self) -> float:
        """Calibration slope of the selected model once the choosing is allowed for; one would be right."""
        return self._measure("calibration_slope", "corrected")

    def beside(self, others: Sequence["Stability"] = ()) -> pd.DataFrame:
        """How often each candidate is kept, for a dot plot: label (its name), group, value (per cent), low, high.

        `others` : the same in other cohorts, whose smallest and largest are low and high.
        """
        kept, *each = (
            one.inclusion.drop_duplicates("predictor").set_index("predictor")["inclusion"] for one in (self, *others)
        )
        among = 100 * pd.concat(each or [kept], axis=1).reindex(kept.index)
        frame = pd.DataFrame({"label": kept.index, "group": "left out", "value": 100 * kept.to_numpy()})
        frame["group"] = frame["group"].mask(frame["label"].isin(self.selection.selected), "in the model")
        frame = frame.assign(low=among.min(axis=1).to_numpy(), high=among.max(axis=1).to_numpy())
        lines = " (line: other cohorts)" if each else ""
        frame.attrs["axis"] = f"% of resamples that keep the factor{lines}"
        return frame.sort_values(
            "value", ascending=False, kind="stable", key=lambda share: share.round(6), ignore_index=True
        )

    def noise(self, others: Sequence["Stability"]) -> tuple[float, float]:
        """Standard deviations, in points, of how often a candidate is kept; each the median of the candidates.

        Of other cohorts: what their resamples alone scatter a share by, and what is left between the cohorts.
        """
        shares = [each.beside().set_index("label")["value"] for each in (self, *others)]
        n_boot = others[0].n_boot if others else self.n_boot
        chance = shares[0] * (100 - shares[0]) / n_boot
        spread = pd.concat(shares[1:], axis=1).var(axis=1) if others else chance * np.nan
        return float(np.sqrt(chance).median()), float(np.sqrt((spread - chance).clip(lower=0)).median())

    def _measure(self, measure: str, what: str) -> float:
        row = self.optimism[self.optimism["model"].eq("selected") & self.optimism["measure"].eq(measure)]
        return float(row[what].iloc[0])


def bootstrap_selection(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    n_boot: int = 200,
    seed: int = 2019,
    statistic: Literal["lr", "wald", "conditional"] = "lr",
    p_remove: float = 0.10,
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    n_jobs: int = 1,
    scheduler: str | None = None,
    lasso: bool = True,
) -> Stability:
    """Repeat backward elimination in bootstrap resamples of the complete cases.

    Parameters
    ----------
    data, outcome, predictors, statistic, p_remove, event, reference : as for `backward_elimination`.
    n_boot : resamples, 2 or more.
    seed : each resample draws from its own stream of this seed, out of the cases in an order that their values alone
        decide: the result depends neither on `n_jobs` nor on the order of the rows.
    n_jobs : threads.
    scheduler : address of a Dask scheduler, whose workers pay from some thousand resamples on.
    lasso : whether to fit the LASSO beside; its column is blank otherwise.

    Returns
    -------
    Stability

    Raises
    ------
    InputError
        as `backward_elimination` and `keepsafe.workers.share`, and for n_boot out of range.

    Source: Heinze, Wallisch and Dunkler (2018), Biometrical Journal 60:431-449 (inclusion, RMSD ratio, relative
    conditional bias); Harrell, Lee and Mark (1996), Statistics in Medicine 15:361-387 (optimism).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.integers(0, 2, (200, 3)), columns=list("abc"))
    >>> data["ill"] = rng.random(200) < 0.2 + 0.5 * data["a"]
    >>> found = bootstrap_selection(data, "ill", list("abc"), n_boot=20, event=True)
    >>> found.inclusion[["predictor", "inclusion"]].values.tolist()[0]
    ['a', 1.0]
    """
    refuse([*out_of_range(("n_boot", n_boot, is_whole(n_boot, 2), "a whole number from 2")), *no_seed(seed)])
    design = make_design(data, outcome, predictors, event, reference).ordered()
    selection = eliminate_design(design, statistic, p_remove)
    one = partial(_resample, design, statistic, p_remove)
    found = share(one, streams(design, seed, n_boot), n_jobs, scheduler, threads=True)
    usable = [each for each in found if each is not None]
    if not usable:
        raise InputError.of("every resample is completely separated", column=outcome, remedy="use fewer predictors")
    inside, b, full, sound, measures = (np.array(part) for part in zip(*usable, strict=True))
    kept = _inclusion(design, selection, inside, b[sound] @ design.back.T, seed if lasso else None)
    sets, optimism = _models(design, selection, inside), _optimism(design, selection, measures, full, sound)
    return Stability(kept, sets, optimism, selection, n_boot, n_boot - len(usable), int((~sound).sum()))


def streams(design: Design, seed: int, n_boot: int) -> list[np.random.SeedSequence]:
    """What each resample draws from; under disclosure control not of the seed alone."""
    return np.random.SeedSequence([seed, design.protection.seed] if design.protection else seed).spawn(n_boot)


def resample(seed: np.random.SeedSequence, y: np.ndarray) -> np.ndarray:
    """Positions of a bootstrap resample that holds cases and non-cases."""
    rng, cases = np.random.default_rng(seed), y > 0.5  # under disclosure control y carries noise
    while True:
        rows = rng.integers(0, len(y), len(y))
        if 0 < np.count_nonzero(cases[rows]) < len(y):
            return rows


def eliminated(design: Design, statistic: str, p_remove: float, trials: np.ndarray, y: np.ndarray) -> tuple:
    """`engine.eliminate` of so many cases of each covariate pattern, of whom y have the outcome."""
    drawn = trials > 0
    rule = STATISTICS[statistic], p_remove, 0.0
    return engine.eliminate(design.patterns[drawn], y[drawn], design.terms, *rule, trials[drawn])


def _resample(design: Design, statistic: str, p_remove: float, seed: np.random.SeedSequence) -> tuple | None:
    """Columns kept, B of Z, whether the full and the selected model have estimates, measures in and out of resample.

    None where the resample is completely separated.
    """
    trials, y, cases = design.tally(resample(seed, design.y))
    _, inside, b, _, deviance, sound, full = eliminated(design, statistic, p_remove, trials, y)
    if deviance < engine.PERFECT:
        return None
    measures = [_performance(design, each, trials, cases) for each in (full, b)]
    return inside, b, not np.isnan(full).any(), sound, measures


def _performance(
    design: Design, b: np.ndarray, drawn: np.ndarray, cases_drawn: np.ndarray
) -> tuple[float, float, float]:
    """AUC of coefficients in the resample, AUC and calibration slope in the data; no slope where none was selected.

    The resample is told by how many of each covariate pattern were drawn, and how many of these are cases.
    """
    score, (trials, y, cases) = design.patterns @ b, design.tally()
    areas = auc(cases_drawn, drawn - cases_drawn, score), auc(cases, trials - cases, score)
    if not np.ptp(score) > 1e-12:
        return *areas, np.nan
    slope, _, _, converged = engine.fit(np.column_stack([np.ones(len(score)), score]), y, trials=trials)
    return *areas, slope[1] if converged else np.nan


def _inclusion(
    design: Design, selection: Selection, inside: np.ndarray, b: np.ndarray, seed: int | None
) -> pd.DataFrame:
    full = selection.full.coefficients
    selected = selection.final.coefficients.set_index("column")["B"].reindex(full["column"]).fillna(0.0).to_numpy()
    full_b, full_se = full["B"].to_numpy(), full["SE"].to_numpy()
    kept = b != 0
    sign, full_sign = (np.sign(np.round(each * design.scale, 9)) for each in (b, full_b))
    with np.errstate(invalid="ignore", divide="ignore"):  # a column that no resample kept has no sign and no bias
        frame = pd.DataFrame(
            {
                "predictor": full["predictor"],
                "column": full["column"],
                "inclusion": inside.mean(axis=0),
                "sign_stability": (kept & (sign == full_sign)).sum(axis=0) / kept.sum(axis=0),
                "B_full": full_b,
                "SE_full": full_se,
                "B_selected": selected,
                "B_median": np.median(b, axis=0),
                "B_low": np.quantile(b, 0.025, axis=0),
                "B_high": np.quantile(b, 0.975, axis=0),
                "rmsd_ratio": np.sqrt(((b - full_b) ** 2).mean(axis=0)) / full_se,
                "relative_bias": b.sum(axis=0) / kept.sum(axis=0) / full_b - 1,
            }
        )
    frame = frame[frame["column"] != "const"].reset_index(drop=True)
    frame = frame.assign(lasso=np.nan if seed is None else lasso(design, seed)["B"].to_numpy())
    few = frame.select_dtypes("float").columns if design.protection else ()
    return frame.assign(**{name: coarse(frame[name], 2) for name in few})


def _models(design: Design, selection: Selection, inside: np.ndarray) -> pd.DataFrame:
    """Distinct sets with how often each came; a factor counts as in when any of its contrasts could be."""
    names = np.array(design.predictors)
    sets = [tuple(names[np.unique(design.terms[row & (design.terms > 0)]) - 1]) for row in inside]
    rows = [
        (", ".join(each), len(each), times, times / len(sets), each == selection.selected)
        for each, times in Counter(sets).items()
    ]
    frame = pd.DataFrame(rows, columns=["predictors", "terms", "resamples", "share", "chosen"])
    return frame.sort_values(["resamples", "terms", "predictors"], ascending=[False, True, True], ignore_index=True)


def _optimism(design: Design, selection: Selection, measures: np.ndarray, *sound: np.ndarray) -> pd.DataFrame:
    rows = []
    for place, (model, fit) in enumerate({"full": selection.full, "selected": selection.final}.items()):
        inside, outside, slope = measures[sound[place], place].T
        rows.append((model, "auc", fit.fit["auc"].item(), (inside - outside).mean(), len(inside)))
        slopes = slope[~np.isnan(slope)]
        rows.append((model, "calibration_slope", 1.0, 1 - slopes.mean() if len(slopes) else np.nan, len(slopes)))
    frame = pd.DataFrame(rows, columns=["model", "measure", "apparent", "optimism", "resamples"])
    frame.insert(4, "corrected", frame["apparent"] - frame["optimism"])
    slopes = frame["measure"].eq("calibration_slope")
    few = ("apparent", "optimism", "corrected") if design.protection else ()
    return frame.assign(**{name: coarse(frame[name].where(slopes), 2) for name in few})
