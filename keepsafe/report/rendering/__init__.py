"""The report: executed notebooks as the chapters of a page that needs nothing but itself, and what is made from it."""

import re
from collections import ChainMap, Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from html import unescape
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from keepsafe.problems import InputError, Problem
from keepsafe.reading.delimited import inert_cells
from keepsafe.report.rendering.appendices import follow_citations
from keepsafe.report.rendering.look import PAGE, edition, look, slug, templates, tidy
from keepsafe.report.rendering.outputs import MARKS, MEANINGS, Chapter, Finding, Outputs, told_values, traces
from keepsafe.report.rendering.pdf import NoPdf, make_pdf
from keepsafe.report.rendering.tables import tables_document

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["figure_index", "render", "write"]

HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.S)
# In code only keywords, text, numbers and comments are set apart: other marks would be half of the page's elements.
UNMARKED = re.compile(r'<span class="(?!ow|[ckms])[a-z]{1,2}\d?">([^<]*)</span>')
LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.S)
FILE = "file-"  # how the address begins at which the colophon names a file that the text leads to
FOUND = "What was found"
OWN = "own"  # tag of cells for a team's own files
# Groups of the edition's chapters: first what was found, then how far print and files bear it.
GROUPS = {"0": "Can the printed figures be true?", "1": "From files to persons"}
ORDER = [FOUND, *GROUPS.values()]
PADDED = re.compile(r"\b([Cc]hapters?) 0(\d)\b")  # as files are numbered, not as chapters are


def render(
    notebooks: Mapping[str, NotebookNode],
    values: "pd.DataFrame",
    facts: dict,
    pictures: Path,
    appendices: Sequence[Chapter] = (),
) -> str:
    """The report as one self-contained HTML page, the same for the same input.

    It is made of executed notebooks in their order, of what they recorded (`values`, with the columns of values.csv),
    of the run's manifest (`facts`), and of the folder with the figures as SVG (`pictures`). InputError for a link that
    ends nowhere, or a finding whose figure no chapter shows.
    """
    from markupsafe import Markup

    rows = told_values(notebooks, values, facts["synthetic"])
    chapters = [
        make_chapter(name, notebook, rows, pictures, facts["synthetic"]) for name, notebook in notebooks.items()
    ]
    findings = main_findings(chapters, refuse=not facts.get("given"))
    if not facts.get("title"):  # a compendium of somebody's own keeps its order
        chapters.sort(key=lambda chapter: ORDER.index(chapter.group))
    parts = [*chapters, *appendices]
    addresses = ChainMap(*(part.addresses for part in parts))
    everywhere = {written: place for written, place in addresses.items() if not written.startswith("#")}
    exhibits = [exhibit for part in parts for exhibit in part.exhibits]
    labels = {exhibit.address: exhibit.label for exhibit in exhibits}
    for part in parts:
        part.html = Markup(resolve_links(part.html, everywhere | part.addresses, labels))
    for finding in findings:
        finding.html = Markup(resolve_links(finding.html, everywhere, labels))
    follow_citations(parts, findings)
    texts = "".join([*(part.html for part in parts), *(finding.html for finding in findings)])
    page = templates().get_template("page.html.j2")
    html = page.render(
        chapters=chapters,
        appendices=list(appendices),
        findings=findings,
        exhibits={kind: [each for each in exhibits if each.address.startswith(kind)] for kind in ("table", "figure")},
        kinds=[(kind, MARKS[kind], meaning) for kind, meaning in MEANINGS.items()],
        counts=values["kind"].value_counts().to_dict(),
        facts=facts,
        values=len(rows),
        traces=Markup(traces(rows.values(), {chapter.notebook: chapter.slug for chapter in chapters})),
        files=sorted(set(re.findall(f'href="#{FILE}([^"]+)"', texts))),
        edition=edition(),
        **look(),
    )
    check_anchors(html)
    return html


