"""From notebooks to a report: check, execute what has changed, harvest, render, publish."""

import errno
import shutil
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem
from keepsafe.report.running.forking import forked_kernels
from keepsafe.report.running.inputs import around, check_inputs, check_parameters, read_parameters, report_key
from keepsafe.report.running.manifest import describe, seal, stands
from keepsafe.report.running.notebooks import Folders, NotebookFailed, Progress, execute, find_notebooks, surroundings
from keepsafe.report.running.publishing import STAGING, STORE, copy_files, forget, private_folder, publish, reserved
from keepsafe.telling import FIGURE, TABLE, VALUES
from keepsafe.workers import connected

if TYPE_CHECKING:
    import pandas as pd
    from nbformat import NotebookNode

__all__ = ["NotebookFailed", "check_register", "harvest", "report", "withheld"]

COLUMNS = ["id", "value", "text", "unit", "digits", "notebook", "cell", "figure", "printed", "kind"]

NEAR = (
    "an earlier report of yours is of nearly the same persons or entries: whoever holds both can work out what is "
    "recorded of few; pass on one of the two"
)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def report(
    data: Path | None = None,
    codebook: Path | None = None,
    study: Path | None = None,
    out: Path | None = None,
    parameters: Iterable[tuple[str, str]] = (),
    jobs: int | None = None,
    fresh: bool = False,
    in_place: bool = False,
    disclosure: str | None = None,
    scheduler: str | None = None,
    progress: Progress = lambda notebook, doing: None,
) -> Path:
    """Execute the compendium's notebooks and publish the report that they make.

    A notebook runs if anything that its result rests on has changed since it last ran; where nothing has changed at
    all, the report stands as it is. Results of a run that was stopped are taken up by the next, except on a user's
    own case files: of those nothing is kept beyond what is published.

    Parameters
    ----------
    data, codebook, study : a user's files; None stands for the compendium's own.
    out : folder of the report; the compendium's reports/ by default.
    parameters : pairs of name and text, as typed after -p.
    jobs : kernels side by side; by default the number of cores.
    fresh : run every notebook, changed or not.
    in_place : also refresh the outputs of the notebooks themselves.
    disclosure : rules of disclosure control, such as "threshold=10,round=5", or "off"; by default these for data that
        are not synthetic, and none for those that are.
    scheduler : address of a Dask scheduler, whose workers take over the bootstraps and simulations of the notebooks;
        the notebooks themselves stay here, and results are the same.
    progress : told the notebook and what it is doing.

    Returns
    -------
    Path of the finished report.html.

    Raises
    ------
    InputError for bad input and for a scheduler that does not answer, before any kernel starts, and for a place that
    another run is writing to, or that is full. NotebookFailed where a notebook does. A former report is then left as
    it was.
    """
    from joblib import cpu_count

    out = (out or paths.root() / "reports").resolve()
    if paths.data().resolve() in (out, *out.parents):
        remedy = "choose another folder with --out"
        raise InputError.of("a report in the data folder would be read by the next run", file=str(out), remedy=remedy)
    notebooks, parameters = find_notebooks(paths.root() / "notebooks"), list(parameters)
    jobs = jobs or cpu_count()
    try:
        with private_folder() as private, reserved(out):
            run = check_inputs(private, data, codebook, study, disclosure)
            key = report_key(notebooks, parameters, around(run, notebooks))
            if stands(out, key) and not fresh and not in_place:
                progress("report", "nothing has changed")
                return out / "report.html"
            with surroundings(run), forked_kernels():  # they get ready while the rest is read
                Thread(target=_get_ready).start()
                declared = read_parameters(notebooks)
                chosen = check_parameters(declared, parameters)
                run = _with_cluster(run, scheduler) if scheduler else run
                run.write()
                store = out / STORE if run.synthetic else None
                made = execute(notebooks, run, chosen, jobs, progress, _before_last, store, fresh)
            executed = _executed(made)
            own = (run.data, run.codebook, run.study) == (None, None, None) and run.synthetic and not run.disclosure
            if own and paths.data("published").is_dir():  # the edition shows all that the register declares
                check_register(executed)
            progress("report", "rendering")
            facts = describe(run, declared, chosen)
            with TemporaryDirectory(prefix=STAGING, dir=out, ignore_cleanup_errors=True) as beside:
                staged = Path(beside)
                _assemble(made, executed, staged, facts, progress)
                seal(staged, facts, key)
                publish(staged, out)
            _warn_of_one_like_it(run, made)
            for path in notebooks if in_place else ():  # each whole
                new = path.with_suffix(".ipynb.new")
                shutil.copyfile(made[path.stem] / "notebook.ipynb", new)
                new.replace(path)
            forget(out / STORE, made)
            progress("report", "done")
    except OSError as error:
        if error.errno not in FULL:
            raise
        remedy = "make room, and run again: what was finished is kept"
        raise InputError.of(f"the report cannot be written: {error.strerror}", file=str(out), remedy=remedy) from None
    return out / "report.html"


def _with_cluster(run: runs.Run, address: str) -> runs.Run:
    """The run with a cluster that answers; what a bootstrap sends there of a user's own files has to be encrypted."""
    if not run.synthetic and not address.startswith("tls://"):
        remedy = "give a tls:// address, or leave --scheduler out"
        raise InputError.of(f"case files of a user's own would travel to {address} unencrypted", remedy=remedy)
    with connected(address):
        return replace(run, scheduler=address)


