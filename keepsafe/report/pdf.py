"""The page on paper: a tagged PDF (PDF/UA-1) with contents, page numbers and running titles, set by Typst."""

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from keepsafe.report.chapters import PAGE
from keepsafe.report.paper import on_paper

if TYPE_CHECKING:
    import pandas as pd

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
    report = json.dumps(on_paper(page, values), ensure_ascii=False)
    fonts = [str(files(package) / "files") for package in FONTS]
    for ours_alone in (True, False):  # the same on every machine; a letter that ours lack may be on this one
        try:
            return typst.compile(
                PAGE / "paper.typ", root=PAGE, font_paths=fonts, ignore_system_fonts=ours_alone,
                sys_inputs={"report": report}, pdf_standards=["ua-1"],
            )  # fmt: skip
        except typst.TypstError as error:
            refused = str(error)
    raise NoPdf(f"Typst says: {refused}")
