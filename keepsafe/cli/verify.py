"""keepsafe verify: does a finished report come out again?"""

from pathlib import Path
from typing import Annotated

import typer


def verify(
    folder: Annotated[Path | None, typer.Argument(help="Folder of a finished report; reports/ by default.")] = None,
    data: Annotated[Path | None, typer.Option(help="The case files, where they are not the synthetic ones.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="The codebook, where it is not the compendium's.")] = None,
    study: Annotated[Path | None, typer.Option(help="The study file, where it is not the compendium's.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Notebooks side by side; one for each core by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the verdict to this file as JUnit's XML.")] = None,
    badge: Annotated[Path | None, typer.Option(help="Write a small SVG of the verdict to this file.")] = None,
) -> None:
    """Make a finished report again in a clean place; status 0 if it comes out equal, 1 if not."""
    from keepsafe.cli._progress import bars
    from keepsafe.report.verify import verify as compare
    from keepsafe.report.verify.forms import as_badge, as_json, as_junit, as_text, write

    with bars() as progress:
        verdict = compare(folder, data, codebook, study, jobs, progress)
    print(as_json(verdict) if json else as_text(verdict))
    for path, form in ((junit, as_junit), (badge, as_badge)):
        if path:
            write(path, form(verdict))
    raise typer.Exit(0 if verdict.equal else 1)
