"""Files of a folder, and copies of them."""

import shutil
from pathlib import Path


def files(folder: Path) -> list[str]:
    """Every file in a folder, by its name from there."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def copy_files(source: Path, target: Path) -> None:
    """Copy a folder's files; unlike shutil.copytree, the first failure is raised as what it is."""
    for name in files(source):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)
