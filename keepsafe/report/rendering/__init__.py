"""The report: executed notebooks as one page that needs nothing but itself, and what is made from that page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from keepsafe.report.rendering.anchors import check_anchors, resolve_links
from keepsafe.report.rendering.chapters import PAGE, Chapter, make_chapter
from keepsafe.report.rendering.findings import main_findings
from keepsafe.report.rendering.formats import write
from keepsafe.report.rendering.traces import MEANINGS, mark, traces
from keepsafe.report.rendering.typefaces import font_faces

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["render", "write"]

SCRIPTS = ("place", "code_and_light", "wide", "numbers", "search", "scorecard")


def render(notebooks: Mapping[str, NotebookNode], values: "pd.DataFrame", facts: dict, pictures: Path,
           appendices: Sequence[Chapter] = ()) -> str:  # fmt: skip
    """The report as one self-contained HTML page.

    Parameters
    ----------
    notebooks : executed notebooks by name, in their order.
    values : what they recorded, with the columns of values.csv.
    facts : the run's manifest: synthetic, inputs, parameters, versions.
    pictures : folder with the figures as SVG.
    appendices : what follows the last chapter; each a `Chapter` with slug, title, html and sections.

    Returns
    -------
    HTML text; the same for the same input.

    Raises
    ------
    InputError for a link that ends nowhere, or a finding whose figure no chapter shows.
    """
    from markupsafe import Markup

    rows = {row["id"]: row for row in values.to_dict("records")}
    chapters = [make_chapter(name, notebook, rows, pictures) for name, notebook in notebooks.items()]
    findings = main_findings(chapters)
    parts = [*chapters, *appendices]
    everywhere = {
        written: place for part in parts for written, place in part.addresses.items() if not written.startswith("#")
    }
    labels = {address: label for part in parts for address, label in part.labels.items()}
    for part in parts:
        part.html = Markup(resolve_links(part.html, everywhere | part.addresses, labels))
    for finding in findings:
        finding.html = Markup(resolve_links(finding.html, everywhere, labels))
    page = _environment().get_template("page.html.j2").render(
        chapters=chapters,
        appendices=list(appendices),
        findings=findings,
        exhibits={kind: [(chapter, exhibit) for chapter in parts for exhibit in chapter.exhibits
                         if exhibit.address.startswith(kind)] for kind in ("table", "figure")},
        kinds=[(kind, mark(kind), meaning) for kind, meaning in MEANINGS.items()],
        counts=values["kind"].value_counts().to_dict(),
        facts=facts,
        values=len(rows),
        traces=Markup(traces(rows.values(), {chapter.notebook: chapter.slug for chapter in chapters})),
        **_look(),
    )  # fmt: skip
    check_anchors(page)
    return page


def _environment():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _look() -> dict[str, str]:
    """Stylesheets, typefaces and script, and the policy by which a browser holds the page to itself."""
    from base64 import b64encode
    from hashlib import sha256

    from markupsafe import Markup

    early = 'document.documentElement.className = "js";'
    script = '"use strict";\n' + "\n".join(f"{{\n{_text(f'script/{name}.js')}}}" for name in SCRIPTS)
    hashes = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in (early, script))
    return {
        "faces": Markup(font_faces()),
        "style": Markup("\n".join((_text("report.css"), _text("tools.css")))),
        "paper": Markup(_text("print.css")),
        "early": Markup(early),
        "script": Markup(script),
        "policy": "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
                  f"script-src {hashes}",
    }  # fmt: skip


def _text(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
