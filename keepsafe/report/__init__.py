"""The report: executed notebooks as one page that needs nothing but itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from keepsafe.report.anchors import check_anchors, resolve_links
from keepsafe.report.chapters import PAGE, make_chapter

if TYPE_CHECKING:
    import pandas as pd


def render(notebooks: Mapping[str, NotebookNode], values: "pd.DataFrame", facts: dict, pictures: Path) -> str:
    """The report as one self-contained HTML page.

    Parameters
    ----------
    notebooks : executed notebooks by name, in their order.
    values : what they recorded, with the columns of values.csv.
    facts : the run's manifest: synthetic, inputs, parameters, versions.
    pictures : folder with the figures as SVG.

    Returns
    -------
    HTML text; the same for the same input.

    Raises
    ------
    InputError for a link that ends nowhere.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup
    from pygments.formatters import HtmlFormatter

    rows = {row["id"]: row for row in values.to_dict("records")}
    chapters = [make_chapter(name, notebook, rows, pictures) for name, notebook in notebooks.items()]
    everywhere = {
        written: place
        for chapter in chapters
        for written, place in chapter.addresses.items()
        if not written.startswith("#")
    }
    labels = {address: label for chapter in chapters for address, label in chapter.labels.items()}
    for chapter in chapters:
        chapter.html = Markup(resolve_links(chapter.html, everywhere | chapter.addresses, labels))
    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".highlight") for style in ("default", "github-dark")
    )
    environment = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2").render(
        chapters=chapters,
        facts=facts,
        values=len(rows),
        light=Markup(light),
        dark=Markup(dark),
        style=Markup((PAGE / "report.css").read_text(encoding="utf-8")),
        paper=Markup((PAGE / "print.css").read_text(encoding="utf-8")),
        script=Markup((PAGE / "report.js").read_text(encoding="utf-8")),
    )
    check_anchors(page)
    return page
