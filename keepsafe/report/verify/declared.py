"""What a finished report declares of itself, and whether that is still so."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from keepsafe import paths
from keepsafe.problems import InputError
from keepsafe.report.running.inputs import CONFIDENTIAL, OWN, checksum, checksum_of
from keepsafe.report.running.keys import LOCK
from keepsafe.report.running.publishing import FORMER, LAST, MANIFEST
from keepsafe.report.verify.pages import page_facts
from keepsafe.report.verify.verdict import Check
from keepsafe.runs import named_data


@dataclass(frozen=True)
class Declared:
    """A report's facts, and the files at hand that it was made from.

    Parameters
    ----------
    facts : its manifest; without one, what the page's colophon says.
    sources : each declared input by its name, and the file that is taken for it; None where there is none.
    given : of those, the files in whose place the compendium has one of its own: data, codebook, study.
    """

    facts: dict
    sources: dict[str, Path | None]
    given: dict[str, str]


def read_declared(folder: Path, given: Mapping[str, Path | None]) -> Declared:
    """What the report in a folder declares.

    Parameters
    ----------
    folder : of the report.
    given : a user's data, codebook and study, for a report that was made from them.

    Raises
    ------
    InputError for a folder that holds no report, or none that is whole.
    """
    if (folder / FORMER).exists():
        fault = "a run was stopped as it put its report here"
        raise InputError.of(fault, file=str(folder), remedy="run: keepsafe report")
    if not any((folder / name).is_file() for name in (LAST, "values.csv")):
        raise InputError.of("there is no report here", file=str(folder), remedy="run: keepsafe report")
    facts = _manifest(folder / MANIFEST) or (page_facts(folder / LAST) if (folder / LAST).is_file() else {})
    own = {what: name for what, name in facts.get("given", {}).items() if what in OWN}
    stated = {name: what for what, name in own.items()}
    sources = {}
    for name in facts.get("inputs", {}):
        here = named_data(given.get("study")) if name == CONFIDENTIAL and name not in stated else paths.root() / name
        place = given.get(stated.get(name, "")) or here
        sources[name] = place if place.is_file() else None
    return Declared(facts, sources, own)


def _manifest(path: Path) -> dict:
    if not path.is_file():
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        kinds = {"inputs": dict, "outputs": dict, "versions": dict, "parameters": list}
        if all(isinstance(facts[name], kind) for name, kind in kinds.items()):
            return facts
    except (ValueError, LookupError, TypeError):
        pass
    raise InputError.of("is no manifest of a report", file=str(path), remedy="run: keepsafe report")


def check_inputs(declared: Declared) -> Iterator[Check]:
    """Each declared input, and the lock, held to its checksum."""
    sums, sources = dict(declared.facts.get("inputs", {})), dict(declared.sources)
    if "lock" in declared.facts:
        lock = paths.root() / LOCK
        sums[LOCK], sources[LOCK] = declared.facts["lock"], lock if lock.is_file() else None
    options = {name: what for what, name in declared.given.items()}
    for name, then in sums.items():
        now = checksum_of(name, sources[name]) if sources[name] else None
        if now == then:
            yield Check("inputs", name)
        elif now is None:
            remedy = f"; name it with --{options[name]}" if name in options else ""
            yield Check("inputs", name, f"was not found{remedy}")
        else:
            yield Check("inputs", name, "another checksum", str(then)[:12], now[:12])


def check_files(folder: Path, declared: Declared) -> Iterator[Check]:
    """Each file of the report held to the checksum in its manifest."""
    for name, then in declared.facts.get("outputs", {}).items():
        path = folder / name
        now = checksum(path) if path.is_file() else None
        if now == then:
            yield Check("files", name)
        else:
            yield Check("files", name, "another checksum" if now else "is gone", str(then)[:12], (now or "")[:12])
