"""A row for each published figure, comparison and claim, and how many are left at each stage."""

import pandas as pd

from keepsafe.statistics.association import MeanTest, Test
from keepsafe.statistics.recompute import recompute
from keepsafe.study import Study
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.comparisons import comparison_rows, of_figure, with_p
from keepsafe.telling.numerals import rounded
from keepsafe.telling.opened import OpenStudy, current
from keepsafe.telling.tables import Made, Table, table
from keepsafe.telling.values import LEFT_OUT, UNTESTED, Kind, claim_value, made_up, printed_words, says

COLUMNS = [
    "document",
    "source",
    "section",
    "line",
    "what",
    "printed",
    "recomputed",
    "agrees",
    "holds",
    "kind",
    "chapter",
    "comparison",
]
SHOWN = ("printed", "recomputed", "agrees", "kind", "chapter")
NOT_YET = "not yet recomputed"
DIRECTIONS = {"risk": "more likely", "protective": "less likely", "null": "no association"}
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
    figures, cohort = study.figures, study.cohort
    rows = pd.concat(
        [
            _figure_rows(figures, cohort, study, study.facts),
            comparison_rows(study.comparisons, figures, cohort, study, test, mean_test),
            _claim_rows(study.claims, study, study.recorded),
        ],
        ignore_index=True,
    )
    places = [next(place for place in reversed(SECTIONS) if place[0] <= line) for line in rows["line"].fillna(1)]
    section = pd.Series([name for _, name, _ in places])
    table = rows["source"].str.startswith("table")
    rows["section"] = section.mask(table, rows["source"].str.replace("_", " ").str.capitalize())
    rows["chapter"] = rows["chapter"].fillna(pd.Series([chapter for *_, chapter in places]))
    if study.own:
        rows["kind"] = rows["kind"].where(rows["kind"] == Kind.NOT_COMPARABLE, Kind.DIFFERENCE)
    rows["comparison"] = rows["comparison"].fillna("")
    rows = rows.astype({"agrees": "boolean", "holds": bool, "kind": str})
    return rows.sort_values("line", kind="stable")[COLUMNS].reset_index(drop=True)


#: Stages of the scorecard that need other words than their own.
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
    derived = holds & (card["kind"] == Kind.DERIVED)
    stages = {"printed": holds | True, "can hold": holds}
    stages |= {name: holds & (card["kind"] == name) for name in (Kind.CALIBRATED, Kind.DIRECTION)}
    stages |= {
        "derived and agree": derived & agrees.fillna(False),
        "derived and differ": derived & ~agrees.fillna(True),
    }
    stages |= {"derived, no answer": derived & agrees.isna()}
    stages |= {name: holds & (card["kind"] == name) for name in (Kind.DIFFERENCE, Kind.NOT_COMPARABLE)}
    names = card["comparison"] if "comparison" in card else pd.Series("", card.index)
    answers = agrees[names != ""].groupby(names[names != ""]).agg(_both).astype("boolean")
    once = {
        "derived and agree": answers.eq(True),
        "derived and differ": answers.eq(False),
        "derived, no answer": answers.isna(),
    }
    rows = [
        (
            str(stage),
            STAGES.get(stage, stage[0].upper() + stage[1:]),
            len(part),
            int(part.sum()),
            int((~part).sum()),
            int(part.isna().sum()),
            int(once[stage].fillna(False).sum()) if stage in once else None,
        )
        for stage, chosen in stages.items()
        for chosen in [chosen.astype(bool)]
        for part in [agrees[chosen]]
        if len(part)
    ]
    found = pd.DataFrame(rows, columns=["stage", "words", "n", "agree", "differ", "open", "comparisons"])
    return found.astype({"comparisons": "Int64"})


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
    shown = [_shown(name, row) for row in full.itertuples()]
    full["recomputed"] = pd.Series(shown, full.index, dtype=object)
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
    columns = [study.column(row.variable, row.phase) for row in rows.itertuples()]
    pairs = [figures.split() for figures in rows["figures"]]
    shown = rows[["variable", "contrast"]].reset_index(drop=True)
    shown["what"] = [study.term(f"{c}={x}".removesuffix("=1")) for c, x in zip(columns, rows["level"], strict=True)]
    shown["group"] = [study.groups[first.split(".")[-2]].label for first, _ in pairs]
    shown[["percent", "others"]] = [[study.printed(figure) for figure in pair] for pair in pairs]
    return table(name, shown, caption, rows=["variable", "contrast"])


def _shown(name: str, row) -> str | None:
    """What was recomputed; made up where its kind says so, or where only words of it were printed."""
    worded = row.kind == Kind.CALIBRATED and not says(row.printed, row.recomputed)
    made = made_up(name, Kind.DIRECTION if worded else Kind(row.kind))
    return (Made(row.recomputed) if made else row.recomputed) if row.recomputed else None


def _both(agrees: pd.Series) -> object:
    """The answer of several statements: false where one is, and none where none has one."""
    known = agrees.dropna()
    return known.eq(True).all() if len(known) else pd.NA


def _figure_rows(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study, facts: dict[str, float]) -> pd.DataFrame:
    found = recompute(figures, cohort, study, facts)
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
            "chapter": None,
        }
    )


def _claim_rows(claims: pd.DataFrame, study: Study, values: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of the scorecard, one a claim; arguments as for `scorecard`.

    A claim that names no single model or variable of the study file is not comparable.
    """
    known = {} if values is None else dict(zip(values["id"], values["value"], strict=True))
    rows = []
    for row in claims.itertuples():
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
                "printed": DIRECTIONS[row.direction] + size,
                "recomputed": text,
                "agrees": agrees,
                "holds": True,
                "kind": kind if named else Kind.NOT_COMPARABLE,
                "chapter": "03" if row.outcome == "cse" else "05",
            }
        )
    return pd.DataFrame(rows)


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
