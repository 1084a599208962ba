"""A figure with its words and its data: alt text, caption, and a fingerprint of the numbers behind it."""

import hashlib
import re
import textwrap
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import rc_context

from keepsafe import runs
from keepsafe.files.disclosure import active, log
from keepsafe.problems import InputError
from keepsafe.reading.delimited import inert_cells
from keepsafe.telling import FIGURE
from keepsafe.telling.opened import LeftOut
from keepsafe.telling.style import NUMBER, SOFT, key, lettered
from keepsafe.telling.tables import SYNTHETIC, fitting
from keepsafe.telling.values import declared, round_half_up, significant, synthetic_throughout, unprinted

SHOWN, SAVED = 144, 300  # dots per inch, in the notebook and in the run's folder
NARROW = 3.6  # inches, of a figure on a telephone
LABEL, AXIS = 24, 38  # letters in a line there of a label, and of an axis' name
NUMERAL, SHORT = 4, 17  # letters of a label that may be a number; of words in a key of which two stand side by side
LINE = 0.155  # inches from line to line
# What matplotlib writes and nothing needs: names, the same in each figure; turns by nothing.
NEEDLESS = re.compile(r' id="[A-Za-z0-9.]+_[0-9]+"| transform="rotate\(-?0 [^"]*"')
# Marks that look alike: their look is said once, of what holds them.
ALIKE = re.compile(r'(<g[^<>]*)>((?:\s*<use [^<>]*?( style="[^"]*")/>)(?:\s*<use [^<>]*?\3/>)+\s*)</g>')
MISSING = "Letters without a typeface on this machine show as boxes: {}. Install one, such as Noto Sans."
DIGITS, CONTROLLED = 4, 3  # significant digits that are drawn and kept, and those under disclosure control


@dataclass(frozen=True)
class Figure:
    """A drawn figure ready to be shown; `figure` builds it."""

    png: bytes
    name: str
    caption: str
    alt: str
    note: str
    sha256: str
    invented: str = "none"
    tips: list[str] = field(default_factory=list)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        facts = {name: part for name, part in vars(self).items() if name != "png"}
        words = "\n".join(filter(None, [self.caption, self.alt, self.note]))
        return {"text/plain": words, "image/png": self.png, FIGURE: facts}, {"image/png": {"alt": self.alt}}


def figure(
    name: str,
    fig: plt.Figure,
    caption: str,
    alt: str,
    data: pd.DataFrame,
    safe: bool | None = None,
    *,
    tips: Sequence[str] = (),
    narrow: Callable[[], plt.Figure] | None = None,
) -> Figure | LeftOut:
    """A matplotlib or seaborn figure as the reader meets it; as the last expression of a cell it is shown and numbered.

    The figure is closed. Where a run is active, its PNG, its SVG, another SVG for a narrow screen, its alt text and its
    data are written to the run's folder.

    Parameters
    ----------
    name : of the figure, unique in the compendium; the file name, and the address in the report. data/kinds.csv says
        by it what the figure counts, and whether it rests on printed figures alone.
    fig : the drawn figure.
    caption : what the figure shows, without a number.
    alt : what it tells somebody who cannot see it: the finding, with the values, not the look.
    data : the numbers that are drawn; their fingerprint tells whether two figures show the same. A column `invented`
        says of which the synthetic files made up; without one the register says it of all.
    safe : whether `data` rest on no persons, or on counts that were protected before; by default as the register says.
        Under disclosure control any other figure is withheld, and a sentence says so.
    tips : what the report says of a mark as a reader points at it: of the mark whose `gid` is "tip-0", the first.
    narrow : draws the figure for a narrow screen, where it is not the same with its labels on more lines.

    Returns
    -------
    Figure, or the sentence.

    Raises
    ------
    InputError for a name that cannot be a file name, or an empty caption or alt text.

    Examples
    --------
    >>> shares = pd.DataFrame({"group": ["CSE", "no CSE"], "share": [66.7, 51.7]})
    >>> fig, ax = plt.subplots()
    >>> _ = ax.barh(shares["group"], shares["share"])
    >>> figure("doc-example", fig, "Ever in care, by group", "Ever in care: CSE 67%, no CSE 52%.", shares).name
    'doc-example'
    """
    name = fitting(name, caption, "figure")
    if not alt.strip():
        remedy = "say what it shows to somebody who cannot see it"
        raise InputError.of(f"the figure {name} has no alt text", column="alt", remedy=remedy)
    entry = declared(name)
    if active() and not (entry.safe if safe is None else safe):
        plt.close(fig)
        log("figure", name, "not known to rest on enough persons")
        return LeftOut.of("figure", caption)
    table = inert_cells(as_drawn(data)).to_csv(index=not isinstance(data.index, pd.RangeIndex), lineterminator="\n")
    told = data["invented"] if "invented" in data else [unprinted(name)]
    invented = "none" if not any(told) else "all" if all(told) else "some"
    labelled = invented != "none" or synthetic_throughout()
    _labelled(fig, labelled)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        png = _file(name, fig, "png", caption, alt, SHOWN)
    glyphs = [code for each in heard for code in re.findall("^Glyph ([0-9]+) ", str(each.message))]
    letters = sorted({chr(int(code)) for code in glyphs})
    lacking = MISSING.format(" ".join(letters[:8]) + (" and others" if len(letters) > 8 else "")) if letters else ""
    note = " ".join(filter(None, [SYNTHETIC if labelled else "", lacking]))
    if run := runs.active():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # said in the note
        layout = fig.get_layout_engine()
        fig.set_layout_engine("none")  # it stands as the first picture set it
        files = {kind: _file(name, fig, kind, caption, alt) for kind in ("png", "svg")}
        fig.set_layout_engine(layout)
        small = narrow() if narrow else fig
        _labelled(small, labelled)
        narrowed(small)
        files["narrow.svg"] = _file(f"{name}.narrow", small, "svg", caption, alt)
        plt.close(small)
        for ending, content in (files | {"csv": table.encode(), "txt": f"{alt}\n".encode()}).items():
            run.path("figures", f"{name}.{ending}").write_bytes(content)
    plt.close(fig)
    return Figure(png, name, caption, alt, note, hashlib.sha256(table.encode()).hexdigest(), invented, list(tips))


