"""How long a report takes in every format from executed notebooks, and how large the files are."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
from measure import row, run, taken

from keepsafe.report.rendering import figure_index, render, write
from keepsafe.report.rendering.appendices import appendices
from keepsafe.report.rendering.pdf import make_pdf
from keepsafe.report.rendering.tables import tables_document

ROOT = Path(__file__).parents[2]
FILES = ("report.html", "report.pdf", "report-tables.docx")


def rows(quick: bool) -> Iterator[dict]:
    """Each format, and all of them in one call, in a process that has loaded nothing of them yet."""
    folder = ROOT / "reports"  # a finished report: its notebooks, values.csv, manifest.json and figures are read
    if not (folder / "notebooks").is_dir():
        print("no finished report in reports/: run make report first")
        return
    notebooks = {path.stem: nbformat.read(path, 4) for path in sorted((folder / "notebooks").glob("*.ipynb"))}
    values = pd.read_csv(folder / "values.csv", dtype=object, keep_default_na=False)
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    about = appendices(ROOT / "data" / "report")
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(folder / "figures", Path(place, "figures"))
        everything = taken(lambda: write(notebooks, values, facts, Path(place), about), 0)
        yield row("all formats, with all that is loaded", **everything)
        yield from (row(name, Path(place, name).stat().st_size / 1e6, "MB") for name in FILES)
    if quick:
        return
    page = render(notebooks, values, facts, folder / "figures", about)
    again = {
        "the page again": lambda: render(notebooks, values, facts, folder / "figures", about),
        "the PDF again": lambda: make_pdf(page),
        "the tables for Word again": lambda: tables_document(page),
        "the index of figures again": lambda: figure_index(page),
    }
    yield from (row(what, **taken(call, 0)) for what, call in again.items())


if __name__ == "__main__":
    run("formats", rows)
