"""Names and labels that SPSS and Stata allow."""

import re
from collections.abc import Iterable
from itertools import chain, count

# Words that SPSS or Stata keep for themselves.
RESERVED = {
    *"all and by eq ge gt le lt ne not or to with".split(),
    *"_all _b _coef _cons _n _pi _pred _rc _skip byte double float if in int long strl using".split(),
}


def legal(names: Iterable[str], longest: int, taken: Iterable[str] = ()) -> list[str]:
    """Names that SPSS and Stata allow: not too long, none of their own words, no two that differ in capitals alone.

    Parameters
    ----------
    names : letters, digits and _, beginning with a letter.
    longest : bytes that a name may have.
    taken : names that are in use already.

    Returns
    -------
    list of str, in the order of the names; those that are allowed stay as they are

    Examples
    --------
    >>> legal(["age", "Age", "with", "criminal_justice_support_requested"], 32)
    ['age', 'Age_2', 'with_v', 'criminal_justice_support_request']
    """
    made: list[str] = []
    used = {name.lower() for name in taken}
    for name in names:
        own = name.lower() in RESERVED or re.fullmatch(r"(?i)str\d+", name)
        base = f"{name}_v" if own else name
        ends = chain([""], (f"_{turn}" for turn in count(2)))
        made.append(next(each for end in ends if (each := _cut(base, longest - len(end)) + end).lower() not in used))
        used.add(made[-1].lower())
    return made


def shortened(text: str, longest: int) -> str:
    """A text on one line of at most so many bytes, its end replaced by dots where it is longer.

    Examples
    --------
    >>> shortened("Relationships with peers", 16)
    'Relationships…'
    """
    line = " ".join(text.split())
    return line if len(line.encode()) <= longest else _cut(line, longest - 3).rstrip() + "…"


def _cut(text: str, longest: int) -> str:
    return text.encode()[:longest].decode(errors="ignore")
