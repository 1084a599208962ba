"""A notebook's outputs as the report shows them: numbered tables and figures, numbers with their source."""

import json
import re
import string
from base64 import b64decode
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from keepsafe import paths
from keepsafe.problems import InputError
from keepsafe.report.rendering.drawings import inlined
from keepsafe.report.rendering.traces import MEANINGS, mark, opening_tag
from keepsafe.telling import EXPLORED, FIGURE, TABLE, VALUES
from keepsafe.telling.numerals import escape as unmarked
from keepsafe.telling.tables import LEFT

TALL = 30  # rows from which a table has a height of its own on a narrow screen
LONG = 60  # rows from which a table is folded, and in the PDF left to the page
PARAMETERS = {"parameters", "injected-parameters"}
SUMMARY = ("Show the code", "Show the parameters")
SPAN = re.compile(r'<span class="value(?: invented)?" data-id="([^"]*)">')
KIND = re.compile(
    rf"(?<=<td>)({'|'.join(map(re.escape, sorted(MEANINGS, key=len, reverse=True)))}|cannot hold)(?=</td>)"
)

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
    """A main finding, told in a cell with the tag `finding`: its sentence as HTML, the figure that shows it.

    `invented` names the numbers in it that were made up with the synthetic files.
    """

    html: str
    figure: str
    anchor: str
    invented: list[str]


class Outputs:
    """The outputs of one chapter, numbered within it; `pictures` is the folder with the figures as SVG.

    What a cell prints has no named values. On synthetic files it is invented, unless the cell has the tag `printed`:
    it rests on printed figures alone.
    """

    def __init__(self, slug: str, number: str, values: Mapping[str, Mapping], pictures: Path, synthetic: bool):
        self.slug, self.number, self.values, self.pictures = slug, number, values, pictures
        self.synthetic, self.invented = synthetic, False
        self.exhibits: list[Exhibit] = []
        self.findings: list[Finding] = []

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
            cell.metadata["anchor"] = f"{self.slug}--cell-{cell.id}"
            cell.metadata["invented"] = self.synthetic and "printed" not in tags
            if "finding" in tags:
                self._note_findings(cell)
            cell.outputs = [self._output(output, cell.metadata["anchor"]) for output in cell.outputs]
            self.invented |= cell.metadata["invented"] and any(map(_plain, cell.outputs))
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

        told = [output.get("data", {}) for output in cell.outputs]
        sentences = [data[VALUES] for data in told if VALUES in data and TABLE not in data]
        self.findings += [
            Finding(
                markdown2html(self._sentence(facts)),
                cell.metadata.get("figure", ""),
                cell.metadata["anchor"],
                [record["id"] for record in facts["values"] if self.values[record["id"]]["invented"]],
            )
            for facts in sentences
        ]

    def _output(self, output: NotebookNode, place: str) -> NotebookNode:
        data = output.get("data", {})
        if FIGURE in data:
            output.data = {"text/html": self._figure(data[FIGURE], data.get("image/png", ""))}
        elif TABLE in data:
            controls = explored(data[EXPLORED]) if EXPLORED in data else ""
            output.data = {"text/html": controls + self._table(data[TABLE], data["text/html"])}
        elif VALUES in data:
            output.data = {"text/markdown": self._sentence(data[VALUES])}
        elif "text/html" in data and "text/plain" in data:  # a plain data frame: its HTML has no scopes and no names
            output.data = {"text/plain": data["text/plain"]}
        elif "image/png" in data and not output.metadata.get("image/png", {}).get("alt"):
            raise InputError.of(f"a picture in {place} has no alt text", remedy="show it with figure()")
        return output

    def _exhibit(self, kind: str, facts: Mapping, picture: str = "") -> Exhibit:
        """The next table or figure, numbered."""
        turn = sum(each.address.startswith(f"{kind}-") for each in self.exhibits) + 1
        address, label = f"{kind}-{facts['name']}", f"{kind.capitalize()} {self.number}.{turn}"
        invented = facts.get("invented", "none")
        told = facts.get("invented") == "none" and paths.data("published").is_dir()
        if told and "synthetic" in facts["note"].lower():
            raise InputError.of(
                f"{label} is called synthetic, and nothing in it is invented",
                column=facts["name"],
                remedy="leave the words out of its note",
            )
        self.exhibits.append(Exhibit(address, label, facts["caption"].rstrip("."), facts["note"], picture, invented))
        return self.exhibits[-1]

    def _figure(self, facts: Mapping, png: str) -> str:
        files = {look: self.pictures / f"{facts['name']}{end}" for look, end in DRAWINGS.items()}
        name, tips = f"f{self.number}-{len(self.exhibits)}", facts.get("tips", [])
        drawings = {look: file.read_text(encoding="utf-8") for look, file in files.items() if file.is_file()}
        if "wide" in drawings:
            picture = "".join(inlined(svg, name, facts["alt"], tips, look) for look, svg in drawings.items())
        else:
            address, size = f"data:image/png;base64,{png.strip()}", photograph_size(png)
            space = f' width="{size[0]}" height="{size[1]}"' if size else ""
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
        html = KIND.sub(lambda found: f'<span class="kind {_kind_mark(found[0])}">{found[0]}</span>', html)
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
        return opening_tag(self.values[name])


def _plain(output: NotebookNode) -> bool:
    """Whether an output is shown as the plain text that it is."""
    return not {"text/html", "text/markdown", "image/png"} & set(output.get("data", {}))


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


def explored(facts: Mapping) -> str:
    """What a reader moves in the page, for its script: JSON that cannot end the element that holds it."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" class="explored">{text}</script>'


def _kind_mark(kind: str) -> str:
    return mark(kind) if kind in set(MEANINGS) else kind.replace(" ", "-")


def photograph_size(png: str) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG in base64; None where it is cut short."""
    head = b64decode(png[:32])
    return (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) if len(head) == 24 else None
