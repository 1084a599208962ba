"""A notebook's outputs as the report shows them: numbered tables and figures, numbers with their source."""

import re
import string
from base64 import b64encode
from collections.abc import Mapping
from copy import deepcopy
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from keepsafe.problems import InputError
from keepsafe.values import escape as unmarked
from keepsafe.values.mimes import FIGURE, TABLE, VALUES

PARAMETERS = {"parameters", "injected-parameters"}
SUMMARY = ("Show the code", "Show the parameters")
SPAN = re.compile(r'<span class="value" data-id="([^"]*)">')


class Outputs:
    """The outputs of one chapter.

    Parameters
    ----------
    slug : its address in the page.
    number : its number as printed, such as "3"; tables and figures are numbered within it.
    values : rows of values.csv by id.
    pictures : folder with the figures as SVG; where one is missing, the notebook's PNG is shown.
    """

    def __init__(self, slug: str, number: str, values: Mapping[str, Mapping], pictures: Path):
        self.slug, self.number, self.values, self.pictures = slug, number, values, pictures
        self.labels: dict[str, str] = {}  # address of a table or figure: its printed name

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
            cell.outputs = [self._output(output, cell.metadata["anchor"]) for output in cell.outputs]
            if cell.outputs or PARAMETERS & set(tags):
                cell.source, pending = "\n\n".join(pending), []
                cells.append(cell)
        if pending:
            rest = next(cell for cell in reversed(notebook.cells) if cell.cell_type == "code")
            cells.append(NotebookNode(rest, source="\n\n".join(pending), outputs=[]))
        notebook.cells = cells
        return notebook

    def _output(self, output: NotebookNode, place: str) -> NotebookNode:
        data = output.get("data", {})
        if FIGURE in data:
            output.data = {"text/html": self._figure(data[FIGURE], data.get("image/png", ""))}
        elif TABLE in data:
            output.data = {"text/html": self._table(data[TABLE], data["text/html"])}
        elif VALUES in data:
            output.data = {"text/markdown": self._sentence(data[VALUES])}
        elif "image/png" in data and not output.metadata.get("image/png", {}).get("alt"):
            raise InputError.of(f"a picture in {place} has no alt text", remedy="show it with figure()")
        return output

    def _label(self, kind: str, name: str) -> tuple[str, str]:
        """Address and printed name of the next table or figure."""
        turn = sum(address.startswith(f"{kind}-") for address in self.labels) + 1
        address = f"{kind}-{name}"
        self.labels[address] = f"{kind.capitalize()} {self.number}.{turn}"
        return address, self.labels[address]

    def _figure(self, facts: Mapping, png: str) -> str:
        address, label = self._label("figure", facts["name"])
        drawing = self.pictures / f"{facts['name']}.svg"
        kind, content = "png", png.strip()
        if drawing.is_file():
            kind, content = "svg+xml", b64encode(drawing.read_bytes()).decode()
        note = f' <span class="note">{escape(facts["note"])}</span>' if facts["note"] else ""
        return (
            f'<figure id="{address}">'
            f'<img src="data:image/{kind};base64,{content}" alt="{escape(facts["alt"])}">'
            f"<figcaption><b>{label}.</b> {escape(facts['caption'].rstrip('.'))}.{note}</figcaption></figure>"
        )

    def _table(self, facts: Mapping, html: str) -> str:
        address, label = self._label("table", facts["name"])
        html = html.replace("<caption>", f'<caption id="{address}-caption"><b>{label}.</b> ', 1)
        html = SPAN.sub(lambda found: self._span(found[1]), html)
        named = f'id="{address}" aria-labelledby="{address}-caption"'
        return f'<div class="table" {named} role="region" tabindex="0">{html}</div>'

    def _sentence(self, facts: Mapping) -> str:
        """The sentence in Markdown, each number in a span that names it."""
        found = {record["field"]: record for record in facts["values"]}
        return "".join(
            text
            + (f"{self._span(found[field]['id'])}{unmarked(found[field]['text'])}</span>" if field else "")
            for text, field, _, _ in string.Formatter().parse(facts["template"])
        )

    def _span(self, name: str) -> str:
        row = self.values[name]
        printed = f"; the 2019 report printed {row['printed']} ({row['figure']})" if row["figure"] else ""
        kind = f"; {row['kind']}" if row["kind"] else ""
        title = f"{name}: from {row['notebook']}, cell {row['cell']}{printed}{kind}"
        return f'<span class="value" data-id="{escape(name)}" title="{escape(title)}">'
