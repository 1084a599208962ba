"""Entries: which code, number or date of the codebook each stands for, and those that the codebook does not allow.

Labels are looked up among labels only, and those of levels apart from those of missing, so that no level becomes
another one because its label looks like a code, and no missing entry becomes a level.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.files.findings import Finding, grouped
from keepsafe.reading import csv_tables, written
from keepsafe.reading.table import DECLARED, Meaning
from keepsafe.study.codebook import Codebook, Variable

WHOLE = r"-?[0-9]{1,15}"
NAMED = 12  # levels of a variable that are listed
SURELY_THOUSANDS = r"[+-]?[0-9]{1,3}(,[0-9]{3}){2,}(\.[0-9]+)?|[+-]?[0-9]{1,3},[0-9]{3}\.[0-9]+"
ERRORS = r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)"  # of a formula


def by_label(variable: Variable, said: Meaning, entries: Iterable[str] = ()) -> dict[str, str]:
    """The codes that a file labels, with those of the codebook that have the same label.

    Levels become levels and missing ones missing ones; a code of missing without a label is the codebook's only one.
    Two codes never become one. A code whose label the codebook lacks stays, unless another one became it: then it
    stands with its label, to be told as a fault.

    >>> from keepsafe import load_codebook
    >>> by_label(load_codebook()["sex"], Meaning(levels={"1": "Male", "2": "Female"}, missing={".a": "not recorded"}))
    {'.a': '-9', '1': 'male', '2': 'female'}
    """
    labels, entries = {**said.missing, **said.levels}, list(entries)
    if not variable.coded:
        made = _matched(said.missing, variable.missing)
    else:
        made = _matched(said.missing, variable.missing) | _matched(said.levels, variable.levels)
        codes = {**variable.levels, **variable.missing}
        words = {code.casefold(): code for code in codes if written.number(code) is None}
        for code, label in labels.items():  # a word among codes may be what a file has as the label of a number
            word = words.get(label.casefold())
            kind = variable.levels if code in said.levels else variable.missing
            if code not in made and code not in codes and word in kind and word not in made.values():
                made[code] = word
    unnamed = [code for code, label in said.missing.items() if label == DECLARED and code not in _exact(variable)]
    ours = set(variable.missing) - set(made.values())
    if len(unnamed) == len(ours) == 1 and not ours & set(entries):
        made[unnamed[0]] = ours.pop()
    taken = {code for was, code in made.items() if was != code}
    rest = {
        code: f"{code} ({labels.get(code, 'no label')})" if code in taken else code
        for code in (*labels, *entries)
        if code and code not in made
    }
    return {**made, **rest}


def _matched(theirs: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Codes with the code of the same label, where one code on either side has it; a code that has its own keeps it."""
    found = {
        code: code
        for code, label in theirs.items()
        if _plain(label).casefold() == _plain(ours.get(code, "")).casefold()
    }
    for fold in (str, str.casefold):
        left = {code: _plain(fold(label)) for code, label in theirs.items() if code not in found}
        right = {code: _plain(fold(label)) for code, label in ours.items() if code not in found.values()}
        once, by_name = Counter(left.values()), {label: code for code, label in right.items()}
        several = {label for label, times in Counter(right.values()).items() if times > 1}
        found |= {
            code: by_name[label]
            for code, label in left.items()
            if code not in found and once[label] == 1 and label in by_name and label not in several
        }
    return found


def spellings(variable: Variable, entries: Iterable[str]) -> dict[str, str]:
    """The different entries of a column, each with what it stands for; those that stand for nothing known stay.

    Blanks around an entry and capitals are passed over, a label stands for its code, a number is brought into plain
    form (.5, +2, 3,5 in a column of decimal commas, 30:15:00 as hours), a date into that of ISO.

    >>> from keepsafe import load_codebook
    >>> spellings(load_codebook()["sex"], [" Female", "MALE", "femle"])
    {' Female': 'female', 'MALE': 'male', 'femle': 'femle'}
    """
    entries = list(entries)
    if variable.type == "identifier" and not variable.missing:
        return {entry: _plain(entry) for entry in entries if entry != _plain(entry)}  # there may be a million
    exact, known = _exact(variable), _known(variable)
    plain = {entry: entry if entry in exact else _plain(entry) for entry in entries}
    values: dict[str, str] = {}
    if variable.measured:
        values = written.numbers(plain.values())
        if variable.whole:  # what is no whole number is told as it stands
            values = {entry: value for entry, value in values.items() if "." not in value}
        else:
            values |= {entry: made for entry in plain.values() if (made := written.hours(entry)) is not None}
    elif variable.type == "date":
        values = written.dates(entry for entry in plain.values() if entry not in exact)
    elif variable.coded:
        values = {entry: entry.partition(".")[0] for entry in plain.values() if re.fullmatch(r"-?[0-9]+\.0+", entry)}

    def meant(entry: str) -> str:
        if entry in exact:
            return entry
        value = values.get(entry, entry)
        if value in exact:
            return value
        return known.get(entry.casefold(), entry if variable.coded else value)

    return {entry: meant(text) for entry, text in plain.items()}


