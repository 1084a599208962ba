"""A codebook drafted from a file: a row a column, with its levels or range, and what to ask its owner first.

Longer than 300 lines: each question stands beside the remark that raises it.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import paths, reading
from keepsafe.files import forms, guess
from keepsafe.files.forms import number
from keepsafe.files.guess import AMONG, DAY_OR_MONTH, HARDLY, LEAST, POINTS_OR_DECIMALS, TEXT, TWO_CODES, ZERO_ONE
from keepsafe.problems import InputError, printable, row_word, shortened
from keepsafe.reading.delimited import inert_cells
from keepsafe.reading.table import Meaning, Table
from keepsafe.study.codebook import CODED, COLUMNS, MEASURED, first_day

WHOLE = r"\A(-?[0-9]+)\.0+\Z"
UNFIT = r"[=;]"  # what a code in a codebook cannot hold
FINEST, LARGEST = Decimal("1e-12"), Decimal("1e12")  # of a range
NOBODY = "no column tells one person from another"
ASKED_MOST, ASKED_LEAST, NAMED = 7, 3, 8  # questions, and columns that one names
# a remark, and the question that it raises; what may change most comes first
ASKED = [
    (r"(?P<codes>.+) taken for missing",
     "Does {codes} stand for missing in {names}? If not, delete it under missing, and widen the range under levels."),
    (r"(?P<codes>.+) kept among the levels",
     "Does {codes} stand for missing in {names}? If so, move it from levels to missing."),
    (re.escape(NOBODY),
     "No column tells one person from another. Is each row a person? Then add a row {names} here, with identifier "
     "under type and line under levels, and write person = \"{names}\" in the study file."),
    (r"[0-9].* withheld: add (it|them) by hand",
     "Which levels that fewer than ten cases have belong to {names}? Add them under levels, as code=label."),
    (re.escape(DAY_OR_MONTH),
     "Does the day come before the month in {names}? If not, write identifier under type, and mend the file's dates."),
    (r".*a count, or codes of a category\?",
     "Are the numbers in {names} codes of a category? Then write category under type, and code=label under levels."),
    (re.escape(TWO_CODES), "What do the two codes in {names} mean? Write it under levels, as code=label."),
    (r"a code without a label in the file.*",
     "Does a code that the file leaves without a label belong to {names}? If it does, add it under levels."),
    (r"no level is left.*",
     "Are the entries of {names} categories? Then write category under type, and code=label under levels."),
    (AMONG.format("(numbers|dates)"),
     "What do the other entries among the values of {names} mean? Name them under missing, as entry=label, or mend the "
     "file."),
    (re.escape(POINTS_OR_DECIMALS),
     "Does a point in {names} stand among thousands, as in 14.170 for 14170? If so, write the numbers without it."),
    (re.escape(HARDLY) + ".*",
     "Do the numbers in {names} name persons or files? If they are to be described, write count or number under type."),
    (re.escape(ZERO_ONE), "Do 0 and 1 mean no and yes in {names}? If not, write what they mean under levels."),
    (re.escape(TEXT), "Are the texts in {names} needed? If not, delete them from the file, and their rows here."),
]  # fmt: skip
ALWAYS = [
    "Which entries may no message repeat? Write yes under sensitive in their rows.",
    "Is what stands under label what a reader should read? Write it in words.",
    "With which level are the others compared? Write its code under reference.",
]


@dataclass(frozen=True)
class Draft:
    """A drafted codebook; and for its owner alone the counts that it rests on, what to look at, and what to answer.

    `counts` and `attention` have a line each; `questions` are three to seven, the most important first, each of which
    is answered in the codebook itself.
    """

    frame: pd.DataFrame
    counts: tuple[str, ...]
    attention: tuple[str, ...]
    questions: tuple[str, ...]

    def csv(self) -> str:
        """The codebook as CSV that no spreadsheet runs as a formula."""
        return inert_cells(self.frame).to_csv(index=False, lineterminator="\n")

    def save(self, path: Path) -> None:
        """Write the codebook whole, to a file that is not there yet; InputError where it is, or cannot be written."""
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_text(self.csv(), encoding="utf-8")
            os.link(beside, path)  # which, unlike a renaming, fails where there is a file
        except FileExistsError:
            what, remedy = "is there already, and stays as it is", "give another name to --out"
            raise InputError.of(what, file=paths.shown(path), remedy=remedy) from None
        except OSError as error:
            raise InputError.of(f"cannot be written: {error.strerror}", file=paths.shown(path)) from None
        finally:
            with suppress(OSError):  # on a disk that cannot be written there is nothing to take away
                beside.unlink()


def draft(path: str | Path) -> Draft:
    """Draft a codebook from a file with one row a case, in any format that `read_case_files` takes.

    Levels that fewer than ten cases have are left out of it, unless the file itself labels them, and ranges are rounded
    outwards (to 1, 2 or 5 and zeros; of dates to five years), for a codebook may be passed on where its file may not.
    InputError for a file that cannot be read.

    >>> made = draft(paths.data("synthetic", "case_files.csv")).frame.set_index("name")
    >>> made.loc["sex", ["type", "levels"]].tolist()
    ['category', 'female=Female; male=Male']
    >>> made.loc["lived_care_p2", ["phase", "missing"]].tolist()
    ['2', '-8=not recorded; -9=not recorded']
    """
    table = reading.read(path)
    if not len(table.lines):
        what, remedy = (
            f"no row has {table.width} cells, as the header has",
            "quote cells that hold what separates cells",
        )
        raise InputError.of(what, file=table.file, line=table.ragged[0][0], remedy=remedy)
    rows, counts, attention = [], [], defaultdict(list)
    seen: dict[str, int] = {}
    for place, (heading, name) in enumerate(zip(table.names, table.variables, strict=True)):
        if name in seen:
            attention[f"left out, for column {seen[name] + 1} has the same name"].append(f"column {place + 1}")
            continue
        seen[name] = place
        row, counted, remarks = _row(name, table, place)
        rows.append(row)
        counts.append(f"{name}: {counted}")
        for remark in remarks if heading else ["without a heading: write this one into the file", *remarks]:
            attention[remark].append(name)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    identifiers = [table.columns[seen[row["name"]]] for row in rows if row["type"] == "identifier"]
    if rows and not any(len(column.categories) == len(column) and "" not in column for column in identifiers):
        attention[NOBODY].append(next(name for name in ("line", "line_of_file", "_") if name not in seen))
    asked, rest = questions(attention)
    told = [
        *table.notes,
        *(f"{row_word(table.file)} {line} {what}: delete the row" for line, what in table.doubts),
        *rest,
    ]
    if table.ragged:
        told.append(f"{len(table.ragged):,} rows with another number of cells than the header were not counted")
    return Draft(frame, tuple(map(printable, counts)), tuple(map(printable, told)), tuple(map(printable, asked)))


def _row(name: str, table: Table, place: int) -> tuple[dict[str, str], str, list[str]]:
    """A row of the codebook, the counts in words, and remarks."""
    column, said = table.columns[place], table.meaning(place)
    times = np.bincount(column.codes, minlength=len(column.categories)).tolist()
    by_code: Counter[str] = Counter()
    for entry, counted in zip(column.categories, times, strict=True):
        by_code[re.sub(WHOLE, r"\1", entry) if "." in entry else entry] += counted
    by_code = +by_code  # without those that do not occur
    numbers = forms.numbers((*said.levels, *by_code))
    missing = guess.missing(by_code, numbers, said) | guess.no_dates(by_code)
    filled = {entry: times for entry, times in by_code.items() if entry and entry not in missing}
    who = guess.personal(name)
    kind, remarks, values = guess.kind_of(who, filled, numbers, said, missing)
    remarks += guess.serial_days(name, filled)
    sensitive = who or kind in ("identifier", "date")
    if guessed := [code for code in missing if code not in said.missing and code != "blank"]:
        remarks.append(f"{', '.join(guessed)} taken for missing")
    fit = {code: label for code, label in missing.items() if not re.search(UNFIT, code)}
    levels = told = ""
    if kind in CODED:
        by_code = by_code if _labelled(said) else _alike(by_code)
        named, more = _levels(kind, by_code, missing, said)
        remarks += more
        if open_ := [code for code, label in named.items() if guess.MISSING.search(label.casefold())]:
            remarks.append(f"{', '.join(map(shortened, open_))} kept among the levels")
        levels, told = _pairs(named), ", ".join(f"{shortened(code)} {_cases(by_code.get(code, 0))}" for code in named)
        if not named:
            kind = "identifier"
            remarks.append("no level is left, so that it is taken for text: write category, and its levels")
    elif kind in MEASURED:
        measured = [Decimal(values[entry]) for entry in filled if entry in values]
        levels = _range(measured, list(fit), parts=any(":" in entry for entry in filled if entry in values))
        if dropped := len(said.levels.keys() - fit):
            remarks.append(f"{_number(dropped, 'label')} of its numbers left out: a count, or codes of a category?")
    elif kind == "date":
        years = [day.year for entry in by_code if (day := first_day(values.get(entry, "")))]
        if years:  # rounded outwards to five
            first, last = min(years), max(years)
            levels = f"{max(1, first - first % 5):04}-01-01..{last - last % 5 + 4:04}-12-31"
    row = dict.fromkeys(COLUMNS, "") | {
        "name": name,
        "label": _label(said.label) or _in_words(re.sub(r"_p[1-4]$", "", name)),
        "phase": phase[1] if (phase := re.search(r"_p([1-4])$", name)) else "",
        "type": kind,
        "levels": levels,
        "missing": _pairs(fit),
        "reference": levels.partition("=")[0] if kind in CODED else "",
        "sensitive": "yes" if sensitive else "no",
    }
    blank = sum(by_code.get("" if code == "blank" else code, 0) for code in missing)
    counted = f"{kind}, {_cases(sum(by_code.values()) - blank)} filled, {_cases(blank)} missing"
    return row, counted + (f"; {told}" if told else ""), remarks


def _levels(
    kind: str, by_code: Mapping[str, int], missing: Collection[str], said: Meaning
) -> tuple[dict[str, str], list[str]]:
    """Levels with their labels, and remarks on those that are withheld as of few cases, or that no codebook takes."""
    labelled, remarks = _labelled(said), []
    if kind == "binary":
        named = {code: _label(said.levels.get(code) or label) for code, label in (("0", "no"), ("1", "yes"))}
        common = kept = codes = list(named)
    else:
        others = sorted(by_code.keys() - said.levels.keys())
        others.sort(key=lambda code: float(code) if number(code) == code else float("inf"))
        codes = [code for code in (*said.levels, *(() if labelled else others)) if code and code not in missing]
        common = [code for code in codes if labelled or by_code.get(code, LEAST) >= LEAST]
        kept = [code for code in common if not re.search(UNFIT, code)]
        labels = {code: _label(said.levels.get(code) or _in_words(code)) for code in kept}
        times = Counter(labels.values())
        named = {code: f"{label} ({code})" if times[label] > 1 else label for code, label in labels.items()}
    if withheld := len(codes) - len(common):
        them = "it" if withheld == 1 else "them"
        remarks.append(f"{_number(withheld, 'level')} with fewer than {LEAST} cases withheld: add {them} by hand")
    if labelled and by_code.keys() - {"", *said.levels, *missing}:
        remarks.append("a code without a label in the file: an error, or a level to add?")
    if unfit := len(common) - len(kept):
        remarks.append(f"{_number(unfit, 'code')} with = or ; left out, which no codebook takes: recode them")
    if len(named) == 1:
        remarks.append("has a single level, so that nothing can be compared by it")
    return named, remarks


def _alike(by_code: Counter[str]) -> Counter[str]:
    """Codes that differ in capitals or blanks alone as the one that is most common."""
    made, seen = Counter(), {}
    for code, times in by_code.most_common():
        made[seen.setdefault(" ".join(code.split()).casefold(), code)] += times
    return made


def _labelled(said: Meaning) -> bool:
    """Whether the file labels the column's codes, as SPSS and Stata do; the levels of Parquet are the entries."""
    return any(code != label for code, label in said.levels.items())


