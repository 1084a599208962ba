"""A file of cases checked against the codebook and the study's rules: all that is wrong, at once."""

import json
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pandas as pd

from keepsafe import reading
from keepsafe.files import case_files
from keepsafe.files.checking import columns, contradictions, entries
from keepsafe.files.checking.findings import LISTED, Finding
from keepsafe.problems import InputError, printable, row_word
from keepsafe.reading import written
from keepsafe.reading.table import Meaning
from keepsafe.study.codebook import Codebook, load_codebook
from keepsafe.study.definition import Study, load_study

OF_COLUMNS = ("missing column", "repeated column", "unknown column")


@dataclass(frozen=True)
class Report:
    """What was checked and what was found.

    `findings` are in the order of the codebook's columns, those on the columns themselves first; `changed` says for
    each variable how many entries reading wrote in another way than they stand; `checked` says in a sentence what was
    checked, `notes` what else the file's owner should know.
    """

    file: str
    rows: int
    columns: int
    findings: tuple[Finding, ...]
    changed: dict[str, int]
    checked: str
    notes: tuple[str, ...]
    codebook: Codebook

    def __str__(self) -> str:
        count = sum(finding.count for finding in self.findings)
        file = printable(self.file)
        parts = [f"{file}: {f'{count:,} faults' if count != 1 else '1 fault'}. {self.checked}"]
        for title, group in groupby(self.findings, self._title):
            parts.append("\n".join(["", title, *(f"  {finding}" for finding in group)]))
        if not self.findings:
            parts = [f"{file}: nothing was found. {self.checked}"]
        return "\n".join([*parts, *(f"\nnote: {printable(note)}" for note in self.notes)])

    def as_json(self) -> str:
        """The same facts for a program."""
        facts = {
            "file": self.file,
            "rows": self.rows,
            "columns": self.columns,
            "faults": sum(finding.count for finding in self.findings),
            "findings": [finding.facts() for finding in self.findings],
            "changed": self.changed,
            "checked": self.checked,
            "notes": self.notes,
        }
        return json.dumps(facts, indent=1)  # ASCII, so that no terminal is told anything by it

    def _title(self, finding: Finding) -> str:
        if finding.kind in OF_COLUMNS:
            return "columns"
        return f"{finding.column} ({printable(self.codebook.label(finding.column))})" if finding.column else "rows"


def check(path: str | Path, codebook: str | Path | None = None, study: str | Path | None = None) -> Report:
    """Check a file of cases.

    Parameters
    ----------
    path : the file, in any format that `read_case_files` takes.
    codebook : what its columns mean; data/codebook.csv by default.
    study : the file whose [rules] hold between columns, and which names the column of the file; data/study.toml by
        default, left out where it does not fit another codebook.

    Returns
    -------
    Report
        Entries of columns that the codebook calls sensitive are not in it, though a contradiction, by its rule, lets
        whoever has the rule infer them.

    Raises
    ------
    InputError
        for a file that cannot be read or has none of the codebook's columns, and for a codebook or study file that
        cannot be used.

    Examples
    --------
    >>> from keepsafe import paths
    >>> print(check(paths.data("synthetic", "case_files.csv")))  # doctest: +ELLIPSIS
    data/synthetic/case_files.csv: nothing was found. Checked: the columns, 367 rows by 134 columns, ...
    """
    meanings = load_codebook(codebook)
    rules, notes = _study(study, meanings, own=codebook is None)
    table = reading.read(path, meanings.names)
    headings = columns.findings(table, meanings)
    extract = case_files.in_codes(table, meanings)
    tidied = case_files.tidy(extract, meanings)
    unique = contradictions.unique_identifier(tidied, meanings, rules)
    found = entries.findings(tidied, meanings)
    if unique in tidied:
        found += contradictions.repeated(tidied, meanings, unique)
    if rules:
        found += contradictions.findings(tidied, rules)
    place = {name: number for number, name in enumerate(meanings.names)}
    found = [*headings, *columns.rows(table), *sorted(found, key=lambda finding: place[finding.column])]
    rows = len(table.lines) + len(table.ragged)
    checked = _in_words(rows, len(table.names), unique if unique in tidied else None, rules)
    if unique is None:
        notes.append("no column was checked for entries that stand twice: name the person's under [study] of the study "
                     "file")  # fmt: skip
    swapped, mended = case_files.relabelled(table, meanings), case_files.repairs(extract, meanings, forms=False)
    if len(swapped):
        notes.append(f"codes that the file's own labels give another meaning were read by these: {_listed(swapped)}")
    if len(mended):
        notes.append("written in another way than the codebook has it (blanks, capitals, a label for a code, a decimal "
                     f"comma, a form of date), and read as its entries: {_listed(mended)}")  # fmt: skip
    changed = pd.concat([swapped, mended]).groupby("variable")["entries"].sum()
    notes = (*table.notes, *_of_dates(extract, meanings), *_of_labels(table, tidied, meanings), *notes)
    found = tuple(replace(finding, unit=row_word(table.file)) for finding in found)
    return Report(table.file, rows, len(table.names), found, changed.to_dict(), checked, notes, meanings)


