"""Whether a finished report comes out again: made anew in a clean place, and compared."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepsafe import paths
from keepsafe.files.disclosure import NAME
from keepsafe.problems import InputError
from keepsafe.report import running
from keepsafe.report.running.inputs import CONFIDENTIAL, LOCK, OWN, checksum, checksum_of
from keepsafe.report.running.manifest import versions
from keepsafe.report.running.publishing import FINISHED, LAST, MANIFEST, files, private_folder
from keepsafe.report.verify.contents import compare_cells, compare_documents, compare_files, compare_values, page_facts
from keepsafe.report.verify.verdict import Check, Verdict
from keepsafe.runs import named_data

__all__ = ["Check", "Verdict", "verify"]


@dataclass(frozen=True)
class Declared:
    """A report's facts: its manifest, or else what the page's colophon says; and the files that it was made from."""

    facts: dict
    sources: dict[str, Path | None]  # each declared input, and the file that is taken for it, if there is one
    given: dict[str, str]  # data, codebook, study: names of those in whose place the compendium has one of its own


def verify(
    folder: Path | None = None,
    data: Path | None = None,
    codebook: Path | None = None,
    study: Path | None = None,
    jobs: int | None = None,
    progress: running.Progress = lambda notebook, doing: None,
) -> Verdict:
    """Make a report again from what it declares, and say what came out equal and what did not.

    What was written by the same software must be equal byte for byte; what was not, in what it says.

    `folder` is that of the report, the compendium's reports/ by default; a page and values.csv without the rest, as in
    a fresh clone, are compared as far as they go. `data`, `codebook` and `study` are a user's files, for a report that
    was made from them. InputError for a folder that holds no report.
    """
    folder = (folder or paths.root() / "reports").resolve()
    declared = read_declared(folder, {"data": data, "codebook": codebook, "study": study})
    verdict = Verdict([*check_inputs(declared), *check_files(folder, declared)], _missing(folder, declared))
    then, now = declared.facts.get("versions", {}), versions()
    verdict.software = {name: (then.get(name, ""), here) for name, here in now.items() if then.get(name) != here}
    with private_folder() as place:
        if None in declared.sources.values():
            verdict.absent |= dict.fromkeys(("notebooks", *_COMPARED), "not run, for an input is missing")
            return verdict
        try:
            made = make_again(declared, place, jobs, progress)
        except (running.NotebookFailed, InputError) as error:
            verdict.checks.append(Check("notebooks", "the run", str(error)))
            verdict.absent |= dict.fromkeys(_COMPARED, "the run did not come to its end")
            return verdict
        verdict.checks += _ran(folder, made)
        verdict.checks += _compared(folder, made, exact=not verdict.software)
    return verdict


_COMPARED = ("cells", "values", "figures", "tables", "documents")


def _missing(folder: Path, declared: Declared) -> dict[str, str]:
    """Stages for which the report's folder holds nothing."""
    parts = {"cells": "notebooks", "values": "values.csv", "figures": "figures", "tables": "tables"}
    absent = {stage: f"the folder has no {part}" for stage, part in parts.items() if not (folder / part).exists()}
    absent |= {} if "outputs" in declared.facts else {"files": "the folder has no manifest"}
    return absent | ({} if declared.facts else {"inputs": "nothing declares them"})


def _ran(then: Path, now: Path) -> Iterator[Check]:
    before, after = ({path.stem for path in (folder / "notebooks").glob("*.ipynb")} for folder in (then, now))
    for name in sorted(before | after):
        lost = name not in after or (before and name not in before)
        yield Check("notebooks", name, "is not in both" if lost else "")


def _compared(then: Path, now: Path, exact: bool) -> Iterator[Check]:
    yield from compare_cells(then, now, exact)
    if (then / "values.csv").is_file():
        yield from compare_values(then, now)
    for stage in ("figures", "tables"):
        yield from compare_files(stage, then, now, exact)
    yield from compare_documents(then, now, exact)


def read_declared(folder: Path, given: Mapping[str, Path | None]) -> Declared:
    """What the report in a folder declares; InputError for a folder that holds no report, or none that is whole."""
    if (folder / FINISHED).exists():
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


def make_again(declared: Declared, place: Path, jobs: int | None, progress: running.Progress) -> Path:
    """Make the report that a folder declares, in an empty place that holds its declared inputs; its new folder."""
    home, root = place / "home", paths.root()
    inside = {name: path for name, path in declared.sources.items() if path == root / name}
    if CONFIDENTIAL in declared.sources and "data" not in declared.given:
        path = declared.sources[CONFIDENTIAL]
        inside[path.relative_to(root).as_posix()] = path
    inside |= {} if inside else {f"data/{name}": root / "data" / name for name in files(root / "data")}
    inside |= {f"notebooks/{path.name}": path for path in (root / "notebooks").iterdir() if path.is_file()}
    inside |= {name: root / name for name in (LOCK, NAME) if (root / name).is_file()}  # the same key, the same noise
    for name, path in inside.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, home / name)
    given: dict[str, Any] = {
        what: home / name if name in inside else declared.sources[name] for what, name in declared.given.items()
    }
    changed = {
        entry["name"]: entry["value"]
        for entry in declared.facts.get("parameters", [])
        if entry["value"] != entry["default"]
    }
    given |= {"disclosure": declared.facts["disclosure"] or "off"} if "disclosure" in declared.facts else {}
    with _at_home(home):
        running.report(**given, out=place / "report", parameters=changed.items(), jobs=jobs, progress=progress)
    return place / "report"


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    former = os.environ.get(paths.HOME)
    os.environ[paths.HOME] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(paths.HOME) if former is None else os.environ.update({paths.HOME: former})
