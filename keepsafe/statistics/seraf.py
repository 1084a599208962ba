"""SERAF categories as the 2006 exercise used them: order, low and high risk groups, safeguarding action.

The Sexual Exploitation Risk Assessment Framework supports professional judgement and is not a validated
screening tool; the 2019 report argues against practice led by risk scores. Categories are treated here as
published history:
nothing in this module takes, makes or predicts the score of a young person.

Sources: Welsh Assembly Government (2008) All Wales Protocol: Safeguarding and Promoting the Welfare of
Children and Young People who are at Risk of Abuse through Sexual Exploitation; Welsh Assembly Government
(2011) Safeguarding Children and Young People from Sexual Exploitation; the 2019 report, lines 49 and 80.
"""

from dataclasses import dataclass

import pandas as pd

from keepsafe.problems import InputError, require_frame
from keepsafe.statistics.compare import compare_groups

PREVENTION = "preventive work; no formal procedures"
MEETING = "multi-agency strategy meeting, with a formal protection plan"
CATEGORIES = {
    "no": ("No risk", "low", "none described"),
    "mild": ("Mild risk", "low", PREVENTION),
    "moderate": ("Moderate risk", "high", MEETING),
    "significant": ("Significant risk", "high", MEETING),
}


@dataclass(frozen=True)
class ScoreBands:
    """The total scores that some version of the framework puts into each category.

    Parameters
    ----------
    label, citation : which version, and where it says so.
    lowest : the lowest total of each category from mild upwards; no risk begins at 0.
    """

    label: str
    citation: str
    lowest: tuple[int, int, int]


LOCAL_ADAPTATIONS = ScoreBands(
    "local adaptations",
    "seen in published local adaptations of the framework; not in the 2019 report, "
    "and equality with the 2006 exercise is not verified",
    (6, 11, 16),
)


def seraf_categories(bands: ScoreBands = LOCAL_ADAPTATIONS) -> pd.DataFrame:
    """The four categories of the Sexual Exploitation Risk Assessment Framework, as the 2006 exercise used them.

    Parameters
    ----------
    bands : the version whose score bands are shown; versions differ, so it is always named beside them.

    Returns
    -------
    A row a category, lowest first: category, label, risk_group (low, high), action (in our words, after the
    report), score_band (text), bands_from and bands_citation. The bands are for reading; no analysis uses
    them.

    Raises
    ------
    InputError : bands that do not rise.

    Examples
    --------
    >>> seraf_categories()[["category", "risk_group", "score_band"]]
          category risk_group score_band
    0           no        low        0-5
    1         mild        low       6-10
    2     moderate       high      11-15
    3  significant       high        16+
    """
    lowest = (0, *bands.lowest)
    if len(lowest) != len(CATEGORIES) or any(here >= after for here, after in zip(lowest, lowest[1:], strict=False)):
        raise InputError.of(
            f"score bands that begin at {', '.join(map(str, bands.lowest))} do not rise",
            remedy="give the lowest total of mild, moderate and significant, each above the one before",
        )
    shown = [f"{here}-{after - 1}" for here, after in zip(lowest, lowest[1:], strict=False)] + [f"{lowest[-1]}+"]
    return pd.DataFrame(
        {"category": name, "label": label, "risk_group": group, "action": action, "score_band": band,
         "bands_from": bands.label, "bands_citation": bands.citation}
        for (name, (label, group, action)), band in zip(CATEGORIES.items(), shown, strict=True)
    )  # fmt: skip


def risk_group(category: pd.Series) -> pd.Series:
    """Group categories as the 2019 report does: no and mild are low, moderate and significant are high.

    Parameters
    ----------
    category : no, mild, moderate or significant; blanks stay blank.

    Returns
    -------
    An ordered categorical of low and high, with the index of `category`.

    Raises
    ------
    InputError : any other value.

    Examples
    --------
    >>> risk_group(pd.Series(["no", "significant", None])).tolist()
    ['low', 'high', nan]
    """
    text = category.astype("str")
    strange = sorted(set(text[category.notna()]) - set(CATEGORIES))
    if strange:
        raise InputError.of(
            f"not a SERAF category: {', '.join(strange)}", column=str(category.name or "seraf_category"),
            remedy=f"use {', '.join(CATEGORIES)}",
        )  # fmt: skip
    groups = text.map({name: group for name, (_, group, _) in CATEGORIES.items()}).where(category.notna())
    return pd.Series(pd.Categorical(groups, ["low", "high"], ordered=True), category.index, name="risk_group")


def cse_by_category(cohort: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Share of young people in each category for whom strong indications of CSE were recorded at any time.

    Some of the indications are older than the 2006 rating, so these are proportions of groups as history had
    them, and neither sensitivity nor predictive value of a test.

    Parameters
    ----------
    cohort : seraf_category and cse (0/1), one row a person.

    Returns
    -------
    A row a category, lowest first: category, n, k, percent, percent_low, percent_high (Wilson).

    Examples
    --------
    >>> cohort = pd.DataFrame({"seraf_category": ["no"] * 4 + ["mild"] * 4, "cse": [0, 0, 0, 1, 1, 1, 0, 0]})
    >>> cse_by_category(cohort)[["category", "n", "k", "percent"]]
      category  n  k  percent
    0       no  4  1     25.0
    1     mild  4  2     50.0
    """
    require_frame(cohort=cohort)
    if "seraf_category" in cohort:
        risk_group(cohort["seraf_category"])  # refuses what is not a category
        cohort = cohort.assign(seraf_category=pd.Categorical(cohort["seraf_category"], list(CATEGORIES)))
    frame = compare_groups(cohort, ["cse"], by="seraf_category", denominators="known", total=False,
                           confidence=confidence)  # fmt: skip
    columns = {"group": "category", "denominator": "n", "k": "k", "percent": "percent",
               "percent_low": "percent_low", "percent_high": "percent_high"}  # fmt: skip
    return frame[list(columns)].rename(columns=columns)
