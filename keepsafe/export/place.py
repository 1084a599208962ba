"""Where exported files go: together or not at all, and never over a file that is there."""

import tempfile
from pathlib import Path

from keepsafe.problems import InputError, Problem

PACKAGE = "datapackage.json"


def files_of(to: Path) -> list[Path]:
    """The exported file and those beside it."""
    return [to, *(to.with_suffix(ending) for ending in (".sps", ".R", ".html")), to.with_name(PACKAGE)]


def check_place(to: Path) -> None:
    """Refuse a place that cannot take the files, before any work is done.

    Parameters
    ----------
    to : the exported file.

    Raises
    ------
    InputError
        for a name that other programs would not take, a folder that is missing or cannot be written, and each file
        that is there already.
    """
    if to.name[:1] in ".~" or not to.name.isprintable() or set(to.name) & set('\\/:*?"<>|'):
        raise InputError.of(f"{to.name!r} is no name that every program takes", column="--to",
                            remedy="use letters, digits, blanks, - and _")  # fmt: skip
    try:
        tempfile.TemporaryFile(dir=to.parent).close()
    except OSError as error:
        raise InputError.of(f"nothing can be written here: {error.strerror}", file=to.parent.name or str(to.parent),
                            remedy="name a folder that exists and is yours") from None  # fmt: skip
    taken = [path for path in files_of(to) if path.exists() or path.is_symlink()]
    if taken:
        remedy = "export into another folder, or move the file away"
        raise InputError(Problem("is there already and stays as it is", path.name, remedy=remedy) for path in taken)


def publish(staged: Path, to: Path) -> list[Path]:
    """Move the staged files into their places; on any failure take away those that were placed.

    Parameters
    ----------
    staged : folder with the files, on the same file system.
    to : the exported file.

    Returns
    -------
    list of Path, the files in their places
    """
    check_place(to)
    placed: list[Path] = []
    try:
        for path in files_of(to):
            path.touch(exist_ok=False)  # the name is taken before anything moves
            placed.append(path)
        for path in placed:
            (staged / path.name).replace(path)
    except BaseException as error:
        for path in placed:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            name = Path(error.filename or to).name
            raise InputError.of(f"cannot be written: {error.strerror}", file=name) from None
        raise
    return placed
