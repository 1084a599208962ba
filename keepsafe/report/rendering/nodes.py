"""A page's elements as plain nodes, for a typesetter that knows no HTML."""

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from lxml.html import HtmlElement

BLOCKS = set(
    "body main header nav section article div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre blockquote figure figcaption "
    "details summary table caption thead tbody tfoot tr td th".split()
)
SPACE = re.compile(r"[ \t\r\n\f]+")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # no typeface has them
NUMBERS = ("colspan", "rowspan", "level")


def to_node(element: "HtmlElement", aims: set[str]) -> dict:
    """An element with all that it holds.

    Parameters
    ----------
    element : of a page that `on_paper` has made ready.
    aims : the addresses at which some link ends.

    Returns
    -------
    tag, classes, id (blank where no link ends) and kids: texts and nodes in their order. A link within the page has
    href, a picture svg, alt, width and height, a heading level and number, a table name, widths, scale and inset, and
    a cell colspan and rowspan.

    Examples
    --------
    >>> from lxml.html import fragment_fromstring
    >>> node = to_node(fragment_fromstring("<p> So <b>54</b>\\n  of them </p>"), set())
    >>> node["kids"][0], node["kids"][1]["kids"], node["kids"][2]
    ('So ', ['54'], ' of them')
    """
    name, aim = element.get("id", ""), element.get("href", "").removeprefix("#")
    node = {"tag": element.tag, "classes": sorted(element.classes), "id": name if name in aims else ""}
    if element.tag == "a" and aim in aims:
        node["href"] = aim
    if element.tag == "img":
        node |= {"svg": _drawing(element), "alt": element.get("alt", "")}
        node |= {side: float(element.get(side) or 0) for side in ("width", "height")}
    if element.tag == "table":
        node["widths"] = [float(width) for width in element.get("widths").split()]
        node |= {name: float(element.get(name)) for name in ("scale", "inset")} | {"name": element.get("name")}
    node |= {name: int(element.get(name)) for name in NUMBERS if element.get(name)}
    return node | {"number": element.get("number", ""), "kids": _kids(element, aims)}


def _kids(element: "HtmlElement", aims: set[str]) -> list:
    if element.tag == "pre":
        return [CONTROL.sub("", element.text_content())]
    kids = [tidy(element.text)]
    for child in element:
        kids += [to_node(child, aims)] if isinstance(child.tag, str) else []
        kids.append(tidy(child.tail))
    if element.tag in BLOCKS:  # a space parts words, not paragraphs
        kids[0] = kids[0].lstrip(" ")
        kids[-1] = kids[-1].rstrip(" ")
        if any(child.tag in BLOCKS for child in element):
            kids = [kid for kid in kids if kid != " "]
    return [kid for kid in kids if kid]


def tidy(text: str | None) -> str:
    """A text with single spaces, and without what no file of text may hold."""
    return CONTROL.sub("", SPACE.sub(" ", text or ""))


def _drawing(image: "HtmlElement") -> str:
    """A picture as SVG; a photograph stands inside one."""
    address = image.get("src", "")
    if address.startswith("data:image/svg+xml,"):
        return unquote(address.partition(",")[2])
    size = f'width="{image.get("width", 100)}" height="{image.get("height", 100)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{escape(address)}"/></svg>'
