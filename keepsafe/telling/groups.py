"""Groups as tables: variables down the side and groups across, responses, and two coders beside each other."""

import pandas as pd

from keepsafe.telling.absent import LeftOut
from keepsafe.telling.opened import current, follows, printed_numbers
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.tables import Table, finished, table
from keepsafe.telling.values import Kind, Value, named, printed_words, value, value_name


def groups_table(name: str, compared: pd.DataFrame, caption: str) -> Table | LeftOut:
    """A comparison as a table: variables down the side and groups across, percentages or means (SD).

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    compared : as `compare_groups` returns it, without strata.

    Returns
    -------
    Table; under disclosure control a sentence in the place of one of which nothing stands.

    Examples
    --------
    >>> from keepsafe import compare_groups
    >>> study = current()
    >>> made = groups_table("doc-example", compare_groups(study.cohort, ["female"], by=study), "Who they were")
    >>> made.csv().splitlines()[1]
    'Female,yes,54.6,51.5,60.9,47.0,75.9'
    """
    study = current()
    rows = compared[compared["percent"].notna() | compared["mean"].notna()]
    rows = rows[rows["level"] != "missing"].drop_duplicates(["variable", "level", "group"])
    if rows.empty:
        return finished(name, rows, caption)
    many = rows.groupby("variable")["level"].nunique().gt(1)

    def label(row) -> tuple[str, str]:
        level = study.codebook.level_label(row.variable, row.level) if many[row.variable] else ""
        return study.label(row.variable), level or ("mean (SD)" if pd.notna(row.mean) else "yes")

    known = printed_numbers(study)

    def tie(row) -> dict:
        """Kind and counterpart: printed, or what the other of two printed levels leaves; all else is not comparable."""
        what = "percent" if pd.isna(row.mean) else "mean"
        if figure := known.get((what, row.variable, row.level, row.group)):
            return {"kind": Kind.CALIBRATED, "published": (figure, printed_words(figure))}
        levels = set(rows.loc[rows["variable"].eq(row.variable), "level"])
        derived = what == "percent" and follows(study, known, row.variable, row.level, row.group, levels)
        return {"kind": Kind.DERIVED if derived else Kind.NOT_COMPARABLE}

    def cell(row) -> Value | Sentence:
        key = value_name(*filter(None, (name, row.variable, row.level.replace("|", "-or-"), row.group)))
        if pd.isna(row.mean):
            return value(row.percent, key, "%", 1, **tie(row))
        mean = value(row.mean, f"{key}.mean", digits=1, **tie(row))
        return sentence("{mean} ({sd})", mean=mean, sd=value(row.sd, f"{key}.sd", digits=1, kind=Kind.NOT_COMPARABLE))

    tuples = list(rows.itertuples())
    cells = pd.Series(
        [cell(row) for row in tuples],
        index=pd.MultiIndex.from_tuples([(*label(row), row.group_label) for row in tuples]),
    )
    wide = cells.unstack(sort=False)
    wide.index.names = ["Variable", ""]
    of_known = (rows["percent"].notna() & (rows["denominator"] < rows["n"])).any()
    return finished(name, wide, caption, f"Percentages of {'those known' if of_known else 'all'}, or means (SD).")


def responses_table(name: str, counted: pd.DataFrame, caption: str, note: str = "") -> Table | LeftOut:
    """Responses provided, and requested by the young person: a column a group and question, number (per cent).

    Parameters
    ----------
    name, caption, note : of the table, as for `table`.
    counted : as `responses` returns it.

    Examples
    --------
    >>> from keepsafe import open_study, responses
    >>> study = open_study()
    >>> shown = responses_table("doc-example", responses(study.cohort, study, ["cse"]), "Responses")
    >>> shown.frame.columns.tolist()
    [('CSE group', 'Provided'), ('CSE group', 'Requested')]
    """
    study, rows = current(), counted[counted["question"] != "impact"]
    cells = {
        (row.label, (study.groups[row.group].label, row.question.capitalize())): _given(name, row)
        for row in rows.itertuples()
    }
    frame = pd.Series(cells, dtype=object).unstack(sort=False)
    if len(frame):
        frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    return finished(name, frame.rename_axis("Response"), caption, note)


def _given(name: str, row) -> Sentence:
    key = value_name(name, row.response)
    share = named(row.percent, f"{key}.share.{row.group}.{row.question}", "%", 1)
    return sentence("{k} ({share})", k=named(row.k, f"{key}.k.{row.group}.{row.question}"), share=share)


def agreement_table(name: str, agreed: pd.DataFrame, caption: str) -> Table | LeftOut:
    """Two coders beside each other: a row a variable, a column a coefficient with its interval.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    agreed : as `agreement` returns it.

    Examples
    --------
    >>> from keepsafe import agreement
    >>> one, two = (pd.DataFrame({"neglect_p1": codes}) for codes in ([1, 0, 1, 0], [1, 0, 0, 0]))
    >>> agreement_table("doc-example", agreement(one, two, ["neglect_p1"]), "Agreement").frame.index.tolist()
    ['Neglect']
    """
    for part in ("", "_low", "_high"):  # no variable has both
        agreed = agreed.assign(**{f"graded{part}": agreed[f"weighted_kappa{part}"].fillna(agreed[f"icc{part}"])})
    names = ("agreement", "kappa", "ac1", "prevalence", "graded")
    heads = ("Agreement", "Kappa", "AC1", "Prevalence", "Weighted kappa, or ICC")
    columns = {"Files": "n"} | {
        head: f"{{{each}:.2f}} ({{{each}_low:.2f}} to {{{each}_high:.2f}})"
        for head, each in zip(heads, names, strict=True)
    }
    undefined = "not defined for this kind of variable, or where the coders agree on every file"
    note = "Weighted kappa for categories in an order, the intraclass correlation (ICC) for numbers."
    agreed = agreed.set_index("variable").rename_axis("Variable")
    return table(name, agreed, caption, columns, note=note, missing=undefined)
