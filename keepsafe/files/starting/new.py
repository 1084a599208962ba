"""The function that writes a new compendium: whole, or not at all, and never over anything that is there."""

import os
import shutil
import tempfile
from pathlib import Path

from keepsafe.files.starting.example import example
from keepsafe.files.starting.written import notebook
from keepsafe.problems import InputError

TEMPLATES = Path(__file__).parent / "templates"
NOTEBOOKS = ("01_cleaning", "02_descriptives", "03_models", "04_conclusions")
PLACES = {
    "README.md": "readme.md",
    ".gitignore": "gitignore",
    "data/codebook.csv": "codebook.csv",
    "data/study.toml": "study.toml",
    "data/kinds.csv": "kinds.csv",
    "data/private/README.md": "private.md",
    "tests/test_report.py": "report_test.txt",
}


def new(folder: str | Path) -> Path:
    """Write a small compendium: codebook, study file, example, notebooks, a test, and what to do next.

    Parameters
    ----------
    folder : where; it may be there already if it is empty.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    InputError where something is there already, or where nothing can be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     sorted(path.name for path in new(Path(place, "mine")).iterdir())
    ['.gitignore', 'README.md', 'data', 'notebooks', 'tests']
    """
    folder = Path(folder)
    try:
        if folder.is_symlink() or folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError.of("is there already, and stays as it is", file=folder.name,
                                remedy="name a folder that is new or empty")  # fmt: skip
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            for name, text in contents().items():
                path = beside / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            beside.chmod(0o777 & ~_umask())  # mkdtemp keeps others out
            beside.replace(folder)  # an empty folder gives way; one that has been filled meanwhile does not
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise InputError.of(f"cannot be written: {error.strerror}", file=folder.name) from None
    return folder


def contents() -> dict[str, str]:
    """The files of a new compendium by their place in it."""
    written = {place: (TEMPLATES / name).read_text(encoding="utf-8") for place, name in PLACES.items()}
    books = {name: (TEMPLATES / f"{name}.md").read_text(encoding="utf-8") for name in NOTEBOOKS}
    return {
        **written,
        "data/example/cases.csv": example(),
        **{f"notebooks/{name}.ipynb": notebook(text) for name, text in books.items()},
    }


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
