"""keepsafe new: a small compendium of one's own."""

import shlex
from pathlib import Path
from typing import Annotated

import typer


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; new or empty.")]) -> None:
    """Write a small compendium of your own: codebook, study file, example data, notebooks, a test.

    It runs at once. Nothing that is there already is changed.
    """
    from keepsafe.files.new import new as start

    made = start(folder)
    for path in sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file()):
        print(f"  {path.as_posix()}")
    print(f"Next: cd {shlex.quote(str(folder))} && keepsafe report")
