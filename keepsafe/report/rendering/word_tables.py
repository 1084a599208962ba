"""The page's tables as rows and cells of Word: spans resolved, widths in twentieths of a point."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepsafe.report.rendering.columns import Fit, fit_page
from keepsafe.report.rendering.nodes import tidy

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SIZE = 9  # of type in a table, in points
EM = 1.05 * SIZE  # Word sets other typefaces than the PDF
MEASURES = {"upright": 166 / 25.4 * 72 / EM, "broad": 253 / 25.4 * 72 / EM}  # ems in a line of a page
SHORT = 22  # lines of a table that stays on one page


@dataclass
class Cell:
    """A cell; where it continues one of an earlier row, merge is "continue", and where it begins one, "restart"."""

    text: str
    span: int
    width: int
    merge: str = ""
    number: bool = False
    bold: bool = False


@dataclass
class Row:
    """A row; head where it is repeated on each page, keep where it stays with the next."""

    head: bool
    keep: bool
    cells: list[Cell]


@dataclass
class WordTable:
    """A numbered table: its address in the page, its number ("2.3") in two parts, caption, note, columns and rows."""

    address: str
    chapter: str
    turn: str
    caption: str
    note: str
    broad: bool
    half_points: int = 2 * SIZE
    widths: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def word_tables(chapter: "HtmlElement") -> Iterator[WordTable]:
    """The numbered tables of a chapter in their order.

    Parameters
    ----------
    chapter : an article of the page.
    """
    for holder in chapter.find_class("table"):
        label = holder.xpath("string(.//caption/b)").removeprefix("Table ").rstrip(".")
        if "." not in label:
            continue
        table = holder.find(".//table")
        caption = tidy(table.find("caption").text_content()).partition(f"{label}.")[2].strip()
        note = tidy(" ".join(foot.text_content() for foot in table.iter("tfoot"))).strip()
        size, fit = fit_page(table, MEASURES)
        number, turn = label.split(".")
        made = WordTable(holder.get("id", ""), number, turn, caption, note, broad=size == "broad")
        share = min(MEASURES[size] / fit.needed, 1)  # what fits no page is set smaller
        made.half_points = round(2 * SIZE * share)
        made.widths = [round(width * EM * share * 20) for width in fit.widths]
        made.rows = list(_rows(table, made.widths, fit))
        yield made


def _rows(table: "HtmlElement", widths: list[int], fit: Fit) -> Iterator[Row]:
    rows = table.xpath("./thead/tr | ./tbody/tr")
    above: dict[int, tuple[int, int]] = {}  # column: how many columns a cell above spans, and how many rows more
    for turn, row in enumerate(rows, 1):
        head, group = row.getparent().tag == "thead", "group" in row.classes
        made, cells, place = [], iter(row), 0
        while place < len(widths):
            span, left = above.pop(place, (0, 0))
            if left:
                made.append(Cell("", span, sum(widths[place : place + span]), "continue"))
                above[place] = span, left - 1
            else:
                cell = next(cells, None)
                span = int(cell.get("colspan", 1)) if cell is not None else len(widths) - place
                text = tidy(cell.text_content()).strip() if cell is not None else ""
                made.append(Cell(text, span, sum(widths[place : place + span]), bold=group))
                if cell is not None:
                    made[-1].number = "number" in cell.classes
                    above[place] = span, int(cell.get("rowspan", 1)) - 1
                    made[-1].merge = "restart" if above[place][1] else ""
            place += span
        yield Row(head, turn < len(rows) and (head or group or fit.lines <= SHORT), made)
