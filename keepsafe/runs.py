"""The run that is under way: its private folder, and the files that it reads."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from keepsafe.labelled import labelled, named_data
from keepsafe.problems import InputError

VARIABLE = "KEEPSAFE_RUN"
WITHHELD = "withheld.json"  # in the run's folder: what disclosure control withholds from it
_BY_HAND: dict = {"disclosure": "", "withheld": None}  # of a notebook that was opened without a run


@dataclass(frozen=True)
class Run:
    """One run of the notebooks.

    Parameters
    ----------
    folder : private folder of the run; cohort.parquet, tables/, figures/ and values.csv are written there.
    data, codebook, study : the files that this run reads; None stands for the compendium's own.
    synthetic : whether the case files carry the synthetic label; False on a user's own data.
    disclosure : rules of disclosure control, such as "threshold=10,round=5"; blank where nothing is withheld.
    scheduler : address of a Dask cluster that takes over what `keepsafe.workers` shares out; no result rests on it.
    """

    folder: Path
    data: Path | None = None
    codebook: Path | None = None
    study: Path | None = None
    synthetic: bool = True
    disclosure: str = ""
    scheduler: str | None = None

    def write(self) -> None:
        """Make the folder's parts and note the run in run.json, for the kernels to read."""
        for part in ("tables", "figures"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        facts = {
            name: str(entry) if isinstance(entry, Path) else entry for name, entry in asdict(self).items()
        }
        (self.folder / "run.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    def path(self, *parts: str) -> Path:
        """A file of the run's folder, such as run.path("tables", "moves.csv")."""
        return self.folder.joinpath(*parts)


def active() -> Run | None:
    """The run that set KEEPSAFE_RUN for this process; None in a notebook that was opened alone."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    facts = json.loads(Path(folder, "run.json").read_text(encoding="utf-8"))
    files = {name: facts[name] and Path(facts[name]) for name in ("data", "codebook", "study")}
    rest = {name: facts[name] for name in ("synthetic", "disclosure", "scheduler") if name in facts}
    return Run(Path(folder), **files, **rest)


def by_hand(disclosure: str = "", withheld: dict | None = None) -> None:
    """Note the rules for a notebook that was opened by hand, and what they withhold; a run has its own."""
    _BY_HAND.update(disclosure=disclosure, withheld=withheld)


def rules() -> str:
    """The rules of disclosure control that hold now; blank where nothing is withheld."""
    run = active()
    return run.disclosure if run else _BY_HAND["disclosure"]


def withheld(run: Run | None = None) -> dict | None:
    """What disclosure control withholds (columns, models, log) from a run, or from the one that is under way."""
    run = run or active()
    if run is None:
        return _BY_HAND["withheld"]
    if not run.path(WITHHELD).is_file():
        return None
    return json.loads(run.path(WITHHELD).read_text(encoding="utf-8"))


def synthetic() -> bool:
    """Whether what is shown rests on synthetic case files: those of the run, or outside one of the compendium."""
    run = active()
    if run:
        return run.synthetic
    try:
        return labelled(named_data())
    except InputError:  # there is no compendium: nothing says that they are
        return False
