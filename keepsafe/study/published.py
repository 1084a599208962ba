"""What the report printed, as data: figures, comparisons and claims; and what a rounded figure can stand for.

A figure printed with d decimals stands for every value that rounds to it. Halves are rounded up by most
programs and to the even digit by some; `rule` says which, and "either" (the default) allows both.
Counts are found in whole-number arithmetic, so that no tie is lost to floating point.
Longer than 300 lines: a printed figure, the value it is said to have and the values it can have are one idea.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from keepsafe import paths
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.reading import OwnTable, read_own
from keepsafe.study import Study, load_study

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
#: What an entry of a column has to look like, what it is where it does not, and what to do.
FORMS = {
    "value": (NUMBER, "no number", "write the printed number, such as 26.3"),
    "decimals": (r"[0-9]", "no number of decimals", "write 0 to 9"),
    "n_printed": (r"([1-9][0-9]*)?", "no number of persons", "write a whole number above 0"),
    "source_line": (r"[0-9]*", "no line number", "write a whole number"),
    "variable": (r"\w+", "no variable", "write the variable's name"),
    "contrast": (r"\w+", "no contrast", "write the contrast's name"),
}
ROUNDING = ("half_up", "half_even", "either")

#: How words are read, as shares of the figure they name: a choice of ours, generous on purpose.
#: "almost half" is from 42.5 to below 50, "about half" from 45 to 55, "over half" anything above 50.
ALMOST, ABOUT = 0.85, 0.10

#: Shares that the report gives in words alone.
SHARES = {"25": "one in four", "33.3": "a third", "50": "half", "66.7": "two thirds", "75": "three quarters"}

#: What is set against what where the study has no such contrast.
AGAINST = {
    "sex": "girls and young women against boys and young men",
    "phase": "phase 2 against phase 1",
    "responses": "against other responses",
}

Bounds = tuple[np.ndarray, np.ndarray]


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
    study = study or load_study()
    category = study.settings.get("cohort", {}).get("category", "")
    groups = [*study.groups, *(study.codebook[category].levels if category in study.codebook else ())]
    words = {"group": groups, "phase": PHASES, "statistic": STATISTICS, "qualifier": QUALIFIERS}
    problems = _faults(table, words, ("value", "decimals", "n_printed", "source_line", "variable"))
    again = table.frame["id"].duplicated()
    problems += [table.problem(row, "id", f"{text!r} appears twice") for row, text in table.cells("id") if again[row]]
    for row, text in table.cells("value"):
        percent = table.frame.at[row, "statistic"] == "percent"
        if percent and re.fullmatch(NUMBER, text) and not 0 <= float(text) <= 100:
            problems.append(table.problem(row, "value", f"{text} is no percentage", "write 0 to 100"))
    _refuse(problems)
    numbers = table.frame[["n_printed", "source_line"]].apply(pd.to_numeric).astype("Int64")
    return table.frame.astype({"decimals": int}).assign(**numbers)


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
        Without rows where the file has its header alone: nothing is compared.

    Raises
    ------
    InputError
        with every fault and its line.

    Examples
    --------
    >>> load_comparisons()["marker"].isin(["†", "*", "**", "***"]).sum().item() > 20
    True
    """
    path = Path(path or paths.data("published", "comparisons.csv"))
    if _header_alone(path, COMPARISONS):
        return pd.DataFrame(columns=COMPARISONS, dtype="str").astype({"source_line": "Int64"})
    table = read_own(path, COMPARISONS)
    words = {"phase": PHASES, "marker": MARKERS, "wording": WORDINGS, "direction": DIRECTIONS}
    _refuse(_faults(table, words, ("contrast", "source_line")))
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
    if _header_alone(path, CLAIMS):
        return pd.DataFrame(columns=CLAIMS, dtype="str").astype(dict.fromkeys(CLAIMS[4:6], float))
    table = read_own(path, CLAIMS)
    words = {
        "direction": ("risk", "protective", "null"),
        "size": ("printed", "direction_only"),
        "significance": ("", "significant", "marginal", "none"),
    }
    problems = _faults(table, words, ("source_line",))
    for column in ("or_low", "or_high"):
        for row, text in table.cells(column):
            needed = text or table.frame.at[row, "size"] == "printed"
            if needed and not (re.fullmatch(NUMBER, text) and float(text) > 0):
                what = f"{text!r} is no odds ratio"
                problems.append(table.problem(row, column, what, "write a finite number above 0"))
    _refuse(problems)
    numbers = {name: pd.to_numeric(table.frame[name]) for name in ("or_low", "or_high", "source_line")}
    return table.frame.assign(**numbers)


