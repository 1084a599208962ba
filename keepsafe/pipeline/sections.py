"""Sections of a notebook that a run cannot fill: what the data at hand do not have is left out, and said to be."""

from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from keepsafe import paths, runs
from keepsafe.pipeline.needs import Needs, cell_needs
from keepsafe.published import load_figures
from keepsafe.study import Study, load_study

SYNTHETIC = "synthetic"  # tag of cells that make sense on synthetic files only
WITHHELD = "Withheld by disclosure control"


@dataclass(frozen=True)
class Vocabulary:
    """The names that notebooks use, and which of them a run has.

    `names` maps what may stand in quotes (a variable, a model, a group, the id of a published figure) to the names
    that it means; `lacking` are names that the codebook and the study at hand do not have, `withheld` those that
    disclosure control withholds; `label` puts a name into words.
    """

    names: dict[str, frozenset[str]]
    lacking: frozenset[str]
    withheld: frozenset[str]
    label: Callable[[str], str]


def vocabulary(run: runs.Run) -> Vocabulary:
    """The names that the compendium's notebooks use, against what this run's codebook and study have."""
    from keepsafe.codebook import load_codebook

    own = load_study(paths.data("study.toml"), load_codebook(paths.data("codebook.csv")))
    here = load_study(run.study, load_codebook(run.codebook))
    names = {name: frozenset({name}) for name in _names(own)}
    printed = load_figures().itertuples() if paths.data("published").is_dir() else ()  # a user's own has none
    for figure in printed:
        column = own.column(figure.variable, figure.phase)
        names[figure.id] = frozenset({column, figure.group} & names.keys())
    facts = runs.withheld(run) or {"columns": [], "models": here.models}
    gone = frozenset(facts["columns"]) | (here.models.keys() - facts["models"])
    return Vocabulary(names, frozenset(_names(own) - _names(here)), gone, own.label)


def prepared(notebook: NotebookNode, run: runs.Run) -> NotebookNode:
    """The notebook without what this run cannot fill.

    On a user's own data, cells tagged `synthetic` go, and sections whose heading is so tagged. A section goes whole
    where its code names what codebook or study lack, or builds on a section that went; a cell goes where it cannot do
    without what is withheld. In the place of either stands a sentence that says so. What comes before the first section
    stays.
    """
    if run.synthetic and not run.disclosure:  # the compendium as it is
        return notebook
    known = vocabulary(run)
    kept, lost = [], set()
    for section in _sections(notebook.cells):
        if not run.synthetic:
            if _made(section[0]) and section[0].source.startswith("## "):
                continue
            section = [cell for cell in section if not _made(cell)]
        opening = not section or not section[0].source.startswith("## ")
        needs = {cell.id: cell_needs(cell.source, known.names) for cell in section if cell.cell_type == "code"}
        missing = sorted({name for need in needs.values() for name in need.named & known.lacking})
        built_on = {name for need in needs.values() for name in need.uses} & lost
        if not opening and (missing or built_on):
            why = "the codebook or the study file has no " + ", ".join(map(known.label, missing))
            kept += _left_out(section, why if missing else "it builds on what is left out above")
            lost |= {name for need in needs.values() for name in need.makes}
            continue
        for cell in section:
            need = needs.get(cell.id, Needs())
            gone = need.exact & known.withheld or (need.named if need.named and need.named <= known.withheld else set())
            if opening or not (gone or need.uses & lost):
                kept.append(cell)
                lost -= need.makes
                continue
            lost |= need.makes
            what = ", ".join(known.label(name) for name in sorted(gone)) or "it builds on what is withheld above"
            kept.append(new_markdown_cell(f"*{WITHHELD}: {what}.*", id=cell.id))
    return NotebookNode(notebook, cells=kept)


def _names(study: Study) -> set[str]:
    parts = (study.codebook.names, study.derived, study.models, study.groups, study.contrasts)
    return {name for part in parts for name in part}


def _sections(cells: list[NotebookNode]) -> list[list[NotebookNode]]:
    """Cells by section; the first is what comes before any heading of the second level."""
    sections: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return [section for section in sections if section]


def _made(cell: NotebookNode) -> bool:
    return SYNTHETIC in cell.metadata.get("tags", [])


def _left_out(section: list[NotebookNode], why: str) -> list[NotebookNode]:
    heading = section[0].source.splitlines()[0]
    return [new_markdown_cell(f"{heading}\n\n*Left out: {why}.*", id=section[0].id)]
