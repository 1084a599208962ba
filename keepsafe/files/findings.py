"""Faults of a table's headings, rows and entries, each with its lines: in words, and for a program as plain facts.

Longer than 300 lines: what can be wrong, and the words for it, stand beside each other.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from itertools import groupby, islice
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.files import forms, guess
from keepsafe.files.entries import WHOLE, allowed
from keepsafe.problems import InputError, Problem, listed, not_one_of, printable, row_word, shortened
from keepsafe.reading.table import Meaning, Table
from keepsafe.study.codebook import Codebook, Variable, first_day

SHOWN = 5  # lines of a fault that repeats
LISTED = 20  # different faults of one kind in a column; the rest is counted
NAMED = 12  # levels of a variable
ONCE = "each has to stand on one line"
SURELY_THOUSANDS = r"[+-]?[0-9]{1,3}(,[0-9]{3}){2,}(\.[0-9]+)?|[+-]?[0-9]{1,3},[0-9]{3}\.[0-9]+"
UNCLEAR = "the dates do not tell whether the day or the month comes first; the day was taken to: {}"
HALF_READ = guess.HALF_READ + ": {}"
SHORT = "years of two digits were taken for 1969 to 2068: {}"
KEPT = "dates are kept as text: {}, for the codebook calls them identifiers; its type for them is date"
NUMBERS = "the file labels entries that the codebook takes for numbers (codes of missing?): {}"
MISSING = "the file calls entries missing that the codebook takes for known: {}"
SWAPPED = "codes that the file's own labels give another meaning were read by these: {}"
MENDED = ("written in another way than the codebook has it (blanks, capitals, a label for a code, a decimal comma, a "
          "form of date), and read as its entries: {}")  # fmt: skip
NOTES = (UNCLEAR, HALF_READ, SHORT, KEPT, NUMBERS, MISSING, SWAPPED, MENDED)  # in this order
DIGITS = r"(?![0-9])\d"  # of another script
ERRORS = r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)"  # of a formula


@dataclass(frozen=True)
class Finding:
    """A fault, as often as it occurs.

    `kind` is entry, blank, missing column, unknown column, repeated column, row width, no case, repeated identifier or
    contradiction; `what` is wrong, in words, before which the `value` stands where it may be shown. `column` is None
    for a row as a whole; `lines` are the first of the `count` on which it occurs, none for a column as a whole.
    `allowed` says what may stand there, `remedy` what to do.
    """

    kind: str
    what: str
    column: str | None = None
    lines: tuple[int, ...] = ()
    count: int = 1
    value: str | None = None
    allowed: str | None = None
    remedy: str | None = None

    @property
    def message(self) -> str:
        """What is wrong, with the value where it may be shown."""
        return self.what if self.value is None else f'"{shortened(self.value)}" {self.what}'

    def __str__(self) -> str:
        return self.told()

    def told(self, file: str | None = None) -> str:
        """The fault in words, with its places, called as those of the file are."""
        places = _places(self.lines, self.count, row_word(file))
        where = ", ".join(filter(None, [places, self.column])) if places else ""
        return printable((f"{where}: " if where else "") + self.message + (f"; {self.remedy}" if self.remedy else ""))

    def problem(self, file: str | None) -> Problem:
        """The same as a fault of an input, at its first line."""
        more = "" if self.count < 2 else f" ({_places(self.lines, self.count, row_word(file))})"
        line, column = (self.lines[0], self.column) if self.lines else (None, None)
        return Problem(self.message + more, file, line, column, self.remedy)

    def facts(self) -> dict[str, Any]:
        """Its parts by name, the first line apart, for JSON."""
        line = self.lines[0] if self.lines else None
        value = self.value and printable(shortened(self.value, 200))
        return {**asdict(self), "line": line, "value": value, "message": self.message}


@dataclass(frozen=True)
class Report:
    """What was checked and what was found.

    `findings` are in the order of the codebook's columns, those on the columns themselves first; `changed` says for
    each variable how many entries reading wrote in another way than they stand; `checked` says in a sentence what was
    checked, `notes` what else the file's owner should know.
    """

    file: str
    rows: int
    columns: int
    findings: tuple[Finding, ...]
    changed: dict[str, int]
    checked: str
    notes: tuple[str, ...]
    codebook: Codebook

    def __str__(self) -> str:
        count = sum(finding.count for finding in self.findings)
        said = "nothing was found" if not count else "1 fault" if count == 1 else f"{count:,} faults"
        parts = [f"{printable(self.file)}: {said}. {self.checked}"]
        for title, group in groupby(self.findings, self._title):
            parts.append("\n".join(["", title, *(f"  {finding.told(self.file)}" for finding in group)]))
        return "\n".join([*parts, *(f"\nnote: {printable(note)}" for note in self.notes)])

    def as_json(self) -> str:
        """The same facts for a program."""
        faults = {
            "faults": sum(finding.count for finding in self.findings),
            "findings": [finding.facts() for finding in self.findings],
        }
        before = {"file": self.file, "rows": self.rows, "columns": self.columns}
        after = {"changed": self.changed, "checked": self.checked, "notes": self.notes}
        return json.dumps(before | faults | after, indent=1)  # ASCII, so that no terminal is told anything by it

    def _title(self, finding: Finding) -> str:
        if finding.kind in ("missing column", "repeated column", "unknown column"):
            return "columns"
        return f"{finding.column} ({printable(self.codebook.label(finding.column))})" if finding.column else "rows"


def _grouped(rows: np.ndarray, keys: np.ndarray, lines: pd.Index) -> Iterator[tuple[int, tuple[int, ...], int, int]]:
    """Rows gathered by a key, those met first first: of each group its first row, its first lines, its count, and 0.

    `rows` are places from 0, ascending; `keys` and `lines` have one for each row of the table. Beyond `LISTED` groups,
    those left out are one more, with the first line of each, and how many they are in the place of 0.
    """
    found, told = pd.Series(rows).groupby(keys[rows], sort=False), 0
    for _, some in islice(found, LISTED):
        yield some.iloc[0], tuple(lines[some.head(SHOWN)].tolist()), len(some), 0
        told += len(some)
    firsts = found.first().iloc[LISTED:]
    if others := len(firsts):
        yield -1, tuple(lines[firsts.head(SHOWN)].tolist()), len(rows) - told, others


def _places(lines: tuple[int, ...], count: int, unit: str) -> str:
    return f"{unit}{'s' if count > 1 else ''} {listed(lines, SHOWN, count)}" if lines else ""


def notes(
    table: Table,
    extract: pd.DataFrame,
    fit: Mapping[str, pd.Series],
    codebook: Codebook,
    changed: Iterable[pd.DataFrame],
) -> list[str]:
    """What was taken for granted of a table's dates and labels, and how many entries were read as others."""
    found = defaultdict(list)
    for name, column in fit.items():
        variable = codebook[name]
        entries = [entry for entry in extract[name].cat.categories if entry and entry not in variable.missing]
        if variable.type == "date":
            found[UNCLEAR] += [name] * forms.unclear(entries)
            found[HALF_READ] += [name] * forms.half_read(entries)
            found[SHORT] += [name] * forms.short_years(entries)
        elif variable.type == "identifier":
            found[KEPT] += [name] * forms.mostly_dates(entries)
        said = next(map(table.meaning, table.places(name)), Meaning())
        for note, codes in ((NUMBERS, said.levels if variable.measured else {}), (MISSING, said.missing)):
            if times := int(column.isin(codes.keys() - variable.missing).sum()):
                found[note].append(f"{name} {times:,}")
    for way, counted in zip((SWAPPED, MENDED), changed, strict=True):
        found[way] = [f"{row.variable} {row.entries:,}" for row in counted.head(LISTED).itertuples()]
        if rest := counted["entries"][LISTED:].sum():
            found[way].append(f"and {rest:,} in {len(counted) - LISTED:,} more columns")
    return [note.format(", ".join(found[note])) for note in NOTES if found[note]]


