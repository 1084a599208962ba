"""What is taken from notebooks: cells that this run can fill, outputs that may leave it, values, tables and figures."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from keepsafe import runs
from keepsafe.files import disclosure
from keepsafe.problems import InputError, Problem
from keepsafe.telling import FIGURE, LEFT_OUT, TABLE, VALUES
from keepsafe.telling.tables import headings
from keepsafe.telling.values import unused

SYNTHETIC = "synthetic"  # tag of cells that make sense on synthetic files only
MIMES = {FIGURE, LEFT_OUT, TABLE, VALUES}  # of outputs that keepsafe made, whose numbers it has protected
COLUMNS = ["id", "value", "text", "unit", "digits", "notebook", "cell", "figure", "printed", "kind"]


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


def only_ours(notebook: NotebookNode, name: str) -> NotebookNode:
    """The executed notebook without outputs that keepsafe did not make: a printed data frame, a plot drawn by hand.

    What may leave a run under disclosure control is what keepsafe made, whose numbers it has protected. The notebook is
    changed in place; the log names it as told.
    """
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        ours = [output for output in outputs if MIMES & output.get("data", {}).keys()]
        if len(ours) < len(outputs):
            cell.outputs = ours
            disclosure.log("output", f"{name}, cell {cell.id}", "not made by keepsafe's say, table or figure")
    return notebook


def withheld(folders: Iterable[Path]) -> pd.DataFrame:
    """What disclosure control withheld from a report, by the folders of its notebooks: what, name, why; no numbers."""
    rows: dict[tuple, None] = {}
    for folder in folders:
        facts = runs.withheld(runs.Run(folder)) or {"log": []}
        rows |= dict.fromkeys(tuple(note.values()) for note in [*facts["log"], *disclosure.withheld_notes(folder)])
    return pd.DataFrame(list(rows), columns=["what", "name", "why"])


def harvest(notebooks: Mapping[str, NotebookNode]) -> pd.DataFrame:
    """Every named value that the notebooks show, in the order in which a reader meets them.

    One row a value: id, value, text (as shown), unit, digits, notebook, cell (its id), figure (id of the
    published counterpart), printed (what the report printed), kind (of agreement).

    Raises
    ------
    InputError where one name stands for two values, or one name for two tables or figures.
    """
    rows, first, problems = [], {}, []
    for name, cell, data in _outputs(notebooks):
        place = f"{name}, cell {cell}"
        for kind in {TABLE, FIGURE} & data.keys():
            shown = data[kind]["name"]
            if (known := first.setdefault((kind, shown), place)) != place:
                fault = f"two tables or figures are named {shown!r}: in {known}, and in {place}"
                problems.append(Problem(fault, remedy="give one of them another name"))
        for record in data.get(VALUES, {}).get("values", []):
            row = {column: record.get(column) for column in COLUMNS} | {"notebook": name, "cell": cell}
            known = first.setdefault(record["id"], row)
            if known is row:
                rows.append(row)
            elif (known["value"], known["text"]) != (row["value"], row["text"]):
                there = f"{known['text']!r} in {known['notebook']}, cell {known['cell']}"
                fault = f"value {row['id']} is {there}, and {row['text']!r} in {place}"
                problems.append(Problem(fault, remedy="give one of them another name"))
    if problems:
        raise InputError(problems)
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def check_register(notebooks: Mapping[str, NotebookNode]) -> None:
    """Refuse a register of which a row fits nothing in a whole report: data/kinds.csv, and data/headings.csv."""
    names: set[str] = set()
    tables: set[str] = set()
    for _, _, data in _outputs(notebooks):
        tables |= {data[TABLE]["name"]} if TABLE in data else set()
        names |= {data[kind]["name"] for kind in {TABLE, FIGURE} & data.keys()}
        names |= {record["id"] for record in data.get(VALUES, {}).get("values", [])}
    problems = unused(names)
    for table in headings().keys() - tables:
        remedy = "correct the name, or delete its rows"
        problems.append(Problem(f"no table is called {table!r}", "data/headings.csv", column="table", remedy=remedy))
    if problems:
        raise InputError(problems)


def _outputs(notebooks: Mapping[str, NotebookNode]) -> Iterator[tuple[str, str, dict]]:
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                yield name, cell.id, output.get("data", {})
