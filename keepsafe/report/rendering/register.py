"""The register of the printed report: in which cell each table, each figure and each number of the text was made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from lxml.html import HtmlElement


@dataclass(frozen=True)
class Entry:
    """What one chapter's part of the register says.

    Parameters
    ----------
    notebook, title : of the chapter.
    exhibits : printed name and cell of each table and figure.
    numbers : each number of its sentences as shown, with its row of values.csv.
    """

    notebook: str
    title: str
    exhibits: list[tuple[str, str]]
    numbers: list[tuple[str, dict]]


def register(tree: "HtmlElement", values: "pd.DataFrame") -> Iterator[Entry]:
    """The register's entries, chapter by chapter.

    Parameters
    ----------
    tree : the report's page.
    values : what the notebooks recorded, with the columns of values.csv.
    """
    known = {row["id"]: row for row in values.to_dict("records")}
    for chapter in tree.iter("article"):
        prefix = f"{chapter.get('id')}--cell-"
        results = {result.get("id", "").removeprefix(prefix): result for result in chapter.find_class("result")}
        exhibits = [
            (label.text_content().rstrip("."), cell)
            for cell, result in results.items()
            for label in result.xpath(".//caption/b | .//figcaption/b")
        ]
        numbers = {
            span.get("data-id"): span.text_content()
            for finding in chapter.find_class("finding")
            for span in finding.find_class("value")
        }
        told = [(text, known[name]) for name, text in numbers.items() if name in known]
        if told or exhibits:
            title = chapter.xpath("string(.//h2)").strip()
            yield Entry(told[0][1]["notebook"] if told else chapter.get("id"), title, exhibits, told)
