"""Whether the case files of a compendium say in every row that they are synthetic."""

import codecs
import csv
import tomllib
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath

from keepsafe import paths

CASE_FILES = ("synthetic", "case_files.csv")  # of a study file that names none


def study_text(path: Path) -> str:
    """The text of a study file: in UTF-8, or with the mark by which Windows tells UTF-8 and UTF-16 apart."""
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig").replace("\r\n", "\n")


def study_settings(study: Path | None = None) -> dict:
    """A study file as read, the compendium's own by default; nothing of one that is no TOML: loading it tells."""
    try:
        return tomllib.loads(study_text(study or paths.data("study.toml")))
    except (OSError, ValueError, RecursionError):
        return {}


def named_data(study: Path | None = None) -> Path:
    """The case files that a study file names under [files], in the data folder; else those of the edition."""
    files = study_settings(study).get("files")
    named = files.get("case_files") if isinstance(files, dict) else None
    return paths.data(*(Path(named).parts if within_data(named) else CASE_FILES))


def within_data(named: object) -> bool:
    """Whether a study file names a file of the data folder, on any system: others are given on the command line."""
    if not isinstance(named, str) or not named:
        return False
    return not any(PurePath(named).is_absolute() or PurePath(named).drive or ".." in PurePath(named).parts
                   for PurePath in (PurePosixPath, PureWindowsPath)) and not named.startswith(("\\", "~"))  # fmt: skip


def labelled(data: Path) -> bool:
    """Whether a plain CSV has a 1 in its column `synthetic` in every row; found out without any heavy library."""
    try:
        facts = data.stat()
    except OSError:
        return False
    return _labelled(data, facts.st_mtime_ns, facts.st_size)


@cache  # a notebook asks for each of its values
def _labelled(data: Path, changed: int, size: int) -> bool:
    try:
        with data.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text, strict=True)
            labels = {row.get("synthetic") for row in rows}
            return (rows.fieldnames or []).count("synthetic") == 1 and labels == {"1"}
    except (OSError, ValueError, csv.Error):
        return False
