"""A run that is stopped at any moment: the former report stays readable, the next run goes on from what is whole."""

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path

import pytest

from keepsafe.cli import main
from keepsafe.problems import InputError
from keepsafe.report.running import report
from keepsafe.report.running.publishing import MARK, PREFIX, held, private_folder

COMMAND = [sys.executable, "-c", "from keepsafe.cli import main; main()", "report", "--jobs", "1"]
SAYS = 'import keepsafe as ks\nks.say("files: {n} files.", n=%d)'


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".cache" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def two(small, rewrite):
    """A compendium of two short notebooks; give it another number and it has to be run again."""
    for path in (small / "notebooks").iterdir():
        path.unlink()
    rewrite("06_conclusions", ["1 + 1"])

    def number(n: int) -> Path:
        rewrite("01_cleaning", [SAYS % n])
        return small

    number(1)
    return number


@pytest.fixture
def copied(monkeypatch) -> None:
    """This process may be copied as it makes a report: the threads of the typesetter of PDF would be missing there."""
    pdf = lambda page, summary=False: sha256(f"{page}{summary}".encode()).digest()  # noqa: E731
    monkeypatch.setattr("keepsafe.report.rendering.make_pdf", pdf)


@pytest.fixture
def reports(two, in_process, copied) -> tuple[dict, dict]:
    """The reports before and after a change, and the change itself made, with the former in place."""
    home = two(2)
    report()
    after = tree(home / "reports")
    shutil.rmtree(home / "reports")
    report_of_one = two(1) and report()
    before = tree(report_of_one.parent)
    two(2)
    return before, after


def wait_for(path: Path) -> None:
    until = time.monotonic() + 600
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)


def wait_until_free(folder: Path) -> None:
    """A process that the killed one was about to start lets go of the folder as its program begins."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with held(folder) as ours:
            if ours:
                return
        time.sleep(0.05)


def killed(after_seconds: float) -> bool:
    """Make the report in a process that is killed at a moment; whether it was still at work."""
    if not (child := os.fork()):
        report(jobs=1)
        os._exit(0)
    time.sleep(after_seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def test_killed_at_ten_random_moments_a_run_leaves_the_former_report_and_the_next_one_finishes(two, reports):
    before, after = reports
    home = two(2)
    started = time.monotonic()
    report(jobs=1, fresh=True)
    whole, moments = time.monotonic() - started, random.Random(2019)
    stopped = 0
    for _ in range(10):
        shutil.rmtree(home / "reports")
        two(1)
        report(jobs=1)
        assert tree(home / "reports") == before
        two(2)
        stopped += killed(moments.uniform(0, whole))
        wait_until_free(home / "reports")
        assert (home / "reports" / "report.html").read_bytes() in (before["report.html"], after["report.html"])
        report(jobs=1)
        assert tree(home / "reports") == after
        assert not [path for path in (home / "reports").iterdir() if path.name[0] == "." and path.name != ".cache"]
    assert stopped


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_command_that_is_stopped_costs_only_the_notebook_that_was_running(small, rewrite, number):
    for path in (small / "notebooks").iterdir():
        path.unlink()
    rewrite("00_published", ["open('ran', 'a').write('x')"])
    rewrite("06_conclusions", ["import os, time", "os.path.exists('second') or open('first', 'w')",
                               "os.path.exists('second') or time.sleep(60)"])  # fmt: skip
    running = subprocess.Popen(COMMAND, cwd=small, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(small / "notebooks" / "first")
    os.kill(running.pid, number)
    running.communicate(timeout=600)
    (small / "notebooks" / "second").touch()
    told = []
    report(jobs=1, progress=lambda *doing: told.append(doing))
    assert ("00_published", "unchanged") in told and ("06_conclusions", "starting") in told
    assert (small / "notebooks" / "ran").read_text() == "x"
    assert (small / "reports" / "report.html").is_file()


def full_after(monkeypatch, turns: int):
    """A disk that is full from one copy on."""
    calls, real = [], shutil.copyfile

    def failing(*arguments, **options):
        calls.append(1)
        if len(calls) > turns:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments, **options)

    monkeypatch.setattr(shutil, "copyfile", failing)


@pytest.mark.parametrize("turns", range(4))
def test_a_full_disk_leaves_the_former_report_and_says_what_to_do(two, reports, monkeypatch, turns):
    before, after = reports
    home = two(2)
    with monkeypatch.context() as patched:
        full_after(patched, turns)
        with pytest.raises(InputError, match="cannot be written: No space left on device; make room, and run again"):
            report(jobs=1)
    assert tree(home / "reports") == before
    report(jobs=1)
    assert tree(home / "reports") == after


def test_files_that_may_not_grow_end_the_command_with_one_sentence(two, reports, capfd, monkeypatch):
    """The nearest to a full disk that needs no rights: no file may be longer than the page is."""
    before, _ = reports
    home = two(2)
    room = len(before["report.html"]) - 1000
    monkeypatch.setattr(sys, "argv", ["keepsafe", "report", "--jobs", "1"])
    if not (child := os.fork()):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        _end_with(main)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    said = capfd.readouterr().err
    assert "the report cannot be written: File too large" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert tree(home / "reports") == before


def _end_with(command) -> None:
    """In a forked child: do what a command does, and end with its status."""
    status = 1
    try:
        command()
        status = 0
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def test_a_disk_that_is_really_full(two, tmp_path, in_process):
    place = tmp_path / "small disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=40k", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(["mount", *options], capture_output=True).returncode:
        pytest.skip("a small file system of its own can be mounted by root alone")
    try:
        with pytest.raises(InputError, match="No space left on device; make room"):
            report(out=place / "reports", jobs=1)
        assert tree(place) == {}
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_two_runs_at_once_make_one_report_and_one_refusal(small, rewrite, in_process, copied, monkeypatch):
    monkeypatch.chdir(small / "notebooks")
    for path in (small / "notebooks").iterdir():
        path.unlink()
    rewrite("06_conclusions", ["import os, time", "open('first', 'w').close()",
                               "while not os.path.exists('second'): time.sleep(0.05)"])  # fmt: skip
    if not (running := os.fork()):
        _end_with(lambda: report(jobs=1))
    wait_for(small / "notebooks" / "first")
    with pytest.raises(InputError, match="another run is writing its report here; wait for its end, or choose another"):
        report(jobs=1)
    (small / "notebooks" / "second").touch()
    assert os.waitstatus_to_exitcode(os.waitpid(running, 0)[1]) == 0
    assert (small / "reports" / "report.html").is_file()


def test_a_private_folder_vanishes_even_when_its_run_was_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"{PREFIX}a-users-own").mkdir()
    if not (child := os.fork()):
        with private_folder() as folder:
            (folder / "cohort.parquet").write_text("persons")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(list(tmp_path.glob(f"*/{MARK}"))) == 1
    with private_folder() as first:
        with private_folder():
            assert first.is_dir()  # that of a run under way stays
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}a-users-own"]


def test_a_private_folder_is_known_until_the_last_of_it_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with private_folder() as folder:
        (folder / "01_cleaning").mkdir()
        monkeypatch.setattr("shutil.rmtree", lambda path, **options: None)  # as if killed at the first removal
    assert {path.name for path in folder.iterdir()} == {"01_cleaning", MARK}
    monkeypatch.undo()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with private_folder():
        assert not folder.exists()
