"""Entries that the codebook does not allow, each with what is allowed in words."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keepsafe.files.checking.findings import Finding, grouped
from keepsafe.reading import csv_tables, written
from keepsafe.study.codebook import Codebook, Variable

WHOLE = r"-?[0-9]{1,15}"
NAMED = 12  # levels of a variable that are listed
SURELY_THOUSANDS = r"[+-]?[0-9]{1,3}(,[0-9]{3}){2,}(\.[0-9]+)?|[+-]?[0-9]{1,3},[0-9]{3}\.[0-9]+"
ERRORS = r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)"  # of a formula


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
    """Whether each entry is a level, a number or a date within the range, or a code of missing."""
    missing = entries.isin(list(variable.missing))
    if variable.type == "identifier":
        return missing | (entries != "")
    if variable.coded:
        return missing | entries.isin(list(variable.levels))
    if variable.type == "date":
        days = [written.first_day(entry) for entry in entries]
        fits = [day is not None and (variable.low is None or variable.low <= day <= variable.high) for day in days]
        return missing | pd.Series(fits, entries.index, dtype=bool)
    numbers = pd.to_numeric(entries.where(entries.str.fullmatch(WHOLE if variable.whole else written.PLAIN), None))
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
    kind = "a date" if variable.type == "date" else "a whole number" if variable.whole else "a number"
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
        kind, what, remedy = _said(variable, reasons[place], entries[place])
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
    found = {"blank": entries == "", "formula": entries.str.fullmatch(ERRORS)}
    if variable.coded:
        found["level"] = entries != ""
        return _first_of(found)
    found["digits"] = entries.str.contains(r"(?![0-9])\d")
    if variable.type == "date":
        found["outside"] = pd.Series([written.first_day(entry) is not None for entry in entries])
        found["no such day"] = pd.Series([written.like_date(entry) for entry in entries])
        found["period"] = entries.str.fullmatch(r"[0-9]{4}")
        return _first_of(found)
    found["date"] = pd.Series([written.like_date(entry) for entry in entries])
    found["thousands"] = entries.str.fullmatch(SURELY_THOUSANDS)
    unclear = entries.str.fullmatch(written.THOUSANDS)
    others = entries.str.fullmatch(written.DECIMAL_COMMA) & ~unclear
    found["thousands" if found["thousands"].any() and not others.any() else "comma or thousands"] = unclear
    found["comma"] = entries.str.fullmatch(written.DECIMAL_COMMA)
    found["money"] = entries.str.fullmatch(written.UNITS)
    found["outside"] = entries.str.fullmatch(WHOLE if variable.whole else written.PLAIN)
    found["fraction"] = entries.str.fullmatch(written.PLAIN)
    found["cut short"] = entries.str.fullmatch(written.CUT_SHORT)
    return _first_of(found)


def _first_of(found: dict[str, pd.Series]) -> list[str]:
    return np.select([mask.to_numpy(bool) for mask in found.values()], list(found), "text").tolist()


def _said(variable: Variable, reason: str, entry: str = "") -> tuple[str, str, str | None]:
    """Kind of finding, what is wrong, and the remedy; `entry` is blank where it may not be shown."""
    words = in_words(variable)
    codes = ", ".join(f"{code} ({label})" for code, label in variable.missing.items())
    write = f"write a code of missing: {codes}" if codes else "a cell may be blank where the codebook has blank=..."
    without = entry.replace(",", "")
    plain = f" {without}" if entry else " it without them"
    either = f"write {without}; or of decimals? write {entry.replace(',', '.')}" if entry else \
        "write none; or of decimals? write a point"  # fmt: skip
    said = {
        "formula": ("is an error of a spreadsheet's formula", "mend the formula, or write a code of missing"),
        "digits": (f"is not {words}", "write its digits as 0 to 9"),
        "no such day": (f"is not {words}", "there is no such day: are day and month in their places?"),
        "period": (f"is not {words}", "a year alone is a number: call it one, or write the day or month as well"),
        "date": (f"is a date, not {words}", "for a column of dates the codebook has the type date"),
        "thousands": (f"is not {words}", f"write{plain}: commas between thousands are not read"),
        "comma or thousands": (f"is not {words}", f"is its comma one of thousands? {either}"),
        "comma": (f"is not {words}", "is its comma a decimal comma? write a point"
                  + (" and no decimals" if variable.whole else "")),
        "money": (f"is not {words}", "write the number alone"),
        "fraction": (f"is not {words}", "where decimals belong, write the range with them in the codebook"),
        "cut short": (f"is not {words}", "a spreadsheet cut a long number short: take it from its source, as text"),
    }  # fmt: skip
    if reason == "blank":
        return "blank", "the entry is blank", write
    if reason == "level":
        return "entry", f"is not one of {words}", f"or {codes}" if codes else None
    return "entry", *said.get(reason, (f"is not {words}", f"or {codes}" if codes else None))
