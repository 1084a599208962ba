"""The data dictionary as one HTML page that needs nothing but itself."""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from keepsafe.export.fields import Field


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
