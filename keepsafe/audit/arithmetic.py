"""What a printed percentage, mean or SD can be of so many cases, with the rounding of every number carried through.

Sources: GRIM (Brown and Heathers 2017), GRIMMER (Anaya 2016, analytic form by Allard 2018), DEBIT (Heathers and
Brown 2019), bounds of an SD within a range (Bhatia and Davis 2000).
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import ceil, floor, sqrt

import numpy as np

from keepsafe.audit.cells import Number

Span = tuple[float, float]
FEWER = Fraction(1, 5)  # of a group may lack an answer without that being printed, for means and bare percentages


def units(number: Number) -> int:
    """A printed number in units of its last digit."""
    return round(number.value * 10**number.decimals)


def share_prints(k: int, n: int, percent: Number, cut: bool = False) -> bool:
    """Whether k of n prints as the percentage; halves either way, or with further decimals cut off.

    >>> from keepsafe.audit.cells import number
    >>> share_prints(97, 494, number("19.64")), share_prints(97, 494, number("19.63"), cut=True)
    (True, True)
    """
    scaled, unit = 2 * 100 * k * 10**percent.decimals, units(percent)
    if cut:
        return 2 * unit * n <= scaled < 2 * (unit + 1) * n
    return (2 * unit - 1) * n <= scaled <= (2 * unit + 1) * n


def cases_of_share(k: int, percent: Number) -> tuple[int, int]:
    """The fewest and most cases of which k is the percentage; the fewest exceed the most where there are none.

    >>> from keepsafe.audit.cells import number
    >>> cases_of_share(24, number("7.7"))
    (310, 313)
    """
    scaled, unit = 2 * 100 * k * 10**percent.decimals, units(percent)
    if k == 0:
        return (1, 10**9) if unit == 0 else (1, 0)
    return -(-scaled // (2 * unit + 1)), (scaled // (2 * unit - 1) if unit > 0 else 10**9)


def counts_of_share(n: int, percent: Number, cut: bool = False) -> range:
    """The whole counts of n that print as the percentage."""
    made = _whole_between(units(percent), 100 * 10**percent.decimals, n, cut)
    return range(max(made.start, 0), min(made.stop, n + 1))


def whole_sums(mean: Number, n: int, items: int = 1, cut: bool = False) -> range:
    """The whole sums over n persons (of `items` answers each) whose mean prints as the number (GRIM).

    >>> from keepsafe.audit.cells import number
    >>> list(whole_sums(number("5.19"), 28)), list(whole_sums(number("7.81"), 26))
    ([], [203])
    """
    return _whole_between(units(mean), 10**mean.decimals, n * items, cut)


def _whole_between(unit: int, ten: int, size: int, cut: bool) -> range:
    """Whole numbers that, as shares of a size, print as so many units of which ten make 1."""
    if not cut:
        return range(-(-(2 * unit - 1) * size // (2 * ten)), (2 * unit + 1) * size // (2 * ten) + 1)
    if unit >= 0:
        return range(-(-unit * size // ten), -(-(unit + 1) * size // ten))
    return range((unit - 1) * size // ten + 1, unit * size // ten + 1)


def sd_of_whole(
    mean: Number, sd: Number, n: int, items: int = 1, scale: Span | None = None, divisor: int = 1, cut: bool = False
) -> str:
    """Why no whole numbers give both mean and SD, or '' where some may (GRIMMER).

    The sum of squares is whole, even or odd as the sum is, no smaller than of numbers as equal as they can be
    and no larger than of numbers at the two ends of the scale. Halves are allowed either way.
    """
    low, high = sd.cut if cut else sd.ends
    low, high = max(Fraction(low).limit_denominator(10**9), Fraction(0)), Fraction(high).limit_denominator(10**9)
    if n <= divisor:
        return f"an SD of {n} case"
    told = ""
    for total in whole_sums(mean, n, items, cut):
        squares = Fraction(total * total, n)
        least = ceil(low**2 * (n - divisor) * items**2 + squares)
        most = floor(high**2 * (n - divisor) * items**2 + squares)
        share, rest = divmod(total, n)
        smallest = share * share * (n - rest) + (share + 1) ** 2 * rest
        largest = None
        if scale is not None:
            ends = [Fraction(end).limit_denominator(10**6) * items for end in scale]
            largest = (ends[0] + ends[1]) * total - ends[0] * ends[1] * n
            if ends[0] * n > total or total > ends[1] * n:
                told = f"a sum of {total} is outside the scale"
                continue
        if most < smallest:
            told = f"whole numbers with a sum of {total} have a sum of squares of {smallest} or more, "
            told += f"the SD allows {most}"
        elif largest is not None and least > largest:
            told = f"on this scale a sum of {total} allows squares of at most {floor(largest)}, the SD asks {least}"
        else:
            least = max(least, smallest)
            if any(value % 2 == total % 2 for value in range(least, min(most, least + 1) + 1)):
                return ""
            wanted = f"of {span(least, most)}" if least <= most else "between two whole numbers"
            odd = "odd" if total % 2 else "even"
            told = f"the SD asks for a sum of squares {wanted}; with a sum of {total} it is {odd}"
    return told or "no whole sum"


def sd_bounds(mean: Span, n: int, scale: Span) -> Span:
    """The smallest and largest SD of n numbers within a scale whose mean is within `mean`."""
    low, high = scale
    middle = min(max((low + high) / 2, mean[0]), mean[1])
    most = sqrt(max((high - middle) * (middle - low), 0) * n / max(n - 1, 1))
    return 0.0, most


def sd_within(mean: Span, n: int, low: Span, high: Span) -> Span:
    """The smallest and largest SD of n numbers of which one is the lowest, one the highest printed."""
    ends = max(mean[0] - low[1], 0.0), max(high[0] - mean[1], 0.0)
    return sqrt((ends[0] ** 2 + ends[1] ** 2) / max(n - 1, 1)), sd_bounds(mean, n, (low[0], high[1]))[1]


def sd_of_shares(mean: Span, n: int) -> Span:
    """The SD of n zeros and ones whose mean is within `mean` (DEBIT); squares over n - 1 or over n."""
    shares = [min(max(end, 0.0), 1.0) for end in mean]
    squares = [share * (1 - share) for share in shares]
    most = 0.25 if shares[0] <= 0.5 <= shares[1] else max(squares)
    return sqrt(min(squares)), sqrt(most * n / max(n - 1, 1))


def pooled_mean(means: Sequence[Span], sizes: Sequence[float]) -> Span:
    """The mean of groups together."""
    total = sum(sizes)
    low, high = (sum(n * mean[end] for n, mean in zip(sizes, means, strict=True)) / total for end in (0, 1))
    return low, high


def spread_between(means: Sequence[Span], sizes: Sequence[float]) -> Span:
    """The smallest and largest sum of squares between groups, over what their means can be.

    The largest is at ends of the means (convex); the smallest where each is as near to a common value as it can be.
    """
    if len(means) == 2:
        (low1, high1), (low2, high2) = means
        share = sizes[0] * sizes[1] / (sizes[0] + sizes[1])
        least, most = distance((low2 - high1, high2 - low1))
        return share * least**2, share * most**2

    def squares(at: Sequence[float]) -> float:
        centre = sum(n * m for n, m in zip(sizes, at, strict=True)) / sum(sizes)
        return sum(n * (m - centre) ** 2 for n, m in zip(sizes, at, strict=True))

    bottom, top = min(mean[0] for mean in means), max(mean[1] for mean in means)
    for _ in range(40):  # the centre to which all means together are nearest: where the pulls to both sides are equal
        centre = (bottom + top) / 2
        pull = sum(
            n * (low - centre if low > centre else high - centre if high < centre else 0)
            for n, (low, high) in zip(sizes, means, strict=True)
        )
        bottom, top = (centre, top) if pull > 0 else (bottom, centre)
    at = [min(max(centre, low), high) for low, high in means]
    if len(means) <= 10:
        corners, n = np.array(list(product(*means))), np.asarray(sizes, float)
        centres = corners @ n / n.sum()
        return squares(at), float((((corners - centres[:, None]) ** 2) @ n).max())
    # of so many, a bound: no corner is farther from this centre than each mean's farther end
    return squares(at), sum(
        n * max(abs(end - centre) for end in mean) ** 2 for n, mean in zip(sizes, means, strict=True)
    )


def pooled_sd(means: Sequence[Span], sds: Sequence[Span], sizes: Sequence[float]) -> Span:
    """The SD of groups together: squares within the groups and between their means."""
    between = spread_between(means, sizes)
    within = [sum((n - 1) * max(sd[end], 0) ** 2 for n, sd in zip(sizes, sds, strict=True)) for end in (0, 1)]
    low, high = (sqrt((within[end] + between[end]) / max(sum(sizes) - 1, 1)) for end in (0, 1))
    return low, high


def whole_numbers(lowest: np.ndarray, many: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As many whole numbers from the lowest of each row on as are wanted, in one column: the rows, the numbers."""
    row = np.repeat(np.arange(len(many)), many)
    return row, lowest[row] + np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)


