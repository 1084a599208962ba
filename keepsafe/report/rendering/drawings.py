"""Figures in the page: as drawings in it, which follow its colours and tell their values, and again for paper."""

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import quote, unquote

SUPERFLUOUS = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>|<title>.*?</title>"
    r"| xmlns(?::xlink)?=\"[^\"]*\"| transform=\"rotate\(-?0 [^\"]*\"|font-family: [^;\"]*; ?| version=\"1.1\"",
    re.S,
)
TIP = re.compile(r'<g id="tip-(\d+)">')
NAMED = re.compile(r'<([a-zA-Z]+)([^>]*) id="([^"]+)"')
ALIKE = re.compile(r'<path d="[^"]*"((?:(?!opacity)[^>])*)/>(?:<path d="[^"]*"\1/>)+')
REFERENCE = re.compile(r'(url\(#|href="#)([^)"]+)')
NUMBER = re.compile(r'(?<= d=")[^"]*|(?<= [xy]=")[^"]*')
PAINT = re.compile(r"(fill|stroke): (#[0-9a-f]{6})")
#: Colours of matplotlib's, and those of the page in their place; a light colour is less so on a dark page.
PAGE = {"#222222": "currentColor", "#000000": "currentColor", "#555555": "var(--quiet)", "#ffffff": "var(--card)"}
GRID = "var(--hair)"
MIXED = "color-mix(in srgb, {} var(--keep), var(--card))"
LIGHT, LIGHTEST = 0.42, 0.7  # luminance from which a colour is light, and from which a line is one of the grid
INLINE = re.compile(r'<svg class="(wide|narrow)" role="img" aria-label="([^"]*)"([^>]*)>(.*?)</svg>', re.S)


def inlined(svg: str, name: str, alt: str, tips: Sequence[str] = (), look: str = "wide") -> str:
    """A drawing of matplotlib's as an element of the page.

    Parameters
    ----------
    svg : the file.
    name : which no other drawing has; what is named in it is named after it.
    alt : what it tells somebody who cannot see it.
    tips : what is said of the marks whose groups are named tip-0, tip-1, ...
    look : "wide", or "narrow" for narrow screens.

    Examples
    --------
    >>> inlined('<svg viewBox="0 0 4 2"><g id="tip-0"><path style="fill: #222222"/></g></svg>', "f", "Two.", ["2 < 3"])
    '<svg class="wide" role="img" aria-label="Two." width="4" height="2" viewBox="0 0 4 2"><g class="tip"><title>2 &lt; 3</title><path style="fill: currentColor"/></g></svg>'
    """  # noqa: E501
    text = (
        re.sub(r"\s+", " ", SUPERFLUOUS.sub("", _without(svg, "synthetic")))  # said in the caption
        .replace("> <", "><")
        .replace(' "', '"')
        .replace("xlink:href", "href")
        .strip()
    )
    text = TIP.sub(lambda found: _tip(tips, int(found[1])), text)
    text = NUMBER.sub(lambda found: re.sub(r"(\.\d)\d+", r"\1", found[0]), text)
    used = {old for _, old in REFERENCE.findall(text)}
    names = {old: f"{name}.{look[0]}{turn}" for turn, old in enumerate(sorted(used))}
    text = NAMED.sub(lambda found: _renamed(found, names), text)
    text = REFERENCE.sub(lambda found: found[1] + names[found[2]], text)
    text = re.sub(r' (fill|stroke)="(#[0-9a-f]{6})"', r' style="\1: \2"', text)
    text = re.sub(r"<[^>]*>", lambda tag: PAINT.sub(lambda each: _paint(each, tag[0]), tag[0]), text)
    text = ALIKE.sub(_joined, text)
    for _ in range(3):
        text = re.sub(r"<g>\s*</g>|<g/>|<defs>\s*</defs>|<defs/>", "", text)
    size = drawing_size(svg)
    space = f' width="{size[0]}" height="{size[1]}"' if size else ""
    box = re.search(r' viewBox="[^"]*"', svg)
    inner = re.sub(r"^<svg[^>]*?/?>|</svg>$", "", text)
    said = escape(alt)
    return f'<svg class="{look}" role="img" aria-label="{said}"{space}{box[0] if box else ""}>{inner}</svg>'


