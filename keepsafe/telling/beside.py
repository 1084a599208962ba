"""Side by side: the 2019 report's tables, figures and statements with the same computed; responses; two coders.

Longer than 300 lines: a cell beside another is made in much the same way in each.
"""

from collections.abc import Collection, Sequence

import pandas as pd

from keepsafe.problems import InputError
from keepsafe.statistics.association import MeanTest, Test
from keepsafe.statistics.comparison import compare_groups
from keepsafe.statistics.intervals import mean_difference, risk_difference
from keepsafe.statistics.recompute import beside_printed, recompute
from keepsafe.study import Study
from keepsafe.study.published import of_figure
from keepsafe.telling.opened import LeftOut, OpenStudy, current
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.tables import Table, finished, table
from keepsafe.telling.values import DASH, Kind, Value, named, printed_words, value, value_name

#: What one row of a printed table holds, by the first statistic of its figures.
PATTERNS = {
    "percent": "{percent}",
    "count": "{percent} ({count})",
    "mean": "{mean} ({sd})",
    "min": "{min}–{max}",
}
MARKERS = "Markers: printed / recomputed"
SAID = {
    "significant": "significant",
    "marginal": "marginally significant",
    "none": "no significant difference",
    "most": "of most outcomes",
    "": "no word on significance",
}
TOWARDS = {"higher": "higher", "lower": "lower", "same": "similar", "": ""}
#: Whether a usual test gives what was printed, where the one that is shown does not: in a table, and in words.
FITS = {
    "agrees": ("≈", "another usual test gives it"),
    "agrees by another test": ("≈", "another usual test gives it"),
    "differs": ("≠", "no usual test gives it"),
}


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
    study, cells = current(), {}
    for row in counted[counted["question"] != "impact"].itertuples():
        key, of = value_name(name, row.response), f"{row.group}.{row.question}"
        share = named(row.percent, f"{key}.share.{of}", "%", 1)
        both = sentence("{k} ({share})", k=named(row.k, f"{key}.k.{of}"), share=share)
        cells[row.label, (study.groups[row.group].label, row.question.capitalize())] = both
    frame = pd.Series(cells, dtype=object).unstack(sort=False)
    if len(frame):
        frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    return finished(name, frame.rename_axis("Response"), caption, note)


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
    coefficients = {"Agreement": "agreement", "Kappa": "kappa", "AC1": "ac1", "Prevalence": "prevalence"}
    coefficients["Weighted kappa, or ICC"] = "graded"
    columns = {"Files": "n"} | {
        head: f"{{{each}:.2f}} ({{{each}_low:.2f}} to {{{each}_high:.2f}})" for head, each in coefficients.items()
    }
    undefined = "not defined for this kind of variable, or where the coders agree on every file"
    note = "Weighted kappa for categories in an order, the intraclass correlation (ICC) for numbers."
    agreed = agreed.set_index("variable").rename_axis("Variable")
    return table(name, agreed, caption, columns, note=note, missing=undefined)


