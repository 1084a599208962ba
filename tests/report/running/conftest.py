"""A small compendium: seven short notebooks over a codebook and a study that need nothing else."""

import ast
import shutil
from base64 import b64encode
from pathlib import Path
from threading import Lock

import nbformat
import pytest
from matplotlib import rc_context
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from keepsafe.report.running import NotebookFailed
from keepsafe.telling import opened

ONE_AT_A_TIME = Lock()
FLOW = """
import pandas as pd
from matplotlib import pyplot as plt
import keepsafe as ks

frame = pd.DataFrame({"step": ["files", "persons"], "n": [367, 205]})
fig, ax = plt.subplots()
_ = ax.bar(frame["step"], frame["n"])
ks.figure("flow", fig, "Files and persons", "367 files became 205 persons.", frame)
"""
GROUPS = """
import pandas as pd
import keepsafe as ks

marked = ks.say("cse: {percent:.1f}%***", percent=26.34)
frame = pd.DataFrame({"group": ["<script>alert(1)</script>", "CSE"], "share": [pd.NA, marked]})
ks.table("groups", frame, "Groups & shares", missing="not asked")
"""
PARAMETERS = """
n_boot: int = 20  # number of resamples
p_remove: float = 0.1  # removal threshold
firth: bool = False
"""
DATA = {
    "codebook.csv": "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\n"
    "person_id,Person,,,identifier,,,,yes,1\nsynthetic,Synthetic,,,binary,0=no; 1=yes,,0,no,1\n",
    "study.toml": '# edition 1\n[study]\ntitle = "Small"\nperson = "person_id"\n'
    '[groups]\ntotal = { label = "Everybody" }\n',
    "kinds.csv": "name,kind,counts,published,printed\ncse.percent,calibrated,persons,cse.n,26.3\n",
    "synthetic/case_files.csv": "synthetic\n1\n",
}
NOTEBOOKS = {
    "00_published": ["import keepsafe as ks", 'ks.say("figures: {n} figures.", n=12)'],
    "01_cleaning": [FLOW],
    "02_descriptives": [GROUPS],
    "03_risk_factors": [
        PARAMETERS,
        "import keepsafe as ks",
        'ks.say("boot: **{n}** resamples, {p:.2f}.", n=n_boot, p=p_remove)',
    ],
    "04_interventions": ["1 + 1"],
    "05_outcomes": ["print('outcomes')"],
    "06_conclusions": [
        "import keepsafe as ks\n\nstudy = ks.open_study()",
        'n, p = study.recall("figures.n"), study.recall("cse.percent")\n'
        'ks.say("again: As said before: {n} figures, {p}.")',
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


def write_small(home: Path, notebooks: dict[str, list[str]]) -> None:
    """A compendium of these notebooks in a new folder."""
    (home / "data" / "synthetic").mkdir(parents=True)
    (home / "notebooks").mkdir()
    for name, text in DATA.items():
        (home / "data" / name).write_text(text)
    for name, sources in notebooks.items():
        write_notebook(home / "notebooks" / f"{name}.ipynb", sources)


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """The small compendium's folder; it is also where KEEPSAFE_HOME points."""
    home = tmp_path / "home"
    write_small(home, NOTEBOOKS)
    monkeypatch.setenv("KEEPSAFE_HOME", str(home))
    monkeypatch.setattr(opened, "_LAST", [])  # notebooks that run in this process open their own
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
    monkeypatch.setattr("keepsafe.report.running.notebooks.run_notebook", run_in_process)


def run_in_process(path: Path, run, parameters: dict, progress) -> None:
    """What a kernel would make of a notebook whose cells end with an expression, or show nothing."""
    progress(path.stem, "starting")
    notebook, names = nbformat.read(path, 4), {}
    with ONE_AT_A_TIME, rc_context(), pytest.MonkeyPatch.context() as patched:
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
