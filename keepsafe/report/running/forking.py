"""Kernels forked from one process that has imported the libraries already; plain ones where that cannot be.

Seven plain kernels import the same libraries seven times. Here one process of its own imports them once (`serve`), and
each kernel is a copy of it. It has a single thread as it is copied, or else it refuses; each copy has random states and
a process group of its own. It ends with the run, and its kernels with it.
"""

import atexit
import gc
import json
import os
import random
import select
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import product
from queue import SimpleQueue
from types import SimpleNamespace
from typing import IO, Any

from keepsafe import runs

NAME = "keepsafe-forked"
STEADY = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # environment of every kernel
LAUNCHER = "ipykernel_launcher"
#: What is imported once: the kernel itself, what the chapters import, and the homes of all that is public.
LIBRARIES = ("ipykernel.kernelapp", "IPython.core.completer", "statsmodels.api", "statsmodels.formula.api",
             "scipy.stats", "seaborn.objects", "pandas.io.parquet", "pyarrow.parquet")  # fmt: skip


def can_fork() -> bool:
    """Whether a process can be copied here: not on Windows, and not on macOS, whose own libraries do not survive it."""
    return hasattr(os, "fork") and sys.platform != "darwin"


@contextmanager
def forked_kernels() -> Iterator[None]:
    """Kernels that are started meanwhile are forked ones, if they can be; their origin gets ready at once."""
    if not can_fork():
        yield
        return
    from jupyter_client.provisioning import KernelProvisionerFactory

    factory, origin = KernelProvisionerFactory.instance(), Origin()
    former = factory.default_provisioner_name
    factory.provisioners[NAME] = SimpleNamespace(load=lambda: _provisioner(origin))
    factory.default_provisioner_name = NAME
    try:
        with suppress(OSError):
            origin.start()
        yield
    finally:
        factory.default_provisioner_name = former
        factory.provisioners.pop(NAME)
        origin.close()


def _provisioner(origin: "Origin") -> type:
    """A provisioner of jupyter_client that asks for a copy of the origin, and starts a plain kernel if it gets none."""
    from jupyter_client.provisioning import LocalProvisioner

    class ForkedKernel(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **given) -> Any:
            forked = None
            if cmd[0] == sys.executable and LAUNCHER in cmd:
                arguments = cmd[cmd.index(LAUNCHER) + 1 :]
                forked = origin.fork(arguments, given.get("env") or dict(os.environ), given.get("cwd") or os.getcwd())
            if forked is None:
                return await super().launch_kernel(cmd, **given)
            self.process, self.pid, self.pgid, self.cwd = forked, forked.pid, forked.pid, given.get("cwd")
            return self.connection_info

    return ForkedKernel


class Forked:
    """A forked kernel as its owner sees it, like a Popen: it is a grandchild, so its end is told by its origin."""

    stdin = stdout = stderr = None
    returncode: int | None = None  # the status with which it ended

    def __init__(self, pid: int):
        self.pid = pid

    def poll(self) -> int | None:
        """The status with which it ended; None while it runs."""
        return self.returncode

    wait = poll  # its owner asks once it has ended

    def send_signal(self, number: int) -> None:
        """Signal it, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Origin:
    """The process that kernels are copies of, seen from the run."""

    def __init__(self):
        self._process, self._asking, self._answers, self._asked = None, threading.Lock(), SimpleQueue(), False

    def fork(self, arguments: list[str], environment: dict, folder: str) -> Forked | None:
        """A kernel with these arguments, environment and working folder; None where none can be had."""
        asked = {"arguments": arguments, "environment": dict(environment), "folder": str(folder)}
        with self._asking:
            try:
                self.start()
                self._asked = True
                self._process.stdin.write(json.dumps(asked) + "\n")
                self._process.stdin.flush()
            except (OSError, ValueError):
                return None
            return self._answers.get()

    def start(self) -> None:
        """Start the process, unless it is there."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import serve; serve()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env=os.environ | STEADY,
            )
            threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True).start()

    def close(self) -> None:
        """End the origin, and what is left of its kernels."""
        if self._process:
            with suppress(OSError):
                self._process.stdin.close()
            if not self._asked:  # it may still be importing
                self._process.kill()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _listen(told: IO[str], answers: SimpleQueue) -> None:
    """Hand on what an origin tells: {"started": pid or null}, {"ended": pid, "status": how}."""
    kernels: dict[int, Forked] = {}
    with suppress(ValueError, OSError), told:
        for line in told:
            said = json.loads(line)
            if "ended" in said:
                kernels.pop(said["ended"]).returncode = said["status"]
            elif said["started"] is None:
                answers.put(None)
            else:
                kernels[said["started"]] = Forked(said["started"])
                answers.put(kernels[said["started"]])
    for kernel in kernels.values():  # the origin is no more, and its kernels with it
        kernel.returncode = -signal.SIGKILL
    answers.put(None)


def serve() -> None:
    """Be the origin: import, then fork a kernel for each line of standard input until that ends."""
    import psutil

    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # kernels end when they have lost their parent
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as a kernel sets it
    os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"  # the one library that starts a thread on import
    os.environ.pop(runs.VARIABLE, None)  # what is rehearsed belongs to no run
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    warm()
    gc.collect()
    gc.freeze()  # what is there is shared with the copies, and stays so
    alone, kernels = psutil.Process().num_threads() == 1, set()  # threads of compiled libraries count
    while True:
        ready = select.select([0, woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
            for pid in sorted(kernels):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    kernels.discard(pid)
                    print(json.dumps({"ended": pid, "status": os.waitstatus_to_exitcode(status)}), file=told)
        if 0 in ready:
            if not (line := sys.stdin.readline()):
                break
            pid = os.fork() if alone else None
            if pid == 0:
                os.close(woken)
                os.close(wake)
                told.close()
                _become_kernel(**json.loads(line))
            kernels |= {pid} - {None}
            print(json.dumps({"started": pid}), file=told)
    told.close()
    for pid in kernels:
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def warm() -> None:
    """Import what the chapters need, as far as it is installed; fit and draw once, and throw it away.

    What is loaded and compiled for the first of a kind is there for all.
    """
    import keepsafe

    for name in [*LIBRARIES, *(f"keepsafe.{home}" for home in sorted(set(keepsafe._HOMES.values())))]:
        with suppress(ImportError):
            import_module(name)
    import matplotlib
    import pandas as pd

    from keepsafe.telling import style

    matplotlib.rcdefaults()  # without a matplotlibrc of the folder where the command was given
    data = pd.DataFrame(list(product((0, 1), repeat=3)) * 9, columns=["x", "z", "y"])
    keepsafe.bootstrap_selection(data, "y", ["x", "z"], n_boot=2, n_jobs=1, lasso=False)
    style.rehearse(data)


def _become_kernel(arguments: list[str], environment: dict, folder: str) -> None:
    """In the copy: be a kernel like one that was started anew, to its end."""
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number, handler in ((signal.SIGCHLD, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
            signal.signal(number, handler)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(environment, JPY_PARENT_PID=str(os.getppid()))
        os.chdir(folder)
        sys.path[:] = [place for place in sys.path if place]  # the working folder, which the kernel puts there itself
        sys.argv[:] = [LAUNCHER, *arguments]
        random.seed()
        sys.modules["numpy"].random.seed()
        sys.modules["ipykernel.kernelapp"].launch_new_instance(argv=arguments)
        threading._shutdown()  # type: ignore[attr-defined]
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            atexit._run_exitfuncs()
        os._exit(status)
