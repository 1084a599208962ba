"""Whether a finished report comes out again: made anew in a clean place, and compared."""

from collections.abc import Iterator
from pathlib import Path

from keepsafe import paths
from keepsafe.problems import InputError
from keepsafe.report import running
from keepsafe.report.running.locks import private_folder
from keepsafe.report.running.manifest import versions
from keepsafe.report.verify.again import make_again
from keepsafe.report.verify.contents import compare_cells, compare_documents, compare_files, compare_values
from keepsafe.report.verify.declared import Declared, check_files, check_inputs, read_declared
from keepsafe.report.verify.verdict import Check, Verdict

__all__ = ["Check", "Verdict", "verify"]


def verify(
    folder: Path | None = None,
    data: Path | None = None,
    codebook: Path | None = None,
    study: Path | None = None,
    jobs: int | None = None,
    progress: running.Progress = lambda notebook, doing: None,
) -> Verdict:
    """Make a report again from what it declares, and say what came out equal and what did not.

    What was written by the same software must be equal byte for byte; what was not, in what it says.

    Parameters
    ----------
    folder : of the report; the compendium's reports/ by default. A page and values.csv without the rest, as in a
        fresh clone, are compared as far as they go.
    data, codebook, study : a user's files, for a report that was made from them.
    jobs : kernels side by side; by default the number of cores.
    progress : told the notebook and what it is doing.

    Raises
    ------
    InputError for a folder that holds no report.
    """
    folder = (folder or paths.root() / "reports").resolve()
    declared = read_declared(folder, {"data": data, "codebook": codebook, "study": study})
    verdict = Verdict([*check_inputs(declared), *check_files(folder, declared)], _missing(folder, declared))
    then, now = declared.facts.get("versions", {}), versions()
    verdict.software = {name: (then.get(name, ""), here) for name, here in now.items() if then.get(name) != here}
    with private_folder() as place:
        if None in declared.sources.values():
            verdict.absent |= dict.fromkeys(("notebooks", *_COMPARED), "not run, for an input is missing")
            return verdict
        try:
            made = make_again(declared, place, jobs, progress)
        except (running.NotebookFailed, InputError) as error:
            verdict.checks.append(Check("notebooks", "the run", str(error)))
            verdict.absent |= dict.fromkeys(_COMPARED, "the run did not come to its end")
            return verdict
        verdict.checks += _ran(folder, made)
        verdict.checks += _compared(folder, made, exact=not verdict.software)
    return verdict


_COMPARED = ("cells", "values", "figures", "tables", "documents")


def _missing(folder: Path, declared: Declared) -> dict[str, str]:
    """Stages for which the report's folder holds nothing."""
    parts = {"cells": "notebooks", "values": "values.csv", "figures": "figures", "tables": "tables"}
    absent = {stage: f"the folder has no {part}" for stage, part in parts.items() if not (folder / part).exists()}
    absent |= {} if "outputs" in declared.facts else {"files": "the folder has no manifest"}
    return absent | ({} if declared.facts else {"inputs": "nothing declares them"})


def _ran(then: Path, now: Path) -> Iterator[Check]:
    before, after = ({path.stem for path in (folder / "notebooks").glob("*.ipynb")} for folder in (then, now))
    for name in sorted(before | after):
        lost = name not in after or (before and name not in before)
        yield Check("notebooks", name, "is not in both" if lost else "")


def _compared(then: Path, now: Path, exact: bool) -> Iterator[Check]:
    yield from compare_cells(then, now, exact)
    if (then / "values.csv").is_file():
        yield from compare_values(then, now)
    for stage in ("figures", "tables"):
        yield from compare_files(stage, then, now, exact)
    yield from compare_documents(then, now, exact)
