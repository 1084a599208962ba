"""Beside the 2019 report: its tables in their own layout, what its text says of comparisons, a team's differences."""

from collections.abc import Collection, Sequence

import pandas as pd

from keepsafe.problems import InputError
from keepsafe.statistics.association import MeanTest, Test
from keepsafe.statistics.recompute import recompute
from keepsafe.study import Study
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.comparisons import FITS, beside_text, differences, markers, of_figure
from keepsafe.telling.numerals import DASH
from keepsafe.telling.opened import current
from keepsafe.telling.sentences import Sentence, sentence
from keepsafe.telling.tables import Table, finished
from keepsafe.telling.values import Kind, Value, printed_words, value

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
            marks.get((*row[:2], contrast), "") if row[2] != "min" else "" for row in row_of.unique()
        ]
    heads = [column if column[0] == MARKERS else _heading(column, study) for column in frame.columns]
    frame.columns = pd.MultiIndex.from_tuples(heads)
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
    comparisons, figures = study.comparisons, study.figures
    said = comparisons[
        comparisons["source"].eq("text")
        & comparisons["source_line"].isin(list(lines))
        & comparisons["contrast"].eq(contrast)
    ]
    compared = beside_text(said, contrast, study.cohort, study, test, mean_test)
    groups, answer = study.contrasts[contrast].groups, study.answers
    columns = ["variable", "phase", "level", "group", "statistic"]
    printed = {
        (study.column(*pair), level, group, statistic in ("count", "percent"))
        for *pair, level, group, statistic in figures[columns].itertuples(index=False)
        if statistic in ("count", "percent", "mean")
    }
    rows = []
    for row in compared.itertuples():
        ways, counted = ([row.level], row.level.split("|")), bool(row.counted)
        told = [any(all((row.column, x, group, counted) in printed for x in way) for way in ways) for group in groups]
        kinds = [Kind.CALIBRATED if there else Kind.DIRECTION for there in told]
        key = ".".join(filter(None, (row.column, row.level.replace("|", "-or-"), row.stratum, contrast)))
        what = study.label(row.column)
        if row.column in study.codebook and row.level and row.level not in ("1", "0"):
            what += f": {study.codebook.level_label(row.column, row.level).lower()}"
        fits = answer.get((row.column, row.level, row.stratum, contrast))
        fits = f" ({FITS[fits][1]})" if fits in FITS and pd.notna(row.agrees) and not row.agrees else ""
        tested = study.own or Kind.DIRECTION not in kinds  # a p of shares that nobody printed says nothing
        rows.append(
            {"What is compared": what}
            | {
                study.groups[group].label: value(figure, f"text.{key}.{side}", "%" if row.counted else "", 1, kind=kind)
                for side, group, figure, kind in zip("ab", groups, (row.first, row.second), kinds, strict=True)
            }
            | {
                "p": value(row.p, f"text.{key}.p", "p", kind=Kind.CALIBRATED) if tested else DASH,
                "The 2019 text says": ", ".join(filter(None, (TOWARDS[row.direction], SAID[row.wording]))) + fits,
            }
        )
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
    frame = pd.DataFrame(
        {
            "Figure": [of_figure(row, study).partition("; ")[0] for row in part.itertuples()],
            "Among": [of_figure(row, study).partition("; ")[2] for row in part.itertuples()],
            "Line": part["source_line"].map("L{}".format),
            "Printed in 2019": part["id"].map(printed_words),
            "Recomputed": part["id"].map(study.published_value),
        }
    )
    return finished(name, frame.set_index(["Figure", "Among"]), caption, note)


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
    found = differences(study.figures, study.cohort, study)
    found = found[found["group"].isin(list(groups))]

    def shown(row, what: str) -> Value:
        here = what == "here"
        return value(
            getattr(row, what),
            f"difference.{row.id.lower()}.{what}",
            "%" if row.statistic == "percent" and here else "",
            row.decimals,
            (row.id, printed_words(row.id)) if here else None,
            Kind.DIFFERENCE,
        )

    rows = [
        {
            "What": _what(row, study),
            "Group": study.groups[row.group].label,
            "2019": study.figures.loc[study.figures["id"] == row.id, "value"].iat[0],
            "Here": shown(row, "here"),
            "Difference (95% interval)": sentence(
                "{difference} ({low} to {high})", **{what: shown(row, what) for what in ("difference", "low", "high")}
            ),
        }
        for row in found.itertuples()
    ]
    frame = pd.DataFrame(rows)
    frame = frame.set_index("What") if rows else frame
    return finished(name, frame, caption, "Percentages (differences in percentage points) or means.")


def _row_key(figure: pd.Series) -> tuple[str, str, str]:
    pattern = {"sd": "mean", "max": "min"}.get(figure["statistic"], figure["statistic"])
    return figure["variable"], figure["level"], "percent" if pattern == "count" else pattern


def _cell(figures: pd.DataFrame, pattern: str):
    shown = {
        row.statistic: value(
            row.recomputed,
            row.id,
            "%" if row.statistic == "percent" else "",
            row.decimals,
            (row.id, printed_words(row.id)),
            Kind.CALIBRATED,
        )
        for row in figures.itertuples()
    }
    template = PATTERNS["count" if {"percent", "count"} <= set(shown) else pattern]
    missed = figures[~figures["agrees"].fillna(False).astype(bool)]
    if len(missed):
        template += f" [printed: {', '.join(missed['value'])}]"
    return sentence(template, **shown)


def _heading(column: tuple[str, str], study: Study) -> tuple[str, str]:
    phase, group = column
    return (f"Phase {phase}" if phase else "At and after closure"), study.groups[group].label


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
    differ = int((~part["agrees"].fillna(False).astype(bool)).sum())
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


def _what(row, study: Study) -> str:
    column = study.column(row.variable, row.phase)
    level = study.codebook.level_label(column, row.level) if row.level not in ("", "1") else ""
    return ", ".join(filter(None, (study.label(column), level, f"phase {row.phase}" if row.phase else "")))
