"""The report: executed notebooks as one page that needs nothing but itself, and what is made from that page."""

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from keepsafe.reading.delimited import inert_cells
from keepsafe.report.rendering.appendices import follow_citations
from keepsafe.report.rendering.chapters import (
    ORDER,
    Chapter,
    check_anchors,
    files_named,
    grouped,
    main_findings,
    make_chapter,
    resolve_links,
)
from keepsafe.report.rendering.look import edition, look, templates, tidy
from keepsafe.report.rendering.outputs import MARKS, MEANINGS, told_values, traces
from keepsafe.report.rendering.pdf import NoPdf, make_pdf
from keepsafe.report.rendering.word import tables_document

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["figure_index", "render", "write"]


def render(
    notebooks: Mapping[str, NotebookNode],
    values: "pd.DataFrame",
    facts: dict,
    pictures: Path,
    appendices: Sequence[Chapter] = (),
) -> str:
    """The report as one self-contained HTML page, the same for the same input.

    It is made of executed notebooks in their order, of what they recorded (`values`, with the columns of values.csv),
    of the run's manifest (`facts`), and of the folder with the figures as SVG (`pictures`). InputError for a link that
    ends nowhere, or a finding whose figure no chapter shows.
    """
    from markupsafe import Markup

    rows = told_values(notebooks.values(), values, facts["synthetic"])
    chapters = [
        make_chapter(name, notebook, rows, pictures, facts["synthetic"]) for name, notebook in notebooks.items()
    ]
    findings = main_findings(chapters)
    if not facts.get("title"):  # a compendium of somebody's own keeps its order
        chapters.sort(key=lambda chapter: ORDER.index(chapter.group))
    parts = [*chapters, *appendices]
    addresses = ChainMap(*(part.addresses for part in parts))
    everywhere = {written: place for written, place in addresses.items() if not written.startswith("#")}
    labels = {exhibit.address: exhibit.label for part in parts for exhibit in part.exhibits}
    for part in parts:
        part.html = Markup(resolve_links(part.html, everywhere | part.addresses, labels))
    for finding in findings:
        finding.html = Markup(resolve_links(finding.html, everywhere, labels))
    follow_citations(parts, findings)
    page = (
        templates(grouped=grouped)
        .get_template("page.html.j2")
        .render(
            chapters=chapters,
            appendices=list(appendices),
            findings=findings,
            exhibits={
                kind: [
                    (chapter, exhibit)
                    for chapter in parts
                    for exhibit in chapter.exhibits
                    if exhibit.address.startswith(kind)
                ]
                for kind in ("table", "figure")
            },
            kinds=[(kind, MARKS[kind], meaning) for kind, meaning in MEANINGS.items()],
            counts=values["kind"].value_counts().to_dict(),
            facts=facts,
            values=len(rows),
            traces=Markup(traces(rows.values(), {chapter.notebook: chapter.slug for chapter in chapters})),
            files=files_named([*(each.html for each in parts), *(each.html for each in findings)]),
            edition=edition(),
            **look(),
        )
    )
    check_anchors(page)
    return page


def write(
    notebooks: Mapping[str, NotebookNode],
    values: "pd.DataFrame",
    facts: dict,
    folder: Path,
    appendices: Sequence[Chapter] = (),
    progress: Callable[[str, str], None] = lambda what, doing: None,
) -> None:
    """Render what readers meet: report.html, report.pdf and report-summary.pdf, report-tables.docx, figures.csv.

    All as for `render`; `folder` is where to write, its part figures holds the figures as SVG. `progress` is told
    what could not be made, and why; the rest stands.
    """
    page = render(notebooks, values, facts, folder / "figures", appendices)
    (folder / "report.html").write_text(page, encoding="utf-8")
    (folder / "report-tables.docx").write_bytes(tables_document(page))
    (folder / "figures.csv").write_text(figure_index(page), encoding="utf-8")
    try:
        (folder / "report.pdf").write_bytes(make_pdf(page))
        (folder / "report-summary.pdf").write_bytes(make_pdf(page, summary=True))
    except NoPdf as error:
        progress("report.pdf", f"not made: {error}")


def figure_index(page: str) -> str:
    """The numbered figures of the report as CSV."""
    import pandas as pd
    from lxml import html

    rows = []
    for figure in html.document_fromstring(page).xpath("//figure[starts-with(@id, 'figure-')]"):
        label = figure.xpath("string(./figcaption/b)")
        note = " ".join(part.text_content() for part in figure.find_class("note"))
        caption = tidy("".join(part.text_content() for part in figure.iter("figcaption")))
        caption = caption.removeprefix(label).removesuffix(note).strip()
        alt = tidy(figure.xpath("string(.//svg/@aria-label | .//img/@alt)")).strip()
        rows.append([label.removeprefix("Figure ").rstrip("."), figure.get("id")[7:], caption, note, alt])
    return inert_cells(pd.DataFrame(rows, columns=["figure", "name", "caption", "note", "alt"], dtype=str)).to_csv(
        index=False, lineterminator="\n"
    )
