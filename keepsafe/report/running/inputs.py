"""The files of a run: there, readable, and told apart by their checksums."""

import hashlib
from pathlib import Path

from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem
from keepsafe.runs import CASE_FILES, labelled, named_data

CONFIDENTIAL = "case files"  # what every output calls case files that are not synthetic
OWN = {"data": CASE_FILES, "codebook": ("codebook.csv",), "study": ("study.toml",)}


def check_inputs(
    folder: Path, data: Path | None, codebook: Path | None, study: Path | None, disclosure: str | None = None
) -> runs.Run:
    """The run that reads these files.

    Parameters
    ----------
    folder : private folder of the run.
    data, codebook, study : a user's files; None stands for the compendium's own.
    disclosure : rules of disclosure control, or "off"; by default the usual ones for data that are not synthetic.

    Raises
    ------
    InputError for such rules of another form, and naming every file that is missing or cannot be read.
    """
    given = {"data": data, "codebook": codebook, "study": study}
    own = {what: paths.data(*parts) for what, parts in OWN.items()} | {"data": named_data(study)}
    problems = []
    for what, path in given.items():
        try:
            (path or own[what]).open("rb").close()
        except OSError as error:
            shown = path.as_posix() if path else paths.shown(own[what])
            problems.append(Problem(f"the {what} cannot be read: {error.strerror}", file=shown))
    if problems:
        raise InputError(problems)
    given = {what: path and path.resolve() for what, path in given.items()}
    synthetic = labelled(own["data"]) if data is None else False
    synthetic = synthetic or _labelled(given["data"] or own["data"], given["codebook"])
    from keepsafe.files.disclosure import Limits  # loads numpy, which a report that stands as it is can do without

    return runs.Run(folder, **given, synthetic=synthetic, disclosure=Limits.asked(disclosure, synthetic))


def checksums(run: runs.Run) -> dict[str, str]:
    """SHA-256 of each file that the run reads, by the name that a reader may see.

    Case files that are not synthetic are called 'case files', and their checksum is keyed: a plain one would confirm a
    guess at what is in them.

    Those are the files of the data folder, for a notebook may read any of them; prose about them (.md) does not
    count, nor does a file in whose place the user gave another, nor what lies beside case files that are not synthetic
    in a folder of theirs: the names of a team's other files are nobody's business.
    """
    own = {paths.data(*parts): getattr(run, what) for what, parts in OWN.items()}
    own |= {named_data(run.study): run.data}
    folder = paths.data()
    private = set() if run.synthetic else {named_data(run.study).parent} - {folder}
    found = (path for path in folder.rglob("*") if path.is_file() and path not in own)
    others = sorted(path for path in found if not private & set(path.parents))
    counted = [path for path in others if path.suffix != ".md" and not _hidden(path.relative_to(folder))]
    used = [given or path for path, given in own.items() if given or path.is_file()]
    names = {path: paths.shown(path) for path in [*used, *counted]}
    if not run.synthetic:
        names |= {path: CONFIDENTIAL for path in [run.data or named_data(run.study)] if path in names}
    return {name: checksum_of(name, path) for path, name in names.items()}


def checksum_of(name: str, path: Path) -> str:
    """The checksum of an input of this name: keyed for confidential case files, SHA-256 for all else."""
    if name != CONFIDENTIAL:
        return checksum(path)
    from keepsafe.files.disclosure import keyed

    return keyed(b"file", path.read_bytes()).hex()


def checksum(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _labelled(data: Path, codebook: Path | None) -> bool:
    """Whether every row of the case files says that it is synthetic."""
    from keepsafe.files.case_files import read_case_files, tidy
    from keepsafe.study.codebook import load_codebook

    meanings = load_codebook(codebook)
    files = tidy(read_case_files(data, meanings), meanings)
    return "synthetic" in files and len(files) > 0 and bool(files["synthetic"].eq("1").all())
