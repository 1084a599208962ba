"""keepsafe report: the notebooks executed, the report made."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand


class Pairs(TyperCommand):
    """A command whose -p takes two words, NAME VALUE, as papermill's does."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        joined, rest = [], iter(args)
        for word in rest:
            joined.append(word)
            if word in {"-p", "--parameter"}:
                name = next(rest, None)
                value = next(rest, None)
                if value is None:
                    ctx.fail("-p needs a name and a value: -p NAME VALUE")
                joined.append(f"{name}={value}")
        return super().parse_args(ctx, joined)


def report(
    data: Annotated[Path | None, typer.Option(help="Case files; the synthetic ones by default.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="What the columns mean; data/codebook.csv by default.")] = None,
    study: Annotated[Path | None, typer.Option(help="Groups, outcomes and models; data/study.toml by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; reports/ by default.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME VALUE", help="Set a parameter of the notebooks."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Notebooks side by side; one for each core by default.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Dask scheduler whose workers take over bootstraps and simulations; pays with thousands of them.",
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every notebook, changed or not.")] = False,
    disclosure: Annotated[
        str | None,
        typer.Option(
            metavar="RULES",
            help="Disclosure control: threshold=10,round=5 (the default for data that are not synthetic), "
            "threshold=10,round=5,whole=shown (100% and 0% of a group too), or off.",
        ),
    ] = None,
) -> None:
    """Execute the notebooks that have changed and make the report."""
    pairs = [tuple(pair.split("=", 1)) for pair in parameter or []]
    make(
        data=data, codebook=codebook, study=study, out=out, parameters=pairs, jobs=jobs, fresh=fresh,
        disclosure=disclosure, scheduler=scheduler,
    )  # fmt: skip


report.command_class = Pairs


def make(**arguments) -> None:
    """Make the report behind a progress bar; status 1 where a notebook fails."""
    from keepsafe.cli._progress import bars
    from keepsafe.report import running

    try:
        with bars() as progress:
            page = running.report(**arguments, progress=progress)
    except running.NotebookFailed as error:
        print(f"{error}\nno report was made; a former one is as it was", file=sys.stderr)
        raise typer.Exit(1) from None
    print(page)
