"""What a study has: groups, contrasts, derived variables, outcomes, models, responses, and rules between columns."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keepsafe import paths
from keepsafe.study.codebook import Codebook, first_day


@dataclass(frozen=True)
class Group:
    """Persons compared as a group: those with `value` on `variable`; all of them where variable is None."""

    name: str
    label: str
    variable: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Contrast:
    """Two groups set against each other, the second against the first."""

    name: str
    label: str
    groups: tuple[str, str]
    variable: str


@dataclass(frozen=True)
class Derived:
    """A variable made from others: 0 or 1 by levels or by several 0/1 variables, or the time between two dates.

    `one_of` names levels of `variable`; `any_of` and `all_of` name 0/1 variables; `otherwise` is the value where the
    source is blank ('0', or None for blank). `since` and `until` name dates, `until` a variable or a day such as
    2019-03-31; `unit` is 'days', or 'years' for those completed, as of an age.
    """

    name: str
    label: str
    variable: str | None = None
    one_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    otherwise: str | None = None
    since: str | None = None
    until: str | None = None
    unit: str = "days"

    @property
    def sources(self) -> tuple[str, ...]:
        """The variables that it is made from."""
        if self.since:
            return (self.since,) if self.until is None or first_day(self.until) else (self.since, self.until)
        return (self.variable,) if self.variable else self.any_of or self.all_of

    @property
    def measured(self) -> bool:
        """Whether it is a number, and not 0 or 1 for no and yes."""
        return self.since is not None


@dataclass(frozen=True)
class Outcome:
    """An adverse outcome: the variable and the code that is the event."""

    name: str
    label: str
    variable: str
    event: str


@dataclass(frozen=True)
class Model:
    """A logistic regression: an outcome and its candidate predictors."""

    name: str
    label: str
    outcome: Outcome
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Response:
    """A response that was coded as provided, requested and by its impact; `only` names the group it is meant for."""

    name: str
    label: str
    only: str | None = None


@dataclass(frozen=True)
class Rules:
    """The rules of a study, by the column that each is about.

    `only_where` names the columns that have to be 1 for a column to be recorded at all; `within` the column that
    it is a part of, so that it is never the larger of the two; `sums` the columns of which it counts how many are 1;
    `not_before` the column of dates that it follows, or falls on the same day with.
    """

    only_where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    within: dict[str, str] = field(default_factory=dict)
    sums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_before: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """All that a study file says, each part by name in the order of the file; `settings` holds the file as read.

    >>> from keepsafe import load_study
    >>> study = load_study()
    >>> study.contrasts["cse"].groups
    ('non_cse', 'cse')
    >>> len(study.models)
    8
    """

    title: str
    groups: dict[str, Group]
    contrasts: dict[str, Contrast]
    strata: dict[str, str]
    derived: dict[str, Derived]
    outcomes: dict[str, Outcome]
    models: dict[str, Model]
    responses: dict[str, Response]
    settings: dict[str, Any]
    codebook: Codebook
    rules: Rules = field(default_factory=Rules)
    denominators: str = "known"  # of percentages and tests, as for `compare_groups`

    def label(self, name: str) -> str:
        """The label of a derived variable, or of a variable of the codebook."""
        return self.derived[name].label if name in self.derived else self.codebook.label(name)

    def term(self, column: str) -> str:
        """A column of a model in words: a variable's label, the level that it stands for, or a product of two.

        >>> from keepsafe import load_study
        >>> load_study().term("parents_p1=breakdown")
        'Relationship with parents: Complete breakdown'
        """
        if ":" in column:
            return " by ".join(map(self.term, column.split(":")))
        variable, _, level = column.partition("=")
        label = self.label(variable)
        return f"{label}: {self.codebook.level_label(variable, level)}" if level else label

    def terms(self, columns: Iterable[str]) -> dict[str, str]:
        """Columns of one model in words, each of its own: where a label is that of several, their names follow it.

        >>> from keepsafe import load_study
        >>> [*load_study().terms(["female", "neglect_p1", "neglect_p2"]).values()]
        ['Female', 'Neglect (neglect_p1)', 'Neglect (neglect_p2)']
        """
        words = {column: self.term(column) for column in columns}
        times = Counter(words.values())
        return {column: f"{word} ({column})" if times[word] > 1 else word for column, word in words.items()}

    def column(self, variable: str, phase: str = "") -> str:
        """The column that holds a variable, derived or not, in a phase."""
        phased = f"{variable}_p{phase}"
        return phased if phase and phased in self.derived else self.codebook.column(variable, phase)

    def file(self, name: str) -> Path:
        """A file that the study names under [files], from the data folder."""
        return paths.data(*Path(self.settings["files"][name]).parts)
