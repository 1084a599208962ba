"""How an entry may be written: which code, number or date of the codebook each entry of a column stands for.

Labels are looked up among labels only, and those of levels apart from those of missing, so that no level becomes
another one because its label looks like a code, and no missing entry becomes a level.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from keepsafe.reading import written
from keepsafe.reading.table import DECLARED, Meaning
from keepsafe.study.codebook import Variable


def by_label(variable: Variable, said: Meaning, entries: Iterable[str] = ()) -> dict[str, str]:
    """The codes that a file labels, with those of the codebook that have the same label.

    Parameters
    ----------
    variable : what the codebook says.
    said : what the file says.
    entries : the different entries of the column.

    Returns
    -------
    dict from code to code
        of levels to levels and of missing to missing; a code of missing without a label is the codebook's only one. Two
        codes never become one. A code whose label the codebook lacks stays, unless another one became it: then it
        stands with its label, to be told as a fault.

    Examples
    --------
    >>> from keepsafe import load_codebook
    >>> by_label(load_codebook()["sex"], Meaning(levels={"1": "Male", "2": "Female"}, missing={".a": "not recorded"}))
    {'.a': '-9', '1': 'male', '2': 'female'}
    """
    labels, entries = {**said.missing, **said.levels}, list(entries)
    if not variable.coded:
        made = _matched(said.missing, variable.missing)
    else:
        made = _matched(said.missing, variable.missing) | _matched(said.levels, variable.levels)
        codes = {**variable.levels, **variable.missing}
        words = {code.casefold(): code for code in codes if written.number(code) is None}
        for code, label in labels.items():  # a word among codes may be what a file has as the label of a number
            word = words.get(label.casefold())
            kind = variable.levels if code in said.levels else variable.missing
            if code not in made and code not in codes and word in kind and word not in made.values():
                made[code] = word
    unnamed = [code for code, label in said.missing.items() if label == DECLARED and code not in _exact(variable)]
    ours = set(variable.missing) - set(made.values())
    if len(unnamed) == len(ours) == 1 and not ours & set(entries):
        made[unnamed[0]] = ours.pop()
    taken = {code for was, code in made.items() if was != code}
    rest = {code: f"{code} ({labels.get(code, 'no label')})" if code in taken else code
            for code in (*labels, *entries) if code and code not in made}  # fmt: skip
    return {**made, **rest}


def _matched(theirs: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Codes with the code of the same label, where one code on either side has it; a code that has its own keeps it."""
    found = {code: code for code, label in theirs.items()
             if _plain(label).casefold() == _plain(ours.get(code, "")).casefold()}  # fmt: skip
    for fold in (str, str.casefold):
        left = {code: _plain(fold(label)) for code, label in theirs.items() if code not in found}
        right = {code: _plain(fold(label)) for code, label in ours.items() if code not in found.values()}
        once, by_name = Counter(left.values()), {label: code for code, label in right.items()}
        several = {label for label, times in Counter(right.values()).items() if times > 1}
        found |= {code: by_name[label] for code, label in left.items()
                  if code not in found and once[label] == 1 and label in by_name and label not in several}  # fmt: skip
    return found


def spellings(variable: Variable, entries: Iterable[str]) -> dict[str, str]:
    """The different entries of a column, each with what it stands for; those that stand for nothing known stay.

    Parameters
    ----------
    variable : what may stand there.
    entries : as they are in the file.

    Returns
    -------
    dict from entry to code
        Blanks around an entry and capitals are passed over, a label stands for its code, a number is brought into
        plain form (.5, +2, 3,5 in a column of decimal commas, 30:15:00 as hours), a date into that of ISO.

    Examples
    --------
    >>> from keepsafe import load_codebook
    >>> spellings(load_codebook()["sex"], [" Female", "MALE", "femle"])
    {' Female': 'female', 'MALE': 'male', 'femle': 'femle'}
    """
    entries = list(entries)
    if variable.type == "identifier" and not variable.missing:
        return {entry: _plain(entry) for entry in entries if entry != _plain(entry)}  # there may be a million
    exact, known = _exact(variable), _known(variable)
    plain = {entry: entry if entry in exact else _plain(entry) for entry in entries}
    values: dict[str, str] = {}
    if variable.measured:
        values = written.numbers(plain.values())
        if variable.whole:  # what is no whole number is told as it stands
            values = {entry: value for entry, value in values.items() if "." not in value}
        else:
            values |= {entry: made for entry in plain.values() if (made := written.hours(entry)) is not None}
    elif variable.type == "date":
        values = written.dates(plain.values())
    elif variable.coded:
        values = {entry: entry.partition(".")[0] for entry in plain.values() if re.fullmatch(r"-?[0-9]+\.0+", entry)}

    def meant(entry: str) -> str:
        if entry in exact:
            return entry
        value = values.get(entry, entry)
        if value in exact:
            return value
        return known.get(entry.casefold(), entry if variable.coded else value)

    return {entry: meant(text) for entry, text in plain.items()}


def _exact(variable: Variable) -> set[str]:
    return {*variable.levels, *variable.missing}


def _known(variable: Variable) -> dict[str, str]:
    """Codes by what may be written for them, capitals and blanks apart: other codes, and labels that are no numbers.

    What may be read in two ways is not among them. A label that is a number stands for its code only if it is that.
    """
    made: dict[str, set[str]] = {}
    for code in _exact(variable):
        made.setdefault(_plain(code).casefold(), set()).add(code)
    codes = set(made)
    for code, label in (*variable.levels.items(), *variable.missing.items()):
        text = _plain(label).casefold()
        if text not in codes and written.number(text) is None:
            made.setdefault(text, set()).add(code)
    found = {text: codes.pop() for text, codes in made.items() if len(codes) == 1}
    return {**found, **({"": "blank"} if "blank" in variable.missing else {})}


def _plain(text: str) -> str:
    return " ".join(text.split())