def of_form(table: Table, codebook: Codebook) -> list[Finding]:
    """What is wrong with a table's headings and rows, whatever its entries.

    InputError where the file has none of the codebook's columns. Its first line is then not repeated, for it may hold a
    case.
    """
    places = {name: table.places(name) for name in codebook.names}
    known = {place for each in places.values() for place in each}
    if not known:
        remedy = "does its first line hold the names of the columns, and is this its codebook?"
        if {name.casefold() for name in codebook.names} & {name.casefold() for name in table.variables}:
            remedy = "its headings are the codebook's in other letters, capital or small: write them as they are there"
        sheet = "".join(f": {note}" for note in table.notes if "sheet" in note)
        raise InputError.of(f"has none of the codebook's columns{sheet}", file=table.file, remedy=remedy)
    missing = [name for name, columns in places.items() if not (columns or codebook[name].numbered)]
    unknown = [name for place, name in enumerate(table.names) if place not in known and name]
    some = [heading for heading in unknown[:1000] if len(heading) < 100]
    plain = {heading.casefold(): heading for heading in some}
    matches = {name: get_close_matches(name.casefold(), plain, 1) for name in missing[:LISTED]}
    near = {name: plain[match[0]] for name, match in matches.items() if match}
    meant = {heading: name for name, heading in near.items()}
    found = []
    for name in missing:
        remedy = "add it to the file, or delete its row of the codebook"
        remedy = f"is it the column {shortened(near[name])!r}?" if name in near else remedy
        found.append(Finding("missing column", f"column {name!r} is missing", name, remedy=remedy))
    for name, several in places.items():
        if len(several) > 1:
            what = f"column {name!r} appears {len(several)} times"
            found.append(Finding("repeated column", what, name, remedy="keep one of them"))
    for heading in dict.fromkeys(unknown[:LISTED]):
        word = shortened(heading)
        remedy = (
            f"describe it in the codebook, or delete the column from the file (in SPSS: SAVE OUTFILE ... /DROP={word})"
        )
        if heading in meant:
            remedy = f"did you mean {meant[heading]}?"
        found.append(Finding("unknown column", f"column {word!r} is not in the codebook", heading, remedy=remedy))
    if rest := len(unknown[LISTED:]):
        found.append(Finding("unknown column", f"{rest:,} further columns are not in the codebook", count=rest))
    if blank := [str(place) for place, name in enumerate(table.names, 1) if not name]:
        what = f"no heading above column {', '.join(blank[:LISTED])}{' and more' * (len(blank) > LISTED)}"
        found.append(Finding("unknown column", what, count=len(blank), remedy="name it, or leave it out"))
    lines, cells = np.array(table.ragged, dtype=int).reshape(-1, 2).T
    for row, where, count, others in _grouped(np.arange(len(lines)), cells, pd.Index(lines)):
        width = cells[row]
        has = "has other numbers of cells" if others else f"has {width:,} cell{'s' if width != 1 else ''}"
        what = f"{has} where the header has {table.width:,}"
        remedy = "quote cells that hold what separates cells"
        if width < table.width and not others and count <= len(table.lines):
            remedy = (
                "is it a note, no case? delete it" if width == 1 else "is a line broken in two, or a cell left out?"
            )
        found.append(Finding("row width", what, lines=where, count=count, remedy=remedy))
    return [*found, *(Finding("no case", what, lines=(line,), remedy="delete the row") for line, what in table.doubts)]


