"""Numbers with a name: what a sentence, a table or a figure says, recorded where it is computed."""

import re
from dataclasses import dataclass

from keepsafe.files.disclosure import shielded
from keepsafe.problems import InputError
from keepsafe.telling.numerals import as_shown, plain_number, shown, with_unit
from keepsafe.telling.register import Entry, Kind, declared, of_this_run

NAME = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*")
LEFT_OUT = "left out"  # recorded in place of an odds ratio where a model does not keep the predictor


@dataclass(frozen=True)
class Value:
    """A number or word with a name; `named` and `value` build it.

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


def value(number, id: str, unit: str = "", digits: int = 0, published: tuple[str, str] | None = None,
          kind: Kind | None = None, safe: bool = True, counts: str = "") -> Value:  # fmt: skip
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
    return Value(id, raw, text, with_unit(text, unit) if numeric else text, unit or counts,
                 digits if numeric else None, published, of_this_run(kind))  # fmt: skip


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
    from keepsafe.telling.opened import quotation

    return entry.published, quotation(entry.published)


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

    Parameters
    ----------
    model, predictor : as in claims.csv.
    what : "odds_ratio", recorded as a number, or as the words "left out" where the model does not keep the
        predictor; or "p".

    Examples
    --------
    >>> claim_value("cse_any_abuse", "female:any_sexual_abuse_p1", "p")
    'model.cse_any_abuse.female-by-any_sexual_abuse_p1.p'
    """
    return f"model.{model}.{predictor.replace(':', '-by-')}.{what}"
