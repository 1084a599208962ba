"""Lettering of the figures: one typeface on every machine, and in each SVG the letters that it uses."""

import re
from base64 import b64encode
from html import unescape
from io import BytesIO

from matplotlib import font_manager

FAMILY = "Source Sans Pro"
FACES = {400: "SourceSansPro", 700: "SourceSansProBold"}  # weight: name in the package of fonts

#: Typefaces for scripts that ours lacks, where a machine has them.
OTHERS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans Thai",
          "Noto Sans Hebrew", "Noto Sans Arabic", "Noto Sans Devanagari", "WenQuanYi Zen Hei", "Microsoft YaHei",
          "Malgun Gothic", "Yu Gothic", "Leelawadee UI", "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo",
          "Arial Unicode MS")  # fmt: skip

TEXT = re.compile(r'<text style="([^"]*)"[^>]*>(.*?)</text>', re.S)


def install() -> None:
    """Make the typeface known to matplotlib."""
    if FAMILY not in font_manager.fontManager.get_font_names():
        for face in FACES.values():
            font_manager.fontManager.addfont(_file(face))


def families() -> list[str]:
    """Our typeface, and those of this machine for the signs that it lacks."""
    here = set(font_manager.fontManager.get_font_names())
    return [FAMILY, *(each for each in OTHERS if each in here)]


def lettered(svg: str) -> str:
    """An SVG with the letters of its texts inside, so that it looks the same where the typeface is absent.

    Parameters
    ----------
    svg : as matplotlib writes it with svg.fonttype none.

    Returns
    -------
    The SVG; the same for the same input.

    Examples
    --------
    >>> svg = '<svg><style type="text/css">*{}</style><text style="fill: black">Moves</text></svg>'
    >>> lettered(svg)[28:76]
    '@font-face{font-family:"Source Sans Pro";font-we'
    """
    used: dict[int, set[str]] = {}
    for style, text in TEXT.findall(svg):
        weight = 700 if "font-weight: 700" in style else 400
        used.setdefault(weight, set()).update(unescape(re.sub("<[^>]+>", "", text)))
    rules = "".join(_face(weight, letters) for weight, letters in sorted(used.items()))
    return svg.replace('<style type="text/css">', f'<style type="text/css">{rules}', 1)


def _face(weight: int, letters: set[str]) -> str:
    """A rule of CSS that holds the outlines of some letters."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=["kern"], hinting=False, name_IDs=[], recalc_timestamp=False)
    font = TTFont(_file(FACES[weight]), lazy=True, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(letters)))
    subsetter.subset(font)
    font.flavor, out = "woff2", BytesIO()
    font.save(out)
    source = f"url(data:font/woff2;base64,{b64encode(out.getvalue()).decode()})"
    return f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};src:{source}}}'


def _file(face: str) -> str:
    from font_source_sans_pro import font_files_ttf

    return font_files_ttf[face]
