"""Beside the 2019 report: its tables in their own layout, what its text says of comparisons, a team's differences."""

from collections.abc import Collection, Sequence

import pandas as pd

from keepsafe import runs
from keepsafe.statistics.compare import beside_printed, compare_groups
from keepsafe.statistics.intervals import mean_difference, risk_difference
from keepsafe.statistics.recompute import recompute
from keepsafe.study.definition import Study
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.opened import OpenStudy, current, quotation
from keepsafe.telling.register import Kind
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.tables import Table, finished, table
from keepsafe.telling.values import Value, named, value, value_name
from keepsafe.telling.words import of_figure

#: What one row of a printed table holds, by the first statistic of its figures.
PATTERNS = {
    "percent": "{percent}",
    "count": "{percent} ({count})",
    "mean": "{mean} ({sd})",
    "min": "{min}–{max}",
}
MARKERS = "Markers: printed / recomputed"
SAID = {"significant": "significant", "marginal": "marginally significant", "none": "no significant difference",
        "most": "of most outcomes", "": "no word on significance"}  # fmt: skip
TOWARDS = {"higher": "higher", "lower": "lower", "same": "similar", "": ""}
DIFFERENCES = ["id", "variable", "level", "phase", "group", "statistic", "decimals", "printed", "here", "difference",
               "low", "high"]  # fmt: skip


def published_table(source: str, caption: str, test: str = "pearson", mean_test: str = "t") -> Table | LeftOut:
    """A table of the 2019 report in its own layout, computed again from the cohort.

    Parameters
    ----------
    source : "table_1" to "table_4"; the table's name is the same with a dash.
    caption : what the table shows.
    test, mean_test : tests behind the recomputed markers, as for `compare_groups`.

    Returns
    -------
    Table
        a row a printed row, a column a group and phase, and a column a contrast with "printed / recomputed"
        markers. A cell whose figure is not what was printed shows the printed one beside it.

    Examples
    --------
    >>> published_table("table_3", "Abuse experiences").note[:18]
    'Percentages of kno'
    """
    study = current()
    figures, cohort = study.figures, study.cohort
    part = figures[(figures["source"] == source) & (figures["variable"] != study.settings["study"]["person"])
                   & ~((figures["variable"] == "ssd_after_closure") & (figures["statistic"] == "count"))]  # fmt: skip
    part = part.assign(**recompute(part, cohort, study)[["recomputed", "agrees"]])
    row_of = part.apply(_row_key, axis=1)
    cells = {
        (row, (figure["phase"].iloc[0], figure["group"].iloc[0])): _cell(figure, row[2])
        for (row, *_), figure in part.groupby([row_of, "phase", "group"], sort=False)
    }
    frame = pd.Series(cells).unstack(sort=False)
    marks = markers(source, study, test, mean_test)
    for contrast, label in ((name, entry.label) for name, entry in study.contrasts.items()):
        frame[MARKERS, label] = [
            marks.get((*row[:2], contrast), "") if row[2] != "mean" else "" for row in row_of.unique()
        ]
    frame.columns = pd.MultiIndex.from_tuples(
        [column if column[0] == MARKERS else _heading(*column, study) for column in frame.columns]
    )
    many = part.groupby("variable")["level"].nunique().gt(1)
    columns = {row: study.column(row[0], phase) for row, phase in zip(row_of[::-1], part["phase"][::-1], strict=True)}
    frame.index = pd.MultiIndex.from_tuples(
        [_label(row, columns[row], many, study) for row in frame.index], names=["Question or variable", "Figure"]
    )
    return finished(source.replace("_", "-"), frame, caption, _note(part, test), "not coded in this phase")


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

    def cell(row) -> Value | Sentence:
        key = value_name(*filter(None, (name, row.variable, row.level.replace("|", "-or-"), row.group)))
        if pd.isna(row.mean):
            return named(row.percent, key, "%", 1, safe=True)
        return sentence("{mean} ({sd})", mean=named(row.mean, f"{key}.mean", digits=1, safe=True),
                        sd=named(row.sd, f"{key}.sd", digits=1, safe=True))  # fmt: skip

    tuples = list(rows.itertuples())
    cells = pd.Series([cell(row) for row in tuples],
                      index=pd.MultiIndex.from_tuples([(*label(row), row.group_label) for row in tuples]))  # fmt: skip
    wide = cells.unstack(sort=False)
    wide.index.names = ["Variable", "Level"]
    of_known = (rows["percent"].notna() & (rows["denominator"] < rows["n"])).any()
    return finished(name, wide, caption, f"Percentages of {'those known' if of_known else 'all'}, or means (SD).")


