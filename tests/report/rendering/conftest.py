"""The report as the committed notebooks make it, and windows to look at it."""

from pathlib import Path

import nbformat
import pytest

from keepsafe.report.rendering import render
from keepsafe.report.rendering.appendices import appendices
from keepsafe.report.running import harvest

FACTS = {
    "synthetic": True,
    "inputs": {"data/synthetic/case_files.csv": "df14fd82"},
    "versions": {"Python": "3.11"},
    "parameters": [{"notebook": "03_risk_factors", "name": "p", "value": "0.1", "default": "0.2", "help": "a level"}],
}


@pytest.fixture(scope="session")
def report(compendium, tmp_path_factory) -> Path:
    """The page of the committed notebooks."""
    paths = sorted((compendium / "notebooks").glob("*.ipynb"))
    notebooks = {path.stem: nbformat.read(path, 4) for path in paths}
    drawings = compendium / "reports" / "figures"  # absent in a fresh clone: the notebooks' own pictures are shown
    page = render(notebooks, harvest(notebooks), FACTS, drawings, appendices(compendium / "data" / "report"))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def look(browser):
    """A function that opens a page in a window of some width: the whole report at once, or a part at a time."""
    contexts = []

    def open_page(path: Path, width: int = 1280, theme: str = "light", whole=True, place="", before="", **settings):
        size = {"width": width, "height": 800}
        contexts.append(browser.new_context(viewport=size, color_scheme=theme, **settings))
        contexts[-1].set_default_timeout(10_000)
        page = contexts[-1].new_page()
        page.add_init_script(before)
        page.goto(path.as_uri() + place)
        if whole and settings.get("java_script_enabled", True):
            page.evaluate("document.querySelector('[data-tool=whole]')?.click()")
        return page

    yield open_page
    for context in contexts:
        context.close()
