"""Tables where nothing scrolls: how wide their columns are on paper, and all of them in one Word document."""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from keepsafe.report.rendering.look import PAGE, templates, tidy

if TYPE_CHECKING:
    from lxml.html import HtmlElement

GAP = 1.1  # between two columns, in ems of the table's type
BOLD = 1.05  # how much wider a heading's letters are
STEP = 0.5
BREAK = re.compile(r"(?<=[^,;]) (?=[^(\[])")  # where a number such as '9.8 (9.1 to 10.5)' may not break
WORDS = re.compile(r"[^ \n\t]+")  # a space without a break joins


class Cell(NamedTuple):
    """A cell that tells something: where it is, how many columns it spans, its longest word and its text in ems."""

    row: int
    column: int
    span: int
    word: float
    text: float


@dataclass(frozen=True)
class Fit:
    """How a table fits: widths of its columns and what it needs, in ems, and the lines that it takes."""

    widths: list[float]
    needed: float
    lines: int


def fit_page(table: "HtmlElement", measures: Mapping[str, float]) -> tuple[str, Fit]:
    """The first of several measures into which a table fits, or the last; its numbers are made to stay whole."""
    for cell in table.iter("td"):
        if "number" in cell.classes:
            _keep_whole(cell)
    for name in measures:
        fit = fit_columns(table, measures[name])
        if fit.needed <= measures[name]:
            break
    return name, fit


def texts(element: "HtmlElement") -> Iterator[tuple["HtmlElement", str]]:
    """The places of an element's texts in the order in which they are read: an element, and "text" or "tail"."""
    yield element, "text"
    for child in element:
        yield from texts(child)
        yield child, "tail"


def _keep_whole(cell: "HtmlElement") -> None:
    """Numbers such as '9.8 (9.1 to 10.5)' shall not break, whatever elements their parts stand in."""
    places = list(texts(cell))
    parts = [re.sub(r"[ \n\t]+", " ", getattr(element, side) or "") for element, side in places]
    whole, start = BREAK.sub("\N{NO-BREAK SPACE}", "".join(parts)), 0
    for (element, side), part in zip(places, parts, strict=True):
        setattr(element, side, whole[start : start + len(part)] or None)
        start += len(part)


def fit_columns(table: "HtmlElement", measure: float) -> Fit:
    """Share a measure among the columns of a table, so that no word is cut and the table is as short as may be.

    Each column has room for its longest word; every further half em goes to the column where it saves most.

    Examples
    --------
    >>> from lxml.html import fragment_fromstring
    >>> rows = "<tr><td>White British</td><td>91.2</td></tr><tr><td>White other</td><td>8.8</td></tr>"
    >>> fit = fit_columns(fragment_fromstring(f"<table>{rows}</table>"), measure=54)
    >>> [round(width, 1) for width in fit.widths], fit.lines
    ([6.4, 2.8], 2)
    """
    import numpy as np

    told = list(cells(table))
    columns = max((cell.column + cell.span for cell in told), default=0)
    least, text = np.full(columns, 1.0), np.zeros((max((cell.row + 1 for cell in told), default=0), columns))
    for cell in sorted(told, key=lambda cell: cell.span):
        if cell.span == 1:
            least[cell.column] = max(least[cell.column], cell.word)
            text[cell.row, cell.column] = cell.text
        else:  # a heading over several columns widens the last of them
            over = slice(cell.column, cell.column + cell.span)
            least[cell.column + cell.span - 1] += max(cell.word - least[over].sum() - GAP * (cell.span - 1), 0)
    widths, spare = least.copy(), measure - least.sum() - GAP * columns
    while spare > 0 and (heights := text / widths).max(initial=0) > 1:
        deepest = np.maximum(heights.max(axis=1), 1)
        saved = []
        for place in range(columns):
            wider = heights.copy()
            wider[:, place] = text[:, place] / (widths[place] + STEP)
            saved.append((deepest - np.maximum(wider.max(axis=1), 1)).sum())
        # Where no column alone makes a row shorter, the one with most text above its first line.
        best = int(np.argmax(saved)) if max(saved) > 1e-9 else int(np.argmax((heights - 1).clip(0).sum(axis=0)))
        longest = text[:, best].max() - widths[best]
        step = min(STEP, spare, longest if longest > 0 else STEP)
        widths[best] += step
        spare -= step
    lines = int(np.ceil((text / widths).round(6)).max(axis=1, initial=1).sum()) if columns else 0
    return Fit((widths + GAP).tolist(), float(least.sum() + GAP * columns), lines)


class Place(NamedTuple):
    """A cell and where it is in a row; merge is "continue" below its first row, and "restart" there if it has more."""

    column: int
    span: int
    cell: "HtmlElement"
    merge: str


