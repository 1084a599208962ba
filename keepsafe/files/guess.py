"""What a column probably is, guessed from its entries, and what to ask of whoever drafts a codebook."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from keepsafe.reading import written
from keepsafe.reading.table import Meaning

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
LEAST = 10  # cases of a level that is named
NO_DAY, FAR = r"(9999|2999|1900|1899|1753|0001)-.*", 30  # days that programs write for none, years from the others
SCRIPTS = r"[0-9.,]*(?![0-9])\d[\d.,]*"  # (?![0-9]): a digit of another script than ours
AMOUNT = r".*[, '’].*|.*\.[0-9]{2,}"  # a number as no identifier is written
FEW, MOST_LEVELS, LONG = 7, 50, 40
DISTINCT, ONE_EACH = 0.98, 50  # of an identifier so many entries differ, where there are more cases than this

COMMAS, CUT_SHORT = "has commas among thousands: write its numbers without them", "numbers that a spreadsheet cut short"
POINTS = "has points among thousands: write its numbers without them"
POINTS_OR_DECIMALS = "three digits after every point: decimals, or thousands?"
SCRIPT = "has digits of another script: write them as 0 to 9"
SPOILT = "days without a year: numbers or ranges of which a spreadsheet made dates?"
UNITS = "has signs of money or per cent: write its numbers alone"
AMONG = "other entries stand among its numbers: mend them, or name them as missing"
AMONG_DATES = "other entries stand among its dates: mend them, or name them as missing"
TWICE = "value stands twice or more"
ZERO_ONE, TWO_CODES = "0 and 1 taken for no and yes", "say what its two codes mean"
COUNT_OR_CODES = "few different numbers: a count, or codes of a category?"
HARDLY = "a number that hardly repeats: an identifier?"
TEXT = "identifiers, names or free text: leave it out unless it is needed"
NOBODY = "no column tells one person from another"
NOTHING = "holds nothing: leave it out"
SHORT_YEARS = "its years of two digits are taken for 1969 to 2068"
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
    (re.escape(AMONG) + "|" + re.escape(AMONG_DATES),
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
class Guess:
    """A type of the codebook, codes of missing with their labels, those of them that are guessed, and remarks.

    `values` gives each entry that is a number in plain form, each date in that of ISO.
    """

    type: str
    missing: dict[str, str] = field(default_factory=dict)
    sensitive: bool = False
    guessed: tuple[str, ...] = ()
    attention: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


def guess(name: str, counts: Mapping[str, int], said: Meaning) -> Guess:
    """Guess what a column is from its different entries, with how often each occurs, and what the file says of it.

    The type is ordered only where the file says so. Free text is called an identifier; it and dates are sensitive.

    >>> found = guess("moves", {"0": 40, "1": 30, "3": 20, "12": 10, "-9": 5}, Meaning())
    >>> found.type, found.missing
    ('count', {'-9': 'not recorded'})
    """
    values = written.numbers(counts)
    missing = _missing(counts, {entry: float(value) for entry, value in values.items()}, said) | _no_dates(counts)
    kept = {entry: times for entry, times in counts.items() if entry and entry not in missing}
    kind, sensitive, attention, values = _type(name, kept, values, said, labelled=missing)
    guessed = tuple(code for code in missing if code not in said.missing and code != "blank")
    return Guess(kind, missing, sensitive, guessed, tuple(attention), values)


def personal(name: str) -> bool:
    """Whether a heading says that the column tells who somebody is.

    >>> [personal(name) for name in ("person_id", "DateOfBirth", "low_birth_weight", "tournament", "phone_contact")]
    [True, True, False, False, False]
    """
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold())
    if not words or words[-1] in CHOICE:
        return False
    born = {"birth", "birthdate", "birthday", "dob", "born"} & set(words) and {"date", "day", "dob"} & set(words)
    return bool(words[-1] in NUMBERED or PERSONAL & set(words) or born)


def _missing(counts: Mapping[str, int], numbers: Mapping[str, float], said: Meaning) -> dict[str, str]:
    """Codes of missing: those that the file declares, words for it, and -9, 99 and the like apart from the rest.

    A code that the file labels is one where it stands apart from the numbers that have no label, or where its label
    says so and it stands apart from other codes. A 99 without a label that few cases have may be a true value of
    theirs.
    """
    found = {entry: "not recorded" for entry in counts if entry.casefold() in WORDS and entry not in said.levels}
    labels = {code: label for code, label in said.levels.items() if written.number(code) is not None}
    rest = {
        entry: value
        for entry, value in numbers.items()
        if entry not in labels and not CODE.fullmatch(entry) and entry not in said.missing
    }
    coded = len(rest) <= sum(entry in labels for entry in counts)
    own = [float(code) for code, label in labels.items() if not MISSING.search(label.casefold())]
    others = own if coded else rest.values()
    least, most = min(others, default=0), max(others, default=float("inf"))
    for code, value in {**{code: float(code) for code in labels}, **numbers}.items():
        apart = value < 0 <= least or value - most > max(3, most / 2)
        label = labels.get(code, "").casefold()
        if code in said.missing or (code not in labels and code in said.levels):
            continue
        if code in labels:
            says = bool(MISSING.search(label))
            outside = apart or CODE.fullmatch(code) is not None and not least <= value <= most
            if (says and outside and len(others)) or (apart and not coded and not TOP.search(label)):
                found[code] = labels[code]
        elif CODE.fullmatch(code) and (value < 0 <= least or apart and counts[code] >= LEAST):
            found[code] = "not recorded"
    return {**found, **said.missing, **({"blank": "not recorded"} if counts.get("") else {})}


def _no_dates(counts: Mapping[str, int]) -> dict[str, str]:
    """What stands among dates for none: 00/00/0000, 99/99/9999, and days such as 9999-12-31 far from the others."""
    found = [entry for entry in counts if re.fullmatch(r"(0+|9+)([-/.])(0+|9+)\2(0+|9+)", entry)]
    days = written.dates(entry for entry in counts if entry not in found) if written.mostly_dates(counts) else {}
    far = [entry for entry, day in days.items() if re.fullmatch(NO_DAY, day)]
    years = [int(day[:4]) for entry, day in days.items() if entry not in far]
    far = [entry for entry in far if years and min(abs(int(days[entry][:4]) - year) for year in years) > FAR]
    return dict.fromkeys((*found, *far), "not recorded")


def _type(name: str, counts: Mapping[str, int], values: Mapping[str, str], said: Meaning, labelled: Mapping[str, str]):
    """Type, whether it is sensitive, what to look at, and the values that stand for entries."""
    who, total = personal(name), sum(counts.values())
    if not counts:
        levels = {code for code in said.levels if code not in labelled}
        return ("identifier", True, [NOTHING], {}) if not levels else (_coded(levels, said), who, [], {})
    levels = [entry for entry in counts if entry in said.levels]
    if levels and len(levels) >= 0.5 * len(counts):
        return _coded(counts, said), who, [], {}
    days = written.dates(counts) if written.mostly_dates(counts) and not (who and all(map(str.isdigit, counts))) else {}
    if sum(counts[entry] for entry in days) > total / 2:
        remarks = [AMONG_DATES] * (len(days) < len(counts)) + [DAY_OR_MONTH] * written.unclear(days)
        return "date", True, remarks + [SHORT_YEARS] * written.short_years(days), days
    spans = {entry: value for entry in counts if (value := written.hours(entry)) is not None}
    unread = [entry for entry in counts if entry not in values]
    commas = {entry: entry.replace(",", "") for entry in unread if re.fullmatch(written.THOUSANDS, entry)}
    points = [entry for entry in unread if entry not in commas and re.fullmatch(written.DECIMAL_COMMA, entry)]
    number = {entry: value for entry, value in values.items() if entry in counts} | spans | commas
    pointed = {entry: entry.replace(".", "") for entry in counts if re.fullmatch(written.POINTED, entry)}
    decimals = any("." in entry and (entry not in pointed or re.match("[+-]?0", entry)) for entry in counts)
    in_thousands = pointed and not commas and not decimals
    if several := in_thousands and any(entry.count(".") > 1 for entry in pointed):
        number |= pointed
    if sum(counts[entry] for entry in (*number, *points)) > total / 2:
        labels = any(code in said.levels or code in said.missing for code in labelled)
        amounts = labels or bool(commas or spans) or any(re.fullmatch(AMOUNT, entry) for entry in number)
        kind, sensitive, remarks = _measured(who, number, {entry: counts[entry] for entry in number}, amounts)
        if points:
            kind, remarks = "number", ["has decimal commas and points: write points"]
        if any("," in entry and entry not in commas for entry in number):
            remarks = [*remarks, "its decimal commas are read as points"]
        if commas:
            remarks = [*remarks, COMMAS]
        if in_thousands and (several or len(pointed) >= FEW):
            remarks = [*remarks, POINTS if several else POINTS_OR_DECIMALS]
        if spans:
            kind, remarks = "number", [*remarks, "its times are read as hours"]
        if any(re.fullmatch(written.CUT_SHORT, entry) for entry in number):
            remarks = [*remarks, CUT_SHORT]
        if len(number) + len(points) < len(counts):
            remarks = [*remarks, AMONG]
        return kind, sensitive, remarks, number
    if sum(counts[entry] for entry in counts if re.fullmatch(written.UNITS, entry)) > total / 2:
        return "number", who, [UNITS], {}
    if sum(counts[entry] for entry in counts if re.fullmatch(SCRIPTS, entry)) > total / 2:
        return "number", who, [SCRIPT], {}
    repeated = len(counts) <= max(MOST_LEVELS, 0.05 * total) and len(counts) <= 0.5 * total
    lengths = [len(entry) for entry in counts]
    whole = who and len(counts) > FEW
    remarks = [CUT_SHORT] if any(re.fullmatch(written.CUT_SHORT, entry) for entry in counts) else []
    remarks += [SPOILT] if any(re.fullmatch(written.SPOILT, entry) for entry in counts) else []
    if whole or not repeated and len(counts) > 1 or max(lengths) > 2 * LONG or sum(lengths) > LONG * len(counts):
        return "identifier", True, [*remarks, TEXT], {}
    return _coded(counts, said), who, remarks, {}


def _measured(who: bool, number: Mapping[str, str], counts: Mapping[str, int], amounts: bool):
    """Type, whether it is sensitive, and remarks of a column of numbers; an identifier has no `amounts`."""
    values, total = {float(value) for value in number.values()}, sum(counts.values())
    if any(value % 1 for value in values):
        return "number", who, []
    if values <= {0, 1} and set(number.values()) <= {"0", "1"}:
        return "binary", who, [ZERO_ONE]
    named = who and (len(values) > MOST_LEVELS or len(values) == total)
    # as many differ as those of an identifier do, an error or two apart
    hardly = len(values) == total >= 20 or total > ONE_EACH and len(values) >= DISTINCT * total
    if not amounts and (named or hardly):
        twice = sum(times > 1 for times in counts.values())
        more = f" {twice:,} {TWICE if twice == 1 else TWICE.replace('value stands', 'values stand')}" if twice else ""
        return "identifier", True, [HARDLY + more] if twice or not who else []
    if len(values) == 2 and total >= 2 * LEAST:
        return "category", who, [TWO_CODES]
    if min(values) < 0 or max(values) > 1e15:
        return "number", who, []
    return "count", who, [COUNT_OR_CODES] if len(values) <= FEW else []


def _coded(entries, said: Meaning) -> str:
    if set(entries) | set(said.levels) == {"0", "1"}:
        return "binary"
    return "ordered" if said.ordered else "category"


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
        for remark in [remark for remark in left if re.fullmatch(form, remark)]:
            if len(asked) == kept:
                break
            codes += re.fullmatch(form, remark).groupdict().get("codes", "").split(", ")
            names += left.pop(remark)
        if names:
            which = " or ".join(dict.fromkeys(codes))
            asked.append(question.format(names=_listed(names), codes=which))
    asked += ALWAYS[: max(1, ASKED_LEAST - len(asked))] if len(asked) != 1 else ALWAYS
    return asked, [f"{remark} ({', '.join(names)})" for remark, names in left.items()]


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
