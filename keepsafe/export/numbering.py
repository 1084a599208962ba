"""What stands for a code in a file: numbers in .sav and .dta, Stata's letters for missing, the code itself in .csv."""

import math
import re
from collections.abc import Mapping

import pandas as pd

from keepsafe.codebook import NUMBER, Variable
from keepsafe.inert import inert

ONE_BY_ONE = 3  # codes of missing that SPSS takes for a variable; more have to be a range
LETTERS = "abcdefghijklmnopqrstuvwxyz"  # Stata's .a to .z


def numbers(variable: Variable, codes: pd.Series) -> dict[str, int]:
    """A number for each code of a variable.

    Parameters
    ----------
    variable : codes that are whole numbers keep them; levels that are words are numbered from 1, in their order.
    codes : the entries, so that no number of missing is one that occurs.

    Returns
    -------
    dict from code to number
        of the levels and of missing. Codes of missing that are words, more than three, or the number of a level are
        numbered downwards below all values.

    Examples
    --------
    >>> from keepsafe import load_codebook
    >>> numbers(load_codebook()["rejection_p2"], pd.Series(dtype="str"))
    {'no': 1, 'yes': 2, 'mixed': 3, 'unclear': 4, '-9': -9, '-8': -8}
    """
    if all(map(is_whole, variable.levels)):
        levels = {code: int(code) for code in variable.levels}
    else:
        levels = {code: place for place, code in enumerate(variable.levels, 1)}
    missing = {code: int(code) for code in variable.missing if is_whole(code)}
    if len(missing) == len(variable.missing) <= ONE_BY_ONE and _differ(levels | missing):
        return levels | missing
    real = pd.to_numeric(codes[~codes.isin(["", *variable.missing])]) if variable.measured else []
    lowest = math.floor(min([0, variable.low or 0, *levels.values(), *real]))
    return levels | {code: lowest - place for place, code in enumerate(variable.missing, 1)}


def lettered(variable: Variable, codes: pd.Series) -> dict[str, int | str]:
    """As `numbers`, with Stata's letters for missing; from the 26th on the codes share one."""
    letters = {code: LETTERS[min(place, 25)] for place, code in enumerate(variable.missing)}
    return numbers(variable, codes) | letters


def words(variable: Variable) -> dict[str, str]:
    """The codes as they stand in a CSV file, where no spreadsheet runs them."""
    return {code: inert(code) for code in (*variable.levels, *variable.missing)}


def written(variable: Variable, codes: pd.Series) -> dict[str, float | str]:
    """As `words`, with numbers as numbers."""
    return {code: _as_number(code, word) for code, word in words(variable).items()}


def has_words(variable: Variable) -> bool:
    """Whether a level is a word, or two codes are the same number."""
    whole = {code: int(code) for code in (*variable.levels, *variable.missing) if is_whole(code)}
    return not (all(map(is_whole, variable.levels)) and _differ(whole))


def is_whole(code: str) -> bool:
    """Whether a code is a whole number."""
    return re.fullmatch(r"-?\d{1,9}", code) is not None


def _as_number(code: str, word: str) -> float | str:
    return int(code) if is_whole(code) else float(code) if re.fullmatch(NUMBER, code) else word


def _differ(made: Mapping[str, int]) -> bool:
    return len(set(made.values())) == len(made)
