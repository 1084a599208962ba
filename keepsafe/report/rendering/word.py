"""Every numbered table of the page in one Word document: real styles, captions that count, heads that repeat."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from keepsafe.report.rendering.columns import Fit, fit_page, grid, texts
from keepsafe.report.rendering.look import PAGE, templates, tidy

if TYPE_CHECKING:
    from lxml.html import HtmlElement


ABOUT = "The tables of report.html, each with its number there. As CSV they are in the folder tables."
NONE = "The report holds no tables."
EPOCH = (1980, 1, 1, 0, 0, 0)  # the time that a ZIP file gives its parts, so that equal reports are equal files


def tables_document(page: str) -> bytes:
    """The numbered tables of the report as report-tables.docx."""
    from docx import Document
    from docx.oxml import parse_xml
    from lxml import html

    tree = html.document_fromstring(page)
    chapters = [{"title": _title(article), "tables": list(word_tables(article))} for article in tree.iter("article")]
    chapters = [chapter for chapter in chapters if chapter["tables"]]
    label = " ".join(f"{tag.text_content()}." for tag in tree.find_class("tag")[:1])
    document = Document()
    title = tidy(f"{tree.findtext('.//title')}: the tables")
    _set_up(document, title, label)
    body = (
        templates()
        .get_template("word.xml.j2")
        .render(
            title=title,
            about=f"{ABOUT if chapters else NONE} {label}".strip(),
            key=tidy(next((key.text_content() for key in tree.find_class("ink-key")), "")).strip(),
            chapters=chapters,
            footer=document.sections[0]._sectPr.footerReference_lst[0].rId,
        )
    )
    old = document.element.body
    old.getparent().replace(old, parse_xml(body))
    return _packed(document)


def _title(article) -> str:
    title = tidy(article.xpath("string(.//h2)")).strip()
    number = tidy(article.xpath("string(./header/p/text())")).removeprefix("Chapter").strip()
    return f"{number} {title}".strip()


def _set_up(document, title: str, label: str) -> None:
    """Styles, language, properties and the foot of each page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.oxml.parser import parse_xml
    from docx.shared import Pt, RGBColor

    styles = document.styles
    styles.element.extend(parse_xml((PAGE / "word_styles.xml").read_bytes()))
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    for name, size in {"Normal": 10.5, "Caption": 9.5, "Heading 1": 16, "Title": 24, "Footer": 8.5}.items():
        style = styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Calibri", Pt(size), RGBColor(0x1D, 0x1F, 0x21)
        style.element.rPr.rFonts.set(qn("w:cs"), "Calibri")
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            style.element.rPr.rFonts.attrib.pop(qn(f"w:{theme}"), None)
    styles["Caption"].paragraph_format.keep_with_next = True
    foot = document.sections[0].footer.paragraphs[0]
    foot.add_run(f"{title}. {label}  ".replace(".  ", ". "))
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), " PAGE ")
    foot._p.append(field)
    package = document.part.package
    for name in [name for name, relation in package.rels.items() if relation.reltype.endswith("/thumbnail")]:
        del package.rels[name]  # a picture of another document
    facts = document.core_properties
    facts.title, facts.language, facts.author, facts.comments = title, "en-GB", "keepsafe", ""
    for dated in facts._element.xpath("dcterms:created | dcterms:modified"):
        facts._element.remove(dated)


def _packed(document) -> bytes:
    """The document's file, its parts without the time of their making."""
    draft, final = BytesIO(), BytesIO()
    document.save(draft)
    with zipfile.ZipFile(draft) as parts, zipfile.ZipFile(final, "w", zipfile.ZIP_DEFLATED) as file:
        for name in parts.namelist():
            file.writestr(zipfile.ZipInfo(name, EPOCH), parts.read(name), zipfile.ZIP_DEFLATED)
    return final.getvalue()


SIZE = 9  # of type in a table, in points
EM = 1.05 * SIZE  # Word sets other typefaces than the PDF
MEASURES = {"upright": 166 / 25.4 * 72 / EM, "broad": 253 / 25.4 * 72 / EM}  # ems in a line of a page
SHORT = 22  # lines of a table that stays on one page


def word_tables(chapter: "HtmlElement") -> Iterator[dict]:
    """The numbered tables of a chapter in their order, for the template."""
    for holder in chapter.find_class("table"):
        label = holder.xpath("string(.//caption/b)").removeprefix("Table ").rstrip(".")
        if "." not in label:
            continue
        table = holder.find(".//table")
        size, fit = fit_page(table, MEASURES)
        share = min(MEASURES[size] / fit.needed, 1)  # what fits no page is set smaller
        widths = [round(width * EM * share * 20) for width in fit.widths]
        number, turn = label.split(".")
        yield {
            "address": holder.get("id", ""),
            "chapter": number,
            "turn": turn,
            "caption": tidy(table.find("caption").text_content()).partition(f"{label}.")[2].strip(),
            "note": tidy(" ".join(foot.text_content() for foot in table.iter("tfoot"))).strip(),
            "broad": size == "broad",
            "half_points": round(2 * SIZE * share),
            "widths": widths,
            "rows": list(_rows(table, widths, fit)),
        }


def _runs(cell: "HtmlElement") -> list[tuple[str, bool]]:
    """The texts of a cell, each with whether it is an invented number."""
    parts = []
    for element, side in texts(cell):
        holder = element if side == "text" else element.getparent()
        made_up = any("invented" in each.classes for each in (holder, *holder.iterancestors("span")))
        parts += [(text, made_up)] if (text := tidy(getattr(element, side))) else []
    if parts:
        parts[0] = parts[0][0].lstrip(), parts[0][1]
        parts[-1] = parts[-1][0].rstrip(), parts[-1][1]
    return [part for part in parts if part[0]]


def _rows(table: "HtmlElement", widths: list[int], fit: Fit) -> Iterator[dict]:
    """The rows: `head` where it is repeated on each page, `keep` where it stays with the next."""
    rows = table.xpath("./thead/tr | ./tbody/tr")
    for turn, (row, places) in enumerate(zip(rows, grid(rows), strict=True), 1):
        head, group = row.getparent().tag == "thead", "group" in row.classes
        cells = [
            {
                "runs": [] if place.merge == "continue" else _runs(place.cell),
                "span": place.span,
                "width": sum(widths[place.column : place.column + place.span]),
                "merge": place.merge,
                "number": place.merge != "continue" and "number" in place.cell.classes,
                "bold": group and place.merge != "continue",
            }
            for place in places
        ]
        yield {"head": head, "keep": turn < len(rows) and (head or group or fit.lines <= SHORT), "cells": cells}
