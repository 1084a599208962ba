"""Look of every plot: colours for colour-blind readers and grey print, one typeface on every machine, quiet axes."""

import re
import warnings
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from html import unescape
from io import BytesIO
from itertools import zip_longest

import pandas as pd
import seaborn.objects as so
from cycler import cycler
from matplotlib import font_manager, rcdefaults, rcParams
from matplotlib import pyplot as plt
from matplotlib.artist import Artist

INK = "#222222"
SOFT = "#555555"
FAINT = "#b8b8b8"
# After Okabe and Ito (2008); what is drawn together differs in lightness too, and stands out from white by 3 to 1.
GROUPS = ("#0072B2", "#BF7300")  # the two groups of a contrast, without and with, and nothing else
SERIES = ("#009E73", "#CC79A7", INK, "#56B4E9")  # whatever else stands side by side
PALETTE = (*GROUPS, *SERIES, "#D55E00", "#F0E442")
NUMBER = 9  # size of the numbers beside marks
CLEAR = {"facecolor": "white", "linewidth": 0, "pad": 0.6}  # behind a text that a line crosses
MADE = {"color": SOFT, "style": "italic"}  # how a number looks that the synthetic files made up
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")
# How a figure of the 2019 report is marked wherever it stands beside a recomputed one.
PUBLISHED = {"marker": "|", "s": 160, "linewidths": 2.2, "color": INK, "zorder": 4}

FAMILY = "Source Sans Pro"
# weight and slant: name in the package of fonts
FACES = {
    (400, "normal"): "SourceSansPro",
    (700, "normal"): "SourceSansProBold",
    (400, "italic"): "SourceSansProIt",
}
#: Typefaces for scripts that ours lacks, where a machine has them.
OTHERS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans Thai",
    "Noto Sans Hebrew",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Yu Gothic",
    "Leelawadee UI",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
)

COMMON = frozenset(map(chr, [*range(32, 127), *range(160, 384)])) | set("–—‘’“”†‡•…−≈≠≤≥")
TEXT = re.compile(r'<text style="([^"]*)"[^>]*>(.*?)</text>', re.S)


def apply_style() -> None:
    """Set matplotlib's defaults, which seaborn follows: font, palette, quiet axes, byte-stable files."""
    if FAMILY not in font_manager.fontManager.get_font_names():
        for face in FACES:
            font_manager.fontManager.addfont(_file(face))
    here = set(font_manager.fontManager.get_font_names())
    rcdefaults()  # whatever a user's matplotlibrc says
    rcParams.update(
        {
            "font.family": [FAMILY, *(each for each in OTHERS if each in here)],
            "text.parse_math": False,  # a dollar sign in a label is a dollar sign
            "font.size": 10.5,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.labelsize": 10.5,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.prop_cycle": cycler(color=PALETTE),
            "axes.edgecolor": FAINT,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.grid": False,
            "grid.color": "#e4e4e4",
            "grid.linewidth": 0.8,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "xtick.major.size": 0,
            "ytick.major.size": 0,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "figure.figsize": (7.2, 4.2),
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "svg.hashsalt": "keepsafe",
            "svg.fonttype": "none",
        }
    )


def draw(plot: so.Plot, ax: plt.Axes) -> None:
    """Draw a plot of seaborn's objects on axes, in this style; how seaborn 0.13 calls pandas is no reader's concern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        plot.theme(rcParams).label(x="", y="").on(ax).plot()


def rehearse(data: pd.DataFrame) -> None:
    """Draw columns x and y in every way that a figure is drawn, and throw it away."""
    for face in FACES:
        _common(face)
    fig, ax = plt.subplots()
    draw(so.Plot(data, x="x", y="y").add(so.Dot()), ax)
    for kind in ("png", "svg"):
        fig.savefig(BytesIO(), format=kind)
    plt.close(fig)


def key(fig: plt.Figure, rows: Sequence[Sequence[tuple[Artist, str]]]) -> None:
    """What the marks of a drawing mean, above it: a line a row, each of marks with their words."""
    columns = list(zip_longest(*filter(None, rows), fillvalue=(plt.Line2D([], [], alpha=0), "")))
    if columns:
        look = {"loc": "outside upper left", "handlelength": 1.2, "handletextpad": 0.4, "columnspacing": 1.4}
        cells = [cell for column in columns for cell in column]
        fig.legend(*zip(*cells, strict=True), ncols=len(columns), **look)


def lettered(svg: str) -> str:
    """An SVG of matplotlib's with the letters of its texts inside: it looks the same where the typeface is absent.

    >>> svg = '<svg><style type="text/css">*{}</style><text style="fill: black">Moves</text></svg>'
    >>> lettered(svg)[28:76]
    '@font-face{font-family:"Source Sans Pro";font-we'
    """
    used: dict[tuple[int, str], set[str]] = {}
    for style, text in TEXT.findall(svg):
        face = (700 if "font-weight: 700" in style else 400, "italic" if "italic" in style else "normal")
        used.setdefault(face, set()).update(unescape(re.sub("<[^>]+>", "", text)))
    rules = "".join(_face(face, frozenset(letters)) for face, letters in sorted(used.items()))
    return svg.replace('<style type="text/css">', f'<style type="text/css">{rules}', 1)


@cache
def _face(face: tuple[int, str], letters: frozenset[str]) -> str:
    """A rule of CSS that holds the outlines of some letters."""
    whole = BytesIO(_common(face)) if letters <= COMMON else _file(face)
    source = f"url(data:font/woff2;base64,{b64encode(_outlines(whole, letters, 'woff2')).decode()})"
    weight, slant = face
    return f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};font-style:{slant};src:{source}}}'


@cache
def _common(face: tuple[int, str]) -> bytes:
    """A face with the letters that most texts are made of: to take a few out of these is quicker."""
    return _outlines(_file(face), COMMON)


def _outlines(font: str | BytesIO, letters: frozenset[str], flavor: str | None = None) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=["kern"], hinting=False, name_IDs=[], recalc_timestamp=False)
    subsetter, out = Subsetter(options), BytesIO()
    subsetter.populate(text="".join(sorted(letters)))
    with TTFont(font, lazy=True, recalcTimestamp=False) as file:
        subsetter.subset(file)
        file.flavor = flavor
        file.save(out)
    return out.getvalue()


def _file(face: tuple[int, str]) -> str:
    from font_source_sans_pro import font_files_ttf

    return font_files_ttf[FACES[face]]
