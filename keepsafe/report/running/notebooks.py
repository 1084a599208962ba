"""The compendium's notebooks: the opening first, the analyses side by side, the conclusions last."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from keepsafe import runs
from keepsafe.problems import InputError
from keepsafe.report.running import kept
from keepsafe.report.running.inputs import checksum
from keepsafe.report.running.kernels import Progress, run_notebook, stop_kernels, surroundings
from keepsafe.report.running.keys import notebook_key

Folders = dict[str, Path]  # what each finished notebook made, by its name


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


@dataclass(frozen=True)
class Task:
    """A notebook about to run, in a folder of its own that holds what others handed on to it, by checksum."""

    path: Path
    run: runs.Run
    parameters: Mapping
    handed: Mapping[str, str]

    def key(self) -> str:
        """What the notebook rests on at this moment."""
        return notebook_key(self.path, self.parameters, self.run, self.handed)


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

    Parameters
    ----------
    notebooks : in the order of their numbers.
    run : the files that they read, and the private folder in which each gets a folder of its own.
    parameters : by notebook, from `check_parameters`.
    jobs : how many kernels may run side by side.
    progress : told the notebook and what it is doing, from several threads.
    before_last : given the folders of the others, writes what the last notebook finds into the folder named.
    store : where results are kept from run to run; None keeps nothing.
    fresh : whether to run every notebook, changed or not.

    Returns
    -------
    Folder of each notebook by its name, in their order: notebook.ipynb, tables/, figures/, what it hands on.

    Raises
    ------
    NotebookFailed naming notebook, cell and error.
    """
    sources = {path.stem: path for path in notebooks}
    waiting, done, running = needs(list(sources)), {}, {}
    with surroundings(run), ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                for name in [name for name, wanted in waiting.items() if done.keys() >= set(wanted)]:
                    if len(running) == jobs:
                        break
                    own = _own_folder(run, name, [done[other] for other in waiting.pop(name)])
                    if not waiting:
                        before_last(dict(sorted(done.items())), own.folder)
                    handed = {path.name: checksum(path) for path in _handed_on(own.folder)}
                    task = Task(sources[name], own, parameters.get(name, {}), handed)
                    key = task.key()
                    if not fresh and (taken := kept.take(store, name, key)):
                        done[name] = taken
                        progress(name, "unchanged")
                    else:
                        running[pool.submit(_run, task, progress)] = task, key
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    (task, key), _ = running.pop(future), future.result()
                    done[task.path.stem] = task.run.folder
                    if task.key() == key:  # else somebody wrote to its sources as it ran
                        kept.keep(store, task.path.stem, key, task.run.folder)
        except BaseException:
            for future in running:
                future.cancel()
            while wait(running, timeout=0.2).not_done:
                stop_kernels(run)
            raise
    return dict(sorted(done.items()))


def _run(task: Task, progress: Progress) -> None:
    run_notebook(task.path, task.run, task.parameters, progress)
    for name, before in task.handed.items():  # what it only read is not of its making
        left = task.run.path(name)
        if left.is_file() and checksum(left) == before:
            left.unlink()


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
    ours = {"run.json", "notebook.ipynb", kept.ENTRY}
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name not in ours)
