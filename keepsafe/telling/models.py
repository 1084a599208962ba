"""Models as tables: odds ratios, what an elimination lets go, and a selected model beside what the 2019 text says.

Longer than 300 lines: each table of a model is short, and all tell one selection.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from keepsafe.statistics.fit import LogisticFit
from keepsafe.statistics.penalised import firth
from keepsafe.statistics.selection import Selection, Stability
from keepsafe.statistics.specification import Elimination
from keepsafe.study import Model
from keepsafe.telling.opened import LeftOut, OpenStudy, current
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.tables import Made, Table, finished, table
from keepsafe.telling.values import (
    LEFT_OUT,
    UNTESTED,
    Kind,
    Value,
    claim_value,
    named,
    p_value,
    round_half_up,
    rounded,
    unprinted,
    value,
    value_name,
)

SAID = {"risk": "more likely", "protective": "less likely", "null": "no association"}
ABSENT = "not found"  # in place of an end of an interval
ENDS, INTERVAL = ("odds_ratio", "low", "high"), "{odds_ratio} ({low} to {high})"
INTERVALS = {"wald": "Wald intervals", "profile": "Intervals by profile likelihood", "none": "No intervals"}
AFTER = (
    "{}; Firth's by profile. The p-values come after selection and are too good: read the full model beside them. "
    "Sizes that the 2019 report does not print are ours."
)
NOISED = (
    "Under disclosure control the estimates carry noise of about one person and have few digits; the intervals "
    "allow for the noise. Factors that its rules do not let stand are left out."
)
STRENGTH = {
    "Young people with the rarer answer (for each candidate)": "{events:d} ({each:.1f})",
    "Kept": "kept:d",
    "Weakest that is kept, %": "{weakest:.0%}",
    "Strongest left out, %": "{strongest:.0%}",
    "Same set, %": "{same:.0%}",
    "Area under the curve (corrected)": "{apparent:.2f} ({corrected:.2f})",
    "Calibration slope": "slope:.2f",
    "Warnings": "guards:d",
    "Unusable resamples": "separated:d",
}
STEPS = {
    "Removed": "removed",
    "Statistic": "statistic:.2f",
    "df": "df",
    "p": "p:p",
    "-2 log likelihood": "deviance:.1f",
    "Nagelkerke R2": "nagelkerke:.2f",
}
SAME = (
    "A row has the thresholds that give one set. Within a list, factors join from row to row and none leaves. Same "
    "set: per cent of {} resamples, in each of which the elimination is repeated, that keep exactly these factors."
)


def odds_ratios(name: str, fit: LogisticFit | Selection, caption: str, note: str = "") -> Table | LeftOut:
    """A fitted model as a table: odds ratio with its interval, and p; of a selection, beside the full model.

    Parameters
    ----------
    name, caption, note : of the table, as for `table`.
    fit : as `fit_logistic` returns it: a row a predictor or contrast. Of a selection all candidates have a row, and
        what was left out is blank.

    Examples
    --------
    >>> from keepsafe import fit_logistic, open_study
    >>> fit = fit_logistic(open_study().cohort, "cse", ["female"])
    >>> print(odds_ratios("doc-example", fit, "Odds ratio of CSE").csv(), end="")
    Factor,Odds ratio (95% interval),p
    Female,3.55 (1.76 to 7.16),< .001
    """
    study = current()
    fits = (fit.full, fit.final) if isinstance(fit, Selection) else (fit, fit)
    full, final = (each.odds_ratios.set_index("column") for each in fits)
    if full.empty:
        return LeftOut.nothing(caption)
    rows, labels, heading = {}, study.terms(full.index), _heading(fits[1])
    for column, row in full[["odds_ratio"]].rename(columns={"odds_ratio": "full"}).join(final).iterrows():
        rows[labels[column]] = {
            heading: _interval(row, name, column),
            "p": _estimate(row, "p", name, column, unit="p", digits=3),
            "With all candidates": _estimate(row, "full", name, column),
        }
    made = pd.DataFrame.from_dict(rows, orient="index").rename_axis("Factor")
    if not isinstance(fit, Selection):
        return finished(name, made[[heading, "p"]], caption, _noised(note))
    note = note or f"{INTERVALS[fit.final.interval]}. {fit.warning}"
    return finished(name, made, caption, _noised(note), "left out by the selection")


def model_table(
    name: str,
    selections: Selection | Mapping[str, Selection],
    caption: str,
    stable: Mapping[str, Stability] | None = None,
) -> Table | LeftOut:
    """Selected models beside the 2019 text: a row a factor that is kept, then what the text names and is left out.

    Parameters
    ----------
    name : of the table; of a single selection the name of its model in the study file.
    selections : as `backward_elimination` returns them, by the name of their model. By model and factor the values are
        named, so that the scorecard finds them.
    caption : of the table.
    stable : by the name of the model, as `bootstrap_selection` returns it.

    Returns
    -------
    Table
        factor; odds ratio (interval) and p in the final model; odds ratio (interval) with all candidates; by Firth's
        method; in how many resamples the factor is kept; and the 2019 wording.

    Examples
    --------
    >>> from keepsafe import backward_elimination
    >>> study = current()
    >>> chosen = backward_elimination(study.cohort, **study.asked("cse_any_abuse"))
    >>> model_table("cse_any_abuse", chosen, "Factors for CSE").frame["The 2019 text says"].iloc[0]
    'more likely, odds ratio 6.5 to 7 (L249)'
    """
    study, rows = current(), {}
    several = isinstance(selections, Mapping)
    chosen = selections if isinstance(selections, Mapping) else {name: selections}
    for model, selection in chosen.items():
        fitted, sure = study.model(model), (stable or {}).get(model)
        said = study.claims[study.claims["model"].eq(model) & study.claims["predictor"].isin(study.cohort.columns)]
        firm, full = _firm(study, fitted, selection), _named(selection.full.coefficients)
        owners = {name: predictor for name, predictor in full["predictor"].items() if predictor in selection.selected}
        labels = study.terms([*owners, *(each for each in said["predictor"] if each not in owners.values())])
        for each, label in labels.items():
            about = said[said["predictor"] == owners.get(each, each)]
            rows[(fitted.label, label) if several else label] = _row(each, selection, fitted, about, firm, sure)
    frame = pd.DataFrame(list(rows.values()), index=pd.Index(list(rows)))
    frame.index.names = ["Model", "Factor"] if several else ["Factor"]
    if not stable:
        frame = frame.drop(columns="Kept in resamples, %")
    why = "left out by the selection, or not among the candidates" + ", or withheld" * study.controlled
    address = name if several else value_name("model", name, joint="-")
    shown = next((each.final for each in chosen.values()), None)
    how = INTERVALS["wald"] + ", 95%" if shown is None else INTERVALS[shown.interval] + f", {100 * shown.confidence:g}%"
    return finished(address, frame, caption, _noised(AFTER.format(how)), why)


def strength_table(name: str, stable: Mapping[str, Stability], caption: str) -> Table | LeftOut:
    """How much weight several selected models carry: a row a model.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    stable : by the name of the model, as `bootstrap_selection` returns it.

    Examples
    --------
    >>> from keepsafe import bootstrap_selection
    >>> stable = bootstrap_selection(current().cohort, "cse", ["female", "moves_total"], 20, lasso=False)
    >>> strength_table("doc-example", {"cse_any_abuse": stable}, "Strength").frame.index.tolist()
    ['CSE, with any sexual abuse']
    """
    study, rows = current(), {}
    for model, found in stable.items():
        fit, chances = found.selection.full.fit.iloc[0], found.inclusion.set_index("predictor")["inclusion"]
        kept = chances.index.isin(found.selection.selected)
        rows[study.model(model).label] = {
            "events": min(fit["events"], fit["n"] - fit["events"]),
            "each": fit["events_per_variable"],
            "kept": len(found.selection.selected),
            "weakest": chances[kept].min(),
            "strongest": chances[~kept].max(),
            "guards": len(found.selection.guards),
        } | {what: getattr(found, what) for what in ("same", "apparent", "corrected", "slope", "separated")}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("Model")
    resamples = next(iter(stable.values())).n_boot
    note = (
        f"Per cent of {resamples} resamples, in each of which the selection is repeated. The rarer answer: to have the "
        "outcome, or not to have it. The area under the curve says how well a model tells the two apart (0.5: not at "
        "all, 1: always); it is corrected for the choosing, as is the slope (1 would be right). Warnings are those "
        "given before the fit. A resample is unusable where the candidates tell the two apart perfectly."
    )
    return table(name, frame, caption, STRENGTH, note=note)


def paths_table(name: str, selections: Mapping[str, Selection], caption: str) -> Table | LeftOut:
    """The paths of several eliminations: a row a candidate, a column a model, the step at which it left.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    selections : by the name of the model, as `backward_elimination` returns them.

    Examples
    --------
    >>> from keepsafe import backward_elimination
    >>> chosen = backward_elimination(current().cohort, "cse", ["female", "neglect_p1"])
    >>> print(paths_table("doc-example", {"cse_any_abuse": chosen}, "Paths").csv(), end="")
    Candidate,"CSE, with any sexual abuse"
    Female,stays
    Neglect,1
    """
    study, steps = current(), {}
    for model, selection in selections.items():
        left = selection.path.set_index("term")["step"].drop("", errors="ignore")
        terms = selection.full.odds_ratios.index.unique()
        labels = study.terms(terms)
        steps[study.model(model).label] = {labels[each]: Made(left.get(each, "stays")) for each in terms}
    frame = pd.DataFrame(steps, dtype=object).rename_axis("Candidate")
    return finished(name, frame, caption, "The step at which each candidate left.", "not among the candidates")


def path_table(name: str, selection: Selection, caption: str) -> Table | LeftOut:
    """The steps of a backward elimination: what left, its test, and what the model then explained.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    selection : as `backward_elimination` returns it.

    Examples
    --------
    >>> from keepsafe import backward_elimination
    >>> chosen = backward_elimination(current().cohort, "cse", ["female", "neglect_p1"])
    >>> path_table("doc-example", chosen, "Path").frame["Removed"].tolist()
    ['(all candidates in)', 'Neglect']
    """
    study, steps = current(), selection.path.astype({"step": str}).set_index("step").rename_axis("Step")
    labels = study.terms(selection.full.design.predictors)
    removed = [labels[term] if term else "(all candidates in)" for term in steps["term"]]
    steps = steps.assign(removed=removed, p=steps["p"].where(steps["term"] != ""))
    return table(name, steps, caption, STEPS, missing="nothing removed yet")


def beside_each_other(name: str, fits: Mapping[str, pd.DataFrame], caption: str, note: str = "") -> Table | LeftOut:
    """The same factors estimated in several ways: a column a way, odds ratios with their intervals.

    Parameters
    ----------
    name, caption, note : of the table, as for `table`.
    fits : by heading, data frames indexed by predictor, or by outcome and predictor; with odds_ratio, low, high.

    Returns
    -------
    Table; where no fit has a row, a sentence that says so.

    Examples
    --------
    >>> from keepsafe import fit_logistic, open_study
    >>> fit = fit_logistic(open_study().cohort, "cse", ["female"])
    >>> print(beside_each_other("doc-example", {"Crude": fit.odds_ratios}, "Odds ratio of CSE").csv(), end="")
    Factor,Crude
    Female,3.55 (1.76 to 7.16)
    """
    study, cells = current(), {}
    for way, frame in fits.items():
        for (factor, row), contrast in zip(frame.iterrows(), frame.index.duplicated(keep=False), strict=True):
            keys = factor if isinstance(factor, tuple) else (factor,)
            keys = (*keys[:-1], row["column"]) if contrast else keys  # of a factor each level
            cells[(*keys, way)] = _interval(row, name, *keys, way)
    labels, rows = study.terms(dict.fromkeys(keys[-2] for keys in cells)), {}
    for (*above, factor, way), cell in cells.items():
        label = (*map(study.term, above), labels[factor]) if above else labels[factor]
        rows.setdefault(label, {})[way] = cell
    if not rows:
        return LeftOut.nothing(caption)
    made = pd.DataFrame.from_dict(rows, orient="index")
    made.index.names = ["Outcome", "Factor"][-made.index.nlevels :]
    return finished(name, made, caption, _noised(note))


def _noised(note: str) -> str:
    """A note, and under disclosure control what holds of every estimate."""
    return " ".join(filter(None, (note, NOISED if current().controlled else "")))


def _estimate(row: pd.Series, what: str, *names: str, unit: str = "", digits: int = 2) -> Value | None:
    """An estimate of a fit, which is protected already; blank where the row has none."""
    return None if pd.isna(row[what]) else named(row[what], value_name(*names, what), unit, digits, safe=True)


def _interval(row: pd.Series, *names: str) -> Sentence | Value | None:
    """An odds ratio with its interval; blank where the row has none."""
    row = row.astype(object).fillna({"low": ABSENT, "high": ABSENT})
    ends = {what: _estimate(row, what, *names) for what in ENDS}
    if row["low"] == row["high"] == ABSENT:  # a fit without intervals
        return ends["odds_ratio"]
    return sentence(INTERVAL, **ends) if pd.notna(row["odds_ratio"]) else None


def _heading(fit: LogisticFit) -> str:
    """What stands above the odds ratios of a fit."""
    return f"Odds ratio ({100 * fit.confidence:g}% interval)" if fit.interval != "none" else "Odds ratio"


def _named(coefficients: pd.DataFrame) -> pd.DataFrame:
    """Coefficients by the name of their predictor; those of a factor with several levels by that of their column."""
    levels = coefficients["predictor"].duplicated(keep=False)
    return coefficients.set_index(coefficients["column"].where(levels, coefficients["predictor"]))


def _row(
    factor: str, selection: Selection, model: Model, said: pd.DataFrame, firm: pd.DataFrame, stable: Stability | None
) -> dict:
    kind, published, words = _claimed(said)
    final, full = (_named(fit.coefficients) for fit in (selection.final, selection.full))
    owner = full["predictor"].get(factor, factor)
    if owner != factor:  # what was printed of a factor is of none of its levels
        kind, published = Kind.NOT_COMPARABLE, None
    kept = factor in final.index
    untested = len(said) and said["significance"].eq("").all() and not kept

    def number(what: str, figure: float | str, unit: str = "") -> Value:
        tied = {"published": published, "kind": kind} if what == "odds_ratio" else {"kind": Kind.NOT_COMPARABLE}
        return value(figure, claim_value(model.name, factor, what), unit, 2 if unit != "%" else 0, **tied)

    def ratio(fit: pd.DataFrame, part: str = "") -> Sentence | Value | None:
        if factor not in fit.index:
            return None
        figures = fit.loc[factor, list(ENDS)].astype(object).fillna({"low": ABSENT, "high": ABSENT})
        if figures["low"] == figures["high"] == ABSENT:
            return number(part + "odds_ratio", figures["odds_ratio"])
        return sentence(INTERVAL, **{what: number(part + what, figures[what]) for what in ENDS})

    first: Sentence | Value | None = ratio(final)
    if not kept and factor not in selection.full.design.withheld:
        first = number("odds_ratio", UNTESTED if untested else LEFT_OUT)
    inclusion = stable.inclusion.drop_duplicates("predictor").set_index("predictor")["inclusion"] if stable else {}
    sure = owner in inclusion and not untested
    return {
        _heading(selection.final): first,
        "p": number("p", final.at[factor, "p"], "p") if kept else None,
        "All candidates": None if untested else ratio(full, "full."),
        "Firth": ratio(firm, "firth."),
        "Kept in resamples, %": number("inclusion", 100 * inclusion[owner], "%") if sure else None,
        "The 2019 text says": words,
    }


def _firm(study: OpenStudy, model: Model, selection: Selection) -> pd.DataFrame:
    """Firth's odds ratios of the factors that were kept; none where disclosure control has no such fit."""
    if study.controlled or not selection.selected:
        return pd.DataFrame()
    asked = study.asked(model.name) | {"predictors": list(selection.selected)}
    asked["reference"] = {name: level for name, level in asked["reference"].items() if name in selection.selected}
    return _named(firth(study.cohort, **asked, confidence=selection.final.confidence))


