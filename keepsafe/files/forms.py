"""Numbers and dates as people and programs write them, each brought into one form.

A number becomes -12.5; a day 2019-03-31, a month 2019-03, a quarter 2019-Q1, a half year 2019-H1, a week 2019-W05 (of
ISO, from its Monday) or 2019w5 (of SPSS and Stata, the first from 1 January); a duration its hours.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from itertools import islice

# Digits are those of ASCII: \d would let in those of every script, on which int(), float() and pandas differ.
PLAIN = r"-?[0-9]{1,15}(\.[0-9]+)?(e\+[0-9]{2})?"
LOOSE = r"[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"
DECIMAL_COMMA = r"[+-]?([0-9]*|[0-9]{1,3}(\.[0-9]{3})+),[0-9]+"
THOUSANDS = r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"
POINTED = r"[+-]?[0-9]{1,3}(\.[0-9]{3})+"
SPACED = r"[+-]?[0-9]{1,3}([ '’][0-9]{3})+(\.[0-9]+)?"
HALF = 5  # different dates of either kind
SOME = 500  # entries of a column that tell of what kind it is
DURATION = r"-?[0-9]+:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"
SPOILT = r"[0-9]{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"  # a range or score that became a date
SERIAL = r"[1-6][0-9]{4}(\.[0-9]+)?"  # a spreadsheet's number of a day, from 1927 on
UNITS = r"[£$€] ?[0-9][0-9.,]*|[0-9][0-9.,]* ?[£$€%]"
# what two texts that a spreadsheet cut short have in common: few digits of a long number, its size in an exponent
CUT_SHORT = r"[1-9](\.[0-9]{1,5})?[eE]\+(1[0-9]|2[0-9])"

NUMBERED = re.compile(r"[0-9]{1,2}([-/.] ?)[0-9]{1,2}\1([0-9]{4}|[0-9]{2})(?![0-9])")
MONTHLY = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
MONTHS = {name: place for names in (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr",
    "ion chwe maw ebr mai meh gorff awst med hyd tach rhag",
    "ion chw maw ebr mai meh gor aws medi hyd tac rha",
) for place, name in enumerate(names.split(), 1)} | {"sept": 9, "chwef": 2}  # fmt: skip
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|af|ail|il|ydd|f?ed|eg|ain)?"  # 3rd, and the Welsh 1af, 2il, 3ydd, 5ed
_MONTH, _YEAR = r"(?P<word>[A-Za-z]{3,10})\.?", r"(?P<year>[0-9]{4})"
_ANY_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_TIME = (r"(?:[ T:,]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)? ?(?:[AaPp]\.?[Mm]\.?)?"
         r"(?: ?[A-Z]{1,4}|[+-][0-9]{2}:?[0-9]{2})?)?")  # fmt: skip
_MAYBE = re.compile(r"(?=.{6,40}$)(?:.*[A-Za-z/ -]|.*\..*\.|[0-9]{8}$)")  # what is none of these is no date
_DAYS = [re.compile(f"(?:(?:[Dd]ydd )?[A-Za-z]{{3,9}},? +)?{form}{_TIME}") for form in (
    rf"{_YEAR}([-/.])(?P<month>[0-9]{{1,2}})\2(?P<day>[0-9]{{1,2}})",
    rf"(?P<first>[0-9]{{1,2}})([-/.] ?)(?P<second>[0-9]{{1,2}})\2{_ANY_YEAR}",
    rf"{_DAY}[ ./-]?{_MONTH}[ ./,-]*{_ANY_YEAR}",
    rf"{_MONTH}[ ./-]?{_DAY}(?:,? +|,|[./-]){_YEAR}",
    rf"{_YEAR}[ ./-]{_MONTH}[ ./-]{_DAY}",
    r"(?P<year>19[0-9]{2}|20[0-9]{2})(?P<month>[01][0-9])(?P<day>[0-3][0-9])",
)]  # fmt: skip
_PERIODS = [(re.compile(form), made) for form, made in (
    (rf"{_YEAR}[-/](?P<n>0[1-9]|1[0-2])|(?P<n2>0?[1-9]|1[0-2])/(?P<year2>[0-9]{{4}})|"
     r"(?P<year3>[0-9]{4})[mM](?P<n3>0?[1-9]|1[0-2])", "{year}-{n:02}"),
    (r"(?P<word>[A-Za-z]{3,10})(?:[ ./-]?(?P<year>[0-9]{4})|[-'’](?P<year2>[0-9]{2}))", "{year}-{n:02}"),
    (r"(?P<year>[0-9]{4})[ /-]?[qQ](?P<n>[1-4])|[qQ](?P<n2>[1-4])[ /-]?(?P<year2>[0-9]{4})|"
     r"(?P<n3>[1-4]) ?Q ?(?P<year3>[0-9]{4})", "{year}-Q{n}"),
    (r"(?P<year>[0-9]{4})-?[hH](?P<n>[12])", "{year}-H{n}"),
    (r"(?P<year>[0-9]{4})-?W(?P<n>0[1-9]|[1-4][0-9]|5[0-3])", "{year}-W{n:02}"),
    (r"(?P<year>[0-9]{4})w(?P<n>[1-9]|[1-4][0-9]|5[0-3])|(?P<n2>[1-9]|[1-4][0-9]|5[0-3]) WK (?P<year2>[0-9]{4})",
     "{year}w{n}"),
)]  # fmt: skip


def number(text: str) -> str | None:
    """A number that can only be read in one way, in plain form; None for any other text.

    >>> [number(text) for text in ("12", "-9.0", ".5", "1.", "+2", "1e-3", "1 200", "1,200", "ten")]
    ['12', '-9', '0.5', '1', '2', '0.001', '1200', None, None]
    """
    text = text.replace("−", "-").replace("\u00a0", " ").replace("\u202f", " ")  # blanks that do not break
    if re.fullmatch(PLAIN, text) and "e" not in text:
        whole, _, decimals = text.partition(".")
        return text if decimals.strip("0") else whole
    if re.fullmatch(SPACED, text):
        text = re.sub("[ '’]", "", text)
    if not re.fullmatch(LOOSE, text):
        return None
    value = Decimal(text)
    if value.adjusted() > 14:
        return f"{value.normalize():e}"
    return f"{value.normalize():f}" if value else "0"


def numbers(entries: Iterable[str]) -> dict[str, str]:
    """The numbers among the different entries of a column, each with its plain form.

    A decimal comma is read as one where the column leaves no doubt: some comma cannot be one of thousands, and no
    point stands for decimals.

    >>> numbers(["3,5", "1.200,25", "7"])
    {'7': '7', '3,5': '3.5', '1.200,25': '1200.25'}
    >>> numbers(["1,200", "7"])
    {'7': '7'}
    """
    entries = list(entries)
    found = {entry: plain for entry in entries if (plain := number(entry)) is not None}
    commas = [entry for entry in entries if "," in entry and re.fullmatch(DECIMAL_COMMA, entry)]
    if not commas:
        return found
    points = [entry for entry in found if "." in entry]
    sure = (
        any(not re.fullmatch(THOUSANDS, entry) for entry in commas)
        and not any(re.fullmatch(THOUSANDS, entry) and entry not in commas for entry in entries)
        and all(re.fullmatch(POINTED, entry) for entry in points)
    )
    if sure:
        for entry in [*commas, *points]:
            found[entry] = number(entry.replace(".", "").replace(",", ".")) or entry
    return found


def hours(text: str) -> str | None:
    """A duration of hours and minutes, perhaps of seconds, as hours with decimals.

    >>> hours("30:15:00"), hours("0:45"), hours("half an hour")
    ('30.25', '0.75', None)
    """
    if not re.fullmatch(DURATION, text):
        return None
    whole, minutes, *seconds = text.lstrip("-").split(":")
    value = Decimal(whole) + Decimal(minutes) / 60 + sum(map(Decimal, seconds), Decimal()) / 3600
    return f"{'-' * text.startswith('-')}{round(value, 6).normalize():f}"


def day_first(entries: Iterable[str]) -> bool | None:
    """Whether dates such as 31/01/2019 give the day first; None where no entry decides, or they contradict each other.

    >>> day_first(["31/01/2019", "02/03/2019"]), day_first(["01/31/2019"]), day_first(["02/03/2019"])
    (True, False, None)
    """
    first = second = False
    for entry in entries:
        if found := _DAYS[1].fullmatch(entry):
            first |= int(found["first"]) > 12
            second |= int(found["second"]) > 12
    return None if first == second else first


def unclear(entries: Collection[str]) -> bool:
    """Whether there are dates such as 02/03/2019, and none tells whether the day or the month comes first."""
    return any(map(NUMBERED.match, entries)) and day_first(entries) is None


def half_read(entries: Iterable[str]) -> bool:
    """Whether a spreadsheet may have taken days for months: it makes dates of those to the 12th, the others stay text.

    >>> half_read([*(f"2018-0{n}-11" for n in range(1, 7)), *(f"{n}/03/2018" for n in range(13, 20))])
    True
    """
    entries = list(entries)
    made = [int(entry[8:10]) for entry in entries if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", entry)]
    left = [int(found["first"]) for entry in entries if (found := _DAYS[1].fullmatch(entry))]
    return min(len(made), len(left)) >= HALF and max(made) <= 12 < min(left)


def short_years(entries: Iterable[str]) -> bool:
    """Whether a date has a year of two digits.

    >>> short_years(["2-Mar-18"]), short_years(["March 12, 2018"])
    (True, False)
    """
    forms = [*_DAYS, *(form for form, _ in _PERIODS)]
    for entry in filter(_MAYBE.match, entries):
        found = next(filter(None, (form.fullmatch(entry) for form in forms)), None)
        if found and any(len(part or "") == 2 for name, part in found.groupdict().items() if "year" in name):
            return True
    return False


def dates(entries: Iterable[str]) -> dict[str, str]:
    """The dates among the different entries of a column, each in the form of ISO.

    The column decides whether 02/03/2019 is of March; where it cannot, the day comes first. A time of day is left
    out. Years of two digits are those from 1969 to 2068, as in POSIX. A column of nothing but 201903 and the like
    holds months.

    >>> dates(["02/03/2019", "31/03/2019", "2-Mar-18", "MAR2018", "2018q1", "soon"])
    {'02/03/2019': '2019-03-02', '31/03/2019': '2019-03-31', '2-Mar-18': '2018-03-02', 'MAR2018': '2018-03', '2018q1': '2018-Q1'}
    """  # noqa: E501
    entries = list(entries)
    order = day_first(entries) is not False
    filled = [entry for entry in entries if entry]
    if all(map(MONTHLY.fullmatch, filled)):
        return {entry: f"{entry[:4]}-{entry[4:]}" for entry in filled}
    return {entry: day for entry in entries if _MAYBE.match(entry) and (day := _day(entry, order) or _period(entry))}


def mostly_dates(entries: Iterable[str]) -> bool:
    """Whether more than half of the first entries of a column are dates; there may be a million of other texts."""
    some = [entry for entry in islice(entries, SOME) if entry]
    return len(dates(some)) > len(some) / 2


def like_date(text: str) -> bool:
    """Whether a text has the form of a date, be it of a day that there is not."""
    return bool(_MAYBE.match(text)) and (any(form.fullmatch(text) for form in _DAYS[:-1]) or _period(text) is not None)


def _day(text: str, order: bool) -> str | None:
    for form in _DAYS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            month = MONTHS.get(parts["word"].lower()) if parts.get("word") else parts.get("month")
            day = parts.get("day")
            if parts.get("first"):
                day, month = (parts["first"], parts["second"])[:: 1 if order else -1]
            try:
                return date(int(_full(parts["year"])), int(month or 0), int(day)).isoformat()
            except ValueError:
                return None
    return None


def _period(text: str) -> str | None:
    for form, made in _PERIODS:
        if found := form.fullmatch(text):
            parts = {name.rstrip("23"): part for name, part in found.groupdict().items() if part}
            turn = MONTHS.get(parts["word"].lower()) if "word" in parts else int(parts["n"])
            return made.format(year=_full(parts["year"]), n=turn) if turn else None
    return None


def _full(year: str) -> str:
    """A year of four digits; of two, one from 1969 to 2068."""
    return year if len(year) == 4 else f"{19 if year > '68' else 20}{year}"
