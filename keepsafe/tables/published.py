"""A table of the 2019 report in its own layout: recomputed figures, printed ones where they differ, both markers."""

import pandas as pd

from keepsafe.compare import beside_printed, compare_groups
from keepsafe.recompute import recompute
from keepsafe.study import Study
from keepsafe.tables.display import Table, table
from keepsafe.values import Kind, say, value

#: What one row of a printed table holds, by the first statistic of its figures.
PATTERNS = {
    "percent": "{percent}",
    "count": "{percent} ({count})",
    "mean": "{mean} ({sd})",
    "min": "{min}–{max}",
}
MARKERS = "Markers: printed / recomputed"


def published_table(source: str, figures: pd.DataFrame, comparisons: pd.DataFrame, cohort: pd.DataFrame,
                    study: Study, caption: str, test: str = "pearson", mean_test: str = "t") -> Table:  # fmt: skip
    """Compute a table of the 2019 report from a cohort and lay it out as it was printed.

    Parameters
    ----------
    source : "table_1" to "table_4".
    figures, comparisons : as `load_figures` and `load_comparisons` return them.
    cohort, study : the data, and the groups and labels.
    caption : what the table shows.
    test, mean_test : tests behind the recomputed markers, as for `compare_groups`.

    Returns
    -------
    Table
        a row a printed row, a column a group and phase, and a column a contrast with "printed / recomputed"
        markers. A cell whose figure is not what was printed shows the printed one beside it.
    """
    part = figures[(figures["source"] == source) & (figures["variable"] != study.settings["study"]["person"])
                   & ~((figures["variable"] == "ssd_after_closure") & (figures["statistic"] == "count"))]  # fmt: skip
    part = part.assign(**recompute(part, cohort, study)[["recomputed", "agrees"]])
    row_of = part.apply(_row_key, axis=1)
    cells = {
        (row, (figure["phase"].iloc[0], figure["group"].iloc[0])): _cell(figure, row[2])
        for (row, *_), figure in part.groupby([row_of, "phase", "group"], sort=False)
    }
    frame = pd.Series(cells).unstack(sort=False)
    marks = markers(source, comparisons, cohort, study, test, mean_test)
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
    return table(frame, caption, source.replace("_", "-"), note=_note(part, test), missing="not coded in this phase")


def markers(source: str, comparisons: pd.DataFrame, cohort: pd.DataFrame, study: Study, test: str = "pearson",
            mean_test: str = "t") -> dict[tuple[str, str, str], str]:  # fmt: skip
    """Printed and recomputed marker of each comparison of a table, by variable, level and contrast: '† / *'."""
    printed = comparisons[comparisons["source"] == source]
    columns = [study.column(*pair) for pair in dict.fromkeys(zip(printed["variable"], printed["phase"], strict=True))]
    joined = {study.column(variable, phase): [level] for variable, phase, level in
              printed[["variable", "phase", "level"]].itertuples(index=False) if "|" in level}  # fmt: skip
    frame = compare_groups(cohort, columns, by=study, denominators="known", test=test,
                           mean_test=mean_test, unknown=(), joined=joined)  # fmt: skip
    beside = beside_printed(frame, printed)
    beside = beside.fillna({"recomputed": ""})  # no test where everybody is alike
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
        row.statistic: value(row.recomputed, id=row.id, unit="%" if row.statistic == "percent" else "",
                             published=row.id,
                             digits=row.decimals, kind=Kind.CALIBRATED, safe=True)
        for row in figures.itertuples()
    }  # fmt: skip
    template = PATTERNS["count" if {"percent", "count"} <= set(shown) else pattern]
    missed = figures[~figures["agrees"].fillna(False).astype(bool)]
    if len(missed):
        template += f" [printed: {', '.join(missed['value'])}]"
    return say(template, **shown)


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
