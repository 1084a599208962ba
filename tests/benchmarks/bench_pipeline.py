"""How long a report takes, from nothing against its floor, unchanged, after one change, and verified; command starts.

The floor: notebooks that only start a kernel and import what ours import, on the same cores, with nothing rendered.
Writes reports/benchmarks/pipeline.csv and .svg. Times are of the clock: other work on the machine counts.
"""

import ast
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pandas as pd

from keepsafe import paths

COMMAND = [sys.executable, "-c", "from keepsafe.cli import main; main()"]
FLOOR = """
import os, tempfile
from pathlib import Path
from keepsafe import paths, runs
from keepsafe.pipeline.notebooks import execute, find_notebooks

with tempfile.TemporaryDirectory() as folder:
    run = runs.Run(Path(folder))
    run.write()
    found, jobs = find_notebooks(paths.root() / "notebooks"), len(os.sched_getaffinity(0))
    execute(found, run, {}, jobs, lambda notebook, doing: None, lambda made, folder: None)
"""
COLUMNS = ["what", "seconds", "target", "against"]
REPEATS = int(os.environ.get("REPEATS", "3"))


def seconds(command: list[str], home: Path) -> float:
    """How long a command takes that has to end well, or that a verification ends with its verdict."""
    start = time.perf_counter()
    environment = os.environ | {paths.HOME: str(home)}
    subprocess.run(command, cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return time.perf_counter() - start


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


def measured(folder: Path) -> pd.DataFrame:
    """All timings: what, seconds, target (seconds, where one was set), against (what the target is measured by)."""
    ours, floor = copied(folder / "ours"), reduced_to_imports(folder / "floor")
    report, fresh = [*COMMAND, "report"], [*COMMAND, "report", "--fresh"]
    imports = [sys.executable, "-c", FLOOR]
    pairs = [(seconds(imports, floor), seconds(fresh, ours)) for _ in range(REPEATS)]  # in turn: under the same load
    lowest, whole = (statistics.median(times) for times in zip(*pairs, strict=True))
    bare = median([sys.executable, "-c", "pass"], ours)
    rows = [
        ("floor: kernels and imports alone", lowest, None, ""),
        ("report from nothing", whole, 2 * lowest, "twice the floor"),
        ("report, nothing changed", median(report, ours), 2.0, "2 s"),
        ("report, prose of one notebook changed", median(report, ours, lambda: prose_changed(ours)), None, ""),
        ("verify", median([*COMMAND, "verify"], ours), None, ""),
        ("import keepsafe", median([sys.executable, "-c", "import keepsafe"], ours) - bare, 0.3, "0.3 s"),
        ("keepsafe --help", median([*COMMAND, "--help"], ours), 0.5, "0.5 s"),
        ("keepsafe report --help", median([*report, "--help"], ours), 0.5, "0.5 s"),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def plot(table: pd.DataFrame, place: Path) -> None:
    """Draw what each takes, with its target as a mark."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "keepsafe"
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
    axis.barh(table["what"], table["seconds"], color="0.6")
    axis.plot(table["target"], table["what"], "|", color="black", markersize=14, label="target")
    axis.set(xscale="log", xlabel="seconds")
    axis.invert_yaxis()
    axis.legend(frameon=False)
    figure.savefig(place, metadata={"Date": None})


def main() -> None:
    """Print all timings, and write and draw them."""
    with tempfile.TemporaryDirectory() as folder:
        table = measured(Path(folder))
    print(table.round(2).to_string(index=False))
    place = paths.root() / "reports" / "benchmarks"
    place.mkdir(parents=True, exist_ok=True)
    table.to_csv(place / "pipeline.csv", index=False)
    plot(table, place / "pipeline.svg")


if __name__ == "__main__":
    main()
