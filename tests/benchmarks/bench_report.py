"""How long the report's page takes: to be made from executed notebooks, to be painted, to be searched and filtered."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from measure import row, run

from keepsafe.report.rendering import render
from keepsafe.report.rendering.appendices import appendices
from keepsafe.report.running import harvest

ROOT = Path(__file__).parents[2]
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# Milliseconds from a change to the next frame that shows it.
UNTIL_SHOWN = """async ([selector, text]) => {
    const control = document.querySelector(selector);
    const start = performance.now();
    control.value = text;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
}"""


def made() -> tuple[str, list[tuple[str, float, str]]]:
    """The page of the committed notebooks, with the drawings of the last run where there are any."""
    notebooks = {path.stem: nbformat.read(path, 4) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    values = harvest(notebooks)
    facts = {"synthetic": True, "inputs": {}, "versions": {}, "parameters": []}
    rows = []
    for name in ("HTML, with all that is loaded for it", "HTML again"):
        start = time.perf_counter()
        page = render(notebooks, values, facts, ROOT / "reports" / "figures", appendices(ROOT / "data" / "report"))
        rows.append((name, time.perf_counter() - start, "s"))
    return page, [*rows, ("size", len(page.encode()) / 1e6, "MB")]


def looked_at(page: str) -> list[tuple[str, float, str]]:
    """First paint, search and filter in Chromium; nothing where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return []
    from playwright.sync_api import sync_playwright

    rows = []
    with sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        path.write_text(page, encoding="utf-8")
        browser = running.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        for width in (1280, 375):
            shown = browser.new_page(viewport={"width": width, "height": 800})
            times = []
            for _ in range(3):
                shown.goto(path.as_uri())
                times.append(shown.evaluate(PAINT) / 1000)
            rows.append((f"first paint at {width} px, the slowest of three", max(times), "s"))
            if width == 1280:
                search = [shown.evaluate(UNTIL_SHOWN, ["#search", text]) for text in ("abuse", "ab", "care order")]
                narrow = [shown.evaluate(UNTIL_SHOWN, [".filter input", text]) for text in ("risk", "", "neglect")]
                rows += [("first search, with its index", search[0] / 1000, "s"),
                         ("a further search", max(search[1:]) / 1000, "s"),
                         ("a filter of the scorecard", max(narrow) / 1000, "s")]  # fmt: skip
            shown.close()
        browser.close()
    return rows


def rows(quick: bool) -> Iterator[dict]:
    """The page made and, unless it has to be quick, looked at."""
    page, found = made()
    told = json.loads(page[page.index('id="traces">') + 12 :].split("</script>", 1)[0])["values"]
    for what, amount, unit in [*found, ("named values", len(told), "values"), *([] if quick else looked_at(page))]:
        yield row(what, seconds=amount) if unit == "s" else row(what, amount, unit)


if __name__ == "__main__":
    run("report", rows)
