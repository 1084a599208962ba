"""What a result rests on, as a key: the same key, the same result, so what is at hand need not be made again."""

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from keepsafe import paths, runs
from keepsafe.problems import InputError
from keepsafe.report.running.imports import PACKAGE, library_files
from keepsafe.report.running.inputs import checksum, checksums
from keepsafe.report.running.noise import without_noise

LOCK = "requirements.lock"
RUNNING = "import keepsafe.report.running.kernels"  # how notebooks are run counts for each of them


def notebook_key(path: Path, parameters: Mapping, run: runs.Run, handed: Mapping[str, str]) -> str:
    """A notebook's key.

    Parameters
    ----------
    path : the notebook; its text and code count, its outputs do not.
    parameters : what is set in it.
    run : its input files count with the whole data folder.
    handed : checksums of the files that other notebooks left for it, by name.
    """
    notebook = _source(path)
    code = "\n".join([RUNNING, *("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")])
    library = {_short(file): checksum(file) for file in library_files(code, path.parent)}
    return _digest([notebook, dict(parameters), library, dict(handed), _around(run)])


def report_key(notebooks: Iterable[Path], parameters: Iterable[tuple[str, str]], run: runs.Run) -> str:
    """The key of a whole report: all notebooks, all of this library, and all that they rest on.

    Parameters
    ----------
    notebooks : in their order.
    parameters : pairs of name and text, as typed.
    run : the run that makes it.
    """
    library = {_short(file): checksum(file) for file in sorted(PACKAGE.rglob("*"))
               if file.is_file() and "__pycache__" not in file.parts}  # fmt: skip
    sources = {path.name: _source(path) for path in notebooks}
    beside = {file.name: checksum(file) for path in notebooks for file in path.parent.glob("*.py")}
    return _digest([sources, sorted(map(list, parameters)), library, beside, _around(run)])


def _around(run: runs.Run) -> dict:
    """What every notebook rests on: the input files, Python, and the packages installed beside it."""
    installed = {path.name for place in sys.path for path in Path(place or ".").glob("*.dist-info")}
    lock = paths.root() / LOCK
    return {
        "inputs": checksums(run),
        "synthetic": run.synthetic,
        "disclosure": run.disclosure,
        "lock": checksum(lock) if lock.is_file() else None,
        "packages": sorted(installed),
        "python": [platform.python_implementation(), platform.python_version(), platform.machine()],
    }


def _source(path: Path) -> dict:
    """A notebook without its outputs, whoever saved it last."""
    try:
        notebook = without_noise(json.loads(path.read_text(encoding="utf-8")))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError.of("is not a notebook", file=path.name) from None
    return notebook


def _short(file: Path) -> str:
    """A name that is the same wherever the compendium stands."""
    return file.relative_to(PACKAGE).as_posix() if file.is_relative_to(PACKAGE) else f"beside/{file.name}"


def _digest(content) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