def _exact(variable: Variable) -> set[str]:
    return {*variable.levels, *variable.missing}


def _known(variable: Variable) -> dict[str, str]:
    """Codes by what may be written for them, capitals and blanks apart: other codes, and labels that are no numbers.

    What may be read in two ways is not among them. A label that is a number stands for its code only if it is that.
    """
    made: dict[str, set[str]] = {}
    for code in _exact(variable):
        made.setdefault(_plain(code).casefold(), set()).add(code)
    codes = set(made)
    for code, label in (*variable.levels.items(), *variable.missing.items()):
        text = _plain(label).casefold()
        if text not in codes and written.number(text) is None:
            made.setdefault(text, set()).add(code)
    found = {text: codes.pop() for text, codes in made.items() if len(codes) == 1}
    return {**found, **({"": "blank"} if "blank" in variable.missing else {})}


def _plain(text: str) -> str:
    return " ".join(text.split())


def findings(tidied: pd.DataFrame, codebook: Codebook) -> list[Finding]:
    """Every entry that the codebook does not allow, of tidied categoricals of text by variable, some perhaps absent.

    One finding for each different entry of a column; of a sensitive column, one for each kind of fault, without the
    entries.
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
        low: Any = variable.low or date.min
        high: Any = variable.high or date.max
        fits = [day is not None and low <= day <= high for day in map(written.first_day, entries)]
        return missing | pd.Series(fits, entries.index, dtype=bool)
    numbers = pd.to_numeric(entries.where(entries.str.fullmatch(WHOLE if variable.whole else written.PLAIN), None))
    least = variable.low if variable.low is not None else float("-inf")
    most = variable.high if variable.high is not None else float("inf")
    return missing | numbers.between(least, most).fillna(False).astype(bool)


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
    sure, unclear = entries.str.fullmatch(SURELY_THOUSANDS), entries.str.fullmatch(written.THOUSANDS)
    others = entries.str.fullmatch(written.DECIMAL_COMMA) & ~unclear
    large, small = (allowed(variable, entries.str.replace(",", sign)) for sign in ("", "."))  # what the range allows
    found["thousands"] = sure | unclear & (sure.any() and not others.any() or large & ~small)
    found["comma or thousands"] = unclear & ~(small & ~large)
    pointed = entries.str.fullmatch(written.POINTED) & allowed(variable, entries.str.replace(".", ""))
    found["points"] = pointed & (variable.whole | (entries.str.count(r"\.") > 1))
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
    without = entry.replace("," if "," in entry else ".", "")
    plain = f" {without}" if entry else " it without them"
    either = (
        f"write {without}; or of decimals? write {entry.replace(',', '.')}"
        if entry
        else "write none; or of decimals? write a point"
    )
    said = {
        "formula": ("is an error of a spreadsheet's formula", "mend the formula, or write a code of missing"),
        "digits": (f"is not {words}", "write its digits as 0 to 9"),
        "no such day": (f"is not {words}", "there is no such day: are day and month in their places?"),
        "period": (f"is not {words}", "a year alone is a number: call it one, or write the day or month as well"),
        "date": (f"is a date, not {words}", "for a column of dates the codebook has the type date"),
        "thousands": (f"is not {words}", f"write{plain}: commas between thousands are not read"),
        "points": (f"is not {words}", f"write{plain}: points between thousands are not read"),
        "comma or thousands": (f"is not {words}", f"is its comma one of thousands? {either}"),
        "comma": (
            f"is not {words}",
            "is its comma a decimal comma? write a point" + (" and no decimals" if variable.whole else ""),
        ),
        "money": (f"is not {words}", "write the number alone"),
        "fraction": (f"is not {words}", "where decimals belong, write the range with them in the codebook"),
        "cut short": (f"is not {words}", "a spreadsheet cut a long number short: take it from its source, as text"),
    }
    if reason == "blank":
        return "blank", "the entry is blank", write
    if reason == "level":
        return "entry", f"is not one of {words}", f"or {codes}" if codes else None
    return "entry", *said.get(reason, (f"is not {words}", f"or {codes}" if codes else None))
