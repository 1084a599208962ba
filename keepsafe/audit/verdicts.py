"""The form of a check: one row with what was expected, what is printed, the verdict and a sentence."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

HOLDS, UNDER, CANNOT = "holds", "holds only under", "cannot hold"
COLUMNS = [
    *("document", "check", "variable", "phase", "statistic", "figures"),
    *("expected", "printed", "verdict", "under", "explanation"),
]


def check(
    kind: str,
    of: tuple[str, str, str],
    statistic: str,
    figures: Iterable[str],
    *said: str,
    verdict: str | bool,
    under: str = "",
) -> tuple:
    """One row of `checks`; `of` is (document, variable, phase), `said` expected, printed and explanation."""
    if not isinstance(verdict, str):
        verdict = HOLDS if verdict else CANNOT
    expected, printed, explanation = said
    ids = " ".join(dict.fromkeys(figures))
    return of[0], kind, *of[1:], statistic, ids, expected, printed, verdict, under, explanation


def checks(rows: list[tuple] | pd.DataFrame) -> pd.DataFrame:
    """Rows of checks in their form; what a row does not say is blank."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=COLUMNS)
    return frame.reindex(columns=COLUMNS, fill_value="").astype(str)


def joined(texts: pd.Series, by: pd.Series, sep: str = " ") -> pd.Series:
    """Texts of each value of `by`, joined, in order of appearance."""
    found: dict = {}
    for text, key in zip(texts.tolist(), by.tolist(), strict=True):
        found.setdefault(key, []).append(text)
    return pd.Series([sep.join(parts) for parts in found.values()], index=list(found), dtype=object)


def span(low: float, high: float, digits: int = 0) -> str:
    """A number, or a range of numbers.

    >>> span(22, 22), span(4, 5), span(1.23, 1.241, 2)
    ('22', '4 to 5', '1.23 to 1.24')
    """
    first, last = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return first if first == last else f"{first} to {last}"


def words(*names: str) -> str:
    """Names of the tables as they are read; level 1 (yes) and blanks say nothing.

    >>> words("low_risk"), words("1", "non_cse")
    ('low risk', 'non cse')
    """
    return ", ".join(
        str(name).replace("_", " ").replace("|", " or ") for name in names if name not in ("", "1")
    )


def overlap(low: np.ndarray, high: np.ndarray, low2: np.ndarray, high2: np.ndarray) -> np.ndarray:
    """Whether two intervals meet, with a hair's breadth for floating point."""
    return (np.asarray(low) <= np.asarray(high2) + 1e-9) & (np.asarray(low2) <= np.asarray(high) + 1e-9)


#: The kinds of check by family, in words for a reader.
FAMILIES = {
    "percentages are whole persons": ("percentage", "count and percentage", "denominator", "group defined",
                                      "whole-number mean"),
    "parts make the whole": ("groups", "levels", "items", "union of levels", "part", "part of a group", "strata"),
    "means, SDs and ranges fit": ("pooled SD", "pooled mean", "mean of items", "SD and range", "range"),
    "words fit figures": ("words", "prose", "table and text", "most", "direction"),
    "markers fit figures": ("marker", "wording", "by strata"),
}  # fmt: skip


def check_families(checks: pd.Series) -> pd.Series:
    """The family of each kind of check, as an ordered category.

    Parameters
    ----------
    checks : the column `check` of an audit.

    Examples
    --------
    >>> check_families(pd.Series(["levels", "marker"])).tolist()
    ['parts make the whole', 'markers fit figures']
    """
    family = {check: name for name, kinds in FAMILIES.items() for check in kinds}
    return pd.Series(pd.Categorical(checks.map(family), list(FAMILIES), ordered=True), checks.index)
