"""Chapters of the report: one notebook each, its headings a level down, its links within the page, its findings."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from html import unescape
from itertools import groupby
from pathlib import Path

from nbformat import NotebookNode

from keepsafe.problems import InputError, Problem
from keepsafe.report.rendering.look import PAGE
from keepsafe.report.rendering.outputs import Exhibit, Finding, Outputs
from keepsafe.telling.values import Kind

HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.S)
# In code only keywords, text, numbers and comments are set apart: other marks would be half of the page's elements.
UNMARKED = re.compile(r'<span class="(?!ow|[ckms])[a-z]{1,2}\d?">([^<]*)</span>')


FOUND = "What was found"
OWN = "own"  # tag of cells for a team's own files
# Groups of the edition's chapters: first what was found, then how far print and files bear it.
GROUPS = {"0": "Can the printed figures be true?", "1": "From files to persons"}
ORDER = [FOUND, *GROUPS.values()]
PADDED = re.compile(r"\b([Cc]hapters?) 0(\d)\b")  # as files are numbered, not as chapters are


def grouped(chapters: Sequence["Chapter"]) -> list[tuple[str, list["Chapter"]]]:
    """The chapters by group, in their order."""
    return [(name, list(members)) for name, members in groupby(chapters, lambda chapter: chapter.group)]


@dataclass
class Chapter:
    """One chapter: where it is, what it is called, its sections (address, title), its text.

    An appendix is a chapter without a notebook and a number. Of it come the `lines` that are quoted, or the
    `works` that are listed. `addresses` are what authors write in links to it;
    `exhibits` its tables and figures, `findings` what the front page lifts from it.
    """

    notebook: str
    slug: str
    number: str
    title: str = ""
    html: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    exhibits: list[Exhibit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    invented: bool = False
    group: str = "Reference"
    lines: list[int] = field(default_factory=list)
    works: list[dict] = field(default_factory=list)

    @property
    def on_files(self) -> bool:
        """Whether its numbers were computed from the case files, as far as it can be told; else from print alone."""
        return Kind.DERIVED not in self.kinds or bool(self.kinds & {Kind.CALIBRATED, Kind.DIRECTION})


def make_chapter(
    name: str, notebook: NotebookNode, values: Mapping[str, Mapping], pictures: Path, synthetic: bool = True
) -> Chapter:
    """A chapter from an executed notebook; `values` as `told_values` gives them, `synthetic` of the case files.

    On synthetic files cells with the tag `own` are left out: they have something to show on a team's own files alone.
    """
    number = str(int(name[:2]))
    title = name[3:].replace("_", " ").capitalize()
    chapter = Chapter(name, re.sub("_", "-", name), number, title, group=GROUPS.get(number, FOUND))
    chapter.addresses[f"{name}.ipynb"] = f"#{chapter.slug}"
    outputs = Outputs(chapter.slug, number, values, pictures, synthetic)
    if synthetic:
        notebook = NotebookNode(notebook, cells=[c for c in notebook.cells if OWN not in c.metadata.get("tags", [])])
    mine = [row for row in values.values() if row["notebook"] == name]
    chapter.kinds = {row["kind"] or "" for row in mine}
    html, _ = _exporter()(outputs.shown(notebook))
    chapter.invented = outputs.invented or any(row["invented"] for row in mine)
    html = UNMARKED.sub(r"\1", html)
    html = html.replace("<pre>", '<pre tabindex="0">')  # long lines scroll, so a keyboard must reach them
    chapter.exhibits, chapter.findings = outputs.exhibits, outputs.findings
    html = HEADING.sub(lambda found: _heading(chapter, found), html).strip()
    chapter.html = _in_parts(PADDED.sub(r"\1 \2", html))
    return chapter


def _in_parts(html: str) -> str:
    """The chapter's sections, each in an element of its own; a heading within a result opens none."""
    parts = [""]
    for piece in re.split(r"(?=<h3 id=)", html):
        if piece.startswith("<h3") and parts[-1].count("<div") == parts[-1].count("</div>"):
            parts.append(piece)
        else:
            parts[-1] += piece
    return "\n".join(f'<div class="part">\n{part.strip()}\n</div>' for part in parts if part.strip())


