"""What every test may ask for: the compendium's own folder, a browser; what runs share; the order of files."""

import shutil
from collections.abc import Iterator
from contextlib import chdir, nullcontext
from pathlib import Path
from queue import SimpleQueue

import pytest

from keepsafe import runs
from keepsafe.report.running import forking

ROOT = Path(__file__).resolve().parents[1]
#: Files of long tests begin first, longest first, so that at the end no worker waits for another.
LONG = ("test_processors", "test_forking", "test_interrupted", "test_canary", "03_risk_factors", "test_report",
        "test_adapting", "test_workers", "test_new", "test_two_hosts", "test_verify", "test_pdf", "test_attacks",
        "test_command", "05_outcomes", "test_engine", "test_jupyterlab", "test_edition")  # fmt: skip


def pytest_configure(config) -> None:
    config.option.loadscopereorder = False  # by number of tests, it would begin with the many short ones


def pytest_collection_modifyitems(items: list) -> None:
    def turn(item) -> int:
        return LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG)

    items.sort(key=turn)


class SharedOrigin(forking.Origin):
    """What kernels of all tests of a process are copies of, where a run alone would have its own."""

    def start(self) -> None:
        if self._process and self._process.poll() is not None:  # a test has killed it
            self._process, self._answers = None, SimpleQueue()
        if self._process:  # nothing of this process is changed while others start their kernels
            return
        with pytest.MonkeyPatch.context() as patched, chdir(ROOT):
            patched.delenv(runs.VARIABLE, raising=False)  # it is no run's, and no run that is stopped ends it
            super().start()

    def close(self) -> None:
        """A run has ended; others will come."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtestloop() -> Iterator[None]:
    """Runs in this process have their kernels from one origin, which imports the libraries once."""
    shared, own = SharedOrigin(), forking.Origin
    forking.Origin = lambda: shared
    yield
    forking.Origin = own
    own.close(shared)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item) -> Iterator[None]:
    """So have notebooks whose outputs are compared."""
    with forking.forked_kernels() if item.path.suffix == ".ipynb" else nullcontext():
        yield


@pytest.fixture
def own_origins(monkeypatch) -> None:
    """Each run has a process of its own to fork from, as it has outside the tests."""
    monkeypatch.setattr(forking, "Origin", SharedOrigin.__base__)


@pytest.fixture(scope="session")
def compendium() -> Path:
    return ROOT


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Debian's Chromium, for the tests of one file.

    Playwright leaves an event loop running in its thread while it is open, and refuses to be opened twice there: so it
    is opened here only, and closed before the tests of another file begin.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    from tests.browsing import FLAGS

    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
