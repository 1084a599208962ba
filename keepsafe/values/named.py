"""Numbers with a name: what a sentence or a table says, recorded where it is computed."""

import math
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from keepsafe import runs
from keepsafe.disclosure import shielded
from keepsafe.problems import InputError
from keepsafe.values.mimes import VALUES
from keepsafe.values.numerals import DASH, escape, p_value, rounded, shown
from keepsafe.values.quotations import quotation


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
class Value:
    """A number or word with a name; `value` builds it.

    `value` is rounded to what is shown, `number` is its text without a unit, as a table cell shows it, and `text` is as
    a sentence says it.
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
        }

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return say("{it}", it=self)._repr_mimebundle_()


@dataclass(frozen=True)
class Sentence:
    """A sentence in Markdown whose numbers are named values; `say` builds it."""

    template: str
    values: dict[str, Value]

    def fill(self, show: Callable[[Value], str]) -> str:
        """The sentence with each value shown by `show`."""
        return "".join(
            text + (show(self.values[field]) if field else "")
            for text, field, _, _ in string.Formatter().parse(self.template)
        )

    def __str__(self) -> str:
        unmarked = re.sub(r"\*\*(\S(?:.*?\S)?)\*\*", r"\1", self.template)
        return Sentence(unmarked, self.values).fill(str)

    def records(self) -> list[dict]:
        return [{"field": field, **entry.record()} for field, entry in self.values.items()]

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {
            "text/plain": str(self),
            "text/markdown": self.fill(lambda entry: escape(entry.text)),
            VALUES: {"template": self.template, "values": self.records()},
        }


def value(
    number, id: str, unit: str = "", digits: int = 0, published=None, kind: str | None = None, safe: bool = False
) -> Value:
    """A number with a name, rounded half up as the report prints, ready for a sentence or a table cell.

    Parameters
    ----------
    number : number, text, or missing (shown as a dash).
    id : its name, unique in the compendium: lower-case words joined by dots, dashes or underscores.
    unit : what it counts; "%" is shown in sentences, "p" formats a p-value, any other unit is recorded only.
    digits : decimals shown; for unit "p" three are always shown.
    published : its counterpart in the 2019 report: the id of a published figure, or a pair (id, printed
        text).
    kind : kind of agreement with that counterpart, one of `Kind`.
    safe : whether it rests on no persons, or on counts that were protected before. Under disclosure control any other
        whole number is taken for a count of persons (rounded, or withheld), and any other fraction is withheld.

    Returns
    -------
    Value

    Raises
    ------
    InputError for an id of another form, an unknown kind, or an unknown published figure.

    Examples
    --------
    >>> str(value(100 * 54 / 205, "cse.percent", unit="%", digits=1))
    '26.3%'
    >>> str(value(0.00004, "cse.sex.p", unit="p"))
    'p < .001'
    """
    if not re.fullmatch(r"[a-z0-9]+([._-]+[a-z0-9]+)*", id):
        raise InputError.of(
            f"{id!r} cannot name a value", column=id, remedy="use lower-case words joined by . - or _"
        )
    if isinstance(published, str):
        published = (published, quotation(published))
    raw = _plain(number) if safe else shielded(_plain(number), id)
    if isinstance(raw, float):  # further digits tell of the processor, and under disclosure control of persons
        raw = shown(raw, unit, digits)
    text = cell = _formatted(raw, unit, digits)
    if isinstance(raw, int | float):
        text = {"%": f"{cell}%", "p": f"p {cell}" if cell[0] in "<>" else f"p = {cell}"}.get(unit, cell)
    return Value(
        id,
        raw,
        cell,
        text,
        unit,
        digits if isinstance(raw, int | float) else None,
        tuple(map(str, published)) if published else None,
        _kind(kind),
    )


def value_name(*parts: str, joint: str = ".") -> str:
    """A name for `value`, or with joint="-" for a table or figure, from names that a user's codebook may write freely.

    Examples
    --------
    >>> value_name("groups", "TVnews", "-1"), value_name("model", "At home?", joint="-")
    ('groups.tvnews.2d-1', 'model-at-home-3f')
    """
    fitting = (re.sub(r"^-|[^a-z0-9_ -]", lambda other: f"-{ord(other[0]):x}-", part.lower()) for part in parts)
    return joint.join(re.sub(r"[ _-]*[ -][ _-]*|__+", "-", part).strip("-_") for part in fitting)


def say(template: str, **values: Value) -> Sentence:
    """A sentence, or several, in Markdown with {fields} filled by named values.

    Parameters
    ----------
    template : Markdown with a field for each value.
    values : one `Value` a field; a bare number is refused, since it would have no name.

    Returns
    -------
    Sentence; as the last expression of a cell it is shown.

    Raises
    ------
    InputError for a bare number, a field without a value, or a value without a field.

    Examples
    --------
    >>> print(say("**{n}** of {all} young people.", n=value(54, "cse.n"), all=value(205, "cohort.n")))
    54 of 205 young people.
    """
    fields = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    bare = [name for name, entry in values.items() if not isinstance(entry, Value)]
    if bare or fields != values.keys():
        faults = [f"{name} is not wrapped in value()" for name in bare]
        faults += [f"no value for {{{name}}}" for name in sorted(fields - values.keys())]
        faults += [f"{name} is not in the sentence" for name in sorted(values.keys() - fields)]
        raise InputError.of(f"the sentence {template[:40]!r}: " + "; ".join(faults))
    return Sentence(template, values)


def _plain(number):
    """A built-in int, float, str or None for whatever a data frame holds."""
    if number is None or isinstance(number, str):
        return number
    if hasattr(number, "item"):
        number = number.item()
    if isinstance(number, bool):
        return "yes" if number else "no"
    if isinstance(number, int):
        return number
    try:
        number = float(number)
    except (TypeError, ValueError):
        return None if str(number) in {"<NA>", "NaT"} else str(number)
    return None if math.isnan(number) else number + 0.0  # a negative nought is nought


def _formatted(raw, unit: str, digits: int) -> str:
    if raw is None:
        return DASH
    if isinstance(raw, str):
        return raw
    if math.isinf(raw):
        return "∞" if raw > 0 else "−∞"
    return p_value(raw) if unit == "p" else rounded(raw, digits)


def _kind(kind: str | None) -> Kind | None:
    if kind is None:
        return None
    if kind not in set(Kind):
        raise InputError.of(
            f"{kind!r} is not a kind of agreement", column="kind", remedy="one of: " + "; ".join(Kind)
        )
    if not runs.synthetic() and kind in {Kind.CALIBRATED, Kind.DIRECTION}:
        return Kind.DIFFERENCE
    return Kind(kind)
