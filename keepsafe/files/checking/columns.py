"""Columns that are missing, repeated or unknown, and rows that do not fit the header."""

from difflib import get_close_matches

import numpy as np
import pandas as pd

from keepsafe.files.checking.findings import LISTED, Finding, grouped
from keepsafe.problems import InputError, shortened
from keepsafe.reading import Table
from keepsafe.study.codebook import Codebook


def findings(table: Table, codebook: Codebook) -> list[Finding]:
    """What is wrong with the headings.

    Parameters
    ----------
    table : the file.
    codebook : the columns that it should have.

    Returns
    -------
    list of Finding

    Raises
    ------
    InputError
        where the file has none of the codebook's columns. Its first line is then not repeated, for it may hold a case.
    """
    places = {name: table.places(name) for name in codebook.names}
    known = {place for each in places.values() for place in each}
    if not known:
        remedy = "does its first line hold the names of the columns, and is this its codebook?"
        raise InputError.of("has none of the codebook's columns", file=table.file, remedy=remedy)
    missing = [name for name, found in places.items() if not found]
    unknown = [name for place, name in enumerate(table.names) if place not in known and name]
    near = {name: _nearest(name, unknown) for name in missing[:LISTED]}
    meant = {heading: name for name, heading in near.items() if heading}
    found = [
        Finding("missing column", f"column {name!r} is missing", name,
                remedy=f"is it the column {shortened(near[name])!r}?" if near.get(name) else None)
        for name in missing
    ]  # fmt: skip
    found += [
        Finding("repeated column", f"column {name!r} appears {len(found)} times", name, remedy="keep one of them")
        for name, found in places.items()
        if len(found) > 1
    ]
    for heading in dict.fromkeys(unknown[:LISTED]):
        remedy = f"did you mean {meant[heading]}?" if heading in meant else _describe_or_delete(heading)
        found.append(Finding("unknown column", f"column {shortened(heading)!r} is not in the codebook", heading,
                             remedy=remedy))  # fmt: skip
    if len(unknown) > LISTED:
        rest = len(unknown) - LISTED
        found.append(Finding("unknown column", f"{rest:,} further columns are not in the codebook", count=rest))
    blank = [str(place + 1) for place, name in enumerate(table.names) if not name]
    if blank:
        which = ", ".join(blank[:LISTED]) + (" and more" if len(blank) > LISTED else "")
        found.append(Finding("unknown column", f"no heading above column {which}", count=len(blank),
                             remedy="name it, or leave it out"))  # fmt: skip
    return found


def rows(table: Table) -> list[Finding]:
    """Rows with another number of cells than the header, by that number, and rows that look like no case."""
    lines, cells = np.array(table.ragged, dtype=int).reshape(-1, 2).T
    groups, _ = grouped(np.arange(len(lines)), cells, pd.Index(lines))
    found = []
    for number, where, count in groups:
        has = "has other numbers of cells" if number < 0 else f"has {number:,} cell{'s' if number != 1 else ''}"
        note = "is it a note, no case? delete it" if number == 1 else "quote cells that hold what separates cells"
        found.append(Finding("row width", f"{has} where the header has {table.width:,}", lines=where, count=count,
                             remedy=note))  # fmt: skip
    return [*found, *(Finding("no case", what, lines=(line,), remedy=remedy) for line, what, remedy in table.doubts)]


def _describe_or_delete(heading: str) -> str:
    drop = f"SAVE OUTFILE ... /DROP={shortened(heading)}"
    return f"describe it in the codebook, or delete the column from the file (in SPSS: {drop})"


def _nearest(name: str, headings: list[str]) -> str | None:
    near = get_close_matches(name, [heading for heading in headings[:1000] if len(heading) < 100], 1)
    return near[0] if near else None
