"""Printed comparisons beside the same ones computed: both groups' figures, p, marker and direction."""

import pandas as pd

from keepsafe.statistics.recompute import members
from keepsafe.study.definition import Study
from keepsafe.telling.beside import beside_text
from keepsafe.telling.numerals import rounded
from keepsafe.telling.register import Kind
from keepsafe.telling.words import of_comparison, with_p


def comparison_rows(
    comparisons: pd.DataFrame,
    figures: pd.DataFrame,
    cohort: pd.DataFrame,
    study: Study,
    test: str,
    mean_test: str,
) -> pd.DataFrame:
    """Rows of the scorecard, one a comparison; arguments as for `scorecard`.

    Agreement means that the marker or wording of significance is the same, and the direction where one is
    given.
    """
    asked = comparisons.reset_index(drop=True).assign(row=range(len(comparisons)))
    tested = asked[asked["contrast"].isin([*study.contrasts, *study.strata])]
    found = {
        int(row.row): row
        for (contrast, _), part in tested.groupby(["contrast", tested["stratum"] != ""], sort=False)
        for row in beside_text(part, contrast, cohort, study, test, mean_test).itertuples()
    }
    rows = []
    for row in asked.itertuples():
        text, agrees = _tested(row, found[row.Index]) if row.Index in found else _counted(row, cohort, study)
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
                "kind": Kind.DERIVED if is_printed(row, figures, study) else Kind.DIRECTION,
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


def is_printed(row, figures: pd.DataFrame, study: Study) -> bool:
    """Whether both groups' figures were printed, or follow from the share in one and in the total."""
    if row.contrast not in study.contrasts or row.stratum:
        return False
    sides = set(study.contrasts[row.contrast].groups)
    same = figures[
        (figures["variable"] == row.variable)
        & (figures["phase"] == row.phase)
        & figures["qualifier"].eq("exactly")
        & figures["stratum"].eq("")
        & figures["group"].isin(sides | {"total"})
        & figures["statistic"].isin(["percent", "count", "mean"])
    ]
    levels = {row.level} if row.level else set(same["level"])

    def enough(part: pd.DataFrame) -> bool:
        found = set(part["group"])
        return sides <= found or (len(found) > 1 and "mean" not in set(part["statistic"]))

    return bool(levels) and all(enough(same[same["level"] == level]) for level in levels)


def _tested(row, found) -> tuple[str, object]:
    measured = pd.notna(found.first) and (row.level or not found.counted)
    sides = [float(found.first), float(found.second)] if measured else []
    text = " and ".join(rounded(side, 1) + ("%" if found.counted else "") for side in sides)
    if pd.notna(found.p):
        text = with_p(text, found.p) + f" {found.recomputed}".rstrip()
    verdicts = [bool(found.agrees)] if pd.notna(found.agrees) else []
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
