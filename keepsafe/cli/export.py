"""keepsafe export: the cleaned cohort for SPSS, Stata or a spreadsheet."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def export(
    file: Annotated[Path | None, typer.Argument(help="Case files; the synthetic ones by default.")] = None,
    to: Annotated[
        Path,
        typer.Option(help="What to write: X.sav, X.dta or X.csv; an ending alone, such as .sav, names the file too."),
    ] = ...,
    codebook: Annotated[Path | None, typer.Option(help="What the columns mean; data/codebook.csv by default.")] = None,
    study: Annotated[Path | None, typer.Option(help="Groups, outcomes and models; data/study.toml by default.")] = None,
) -> None:
    """Write the cleaned cohort with its labels, and beside it SPSS syntax, an R script, a data dictionary."""
    from keepsafe.report.export import export as write

    done = write(to, file, codebook, study)
    data = done.files[0].name
    if not done.synthetic:
        print(f"{data} holds records of persons and must stay with the case files it was made from.", file=sys.stderr)
    elif "synthetic" not in data.lower():
        print(f"{data} is synthetic, which the file says and its name does not.", file=sys.stderr)
    for path in done.files:
        print(path)
