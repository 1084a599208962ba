"""One notebook executed by papermill in a kernel of its own."""

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from keepsafe import runs
from keepsafe.report.running.forking import STEADY
from keepsafe.report.running.inputs import without_noise

Progress = Callable[[str, str], None]  # notebook, what it is doing
SOURCE = "source.ipynb"  # a notebook as this run can fill it


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
