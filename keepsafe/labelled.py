"""Whether the case files of a compendium say in every row that they are synthetic."""

import csv
import tomllib
from functools import cache
from pathlib import Path

from keepsafe import paths

CASE_FILES = ("synthetic", "case_files.csv")  # of a study file that names none


def study_settings(study: Path | None = None) -> dict:
    """A study file as read, the compendium's own by default; nothing of one that is no TOML: loading it tells."""
    try:
        return tomllib.loads((study or paths.data("study.toml")).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def named_data(study: Path | None = None) -> Path:
    """The case files that a study file names under [files]; those of the edition where it names none."""
    files = study_settings(study).get("files")
    named = files.get("case_files") if isinstance(files, dict) else None
    return paths.data(*(Path(named).parts if isinstance(named, str) else CASE_FILES))


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
