"""The report in every format: one page, a PDF, the tables for Word, an index of the figures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from keepsafe.report.rendering.chapters import Chapter
from keepsafe.report.rendering.figure_index import figure_index
from keepsafe.report.rendering.pdf import NoPdf, make_pdf
from keepsafe.report.rendering.word import tables_document

if TYPE_CHECKING:
    import pandas as pd


def write(
    notebooks: Mapping[str, NotebookNode],
    values: "pd.DataFrame",
    facts: dict,
    folder: Path,
    appendices: Sequence[Chapter] = (),
    progress: Callable[[str, str], None] = lambda what, doing: None,
) -> None:
    """Render everything that readers meet: report.html, report.pdf, report-tables.docx and figures.csv.

    Parameters
    ----------
    notebooks : executed notebooks by name, in their order.
    values : what they recorded, with the columns of values.csv.
    facts : the run's manifest: synthetic, inputs, parameters, versions.
    folder : where to write; its part figures holds the figures as SVG.
    appendices : what follows the last chapter.
    progress : told what could not be made, and why; the rest stands.

    Raises
    ------
    InputError as `render` does.
    """
    from keepsafe.report.rendering import render

    page = render(notebooks, values, facts, folder / "figures", appendices)
    (folder / "report.html").write_text(page, encoding="utf-8")
    (folder / "report-tables.docx").write_bytes(tables_document(page))
    (folder / "figures.csv").write_text(figure_index(page), encoding="utf-8")
    try:
        (folder / "report.pdf").write_bytes(make_pdf(page, values))
    except NoPdf as error:
        progress("report.pdf", f"not made: {error}")
