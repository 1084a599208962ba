"""SPSS and Stata, with their labels and the codes that their owner declared missing."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe.problems import InputError
from keepsafe.reading.encoding import NAMES
from keepsafe.reading.table import Meaning, Table, as_text, categorical, headings

MISSING = "missing by the file"


def read(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read SPSS .sav and .zsav, and Stata .dta.

    Parameters
    ----------
    path, file : where it is, and its name for messages.
    names : not used.

    Returns
    -------
    Table
        its lines are numbers of cases, from 1, as the data editors show them. Entries are codes, not labels;
        `meanings` has the labels. A code declared missing stays as it is (Stata's .a to .z with their point); what
        the program itself calls missing is blank.

    Raises
    ------
    InputError
        for a file that is damaged.
    """
    data, said, encoding = _opened(path, file)
    heads = headings(said.column_names, file)
    columns, meanings = [], {}
    for name, head in zip(said.column_names, heads, strict=True):
        cells = data.pop(name)
        cells = np.array(cells, dtype=object) if isinstance(cells, list) else cells
        codes, entries = pd.factorize(cells, use_na_sentinel=False)
        extended = set(said.missing_user_values.get(name) or ())  # Stata's letters come without their point
        entries = [f".{entry}" if entry in extended else as_text(entry) for entry in pd.Index(entries).tolist()]
        columns.append(categorical(codes, entries))
        meanings[head] = _meaning(said, name, extended, entries)
    rows = len(columns[0]) if columns else 0
    notes = (f"it was read as {NAMES[encoding]}: look at accented letters",) if encoding else ()
    lines = pd.RangeIndex(1, rows + 1, name="line")
    return Table(file, heads, tuple(columns), lines, meanings=meanings, notes=notes)


def _opened(path: Path, file: str) -> tuple[dict[str, np.ndarray], object, str | None]:
    """Columns, what the file says of them, and the encoding where it does not fit the one that it declares."""
    import pyreadstat

    with path.open("rb") as opened:
        spss = opened.read(3) == b"$FL"
    reader = pyreadstat.read_sav if spss else pyreadstat.read_dta
    for encoding in (None, "cp1252"):
        for dates in (False, True):  # a date beyond the year 9999 stays a number
            try:
                data, said = reader(path, user_missing=True, output_format="dict", encoding=encoding,
                                    disable_datetime_conversion=dates)  # fmt: skip
                return data, said, encoding
            except MemoryError:
                raise
            except Exception as error:  # ReadStat's own errors, and what its dates and letters raise in Python
                reason = str(error)
    kind = "an SPSS" if spss else "a Stata"
    raise InputError.of(f"is {kind} file that cannot be read: {reason[:1].lower()}{reason[1:]}", file=file,
                        remedy="is it cut short? write it again")  # fmt: skip


def _meaning(said, name: str, extended: set[str], entries: list[str]) -> Meaning:
    labels = said.variable_value_labels.get(name) or {}
    levels = {f".{code}" if code in extended else as_text(code): str(label).strip() for code, label in labels.items()}
    missing = [f".{letter}" for letter in sorted(extended)]
    for limits in said.missing_ranges.get(name) or ():
        low, high = limits["lo"], limits["hi"]
        missing += [as_text(low)] if low == high else [entry for entry in entries if _between(entry, low, high)]
    return Meaning(
        label=(said.column_names_to_labels.get(name) or "").strip(),
        levels={code: label for code, label in levels.items() if code not in missing},
        missing={code: levels.get(code) or MISSING for code in dict.fromkeys(missing)},
        ordered=said.variable_measure.get(name) == "ordinal",
    )


def _between(entry: str, low: object, high: object) -> bool:
    try:
        return low <= float(entry) <= high
    except (TypeError, ValueError):
        return False
