"""Small pages for the tests, from a few cells a chapter."""

from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from keepsafe.report.rendering import render
from keepsafe.report.running import harvest
from keepsafe.telling import FIGURE

FACTS = {"synthetic": True, "inputs": {"data/x.csv": "ab12"}, "versions": {"Python": "3"}, "parameters": []}


def shows(*bundles: dict, source: str = "x", **named) -> dict:
    return new_code_cell(source, outputs=[new_output("execute_result", bundle) for bundle in bundles], **named)


def figure(name: str, alt: str = "The finding.") -> dict:
    return {
        "image/png": "iVBORw0KGgo=",
        FIGURE: {"name": name, "caption": "A figure", "alt": alt, "note": ""},
    }


def page(pictures: Path | None = None, facts: dict | None = None, appendices: tuple = (), **chapters) -> str:
    """The page of some chapters; a chapter's name is an argument's without the c that makes it one."""
    notebooks = {
        name[1:]: new_notebook(cells=[NotebookNode(cell, id=f"c{place}") for place, cell in enumerate(cells)])
        for name, cells in chapters.items()
    }
    return render(notebooks, harvest(notebooks), FACTS | (facts or {}), pictures or Path("nowhere"), appendices)
