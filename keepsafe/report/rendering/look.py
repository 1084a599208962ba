"""How the page looks: its templates, stylesheets, scripts and typefaces, all carried in the page itself."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path

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


SPACE = re.compile(r"[ \t\r\n\f]+")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # no typeface has them


def tidy(text: str | None) -> str:
    """A text with single spaces, and without what no file of text may hold."""
    return CONTROL.sub("", SPACE.sub(" ", text or ""))


@cache
def templates(**filters):
    """The templates of page/; filters are known to them by name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= filters
    return environment


def edition() -> dict[str, str]:
    """Who made this edition and when, as CITATION.cff says; empty for a compendium without one."""
    import yaml

    file = paths.root() / "CITATION.cff"
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


@cache
def font_faces() -> str:
    """Rules of CSS that hold the typefaces, about 100 kB.

    Examples
    --------
    >>> font_faces().count("@font-face")
    6
    """
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
