"""The command itself: what it prints, how it ends, what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from keepsafe.cli import main

COMMAND = [sys.executable, "-c", "from keepsafe.cli import main; main()"]


@pytest.fixture
def run(small, monkeypatch, capfd):
    """Do what the command does, in this process; its status and what it printed."""

    def run(*arguments: str) -> SimpleNamespace:
        monkeypatch.chdir(small)
        monkeypatch.setattr(sys, "argv", ["keepsafe", *arguments])
        former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        with pytest.raises(SystemExit) as ended:
            main()
        for number, handler in former.items():
            signal.signal(number, handler)
        printed = capfd.readouterr()
        return SimpleNamespace(returncode=ended.value.code, stdout=printed.out, stderr=printed.err)

    return run


def test_unknown_and_mistyped_parameters_end_with_status_2_and_all_faults(run):
    done = run("report", "-p", "n_boots", "3", "-p", "n_boot", "abc")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "no notebook has a parameter 'n_boots'; did you mean n_boot?",
        "parameter n_boot of 03_risk_factors must be a whole number, not 'abc'; number of resamples",
    ]
    assert done.stdout == ""


def test_a_failing_notebook_ends_with_status_1_its_name_and_its_last_line(run, rewrite):
    rewrite("00_published", ["raise ValueError('no such figure')"])
    done = run("report")
    assert done.returncode == 1
    assert "00_published, cell 3: ValueError: no such figure" in done.stderr
    assert "Traceback" not in done.stderr


def test_finding_out_that_nothing_has_changed_takes_no_heavy_library():
    heavy = ("pandas", "numpy", "nbformat", "papermill", "psutil", "jinja2")
    code = f"import sys, keepsafe.cli, keepsafe.report.running; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_half_a_parameter_is_refused(run):
    done = run("report", "-p", "n_boot")
    assert done.returncode == 2
    assert "-p needs a name and a value" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_so_ends_its_kernels_and_leaves_nothing(small, rewrite, number):
    rewrite("00_published", ["import time", "time.sleep(60)"])
    rewrite("01_cleaning", ["import time", "open('started', 'w').close()", "time.sleep(60); open('woke', 'w').close()"])
    running = subprocess.Popen(
        [*COMMAND, "report"], cwd=small, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 600
    while not (small / "notebooks" / "started").exists() and time.monotonic() < until:
        time.sleep(0.05)
    kernels = psutil.Process(running.pid).children(recursive=True)
    assert kernels
    os.kill(running.pid, number)
    _, said = running.communicate(timeout=600)
    assert running.returncode == 128 + number
    assert said.splitlines()[-1] == "interrupted; nothing was changed"
    assert "Traceback" not in said
    assert psutil.wait_procs(kernels, timeout=10)[1] == []
    assert not (small / "reports").exists() and not (small / "notebooks" / "woke").exists()  # nothing waits for a cell
