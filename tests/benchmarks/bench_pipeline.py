"""How long a report takes, from nothing against its floor, unchanged, after one change, and verified; command starts.

The floor: notebooks that only start a kernel and import what ours import, on the same cores, with nothing rendered.
Times are of the clock: other work on the machine counts.
"""

import ast
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from measure import row, run

from keepsafe import paths

COMMAND = [sys.executable, "-c", "from keepsafe.cli import main; main()"]
FLOOR = """
import joblib, tempfile
from pathlib import Path
from keepsafe import paths, runs
from keepsafe.report.running.forking import forked_kernels
from keepsafe.report.running.notebooks import execute, find_notebooks, surroundings

with tempfile.TemporaryDirectory() as folder:
    run = runs.Run(Path(folder))
    run.write()
    found, jobs = find_notebooks(paths.root() / "notebooks"), joblib.cpu_count()
    with surroundings(run), forked_kernels():
        execute(found, run, {}, jobs, lambda notebook, doing: None, lambda made, folder: None)
"""
REPEATS = int(os.environ.get("REPEATS", "3"))


def seconds(command: list[str], home: Path) -> float:
    """How long a command takes that has to end well, or that a verification ends with its verdict."""
    start = time.perf_counter()
    environment = os.environ | {paths.HOME: str(home)}
    subprocess.run(command, cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return time.perf_counter() - start


def importing() -> float:
    """How long a Python that has started takes to import the library: the difference of two whole starts is noise."""
    code = "import time; start = time.perf_counter(); import keepsafe; print(time.perf_counter() - start)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def median(command: list[str], home: Path, before=lambda: None) -> float:
    """The median of several times, with something done before each."""
    return statistics.median([(before(), seconds(command, home))[1] for _ in range(REPEATS)])


def copied(folder: Path) -> Path:
    """The compendium's data and notebooks, for changes that leave the compendium alone."""
    for part in ("data", "notebooks"):
        shutil.copytree(paths.root() / part, folder / part)
    shutil.copy(paths.root() / "requirements.lock", folder)
    return folder


def reduced_to_imports(folder: Path) -> Path:
    """The same with notebooks of one cell each: its imports, and the library's names that it uses."""
    for path in copied(folder).joinpath("notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, 4)
        trees = [ast.parse(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
        nodes = [node for tree in trees for node in ast.walk(tree)]
        lines = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        used = [ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)]
        lines += sorted({f"_ = {name}" for name in used if name.count(".") == 1 and name.startswith("ks.")})
        cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
        cell.source, cell.outputs, cell.metadata = "\n".join(lines), [], {}
        notebook.cells = [cell]
        nbformat.write(notebook, path)
    return folder


def prose_changed(home: Path) -> None:
    """One sentence more in chapter 02."""
    path = home / "notebooks" / "02_descriptives.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[0].source += "\n\nA sentence more."
    nbformat.write(notebook, path)


def rows(quick: bool) -> Iterator[dict]:
    """The report and what goes with it, each beside its target."""
    commands = [*COMMAND, "--help"], [*COMMAND, "report", "--help"]
    with tempfile.TemporaryDirectory() as folder:
        ours = copied(Path(folder, "ours"))
        yield row("import keepsafe", target=0.3, seconds=statistics.median(importing() for _ in range(REPEATS)))
        for name, command in zip(("keepsafe --help", "keepsafe report --help"), commands, strict=True):
            yield row(name, target=0.5, seconds=median(command, ours))
        if not quick:
            yield from reports(ours, reduced_to_imports(Path(folder, "floor")))


def reports(ours: Path, floor: Path) -> Iterator[dict]:
    """A report from nothing against its floor, unchanged, after one change; its verification."""
    report, fresh = [*COMMAND, "report"], [*COMMAND, "report", "--fresh"]
    imports = [sys.executable, "-c", FLOOR]
    pairs = [(seconds(imports, floor), seconds(fresh, ours)) for _ in range(REPEATS)]  # in turn: under the same load
    lowest, whole = (statistics.median(times) for times in zip(*pairs, strict=True))
    yield row("floor: kernels and imports alone", seconds=lowest)
    yield row("report from nothing", peer="floor", peer_seconds=lowest, target=2 * lowest, seconds=whole)
    yield row("report, nothing changed", target=2.0, seconds=median(report, ours))
    changed = median(report, ours, lambda: prose_changed(ours))
    yield row("report, prose of one notebook changed", seconds=changed)
    yield row("verify", seconds=median([*COMMAND, "verify"], ours))


if __name__ == "__main__":
    run("pipeline", rows)