def _heading(chapter: Chapter, found: re.Match) -> str:
    level, inner = int(found[1]), found[2].strip()
    text = unescape(re.sub("<[^>]+>", "", inner))
    if level == 1:
        chapter.title = text  # the page sets it as the chapter's heading
        return ""
    base = address = f"{chapter.slug}--{re.sub('[^a-z0-9]+', '-', text.lower()).strip('-')}"
    taken, turn = set(chapter.addresses.values()), 1
    while f"#{address}" in taken:
        turn += 1
        address = f"{base}-{turn}"
    written = text.replace(" ", "-")
    chapter.addresses.setdefault(f"#{written}", f"#{address}")
    chapter.addresses.setdefault(f"{chapter.notebook}.ipynb#{written}", f"#{address}")
    if level == 2:
        chapter.sections.append((address, text))
    return f'<h{min(level + 1, 6)} id="{address}">{inner}</h{min(level + 1, 6)}>'


@cache
def _exporter():
    """Chapters by our template; HTMLExporter itself would parse each again, to add an alt text of its own making."""
    from nbconvert import HTMLExporter
    from nbconvert.exporters.templateexporter import TemplateExporter
    from nbconvert.filters import Highlight2HTML

    exporter = HTMLExporter(template_name="chapter", extra_template_basedirs=[str(PAGE)], exclude_anchor_links=True)
    exporter.register_filter("highlight_code", Highlight2HTML(pygments_lexer="python", parent=exporter))
    return partial(TemplateExporter.from_notebook_node, exporter)


def main_findings(chapters: Sequence[Chapter]) -> list[Finding]:
    """What chapters tell in cells with the tag `finding`, in their order; nothing invented may stand among it."""
    shown = {each.address: (each, chapter.number) for chapter in chapters for each in chapter.exhibits}
    findings = [finding for chapter in chapters for finding in chapter.findings]
    lost, made_up = [], []
    remedy = "the front page shows what was printed, or follows from it: say the rest in the chapter alone"
    for each in findings:
        said = f"the finding in {each.source}"
        made_up += [
            Problem(f"{said} says an invented number: {name}", column=name, remedy=remedy) for name in each.invented
        ]
        if f"figure-{each.named}" in shown:
            each.source = f"figure-{each.named}"
            each.figure, each.shown_in = shown[each.source]
            if each.figure.invented != "none":
                fault = f"{said} shows invented numbers, in {each.figure.label}"
                made_up.append(Problem(fault, column="figure", remedy=remedy))
        elif each.named:
            lost.append(Problem(f"{said} names a figure that no chapter shows: {each.named}", column="figure"))
    if lost or made_up:
        raise InputError([*lost, *made_up])
    return findings


LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.S)


def resolve_links(html: str, addresses: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """Make links between notebooks links within the page."""

    def resolve(link: re.Match) -> str:
        href, text = link[1], link[2]
        target = addresses.get(href, href)
        if target.partition("#")[0].endswith(".ipynb"):
            return f'<a href="#{target}">{text}</a>'  # no such chapter: check_anchors says so
        if not target.startswith("#") and ":" in target:
            return text if target in text else f'{text} <span class="place">({target})</span>'
        if not target.startswith("#"):  # a file of this edition, which the colophon names
            return f'<a href="#{file_address(target)}">{text}</a>'
        label = labels.get(target[1:])
        return f'<a href="{target}">{label if label and text in {"Table", "Figure"} else text}</a>'

    return LINK.sub(resolve, html)


FILE = "file-"


def file_address(path: str) -> str:
    """Where the colophon names a file that the text leads to, relative to the notebooks.

    >>> file_address("../data/trials/README.md")
    'file-data/trials/README.md'
    """
    return FILE + path.removeprefix("../").partition("#")[0]


def files_named(parts: Iterable[str]) -> list[str]:
    """The files of this edition to which texts lead, in the order of their names."""
    return sorted({path for html in parts for path in re.findall(f'href="#{FILE}([^"]+)"', html)})


def check_anchors(html: str) -> None:
    """Refuse a page with a link that ends nowhere, or with two places of one address."""
    known = Counter(re.findall(r'\sid="([^"]+)"', html))
    wanted = dict.fromkeys(re.findall(r'href="#([^"]*)"', html))
    problems = [Problem(f"a link ends nowhere: #{target}") for target in wanted if target not in known]
    problems += [Problem(f"two places have the address #{place}") for place, times in known.items() if times > 1]
    if problems:
        raise InputError(problems)
