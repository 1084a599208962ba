"""The page on paper: a tagged PDF (PDF/UA-1) with contents, page numbers and running titles, set by Typst."""

import json
import shutil
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from keepsafe.report.rendering.chapters import PAGE
from keepsafe.report.rendering.paper import on_paper

if TYPE_CHECKING:
    import pandas as pd

STRETCHES = (0.8, 1.25)  # of the space between the rows of a table, one tried after the other
FONTS = ("font_source_serif_pro", "font_source_sans_pro")


class NoPdf(RuntimeError):
    """No PDF could be made; the message says why."""


def make_pdf(page: str, values: "pd.DataFrame") -> bytes:
    """The report's page as PDF/UA: tagged, with contents, page numbers, bookmarks and a register of its numbers.

    Parameters
    ----------
    page : the report as `render` makes it.
    values : what the notebooks recorded, with the columns of values.csv.

    Returns
    -------
    The file; the same bytes for the same input.

    Raises
    ------
    NoPdf where Typst cannot be loaded, or refuses the document: it does so where PDF/UA does not hold.
    """
    try:
        import typst
    except ImportError as error:
        raise NoPdf(f"Typst cannot be loaded ({error})") from None
    report = on_paper(page, values)
    for ours_alone in (True, False):  # the same on every machine; a letter that ours lack may be on this one
        try:
            return _typeset(report, ours_alone)
        except typst.TypstError as error:
            refused = str(error)
    raise NoPdf(f"Typst says: {refused}")


def _typeset(report: dict, ours_alone: bool) -> bytes:
    """The PDF; where a page would begin with the last row of a table, that table is set a little closer, or wider."""
    import typst

    fonts = typst.Fonts(not ours_alone, font_paths=[str(files(package) / "files") for package in FONTS])
    with TemporaryDirectory() as place:
        look = shutil.copy(PAGE / "paper.typ", place)
        Path(place, "report.json").write_text(json.dumps(report), encoding="utf-8")
        compiler, spread = typst.Compiler(look, root=place, font_paths=fonts), {}
        for stretch in STRETCHES:
            Path(place, "spread.json").write_text(json.dumps(spread), encoding="utf-8")
            orphans = _orphans(json.loads(compiler.query("<tail>", field="value")))
            if not orphans:
                break
            spread |= dict.fromkeys(orphans, stretch)
        Path(place, "spread.json").write_text(json.dumps(spread), encoding="utf-8")
        return compiler.compile(format="pdf", pdf_standards=["ua-1"])


def _orphans(tails: list[dict]) -> set[str]:
    """The tables whose last row stands on another page than the one before it."""
    pages: dict[str, set[int]] = {}
    for tail in tails:
        pages.setdefault(tail["table"], set()).add(tail["page"])
    return {table for table, found in pages.items() if len(found) > 1}