def as_drawn(data: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a figure with the digits that a picture shows: no more are drawn, kept or compared.

    >>> as_drawn(pd.DataFrame({"share": [66.66666666666667]}))["share"].tolist()
    [66.67]
    """
    digits = CONTROLLED if active() else DIGITS
    floats = data.select_dtypes(["float", "Float64"]).columns
    short = {
        name: [significant(number, digits) for number in data[name].to_numpy(float, na_value=np.nan)] for name in floats
    }
    return data.assign(**short)


def narrowed(fig: plt.Figure) -> None:
    """Make a figure as narrow as a telephone: labels on more lines, higher rows where they need it, fewer ticks."""
    fig.draw_without_rendering()
    height, higher = _high(fig), 0.0
    for ax in fig.axes:
        labels = ax.get_yticklabels()
        words = [textwrap.fill(label.get_text(), LABEL) for label in labels]
        if max(map(len, words), default=0) > NUMERAL:
            weights = [label.get_weight() for label in labels]
            ax.set_yticks(ax.get_yticks(), words)
            for label, weight in zip(ax.get_yticklabels(), weights, strict=True):
                label.set_weight(weight)
            lines = max(text.count("\n") + 1 for text in words)
            row = ax.bbox.height / fig.dpi / abs(np.diff(ax.get_ylim())[0])
            higher += max(0.08 + LINE * lines - row, 0) * len(words)
        ax.set_xlabel(textwrap.fill(ax.get_xlabel(), AXIS), fontsize=9.5)
        ax.tick_params(labelsize=9.5)
        if ax.get_xscale() != "log" and len(ax.get_xticks()) > 6:
            ax.set_xticks(ax.get_xticks()[::2])
    for old in list(fig.legends):
        cells = list(zip(old.legend_handles, [text.get_text() for text in old.get_texts()], strict=True))
        down = len(cells) // old._ncols  # `key` fills every column
        rows = []
        for turn in range(down):
            row = [cell for cell in cells[turn::down] if cell[1]]
            pairs = 2 if max(len(words) for _, words in row) <= SHORT else 1
            rows += [row[place : place + pairs] for place in range(0, len(row), pairs)]
        key(fig, rows)
        old.remove()
    fig.set_size_inches(NARROW, fig.get_figheight())
    fig.draw_without_rendering()
    fig.set_size_inches(NARROW, fig.get_figheight() + height - _high(fig) + higher)


def _high(fig: plt.Figure) -> float:
    """The inches that the axes of a figure take from top to bottom."""
    boxes = [ax.get_position() for ax in fig.axes]
    return fig.get_figheight() * (max((box.y1 for box in boxes), default=0) - min((box.y0 for box in boxes), default=0))


def _labelled(fig: plt.Figure, synthetic: bool) -> None:
    """Say in the picture itself, which may travel without its caption, that it is of synthetic data."""
    if synthetic:
        text = fig.supxlabel(SYNTHETIC.rstrip("."), x=0.995, ha="right", fontsize=NUMBER, color=SOFT)
        text.set_gid("synthetic")


def _file(name: str, fig: plt.Figure, kind: str, caption: str, alt: str, dpi: int = SAVED) -> bytes:
    """The figure's file, with its words inside and the same bytes each time; what its SVG names, no other's does."""
    out, stamp = BytesIO(), "Software" if kind == "png" else "Date"
    with rc_context({"svg.hashsalt": name}):
        fig.savefig(out, format=kind, dpi=dpi, metadata={"Title": caption, "Description": alt, stamp: None})
    if kind == "png":
        return out.getvalue()
    svg = NEEDLESS.sub("", settled(out.getvalue().decode()))
    return lettered(ALIKE.sub(lambda found: f"{found[1]}{found[3]}>{found[2].replace(found[3], '')}</g>", svg)).encode()


def settled(svg: str) -> str:
    """An SVG whose coordinates have two decimals, a tenth of what a screen shows: the rest is up to the processor.

    >>> settled('<path d="M 57.6 41.235001 L 1e-05 -0.001200"/><text>1.2345</text>')
    '<path d="M 57.6 41.24 L 1e-05 0"/><text>1.2345</text>'
    """
    near = partial(re.sub, r"-?[0-9]+[.][0-9]{3,}", lambda found: f"{round_half_up(float(found[0]), 2):g}")
    return re.sub("<[^>]*>", lambda tag: near(tag[0]), svg)
