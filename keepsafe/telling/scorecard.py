"""A row for each published figure, comparison and claim, and how many are left at each stage.

Longer than 300 lines: how each of the three is judged is read in one place.
"""

import pandas as pd

from keepsafe.statistics.association import MeanTest, Test
from keepsafe.statistics.recompute import members, recompute
from keepsafe.study.published import of_comparison, of_figure
from keepsafe.telling.beside import beside_text
from keepsafe.telling.models import SAID
from keepsafe.telling.opened import LeftOut, OpenStudy, current
from keepsafe.telling.tables import Made, Table, table
from keepsafe.telling.values import (
    LEFT_OUT,
    UNTESTED,
    Kind,
    claim_value,
    made_up,
    p_value,
    printed_words,
    rounded,
    says,
    with_unit,
)

COLUMNS = "document source section line what printed recomputed agrees holds kind chapter comparison".split()
SHOWN = ("printed", "recomputed", "agrees", "kind", "chapter")
NOT_YET = "not yet recomputed"
#: Sections of the 2019 report: the line on which each begins, its name, and the chapter that takes it up.
SECTIONS = [
    (1, "Introduction", "01"),
    (59, "Methodology", "01"),
    (106, "Demographics", "02"),
    (114, "Social services involvement", "02"),
    (122, "Living arrangements", "02"),
    (130, "Family relationships", "02"),
    (157, "Peer relationships", "02"),
    (161, "Abuse experiences", "02"),
    (219, "Offending", "02"),
    (223, "Going missing", "02"),
    (227, "Pregnancy", "02"),
    (235, "CSE experiences", "02"),
    (241, "Factors associated with CSE", "03"),
    (273, "Impact of interventions", "04"),
    (291, "Outcomes", "05"),
    (305, "Factors associated with outcomes", "05"),
    (362, "Responding to sexual exploitation", "06"),
    (531, "Conclusions", "06"),
]


def scorecard(study: OpenStudy, test: Test = "pearson", mean_test: MeanTest = "t") -> pd.DataFrame:
    """Set everything that the 2019 report published on its quantitative work beside what the cohort gives.

    What the report says of its models is read from what the chapters of this run, or of the last report, recorded.

    Parameters
    ----------
    study : as `open_study` returns it.
    test, mean_test : behind the recomputed markers, as for `compare_groups`.

    Returns
    -------
    DataFrame
        one row a figure, comparison or claim, in the order of the report: document ("figure", "comparison", "claim"),
        source, section, line, what (in words), printed, recomputed (text), agrees (blank where that cannot be said),
        holds (whether it can be true together with the other printed figures), kind (see `Kind`), chapter.

    Examples
    --------
    >>> from keepsafe import open_study
    >>> card = scorecard(open_study())
    >>> card["document"].value_counts().to_dict()
    {'figure': 476, 'comparison': 190, 'claim': 75}
    """
    parts = [_figure_rows(study), _comparison_rows(study, test, mean_test), _claim_rows(study)]
    rows = pd.concat(parts, ignore_index=True)
    places = [next(place for place in reversed(SECTIONS) if place[0] <= line) for line in rows["line"].fillna(1)]
    section = pd.Series([name for _, name, _ in places])
    table = rows["source"].str.startswith("table")
    rows["section"] = section.mask(table, rows["source"].str.replace("_", " ").str.capitalize())
    rows["chapter"] = rows["chapter"].fillna(pd.Series([chapter for *_, chapter in places]))
    if study.own:
        rows["kind"] = rows["kind"].where(rows["kind"] == Kind.NOT_COMPARABLE, Kind.DIFFERENCE)
    rows = rows.fillna({"comparison": "", "holds": True}).astype({"agrees": "boolean", "holds": bool, "kind": str})
    return rows.sort_values("line", kind="stable")[COLUMNS].reset_index(drop=True)


#: Stages of the scorecard into which all that can hold is divided, and those that need other words than their own.
DERIVED = ("derived and agree", "derived and differ", "derived, no answer")
PARTS = (Kind.CALIBRATED, Kind.DIRECTION, *DERIVED, Kind.DIFFERENCE, Kind.NOT_COMPARABLE)
STAGES = {"printed": "All that was printed", "can hold": "Contradicted by no other figure"}


