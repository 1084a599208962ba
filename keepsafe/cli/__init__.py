"""The command line: the commands stand in `__init__.py`, that which audits a table in a file of its own.

Longer than 300 lines: every command but the audit is a dozen lines here, so that none is looked for elsewhere.
"""

import shlex
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.core import TyperCommand

from keepsafe.cli.audit import audit as audit_printed
from keepsafe.problems import InputError

CASES = "Case files: CSV, .xlsx, .parquet, .sav or .dta."
LAST = {"done", "unchanged", "nothing has changed"}  # what a notebook is told to be doing when it is at its end

Codebook = Annotated[Path | None, typer.Option(help="What the columns mean; data/codebook.csv by default.")]
Study = Annotated[Path | None, typer.Option(help="Groups, outcomes and models; data/study.toml by default.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Notebooks side by side; one for each core by default.")]

app = typer.Typer(
    name="keepsafe",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the rich help page takes half a second to set
    help="An executable edition of the quantitative half of the 2019 report 'Keeping Safe?'.",
)
app.command("audit")(audit_printed)


class Interrupted(BaseException):
    """The user, or the system, asked for an end."""


def main() -> None:
    """Run a command. Status 0: done; 1: a notebook failed, or faults were found; 2: bad input; 70: an error of the
    program; 128 + n: signal n.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        app()
    except InputError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "keepsafe":
            raise
        said = f"this needs {error.name}, which the plain installation leaves out; pip install 'keepsafe[all]'"
        print(said, file=sys.stderr)
        sys.exit(2)
    except Exception as error:  # what it says may hold an entry of a case file
        where = "".join(traceback.format_tb(error.__traceback__))
        said = f"{type(error).__name__} (what it says may hold an entry, and is not shown)"
        print(f"{where}an error of keepsafe: {said}", file=sys.stderr)
        sys.exit(70)
    except Interrupted as interrupted:
        print("interrupted; nothing was changed", file=sys.stderr)
        sys.exit(128 + interrupted.args[0])


def _interrupt(number: int, frame) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # once is enough: what follows is clearing up
    raise Interrupted(number)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help=CASES)],
    codebook: Codebook = None,
    study: Annotated[
        Path | None, typer.Option(help="Whose [rules] hold between columns; data/study.toml by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the same facts as JSON.")] = False,
) -> None:
    """List everything that the codebook does not allow; status 1 where there is something, 2 for unusable input.

    Entries of columns that the codebook calls sensitive are not repeated.
    """
    from keepsafe.files import check as checked

    found = checked(file, codebook, study)
    print(found.as_json() if json else found)
    if found.findings:
        raise typer.Exit(1)


@app.command()
def codebook(
    file: Annotated[Path, typer.Argument(help=CASES)],
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


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Case files; the synthetic ones by default.")] = None,
    to: Annotated[
        Path,
        typer.Option(help="What to write: X.sav, X.dta or X.csv; an ending alone, such as .sav, names the file too."),
    ] = ...,  # type: ignore[assignment]  # Typer: it has to be given
    codebook: Codebook = None,
    study: Study = None,
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


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; new or empty.")],
    edition: Annotated[bool, typer.Option("--edition", help="Begin an edition of a confidential report.")] = False,
) -> None:
    """Write a small compendium of your own: codebook, study file, example data, notebooks, a test.

    With --edition: forms to type a confidential report's figures into, from which synthetic files are made.

    It runs at once. Nothing that is there already is changed.
    """
    from keepsafe.files.new import new as start

    made = start(folder, edition)
    for path in sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file()):
        print(f"  {path.as_posix()}")
    make = "keepsafe synthesise --seed 1 --out data/synthetic && " if edition else ""
    print(f"Next: cd {shlex.quote(str(folder))} && {make}keepsafe report")


@app.command()
def notebooks(jobs: Jobs = None) -> None:
    """Execute the notebooks in place, with the project's own data, and refresh the report with them."""
    _make(jobs=jobs, in_place=True)


