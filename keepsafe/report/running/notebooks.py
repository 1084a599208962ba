"""The compendium's notebooks, each executed by papermill in a kernel of its own: opening, analyses, conclusions.

Longer than 300 lines: how one runs, and which of them, is one road.
"""

import json
import logging
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from keepsafe import paths, runs
from keepsafe.problems import InputError
from keepsafe.report.running.forking import STEADY
from keepsafe.report.running.inputs import around, checksum, notebook_key, without_noise
from keepsafe.report.running.publishing import ENTRY, copy_files, keep, take
from keepsafe.telling import FIGURE, LEFT_OUT, TABLE, VALUES

if TYPE_CHECKING:
    from nbformat import NotebookNode

Progress = Callable[[str, str], None]  # notebook, what it is doing
SYNTHETIC = "synthetic"  # tag of cells that make sense on synthetic files only
EARLY = "died before replying"  # of a kernel in which nothing has run yet
Folders = dict[str, Path]  # what each finished notebook made, by its name


def find_notebooks(folder: Path) -> list[Path]:
    """The compendium's notebooks in the order of their numbers, without copies such as 04_x.nbconvert.ipynb."""
    found = sorted(path for path in folder.glob("[0-9][0-9]_*.ipynb") if path.is_file() and "." not in path.stem)
    if not found:
        remedy = "they are named 00_published.ipynb and so on"
        raise InputError.of("no notebooks here", file=folder.name, remedy=remedy)
    return found


def needs(notebooks: list[str]) -> dict[str, list[str]]:
    """What each notebook waits for: the analyses for 01, the last for all the others.

    Examples
    --------
    >>> needs(["00_published", "01_cleaning", "02_descriptives", "06_conclusions"])["02_descriptives"]
    ['01_cleaning']
    """
    *others, last = notebooks
    cleaning = [name for name in others if "01" <= name < "02"]
    return {name: [] if name < "02" else cleaning for name in others} | {last: others}


@dataclass(frozen=True)
class Task:
    """A notebook about to run, in a folder of its own that holds what others handed on to it, by checksum."""

    path: Path
    run: runs.Run
    parameters: Mapping
    handed: Mapping[str, str]

    def key(self) -> str:
        """What the result rests on at this moment; disclosure control leaves sections out, by their headings."""
        here = around(self.run, [self.path])
        return notebook_key(self.path, self.parameters, self.handed, here, prose=bool(self.run.disclosure))