def statements_table(name: str, lines: Collection[int], contrast: str, caption: str, test: str = "pearson",
                     mean_test: str = "t") -> Table | LeftOut:  # fmt: skip
    """Comparisons as the running text makes them, a row a statement, beside what the text says.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    lines : the lines of the 2019 report whose statements are shown.
    contrast : "risk", "cse" or "sex" (females against males, within each group).
    test, mean_test : as for `compare_groups`.

    Returns
    -------
    Table
        what is compared, both groups' percentage (or mean), p, and what the text says. What a group's figure agrees
        with is calibrated where it was printed, else calibrated in its direction only.

    Examples
    --------
    >>> statements_table("doc-example", [118], "cse", "Registration").frame["The 2019 text says"].iloc[0]
    'lower, significant'
    """
    study = current()
    comparisons, figures = study.comparisons, study.figures
    said = comparisons[comparisons["source"].eq("text") & comparisons["source_line"].isin(list(lines))
                       & comparisons["contrast"].eq(contrast)]  # fmt: skip
    compared = beside_text(said, contrast, study.cohort, study, test, mean_test)
    by_sex = contrast == "sex"
    labels = ["Female", "Male"] if by_sex else [study.groups[each].label for each in study.contrasts[contrast].groups]
    groups = ["", ""] if by_sex else list(study.contrasts[contrast].groups)
    printed = {(study.column(*pair), level, group) for *pair, level, group in
               figures[["variable", "phase", "level", "group"]].itertuples(index=False)}  # fmt: skip
    rows = []
    for row in compared.itertuples():
        kinds = [Kind.CALIBRATED if (row.column, row.level, group) in printed else Kind.DIRECTION for group in groups]
        key = ".".join(filter(None, (row.column, row.level.replace("|", "-or-"), row.stratum, contrast)))
        what = study.label(row.column)
        if row.column in study.codebook and row.level and row.level not in ("1", "0"):
            what += f": {study.codebook.level_label(row.column, row.level).lower()}"
        rows.append({"What is compared": what} | ({"Among": study.groups[row.stratum].label} if by_sex else {}) | {
            label: value(figure, f"text.{key}.{side}", "%" if row.counted else "", 1, kind=kind)
            for side, label, figure, kind in zip("ab", labels, (row.first, row.second), kinds, strict=True)
        } | {"p": value(row.p, f"text.{key}.p", "p", kind=max(kinds, key=list(Kind).index)),
             "The 2019 text says": ", ".join(filter(None, (TOWARDS[row.direction], SAID[row.wording]))),
        })  # fmt: skip
    by = f"{test.replace('_', ' ').capitalize()}'s test, for means by the t test"
    frame = pd.DataFrame(rows)
    frame = frame.set_index("What is compared") if rows else frame
    return finished(name, frame, caption, f"Percentages of known cases, or means. p by {by}.")


def figures_table(name: str, ids: Sequence[str], caption: str, note: str = "") -> Table | LeftOut:
    """Published figures, each beside the same one computed again.

    Parameters
    ----------
    name, caption, note : of the table, as for `table`.
    ids : of published figures, in the order of the rows.

    Examples
    --------
    >>> made = figures_table("doc-example", ["L287.police_provided.cse.percent"], "Police")
    >>> made.csv().splitlines()[1].split(",")[1:]
    ['L287', '57.4%', '57.4']
    """
    study = current()
    part = study.figures.set_index("id").loc[list(ids)].reset_index()
    frame = pd.DataFrame({
        "Figure": [of_figure(row, study) for row in part.itertuples()],
        "Line": part["source_line"].map("L{}".format),
        "Printed in 2019": part["id"].map(quotation),
        "Recomputed": part["id"].map(study.published_value),
    })  # fmt: skip
    return finished(name, frame.set_index("Figure"), caption, note)


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
    cells = {(row.label, (study.groups[row.group].label, row.question.capitalize())): _given(name, row)
             for row in rows.itertuples()}  # fmt: skip
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
    names = ("agreement", "kappa", "ac1", "prevalence", "weighted_kappa", "icc")
    heads = ("Agreement", "Kappa", "AC1", "Prevalence", "Weighted kappa", "ICC")
    columns = {"Files": "n"} | {head: f"{{{each}:.2f}} ({{{each}_low:.2f}} to {{{each}_high:.2f}})"
                                for head, each in zip(heads, names, strict=True)}  # fmt: skip
    undefined = "not defined for this kind of variable, or where the coders agree on every file"
    return table(name, agreed.set_index("variable").rename_axis("Variable"), caption, columns, missing=undefined)