def _claimed(said: pd.DataFrame) -> tuple[Kind, tuple[str, str] | None, str]:
    """Kind of agreement, published counterpart and words for a factor, from its claims."""
    if said.empty:
        return Kind.NOT_COMPARABLE, None, "not named"
    sized = said[said["size"] == "printed"]
    claim = (sized if len(sized) else said).iloc[0]
    words = SAID[claim["direction"]] + (", marginally significant" if claim["significance"] == "marginal" else "")
    if len(sized):
        words += f", odds ratio {claim['or_low']:g} to {claim['or_high']:g}"
    line = f"L{claim['source_line']}"
    words += f" ({line})"
    return Kind.CALIBRATED if len(sized) else Kind.DIRECTION, (f"claim.{line}", words), words


def explored_table(name: str, found: Elimination, caption: str) -> Table | LeftOut:
    """What backward elimination keeps as its threshold and its list of candidates vary: a row a list and set.

    In the report a reader moves both, and sees the order in which candidates leave, what stays, and in how many
    resamples.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    found : as `explore_elimination` returns it.

    Examples
    --------
    >>> from keepsafe import explore_elimination
    >>> found = explore_elimination(current().cohort, "cse", {"two": ["female", "neglect_p1"]}, (0.05, 0.1), n_boot=20)
    >>> explored_table("doc-example", found, "Choices").frame["Stays"].tolist()
    ['Female']
    """
    study = current()
    rows = pd.DataFrame(_rows(found, name, study)).set_index(["Candidates", "Threshold"])
    made = table(name, rows, caption, note=SAME.format(found.n_boot))
    if isinstance(made, LeftOut):
        return made
    explored = {
        "thresholds": [_level(each) for each in found.kept["p_remove"].unique()],
        "resamples": found.n_boot,
        "invented": unprinted(f"{name}.x"),
        "lists": [_list(found, candidates, study) for candidates in found.kept["candidates"].unique()],
    }
    return replace(made, explored=explored)


