"""A finished report put in its place whole, or not at all, whatever happens on the way."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keepsafe.problems import InputError
from keepsafe.report.running.locks import held
from keepsafe.report.running.trees import files

MANIFEST = "manifest.json"
LAST = "report.html"
FOLDERS = ("notebooks", "tables", "figures")
STORE = ".cache"
FORMER = ".former"  # the former report, there only while a new one is put in its place
ENTRIES = "entries"  # names of the new report's files, beside the former report
PARTS = (".staging-", ".aside-")  # what runs that were killed may leave


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
            recover(out)
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
        raise InputError.of(
            f"the folder holds {' and '.join(taken)}, which no former report made",
            file=str(out),
            remedy="choose another folder with --out",
        )


@contextmanager
def stage(out: Path) -> Iterator[Path]:
    """A folder beside the place, for a report in the making."""
    folder = Path(tempfile.mkdtemp(prefix=PARTS[0], dir=out))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(staged: Path, out: Path) -> None:
    """Put the staged report in its place, file by file, report.html last; on any failure restore the former one.

    Each file is at every moment there and whole, the former one or the new one. A run that is killed on the way
    leaves what `recover` needs.

    Parameters
    ----------
    staged : folder with the new report, on the same file system as `out`.
    out : the folder of reports; what is of neither the new nor the former report is left alone.
    """
    _to_disk(staged)
    new = sorted(files(staged), key=lambda name: (name == LAST, name))
    aside = Path(tempfile.mkdtemp(prefix=PARTS[1], dir=out))
    try:
        (aside / ENTRIES).write_text("\n".join(new), encoding="utf-8")
        before = _report_files(out, new)
        for name in before:
            _copy(out / name, aside / "report" / name)
        _to_disk(aside)
        aside.replace(out / FORMER)
        try:
            for name in new:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                (staged / name).replace(out / name)
            _remove(out, set(before) - set(new))
            _to_disk(out, only_folders=True)
            (out / FORMER).replace(aside)
        except BaseException:
            recover(out)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def recover(out: Path) -> None:
    """Restore the former report where a run ended in the middle of putting a new one in its place."""
    former = out / FORMER
    if former.is_dir():
        new = (former / ENTRIES).read_text(encoding="utf-8").split("\n")
        before = files(former / "report")
        for name in sorted(before, key=lambda name: (name == LAST, name)):
            _copy(former / "report" / name, former / "again" / name)
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (former / "again" / name).replace(out / name)
        _remove(out, set(_report_files(out, new)) - set(before))
        done = Path(tempfile.mkdtemp(prefix=PARTS[1], dir=out))
        former.replace(done)
    for prefix in PARTS:
        for left in out.glob(f"{prefix}*"):
            shutil.rmtree(left, ignore_errors=True)


def _report_files(out: Path, new: list[str]) -> list[str]:
    """What a new report of these files replaces: the former one's files and folders, and those of the same name."""
    entries = {out / name.split("/")[0] for name in new} | {out / name for name in (*FOLDERS, *_declared(out))}
    inner = [path for entry in entries if entry.is_dir() for path in entry.rglob("*") if not path.is_dir()]
    plain = [entry for entry in entries if entry.exists() and not entry.is_dir()]
    return sorted(path.relative_to(out).as_posix() for path in [*inner, *plain])


def _declared(out: Path) -> list[str]:
    """Files beside the page that a former report's manifest names, such as a PDF that cannot be made this time."""
    try:
        names = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["outputs"]
        return [name for name in names if (out / name).parent == out and (out / name).is_file()]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _remove(out: Path, names: set[str]) -> None:
    for name in names:
        (out / name).unlink()
    for folder in sorted({(out / name).parent for name in names} - {out}, reverse=True):
        while folder != out and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def _copy(source: Path, target: Path) -> None:
    """The same file under a second name, or a copy where the file system has no second names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


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