def execute(
    notebooks: list[Path],
    run: runs.Run,
    parameters: Mapping[str, dict],
    jobs: int,
    progress: Progress,
    before_last: Callable[[Folders, Path], None],
    store: Path | None = None,
    fresh: bool = False,
) -> Folders:
    """Run the notebooks that have changed, take the others from a former run; stop all at the first failure.

    Each gets a folder of its own in the run's private one. `progress` is told the notebook and what it is doing, from
    several threads; `before_last` is given the folders of the others, and writes what the last notebook finds into the
    folder named; `store` is where results are kept from run to run (None keeps nothing). Gives the folder of each
    notebook by its name: notebook.ipynb, tables/, figures/, what it hands on. Raises NotebookFailed.
    """
    sources = {path.stem: path for path in sorted(notebooks, key=_length, reverse=True)}
    waiting, done, running = needs(sorted(sources)), {}, {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                for name in [name for name in sources if name in waiting and done.keys() >= set(waiting[name])]:
                    if len(running) == jobs:
                        break
                    own = _own_folder(run, name, [done[other] for other in waiting.pop(name)])
                    if not waiting:
                        before_last(dict(sorted(done.items())), own.folder)
                    handed = {path.name: checksum(path) for path in _handed_on(own.folder)}
                    task = Task(sources[name], own, parameters.get(name, {}), handed)
                    key = task.key()
                    if not fresh and (taken := take(store, name, key)):
                        done[name] = _with_prose(task, taken)
                        progress(name, "unchanged")
                    else:
                        running[pool.submit(_run, task, progress)] = task, key
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    (task, key), _ = running.pop(future), future.result()
                    done[task.path.stem] = task.run.folder
                    if task.key() == key:  # else somebody wrote to its sources as it ran
                        keep(store, task.path.stem, key, task.run.folder)
        except BaseException:
            for future in running:
                future.cancel()
            while wait(running, timeout=0.2).not_done:
                stop_kernels(run)
            raise
    return dict(sorted(done.items()))


def _length(notebook: Path) -> int:
    """Letters of code: what is likely to take longest starts first, so that nothing waits for it alone."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return sum(len("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code")


def _run(task: Task, progress: Progress) -> None:
    from jupyter_core.utils import ensure_event_loop

    with closing(ensure_event_loop()):  # each thread's own, which jupyter leaves open
        run_notebook(task.path, task.run, dict(task.parameters), progress)
    for name, before in task.handed.items():  # what it only read is not of its making
        left = task.run.path(name)
        if left.is_file() and checksum(left) == before:
            left.unlink()


def _with_prose(task: Task, taken: Path) -> Path:
    """The folder of a kept result, or a copy of it in which the notebook's prose is that of today."""
    import nbformat

    kept, today = (nbformat.read(path, 4) for path in (taken / "notebook.ipynb", task.path))
    without_noise(today)
    ran, cells = [cell for cell in kept.cells if cell.cell_type == "code"], []
    for cell in [None, *today.cells]:
        if cell:
            cells.append(ran.pop(0) if cell.cell_type == "code" else cell)
        if ran and "injected-parameters" in ran[0].metadata.get("tags", ()):  # papermill put it after the cell before
            cells.append(ran.pop(0))
    if task.run.disclosure or cells == kept.cells:
        return taken
    copy_files(taken, task.run.folder)
    (task.run.folder / ENTRY).unlink()
    nbformat.write(nbformat.NotebookNode(kept, cells=cells), task.run.path("notebook.ipynb"))
    return task.run.folder


def _own_folder(run: runs.Run, name: str, others: Iterable[Path]) -> runs.Run:
    own = replace(run, folder=run.path(name))
    if name < "01":  # it is about what was published, and reads no case files of a user
        own = runs.Run(own.folder)
    own.write()
    for path in (path for folder in (run.folder, *others) for path in _handed_on(folder)):
        shutil.copyfile(path, own.path(path.name))
    return own


def _handed_on(folder: Path) -> list[Path]:
    """What a notebook left beside its tables and figures, such as the cleaned cohort, for those that wait for it."""
    ours = {"run.json", "notebook.ipynb", ENTRY}
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name not in ours)


class NotebookFailed(RuntimeError):
    """A notebook that raised, or that did not run to its end."""

    def __init__(self, notebook: str, cell: str, error: str):
        super().__init__(f"{notebook}, cell {cell}: {error}")


