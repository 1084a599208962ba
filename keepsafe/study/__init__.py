"""What was studied: the study file is read and checked against the codebook, and all that is wrong told at once.

`parts` has what a study has, `codebook` what the variables mean, `published` what the report printed.
"""

import re
import tomllib
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.runs import study_text, within_data
from keepsafe.study.codebook import Codebook, load_codebook
from keepsafe.study.parts import Contrast, Derived, Group, Model, Outcome, Response, Rules, Study

DENOMINATORS = ("known", "all")
EXAMPLE = "compare it with data/study.toml"
LISTS = ("groups", "candidates", "one_of", "any_of", "all_of")
RULES = ("only_where", "within", "sums", "not_before")


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

    Examples
    --------
    >>> load_study().models["cse_any_abuse"].outcome.label
    'Strong indications of CSE recorded'
    """
    run = runs.active()
    path = Path(path or (run and run.study) or paths.data("study.toml"))
    study = _Reader(_parsed(path), paths.shown(path), codebook or load_codebook()).study()
    withheld = runs.withheld()
    if withheld is None:
        return study
    # the models, and their candidates, that disclosure control lets stand in this run
    models = {name: replace(study.models[name], candidates=tuple(each)) for name, each in withheld["models"].items()}
    return replace(study, models=models)


def _parsed(path: Path) -> dict[str, Any]:
    file, again = paths.shown(path), "save it as UTF-8 with straight quotes, from a text editor"
    try:
        return tomllib.loads(study_text(path))
    except FileNotFoundError:
        raise InputError.of("no such file", file=file, remedy="check the path") from None
    except UnicodeDecodeError:
        message = "is not a study file in TOML: its letters are not in UTF-8"
        raise InputError.of(message, file=file, remedy=again) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        curly = isinstance(error, tomllib.TOMLDecodeError) and re.search("[“”„‘’«»]", study_text(path))
        message, remedy = f"is not a study file in TOML: {reason}", again if curly else None
        raise InputError.of(message, file=file, remedy=remedy) from None


class _Reader:
    """Reads the sections one by one and keeps their faults."""

    def __init__(self, settings: dict[str, Any], file: str, codebook: Codebook):
        self.settings, self.file, self.codebook = settings, file, codebook
        self.problems: list[Problem] = []
        derived = settings.get("derived", {})
        self.derived = derived if isinstance(derived, dict) else {}

    def fault(self, section: str, message: str, remedy: str | None = None) -> None:
        self.problems.append(Problem(f"[{section}] {message}", self.file, remedy=remedy))

    def named(self, section: str, said: Any) -> dict[str, Any]:
        """What a section says by name; nothing, and a fault, where it is none."""
        if isinstance(said, dict):
            return said
        self.fault(section, "is no section", None if "." in section else f"write [{section}] on a line of its own")
        return {}

    def part(self, name: str) -> dict[str, Any]:
        """The entries of a section, each a table of texts and lists of texts; others are faults."""
        said = self.named(name, self.settings.get(name, {}))
        fitting = {entry: raw for entry, raw in said.items() if _fits(raw)}
        for entry in (entry for entry in said if entry not in fitting):
            self.fault(f"{name}.{entry}", "is not of the form of the section", _remedy(said[entry]))
        return fitting

    def section(self, name: str, kind: type) -> dict[str, Any]:
        """The entries of a section as objects of `kind`."""
        entries = {}
        for entry, raw in self.part(name).items():
            fields = {key: tuple(said) if isinstance(said, list) else said for key, said in raw.items()}
            try:
                entries[entry] = kind(name=entry, **fields)
            except TypeError as error:
                self.fault(f"{name}.{entry}", f"is not of the form of the section: {error}", EXAMPLE)
        return entries

    def variable(
        self, section: str, name: str | None, codes: tuple[str, ...] = (), known: list[str] | None = None
    ) -> None:
        """A fault where the codebook (or what is `known`) lacks the variable, or the variable lacks a code."""
        if name is None:
            return
        known = known or [*self.codebook.names, *self.derived]
        if name not in known:
            _, remedy = not_one_of(str(name), known)
            self.fault(section, f"names the variable {name!r}, which the codebook lacks", remedy)
            return
        if name in self.codebook:
            levels = list(self.codebook[name].levels)
        else:  # the time between two dates has none
            levels = [] if isinstance(self.derived[name], dict) and "since" in self.derived[name] else ["0", "1"]
        for code in codes:
            if code not in levels:
                self.fault(section, f"{name}: {not_one_of(str(code), levels)[0]}")

    def dated(self, section: str, name: str) -> None:
        """A fault where a variable of the codebook holds no dates."""
        if name in self.codebook and self.codebook[name].type != "date":
            self.fault(section, f"{name} is of type {self.codebook[name].type} in the codebook, not a date")

    def study(self) -> Study:
        """The study; InputError with all faults."""
        groups = self.section("groups", Group)
        derived = self.section("derived", Derived)
        outcomes = self.section("outcomes", Outcome)
        responses = self.section("responses", Response)
        for name, group in groups.items():
            self.variable(f"groups.{name}", group.variable, (group.value,) if group.variable else ())
        for name, response in responses.items():
            if response.only and response.only not in groups:
                near = not_one_of(response.only, list(groups))[1]
                self.fault(f"responses.{name}", f"names the group {response.only!r}", near)
        for name, made in derived.items():
            self._check_derived(f"derived.{name}", made)
        for name, outcome in outcomes.items():
            self.variable(f"outcomes.{name}", outcome.variable, (outcome.event,))
        contrasts = self._contrasts(groups)
        models = self._models(outcomes)
        strata = {name: raw.get("variable", "") for name, raw in self.part("strata").items()}
        for name, variable in strata.items():
            self.variable(f"strata.{name}", variable)
        rules = self._rules([name for name, made in derived.items() if not made.measured])
        about = self._persons_and_files()
        denominators = about.get("denominators", "known")
        if denominators not in DENOMINATORS:
            remedy = "known (the unknown are left out) or all (they count as not having it)"
            self.fault("study", f"denominators = {denominators!r} is not a choice", remedy)
        if self.problems:
            raise InputError(self.problems)
        parts = groups, contrasts, strata, derived, outcomes, models, responses
        return Study(about.get("title", ""), *parts, self.settings, self.codebook, rules, denominators)

    def _check_derived(self, section: str, made: Derived) -> None:
        if len([rule for rule in (made.one_of, made.any_of, made.all_of, made.since) if rule]) != 1:
            self.fault(section, "has to say exactly one of one_of, any_of, all_of, since")
        if made.since and made.unit not in ("days", "years"):
            self.fault(section, *not_one_of(made.unit, ["days", "years"]))
        if made.since and made.until is None:
            self.fault(section, "says since when, and not until", 'write until = "..." with a date, or a day')
        for source in made.sources:
            self.variable(section, source, () if made.since else made.one_of)
            if made.since:
                self.dated(section, source)

    def _contrasts(self, groups: dict[str, Group]) -> dict[str, Contrast]:
        contrasts = {}
        for name, raw in self.part("contrasts").items():
            pair = tuple(raw.get("groups", ()))
            if len(pair) != 2 or not set(pair) <= set(groups):
                self.fault(f"contrasts.{name}", f"needs two of the groups {', '.join(groups)}")
                continue
            contrasts[name] = Contrast(name, raw.get("label", name), pair, groups[pair[1]].variable or "")
        return contrasts

    def _models(self, outcomes: dict[str, Outcome]) -> dict[str, Model]:
        lists, models = self.settings.get("candidates", {}), {}
        if not isinstance(lists, dict) or not all(map(_names, lists.values())):
            self.fault("candidates", "is no section of lists of names")
            lists = {}
        for name, raw in self.part("models").items():
            candidates = tuple(part for entry in raw.get("candidates", ()) for part in lists.get(entry, [entry]))
            for candidate in candidates:
                self.variable(f"models.{name}", candidate)
            if raw.get("outcome") not in outcomes:
                known = f"is none of {', '.join(outcomes)}" if outcomes else "is not there: [outcomes] names none"
                remedy = "name it under [outcomes]: a variable, and the code that is the event"
                self.fault(f"models.{name}", f"the outcome {raw.get('outcome', '')!r} {known}", remedy)
                continue
            models[name] = Model(name, raw.get("label", name), outcomes[raw["outcome"]], candidates)
        return models

    def _rules(self, derived: list[str]) -> Rules:
        """The rules between columns, of which the `derived` are 0 or 1.

        In only_where a * stands for any text, on the right for the name without its last word (of
        healthy_relationship_impact, healthy_relationship); of several patterns that fit a column the last one counts.
        """
        columns, parts = self.codebook.names, {}
        said = self.named("rules", self.settings.get("rules", {}))
        for part in RULES:
            parts[part] = {}
            for column, others in self.named(f"rules.{part}", said.get(part, {})).items():
                others = [others] if isinstance(others, str) else others
                if others and _names(others):
                    parts[part][column] = tuple(others)
                else:
                    self.fault(f"rules.{part}", f"{column} has to name columns")
        for part in (part for part in said if part not in parts):
            self.fault(f"rules.{part}", f"is none of {', '.join(parts)}")
        only_where = {}
        for pattern, bases in parts["only_where"].items():
            fitting = [column for column in columns if fnmatchcase(column, pattern)]
            if not fitting:
                self.fault("rules.only_where", f"names {pattern!r}, which fits no variable of the codebook")
            for column in fitting:
                only_where[column] = tuple(name.replace("*", column.rpartition("_")[0]) for name in bases)
        single = {}
        for part in ("within", "not_before"):
            single[part] = {name: others[0] for name, others in parts[part].items() if len(others) == 1}
            if len(single[part]) < len(parts[part]):
                self.fault(f"rules.{part}", "has to give one column for each")
        for part, rules in (parts | {"only_where": only_where}).items():
            for name in dict.fromkeys(name for column, others in rules.items() for name in (column, *others)):
                self.variable(f"rules.{part}", name, known=[*columns, *derived])
        for name in dict.fromkeys(name for pair in single["not_before"].items() for name in pair):
            self.dated("rules.not_before", name)
        return Rules(only_where, single["within"], parts["sums"], single["not_before"])

    def _persons_and_files(self) -> dict[str, Any]:
        """[study], [cohort] and [files]: the columns and codes of which cleaning makes persons out of files."""
        study, cohort, files = (self.named(name, self.settings.get(name, {})) for name in ("study", "cohort", "files"))
        for key in ("person", "file"):
            name = study.get(key)
            self.variable("study", name)
            if name in self.codebook and self.codebook[name].type != "identifier":
                message = f'[study] {key} = "{name}" is of type {self.codebook[name].type} in the codebook'
                self.problems.append(Problem(message, self.file, column=name, remedy="make it identifier there"))
        groups = cohort.get("groups_of_categories", {})
        groups = groups if isinstance(groups, dict) else {"": groups}
        wanted = {"team": [cohort.get("excluded_teams", [])], "category": groups.values(), "grouped_as": [list(groups)]}
        for key, lists in wanted.items():
            if not all(map(_names, lists)):
                self.fault("cohort", f"has to list codes of {key}", 'put each code in quotes: ["1", "2"]')
                continue
            codes = tuple(code for codes in lists for code in codes)
            if codes and cohort.get(key) is None:
                self.fault("cohort", f"lacks {key}, the column of {', '.join(codes)}")
            self.variable("cohort", cohort.get(key), codes)
        for name, file in files.items():
            if not within_data(file):
                remedy = "write its path from there; a file elsewhere is given on the command line"
                self.fault(f"files.{name}", "is no file of the data folder", remedy)
        return study


def _names(entry: Any) -> bool:
    """Whether an entry is a list of texts."""
    return isinstance(entry, list) and all(isinstance(part, str) for part in entry)


def _remedy(entry: Any) -> str:
    """What to do about an entry that does not fit: quotes around its codes, where these are what it lacks."""
    for key, value in entry.items() if isinstance(entry, dict) else ():
        if isinstance(value, int | float) and key != "label":
            return f'{key} = {_toml(value)}: put the code in quotes: "{_toml(value)}"'
        if isinstance(value, list) and any(isinstance(part, int | float) for part in value):
            quoted = ", ".join(f'"{_toml(part)}"' for part in value)
            return f"{key}: put each code in quotes: [{quoted}]"
    return EXAMPLE


def _toml(code: Any) -> str:
    """A code as it was written in TOML."""
    return str(code).lower() if isinstance(code, bool) else str(code)


def _fits(entry: Any) -> bool:
    """Whether an entry of a section is a table of texts, and of lists of texts where these belong."""
    return isinstance(entry, dict) and all(
        _names(value) if key in LISTS else isinstance(value, str) for key, value in entry.items()
    )
