"""What was published, in words and beside the same computed: comparisons, their markers, a team's differences."""

import pandas as pd

from keepsafe.statistics.association import MeanTest, Test
from keepsafe.statistics.comparison import compare_groups
from keepsafe.statistics.intervals import mean_difference, risk_difference
from keepsafe.statistics.recompute import beside_printed, recompute
from keepsafe.study import Study
from keepsafe.telling.opened import OpenStudy

AGAINST = {
    "sex": "girls and young women against boys and young men",
    "phase": "phase 2 against phase 1",
    "responses": "against other responses",
}


def of_figure(row, study: Study) -> str:
    """A row of the published figures in words.

    >>> from keepsafe import load_figures, load_study
    >>> figures = load_figures().query("id == 'table_1.lived_care.p1.cse.percent'")
    >>> of_figure(next(figures.itertuples()), load_study())
    'Lived in local authority care; CSE group; phase 1'
    """
    statistic = {"percent": "", "count": "number", "sd": "SD"}.get(row.statistic, row.statistic)
    what = "Young people" if row.variable == study.settings["study"]["person"] else _variable(row, study)
    return _joined(what, _group(row.group, study), row.stratum, statistic, phase=row.phase)


def of_comparison(row, study: Study) -> str:
    """A row of the published comparisons in words."""
    contrast = study.contrasts[row.contrast].label if row.contrast in study.contrasts else AGAINST[row.contrast]
    phase = "" if row.contrast == "phase" else row.phase
    return _joined(_variable(row, study), contrast, row.stratum and _group(row.stratum, study), phase=phase)


def _variable(row, study: Study) -> str:
    column = study.column(row.variable, row.phase)
    if column not in study.derived and column not in study.codebook:
        column = study.column(row.variable, "1")
    if column in study.derived:
        return study.label(column)
    if column not in study.codebook:
        return row.variable.replace("_", " ").capitalize()
    levels = [
        study.codebook.level_label(column, level).lower() for level in row.level.split("|") if level not in ("", "1")
    ]
    return study.label(column) + (f": {' or '.join(levels)}" if levels else "")


def _group(name: str, study: Study) -> str:
    if name in study.groups:
        return study.groups[name].label
    category = study.settings["cohort"]["category"]
    return study.codebook.level_label(category, name) if name in study.codebook[category].levels else name


def _joined(*parts: str, phase: str) -> str:
    return "; ".join(filter(None, (*parts, f"phase {phase}" if phase else "")))


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
    tables = tables[tables["group"].isin(study.groups) & tables["n_printed"].ne("")]
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
    """The statements with both groups' figure, p and marker.

    Adds column, first, second (the groups' figures), counted (whether these are percentages), p, recomputed, agrees.

    For sex, `first` is the females' figure.
    """
    by_sex = contrast == "sex"
    within = study if by_sex else study.strata["sex"] if said["stratum"].ne("").any() else None
    by = "sex" if by_sex else study
    frame = _compared(said, study, by=by, within=within, total=False, test=test, mean_test=mean_test)
    frame = frame[frame["contrast"] == contrast]
    beside = beside_printed(frame, said)
    figure = frame.assign(figure=frame["percent"].fillna(frame["mean"]))
    figure["counted"] = frame["percent"].notna()
    sides = figure.groupby(["variable", "level", "stratum"], sort=False).agg(
        first=("figure", "first"), second=("figure", "last"), counted=("counted", "any")
    )
    return beside.join(sides, on=["column", "level", "stratum"])


def _compared(printed: pd.DataFrame, study: OpenStudy, **asked) -> pd.DataFrame:
    """The groups of the cohort compared on what was printed; `asked` as for `compare_groups`."""
    columns, joined = [], {}
    for variable, phase, level in printed[["variable", "phase", "level"]].drop_duplicates().itertuples(index=False):
        columns.append(study.column(variable, phase))
        if "|" in level:
            joined.setdefault(columns[-1], []).append(level)
    columns = list(dict.fromkeys(columns))
    return compare_groups(study.cohort, columns, denominators="known", unknown=(), joined=joined, **asked)


#: Whether a usual test gives what was printed, where the one that is shown does not: in a table, and in words.
FITS = {
    "agrees": ("≈", "another usual test gives it"),
    "agrees by another test": ("≈", "another usual test gives it"),
    "differs": ("≠", "no usual test gives it"),
}


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
