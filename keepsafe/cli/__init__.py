"""The command line: one module a command, its heavy imports inside."""

import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path

import typer

from keepsafe.problems import InputError

app = typer.Typer(
    name="keepsafe",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the rich help page takes half a second to set
    help="An executable edition of the quantitative half of the 2019 report 'Keeping Safe?'.",
)
for name in sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")):
    command = getattr(import_module(f"{__name__}.{name}"), name)
    app.command(name=name, cls=getattr(command, "command_class", None))(command)


class Interrupted(BaseException):
    """The user, or the system, asked for an end."""


def main() -> None:
    """Run a command. Status 0: done; 1: a notebook failed, or faults were found; 2: bad input; 70: an error of the
    program; 128 + n: signal n."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        app()
    except InputError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "keepsafe":
            raise
        said = f"this needs {error.name}, which the plain installation leaves out; pip install 'keepsafe[all]'"
        print(said, file=sys.stderr)
        sys.exit(2)
    except Exception as error:  # what it says may hold an entry of a case file
        where = "".join(traceback.format_tb(error.__traceback__))
        print(f"{where}an error of keepsafe: {type(error).__name__} (what it says may hold an entry, and is not shown)",
              file=sys.stderr)  # fmt: skip
        sys.exit(70)
    except Interrupted as interrupted:
        print("interrupted; nothing was changed", file=sys.stderr)
        sys.exit(128 + interrupted.args[0])


def _interrupt(number: int, frame) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # once is enough: what follows is clearing up
    raise Interrupted(number)
