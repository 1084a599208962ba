"""Appendices of the report, from the tables in data/report: scope, checklists, glossary and bibliography."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.reading import OwnTable, read_own
from keepsafe.report.rendering.chapters import Chapter
from keepsafe.report.rendering.citations import read_works
from keepsafe.report.rendering.look import templates
from keepsafe.report.rendering.outputs import stacked

LINES = re.compile(r"(\d+(-\d+)?(; \d+(-\d+)?)*)?")
ANCHORS = re.compile(r"(\d\d_\w+\.ipynb(#[^;]+)?(; \d\d_\w+\.ipynb(#[^;]+)?)*)?")
FORMS = {
    "lines": (LINES, "write lines as 72-78; 110"),
    "anchor": (ANCHORS, "write links as 01_cleaning.ipynb#Which-files-count?; 02_descriptives.ipynb"),
    "line": (re.compile(r"[0-9]+"), "write the number of one line, as 249"),
}


@dataclass(frozen=True)
class Form:
    """What a table must hold: its columns, which may not be blank, which names a row, which words each may say."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: str
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


# What a word needs beside it: a place in this report, or a note that says why there is none.
ANSWERS = {"answered": "anchor", "in part": "anchor", "in the source only": "note",
           "not answered by the source": "note", "does not apply": "note"}  # fmt: skip
