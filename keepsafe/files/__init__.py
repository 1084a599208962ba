"""A team's case files: read as text and tidied to the codebook's codes; in its modules checked, cleaned, protected.

Bytes become text once, in `keepsafe.reading`; from here on all is columns of text, a variable of the codebook each.
"""

from collections import defaultdict
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from keepsafe import reading, runs
from keepsafe.files import entries
from keepsafe.files.findings import LISTED, Finding, grouped, of_entries
from keepsafe.problems import InputError, shortened
from keepsafe.reading.table import Meaning
from keepsafe.study.codebook import Codebook, load_codebook
from keepsafe.study.definition import load_study

MANY = 10_000_000  # cells


def read_case_files(path: str | Path | None = None, codebook: Codebook | None = None) -> pd.DataFrame:
    """Read an extract of case files, one row a file, as text.

    Parameters
    ----------
    path : a table with the codebook's variables as columns: CSV (or text with ; tab or | between the cells), Excel,
        Parquet, SPSS or Stata. By default the run's data, else the case files that the study file names.
    codebook : what the columns mean; by default `load_codebook()`.

    Returns
    -------
    DataFrame
        all text, the codebook's columns in its order, indexed by the line of the file as a spreadsheet or editor
        counts it (the number of the case in SPSS, Stata and Parquet). Codes of missing stay, dates are as in
        2019-03-31 where the file knows them for dates, whole numbers have no decimal point; a code that the file itself
        labels as the codebook labels another one is that one. Of more than ten million cells each column is a
        categorical of text, which takes a tenth of the memory.

    Raises
    ------
    InputError
        for a file that cannot be read, for columns that are missing or repeated, and for rows of another width.

    Examples
    --------
    >>> read_case_files().shape[0]
    367
    """
    codebook = codebook or load_codebook()
    run = runs.active()
    path = path or (run and run.data) or load_study(codebook=codebook).file("case_files")
    table = reading.read(path, codebook.names)
    wrong = [finding.problem(table.file) for finding in of_form(table, codebook) if finding.kind != "unknown column"]
    if wrong:
        raise InputError(wrong)
    extract, _ = in_codes(table, codebook)
    return extract if extract.size > MANY else _alike(extract, "str")


class Taken(NamedTuple):
    """A table as a codebook takes it: one column of codes a variable, what is wrong with its form, and what to know.

    `changed` says for each variable how many entries are read in another way than they stand; `doubts` which columns
    have which of `entries.DOUBTS`.
    """

    files: pd.DataFrame
    form: list[Finding]
    changed: dict[str, int]
    doubts: dict[str, list[str]]
    notes: list[str]


def taken(table: reading.Table, codebook: Codebook) -> Taken:
    """Take a table by a codebook: its entries as `tidied` has them, and notes on how they were read."""
    form = of_form(table, codebook)
    extract, swapped = in_codes(table, codebook)
    files, mended, unsure = tidied(extract, codebook, forms=False)
    notes = [*table.notes, *(doubt.format(", ".join(unsure[doubt])) for doubt in entries.DOUBTS if doubt in unsure)]
    notes += _of_labels(table, files, codebook)
    said = {
        "codes that the file's own labels give another meaning were read by these": swapped,
        "written in another way than the codebook has it (blanks, capitals, a label for a code, a decimal comma, "
        "a form of date), and read as its entries": mended,
    }
    notes += [f"{what}: {_listed(counted)}" for what, counted in said.items() if len(counted)]
    changed = pd.concat([swapped, mended]).groupby("variable")["entries"].sum().to_dict()
    return Taken(files, form, changed, unsure, notes)


