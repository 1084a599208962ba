"""Chapters of the report: one notebook each, its headings one level down below the page's single title."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path

from nbformat import NotebookNode

from keepsafe.report.rendering.outputs import Exhibit, Finding, Outputs

PAGE = Path(__file__).parent / "page"
HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.S)
# In code only keywords, text, numbers and comments are set apart: other marks would be half of the page's elements.
UNMARKED = re.compile(r'<span class="(?!ow|[ckms])[a-z]{1,2}\d?">([^<]*)</span>')


@dataclass
class Chapter:
    """One chapter: where it is, what it is called, its sections (address, title), its text.

    An appendix is a chapter without a notebook and a number. `addresses` are what authors write in links to it;
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

    @property
    def labels(self) -> dict[str, str]:
        """The printed names of its tables and figures, by address."""
        return {exhibit.address: exhibit.label for exhibit in self.exhibits}


def make_chapter(name: str, notebook: NotebookNode, values: Mapping[str, Mapping], pictures: Path) -> Chapter:
    """A chapter from an executed notebook.

    Parameters
    ----------
    name : the notebook's, such as 03_risk_factors.
    notebook : executed.
    values : rows of values.csv by id.
    pictures : folder with the figures as SVG.
    """
    number = str(int(name[:2]))
    chapter = Chapter(name, re.sub("_", "-", name), number, title=name[3:].replace("_", " ").capitalize())
    chapter.addresses[f"{name}.ipynb"] = f"#{chapter.slug}"
    outputs = Outputs(chapter.slug, number, values, pictures)
    html, _ = _export(outputs.shown(notebook))
    html = UNMARKED.sub(r"\1", html)
    html = html.replace("<pre>", '<pre tabindex="0">')  # long lines scroll, so a keyboard must reach them
    chapter.exhibits, chapter.findings = outputs.exhibits, outputs.findings
    chapter.html = HEADING.sub(lambda found: _heading(chapter, found), html).strip()
    return chapter


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
    from nbconvert import HTMLExporter
    from nbconvert.filters import Highlight2HTML

    exporter = HTMLExporter(template_name="chapter", extra_template_basedirs=[str(PAGE)], exclude_anchor_links=True)
    exporter.register_filter("highlight_code", Highlight2HTML(pygments_lexer="python", parent=exporter))
    return exporter


def _export(notebook: NotebookNode) -> tuple[str, dict]:
    """The chapter by our template; HTMLExporter itself would parse it again, to add an alt text of its own making."""
    from nbconvert.exporters.templateexporter import TemplateExporter

    return TemplateExporter.from_notebook_node(_exporter(), notebook)