def run_notebook(path: Path, run: runs.Run, parameters: dict, progress: Progress) -> None:
    """Execute a notebook and write it, free of times and random ids, to notebook.ipynb in the run's folder.

    Its kernel reads this run; `progress` is told the notebook and what it is doing. Raises NotebookFailed.
    """
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    def tell(cell, cell_index):
        progress(path.stem, f"cell {cell_index + 1} of {total}")

    source = prepared(nbformat.read(path, 4), run)
    total = len(source.cells) + bool(parameters)
    progress(path.stem, "starting")
    # An expression, so that it leaves no name behind in the notebook.
    folder = f"__import__('os').environ.update({runs.VARIABLE}={str(run.folder)!r})"
    try:
        execute = partial(
            papermill.execute_notebook,
            source,
            None,
            parameters,
            kernel_name="python3",
            progress_bar=False,
            record_timing=False,
            on_cell_start=tell,
            resources={"metadata": {"path": str(path.parent)}},
            extra_arguments=[
                "--log-level=CRITICAL",
                "--HistoryManager.enabled=False",
                f"--IPKernelApp.exec_lines={folder}",
            ],
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
        try:
            notebook = execute()
        except RuntimeError as error:  # its ports may have been taken by another program as it started
            if EARLY not in str(error):
                raise
            notebook = execute()
    except PapermillExecutionError as error:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", f"{error.ename}: {error.evalue}")  # without a terminal's colours
        first, *others = plain.strip().splitlines()
        said = f"{first} ... {others[-1]}" if others else first
        raise NotebookFailed(path.stem, str(error.cell_index + 1), said) from None
    except Exception as error:  # a kernel that dies, a notebook that cannot be read
        raise NotebookFailed(path.stem, "unknown", f"{type(error).__name__}: {error}") from None
    for place, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            raise NotebookFailed(path.stem, str(place), "it was never run")
    if run.disclosure:
        notebook = only_ours(notebook, path.stem)
    if not run.synthetic or run.disclosure:
        notebook = told(notebook)
    nbformat.write(without_noise(notebook), run.path("notebook.ipynb"))
    progress(path.stem, "done")


def prepared(notebook: "NotebookNode", run: runs.Run) -> "NotebookNode":
    """The notebook as this run executes it: on a user's own data without the cells that are tagged `synthetic`.

    A section goes whole where its heading is so tagged; what comes before the first section stays.
    """
    if run.synthetic:
        return notebook
    kept, whole = [], False
    for cell in notebook.cells:
        tagged = SYNTHETIC in cell.metadata.get("tags", [])
        whole = tagged if _opens(cell) else whole
        kept += [] if tagged or whole else [cell]
    notebook.cells = kept
    return notebook


def only_ours(notebook: "NotebookNode", name: str) -> "NotebookNode":
    """The executed notebook without outputs that keepsafe did not make: a printed data frame, a plot drawn by hand.

    What may leave a run under disclosure control is what keepsafe made, whose numbers it has protected. The log names
    the rest.
    """
    from keepsafe.files import disclosure

    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        ours = [output for output in outputs if {FIGURE, LEFT_OUT, TABLE, VALUES} & output.get("data", {}).keys()]
        if len(ours) < len(outputs):
            cell.outputs = ours
            disclosure.log("output", f"{name}, cell {cell.id}", "not made by keepsafe's say, table or figure")
    return notebook


def told(notebook: "NotebookNode") -> "NotebookNode":
    """The executed notebook with each section of which nothing could be shown as its heading and the reason."""
    from nbformat.v4 import new_markdown_cell

    sections: list[list] = [[]]  # the first is what comes before any heading
    for cell in notebook.cells:
        if _opens(cell):
            sections.append([])
        sections[-1].append(cell)
    kept = sections[0]
    for section in sections[1:]:
        outputs = [output.get("data", {}) for cell in section for output in cell.get("outputs", [])]
        reason = next((data[LEFT_OUT]["why"] for data in outputs if LEFT_OUT in data), None)
        if reason and not any({VALUES, TABLE, FIGURE} & data.keys() for data in outputs):
            heading = section[0].source.splitlines()[0]
            section = [new_markdown_cell(f"{heading}\n\n*{reason}.*", id=section[0].id)]
        kept += section
    notebook.cells = kept
    return notebook


def _opens(cell: "NotebookNode") -> bool:
    """Whether a cell opens a section: it is a heading of the second level."""
    return cell.cell_type == "markdown" and cell.source.startswith("## ")


@contextmanager
def environment(entries: Mapping[str, str]) -> Iterator[None]:
    """Set these variables, and put back what they were."""
    former = {name: os.environ.get(name) for name in entries}
    os.environ.update(entries)
    try:
        yield
    finally:
        for name, entry in former.items():
            os.environ.pop(name) if entry is None else os.environ.update({name: entry})


@contextmanager
def surroundings(run: runs.Run) -> Iterator[None]:
    """The environment that kernels inherit: the run, one thread for linear algebra, no user's profile or plot style."""
    plain = run.path("ipython", "matplotlibrc")  # an empty one, in the place of the user's
    plain.parent.mkdir(exist_ok=True)
    plain.touch()
    ours = {runs.VARIABLE: str(run.folder), "IPYTHONDIR": str(run.path("ipython")), "MATPLOTLIBRC": str(plain)}
    ours |= STEADY | {paths.HOME: str(paths.root())}  # a kernel's working folder is another
    heard = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # a kernel that ends early makes its client's libraries talk
    try:
        with environment(ours | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(heard)


def stop_kernels(run: runs.Run) -> None:
    """End this run's kernels, and whatever they started; of forked ones the environment is that of their origin."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            if child.environ().get(runs.VARIABLE, "").startswith(str(run.folder)):
                child.kill()
        except psutil.Error:
            continue
