"""A data frame as a table that everybody can read: named values, labels in words, plain semantic HTML.

What a table of a name shows under which headings stands in data/headings.csv, so that a notebook only has to name it.

Longer than 300 lines: what a cell may hold decides both how it is laid out and how it is written.
"""

import hashlib
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

import pandas as pd

from keepsafe import runs
from keepsafe.files.disclosure import active, log
from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.reading import read_own
from keepsafe.reading.delimited import inert_cells, is_number
from keepsafe.telling import EXPLORED, TABLE, VALUES
from keepsafe.telling.opened import LeftOut, current
from keepsafe.telling.sentences import Sentence, field_name, formatted, number_of
from keepsafe.telling.values import DASH, Value, from_data, synthetic_throughout, unprinted, value_name

SYNTHETIC = "Synthetic data."
LEFT = ' style="text-align: left"'  # JupyterLab sets every cell of a table to the right
NUMBER = ' class="number"'


class Made(str):
    """Text of a cell that synthetic files made up, so that it is told from what was printed."""


@dataclass(frozen=True)
class Table:
    """A table ready to be shown; `table` builds it. Cells of `frame` are a Value, a Sentence or text.

    `explored` is what the page's controls show beside it.
    """

    frame: pd.DataFrame
    caption: str
    name: str
    note: str
    explored: dict | None = None

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        facts = {
            "name": self.name,
            "caption": self.caption,
            "note": self.note,
            "sha256": hashlib.sha256(self.csv().encode()).hexdigest(),
            "invented": _invented(self.name, self.frame),
        }
        bundle = {
            "text/plain": self.plain(),
            "text/html": html_table(self.frame, self.caption, self.name, self.note),
            TABLE: facts,
        }
        records = [entry.record() for entry in _entries(self.frame)]
        bundle |= {VALUES: {"template": None, "values": records}} if records else {}
        return bundle | ({EXPLORED: self.explored} if self.explored else {})

    def plain(self) -> str:
        """The table as text."""
        return "\n".join(filter(None, [self.caption, self.frame.map(plain).to_string(), self.note]))

    def csv(self) -> str:
        """The table for a spreadsheet: headings of several rows joined by ' | ', dashes left blank."""
        flat = self.frame.map(plain)
        flat.columns = [" | ".join(path(label)) for label in flat.columns]
        keys = pd.DataFrame([list(path(label)) for label in flat.index], dtype=str)
        keys.columns = [str(name or "") for name in flat.index.names]
        both = pd.concat([keys, flat.reset_index(drop=True)], axis=1)
        return inert_cells(both.map(_spreadsheet)).to_csv(index=False, lineterminator="\n")


def table(
    name: str,
    frame: pd.DataFrame,
    caption: str,
    columns: Mapping[str, str] | None = None,
    *,
    rows: Sequence[str] = (),
    note: str = "",
    missing: str = "",
) -> Table | LeftOut:
    """A data frame as an accessible table; as the last expression of a cell it is shown and numbered.

    A number's name is the table's name, the row's and the field's: `moves.cse.mean`. By that name data/kinds.csv knows
    its kind of agreement with the 2019 report.

    Parameters
    ----------
    name : of the table, unique in the compendium; also the file name of its CSV and its address in the report.
    frame : one row a row. Its index names the rows, and names of variables are shown by their labels; the first of
        several index levels makes row groups, column levels make column groups. With a plain 0..n index the first
        column names each row.
    caption : what the table shows, without a number.
    columns : what to show, by heading: the name of a column, with a format as in `say` ("mean:.1f"), or a template
        over the row's columns ("{odds_ratio:.2f} ({low:.2f} to {high:.2f})"). By default what data/headings.csv says of
        a table of this name; otherwise all columns, whole numbers as they are and fractions to one decimal.
    rows : columns of the frame that name the rows of its values, where the words that readers see are not unique.
    note : what stands under the table.
    missing : why cells are missing; said under the table, beside the dash.

    Returns
    -------
    Table; under disclosure control a sentence in the place of a table of which nothing stands.

    Raises
    ------
    InputError for a name that cannot be a file name, an empty caption or frame, rows of one name, and every field
    without a value or with a format that does not fit.

    Examples
    --------
    >>> groups = pd.DataFrame({"n": [54, 151], "share": [26.34, 73.66]}, index=["CSE", "no CSE"])
    >>> shown = table("doc-example", groups, "The groups", {"Young people": "n", "Per cent": "share:.1f"})
    >>> print(shown.csv(), end="")
    ,Young people,Per cent
    CSE,54,26.3
    no CSE,151,73.7
    """
    require_frame(frame=frame)
    name = fitting(name, caption, "table")
    if frame.empty:
        if active():
            return finished(name, frame, caption)
        raise InputError.of(f"the table {name} is empty", column="frame")
    columns = columns or headings().get(name)
    named = frame[list(rows)].itertuples(index=False) if rows else ()
    keys = [value_name(*filter(None, map(str, key))) for key in named]
    if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None and (columns or len(frame.columns) > 1):
        first, columns = _first(frame, columns)
        frame = frame.set_index(first)
    ready = _laid_out(name, frame, columns, keys)
    return finished(name, ready, caption, note, missing)


