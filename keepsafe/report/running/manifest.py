"""What a run was made of: inputs, parameters, versions; no dates and no paths, so that equal runs agree."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

from keepsafe import __version__, paths, runs
from keepsafe.report.running.crate import NAME as CRATE
from keepsafe.report.running.crate import crate
from keepsafe.report.running.inputs import CONFIDENTIAL, OWN, checksum, checksums
from keepsafe.report.running.keys import LOCK
from keepsafe.report.running.parameters import Parameter
from keepsafe.report.running.publishing import MANIFEST
from keepsafe.report.running.trees import files
from keepsafe.runs import study_settings

PACKAGES = (
    "ipykernel",
    "matplotlib",
    "nbconvert",
    "numba",
    "numpy",
    "pandas",
    "papermill",
    "python-docx",
    "scipy",
    "seaborn",
    "statsmodels",
    "typst",
)


def describe(run: runs.Run, declared: list[Parameter], chosen: dict[str, dict]) -> dict:
    """The facts of a run.

    Returns
    -------
    Dictionary of title (of a compendium of somebody's own; blank for the edition of the 2019 report), synthetic (bool),
    disclosure (its rules, or blank), given (data, codebook or study to the name of the user's file; case files that are
    not synthetic have none), inputs (name to SHA-256; keyed for those case files), lock (SHA-256 of requirements.lock,
    or None), parameters (list of notebook, name, value, default, help) and versions (name to version).
    """
    parameters = []
    for entry in declared:
        value = repr(chosen.get(entry.notebook, {}).get(entry.name, entry.default)).strip("'\"")
        parameters.append(
            {
                "notebook": entry.notebook,
                "name": entry.name,
                "value": value,
                "default": entry.default.strip("'\""),
                "help": entry.help,
            }
        )
    given = {what: paths.shown(getattr(run, what)) for what in OWN if getattr(run, what)}
    if "data" in given and not run.synthetic:
        given["data"] = CONFIDENTIAL
    lock = paths.root() / LOCK
    return {
        "title": _title(run),
        "synthetic": run.synthetic,
        "disclosure": run.disclosure,
        "given": given,
        "inputs": checksums(run),
        "lock": checksum(lock) if lock.is_file() else None,
        "parameters": parameters,
        "versions": versions(),
    }


def _title(run: runs.Run) -> str:
    if paths.data("published").is_dir():
        return ""
    said = study_settings(run.study).get("study")
    return str(said.get("title", "") if isinstance(said, dict) else "") or "A report"


def versions() -> dict[str, str]:
    """The software that may change a result or a file, and the kind of machine."""
    here = {"keepsafe": __version__, "Python": platform.python_version()}
    system = f"{platform.system()} {platform.machine()}"
    return here | {name: version(name) for name in PACKAGES} | {"system": system}


def seal(staged: Path, facts: dict, key: str) -> None:
    """Write two files beside a finished report: the RO-Crate that describes it to others, and the manifest for us.

    Parameters
    ----------
    staged : folder with the whole report.
    facts : from `describe`.
    key : from `report_key`; equal keys, equal reports.
    """
    written = {name: checksum(staged / name) for name in files(staged)}
    (staged / CRATE).write_text(crate(facts, written), encoding="utf-8")
    content = facts | {"key": key, "outputs": written | {CRATE: checksum(staged / CRATE)}}
    (staged / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def stands(out: Path, key: str) -> bool:
    """Whether the report there has this key, with each of its files as it was written."""
    try:
        facts = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return facts["key"] == key and all(checksum(out / name) == sum for name, sum in facts["outputs"].items())
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