class Pairs(TyperCommand):
    """A command whose -p takes two words, NAME VALUE, as papermill's does."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        """Join a parameter's name and value into one argument."""
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


@app.command(cls=Pairs)
def report(
    data: Annotated[Path | None, typer.Option(help="Case files; the synthetic ones by default.")] = None,
    codebook: Codebook = None,
    study: Study = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; reports/ by default.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME VALUE", help="Set a parameter of the notebooks."),
    ] = None,
    jobs: Jobs = None,
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
    asked = {"data": data, "codebook": codebook, "study": study, "out": out, "parameters": pairs}
    _make(**asked, jobs=jobs, fresh=fresh, disclosure=disclosure, scheduler=scheduler)


def _make(**arguments) -> None:
    """Make the report behind a progress bar; status 1 where a notebook fails."""
    from keepsafe.report import running

    try:
        with bars() as progress:
            page = running.report(**arguments, progress=progress)
    except running.NotebookFailed as error:
        print(f"{error}\nno report was made; a former one is as it was", file=sys.stderr)
        raise typer.Exit(1) from None
    print(page)


@app.command()
def synthesise(
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    cohorts: Annotated[int, typer.Option(min=1, help="How many cohorts; more than one make a family.")] = 1,
    targets: Annotated[
        Literal["tables", "all"], typer.Option(help="The printed tables alone, or the odds ratios and claims as well.")
    ] = "all",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that make a family; one for each core by default.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers make a family instead.")
    ] = None,
) -> None:
    """Make synthetic case files from the published figures."""
    from keepsafe.synthesis.run import synthesise_files

    synthesise_files(out, seed=seed, cohorts=cohorts, targets=targets, n_jobs=jobs, scheduler=scheduler)


@app.command()
def verify(
    folder: Annotated[Path | None, typer.Argument(help="Folder of a finished report; reports/ by default.")] = None,
    data: Annotated[Path | None, typer.Option(help="The case files, where they are not the synthetic ones.")] = None,
    codebook: Annotated[Path | None, typer.Option(help="The codebook, where it is not the compendium's.")] = None,
    study: Annotated[Path | None, typer.Option(help="The study file, where it is not the compendium's.")] = None,
    jobs: Jobs = None,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write the verdict to this file as JUnit's XML.")] = None,
    badge: Annotated[Path | None, typer.Option(help="Write a small SVG of the verdict to this file.")] = None,
) -> None:
    """Make a finished report again in a clean place; status 0 if it comes out equal, 1 if not."""
    from keepsafe.report.verify import as_badge, as_json, as_junit, as_text, write
    from keepsafe.report.verify import verify as compare

    with bars() as progress:
        verdict = compare(folder, data, codebook, study, jobs, progress)
    print(as_json(verdict) if json else as_text(verdict))
    for path, form in ((junit, as_junit), (badge, as_badge)):
        if path:
            write(path, form(verdict))
    raise typer.Exit(0 if verdict.equal else 1)


@contextmanager
def bars() -> Iterator[Callable[[str, str], None]]:
    """A function to tell what each notebook is doing, by bars; where there is no terminal, by a line for each step."""
    if not sys.stderr.isatty():

        def say(notebook: str, doing: str) -> None:
            if not doing.startswith("cell"):
                print(f"{notebook}: {doing}\n", end="", file=sys.stderr)

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description:<20}"), BarColumn(24), TextColumn("{task.fields[doing]}")
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        tasks = {}

        def tell(notebook: str, doing: str) -> None:
            if notebook not in tasks:
                tasks[notebook] = shown.add_task(notebook, total=None, doing=doing)
            done, _, total = doing.removeprefix("cell ").partition(" of ")
            if total:
                shown.update(tasks[notebook], doing=doing, completed=int(done) - 1, total=int(total))
            else:
                finished = {"completed": 1, "total": 1} if doing in LAST else {}
                shown.update(tasks[notebook], doing=doing, **finished)
            if doing in LAST:
                shown.stop_task(tasks[notebook])

        yield tell
