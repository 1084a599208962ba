"""What a rounded printed figure can stand for: an interval of values, and the whole counts that print as it.

A figure printed with d decimals stands for every value that rounds to it. Halves are rounded up by most
programs and to the even digit by some; `rule` says which, and "either" (the default) allows both.
Counts are found in whole-number arithmetic, so that no tie is lost to floating point.
"""

import numpy as np
from numpy.typing import ArrayLike

from keepsafe.problems import InputError

RULES = ("half_up", "half_even", "either")

#: How words are read, as shares of the figure they name: a choice of ours, generous on purpose.
#: "almost half" is from 42.5 to below 50, "about half" from 45 to 55, "over half" anything above 50.
ALMOST, ABOUT = 0.85, 0.10

Bounds = tuple[np.ndarray, np.ndarray]


def possible_values(
    value: ArrayLike, decimals: ArrayLike, qualifier: ArrayLike = "exactly", rule: str = "either"
) -> Bounds:
    """The lowest and highest value that a printed figure can stand for; infinite for "over".

    `qualifier` is "exactly", "about", "over" or "almost", one or one a figure. `rule` is "half_up", "half_even" or
    "either"; it decides only whether the ends themselves belong: one that does not is moved inwards by 1e-9.

    >>> low, high = possible_values([9.3, 50], [1, 0], ["exactly", "almost"])
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([9.25, 42.5], [9.35, 50.0])
    """
    value, decimals = np.asarray(value, float), np.asarray(decimals, int)
    qualifier = np.asarray(qualifier)
    half = 0.5 * 10.0**-decimals
    lower_belongs, upper_belongs = _ends(_units(value, decimals), rule)
    low = value - half + np.where(lower_belongs, 0, 1e-9)
    high = value + half - np.where(upper_belongs, 0, 1e-9)
    words = [qualifier == word for word in ("about", "over", "almost")]
    low = np.select(words, [value * (1 - ABOUT), value + 1e-9, value * ALMOST], low)
    high = np.select(words, [value * (1 + ABOUT), np.inf, value - 1e-9], high)
    return low, high


def possible_counts(
    value: ArrayLike,
    decimals: ArrayLike,
    n: ArrayLike,
    qualifier: ArrayLike = "exactly",
    rule: str = "either",
    scale: int = 100,
) -> Bounds:
    """The smallest and largest whole number k for which scale * k / n prints as the figure.

    As for `possible_values`; `scale` is 100 for percentages, which stay within 0 and n, and 1 for means of whole
    numbers, where k is their sum. Where no k fits, the smallest exceeds the largest by one; every whole number
    between them fits. Source: the GRIM test (Brown and Heathers 2017), here for percentages and with both rules for
    halves.

    >>> [bound.tolist() for bound in possible_counts([55.6, 2.4], 1, [205, 54])]
    [[114, 2], [114, 1]]
    """
    value, decimals, n = (np.asarray(x) for x in (value, decimals, n))
    decimals, n = decimals.astype(np.int64), n.astype(np.int64)
    units = _units(value, decimals)
    lower_belongs, upper_belongs = _ends(units, rule)
    double = 2 * scale * 10**decimals
    bottom, top = (2 * units - 1) * n, (2 * units + 1) * n
    low = np.where(lower_belongs, -(-bottom // double), bottom // double + 1)
    high = np.where(upper_belongs, top // double, -(-top // double) - 1)
    worded = np.asarray(qualifier) != "exactly"
    if worded.any():
        least, most = possible_values(value, decimals, qualifier, rule)
        most = np.minimum(most, 1e12)
        low = np.where(worded, np.ceil(least * n / scale), low)
        high = np.where(worded, np.floor(most * n / scale), high)
    low = np.maximum(low, 0).astype(np.int64)
    high = (np.minimum(high, n) if scale == 100 else high).astype(np.int64)
    return low, np.maximum(high, low - 1)


def fits(
    k: ArrayLike,
    n: ArrayLike,
    value: ArrayLike,
    decimals: ArrayLike,
    qualifier: ArrayLike = "exactly",
    rule: str = "either",
    scale: int = 100,
) -> np.ndarray:
    """Whether scale * k / n prints as the figure; arguments as for `possible_counts`.

    Examples
    --------
    >>> fits([53, 54], 54, 98.1, 1).tolist()
    [True, False]
    """
    low, high = possible_counts(value, decimals, n, qualifier, rule, scale)
    return (low <= np.asarray(k)) & (np.asarray(k) <= high)


def as_printed(
    k: ArrayLike, n: ArrayLike, decimals: ArrayLike = 1, rule: str = "half_up", scale: int = 100
) -> np.ndarray:
    """The figure that scale * k / n prints as, by "half_up" or "half_even".

    Examples
    --------
    >>> as_printed([12, 1], [53, 16], 1).tolist(), as_printed([12, 1], [53, 16], 1, "half_even").tolist()
    ([22.6, 6.3], [22.6, 6.2])
    """
    k, n, decimals = (np.asarray(x, np.int64) for x in (k, n, decimals))
    double = 2 * scale * 10**decimals * k
    units = (double + n) // (2 * n)
    if rule == "half_even":
        units = np.where(((double + n) % (2 * n) == 0) & (units % 2 == 1), units - 1, units)
    return units / 10.0**decimals


def _units(value: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    """A figure in units of its last printed digit."""
    return np.rint(np.asarray(value, float) * 10.0**decimals).astype(np.int64)


def _ends(units: np.ndarray, rule: str) -> tuple[np.ndarray, np.ndarray]:
    """Whether the lower and the upper end of the interval round to the figure."""
    if rule not in RULES:
        raise InputError.of(f"{rule!r} is not one of {', '.join(RULES)}", column="rule")
    even = units % 2 == 0
    always = np.ones_like(even)
    return {"half_up": (always, ~always), "half_even": (even, even), "either": (always, even)}[rule]
