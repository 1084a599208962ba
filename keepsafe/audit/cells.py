"""The forms of a printed cell: counts, percentages, means with their SD, intervals, p-values, test statistics."""

import re
from dataclasses import dataclass, replace

BLANK = re.compile(
    r"[-–—.…]*|n\.?/?a\.?|nr|(1(\.0+)?\s*)?[(\[]?ref(erence|\.)?( group)?[)\]]?|not (reported|applicable|available)",
    re.IGNORECASE,
)
NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:e[-+]?[0-9]+)?"
MARKS = re.compile(
    r"(?<=[0-9)%\]])\s*(?:[*†‡§¶‖#‡]+|[ᵃ-ᶻ⁰-⁹¹²³ªº]+|[a-h](?:,?\s?[a-h]){0,2}(?![a-z0-9]))(?=\s*$|\s*[(\[,;±])"
)
SIZE = re.compile(r"\[\s*(?:n\s*[=:]?\s*)?([0-9]+)\s*\]$|[(\[,;]?\s*\bn\s*[=:]\s*([0-9]+)\s*[)\]]?$", re.IGNORECASE)
TO = r"\s*(?:,|;|\bto\b|\.\.|-|\band\b)\s*"


@dataclass(frozen=True)
class Number:
    """A printed number: its text, its value, its decimals, and whether it was printed as < or > of it."""

    text: str
    value: float
    decimals: int = 0
    sign: str = ""

    @property
    def half(self) -> float:
        """Half a unit of the last printed decimal."""
        return 0.5 * 10.0**-self.decimals

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and highest value that rounds to it, halves either way."""
        return self.value - self.half, self.value + self.half

    @property
    def cut(self) -> tuple[float, float]:
        """The values that print as it where further decimals are cut off."""
        unit = 2 * self.half
        return (self.value, self.value + unit) if self.value >= 0 else (self.value - unit, self.value)

    @property
    def whole(self) -> bool:
        """Whether the number is whole."""
        return self.value == int(self.value)


@dataclass(frozen=True)
class Cell:
    """A printed cell: its form and its numbers in the order of print; `n` is a number of cases printed in it.

    Forms: blank, number, percent, count percent, pair (a number and one in brackets, of a meaning that the row
    has to tell), mean sd, mean se, interval (a number and two ends), range (two ends), unknown. `reach` is the lowest
    and the highest value, where they are printed beside a mean and its SD.
    """

    text: str
    form: str
    numbers: tuple[Number, ...] = ()
    n: int | None = None
    reach: tuple[Number, Number] | None = None


def number(text: str) -> Number:
    """A plain number as printed.

    >>> number(".50").ends, number("-0.3").decimals
    ((0.495, 0.505), 1)
    """
    head, _, power = text.lower().partition("e")
    decimals = len(head.partition(".")[2]) - int(power or 0)
    return Number(text, float(text), max(decimals, 0))


def plain(text: str, comma: bool = False) -> str:
    """A cell's text with typographic signs made plain, footnote marks taken off, thousands run together."""
    text = re.sub(r"[\u00a0\u2007-\u200a\u202f]", " ", text).strip()
    text = re.sub(r"[−‒﹣－]|(?<![0-9)%\s])[–—](?=[0-9.])|(?<=[(\[\s])[–—](?=[0-9.])(?<!\d )", "-", text)
    text = text.replace("–", "-").replace("—", "-").replace("·", ".").replace("’", "'")
    text = re.sub(r"(?<![A-Za-z0-9])[£$€¥]\s?(?=[-.0-9])", "", text)
    text = re.sub(r"\s*[×x]\s*10\s*\^?\s*(-?[0-9]+)", r"e\1", text)
    for _ in range(2):
        text = MARKS.sub("", text)
    text = re.sub(r"(?<![0-9]),(?=[0-9]+$)", ".", text)
    if comma:
        text = re.sub(r"(?<![0-9]),(?=[0-9])", ".", text)
        text = re.sub(r"(?<=[0-9])\.(?=[0-9]{3}(?![0-9]))", "", text)
        return re.sub(r"(?<=[0-9]),(?=[0-9])", ".", text)
    text = re.sub(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:[,' ][0-9]{3})+(?![0-9])", lambda m: re.sub("[,' ]", "", m[0]), text)
    return re.sub(r"(?<![0-9.,])([0-9]+),([0-9]+)(?![0-9,]|\.[0-9])", r"\1.\2", text)


def has_decimal_commas(texts: list[str]) -> bool:
    """Whether decimals follow a comma in a table: some do for certain, and none follow a point."""
    joined = "\n".join(texts)
    sure = re.search(r"(?<![0-9.,(])(0,[0-9]+|[0-9]+,[0-9]{1,2})(?![0-9,])", joined)
    return bool(sure) and not re.search(r"(?<![0-9.])[0-9]*\.[0-9]{1,2}(?![0-9])", joined)


def cell(text: str, comma: bool = False) -> Cell:
    """The form of a printed cell.

    >>> [cell(text).form for text in ("14 (8.9%)", "14/158", "3.2 ± 1.1", "51.42 (11.01)", "1.8 (1.1 to 2.9)")]
    ['count percent', 'count percent', 'mean sd', 'pair', 'interval']
    >>> cell("6.68 (1.49) [41]").n, cell("54.2 ± 11.3 (31–78)").form, cell("about 12").form
    (41, 'mean sd', 'unknown')
    """
    said = plain(text, comma)
    if BLANK.fullmatch(said):
        return Cell(text, "blank")
    size, n = SIZE.search(said), None
    of_percent = size and size[2] and re.fullmatch(rf"{NUMBER}\s*%", said[: size.start()].strip())  # 12% (n = 17)
    if size and size.start() > 0 and not of_percent:
        said, n = said[: size.start()].strip(), int(size[1] or size[2])
    said = re.sub(r"\s*\(\s*\)$", "", said)
    said = re.sub(r"^(?:m|mean)\s*[=:]\s*(?=[-.0-9])|^n\s*[=:]\s*(?=[0-9]+\s*[(/])", "", said, flags=re.IGNORECASE)
    turned = re.fullmatch(rf"SD\s*[=:]?\s*({NUMBER})\s*[,;(]\s*(?:m|mean)\s*[=:]?\s*({NUMBER})\)?", said, re.IGNORECASE)
    said = f"{turned[2]} (SD {turned[1]})" if turned else said
    reach = REACH.fullmatch(said)
    if reach and (inner := cell(reach["head"])).form in ("pair", "mean sd"):
        return replace(inner, text=text, n=n or inner.n, reach=(number(reach["b"]), number(reach["c"])))
    for form, pattern in FORMS:
        found = re.fullmatch(pattern, said, re.IGNORECASE)
        if not found:
            continue
        parts = found.groupdict()
        n = int(parts["n"]) if parts.get("n") else n
        numbers = tuple(number(parts[name]) for name in ("a", "b", "c") if parts.get(name))
        if form == "range" and re.search("[,;]", said) and numbers[0].value > numbers[1].value:
            form = "pair"  # 3.21, 0.62 is a mean with its SD, and no range
        return Cell(text, form, numbers, n)
    return Cell(text, "unknown", n=n)


_A, _B, _C = (rf"(?P<{name}>{NUMBER})" for name in "abc")
_N = r"(?P<n>[0-9]+)"
_LEVEL = (
    r"(?:[0-9]{2}(?:\.[0-9])?\s*(?:%\s*(?:CI|confidence interval|interval)?|CI|confidence interval)"
    r"\s*[:,=]?\s*)?"
)
REACH = re.compile(rf"(?P<head>.+?)\s*[,;]?\s*[(\[]\s*(?:range\s*[:=]?\s*)?{_B}{TO}{_C}\s*[)\]]", re.IGNORECASE)
FORMS = [
    ("count percent", rf"{_A}\s*(?:/|\bof\b)\s*{_N}(?:\s*[(\[,;]?\s*{_B}\s*%?\s*[)\]]?)?"),
    ("count percent", rf"{_A}\s*[(\[,;]\s*{_B}\s*%\s*[)\]]?"),
    ("count percent", rf"{_B}\s*%\s*[(\[,;]\s*(?:n\s*=\s*)?{_A}(?:\s*/\s*{_N})?\s*[)\]]?"),
    ("percent", rf"{_A}\s*%"),
    ("mean se", rf"{_A}\s*[(\[,;]?\s*(?:SEM?|standard error)\s*[=:]?\s*{_B}\s*[)\]]?"),
    ("mean sd", rf"{_A}\s*[(\[,;]?\s*(?:±|\+/?-|SD\s*[=:]?|s\.d\.)\s*{_B}\s*[)\]]?"),
    ("interval", rf"{_A}\s*[%]?\s*[(\[,;:]?\s*[(\[]\s*{_LEVEL}{_B}\s*%?{TO}{_C}\s*%?\s*[)\]]"),
    ("interval", rf"{_A}\s*[,;:]?\s*[0-9]{{2}}\s*%\s*CI\s*[:=]?\s*{_B}{TO}{_C}"),
    ("pair", rf"{_A}\s*[(\[]\s*{_B}\s*[)\]]"),
    ("range", rf"[(\[]?\s*{_B}{TO}{_C}\s*[)\]]?"),
    ("number", _A),
]


@dataclass(frozen=True)
class Statistic:
    """A printed test statistic: its name (t, F, chi2, z, r), degrees of freedom where printed, and value."""

    text: str
    name: str
    df: tuple[float, ...]
    value: Number


_TEST = r"chi[- ]squared?|chi\^?2|chi²|[χx]\^?[2²]|[tfzrχ]"
_STATISTIC = re.compile(
    rf"(?P<name>{_TEST})(?![a-z])\s*"
    r"(?:[(\[]?\s*(?:df\s*=\s*)?(?P<one>[0-9]+(?:\.[0-9]+)?)?(?:\s*[,;/]\s*(?:(?P<two>[0-9]+(?:\.[0-9]+)?)|n\s*=\s*[0-9]+))?\s*[)\]]?)"
    rf"\s*(?P<sign>[=<>:])\s*(?P<value>{NUMBER})",
    re.IGNORECASE,
)


def statistic(text: str, comma: bool = False, name: str = "") -> Statistic | None:
    """A test statistic; `name` is that of the column where the cell holds a number alone.

    >>> found = statistic("F(1,120) = 15.4"); found.name, found.df, found.value.value
    ('F', (1.0, 120.0), 15.4)
    >>> statistic("χ²(2, N = 90) = 9.1").df, statistic("2.38", name="t").name, statistic("chi2")
    ((2.0,), 't', None)
    >>> statistic("chi squared(2) = 9.1").name
    'chi2'
    >>> statistic("F(3,133) = 0,77", comma=True).df, statistic("t(148) = -1,94").value.value
    ((3.0, 133.0), -1.94)
    """
    said = re.sub(r"[−‒–—]", "-", text.replace("·", ".")).replace(" .", " 0.").strip()
    df, bracket, value = said.rpartition(")")
    df = re.sub(r"(?<=[0-9]),(?=[0-9])", ".", df) if comma and not re.match("f", said, re.IGNORECASE) else df
    said = df + bracket + re.sub(r"(?<=[0-9]),(?=[0-9])" if comma else r"(?<=[0-9]),(?=[0-9]{1,2}$)", ".", value)
    found = _STATISTIC.search(said)
    if found and found["sign"] in "=:":
        df = tuple(float(found[part]) for part in ("one", "two") if found[part])
        return Statistic(text, _called(found["name"]), df, number(found["value"]))
    alone = re.fullmatch(NUMBER, plain(text, comma))
    named = re.fullmatch(rf"{_TEST}|chi", name.strip(), re.IGNORECASE)
    return Statistic(text, _called(named[0]), (), number(alone[0])) if alone and named else None


def _called(name: str) -> str:
    """The name of a test statistic, however it is printed."""
    return "chi2" if name[0].lower() in "cχx" else "F" if name in "fF" else name.lower()


@dataclass(frozen=True)
class P:
    """A printed p-value as the interval of values that print so; an end that is `open` does not belong."""

    text: str
    low: float
    high: float
    value: Number | None = None

    def meets(self, low: float, high: float) -> bool:
        """Whether some p from low to high prints as this one."""
        return low <= self.high + 1e-12 and high >= self.low - 1e-12

    def shown(self, low: float, high: float) -> str:
        """Recomputed values with a decimal more than was printed."""
        return p_shown(low, high, max(3, (self.value.decimals if self.value else 3) + 1))


def p_shown(low: float, high: float, digits: int = 3) -> str:
    """A p-value, or a range of them, without the 0 before the point.

    >>> p_shown(0.0003, 0.0494), p_shown(0.9999, 1)
    ('<.001 to .049', '1')
    """

    def text(value: float) -> str:
        if value < 10.0**-digits:
            return f"<.{'0' * (digits - 1)}1"
        return "1" if value >= 1 - 0.5 * 10.0**-digits else f"{value:.{digits}f}".removeprefix("0")

    return text(low) if text(low) == text(high) else f"{text(low)} to {text(high)}"


STARS = {"***": (0, 0.001), "**": (0, 0.01), "*": (0, 0.05)}


def p_value(text: str, comma: bool = False) -> P | None:
    """A printed p: exact, as p < .05, 0.00, n.s., or as stars; None where it is none of these.

    >>> p = p_value("p = .52"); round(p.low, 3), round(p.high, 3)
    (0.515, 0.525)
    >>> p_value("<.001").high, p_value("0.00").high, p_value("ns").low, p_value("soon")
    (0.001, 0.005, 0.05, None)
    """
    stars = re.fullmatch(r"\s*(\*{1,3})\s*", text)
    if stars:
        return P(text, *STARS[stars[1]])
    comma = (comma and "." not in text) or bool(re.search(r"(?<![0-9.,])1,0+$", text.strip()))  # no p is a thousand
    said = plain(re.sub(r"[≤⩽]", "<", text.replace("≥", ">")), comma).rstrip("*†‡ ")
    said = re.sub(r"^\s*p(?:[- ]?value)?\s*[=:]?\s*", "", said, flags=re.IGNORECASE)
    said = re.sub(r"(?<=[0-9])\s*[(,;]?\s*n\.?s\.?\)?$", "", said, flags=re.IGNORECASE)
    if re.fullmatch(r"n\.?\s*s\.?|not? sig(nificant|\.)?", said, re.IGNORECASE):
        return P(text, 0.05, 1.0)
    found = re.fullmatch(rf"([<>])?\s*=?\s*({NUMBER})", said)
    if not found:
        return None
    value = replace(number(found[2]), sign=found[1] or "")
    low, high = {"<": (0.0, value.value), ">": (value.value, 1.0)}.get(value.sign, value.ends)
    return P(text, low, high, value)
