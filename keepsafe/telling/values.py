"""Numbers with a name: how each is rounded and printed, and the register data/kinds.csv of its kind and counterpart.

A name that the register does not declare is taken to count persons and to be not comparable, so it fails closed.

The last bits of a computed number differ between processors. They are dropped before anything is rounded, so that a
half such as 14.5 is a half everywhere.

Longer than 300 lines: what a number is called decides how it is printed, and the other way round.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TypeVar

import pandas as pd

from keepsafe import paths, runs
from keepsafe.files.disclosure import shielded
from keepsafe.problems import InputError, Problem
from keepsafe.reading import read_own
from keepsafe.study.published import printed_figure, quotation

Read = TypeVar("Read")
DASH = "–"
KEPT = 11  # significant digits that every processor agrees on
NAME = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*")
NUMERAL = re.compile(r"\d*\.?\d+")
LEFT_OUT = "left out"  # recorded in place of an odds ratio where a model does not keep the predictor
UNTESTED = "no result printed"  # recorded where the text says more of a factor than its own section does
COLUMNS = ("name", "kind", "counts", "published", "printed")
PERSONS, PROTECTED = "persons", "protected"
#: What is counted without synthetic files, resamples or simulations: what this edition set out with, and real data.
STATED = {"settings", "candidates", "columns", "planted errors", "tables", "public data sets", "statements", "topics"}
STATED |= {"recommendations"}


class Kind(StrEnum):
    """What agreement with a published figure means; the kinds are never mixed.

    calibrated: the figure was a target when the synthetic files were made; agreement shows that the
    pipeline is right and nothing else. direction: the report gave a direction, the size is ours.
    derived: follows from printed figures alone. not comparable: rests on what was never printed.
    difference: a user's own data beside 2019.
    """

    CALIBRATED = "calibrated"
    DIRECTION = "calibrated, direction only"
    DERIVED = "derived"
    NOT_COMPARABLE = "not comparable"
    DIFFERENCE = "difference from 2019"


@dataclass(frozen=True)
class Entry:
    """A row of the register.

    `name` is a name, or a pattern in which * stands for anything; `counts` is "persons" (under disclosure control
    whole numbers are rounded or withheld, fractions withheld), "protected" (made of counts that the library protects
    itself), or anything else that is no person; `published` the id of a printed figure or a claim, `printed` its words.
    """

    name: str = ""
    kind: Kind | None = None
    counts: str = PERSONS
    published: str = ""
    printed: str = ""
    line: int = 0

    @property
    def safe(self) -> bool:
        """Whether it may be shown under disclosure control as it is."""
        return self.counts != PERSONS


def declared(name: str) -> Entry:
    """What the register says of a value, table or figure: its own row before the first pattern that fits.

    >>> declared("audit.checks").kind, declared("something.new").counts
    (<Kind.DERIVED: 'derived'>, 'persons')
    """
    rows = _register()
    found = next((row for row in rows if row.name == name), None)
    found = found or next((row for row in rows if fnmatchcase(name, row.name)), None)
    return found or Entry(name, Kind.NOT_COMPARABLE if paths.data("published").is_dir() else None)


def made_up(name: str, kind: Kind | None) -> bool:
    """Whether what has this name and kind was printed nowhere: synthetic files, resamples or a simulation made it.

    Where no report was printed, as in a compendium of somebody's own, there is nothing to tell it from.
    """
    unprinted = kind in (None, Kind.DIRECTION, Kind.NOT_COMPARABLE) and paths.data("published").is_dir()
    return unprinted and runs.synthetic() and declared(name).counts not in STATED


def unprinted(name: str) -> bool:
    """Whether what has this name was made up, as far as the register tells its kind."""
    return made_up(name, declared(name).kind)


def synthetic_throughout() -> bool:
    """Whether all that is shown is synthetic, for no report was printed that it could be told from."""
    return runs.synthetic() and not paths.data("published").is_dir()


def unused(names: Iterable[str]) -> list[Problem]:
    """Rows of the register that fit none of these names."""
    used, remedy = {declared(name).name for name in names}, "correct the name, or delete the row"
    return [
        Problem(f"no value, table or figure is called {row.name!r}", "data/kinds.csv", row.line, "name", remedy)
        for row in _register()
        if row.name not in used
    ]


def from_data(read: Callable[[Path], Read], without: Read, *parts: str) -> Read:
    """What is read from a file of the data folder, again only once it has changed; `without` where there is none."""
    path = paths.data(*parts)
    return _once(read, path, path.stat().st_mtime_ns) if path.is_file() else without


@cache
def _once(read: Callable[[Path], Read], path: Path, changed: int) -> Read:
    return read(path)


def _register() -> tuple[Entry, ...]:
    return from_data(_entries, (), "kinds.csv")


def _entries(path: Path) -> tuple[Entry, ...]:
    table = read_own(path, COLUMNS)
    problems = [
        table.problem(place, "kind", f"{kind!r} is not a kind of agreement", "one of: " + "; ".join(Kind))
        for place, kind in table.cells("kind")
        if kind and kind not in set(Kind)
    ] + [
        table.problem(place, "name", f"{name!r} can name no value", "lower-case words and *")
        for place, name in table.cells("name")
        if not re.fullmatch(r"[a-zA-Z0-9*][\w.*-]*", name)
    ]
    if problems:
        raise InputError(problems)
    return tuple(
        Entry(row.name, Kind(row.kind) if row.kind else None, row.counts or PERSONS, row.published, row.printed, line)
        for row, line in zip(table.frame.itertuples(), table.lines, strict=True)
    )


def says(printed: str, text: str) -> bool:
    """Whether printed words hold the first number of a text, to its decimals; a text may have none."""
    shown = NUMERAL.search(text)
    digits = len(shown[0].partition(".")[2]) if shown else 0
    return not shown or any(round(float(each) - float(shown[0]), digits) == 0 for each in NUMERAL.findall(printed))


@dataclass(frozen=True)
class Value:
    """A number or word with a name; `named` and `value` build it.

    `value` is rounded to what is shown, `number` is its text in a table, without a unit, and `text` that in a sentence.
    """

    id: str
    value: float | int | str | None
    number: str
    text: str
    unit: str = ""
    digits: int | None = None
    published: tuple[str, str] | None = None
    kind: Kind | None = None

    def __str__(self) -> str:
        return self.text

    @property
    def invented(self) -> bool:
        """Whether its digits were printed nowhere and do not follow from print: they are the synthetic files' own."""
        filled = self.kind is Kind.CALIBRATED and self.published and not says(self.published[1], self.text)
        return isinstance(self.value, int | float) and made_up(self.id, Kind.DIRECTION if filled else self.kind)

    def record(self) -> dict:
        """The value as it travels inside a notebook's output."""
        figure, printed = self.published or (None, None)
        told = {name: getattr(self, name) for name in ("id", "value", "text", "unit", "digits", "invented")}
        return told | {"figure": figure, "printed": printed, "kind": self.kind and str(self.kind)}