def funnel(card: pd.DataFrame) -> pd.DataFrame:
    """How many published statements are left at each stage, and how many of them agree.

    Parameters
    ----------
    card : as `scorecard` returns it.

    Returns
    -------
    DataFrame
        one row a stage: stage, words, n, agree, differ, open (no answer), comparisons (of the derived stages: what
        their statements compare, each counted once; where any statement of it differs, the comparison does; else
        blank). "printed" is all; "can hold" leaves out what contradicts other printed figures; the further stages
        divide what can hold.

    Examples
    --------
    >>> card = pd.DataFrame({"kind": ["derived", "derived"], "agrees": [True, False], "holds": [True, True]})
    >>> funnel(card)[["stage", "n"]].to_numpy().tolist()
    [['printed', 2], ['can hold', 2], ['derived and agree', 1], ['derived and differ', 1]]
    """
    agrees, holds = card["agrees"].astype("boolean"), card["holds"].astype(bool)
    part = card["kind"].astype(str).mask(card["kind"] == Kind.DERIVED, _answers(agrees)).where(holds)
    names = card["comparison"] if "comparison" in card else pd.Series("", card.index)
    once = _answers(agrees[names != ""].groupby(names[names != ""]).min()).value_counts()
    rows = []
    for stage, chosen in {"printed": holds | True, "can hold": holds, **{each: part == each for each in PARTS}}.items():
        if chosen.any():
            here, words = agrees[chosen], STAGES.get(stage, stage[0].upper() + stage[1:])
            counts = len(here), int(here.sum()), int((~here).sum()), int(here.isna().sum())
            rows.append((str(stage), words, *counts, once.get(stage, 0) if stage in DERIVED else pd.NA))
    columns = ["stage", "words", "n", "agree", "differ", "open", "comparisons"]
    return pd.DataFrame(rows, columns=columns).astype({"comparisons": "Int64"})


def scorecard_table(name: str, card: pd.DataFrame, caption: str) -> Table | LeftOut:
    """The whole scorecard, a row a figure, comparison or statement, by section of the report and line.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    card : as `scorecard` returns it.

    Examples
    --------
    >>> from keepsafe import open_study
    >>> card = scorecard(open_study()).head(1)
    >>> scorecard_table("doc-example", card, "One figure").frame.columns.tolist()
    ['Line', 'Printed', 'Recomputed', 'Agrees', 'Kind', 'Chapter']
    """
    sections = list(dict.fromkeys(card["section"]))
    full = card.assign(place=card["section"].map(sections.index)).sort_values(["place", "line"], kind="stable")
    full["agrees"] = full["agrees"].map({True: "yes", False: "no"})
    full["recomputed"] = pd.Series([_shown(name, row) for row in full.itertuples()], full.index, dtype=object)
    full["kind"] = full["kind"].where(full["holds"], "cannot hold")
    shown = full.set_index(["section", "what"]).rename_axis([None, "Figure, comparison or statement"])
    columns = {"Line": "L{line:s}"} | {each.capitalize(): each for each in SHOWN}
    return table(name, shown, caption, columns, missing="that there is nothing to compare")


def contradicted_table(name: str, found: pd.DataFrame, caption: str) -> Table | LeftOut:
    """What conclusions call more likely in a group, and the report's own tables print the other way round.

    Parameters
    ----------
    name, caption : of the table, as for `table`.
    found : as `keepsafe.conclusions` returns it.

    Examples
    --------
    >>> from keepsafe import conclusions, open_study
    >>> study = open_study()
    >>> found = conclusions(study.figures, study.comparisons, study.claims)
    >>> len(contradicted_table("doc-example", found, "Other than concluded").frame)
    6
    """
    study, rows = current(), found[found["verdict"].eq("cannot hold") & found["says"].isin(["higher", "lower"])]
    pairs = [figures.split() for figures in rows["figures"]]
    shown = rows[["variable", "contrast"]].reset_index(drop=True)
    terms = [f"{study.column(row.variable, row.phase)}={row.level}" for row in rows.itertuples()]
    shown["what"] = [study.term(each.removesuffix("=1")) for each in terms]
    shown["group"] = [study.groups[first.split(".")[-2]].label for first, _ in pairs]
    shown[["percent", "others"]] = [[study.printed(figure) for figure in pair] for pair in pairs]
    return table(name, shown, caption, rows=["variable", "contrast"])


