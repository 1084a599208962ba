"""A small compendium: seven short notebooks over a codebook and a study that need nothing else."""

import ast
import shutil
from base64 import b64encode
from pathlib import Path
from threading import Lock

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from keepsafe.pipeline import NotebookFailed

ONE_AT_A_TIME = Lock()
FLOW = """
import pandas as pd
from matplotlib import pyplot as plt
from keepsafe import figure

frame = pd.DataFrame({"step": ["files", "persons"], "n": [367, 205]})
fig, ax = plt.subplots()
_ = ax.bar(frame["step"], frame["n"])
figure(fig, "flow", "Files and persons", alt="367 files became 205 persons.", data=frame)
"""
GROUPS = """
import pandas as pd
from keepsafe import say, table, value

printed = ("cse.n", "26.3")
share = value(26.34, "cse.percent", unit="%", digits=1, published=printed, kind="calibrated")
marked = say("{p}***", p=share)
frame = pd.DataFrame({"group": ["<script>alert(1)</script>", "CSE"], "share": [pd.NA, marked]})
table(frame, "Groups & shares", "groups", missing="not asked")
"""
PARAMETERS = """
n_boot: int = 20  # number of resamples
p_remove: float = 0.1  # removal threshold
firth: bool = False
"""
NOTEBOOKS = {
    "00_published": ["from keepsafe import say, value", 'say("{n} figures.", n=value(12, "figures.n"))'],
    "01_cleaning": [FLOW],
    "02_descriptives": [GROUPS],
    "03_risk_factors": [
        PARAMETERS,
        "from keepsafe import say, value",
        'say("**{b}** resamples, {p}.", b=value(n_boot, "boot.n"), p=value(p_remove, "p", digits=2))',
    ],
    "04_interventions": ["1 + 1"],
    "05_outcomes": ["print('outcomes')"],
    "06_conclusions": [
        "from keepsafe import say\nfrom keepsafe.values import recall",
        'say("As said before: {n} figures, {p}.", n=recall("figures.n"), p=recall("cse.percent"))',
    ],
}


def write_notebook(path: Path, sources: list[str]) -> None:
    """A notebook with a title, a section, and a code cell for each source; a typed line makes parameters."""
    title = path.stem[3:].replace("_", " ").capitalize()
    cells = [new_markdown_cell(f"# {title}", id="title"), new_markdown_cell("## A question", id="question")]
    for place, source in enumerate(sources):
        cell = new_code_cell(source.strip(), id=f"code-{place}")
        if ": int = " in source:
            cell.metadata["tags"] = ["parameters"]
        cells.append(cell)
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """The small compendium's folder; it is also where KEEPSAFE_HOME points."""
    home = tmp_path / "home"
    (home / "data" / "synthetic").mkdir(parents=True)
    (home / "notebooks").mkdir()
    for name in ("codebook.csv", "study.toml", "synthetic/case_files.csv"):
        (home / "data" / name).write_text("synthetic\n1\n")
    for name, sources in NOTEBOOKS.items():
        write_notebook(home / "notebooks" / f"{name}.ipynb", sources)
    monkeypatch.setenv("KEEPSAFE_HOME", str(home))
    yield home
    shutil.rmtree(home)


@pytest.fixture
def rewrite(small):
    """Give a notebook of the small compendium other cells; the rest compute next to nothing."""
    for path in (small / "notebooks").iterdir():
        write_notebook(path, ["1 + 1"])

    def write(name: str, sources: list[str]) -> Path:
        path = small / "notebooks" / f"{name}.ipynb"
        write_notebook(path, sources)
        return path

    return write


@pytest.fixture
def in_process(monkeypatch):
    """Notebooks run without kernels, which take seconds to start: one cell after the other, in this process."""
    monkeypatch.setattr("keepsafe.pipeline.notebooks.run_notebook", run_in_process)


def run_in_process(path: Path, run, parameters: dict, progress) -> None:
    """What a kernel would make of a notebook whose cells end with an expression, or show nothing."""
    progress(path.stem, "starting")
    notebook, names = nbformat.read(path, 4), {}
    with ONE_AT_A_TIME, pytest.MonkeyPatch.context() as patched:
        patched.setenv("KEEPSAFE_RUN", str(run.folder))
        for turn, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
            try:
                cell.outputs = _shown(cell.source, names, turn)
            except Exception as error:
                raise NotebookFailed(path.stem, str(turn), f"{type(error).__name__}: {error}") from None
            cell.execution_count = turn
            if "parameters" in cell.metadata.get("tags", []):
                names |= parameters
    nbformat.write(notebook, run.path("notebook.ipynb"))
    progress(path.stem, "done")


def _shown(source: str, names: dict, turn: int) -> list:
    """Run a cell; what its last expression shows."""
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), "cell", "exec"), names)
        return []
    shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    rich = shown._repr_mimebundle_() if hasattr(shown, "_repr_mimebundle_") else {"text/plain": repr(shown)}
    data, metadata = rich if isinstance(rich, tuple) else (rich, {})
    data |= {"image/png": b64encode(data["image/png"]).decode()} if "image/png" in data else {}
    return [new_output("execute_result", data, metadata=metadata, execution_count=turn)]