def finished(name: str, frame: pd.DataFrame, caption: str, note: str = "", missing: str = "") -> Table | LeftOut:
    """A table of cells that are values, sentences or text already; blank ones become dashes."""
    name = fitting(name, caption, "table")
    if active() and frame.empty:
        log("table", name, "nothing in it stands")
        return LeftOut.of("table", caption)
    cells = frame.astype(object).to_numpy()
    told = [[cell if isinstance(cell, Value | Sentence | str) else DASH for cell in row] for row in cells]
    frame = pd.DataFrame(told, frame.index, frame.columns, dtype=object)
    notes = [
        note,
        f"{DASH} means {missing.rstrip('.')}." if missing else "",
        SYNTHETIC if synthetic_throughout() or _invented(name, frame) != "none" else "",
    ]
    ready = Table(frame, caption, name, " ".join(filter(None, notes)))
    if run := runs.active():
        run.path("tables", f"{name}.csv").write_text(ready.csv(), encoding="utf-8")
    return ready


def fitting(name: str, caption: str, what: str) -> str:
    """The name of a table or figure as a file name and an address; InputError where it has none, or no caption."""
    made = value_name(name, joint="-")
    if not made:
        raise InputError.of(f"a {what} has no name", column="name", remedy="use lower-case words joined by - or _")
    if not caption.strip():
        raise InputError.of(f"the {what} {name} has no caption", column="caption")
    return made


def headings() -> Mapping[str, Mapping[str, str]]:
    """What data/headings.csv has each table show, by heading: `columns` of `table`, by the table's name."""
    return from_data(_headings, {}, "headings.csv")


def _headings(path: Path) -> dict[str, dict[str, str]]:
    read = read_own(path, ("table", "heading", "shows"))
    again = read.frame[read.frame.duplicated(["table", "heading"])]
    if len(again):
        remedy = "give each column of a table a heading of its own"
        twice = [(row.Index, f"{row.table} has {row.heading!r} twice") for row in again.itertuples()]
        raise InputError([read.problem(place, "heading", what, remedy) for place, what in twice])
    tables = read.frame.groupby("table", sort=False)
    return {table: dict(zip(part["heading"], part["shows"], strict=True)) for table, part in tables}


def _has(frame: pd.DataFrame) -> str:
    return f"the columns of the data frame begin {', '.join(map(str, frame.columns[:5]))}"


def _first(frame: pd.DataFrame, columns: Mapping[str, str] | None) -> tuple[pd.Index, Mapping[str, str | None]]:
    """The names of the rows, which stand in the first column, and the columns that are left."""
    if columns is None:
        rest = {path(column)[-1]: None for column in frame.columns[1:]}
        return pd.Index(list(frame.iloc[:, 0]), name=path(frame.columns[0])[-1]), rest
    (heading, template), *others = columns.items()
    try:
        texts = [plain(_cell("row", row, template, heading)) for _, row in frame.iterrows()]
    except LookupError:
        raise InputError.of(f"{template!r} has no value", column=heading, remedy=_has(frame)) from None
    return pd.Index(texts, name=heading), dict(others)