def in_codes(table: reading.Table, codebook: Codebook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns of a table that the codebook knows, in its order, each a categorical of text, indexed by line.

    Codes that the file labels as the codebook labels others become the codebook's; the second frame has how many, as
    `repairs`. Of a column that occurs twice the first is taken.
    """
    made, changed = {}, {}
    for variable in codebook:
        if variable.numbered:
            numbers = table.lines.astype("str")
            made[variable.name] = pd.Series(pd.Categorical(numbers, categories=numbers), table.lines)
            continue
        for place in table.places(variable.name)[:1]:
            column, said = table.columns[place], table.meaning(place)
            column, changed[variable.name] = entries.labelled(variable, said, column)
            made[variable.name] = pd.Series(column, table.lines)
    extract = pd.DataFrame(made, table.lines)
    extract.attrs["file"] = table.file
    return extract, _counted(changed)


def tidied(
    extract: pd.DataFrame, codebook: Codebook, forms: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, list[str]]]:
    """Every entry as its code (blanks around it, capitals, labels, forms of numbers and dates), `repairs`, and doubts.

    Columns are categoricals of text; what is neither code nor label stays, to be told as a fault.
    """
    made, changed, unsure = {}, {}, defaultdict(list)
    for name in extract:
        column, changed[name], doubts = entries.spelled(codebook[name], extract[name], forms)
        made[name] = pd.Series(column, extract.index)
        for doubt in doubts:
            unsure[doubt].append(name)
    tidy = pd.DataFrame(made, extract.index)
    tidy.attrs = dict(extract.attrs)
    return tidy, _counted(changed), unsure


def tidy(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The extract tidied, its columns text or categoricals of text as they were."""
    plain = [name for name in extract if not isinstance(extract[name].dtype, pd.CategoricalDtype)]
    return _alike(tidied(extract, codebook)[0], dict.fromkeys(plain, "str"))


def repairs(extract: pd.DataFrame, codebook: Codebook, forms: bool = True) -> pd.DataFrame:
    """What `clean` corrects in an extract: stray blanks, capitals, and labels in place of codes.

    Parameters
    ----------
    extract : as `read_case_files` returns it.
    codebook : the codes and labels.
    forms : whether another form of the same number, as 1.0 for 1, counts.

    Returns
    -------
    DataFrame
        one row a variable with entries that are corrected, the most frequent first: variable, entries (how many).

    Examples
    --------
    >>> codebook = load_codebook()
    >>> untidy = pd.DataFrame({"sex": ["female", " Female", "MALE"], "cse": ["0", "1", "Yes"]})
    >>> repairs(untidy, codebook).values.tolist()
    [['sex', 2], ['cse', 1]]
    """
    return tidied(extract, codebook, forms)[1]


def checked(extract: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The tidied extract as categoricals of text; InputError with every entry that the codebook does not allow.

    Each is told at its first line; sensitive ones are not repeated.
    """
    files, *_ = tidied(extract, codebook)
    problems = [finding.problem(files.attrs.get("file")) for finding in of_entries(files, codebook)]
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.line))
    return files


def _of_labels(table: reading.Table, tidied: pd.DataFrame, codebook: Codebook) -> list[str]:
    """Notes on entries that the file labels, or calls missing, and the codebook takes for numbers or levels."""
    notes = {
        "labels entries that the codebook takes for numbers (codes of missing?)": [],
        "calls entries missing that the codebook takes for known": [],
    }
    for name in tidied:
        variable = codebook[name]
        said = next(map(table.meaning, table.places(name)), Meaning())
        labelled = said.levels if variable.measured else {}
        for found, codes in zip(notes.values(), (labelled, said.missing), strict=True):
            known = pd.Series([code for code in codes if code not in variable.missing], dtype="str")
            known = known[entries.allowed(variable, known).to_numpy(bool)]
            if times := int(tidied[name].isin(list(known)).sum()):
                found.append(f"{name} {times:,}")
    return [f"the file {what}: {', '.join(found)}" for what, found in notes.items() if found]


def _listed(counted: pd.DataFrame) -> str:
    """Variables with their number of entries, the first ones by name."""
    parts = [f"{row.variable} {row.entries:,}" for row in counted.head(LISTED).itertuples()]
    rest = counted["entries"][LISTED:].sum()
    return ", ".join([*parts, *([f"and {rest:,} in {len(counted) - LISTED:,} more columns"] if rest else [])])


def _alike(frame: pd.DataFrame, dtype) -> pd.DataFrame:
    """The frame with columns of another type, its notes kept."""
    made = frame.astype(dtype)
    made.attrs = dict(frame.attrs)
    return made


def _counted(changed: dict[str, int]) -> pd.DataFrame:
    made = pd.Series(changed, dtype=int)
    made = made[made > 0].sort_values(ascending=False, kind="stable")
    return made.rename_axis("variable").reset_index(name="entries")


def of_form(table: reading.Table, codebook: Codebook) -> list[Finding]:
    """What is wrong with a table's headings and rows, whatever its entries."""
    return [*_of_headings(table, codebook), *_of_rows(table)]


def _of_headings(table: reading.Table, codebook: Codebook) -> list[Finding]:
    """What is wrong with the headings: columns that are missing, repeated or unknown.

    InputError where the file has none of the codebook's columns. Its first line is then not repeated, for it may hold a
    case.
    """
    places = {name: table.places(name) for name in codebook.names}
    known = {place for each in places.values() for place in each}
    if not known:
        remedy = "does its first line hold the names of the columns, and is this its codebook?"
        raise InputError.of("has none of the codebook's columns", file=table.file, remedy=remedy)
    missing = [name for name, found in places.items() if not (found or codebook[name].numbered)]
    unknown = [name for place, name in enumerate(table.names) if place not in known and name]
    near = {name: _nearest(name, unknown) for name in missing[:LISTED]}
    meant = {heading: name for name, heading in near.items() if heading}
    found = [
        Finding(
            "missing column",
            f"column {name!r} is missing",
            name,
            remedy=f"is it the column {shortened(near[name])!r}?" if near.get(name) else None,
        )
        for name in missing
    ]
    found += [
        Finding("repeated column", f"column {name!r} appears {len(found)} times", name, remedy="keep one of them")
        for name, found in places.items()
        if len(found) > 1
    ]
    for heading in dict.fromkeys(unknown[:LISTED]):
        remedy = f"did you mean {meant[heading]}?" if heading in meant else _describe_or_delete(heading)
        found.append(
            Finding("unknown column", f"column {shortened(heading)!r} is not in the codebook", heading, remedy=remedy)
        )
    if len(unknown) > LISTED:
        rest = len(unknown) - LISTED
        found.append(Finding("unknown column", f"{rest:,} further columns are not in the codebook", count=rest))
    blank = [str(place + 1) for place, name in enumerate(table.names) if not name]
    if blank:
        which = ", ".join(blank[:LISTED]) + (" and more" if len(blank) > LISTED else "")
        found.append(
            Finding(
                "unknown column",
                f"no heading above column {which}",
                count=len(blank),
                remedy="name it, or leave it out",
            )
        )
    return found


def _of_rows(table: reading.Table) -> list[Finding]:
    """Rows with another number of cells than the header, by that number, and rows that look like no case."""
    lines, cells = np.array(table.ragged, dtype=int).reshape(-1, 2).T
    groups, _ = grouped(np.arange(len(lines)), cells, pd.Index(lines))
    found = []
    for width, where, count in groups:
        has = "has other numbers of cells" if width < 0 else f"has {width:,} cell{'s' if width != 1 else ''}"
        note = "is it a note, no case? delete it" if width == 1 else "quote cells that hold what separates cells"
        found.append(
            Finding("row width", f"{has} where the header has {table.width:,}", lines=where, count=count, remedy=note)
        )
    return [*found, *(Finding("no case", what, lines=(line,), remedy=remedy) for line, what, remedy in table.doubts)]


def _describe_or_delete(heading: str) -> str:
    drop = f"SAVE OUTFILE ... /DROP={shortened(heading)}"
    return f"describe it in the codebook, or delete the column from the file (in SPSS: {drop})"


def _nearest(name: str, headings: list[str]) -> str | None:
    near = get_close_matches(name, [heading for heading in headings[:1000] if len(heading) < 100], 1)
    return near[0] if near else None
