"""Places that one run holds: its private folder, that in which its report appears whole, and what is kept for the next.

A report is written beside its place, and finished by one renaming. From then on it is the report: putting its files in
place is done again by the next run, should this one be killed on the way.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from keepsafe.problems import InputError
from keepsafe.report.running.inputs import checksum

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

MANIFEST = "manifest.json"
LAST = "report.html"
FOLDERS = ("notebooks", "tables", "figures")
STORE = ".cache"  # results of notebooks, kept from run to run
ENTRY = "entry.json"  # in the folder of a result that is kept: its key, and the checksums of its files
FINISHED = ".finished"  # a whole report, there only while its files are put in place
STAGING = ".staging-"  # a report in the making, which a run that was killed may leave
PREFIX = "keepsafe-run-"
MARK = "run.json"
HOLDER = ".held-"  # the mark of a process where the system has no locks: its number and when it started


@contextmanager
def reserved(out: Path) -> Iterator[None]:
    """Hold the place of a report for one run, whole as the last one left it; a place that stays empty is removed.

    Raises
    ------
    InputError where it is a file, cannot be written, is held by another run, or holds folders that a report would
    replace but that no former report made.
    """
    created = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise InputError.of(f"no report can be written here: {error.strerror}", file=str(out)) from None
    try:
        with held(out) as ours:
            if not ours:
                remedy = "wait for its end, or choose another folder with --out"
                raise InputError.of("another run is writing its report here", file=str(out), remedy=remedy)
            for left in out.glob(f"{STAGING}*"):
                shutil.rmtree(left, ignore_errors=True)
            put_in_place(out)
            check_place(out)
            yield
    finally:
        if created:
            with suppress(OSError):  # it is not empty
                out.rmdir()


def check_place(out: Path) -> None:
    """Refuse, before any work is done, a folder with parts that a report would replace but no former one made."""
    ours = (out / MANIFEST).is_file()
    taken = [] if ours else [name for name in FOLDERS if (out / name).exists()]
    if taken:
        fault = f"the folder holds {' and '.join(taken)}, which no former report made"
        raise InputError.of(fault, file=str(out), remedy="choose another folder with --out")


def publish(staged: Path, out: Path) -> None:
    """Make the staged report the one of its place: until the one renaming here the former report is as it was."""
    _to_disk(staged)
    staged.replace(out / FINISHED)
    _to_disk(out, only_folders=True)
    put_in_place(out)


def put_in_place(out: Path) -> None:
    """Move the files of a finished report to their names, the page last; done again, it goes on where it ended.

    Each file is at every moment there and whole, the former one or the new one; what is of neither report is left
    alone.

    Raises
    ------
    InputError where a file cannot be replaced, which on Windows an open one cannot; the next run goes on.
    """
    finished = out / FINISHED
    if not finished.is_dir():
        return
    try:
        for name in sorted(set(files(finished)) - {MANIFEST, LAST}):
            _move(finished / name, out / name)
        if (finished / MANIFEST).is_file():  # else the former report's files are gone already
            _remove(out, _report_files(out) - {MANIFEST, LAST, *_declared(finished)})
        for name in (MANIFEST, LAST):
            if (finished / name).is_file():
                _move(finished / name, out / name)
        _to_disk(out, only_folders=True)
        shutil.rmtree(finished)
    except OSError as error:
        place = Path(error.filename2 or error.filename or out).name
        remedy = "close what holds it, and run again: the report is finished, and will be put there"
        raise InputError.of(f"{place} cannot be replaced: {error.strerror}", file=str(out), remedy=remedy) from None


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def _declared(folder: Path) -> list[str]:
    """The files that a report's manifest names."""
    try:
        return list(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["outputs"])
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _report_files(out: Path) -> set[str]:
    """The files of the report that is there: those in its folders, and those beside the page that it declares."""
    beside = {name for name in _declared(out) if (out / name).parent == out and (out / name).is_file()}
    return beside | {f"{part}/{name}" for part in FOLDERS for name in files(out / part)}


def _remove(out: Path, names: set[str]) -> None:
    for name in names:
        (out / name).unlink()
    for folder in sorted({(out / name).parent for name in names} - {out}, reverse=True):
        while folder != out and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def _to_disk(folder: Path, only_folders: bool = False) -> None:
    """Have the system write what it holds back, so that a power cut leaves no file half written."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and os.name == "nt":  # Windows opens no folders
            continue
        if path.is_dir() or not only_folders:
            number = os.open(path, os.O_RDONLY)
            try:
                os.fsync(number)
            finally:
                os.close(number)


def files(folder: Path) -> list[str]:
    """Every file in a folder, by its name from there."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def copy_files(source: Path, target: Path) -> None:
    """Copy a folder's files; unlike shutil.copytree, the first failure is raised as what it is."""
    for name in files(source):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)


def keep(store: Path | None, name: str, key: str, made: Path) -> None:
    """Keep a copy of a notebook's result in place of the former one; it appears whole or not at all.

    Nothing is kept (`store` is None) of a run on a user's own case files, whose cohort must vanish with the run.
    """
    if store is None:
        return
    store.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=store, ignore_cleanup_errors=True) as folder:
        beside = Path(folder)
        copy_files(made, beside)
        (beside / "run.json").unlink(missing_ok=True)
        (beside / ENTRY).write_text(json.dumps(_entry(beside, key)), encoding="utf-8")
        shutil.rmtree(store / name, ignore_errors=True)
        beside.replace(store / name)


def take(store: Path | None, name: str, key: str) -> Path | None:
    """The folder of a notebook's result, if it is kept for this key and whole."""
    if store is None:
        return None
    try:
        entry = json.loads((store / name / ENTRY).read_text(encoding="utf-8"))
        return store / name if entry == _entry(store / name, key) else None
    except (OSError, ValueError):
        return None


def forget(store: Path, names: Iterable[str]) -> None:
    """Remove results of notebooks that are no more, and what a run that was killed left half written."""
    for folder in store.iterdir() if store.is_dir() else ():
        if folder.name not in names:
            shutil.rmtree(folder, ignore_errors=True)


def _entry(folder: Path, key: str) -> dict:
    return {"key": key, "files": {name: checksum(folder / name) for name in files(folder) if name != ENTRY}}


def held(folder: Path) -> AbstractContextManager[bool]:
    """Hold a folder; gives False where another process holds it."""
    return (_locked if fcntl else _marked)(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    number = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = True
        except OSError as error:  # or a file system has no locks
            ours = not isinstance(error, BlockingIOError)
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
    with suppress(psutil.NoSuchProcess):
        if abs(psutil.Process(int(number)).create_time() - int(started)) < 2:
            return True
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
        _vanish(folder)


def _vanish(folder: Path) -> None:
    """Remove a folder, its mark last: what a kill on the way leaves is still known for what it is."""
    for path in folder.iterdir():
        if path.name != MARK:
            with suppress(OSError):  # a kernel that is ending may still be writing
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _clear(place: Path) -> None:
    for folder in place.glob(f"{PREFIX}*"):
        try:
            ours = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()  # on Windows the place itself is
            if ours and not folder.is_symlink() and (folder / MARK).is_file():
                with held(folder) as abandoned:
                    if abandoned:
                        _vanish(folder)
        except OSError:  # it went as we looked
            continue
