"""What was studied: the study file is read and checked against the codebook, and all that is wrong told at once.

`parts` has what a study has, `codebook` what the variables mean, `published` what the report printed.
Longer than 300 lines: each section is read in a few lines, and what can be wrong with it is told where it is read.
"""

import re
import tomllib
from dataclasses import MISSING, fields, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.runs import study_text, within_data
from keepsafe.study.codebook import CODED, MEASURED, Codebook, load_codebook
from keepsafe.study.parts import Contrast, Derived, Group, Model, Outcome, Response, Rules, Study

DENOMINATORS = ("known", "all")
WRITE = 'write name = "text", and each entry on one line'
EXAMPLE = "compare it with data/study.toml"
KEYS = {  # of the sections that hold no entries of a name of their own
    "study": ("title", "person", "file", "denominators"),
    "cohort": ("extract", "team", "excluded_teams", "category", "grouped_as", "groups_of_categories"),
}
SECTIONS = (*KEYS, "files", "groups", "contrasts", "strata", "derived", "outcomes", "candidates", "models", "responses",
            "rules", "synthesis", "audit", "seraf")  # fmt: skip
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
        found = re.fullmatch(r"(.*) \(at line ([0-9]+), column [0-9]+\)", str(reason))
        said, line = (found[1], int(found[2])) if found else (reason, None)
        twice = "the same name stands there twice: keep one" if re.search("overwrite|twice|again", str(said)) else WRITE
        message, remedy = f"is not a study file in TOML: {said}", again if curly else twice if found else None
        raise InputError.of(message, file=file, line=line, remedy=remedy) from None


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
        entries, keys = {}, {field.name: field.default is MISSING for field in fields(kind) if field.name != "name"}
        for entry, raw in self.part(name).items():
            said = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
            lacking = [key for key, needed in keys.items() if needed and key not in said]
            if not self.keys(f"{name}.{entry}", said, tuple(keys)):
                continue
            if lacking:
                self.fault(
                    f"{name}.{entry}", f"is not of the form of the section: it lacks {', '.join(lacking)}", EXAMPLE
                )
            else:
                entries[entry] = kind(name=entry, **said)
        return entries

    def keys(self, section: str, said: dict[str, Any], allowed: tuple[str, ...]) -> bool:
        """Whether an entry has the keys of its section alone; a fault for each other one."""
        others = [key for key in said if key not in allowed]
        for key in others:
            what, remedy = not_one_of(key, list(allowed))
            self.fault(section, f"is not of the form of the section: {what}", remedy or EXAMPLE)
        return not others

    def variable(
        self, section: str, name: str | None, codes: tuple[str, ...] = (), known: list[str] | None = None
    ) -> None:
        """A fault where the codebook (or what is `known`) lacks the variable, or the variable lacks a code."""
        if name is None:
            return
        known = known or [*self.codebook.names, *self.derived]
        if not isinstance(name, str):
            self.fault(section, "has to name a single variable in quotes", EXAMPLE)
            return
        if name not in known:
            remedy = not_one_of(name, known)[1] or "describe it there, or name another"
            self.fault(section, f"names the variable {name!r}, which the codebook lacks", remedy)
            return
        if name in self.codebook:
            levels = self.codebook[name].levels
        else:  # the time between two dates has none
            since = isinstance(self.derived[name], dict) and "since" in self.derived[name]
            levels = {} if since else {"0": "no", "1": "yes"}
        if codes and not levels:
            self.fault(section, f"{name} has no levels in the codebook", "name a variable of type binary or category")
            return
        by_label = {label.casefold(): code for code, label in levels.items()}
        for code in (code for code in codes if code not in levels):
            what, near = not_one_of(str(code), list(levels))
            code = by_label.get(str(code).casefold())
            self.fault(section, f"{name}: {what}", f"write its code: {code}" if code else near)

    def typed(self, section: str, name: str | None, types: tuple[str, ...]) -> None:
        """A fault where a variable of the codebook is of another type."""
        kind = self.codebook[name].type if isinstance(name, str) and name in self.codebook else None
        if kind and kind not in types:
            self.fault(section, f"{name} is of type {kind} in the codebook, not a {' or '.join(types)}")

    def study(self) -> Study:
        """The study; InputError with all faults."""
        for name, near in misspelt(self.settings, SECTIONS):
            self.fault(name, "is no section that is read", f"did you mean [{near}]?")
        groups = self.section("groups", Group)
        derived = self.section("derived", Derived)
        outcomes = self.section("outcomes", Outcome)
        responses = self.section("responses", Response)
        for name, group in groups.items():
            if (group.variable is None) != (group.value is None):
                self.fault(f"groups.{name}", "needs both a variable and its value, or neither for everybody", EXAMPLE)
            else:
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
        strata = {}
        for name, raw in self.part("strata").items():
            self.keys(f"strata.{name}", raw, ("label", "variable"))
            strata[name] = raw.get("variable", "")
            self.variable(f"strata.{name}", strata[name])
            self.typed(f"strata.{name}", strata[name], CODED)
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
        if bool(made.one_of) != bool(made.variable):
            self.fault(section, "has to say one_of and variable together, or neither", EXAMPLE)
        if made.name in self.codebook:
            self.fault(section, f"{made.name} is a variable of the codebook already", "give it another name")
        if made.otherwise not in (None, "0", "1"):
            self.fault(section, f"otherwise = {made.otherwise!r} is no value of it", 'write "0", or leave it out')
        for source in made.sources:
            if source in self.derived:
                self.fault(section, f"is made of {source}, which is derived itself", "name columns of the codebook")
                continue
            self.variable(section, source, () if made.since else made.one_of)
            if not made.one_of:
                self.typed(section, source, ("date",) if made.since else ("binary",))

    def _contrasts(self, groups: dict[str, Group]) -> dict[str, Contrast]:
        contrasts = {}
        for name, raw in self.part("contrasts").items():
            self.keys(f"contrasts.{name}", raw, ("label", "groups"))
            pair = tuple(raw.get("groups", ()))
            if len(pair) != 2 or len(set(pair)) != 2 or not set(pair) <= set(groups):
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
            self.keys(f"models.{name}", raw, ("label", "outcome", "candidates"))
            found = (part for entry in raw.get("candidates", ()) for part in lists.get(entry, [entry]))
            candidates = tuple(dict.fromkeys(found))
            if not candidates:
                self.fault(f"models.{name}", "names no candidates", EXAMPLE)
            for candidate in candidates:
                self.variable(f"models.{name}", candidate)
                self.typed(f"models.{name}", candidate, (*CODED, *MEASURED))
            if raw.get("outcome") not in outcomes:
                known = f"is none of {', '.join(outcomes)}" if outcomes else "is not there: [outcomes] names none"
                remedy = "name it under [outcomes]: a variable, and the code that is the event"
                self.fault(f"models.{name}", f"the outcome {raw.get('outcome', '')!r} {known}", remedy)
                continue
            if outcomes[raw["outcome"]].variable in candidates:
                self.fault(f"models.{name}", "has its outcome's variable among its candidates", "take it out")
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
        bases = {"only_where": only_where.values(), "within": single["within"].items(), "sums": parts["sums"].items()}
        for part, several in bases.items():
            flat = (
                name for each in several for names in each for name in ([names] if isinstance(names, str) else names)
            )
            for name in dict.fromkeys(flat):
                self.typed(f"rules.{part}", name, ("binary", *MEASURED, *["date"] * (part == "within")))
        for name in dict.fromkeys(name for pair in single["not_before"].items() for name in pair):
            self.typed("rules.not_before", name, ("date",))
        return Rules(only_where, single["within"], parts["sums"], single["not_before"])

    def _persons_and_files(self) -> dict[str, Any]:
        """[study], [cohort] and [files]: the columns and codes of which cleaning makes persons out of files."""
        study, cohort, files = (self.named(name, self.settings.get(name, {})) for name in ("study", "cohort", "files"))
        for section, said in (("study", study), ("cohort", cohort)):
            for name, near in misspelt(said, KEYS[section]):
                self.fault(section, f"names {name!r}, which is not read", f"did you mean {near}?")
        for key in ("person", "file"):
            name = study.get(key)
            self.variable("study", name)
            if isinstance(name, str) and name in self.codebook and self.codebook[name].type != "identifier":
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
            self.typed("cohort", cohort.get(key), CODED)
        for name, file in files.items():
            if not within_data(file):
                remedy = "write its path from there; a file elsewhere is given on the command line"
                self.fault(f"files.{name}", "is no file of the data folder", remedy)
        return study


def misspelt(said: dict[str, Any], read: tuple[str, ...]) -> list[tuple[str, str]]:
    """Names that look like one of those that are read, and are none, each with that one; others may be the user's own.

    >>> misspelt({"outcome": {}, "outcomes": {}, "mine": {}}, ("outcomes", "models"))
    [('outcome', 'outcomes')]
    """
    near = {name: get_close_matches(name, read, 1, 0.75) for name in said if name not in read}
    return [(name, found[0]) for name, found in near.items() if found]


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
