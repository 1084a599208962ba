"""How long a report takes in every format from executed notebooks, and how large the files are."""

import json
import shutil
import tempfile
import time
from pathlib import Path

import nbformat
import pandas as pd

from keepsafe.report import render, write
from keepsafe.report.appendices import appendices
from keepsafe.report.figure_index import figure_index
from keepsafe.report.pdf import make_pdf
from keepsafe.report.word import tables_document

ROOT = Path(__file__).parents[2]
FILES = ("report.html", "report.pdf", "report-tables.docx")


def table(folder: Path = ROOT / "reports") -> pd.DataFrame:
    """Time each format, and all of them in one call, in a process that has loaded nothing of them yet.

    Parameters
    ----------
    folder : a finished report; its notebooks, values.csv, manifest.json and figures are read.

    Returns
    -------
    what, value, unit.
    """
    notebooks = {path.stem: nbformat.read(path, 4) for path in sorted((folder / "notebooks").glob("*.ipynb"))}
    values = pd.read_csv(folder / "values.csv", dtype=object, keep_default_na=False)
    facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    about = appendices(ROOT / "data" / "report")
    rows = []

    def timed(what: str, call):
        start = time.perf_counter()
        made = call()
        rows.append((what, time.perf_counter() - start, "s"))
        return made

    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(folder / "figures", Path(place, "figures"))
        timed("all formats, with all that is loaded", lambda: write(notebooks, values, facts, Path(place), about))
        sizes = [(name, Path(place, name).stat().st_size / 1e6, "MB") for name in FILES]
    page = timed("the page again", lambda: render(notebooks, values, facts, folder / "figures", about))
    timed("the PDF again", lambda: make_pdf(page, values))
    timed("the tables for Word again", lambda: tables_document(page))
    timed("the index of figures again", lambda: figure_index(page))
    return pd.DataFrame([*rows, *sizes], columns=["what", "value", "unit"])


def main() -> None:
    """Print the measures."""
    if not (ROOT / "reports" / "notebooks").is_dir():
        print("no finished report in reports/: run make report first")
        return
    print(table().to_string(index=False, float_format="%.2f"))


if __name__ == "__main__":
    main()