def grid(rows: Iterable["HtmlElement"]) -> Iterator[list[Place]]:
    """What stands in each row of a table, the cells of earlier rows that reach down into it among it."""
    above: dict[int, tuple[Place, int]] = {}  # by column, and for how many rows from here
    for row in rows:
        column, places, cells = 0, [], iter(row)
        while True:
            if column in above:
                place, left = above.pop(column)
                places.append(place._replace(merge="continue"))
            elif (cell := next(cells, None)) is not None:
                left = int(cell.get("rowspan", 1))
                place = Place(column, int(cell.get("colspan", 1)), cell, "restart" if left > 1 else "")
                places.append(place)
            else:
                break
            if left > 1:
                above[column] = place, left - 1
            column += place.span
        yield places


def cells(table: "HtmlElement") -> Iterator[Cell]:
    """The cells of a table; what spans columns of its body is a heading or a note over whole rows, and left out."""
    for number, places in enumerate(grid(table.iter("tr"))):
        for column, span, cell, merge in places:
            head = cell.getparent().getparent().tag == "thead"
            words = [_width(word) * (BOLD if head else 1) for word in WORDS.findall(cell.text_content())]
            if words and (head or span == 1) and merge != "continue":
                yield Cell(number, column, span, max(words), sum(words) + (len(words) - 1) * _width(" "))


def _width(text: str) -> float:
    return sum(_advances().get(ord(letter), 0.6) for letter in text)


@cache
def _advances() -> dict[int, float]:
    """How far each letter of the tables' typeface advances, in ems."""
    from font_source_sans_pro import font_files_ttf
    from fontTools.ttLib import TTFont

    with TTFont(font_files_ttf["SourceSansPro"], lazy=True) as font:
        advances, units = font["hmtx"].metrics, font["head"].unitsPerEm
        return {letter: advances[glyph][0] / units for letter, glyph in font.getBestCmap().items()}


ABOUT = "The tables of report.html, each with its number there. As CSV they are in the folder tables."
NONE = "The report holds no tables."
SIZE = 9  # of type in a table, in points
EM = 1.05 * SIZE  # Word sets other typefaces than the PDF
MEASURES = {"upright": 166 / 25.4 * 72 / EM, "broad": 253 / 25.4 * 72 / EM}  # ems in a line of a page
SHORT = 22  # lines of a table that stays on one page


def tables_document(page: str) -> bytes:
    """The numbered tables of the report as report-tables.docx."""
    from docx import Document
    from docx.oxml import parse_xml
    from lxml import html

    tree = html.document_fromstring(page)
    chapters = []
    for article in tree.iter("article"):
        number = tidy(article.xpath("string(./header/p/text())")).removeprefix("Chapter").strip()
        title = f"{number} {tidy(article.xpath('string(.//h2)')).strip()}".strip()
        if tables := list(word_tables(article)):
            chapters.append({"title": title, "tables": tables})
    label = " ".join(f"{tag.text_content()}." for tag in tree.find_class("tag")[:1])
    document = Document()
    title = tidy(f"{tree.findtext('.//title')}: the tables")
    _set_up(document, title, label)
    body = templates().get_template("word.xml.j2")
    about = f"{ABOUT if chapters else NONE} {label}".strip()
    key = tidy(next((key.text_content() for key in tree.find_class("ink-key")), "")).strip()
    footer = document.sections[0]._sectPr.footerReference_lst[0].rId
    made = parse_xml(body.render(title=title, about=about, key=key, chapters=chapters, footer=footer))
    old = document.element.body
    old.getparent().replace(old, made)
    return _packed(document)


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
    foot._p.append(OxmlElement("w:fldSimple", {qn("w:instr"): " PAGE "}))
    package = document.part.package
    for name in [name for name, relation in package.rels.items() if relation.reltype.endswith("/thumbnail")]:
        del package.rels[name]  # a picture of another document
    facts = document.core_properties
    facts.title, facts.language, facts.author, facts.comments = title, "en-GB", "keepsafe", ""
    for dated in facts._element.xpath("dcterms:created | dcterms:modified"):
        facts._element.remove(dated)


def _packed(document) -> bytes:
    """The document's file; each of its parts has the same time, that of ZipInfo, so that equal reports are equal."""
    draft, final = BytesIO(), BytesIO()
    document.save(draft)
    with zipfile.ZipFile(draft) as parts, zipfile.ZipFile(final, "w", zipfile.ZIP_DEFLATED) as file:
        for name in parts.namelist():
            file.writestr(zipfile.ZipInfo(name), parts.read(name), zipfile.ZIP_DEFLATED)
    return final.getvalue()


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
                "span": span,
                "width": sum(widths[column : column + span]),
                "merge": merge,
                "runs": [] if merge == "continue" else _runs(cell),
                "number": merge != "continue" and "number" in cell.classes,
                "bold": group,
            }
            for column, span, cell, merge in places
        ]
        yield {"head": head, "keep": turn < len(rows) and (head or group or fit.lines <= SHORT), "cells": cells}
