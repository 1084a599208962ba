"""keepsafe synthesise: case files from which the printed figures can be computed again."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Targets(StrEnum):
    """What the made files must reproduce."""

    TABLES = "tables"
    ALL = "all"


def synthesise(
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    cohorts: Annotated[int, typer.Option(min=1, help="How many cohorts; more than one make a family.")] = 1,
    targets: Annotated[
        Targets, typer.Option(help="The printed tables alone, or the odds ratios and claims as well.")
    ] = Targets.ALL,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that make a family; one for each core by default.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers make a family instead.")
    ] = None,
) -> None:
    """Make synthetic case files from the published figures."""
    from keepsafe.synthesis.run import synthesise_files

    synthesise_files(
        out, seed=seed, cohorts=cohorts, targets=targets.value, n_jobs=jobs, scheduler=scheduler
    )  # fmt: skip
