"""Citations that can be followed: lines of the 2019 report to its words, works to the bibliography, and that itself."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path

from markupsafe import Markup

from keepsafe.problems import InputError, Problem

LINE = re.compile(r"(?<![\w.#-])L(\d+)(?:([-–])(\d+))?(?!\.?\w)")
TAG = re.compile(r"(<[^>]*>)")
OPAQUE = {"a", "code", "pre", "script", "style", "button", "summary"}  # in which no citation is followed
PERSON = r"(?:(?:,|,?\s+and|,?\s+et\s+al\.|,?\s+others)?\s?(?:(?:and\s|von\s|van\s)?[A-ZÅÄÖØ][\w'’.-]*)?)"
NEEDED = ("id", "type", "title", "author", "issued")


def follow_citations(parts: Iterable, findings: Iterable) -> None:
    """In the chapters, appendices and findings of a page make each citation a link, and list the works cited."""
    parts = list(parts)
    lines = [line for part in parts for line in part.lines]
    works = [work for part in parts for work in part.works]
    cited = set()
    for each in [*findings, *(part for part in parts if not part.lines)]:
        each.html = Markup(follow_works(follow_lines(each.html, lines), works))
        cited |= set(re.findall(r'class="work" href="#ref-([^"]+)"', each.html))
    for part in parts:
        if part.works:
            part.html = Markup(_bibliography(part.works, cited))


def _bibliography(works: list[dict], cited: set[str]) -> str:
    """The works cited in the report, and those that the code names where it follows them."""
    written = references(works)
    lists = {  # the second is on the screen alone
        "Works cited in this report": [key for key in written if key in cited],
        "Works that the code follows": [key for key in written if key not in cited],
    }
    html = ""
    for turn, (heading, keys) in enumerate(lists.items()):
        if keys:
            items = "\n".join(f'<li id="ref-{key}">{written[key]}</li>' for key in keys)
            html += f'<div class="{("cited", "on-screen")[turn]}">\n<h3 id="bibliography-{turn}">{heading}</h3>\n'
            html += f'<ul class="bibliography">\n{items}\n</ul>\n</div>\n'
    return html


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


def follow_works(html: str, works: Iterable[Mapping]) -> str:
    """Make each work that the text names with its year, such as 'Firth (1993)', a link to the bibliography."""
    names = {work["id"]: f"{re.escape(first_author(work))}{PERSON}{{0,9}}\\s?\\(?{year(work)}\\b\\)?" for work in works}
    groups = {f"work{turn}": key for turn, key in enumerate(names)}
    if not names:
        return html
    any_work = re.compile(
        r"\b(?:" + "|".join(f"(?P<work{turn}>{name})" for turn, name in enumerate(names.values())) + ")"
    )

    def link(found: re.Match) -> str:
        return f'<a class="work" href="#ref-{groups[found.lastgroup]}">{found[0]}</a>'

    return in_text(html, lambda text: any_work.sub(link, text))


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
    problems, seen = [], set()
    for work in works:
        key = str(work.get("id", ""))
        faults = [f"lacks {field}" for field in NEEDED if not work.get(field)]
        faults += ["stands here twice"] if key in seen else []
        faults += [] if re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", key) else ["is no key; write one as heinze-2018"]
        problems += [Problem(f"{key!r} {fault}", file=file.name, column="id") for fault in faults]
        seen.add(key)
    if problems:
        raise InputError(problems)
    return works


def references(works: list[dict]) -> dict[str, str]:
    """Each work as a reference in HTML, by its key, in the order of its list: Cite Them Right (Harvard)."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
    from citeproc.source.json import CiteProcJSON

    style = CitationStylesStyle("harvard-cite-them-right", locale="en-GB", validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(_inert(works)), formatter.html)
    for work in works:
        bibliography.register(Citation([CitationItem(work["id"])]))
    made = (str(entry) for entry in bibliography.bibliography())
    return {work["id"]: _offline(text) for work, text in zip(works, made, strict=True)}


def _inert(said):
    """Words of a bibliography that cannot pose as markup."""
    if isinstance(said, dict):
        return {name: _inert(part) for name, part in said.items()}
    if isinstance(said, list):
        return [_inert(part) for part in said]
    return escape(said, quote=False) if isinstance(said, str) else said


def _offline(reference: str) -> str:
    """A reference whose DOI is no address: the page leads nowhere beyond itself."""
    return re.sub(r" ?Available at: (?:<a[^>]*>)?https?://doi\.org/(\S+?)(?:</a>)?\.?$", r" doi:\1", reference)
