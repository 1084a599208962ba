"""Entries that the codebook does not allow, each with what is allowed in words."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keepsafe import csv_tables
from keepsafe.checking.findings import Finding, grouped
from keepsafe.codebook import Codebook, Variable

DATE = r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})([ T]\d{1,2}:\d{2}.*)?"
DECIMAL_COMMA = r"-?\d*,\d+|-?\d{1,3}(\.\d{3})+,\d+"
WHOLE, DECIMAL = r"-?\d{1,15}", r"-?\d{1,15}(\.\d+)?([eE][+-]?\d{1,2})?"
NAMED = 12  # levels of a variable that are listed


def findings(tidied: pd.DataFrame, codebook: Codebook) -> list[Finding]:
    """Every entry that the codebook does not allow.

    Parameters
    ----------
    tidied : categoricals of text by variable, as `case_files.tidy` writes them; variables may be absent.
    codebook : what is allowed.

    Returns
    -------
    list of Finding
        in the codebook's order, one for each different entry of a column; of a sensitive column, one for each kind of
        fault, without the entries.
    """
    found = []
    for variable in codebook:
        if variable.name in tidied:
            column = tidied[variable.name]
            entries = pd.Series(column.cat.categories, dtype="str")
            bad = ~allowed(variable, entries).to_numpy(bool)
            rows = np.flatnonzero(bad[column.cat.codes]) if bad.any() else ()
            if len(rows):
                told = _by_reason if variable.sensitive else _by_value
                found += told(variable, rows, column, _reasons(variable, entries))
    return found


def allowed(variable: Variable, entries: pd.Series) -> pd.Series:
    """Whether each entry is a level, a number within the range, or a code of missing."""
    missing = entries.isin(list(variable.missing))
    if variable.type == "identifier":
        return missing | (entries != "")
    if variable.coded:
        return missing | entries.isin(list(variable.levels))
    numbers = pd.to_numeric(entries.where(entries.str.fullmatch(WHOLE if variable.whole else DECIMAL), None))
    low = variable.low if variable.low is not None else float("-inf")
    high = variable.high if variable.high is not None else float("inf")
    return missing | numbers.between(low, high).fillna(False).astype(bool)


def in_words(variable: Variable) -> str:
    """What a cell of the variable may hold, codes of missing apart.

    >>> from keepsafe import load_codebook
    >>> codebook = load_codebook()
    >>> in_words(codebook["sex"]), in_words(codebook["cse"]), in_words(codebook["moves_total"])
    ('female, male', '0 (no), 1 (yes)', 'a whole number from 0 to 57')
    """
    if variable.coded:
        levels = [code if code.isalpha() else f"{code} ({label})" for code, label in variable.levels.items()]
        rest = len(levels) - NAMED
        return ", ".join(levels[:NAMED]) + (f" and {rest} more in the codebook" if rest > 0 else "")
    if variable.type == "identifier":
        return "an entry that is not blank"
    kind = "a whole number" if variable.whole else "a number"
    return kind if variable.low is None else f"{kind} from {variable.low} to {variable.high}"


def _by_value(variable: Variable, rows: np.ndarray, column: pd.Series, reasons: list[str]) -> Iterator[Finding]:
    """One finding for each different entry."""
    entries, words = column.cat.categories, in_words(variable)
    groups, others = grouped(rows, column.cat.codes.to_numpy(), column.index)
    for place, lines, count in groups:
        if place < 0:
            what = f"{others:,} further entries that are not allowed, {count:,} times"
            yield Finding("entry", what, variable.name, lines, count, allowed=words)
            continue
        kind, what, remedy = _said(variable, reasons[place])
        if reasons[place] == "level":
            remedy = csv_tables.not_one_of(entries[place], [*variable.levels, *variable.missing])[1] or remedy
        value = None if kind == "blank" else entries[place]
        yield Finding(kind, what, variable.name, lines, count, value, words, remedy)


def _by_reason(variable: Variable, rows: np.ndarray, column: pd.Series, reasons: list[str]) -> Iterator[Finding]:
    """One finding for each kind of fault, without the entries; nor is a near level named, which would tell them."""
    kinds = sorted(set(reasons))
    keys = np.array([kinds.index(reason) for reason in reasons])[column.cat.codes]
    for place, lines, count in grouped(rows, keys, column.index)[0]:
        kind, what, remedy = _said(variable, kinds[place])
        what = what if kind == "blank" else f"the entry {what}"
        yield Finding(kind, what, variable.name, lines, count, None, in_words(variable), remedy)


def _reasons(variable: Variable, entries: pd.Series) -> list[str]:
    """Why an entry that is not allowed is none."""
    found = {"blank": entries == ""}
    if variable.coded:
        found["level"] = entries != ""
    else:
        found["date"] = entries.str.fullmatch(DATE)
        found["comma"] = entries.str.fullmatch(DECIMAL_COMMA)
        found["outside"] = entries.str.fullmatch(WHOLE if variable.whole else DECIMAL)
        found["fraction"] = entries.str.fullmatch(DECIMAL)
    return np.select([mask.to_numpy(bool) for mask in found.values()], list(found), "text").tolist()


def _said(variable: Variable, reason: str) -> tuple[str, str, str | None]:
    """Kind of finding, what is wrong, and the remedy."""
    words = in_words(variable)
    codes = ", ".join(f"{code} ({label})" for code, label in variable.missing.items())
    write = f"write a code of missing: {codes}" if codes else "a cell may be blank where the codebook has blank=..."
    dates = "dates are read as text; the codebook's type for that is identifier"
    comma = "is its comma a decimal comma? write a point" + (" and no decimals" if variable.whole else "")
    return {
        "blank": ("blank", "the entry is blank", write),
        "level": ("entry", f"is not one of {words}", f"or {codes}" if codes else None),
        "date": ("entry", f"is a date, not {words}", dates),
        "comma": ("entry", f"is not {words}", comma),
        "fraction": ("entry", f"is not {words}", "where decimals belong, write the range with them in the codebook"),
        "outside": ("entry", f"is not {words}", f"or {codes}" if codes else None),
        "text": ("entry", f"is not {words}", f"or {codes}" if codes else None),
    }[reason]
