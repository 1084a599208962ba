"""The page made ready for paper: no code, tables that fit, a register of its numbers."""

from typing import TYPE_CHECKING

from keepsafe.report.rendering.chapters import PAGE
from keepsafe.report.rendering.columns import fit_page
from keepsafe.report.rendering.nodes import to_node
from keepsafe.report.rendering.register import register

if TYPE_CHECKING:
    import pandas as pd
    from lxml.html import HtmlElement

# What only a screen shows.
SCREEN_TAGS = ("script", "style", "button", "input", "select", "form", "dialog")
SCREEN_CLASSES = ("contents", "skip", "code", "tool", "card", "on-screen")
SIZES = {"plain": 54.0, "small": 60.4, "broad": 92.8}  # ems in a line of a table: usual type, smaller, on its side
SHORT, LONG = 26, 60  # lines of a table that stays on one page, rows from which type is smaller
WORDY = 2  # lines a row from which rows stand apart
INSETS = {False: 0.36, True: 0.6}  # ems above and below a row, of a wordy table the latter


def on_paper(page: str, values: "pd.DataFrame") -> dict:
    """What the printed report holds.

    Parameters
    ----------
    page : the report as `render` makes it.
    values : what the notebooks recorded, with the columns of values.csv.

    Returns
    -------
    title, label (that the case files are synthetic, or blank) and body: the node of `to_node`.
    """
    from lxml import html

    tree = html.document_fromstring(page)
    _leave_out(tree)
    _append_register(tree, values)
    for value in tree.find_class("value"):  # nothing points at a number here; the register tells
        value.drop_tag()
    for turn, table in enumerate(tree.iter("table")):
        table.set("name", f"table {turn}")
        _fit(table)
    _level_headings(tree)
    known = {element.get("id") for element in tree.iter() if element.get("id")}
    return {
        "title": tree.findtext(".//title") or "",
        "label": next((tag.text_content() for tag in tree.find_class("tag")), ""),
        "body": to_node(tree.find("body"), known & {link.get("href", "")[1:] for link in tree.iter("a")}),
    }


def _leave_out(tree: "HtmlElement") -> None:
    gone = [*tree.iter(*SCREEN_TAGS), *tree.xpath("//*[@aria-hidden='true']")]
    gone += [element for name in SCREEN_CLASSES for element in tree.find_class(name)]
    for chapters in tree.find_class("chapters"):  # the contents say more
        gone += [chapters, *chapters.itersiblings("h2", preceding=True)]
    for element in gone:
        if element.getparent() is not None:
            element.drop_tree()


def _append_register(tree: "HtmlElement", values: "pd.DataFrame") -> None:
    """Set the register before the colophon."""
    from jinja2 import Environment, FileSystemLoader
    from lxml.html import fragment_fromstring

    if entries := list(register(tree, values)):
        environment = Environment(loader=FileSystemLoader(PAGE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
        part = fragment_fromstring(environment.get_template("register.html.j2").render(entries=entries))
        list(tree.iter("article"))[-1].addprevious(part)


def _fit(table: "HtmlElement") -> None:
    """Give each column of a table its share; say what size of type and what space it needs, and whether it is short."""
    rows = len(list(table.iter("tr")))
    size, fit = fit_page(table, dict(list(SIZES.items())[rows > LONG :]))
    table.classes.update({size, "short"} if fit.lines <= SHORT else {size})
    table.set("inset", str(INSETS[fit.lines > WORDY * rows]))
    for row in table.xpath("./tbody/tr")[-2:]:
        row.classes.add("tail")
    table.set("scale", f"{min(SIZES[size] / fit.needed, 1):.3f}")  # what fits no page is set smaller
    table.set("widths", " ".join(f"{width / max(SIZES[size], fit.needed):.4f}" for width in fit.widths))


def _level_headings(tree: "HtmlElement") -> None:
    """Say of each heading its level, none left out, of a chapter's its number, and which the contents leave out."""
    last = 0
    for heading in tree.xpath("//h2 | //h3 | //h4 | //h5 | //h6"):
        last = min(int(heading.tag[1]) - 1, last + 1)
        heading.set("level", str(last))
        if heading.getparent().tag == "header":
            heading.classes.add("chapter")
            heading.set("number", heading.xpath("string(preceding-sibling::p/text())").removeprefix("Chapter").strip())
        if last > 1 and heading.xpath("ancestor::article[not(./header/p)]"):
            heading.classes.add("unlisted")
