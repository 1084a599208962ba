"""The page's two typefaces, carried in the page, so that every reader sees the document that was looked at."""

from base64 import b64encode
from functools import cache
from io import BytesIO

# Western European letters and the signs of the field; anything else falls back to the reader's own fonts.
LETTERS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])) + "–—‘’“”…†‡•−×≤≥≈≠∞→←↑↓αβγκμσχΔ"
FEATURES = ["kern", "liga", "lnum", "pnum", "tnum"]
# family, style, weight, name in the packages of fonts (SIL Open Font License 1.1)
FACES = [
    ("Source Serif Pro", "normal", 400, "SourceSerifPro"),
    ("Source Serif Pro", "italic", 400, "SourceSerifProIt"),
    ("Source Serif Pro", "normal", 600, "SourceSerifProSemibold"),
    ("Source Sans Pro", "normal", 400, "SourceSansPro"),
    ("Source Sans Pro", "normal", 600, "SourceSansProSemibold"),
]


@cache
def font_faces() -> str:
    """Rules of CSS that hold the typefaces, about 100 kB.

    Examples
    --------
    >>> font_faces().count("@font-face")
    5
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
    font = TTFont(files[name], lazy=True, recalcTimestamp=False)
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in (1, 2, 4, 6)]
    options = Options(layout_features=FEATURES, hinting=False, recalc_timestamp=False)
    options.drop_tables = [*options.drop_tables, "name"]  # put back as it is: to fit it takes long
    subsetter = Subsetter(options)
    subsetter.populate(text=LETTERS)
    subsetter.subset(font)
    font["name"] = names
    font.flavor, out = "woff2", BytesIO()
    font.save(out)
    return f"data:font/woff2;base64,{b64encode(out.getvalue()).decode()}"