def _warn_of_one_like_it(run: runs.Run, made: Folders) -> None:
    """Say so where an earlier report under disclosure control is of nearly the same persons: here, and in no output."""
    noted = next(filter(Path.is_file, (folder / runs.PERSONS for folder in made.values())), None)
    if run.disclosure and noted:
        from keepsafe.files.disclosure import Limits, near

        limits = Limits.parse(run.disclosure)
        if limits and near(noted.read_text(encoding="ascii"), limits.threshold):
            warnings.warn(NEAR, stacklevel=2)


def _executed(made: Folders) -> dict[str, "NotebookNode"]:
    import nbformat

    return {name: nbformat.read(folder / "notebook.ipynb", 4) for name, folder in made.items()}


def _get_ready() -> None:
    """Import what renders, and cut the typefaces that every page carries, before the first kernel is there."""
    from keepsafe.report.rendering.look import font_faces

    with suppress(ImportError):  # told where it is needed
        import_module("typst")
    font_faces()


def _before_last(made: Folders, folder: Path) -> None:
    """What the last notebook finds is written."""
    _write(harvest(_executed(made)), folder / "values.csv")


def _write(table: "pd.DataFrame", file: Path) -> None:
    from keepsafe.reading.delimited import inert_cells

    inert_cells(table).to_csv(file, index=False, lineterminator="\n")


def harvest(notebooks: "Mapping[str, NotebookNode]") -> "pd.DataFrame":
    """Every named value that the notebooks show, in the order in which a reader meets them.

    One row a value: id, value, text (as shown), unit, digits, notebook, cell (its id), figure (id of the
    published counterpart), printed (what the report printed), kind (of agreement). InputError where one name stands for
    two values, or for two tables or figures.
    """
    import pandas as pd

    from keepsafe.report.rendering.outputs import bundles

    rows, first, problems = [], {}, []
    remedy = "give one of them another name"
    for name, cell, data in bundles(notebooks):
        place = f"{name}, cell {cell}"
        for kind in {TABLE, FIGURE} & data.keys():
            shown = data[kind]["name"]
            if (known := first.setdefault((kind, shown), place)) != place:
                fault = f"two tables or figures are named {shown!r}: in {known}, and in {place}"
                problems.append(Problem(fault, remedy=remedy))
        for record in data.get(VALUES, {}).get("values", []):
            row = {column: record.get(column) for column in COLUMNS} | {"notebook": name, "cell": cell}
            known = first.setdefault(record["id"], row)
            if known is row:
                rows.append(row)
            elif (known["value"], known["text"]) != (row["value"], row["text"]):
                there = f"{known['text']!r} in {known['notebook']}, cell {known['cell']}"
                problems.append(Problem(f"value {row['id']} is {there}, and {row['text']!r} in {place}", remedy=remedy))
    if problems:
        raise InputError(problems)
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def check_register(notebooks: "Mapping[str, NotebookNode]") -> None:
    """Refuse a register of which a row fits nothing in a whole report: data/kinds.csv, and data/headings.csv."""
    from keepsafe.report.rendering.outputs import bundles
    from keepsafe.telling.tables import headings
    from keepsafe.telling.values import unused

    shown = [data for _, _, data in bundles(notebooks)]
    tables, figures = ({data[kind]["name"] for data in shown if kind in data} for kind in (TABLE, FIGURE))
    values = {record["id"] for data in shown for record in data.get(VALUES, {}).get("values", [])}
    problems = unused(tables | figures | values)
    for table in headings().keys() - tables:
        remedy = "correct the name, or delete its rows"
        problems.append(Problem(f"no table is called {table!r}", "data/headings.csv", column="table", remedy=remedy))
    if problems:
        raise InputError(problems)


def withheld(folders: Iterable[Path]) -> "pd.DataFrame":
    """What disclosure control withheld from a report, by the folders of its notebooks: what, name, why; no numbers."""
    import pandas as pd

    from keepsafe.files.disclosure import withheld_notes

    noted = [(runs.withheld(runs.Run(folder)) or {"log": []})["log"] + withheld_notes(folder) for folder in folders]
    return pd.DataFrame([note for notes in noted for note in notes], columns=["what", "name", "why"]).drop_duplicates()


def _assemble(
    made: Folders, executed: "Mapping[str, NotebookNode]", staged: Path, facts: dict, progress: Progress
) -> None:
    """Put together what the notebooks made, and what is rendered from it."""
    from keepsafe.report.rendering import write
    from keepsafe.report.rendering.appendices import appendices

    for part in ("notebooks", "tables", "figures"):
        (staged / part).mkdir()
    for name, folder in made.items():
        for part in ("tables", "figures"):
            copy_files(folder / part, staged / part)
        shutil.copyfile(folder / "notebook.ipynb", staged / "notebooks" / f"{name}.ipynb")
    if facts["disclosure"]:
        _write(withheld(made.values()), staged / "tables" / "disclosure-log.csv")
    values = harvest(executed)
    _write(values, staged / "values.csv")
    about = appendices(paths.data("report")) if facts["synthetic"] else ()  # they are about the edition, not other data
    write(executed, values, facts, staged, about, progress)