def differences_table(name: str, groups: Collection[str], caption: str) -> Table | Sentence | LeftOut:
    """A team's own files beside the tables of 2019: differences with their intervals.

    On synthetic files a sentence stands here, for those were made to have none.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    groups : names of the groups that are shown.

    Examples
    --------
    >>> str(differences_table("doc-example", ["total"], "Differences from 2019"))[:55]
    'The synthetic files were made to give these figures, so'
    """
    study = current()
    if runs.synthetic():
        return sentence("The synthetic files were made to give these figures, so there is no difference to be seen. On "
                        "a team's own files a table stands here.")  # fmt: skip
    found = differences(study.figures, study.cohort, study)
    found = found[found["group"].isin(list(groups))]

    def shown(row, what: str) -> Value:
        here = what == "here"
        return value(getattr(row, what), f"difference.{row.id.lower()}.{what}",
                     "%" if row.statistic == "percent" and here else "", row.decimals,
                     (row.id, quotation(row.id)) if here else None, Kind.DIFFERENCE)  # fmt: skip

    rows = [{
        "What": _what(row, study), "Group": study.groups[row.group].label,
        "2019": study.figures.loc[study.figures["id"] == row.id, "value"].iat[0], "Here": shown(row, "here"),
        "Difference (95% interval)": sentence("{difference} ({low} to {high})",
                                              **{what: shown(row, what) for what in ("difference", "low", "high")}),
    } for row in found.itertuples()]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame = frame.set_index("What") if rows else frame
    return finished(name, frame, caption, "Percentages (differences in percentage points) or means.")


