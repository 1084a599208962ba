"""A notebook written as Markdown: each fenced block is a code cell, or a cell with a tag, the text between is prose.

```python parameters      a code cell with the id `parameters`, and that as its tag
```python moves-said      a code cell that says a sentence: JupyterLab hides its source
```markdown synthetic     prose with that tag: left out where the data are not synthetic
"""

import json
import re

FENCE = re.compile(r"^```(python|markdown) ([a-z-]+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
TAGS = {"parameters", "synthetic", "finding"}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "mimetype": "text/x-python", "file_extension": ".py"},
}


def notebook(text: str) -> str:
    """The notebook, without outputs, as JSON.

    Parameters
    ----------
    text : Markdown. A heading of the second level begins a cell.

    Returns
    -------
    Text of an .ipynb file.

    Examples
    --------
    >>> made = json.loads(notebook("# Title\\n\\n```python sum\\n1 + 1\\n```\\n"))
    >>> [(cell["cell_type"], cell["id"], cell["source"]) for cell in made["cells"]]
    [('markdown', 'text-1', ['# Title']), ('code', 'sum', ['1 + 1'])]
    """
    cells, end = [], 0
    for block in FENCE.finditer(text):
        cells += _prose(text[end : block.start()], len(cells))
        cells.append(_cell("code" if block[1] == "python" else "markdown", block[2], block[3]))
        end = block.end()
    cells += _prose(text[end:], len(cells))
    return json.dumps({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5},
                      indent=1, ensure_ascii=False) + "\n"  # fmt: skip


def _prose(text: str, before: int) -> list[dict]:
    parts = filter(None, (part.strip() for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)))
    return [_cell("markdown", f"text-{place}", part) for place, part in enumerate(parts, before + 1)]


def _cell(kind: str, id: str, source: str) -> dict:
    metadata = {"tags": [id]} if id in TAGS else {"jupyter": {"source_hidden": True}} if id.endswith("-said") else {}
    cell = {"cell_type": kind, "id": id, "metadata": metadata,
            "source": source.splitlines(keepends=True)}  # fmt: skip
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
