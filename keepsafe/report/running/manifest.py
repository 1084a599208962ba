"""What a run was made of and made: a manifest for us, an RO-Crate for others; no dates and no paths, so that equal runs
agree.
"""

import json
import mimetypes
import platform
from ast import literal_eval
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from keepsafe import __version__, paths, runs
from keepsafe.report.running.inputs import CONFIDENTIAL, LOCK, OWN, Parameter, checksum, checksums
from keepsafe.report.running.publishing import MANIFEST, files
from keepsafe.runs import study_settings

PACKAGES = (
    "ipykernel",
    "matplotlib",
    "nbconvert",
    "numba",
    "numpy",
    "pandas",
    "papermill",
    "python-docx",
    "scipy",
    "seaborn",
    "statsmodels",
    "typst",
)
CRATE = "ro-crate-metadata.json"
RELEASED = "2026-11-23"  # of this version; a run's own date would make equal runs differ
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
LICENCES = {
    "MIT": ("https://spdx.org/licenses/MIT", "MIT License"),
    "CC-BY-4.0": ("https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0 International"),
}
MEDIA = {".ipynb": "application/x-ipynb+json", ".csv": "text/csv", ".key": "text/plain"}
TITLE = "Keeping Safe? An executable edition: a report and what it was made of"
APART = {"keepsafe", "system"}  # versions that are no other software
SYNTHETIC = " The case files are synthetic: no young person is in them."