def value(
    number,
    id: str,
    unit: str = "",
    digits: int = 0,
    published: tuple[str, str] | None = None,
    kind: Kind | None = None,
    safe: bool = True,
    counts: str = "",
) -> Value:
    """A number with a name, rounded half up as the report prints; `named` takes the rest from the register.

    `number` may be text, or missing, which is shown as a dash; `id` is unique in the compendium. Of the units "%" is
    shown in sentences, and "p" formats a p-value, always with three digits. `published` is the counterpart in the 2019
    report and its words. Where a number is not `safe`, disclosure control takes a whole one for a count of persons
    (rounded, or withheld) and withholds a fraction. What it `counts` is recorded.

    >>> str(value(100 * 54 / 205, "cse.percent", unit="%", digits=1)), str(value(0.00004, "cse.sex.p", unit="p"))
    ('26.3%', 'p < .001')
    """
    if not NAME.fullmatch(id):
        raise InputError.of(f"{id!r} cannot name a value", column=id, remedy="use lower-case words joined by . - or _")
    raw = plain_number(number)
    raw = raw if safe else shielded(raw, id)
    if not runs.synthetic() and kind in {Kind.CALIBRATED, Kind.DIRECTION}:
        kind = Kind.DIFFERENCE  # with 2019 a user's own data do not agree: they differ
    if not isinstance(raw, int | float):
        text = DASH if raw is None else raw
        return Value(id, raw, text, text, unit or counts, None, published, kind)
    if math.isinf(raw):
        text = "∞" if raw > 0 else "−∞"
    else:
        text = p_value(raw) if unit == "p" else rounded(raw, digits)
    if isinstance(raw, float):  # further digits tell of the processor, and under disclosure control of persons
        raw = as_shown(raw, unit, digits)
    return Value(id, raw, text, with_unit(text, unit), unit or counts, digits, published, kind)


def named(number, id: str, unit: str = "", digits: int = 0, safe: bool = False) -> Value:
    """A number under the name by which the register knows its kind, what it counts and its counterpart.

    `safe` : whether the library that computed it has protected it, whatever the register says.
    """
    entry = declared(id)
    fraction = entry.counts == PERSONS and not isinstance(plain_number(number), int)
    counts = "" if fraction or entry.counts == PROTECTED else entry.counts
    published = (entry.published, entry.printed or printed_words(entry.published)) if entry.published else None
    return value(number, id, unit, digits, published, entry.kind, safe or entry.safe, counts)


