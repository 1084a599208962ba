"""Published figures and comparisons in words: what was counted or compared, among whom, in which phase."""

from keepsafe.study.definition import Study
from keepsafe.telling.numerals import p_value

AGAINST = {
    "sex": "females against males",
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


def with_p(text: str, p: float) -> str:
    """Text with a p-value after it.

    >>> with_p("51.7% and 66.7%", 0.0572), with_p("", 0.0001)
    ('51.7% and 66.7%, p = .057', 'p < .001')
    """
    shown = p_value(p)
    return ", ".join(filter(None, (text, f"p {shown}" if shown[0] in "<>" else f"p = {shown}")))


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
