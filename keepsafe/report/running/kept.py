"""Results of notebooks that ran to their end, kept from run to run: one folder a notebook, known by its key.

Nothing is kept of a run on a user's own case files, whose cohort and unpublished counts must vanish with the run.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from keepsafe.report.running.inputs import checksum
from keepsafe.report.running.trees import copy_files, files

ENTRY = "entry.json"


def take(store: Path | None, name: str, key: str) -> Path | None:
    """The folder of a notebook's result, if it is there for this key and whole.

    Parameters
    ----------
    store : where results are kept; None where nothing is.
    name : the notebook's.
    key : what the result must rest on.
    """
    if store is None:
        return None
    folder = store / name
    try:
        entry = json.loads((folder / ENTRY).read_text(encoding="utf-8"))
        return folder if entry == _entry(folder, key) else None
    except (OSError, ValueError):
        return None


def keep(store: Path | None, name: str, key: str, made: Path) -> None:
    """Keep a copy of a notebook's result in place of the former one; it appears whole or not at all."""
    if store is None:
        return
    store.mkdir(exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=store))
    try:
        copy_files(made, beside)
        (beside / "run.json").unlink(missing_ok=True)
        (beside / ENTRY).write_text(json.dumps(_entry(beside, key)), encoding="utf-8")
        shutil.rmtree(store / name, ignore_errors=True)
        beside.replace(store / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def forget(store: Path, names: Iterable[str]) -> None:
    """Remove results of notebooks that are no more, and what a run that was killed left half written."""
    for folder in store.iterdir() if store.is_dir() else ():
        if folder.name not in set(names):
            shutil.rmtree(folder, ignore_errors=True)


def _entry(folder: Path, key: str) -> dict:
    return {"key": key, "files": {name: checksum(folder / name) for name in files(folder) if name != ENTRY}}