def published_table(source: str, caption: str, test: Test = "pearson", mean_test: MeanTest = "t") -> Table | LeftOut:
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
    'Percentages of tho'
    """
    study = current()
    figures, cohort, person = study.figures, study.cohort, study.settings["study"]["person"]
    part = figures[(figures["source"] == source) & (figures["variable"] != person)]
    if part.empty:
        known = f"one of {', '.join(sorted({*figures['source']} - {'text'}))}"
        raise InputError.of(f"no figures were printed in {source!r}", column="source", remedy=known)
    at = part[part["statistic"].eq("percent")].groupby("variable")["source_line"].first()
    apart = part["variable"].map(at).fillna(part["source_line"]).ne(part["source_line"])
    part = part[~(part["statistic"].eq("count") & apart)]  # a count on a line without its share is the base of others
    part = part.join(recompute(part, cohort, study)[["recomputed", "agrees"]]).fillna({"agrees": False})
    pattern = part["statistic"].replace({"sd": "mean", "max": "min", "count": "percent"})
    row_of = pd.Series(zip(part["variable"], part["level"], pattern, strict=True), part.index)
    cells = {
        (row, (_phase(phase) or "At and after closure", study.groups[group].label)): _cell(figure, row[2])
        for (row, phase, group), figure in part.groupby([row_of, "phase", "group"], sort=False)
    }
    frame = pd.Series(cells).unstack(sort=False)
    marks = markers(source, study, test, mean_test)
    for contrast, entry in study.contrasts.items():
        frame[MARKERS, entry.label] = [
            marks.get((*row[:2], contrast), "") if row[2] != "min" else "" for row in frame.index
        ]
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    many = part.groupby("variable")["level"].nunique().gt(1)
    columns = {row: study.column(row[0], phase) for row, phase in zip(row_of[::-1], part["phase"][::-1], strict=True)}
    frame.index = pd.MultiIndex.from_tuples(
        [_label(row, columns[row], many, study) for row in frame.index],
        names=["Question or variable", "What was recorded"],
    )
    missing = "not coded in this phase" if frame.isna().to_numpy().any() else ""
    return finished(source.replace("_", "-"), frame, caption, _note(part, test, frame[MARKERS]), missing)


def statements_table(
    name: str, lines: Collection[int], contrast: str, caption: str, test: Test = "pearson", mean_test: MeanTest = "t"
) -> Table | LeftOut:
    """Comparisons as the running text makes them, a row a statement, beside what the text says.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    lines : the lines of the 2019 report whose statements are shown.
    contrast : the groups compared: "risk" or "cse".
    test, mean_test : as for `compare_groups`.

    Returns
    -------
    Table
        what is compared, both groups' percentage (or mean), what the text says, and p where both were printed (on a
        team's own files always). A number that was not printed is calibrated in its direction only.

    Examples
    --------
    >>> statements_table("doc-example", [118], "cse", "Registration").frame["The 2019 text says"].iloc[0]
    'lower, significant'
    """
    study = current()
    said = study.comparisons[study.comparisons["source_line"].isin(list(lines))]
    said = said[said["source"].eq("text") & said["contrast"].eq(contrast)]
    compared = beside_text(said, contrast, study, test, mean_test)
    groups, answers = study.contrasts[contrast].groups, {} if study.own else study.answers
    figures = study.figures[study.figures["statistic"].isin(["count", "percent", "mean"])]
    printed = {
        (study.column(row.variable, row.phase), row.level, row.group, row.statistic != "mean")
        for row in figures.itertuples()
    }
    rows = []
    for row in compared.itertuples():
        ways, counted = ([row.level], row.level.split("|")), bool(row.counted)
        told = [any(all((row.column, x, group, counted) in printed for x in way) for way in ways) for group in groups]
        kinds = [Kind.CALIBRATED if there else Kind.DIRECTION for there in told]
        key = ".".join(filter(None, (row.column, row.level.replace("|", "-or-"), row.stratum, contrast)))
        what = study.label(row.column)
        if row.column in study.codebook and row.level and row.level not in ("1", "0"):
            what += f": {study.codebook.level_label(row.column, row.level, within=True)}"
        fits = answers.get((row.column, row.level, row.stratum, contrast))
        fits = f" ({FITS[fits][1]})" if fits in FITS and pd.notna(row.agrees) and not row.agrees else ""
        tested = study.own or Kind.DIRECTION not in kinds  # a p of shares that nobody printed says nothing
        cells: dict[str, Value | str] = {"What is compared": what}
        for side, group, number, kind in zip("ab", groups, (row.first, row.second), kinds, strict=True):
            unit = "%" if row.counted else ""
            cells[study.groups[group].label] = value(number, f"text.{key}.{side}", unit, 1, kind=kind)
        cells["p"] = value(row.p, f"text.{key}.p", "p", kind=Kind.CALIBRATED) if tested else DASH
        cells["The 2019 text says"] = ", ".join(filter(None, (TOWARDS[row.direction], SAID[row.wording]))) + fits
        rows.append(cells)
    means = "" if compared["counted"].all() else ", for means by the t test"
    by = f"{test.replace('_', ' ').capitalize()}'s test{means}"
    frame = pd.DataFrame(rows).set_index("What is compared") if rows else pd.DataFrame()
    untested = "that the report did not print both numbers" if rows and frame["p"].eq(DASH).any() else ""
    return finished(name, frame, caption, f"Percentages of those with an entry, or means. p by {by}.", untested)


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
    ['CSE group', 'L287', '57.4%', '57.4']
    """
    study = current()
    part = study.figures.set_index("id").loc[list(ids)].reset_index()
    places = [of_figure(row, study).partition("; ")[::2] for row in part.itertuples()]
    columns = {
        "Line": part["source_line"].map("L{}".format),
        "Printed in 2019": part["id"].map(printed_words),
        "Recomputed": part["id"].map(study.published_value),
    }
    frame = pd.DataFrame(columns).set_index(pd.MultiIndex.from_tuples(places, names=["Figure", "Among"]))
    return finished(name, frame, caption, note)


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
    if not study.own:
        return sentence(
            "The synthetic files were made to give these figures, so there is no difference to be seen. On "
            "a team's own files a table stands here."
        )
    found = differences(study.cohort, study)
    found = found[found["group"].isin(list(groups))]

    def shown(row, what: str) -> Value:
        unit = "%" if row.statistic == "percent" and what == "here" else ""
        published = (row.id, printed_words(row.id)) if what == "here" else None
        id = f"difference.{row.id.lower()}.{what}"
        return value(getattr(row, what), id, unit, row.decimals, published, Kind.DIFFERENCE)

    def what(row) -> str:
        column = study.column(row.variable, row.phase)
        level = study.codebook.level_label(column, row.level) if row.level not in ("", "1") else ""
        return ", ".join(filter(None, (study.label(column), level, _phase(row.phase).lower())))

    rows, ends = list(found.itertuples()), ("difference", "low", "high")
    columns = {
        "Group": [study.groups[row.group].label for row in rows],
        "2019": found["value"].tolist(),
        "Here": [shown(row, "here") for row in rows],
        "Difference (95% interval)": [
            sentence("{difference} ({low} to {high})", **{end: shown(row, end) for end in ends}) for row in rows
        ],
    }
    frame = pd.DataFrame(columns, pd.Index(map(what, rows), name="What"))
    return finished(name, frame, caption, "Percentages (differences in percentage points) or means.")


