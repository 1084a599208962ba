"""keepsafe audit: can the printed figures all be true?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd


def audit(
    figures: Annotated[
        Path | None, typer.Option(help="Published figures; data/published/figures.csv by default.")
    ] = None,
    comparisons: Annotated[
        Path | None, typer.Option(help="Published comparisons; data/published/comparisons.csv by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every check as JSON.")] = False,
) -> None:
    """Check the printed figures against each other."""
    from keepsafe.audit import audit as check
    from keepsafe.published import load_comparisons, load_figures

    found = check(load_figures(figures), load_comparisons(comparisons))
    if json:
        print(found.to_json(orient="records", indent=1, force_ascii=False))
    else:
        print_checks(found)


def print_checks(found: "pd.DataFrame") -> None:
    """The checks by kind: how many hold, and a line for each that does not hold as it stands."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for kind, rows in found.groupby("check", sort=False):
        counts = ", ".join(
            f"{n} {verdict}" for verdict, n in rows["verdict"].value_counts(sort=False).items()
        )
        console.print(Text.assemble((str(kind), "bold"), f": {counts}"))
        for row in rows.loc[rows["verdict"] != "holds"].itertuples():
            console.print(Text(f"  {row.verdict}: {row.explanation} [{row.figures}]"))
