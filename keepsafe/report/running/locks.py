"""A folder held by one process at a time; the system lets go of it when that process ends, however it ends."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

PREFIX = "keepsafe-run-"
MARK = "run.json"
HOLDER = ".held-"  # the mark of a process where the system has no locks: its number and when it started


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder; gives False where another process holds it."""
    with (_locked if fcntl else _marked)(folder) as ours:
        yield ours


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
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
def _marked(folder: Path) -> Iterator[bool]:
    """By a file whose name tells the process; of two that come at the same moment both are refused."""
    import psutil

    started = int(psutil.Process().create_time())
    number, name = tempfile.mkstemp(prefix=f"{HOLDER}{os.getpid()}-{started}-", dir=folder)
    os.close(number)
    mine = Path(name)
    try:
        yield not any(_alive(mark) for mark in folder.glob(f"{HOLDER}*") if mark.name != mine.name)
    finally:
        mine.unlink(missing_ok=True)


def _alive(mark: Path) -> bool:
    """Whether the process that left a mark is still there; if not, the mark goes."""
    import psutil

    number, started = mark.name.removeprefix(HOLDER).split("-")[:2]
    try:
        if abs(psutil.Process(int(number)).create_time() - int(started)) < 2:
            return True
    except psutil.NoSuchProcess:
        pass
    mark.unlink(missing_ok=True)
    return False


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


def _own(folder: Path) -> bool:
    """Whether a folder is this user's; on Windows the temporary folder itself is."""
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


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
            if folder.is_symlink() or not _own(folder) or not (folder / MARK).is_file():
                continue
            with held(folder) as abandoned:
                if abandoned:
                    _remove(folder)
        except OSError:  # it went as we looked
            continue
