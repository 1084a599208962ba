"""The limits of disclosure control: the smallest cell that may be shown, and the base to which counts are rounded."""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from keepsafe import runs
from keepsafe.problems import InputError

OFF = "off"
LEAST = 5  # below this a threshold leaves little to guess
FORM = r"\s*threshold\s*=\s*([0-9]{1,4})\s*,\s*round\s*=\s*([0-9]{1,4})\s*(?:,\s*whole\s*=\s*(withheld|shown)\s*)?"


class Withheld(InputError):
    """What was asked for rests on few persons, and is not computed under disclosure control."""


@dataclass(frozen=True)
class Limits:
    """What may be shown.

    Parameters
    ----------
    threshold : a cell with fewer persons than this, and more than none, is small; 2 or more.
    base : counts are shown as multiples of this; 1 shows them as they are.
    whole : whether it may be shown that everybody in a group has, or lacks, an attribute (100%, 0%).

    Source: a threshold of 10 and rounding to 5 are common for social-care statistics in the United Kingdom; there is
    no single national number, so both are a team's to choose. On group disclosure (100%, 0%) Hundepool et al. (2012),
    Statistical Disclosure Control.

    Examples
    --------
    >>> limits = Limits.parse("threshold=10,round=5")
    >>> limits.small([0, 12, 30]), limits.small([0, 9, 30])
    (False, True)
    >>> limits.rounded(54)
    55
    """

    threshold: int = 10
    base: int = 5
    whole: bool = False

    @classmethod
    def parse(cls, text: str) -> "Limits | None":
        """Limits from text such as 'threshold=10,round=5' or 'threshold=10,round=5,whole=shown'; None for 'off'.

        Raises
        ------
        InputError for anything else.
        """
        if text.strip() == OFF:
            return None
        found = re.fullmatch(FORM, text)
        if not found or int(found[1]) < 2 or not 1 <= int(found[2]) <= int(found[1]):
            remedy = "write threshold=10,round=5 (a threshold from 2; a base from 1 to the threshold), or off"
            raise InputError.of(f"{text!r} are no rules of disclosure control", column="disclosure", remedy=remedy)
        return cls(int(found[1]), int(found[2]), found[3] == "shown")

    @classmethod
    def asked(cls, rules: str | None, synthetic: bool) -> str:
        """The rules that hold, as text: those asked for; else none for synthetic files, and the usual for others."""
        if synthetic and not rules:
            return ""
        limits = cls.parse(rules) if rules else cls()
        for weakness in limits.weaknesses() if limits else ():
            warnings.warn(f"disclosure control is weak: {weakness}", stacklevel=2)
        return str(limits or "")

    def weaknesses(self) -> list[str]:
        """What is weak about the limits, in words."""
        said = {
            f"with threshold={self.threshold} a cell may show {self.threshold} persons": self.threshold < LEAST,
            "with round=1 differences between counts are exact": self.base == 1,
            "with whole=shown a reader learns what everybody in a group has": self.whole,
        }
        return [weakness for weakness, holds in said.items() if holds]

    def __str__(self) -> str:
        return f"threshold={self.threshold},round={self.base}" + ",whole=shown" * self.whole

    def small(self, counts: Iterable[int]) -> bool:
        """Whether any of the counts is of few persons, but not of none."""
        counts = np.asarray(list(counts) if not isinstance(counts, np.ndarray) else counts)
        return bool(((counts > 0) & (counts < self.threshold)).any())

    def rounded(self, count):
        """A count, or an array of them, to the nearest multiple of the base; halves go up."""
        made = (np.asarray(count) + self.base // 2) // self.base * self.base
        return int(made) if made.ndim == 0 else made


def coarse(numbers, digits: int = 3):
    """Numbers with few significant digits: from many digits of a mean, the persons behind it can be worked out.

    Parameters
    ----------
    numbers : a number, or an array of them; missing and infinite ones stay.
    digits : significant digits that are left.

    Examples
    --------
    >>> coarse(653 / 166), coarse(0.0), coarse(np.array([1570 / 378, 14.26])).tolist()
    (3.93, 0.0, [4.15, 14.3])
    """
    given = np.asarray(numbers, float)
    flat = [float(f"{number:.{digits}g}") for number in given.ravel().tolist()]
    return flat[0] if given.ndim == 0 else np.array(flat).reshape(given.shape)


def active() -> Limits | None:
    """The limits of the run that is under way; None where nothing is to be withheld."""
    rules = runs.rules()
    return Limits.parse(rules) if rules else None