def _label(text: str) -> str:
    """A label on one line, without what separates labels."""
    return " ".join(text.replace(";", ",").split())


def _in_words(name: str) -> str:
    """A name or a code as a label: lived_care becomes Lived care."""
    words = " ".join(name.replace("_", " ").split()) or name
    return words[:1].upper() + words[1:]


def _pairs(labels: Mapping[str, str]) -> str:
    plain = {code: label.replace("=", ":") if "," in label else label for code, label in labels.items()}
    return "; ".join(f"{code}={label}" for code, label in plain.items())  # "a, 2=b" would look like a code more


def _range(numbers: list[Decimal], missing: list[str], parts: bool) -> str:
    """Limits rounded outwards, as far as no code of missing lies within; blank where there are none such.

    Of a number in `parts`, as of hours and minutes, they have a decimal even where every number is whole.
    """
    if not numbers or max(map(abs, numbers)) > LARGEST:
        return ""
    least, most, whole = min(numbers), max(numbers), not parts and all(value % 1 == 0 for value in numbers)
    codes = [Decimal(code) for code in missing if number(code) == code]
    low, high = -_round(-least) if least < 0 else Decimal(0), _round(most) if most > 0 else Decimal(1)
    low = max([low, *(code + 1 for code in codes if code < least)])
    high = min([high, *(code - 1 for code in codes if code > most)])
    if low > least or high < most or any(least <= code <= most for code in codes):
        return ""
    places = 0 if whole else max(1, *(-int(bound.normalize().as_tuple().exponent) for bound in (low, high)))
    return f"{low:.{places}f}..{high:.{places}f}"