def write(
    notebooks: Mapping[str, NotebookNode],
    values: "pd.DataFrame",
    facts: dict,
    folder: Path,
    appendices: Sequence[Chapter] = (),
    progress: Callable[[str, str], None] = lambda what, doing: None,
) -> None:
    """Render what readers meet: report.html, report.pdf and report-summary.pdf, report-tables.docx, figures.csv.

    All as for `render`; `folder` is where to write, its part figures holds the figures as SVG. `progress` is told
    what could not be made, and why; the rest stands.
    """
    page = render(notebooks, values, facts, folder / "figures", appendices)
    (folder / "report.html").write_text(page, encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        pdf, summary = pool.submit(make_pdf, page), pool.submit(make_pdf, page, summary=True)
        word = pool.submit(tables_document, page)
    (folder / "report-tables.docx").write_bytes(word.result())
    (folder / "figures.csv").write_text(figure_index(page), encoding="utf-8")
    try:
        (folder / "report.pdf").write_bytes(pdf.result())
        (folder / "report-summary.pdf").write_bytes(summary.result())
    except NoPdf as error:
        progress("report.pdf", f"not made: {error}")


def figure_index(page: str) -> str:
    """The numbered figures of the report as CSV."""
    import pandas as pd
    from lxml import html

    rows = []
    for figure in html.document_fromstring(page).xpath("//figure[starts-with(@id, 'figure-')]"):
        label = figure.xpath("string(./figcaption/b)")
        note = " ".join(part.text_content() for part in figure.find_class("note"))
        caption = tidy("".join(part.text_content() for part in figure.iter("figcaption")))
        caption = caption.removeprefix(label).removesuffix(note).strip()
        alt = tidy(figure.xpath("string(.//svg/@aria-label | .//img/@alt)")).strip()
        rows.append([label.removeprefix("Figure ").rstrip("."), figure.get("id")[7:], caption, note, alt])
    table = pd.DataFrame(rows, columns=["figure", "name", "caption", "note", "alt"], dtype=str)
    return inert_cells(table).to_csv(index=False, lineterminator="\n")


def make_chapter(
    name: str, notebook: NotebookNode, values: Mapping[str, Mapping], pictures: Path, synthetic: bool = True
) -> Chapter:
    """A chapter from an executed notebook; `values` as `told_values` gives them, `synthetic` of the case files.

    On synthetic files cells with the tag `own` are left out: they have something to show on a team's own files alone.
    """
    number, title = str(int(name[:2])), name[3:].replace("_", " ").capitalize()
    chapter = Chapter(name, name.replace("_", "-"), number, title, group=GROUPS.get(number, FOUND))
    chapter.addresses[f"{name}.ipynb"] = f"#{chapter.slug}"
    if synthetic:
        notebook = NotebookNode(notebook, cells=[c for c in notebook.cells if OWN not in c.metadata.get("tags", [])])
    mine = [row for row in values.values() if row["notebook"] == name]
    chapter.kinds = {row["kind"] or "" for row in mine}
    chapter.invented = any(row["invented"] for row in mine)
    html, _ = _exporter()(Outputs(chapter, values, pictures, synthetic).shown(notebook))
    html = UNMARKED.sub(r"\1", html)
    html = html.replace("<pre>", '<pre tabindex="0">')  # long lines scroll, so a keyboard must reach them
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
    base, taken = f"{chapter.slug}--{slug(text)}", set(chapter.addresses.values())
    names = chain([base], (f"{base}-{turn}" for turn in count(2)))
    address = next(name for name in names if f"#{name}" not in taken)
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


def main_findings(chapters: Sequence[Chapter], refuse: bool = True) -> list[Finding]:
    """What chapters tell in cells with the tag `finding`, in their order; nothing invented may stand among it.

    What would is refused in a compendium's own report. Synthetic files that a user gives may hold other numbers than
    the printed ones: there it is left to its chapter.
    """
    shown = {each.address: (each, chapter.number) for chapter in chapters for each in chapter.exhibits}
    findings = [finding for chapter in chapters for finding in chapter.findings]
    kept, problems = [], []
    remedy = "the front page shows what was printed, or follows from it: say the rest in the chapter alone"
    for each in findings:
        said, before = f"the finding in {each.source}", len(problems)
        for name in each.invented:
            problems.append(Problem(f"{said} says an invented number: {name}", column=name, remedy=remedy))
        if f"figure-{each.named}" in shown:
            each.source = f"figure-{each.named}"
            each.figure, each.shown_in = shown[each.source]
            if each.figure.invented != "none":
                fault = f"{said} shows invented numbers, in {each.figure.label}"
                problems.append(Problem(fault, column="figure", remedy=remedy))
        elif each.named:
            problems.append(Problem(f"{said} names a figure that no chapter shows: {each.named}", column="figure"))
        kept += [each] if len(problems) == before else []
    if problems and refuse:
        raise InputError(problems)
    return kept


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
            file = target.removeprefix("../").partition("#")[0]
            return f'<a href="#{FILE}{file}">{text}</a>'
        label = labels.get(target[1:])
        return f'<a href="{target}">{label if label and text in {"Table", "Figure"} else text}</a>'

    return LINK.sub(resolve, html)


def check_anchors(html: str) -> None:
    """Refuse a page with a link that ends nowhere, or with two places of one address."""
    known = Counter(re.findall(r'\sid="([^"]+)"', html))
    wanted = dict.fromkeys(re.findall(r'href="#([^"]*)"', html))
    problems = [Problem(f"a link ends nowhere: #{target}") for target in wanted if target not in known]
    problems += [Problem(f"two places have the address #{place}") for place, times in known.items() if times > 1]
    if problems:
        raise InputError(problems)