def of_cases(
    files: pd.DataFrame,
    fit: Mapping[str, pd.Series],
    codebook: Codebook,
    unique: str | None,
    broken: Iterable[tuple[str, np.ndarray, str, str]],
) -> list[Finding]:
    """What is wrong with the entries, column by column: those not allowed, those of `unique` that stand twice, and
    those that contradict others (column, rows, what they contradict there, by which rule).
    """
    found = of_entries(files, fit, codebook)
    if unique in files:
        found += _repeated(files[unique], codebook[unique])
    for column, *how in broken:
        found += _contradicting(files[column], codebook[column], *how)
    place = {name: number for number, name in enumerate(codebook.names)}
    return sorted(found, key=lambda finding: place[finding.column])


def _repeated(column: pd.Series, variable: Variable) -> Iterator[Finding]:
    """Every entry of a column that stands on several lines; blanks and codes of missing do not count."""
    counted = ~column.isin(["", *variable.missing])
    rows = np.flatnonzero(column.duplicated(keep=False) & counted)
    for row, lines, count, others in _grouped(rows, column.cat.codes.to_numpy(), column.index):
        what = f"{others:,} further ones stand on several lines" if others else f"stands on {count:,} lines"
        value = None if variable.sensitive or others else column.iloc[row]
        what = what if value is not None or others else f"the same entry {what}"
        yield Finding("repeated identifier", what, variable.name, lines, count, value, ONCE, ONCE)