def _round(value: Decimal) -> Decimal:
    """The next 1, 2 or 5 and zeros, from a number above 0 upwards."""
    size = max(FINEST, Decimal(1).scaleb(value.adjusted()))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= value)


def _number(count: int, of: str) -> str:
    return f"{count:,} {of}{'s' if count != 1 else ''}"


def _cases(count: int) -> str:
    return f"fewer than {LEAST}" if 0 < count < LEAST else f"{count:,}"


def questions(remarks: Mapping[str, list[str]]) -> tuple[list[str], list[str]]:
    """The three to seven questions that matter most, and the remarks about which nothing is asked, in words.

    >>> asked, rest = questions({"-9 taken for missing": ["age"], "its times are read as hours": ["stay"]})
    >>> print(asked[0])
    Does -9 stand for missing in age? If not, delete it under missing, and widen the range under levels.
    >>> len(asked), rest
    (4, ['its times are read as hours (stay)'])
    """
    asked, kept = [], ASKED_MOST - 1  # the first of those that are always asked has its place
    left = dict(remarks)
    for form, question in ASKED:
        names, codes = [], []
        for found in filter(None, [re.fullmatch(form, remark) for remark in left if len(asked) < kept]):
            codes += found.groupdict().get("codes", "").split(", ")
            names += left.pop(found[0])
        if names:
            *first, last = dict.fromkeys(names)
            if len(first) >= NAMED:
                first, last = [", ".join(first[:NAMED])], f"{len(first) + 1 - NAMED} more"
            listed = f"{', '.join(first)} and {last}" if first else last
            asked.append(question.format(names=listed, codes=" or ".join(dict.fromkeys(codes))))
    asked += ALWAYS[: max(1, ASKED_LEAST - len(asked))] if len(asked) != 1 else ALWAYS
    return asked, [f"{remark} ({', '.join(names)})" for remark, names in left.items()]
