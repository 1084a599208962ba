"""Two hosts that share a wire and no folder: the scheduler on one, workers on both; the wire is cut under way.

Each host is a network namespace with an address of its own, and sees nothing of the other's files.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from keepsafe.report.running import report
from tests.report.running.conftest import write_small
from tests.report.running.test_report import tree

HERE, THERE = "10.213.77.1", "10.213.77.2"
IMPATIENT = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}  # for no answer, not 30: the least that its probes allow
DRAWN = 300
DRAWS = f"""
import os, time
import numpy as np
from keepsafe import runs
from keepsafe.workers import share

def draw(seed):
    time.sleep(0.05)
    open(f"drew-{{os.getpid()}}", "a").write("x")  # in the folder of whoever draws
    return np.random.default_rng(seed).integers(1_000)

numbers = list(share(draw, np.random.SeedSequence(5).spawn({DRAWN})))
"""
ASKS = f"from keepsafe.workers import share; list(share(abs, [1, 2], scheduler='tcp://{HERE}:8786'))"


class Hosts:
    """Two namespaces, `a` and `b`, joined by a wire."""

    def __init__(self, folder: Path):
        self.names = {"a": f"keepsafe-a{os.getpid()}", "b": f"keepsafe-b{os.getpid()}"}
        self.folders = {name: folder / name for name in "ab"}
        self.started: list[subprocess.Popen] = []
        self.workers: dict[str, list[subprocess.Popen]] = {"a": [], "b": []}
        for name in "ab":
            self.folders[name].mkdir()

    def set_up(self) -> None:
        ends = {name: f"ks{name}{os.getpid()}" for name in "ab"}
        for name in "ab":
            ip("netns", "add", self.names[name])
        ip("link", "add", ends["a"], "type", "veth", "peer", "name", ends["b"])
        for name, address in zip("ab", (HERE, THERE), strict=True):
            ip("link", "set", ends[name], "netns", self.names[name], "name", "wire")
            ip("-n", self.names[name], "address", "add", f"{address}/24", "dev", "wire")
            for device in ("lo", "wire"):
                ip("-n", self.names[name], "link", "set", device, "up")

    def wire(self, state: str) -> None:
        """Mend ("up") or cut ("down") what joins them."""
        ip("-n", self.names["a"], "link", "set", "wire", state)

    def start(self, name: str, *arguments: str, **given) -> subprocess.Popen:
        """Start Python on a host, in a folder of its own; the other host's files are not to be seen there."""
        other = self.folders["b" if name == "a" else "a"]
        alone = ["ip", "netns", "exec", self.names[name], "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', other]
        given = {"cwd": self.folders[name], "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | given
        self.started.append(subprocess.Popen([*alone, sys.executable, *arguments], **given))
        return self.started[-1]

    def tear_down(self) -> None:
        for process in reversed(self.started):
            process.kill()
            process.wait()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    def drawn(self, name: str) -> int:
        """How many numbers a host's workers have drawn."""
        return sum(path.stat().st_size for path in self.folders[name].glob("*/drew-*"))


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait for what a condition gives once it gives something."""
    last = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < last, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def hosts(tmp_path):
    """A scheduler and a worker on host a, two workers on host b."""
    pytest.importorskip("distributed", reason="dask and distributed are not installed")
    made = Hosts(tmp_path)
    try:
        if not shutil.which("ip"):
            pytest.skip("there is no `ip` on this machine, which makes network namespaces")
        try:
            made.set_up()
        except subprocess.CalledProcessError as refused:
            pytest.skip(f"network namespaces cannot be made here: {refused.stderr.decode().strip()}")
        around = {**os.environ, **IMPATIENT, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        made.start("a", "-m", "dask", "scheduler", "--host", HERE, "--port", "8786", "--no-dashboard", env=around)
        for name, address, number in (("a", HERE, 0), ("b", THERE, 1), ("b", THERE, 2)):
            own = made.folders[name] / f"worker-{number}"
            own.mkdir()
            alone = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", address, "--death-timeout", "120"]
            worker = made.start(name, "-m", "dask", "worker", f"tcp://{HERE}:8786", *alone, cwd=own, env=around)
            made.workers[name].append(worker)
        count = "from distributed import Client; c = Client('tcp://%s:8786', timeout=60); c.wait_for_workers(3, 60)"
        assert made.start("a", "-c", count % HERE).wait(120) == 0
        yield made
    finally:
        made.tear_down()


@pytest.fixture
def home(hosts, monkeypatch) -> Path:
    """A compendium of one notebook, on host a; it draws numbers wherever there are workers."""
    folder = hosts.folders["a"] / "home"
    write_small(folder, {"06_conclusions": [DRAWS, "numbers"]})
    monkeypatch.setenv("KEEPSAFE_HOME", str(folder))
    return folder


def told(process: subprocess.Popen) -> list[str]:
    """What a command printed to its end, the progress of notebooks apart."""
    lines = process.communicate(timeout=300)[1].splitlines()
    return [line for line in lines if not line.startswith(("06_conclusions:", "report:"))]


def test_a_wire_that_is_cut_costs_time_and_no_results_and_one_that_stays_cut_is_told(hosts, home):
    alone = tree(report(out=home / "alone", jobs=1).parent)
    for path in (home / "notebooks").glob("drew-*"):
        path.unlink()
    command = ["-c", "from keepsafe.cli import main; main()", "report", "--jobs", "1", "--fresh", "--scheduler",
               f"tcp://{HERE}:8786"]  # fmt: skip

    running = hosts.start("a", *command, "--out", "together", cwd=home, stderr=subprocess.PIPE, text=True)
    until(lambda: hosts.drawn("a") > 3 and hosts.drawn("b") > 3 or running.poll() is not None)
    hosts.wire("down")
    until(lambda: all(worker.poll() is not None for worker in hosts.workers["b"]))  # they give the scheduler up
    assert running.poll() is None  # and the scheduler them; what they had is done again on host a
    hosts.wire("up")
    assert told(running) == []
    assert running.returncode == 0
    assert tree(home / "together") == alone
    assert not [*(home / "notebooks").glob("drew-*")]  # nothing was drawn where the notebook ran
    assert hosts.drawn("a") + hosts.drawn("b") > DRAWN  # what was lost with host b was drawn again

    hosts.wire("down")  # and from the other host nobody reaches the scheduler
    asking = hosts.start("b", "-c", ASKS, stderr=subprocess.PIPE, text=True)
    [said] = asking.communicate(timeout=120)[1].splitlines()[-1:]
    assert f"no Dask scheduler answers at tcp://{HERE}:8786; start one with `dask scheduler`" in said
