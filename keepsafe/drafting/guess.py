"""What a column probably is: its type and its codes of missing, guessed from its entries."""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from keepsafe.checking.entries import DATE, DECIMAL, DECIMAL_COMMA
from keepsafe.reading.table import Meaning

WORDS = {"na", "n/a", "#n/a", "nan", "null", ".", "?", "missing", "not recorded", "not known"}
IDENTIFYING = r"(^|_)(id|ids|nr|no|number|key|ref|reference)$|name|postcode|address|e_?mail|phone|birth|dob|nhs|uprn"
LEAST = 10  # cases of a level that is named
FEW, MOST_LEVELS, LONG = 7, 50, 40
DISTINCT, ONE_EACH = 0.98, 50  # of an identifier so many entries differ, where there are more cases than this


@dataclass(frozen=True)
class Guess:
    """A type of the codebook, the codes of missing with their labels, and what the owner should look at."""

    type: str
    missing: dict[str, str] = field(default_factory=dict)
    sensitive: bool = False
    attention: tuple[str, ...] = ()


def guess(name: str, entries: pd.Series, counts: np.ndarray, said: Meaning) -> Guess:
    """Guess what a column is.

    Parameters
    ----------
    name : its name.
    entries : its different entries as text, '' for a blank one.
    counts : how often each occurs.
    said : what the file itself says of the column.

    Returns
    -------
    Guess
        The type is ordered only where the file says so. Dates and free text are called identifiers, sensitive.

    Examples
    --------
    >>> found = guess("moves", pd.Series(["0", "1", "3", "12", "-9"]), np.array([40, 30, 20, 10, 5]), Meaning())
    >>> found.type, found.missing
    ('count', {'-9': 'not recorded'})
    """
    missing = _missing(entries, counts, said)
    taken = entries.isin(["", *missing])
    kept, times = entries[~taken], counts[~taken.to_numpy()]
    kind, sensitive, attention = _type(name, kept, times, said)
    guessed = [code for code in missing if code not in said.missing and code != "blank"]
    if guessed:
        attention = [*attention, f"{', '.join(guessed)} taken for missing"]
    return Guess(kind, missing, sensitive, tuple(attention))


def _missing(entries: pd.Series, counts: np.ndarray, said: Meaning) -> dict[str, str]:
    """Codes of missing: those that the file declares, words for it, and -9, 99 and the like apart from the rest.

    A 99 that few cases have may be a true value of theirs, and is not taken for a code.
    """
    words = {entry.casefold(): entry for entry in entries if entry.casefold() in WORDS}
    numbers = pd.to_numeric(entries[entries.str.fullmatch(DECIMAL)])
    rest = numbers[~entries.str.fullmatch(r"-?(7+|8+|9+)")]
    least, most = (rest.min(), rest.max()) if len(rest) else (0, float("inf"))
    often = entries.index[counts >= LEAST]
    apart = [entries[place] for place, code in numbers.drop(rest.index).items()
             if (code < 0 <= least) or (code - most > max(3, most / 2) and place in often)]  # fmt: skip
    found = {code: "not recorded" for code in (*apart, *words.values()) if code not in said.levels}
    return {**found, **said.missing, **({"blank": "not recorded"} if (entries == "").any() else {})}


def _type(name: str, entries: pd.Series, counts: np.ndarray, said: Meaning) -> tuple[str, bool, list[str]]:
    """Type, whether it is sensitive, and what to look at."""
    personal = bool(re.search(IDENTIFYING, name.casefold()))
    if entries.empty:
        return "identifier", True, ["holds nothing: leave it out"]
    if said.levels and entries.isin(list(said.levels)).mean() >= 0.5:
        return _coded(entries, said), personal, []
    if entries.str.fullmatch(DATE).all():
        return "identifier", True, ["a date: delete the column, or turn it into a number of years first"]
    number, comma = (entries.str.fullmatch(form).to_numpy(bool) for form in (DECIMAL, DECIMAL_COMMA))
    if counts[number | comma].sum() > counts.sum() / 2:
        kind, sensitive, remarks = _measured(personal, pd.to_numeric(entries[number]), counts[number])
        if comma.any():
            kind, remarks = "number", ["has decimal commas: write points"]
        if not (number | comma).all():
            remarks = [*remarks, "other entries stand among its numbers: mend them, or name them as missing"]
        return kind, sensitive, remarks
    repeated = len(entries) <= max(MOST_LEVELS, 0.05 * counts.sum()) and len(entries) <= 0.5 * counts.sum()
    if personal or not repeated or entries.str.len().max() > 2 * LONG or entries.str.len().mean() > LONG:
        return "identifier", True, ["identifiers, names or free text: leave it out unless it is needed"]
    return _coded(entries, said), False, []


def _measured(personal: bool, numbers: pd.Series, counts: np.ndarray) -> tuple[str, bool, list[str]]:
    values = set(numbers)
    if any(value % 1 for value in values):
        return "number", personal, []
    if values <= {0, 1}:
        return "binary", personal, ["0 and 1 taken for no and yes"]
    if _hardly_repeats(len(values), counts.sum()) or personal and len(values) > MOST_LEVELS:
        return "identifier", True, [f"a number that hardly repeats: an identifier?{_twice(counts)}"]
    if len(values) == 2:
        return "category", personal, ["say what its two codes mean"]
    if min(values) < 0:
        return "number", personal, []
    few = ["few different numbers: a count, or codes of a category?"] if len(values) <= FEW else []
    return "count", personal, few


def _hardly_repeats(values: int, cases: int) -> bool:
    """Whether so many values in so many cases differ as those of an identifier do, an error or two apart."""
    return values == cases >= 20 or cases > ONE_EACH and values >= DISTINCT * cases


def _twice(counts: np.ndarray) -> str:
    """How many values stand on several rows, in words."""
    number = int((counts > 1).sum())
    return f" {number:,} value{'s stand' if number > 1 else ' stands'} twice or more" if number else ""


def _coded(entries: pd.Series, said: Meaning) -> str:
    if set(entries) | set(said.levels) == {"0", "1"}:
        return "binary"
    return "ordered" if said.ordered else "category"
