"""keepsafe codebook: a codebook drafted from a file, to be finished by hand."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def codebook(
    file: Annotated[Path, typer.Argument(help="Case files: CSV, .xlsx, .parquet, .sav or .dta.")],
    out: Annotated[
        Path | None, typer.Option(help="File for the draft, not there yet; standard output by default.")
    ] = None,
) -> None:
    """Draft a codebook: labels, types, levels, codes of missing; what to look at is told beside it.

    Levels that fewer than ten cases have are withheld, unless the file itself labels them. The counts told beside the
    draft are for your eyes: do not pass them on with it.
    """
    from keepsafe.drafting.draft import draft

    made = draft(file)
    if out:
        made.save(out)
    else:
        print(made.csv(), end="")
    parts = [("counts", made.counts), ("please look at", made.attention)]
    for title, lines in parts:
        if lines:
            print("\n".join([f"{title}:", *(f"  {line}" for line in lines)]), file=sys.stderr)
