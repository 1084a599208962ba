"""Every numbered table of the page in one Word document: real styles, captions that count, heads that repeat."""

import zipfile
from io import BytesIO

from keepsafe.report.rendering.chapters import PAGE
from keepsafe.report.rendering.nodes import tidy
from keepsafe.report.rendering.word_tables import word_tables

ABOUT = "The tables of report.html, each with its number there. As CSV they are in the folder tables."
NONE = "The report holds no tables."
EPOCH = (1980, 1, 1, 0, 0, 0)  # the time that a ZIP file gives its parts, so that equal reports are equal files


def tables_document(page: str) -> bytes:
    """The numbered tables of the report as report-tables.docx.

    Parameters
    ----------
    page : the report as `render` makes it.

    Returns
    -------
    The file; the same bytes for the same input. Tables have a style, a caption that Word counts and lists, header rows
    that repeat on each page and are flagged as such, and their note; wide ones stand on pages on their side.
    """
    from docx import Document
    from docx.oxml import parse_xml
    from jinja2 import Environment, FileSystemLoader
    from lxml import html

    tree = html.document_fromstring(page)
    chapters = [{"title": _title(article), "tables": list(word_tables(article))} for article in tree.iter("article")]
    chapters = [chapter for chapter in chapters if chapter["tables"]]
    label = " ".join(f"{tag.text_content()}." for tag in tree.find_class("tag")[:1])
    document = Document()
    title = tidy(f"{tree.findtext('.//title')}: the tables")
    _set_up(document, title, label)
    environment = Environment(loader=FileSystemLoader(PAGE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    body = environment.get_template("word.xml.j2").render(
        title=title,
        about=f"{ABOUT if chapters else NONE} {label}".strip(),
        chapters=chapters,
        footer=document.sections[0]._sectPr.footerReference_lst[0].rId,
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