def describe(run: runs.Run, declared: list[Parameter], chosen: dict[str, dict]) -> dict:
    """The facts of a run.

    They are title (of a compendium of somebody's own; blank for the edition of the 2019 report), synthetic (bool),
    disclosure (its rules, or blank), given (data, codebook or study to the name of the user's file; case files that are
    not synthetic have none), inputs (name to SHA-256; keyed for those case files), lock (SHA-256 of requirements.lock,
    or None), parameters (list of notebook, name, value, default, help) and versions (name to version).
    """
    parameters = []
    for entry in declared:
        default = entry.default
        with suppress(ValueError, SyntaxError):  # a text as it would be typed, without its quotes
            default = str(literal_eval(default)) if entry.type == "str" else default
        value = chosen.get(entry.notebook, {}).get(entry.name, default)
        set_to = {"value": value if isinstance(value, str) else repr(value), "default": default}
        parameters.append({"notebook": entry.notebook, "name": entry.name, **set_to, "help": entry.help})
    given = {what: paths.shown(getattr(run, what)) for what in OWN if getattr(run, what)}
    if "data" in given and not run.synthetic:
        given["data"] = CONFIDENTIAL
    lock, said = paths.root() / LOCK, study_settings(run.study).get("study")
    title = str(said.get("title", "") if isinstance(said, dict) else "") or "A report"
    return {
        "title": "" if paths.data("report").is_dir() else title,  # the edition alone has the appendices in there
        "synthetic": run.synthetic,
        "disclosure": run.disclosure,
        "given": given,
        "inputs": checksums(run),
        "lock": checksum(lock) if lock.is_file() else None,
        "parameters": parameters,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """The software that may change a result or a file, and the kind of machine."""
    here = {"keepsafe": __version__, "Python": platform.python_version()}
    system = f"{platform.system()} {platform.machine()}"
    return here | {name: version(name) for name in PACKAGES} | {"system": system}


def seal(staged: Path, facts: dict, key: str) -> None:
    """Write two files beside a finished report: the RO-Crate that describes it to others, and the manifest for us."""
    written = {name: checksum(staged / name) for name in files(staged)}
    (staged / CRATE).write_text(crate(facts, written), encoding="utf-8")
    content = facts | {"key": key, "outputs": written | {CRATE: checksum(staged / CRATE)}}
    (staged / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def stands(out: Path, key: str) -> bool:
    """Whether the report there has this key, with each of its files as it was written."""
    try:
        facts = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return facts["key"] == key and all(checksum(out / name) == sum for name, sum in facts["outputs"].items())
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def crate(facts: Mapping, outputs: Mapping[str, str]) -> str:
    """A finished report as a Process Run Crate, in JSON-LD: what was read, what ran, what came out, licences."""
    free, text = (address for address, _ in LICENCES.values())
    files = [_file(name, sum) for name, sum in outputs.items()]
    folders = [
        _entity(
            folder,
            "Dataset",
            name=folder.rstrip("/").capitalize(),
            description=f"The {folder.rstrip('/')} of the report.",
            hasPart=_links(file for file in files if file["@id"].startswith(folder)),
        )
        for folder in sorted({f"{name.split('/')[0]}/" for name in outputs if "/" in name})
    ]
    read = facts["inputs"] | ({LOCK: facts["lock"]} if facts["lock"] else {})
    inputs = [  # they stay where they are: the crate names them by their checksums and does not hold them
        _entity(f"#input-{name.replace('/', '-')}", "CreativeWork", name=name, sha256=sum) for name, sum in read.items()
    ]
    parameters = [
        _entity(
            f"#parameter-{entry['notebook']}-{entry['name']}",
            "PropertyValue",
            name=f"{entry['name']} of {entry['notebook']}",
            value=entry["value"],
            description=entry["help"] or entry["name"],
        )
        for entry in facts["parameters"]
    ]
    software = [
        _entity(f"#software-{name}", "SoftwareApplication", name=name, softwareVersion=version)
        for name, version in facts["versions"].items()
        if name not in APART
    ]
    ours = _id("#contributors")
    graph = [
        _entity(CRATE, "CreativeWork", about=_id("./"), conformsTo=_id("https://w3id.org/ro/crate/1.1")),
        _entity(
            "./",
            "Dataset",
            name=facts.get("title") or TITLE,
            description="Executed notebooks, tables, figures and named values of one run of keepsafe."
            + SYNTHETIC * facts["synthetic"],
            datePublished=RELEASED,
            license=_id(text),
            conformsTo=_id(PROFILE),
            author=ours,
            publisher=ours,
            hasPart=_links([*folders, *(file for file in files if "/" not in file["@id"])]),
            mentions=_id("#run"),
        ),
        *folders,
        *files,
        _entity(
            "#run",
            "CreateAction",
            name="The run that made this report",
            description="Each notebook executed from its first cell to its last, and the report rendered from them.",
            instrument=_id("#keepsafe"),
            agent=ours,
            actionStatus="http://schema.org/CompletedActionStatus",
            object=_links([*inputs, *parameters]),
            result=_links(files),
        ),
        _entity(
            "#keepsafe",
            "SoftwareApplication",
            name="keepsafe",
            softwareVersion=__version__,
            license=_id(free),
            softwareRequirements=_links(software),
        ),
        _entity("#contributors", "Organization", name="The keepsafe contributors"),
        _entity(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5"),
        *(_entity(address, "CreativeWork", name=name, identifier=address) for address, name in LICENCES.values()),
        *inputs,
        *parameters,
        *software,
    ]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _entity(id: str, type: str | list[str], **facts) -> dict:
    return {"@id": id, "@type": type, **facts}


def _id(address: str) -> dict:
    return {"@id": address}


def _links(entities: Iterable[Mapping]) -> list[dict]:
    return [_id(entity["@id"]) for entity in entities]


def _file(name: str, sum: str) -> dict:
    path = Path(name)
    media = MEDIA.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if path.suffix != ".ipynb":
        return _entity(name, "File", name=path.name, encodingFormat=media, sha256=sum)
    licences = [_id(address) for address, _ in LICENCES.values()]
    code = {"programmingLanguage": "Python", "version": __version__, "license": licences}
    return _entity(name, ["File", "SoftwareSourceCode"], name=path.name, encodingFormat=media, sha256=sum, **code)
