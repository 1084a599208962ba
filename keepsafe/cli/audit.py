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
        Path | None, typer.Option(help="Published comparisons; by default those of 2019, with the figures of 2019.")
    ] = None,
    codebook: Annotated[Path | None, typer.Option(help="What the variables of another document mean.")] = None,
    study: Annotated[
        Path | None, typer.Option(help="Groups of another document, and how its variables relate.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every check as JSON.")] = False,
) -> None:
    """Check the printed figures against each other; status 0 whatever is found."""
    from keepsafe.audit import audit as check
    from keepsafe.codebook import load_codebook
    from keepsafe.published import load_comparisons, load_figures
    from keepsafe.study import load_study

    described = load_study(study, load_codebook(codebook))
    said = load_comparisons(comparisons) if comparisons or not figures else None
    found = check(load_figures(figures, study=described), said, described.codebook, described)
    if json:
        print(found.to_json(orient="records", indent=1, force_ascii=False))
    else:
        print_checks(found)


def print_checks(found: "pd.DataFrame") -> None:
    """How many checks hold, and by kind a line for each that does not hold as it stands."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    console.print(f"{len(found)} checks: {_counted(found)}")
    for kind, rows in found.groupby("check", sort=False):
        rest = rows[rows["verdict"] != "holds"]
        if rest.empty:
            continue
        console.print(Text.assemble("\n", (str(kind).capitalize(), "bold"), f" ({_counted(rows)})"))
        for row in rest.itertuples():
            told = Text.assemble((f"{row.verdict}{f' {row.under}' if row.under else ''}", "bold"), " — ",
                                 f"{row.variable}: " if row.variable else "", row.explanation)  # fmt: skip
            console.print(Padding(told, (0, 0, 0, 2)))


def _counted(checks: "pd.DataFrame") -> str:
    words = {"holds": "hold", "holds only under": "hold only under a condition", "cannot hold": "cannot hold"}
    counts = checks["verdict"].value_counts()
    return ", ".join(f"{counts[verdict]} {word}" for verdict, word in words.items() if verdict in counts)
