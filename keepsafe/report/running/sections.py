"""Sections of a notebook on data of a user's own: what is about synthetic files goes; what stayed empty says why."""

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from keepsafe import runs
from keepsafe.telling import FIGURE, LEFT_OUT, TABLE, VALUES

SYNTHETIC = "synthetic"  # tag of cells that make sense on synthetic files only


def prepared(notebook: NotebookNode, run: runs.Run) -> NotebookNode:
    """The notebook as this run executes it: on a user's own data without the cells that are tagged `synthetic`.

    A section goes whole where its heading is so tagged; what comes before the first section stays.
    """
    if run.synthetic:
        return notebook
    kept = []
    for section in _sections(notebook.cells):
        if not (_made(section[0]) and _headed(section)):
            kept += [cell for cell in section if not _made(cell)]
    return NotebookNode(notebook, cells=kept)


def told(notebook: NotebookNode) -> NotebookNode:
    """The executed notebook with each section of which nothing could be shown as its heading and the reason."""
    kept = []
    for section in _sections(notebook.cells):
        outputs = [output.get("data", {}) for cell in section for output in cell.get("outputs", [])]
        reasons = dict.fromkeys(data[LEFT_OUT]["why"] for data in outputs if LEFT_OUT in data)
        shown = any({VALUES, TABLE, FIGURE} & data.keys() for data in outputs)
        if not reasons or shown or not _headed(section):
            kept += section
            continue
        heading = section[0].source.splitlines()[0]
        kept.append(new_markdown_cell(f"{heading}\n\n*{next(iter(reasons))}.*", id=section[0].id))
    return NotebookNode(notebook, cells=kept)


def _sections(cells: list[NotebookNode]) -> list[list[NotebookNode]]:
    """Cells by section; the first is what comes before any heading of the second level."""
    sections: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return [section for section in sections if section]


def _headed(section: list[NotebookNode]) -> bool:
    return section[0].cell_type == "markdown" and section[0].source.startswith("## ")


def _made(cell: NotebookNode) -> bool:
    return SYNTHETIC in cell.metadata.get("tags", [])
