"""What every test may ask for: the compendium's own folder, and a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def compendium() -> Path:
    return Path(__file__).resolve().parents[1]


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