def _study(path: str | Path | None, codebook: Codebook, own: bool) -> tuple[Study | None, list[str]]:
    """The study file, and a note where the compendium's own does not fit a user's codebook."""
    try:
        return load_study(path, codebook), []
    except InputError:
        if own or path:
            raise
        return None, ["no rules between columns were checked, for there is no study file to this codebook; give yours "
                      "with --study"]  # fmt: skip


def _in_words(rows: int, width: int, unique: str | None, study: Study | None) -> str:
    parts = [f"Checked: the columns, {rows:,} rows by {width:,} columns, every entry against the codebook"]
    if unique:
        parts.append(f"that no {unique} stands twice")
    if study:
        rules = study.rules
        number = len(rules.only_where) + len(rules.within) + len(rules.sums) + len(rules.not_before)
        parts.append(f"{number} rules between columns")
    return ", ".join(parts) + "."


def _listed(counted: pd.DataFrame) -> str:
    """Variables with their number of entries, the first ones by name."""
    parts = [f"{row.variable} {row.entries:,}" for row in counted.head(LISTED).itertuples()]
    rest = counted["entries"][LISTED:].sum()
    return ", ".join([*parts, *([f"and {rest:,} in {len(counted) - LISTED:,} more columns"] if rest else [])])


def _of_dates(extract: pd.DataFrame, codebook: Codebook) -> list[str]:
    """Notes on columns of dates that can be read in two ways, or that the codebook does not call dates."""
    unclear, short, kept = [], [], []
    for name in extract:
        texts = [text for text in extract[name].cat.categories if text and text not in codebook[name].missing]
        if codebook[name].type == "date":
            numbered = [text for text in texts if written.NUMBERED.match(text)]
            if numbered and written.day_first(texts) is None:
                unclear.append(name)
            if any(written.SHORT_YEAR.search(text) for text in texts):
                short.append(name)
        elif codebook[name].type == "identifier" and written.mostly_dates(texts):
            kept.append(name)
    said = {
        "no date tells whether the day or the month comes first; the day was taken to": unclear,
        "years of two digits were taken for 1969 to 2068": short,
    }
    notes = [f"{what}: {', '.join(names)}" for what, names in said.items() if names]
    why = "for the codebook calls them identifiers; its type for them is date"
    return [*notes, *([f"dates are kept as text: {', '.join(kept)}, {why}"] if kept else [])]


def _of_labels(table: reading.Table, tidied: pd.DataFrame, codebook: Codebook) -> list[str]:
    """Notes on entries that the file labels, or calls missing, and the codebook takes for numbers or levels."""
    notes = {"labels entries that the codebook takes for numbers (codes of missing?)": [],
             "calls entries missing that the codebook takes for known": []}  # fmt: skip
    for name in tidied:
        variable, said = codebook[name], table.meanings.get(table.names[table.places(name)[0]], Meaning())
        labelled = said.levels if variable.measured else {}
        for found, codes in zip(notes.values(), (labelled, said.missing), strict=True):
            known = pd.Series([code for code in codes if code not in variable.missing], dtype="str")
            known = known[entries.allowed(variable, known).to_numpy(bool)]
            if times := int(tidied[name].isin(list(known)).sum()):
                found.append(f"{name} {times:,}")
    return [f"the file {what}: {', '.join(found)}" for what, found in notes.items() if found]
