"""Widths of a table's columns from what stands in them, in ems: for paper and for Word, which cannot scroll."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml.html import HtmlElement

GAP = 1.1  # between two columns, in ems of the table's type
BOLD = 1.05  # how much wider a heading's letters are
STEP = 0.5
BREAK = re.compile(r"(?<=[^,;]) (?=[^(\[])")  # where a number such as '9.8 (9.1 to 10.5)' may not break
WORDS = re.compile(r"[^ \n\t]+")  # a space without a break joins


class Cell(NamedTuple):
    """A cell that tells something: where it is, how many columns it spans, its longest word and its text in ems."""

    row: int
    column: int
    span: int
    word: float
    text: float


@dataclass(frozen=True)
class Fit:
    """How a table fits: widths of its columns and what it needs, in ems, and the lines that it takes."""

    widths: list[float]
    needed: float
    lines: int


def fit_page(table: "HtmlElement", measures: Mapping[str, float]) -> tuple[str, Fit]:
    """The first of several measures into which a table fits, or the last; its numbers are made to stay whole."""
    for cell in table.iter("td"):
        if "number" in cell.classes:
            _keep_whole(cell)
    for name in measures:
        fit = fit_columns(table, measures[name])
        if fit.needed <= measures[name]:
            break
    return name, fit


def texts(element: "HtmlElement") -> Iterator[tuple["HtmlElement", str]]:
    """The places of an element's texts in the order in which they are read: an element, and "text" or "tail"."""
    yield element, "text"
    for child in element:
        yield from texts(child)
        yield child, "tail"


def _keep_whole(cell: "HtmlElement") -> None:
    """Numbers such as '9.8 (9.1 to 10.5)' shall not break, whatever elements their parts stand in."""
    places = list(texts(cell))
    parts = [re.sub(r"[ \n\t]+", " ", getattr(element, side) or "") for element, side in places]
    whole, start = BREAK.sub("\N{NO-BREAK SPACE}", "".join(parts)), 0
    for (element, side), part in zip(places, parts, strict=True):
        setattr(element, side, whole[start : start + len(part)] or None)
        start += len(part)


def fit_columns(table: "HtmlElement", measure: float) -> Fit:
    """Share a measure among the columns of a table, so that no word is cut and the table is as short as may be.

    Each column has room for its longest word; every further half em goes to the column where it saves most.

    Examples
    --------
    >>> from lxml.html import fragment_fromstring
    >>> rows = "<tr><td>White British</td><td>91.2</td></tr><tr><td>White other</td><td>8.8</td></tr>"
    >>> fit = fit_columns(fragment_fromstring(f"<table>{rows}</table>"), measure=54)
    >>> [round(width, 1) for width in fit.widths], fit.lines
    ([6.4, 2.8], 2)
    """
    import numpy as np

    told = list(cells(table))
    columns = max((cell.column + cell.span for cell in told), default=0)
    least, text = np.full(columns, 1.0), np.zeros((max((cell.row + 1 for cell in told), default=0), columns))
    for cell in sorted(told, key=lambda cell: cell.span):
        if cell.span == 1:
            least[cell.column] = max(least[cell.column], cell.word)
            text[cell.row, cell.column] = cell.text
        else:  # a heading over several columns widens the last of them
            over = slice(cell.column, cell.column + cell.span)
            least[cell.column + cell.span - 1] += max(cell.word - least[over].sum() - GAP * (cell.span - 1), 0)
    widths, spare = least.copy(), measure - least.sum() - GAP * columns
    while spare > 0 and (heights := text / widths).max(initial=0) > 1:
        deepest = np.maximum(heights.max(axis=1), 1)
        saved = [
            (
                deepest
                - np.maximum(
                    np.delete(heights, place, axis=1).max(axis=1, initial=1), text[:, place] / (widths[place] + STEP)
                )
            )
            .clip(0)
            .sum()
            for place in range(columns)
        ]
        # Where no column alone makes a row shorter, the one with most text above its first line.
        best = int(np.argmax(saved)) if max(saved) > 1e-9 else int(np.argmax((heights - 1).clip(0).sum(axis=0)))
        longest = text[:, best].max() - widths[best]
        step = min(STEP, spare, longest if longest > 0 else STEP)
        widths[best] += step
        spare -= step
    lines = int(np.ceil((text / widths).round(6)).max(axis=1, initial=1).sum()) if columns else 0
    return Fit((widths + GAP).tolist(), float(least.sum() + GAP * columns), lines)


class Place(NamedTuple):
    """A cell and where it is in a row; merge is "continue" below its first row, and "restart" there if it has more."""

    column: int
    span: int
    cell: "HtmlElement"
    merge: str


def grid(rows: Iterable["HtmlElement"]) -> Iterator[list[Place]]:
    """What stands in each row of a table, the cells of earlier rows that reach down into it among it."""
    above: dict[int, tuple[Place, int]] = {}  # by column, and for how many rows from here
    for row in rows:
        column, places, cells = 0, [], iter(row)
        while True:
            if column in above:
                place, left = above.pop(column)
                places.append(place._replace(merge="continue"))
            elif (cell := next(cells, None)) is not None:
                left = int(cell.get("rowspan", 1))
                place = Place(column, int(cell.get("colspan", 1)), cell, "restart" if left > 1 else "")
                places.append(place)
            else:
                break
            if left > 1:
                above[column] = place, left - 1
            column += place.span
        yield places


def cells(table: "HtmlElement") -> Iterator[Cell]:
    """The cells of a table; what spans columns of its body is a heading or a note over whole rows, and left out."""
    for number, places in enumerate(grid(table.iter("tr"))):
        for column, span, cell, merge in places:
            head = cell.getparent().getparent().tag == "thead"
            words = [_width(word) * (BOLD if head else 1) for word in WORDS.findall(cell.text_content())]
            if words and (head or span == 1) and merge != "continue":
                yield Cell(number, column, span, max(words), sum(words) + (len(words) - 1) * _width(" "))


def _width(text: str) -> float:
    return sum(_advances().get(ord(letter), 0.6) for letter in text)


@cache
def _advances() -> dict[int, float]:
    """How far each letter of the tables' typeface advances, in ems."""
    from font_source_sans_pro import font_files_ttf
    from fontTools.ttLib import TTFont

    with TTFont(font_files_ttf["SourceSansPro"], lazy=True) as font:
        advances, units = font["hmtx"].metrics, font["head"].unitsPerEm
        return {letter: advances[glyph][0] / units for letter, glyph in font.getBestCmap().items()}
