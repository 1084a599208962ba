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
    """Draft a codebook: labels, types, levels, codes of missing; beside it what to look at, and a few questions.

    Levels that fewer than ten cases have are withheld, unless the file itself labels them. The counts told beside the
    draft are for your eyes: do not pass them on with it.
    """
    from keepsafe.files.draft import draft

    made = draft(file)
    if out:
        made.save(out)
    else:
        print(made.csv(), end="")
    asked = [f"{place}. {question}" for place, question in enumerate(made.questions, 1)]
    parts = {"counts": made.counts, "please look at": made.attention, "answer in the draft, in a spreadsheet": asked}
    for title, lines in parts.items():
        if lines:
            print("\n".join([f"{title}:", *(f"  {line}" for line in lines)]), file=sys.stderr)
