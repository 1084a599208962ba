"""What a run is made of: its files and parameters, checked before a kernel starts, and the keys of what rests on them.

Equal keys, equal results: what is at hand under a key need not be made again.
"""

import ast
import hashlib
import json
import logging
import math
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from operator import ge, gt, le, lt
from pathlib import Path

import keepsafe
from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem
from keepsafe.runs import CASE_FILES, labelled, named_data, study_settings

CONFIDENTIAL = "case files"  # what every output calls case files that are not synthetic
OWN = {"data": CASE_FILES, "codebook": ("codebook.csv",), "study": ("study.toml",)}
LOCK = "requirements.lock"
PACKAGE = Path(keepsafe.__file__).parent
TYPES = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}
N = r"(-?[0-9]+(?:\.[0-9]+)?)"
RANGES = {  # with which a parameter's comment may end, and how a value lies to its ends; '20 or more' is advice
    f"(?:between|above) {N} and (?:below )?{N}": (gt, lt),
    f"{N} to below {N}": (ge, lt),
    f"{N} to {N}": (ge, le),
    f"above {N}": (gt,),
    f"from {N}": (ge,),
}


def check_inputs(
    folder: Path, data: Path | None, codebook: Path | None, study: Path | None, disclosure: str | None = None
) -> runs.Run:
    """The run that reads these files (None stands for the compendium's own), with its private folder.

    Raises
    ------
    InputError for rules of disclosure control of another form, and naming every file that is missing or unreadable.
    """
    given = {"data": data, "codebook": codebook, "study": study}
    own = {what: paths.data(*parts) for what, parts in OWN.items()} | {"data": named_data(study)}
    missing = {}
    for what, path in given.items():
        try:
            (path or own[what]).open("rb").close()
        except OSError as error:
            shown = path.as_posix() if path else paths.shown(own[what])
            missing[what] = Problem(f"the {what} cannot be read: {error.strerror}", file=shown, remedy="check the path")
    if list(missing) == ["data"] and data is None:
        missing["data"] = _own_data(missing["data"], study, codebook)
    if missing:
        raise InputError(missing.values())
    data, codebook, study = (path and path.resolve() for path in given.values())
    synthetic = (data is None and labelled(own["data"])) or _labelled(data or own["data"], codebook)
    from keepsafe.files.disclosure import Limits  # loads numpy, which a report that stands as it is can do without

    return runs.Run(folder, data, codebook, study, synthetic=synthetic, disclosure=Limits.asked(disclosure, synthetic))


def _own_data(missing: Problem, study: Path | None, codebook: Path | None) -> Problem:
    """What is wrong where the study file's own data are not there; InputError for a study file that cannot be read."""
    from keepsafe.study import load_study
    from keepsafe.study.codebook import load_codebook

    load_study(study, load_codebook(codebook))
    if "case_files" in study_settings(study).get("files", {}):
        return missing
    file = study.as_posix() if study else paths.shown(paths.data("study.toml"))
    return Problem("names no case files", file=file, remedy="write case_files under [files], or give --data FILE")


def _labelled(data: Path, codebook: Path | None) -> bool:
    """Whether every row of the case files says that it is synthetic."""
    from keepsafe.files import read_case_files, tidy
    from keepsafe.study.codebook import load_codebook

    meanings = load_codebook(codebook)
    files = tidy(read_case_files(data, meanings), meanings)
    return "synthetic" in files and len(files) > 0 and bool(files["synthetic"].eq("1").all())


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
    theirs = run.data or named_data(run.study)
    beside = {path.resolve().parent for path in (theirs, named_data(run.study))} - {folder.resolve()}
    private, ours = set() if run.synthetic else beside, {path.resolve() for path in (*own, theirs)}
    found = {path: path.resolve() for path in _within(folder, set()) if path.is_file()}
    others = sorted(path for path, real in found.items() if real not in ours and not private & {*real.parents})
    hidden = {path for path in others if any(part.startswith(".") for part in path.relative_to(folder).parts)}
    counted = [path for path in others if path.suffix != ".md" and path not in hidden]
    used = [given or path for path, given in own.items() if given or path.is_file()]
    names = {path: paths.shown(path) for path in [*used, *counted]}
    if not run.synthetic:
        names |= {theirs: CONFIDENTIAL} if theirs in names else {}
    return {name: checksum_of(name, path) for path, name in names.items()}


