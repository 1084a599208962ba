"""A selected model as a table: what it keeps, beside the full model and what the 2019 text says of each factor."""

import pandas as pd

from keepsafe.disclosure import Withheld
from keepsafe.logistic import Selection, fit_logistic
from keepsafe.study import Model, Study
from keepsafe.tables.display import Table, table
from keepsafe.values import Kind, Value, say, value, value_name
from keepsafe.values.claims import LEFT_OUT, claim_value

SAID = {"risk": "more likely", "protective": "less likely", "null": "no association"}


def model_table(selection: Selection, model: Model, claims: pd.DataFrame, cohort: pd.DataFrame, study: Study,
                caption: str, name: str) -> Table:  # fmt: skip
    """Lay a selected model out: a row a factor that it keeps, then what the 2019 text names and it leaves out.

    Parameters
    ----------
    selection : as `backward_elimination` returns it.
    model : the model of the study file that was fitted.
    claims : as `load_claims` returns them.
    cohort, study : the data, and labels.
    caption, name : of the table.

    Returns
    -------
    Table
        factor, odds ratio (interval) and p in the final model, odds ratio in the full model, the 2019 wording. A factor
        that is said to go with the outcome, and is not kept, shows its crude odds ratio. Values are named so that the
        scorecard finds them.
    """
    said = claims[(claims["model"] == model.name) & claims["predictor"].isin([*cohort.columns])]
    final = selection.final.coefficients.set_index("predictor")
    full = selection.full.coefficients.set_index("predictor")
    kept = [name for name in selection.selected]
    others = [name for name in dict.fromkeys(said["predictor"]) if name not in kept]
    rows = [_row(name, final, full, model, said[said["predictor"] == name], cohort, study) for name in kept + others]
    note = ("Wald intervals, 95%. The p-values come after selection and are too good: read the full model beside them. "
            "Sizes that the 2019 report does not print are ours.")  # fmt: skip
    return table(pd.DataFrame(rows), caption, name, note=note, missing="left out by the selection")


def odds_ratio_table(selection: Selection, study: Study, caption: str, name: str) -> Table:
    """Lay a selected model out without a look at the 2019 report: a row a column of the full model.

    Parameters
    ----------
    selection : as `backward_elimination` returns it.
    study : labels.
    caption, name : of the table; `name` also begins the names of its values.

    Returns
    -------
    Table
        factor, odds ratio (95% interval) and p in the final model, odds ratio in the full model.
    """
    kept = selection.final.coefficients.set_index("column")

    def number(row, column: str, unit: str = "") -> Value:
        id = value_name(name, row.column, column)
        return value(getattr(row, column), id, unit=unit, digits=2, safe=True)

    rows = []
    for full in selection.full.coefficients[1:].itertuples():
        shown = {"Factor": term_label(full.column, study), "Odds ratio (95% interval)": None, "p": None}
        if full.column in kept.index:
            row = next(kept.loc[[full.column]].reset_index().itertuples())
            shown["Odds ratio (95% interval)"] = say("{o} ({low} to {high})", o=number(row, "odds_ratio"),
                                                     low=number(row, "low"), high=number(row, "high"))  # fmt: skip
            shown["p"] = number(row, "p", "p")
        full_model = value(full.odds_ratio, value_name(name, full.column, "full"), digits=2, safe=True)
        rows.append(shown | {"With all candidates": full_model})
    note = f"Wald intervals. {selection.warning}"
    return table(pd.DataFrame(rows), caption, name, note=note, missing="left out by the selection")


def term_label(column: str, study: Study) -> str:
    """A column of a model in words: a variable's label, and the level that it stands for.

    >>> from keepsafe import load_study
    >>> term_label("parents_p1=breakdown", load_study())
    'Relationship with parents: complete breakdown'
    """
    variable, _, level = column.partition("=")
    label = study.label(variable)
    return f"{label}: {study.codebook.level_label(variable, level).lower()}" if level else label


def path_table(selection: Selection, study: Study, caption: str, name: str) -> Table:
    """The steps of a backward elimination: what left, its test, and what the model then explained."""
    rows = [
        {
            "Step": str(row.step),
            "Removed": study.label(row.term) if row.term else "(all candidates in)",
            "Statistic": _plain(row.statistic, f"{name}.{row.step}.statistic", 2),
            "df": _plain(row.df, f"{name}.{row.step}.df", 0),
            "p": _plain(row.p if row.term else None, f"{name}.{row.step}.p", 3, "p"),
            "-2 log likelihood": _plain(row.deviance, f"{name}.{row.step}.deviance", 1),
            "Nagelkerke R2": _plain(row.nagelkerke, f"{name}.{row.step}.nagelkerke", 2),
            "Events per variable": _plain(row.events_per_variable, f"{name}.{row.step}.epv", 1),
        }
        for row in selection.path.itertuples()
    ]
    return table(pd.DataFrame(rows), caption, name, missing="nothing removed yet")


def _row(name: str, final: pd.DataFrame, full: pd.DataFrame, model: Model, said: pd.DataFrame, cohort: pd.DataFrame,
         study: Study) -> dict:  # fmt: skip
    kind, published, words = _claimed(said)

    def number(what: str, figure: float, digits: int = 2, unit: str = "") -> Value:
        tied = {"published": published, "kind": kind} if what == "odds_ratio" else {"kind": Kind.NOT_COMPARABLE}
        return value(figure, claim_value(model.name, name, what), unit=unit, digits=digits, safe=True, **tied)

    row = {"Factor": study.label(name)}
    if name in final.index:
        found = final.loc[name]
        row["Odds ratio (95% interval)"] = say("{o} ({low} to {high})", o=number("odds_ratio", found["odds_ratio"]),
                                               low=number("low", found["low"]),
                                               high=number("high", found["high"]))  # fmt: skip
        row["p"] = number("p", found["p"], unit="p")
    elif len(said) and said["significance"].eq("").all():
        row["Odds ratio (95% interval)"] = say("{o}, not adjusted", o=number("odds_ratio", _crude(cohort, model, name)))
        row["p"] = None
    else:
        row["Odds ratio (95% interval)"] = value(
            LEFT_OUT, claim_value(model.name, name), published=published, kind=kind
        )
        row["p"] = None
    row["Full model"] = number("full", full.loc[name, "odds_ratio"]) if name in full.index else None
    return row | {"The 2019 text says": say(words)}


def _crude(cohort: pd.DataFrame, model: Model, name: str) -> float | None:
    """The odds ratio that is not adjusted for anything; None where disclosure control withholds it."""
    try:
        fit = fit_logistic(cohort, model.outcome.variable, [name], event=model.outcome.event)
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


def _plain(figure: float | None, id: str, digits: int, unit: str = "") -> Value | None:
    if pd.isna(figure):
        return None
    return value(figure, id, unit=unit, digits=digits, kind=Kind.NOT_COMPARABLE, safe=True)