def _shown(name: str, row) -> str | None:
    """What was recomputed; made up where its kind says so, or where only words of it were printed."""
    worded = row.kind == Kind.CALIBRATED and not says(row.printed, row.recomputed)
    made = made_up(name, Kind.DIRECTION if worded else Kind(row.kind))
    return (Made(row.recomputed) if made else row.recomputed) if row.recomputed else None


def _answers(agrees: pd.Series) -> pd.Series:
    """The stage of what is derived: of several statements it differs where one does, and agrees where none has to."""
    return agrees.map({True: DERIVED[0], False: DERIVED[1]}).astype("str").fillna(DERIVED[2])


def _figure_rows(study: OpenStudy) -> pd.DataFrame:
    figures = study.figures
    found = recompute(figures, study.cohort, study, study.facts)
    known = found["recomputed"].notna()
    digits = figures["decimals"] + figures["qualifier"].ne("exactly")
    unit = figures["statistic"].map({"percent": "%"}).fillna("")
    dropped = study.settings.get("synthesis", {}).get("cannot_hold", [])
    return pd.DataFrame(
        {
            "document": "figure",
            "source": figures["source"],
            "line": figures["source_line"],
            "what": [of_figure(row, study) for row in figures.itertuples()],
            "printed": figures["id"].map(printed_words),
            "recomputed": [
                rounded(number, place) + sign if there else ""
                for number, place, sign, there in zip(found["recomputed"], digits, unit, known, strict=True)
            ],
            "agrees": found["agrees"].astype(object),
            "holds": ~figures["id"].isin(dropped),
            "kind": known.map({True: Kind.CALIBRATED, False: Kind.NOT_COMPARABLE}),
        }
    )


def _comparison_rows(study: OpenStudy, test: Test, mean_test: MeanTest) -> pd.DataFrame:
    """A row a comparison.

    Agreement means that the marker or wording of significance is the same, and the direction where one is given. Of a
    comparison that printed counts can test, some usual test gives what was printed; where the report may not have
    tested, there is no answer.
    """
    asked = study.comparisons.reset_index(drop=True)
    asked["row"] = asked.index
    tested = asked[asked["contrast"].isin([*study.contrasts, *study.strata])]
    found = {
        int(row.row): row
        for (contrast, _), part in tested.groupby(["contrast", tested["stratum"] != ""], sort=False)
        for row in beside_text(part, contrast, study, test, mean_test).itertuples()
    }
    rows = []
    for row in asked.itertuples():
        answer = study.answers.get((study.column(row.variable, row.phase), row.level, row.stratum, row.contrast))
        by_print = "" if study.own else answer  # and not by the test that was asked for
        text, agrees = _tested(row, found[row.Index], by_print) if row.Index in found else _counted(row, study)
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
                "kind": Kind.DERIVED if answer else Kind.DIRECTION,
                "comparison": ".".join((row.variable, row.level, row.phase, row.contrast)) * bool(answer),
            }
        )
    made, most = pd.DataFrame(rows), asked["wording"] == "most"
    # what is said of most outcomes holds for each of them if it holds for more than half
    share = made["agrees"].eq(True)[most].groupby([asked["source_line"], asked["contrast"]]).transform("mean")
    return made.assign(agrees=made["agrees"].mask(most, share > 0.5))


def _tested(row, found, by_print: str | None) -> tuple[str, object]:
    measured = pd.notna(found.first) and (row.level or not found.counted)
    sides = [float(found.first), float(found.second)] if measured else []
    text = " and ".join(rounded(side, 1) + ("%" if found.counted else "") for side in sides)
    if pd.notna(found.p):
        text = with_p(text, found.p) + f" {found.recomputed}".rstrip()
    if by_print == "no answer":
        return text, pd.NA
    agrees = by_print != "differs" if by_print else found.agrees
    verdicts = [bool(agrees)] if pd.notna(agrees) else []
    if row.direction in ("higher", "lower") and sides:
        first, second = sides if row.contrast in ("risk", "cse") else sides[::-1]  # by sex, females stand first
        verdicts.append(second > first if row.direction == "higher" else second < first)
    elif row.direction == "same" and not verdicts and (sides or pd.notna(found.p)):
        verdicts.append(found.p >= 0.1 if pd.notna(found.p) else sides[0] == sides[1])
    return text, all(verdicts) if verdicts else pd.NA


