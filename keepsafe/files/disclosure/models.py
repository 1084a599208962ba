"""Models and means under disclosure control: which factors stand, the noise in what is fitted, the digits printed.

Three rules, each a pure function of arrays:

1. *Pairs.* A factor falls until every cell of two (a factor by the outcome, a factor by a factor) holds at least the
   threshold; two factors may also exclude each other. Who is left out for an unknown value is counted like a cell.
2. *Noise.* A logistic regression sees the data only through the score, the sum of each column over those with the
   outcome. Each sum gets normal noise whose standard deviation is the most that one person can add to it. The score
   is perturbed as at the Australian Bureau of Statistics (Thompson, Broadfoot and Elazar 2013; attacks and measures:
   O'Keefe and Chipperfield 2013). The noise is drawn by HMAC of a local secret with all that the case files hold and
   both columns as they stand in the cases used, sorted, each in its own range and in either direction. So the same sum
   has the same noise in every model of every report from these files, and to ask again, in other company, under other
   names, or of a column turned round, averages nothing away; and in a file with one person less every sum has another.
3. *Digits.* Of an odds ratio and the ends of its interval two significant digits are kept, or three or four where the
   standard error is so small that two would waste it. B, SE and p are made of those. The interval allows for the noise.

Likelihoods, R squared and areas under the curve are exact functions of the cells, and are not given.

What this was compared with, at what price, and what attackers make of it is measured by
tests/benchmarks/bench_disclosure.py (reports/benchmarks/disclosure.csv) and said in ADAPTING.md. The guarantee is about
single persons and about pairs; it is no differential privacy, for odds ratios at n = 205 would not survive one.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from keepsafe.files.disclosure import Limits, content, keyed

DOMINANCE = 0.15  # the share of the largest value within which nobody may be able to work it out
FURTHEST = 3.0  # standard deviations that noise may reach


@dataclass(frozen=True)
class Protection:
    """What became of a design: `spread` (p) is the standard deviation of the noise on each column's score, `n` and
    `events` are rounded, `withheld` names the factors that fell, `seed` starts what is drawn at random.
    """

    spread: np.ndarray
    n: int
    events: int
    withheld: tuple[str, ...]
    seed: int


def standing(y: np.ndarray, factors: Mapping[str, np.ndarray], limits: Limits) -> list[str]:
    """The factors that may be in a model together, in the order given, for the outcome `y` as 0 and 1.

    `factors` gives by name the level of each person as a whole number from 0; -1 where it is unknown, so that the
    person is left out of a model with this factor. Of two that do not fit together the one falls that fits with fewer
    others, and of those with as many the one named last.

    >>> a, b, y = (np.array(each * 30) for each in ([0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 1, 0]))
    >>> rare = np.where(np.arange(120) < 3, 1, 0)
    >>> standing(y, {"a": a, "rare": rare, "b": b}, Limits(10, 5))
    ['a', 'b']
    """
    names = list(factors)
    while names:
        codes = np.array([factors[name] for name in names])
        if fault := _of_the_left_out(y, codes, limits):
            names.pop(fault - 1)
            continue
        used = (codes >= 0).all(axis=0)
        bad = _unfit(y[used].astype(int), codes[:, used], limits)
        if not bad.any():
            break
        alone = np.flatnonzero(np.diag(bad))
        worst = alone if len(alone) else [len(names) - 1 - int(np.argmax(bad.sum(axis=1)[::-1]))]
        names = [name for place, name in enumerate(names) if place not in worst]
    return names


def _unfit(y: np.ndarray, codes: np.ndarray, limits: Limits) -> np.ndarray:
    """Factors x factors: whether a cell of two is small; on the diagonal whether one by the outcome is, or is empty."""
    sizes = codes.max(axis=1, initial=0) + 1
    starts = np.r_[0, np.cumsum(sizes)]
    levels = np.zeros((len(y), starts[-1]))
    for place, row in enumerate(codes):
        levels[np.arange(len(y)), starts[place] + row] = 1
    levels = levels[:, levels.any(axis=0)]
    owner = np.concatenate([np.full(len(np.unique(row)), place) for place, row in enumerate(codes)])
    both = np.rint(levels.T @ levels)
    small = (both > 0) & (both < limits.threshold)
    by_outcome = np.rint(levels.T @ np.column_stack([y, 1 - y])).min(axis=1) < limits.threshold
    bad = np.zeros((len(codes), len(codes)), bool)
    np.logical_or.at(bad, (owner[:, None], owner[None, :]), small)
    np.fill_diagonal(bad, False)
    several = [np.ptp(row) > 0 if len(row) else False for row in codes]
    np.logical_or.at(bad, (owner, owner), by_outcome & np.array(several)[owner])
    return bad


def _of_the_left_out(y: np.ndarray, codes: np.ndarray, limits: Limits) -> int:
    """The place, from 1, of the factor whose unknown values leave few persons out of some cell; 0 for none."""
    left = (codes < 0).any(axis=0)
    cells = [np.bincount(y[left].astype(int), minlength=2)]
    cells += [np.bincount(row[left & (row >= 0)]) for row in codes]
    if not left.any() or not limits.small(np.concatenate(cells)):
        return 0
    unknown = (codes < 0).sum(axis=1)
    return int(np.argmin(np.where(unknown > 0, unknown, unknown.max() + 1))) + 1


def noise(y: np.ndarray, x: np.ndarray) -> float:
    """Noise for the sum of x over those with y = 1, in standard deviations: the same however the sum is asked for.

    What is not known of x, since it was imputed, comes as NaN: then neither does it hang on what was drawn.
    """
    y, x = _unit(y), _unit(x)
    pairs = [(y, x), (x, y)] if np.unique(x).tolist() == [0, 1] else [(y, x)]  # exchanged they ask the same
    drawn, sign = min((_content(*turned), sign) for pair in pairs for turned, sign in _turned(*pair))
    return sign * _drawn(b"score", drawn)


def _drawn(what: bytes, columns: bytes) -> float:
    """From a standard normal distribution, by the local secret, the case files and what is asked for."""
    drawn = special.ndtri((int.from_bytes(keyed(what, content(), columns)[:6], "little") + 0.5) / 2**48)
    return round(float(np.clip(drawn, -FURTHEST, FURTHEST)), 6)


def moments(x: np.ndarray, inside: np.ndarray | None = None) -> tuple[float, float]:
    """Mean and standard deviation of some persons' values, with noise: what one can add to their sum and squares.

    From both exact, in two reports of which one has a person less, that person's value follows, and so it does from
    what is tested by them. The noise hangs on the values of all persons, `inside` and not: else only the group would
    change in which that person was.

    >>> mean, sd = moments(np.arange(1.0, 1001.0))
    >>> abs(mean - 500.5) < 1.5 and abs(sd - 288.8) < 2
    True
    """
    x = np.asarray(x, float)
    inside = ~np.isnan(x) if inside is None else inside & ~np.isnan(x)
    values = np.sort(x[inside])
    if len(values) < 2:
        return (float(values.mean()) if len(values) else np.nan), np.nan
    unit, marks = _unit(x), inside.astype(float)
    columns, sign = min((_content(marks, unit), 1), (_content(marks, 1 - unit), -1))
    mean = values.mean()
    squares = (values - mean) ** 2
    variance = squares.sum() / (len(values) - 1)
    noisy = variance + _drawn(b"squares", columns) * squares.max() / (len(values) - 1)
    shown = mean + sign * _drawn(b"mean", columns) * math.sqrt(squares.max()) / len(values)
    return float(shown), math.sqrt(max(noisy, variance / 4))


def _unit(values: np.ndarray) -> np.ndarray:
    """Values from 0 to 1, NaN where they are not known; of a constant 1."""
    values = np.asarray(values, float)
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 1.0)


def _turned(y: np.ndarray, x: np.ndarray) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], int]]:
    """Both columns in each direction, and whether the sum then changes its sign."""
    for one in (y, 1 - y):
        for other in (x, 1 - x) if np.nanmin(x) < np.nanmax(x) else (x,):
            yield (one, other), (-1 if one is not y else 1) * (-1 if other is not x else 1)


def _content(y: np.ndarray, x: np.ndarray) -> bytes:
    """A digest of pairs of values, in whatever order they come."""
    pairs = np.round(np.column_stack([y, x]), 9) + 0.0
    pairs = np.where(np.isnan(pairs), 2.0, pairs)
    return hashlib.sha256(np.ascontiguousarray(pairs[np.lexsort(pairs.T)], "<f8").tobytes()).digest()


def spread(Z: np.ndarray) -> np.ndarray:
    """The most that one person can add to the sum of each column over those with the outcome."""
    return np.abs(Z).max(axis=0)


def noised(Z: np.ndarray, y: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The outcome, no longer 0 and 1, whose sums over the columns of Z (n x p) differ from those of y by `sums` (p).

    Of all such the one that is nearest to y; what is fitted to some of the columns then has the noise of those.

    >>> Z = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    >>> (Z.T @ noised(Z, np.array([0.0, 1, 0, 1]), np.array([0.5, 1.0]))).round(6).tolist()
    [2.5, 2.0]
    """
    return y + Z @ np.linalg.lstsq(Z.T @ Z, sums, rcond=None)[0]


