"""keepsafe notebooks: the outputs that are committed, refreshed."""

from typing import Annotated

import typer

from keepsafe.cli.report import make


def notebooks(
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Notebooks side by side; one for each core by default.")
    ] = None,
) -> None:
    """Execute the notebooks in place, with the project's own data, and refresh the report with them."""
    make(jobs=jobs, in_place=True)
