"""Shared-out work gives the same results whoever does it: here, on a Dask cluster, and where a worker is lost."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pandas as pd
import pytest

from keepsafe import runs, workers
from keepsafe.problems import InputError
from keepsafe.statistics.selection import bootstrap_selection
from keepsafe.statistics.simulation import known_truth, simulate_exposure
from keepsafe.study import load_study
from keepsafe.study.published import load_comparisons, load_figures
from keepsafe.synthesis.family import family
from keepsafe.workers import share

NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a scheduler with three workers, and their process ids: each in a folder of its own."""
    pytest.importorskip("distributed", reason="dask and distributed are not installed")
    home = tmp_path_factory.mktemp("scheduler")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    place = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", "scheduler.json"]
    started = [subprocess.Popen([*dask, "scheduler", *place], cwd=home, **quiet)]
    try:
        address = until(lambda: json.loads((home / "scheduler.json").read_text())["address"])
        for k in range(3):
            folder = tmp_path_factory.mktemp(f"worker{k}")
            alone = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
            started.append(subprocess.Popen([*dask, "worker", address, *alone], cwd=folder, **quiet))
        from distributed import Client

        with Client(address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=60)
        yield address, [process.pid for process in started[1:]]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def until(answer, seconds: float = 60):
    """What a call returns once it no longer fails."""
    last = time.monotonic() + seconds
    while True:
        try:
            return answer()
        except (OSError, ValueError, KeyError):
            if time.monotonic() > last:
                raise
            time.sleep(0.05)


def ill(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.integers(0, 2, (rows, 3)), columns=list("abc"))
    return data.assign(ill=(rng.random(rows) < 0.2 + 0.5 * data["a"]).astype(int))


WORK = {
    "bootstraps": lambda **who: bootstrap_selection(ill(), "ill", list("abc"), n_boot=12, lasso=False, **who).inclusion,
    "known truth": lambda **who: known_truth(n_cohorts=6, n_boot=1, **who),
    "exposure": lambda **who: simulate_exposure(n_cohorts=12, **who),
}


@pytest.fixture(scope="module")
def alone():
    """What one worker makes of each work."""
    return {name: work(n_jobs=1) for name, work in WORK.items()}


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize("n_jobs", [2, 3])
def test_any_number_of_workers_gives_the_same_results(alone, name, n_jobs):
    pd.testing.assert_frame_equal(WORK[name](n_jobs=n_jobs), alone[name], check_exact=True)


@pytest.mark.parametrize("name", WORK)
def test_workers_that_share_only_an_address_give_the_same_results(cluster, alone, name):
    pd.testing.assert_frame_equal(WORK[name](scheduler=cluster[0]), alone[name], check_exact=True)


def test_a_family_is_the_same_made_here_and_by_the_processes_of_a_local_cluster(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="dask and distributed are not installed")
    monkeypatch.setattr("keepsafe.synthesis.family.CHUNK", 1)  # as many tasks as cohorts
    made = partial(family, load_figures(), load_comparisons(), None, load_study(), 77, 2)
    once = made(n_jobs=1)
    assert once["cohort"].unique().tolist() == [77, 78]
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local:
        pd.testing.assert_frame_equal(made(scheduler=local.scheduler_address), once)


def kill_who_came_first(n: int, **who) -> tuple[list[float], set[int], int]:
    """Draw n numbers, with the worker killed that drew the first; the numbers, who drew the last ten, who was killed.

    The task is made here, so that it travels by value: the workers know nothing of this file.
    """

    def draw(seed):
        time.sleep(0.03)
        return os.getpid(), np.random.default_rng(seed).random()

    drawn, killed = [], None
    for pid, number in share(draw, np.random.SeedSequence(5).spawn(n), **who):
        drawn.append((pid, number))
        if killed is None:
            killed = pid
            assert killed != os.getpid()
            os.kill(killed, signal.SIGKILL)
    return [number for _, number in drawn], {pid for pid, _ in drawn[-10:]}, killed


def drawn_by_one(n: int) -> list[float]:
    return [np.random.default_rng(seed).random() for seed in np.random.SeedSequence(5).spawn(n)]


def test_a_worker_of_a_cluster_that_is_killed_costs_time_and_no_results(cluster):
    address, pids = cluster
    numbers, last, killed = kill_who_came_first(90, scheduler=address)
    assert killed in pids and killed not in last and last <= set(pids)
    assert numbers == drawn_by_one(90)


