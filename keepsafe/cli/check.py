"""keepsafe check: what is wrong with a file of cases, in words."""

from pathlib import Path
from typing import Annotated

import typer


def check(
    file: Annotated[Path, typer.Argument(help="Case files: CSV, .xlsx, .parquet, .sav or .dta.")],
    codebook: Annotated[Path | None, typer.Option(help="What the columns mean; data/codebook.csv by default.")] = None,
    study: Annotated[
        Path | None, typer.Option(help="Whose [rules] hold between columns; data/study.toml by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the same facts as JSON.")] = False,
) -> None:
    """List everything that the codebook does not allow; status 1 where there is something, 2 for unusable input.

    Entries of columns that the codebook calls sensitive are not repeated.
    """
    from keepsafe.files.check import check as checked

    report = checked(file, codebook, study)
    print(report.as_json() if json else report)
    if report.findings:
        raise typer.Exit(1)
