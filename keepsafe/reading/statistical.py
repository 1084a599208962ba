"""SPSS and Stata, with their labels and the codes that their owner declared missing.

They are read in a process of their own, for a damaged file can bring down the one that reads it.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

import keepsafe
from keepsafe.problems import InputError
from keepsafe.reading.encoding import NAMES
from keepsafe.reading.table import Meaning, Table, as_text, categorical, headings

MISSING = "declared missing"
CHILD = "from keepsafe.reading.statistical import answer; answer()"
SECONDS = 60  # and one more for each megabyte


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
    folders = [str(Path(keepsafe.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(folders)}
    try:
        done = subprocess.run([sys.executable, "-c", CHILD, path, file], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=SECONDS + path.stat().st_size / 1e6)  # fmt: skip
        answered = pickle.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired:
        answered = None
    if isinstance(answered, Table):
        return answered
    raise answered or _damaged(path, file, "it brings its reader to a halt")


def answer() -> None:
    """What the process of its own does: it writes the table, or what is wrong with the file, to standard output."""
    out = os.dup(1)
    os.dup2(2, 1)  # what the library says is no part of the answer
    path, file = sys.argv[1:]
    try:
        said = _table(Path(path), file)
    except InputError as error:
        said = error
    with open(out, "wb") as pipe:
        pickle.dump(said, pipe, protocol=pickle.HIGHEST_PROTOCOL)


def _table(path: Path, file: str) -> Table:
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

    reader = pyreadstat.read_sav if _is_spss(path) else pyreadstat.read_dta
    for encoding in (None, "cp1252"):
        for dates in (False, True):  # a date beyond the year 9999 stays a number
            try:
                data, said = reader(path, user_missing=True, output_format="dict", encoding=encoding,
                                    disable_datetime_conversion=dates)  # fmt: skip
                return data, said, encoding
            except Exception as error:  # ReadStat's own errors, and what its dates and letters raise in Python
                reason = str(error)
    raise _damaged(path, file, reason[:1].lower() + reason[1:])


def _is_spss(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(3) == b"$FL"


def _damaged(path: Path, file: str, reason: str) -> InputError:
    kind = "an SPSS" if _is_spss(path) else "a Stata"
    return InputError.of(f"is {kind} file that cannot be read: {reason}", file=file,
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
