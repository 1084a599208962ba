"""A student opens a chapter in JupyterLab, changes a parameter in its place, runs all, and sees the table change."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

NOTEBOOK = "notebooks/03_risk_factors.ipynb"
TABLE = "table:has(caption:text('Backward elimination'))"
# What this test looks at; the chapter's simulations would take minutes of a student's time, and of the suite's.
CELLS = ("title", "setup", "parameters-explained", "parameters", "candidates-question", "candidates",
         "candidates-said", "path-question", "path-table", "path-meaning")  # fmt: skip
TOKEN = "keepsafe"
PLACES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
          "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")  # fmt: skip


def wait_for(condition: Callable, what: str, seconds: int = 90):
    """What a condition gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail(f"waited in vain: {what}")


@pytest.fixture(scope="module")
def copy(compendium, tmp_path_factory) -> Path:
    """The compendium's data, and the chapter cut down to the sections looked at, as committed but for its outputs."""
    folder = tmp_path_factory.mktemp("lab") / "compendium"
    shutil.copytree(compendium / "data", folder / "data")
    book = nbformat.read(compendium / NOTEBOOK, 4)
    book.cells = [cell for cell in book.cells if cell.id in CELLS]
    assert len(book.cells) == len(CELLS), "the chapter's cells have other ids now"
    for cell in (cell for cell in book.cells if cell.cell_type == "code"):
        cell.outputs, cell.execution_count = [], None
    (folder / "notebooks").mkdir()
    nbformat.write(book, folder / NOTEBOOK)
    return folder


@pytest.fixture(scope="module")
def lab(browser, copy, tmp_path_factory):
    """The address of a JupyterLab on the copy, which nobody's settings reach; it ends with the test."""
    own = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {name: str(own / name.lower()) for name in PLACES}
    kept = {name: entry for name, entry in os.environ.items() if not name.startswith("KEEPSAFE")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
               f"--ServerApp.root_dir={copy}", "--LabApp.news_url=None",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
               "--LabApp.extension_manager=readonly"]  # fmt: skip
    with (own / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=copy, env=kept | places, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: ask(address, "/api/status") or server.poll() is not None, "JupyterLab starts")
        assert server.poll() is None, (own / "log").read_text()
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def ask(address: str, path: str):
    request = urllib.request.Request(address + path, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def idle(address: str) -> bool:
    kernels = ask(address, "/api/kernels")
    return bool(kernels) and all(kernel["execution_state"] == "idle" for kernel in kernels)


def run_all(page, address: str) -> list[str]:
    """Restart the kernel, run all cells as the menu does; the rows of the table."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(TABLE).wait_for(state="detached")
    page.locator(TABLE).wait_for()
    wait_for(lambda: idle(address), "the kernel is idle")
    return page.locator(f"{TABLE} tbody tr").all_inner_texts()


def test_a_parameter_changed_in_place_changes_the_table(browser, lab):
    page = browser.new_page(viewport={"width": 1400, "height": 2400})
    page.set_default_timeout(60_000)
    page.goto(f"{lab}/lab/tree/{NOTEBOOK}?token={TOKEN}&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    wait_for(lambda: idle(lab), "the kernel is idle")
    before = run_all(page, lab)
    editor = page.locator(".jp-CodeCell", has_text="p_remove: float").locator(".cm-content")
    line = editor.locator(".cm-line", has_text="p_remove: float")
    assert "a factor stays while its p is at most this" in line.inner_text()  # explained where it is set
    line.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type("p_remove: float = 0.5")
    after = run_all(page, lab)
    assert before and after and before != after

    line = page.locator(".jp-CodeCell .cm-line", has_text="listed = list(asked")
    assert "for another list, change it here" in line.inner_text()
    line.click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type('listed = ["female", "neglect_p1"]')
    rows = run_all(page, lab)
    assert 1 <= len(rows) <= 3 and all("Neglect" in row or "all candidates" in row for row in rows)