SCOPE = Form(
    ("part", "item", "lines", "scope", "anchor", "reason"), ("part", "item", "lines"), "item",
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
LINES_QUOTED = Form(("line", "section", "quotation"), ("line", "section", "quotation"), "line")


def read_rows(folder: Path, forms: Mapping[str, Form]) -> dict[str, list[dict[str, str]]]:
    """The rows of each table that is there, by file name."""
    rows, problems = {}, []
    for name, form in forms.items():
        if not (folder / name).is_file():
            continue
        try:
            table = read_own(folder / name, form.columns)
        except InputError as error:
            problems += error.problems
            continue
        problems += _faults(table, form)
        rows[name] = table.frame.to_dict("records")
    if problems:
        raise InputError(problems)
    return rows


def _faults(table: OwnTable, form: Form) -> list[Problem]:
    problems = [
        table.problem(row, column, "is blank")
        for column in form.required
        for row, text in table.cells(column)
        if not text
    ]
    for column in set(FORMS) & set(form.columns):
        pattern, remedy = FORMS[column]
        problems += [
            table.problem(row, column, f"{text!r} cannot be read", remedy)
            for row, text in table.cells(column)
            if not pattern.fullmatch(text)
        ]
    for column, words in form.words.items():
        for row, text in table.cells(column):
            if text not in words:
                problems.append(table.problem(row, column, *not_one_of(text, list(words))))
            elif not table.frame[words[text]].iloc[row]:
                problems.append(table.problem(row, words[text], f"is blank where {column} is {text!r}"))
    seen = set()
    for row, text in table.cells(form.key):
        problems += [table.problem(row, form.key, f"{text!r} stands here twice")] if text in seen else []
        seen.add(text)
    return sorted(problems, key=lambda problem: problem.line)


CHECKLISTS = {
    "strobe": "STROBE, for cohort studies (von Elm et al. 2007)",
    "record": "RECORD, for routine records, by analogy (Benchimol et al. 2015)",
    "grras": "GRRAS, for the reliability of coding (Kottner et al. 2011)",
}
WORDS = {"report": "Terms of the 2019 report", "statistics": "Statistical words", "edition": "Words of this edition"}


def appendices(folder: Path) -> list[Chapter]:
    """What follows the chapters, each appendix from its table in a folder; one whose table is not there is left out.

    The tables are scope.csv, checklists/ (strobe.csv, record.csv, grras.csv), glossary.csv, lines.csv and
    bibliography.json. Links to chapters are as authors write them ("01_cleaning.ipynb#Which-files-count?"), for
    `render` to resolve; a term has the address glossary-TERM, a line of the 2019 report line-NUMBER, and a work
    ref-KEY. The bibliography is filled by `render`, which knows what is cited. InputError with every fault of every
    table.
    """
    forms = {"scope.csv": SCOPE, "glossary.csv": GLOSSARY, "lines.csv": LINES_QUOTED}
    rows = read_rows(folder, forms | {f"checklists/{name}.csv": CHECKLIST for name in CHECKLISTS})
    lists = {name: rows[file] for name in CHECKLISTS if (file := f"checklists/{name}.csv") in rows}
    terms, quoted = _split(rows.get("glossary.csv", []), "kind"), rows.get("lines.csv", [])
    works = read_works(folder / "bibliography.json") if (folder / "bibliography.json").is_file() else []
    ready = [
        _appendix("scope", "Which parts of the 2019 report are here", _split(rows.get("scope.csv", []))),
        _appendix("checklists", "Reporting checklists", lists, CHECKLISTS),
        _appendix("glossary", "Glossary", terms, WORDS),
        _appendix("lines", "Lines of the 2019 report", _split(quoted)),
        Chapter("", "appendix-bibliography", "", "Bibliography", works=works),
    ]
    ready[3].lines = [int(row["line"]) for row in quoted]
    return [appendix for appendix in ready if appendix.html or appendix.works]


def term_address(term: str) -> str:
    """Where a term of the glossary is in the page.

    >>> term_address("Fisher's exact test")
    'glossary-fisher-s-exact-test'
    """
    return f"glossary-{re.sub('[^a-z0-9]+', '-', term.lower()).strip('-')}"


def places(anchors: str) -> list[tuple[str, str]]:
    """Links as authors write them, with the words that a reader sees.

    >>> places("01_cleaning.ipynb#Which-files-count?; 02_descriptives.ipynb")
    [('01_cleaning.ipynb#Which-files-count?', 'Chapter 1: Which files count?'), ('02_descriptives.ipynb', 'Chapter 2')]
    """
    found = []
    for written in filter(None, anchors.split("; ")):
        chapter, _, section = written.partition("#")
        number = int(chapter[:2])
        found.append((written, f"Chapter {number}" + (f": {section.replace('-', ' ')}" if section else "")))
    return found


def lines(numbers: str) -> str:
    """Lines of the source as they are printed.

    >>> lines("72-78; 110")
    'L72-78, L110'
    """
    return ", ".join(f"L{each}" for each in numbers.split("; "))


def tally(rows: list[dict]) -> str:
    """How the items of a checklist are answered.

    >>> tally([{"answer": "in part"}, {"answer": "answered"}, {"answer": "in part"}])
    '3 items: 1 answered, 2 in part'
    """
    found = Counter(row["answer"] for row in rows)
    return f"{len(rows)} items: " + ", ".join(f"{found[answer]} {answer}" for answer in ANSWERS if found[answer])


def _split(rows: list[dict], column: str | None = None) -> dict[str, list[dict]]:
    """The rows by what a column says, in the order in which that first comes; without a column all are one part."""
    parts = {}
    for row in rows:
        parts.setdefault(column and row[column], []).append(row)
    return parts


def _appendix(name: str, title: str, parts: dict[str, list[dict]], headings: dict | None = None) -> Chapter:
    slug = f"appendix-{name}"
    shown = [
        (f"{slug}--{part.replace(' ', '-')}" if part else slug, (headings or {}).get(part), rows)
        for part, rows in parts.items()
    ]
    html = str(getattr(_macros(), name)(shown)) if shown else ""
    html = re.sub(r'<div class="table".*?</div>', lambda table: stacked(table[0]), html, flags=re.S)
    return Chapter("", slug, "", title, html, [(address, heading) for address, heading, _ in shown if heading])


def _macros():
    return (
        templates(places=places, lines=lines, term_address=term_address, tally=tally, sections=_sections)
        .get_template("appendices.html.j2")
        .module
    )


def _sections(rows: list[dict], column: str) -> list[tuple[str, list[dict]]]:
    return [(name, list(found)) for name, found in groupby(rows, lambda row: row[column])]
