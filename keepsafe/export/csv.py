"""A CSV file of codes, as `keepsafe check` and `keepsafe report` read them; no cell of it is a formula."""

from pathlib import Path

import pandas as pd

from keepsafe.export.fields import Field
from keepsafe.inert import inert_cells


def write_csv(path: Path, codes: pd.DataFrame, fields: list[Field], title: str, note: str) -> None:
    """Write the records as text in UTF-8, codes of missing included.

    Parameters
    ----------
    path, codes, fields : as for `write_sav`.
    title, note : not written: a CSV file has no place for them, and datapackage.json holds them.
    """
    inert_cells(codes).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
