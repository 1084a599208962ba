"""A Frictionless datapackage.json: what the exported file is, and what each column holds, for machines."""

import hashlib
import json
import re
from pathlib import Path

from keepsafe.export.fields import Field

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
# Frictionless takes the format "sav" for a table that it cannot read without a further library: hence "spss".
KINDS = {
    ".csv": ("csv", "text/csv"), ".sav": ("spss", "application/x-spss-sav"),
    ".dta": ("stata", "application/x-stata-dta"), ".sps": ("sps", "text/plain"), ".r": ("r", "text/plain"),
    ".html": ("html", "text/html"),
}  # fmt: skip
ABOUT = {".sps": "SPSS syntax that repeats the main model", ".r": "R script that repeats the main model",
         ".html": "Data dictionary"}  # fmt: skip


def data_package(
    data: Path, beside: list[Path], fields: list[Field], key: str, title: str, note: str
) -> str:
    """The descriptor as JSON.

    Parameters
    ----------
    data : the exported file, written already.
    beside : the files that belong to it, written already.
    fields : its columns.
    key : the variable that names a row.
    title, note : what it is.

    Returns
    -------
    str, valid by the Data Package profile 2.0
    """
    name = re.sub(r"[^a-z0-9]+", "-", data.stem.lower()).strip("-") or "cohort"
    table = {"type": "table", "encoding": "utf-8"} if data.suffix.lower() == ".csv" else {}
    schema = {
        "fields": [_field(field, data.suffix.lower()) for field in fields],
        "primaryKey": [field.column for field in fields if field.variable.name == key],
        "missingValues": [""],
    }
    resources = [_resource(data, name, title) | table | {"description": note, "schema": schema}]
    for path in beside:
        ending = path.suffix.lower()
        resources.append(_resource(path, f"{name}-{ending[1:]}", ABOUT[ending]))
    package = {"$schema": PROFILE, "name": name, "title": title, "description": note, "resources": resources}
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def _resource(path: Path, name: str, title: str) -> dict:
    content, (kind, media) = path.read_bytes(), KINDS[path.suffix.lower()]
    return {"name": name, "path": path.name, "title": title, "format": kind, "mediatype": media, "bytes": len(content),
            "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}  # fmt: skip


def _field(field: Field, ending: str) -> dict:
    variable = field.variable
    said = [variable.question, field.made and f"Made from others: {field.made}."]
    described = {"name": field.column, "title": field.label, "type": "string"}
    described |= {"description": " ".join(filter(None, said))} if any(said) else {}
    constraints: dict = {}
    if variable.coded:
        described["type"] = "string" if field.text else "integer"
        described["categories"] = [{"value": value, "label": label} for value, label in field.levels.items()]
        described |= {"categoriesOrdered": True} if variable.type == "ordered" else {}
        constraints["enum"] = list(field.levels)
    elif variable.measured:
        described["type"] = "integer" if variable.whole else "number"
        limits = {"minimum": variable.low, "maximum": variable.high}
        constraints |= {name: limit for name, limit in limits.items() if limit is not None}
    else:
        constraints["required"] = True
    described |= {"constraints": constraints} if constraints else {}
    dot = "." if ending == ".dta" else ""
    missing = [{"value": f"{dot}{value}", "label": label} for value, label in field.missing.items()]
    blank = {"value": "", "label": field.blank or "blank"}
    return described | ({"missingValues": [blank, *missing]} if missing or field.blank else {})
