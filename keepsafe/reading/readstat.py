"""SPSS and Stata files as ReadStat reads them, some rows at a time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe.problems import InputError
from keepsafe.reading.encoding import NAMES
from keepsafe.reading.table import Meaning, Table, as_text, categorical, headings

MISSING = "declared missing"
AT_ONCE = 5_000_000  # cells


def table(path: Path, file: str) -> Table:
    """The table of an SPSS or Stata file, as `keepsafe.reading.statistical.read` describes it.

    Raises InputError where ReadStat cannot read the file. A file that is damaged may also end the process.
    """
    for encoding in (None, "cp1252"):
        for dates in (False, True):  # a date beyond the year 9999 stays a number
            try:
                return _table(path, file, {"encoding": encoding, "disable_datetime_conversion": dates})
            except InputError:
                raise
            except Exception as error:  # ReadStat's own errors, and what its dates and letters raise in Python
                reason = str(error)
    raise damaged(path, file, reason[:1].lower() + reason[1:])


def damaged(path: Path, file: str, reason: str) -> InputError:
    """The error for a file that cannot be read."""
    kind = "an SPSS" if _is_spss(path) else "a Stata"
    return InputError.of(f"is {kind} file that cannot be read: {reason}", file=file,
                         remedy="is it cut short? write it again")  # fmt: skip


def _table(path: Path, file: str, options: dict) -> Table:
    reader = _reader(path)
    options |= {"user_missing": True, "output_format": "dict"}
    said = reader(path, metadataonly=True, **options)[1]
    heads = headings(said.column_names, file)
    columns = {name: _Column(said.readstat_variable_types[name] != "string") for name in said.column_names}
    size, rows, last = max(1, AT_ONCE // max(1, len(heads))), 0, None
    while columns and last in (None, size):
        data, part = reader(path, row_limit=size, row_offset=rows, **options)
        last = len(next(iter(data.values()), ()))
        rows += last
        for name, column in columns.items():
            column.add(data.pop(name), part.missing_user_values.get(name))
    meanings = {head: _meaning(said, name, column)
                for head, (name, column) in zip(heads, columns.items(), strict=True)}  # fmt: skip
    notes = (f"it was read as {NAMES[options['encoding']]}: look at accented letters",) if options["encoding"] else ()
    return Table(file, heads, tuple(column.categorical() for column in columns.values()),
                 pd.RangeIndex(1, rows + 1, name="line"), meanings=meanings, notes=notes)  # fmt: skip


class _Column:
    """A column gathered part by part: its different entries, and the place of each cell's among them."""

    def __init__(self, numbers: bool):
        self.numbers = numbers
        self.places: dict[str, int] = {}
        self.parts = [np.empty(0, np.uint8)]
        self.letters: set[str] = set()

    def add(self, cells: list, letters: list[str] | None) -> None:
        """Some more cells; of Stata's codes of missing, which come as letters, the point is put back."""
        codes, entries = pd.factorize(self._array(cells), use_na_sentinel=False)
        self.letters |= set(letters or ())
        texts = [f".{entry}" if entry in self.letters else as_text(entry) for entry in pd.Index(entries).tolist()]
        places = [self.places.setdefault(text, len(self.places)) for text in texts]
        self.parts.append(np.array(places, np.min_scalar_type(len(self.places)))[codes])

    def _array(self, cells: list) -> np.ndarray:
        try:
            return np.array(cells, dtype=float if self.numbers else object)
        except (TypeError, ValueError):  # dates, and letters among numbers
            return np.array(cells, dtype=object)

    def categorical(self) -> pd.Categorical:
        return categorical(np.concatenate(self.parts), self.places)


def _meaning(said, name: str, column: _Column) -> Meaning:
    labels = said.variable_value_labels.get(name) or {}
    levels = {f".{code}" if code in column.letters else as_text(code): str(label).strip()
              for code, label in labels.items()}  # fmt: skip
    missing = [f".{letter}" for letter in sorted(column.letters)]
    for limits in said.missing_ranges.get(name) or ():
        low, high = limits["lo"], limits["hi"]
        missing += [as_text(low)] if low == high else [code for code in column.places if _between(code, low, high)]
    return Meaning(
        label=(said.column_names_to_labels.get(name) or "").strip(),
        levels={code: label for code, label in levels.items() if code not in missing},
        missing={code: levels.get(code) or MISSING for code in dict.fromkeys(missing)},
        ordered=said.variable_measure.get(name) == "ordinal",
    )


def _between(code: str, low: object, high: object) -> bool:
    try:
        return low <= float(code) <= high
    except (TypeError, ValueError):
        return False


def _reader(path: Path) -> Callable:
    import pyreadstat

    return pyreadstat.read_sav if _is_spss(path) else pyreadstat.read_dta


def _is_spss(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(3) == b"$FL"
