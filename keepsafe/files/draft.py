"""A codebook drafted from a file: a row a column, what the column probably is, and what to ask its owner first.

Longer than 300 lines: what a column is taken for, the remark on it and the question that this raises are one idea.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import paths, reading
from keepsafe.files import forms
from keepsafe.files.forms import number
from keepsafe.problems import InputError, printable, shortened
from keepsafe.reading.delimited import inert_cells
from keepsafe.reading.table import Meaning, Table
from keepsafe.study.codebook import CODED, COLUMNS, MEASURED, first_day

WORDS = {"na", "n/a", "#n/a", "nan", "null", ".", "?", "missing", "not recorded", "not known"}
MISSING = re.compile(
    r"\b(refus\w*|declin\w*|not (stated|known|recorded|answered|applicable|asked|ascertained|available|given|reported)"
    r"|not sure|no (answer|response|reply|data|information)|(don.?t|do not|does not) know|dk|na|n/a|nk|unknown|missing"
    r"|inapplicable|inap|prefer(red)? not|unable|skipped|non-?response)\b"
)
TOP = re.compile(r"\b(or|and) (more|older|over|above|younger|less|under|fewer)\b|\+|\bplus\b")
CODE = re.compile(r"-?(7+|8+|9+)")
NUMBERED = {"id", "ids", "nr", "no", "number", "key", "ref", "reference"}  # as the last word of a heading
PERSONAL = set(
    "name names surname surnames forename forenames firstname lastname fullname initials postcode address email phone "
    "telephone mobile dob birthdate birthday nhs uprn nino passport".split()
)
CHOICE = {"contact", "type", "status", "group", "category", "used", "call", "calls", "owner", "ownership", "yn", "flag"}
WHOLE = r"\A(-?[0-9]+)\.0+\Z"
UNFIT = r"[=;]"  # what a code in a codebook cannot hold
FINEST, LARGEST = Decimal("1e-12"), Decimal("1e12")  # of a range
LEAST = 10  # cases of a level that is named
NO_DAY, FAR = r"(9999|2999|1900|1899|1753|0001)-.*", 30  # days that programs write for none, years from the others
UNREAD = {
    forms.UNITS: "has signs of money or per cent: write its numbers alone",
    r"[0-9.,]*(?![0-9])\d[\d.,]*": "has digits of another script: write them as 0 to 9",
}
AMOUNT = r".*[, '’].*|.*\.[0-9]{2,}"  # a number as no identifier is written
FEW, MOST_LEVELS, LONG = 7, 50, 40
DISTINCT, ONE_EACH = 0.98, 50  # of an identifier so many entries differ, where there are more cases than this

CUT_SHORT = "numbers that a spreadsheet cut short"
POINTS_OR_DECIMALS = "three digits after every point: decimals, or thousands?"
AMONG = "other entries stand among its {}: mend them, or name them as missing"
ZERO_ONE, TWO_CODES = "0 and 1 taken for no and yes", "say what its two codes mean"
COUNT_OR_CODES = "few different numbers: a count, or codes of a category?"
HARDLY = "a number that hardly repeats: an identifier?"
TEXT = "identifiers, names or free text: leave it out unless it is needed"
NOBODY = "no column tells one person from another"
DAY_OR_MONTH = "no date tells whether the day or the month comes first: the day is taken to"
ASKED_MOST, ASKED_LEAST, NAMED = 7, 3, 8  # questions, and columns that one names
# a remark, and the question that it raises; what may change most comes first
ASKED = [
    (r"(?P<codes>.+) taken for missing",
     "Does {codes} stand for missing in {names}? If not, delete it under missing, and widen the range under levels."),
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
        """Write the codebook whole, to a file that is not there yet; InputError where it is, or cannot be forms."""
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
    told = [*table.notes, *(f"line {line} {what}: delete the row" for line, what in table.doubts), *rest]
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
    missing = _missing(by_code, numbers, said) | _no_dates(by_code)
    filled = {entry: times for entry, times in by_code.items() if entry and entry not in missing}
    who = personal(name)
    kind, remarks, values = _type(who, filled, numbers, said, missing)
    sensitive = who or kind in ("identifier", "date")
    if guessed := [code for code in missing if code not in said.missing and code != "blank"]:
        remarks.append(f"{', '.join(guessed)} taken for missing")
    fit = {code: label for code, label in missing.items() if not re.search(UNFIT, code)}
    levels = told = ""
    if kind in CODED:
        by_code = by_code if _labelled(said) else _alike(by_code)
        named, more = _levels(kind, by_code, missing, said)
        remarks += more
        levels, told = _pairs(named), ", ".join(f"{shortened(code)} {_cases(by_code.get(code, 0))}" for code in named)
        if not named:
            kind = "identifier"
            remarks.append("no level is left, so that it is taken for text: write category, and its levels")
    elif kind in MEASURED:
        measured = [Decimal(values[entry]) for entry in filled if entry in values]
        levels = _range(measured, list(fit), parts=any(":" in entry for entry in by_code))
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
    return "; ".join(f"{code}={label}" for code, label in labels.items())


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


def personal(name: str) -> bool:
    """Whether a heading says that the column tells who somebody is.

    >>> [personal(name) for name in ("person_id", "DateOfBirth", "low_birth_weight", "tournament", "phone_contact")]
    [True, True, False, False, False]
    """
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold())
    if not words or words[-1] in CHOICE:
        return False
    born = {"birth", "born"} & set(words) and {"date", "day"} & set(words)
    return bool(words[-1] in NUMBERED or PERSONAL & set(words) or born)


def _missing(counts: Mapping[str, int], numbers: Mapping[str, str], said: Meaning) -> dict[str, str]:
    """Codes of missing: those that the file declares, words for it, and -9, 99 and the like apart from the rest.

    A code that the file labels is one where it stands apart from the numbers that have no label, or where its label
    says so and it stands apart from other codes. A 99 without a label that few cases have may be a true value of
    theirs.
    """
    found = {entry: "not recorded" for entry in counts if entry.casefold() in WORDS and entry not in said.levels}
    values = {code: float(value) for code, value in numbers.items() if code not in said.missing}
    labels = {code: label.casefold() for code, label in said.levels.items() if code in values}
    own = [values[code] for code, label in labels.items() if not MISSING.search(label)]
    rest = [value for code, value in values.items() if code not in labels and not CODE.fullmatch(code)]
    coded = len(rest) <= sum(code in labels for code in counts)
    others = own if coded else rest
    least, most = min(others, default=0), max(others, default=float("inf"))
    for code, value in values.items():
        apart = value < 0 <= least or value - most > max(3, most / 2)
        if label := labels.get(code):
            outside = apart or CODE.fullmatch(code) and not least <= value <= most
            if (MISSING.search(label) and outside and others) or (apart and not coded and not TOP.search(label)):
                found[code] = said.levels[code]
        elif CODE.fullmatch(code) and (value < 0 <= least or apart and counts[code] >= LEAST):
            found[code] = "not recorded"
    return {**found, **said.missing, **({"blank": "not recorded"} if counts.get("") else {})}


def _no_dates(counts: Mapping[str, int]) -> dict[str, str]:
    """What stands among dates for none: 00/00/0000, 99/99/9999, and days such as 9999-12-31 far from the others."""
    found = [entry for entry in counts if re.fullmatch(r"(0+|9+)([-/.])(0+|9+)\2(0+|9+)", entry)]
    days = forms.dates(entry for entry in counts if entry not in found) if forms.mostly_dates(counts) else {}
    far = [entry for entry, day in days.items() if re.fullmatch(NO_DAY, day)]
    years = [int(day[:4]) for entry, day in days.items() if entry not in far]
    far = [entry for entry in far if years and min(abs(int(days[entry][:4]) - year) for year in years) > FAR]
    return dict.fromkeys((*found, *far), "not recorded")


def _type(who: bool, counts: Mapping[str, int], values: Mapping[str, str], said: Meaning, missing: Collection[str]):
    """Type of a column that tells who somebody is, or does not; what to look at, and the values that entries stand for.

    The type is ordered only where the file says so. Free text is called an identifier.
    """
    total = sum(counts.values())

    def most(entries: Iterable[str]) -> bool:
        return sum(counts[entry] for entry in entries) > total / 2

    def of_form(form: str) -> list[str]:
        return [entry for entry in counts if re.fullmatch(form, entry)]

    if not (counts or said.levels.keys() - missing):
        return "identifier", ["holds nothing: leave it out"], {}
    coded = "binary" if {*counts, *said.levels} == {"0", "1"} else "ordered" if said.ordered else "category"
    levels = [entry for entry in counts if entry in said.levels]
    if not counts or levels and len(levels) >= 0.5 * len(counts):
        return coded, [], {}
    days = forms.dates(counts) if forms.mostly_dates(counts) and not (who and all(map(str.isdigit, counts))) else {}
    if most(days):
        remarks = [AMONG.format("dates")] * (len(days) < len(counts)) + [DAY_OR_MONTH] * forms.unclear(days)
        short = ["its years of two digits are taken for 1969 to 2068"] * forms.short_years(days)
        return "date", remarks + short, days
    spans = {entry: value for entry in counts if (value := forms.hours(entry)) is not None}
    unread = [entry for entry in counts if entry not in values]
    commas = {entry: entry.replace(",", "") for entry in unread if re.fullmatch(forms.THOUSANDS, entry)}
    points = [entry for entry in unread if entry not in commas and re.fullmatch(forms.DECIMAL_COMMA, entry)]
    number = {entry: value for entry, value in values.items() if entry in counts} | spans | commas
    pointed = {entry: entry.replace(".", "") for entry in of_form(forms.POINTED)}
    decimals = any("." in entry and (entry not in pointed or re.match("[+-]?0", entry)) for entry in counts)
    in_thousands = pointed and not commas and not decimals
    if several := in_thousands and any(entry.count(".") > 1 for entry in pointed):
        number |= pointed
    if most((*number, *points)):
        labels = any(code in said.levels or code in said.missing for code in missing)
        amounts = labels or bool(commas or spans) or any(re.fullmatch(AMOUNT, entry) for entry in number)
        kind, remarks = _measured(who, number, {entry: counts[entry] for entry in number}, amounts)
        if points or spans:
            kind, remarks = "number", remarks if not points else []
        holds = {
            "has decimal commas and points: write points": points,
            "its decimal commas are read as points": any("," in entry and entry not in commas for entry in number),
            "has commas among thousands: write its numbers without them": commas,
            "has points among thousands: write its numbers without them": several,
            POINTS_OR_DECIMALS: in_thousands and not several and len(pointed) >= FEW,
            "its times are read as hours": spans,
            CUT_SHORT: any(re.fullmatch(forms.CUT_SHORT, entry) for entry in number),
            AMONG.format("numbers"): len(number) + len(points) < len(counts),
        }
        return kind, [*remarks, *(remark for remark, held in holds.items() if held)], number
    for form, remark in UNREAD.items():
        if most(of_form(form)):
            return "number", [remark], {}
    repeated = len(counts) <= max(MOST_LEVELS, 0.05 * total) and len(counts) <= 0.5 * total
    lengths = [len(entry) for entry in counts]
    remarks = [CUT_SHORT] if of_form(forms.CUT_SHORT) else []
    if of_form(forms.SPOILT):
        remarks.append("days without a year: numbers or ranges of which a spreadsheet made dates?")
    several_names = who and len(counts) > FEW or not repeated and len(counts) > 1
    if several_names or max(lengths) > 2 * LONG or sum(lengths) > LONG * len(counts):
        return "identifier", [*remarks, TEXT], {}
    return coded, remarks, {}


def _measured(who: bool, number: Mapping[str, str], counts: Mapping[str, int], amounts: bool):
    """Type and remarks of a column of numbers; an identifier has no `amounts`."""
    values, total = {float(value) for value in number.values()}, sum(counts.values())
    if any(value % 1 for value in values):
        return "number", []
    if values <= {0, 1} and set(number.values()) <= {"0", "1"}:
        return "binary", [ZERO_ONE]
    named = who and (len(values) > MOST_LEVELS or len(values) == total)
    # as many differ as those of an identifier do, an error or two apart
    hardly = len(values) == total >= 20 or total > ONE_EACH and len(values) >= DISTINCT * total
    if not amounts and (named or hardly):
        twice = sum(times > 1 for times in counts.values())
        more = f" {twice:,} {'value stands' if twice == 1 else 'values stand'} twice or more" if twice else ""
        return "identifier", [HARDLY + more] if twice or not who else []
    if len(values) == 2 and total >= 2 * LEAST:
        return "category", [TWO_CODES]
    if min(values) < 0 or max(values) > 1e15:
        return "number", []
    return "count", [COUNT_OR_CODES] if len(values) <= FEW else []


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
