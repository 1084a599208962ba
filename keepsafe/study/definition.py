"""The study file: what is compared with what, and which models are fitted, read and checked against the codebook."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.runs import study_text, within_data
from keepsafe.study import Contrast, Derived, Group, Model, Outcome, Response, Study, read_rules
from keepsafe.study.codebook import Codebook, load_codebook

DENOMINATORS = ("known", "all")
EXAMPLE = "compare it with data/study.toml"
LISTS = ("groups", "candidates", "one_of", "any_of", "all_of")


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
    stands = {name: tuple(candidates) for name, candidates in withheld["models"].items()}
    return replace(study, models={name: replace(study.models[name], candidates=each) for name, each in stands.items()})


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
        self.known = [*codebook.names, *(derived if isinstance(derived, dict) else ())]

    def fault(self, section: str, message: str, remedy: str | None = None) -> None:
        self.problems.append(Problem(f"[{section}] {message}", self.file, remedy=remedy))

    def part(self, name: str) -> dict[str, Any]:
        """The entries of a section, each a table of texts and lists of texts; others are faults."""
        said = self.settings.get(name, {})
        if not isinstance(said, dict):
            self.fault(name, "is no section", f"write [{name}] on a line of its own")
            return {}
        fitting = {entry: raw for entry, raw in said.items() if _fits(raw)}
        for entry in (entry for entry in said if entry not in fitting):
            self.fault(f"{name}.{entry}", "is not of the form of the section", _remedy(said[entry]))
        return fitting

    def section(self, name: str, kind: type, **convert) -> dict[str, Any]:
        """Entries of a section as objects of `kind`; `convert` turns a raw value into what the field holds."""
        entries = {}
        for entry, raw in self.part(name).items():
            try:
                fields = {key: convert[key](raw[key]) if key in convert else raw[key] for key in raw}
                entries[entry] = kind(name=entry, **fields)
            except TypeError as error:
                self.fault(f"{name}.{entry}", f"is not of the form of the section: {error}", EXAMPLE)
        return entries

    def variable(self, section: str, name: str | None, codes: tuple[str, ...] = ()) -> None:
        """A fault where the codebook lacks the variable, or the variable lacks a code."""
        if name is None:
            return
        if name not in self.known:
            _, remedy = not_one_of(str(name), self.known)
            self.fault(section, f"names the variable {name!r}, which the codebook lacks", remedy)
            return
        binary = {} if self.spans(name) else {"0": "", "1": ""}
        levels = self.codebook[name].levels if name in self.codebook else binary
        for code in codes:
            if code not in levels:
                self.fault(section, f"{name}: {not_one_of(str(code), list(levels))[0]}")

    def spans(self, name: str) -> bool:
        """Whether a derived variable is the time between two dates."""
        said = self.settings.get("derived")
        return isinstance(said, dict) and isinstance(said.get(name), dict) and "since" in said[name]

    def span(self, name: str, made: Derived) -> None:
        """Faults of a variable that is the time between two dates."""
        section = f"derived.{name}"
        if made.unit not in ("days", "years"):
            self.fault(section, *not_one_of(made.unit, ["days", "years"]))
        if made.until is None:
            self.fault(section, "says since when, and not until", 'write until = "..." with a date, or a day')
        for source in made.sources:
            self.variable(section, source)
            self.dated(section, source)

    def dated(self, section: str, name: str) -> None:
        """A fault where a variable of the codebook holds no dates."""
        if name in self.codebook and self.codebook[name].type != "date":
            self.fault(section, f"{name} is of type {self.codebook[name].type} in the codebook, not a date")

    def study(self) -> Study:
        groups = self.section("groups", Group)
        derived = self.section("derived", Derived, one_of=tuple, any_of=tuple, all_of=tuple)
        outcomes = self.section("outcomes", Outcome)
        responses = self.section("responses", Response)
        for name, group in groups.items():
            self.variable(f"groups.{name}", group.variable, (group.value,) if group.variable else ())
        for name, response in responses.items():
            if response.only and response.only not in groups:
                near = not_one_of(response.only, list(groups))[1]
                self.fault(f"responses.{name}", f"names the group {response.only!r}", near)
        for name, made in derived.items():
            if len([rule for rule in (made.one_of, made.any_of, made.all_of, made.since) if rule]) != 1:
                self.fault(f"derived.{name}", "has to say exactly one of one_of, any_of, all_of, since")
            if made.since:
                self.span(name, made)
                continue
            for source in made.sources:
                self.variable(f"derived.{name}", source, made.one_of)
        for name, outcome in outcomes.items():
            self.variable(f"outcomes.{name}", outcome.variable, (outcome.event,))
        contrasts = self._contrasts(groups)
        models = self._models(outcomes)
        strata = {name: raw.get("variable", "") for name, raw in self.part("strata").items()}
        for name, variable in strata.items():
            self.variable(f"strata.{name}", variable)
        binary = [name for name, made in derived.items() if not made.measured]
        rules = read_rules(self.settings.get("rules", {}), self.codebook.names, binary, self.fault)
        for name in {name for pair in rules.not_before.items() for name in pair}:
            self.dated("rules.not_before", name)
        self._persons_and_files()
        about = self.settings.get("study", {}) if isinstance(self.settings.get("study", {}), dict) else {}
        denominators = about.get("denominators", "known")
        if denominators not in DENOMINATORS:
            remedy = "known (the unknown are left out) or all (they count as not having it)"
            self.fault("study", f"denominators = {denominators!r} is not a choice", remedy)
        if self.problems:
            raise InputError(self.problems)
        return Study(
            title=about.get("title", ""),
            groups=groups,
            contrasts=contrasts,
            strata=strata,
            derived=derived,
            outcomes=outcomes,
            models=models,
            responses=responses,
            settings=self.settings,
            codebook=self.codebook,
            rules=rules,
            denominators=denominators,
        )

    def _contrasts(self, groups: dict[str, Group]) -> dict[str, Contrast]:
        contrasts = {}
        for name, raw in self.part("contrasts").items():
            pair = tuple(raw.get("groups", ()))
            unknown = [group for group in pair if group not in groups]
            if len(pair) != 2 or unknown:
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

    def _persons_and_files(self) -> None:
        """[study], [cohort] and [files]: the columns and codes of which cleaning makes persons out of files."""
        said = {name: self.settings.get(name, {}) for name in ("study", "cohort", "files")}
        for name in [name for name, part in said.items() if not isinstance(part, dict)]:
            self.fault(name, "is no section", f"write [{name}] on a line of its own")
            said[name] = {}
        study, cohort = said["study"], said["cohort"]
        for key, name in ((key, study.get(key)) for key in ("person", "file")):
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
        for name, file in said["files"].items():
            if not within_data(file):
                remedy = "write its path from there; a file elsewhere is given on the command line"
                self.fault(f"files.{name}", "is no file of the data folder", remedy)


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
