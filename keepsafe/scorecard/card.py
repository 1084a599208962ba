"""A row for each published figure, comparison and claim, and how many are left at each stage."""

import pandas as pd

from keepsafe import runs
from keepsafe.recompute import recompute
from keepsafe.scorecard.claims import claim_rows
from keepsafe.scorecard.comparisons import comparison_rows
from keepsafe.scorecard.words import of_figure
from keepsafe.study import Study
from keepsafe.values import Kind, quotation, rounded

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
]
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


def scorecard(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    claims: pd.DataFrame,
    cohort: pd.DataFrame,
    study: Study,
    values: pd.DataFrame | None = None,
    facts: dict[str, float] | None = None,
    test: str = "pearson",
    mean_test: str = "t",
) -> pd.DataFrame:
    """Set everything that the 2019 report published on its quantitative work beside what a cohort gives.

    Parameters
    ----------
    figures, comparisons, claims : as the loaders of `keepsafe.published` return them.
    cohort, study : the data, and groups, labels and models.
    values : what the chapters recorded, as `recorded()` returns it; claims are read from it (see
        `claim_value`).
    facts : what a cohort of persons cannot show, as for `recompute`.
    test, mean_test : behind the recomputed markers, as for `compare_groups`.

    Returns
    -------
    DataFrame
        one row a figure, comparison or claim, in the order of the report: document ("figure",
        "comparison", "claim"),
        source, section, line, what (in words), printed, recomputed (text), agrees (blank where that cannot
        be said),
        holds (whether it can be true together with the other printed figures), kind (see `Kind`), chapter.

    Examples
    --------
    >>> from keepsafe import load_claims, load_cohort, load_comparisons, load_figures, load_study
    >>> said = load_figures().head(8), load_comparisons().head(2), load_claims().head(1)
    >>> card = scorecard(*said, load_cohort(), load_study())
    >>> card["document"].value_counts().to_dict()
    {'figure': 8, 'comparison': 2, 'claim': 1}
    """
    rows = pd.concat(
        [
            _figure_rows(figures, cohort, study, facts or {}),
            comparison_rows(comparisons, figures, cohort, study, test, mean_test),
            claim_rows(claims, study, values),
        ],
        ignore_index=True,
    )
    places = [
        next(place for place in reversed(SECTIONS) if place[0] <= line) for line in rows["line"].fillna(1)
    ]
    section = pd.Series([name for _, name, _ in places])
    table = rows["source"].str.startswith("table")
    rows["section"] = section.mask(table, rows["source"].str.replace("_", " ").str.capitalize())
    rows["chapter"] = rows["chapter"].fillna(pd.Series([chapter for *_, chapter in places]))
    if not runs.synthetic():
        rows["kind"] = rows["kind"].where(rows["kind"] == Kind.NOT_COMPARABLE, Kind.DIFFERENCE)
    rows = rows.astype({"agrees": "boolean", "holds": bool, "kind": str})
    return rows.sort_values("line", kind="stable")[COLUMNS].reset_index(drop=True)


def funnel(card: pd.DataFrame) -> pd.DataFrame:
    """How many published statements are left at each stage, and how many of them agree.

    Parameters
    ----------
    card : as `scorecard` returns it.

    Returns
    -------
    DataFrame
        one row a stage: stage, n, agree, differ, open (no answer). "printed" is all; "can hold" leaves out
        what
        contradicts other printed figures; the further stages divide what can hold.

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
    rows = [
        (str(stage), len(part), int(part.sum()), int((~part).sum()), int(part.isna().sum()))
        for stage, chosen in stages.items()
        for part in [agrees[chosen.astype(bool)]]
        if len(part)
    ]
    return pd.DataFrame(rows, columns=["stage", "n", "agree", "differ", "open"])


def _figure_rows(
    figures: pd.DataFrame, cohort: pd.DataFrame, study: Study, facts: dict[str, float]
) -> pd.DataFrame:
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
            "printed": figures["id"].map(quotation),
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