def printed_words(figure: str) -> str:
    """A published figure, by its id, as the report words it: 'about 35%'."""
    return quotation(printed_figure(from_data(_figures, pd.DataFrame({"id": []}), "published", "figures.csv"), figure))


def _figures(path: Path) -> pd.DataFrame:
    return read_own(path, ("id", "statistic", "value", "qualifier")).frame


def value_name(*parts: str, joint: str = ".") -> str:
    """A name for a value, or with joint="-" for a table or figure, from names that a user's codebook may write freely.

    >>> value_name("groups", "TVnews", "-1"), value_name("model", "At home?", joint="-")
    ('groups.tvnews.2d-1', 'model-at-home-3f')
    """
    fitting = (re.sub(r"^-|[^a-z0-9_ -]", lambda other: f"-{ord(other[0]):x}-", part.lower()) for part in parts)
    return joint.join(re.sub(r"[ _-]*[ -][ _-]*|__+", "-", part).strip("-_") for part in fitting)


def claim_value(model: str, predictor: str, what: str = "odds_ratio") -> str:
    """The name under which a chapter records a model's result, so that the scorecard finds it.

    `what` is "odds_ratio", recorded as a number, or as the words "left out" where the model does not keep the
    predictor; or "p".

    >>> claim_value("cse_any_abuse", "female:any_sexual_abuse_p1", "p")
    'model.cse_any_abuse.female-by-any_sexual_abuse_p1.p'
    """
    return value_name("model", model, predictor.replace(":", "-by-"), *what.split("."))


def rounded(number: float | Decimal, digits: int = 0) -> str:
    """A number rounded half up, with thousands set off by commas and a true minus sign.

    >>> rounded(14.5), rounded(100 * 0.145), rounded(-0.04, 1), rounded(2e6)
    ('15', '15', '0.0', '2,000,000')
    """
    return f"{_near(number, digits):,}".replace("-", "−")


def round_half_up(number: float, digits: int = 0) -> float:
    """The number that `rounded` writes.

    >>> round_half_up(4.15343915, 1), round_half_up(14.5), round_half_up(-0.04, 1)
    (4.2, 15.0, 0.0)
    """
    return float(_near(number, digits)) + 0.0  # a negative nought is nought


def significant(number: float, digits: int) -> float:
    """A number rounded half up to some significant digits; missing and infinite ones stay.

    >>> significant(26.3414634, 4), significant(0.00123456, 2), significant(float("inf"), 3)
    (26.34, 0.0012, inf)
    """
    if not math.isfinite(number):
        return number
    return round_half_up(number, digits - 1 - _steady(number).adjusted())


def as_shown(number: float, unit: str, digits: int) -> float:
    """The number that a reader is shown: 0 for a p-value below .001, 1 for one that rounds to 1.

    >>> as_shown(26.3414634, "%", 1), as_shown(0.03214, "p", 0), as_shown(0.00096, "p", 0), as_shown(0.9996, "p", 0)
    (26.3, 0.032, 0.0, 1.0)
    """
    if not math.isfinite(number):
        return number
    if unit != "p":
        return round_half_up(number, digits)
    return {"< .001": 0.0, "> .999": 1.0}.get(p_value(number), round_half_up(number, 3))


def p_value(p: float) -> str:
    """A p-value to three decimals without the leading zero, as the field prints it.

    >>> p_value(0.0321), p_value(0.0004), p_value(0.9999)
    ('.032', '< .001', '> .999')
    """
    near = _steady(float(p))
    if near < Decimal("0.001"):
        return "< .001"
    return "> .999" if near > Decimal("0.9994") else rounded(near, 3).removeprefix("0")


def _steady(number: float | Decimal) -> Decimal:
    return Decimal(f"{number:.{KEPT}g}") if isinstance(number, float) else Decimal(number)


def _near(number: float | Decimal, digits: int) -> Decimal:
    return _steady(number).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP) + 0  # no -0


def plain_number(number):
    """A built-in int, float, str or None for whatever a data frame holds."""
    if hasattr(number, "item"):
        number = number.item()
    if isinstance(number, bool):
        return "yes" if number else "no"
    if number is None or isinstance(number, int | str):
        return number
    try:
        number = float(number)
    except (TypeError, ValueError):
        return None if str(number) in {"<NA>", "NaT"} else str(number)
    return None if math.isnan(number) else number + 0.0  # a negative nought is nought


def with_unit(text: str, unit: str) -> str:
    """A shown number as a sentence says it.

    >>> with_unit("26.3", "%"), with_unit(".032", "p"), with_unit("< .001", "p")
    ('26.3%', 'p = .032', 'p < .001')
    """
    return {"%": f"{text}%", "p": f"p {text}" if text[0] in "<>" else f"p = {text}"}.get(unit, text)


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it stands; labels come from files that others wrote."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|$#~])", r"\\\1", text)
