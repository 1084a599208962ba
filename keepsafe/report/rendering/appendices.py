"""Appendices of the report, from the tables in data/report, and the citations that lead to them: of lines and works."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from markupsafe import Markup

from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.reading import OwnTable, read_own
from keepsafe.report.rendering.look import slug, templates
from keepsafe.report.rendering.outputs import Chapter, stacked

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
    for name in (name for name in forms if (folder / name).is_file()):
        try:
            table = read_own(folder / name, forms[name].columns)
            problems += _faults(table, forms[name])
            rows[name] = table.frame.to_dict("records")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return rows


def _faults(table: OwnTable, form: Form) -> list[Problem]:
    problems = []
    for column in form.columns:
        pattern, remedy = FORMS.get(column, (None, None))
        words, again = form.words.get(column), table.frame[column].duplicated()
        for row, text in table.cells(column):
            if not text and column in form.required:
                problems.append(table.problem(row, column, "is blank"))
            if pattern and not pattern.fullmatch(text):
                problems.append(table.problem(row, column, f"{text!r} cannot be read", remedy))
            if words and text not in words:
                problems.append(table.problem(row, column, *not_one_of(text, list(words))))
            elif words and not table.frame[words[text]].iloc[row]:
                problems.append(table.problem(row, words[text], f"is blank where {column} is {text!r}"))
            if column == form.key and again.iloc[row]:
                problems.append(table.problem(row, column, f"{text!r} stands here twice"))
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
    >>> tally([{"answer": "does not apply"}] * 2)
    '2 items: 2 do not apply'
    """
    found = Counter(row["answer"] for row in rows)
    told = ", ".join(f"{found[answer]} {answer}" for answer in ANSWERS if found[answer])
    return f"{len(rows)} items: " + (told.replace("does not", "do not") if found["does not apply"] > 1 else told)


def _split(rows: list[dict], column: str | None = None) -> dict[str | None, list[dict]]:
    """The rows by what a column says, in the order in which that first comes; without a column all are one part."""
    parts = defaultdict(list)
    for row in rows:
        parts[column and row[column]].append(row)
    return parts


def _appendix(name: str, title: str, parts: Mapping, headings: Mapping | None = None) -> Chapter:
    address = f"appendix-{name}"
    shown = [
        (f"{address}--{part.replace(' ', '-')}" if part else address, (headings or {}).get(part), rows)
        for part, rows in parts.items()
    ]
    html = str(getattr(_macros(), name)(shown)) if shown else ""
    html = re.sub(r'<div class="table".*?</div>', lambda table: stacked(table[0]), html, flags=re.S)
    return Chapter("", address, "", title, html, [(part, heading) for part, heading, _ in shown if heading])


def _macros():
    """What writes each of the appendices."""
    return templates(places=places, lines=lines, slug=slug, tally=tally).get_template("appendices.html.j2").module


LINE = re.compile(r"(?<![\w.#-])L(\d+)(?:([-–])(\d+))?(?!\.?\w)")
TAG = re.compile(r"(<[^>]*>)")
OPAQUE = {"a", "code", "pre", "script", "style", "button", "summary"}  # in which no citation is followed
PERSON = r"(?:(?:,|,?\s+and|,?\s+et\s+al\.|,?\s+others)?\s?(?:(?:and\s|von\s|van\s)?[A-ZÅÄÖØ][\w'’.-]*)?)"
NEEDED = ("id", "type", "title", "author", "issued")


def follow_citations(parts: Sequence[Chapter], findings: Iterable) -> None:
    """In the chapters, appendices and findings of a page make each citation a link, and list the works cited."""
    lines = [line for part in parts for line in part.lines]
    works = [work for part in parts for work in part.works]
    cited = set()
    for each in [*findings, *(part for part in parts if not part.lines)]:
        each.html = Markup(follow_works(follow_lines(each.html, lines), works))
        cited |= set(re.findall(r'class="work" href="#ref-([^"]+)"', each.html))
    for part in parts:
        if part.works:
            part.html = Markup(_macros().bibliography(references(part.works), cited))