def _contradicting(
    column: pd.Series, variable: Variable, wrong: np.ndarray, other: str, rule: str
) -> Iterator[Finding]:
    """The entries of a column that contradict another one, each once; of a sensitive column one finding, without it."""
    keys = np.zeros(len(column), int) if variable.sensitive else column.cat.codes.to_numpy()
    for row, lines, count, others in _grouped(np.flatnonzero(wrong), keys, column.index):
        value = None if variable.sensitive or others else column.iloc[row]
        what = f"{'the entry ' if value is None else ''}contradicts {other}: {rule}"
        yield Finding("contradiction", what, variable.name, lines, count, value, rule)


def of_entries(tidied: pd.DataFrame, fit: Mapping[str, pd.Series], codebook: Codebook) -> list[Finding]:
    """Every entry of tidied columns, some perhaps absent, that is not among those of the codebook (`fit`).

    One finding for each different entry of a column; of a sensitive column, one for each kind of fault, without the
    entries, and without the name of a near level, which would tell them.
    """
    found = []
    for variable in (variable for variable in codebook if variable.name in fit):
        column, rows = tidied[variable.name], np.flatnonzero(fit[variable.name].isna())
        if not len(rows):
            continue
        codes = column.cat.codes.to_numpy()
        reasons = _reasons(variable, column.cat.categories.to_series())
        keys = pd.factorize(reasons)[0][codes] if variable.sensitive else codes
        for row, lines, count, others in _grouped(rows, keys, column.index):
            if others:
                what = f"{others:,} further entries that are not allowed, {count:,} times"
                found.append(Finding("entry", what, variable.name, lines, count, allowed=in_words(variable)))
            else:
                value = None if variable.sensitive else column.iloc[row]
                found.append(_refused(variable, reasons[codes[row]], value, lines, count))
    return found


def in_words(variable: Variable) -> str:
    """What a cell of the variable may hold, codes of missing apart.

    >>> from keepsafe import load_codebook
    >>> codebook = load_codebook()
    >>> in_words(codebook["sex"]), in_words(codebook["cse"]), in_words(codebook["moves_total"])
    ('female, male', '0 (no), 1 (yes)', 'a whole number from 0 to 57')
    """
    if variable.coded:
        levels = [code if code.isalpha() else f"{code} ({label})" for code, label in variable.levels.items()]
        return listed(levels, NAMED) + (" in the codebook" if len(levels) > NAMED else "")
    if variable.type == "identifier":
        return "an entry that is not blank"
    kind = "a date" if variable.type == "date" else "a whole number" if variable.whole else "a number"
    return kind if variable.low is None else f"{kind} from {variable.low} to {variable.high}"