def _cell(figures: pd.DataFrame, pattern: str) -> Sentence:
    shown = {}
    for row in figures.itertuples():
        unit, published = "%" if row.statistic == "percent" else "", (row.id, printed_words(row.id))
        shown[row.statistic] = value(row.recomputed, row.id, unit, row.decimals, published, Kind.CALIBRATED)
    template = PATTERNS["count" if {"percent", "count"} <= set(shown) else pattern]
    if not figures["agrees"].all():
        template += f" [printed: {', '.join(figures.loc[~figures['agrees'], 'value'])}]"
    return sentence(template, **shown)


def _label(row: tuple[str, str, str], column: str, many: pd.Series, study: Study) -> tuple[str, str]:
    variable, level, pattern = row
    label = study.label(column)
    if many[variable]:
        return label, study.codebook.level_label(column, level)
    described = study.codebook[(study.derived[column].sources[0] if column in study.derived else column)]
    suffix = {"mean": ", mean (SD)", "min": ", range"}.get(pattern, "")
    unclear = " (period not clear)" if described.phase == "1" and column == variable else ""
    return described.question, label + unclear + suffix


def _note(part: pd.DataFrame, test: str, marks: pd.DataFrame) -> str:
    differ = int((~part["agrees"]).sum())
    means = ", means by the t test" if part["statistic"].eq("mean").any() else ""
    unlike = f"Figures that contradict others as printed: {differ} of {len(part)}; what was printed stands beside."
    notes = [
        "Percentages of those with an entry; where unknown has a row of its own, it counts as an entry.",
        unlike if differ else "Every figure prints as in 2019.",
        "Markers: † p < .10, * p < .05, ** p < .01, *** p < .001, recomputed by",
        f"{test.replace('_', ' ').capitalize()}'s test{means}; empty where there is neither.",
    ]
    signs = {
        "≈": "≈: another usual test, or one with the unknowns left out, gives the printed marker.",
        "≠": "≠: no usual test gives it (chapter 0).",
        "not tested?": "not tested?: this part of the table has no markers at all.",
    }
    shown = " ".join(marks.to_numpy().ravel())
    return " ".join([*notes, *(words for sign, words in signs.items() if sign in shown)])


def _phase(phase: str) -> str:
    return f"Phase {phase}" if phase else ""


