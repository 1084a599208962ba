"""The run under way: its private folder, the files that it reads, whether they carry the synthetic label."""

import codecs
import csv
import json
import os
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from keepsafe import paths
from keepsafe.problems import InputError

CASE_FILES = ("synthetic", "case_files.csv")  # of a study file that names none
VARIABLE = "KEEPSAFE_RUN"
PERSONS = "persons.txt"  # in the run's folder: digests of the persons of a report under disclosure control
CONTENT = "content.txt"  # in the run's folder: keyed digest of the case files under disclosure control, and persons
WITHHELD = "withheld.json"  # in the run's folder: what disclosure control withholds from it
_BY_HAND: dict = {"disclosure": "", "withheld": None, "content": ""}  # of a notebook that was opened without a run


@dataclass(frozen=True)
class Run:
    """One run of the notebooks.

    `folder` is private to the run: cohort.parquet, tables/, figures/ and values.csv are written there. `data`,
    `codebook` and `study` are the files that it reads, None the compendium's own; `synthetic` says whether the case
    files carry the label. `disclosure` are rules such as "threshold=10,round=5", blank where nothing is withheld;
    `scheduler` is the address of a Dask cluster, on which no result rests.
    """

    folder: Path
    data: Path | None = None
    codebook: Path | None = None
    study: Path | None = None
    synthetic: bool = True
    disclosure: str = ""
    scheduler: str | None = None

    def write(self) -> None:
        """Make the folder's parts and note the run in run.json, for the kernels to read."""
        for part in ("tables", "figures"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        facts = {name: str(entry) if isinstance(entry, Path) else entry for name, entry in asdict(self).items()}
        (self.folder / "run.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    def path(self, *parts: str) -> Path:
        """A file of the run's folder, such as run.path("tables", "moves.csv")."""
        return self.folder.joinpath(*parts)


def active() -> Run | None:
    """The run that set KEEPSAFE_RUN for this process; None in a notebook that was opened alone."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    written = os.stat(Path(folder, "run.json"))
    return _noted(folder, written.st_mtime_ns, written.st_size)


@cache  # one object a process
def _noted(folder: str, written: int, size: int) -> Run:
    facts = json.loads(Path(folder, "run.json").read_text(encoding="utf-8"))
    given: dict[str, Any] = {name: facts[name] and Path(facts[name]) for name in ("data", "codebook", "study")}
    given |= {name: facts[name] for name in ("synthetic", "disclosure", "scheduler") if name in facts}
    return Run(Path(folder), **given)


def by_hand(disclosure: str = "", withheld: dict | None = None) -> None:
    """Note the rules for a notebook that was opened by hand, and what they withhold; a run has its own."""
    _BY_HAND.update(disclosure=disclosure, withheld=withheld, content=_BY_HAND["content"] if withheld else "")


def rules() -> str:
    """The rules of disclosure control that hold now; blank where nothing is withheld."""
    run = active()
    return run.disclosure if run else _BY_HAND["disclosure"]


def withheld(run: Run | None = None) -> dict | None:
    """What disclosure control withholds (columns, models, log) from a run, or from the one that is under way."""
    run = run or active()
    if run is None:
        return _BY_HAND["withheld"]
    if not run.path(WITHHELD).is_file():
        return None
    return json.loads(run.path(WITHHELD).read_text(encoding="utf-8"))


def content() -> str:
    """What was noted of the case files of the run that is under way; blank where nothing was."""
    run = active()
    if run is None:
        return _BY_HAND["content"]
    return run.path(CONTENT).read_text(encoding="ascii") if run.path(CONTENT).is_file() else ""


def note_content(text: str) -> None:
    """Note what the case files of the run that is under way hold; what was noted first stays."""
    run = active()
    if run is None:
        _BY_HAND["content"] = _BY_HAND["content"] or text
    elif not run.path(CONTENT).is_file():
        run.path(CONTENT).write_text(text, encoding="ascii")


def synthetic() -> bool:
    """Whether what is shown rests on synthetic case files: those of the run, or outside one of the compendium."""
    run = active()
    if run:
        return run.synthetic
    try:
        return labelled(named_data())
    except InputError:  # there is no compendium: nothing says that they are
        return False


def study_text(path: Path) -> str:
    """The text of a study file: in UTF-8, or with the mark by which Windows tells UTF-8 and UTF-16 apart."""
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig").replace("\r\n", "\n")


def study_settings(study: Path | None = None) -> dict:
    """A study file as read, the compendium's own by default; nothing of one that is no TOML: loading it tells."""
    path = study or paths.data("study.toml")
    try:
        facts = path.stat()
        return _settings(path, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError, RecursionError):
        return {}


@cache  # a notebook asks for each of its values
def _settings(study: Path, changed: int, size: int) -> dict:
    return tomllib.loads(study_text(study))


def named_data(study: Path | None = None) -> Path:
    """The case files that a study file names under [files], in the data folder; else those of the edition."""
    files = study_settings(study).get("files")
    named = files.get("case_files") if isinstance(files, dict) else None
    return paths.data(*(Path(named).parts if within_data(named) else CASE_FILES))


def inputs() -> tuple[Path, Path, Path]:
    """The case files, the codebook and the study file of the run that is under way, else the compendium's own."""
    run = active()
    data, codebook, study = (run.data, run.codebook, run.study) if run else (None, None, None)
    return data or named_data(study), codebook or paths.data("codebook.csv"), study or paths.data("study.toml")


def within_data(named: object) -> bool:
    """Whether a study file names a file of the data folder, on any system: others are given on the command line."""
    if not isinstance(named, str) or not named:
        return False
    return not any(
        PurePath(named).is_absolute() or PurePath(named).drive or ".." in PurePath(named).parts
        for PurePath in (PurePosixPath, PureWindowsPath)
    ) and not named.startswith(("\\", "~"))


def labelled(data: Path) -> bool:
    """Whether a plain CSV has a 1 in its column `synthetic` in every row; found out without any heavy library."""
    try:
        facts = data.stat()
    except OSError:
        return False
    return _labelled(data, facts.st_mtime_ns, facts.st_size)


@cache
def _labelled(data: Path, changed: int, size: int) -> bool:
    try:
        with data.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text, strict=True)
            labels = {row.get("synthetic") for row in rows}
            return (rows.fieldnames or []).count("synthetic") == 1 and labels == {"1"}
    except (OSError, ValueError, csv.Error):
        return False