def _counted(row, study: OpenStudy) -> tuple[str, object]:
    """Comparisons that no two groups of persons make: of two phases, and of one response with the others."""
    if row.contrast == "phase":
        persons = study.cohort[members(study.cohort, row.stratum or "total", study)]
        first, second = (_share(persons[study.column(row.variable, phase)], row.level) for phase in "12")
        name = ""
    else:
        shares = {name: _share(study.cohort[f"{name}_impact"], row.level) for name in study.responses}
        second = shares.pop(row.variable.removesuffix("_impact"))
        first, name = max((share, name) for name, share in shares.items())
        name = f" ({study.responses[name].label.lower()}, the next)"
    text = f"{rounded(first, 1)}%{name} and {rounded(second, 1)}%"
    return text, second < first if row.direction == "lower" else second > first


def _share(column: pd.Series, level: str) -> float:
    known = column.dropna().astype("str")
    return 100 * float((known == level).mean()) if len(known) else 0.0


def _claim_rows(study: OpenStudy) -> pd.DataFrame:
    """A row a claim; one that names no single model or variable of the study file is not comparable."""
    recorded = study.recorded
    known = {} if recorded is None else dict(zip(recorded["id"], recorded["value"], strict=True))
    rows = []
    for row in study.claims.itertuples():
        parts = row.predictor.split(":")
        named = row.model in study.models and all(part in study.derived or part in study.codebook for part in parts)
        predictor = " by ".join(study.label(part) if named else part.replace("_", " ").capitalize() for part in parts)
        model = study.models[row.model].label if row.model in study.models else "all outcomes"
        size = f", odds ratio {row.or_low:g} to {row.or_high:g}" if pd.notna(row.or_low) else ""
        text, agrees = verdict(row, known) if named else ("no single model", pd.NA)
        kind = Kind.CALIBRATED if row.size == "printed" else Kind.DIRECTION
        rows.append(
            {
                "document": "claim",
                "source": "text",
                "line": row.source_line,
                "what": f"{predictor}; model: {model}",
                "printed": SAID[row.direction] + size,
                "recomputed": text,
                "agrees": agrees,
                "kind": kind if named else Kind.NOT_COMPARABLE,
                "chapter": "03" if row.outcome == "cse" else "05",
            }
        )
    return pd.DataFrame(rows)


def with_p(text: str, p: float) -> str:
    """Text with a p-value after it.

    >>> with_p("51.7% and 66.7%", 0.0572), with_p("", 0.0001)
    ('51.7% and 66.7%, p = .057', 'p < .001')
    """
    return ", ".join(filter(None, (text, with_unit(p_value(p), "p"))))


def verdict(claim, known: dict[str, str]) -> tuple[str, object]:
    """What a chapter recorded of a claim, in words, and whether it is as claimed (blank: not recorded)."""
    found, p = (known.get(claim_value(claim.model, claim.predictor, what), "") for what in ("odds_ratio", "p"))
    if not found:
        return NOT_YET, pd.NA
    if found == UNTESTED:
        return UNTESTED, pd.NA
    if found == LEFT_OUT:
        return LEFT_OUT, claim.direction == "null"
    ratio = float(found)
    text = f"odds ratio {rounded(ratio, 2)}"
    if p:
        text = with_p(text, float(p))
    if claim.direction == "null":
        return text, float(p) > 0.1 if p else pd.NA
    # the words give a range; an odds ratio prints as its ends where it rounds to them
    within = pd.isna(claim.or_low) or claim.or_low - 0.05 <= ratio <= claim.or_high + 0.05
    return text, bool(within and (ratio > 1 if claim.direction == "risk" else ratio < 1))
