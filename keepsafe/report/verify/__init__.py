"""Whether a finished report comes out again: made anew in a clean place, compared, and the verdict told."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepsafe import paths
from keepsafe.files.disclosure import NAME
from keepsafe.problems import InputError
from keepsafe.report import running
from keepsafe.report.rendering.look import templates
from keepsafe.report.running.inputs import CONFIDENTIAL, LOCK, OWN, checksum, checksum_of
from keepsafe.report.running.manifest import versions
from keepsafe.report.running.notebooks import environment
from keepsafe.report.running.publishing import FINISHED, FOLDERS, LAST, MANIFEST, files, private_folder
from keepsafe.report.verify.contents import (
    STAGES,
    Check,
    Verdict,
    compare_cells,
    compare_documents,
    compare_facts,
    compare_files,
    compare_values,
    page_facts,
)
from keepsafe.runs import named_data

__all__ = ["Check", "Verdict", "verify"]
UNNAMED = "is not in the manifest"
SHOWN = 12  # faults of one stage that are printed; JSON has them all
COMPARED = list(STAGES)[3:]  # for which the report has to be made again


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
    facts = declared.facts
    parts = {"cells": "notebooks", "values": "values.csv", "figures": "figures", "tables": "tables"}
    absent = {stage: f"the folder has no {part}" for stage, part in parts.items() if not (folder / part).exists()}
    absent |= {} if "outputs" in facts else {"files": "the folder has no manifest"}
    absent |= {} if facts else {"inputs": "nothing declares them"}
    verdict = Verdict([*check_inputs(declared), *check_files(folder, declared)], absent)
    then, now = facts.get("versions", {}), versions()
    verdict.software = {name: (then.get(name, ""), here) for name, here in now.items() if then.get(name) != here}
    if None in declared.sources.values():
        verdict.absent |= dict.fromkeys(("notebooks", *COMPARED), "not run, for an input is missing")
        return verdict
    with private_folder() as place:
        try:
            made = make_again(declared, place, jobs, progress)
        except (running.NotebookFailed, InputError) as error:
            verdict.checks.append(Check("notebooks", "the run", str(error)))
            verdict.absent |= dict.fromkeys(COMPARED, "the run did not come to its end")
            return verdict
        verdict.checks += compare(folder, made, exact=not verdict.software)
        if "outputs" in facts:
            verdict.checks += compare_facts(facts, _manifest(made / MANIFEST))
    return verdict


def compare(then: Path, now: Path, exact: bool) -> Iterator[Check]:
    """All that two reports hold, stage by stage."""
    before, after = ({path.stem for path in (folder / "notebooks").glob("*.ipynb")} for folder in (then, now))
    for name in sorted(before | after):
        lost = name not in after or (before and name not in before)
        yield Check("notebooks", name, "is not in both" if lost else "")
    yield from compare_cells(then, now, exact)
    if (then / "values.csv").is_file():
        yield from compare_values(then, now)
    for stage in ("figures", "tables"):
        yield from compare_files(stage, then, now, exact)
    yield from compare_documents(then, now, exact)


@dataclass(frozen=True)
class Declared:
    """A report's facts: its manifest, or else what the page's colophon says; and the files that it was made from."""

    facts: dict
    sources: dict[str, Path | None]  # each declared input, and the file that is taken for it, if there is one
    given: dict[str, str]  # names of a user's own files, and whether each is the data, the codebook or the study


def read_declared(folder: Path, given: Mapping[str, Path | None]) -> Declared:
    """What the report in a folder declares; InputError for a folder that holds no report, or none that is whole."""
    if (folder / FINISHED).exists():
        fault = "a run was stopped as it put its report here"
        raise InputError.of(fault, file=str(folder), remedy="run: keepsafe report")
    if not any((folder / name).is_file() for name in (LAST, "values.csv")):
        raise InputError.of("there is no report here", file=str(folder), remedy="run: keepsafe report")
    if (folder / MANIFEST).is_file():
        facts = _manifest(folder / MANIFEST)
    else:
        facts = page_facts(folder / LAST) if (folder / LAST).is_file() else {}
    own = {name: what for what, name in facts.get("given", {}).items() if what in OWN}
    sources = {}
    for name in facts.get("inputs", {}):
        here = named_data(given.get("study")) if name == CONFIDENTIAL and name not in own else paths.root() / name
        place = given.get(own.get(name, "")) or here
        sources[name] = place if place.is_file() else None
    return Declared(facts, sources, own)


def _manifest(path: Path) -> dict:
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        facts = json.loads(path.read_text(encoding="utf-8"))
        texts = [*facts["versions"].values(), *facts.get("given", {}).values(), *facts["inputs"].values()]
        texts += [entry[name] for entry in facts["parameters"] for name in ("name", "value", "default")]
        if isinstance(facts["outputs"], dict) and all(isinstance(text, str) for text in texts):
            return facts
    raise InputError.of("is no manifest of a report", file=str(path), remedy="run: keepsafe report")


def check_inputs(declared: Declared) -> Iterator[Check]:
    """Each declared input, and the lock, held to its checksum."""
    sums, sources = dict(declared.facts.get("inputs", {})), dict(declared.sources)
    if "lock" in declared.facts:
        lock = paths.root() / LOCK
        sums[LOCK], sources[LOCK] = declared.facts["lock"], lock if lock.is_file() else None
    for name, then in sums.items():
        now = checksum_of(name, sources[name]) if sources[name] else None
        if now == then:
            yield Check("inputs", name)
        elif now is None:
            remedy = f"; name it with --{declared.given[name]}" if name in declared.given else ""
            yield Check("inputs", name, f"was not found{remedy}")
        else:
            yield Check("inputs", name, "another checksum", str(then)[:12], now[:12])


def check_files(folder: Path, declared: Declared) -> Iterator[Check]:
    """Each file of the report held to the checksum in its manifest, and none there beside them."""
    sums = declared.facts.get("outputs", {})
    there = [f"{part}/{name}" for part in FOLDERS for name in files(folder / part)] if sums else []
    yield from (Check("files", name, UNNAMED) for name in there if name not in sums and "/." not in name)
    for name, then in sums.items():
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
    if CONFIDENTIAL in declared.sources and CONFIDENTIAL not in declared.given:
        path = declared.sources[CONFIDENTIAL]
        inside[path.relative_to(root).as_posix()] = path
    inside |= {} if inside else {f"data/{name}": root / "data" / name for name in files(root / "data")}
    inside |= {f"notebooks/{path.name}": path for path in (root / "notebooks").iterdir() if path.is_file()}
    beside = (LOCK, paths.CITATION, NAME)  # the last is a key: of the same one comes the same noise
    inside |= {name: root / name for name in beside if (root / name).is_file()}
    for name, path in inside.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, home / name)
    given: dict[str, Any] = {
        what: home / name if name in inside else declared.sources[name] for name, what in declared.given.items()
    }
    parameters = declared.facts.get("parameters", [])
    changed = {entry["name"]: entry["value"] for entry in parameters if entry["value"] != entry["default"]}
    given |= {"disclosure": declared.facts["disclosure"] or "off"} if "disclosure" in declared.facts else {}
    with environment({paths.HOME: str(home)}):
        running.report(**given, out=place / "report", parameters=changed.items(), jobs=jobs, progress=progress)
    return place / "report"


def as_text(verdict: Verdict) -> str:
    """The funnel, then what differs and by how much."""
    lines = []
    for row in verdict.funnel():
        count = f"{row['equal']} of {row['compared']}" if row["compared"] else "–"
        lines.append(f"{count:>14}  {row['what']}" + (f" ({row['absent']})" if row["absent"] else ""))
    for stage in STAGES:
        faults = [check for check in verdict.faults if check.stage == stage]
        lines += [f"\n{stage}:"] if faults else []
        lines += [f"  {check}" for check in faults[:SHOWN]]
        lines += [f"  and {len(faults) - SHOWN} more (--json names them)"] if len(faults) > SHOWN else []
    if verdict.software:
        told = ", ".join(f"{name} {then or 'unknown'} (here {now})" for name, (then, now) in verdict.software.items())
        lines.append(f"\nmade with other software: {told}; so what it says is compared, not its bytes")
    compared, faults = len(verdict.checks), len(verdict.faults)
    if verdict.equal:
        lines.append(f"\nall {compared} came out again")
    elif faults:
        lines.append(f"\n{faults} of {compared} did not come out again")
    else:
        lines.append("\nnothing was there to compare")
    return "\n".join(lines)


def as_json(verdict: Verdict) -> str:
    """Everything: equal, funnel, faults (stage, name, fault, then, now), software."""
    content = {
        "equal": verdict.equal,
        "funnel": verdict.funnel(),
        "faults": [vars(check) for check in verdict.faults],
        "software": {name: {"then": then, "now": now} for name, (then, now) in verdict.software.items()},
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def as_junit(verdict: Verdict) -> str:
    """A suite for each stage and a case for each thing compared, for a build that reads JUnit's XML."""
    return _filled("junit.xml.j2", rows=verdict.funnel(), checks=verdict.checks)


def as_badge(verdict: Verdict) -> str:
    """A small SVG that states how much came out again."""
    compared = len(verdict.checks)
    said = f"{compared - len(verdict.faults)} of {compared}"
    colour = "#2e6b3a" if verdict.equal else "#9c2f2f"
    return _filled("badge.svg.j2", said=said, left=86, right=16 + 6.4 * len(said), colour=colour)


def _filled(form: str, **facts) -> str:
    return templates(Path(__file__).parent).get_template(form).render(facts)


def write(path: Path, content: str) -> None:
    """Write a form to a file, whole or not at all; InputError where that cannot be done."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError.of(f"cannot be written: {error.strerror}", file=str(path)) from None
