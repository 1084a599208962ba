"""A finished report described as a Process Run Crate: what was read, what ran, what came out, under which licences."""

import json
import mimetypes
from collections.abc import Mapping

from keepsafe import __version__

NAME = "ro-crate-metadata.json"
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


def crate(facts: Mapping, outputs: Mapping[str, str]) -> str:
    """The crate's metadata, the same for equal runs.

    Parameters
    ----------
    facts : of the run, from `describe`.
    outputs : SHA-256 of each of the report's files by its name.

    Returns
    -------
    JSON-LD, for ro-crate-metadata.json in the report's folder.
    """
    folders = sorted({f"{name.split('/')[0]}/" for name in outputs if "/" in name})
    files = [_file(name, sum) for name, sum in outputs.items()]
    inputs = [_input(name, sum) for name, sum in facts["inputs"].items()]
    inputs += [_input("requirements.lock", facts["lock"])] if facts["lock"] else []
    parameters = [_parameter(entry) for entry in facts["parameters"]]
    software = [_software(name, version) for name, version in facts["versions"].items() if name not in APART]
    graph = [
        {"@id": NAME, "@type": "CreativeWork", "about": {"@id": "./"},
         "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}},
        {"@id": "./", "@type": "Dataset", "name": facts.get("title") or TITLE,
         "description": "Executed notebooks, tables, figures and named values of one run of keepsafe."
                        + SYNTHETIC * facts["synthetic"],
         "datePublished": RELEASED, "license": _id(LICENCES["CC-BY-4.0"][0]), "conformsTo": _id(PROFILE),
         "author": _id("#contributors"), "publisher": _id("#contributors"),
         "hasPart": [_id(name) for name in folders] + [_id(file["@id"]) for file in files if "/" not in file["@id"]],
         "mentions": _id("#run")},
        *({"@id": name, "@type": "Dataset", "name": name.rstrip("/").capitalize(),
           "description": f"The {name.rstrip('/')} of the report.",
           "hasPart": [_id(file["@id"]) for file in files if file["@id"].startswith(name)]} for name in folders),
        *files,
        {"@id": "#run", "@type": "CreateAction", "name": "The run that made this report",
         "description": "Each notebook executed from its first cell to its last, and the report rendered from them.",
         "instrument": _id("#keepsafe"), "agent": _id("#contributors"),
         "actionStatus": "http://schema.org/CompletedActionStatus",
         "object": [_id(entry["@id"]) for entry in [*inputs, *parameters]],
         "result": [_id(file["@id"]) for file in files]},
        {"@id": "#keepsafe", "@type": "SoftwareApplication", "name": "keepsafe", "softwareVersion": __version__,
         "license": _id(LICENCES["MIT"][0]), "softwareRequirements": [_id(entry["@id"]) for entry in software]},
        {"@id": "#contributors", "@type": "Organization", "name": "The keepsafe contributors"},
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        *({"@id": address, "@type": "CreativeWork", "name": name, "identifier": address}
          for address, name in LICENCES.values()),
        *inputs,
        *parameters,
        *software,
    ]  # fmt: skip
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _id(address: str) -> dict:
    return {"@id": address}


def _file(name: str, sum: str) -> dict:
    ending = name[name.rfind(".") :]
    media = MEDIA.get(ending) or mimetypes.guess_type(name, strict=True)[0] or "application/octet-stream"
    kind = ["File", "SoftwareSourceCode"] if ending == ".ipynb" else "File"
    licences = [_id(LICENCES[key][0]) for key in ("MIT", "CC-BY-4.0")]
    code = {"programmingLanguage": "Python", "version": __version__, "license": licences}
    return {"@id": name, "@type": kind, "name": name.split("/")[-1], "encodingFormat": media, "sha256": sum,
            **(code if ending == ".ipynb" else {})}  # fmt: skip


def _input(name: str, sum: str) -> dict:
    """An input; it stays where it is, so the crate names it by its checksum and does not hold it."""
    return {"@id": f"#input-{name.replace('/', '-')}", "@type": "CreativeWork", "name": name, "sha256": sum}


def _parameter(entry: Mapping[str, str]) -> dict:
    id = f"#parameter-{entry['notebook']}-{entry['name']}"
    return {"@id": id, "@type": "PropertyValue", "name": f"{entry['name']} of {entry['notebook']}",
            "value": entry["value"], "description": entry["help"] or entry["name"]}  # fmt: skip


def _software(name: str, version: str) -> dict:
    return {"@id": f"#software-{name}", "@type": "SoftwareApplication", "name": name, "softwareVersion": version}
