"""What was published, in words and beside the same computed: comparisons, their markers, a team's differences.

Longer than 300 lines: what a comparison is called is read beside how it is set against print.
"""

import pandas as pd

from keepsafe.audit import printed_comparisons
from keepsafe.statistics.association import MeanTest, Test
from keepsafe.statistics.comparison import compare_groups
from keepsafe.statistics.intervals import mean_difference, risk_difference
from keepsafe.statistics.recompute import beside_printed, members, recompute
from keepsafe.study import Study
from keepsafe.telling.numerals import p_value, rounded
from keepsafe.telling.opened import OpenStudy
from keepsafe.telling.values import Kind

DIFFERENCES = [
    "id",
    "variable",
    "level",
    "phase",
    "group",
    "statistic",
    "decimals",
    "printed",
    "here",
    "difference",
    "low",
    "high",
]
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


def differences(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each percentage and mean of the 2019 tables beside the same in a cohort, the cohort's less that of 2019.

    A row a figure that can be computed here: id, variable, level, phase, group, statistic, decimals, printed, here,
    difference, low, high (95%: Newcombe's interval for percentages, Welch's for means).

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
            part = mean_difference(
                row.recomputed, spread["recomputed"], row.n, printed, float(spread["value"]), n, pooled=False
            )
        else:
            continue
        rows.append(
            (
                row.id,
                row.variable,
                row.level,
                row.phase,
                row.group,
                row.statistic,
                int(row.decimals),
                printed,
                row.recomputed,
                *map(float, part),
            )
        )
    return pd.DataFrame(rows, columns=DIFFERENCES)


def beside_text(
    said: pd.DataFrame,
    contrast: str,
    cohort: pd.DataFrame,
    study: Study,
    test: Test = "pearson",
    mean_test: MeanTest = "t",
) -> pd.DataFrame:
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
    frame = compare_groups(
        cohort,
        columns,
        by="sex" if by_sex else study,
        within=within,
        denominators="known",
        test=test,
        mean_test=mean_test,
        total=False,
        unknown=(),
        joined=joined,
    )
    frame = frame[frame["contrast"] == contrast]
    beside = beside_printed(frame, said)
    figure = frame.assign(figure=frame["percent"].fillna(frame["mean"]))
    sides = figure.groupby(["variable", "level", "stratum"], sort=False).agg(
        first=("figure", "first"),
        second=("figure", "last"),
        counted=("percent", lambda share: share.notna().any()),
    )
    return beside.join(sides, on=["column", "level", "stratum"])


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
    columns = [study.column(*pair) for pair in dict.fromkeys(zip(printed["variable"], printed["phase"], strict=True))]
    joined = {
        study.column(variable, phase): [level]
        for variable, phase, level in printed[["variable", "phase", "level"]].itertuples(index=False)
        if "|" in level
    }
    frame = compare_groups(
        study.cohort, columns, by=study, denominators="known", test=test, mean_test=mean_test, unknown=(), joined=joined
    )
    beside = beside_printed(frame, printed).fillna({"recomputed": ""})  # no test where everybody is alike
    found = {}
    for row in beside.itertuples():
        fits = study.answers.get((row.column, row.level, "", row.contrast), "")
        sign = FITS[fits][0] if fits in FITS and row.marker != row.recomputed else ""
        both = f"{row.marker or 'none'} / {row.recomputed or 'none'}{sign}"
        if row.marker or row.recomputed:
            found[row.variable, row.level, row.contrast] = "not tested?" if fits == "no answer" else both
    return found


def comparison_rows(
    comparisons: pd.DataFrame,
    figures: pd.DataFrame,
    cohort: pd.DataFrame,
    study: OpenStudy,
    test: Test,
    mean_test: MeanTest,
) -> pd.DataFrame:
    """Rows of the scorecard, one a comparison; arguments as for `scorecard`.

    Agreement means that the marker or wording of significance is the same, and the direction where one is given. Of a
    comparison that printed counts can test, some usual test gives what was printed; where the report may not have
    tested, there is no answer.
    """
    asked = comparisons.reset_index(drop=True).assign(row=range(len(comparisons)))
    tested = asked[asked["contrast"].isin([*study.contrasts, *study.strata])]
    found = {
        int(row.row): row
        for (contrast, _), part in tested.groupby(["contrast", tested["stratum"] != ""], sort=False)
        for row in beside_text(part, contrast, cohort, study, test, mean_test).itertuples()
    }
    once = printed_comparisons(figures, comparisons, study.codebook, study)
    answers = {(row.variable, row.level, row.stratum, row.contrast): row for row in once.itertuples()}
    rows = []
    for row in asked.itertuples():
        answer = answers.get((study.column(row.variable, row.phase), row.level, row.stratum, row.contrast))
        derived = answer is not None and bool(answer.p)
        by_print = answer.answer if derived and not study.own else ""  # and not by the test that was asked for
        text, agrees = _tested(row, found[row.Index], by_print) if row.Index in found else _counted(row, cohort, study)
        wording = {"none": "not significant", "most": "on most outcomes"}.get(row.wording, row.wording)
        rows.append(
            {
                "document": "comparison",
                "source": row.source,
                "line": row.source_line,
                "what": of_comparison(row, study),
                "printed": " ".join(filter(None, (", ".join(filter(None, (row.direction, wording))), row.marker))),
                "recomputed": text,
                "agrees": agrees,
                "holds": True,
                "chapter": None,
                "kind": Kind.DERIVED if derived else Kind.DIRECTION,
                "comparison": ".".join((row.variable, row.level, row.phase, row.contrast)) * derived,
            }
        )
    return _most(pd.DataFrame(rows), asked)


def _most(rows: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """What is said of most outcomes holds for each of them if it holds for more than half."""
    most = asked["wording"] == "most"
    share = (
        rows[most]
        .groupby([asked["source_line"], asked["contrast"]])["agrees"]
        .transform(lambda each: each.eq(True).mean())
    )
    return rows.assign(agrees=rows["agrees"].mask(most, share > 0.5))


def _tested(row, found, by_print: str) -> tuple[str, object]:
    measured = pd.notna(found.first) and (row.level or not found.counted)
    sides = [float(found.first), float(found.second)] if measured else []
    text = " and ".join(rounded(side, 1) + ("%" if found.counted else "") for side in sides)
    if pd.notna(found.p):
        text = with_p(text, found.p) + f" {found.recomputed}".rstrip()
    if by_print == "no answer":
        return text, pd.NA
    verdicts = [bool(found.agrees)] if pd.notna(found.agrees) else []
    if by_print:
        verdicts = [by_print != "differs"]
    if row.direction in ("higher", "lower") and sides:
        first, second = sides if row.contrast in ("risk", "cse") else sides[::-1]  # by sex, females stand first
        verdicts.append(second > first if row.direction == "higher" else second < first)
    elif row.direction == "same" and not verdicts and pd.notna(found.p):
        verdicts.append(found.p >= 0.1)
    elif row.direction == "same" and sides and not verdicts:
        verdicts.append(sides[0] == sides[1])
    return text, all(verdicts) if verdicts else pd.NA


def _counted(row, cohort: pd.DataFrame, study: Study) -> tuple[str, object]:
    """Comparisons that no two groups of persons make: of two phases, and of one response with the others."""
    if row.contrast == "phase":
        persons = cohort[members(cohort, row.stratum or "total", study)]
        name, first, second = (
            "",
            *(_share(persons[study.column(row.variable, phase)], row.level) for phase in "12"),
        )
    else:
        shares = {name: _share(cohort[f"{name}_impact"], row.level) for name in study.responses}
        second = shares.pop(row.variable.removesuffix("_impact"))
        first, name = max((share, name) for name, share in shares.items())
        name = f" ({study.responses[name].label.lower()}, the next)"
    text = f"{rounded(first, 1)}%{name} and {rounded(second, 1)}%"
    return text, second < first if row.direction == "lower" else second > first


def _share(column: pd.Series, level: str) -> float:
    known = column.dropna().astype("str")
    return 100 * float((known == level).mean()) if len(known) else 0.0