def _reasons(variable: Variable, entries: pd.Series) -> np.ndarray:
    """Why an entry that is not allowed is none."""
    found = {"blank": entries == "", "formula": entries.str.fullmatch(ERRORS)}
    if variable.coded:
        found["level"] = entries != ""
    elif variable.type == "date":
        found["digits"] = entries.str.contains(DIGITS)
        found["outside"] = entries.map(first_day).notna()
        found["no such day"] = entries.map(forms.like_date)
        found["period"] = entries.str.fullmatch(r"[0-9]{4}")
        found["serial"] = entries.str.fullmatch(forms.SERIAL)
    else:
        found["digits"] = entries.str.contains(DIGITS)
        found["date"] = entries.map(forms.like_date)
        sure, unclear = entries.str.fullmatch(SURELY_THOUSANDS), entries.str.fullmatch(forms.THOUSANDS)
        decimal = entries.str.fullmatch(forms.DECIMAL_COMMA)
        # what the range allows
        large, small = (allowed(variable, entries.str.replace(",", sign)) for sign in ("", "."))
        found["thousands"] = sure | unclear & (sure.any() and not (decimal & ~unclear).any() or large & ~small)
        found["comma or thousands"] = unclear & ~(small & ~large)
        pointed = entries.str.fullmatch(forms.POINTED) & allowed(variable, entries.str.replace(".", ""))
        found["points"] = pointed & (variable.whole | (entries.str.count(r"\.") > 1))
        found["comma"] = decimal
        found["money"] = entries.str.fullmatch(forms.UNITS)
        found["outside"] = entries.str.fullmatch(WHOLE if variable.whole else forms.PLAIN)
        found["fraction"] = entries.str.fullmatch(forms.PLAIN)
        found["cut short"] = entries.str.fullmatch(forms.CUT_SHORT)
    return np.select([mask.to_numpy(bool) for mask in found.values()], list(found), "text")


def _refused(variable: Variable, reason: str, entry: str | None, lines: tuple[int, ...], count: int) -> Finding:
    """What is wrong with an entry that is not allowed; it is None where it may not be shown."""
    words = in_words(variable)
    codes = ", ".join(f"{code} ({label})" for code, label in variable.missing.items())
    if reason == "blank":
        write = f"write a code of missing: {codes}" if codes else "a cell may be blank where the codebook has blank=..."
        return Finding("blank", "the entry is blank", variable.name, lines, count, allowed=words, remedy=write)
    plain, none, point, near = "write it without them", "none", "a point", None
    if entry is not None:
        none, point = entry.replace("," if "," in entry else ".", ""), entry.replace(",", ".")
        plain, near = f"write {none}", not_one_of(entry, [*variable.levels, *variable.missing])[1]
    what = {
        "formula": "is an error of a spreadsheet's formula",
        "date": f"is a date, not {words}",
        "level": f"is not one of {words}",
    }
    remedies = {
        "formula": "mend the formula, or write a code of missing",
        "digits": "write its digits as 0 to 9",
        "no such day": "there is no such day: are day and month in their places?",
        "serial": "a spreadsheet's number of a day? format the column as dates there, and save it again",
        "period": "a year alone is a number: call it one, or write the day or month as well",
        "date": "for a column of dates the codebook has the type date",
        "thousands": f"{plain}: commas between thousands are not read",
        "points": f"{plain}: points between thousands are not read",
        "comma or thousands": f"is its comma one of thousands? write {none}; or of decimals? write {point}",
        "comma": "is its comma a decimal comma? write a point" + " and no decimals" * variable.whole,
        "money": "write the number alone",
        "fraction": "where decimals belong, write the range with them in the codebook",
        "cut short": "a spreadsheet cut a long number short: take it from its source, as text",
    }
    said = "the entry " * (entry is None) + what.get(reason, f"is not {words}")
    remedy = (
        near
        if near and reason == "level"
        else remedies.get(reason, f"or {codes}" if codes else "mend it, or allow it in the codebook")
    )
    return Finding("entry", said, variable.name, lines, count, entry, words, remedy)
