"""A folder held by one process at a time; the system lets go of it when that process ends, however it ends."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "keepsafe-run-"
MARK = "run.json"


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder; gives False where another process holds it."""
    number = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = True
        except BlockingIOError:
            ours = False
        except OSError:  # a file system without locks
            ours = True
        yield ours and folder.is_dir() and os.path.samestat(os.fstat(number), folder.stat())
    finally:
        os.close(number)


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that only this user can read, and that vanishes; one that a killed run left vanishes now."""
    _clear(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with held(folder):
            (folder / MARK).touch()
            yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder, its mark last: what a kill on the way leaves is still known for what it is."""
    for path in folder.iterdir():
        if path.name != MARK:
            with suppress(OSError):  # a kernel that is ending may still be writing
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _clear(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.getuid() or not (folder / MARK).is_file():
                continue
            with held(folder) as abandoned:
                if abandoned:
                    _remove(folder)
        except OSError:  # it went as we looked
            continue
