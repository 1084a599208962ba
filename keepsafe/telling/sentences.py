"""Sentences whose numbers are named values, written as Python writes a format: {share:.1%} of {n} young people."""

import re
import string
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import pandas as pd

from keepsafe.files.disclosure import active, log
from keepsafe.problems import InputError, Problem
from keepsafe.telling import VALUES
from keepsafe.telling.opened import WITHHELD, Absent, LeftOut, current
from keepsafe.telling.values import DASH, Value, escape, named, value_name

FORMAT = re.compile(r"\.([0-9])(f%?|%)|p|d|s|")
FORMATS = "write .1f, .1% (of a share), p (a p-value), d (a whole number) or nothing"


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
        """What is recorded of each value of the sentence."""
        return [{"field": field, **entry.record()} for field, entry in self.values.items()]

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {
            "text/plain": str(self),
            "text/markdown": self.fill(lambda entry: escape(entry.text)),
            VALUES: {"template": self.template, "values": self.records()},
        }


def say(text: str, template: str = "", /, *sources: object, **fields: object) -> Sentence | LeftOut:
    """A sentence, or several, in Markdown, whose fields are computed and recorded: say("cse: {n} young people.").

    The word before the first colon names the sentence. A number's name is the sentence's name and the field's: the
    field {share} of the sentence "cse" is `cse.share`. By that name data/kinds.csv knows its kind of agreement with the
    2019 report and its counterpart there.

    Parameters
    ----------
    text : name, colon, and Markdown with fields in Python's own syntax, of variables that stand where it is called, as
        in an f-string. {x} is a whole number or a word, {x:.1f} a number with a decimal, {x:.1%} a share as a
        percentage, {x:.1f}% a percentage that is one already, {x:p} a p-value. {fit.n} and {row[low]} reach into a
        result. The id of a published figure, {L110.cse.total.count}, is computed again.
    fields : values by name, looked up before the variables.

    Returns
    -------
    Sentence; as the last expression of a cell it is shown. Where disclosure control withholds every number of it,
    words that say so.

    Raises
    ------
    InputError that names the sentence and every field without a value, or with a format that does not fit.

    Examples
    --------
    >>> n, everybody = 54, 205
    >>> print(say("doc-example: **{n}** of {everybody} young people ({share:.1%}).", share=n / everybody))
    54 of 205 young people (26.3%).
    >>> print(say("doc-example: Of {L72.person_id.total.count}, {L112.sex.female.total.percent} were girls."))
    Of 205, 54.6% were girls.
    """
    if template:
        name = text
    else:
        name, _, template = text.partition(":")
        caller = sys._getframe(1)
        sources = (*sources, caller.f_locals, caller.f_globals)
    if not template.strip() or re.search(r"\s", name):
        remedy = 'begin it with a name and a colon: say("moves: ...")'
        raise InputError.of(f"the sentence {text[:40]!r} has no name", column="text", remedy=remedy)
    name = value_name(*name.split("."))
    values, problems, parts = {}, [], []
    # a blank line parts paragraphs; of a percentage that is one already the sign belongs to the format
    paragraphs = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", template.strip()))
    try:
        pieces = list(string.Formatter().parse(re.sub(r"(:\.[0-9]f)\}%", r"\1%}", paragraphs)))
    except ValueError:
        remedy = "write {x:.1f}, and {{ for a brace that stands for itself"
        raise InputError.of(f"the sentence {name!r}: a brace is not closed", column="text", remedy=remedy) from None
    for text, field, spec, _ in pieces:
        parts.append(text.replace("{", "{{").replace("}", "}}"))
        if field is None:
            continue
        try:
            made = _value(name, field, spec or "", sources, fields)
        except Absent:
            raise
        except InputError as error:
            problems += [_problem(name, field, each.message, each.remedy) for each in error.problems]
            continue
        except (LookupError, AttributeError, TypeError, ValueError) as error:
            problems.append(_problem(name, field, str(error.args[0] if error.args else error), None))
            continue
        if field in values and values[field] != made:
            problems.append(_problem(name, field, "stands twice with two formats", "give one of them another name"))
        elif any(entry.id == made.id and entry != made for entry in values.values()):
            problems.append(_problem(name, field, f"is the second value called {made.id}", "give it another name"))
        values[field] = made
        parts.append(f"{{{field}}}")
    used = {re.split(r"[.\[]", field)[0] for field in values}
    problems += [
        _problem(name, each, "is not in the sentence", "take it out of the call")
        for each in fields
        if not problems and each not in used
    ]
    if problems:
        raise InputError(problems)
    if active() and values and all(each.number == DASH for each in values.values()):
        log("sentence", name, "nothing in it stands")
        return LeftOut(f"{WITHHELD}: a sentence")
    return Sentence("".join(parts), values)