def differences(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each percentage and mean of the 2019 tables beside the same in a cohort, the cohort's less that of 2019.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    cohort, study : the data, and the groups.

    Returns
    -------
    DataFrame
        one row a figure that can be computed here: id, variable, level, phase, group, statistic, decimals, printed,
        here, difference, low, high (95%: Newcombe's interval for percentages, Welch's for means).

    Examples
    --------
    >>> from keepsafe import load_cohort, load_figures, load_study
    >>> found = differences(load_figures(), load_cohort(), load_study()).set_index("id")
    >>> found.loc["table_1.lived_care.p1.cse.percent", ["printed", "here", "difference"]].abs().round(1).tolist()
    [66.7, 66.7, 0.0]
    """
    tables = figures[figures["source"].str.startswith("table_") & figures["stratum"].eq("")]
    tables = tables[tables["group"].isin(study.groups) & tables["n_printed"].ne("")]
    found = tables.join(recompute(tables, cohort, study)[["n", "k", "recomputed"]]).dropna(subset="recomputed")
    sd = found[found["statistic"] == "sd"].set_index(["variable", "phase", "group"])
    rows = []
    for row in found.itertuples():
        printed, n = float(row.value), int(row.n_printed)
        key = (row.variable, row.phase, row.group)
        if row.statistic == "percent" and pd.notna(row.k):
            part = [100 * number for number in risk_difference(row.k, row.n, round(printed * n / 100), n)]
        elif row.statistic == "mean" and key in sd.index:
            spread = sd.loc[key]
            part = mean_difference(row.recomputed, spread["recomputed"], row.n, printed, float(spread["value"]), n,
                                   pooled=False)  # fmt: skip
        else:
            continue
        rows.append((row.id, row.variable, row.level, row.phase, row.group, row.statistic, int(row.decimals), printed,
                     row.recomputed, *map(float, part)))  # fmt: skip
    return pd.DataFrame(rows, columns=DIFFERENCES)


def beside_text(said: pd.DataFrame, contrast: str, cohort: pd.DataFrame, study: Study, test: str = "pearson",
                mean_test: str = "t") -> pd.DataFrame:  # fmt: skip
    """The statements with both groups' figure, p and marker.

    Adds column, first, second (the groups' figures), counted (whether these are percentages), p, recomputed, agrees.

    For sex, `first` is the females' figure.
    """
    columns = [study.column(*pair) for pair in dict.fromkeys(zip(said["variable"], said["phase"], strict=True))]
    joined: dict[str, list[str]] = {}
    for variable, phase, level in said[["variable", "phase", "level"]].drop_duplicates().itertuples(index=False):
        if "|" in level:
            joined.setdefault(study.column(variable, phase), []).append(level)
    by_sex = contrast == "sex"
    within = study if by_sex else study.strata["sex"] if said["stratum"].ne("").any() else None
    frame = compare_groups(cohort, columns, by="sex" if by_sex else study, within=within, denominators="known",
                           test=test, mean_test=mean_test, total=False, unknown=(), joined=joined)  # fmt: skip
    frame = frame[frame["contrast"] == contrast]
    beside = beside_printed(frame, said)
    figure = frame.assign(figure=frame["percent"].fillna(frame["mean"]))
    sides = figure.groupby(["variable", "level", "stratum"], sort=False).agg(
        first=("figure", "first"),
        second=("figure", "last"),
        counted=("percent", lambda share: share.notna().any()),
    )
    return beside.join(sides, on=["column", "level", "stratum"])


def markers(source: str, study: OpenStudy, test: str = "pearson",
            mean_test: str = "t") -> dict[tuple[str, str, str], str]:  # fmt: skip
    """Printed and recomputed marker of each comparison of a table, by variable, level and contrast: '† / *'."""
    printed = study.comparisons[study.comparisons["source"] == source]
    columns = [study.column(*pair) for pair in dict.fromkeys(zip(printed["variable"], printed["phase"], strict=True))]
    joined = {study.column(variable, phase): [level] for variable, phase, level in
              printed[["variable", "phase", "level"]].itertuples(index=False) if "|" in level}  # fmt: skip
    frame = compare_groups(study.cohort, columns, by=study, denominators="known", test=test,
                           mean_test=mean_test, unknown=(), joined=joined)  # fmt: skip
    beside = beside_printed(frame, printed).fillna({"recomputed": ""})  # no test where everybody is alike
    return {
        (row.variable, row.level, row.contrast): f"{row.marker or 'none'} / {row.recomputed or 'none'}"
        for row in beside.itertuples()
        if row.marker or row.recomputed
    }


def _row_key(figure: pd.Series) -> tuple[str, str, str]:
    pattern = {"sd": "mean", "max": "min"}.get(figure["statistic"], figure["statistic"])
    return figure["variable"], figure["level"], "percent" if pattern == "count" else pattern


def _cell(figures: pd.DataFrame, pattern: str):
    shown = {
        row.statistic: value(row.recomputed, row.id, "%" if row.statistic == "percent" else "", row.decimals,
                             (row.id, quotation(row.id)), Kind.CALIBRATED)
        for row in figures.itertuples()
    }  # fmt: skip
    template = PATTERNS["count" if {"percent", "count"} <= set(shown) else pattern]
    missed = figures[~figures["agrees"].fillna(False).astype(bool)]
    if len(missed):
        template += f" [printed: {', '.join(missed['value'])}]"
    return sentence(template, **shown)


def _heading(phase: str, group: str, study: Study) -> tuple[str, str]:
    return (f"Phase {phase}" if phase else "At and after closure"), study.groups[group].label


def _label(row: tuple[str, str, str], column: str, many: pd.Series, study: Study) -> tuple[str, str]:
    variable, level, pattern = row
    label = study.label(column)
    if many[variable]:
        return label, study.codebook.level_label(column, level)
    described = study.codebook[(study.derived[column].sources[0] if column in study.derived else column)]
    suffix = {"mean": ", mean (SD)", "min": ", range"}.get(pattern, "")
    return described.question, label + suffix


def _note(part: pd.DataFrame, test: str) -> str:
    differ = int((~part["agrees"].fillna(False).astype(bool)).sum())
    told = {0: "Every figure prints as in 2019."}.get(
        differ, f"{differ} of {len(part)} figures cannot be what was printed; the printed one stands beside."
    )
    return (f"Percentages of known cases. {told} Markers: † p < .10, * p < .05, ** p < .01, *** p < .001, "
            f"recomputed by {test.replace('_', ' ').capitalize()}'s test, means by the t test.")  # fmt: skip


def _what(row, study: Study) -> str:
    column = study.column(row.variable, row.phase)
    level = study.codebook.level_label(column, row.level) if row.level not in ("", "1") else ""
    return ", ".join(filter(None, (study.label(column), level, f"phase {row.phase}" if row.phase else "")))
