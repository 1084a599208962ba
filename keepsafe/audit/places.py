"""Counts by place: column, level, group, stratum; printed, or following from what is printed."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from keepsafe.audit.cells import KEY
from keepsafe.audit.rules import Rules


@dataclass(frozen=True)
class Count:
    """Between `low` and `high` of `n` cases; `figures` are the ids that say so."""

    low: float
    high: float
    n: float
    figures: tuple[str, ...]

    def __add__(self, other: "Count") -> "Count":
        return Count(self.low + other.low, self.high + other.high, self.n, self.figures + other.figures)

    def __sub__(self, other: "Count") -> "Count":
        return Count(
            max(self.low - other.high, 0),
            self.high - other.low,
            self.n - other.n,
            self.figures + other.figures,
        )


@dataclass(frozen=True)
class Counts:
    """Counts by place: as printed, or by adding levels, or by taking one group or stratum from the whole."""

    cells: pd.DataFrame
    rules: Rules

    @cached_property
    def _printed(self) -> dict[tuple, Count]:
        c = self.cells[self.cells["known"] & self.cells["n_low"].gt(0)]
        keys = zip(*(c[name] for name in KEY), strict=True)
        counts = zip(c["low"], c["high"], c["n_low"], c["id"], strict=True)
        return {
            key: Count(low, high, n, (figure,))
            for key, (low, high, n, figure) in zip(keys, counts, strict=True)
        }

    @cached_property
    def _other(self) -> dict[str, str]:
        return {a: b for one, two in self.rules.splits.values() for a, b in ((one, two), (two, one))}

    @cached_property
    def _other_stratum(self) -> dict[str, str]:
        pairs = [self.rules.levels.get(column, ()) for column in self.rules.strata.values()]
        return {a: b for pair in pairs if len(pair) == 2 for a, b in (pair, pair[::-1])}

    def of(self, document: str, column: str, level: str, group: str, stratum: str = "") -> Count | None:
        """The count of a cell; None where the figures do not say it."""
        found = self._told(document, column, level, group, stratum)
        if found is None and "|" in level:
            parts = [self.of(document, column, part, group, stratum) for part in level.split("|")]
            found = sum(parts[1:], parts[0]) if all(parts) else None
        if found is None and group in self._other and not stratum:
            found = self._less(document, column, level, (self.rules.whole, ""), (self._other[group], ""))
        if found is None and stratum in self._other_stratum:
            found = self._less(document, column, level, (group, ""), (group, self._other_stratum[stratum]))
        return found

    def _told(self, document: str, column: str, level: str, group: str, stratum: str) -> Count | None:
        """The count as printed, or as what the other of two levels leaves."""
        found = self._printed.get((document, column, level, group, stratum))
        pair = self.rules.levels.get(column, ())
        if found is None and len(pair) == 2 and level in pair:
            other = self._printed.get((document, column, pair[level == pair[0]], group, stratum))
            found = other and Count(other.n - other.high, other.n - other.low, other.n, other.figures)
        return found

    def _less(self, document: str, column: str, level: str, whole: tuple, part: tuple) -> Count | None:
        both = [self._told(document, column, level, *place) for place in (whole, part)]
        return both[0] - both[1] if all(both) else None
