"""The form of a check: one row with what was expected, what is printed, the verdict and a sentence."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

HOLDS, UNDER, CANNOT = "holds", "holds only under", "cannot hold"
HINT, UNCHECKED = "hint", "not checked"
SEVERITY = (CANNOT, UNDER, HINT, UNCHECKED, HOLDS)

#: Columns of the checks of a table, all text; `item` is the check of INSPECT-SR that a row bears on.
OF_TABLE = ["check", "row", "column", "cell", "printed", "expected", "verdict", "under", "explanation", "item"]

#: Checks of INSPECT-SR (Wilkinson and others 2025), fourth domain.
ITEMS = {
    "4.6": "numbers of participants", "4.8": "means and variances of whole numbers", "4.9": "statistical results",
}  # fmt: skip
BEARS_ON = dict.fromkeys(("sum", "levels", "number of cases", "count", "percentage", "groups"), "4.6") | dict.fromkeys(
    ("whole-number mean", "whole-number SD", "0/1 SD", "SD within the scale", "mean within the scale"), "4.8"
)

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


def words(*names: str) -> str:
    """Names of the tables as they are read; level 1 (yes) and blanks say nothing.

    >>> words("low_risk"), words("1", "non_cse")
    ('low risk', 'non cse')
    """
    return ", ".join(str(name).replace("_", " ").replace("|", " or ") for name in names if name not in ("", "1"))


def overlap(low: np.ndarray, high: np.ndarray, low2: np.ndarray, high2: np.ndarray) -> np.ndarray:
    """Whether two intervals meet, with a hair's breadth for floating point."""
    return (np.asarray(low) <= np.asarray(high2) + 1e-9) & (np.asarray(low2) <= np.asarray(high) + 1e-9)


def finding(
    check: str, where: Sequence, printed: str, expected: str, verdict: str, explanation: str, under: str = ""
) -> dict:
    """One row of the checks of a table; `where` are entries of the table, or triples (row, column, address)."""
    places = [
        place if isinstance(place, tuple) else (place.row.name, place.group.heading, place.address) for place in where
    ]
    row, column, cell = ("; ".join(dict.fromkeys(part)) for part in zip(*places, strict=True))
    return {"check": check, "row": row, "column": column, "cell": cell.replace("; ", " "), "printed": printed,
            "expected": expected, "verdict": verdict, "under": under, "explanation": explanation,
            "item": BEARS_ON.get(check, "4.9") if verdict != UNCHECKED else ""}  # fmt: skip


def by_severity(rows: list[dict]) -> pd.DataFrame:
    """Findings as a table, those that weigh most first, else in their order."""
    frame = pd.DataFrame(rows, columns=OF_TABLE).astype(str)
    order = frame["verdict"].map(SEVERITY.index)
    return frame.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def listed(names: Sequence[str], most: int = 4) -> str:
    """Names in a row: a, b and c; the rest is counted.

    >>> listed(["a", "b", "c"]), listed(list("abcdefg"))
    ('a, b and c', 'a, b, c, d and 3 more')
    """
    names = list(names)
    if len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(found: pd.DataFrame) -> str:
    """How many checks have each verdict, in words."""
    words_ = {CANNOT: "cannot hold", UNDER: "hold only under a condition", HOLDS: "hold"}
    counts = found["verdict"].value_counts()
    made = [f"{counts[verdict]} {word}" for verdict, word in words_.items() if verdict in counts]
    total = sum(int(counts.get(verdict, 0)) for verdict in words_)
    rest = [
        f"{counts[verdict]} {word}"
        for verdict, word in ((HINT, "hints"), (UNCHECKED, "not checked"))
        if verdict in counts
    ]
    return f"{total} checks: {', '.join(made)}" + (f"; {', '.join(rest)}" if rest else "")


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