def test_a_process_here_that_is_killed_costs_time_and_no_results():
    numbers, last, killed = kill_who_came_first(60, n_jobs=2)
    assert killed not in last
    assert numbers == drawn_by_one(60)


def test_processes_that_are_lost_each_time_end_the_work_with_a_remedy():
    with pytest.raises(InputError, match="lost again and again.*too little memory"):
        list(share(lambda _: os.kill(os.getpid(), signal.SIGKILL), range(3), n_jobs=2))


@pytest.mark.parametrize("scheduler", [None, "cluster"])
def test_bad_input_found_by_a_worker_comes_back_whole(request, scheduler):
    def refuse(number):
        raise InputError.of("no such figure", file="figures.csv", line=number)

    address = scheduler and request.getfixturevalue("cluster")[0]
    with pytest.raises(InputError) as refused:
        list(share(refuse, [3, 4], n_jobs=2, scheduler=address))
    assert refused.value.problems[0].line in (3, 4)


@pytest.mark.parametrize("address", [NOBODY, "nowhere", "127.0.0.1", "127.0.0.1:99999"])
def test_an_address_that_does_not_answer_is_refused_with_a_remedy(address):
    pytest.importorskip("distributed", reason="dask and distributed are not installed")
    with pytest.raises(InputError, match=f"no Dask scheduler answers at {address}; start one with `dask scheduler`"):
        share_two(scheduler=address)


def test_a_place_where_something_else_listens_is_refused(monkeypatch):
    pytest.importorskip("distributed", reason="dask and distributed are not installed")
    monkeypatch.setattr(workers, "ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(InputError, match="no Dask scheduler answers"):
            share_two(scheduler=f"tcp://127.0.0.1:{other.getsockname()[1]}")


def share_two(**who) -> list[int]:
    return list(share(abs, [-1, -2], **who))


def test_a_scheduler_without_dask_names_the_extra_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"install the extra `cluster`"):
        share_two(scheduler=NOBODY)


def test_a_scheduler_without_workers_is_refused(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="dask and distributed are not installed")
    monkeypatch.setattr(workers, "JOIN", 0.2)
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0", protocol="tcp") as empty:
        with pytest.raises(InputError, match="has no workers; start some"):
            share_two(scheduler=empty.scheduler_address)


def test_a_scheduler_that_is_lost_is_told_in_one_line(capfd):
    distributed = pytest.importorskip("distributed", reason="dask and distributed are not installed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0",
                                  protocol="tcp") as local:  # fmt: skip
        results = share(lambda number: time.sleep(0.05) or number, range(200), scheduler=local.scheduler_address)
        assert next(results) == 0
        local.close()
        with pytest.raises(InputError, match="was lost: .*; start it again"):
            list(results)


@pytest.mark.parametrize("who", ["scheduler", "worker"])
def test_a_cluster_with_other_software_is_refused(who):
    ours = dict.fromkeys(("python", *workers.SAME), "1")
    found = {name: {"packages": ours} for name in ("client", "scheduler")} | {"workers": {"a": {"packages": ours}}}
    workers._agree(found)
    other = {"packages": ours | {"numpy": "2", "keepsafe": None}}
    found |= {"scheduler": other} if who == "scheduler" else {"workers": {"a": other}}
    with pytest.raises(InputError) as refused:
        workers._agree(found)
    assert [str(each).partition(";")[0].partition(" has ")[2] for each in refused.value.problems] == [
        "keepsafe not at all, and here it is 1", "numpy 2, and here it is 1",
    ]  # fmt: skip


@pytest.mark.parametrize("n_jobs", [0, -1, 1.5, "2"])
def test_a_number_of_workers_out_of_range_is_refused(n_jobs):
    with pytest.raises(InputError, match="out of range"):
        share_two(n_jobs=n_jobs)


def test_a_notebook_takes_the_scheduler_of_its_run(tmp_path, monkeypatch):
    run = runs.Run(tmp_path, scheduler=NOBODY)
    run.write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    monkeypatch.setitem(sys.modules, "distributed", None)  # asking for it shows that the scheduler was found
    assert runs.active() == run
    with pytest.raises(InputError, match="extra `cluster`"):
        share_two()
    runs.Run(tmp_path).write()
    assert share_two() == [1, 2]
