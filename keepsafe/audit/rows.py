"""A printed table as data: groups, kinds, rows and their cells, once all has been read."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from keepsafe.audit.cells import Cell, P, Statistic
from keepsafe.audit.grid import Grid
from keepsafe.audit.headings import WHOLES, Kind

SHARES = ("count percent", "count", "percent")
UNKNOWN = re.compile(
    r"^\W*(missing|unknown|not (known|recorded|stated|available)|unclear|no answer|n/?a)\b", re.IGNORECASE
)
#: Tests that cannot be worked out from what is printed.
OTHER_TESTS = re.compile(
    r"mann|wilcox|kruskal|rank|paired|mcnemar|friedman|ancova|mixed|log.?rank|regress|adjusted|cox|"
    r"sign test|median test|mood|permut|bootstrap|kolmogorov|spearman|pearson.?s? r|bayes|"
    r"interaction|inferior|multivari|trend|\ba(or|rr|hr)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Group:
    """A column of figures: its name, heading as typed, place, and number of cases where one is printed."""

    name: str
    heading: str
    place: int
    n: int | None = None
    said: str = ""  # of the cells beneath it

    @property
    def whole(self) -> bool:
        """Whether the name says that all cases are meant."""
        return bool(WHOLES.search(self.name))


@dataclass(eq=False)
class Entry:
    """One printed cell in its place; `own` says that its number of cases was printed in it."""

    row: "Row"
    group: Group
    cell: Cell
    address: str
    n: int | None
    own: bool = False
    checked: bool = False
    fits: bool = True
    reasons: list[str] = field(default_factory=list)
    sizes: list[int] = field(
        default_factory=list
    )  # numbers of cases that its percentage fits, where not the printed one

    @property
    def count(self) -> int | None:
        """A printed count, if it is a whole number from 0 to n."""
        counted = self.row.kind.form in ("count percent", "count") and self.cell.numbers
        k = self.cell.numbers[0] if counted else None
        return (
            int(k.value) if k is not None and k.whole and 0 <= k.value and not (self.n and k.value > self.n) else None
        )

    @property
    def percent(self):
        """The printed percentage; None where there is none."""
        if self.row.kind.form == "percent":
            return self.cell.numbers[0] if self.cell.numbers else None
        return self.cell.numbers[1] if self.row.kind.form == "count percent" and len(self.cell.numbers) > 1 else None


@dataclass(eq=False)
class Row:
    """A printed row: variable, level, kind, cells by group, and what stands beside them."""

    variable: str
    level: str
    kind: Kind
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)
    p: list[tuple[P, str, str]] = field(default_factory=list)  # with heading and address
    p_of: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # of a p, heading and address of the estimate before it
    statistic: tuple[Statistic, str, str] | None = None
    test: str = ""
    estimates: list[tuple[Cell, str, str]] = field(default_factory=list)
    se: Cell | None = None
    se_of: str = ""  # the address of the estimate that it stands beside
    alone: bool = True
    stub: str = ""  # its own name, where it is a statistic of the name above it
    unread: set[str] = field(default_factory=set)  # columns whose cell was not understood
    indent: int = 0
    heads: bool = False  # a name without figures, with its levels beneath
    unnamed: tuple[str, str, str] | None = None  # a test statistic whose heading does not say which
    ranked: bool = False  # a median is printed beside its mean

    @property
    def name(self) -> str:
        """The row as findings name it."""
        return self.variable if self.alone else f"{self.variable}: {self.level}"


@dataclass
class Table:
    """A table as read: groups, rows in order, and remarks on cells that were not understood."""

    grid: Grid
    groups: list[Group]
    rows: list[Row]
    unread: list[tuple[str, str, str, str, str]]  # row, column, address, text, reason
    sums: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    wholes: set[str] = field(default_factory=set)
    row_sums: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # footnotes that name tests
    loose: list[tuple[str, list[Entry]]] = field(default_factory=list)  # rows beneath a name that are not summed

    @cached_property
    def places(self) -> dict[Row, int]:
        """Where each row is among the rows."""
        return {row: place for place, row in enumerate(self.rows)}

    def group(self, name: str) -> Group:
        """A group by its name."""
        return next(group for group in self.groups if group.name == name)
