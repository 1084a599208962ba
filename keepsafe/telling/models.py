"""Models as tables: odds ratios, the path of an elimination, and a selected model beside what the 2019 text says."""

from collections.abc import Mapping

import pandas as pd

from keepsafe.files.disclosure import Withheld, active
from keepsafe.statistics.fit import LogisticFit, fit_logistic
from keepsafe.statistics.selection import Selection, Stability
from keepsafe.study.definition import Model
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.opened import OpenStudy, current
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.tables import Table, finished, table
from keepsafe.telling.values import LEFT_OUT, Kind, Value, claim_value, named, value, value_name

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
    >>> from keepsafe import open_study
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
    note = " ".join(filter(None, (note, NOISED if active() else "")))
    return finished(name, made, caption, note, "" if isinstance(fit, LogisticFit) else "left out by the selection")


def model_table(model: str, selection: Selection, caption: str) -> Table | LeftOut:
    """A selected model beside the 2019 text: a row a factor that it keeps, then what the text names and it leaves out.

    Parameters
    ----------
    model : name of the model in the study file; by it the table and, with the factor, its values are named, so that
        the scorecard finds them.
    selection : as `backward_elimination` returns it.
    caption : of the table.

    Returns
    -------
    Table
        factor, odds ratio (interval) and p in the final model, odds ratio in the full model, the 2019 wording. A factor
        that is said to go with the outcome, and is not kept, shows its crude odds ratio.

    Examples
    --------
    >>> from keepsafe import backward_elimination
    >>> study = current()
    >>> chosen = backward_elimination(study.cohort, **study.asked("cse_any_abuse"))
    >>> model_table("cse_any_abuse", chosen, "Factors for CSE").frame["The 2019 text says"].iloc[0]
    'more likely, odds ratio 6.5 to 7 (L249)'
    """
    study = current()
    fitted = study.models[model]
    said = study.claims[study.claims["model"].eq(model) & study.claims["predictor"].isin([*study.cohort.columns])]
    others = [each for each in dict.fromkeys(said["predictor"]) if each not in selection.selected]
    rows = [
        _row(each, selection, fitted, said[said["predictor"] == each], study) for each in [*selection.selected, *others]
    ]
    frame = pd.DataFrame(rows).set_index("Factor")
    note = f"{AFTER} {NOISED}" if active() else AFTER
    why = "left out by the selection" + ", or withheld" * bool(active())
    return finished(value_name("model", model, joint="-"), frame, caption, note, why)


def models_table(name: str, selections: Mapping[str, Selection], caption: str) -> Table | LeftOut:
    """Several selections, a row a model: how many have the outcome, candidates, events per candidate, factors kept.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    selections : by the name of the model in the study file, as `backward_elimination` returns them.

    Examples
    --------
    >>> from keepsafe import backward_elimination, open_study
    >>> study = open_study()
    >>> chosen = backward_elimination(study.cohort, **study.asked("mental_health"))
    >>> print(models_table("doc-example", {"mental_health": chosen}, "One model").plain().splitlines()[-2])
    Mental health problems                   48         24                  2.0    2
    """
    study = current()
    rows = {
        study.models[model].label: {
            **fitted.full.fit.iloc[0],
            "candidates": len(study.models[model].candidates),
            "kept": len(fitted.selected),
        }
        for model, fitted in selections.items()
    }
    columns = {
        "Young people with it": "events:d",
        "Candidates": "candidates:d",
        "Events per candidate": "events_per_variable:.1f",
        "Kept": "kept:d",
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("Outcome")
    return table(name, frame, caption, columns, note="Events per candidate counts the rarer of the outcome's values.")


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
        "Events per variable": "events_per_variable:.1f",
    }
    return table(name, frame, caption, columns, missing="nothing removed yet")


def stability_table(name: str, stable: Stability, caption: str) -> Table | LeftOut:
    """How steady the factors are that a selection kept: in how many resamples, with which sign, how far off.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    stable : as `bootstrap_selection` returns it.

    Examples
    --------
    >>> from keepsafe import bootstrap_selection
    >>> stable = bootstrap_selection(current().cohort, "cse", ["female", "moves_total"], 20)
    >>> stability_table("doc-example", stable, "Stability").frame.index.tolist()
    ['Female', 'Total moves']
    """
    kept = stable.inclusion[stable.inclusion["predictor"].isin(stable.selection.selected)]
    columns = {
        "In resamples, per cent": "{inclusion:.0%}",
        "Same sign, per cent": "{sign_stability:.0%}",
        "RMSD ratio": "rmsd_ratio:.2f",
        "Bias if selected, per cent": "{relative_bias:.0%}",
        "LASSO coefficient": "lasso:.2f",
        "Full model": "B_full:.2f",
    }
    note = (
        "RMSD ratio: typical distance of the resampled coefficient (zero where it is dropped) from the full "
        "model's, divided by its standard error there. Bias if selected: how much farther from zero than the full "
        "model's a coefficient is on average when it is kept."
    )
    return table(name, kept.set_index("predictor").rename_axis("Factor"), caption, columns, note=note)


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
    >>> from keepsafe import open_study
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
    return finished(name, made, caption, " ".join(filter(None, (note, NOISED if active() else ""))))


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


def _row(factor: str, selection: Selection, model: Model, said: pd.DataFrame, study: OpenStudy) -> dict:
    kind, published, words = _claimed(said)
    final, full = (fit.coefficients.set_index("predictor") for fit in (selection.final, selection.full))

    def number(what: str, figure: float, unit: str = "") -> Value:
        tied = {"published": published, "kind": kind} if what == "odds_ratio" else {"kind": Kind.NOT_COMPARABLE}
        return value(figure, claim_value(model.name, factor, what), unit, 2, **tied)

    row = {"Factor": study.label(factor), "Odds ratio (95% interval)": None, "p": None}
    if factor in final.index:
        ends = {what: number(what, final.at[factor, what]) for what in ("odds_ratio", "low", "high")}
        row["Odds ratio (95% interval)"] = sentence("{odds_ratio} ({low} to {high})", **ends)
        row["p"] = number("p", final.at[factor, "p"], "p")
    elif len(said) and said["significance"].eq("").all():
        row["Odds ratio (95% interval)"] = sentence(
            "{o}, not adjusted", o=number("odds_ratio", _crude(study.cohort, model, factor))
        )
    elif factor not in selection.full.design.withheld:
        row["Odds ratio (95% interval)"] = value(
            LEFT_OUT, claim_value(model.name, factor), published=published, kind=kind
        )
    row["Full model"] = number("full", full.at[factor, "odds_ratio"]) if factor in full.index else None
    return row | {"The 2019 text says": words}


def _crude(cohort: pd.DataFrame, model: Model, factor: str) -> float | None:
    """The odds ratio that is not adjusted for anything; None where disclosure control withholds it."""
    try:
        fit = fit_logistic(cohort, model.outcome.variable, [factor], event=model.outcome.event)
    except Withheld:
        return None
    return fit.coefficients["odds_ratio"].iloc[1]


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