def _laid_out(name: str, frame: pd.DataFrame, columns: Mapping[str, str] | None, keys: list[str]) -> pd.DataFrame:
    """The frame with a cell a heading, each a value, a sentence or text."""
    keys = keys or [value_name(*path(label)) for label in frame.index]
    problems, rows, headings = [], [], columns or {column: None for column in frame.columns}
    for key, (_, row) in zip(keys, frame.astype(object).iterrows(), strict=True):
        cells = []
        for heading, template in headings.items():
            try:
                cells.append(_cell(f"{name}.{key}", row, template, heading))
            except (LookupError, ValueError) as error:
                told = error.problems[0].message if isinstance(error, InputError) else str(error.args[0])
                place = f"the table {name!r}, column {heading!r}, row {key!r}"
                remedy = None if isinstance(error, ValueError) else _has(frame)
                problems.append(Problem(f"{place}: {told}", column=str(heading), remedy=remedy))
        rows.append(cells)
    first: dict[str, Value] = {}
    for entry in _entries(pd.DataFrame(rows, dtype=object)):
        if first.setdefault(entry.id, entry) != entry:
            twice = f"the table {name!r} has two values called {entry.id!r}"
            problems.append(Problem(twice, column=entry.id, remedy="give each row a name of its own"))
    if problems:
        raise InputError(list(dict.fromkeys(problems))[:20])
    study = current()
    labels = {each: study.label(each) for each in (*study.derived, *study.codebook.names)}
    if frame.index.name in study.codebook:  # its rows are levels, as those of a crosstab
        labels = study.codebook[frame.index.name].levels
    elif frame.index.nlevels == 1:
        labels = study.terms(each for each in dict.fromkeys(frame.index) if each in labels)
    made = pd.DataFrame(rows, frame.index, pd.Index(list(headings)), dtype=object).rename(index=labels)
    if frame.columns.nlevels > 1 and columns is None:
        made.columns = frame.columns
    return made


def _cell(name: str, row: pd.Series, template: str | None, heading) -> Value | Sentence | str | None:
    """A cell: a named value, a sentence of several, or the text that stands there."""
    if template is None:
        return _plain(row[heading], f"{name}.{value_name(*path(heading))}")
    if "{" not in template:
        field, _, spec = template.partition(":")
        return _plain(number_of(row, field), f"{name}.{field_name(field)}", spec)
    parts, values = [], {}
    for text, field, spec, _ in string.Formatter().parse(template):
        parts.append(text.replace("{", "{{").replace("}", "}}"))
        if field is None:
            continue
        id = f"{name}.{field_name(field)}"
        made = _plain(number_of(row, field), id, spec)
        if made is None and spec:  # a number that is missing beside others
            made = formatted(None, id, spec)
        if isinstance(made, Sentence):
            values |= made.values
            parts.append(made.template)
        elif isinstance(made, Value):
            values[field] = made
            parts.append(f"{{{field}}}")
        elif made is not None:
            parts.append(str(made).replace("{", "{{").replace("}", "}}"))
    if values and all(each.value is None for each in values.values()):
        return None
    return Sentence("".join(parts), values) if values else "".join(parts)


def _plain(cell, id: str, spec: str = "") -> Value | Sentence | str | None:
    if isinstance(cell, str) and cell and spec not in ("", "s"):
        raise ValueError(f"is text, which has no format {spec!r}")
    if isinstance(cell, Value | Sentence | str):
        return cell
    if not pd.api.types.is_scalar(cell) or pd.isna(cell):
        return None
    raw = cell.item() if hasattr(cell, "item") else cell
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if not isinstance(raw, int | float) or spec == "s":
        return str(raw)
    made = formatted(raw, id, spec or (".1f" if isinstance(raw, float) else ""))
    return made if made.number != DASH else None


def _invented(name: str, frame: pd.DataFrame) -> str:
    """Whether none, some or all of a table's numbers were made up; of one without numbers the register says."""
    told = {entry.invented for entry in _entries(frame)} or {unprinted(name)}
    told |= {True} if any(isinstance(cell, Made) for cell in frame.to_numpy().ravel()) else set()
    return "some" if len(told) > 1 else "all" if True in told else "none"


def _entries(frame: pd.DataFrame) -> Iterator[Value]:
    """The values of all cells, row by row."""
    for cell in frame.to_numpy().ravel():
        if isinstance(cell, Sentence):
            yield from cell.values.values()
        elif isinstance(cell, Value):
            yield cell


def _spreadsheet(text: str) -> str:
    """A cell as a spreadsheet has it: a dash is blank, and a number has the minus sign that programs read."""
    read = text.replace("−", "-", 1)
    return "" if text == DASH else read if is_number(read) else text