def differences(cohort: pd.DataFrame, study: OpenStudy) -> pd.DataFrame:
    """Each percentage and mean of the 2019 tables beside the same in a cohort, the cohort's less that of 2019.

    The rows of `study.figures` that can be computed here, with printed, here, difference, low, high (95%: Newcombe's
    interval for percentages, Welch's for means).

    >>> from keepsafe import open_study
    >>> study = open_study()
    >>> found = differences(study.cohort, study).set_index("id")[["printed", "here", "difference"]]
    >>> found.loc["table_1.lived_care.p1.cse.percent"].abs().round(1).tolist()
    [66.7, 66.7, 0.0]
    """
    tables = study.figures[study.figures["source"].str.startswith("table_") & study.figures["stratum"].eq("")]
    tables = tables[tables["group"].isin(study.groups)].dropna(subset="n_printed")
    found = tables.join(recompute(tables, cohort, study)[["n", "k", "recomputed"]]).dropna(subset="recomputed")
    found = found.rename(columns={"recomputed": "here"}).assign(printed=found["value"].astype(float))
    sd = found[found["statistic"] == "sd"].set_index(["variable", "phase", "group"])
    ends = {}
    for row in found.itertuples():
        n, key = int(row.n_printed), (row.variable, row.phase, row.group)
        if row.statistic == "percent" and pd.notna(row.k):
            part = risk_difference(row.k, row.n, round(row.printed * n / 100), n)
            ends[row.Index] = tuple(100 * number for number in part)
        elif row.statistic == "mean" and key in sd.index:
            spread = sd.loc[key]
            ends[row.Index] = mean_difference(
                row.here, spread["here"], row.n, row.printed, spread["printed"], n, pooled=False
            )
    columns = ["difference", "low", "high"]
    return found.join(pd.DataFrame.from_dict(ends, orient="index", columns=columns, dtype=float), how="inner")


def beside_text(
    said: pd.DataFrame, contrast: str, study: OpenStudy, test: Test = "pearson", mean_test: MeanTest = "t"
) -> pd.DataFrame:
    """The statements with column, first and second (the groups' figures; for sex the females' is first), counted
    (whether these are percentages), p, recomputed and agrees.
    """
    by_sex = contrast == "sex"
    within = study if by_sex else study.strata["sex"] if said["stratum"].ne("").any() else None
    by = "sex" if by_sex else study
    frame = _compared(said, study, by=by, within=within, total=False, test=test, mean_test=mean_test)
    frame = frame[frame["contrast"] == contrast]
    figure = frame.assign(figure=frame["percent"].fillna(frame["mean"]), counted=frame["percent"].notna())
    sides = figure.groupby(["variable", "level", "stratum"], sort=False).agg(
        first=("figure", "first"), second=("figure", "last"), counted=("counted", "any")
    )
    return beside_printed(frame, said).join(sides, on=["column", "level", "stratum"])


def _compared(printed: pd.DataFrame, study: OpenStudy, **asked) -> pd.DataFrame:
    """The groups of the cohort compared on what was printed; `asked` as for `compare_groups`."""
    joined: dict[str, list[str]] = {}
    for variable, phase, level in printed[["variable", "phase", "level"]].drop_duplicates().itertuples(index=False):
        unions = joined.setdefault(study.column(variable, phase), [])
        if "|" in level:
            unions.append(level)
    return compare_groups(study.cohort, list(joined), denominators="known", unknown=(), joined=joined, **asked)


def markers(
    source: str, study: OpenStudy, test: Test = "pearson", mean_test: MeanTest = "t"
) -> dict[tuple[str, str, str], str]:
    """Printed and recomputed marker of each comparison of a table, by variable, level and contrast: '† / *'.

    Where they differ, ≈ says that another usual test, or one with the unknowns left out, gives the printed one, and ≠
    that none does; 'not tested?' stands where the part of the table has no markers at all.
    """
    printed = study.comparisons[study.comparisons["source"] == source]
    frame = _compared(printed, study, by=study, test=test, mean_test=mean_test)
    beside = beside_printed(frame, printed).fillna({"recomputed": ""})  # no test where everybody is alike
    found, answers = {}, {} if study.own else study.answers
    for row in beside.itertuples():
        if not (row.marker or row.recomputed):
            continue
        fits = answers.get((row.column, row.level, "", row.contrast), "")
        sign = FITS[fits][0] if fits in FITS and row.marker != row.recomputed else ""
        both = f"{row.marker or 'none'} / {row.recomputed or 'none'}{sign}"
        found[row.variable, row.level, row.contrast] = "not tested?" if fits == "no answer" else both
    return found