def _within(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """All that is in a folder, and in folders that it has by a link, each of them once."""
    seen.add(folder.resolve())
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and path.resolve() not in seen:
            yield from _within(path, seen)


def checksum_of(name: str, path: Path) -> str:
    """The checksum of an input of this name: keyed for confidential case files, SHA-256 for all else."""
    if name != CONFIDENTIAL:
        return checksum(path)
    from keepsafe.files.disclosure import keyed

    return keyed(b"file", path.read_bytes()).hex()


def checksum(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Parameter:
    """One typed assignment in a notebook's cell tagged 'parameters': `n_boot: int = 200  # resamples`."""

    notebook: str
    name: str
    type: str
    default: str
    help: str

    def parse(self, text: str):
        """The text of a command line as this parameter's type; ValueError where it is not of that type."""
        if self.type == "bool":
            return {"true": True, "false": False}[text.lower()]
        value = {"int": int, "float": float, "str": str}[self.type](text)
        if value in (math.inf, -math.inf) or value != value:
            raise ValueError(text)
        return value

    def allows(self, text: str) -> bool:
        """Whether a number is in the range with which this parameter's comment ends; true where it ends with none."""
        for form, tests in RANGES.items() if self.type in ("int", "float") else ():
            if limits := re.search(f"(?<![0-9.]){form}$", self.help):
                ends = [(test, float(end)) for test, end in zip(tests, limits.groups(), strict=True)]
                default = self.default if re.fullmatch(N, self.default) else "nan"  # what is worked out tells nothing
                usual, asked = (all(test(float(each), end) for test, end in ends) for each in (default, text))
                return asked or not usual
        return True


def read_parameters(notebooks: Iterable[Path]) -> list[Parameter]:
    """The parameters that the notebooks declare; InputError for one whose type is not plain."""
    from papermill import inspect_notebook

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    found, problems = [], []
    for path in notebooks:
        for name, entry in inspect_notebook(path).items():
            kind = entry["inferred_type_name"]
            if kind == "None":
                with suppress(ValueError, SyntaxError):
                    kind = type(ast.literal_eval(entry["default"])).__name__
            if kind not in TYPES:
                fault = f"parameter {name} is of a type that no command line can set"
                remedy = f"annotate it as one of {', '.join(TYPES)}"
                problems.append(Problem(fault, file=path.name, remedy=remedy))
            found.append(Parameter(path.stem, name, kind, entry["default"], entry["help"]))
    if problems:
        raise InputError(problems)
    return found


def check_parameters(declared: Iterable[Parameter], asked: Iterable[tuple[str, str]]) -> dict[str, dict]:
    """What was asked of each notebook (pairs of name and text, as typed after -p), in its own types.

    A name that several notebooks declare reaches each of them. Raises InputError naming every unknown name, with the
    nearest known one, and every value of another type.
    """
    declared = list(declared)
    names = list(dict.fromkeys(entry.name for entry in declared))
    asked, chosen = list(asked), {}
    twice = [name for name, times in Counter(name for name, _ in asked).items() if times > 1]
    problems = [Problem(f"parameter {name} is set twice", remedy="set it once") for name in twice]
    for name, text in asked:
        if name not in names:
            near = get_close_matches(name, names, 1, cutoff=0.5)
            remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}"
            problems.append(Problem(f"no notebook has a parameter {name!r}", remedy=remedy))
        for entry in (entry for entry in declared if entry.name == name):
            fault = f"parameter {name} of {entry.notebook} must be {TYPES[entry.type]}, not {text!r}"
            try:
                chosen.setdefault(entry.notebook, {})[name] = entry.parse(text)
                fault = f"parameter {name} of {entry.notebook} is out of range: {text}" * (not entry.allows(text))
            except (ValueError, KeyError):
                pass
            if fault:
                problems.append(Problem(fault, remedy=entry.help or None))
    if problems:
        raise InputError(problems)
    return chosen


def around(run: runs.Run, notebooks: Iterable[Path]) -> str:
    """What every notebook of a run rests on, as a key: input files, library, modules beside them, Python, packages."""
    installed = {path.name for place in sys.path for path in Path(place or ".").glob("*.dist-info")}
    lock = paths.root() / LOCK
    library = (file for file in PACKAGE.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    beside = {file for folder in {path.parent for path in notebooks} for file in folder.rglob("*.py")}
    return digest(
        {
            "inputs": checksums(run),
            "synthetic": run.synthetic,
            "disclosure": run.disclosure,
            "library": {file.relative_to(PACKAGE).as_posix(): checksum(file) for file in library},
            "beside": sorted([file.name, checksum(file)] for file in beside),
            "lock": checksum(lock) if lock.is_file() else None,
            "packages": sorted(installed),
            "python": [platform.python_implementation(), platform.python_version(), platform.machine()],
        }
    )


def notebook_key(path: Path, parameters: Mapping, handed: Mapping[str, str], around: str, prose: bool = False) -> str:
    """A notebook's key: its code, what is set in it, checksums of what others handed it, what is around.

    Its prose counts only where `prose` says so: a kernel never sees it.
    """
    source = _source(path)
    source["cells"] = [cell for cell in source["cells"] if prose or cell["cell_type"] == "code"]
    return digest([source, dict(parameters), dict(handed), around])


def report_key(notebooks: Iterable[Path], parameters: Iterable[tuple[str, str]], around: str) -> str:
    """The key of a whole report: all notebooks, the parameters as typed, all that they rest on, and who made it."""
    sources, citation = {path.name: _source(path) for path in notebooks}, paths.root() / paths.CITATION
    made = checksum(citation) if citation.is_file() else None
    return digest([sources, sorted(map(list, parameters)), around, made])


def _source(path: Path) -> dict:
    """A notebook without its outputs, whoever saved it last."""
    try:
        notebook = without_noise(json.loads(path.read_text(encoding="utf-8")))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError.of("is not a notebook", file=path.name) from None
    return notebook


def without_noise(notebook: dict) -> dict:
    """The notebook, as JSON or as nbformat reads it, without times, versions and random ids; it is changed in place."""
    notebook["metadata"].pop("papermill", None)
    notebook["metadata"].pop("widgets", None)
    notebook["metadata"].get("language_info", {}).pop("version", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if not cell["metadata"].get("tags"):
            cell["metadata"].pop("tags", None)
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = "injected-parameters"
    return notebook


def digest(content) -> str:
    """A key of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
