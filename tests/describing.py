"""A made-up study's files, written for a test."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from keepsafe.study.codebook import COLUMNS


def describe(folder: Path, book: Iterable[tuple[str, ...]], study: str = "") -> Path:
    """Write codebook.csv (name, type, levels, missing, sensitive or a reference) and study.toml; the folder."""
    rows = pd.DataFrame(book, columns=["name", "type", "levels", "missing", "last"])
    marked = rows["last"].isin(["yes", "no"])
    rows = rows.assign(
        label=rows["name"].str.title(),
        sensitive=rows["last"].where(marked, "no"),
        reference=rows["last"].mask(marked, ""),
    )
    rows.reindex(columns=list(COLUMNS)).to_csv(folder / "codebook.csv", index=False)
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder
