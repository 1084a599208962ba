"""Numbers with a name, and the register data/kinds.csv: of each name its kind, what it counts, its counterpart.

A name that the register does not declare is taken to count persons and to be not comparable, so it fails closed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pandas as pd

from keepsafe import paths, runs
from keepsafe.files.disclosure import shielded
from keepsafe.problems import InputError, Problem
from keepsafe.reading import read_own
from keepsafe.study.published import printed_figure, quotation
from keepsafe.telling.numerals import as_shown, plain_number, shown, with_unit

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

    Examples
    --------
    >>> declared("audit.checks").kind, declared("something.new").counts
    (<Kind.DERIVED: 'derived'>, 'persons')
    """
    rows = _register()
    found = next((row for row in rows if row.name == name), None)
    found = found or next((row for row in rows if fnmatchcase(name, row.name)), None)
    if found is None:
        return Entry(name, Kind.NOT_COMPARABLE if paths.data("published").is_dir() else None)
    return found


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


def of_this_run(kind: Kind | None) -> Kind | None:
    """The kind as it holds for the data at hand: on a user's own, agreement becomes difference from 2019."""
    if not runs.synthetic() and kind in {Kind.CALIBRATED, Kind.DIRECTION}:
        return Kind.DIFFERENCE
    return kind


def unused(names: Iterable[str]) -> list[Problem]:
    """Rows of the register that fit none of these names."""
    used = {declared(name).name for name in names}
    told = "no value, table or figure is called {!r}", "data/kinds.csv"
    remedy = "correct the name, or delete the row"
    rows = [row for row in _register() if row.name not in used]
    return [Problem(told[0].format(row.name), told[1], row.line, "name", remedy) for row in rows]


def _register() -> tuple[Entry, ...]:
    path = paths.data("kinds.csv")
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else ()


@cache
def _read(path: Path, changed: int) -> tuple[Entry, ...]:
    table = read_own(path, COLUMNS)
    rows, problems = [], []
    for place, row in enumerate(table.frame[list(COLUMNS)].itertuples(index=False)):
        if row.kind and row.kind not in set(Kind):
            problems.append(
                table.problem(place, "kind", f"{row.kind!r} is not a kind of agreement", "one of: " + "; ".join(Kind))
            )
            continue
        if not re.fullmatch(r"[a-zA-Z0-9*][\w.*-]*", row.name):
            problems.append(table.problem(place, "name", f"{row.name!r} can name no value", "lower-case words and *"))
        kind = Kind(row.kind) if row.kind else None
        rows.append(Entry(row.name, kind, row.counts or PERSONS, row.published, row.printed, table.lines[place]))
    if problems:
        raise InputError(problems)
    return tuple(rows)


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
        return {
            "id": self.id,
            "value": self.value,
            "text": self.text,
            "unit": self.unit,
            "digits": self.digits,
            "figure": figure,
            "printed": printed,
            "kind": self.kind and str(self.kind),
            "invented": self.invented,
        }


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

    Parameters
    ----------
    number : number, text, or missing (shown as a dash).
    id : its name, unique in the compendium: lower-case words joined by dots, dashes or underscores.
    unit : "%" is shown in sentences, "p" formats a p-value.
    digits : decimals shown; for unit "p" three are always shown.
    published : its counterpart in the 2019 report and the words of it.
    kind : kind of agreement with that counterpart.
    safe : whether it may be shown under disclosure control; else a whole number is taken for a count of persons
        (rounded, or withheld), and a fraction is withheld.
    counts : what it counts, which is recorded.

    Examples
    --------
    >>> str(value(100 * 54 / 205, "cse.percent", unit="%", digits=1))
    '26.3%'
    >>> str(value(0.00004, "cse.sex.p", unit="p"))
    'p < .001'
    """
    if not NAME.fullmatch(id):
        raise InputError.of(f"{id!r} cannot name a value", column=id, remedy="use lower-case words joined by . - or _")
    raw = plain_number(number)
    raw = raw if safe else shielded(raw, id)
    text = shown(raw, unit, digits)
    if isinstance(raw, float):  # further digits tell of the processor, and under disclosure control of persons
        raw = as_shown(raw, unit, digits)
    numeric = isinstance(raw, int | float)
    return Value(
        id,
        raw,
        text,
        with_unit(text, unit) if numeric else text,
        unit or counts,
        digits if numeric else None,
        published,
        of_this_run(kind),
    )


def named(number, id: str, unit: str = "", digits: int = 0, safe: bool = False) -> Value:
    """A number under the name by which the register knows its kind, what it counts and its counterpart.

    `safe` : whether the library that computed it has protected it, whatever the register says.
    """
    entry = declared(id)
    counts = "" if entry.counts == "protected" else entry.counts
    if entry.counts == "persons" and not (entry.name and isinstance(plain_number(number), int)):
        counts = ""
    return value(number, id, unit, digits, counterpart(entry), entry.kind, safe or entry.safe, counts)


def counterpart(entry: Entry) -> tuple[str, str] | None:
    """The published figure or claim of a row of the register, and its words."""
    if not entry.published:
        return None
    if entry.printed:
        return entry.published, entry.printed
    return entry.published, printed_words(entry.published)


def printed_words(figure: str) -> str:
    """A published figure, by its id, as the report words it: 'about 35%'."""
    path = paths.data("published", "figures.csv")
    return quotation(printed_figure(_printed(path, path.stat().st_mtime_ns), figure))


@cache
def _printed(path: Path, changed: int) -> pd.DataFrame:
    return read_own(path, ("id", "statistic", "value", "qualifier")).frame


def value_name(*parts: str, joint: str = ".") -> str:
    """A name for a value, or with joint="-" for a table or figure, from names that a user's codebook may write freely.

    Examples
    --------
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
    return f"model.{model}.{predictor.replace(':', '-by-')}.{what}"