def _level(threshold: float) -> str:
    """A threshold with two decimals at least: 0.10, 0.157."""
    return f"{threshold:.2f}" if round(threshold, 2) == threshold else f"{threshold:g}"


def _rows(found: Elimination, name: str, study: OpenStudy) -> Iterator[dict]:
    """A row a list and set of factors, with the thresholds that give this set; what joins the set before."""
    for candidates, one in found.kept.groupby("candidates", sort=False):
        labels = study.terms(one["predictor"].unique())
        stay = one["predictor"].where(one["kept"]).groupby(one["p_remove"], sort=False)
        sets = stay.agg(lambda each: tuple(each.dropna()))
        same, before = one.groupby("p_remove")["same"].first(), None
        for stays, part in sets.groupby((sets != sets.shift()).cumsum().to_numpy()):
            first, last = part.index[0], part.index[-1]
            joined = "; ".join(labels[each] for each in part.iloc[0] if each not in (before or ()))
            key = value_name(name, candidates, str(stays))
            ends = [named(100 * same[each], f"{key}.{end}", "%") for each, end in ((first, "same"), (last, "last"))]
            yield {
                "Candidates": candidates,
                "Threshold": " to ".join(dict.fromkeys(map(_level, (first, last)))),
                "Factors": named(len(part.iloc[0]), f"{key}.n"),
                "Stays": joined or "nothing" if before is None else f"and {joined}",
                "Same set, %": ends[0] if first == last else sentence("{same} to {last}", same=ends[0], last=ends[1]),
            }
            before = part.iloc[0]


