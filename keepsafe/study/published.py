"""The published figures, comparisons and claims: every number and every statement of the 2019 report, as data."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from keepsafe import paths
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.reading import OwnTable, read_own
from keepsafe.study import Study
from keepsafe.study.definition import load_study

FIGURES = ("id", "source", "variable", "level", "group", "stratum", "phase", "statistic", "value", "decimals",
           "qualifier", "unit", "n_printed", "source_line")  # fmt: skip
COMPARISONS = ("source", "variable", "level", "phase", "stratum", "contrast", "marker", "wording", "direction",
               "source_line")  # fmt: skip
CLAIMS = ("model", "outcome", "predictor", "direction", "or_low", "or_high", "size", "significance",
          "source_line")  # fmt: skip

STATISTICS = ("percent", "count", "mean", "sd", "min", "max")
QUALIFIERS = ("exactly", "about", "over", "almost")
PHASES = ("", "1", "2", "3", "4")
MARKERS = ("", "†", "*", "**", "***")
WORDINGS = ("", "significant", "marginal", "none", "most")
DIRECTIONS = ("", "higher", "lower", "same", "highest")
NUMBER = r"-?[0-9]+(\.[0-9]+)?"


def load_figures(path: str | Path | None = None, study: Study | None = None) -> pd.DataFrame:
    """Read the printed figures, one row a printed number.

    Parameters
    ----------
    path : a CSV file; by default data/published/figures.csv.
    study : its groups, and the codes of its category, are the groups that a figure may name; by default
        `load_study()`.

    Returns
    -------
    DataFrame
        with the columns of `FIGURES`. `value` is the printed text with its trailing zeros; `decimals` and
        `source_line` are whole numbers, `n_printed` a nullable one; all else is text. Levels joined by '|' are a union.

    Raises
    ------
    InputError
        with every fault and its line: an unknown group, a value that is no number, a percentage outside
        0 to 100, an n of zero, a repeated id and the like.

    Examples
    --------
    >>> figures = load_figures().set_index("id")
    >>> figures.loc["table_1.lived_care.p1.cse.percent", "value"]
    '66.7'
    """
    table = read_own(path or paths.data("published", "figures.csv"), FIGURES)
    groups = _groups(study or load_study())
    problems = [
        *_repeated(table, "id"),
        *_outside(table, "group", groups),
        *_outside(table, "phase", PHASES),
        *_outside(table, "statistic", STATISTICS),
        *_outside(table, "qualifier", QUALIFIERS),
        *_not_matching(table, "value", NUMBER, "no number", "write the printed number, such as 26.3"),
        *_not_matching(table, "decimals", r"[0-9]", "no number of decimals", "write 0 to 9"),
        *_not_matching(table, "n_printed", r"([1-9][0-9]*)?", "no number of persons", "write a whole number above 0"),
        *_not_matching(table, "source_line", r"[0-9]*", "no line number", "write a whole number"),
        *_not_matching(table, "variable", r"\w+", "no variable", "write the variable's name"),
    ]
    for row, text in table.cells("value"):
        percent = table.frame.at[row, "statistic"] == "percent"
        if percent and re.fullmatch(NUMBER, text) and not 0 <= float(text) <= 100:
            problems.append(table.problem(row, "value", f"{text} is no percentage", "write 0 to 100"))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line or 0))
    return table.frame.astype({"decimals": int}).assign(
        n_printed=pd.to_numeric(table.frame["n_printed"]).astype("Int64"),
        source_line=pd.to_numeric(table.frame["source_line"]).astype("Int64"),
    )


def load_comparisons(path: str | Path | None = None) -> pd.DataFrame:
    """Read the printed comparisons, one row a comparison of two groups.

    Parameters
    ----------
    path : a CSV file; by default data/published/comparisons.csv.

    Returns
    -------
    DataFrame
        with the columns of `COMPARISONS`, all text but `source_line`. `marker` is what a table prints,
        `wording` what is said (significant, marginal, none; most: of most outcomes), `direction` that of the
        second group against the first; for the contrast sex, of females against males within the group in `stratum`.

    Raises
    ------
    InputError
        with every fault and its line.

    Examples
    --------
    >>> load_comparisons()["marker"].isin(["†", "*", "**", "***"]).sum().item() > 20
    True
    """
    table = read_own(path or paths.data("published", "comparisons.csv"), COMPARISONS)
    problems = [
        *_outside(table, "phase", PHASES),
        *_not_matching(table, "contrast", r"\w+", "no contrast", "write the contrast's name"),
        *_outside(table, "marker", MARKERS),
        *_outside(table, "wording", WORDINGS),
        *_outside(table, "direction", DIRECTIONS),
        *_not_matching(table, "source_line", r"[0-9]*", "no line number", "write a whole number"),
    ]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line or 0))
    return table.frame.assign(source_line=pd.to_numeric(table.frame["source_line"]).astype("Int64"))


def load_claims(path: str | Path | None = None) -> pd.DataFrame:
    """Read what is said of the models, one row a statement.

    Parameters
    ----------
    path : a CSV file; by default data/published/claims.csv.

    Returns
    -------
    DataFrame
        with the columns of `CLAIMS`. `or_low` and `or_high` (float) bound an odds ratio said in words and are
        blank where only a direction is given. Without rows where the file has its header alone: nothing is claimed.

    Raises
    ------
    InputError
        with every fault and its line; an odds ratio has to be finite and above zero.

    Examples
    --------
    >>> load_claims().query("size == 'printed'")["or_low"].astype(float).max().item()
    9.5
    """
    path = Path(path or paths.data("published", "claims.csv"))
    if _header_alone(path):
        return pd.DataFrame(columns=CLAIMS, dtype="str").astype(dict.fromkeys(CLAIMS[4:6], float))
    table = read_own(path, CLAIMS)
    problems = [
        *_outside(table, "direction", ("risk", "protective", "null")),
        *_outside(table, "size", ("printed", "direction_only")),
        *_outside(table, "significance", ("", "significant", "marginal", "none")),
    ]
    for row, size in table.cells("size"):
        for column in ("or_low", "or_high") if size == "printed" else ():
            text = table.frame.at[row, column]
            if not (re.fullmatch(NUMBER, text) and float(text) > 0):
                problems.append(
                    table.problem(row, column, f"{text!r} is no odds ratio", "write a finite number above 0")
                )
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line or 0))
    numbers = {name: pd.to_numeric(table.frame[name]) for name in ("or_low", "or_high", "source_line")}
    return table.frame.assign(**numbers)


def _header_alone(path: Path) -> bool:
    """Whether a file of claims has its header and nothing beneath it."""
    if not path.is_file() or path.stat().st_size > 1000:
        return False
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    head, *rest = lines or [""]
    return tuple(re.split("[,;\t]", head.strip())) == CLAIMS and not any(line.strip(" ,;\t") for line in rest)


#: Shares that the report gives in words alone.
SHARES = {"25": "one in four", "33.3": "a third", "50": "half", "66.7": "two thirds", "75": "three quarters"}


def printed_figure(figures: pd.DataFrame, figure: str) -> pd.Series:
    """The row of a figure; InputError with the nearest id where there is none."""
    found = figures[figures["id"] == figure]
    if found.empty:
        near = get_close_matches(figure, figures["id"], 1)
        raise InputError.of(
            f"no published figure is called {figure!r}",
            column="id",
            remedy=f"did you mean {near[0]!r}?" if near else None,
        )
    return found.iloc[0]


def quotation(row: pd.Series) -> str:
    """A published figure as the report words it: 'about 35%', 'almost half'."""
    worded = f"{row['qualifier']} " if row["qualifier"] not in {"", "exactly"} else ""
    percent = row["statistic"] == "percent"
    if worded and percent and row["value"] in SHARES:
        return worded + SHARES[row["value"]]
    return f"{worded}{row['value']}" + ("%" if percent else "")


def _groups(study: Study) -> list[str]:
    category = study.settings.get("cohort", {}).get("category", "")
    return [*study.groups, *(study.codebook[category].levels if category in study.codebook else ())]


def _repeated(table: OwnTable, column: str) -> list[Problem]:
    again = table.frame[column].duplicated()
    return [table.problem(row, column, f"{text!r} appears twice") for row, text in table.cells(column) if again[row]]


def _outside(table: OwnTable, column: str, allowed: Collection[str]) -> list[Problem]:
    words = [word or "(blank)" for word in allowed]
    return [
        table.problem(row, column, *not_one_of(text or "(blank)", words))
        for row, text in table.cells(column)
        if text not in allowed
    ]


def _not_matching(table: OwnTable, column: str, pattern: str, what: str, remedy: str) -> list[Problem]:
    return [
        table.problem(row, column, f"{text!r} is {what}", remedy)
        for row, text in table.cells(column)
        if not re.fullmatch(pattern, text)
    ]
