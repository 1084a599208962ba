"""Where the compendium's own files are."""

import os
from contextlib import suppress
from pathlib import Path

from keepsafe.problems import InputError

HOME, CITATION = "KEEPSAFE_HOME", "CITATION.cff"


def root() -> Path:
    """The compendium's top folder: the nearest one at or above the working folder that holds data/codebook.csv.

    The environment variable KEEPSAFE_HOME, where set, wins. Raises InputError where there is none.
    """
    home = os.environ.get(HOME)
    candidates = [Path(home).absolute()] if home else [Path.cwd(), *Path.cwd().parents]
    for folder in candidates:
        if (folder / "data" / "codebook.csv").is_file():
            return folder
    raise InputError.of(
        "no compendium here: a folder with data/codebook.csv was looked for, from the working folder upwards",
        remedy="change into the compendium's folder, or set KEEPSAFE_HOME to it",
    )


def data(*parts: str) -> Path:
    """A file of the compendium's data folder, such as data("published", "figures.csv")."""
    return root().joinpath("data", *parts)


def shown(path: str | Path) -> str:
    """A path as it may be shown to a reader: inside the compendium from its top, elsewhere the name alone."""
    path = Path(path)
    with suppress(InputError):
        for plain in (os.path.abspath, os.path.realpath):  # a link in the compendium by its own name
            with suppress(ValueError):
                return Path(plain(path)).relative_to(plain(root())).as_posix()
    return path.resolve().name
