"""The compendium's notebooks, each executed by papermill in a kernel of its own: opening, analyses, conclusions.

Longer than 300 lines: how one runs, and which of them, is one road.
"""

import json
import logging
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from keepsafe import runs
from keepsafe.problems import InputError
from keepsafe.report.running.forking import STEADY
from keepsafe.report.running.inputs import around, checksum, notebook_key, without_noise
from keepsafe.report.running.publishing import copy_files, files

Progress = Callable[[str, str], None]  # notebook, what it is doing
SOURCE = "source.ipynb"  # a notebook as this run can fill it
ENTRY = "entry.json"  # in the folder of a result that is kept: its key, and the checksums of its files
Folders = dict[str, Path]  # what each finished notebook made, by its name


def find_notebooks(folder: Path) -> list[Path]:
    """The compendium's notebooks in the order of their numbers, without copies such as 04_x.nbconvert.ipynb."""
    found = sorted(path for path in folder.glob("[0-9][0-9]_*.ipynb") if path.is_file() and "." not in path.stem)
    if not found:
        remedy = "they are named 00_published.ipynb and so on"
        raise InputError.of("no notebooks here", file=folder.name, remedy=remedy)
    return found


def needs(notebooks: list[str]) -> dict[str, list[str]]:
    """What each notebook waits for: the analyses for 00 and 01, the last for all the others.

    Examples
    --------
    >>> needs(["00_published", "01_cleaning", "02_descriptives", "06_conclusions"])["02_descriptives"]
    ['01_cleaning']
    """
    *others, last = notebooks
    opening = [name for name in others if name < "01"], [name for name in others if "01" <= name < "02"]
    waits = {name: [] if name < "02" else opening[1] for name in others}
    return waits | {last: others}


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
    with surroundings(run), ThreadPoolExecutor(jobs) as pool:
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


def take(store: Path | None, name: str, key: str) -> Path | None:
    """The folder of a notebook's result, if it is kept for this key and whole."""
    if store is None:
        return None
    folder = store / name
    try:
        entry = json.loads((folder / ENTRY).read_text(encoding="utf-8"))
        return folder if entry == _entry(folder, key) else None
    except (OSError, ValueError):
        return None


def keep(store: Path | None, name: str, key: str, made: Path) -> None:
    """Keep a copy of a notebook's result in place of the former one; it appears whole or not at all.

    Nothing is kept (`store` is None) of a run on a user's own case files, whose cohort must vanish with the run.
    """
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

    from keepsafe.report.running.harvest import only_ours, prepared, told

    def tell(cell, cell_index):
        progress(path.stem, f"cell {cell_index + 1} of {total}")

    written = nbformat.read(path, 4)
    source = prepared(written, run)
    if source is not written:
        nbformat.write(source, run.path(SOURCE))
    total = len(source.cells) + bool(parameters)
    progress(path.stem, "starting")
    # An expression, so that it leaves no name behind in the notebook.
    folder = f"__import__('os').environ.update({runs.VARIABLE}={str(run.folder)!r})"
    try:
        notebook = papermill.execute_notebook(
            path if source is written else run.path(SOURCE),
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
    except PapermillExecutionError as error:
        raise NotebookFailed(path.stem, str(error.cell_index + 1), _last_line(error)) from None
    except Exception as error:  # a kernel that dies, a notebook that cannot be read
        raise NotebookFailed(path.stem, "unknown", f"{type(error).__name__}: {error}") from None
    for place, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            raise NotebookFailed(path.stem, str(place), "it was never run")
    run.path(SOURCE).unlink(missing_ok=True)
    if run.disclosure:
        notebook = only_ours(notebook, path.stem)
    if not run.synthetic or run.disclosure:
        notebook = told(notebook)
    nbformat.write(without_noise(notebook), run.path("notebook.ipynb"))
    progress(path.stem, "done")


def _last_line(error) -> str:
    """The last line of an error, without the colours of a terminal."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", f"{error.ename}: {error.evalue}").strip().splitlines()
    return lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]}"


@contextmanager
def surroundings(run: runs.Run) -> Iterator[None]:
    """The environment that kernels inherit: the run, one thread for linear algebra, no user's profile."""
    ours = {
        runs.VARIABLE: str(run.folder),
        "IPYTHONDIR": str(run.path("ipython")),
        **STEADY,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    former = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    heard = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # a kernel that ends early makes its client's libraries talk
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(heard)
        for name, entry in former.items():
            os.environ.pop(name) if entry is None else os.environ.update({name: entry})


def stop_kernels(run: runs.Run) -> None:
    """End this run's kernels, and whatever they started."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            if child.environ().get(runs.VARIABLE, "").startswith(str(run.folder)):
                child.kill()
        except psutil.Error:
            continue
