"""A progress bar for each notebook, naming the cell that runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from keepsafe.report.running.kernels import Progress as Tell

LAST = {"done", "unchanged", "nothing has changed"}


@contextmanager
def bars() -> Iterator[Tell]:
    """A function to tell what each notebook is doing; where there is no terminal, one line for each step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield (
            lambda notebook, doing: doing.startswith("cell") or print(f"{notebook}: {doing}\n", end="", file=sys.stderr)
        )
        return
    columns = TextColumn("{task.description:<20}"), BarColumn(24), TextColumn("{task.fields[doing]}")
    with Progress(*columns, TimeElapsedColumn(), console=console) as shown:
        tasks = {}

        def tell(notebook: str, doing: str) -> None:
            if notebook not in tasks:
                tasks[notebook] = shown.add_task(notebook, total=None, doing=doing)
            done, _, total = doing.removeprefix("cell ").partition(" of ")
            if total:
                shown.update(tasks[notebook], doing=doing, completed=int(done) - 1, total=int(total))
            else:
                finished = {"completed": 1, "total": 1} if doing in LAST else {}
                shown.update(tasks[notebook], doing=doing, **finished)
            if doing in LAST:
                shown.stop_task(tasks[notebook])

        yield tell