def _list(found: Elimination, candidates: str, study: OpenStudy) -> dict:
    """One list of candidates: those that never leave, then the others from the last that leaves to the first."""
    kept = found.kept[found.kept["candidates"] == candidates]
    path = found.path[found.path["candidates"] == candidates].set_index("term")
    order = [each for each in kept["predictor"].unique() if each not in path.index] + [*path.index[::-1]]
    rows, labels = [], study.terms(order)
    for each in order:
        mine, left = kept[kept["predictor"] == each], path.loc[each] if each in path.index else None
        ends = mine[list(ENDS)].map(lambda ratio: rounded(ratio, 2) if pd.notna(ratio) else "").to_dict("records")
        rows.append(
            {
                "name": labels[each],
                "step": None if left is None else int(left["step"]),
                "p": None if left is None or pd.isna(left["p"]) else p_value(left["p"]),
                "kept": mine["kept"].tolist(),
                "ratio": [INTERVAL.format(**each) if each["odds_ratio"] else None for each in ends],
                "share": [int(round_half_up(100 * share)) for share in mine["inclusion"]],
            }
        )
    return {
        "name": candidates,
        "separated": found.separated[candidates],
        "same": [rounded(100 * part["same"].iloc[0]) for _, part in kept.groupby("p_remove")],
        "rows": rows,
    }
