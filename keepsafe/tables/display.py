"""A data frame as a table that everybody can read: named values, labels in words, plain semantic HTML."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from keepsafe import runs
from keepsafe.disclosure import active, log, shielded
from keepsafe.inert import inert_cells, is_number
from keepsafe.problems import InputError, require_frame
from keepsafe.tables.markup import html_table, path, plain
from keepsafe.values.mimes import TABLE, VALUES
from keepsafe.values.named import Sentence, Value, say
from keepsafe.values.numerals import DASH, rounded

SYNTHETIC = "Synthetic data."


@dataclass(frozen=True)
class Table:
    """A table ready to be shown; `table` builds it. Cells of `frame` are a Value, a Sentence or text."""

    frame: pd.DataFrame
    caption: str
    name: str
    note: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        facts = {
            "name": self.name,
            "caption": self.caption,
            "note": self.note,
            "sha256": hashlib.sha256(self.csv().encode()).hexdigest(),
        }
        bundle = {
            "text/plain": self.plain(),
            "text/html": html_table(self.frame, self.caption, self.name, self.note),
            TABLE: facts,
        }
        records = [record for cell in self.frame.to_numpy().ravel() for record in _records(cell)]
        return bundle | ({VALUES: {"template": None, "values": records}} if records else {})

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
    frame: pd.DataFrame,
    caption: str,
    name: str,
    note: str | None = None,
    missing: str | None = None,
    digits: int | Mapping[str, int] = 1,
    synthetic: bool | None = None,
    safe: bool = False,
) -> Table | Sentence:
    """A data frame as an accessible table; as the last expression of a cell it is shown and numbered.

    Parameters
    ----------
    frame : cells may be a `Value`, a sentence of `say`, text, a number, or missing. Column levels become
        column
        groups, the first of several index levels becomes row groups; index names head the row labels. With a
        plain 0..n index the first column names each row.
    caption : what the table shows, without a number.
    name : stable name, unique in the compendium; the file name of its CSV and its address in the report.
    note : what stands under the table.
    missing : why cells are missing; said under the table, beside the dash.
    digits : decimals of plain fractional numbers, one for all or by column; whole numbers are shown whole.
    synthetic : whether the table rests on synthetic data; by default as the run's data say. False for a
        table of published figures alone.
    safe : as for `value`, of its plain numbers.

    Returns
    -------
    Table; under disclosure control a sentence in the place of a table of which nothing stands.

    Raises
    ------
    InputError for a name that cannot be a file name, an empty caption or an empty frame.

    Examples
    --------
    >>> groups = pd.DataFrame({"group": ["CSE", "no CSE"], "young people": [54, 151]})
    >>> print(table(groups, "The groups", "groups").csv(), end="")
    group,young people
    CSE,54
    no CSE,151
    """
    require_frame(frame=frame)
    check_name(name, caption, "table")
    if active() and frame.empty:
        log("table", name, "nothing in it stands")
        return say(f"*Withheld by disclosure control: a table, {caption[0].lower()}{caption[1:].rstrip('.')}.*")
    if not len(frame.columns) or frame.empty:
        raise InputError.of(f"the table {name} is empty", column="frame")
    if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None and len(frame.columns) > 1:
        frame = frame.set_index(frame.columns[0])
        frame.index.name = path(frame.index.name)[-1]
    shown = frame.astype(object).copy()
    for position, label in enumerate(frame.columns):
        places = digits.get(label, 1) if isinstance(digits, Mapping) else digits
        shown.isetitem(
            position,
            pd.Series(
                [_cell(cell, places, "" if safe else f"{name}, {path(label)[-1]}") for cell in frame.iloc[:, position]],
                index=frame.index, dtype=object,  # fmt: skip
            ),
        )
    on_synthetic = runs.synthetic() if synthetic is None else synthetic
    notes = [
        note,
        f"{DASH} means {missing.rstrip('.')}." if missing else None,
        SYNTHETIC if on_synthetic else None,
    ]
    ready = Table(shown, caption, name, " ".join(filter(None, notes)))
    run = runs.active()
    if run:
        run.path("tables", f"{name}.csv").write_text(ready.csv(), encoding="utf-8")
    return ready


def check_name(name: str, caption: str, what: str) -> None:
    """Refuse a name that cannot be a file name and an address, and an empty caption."""
    if not re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", name):
        raise InputError.of(
            f"{name!r} cannot name a {what}", column="name", remedy="use lower-case words joined by - or _"
        )
    if not caption.strip():
        raise InputError.of(f"the {what} {name} has no caption", column="caption")


def _cell(cell, digits: int, shield: str) -> Value | Sentence | str:
    """A cell as it is shown; a plain number under `shield`, its name in the log, unless that is blank."""
    if isinstance(cell, Value | Sentence | str):
        return cell
    if pd.isna(cell):
        return DASH
    raw = cell.item() if hasattr(cell, "item") else cell
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if shield and isinstance(raw, int | float) and (raw := shielded(raw, shield)) is None:
        return DASH
    if isinstance(raw, int):
        return rounded(raw)
    return rounded(raw, digits) if isinstance(raw, float) else str(raw)


def _records(cell) -> list[dict]:
    entries = (
        cell.values.values() if isinstance(cell, Sentence) else [cell] if isinstance(cell, Value) else []
    )
    return [entry.record() for entry in entries]


def _spreadsheet(text: str) -> str:
    """A cell as a spreadsheet has it: a dash is blank, and a number has the minus sign that programs read."""
    read = text.replace("−", "-", 1)
    return "" if text == DASH else read if is_number(read) else text