def exchanged(text: str) -> list[str]:
    """The figures that arise when two neighbouring digits are exchanged, a decimal point between them or not.

    >>> exchanged("1.42")
    ['4.12', '1.24']
    """
    at = [i for i, c in enumerate(text) if c.isdigit()]
    made = []
    for i, j in zip(at, at[1:], strict=False):
        signs = list(text)
        signs[i], signs[j] = signs[j], signs[i]
        made.append("".join(signs))
    return [other for other in made if other != text]


def span(low: float, high: float, digits: int = 0) -> str:
    """A number, or a range of numbers.

    >>> span(22, 22), span(4, 5), span(1.23, 1.241, 2)
    ('22', '4 to 5', '1.23 to 1.24')
    """
    first, last = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return first if first == last else f"{first} to {last}"


def distance(ends: Span) -> Span:
    """How far from 0 a value between two ends is, at least and at most."""
    sizes = abs(ends[0]), abs(ends[1])
    return 0.0 if ends[0] <= 0 <= ends[1] else min(sizes), max(sizes)


def meets(one: Span, two: Span) -> bool:
    """Whether two intervals meet, with a hair's breadth for floating point."""
    slack = 1e-9 * max(1.0, abs(one[0]), abs(two[0]))
    return one[0] <= two[1] + slack and two[0] <= one[1] + slack
