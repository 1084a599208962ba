"""Outputs that may leave a run under disclosure control: those that keepsafe made, whose numbers it has protected."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from nbformat import NotebookNode

from keepsafe import runs
from keepsafe.files import disclosure
from keepsafe.telling import FIGURE, LEFT_OUT, TABLE, VALUES

MIMES = {FIGURE, LEFT_OUT, TABLE, VALUES}


def only_ours(notebook: NotebookNode, name: str) -> NotebookNode:
    """The notebook without any other output: a printed data frame, a plot drawn by hand; it is changed in place.

    Parameters
    ----------
    notebook : executed.
    name : for the log.
    """
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        ours = [output for output in outputs if MIMES & output.get("data", {}).keys()]
        if len(ours) < len(outputs):
            cell.outputs = ours
            disclosure.log("output", f"{name}, cell {cell.id}", "not made by keepsafe's say, table or figure")
    return notebook


def withheld(folders: Iterable[Path]) -> pd.DataFrame:
    """What disclosure control withheld from a report, and why: columns what, name, why; no numbers.

    Parameters
    ----------
    folders : of the notebooks, as they ran.
    """
    rows: dict[tuple, None] = {}
    for folder in folders:
        facts = runs.withheld(runs.Run(folder)) or {"log": []}
        rows |= dict.fromkeys(tuple(note.values()) for note in [*facts["log"], *disclosure.withheld_notes(folder)])
    return pd.DataFrame(list(rows), columns=["what", "name", "why"])
