"""How the page looks: its templates, stylesheets, scripts, typefaces and drawings, all carried in the page itself."""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from io import BytesIO
from itertools import groupby
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from keepsafe import paths

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("wide", "turn", "place", "sources", "light", "numbers", "lines", "search", "scorecard", "explore")
# Western European letters and the signs of the field; anything else falls back to the reader's own fonts.
LETTERS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])) + "–—‘’“”…†‡•−×≤≥≈≠∞→←↑↓αβγκμσχΔ"
FEATURES = ["kern", "liga", "lnum", "pnum", "tnum"]
# family, style, weight, name in the packages of fonts (SIL Open Font License 1.1)
FACES = [
    ("Source Serif Pro", "normal", 400, "SourceSerifPro"),
    ("Source Serif Pro", "italic", 400, "SourceSerifProIt"),
    ("Source Serif Pro", "normal", 600, "SourceSerifProSemibold"),
    ("Source Sans Pro", "normal", 400, "SourceSansPro"),
    ("Source Sans Pro", "italic", 400, "SourceSansProIt"),
    ("Source Sans Pro", "normal", 600, "SourceSansProSemibold"),
]
ONCE = Lock()  # for what takes a second to make, and is the same for all
SPACE = re.compile(r"[ \t\r\n\f]+")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # no typeface has them


def tidy(text: str | None) -> str:
    """A text with single spaces, and without what no file of text may hold."""
    return CONTROL.sub("", SPACE.sub(" ", text or ""))


def slug(text: str) -> str:
    """What stands for a text in an address.

    >>> slug("Fisher's exact test")
    'fisher-s-exact-test'
    """
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


