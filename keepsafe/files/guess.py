"""What a column probably is: its type, which entries stand for missing, and what its owner should look at."""

import re
from collections.abc import Collection, Iterable, Mapping

from keepsafe.files import forms
from keepsafe.reading.table import Meaning

WORDS = {"na", "n/a", "n/k", "nk", "#n/a", "nan", "null", ".", "?", "missing", "not recorded", "not known"}
YES = {"ie", "oes", "ydy", "ydi", "ydw", "do"}  # beside which Na is the Welsh for no, and not for what is not there
MISSING = re.compile(
    r"\b(refus\w*|declin\w*|not (stated|known|recorded|answered|applicable|asked|ascertained|available|given|reported)"
    r"|not sure|no (answer|response|reply|data|information)|(don.?t|do not|does not) know|dk|na|n/a|nk|unknown|missing"
    r"|inapplicable|inap|prefer(red)? not|unable|skipped|non-?response"
    r"|anhysbys|ddim yn gwybod|gwrthod\w*|heb (ei g|g)ofnodi|amherthnasol)\b"
)
TOP = re.compile(r"\b(or|and) (more|older|over|above|younger|less|under|fewer)\b|\+|\bplus\b")
CODE = re.compile(r"-?(7+|8+|9+[6-9]?)")
NUMBERED = {"id", "ids", "nr", "no", "number", "key", "ref", "reference"}  # as the last word of a heading
PERSONAL = set(
    "name names surname surnames forename forenames firstname lastname fullname initials postcode address email phone "
    "telephone mobile dob birthdate birthday nhs uprn nino passport enw enwau cyfenw cyfeiriad".split()
)
CHOICE = {"contact", "type", "status", "group", "category", "used", "call", "calls", "owner", "ownership", "yn", "flag"}
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
OF_DATES = r"date|dyddiad|(^|_)d(o|_)?b($|_)"  # in a heading
SERIAL = "a spreadsheet's numbers of days? format the column as dates there, and save it again"
DAY_OR_MONTH = "the dates do not tell whether the day or the month comes first: the day is taken to"
HALF_READ = (
    "dates to the 12th of a month, and texts after it: did a spreadsheet take days for months? look at the source"
)


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


def missing(counts: Mapping[str, int], numbers: Mapping[str, str], said: Meaning) -> dict[str, str]:
    """Codes of missing: those that the file declares, words for it, and -9, 99 and the like apart from the rest.

    A code that the file labels is one where it stands apart from the numbers that have no label, or where its label
    says so and it stands apart from other codes. A 99 without a label that few cases have may be a true value of
    theirs.
    """
    found = {entry: "not recorded" for entry in counts if entry.casefold() in WORDS and entry not in said.levels}
    if YES & {entry.casefold() for entry in counts}:
        found = {entry: label for entry, label in found.items() if entry == "NA" or entry.casefold() != "na"}
    values = {code: float(value) for code, value in numbers.items() if code not in said.missing}
    labels = {code: label.casefold() for code, label in said.levels.items() if code in values}
    own = [values[code] for code, label in labels.items() if not MISSING.search(label)]
    rest = [value for code, value in values.items() if code not in labels and not CODE.fullmatch(code)]
    coded = len(rest) <= sum(code in labels for code in counts)
    others = own if coded else rest
    least, most = min(others, default=0), max(others, default=float("inf"))
    below = min(0, least - max(3, (most - least) / 2))
    several: list[str] = []  # codes beyond the numbers, which stand or fall together
    for code, value in values.items():
        apart = value < 0 <= least or value < below or value - most > max(3, most / 2)
        if label := labels.get(code):
            outside = apart or CODE.fullmatch(code) and not least <= value <= most
            if (MISSING.search(label) and outside and others) or (apart and not coded and not TOP.search(label)):
                found[code] = said.levels[code]
        elif CODE.fullmatch(code) and apart and value < 0:
            found[code] = "not recorded"
        elif CODE.fullmatch(code) and apart:
            several.append(code)
        elif len(code) > 1 and CODE.fullmatch(code) and not rest and not labels and len(counts) > len(values):
            several.append(code)  # beside words alone
    if any(counts[code] >= LEAST or len(code) > 2 and values[code] > 10 * most for code in several):
        found |= dict.fromkeys(several, "not recorded")
    return {**found, **said.missing, **({"blank": "not recorded"} if counts.get("") else {})}


def no_dates(counts: Mapping[str, int]) -> dict[str, str]:
    """What stands among dates for none: 00/00/0000, 99/99/9999, and days such as 9999-12-31 far from the others."""
    found = [entry for entry in counts if re.fullmatch(r"(0+|9+)([-/.])(0+|9+)\2(0+|9+)", entry)]
    days = forms.dates(entry for entry in counts if entry not in found) if forms.mostly_dates(counts) else {}
    far = [entry for entry, day in days.items() if re.fullmatch(NO_DAY, day)]
    years = [int(day[:4]) for entry, day in days.items() if entry not in far]
    far = [entry for entry in far if years and min(abs(int(days[entry][:4]) - year) for year in years) > FAR]
    return dict.fromkeys((*found, *far), "not recorded")


def serial_days(name: str, entries: Collection[str]) -> list[str]:
    """A remark where a heading says date, and the entries are a spreadsheet's numbers of days."""
    dated = bool(entries) and re.search(OF_DATES, name.casefold())
    return [SERIAL] if dated and all(re.fullmatch(forms.SERIAL, entry) for entry in entries) else []


def kind_of(who: bool, counts: Mapping[str, int], values: Mapping[str, str], said: Meaning, missing: Collection[str]):
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
    if days:
        remarks = [AMONG.format("dates")] * (len(days) < len(counts)) + [DAY_OR_MONTH] * forms.unclear(days)
        short = ["its years of two digits are taken for 1969 to 2068"] * forms.short_years(days)
        return "date", remarks + short + [HALF_READ] * forms.half_read(days), days
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
        if kind == "binary" and total - sum(counts[entry] for entry in number) >= LEAST:
            return coded, [], {}  # the other entries are a level more
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
    kind = "number" if min(values) < 0 or max(values) > 1e15 else "count"
    return kind, [COUNT_OR_CODES] if len(values) <= FEW else []
