"""A notebook's outputs as the report shows them: numbered tables and figures, numbers with their source.

Longer than 300 lines: a number is told in the same way in a sentence, in a table and to the page's script.
"""

import json
import math
import re
import string
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from keepsafe import paths
from keepsafe.problems import InputError
from keepsafe.report.rendering.look import inlined
from keepsafe.telling import EXPLORED, FIGURE, TABLE, VALUES
from keepsafe.telling.tables import LEFT
from keepsafe.telling.values import Kind
from keepsafe.telling.values import escape as unmarked

if TYPE_CHECKING:
    import pandas as pd

#: What each kind of agreement means, in the words of the report.
MEANINGS = {
    Kind.CALIBRATED: "The figure was a target when the synthetic files were made. Agreement shows that the computation "
    "is right and nothing else.",
    Kind.DIRECTION: "The 2019 report gave a direction; the size is ours.",
    Kind.DERIVED: "Follows from the printed figures alone.",
    Kind.NOT_COMPARABLE: "Rests on something that was never printed.",
    Kind.DIFFERENCE: "Your data beside the 2019 report: two places and times.",
}
#: The short name of each, by which the stylesheet draws its mark; and of what an audit says in its place.
MARKS = {kind: kind.name.lower().replace("_", "-") for kind in MEANINGS} | {"cannot hold": "cannot-hold"}
#: A number of these kinds was printed nowhere and follows from nothing printed: synthetic files made it up.
UNPRINTED = {Kind.DIRECTION, Kind.NOT_COMPARABLE}

TALL = 30  # rows from which a table has a height of its own on a narrow screen
LONG = 60  # rows from which a table is folded, and in the PDF left to the page
PARAMETERS = {"parameters", "injected-parameters"}
FORMS = {"text/html", "text/markdown", "image/png"}  # an output without them is shown as the plain text that it is
SUMMARY = ("Show the code", "Show the parameters")
SPAN = re.compile(r'<span class="value(?: invented)?" data-id="([^"]*)">')
KIND = re.compile(rf"(?<=<td>)({'|'.join(map(re.escape, sorted(MARKS, key=len, reverse=True)))})(?=</td>)")
DRAWINGS = {"wide": ".svg", "narrow": ".narrow.svg"}  # of one figure, the second for narrow screens
SHORT = re.compile(r'(?<=<th scope="row")(?=>[^<]{1,8}</th>)')
PRINTED = re.compile(r"(?<= )(\[printed: [^]<]*\])(?=</td>)")
# Cells as wide as their table: a heading of rows, and the note. What they say stays in sight as a wide table scrolls.
ACROSS = re.compile(r'(<th scope="rowgroup"[^>]*>|<tfoot><tr><td[^>]*>)(.*?)(?=</t[hd]>)')
OVER = re.compile(r'(<th scope="colgroup"[^>]*>)(.*?)(?=</th>)')
TABLE_HEAD = re.compile(r"<thead>\s*<tr>((?:(?!</tr>).)*)</tr>\s*</thead>", re.S)
CELL = re.compile(r"<(th|td)([^>]*)>(.*?)(?=</\1>)", re.S)
ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tfoot": "rowgroup", "tr": "row", "td": "cell"}
NUMBERS, WORDS = 5, 60  # a table of words has fewer than one number in so many cells, or a cell of so many letters


def bundles(notebooks: Mapping[str, NotebookNode]) -> Iterator[tuple[str, str, dict]]:
    """What notebooks show, in its order: the notebook, the id of the cell, and an output in all its forms."""
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                yield name, cell.id, output.get("data", {})


def told_values(notebooks: Mapping[str, NotebookNode], values: "pd.DataFrame", synthetic: bool) -> dict[str, dict]:
    """The rows of values.csv by id; each says whether it is `invented`, which on a user's own data none is."""
    records = [record for _, _, data in bundles(notebooks) for record in data.get(VALUES, {}).get("values", [])]
    said = {record["id"]: record["invented"] for record in records if "invented" in record}
    return {
        row["id"]: row | {"invented": synthetic and bool(said.get(row["id"], row["kind"] in UNPRINTED))}
        for row in values.to_dict("records")
    }