@cache
def templates(folder: Path = PAGE, **filters):
    """The templates of a folder, in which all that is filled into HTML or XML is escaped; filters have their names.

    One that all have is `grouped`: rows, or other things, by what they have under a name, as often as that changes.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(("html.j2", "xml.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def grouped(rows: Iterable, name: str) -> list[tuple]:
        parts = groupby(rows, lambda row: environment.getitem(row, name))
        return [(said, list(members)) for said, members in parts]

    environment.filters |= {"grouped": grouped} | filters
    return environment


def edition() -> dict[str, str]:
    """Who made this edition and when, as CITATION.cff says; empty for a compendium without one."""
    import yaml

    file = paths.root() / paths.CITATION
    if not file.is_file():
        return {}
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    date = said["date-released"]
    names = [each.get("name") or f"{each['given-names']} {each['family-names']}" for each in said["authors"]]
    return {
        "authors": ", ".join(names),
        "title": said["title"],
        "version": said["version"],
        "date": f"{date.day} {date:%B %Y}",
        "year": str(date.year),
    }


def look() -> dict[str, str]:
    """Stylesheets, typefaces and script, and the policy by which a browser holds the page to itself."""
    from markupsafe import Markup

    early = 'document.documentElement.className = "js";'
    script = '"use strict";\n' + "\n".join(f"{{\n{_text(f'script/{name}.js')}}}" for name in SCRIPTS)
    hashes = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in (early, script))
    policy = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; script-src "
    return {
        "faces": Markup(font_faces()),
        "style": Markup("\n".join((_text("report.css"), _text("tools.css")))),
        "paper": Markup(_text("print.css")),
        "early": Markup(early),
        "script": Markup(script),
        "policy": policy + hashes,
    }


def _text(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def font_faces() -> str:
    """Rules of CSS that hold the typefaces, about 100 kB; made once, whichever thread asks first.

    Examples
    --------
    >>> font_faces().count("@font-face")
    6
    """
    with ONCE:
        return _faces()


@cache
def _faces() -> str:
    rule = "@font-face{{font-family:'{}';font-style:{};font-weight:{};font-display:swap;src:url({}) format('woff2')}}"
    return "\n".join(rule.format(family, style, weight, _address(name)) for family, style, weight, name in FACES)


def _address(name: str) -> str:
    """A face as a data address, with no more letters than the page needs."""
    import font_source_sans_pro
    import font_source_serif_pro
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    files = font_source_sans_pro.font_files_ttf | font_source_serif_pro.font_files_ttf
    options = Options(layout_features=FEATURES, hinting=False, recalc_timestamp=False)
    options.drop_tables = [*options.drop_tables, "name"]  # put back as it is: to fit it takes long
    subsetter, out = Subsetter(options), BytesIO()
    subsetter.populate(text=LETTERS)
    with TTFont(files[name], lazy=True, recalcTimestamp=False) as font:
        names = font["name"]
        names.names = [record for record in names.names if record.nameID in (1, 2, 4, 6)]
        subsetter.subset(font)
        font["name"] = names
        font.flavor = "woff2"
        font.save(out)
    return f"data:font/woff2;base64,{b64encode(out.getvalue()).decode()}"


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
COLOURS = {"#222222": "currentColor", "#000000": "currentColor", "#555555": "var(--quiet)", "#ffffff": "var(--card)"}
GRID = "var(--hair)"
MIXED = "color-mix(in srgb, {} var(--keep), var(--card))"
LIGHT, LIGHTEST = 0.42, 0.7  # luminance from which a colour is light, and from which a line is one of the grid
BOX = re.compile(r' viewBox="\s*\S+\s+\S+\s+([\d.]+)\s+([\d.]+)[^"]*"')
DRAWN = "data:image/svg+xml,"  # how the address begins of an image that is a drawing, and no photograph
INLINE = re.compile(r'<svg class="(wide|narrow)" role="img" aria-label="([^"]*)"([^>]*)>(.*?)</svg>', re.S)


def inlined(svg: str, name: str, alt: str, tips: Sequence[str] = (), look: str = "wide") -> str:
    """A drawing of matplotlib's as an element of the page, "wide", or "narrow" for narrow screens.

    What is named in it is named after its own `name`. `tips` are said of the marks whose groups are named tip-0, tip-1,
    ...; `alt` tells what it shows to somebody who cannot see it.

    Examples
    --------
    >>> inlined('<svg viewBox="0 0 4 2"><g id="tip-0"><path style="fill: #222222"/></g></svg>', "f", "Two.", ["2 < 3"])
    '<svg class="wide" role="img" aria-label="Two." width="4" height="2" viewBox="0 0 4 2"><g class="tip"><title>2 &lt; 3</title><path style="fill: currentColor"/></g></svg>'
    """  # noqa: E501

    def tip(found: re.Match) -> str:
        turn = int(found[1])
        return f'<g class="tip"><title>{escape(tips[turn])}</title>' if turn < len(tips) else "<g>"

    def renamed(found: re.Match) -> str:
        named = f' id="{names[found[3]]}"' if found[3] in names else ""
        return f"<{found[1]}{found[2]}{named}"

    def joined(found: re.Match) -> str:
        """Paths of one look as one path."""
        lines = " ".join(line.strip() for line in re.findall(r'<path d="([^"]*)"', found[0]))
        return f'<path d="{lines}"{found[1]}/>'

    text = re.sub(r"\s+", " ", SUPERFLUOUS.sub("", _without(svg, "synthetic")))  # said in the caption
    text = text.replace("> <", "><").replace(' "', '"').replace("xlink:href", "href").strip()
    text = TIP.sub(tip, text)
    text = NUMBER.sub(lambda found: re.sub(r"(\.\d)\d+", r"\1", found[0]), text)
    used = {old for _, old in REFERENCE.findall(text)}
    names = {old: f"{name}.{look[0]}{turn}" for turn, old in enumerate(sorted(used))}
    text = NAMED.sub(renamed, text)
    text = REFERENCE.sub(lambda found: found[1] + names[found[2]], text)
    text = re.sub(r' (fill|stroke)="(#[0-9a-f]{6})"', r' style="\1: \2"', text)
    text = re.sub(r"<[^>]*>", lambda tag: PAINT.sub(lambda each: _paint(each, tag[0]), tag[0]), text)
    text = ALIKE.sub(joined, text)
    for _ in range(3):
        text = re.sub(r"<g>\s*</g>|<g/>|<defs>\s*</defs>|<defs/>", "", text)
    box = BOX.search(svg)
    space = f' width="{float(box[1]):.0f}" height="{float(box[2]):.0f}"{box[0]}' if box else ""
    inner = re.sub(r"^<svg[^>]*?/?>|</svg>$", "", text)
    return f'<svg class="{look}" role="img" aria-label="{escape(alt)}"{space}>{inner}</svg>'


def _without(svg: str, name: str) -> str:
    """The drawing without the group of a name, and all that is in it."""
    start, depth = svg.find(f'<g id="{name}">'), 0
    for tag in re.finditer(r"<g\b[^>]*?(/?)>|</g>", svg[start:]) if start >= 0 else ():
        depth += -1 if tag[0] == "</g>" else 0 if tag[1] else 1
        if not depth:
            return svg[:start] + svg[start + tag.end() :]
    return svg


def _paint(found: re.Match, tag: str) -> str:
    what, colour = found[1], found[2]
    if tag.startswith("<text"):  # white letters stand on a colour
        return f"{what}: {colour if colour == '#ffffff' else COLOURS.get(colour, colour)}"
    light = _luminance(colour)
    if colour in COLOURS:
        colour = COLOURS[colour]
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


def as_images(page: str) -> str:
    """A page whose drawings are images again, each whole in its address: what reads HTML alone keeps them so."""

    def image(found: re.Match) -> str:
        address = DRAWN + quote(standalone(found[3], found[4]))
        sides = "".join(re.findall(r' (?:width|height)="[\d.]+"', found[3]))
        return f'<img class="{found[1]}" alt="{found[2]}"{sides} src="{address}">'

    return INLINE.sub(image, page)


def standalone(attributes: str, inner: str) -> str:
    """A drawing of the page as a file of its own, in matplotlib's colours.

    >>> standalone(' viewBox="0 0 4 2"', '<path style="stroke: var(--quiet)"/>')[-46:]
    '0 0 4 2"><path style="stroke: #555555"/></svg>'
    """
    for colour, ours in COLOURS.items():
        if colour != "#000000":
            inner = inner.replace(f": {ours}", f": {colour}")
    inner = re.sub(r"color-mix\(in srgb, (#\w+) var\(--keep\), var\(--card\)\)", r"\1", inner)
    inner = inner.replace(f": {GRID}", ": #e4e4e4")
    look = 'font-family="Source Sans Pro, DejaVu Sans" stroke-linejoin="round"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {look}{attributes}>{inner}</svg>'
