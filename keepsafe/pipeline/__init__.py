"""From notebooks to a report: check, execute, harvest, render, publish."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from keepsafe import paths, runs
from keepsafe.pipeline.inputs import check_inputs
from keepsafe.pipeline.notebooks import NotebookFailed, Progress, execute, find_notebooks
from keepsafe.pipeline.parameters import check_parameters, read_parameters
from keepsafe.pipeline.place import check_place, publish
from keepsafe.problems import InputError

__all__ = ["NotebookFailed", "report"]


def report(
    data: Path | None = None,
    codebook: Path | None = None,
    study: Path | None = None,
    out: Path | None = None,
    parameters: Iterable[tuple[str, str]] = (),
    jobs: int | None = None,
    in_place: bool = False,
    progress: Progress = lambda notebook, doing: None,
) -> Path:
    """Execute the compendium's notebooks and publish the report that they make.

    Parameters
    ----------
    data, codebook, study : a user's files; None stands for the compendium's own.
    out : folder of the report; the compendium's reports/ by default.
    parameters : pairs of name and text, as typed after -p.
    jobs : kernels side by side; by default the number of cores.
    in_place : also refresh the outputs of the notebooks themselves.
    progress : told the notebook and what it is doing.

    Returns
    -------
    Path of the finished report.html.

    Raises
    ------
    InputError for bad input, before any kernel starts. NotebookFailed where a notebook does; a former
    report is
    then left as it was.
    """
    out = (out or paths.root() / "reports").resolve()
    notebooks = find_notebooks(paths.root() / "notebooks")
    declared = read_parameters(notebooks)
    chosen = check_parameters(declared, parameters)
    jobs = jobs or len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="keepsafe-", ignore_cleanup_errors=True) as private:
        run = check_inputs(Path(private), data, codebook, study)
        created = check_place(out)
        try:
            run.write()
            executed = execute(notebooks, run, chosen, jobs, progress, lambda done: _record(done, run))
            _publish(executed, run, declared, chosen, out, progress)
            if in_place:
                _refresh(executed, notebooks)
        finally:
            if created and not any(out.iterdir()):
                out.rmdir()
    return out / "report.html"


def _record(executed: dict, run: runs.Run):
    """Write the values so far where the next notebook finds them."""
    from keepsafe.pipeline.harvest import harvest

    values = harvest(executed)
    values.to_csv(run.path("values.csv"), index=False, lineterminator="\n")
    return values


def _publish(
    executed: dict, run: runs.Run, declared: list, chosen: dict, out: Path, progress: Progress
) -> None:
    import nbformat

    from keepsafe.pipeline.manifest import describe
    from keepsafe.report import render

    progress("report", "rendering")
    values, facts = _record(executed, run), describe(run, declared, chosen)
    page = render(executed, values, facts, run.path("figures"))
    stage = Path(tempfile.mkdtemp(prefix=".staging-", dir=out))
    try:
        for part in ("tables", "figures"):
            shutil.copytree(run.path(part), stage / part)
        if run.synthetic and run.path("cohort.parquet").is_file():
            _copy_cohort(run.path("cohort.parquet"), stage / "tables" / "cohort.csv")
        (stage / "notebooks").mkdir()
        for name, notebook in executed.items():
            nbformat.write(notebook, stage / "notebooks" / f"{name}.ipynb")
        shutil.copy(run.path("values.csv"), stage / "values.csv")
        (stage / "manifest.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        (stage / "report.html").write_text(page, encoding="utf-8")
        publish(stage, out)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    progress("report", "done")


def _copy_cohort(source: Path, target: Path) -> None:
    """The cleaned cohort as text; only one that carries the synthetic label in every row leaves the run."""
    import pandas as pd

    cohort = pd.read_parquet(source)
    if "synthetic" not in cohort or not cohort["synthetic"].astype(str).eq("1").all():
        raise InputError.of("the cleaned cohort lacks the synthetic label in some row", file=target.name)
    cohort.to_csv(target, index=False, lineterminator="\n")


def _refresh(executed: dict, notebooks: list[Path]) -> None:
    """Put the outputs into the notebooks themselves, each whole."""
    import nbformat

    for path in notebooks:
        beside = path.with_suffix(".ipynb.new")
        nbformat.write(executed[path.stem], beside)
        beside.replace(path)