def traces(rows: Iterable[Mapping], addresses: Mapping[str, str]) -> str:
    """Where each number was computed and what the 2019 report printed, for the page's script."""

    def told(value):
        """A value as JSON can hold it: what is infinite in words, what is missing as an empty text."""
        if isinstance(value, float) and not math.isfinite(value):
            return "" if math.isnan(value) else "infinite"
        return "" if value is None else value

    fields = ("notebook", "cell", "figure", "printed", "kind")
    values = {row["id"]: [told(row["value"]), *(row[field] or "" for field in fields)] for row in rows}
    return for_script({"chapters": dict(addresses), "values": values})


def for_script(facts: Mapping) -> str:
    """Facts as JSON that cannot end the element that holds it."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@dataclass(frozen=True)
class Exhibit:
    """A numbered table or figure: its address, its printed name ("Figure 2.3"), its caption and note; its picture.

    `invented` says whether none, some or all of what it shows was made up with the synthetic files.
    """

    address: str
    label: str
    caption: str
    note: str
    picture: str = ""
    invented: str = "none"

    @property
    def lifted(self) -> str:
        """The picture for another place of the page: what is named in it has other names."""
        return re.sub(r'((?:url\(#|href="#| id=")f)(?=\d+-\d+\.)', r"\1ront-", self.picture)

    @property
    def title(self) -> str:
        """The caption as HTML: its message stands out, its topic follows."""
        message, _, topic = escape(self.caption).partition(". ")
        return f"<strong>{message}.</strong> {topic}." if topic else f"{message}."


@dataclass
class Finding:
    """A main finding, told in a cell with the tag `finding`: its sentence as HTML, the name of its figure.

    `invented` names the numbers in it that were made up with the synthetic files. `source` is the address and
    `shown_in` the chapter of what shows it; `figure` is the figure itself, once `main_findings` has found it.
    """

    html: str
    named: str
    source: str
    shown_in: str
    invented: list[str]
    figure: Exhibit | None = None


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


class Outputs:
    """The outputs of one chapter, which is told its exhibits and findings; `pictures` is the folder with the drawings.

    What a cell prints has no named values. On synthetic files it is invented, unless the cell has the tag `printed`:
    it rests on printed figures alone.
    """

    def __init__(self, chapter: Chapter, values: Mapping[str, Mapping], pictures: Path, synthetic: bool):
        self.chapter, self.values, self.pictures, self.synthetic = chapter, values, pictures, synthetic

    def shown(self, notebook: NotebookNode) -> NotebookNode:
        """The notebook with final outputs; code that shows nothing is folded into the next result."""
        notebook, cells, pending = deepcopy(notebook), [], []
        for cell in notebook.cells:
            if cell.cell_type != "code":
                cells.append(cell)
                continue
            if cell.source.strip():
                pending.append(cell.source)
            tags = cell.metadata.get("tags", [])
            cell.metadata["summary"] = SUMMARY[bool(PARAMETERS & set(tags))]
            cell.metadata["anchor"] = f"{self.chapter.slug}--cell-{cell.id}"
            cell.metadata["invented"] = self.synthetic and "printed" not in tags
            if "finding" in tags:
                self._note_findings(cell)
            cell.outputs = [self._output(output, cell.metadata["anchor"]) for output in cell.outputs]
            if cell.metadata["invented"] and any(FORMS.isdisjoint(each.get("data", {})) for each in cell.outputs):
                self.chapter.invented = True
            if cell.outputs or PARAMETERS & set(tags):
                cell.source, pending = "\n\n".join(pending), []
                cells.append(cell)
        if pending:
            rest = next(cell for cell in reversed(notebook.cells) if cell.cell_type == "code")
            cells.append(NotebookNode(rest, source="\n\n".join(pending), outputs=[]))
        notebook.cells = cells
        return notebook

    def _note_findings(self, cell: NotebookNode) -> None:
        from nbconvert.filters import markdown2html

        for data in (output.get("data", {}) for output in cell.outputs):
            if VALUES in data and TABLE not in data:
                html = markdown2html(self._sentence(data[VALUES]))
                made_up = [each["id"] for each in data[VALUES]["values"] if self.values[each["id"]]["invented"]]
                named, source = cell.metadata.get("figure", ""), cell.metadata["anchor"]
                self.chapter.findings.append(Finding(html, named, source, self.chapter.number, made_up))

    def _output(self, output: NotebookNode, place: str) -> NotebookNode:
        data = output.get("data", {})
        if FIGURE in data:
            output.data = {"text/html": self._figure(data[FIGURE], data.get("image/png", ""))}
        elif TABLE in data:
            html = self._table(data[TABLE], data["text/html"])
            if EXPLORED in data:  # what a reader moves in the page
                html = f'<script type="application/json" class="explored">{for_script(data[EXPLORED])}</script>{html}'
            output.data = {"text/html": html}
        elif VALUES in data:
            output.data = {"text/markdown": self._sentence(data[VALUES])}
        elif "text/html" in data and "text/plain" in data:  # a plain data frame: its HTML has no scopes and no names
            output.data = {"text/plain": data["text/plain"]}
        elif "image/png" in data and not output.metadata.get("image/png", {}).get("alt"):
            raise InputError.of(f"a picture in {place} has no alt text", remedy="show it with figure()")
        return output

    def _exhibit(self, kind: str, facts: Mapping, picture: str = "") -> Exhibit:
        """The next table or figure, numbered."""
        turn = sum(each.address.startswith(f"{kind}-") for each in self.chapter.exhibits) + 1
        address, label = f"{kind}-{facts['name']}", f"{kind.capitalize()} {self.chapter.number}.{turn}"
        none = facts.get("invented") == "none" and "synthetic" in facts["note"].lower()
        if none and paths.data("published").is_dir():
            fault, remedy = (
                f"{label} is called synthetic, and nothing in it is invented",
                "leave the words out of its note",
            )
            raise InputError.of(fault, column=facts["name"], remedy=remedy)
        shown = Exhibit(
            address, label, facts["caption"].rstrip("."), facts["note"], picture, facts.get("invented", "none")
        )
        self.chapter.exhibits.append(shown)
        return shown

    def _figure(self, facts: Mapping, png: str) -> str:
        files = {look: self.pictures / f"{facts['name']}{end}" for look, end in DRAWINGS.items()}
        name, tips = f"f{self.chapter.number}-{len(self.chapter.exhibits)}", facts.get("tips", [])
        drawings = {look: file.read_text(encoding="utf-8") for look, file in files.items() if file.is_file()}
        if "wide" in drawings:
            picture = "".join(inlined(svg, name, facts["alt"], tips, look) for look, svg in drawings.items())
        else:
            address, head = f"data:image/png;base64,{png.strip()}", b64decode(png[:32])
            size = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
            space = f' width="{size[0]}" height="{size[1]}"' if len(head) == 24 else ""
            picture = f'<img src="{address}" alt="{escape(facts["alt"])}"{space} decoding="async">'
        shown = self._exhibit("figure", facts, picture)
        note = f' <span class="note">{escape(shown.note)}</span>' if shown.note else ""
        return (
            f'<figure id="{shown.address}"><figcaption><b>{shown.label}.</b> {shown.title}{note}</figcaption>'
            f"{picture}</figure>"
        )

    def _table(self, facts: Mapping, html: str) -> str:
        shown, html = self._exhibit("table", facts), html.replace(LEFT, "")
        html = html.replace("<caption>", f'<caption id="{shown.address}-caption"><b>{shown.label}.</b> ', 1)
        html = SPAN.sub(lambda found: self._span(found[1]), html)
        html = ACROSS.sub(r'\1<span class="stays">\2</span>', html)
        html = SHORT.sub(' class="short"', html)
        html = PRINTED.sub(r'<span class="printed">\1</span>', html)
        html = KIND.sub(lambda found: f'<span class="kind {MARKS[found[0]]}">{found[0]}</span>', html)
        html = OVER.sub(r'\1<span class="over">\2</span>', html)
        rows = len(re.findall(r"<tr>(?=<th scope=\"row\")", html))
        named = f'id="{shown.address}" aria-labelledby="{shown.address}-caption"'
        look = "table long" if rows > TALL else "table"
        html = f'<div class="{look}" {named} role="region" tabindex="0">{html}</div>'
        if rows <= LONG:
            return stacked(html)
        what = f"{shown.label}. {escape(shown.caption)}: show its {rows} rows"
        return f'<details class="fold" data-name="{facts["name"]}"><summary>{what}</summary>{html}</details>'

    def _sentence(self, facts: Mapping) -> str:
        """The sentence in Markdown, each number in a span that names it."""
        found = {record["field"]: record for record in facts["values"]}
        return "".join(
            text + (f"{self._span(found[field]['id'])}{unmarked(found[field]['text'])}</span>" if field else "")
            for text, field, _, _ in string.Formatter().parse(facts["template"])
        )

    def _span(self, name: str) -> str:
        """The tag before a number: its name, the mark of its kind, and a title that tells without a script."""
        row = self.values[name]
        printed = f"; the 2019 report printed {row['printed']} ({row['figure']})" if row["figure"] else ""
        kind = f"; {row['kind']}" if row["kind"] else ""
        title = f"{name}: from {row['notebook']}, cell {row['cell']}{printed}{kind}"
        source = "invented" if row["invented"] else "counted" if row["kind"] in UNPRINTED else ""
        names = " ".join(filter(None, ("value", MARKS.get(row["kind"]), source)))
        return f'<span class="{names}" data-id="{escape(name)}" title="{escape(title)}">'


def stacked(html: str) -> str:
    """A table of words as narrow screens show it, row by row: each cell bears the heading of its column.

    A table of numbers, or one whose head has two rows, stays as it is.

    >>> words = "<thead><tr><td></td><th>Why</th></tr></thead><tbody><tr><th>a</th><td>b</td></tr></tbody>"
    >>> stacked(f'<div class="table"><table>{words}</table></div>').partition("<th>a</th>")[2][:38]
    '<td data-head="Why" role="cell">b</td>'
    """
    head = TABLE_HEAD.search(html)
    if not head:
        return html
    cells = [each for each in CELL.findall(html.partition("<tfoot")[0], head.end()) if each[0] == "td"]
    wordy = sum('class="number"' in look for _, look, _ in cells) * NUMBERS < len(cells)
    if not wordy and all(len(re.sub("<[^>]+>", "", inner)) <= WORDS for _, _, inner in cells):
        return html
    headings = [re.sub("<[^>]+>", "", inner) for _, _, inner in CELL.findall(head[1])]

    def row(found: re.Match) -> str:
        turn = iter(headings)

        def cell(each: re.Match) -> str:
            heading = next(turn, "") if "colspan" not in each[2] else ""
            named = f' data-head="{heading}"' if each[1] == "td" and heading and each[3] else ""
            return f"<{each[1]}{each[2]}{named}>{each[3]}"

        return CELL.sub(cell, found[0])

    body = re.sub(r"<tr[ >].*?</tr>", row, html[head.end() :], flags=re.S)
    whole = re.sub('<div class="table', '<div class="table stack', html[: head.end()], count=1) + body
    return re.sub(
        r"<(table|thead|tbody|tfoot|tr|td)\b([^>]*)>", lambda tag: f'<{tag[1]}{tag[2]} role="{ROLES[tag[1]]}">', whole
    )