def sentence(template: str, **values: Value) -> Sentence:
    """A sentence of values that have a name already."""
    return Sentence(template, values)


def filled(template: str) -> Sentence:
    """A sentence that is kept as data: its fields are the ids of published figures, each computed again.

    >>> print(filled("{L110.cse.total.count} young people"))
    54 young people
    """
    fields = {field for _, field, _, _ in string.Formatter().parse(template) if field}
    values = {field: current().published_value(field) for field in sorted(fields)}
    for field, told in values.items():
        if not told.number[-1:].isdigit():  # in words, such as almost half: no percentage
            template = template.replace(f"{{{field}}}%", f"{{{field}}}")
    return Sentence(template, values)


def read_words(name: str) -> pd.DataFrame:
    """A table of words kept as data, a file that the study names, with the figures in its sentences filled in.

    Examples
    --------
    >>> sorted(read_words("joint_display")["relation"].unique())
    ['confirm', 'expand', 'jar']
    """
    frame = pd.read_csv(current().file(name), dtype=str)
    return frame.map(lambda text: filled(text) if "{" in text else text, na_action="ignore")


def number_of(row: object, field: str, sources: tuple = ()) -> object:
    """What a field stands for: looked up as Python does, in a mapping, in the results after it, or in an attribute.

    LookupError where nothing has it.
    """
    head = re.split(r"[.\[]", field, maxsplit=1)[0] or field
    for source in (row, *sources):
        keyed = isinstance(source, pd.Series | Mapping)
        for name in (head, field):
            if (name in source) if keyed else hasattr(source, name):
                found = source[name] if keyed else getattr(source, name)
                return string.Formatter().get_field(field, (), {head: found})[0] if name == head else found
    raise LookupError("has no value")


def field_name(field: str) -> str:
    """The end of the name of a field's value: k.cse.provided of k[cse][provided]."""
    return value_name(*re.findall(r"[^.[]+", field.replace("]", "")))


def _value(name: str, field: str, spec: str, sources: tuple, fields: dict) -> Value:
    """The named value of a field; the id of a published figure is computed again."""
    head = re.split(r"[.\[]", field)[0]
    if head not in fields and field in set(current().figures["id"]):
        if spec:
            raise ValueError("is a published figure, which has its own format")
        return current().published_value(field)
    try:
        number = number_of(fields, field, sources)
    except LookupError:
        named = [name for source in (fields, *sources) if isinstance(source, Mapping) for name in source]
        near = get_close_matches(field, [*current().figures["id"], *named], 1, 0.8)
        remedy = "work it out on a line before, or write the id of a published figure"
        raise InputError.of("has no value", remedy=f"did you mean {near[0]}?" if near else remedy) from None
    if isinstance(number, Value):
        return number
    return formatted(number, f"{name}.{field_name(field)}", spec)


def formatted(number: Any, id: str, spec: str) -> Value:
    """A named value in a format; ValueError says why the format does not fit."""
    unit, digits, times = read_format(spec)
    if hasattr(number, "item"):
        number = number.item()
    numeric = isinstance(number, int | float) and not isinstance(number, bool)
    if not numeric and spec not in ("", "s") and not (number is None or pd.isna(number)):
        raise ValueError(f"is text, which has no format {spec!r}; leave the format out")
    if numeric and spec == "" and isinstance(number, float) and number == number and not number.is_integer():
        raise ValueError(f"is a fraction and needs a format; {FORMATS}")
    if numeric and spec in ("", "d") and isinstance(number, float) and number.is_integer():
        number = int(number)  # counts stand as fractions in a row of a data frame
    if numeric and times != 1:
        number = times * number
    return named(number, id, unit, digits)


def read_format(spec: str) -> tuple[str, int, int]:
    """A format as a sentence writes it: unit ("%", "p" or ""), decimals, and what the number is multiplied by.

    >>> read_format(".1%"), read_format(".1f%"), read_format(".2f"), read_format("p"), read_format("")
    (('%', 1, 100), ('%', 1, 1), ('', 2, 1), ('p', 3, 1), ('', 0, 1))
    """
    found = FORMAT.fullmatch(spec)
    if not found:
        raise ValueError(f"the format {spec!r} is not understood; {FORMATS}")
    if spec == "p":
        return "p", 3, 1
    return "%" if "%" in spec else "", int(found[1] or 0), 100 if found[2] == "%" else 1


def _problem(name: str, field: str, message: str, remedy: str | None) -> Problem:
    return Problem(f"the sentence {name!r}, field {{{field}}}: {message}", column=field, remedy=remedy)
