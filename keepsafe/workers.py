"""Independent tasks shared out among workers, here or on a Dask cluster: the results are the same whoever does them."""

import logging
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from keepsafe import runs
from keepsafe.problems import InputError, Problem

ANSWER, JOIN = 5, 20  # seconds for an address to answer, and for a first worker to join it
LOST = 3  # times that processes here may be lost, for want of memory mostly, before it is given up
SAME = ("keepsafe", "numpy", "scipy", "pandas", "statsmodels", "numba", "joblib")  # what results and their way rest on


def share(
    task: Callable[[Any], Any],
    items: Iterable,
    n_jobs: int | None = 1,
    scheduler: str | None = None,
    threads: bool = False,
) -> Iterator:
    """Do a task for each item, several at a time.

    A task that is random takes its seed from its item, `SeedSequence.spawn` gives as many as there are items; it then
    does not matter who does which. What was lost with a worker is done again by another.

    `task` is a function of one item; for workers in other processes it can be pickled, as a `partial` can. Items are
    small things such as seeds: large ones joblib would leave with one worker, to be lost with it, whereas what a
    `partial` holds travels with each batch of tasks. `n_jobs` are the workers on this machine (None: one a core), which
    do not count on a cluster; they are `threads` for tasks that spend their time in compiled code, else processes.
    `scheduler` is the address of a Dask scheduler such as "tcp://10.0.0.5:8786", by default that of the run that is
    under way. Where there is none, or a cluster has a single worker of a single thread, the tasks stay here.

    Results come in the order of the items, each as soon as it and those before it are there. InputError for n_jobs out
    of range, for a scheduler that does not answer, has no workers or other versions than here.

    Examples
    --------
    >>> list(share(abs, [-1, 2, -3], n_jobs=2, threads=True))
    [1, 2, 3]
    """
    if n_jobs is not None and (not hasattr(n_jobs, "__index__") or n_jobs < 1):
        raise InputError.of(f"{n_jobs!r} is out of range", column="n_jobs", remedy="a whole number from 1")
    run = runs.active()
    address, items = scheduler or (run and run.scheduler), list(items)
    if address:
        return _there(task, items, address)
    if n_jobs == 1 or len(items) < 2:
        return map(task, items)
    return _here(task, items, n_jobs or -1, "threading" if threads else "loky")


def _here(task: Callable, items: list, n_jobs: int, backend: str) -> Iterator:
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    done = lost = 0
    while done < len(items):
        parallel = Parallel(n_jobs, backend=backend, return_as="generator")
        try:
            for result in parallel(delayed(task)(item) for item in items[done:]):
                done += 1
                yield result
        except BrokenProcessPool:
            lost += 1
            if lost == LOST:
                remedy = "there may be too little memory: use fewer"
                raise InputError.of("worker processes were lost again and again", remedy=remedy) from None


def _there(task: Callable, items: list, address: str) -> Iterator:
    with connected(address) as client:
        from distributed import KilledWorker
        from distributed.comm import CommClosedError
        from joblib import Parallel, delayed, parallel_config

        with parallel_config(backend="dask", client=client):
            parallel = Parallel(return_as="generator")
        try:
            yield from parallel(delayed(task)(item) for item in items)
        except (KilledWorker, CancelledError, CommClosedError) as error:
            what = f"the cluster at {address} was lost: {type(error).__name__}"
            raise InputError.of(what, remedy="start it again, then run again") from None


@contextmanager
def connected(address: str) -> Iterator:
    """A client of a Dask scheduler that answers, and that has workers with the same software as here.

    InputError within a few seconds where there is no such scheduler, or where dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        remedy = "install the extra `cluster`: pip install 'keepsafe[cluster]'"
        raise InputError.of("a scheduler needs dask and distributed", remedy=remedy) from None
    try:
        _greeted(address)
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError, OverflowError):
        remedy = "start one with `dask scheduler`, and give the address that it prints, such as tcp://10.0.0.5:8786"
        raise InputError.of(f"no Dask scheduler answers at {address}", remedy=remedy) from None
    with client, _quiet():
        try:
            client.wait_for_workers(1, timeout=JOIN)
        except TimeoutError:
            remedy = f"start some, on any machine, with `dask worker {address}`"
            raise InputError.of(f"the scheduler at {address} has no workers", remedy=remedy) from None
        _agree(client.get_versions(packages=SAME))
        yield client


def _greeted(address: str) -> None:
    """Wait for the first byte: a scheduler speaks first, and a client would wait for ever for what is none."""
    place = urlsplit(address if "://" in address else f"tcp://{address}")
    with socket.create_connection((place.hostname, place.port), ANSWER) as line:
        if place.scheme == "tcp" and not line.recv(1):
            raise ConnectionAbortedError


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the pages that a client logs when its cluster is lost: that is told once, by an error."""
    heard = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(heard)


def _agree(found: dict) -> None:
    """Refuse a cluster with other software: a result must not depend on who made it."""
    ours, there = found["client"]["packages"], {"the scheduler": found["scheduler"]}
    there |= {f"the worker {address}": facts for address, facts in found["workers"].items()}
    problems = [
        Problem(
            f"{who} has {name} {facts['packages'].get(name) or 'not at all'}, and here it is {ours[name]}",
            remedy="install the same requirements.lock on every machine",
        )
        for who, facts in there.items()
        for name in ("python", *SAME)
        if facts["packages"].get(name) != ours[name]
    ]
    if problems:
        raise InputError(problems)
