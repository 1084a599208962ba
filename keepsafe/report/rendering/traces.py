"""What the report tells of each number: where it was computed, what the 2019 report printed, what agreement means."""

import json
import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from keepsafe.telling import VALUES
from keepsafe.telling.values import Kind

if TYPE_CHECKING:
    import pandas as pd


#: What each kind of agreement means, in the words of the report.
MEANINGS = {
    Kind.CALIBRATED: "The figure was a target when the synthetic files were made. Agreement shows that the computation "
    "is right and nothing else.",
    Kind.DIRECTION: "The 2019 report gave a direction; the size is ours.",
    Kind.DERIVED: "Follows from the printed figures alone.",
    Kind.NOT_COMPARABLE: "Rests on something that was never printed.",
    Kind.DIFFERENCE: "Your data beside the 2019 report: two places and times.",
}


#: A number of these kinds was printed nowhere and follows from nothing printed: synthetic files made it up.
UNPRINTED = {Kind.DIRECTION, Kind.NOT_COMPARABLE}


def told_values(notebooks: Mapping[str, NotebookNode], values: "pd.DataFrame", synthetic: bool) -> dict[str, dict]:
    """The rows of values.csv by id; each says whether it is `invented`, which on a user's own data none is."""
    outputs = [
        output.get("data", {})
        for book in notebooks.values()
        for cell in book.cells
        for output in cell.get("outputs", [])
    ]
    said = {
        record["id"]: record["invented"]
        for data in outputs
        for record in data.get(VALUES, {}).get("values", [])
        if "invented" in record
    }
    return {
        row["id"]: row | {"invented": synthetic and bool(said.get(row["id"], row["kind"] in UNPRINTED))}
        for row in values.to_dict("records")
    }


def mark(kind: str) -> str:
    """The short name of a kind of agreement, by which the stylesheet draws its mark.

    >>> mark("calibrated, direction only"), mark("")
    ('direction', '')
    """
    return Kind(kind).name.lower().replace("_", "-") if kind else ""


def opening_tag(row: Mapping) -> str:
    """The tag before a number: its name, the mark of its kind, and a title that tells without a script."""
    printed = f"; the 2019 report printed {row['printed']} ({row['figure']})" if row["figure"] else ""
    kind = f"; {row['kind']}" if row["kind"] else ""
    title = f"{row['id']}: from {row['notebook']}, cell {row['cell']}{printed}{kind}"
    source = "invented" if row["invented"] else "counted" if row["kind"] in UNPRINTED else ""
    names = " ".join(filter(None, ("value", mark(row["kind"]), source)))
    return f'<span class="{names}" data-id="{escape(row["id"])}" title="{escape(title)}">'


def traces(rows: Iterable[Mapping], addresses: Mapping[str, str]) -> str:
    """The same for the page's script, as JSON that cannot end the element that holds it."""
    fields = ("notebook", "cell", "figure", "printed", "kind")
    told = {row["id"]: [_told(row["value"]), *(row[field] or "" for field in fields)] for row in rows}
    text = json.dumps({"chapters": dict(addresses), "values": told}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _told(value):
    """A value as JSON can hold it: what is infinite in words, what is missing as an empty text."""
    if isinstance(value, float) and not math.isfinite(value):
        return "" if math.isnan(value) else "infinite"
    return "" if value is None else value