def _faults(table: OwnTable, words: Mapping[str, Collection[str]], forms: Iterable[str]) -> list[Problem]:
    """Entries that are none of the words of their column, or are not of its form."""
    problems = []
    for column, allowed in words.items():
        named = [word or "(blank)" for word in allowed]
        wrong = [(row, text or "(blank)") for row, text in table.cells(column) if text not in allowed]
        problems += [table.problem(row, column, *not_one_of(text, named)) for row, text in wrong]
    for column in forms:
        form, what, remedy = FORMS[column]
        wrong = [(row, text) for row, text in table.cells(column) if not re.fullmatch(form, text)]
        problems += [table.problem(row, column, f"{text!r} is {what}", remedy) for row, text in wrong]
    return problems


def _refuse(problems: list[Problem]) -> None:
    """InputError with the faults, where there are any, in the order of the lines."""
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line or 0))


def _header_alone(path: Path, header: tuple[str, ...]) -> bool:
    """Whether a file has this header and nothing beneath it."""
    if not path.is_file() or path.stat().st_size > 1000:
        return False
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    head, *rest = lines or [""]
    return tuple(re.split("[,;\t]", head.strip())) == header and not any(line.strip(" ,;\t") for line in rest)


def printed_figure(figures: pd.DataFrame, figure: str) -> pd.Series:
    """The row of a figure; InputError with the nearest id where there is none."""
    found = figures[figures["id"] == figure]
    if found.empty:
        near = get_close_matches(figure, figures["id"], 1)
        remedy = f"did you mean {near[0]!r}?" if near else None
        raise InputError.of(f"no published figure is called {figure!r}", column="id", remedy=remedy)
    return found.iloc[0]


def quotation(row: pd.Series) -> str:
    """A published figure as the report words it: 'about 35%', 'almost half'."""
    worded = f"{row['qualifier']} " if row["qualifier"] not in {"", "exactly"} else ""
    percent = row["statistic"] == "percent"
    if worded and percent and row["value"] in SHARES:
        return worded + SHARES[row["value"]]
    return f"{worded}{row['value']}" + ("%" if percent else "")


def of_figure(row, study: Study) -> str:
    """A row of the published figures in words.

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


def _joined(*parts: str, phase: str) -> str:
    return "; ".join(filter(None, (*parts, f"phase {phase}" if phase else "")))


def _group(name: str, study: Study) -> str:
    """The label of a group, or of a level of the category that makes the groups."""
    if name in study.groups:
        return study.groups[name].label
    return study.codebook.level_label(study.settings["cohort"]["category"], name)


def _variable(row, study: Study) -> str:
    """A variable in words, and its levels; where it is not in the row's phase it is that of the first."""
    columns = (study.column(row.variable, phase) for phase in (row.phase, "1"))
    column = next((each for each in columns if each in study.derived or each in study.codebook), None)
    if column is None:
        return row.variable.replace("_", " ").capitalize()
    levels = [] if column in study.derived else [level for level in row.level.split("|") if level not in ("", "1")]
    named = study.codebook.level_label(column, "|".join(levels), within=True)
    return study.label(column) + (f": {named}" if levels else "")


def possible_values(
    value: ArrayLike, decimals: ArrayLike, qualifier: ArrayLike = "exactly", rule: str = "either"
) -> Bounds:
    """The lowest and highest value that a printed figure can stand for; infinite for "over".

    `qualifier` is "exactly", "about", "over" or "almost", one or one a figure. `rule` is "half_up", "half_even" or
    "either"; it decides only whether the ends themselves belong: one that does not is moved inwards by 1e-9.

    >>> low, high = possible_values([9.3, 50], [1, 0], ["exactly", "almost"])
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([9.25, 42.5], [9.35, 50.0])
    """
    value, decimals = np.asarray(value, float), np.asarray(decimals, int)
    qualifier = np.asarray(qualifier)
    half = 0.5 * 10.0**-decimals
    lower_belongs, upper_belongs = _ends(_units(value, decimals), rule)
    low = value - half + np.where(lower_belongs, 0, 1e-9)
    high = value + half - np.where(upper_belongs, 0, 1e-9)
    words = [qualifier == word for word in ("about", "over", "almost")]
    low = np.select(words, [value * (1 - ABOUT), value + 1e-9, value * ALMOST], low)
    high = np.select(words, [value * (1 + ABOUT), np.inf, value - 1e-9], high)
    return low, high