def widened(V: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The covariance of coefficients (p x p) with that of the noise added: V + V D V, D the noise's variances."""
    return V + (V * spread**2) @ V


def printed(b, se, df: float = np.inf, confidence: float = 0.95) -> dict[str, np.ndarray]:
    """What is printed of coefficients: odds_ratio, low, high in few digits, and B, SE, Wald and p made of those.

    >>> made = printed(np.array([1.1314]), np.array([0.1873]))
    >>> [float(made[name][0]) for name in ("odds_ratio", "low", "high")]
    [3.1, 2.1, 4.5]
    """
    b, se = np.atleast_1d(np.asarray(b, float)), np.atleast_1d(np.asarray(se, float))
    reach = stats.t.ppf(0.5 + confidence / 2, df)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio, low, high = (_few_digits(np.exp(end), se) for end in (b, b - reach * se, b + reach * se))
        B, SE = np.log(ratio), np.maximum(np.log(high / low) / (2 * reach), 1e-3)
        wald = (B / SE) ** 2
    p = 2 * stats.t.sf(np.sqrt(wald), df)
    return {"B": B, "SE": SE, "Wald": wald, "p": p, "odds_ratio": ratio, "low": low, "high": high}


def _few_digits(ratios: np.ndarray, se: np.ndarray) -> np.ndarray:
    """Two significant digits of each, or three or four where the first digit of its standard error comes later."""
    digits = 2 + ((0 < se) & (se < 0.1)) + ((0 < se) & (se < 0.01))
    pairs = zip(ratios.tolist(), digits.tolist(), strict=True)
    return np.array([float(f"{float(f'{ratio:.9g}'):.{kept}g}") for ratio, kept in pairs])


def dominated(values: np.ndarray) -> bool:
    """Whether a sum, mean or standard deviation gives one person's value away: the p% rule, with p = 15.

    Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4.

    >>> dominated(np.r_[np.arange(1.0, 200.0), 184_250.0]), dominated(np.arange(1.0, 200.0))
    (True, False)
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        return len(values) == 1
    return _led(np.abs(values), DOMINANCE) or _led((values - values.mean()) ** 2, 2 * DOMINANCE)


def _led(parts: np.ndarray, share: float) -> bool:
    parts = np.sort(parts)
    return bool(parts[-1] > 0 and parts[:-2].sum() < share * parts[-1] * (1 - 1e-9))


def tells_of_numbers(values: np.ndarray, limits: Limits) -> bool:
    """Whether mean and standard deviation of the known values tell of few, of one, or of everybody.

    Few may neither be known nor be above nought; and where all have one value, nought too, the mean is everybody's.
    """
    if limits.small([len(values), np.count_nonzero(values)]):
        return True
    same = len(values) > 0 and values.min() == values.max()
    return len(values) > 0 and ((same and not limits.whole) or dominated(values) and not same)


def tells_of_everybody(events: np.ndarray, cases: np.ndarray, limits: Limits) -> bool:
    """Whether all persons of a group have one level: what is known of the group is then known of each."""
    return not limits.whole and bool(((events == cases) & (cases > 0)).any())
