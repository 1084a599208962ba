"""The HTML of a table: caption, header cells with their scope, column and row groups, every label escaped."""

import re
from collections.abc import Iterator
from functools import partial
from html import escape
from itertools import groupby

import pandas as pd

from keepsafe.telling.sentences import Sentence
from keepsafe.telling.values import Value


def html_table(frame: pd.DataFrame, caption: str, name: str, note: str = "") -> str:
    """A frame of Values, Sentences and texts as an HTML table.

    Parameters
    ----------
    frame : column levels become column groups; of several index levels the first becomes row groups.
    caption, note : text above and below.
    name : becomes data-name, by which the report numbers and addresses the table.
    """
    stubs = max(1, frame.index.nlevels - 1)
    width = stubs + len(frame.columns)
    lines = [
        f'<table class="keepsafe" data-name="{escape(name)}">',
        f"<caption>{escape(caption)}</caption>",
        "<thead>",
        *_head(frame, stubs),
        "</thead>",
        *_body(frame, stubs, width),
    ]
    if note:
        lines.append(f'<tfoot><tr><td colspan="{width}">{escape(note)}</td></tr></tfoot>')
    return "\n".join([*lines, "</table>"])


def _head(frame: pd.DataFrame, stubs: int) -> Iterator[str]:
    """One row for each level of the columns; a level that repeats itself spans its columns."""
    levels = frame.columns.nlevels
    labels = list(enumerate(map(path, frame.columns)))
    for level in range(1, levels + 1):
        cells = []
        if level == 1:
            deep = f' rowspan="{levels}"' if levels > 1 else ""
            stub_names = [str(name) if name else "" for name in frame.index.names[-stubs:]]
            cells = [f'<th scope="col"{deep}>{escape(stub)}</th>' if stub else f"<td{deep}></td>"
                     for stub in stub_names]  # fmt: skip
        # Columns of one name stay apart on the last level.
        for _, group in groupby(labels, partial(_span, level, levels)):
            places, paths = zip(*group, strict=True)
            wide = f' colspan="{len(places)}"' if len(places) > 1 else ""
            scope = "colgroup" if len(places) > 1 else "col"
            right = "" if wide or not _is_number_column(frame.iloc[:, places[0]]) else ' class="number"'
            text = escape(paths[0][level - 1])
            cells.append(f'<th scope="{scope}"{wide}{right}>{text}</th>' if text else f"<td{wide}></td>")
        yield f"<tr>{''.join(cells)}</tr>"


def _span(level: int, levels: int, entry: tuple[int, tuple[str, ...]]) -> tuple:
    place, label = entry
    return label[:level], place if level == levels else None


def _body(frame: pd.DataFrame, stubs: int, width: int) -> Iterator[str]:
    """One tbody, or one for each row group under a heading of its own."""
    rows = list(zip(map(path, frame.index), frame.itertuples(index=False, name=None), strict=True))
    for group, members in groupby(rows, key=lambda row: row[0][:1] if len(row[0]) > 1 else ()):
        yield "<tbody>"
        if group:
            yield f'<tr class="group"><th scope="rowgroup" colspan="{width}">{escape(group[0])}</th></tr>'
        for label, cells in members:
            heads = [f'<th scope="row">{escape(part)}</th>' for part in label[-stubs:]]
            yield f"<tr>{''.join(heads + list(map(_cell, cells)))}</tr>"
        yield "</tbody>"


def _cell(cell: Value | Sentence | str) -> str:
    """A td; numbers are set to the right. A sentence is taken as it stands, so that stars can be markers."""
    kind = ' class="number"' if _is_number(cell) else ""
    if isinstance(cell, Sentence):
        inner = Sentence(escape(cell.template), cell.values).fill(named)
    else:
        inner = named(cell) if isinstance(cell, Value) else escape(cell)
    return f"<td{kind}>{inner}</td>"


def _is_number(cell: Value | Sentence | str) -> bool:
    """Whether a cell is read as a number, such as '9.8 [printed: 9.9]', and not as words that begin with one."""
    text = plain(cell)
    if len(re.findall(r"[^\W\d_]+", text)) > 2:
        return False
    return text[:1].isdigit() or text[:1] in set("−–.∞") or text[:2] in {"< ", "> "}


def _is_number_column(cells: pd.Series) -> bool:
    told = cells[cells.map(plain) != ""]
    return len(told) > 0 and bool(told.map(_is_number).all())


def named(entry: Value) -> str:
    """A named value in a table: its number, with the name by which the report explains it."""
    return f'<span class="value" data-id="{escape(entry.id)}">{escape(entry.number)}</span>'


def plain(cell: Value | Sentence | str) -> str:
    """A cell as text; values go without their unit, which the heading of the column bears."""
    if isinstance(cell, Sentence):
        return cell.fill(lambda entry: entry.number)
    return cell.number if isinstance(cell, Value) else cell


def path(label) -> tuple[str, ...]:
    """A label of any number of levels as text."""
    return tuple(map(str, label)) if isinstance(label, tuple) else (str(label),)