def possible_counts(
    value: ArrayLike,
    decimals: ArrayLike,
    n: ArrayLike,
    qualifier: ArrayLike = "exactly",
    rule: str = "either",
    scale: int = 100,
) -> Bounds:
    """The smallest and largest whole number k for which scale * k / n prints as the figure.

    As for `possible_values`; `scale` is 100 for percentages, which stay within 0 and n, and 1 for means of whole
    numbers, where k is their sum. Where no k fits, the smallest exceeds the largest by one; every whole number
    between them fits. Source: the GRIM test (Brown and Heathers 2017), here for percentages and with both rules for
    halves.

    >>> [bound.tolist() for bound in possible_counts([55.6, 2.4], 1, [205, 54])]
    [[114, 2], [114, 1]]
    """
    value, decimals, n = (np.asarray(x) for x in (value, decimals, n))
    decimals, n = decimals.astype(np.int64), n.astype(np.int64)
    units = _units(value, decimals)
    lower_belongs, upper_belongs = _ends(units, rule)
    double = 2 * scale * 10**decimals
    bottom, top = (2 * units - 1) * n, (2 * units + 1) * n
    low = np.where(lower_belongs, -(-bottom // double), bottom // double + 1)
    high = np.where(upper_belongs, top // double, -(-top // double) - 1)
    worded = np.asarray(qualifier) != "exactly"
    if worded.any():
        least, most = possible_values(value, decimals, qualifier, rule)
        most = np.minimum(most, 1e12)
        low = np.where(worded, np.ceil(least * n / scale), low)
        high = np.where(worded, np.floor(most * n / scale), high)
    low = np.maximum(low, 0).astype(np.int64)
    high = (np.minimum(high, n) if scale == 100 else high).astype(np.int64)
    return low, np.maximum(high, low - 1)


def fits(
    k: ArrayLike,
    n: ArrayLike,
    value: ArrayLike,
    decimals: ArrayLike,
    qualifier: ArrayLike = "exactly",
    rule: str = "either",
    scale: int = 100,
) -> np.ndarray:
    """Whether scale * k / n prints as the figure; arguments as for `possible_counts`.

    >>> fits([53, 54], 54, 98.1, 1).tolist()
    [True, False]
    """
    low, high = possible_counts(value, decimals, n, qualifier, rule, scale)
    return (low <= np.asarray(k)) & (np.asarray(k) <= high)


def as_printed(
    k: ArrayLike, n: ArrayLike, decimals: ArrayLike = 1, rule: str = "half_up", scale: int = 100
) -> np.ndarray:
    """The figure that scale * k / n prints as, by "half_up" or "half_even".

    >>> as_printed([12, 1], [53, 16], 1).tolist(), as_printed([12, 1], [53, 16], 1, "half_even").tolist()
    ([22.6, 6.3], [22.6, 6.2])
    """
    k, n, decimals = (np.asarray(x, np.int64) for x in (k, n, decimals))
    double = 2 * scale * 10**decimals * k
    units = (double + n) // (2 * n)
    if rule == "half_even":
        units = np.where(((double + n) % (2 * n) == 0) & (units % 2 == 1), units - 1, units)
    return units / 10.0**decimals


def _units(value: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    """A figure in units of its last printed digit."""
    return np.rint(np.asarray(value, float) * 10.0**decimals).astype(np.int64)


def _ends(units: np.ndarray, rule: str) -> tuple[np.ndarray, np.ndarray]:
    """Whether the lower and the upper end of the interval round to the figure."""
    if rule not in ROUNDING:
        raise InputError.of(f"{rule!r} is not one of {', '.join(ROUNDING)}", column="rule")
    even = units % 2 == 0
    always = np.ones_like(even)
    return {"half_up": (always, ~always), "half_even": (even, even), "either": (always, even)}[rule]