def html_table(frame: pd.DataFrame, caption: str, name: str, note: str) -> str:
    """A frame of Values, Sentences and texts as an HTML table; by data-name the report numbers and addresses it.

    Column levels become column groups; of several index levels the first becomes row groups.
    """
    stubs = max(1, frame.index.nlevels - 1)
    width = stubs + len(frame.columns)
    right = [_is_number_column(frame.iloc[:, place]) for place in range(len(frame.columns))]
    lines = [
        f'<table class="keepsafe" data-name="{escape(name)}">',
        f"<caption{LEFT}>{escape(caption)}</caption>",
        "<thead>",
        *_head(frame, stubs, right),
        "</thead>",
        *_body(frame, stubs, width, right),
    ]
    if note:
        lines.append(f'<tfoot><tr><td colspan="{width}"{LEFT}>{escape(note)}</td></tr></tfoot>')
    return "\n".join([*lines, "</table>"])


def _head(frame: pd.DataFrame, stubs: int, right: list[bool]) -> Iterator[str]:
    """One row for each level of the columns; a level that repeats itself spans its columns."""
    levels, labels = frame.columns.nlevels, list(map(path, frame.columns))
    deep = f' rowspan="{levels}"' if levels > 1 else ""
    names = [str(name) if name else "" for name in frame.index.names[-stubs:]]
    cells = [f'<th scope="col"{deep}{LEFT}>{escape(stub)}</th>' if stub else f"<td{deep}></td>" for stub in names]
    for level in range(1, levels + 1):
        # columns of one name stay apart on the last level
        keys = [(label[:level], place if level == levels else None) for place, label in enumerate(labels)]
        for (label, _), group in groupby(range(len(labels)), keys.__getitem__):
            places = list(group)
            wide = f' colspan="{len(places)}"' if len(places) > 1 else ""
            scope = "colgroup" if len(places) > 1 else "col"
            kind = LEFT if wide or not right[places[0]] else NUMBER
            text = escape(label[-1])
            cells.append(f'<th scope="{scope}"{wide}{kind}>{text}</th>' if text else f"<td{wide}></td>")
        yield f"<tr>{''.join(cells)}</tr>"
        cells = []


def _body(frame: pd.DataFrame, stubs: int, width: int, right: list[bool]) -> Iterator[str]:
    """One tbody, or one for each row group under a heading of its own."""
    rows = list(zip(map(path, frame.index), frame.itertuples(index=False, name=None), strict=True))
    for group, members in groupby(rows, key=lambda row: row[0][:1] if len(row[0]) > 1 else ()):
        yield "<tbody>"
        if group:
            yield f'<tr class="group"><th scope="rowgroup" colspan="{width}"{LEFT}>{escape(group[0])}</th></tr>'
        for label, cells in members:
            heads = [f'<th scope="row"{LEFT}>{escape(part)}</th>' for part in label[-stubs:]]
            yield f"<tr>{''.join(heads + list(map(_td, cells, right)))}</tr>"
        yield "</tbody>"


def _td(cell: Value | Sentence | str, right: bool) -> str:
    """A td; a column of numbers is set to the right. A sentence is taken as it stands, so that stars can be markers."""
    if isinstance(cell, Sentence):
        inner = Sentence(escape(cell.template), cell.values).fill(_numbered)
    else:
        inner = _numbered(cell) if isinstance(cell, Value) else escape(cell)
        inner = f'<span class="invented">{inner}</span>' if isinstance(cell, Made) else inner
    return f"<td{NUMBER if right else LEFT}>{inner}</td>"


def _is_number_column(cells: pd.Series) -> bool:
    """Whether most cells of a column are numbers, such as '9.8 [printed: 9.9]', and not words that begin with one."""
    texts = [text for text in map(plain, cells) if text not in ("", DASH)]
    numbers = [text for text in texts if re.match(r"[\d−–.∞]|[<>] ", text)]
    return sum(len(re.findall(r"[^\W\d_]+", text)) <= 2 for text in numbers) > len(texts) / 2


def _numbered(entry: Value) -> str:
    """A named value in a table: its number, with the name by which the report explains it."""
    look = "value invented" if entry.invented else "value"
    return f'<span class="{look}" data-id="{escape(entry.id)}">{escape(entry.number)}</span>'


def plain(cell: Value | Sentence | str) -> str:
    """A cell as text; values go without their unit, which the heading of the column bears."""
    if isinstance(cell, Sentence):
        return cell.fill(lambda entry: entry.number)
    return cell.number if isinstance(cell, Value) else cell


def path(label) -> tuple[str, ...]:
    """A label of any number of levels as text."""
    return tuple(map(str, label)) if isinstance(label, tuple) else (str(label),)
