"""A report made again, in a clean place that holds its notebooks and its declared inputs and nothing else."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keepsafe import paths
from keepsafe.files.disclosure.secret import NAME
from keepsafe.report import running
from keepsafe.report.running.inputs import CONFIDENTIAL
from keepsafe.report.running.keys import LOCK
from keepsafe.report.running.trees import files
from keepsafe.report.verify.declared import Declared


def make_again(declared: Declared, place: Path, jobs: int | None, progress: running.Progress) -> Path:
    """Make the report that a folder declares.

    Parameters
    ----------
    declared : with a file for each input.
    place : an empty folder.
    jobs : kernels side by side.
    progress : told the notebook and what it is doing.

    Returns
    -------
    Folder of the new report.

    Raises
    ------
    NotebookFailed, InputError as `running.report` does.
    """
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
    given = {what: home / name if name in inside else declared.sources[name] for what, name in declared.given.items()}
    changed = {entry["name"]: entry["value"] for entry in declared.facts.get("parameters", [])
               if entry["value"] != entry["default"]}  # fmt: skip
    rules = {"disclosure": declared.facts["disclosure"] or "off"} if "disclosure" in declared.facts else {}
    with _at_home(home):
        running.report(**given, **rules, out=place / "report", parameters=changed.items(), jobs=jobs, progress=progress)
    return place / "report"


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    former = os.environ.get(paths.HOME)
    os.environ[paths.HOME] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(paths.HOME) if former is None else os.environ.update({paths.HOME: former})
