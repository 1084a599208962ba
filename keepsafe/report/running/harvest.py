"""Values, tables and figures gathered from executed notebooks, and held against the register."""

from collections.abc import Iterator, Mapping

import pandas as pd
from nbformat import NotebookNode

from keepsafe.problems import InputError, Problem
from keepsafe.telling import FIGURE, TABLE, VALUES
from keepsafe.telling.values import unused

COLUMNS = ["id", "value", "text", "unit", "digits", "notebook", "cell", "figure", "printed", "kind"]


def harvest(notebooks: Mapping[str, NotebookNode]) -> pd.DataFrame:
    """Every named value that the notebooks show, in the order in which a reader meets them.

    Parameters
    ----------
    notebooks : executed notebooks by name, in their order.

    Returns
    -------
    Data frame, one row a value: id, value, text (as shown), unit, digits, notebook, cell (its id), figure (id of the
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
    """Every row of data/kinds.csv stands for something that a whole report of the edition shows.

    Raises
    ------
    InputError naming the rows that fit no value, table or figure.
    """
    names: set[str] = set()
    for _, _, data in _outputs(notebooks):
        names |= {data[kind]["name"] for kind in {TABLE, FIGURE} & data.keys()}
        names |= {record["id"] for record in data.get(VALUES, {}).get("values", [])}
    if problems := unused(names):
        raise InputError(problems)


def _outputs(notebooks: Mapping[str, NotebookNode]) -> Iterator[tuple[str, str, dict]]:
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                yield name, cell.id, output.get("data", {})
