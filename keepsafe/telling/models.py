"""Models as tables: odds ratios, the path of an elimination, and a selected model beside what the 2019 text says.

Longer than 300 lines: each table of a model is short, and all tell one selection.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from keepsafe.statistics.fit import LogisticFit
from keepsafe.statistics.penalised import firth
from keepsafe.statistics.selection import Selection, Stability
from keepsafe.study import Model
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.opened import OpenStudy, current
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.tables import Made, Table, finished, table
from keepsafe.telling.values import LEFT_OUT, UNTESTED, Kind, Value, claim_value, named, value, value_name

SAID = {"risk": "more likely", "protective": "less likely", "null": "no association"}
INTERVAL = "{odds_ratio:.2f} ({low:.2f} to {high:.2f})"
AFTER = (
    "Wald intervals, 95%. The p-values come after selection and are too good: read the full model beside them. "
    "Sizes that the 2019 report does not print are ours."
)


NOISED = (
    "Under disclosure control the estimates carry noise of about one person and have few digits; the intervals "
    "allow for the noise. Factors that its rules do not let stand are left out."
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
    if isinstance(fit, LogisticFit):
        frame = fit.odds_ratios.reset_index().set_index("column")
        columns = {"Odds ratio (95% interval)": INTERVAL, "p": "p:p"}
    else:
        full, kept = (each.odds_ratios.reset_index().set_index("column") for each in (fit.full, fit.final))
        frame = full[["odds_ratio"]].rename(columns={"odds_ratio": "full"}).join(kept)
        columns = {"Odds ratio (95% interval)": INTERVAL, "p": "p:p", "With all candidates": "full:.2f"}
        note = note or f"Wald intervals. {fit.warning}"
    rows = {
        study.term(column): [_found(row, template, name, column) for template in columns.values()]
        for column, row in frame.iterrows()
    }
    made = pd.DataFrame.from_dict(rows, orient="index", columns=list(columns)).rename_axis("Factor")
    note = " ".join(filter(None, (note, NOISED if study.controlled else "")))
    return finished(name, made, caption, note, "" if isinstance(fit, LogisticFit) else "left out by the selection")


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
    for model, selection in (selections if isinstance(selections, Mapping) else {name: selections}).items():
        fitted, sure = study.models[model], (stable or {}).get(model)
        said = study.claims[study.claims["model"].eq(model) & study.claims["predictor"].isin([*study.cohort.columns])]
        others = [each for each in dict.fromkeys(said["predictor"]) if each not in selection.selected]
        firm = _firm(study, fitted, selection)
        for each in [*selection.selected, *others]:
            place = (fitted.label, study.label(each)) if several else study.label(each)
            rows[place] = _row(each, selection, fitted, said[said["predictor"] == each], firm, sure)
    frame = pd.DataFrame(list(rows.values()), index=pd.Index(list(rows)))
    frame.index.names = ["Model", "Factor"] if several else ["Factor"]
    if not stable:
        frame = frame.drop(columns="Kept in resamples, %")
    note = f"{AFTER} {NOISED}" if study.controlled else AFTER
    why = "left out by the selection, or not among the candidates" + ", or withheld" * study.controlled
    address = name if several else value_name("model", name, joint="-")
    return finished(address, frame, caption, note, why)


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
        fit, kept = found.selection.full.fit.iloc[0], found.selection.selected
        rarer = min(fit["events"], fit["n"] - fit["events"])
        inclusion = found.inclusion.set_index("predictor")["inclusion"]
        rows[study.models[model].label] = {
            "events": rarer,
            "each": fit["events_per_variable"],
            "kept": len(kept),
            "weakest": inclusion[inclusion.index.isin(kept)].min(),
            "strongest": inclusion[~inclusion.index.isin(kept)].max(),
            "same": found.same,
            "apparent": found.apparent,
            "corrected": found.corrected,
            "slope": found.slope,
            "guards": len(found.selection.guards),
            "separated": found.separated,
        }
    columns = {
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
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("Model")
    resamples = next(iter(stable.values())).n_boot
    note = (
        f"Per cent of {resamples} resamples, in each of which the selection is repeated. The rarer answer: to have the "
        "outcome, or not to have it. The area under the curve says how well a model tells the two apart (0.5: not at "
        "all, 1: always); it is corrected for the choosing, as is the slope (1 would be right). Warnings are those "
        "given before the fit. A resample is unusable where the candidates tell the two apart perfectly."
    )
    return table(name, frame, caption, columns, note=note)


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
        steps[study.models[model].label] = {
            each: Made(left.get(each, "stays")) for each in selection.full.odds_ratios.index.unique()
        }
    frame = pd.DataFrame(steps, dtype=object)
    frame.index = pd.Index([study.label(each) for each in frame.index], name="Candidate")
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
    study, steps = current(), selection.path
    frame = (
        steps.assign(
            removed=[study.label(term) if term else "(all candidates in)" for term in steps["term"]],
            p=steps["p"].where(steps["term"] != ""),
            step=steps["step"].astype(str),
        )
        .set_index("step")
        .rename_axis("Step")
    )
    columns = {
        "Removed": "removed",
        "Statistic": "statistic:.2f",
        "df": "df",
        "p": "p:p",
        "-2 log likelihood": "deviance:.1f",
        "Nagelkerke R2": "nagelkerke:.2f",
    }
    return table(name, frame, caption, columns, missing="nothing removed yet")


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
    study = current()
    rows = {}
    for way, frame in fits.items():
        for factor, row in frame.iterrows():
            keys = factor if isinstance(factor, tuple) else (factor,)
            label = tuple(map(study.term, keys)) if len(keys) > 1 else study.term(factor)
            rows.setdefault(label, {})[way] = _found(row, INTERVAL, name, *keys, way)
    if not rows:
        return LeftOut(f"Nothing to show: {caption[0].lower()}{caption[1:]}")
    made = pd.DataFrame.from_dict(rows, orient="index")
    made.index.names = ["Outcome", "Factor"][-made.index.nlevels :]
    return finished(name, made, caption, " ".join(filter(None, (note, NOISED if study.controlled else ""))))


def _found(row: pd.Series, template: str, *names: str) -> Value | Sentence | None:
    """A cell of a table of odds ratios; blank where the row has no estimate."""
    if "{" not in template:
        field, _, spec = template.partition(":")
        unit, digits = ("p", 3) if spec == "p" else ("", 2)
        return None if pd.isna(row[field]) else named(row[field], value_name(*names, field), unit, digits, safe=True)
    if pd.isna(row["odds_ratio"]):
        return None
    ends = {
        what: named(row[what], value_name(*names, what), digits=2, safe=True) for what in ("odds_ratio", "low", "high")
    }
    return sentence("{odds_ratio} ({low} to {high})", **ends)


def _row(
    factor: str, selection: Selection, model: Model, said: pd.DataFrame, firm: pd.DataFrame, stable: Stability | None
) -> dict:
    kind, published, words = _claimed(said)
    final, full = (fit.coefficients.set_index("predictor") for fit in (selection.final, selection.full))

    def number(what: str, figure: float, unit: str = "") -> Value:
        tied = {"published": published, "kind": kind} if what == "odds_ratio" else {"kind": Kind.NOT_COMPARABLE}
        return value(figure, claim_value(model.name, factor, what), unit, 2 if unit != "%" else 0, **tied)

    untested = len(said) and said["significance"].eq("").all() and factor not in final.index
    row: dict[str, Any] = {"Odds ratio (95% interval)": None, "p": None, "All candidates": None, "Firth": None}
    if factor in final.index:
        ends = {what: number(what, final.at[factor, what]) for what in ("odds_ratio", "low", "high")}
        row["Odds ratio (95% interval)"] = sentence("{odds_ratio} ({low} to {high})", **ends)
        row["p"] = number("p", final.at[factor, "p"], "p")
    elif factor not in selection.full.design.withheld:
        row["Odds ratio (95% interval)"] = value(
            UNTESTED if untested else LEFT_OUT, claim_value(model.name, factor), published=published, kind=kind
        )
    if factor in full.index and not untested:
        ends = {what: number(f"full.{what}", full.at[factor, what]) for what in ("odds_ratio", "low", "high")}
        row["All candidates"] = sentence("{odds_ratio} ({low} to {high})", **ends)
    if factor in firm.index:
        ends = {what: number(f"firth.{what}", firm.at[factor, what]) for what in ("odds_ratio", "low", "high")}
        row["Firth"] = sentence("{odds_ratio} ({low} to {high})", **ends)
    inclusion = stable.inclusion.drop_duplicates("predictor").set_index("predictor")["inclusion"] if stable else {}
    kept = number("inclusion", 100 * inclusion[factor], "%") if factor in inclusion and not untested else None
    return row | {"Kept in resamples, %": kept, "The 2019 text says": words}


def _firm(study: OpenStudy, model: Model, selection: Selection) -> pd.DataFrame:
    """Firth's odds ratios of the factors that were kept; none where disclosure control has no such fit."""
    if study.controlled or not selection.selected:
        return pd.DataFrame()
    asked = study.asked(model.name) | {"predictors": list(selection.selected)}
    asked["reference"] = {name: level for name, level in asked["reference"].items() if name in selection.selected}
    return firth(study.cohort, **asked).set_index("predictor")


def _claimed(said: pd.DataFrame) -> tuple[Kind, tuple[str, str] | None, str]:
    """Kind of agreement, published counterpart and words for a factor, from its claims."""
    if said.empty:
        return Kind.NOT_COMPARABLE, None, "not named"
    sized = said[said["size"] == "printed"]
    claim = (sized if len(sized) else said).iloc[0]
    words = SAID[claim["direction"]] + (", marginally significant" if claim["significance"] == "marginal" else "")
    if len(sized):
        words += f", odds ratio {claim['or_low']:g} to {claim['or_high']:g}"
    words += f" (L{claim['source_line']})"
    return (
        (Kind.CALIBRATED if len(sized) else Kind.DIRECTION),
        (f"claim.L{claim['source_line']}", words),
        words,
    )
