"""What a report's page says: its text, and the facts of its run in its colophon."""

from html.parser import HTMLParser
from pathlib import Path

END = "\0"
INLINE = {"a", "abbr", "b", "cite", "code", "em", "i", "mark", "q", "small", "span", "strong", "sub", "sup"}
SILENT = {"script", "style"}
COLOPHON = "colophon"  # it names the software, which is compared apart


def page_text(path: Path) -> str:
    """The page's words, a line for each paragraph, cell and alternative text; its colophon is left out."""
    lines = (" ".join(line.split()) for line in "".join(_read(path).words).split(END))
    return "\n".join(filter(None, lines))


def page_facts(path: Path) -> dict:
    """The facts of the run that the page's colophon states, in the form of a manifest: inputs, parameters, versions."""
    tables = _read(path).tables
    rows = {what: tables.get(f"{COLOPHON}-{what}", [])[1:] for what in ("inputs", "parameters", "versions")}
    inputs, versions = ({row[0]: row[1] for row in rows[what] if len(row) == 2} for what in ("inputs", "versions"))
    columns = ("name", "value", "default", "help")
    parameters = [dict(zip(columns, row, strict=True)) for row in rows["parameters"] if len(row) == len(columns)]
    return {"inputs": inputs, "parameters": parameters, "versions": versions} if inputs else {}


def _read(path: Path) -> "_Reader":
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8", errors="replace"))
    reader.close()
    return reader


class _Reader(HTMLParser):
    """Words of the page with an END after each line, and the rows of the colophon's tables by their address."""

    def __init__(self):
        super().__init__()
        self.words: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.silent, self.depth = "", 0  # the element that is passed over, and how deep in elements of its name
        self.table, self.cell = "", False

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        id = given.get("id") or ""
        if not self.silent and (tag in SILENT or id == COLOPHON):
            self.silent = tag
        self.depth += tag == self.silent
        if id.startswith(f"{COLOPHON}-") and tag == "div":
            self.table = id
            self.tables[id] = []
        elif self.table and tag == "tr":
            self.tables[self.table].append([])
        elif self.table and tag in {"th", "td"} and self.tables[self.table]:
            self.tables[self.table][-1].append("")
            self.cell = True
        elif tag == "img":
            self._say(f"{END}{given.get('alt')}{END}")
        elif tag not in INLINE:
            self._say(END)

    def handle_endtag(self, tag):
        self.depth -= tag == self.silent
        if not self.depth:
            self.silent = ""
        self.cell = self.cell and tag not in {"th", "td"}
        if tag == "table":
            self.table = ""
        if tag not in INLINE:
            self._say(END)

    def handle_data(self, data):
        if self.cell:
            self.tables[self.table][-1][-1] += data.strip()
        self._say(data)

    def _say(self, text: str) -> None:
        if not self.silent:
            self.words.append(text)