def _without(svg: str, name: str) -> str:
    """The drawing without the group of a name, and all that is in it."""
    start, depth = svg.find(f'<g id="{name}">'), 0
    for tag in re.finditer(r"<g\b[^>]*?(/?)>|</g>", svg[start:]) if start >= 0 else ():
        depth += -1 if tag[0] == "</g>" else 0 if tag[1] else 1
        if not depth:
            return svg[:start] + svg[start + tag.end() :]
    return svg


def _tip(tips: Sequence[str], turn: int) -> str:
    return f'<g class="tip"><title>{escape(tips[turn])}</title>' if turn < len(tips) else "<g>"


def _joined(found: re.Match) -> str:
    """Paths of one look as one path."""
    lines = " ".join(line.strip() for line in re.findall(r'<path d="([^"]*)"', found[0]))
    return f'<path d="{lines}"{found[1]}/>'


def _renamed(found: re.Match, names: dict[str, str]) -> str:
    named = f' id="{names[found[3]]}"' if found[3] in names else ""
    return f"<{found[1]}{found[2]}{named}"


def _paint(found: re.Match, tag: str) -> str:
    what, colour = found[1], found[2]
    if tag.startswith("<text"):  # white letters stand on a colour
        return f"{what}: {colour if colour == '#ffffff' else PAGE.get(colour, colour)}"
    light = _luminance(colour)
    if colour in PAGE:
        colour = PAGE[colour]
    elif what == "stroke" and light > LIGHTEST:
        colour = GRID
    elif light > LIGHT:
        colour = MIXED.format(colour)
    return f"{what}: {colour}"


def _luminance(colour: str) -> float:
    """How light a colour is, from 0 to 1 (WCAG's relative luminance).

    >>> round(_luminance("#ffffff"), 2), round(_luminance("#0072b2"), 2)
    (1.0, 0.15)
    """
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def drawing_size(svg: str) -> tuple[int, int] | None:
    """Width and height of an SVG file in its own units; None where it does not say."""
    box = re.search(r'viewBox="\s*\S+\s+\S+\s+([\d.]+)\s+([\d.]+)', svg)
    return (round(float(box[1])), round(float(box[2]))) if box else None


def as_images(page: str) -> str:
    """A page whose drawings are images again, each whole in its address: what reads HTML alone keeps them so."""

    def image(found: re.Match) -> str:
        address = "data:image/svg+xml," + quote(standalone(found[3], found[4]))
        sides = "".join(re.findall(r' (?:width|height)="[\d.]+"', found[3]))
        return f'<img class="{found[1]}" alt="{found[2]}"{sides} src="{address}">'

    return INLINE.sub(image, page)


def drawn(address: str) -> str | None:
    """The SVG of an image's address; None where it is a photograph.

    >>> drawn("data:image/svg+xml,%3Csvg/%3E"), drawn("data:image/png;base64,xyz")
    ('<svg/>', None)
    """
    return unquote(address.partition(",")[2]) if address.startswith("data:image/svg+xml,") else None


def standalone(attributes: str, inner: str) -> str:
    """A drawing of the page as a file of its own, in matplotlib's colours.

    >>> standalone(' viewBox="0 0 4 2"', '<path style="stroke: var(--quiet)"/>')[-46:]
    '0 0 4 2"><path style="stroke: #555555"/></svg>'
    """
    for colour, ours in PAGE.items():
        if colour != "#000000":
            inner = inner.replace(f": {ours}", f": {colour}")
    inner = re.sub(r"color-mix\(in srgb, (#\w+) var\(--keep\), var\(--card\)\)", r"\1", inner)
    inner = inner.replace(f": {GRID}", ": #e4e4e4")
    look = 'font-family="Source Sans Pro, DejaVu Sans" stroke-linejoin="round"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {look}{attributes}>{inner}</svg>'
