"""Appendices of the report, from the tables in data/report: scope, checklists, glossary and bibliography."""

import re
from collections import Counter
from functools import cache
from itertools import groupby
from pathlib import Path

from keepsafe.report.rendering.appendix_tables import ANSWERS, BIBLIOGRAPHY, CHECKLIST, GLOSSARY, SCOPE, read_rows
from keepsafe.report.rendering.chapters import PAGE, Chapter

CHECKLISTS = {
    "strobe": "STROBE, for cohort studies (von Elm et al. 2007)",
    "record": "RECORD, for routine records, by analogy (Benchimol et al. 2015)",
    "grras": "GRRAS, for the reliability of coding (Kottner et al. 2011)",
}
WORDS = {"report": "Terms of the 2019 report", "statistics": "Statistical words", "edition": "Words of this edition"}
USES = {"cited": "Works cited", "further reading": "Further reading"}


def appendices(folder: Path) -> list[Chapter]:
    """What follows the chapters, each appendix from its table.

    Parameters
    ----------
    folder : holds scope.csv, checklists/ (strobe.csv, record.csv, grras.csv), glossary.csv and bibliography.csv; an
        appendix whose table is not there is left out, and all are where there is no such folder.

    Returns
    -------
    Appendices in their order. Links to chapters are as authors write them ("01_cleaning.ipynb#Which-files-count?"),
    for `render` to resolve; a term has the address glossary-TERM, a reference ref-KEY.

    Raises
    ------
    InputError with every fault of every table.
    """
    rows = read_rows(folder, {"scope.csv": SCOPE, "glossary.csv": GLOSSARY, "bibliography.csv": BIBLIOGRAPHY}
                     | {f"checklists/{name}.csv": CHECKLIST for name in CHECKLISTS})  # fmt: skip
    lists = {name: rows[file] for name in CHECKLISTS if (file := f"checklists/{name}.csv") in rows}
    terms, works = _split(rows.get("glossary.csv", []), "kind"), _split(rows.get("bibliography.csv", []), "use")
    ready = [
        _appendix("scope", "What of the report is in this edition", _split(rows.get("scope.csv", []))),
        _appendix("checklists", "Reporting checklists", lists, CHECKLISTS),
        _appendix("glossary", "Glossary", terms, WORDS),
        _appendix("bibliography", "Bibliography", works, USES),
    ]
    return [appendix for appendix in ready if appendix.html]


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
    shown = [(f"{slug}--{part.replace(' ', '-')}" if part else slug, (headings or {}).get(part), rows)
             for part, rows in parts.items()]  # fmt: skip
    html = str(getattr(_templates(), name)(shown)) if shown else ""
    return Chapter("", slug, "", title, html, [(address, heading) for address, heading, _ in shown if heading])


@cache
def _templates():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    environment.filters |= {
        "places": places,
        "lines": lines,
        "term_address": term_address,
        "tally": tally,
        "sections": lambda rows, column: [
            (name, list(found)) for name, found in groupby(rows, lambda row: row[column])
        ],
    }
    return environment.get_template("appendices.html.j2").module