def in_text(html: str, change: Callable[[str], str]) -> str:
    """HTML whose text is changed, but not what stands in links and code."""
    parts, inside = TAG.split(html), 0
    for turn, part in enumerate(parts):
        if not part.startswith("<"):
            parts[turn] = part if inside else change(part)
        elif (name := re.match(r"</?([a-z]+)", part)) and name[1] in OPAQUE:
            inside += -1 if part[1] == "/" else 1
    return "".join(parts)


def follow_lines(html: str, lines: Iterable[int]) -> str:
    """Make each reference such as L249 or L243-247 a link to the first of its lines that is quoted.

    Where none is, the link goes to the line that is cited, so that the check of links refuses the page.
    """
    quoted = sorted(lines)

    def link(found: re.Match) -> str:
        first, last = int(found[1]), int(found[3] or found[1])
        aim = next((line for line in quoted if first <= line <= last), first)
        return f'<a class="line" href="#line-{aim}">{found[0]}</a>'

    return in_text(html, lambda text: LINE.sub(link, text)) if quoted else html


def follow_works(html: str, works: Sequence[Mapping]) -> str:
    """Make each work that the text names with its year, such as 'Firth (1993)', a link to the bibliography."""
    keys = [work["id"] for work in works]
    names = (f"({re.escape(first_author(work))}{PERSON}{{0,9}}\\s?\\(?{year(work)}\\b\\)?)" for work in works)
    any_work = re.compile(rf"\b(?:{'|'.join(names)})")

    def link(found: re.Match) -> str:
        return f'<a class="work" href="#ref-{keys[found.lastindex - 1]}">{found[0]}</a>'

    return in_text(html, lambda text: any_work.sub(link, text)) if keys else html


def first_author(work: Mapping) -> str:
    """The name by which a text cites a work.

    >>> first_author({"author": [{"family": "Buuren", "given": "S.", "non-dropping-particle": "van"}]})
    'van Buuren'
    """
    author = work["author"][0]
    name = author.get("literal") or f"{author.get('non-dropping-particle', '')} {author['family']}".strip()
    return escape(name, quote=False)


def year(work: Mapping) -> str:
    """The year in which a work appeared, as text."""
    return str(work["issued"]["date-parts"][0][0])


def read_works(file: Path) -> list[dict]:
    """The works of a bibliography in CSL-JSON, in its order.

    InputError names each work that lacks what a reference needs, or whose key stands twice.
    """
    try:
        works = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError.of(f"is no JSON: {error.msg}", file=file.name, line=error.lineno) from None
    problems, keys = [], [str(work.get("id", "")) for work in works]
    for turn, (key, work) in enumerate(zip(keys, works, strict=True)):
        faults = [f"lacks {field}" for field in NEEDED if not work.get(field)]
        faults += ["stands here twice"] if key in keys[:turn] else []
        faults += [] if re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", key) else ["is no key; write one as heinze-2018"]
        problems += [Problem(f"{key!r} {fault}", file=file.name, column="id") for fault in faults]
    if problems:
        raise InputError(problems)
    return works


def references(works: list[dict]) -> dict[str, str]:
    """Each work as a reference in HTML, by its key, in the order of its list: Cite Them Right (Harvard)."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
    from citeproc.source.json import CiteProcJSON

    style = CitationStylesStyle("harvard-cite-them-right", locale="en-GB", validate=False)
    inert = json.loads(escape(json.dumps(works), quote=False))  # no word can pose as markup
    bibliography = CitationStylesBibliography(style, CiteProcJSON(inert), formatter.html)
    for work in works:
        bibliography.register(Citation([CitationItem(work["id"])]))
    address = re.compile(r" ?Available at: (?:<a[^>]*>)?https?://doi\.org/(\S+?)(?:</a>)?\.?$")
    made = (address.sub(r" doi:\1", str(entry)) for entry in bibliography.bibliography())  # no link leads off the page
    return {work["id"]: text for work, text in zip(works, made, strict=True)}
