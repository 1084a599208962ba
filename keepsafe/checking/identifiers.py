"""Identifiers that stand on several lines although each may stand on one."""

import numpy as np
import pandas as pd

from keepsafe.checking.findings import Finding, grouped
from keepsafe.codebook import Codebook
from keepsafe.study import Study

ONCE = "each has to stand on one line"


def unique_identifier(codebook: Codebook, study: Study | None) -> str | None:
    """The column whose entries have to differ: what the study has one row of, else the codebook's only identifier.

    A study has one row a file where [study] names the column of the file, and else one row a person.

    >>> from keepsafe import load_codebook, load_study
    >>> unique_identifier(load_codebook(), load_study())
    'file_id'
    """
    said = study.settings.get("study", {}) if study else {}
    named = said.get("file") or said.get("person")
    identifiers = [variable.name for variable in codebook if variable.type == "identifier"]
    return named or (identifiers[0] if len(identifiers) == 1 else None)


def findings(tidied: pd.DataFrame, codebook: Codebook, name: str) -> list[Finding]:
    """Every entry of a column that stands on several lines; blanks and codes of missing do not count."""
    column, variable = tidied[name], codebook[name]
    counted = ~column.isin(["", *variable.missing])
    rows = np.flatnonzero(column.duplicated(keep=False) & counted)
    groups, others = grouped(rows, column.cat.codes.to_numpy(), column.index)
    found = []
    for place, lines, count in groups:
        what = f"stands on {count:,} lines" if place >= 0 else f"{others:,} further ones stand on several lines"
        value = None if variable.sensitive or place < 0 else column.cat.categories[place]
        what = what if value is not None or place < 0 else f"the same entry {what}"
        found.append(Finding("repeated identifier", what, name, lines, count, value, ONCE, ONCE))
    return found
