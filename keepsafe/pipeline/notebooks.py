"""Notebooks executed by papermill: the opening first, the analyses side by side, the conclusions last."""

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
from traitlets.config import Config

from keepsafe import runs
from keepsafe.problems import InputError

Progress = Callable[[str, str], None]  # notebook, what it is doing


class NotebookFailed(RuntimeError):
    """A notebook that raised, or that did not run to its end."""

    def __init__(self, notebook: str, cell: str, error: str):
        super().__init__(f"{notebook}, cell {cell}: {error}")


def find_notebooks(folder: Path) -> list[Path]:
    """The compendium's notebooks in the order of their numbers.

    Raises
    ------
    InputError where there is none.
    """
    found = sorted(path for path in folder.glob("[0-9][0-9]_*.ipynb") if path.is_file())
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


def execute(
    notebooks: list[Path],
    run: runs.Run,
    parameters: dict[str, dict],
    jobs: int,
    progress: Progress,
    before_last: Callable[[dict], None],
) -> dict[str, nbformat.NotebookNode]:
    """Run all notebooks; stop them all at the first failure or interrupt.

    Parameters
    ----------
    notebooks : in the order of their numbers.
    run : the run that their kernels read.
    parameters : by notebook, from `check_parameters`.
    jobs : how many kernels may run side by side.
    progress : told the notebook and what it is doing, from several threads.
    before_last : given the executed notebooks when only the last is to run.

    Returns
    -------
    Executed notebooks by name, in their order, free of times and random ids.

    Raises
    ------
    NotebookFailed naming notebook, cell and error.
    """
    paths = {path.stem: path for path in notebooks}
    waiting, done, running = needs(list(paths)), {}, {}
    with _surroundings(run), ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                for name in [name for name, wanted in waiting.items() if done.keys() >= set(wanted)]:
                    if len(running) == jobs:
                        break
                    if len(waiting) == 1:
                        before_last(dict(sorted(done.items())))
                    waiting.pop(name)
                    running[pool.submit(_run_one, paths[name], parameters.get(name, {}), progress)] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done[running[future]] = future.result()
                    running.pop(future)
        except BaseException:
            _stop(running, run)
            raise
    return dict(sorted(done.items()))


def _run_one(path: Path, parameters: dict, progress: Progress) -> nbformat.NotebookNode:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    def tell(cell, cell_index):
        progress(path.stem, f"cell {cell_index + 1} of {total}")

    total = len(nbformat.read(path, 4).cells) + bool(parameters)
    progress(path.stem, "starting")
    try:
        notebook = papermill.execute_notebook(
            path,
            None,
            parameters,
            kernel_name="python3",
            progress_bar=False,
            record_timing=False,
            on_cell_start=tell,
            resources={"metadata": {"path": str(path.parent)}},
            extra_arguments=["--log-level=CRITICAL", "--HistoryManager.enabled=False"],
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
    except PapermillExecutionError as error:
        raise NotebookFailed(path.stem, str(error.cell_index + 1), _last_line(error)) from None
    except Exception as error:  # a kernel that dies, a notebook that cannot be read
        raise NotebookFailed(path.stem, "unknown", f"{type(error).__name__}: {error}") from None
    for place, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            raise NotebookFailed(path.stem, str(place), "it was never run")
    progress(path.stem, "done")
    return without_noise(notebook)


def without_noise(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The executed notebook without what changes from run to run: times, paths, random ids."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
    return notebook


def _last_line(error) -> str:
    """The last line of an error, without the colours of a terminal."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", f"{error.ename}: {error.evalue}").strip().splitlines()
    return lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]}"


@contextmanager
def _surroundings(run: runs.Run) -> Iterator[None]:
    """The environment that kernels inherit: the run, one thread for linear algebra, no user's profile."""
    ours = {
        runs.VARIABLE: str(run.folder),
        "IPYTHONDIR": str(run.path("ipython")),
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
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


def _stop(running: dict[Future, str], run: runs.Run) -> None:
    """End this run's kernels, and whatever they started, until no thread waits for one."""
    for future in running:
        future.cancel()
    while wait(running, timeout=0.2).not_done:
        for child in psutil.Process().children(recursive=True):
            try:
                if child.environ().get(runs.VARIABLE) == str(run.folder):
                    child.kill()
            except psutil.Error:
                continue
