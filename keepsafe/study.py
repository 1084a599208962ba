"""The study file: what is compared with what, and which models are fitted."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepsafe import csv_tables, paths, runs
from keepsafe.codebook import Codebook, load_codebook
from keepsafe.problems import InputError, Problem


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
    """A 0/1 variable made from others: one of a variable's levels, or any / all of several 0/1 variables.

    `otherwise` is the value where the source is blank ('0', or None for blank).
    """

    name: str
    label: str
    variable: str | None = None
    one_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    otherwise: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The variables that it is made from."""
        return (self.variable,) if self.variable else self.any_of or self.all_of


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
class Study:
    """All that a study file says, each part by name in the order of the file; `settings` holds the file as read.

    Examples
    --------
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

    def label(self, name: str) -> str:
        """The label of a derived variable, or of a variable of the codebook."""
        return self.derived[name].label if name in self.derived else self.codebook.label(name)

    def column(self, variable: str, phase: str = "") -> str:
        """The column that holds a variable, derived or not, in a phase."""
        phased = f"{variable}_p{phase}"
        return phased if phase and phased in self.derived else self.codebook.column(variable, phase)

    def file(self, name: str) -> Path:
        """A file that the study names under [files], from the data folder."""
        return paths.data(*Path(self.settings["files"][name]).parts)


def load_study(path: str | Path | None = None, codebook: Codebook | None = None) -> Study:
    """Read a study file and check it against the codebook.

    Parameters
    ----------
    path : a TOML file; its sections are explained in data/study.toml, which is the default.
    codebook : the codebook whose variables it may name; by default `load_codebook()`.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        for a file that is no TOML, a section that is not of its form, or a name that the codebook lacks: all at once.
    """
    run = runs.active()
    path = Path(path or (run and run.study) or paths.data("study.toml"))
    codebook = codebook or load_codebook()
    return _Reader(_parsed(path), paths.shown(path), codebook).study()


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError.of("no such file", file=paths.shown(path), remedy="check the path") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError.of(f"is not a study file in TOML: {error}", file=paths.shown(path)) from None


class _Reader:
    """Reads the sections one by one and keeps their faults."""

    def __init__(self, settings: dict[str, Any], file: str, codebook: Codebook):
        self.settings, self.file, self.codebook = settings, file, codebook
        self.problems: list[Problem] = []
        self.known = codebook.names + list(settings.get("derived", {}))

    def fault(self, section: str, message: str, remedy: str | None = None) -> None:
        self.problems.append(Problem(f"[{section}] {message}", self.file, remedy=remedy))

    def section(self, name: str, kind: type, **convert) -> dict[str, Any]:
        """Entries of a section as objects of `kind`; `convert` turns a raw value into what the field holds."""
        entries = {}
        for entry, raw in self.settings.get(name, {}).items():
            try:
                fields = {key: convert[key](raw[key]) if key in convert else raw[key] for key in raw}
                entries[entry] = kind(name=entry, **fields)
            except (TypeError, KeyError, AttributeError) as error:
                self.fault(f"{name}.{entry}", f"is not of the form of the section: {error}",
                           "compare it with data/study.toml")  # fmt: skip
        return entries

    def variable(self, section: str, name: str | None, codes: tuple[str, ...] = ()) -> None:
        """A fault where the codebook lacks the variable, or the variable lacks a code."""
        if name is None:
            return
        if name not in self.known:
            _, remedy = csv_tables.not_one_of(name, self.known)
            self.fault(section, f"names the variable {name!r}, which the codebook lacks", remedy)
            return
        levels = self.codebook[name].levels if name in self.codebook else {"0": "", "1": ""}
        for code in codes:
            if code not in levels:
                self.fault(section, f"{name}: {csv_tables.not_one_of(str(code), list(levels))[0]}")

    def study(self) -> Study:
        groups = self.section("groups", Group)
        derived = self.section("derived", Derived, one_of=tuple, any_of=tuple, all_of=tuple)
        outcomes = self.section("outcomes", Outcome)
        responses = self.section("responses", Response)
        for name, group in groups.items():
            self.variable(f"groups.{name}", group.variable, (group.value,) if group.variable else ())
        for name, response in responses.items():
            if response.only and response.only not in groups:
                self.fault(f"responses.{name}", f"names the group {response.only!r}",
                           csv_tables.not_one_of(response.only, list(groups))[1])  # fmt: skip
        for name, made in derived.items():
            if len([rule for rule in (made.one_of, made.any_of, made.all_of) if rule]) != 1:
                self.fault(f"derived.{name}", "has to say exactly one of one_of, any_of, all_of")
            for source in made.sources:
                self.variable(f"derived.{name}", source, made.one_of)
        for name, outcome in outcomes.items():
            self.variable(f"outcomes.{name}", outcome.variable, (outcome.event,))
        contrasts = self._contrasts(groups)
        models = self._models(outcomes)
        strata = {name: raw.get("variable", "") for name, raw in self.settings.get("strata", {}).items()}
        for name, variable in strata.items():
            self.variable(f"strata.{name}", variable)
        if self.problems:
            raise InputError(self.problems)
        title = self.settings.get("study", {}).get("title", "")
        return Study(title, groups, contrasts, strata, derived, outcomes, models, responses, self.settings,
                     self.codebook)  # fmt: skip

    def _contrasts(self, groups: dict[str, Group]) -> dict[str, Contrast]:
        contrasts = {}
        for name, raw in self.settings.get("contrasts", {}).items():
            pair = tuple(raw.get("groups", ()))
            unknown = [group for group in pair if group not in groups]
            if len(pair) != 2 or unknown:
                self.fault(f"contrasts.{name}", f"needs two of the groups {', '.join(groups)}")
                continue
            contrasts[name] = Contrast(name, raw.get("label", name), pair, groups[pair[1]].variable or "")
        return contrasts

    def _models(self, outcomes: dict[str, Outcome]) -> dict[str, Model]:
        lists, models = self.settings.get("candidates", {}), {}
        for name, raw in self.settings.get("models", {}).items():
            candidates = tuple(part for entry in raw.get("candidates", ()) for part in lists.get(entry, [entry]))
            for candidate in candidates:
                self.variable(f"models.{name}", candidate)
            if raw.get("outcome") not in outcomes:
                self.fault(f"models.{name}", f"the outcome is none of {', '.join(outcomes)}")
                continue
            models[name] = Model(name, raw.get("label", name), outcomes[raw["outcome"]], candidates)
        return models
