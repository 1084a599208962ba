"""What the exported file holds, for people as one HTML page, for machines as a Frictionless datapackage.json."""

import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path

import pandas as pd

from keepsafe.report.export.fields import Field

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
# Frictionless takes the format "sav" for a table that it cannot read without a further library: hence "spss".
KINDS = {
    ".csv": ("csv", "text/csv"), ".sav": ("spss", "application/x-spss-sav"),
    ".dta": ("stata", "application/x-stata-dta"), ".sps": ("sps", "text/plain"), ".r": ("r", "text/plain"),
    ".html": ("html", "text/html"),
}  # fmt: skip
ABOUT = {".sps": "SPSS syntax that repeats the main model", ".r": "R script that repeats the main model",
         ".html": "Data dictionary"}  # fmt: skip


def dictionary_page(file: str, fields: list[Field], codes: pd.DataFrame, title: str, note: str, synthetic: bool) -> str:
    """What each column means, which values it has and which of them are missing.

    Parameters
    ----------
    file : name of the exported file.
    fields : its columns.
    codes : its records; they are counted only where they are synthetic.
    title, note : what the file is.
    synthetic : whether no record is of a person.

    Returns
    -------
    str, HTML; all that comes from the codebook is text in it
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    sections: dict[str, list] = defaultdict(list)
    for field in fields:
        sections[field.variable.question or "Further variables"].append(_row(field, codes, synthetic, file))
    return environment.get_template("dictionary.html.j2").render(
        file=file, sections=sections, title=title, note=note, synthetic=synthetic, rows=len(codes), columns=len(fields)
    )


def _row(field: Field, codes: pd.DataFrame, synthetic: bool, file: str) -> dict:
    """A variable in words: its values with their labels, and with counts where these tell of nobody."""
    variable = field.variable
    counts = codes[variable.name].value_counts() if synthetic else {}
    dot = "." if file.lower().endswith(".dta") else ""

    def entries(labels: dict[str, str], before: str = "") -> list[dict]:
        return [
            {"value": f"{before}{field.values[code]}", "label": label, "count": counts.get(code, 0),
             "code": "" if before or str(field.values[code]) == code else code}
            for code, label in labels.items()
        ]  # fmt: skip

    known = int((~codes[variable.name].isin(["", *variable.missing])).sum())
    limits = "" if variable.low is None else f"{variable.low} to {variable.high}"
    missing = entries(variable.missing, dot)
    if field.blank:
        missing.append({"value": "blank", "label": field.blank, "count": counts.get("", 0), "code": ""})
    return {"column": field.column, "variable": variable, "made": field.made, "measure": field.measure, "known": known,
            "limits": limits, "levels": entries(variable.levels), "missing": missing}  # fmt: skip


def data_package(data: Path, beside: list[Path], fields: list[Field], key: str, title: str, note: str) -> str:
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
    elif variable.type != "identifier":
        described["type"] = "date" if variable.type == "date" else "integer" if variable.whole else "number"
        limits = {"minimum": variable.low, "maximum": variable.high}
        if variable.type == "date":
            limits = {name: limit and limit.isoformat() for name, limit in limits.items()}
        constraints |= {name: limit for name, limit in limits.items() if limit is not None}
    else:
        constraints["required"] = True
    described |= {"constraints": constraints} if constraints else {}
    dot = "." if ending == ".dta" else ""
    missing = [{"value": f"{dot}{value}", "label": label} for value, label in field.missing.items()]
    blank = {"value": "", "label": field.blank or "blank"}
    return described | ({"missingValues": [blank, *missing]} if missing or field.blank else {})
