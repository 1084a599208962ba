"""The tables behind the appendices, read and checked: each says what it must hold, and all faults are told at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keepsafe.problems import InputError, Problem
from keepsafe.reading import csv_tables
from keepsafe.reading.csv_tables import CsvTable

LINES = re.compile(r"(\d+(-\d+)?(; \d+(-\d+)?)*)?")
ANCHORS = re.compile(r"(\d\d_\w+\.ipynb(#[^;]+)?(; \d\d_\w+\.ipynb(#[^;]+)?)*)?")
FORMS = {
    "lines": (LINES, "write lines as 72-78; 110"),
    "anchor": (ANCHORS, "write links as 01_cleaning.ipynb#Which-files-count?; 02_descriptives.ipynb"),
    "year": (re.compile(r"\d{4}"), "write a year as 2018"),
    "key": (re.compile(r"[a-z]+(-[a-z0-9]+)*"), "write a key as heinze-2018"),
}


@dataclass(frozen=True)
class Form:
    """What a table must hold.

    Parameters
    ----------
    columns : its columns; others are not read.
    required : columns that may not be blank.
    key : the column that names a row, in which nothing may stand twice.
    words : what a column may say, and for each word the column that must then be filled.
    """

    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: str
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


# What a word needs beside it: a place in this report, or a note that says why there is none.
ANSWERS = {"answered": "anchor", "in part": "anchor", "in the source only": "note",
           "not answered by the source": "note", "does not apply": "note"}  # fmt: skip
SCOPE = Form(
    ("part", "item", "lines", "scope", "anchor", "reason"), ("part", "item", "lines", "reason"), "item",
    {"scope": {"in": "anchor", "in part": "anchor", "out": "reason"}},
)  # fmt: skip
CHECKLIST = Form(
    ("item", "section", "topic", "answer", "anchor", "note"), ("item", "section", "topic"), "item",
    {"answer": ANSWERS},
)  # fmt: skip
GLOSSARY = Form(
    ("term", "kind", "lines", "meaning", "today"), ("term", "meaning"), "term",
    {"kind": {"report": "lines", "statistics": "meaning", "edition": "meaning"}},
)  # fmt: skip
BIBLIOGRAPHY = Form(
    ("key", "authors", "year", "title", "container", "volume", "pages", "publisher", "doi", "use"),
    ("key", "authors", "year", "title"), "key",
    {"use": {"cited": "title", "further reading": "title"}},
)  # fmt: skip


def read_rows(folder: Path, forms: Mapping[str, Form]) -> dict[str, list[dict[str, str]]]:
    """The rows of each table that is there, by file name.

    Parameters
    ----------
    folder : where the tables are.
    forms : file names, and what each must hold.

    Raises
    ------
    InputError with the faults of all tables.
    """
    rows, problems = {}, []
    for name, form in forms.items():
        if not (folder / name).is_file():
            continue
        try:
            table = csv_tables.read(folder / name, form.columns)
        except InputError as error:
            problems += error.problems
            continue
        problems += _faults(table, form)
        rows[name] = table.frame.to_dict("records")
    if problems:
        raise InputError(problems)
    return rows


def _faults(table: CsvTable, form: Form) -> list[Problem]:
    problems = [
        table.problem(row, column, "is blank")
        for column in form.required
        for row, text in table.cells(column)
        if not text
    ]
    for column in set(FORMS) & set(form.columns):
        pattern, remedy = FORMS[column]
        problems += [table.problem(row, column, f"{text!r} cannot be read", remedy)
                     for row, text in table.cells(column) if not pattern.fullmatch(text)]  # fmt: skip
    for column, words in form.words.items():
        for row, text in table.cells(column):
            if text not in words:
                problems.append(table.problem(row, column, *csv_tables.not_one_of(text, list(words))))
            elif not table.frame[words[text]].iloc[row]:
                problems.append(table.problem(row, words[text], f"is blank where {column} is {text!r}"))
    seen = set()
    for row, text in table.cells(form.key):
        problems += [table.problem(row, form.key, f"{text!r} stands here twice")] if text in seen else []
        seen.add(text)
    return sorted(problems, key=lambda problem: problem.line)
