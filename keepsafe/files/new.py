"""A new compendium of somebody's own: the files to start from, on an example that was made up.

It is written whole, or not at all, and never over anything that is there.
"""

import json
import re
import shutil
from pathlib import Path
from uuid import uuid4

from keepsafe.problems import InputError

TEMPLATES = Path(__file__).parent / "templates"
PLACES = {
    "README.md": "readme.md",
    ".gitignore": "gitignore",
    "data/codebook.csv": "codebook.csv",
    "data/study.toml": "study.toml",
    "data/kinds.csv": "kinds.csv",
    "tests/test_report.py": "report_test.txt",
    "notebooks/01_cleaning.ipynb": "01_cleaning.md",
    "notebooks/02_descriptives.ipynb": "02_descriptives.md",
    "notebooks/03_models.ipynb": "03_models.md",
    "notebooks/04_conclusions.ipynb": "04_conclusions.md",
}
#: What an example has beside them.
EXAMPLE = {"data/example/cases.csv": "cases.csv", "data/private/README.md": "private.md"}
#: What an edition of a report has in their place, or beside them.
EDITION = {
    "README.md": "edition/readme.md",
    "data/codebook.csv": "edition/codebook.csv",
    "data/study.toml": "edition/study.toml",
    "data/kinds.csv": "edition/kinds.csv",
    "data/published/table_1.csv": "edition/table_1.csv",
    "data/published/claims.csv": "edition/claims.csv",
    "notebooks/00_printed.ipynb": "edition/00_printed.md",
}
#: Of what the files are made, in an example and in an edition.
MADE_OF = (
    "made up by a few lines of code. They stand for nobody, and nothing can be learned from them.",
    "made of the figures that the report printed. They stand for nobody.",
)
FENCE = re.compile(r"^```(python|markdown) ([a-z-]+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
TAGS = {"parameters", "synthetic", "finding"}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "mimetype": "text/x-python", "file_extension": ".py"},
}


def new(folder: str | Path, edition: bool = False) -> Path:
    """Write a small compendium: codebook, study file, example, notebooks, a test, and what to do next.

    `folder` may be there already if it is empty. With `edition` it begins an edition of a confidential report, from its
    printed figures: forms to type them into, filled with a worked example, in the place of cases. InputError where
    something is there already, or where nothing can be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     sorted(path.name for path in new(Path(place, "mine")).iterdir())
    ['.gitignore', 'README.md', 'data', 'notebooks', 'tests']
    """
    folder = Path(folder)
    try:
        if folder.is_symlink() or folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            remedy = "name a folder that is new or empty"
            raise InputError.of("is there already, and stays as it is", file=folder.name, remedy=remedy)
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = folder.with_name(f".{folder.name}.{uuid4().hex}")
        beside.mkdir()
        try:
            for name, text in contents(edition).items():
                path = beside / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            beside.replace(folder)  # an empty folder gives way; one that has been filled meanwhile does not
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise InputError.of(f"cannot be written: {error.strerror}", file=folder.name) from None
    return folder


def contents(edition: bool = False) -> dict[str, str]:
    """The files of a new compendium, or of a new edition of a report, by their place in it."""
    places = PLACES | (EDITION if edition else EXAMPLE)
    written = {place: (TEMPLATES / name).read_text(encoding="utf-8") for place, name in places.items()}
    if edition:
        written["notebooks/01_cleaning.ipynb"] = written["notebooks/01_cleaning.ipynb"].replace(*MADE_OF)
    return {place: notebook(text) if place.endswith(".ipynb") else text for place, text in written.items()}


def notebook(text: str) -> str:
    r"""A notebook without outputs, as JSON, from Markdown: fenced blocks are cells, the text between is prose.

    A heading of the second level begins a cell. What follows the three backticks says what a block is:
    python parameters: a code cell with the id `parameters`, and that as its tag; python moves-said: a code cell that
    says a sentence, whose source JupyterLab hides; markdown synthetic: prose with that tag, left out where the data are
    not synthetic.

    >>> made = json.loads(notebook("# Title\n\n```python sum\n1 + 1\n```\n"))
    >>> [(cell["cell_type"], cell["id"], cell["source"]) for cell in made["cells"]]
    [('markdown', 'text-1', ['# Title']), ('code', 'sum', ['1 + 1'])]
    """
    cells, end = [], 0
    for block in FENCE.finditer(text):
        cells += _prose(text[end : block.start()], len(cells))
        cells.append(_cell("code" if block[1] == "python" else "markdown", block[2], block[3]))
        end = block.end()
    cells += _prose(text[end:], len(cells))
    book = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _prose(text: str, before: int) -> list[dict]:
    parts = filter(None, (part.strip() for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)))
    return [_cell("markdown", f"text-{place}", part) for place, part in enumerate(parts, before + 1)]


def _cell(kind: str, id: str, source: str) -> dict:
    metadata = {"tags": [id]} if id in TAGS else {"jupyter": {"source_hidden": True}} if id.endswith("-said") else {}
    cell = {"cell_type": kind, "id": id, "metadata": metadata, "source": source.splitlines(keepends=True)}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
