"""ADAPTING.md is followed as it is written: every file, every command, everything that is printed."""

import doctest
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import pytest

from keepsafe.cli import main
from keepsafe.telling import opened

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRESS = re.compile(r"^(\d\d_\w+|report): .*\n", re.MULTILINE)
FRAME = {  # a terminal of this machine in no other language, with nothing set
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    "LC_ALL": "C.UTF-8",
    "HOME": os.environ.get("HOME", ""),
    "KEEPSAFE_DISCLOSURE_KEY": "0123456789abcdef" * 4,  # the last digits of the page's models hang on it
}


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a block with what it prints."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def run(command: str, folder: Path, top: Path) -> str:
    """What a command prints, the progress of notebooks apart; the folder's place becomes an ellipsis."""
    done = ours(command, folder) if re.fullmatch(r"keepsafe [^<>|&;]*", command) else shell(command, folder)
    return PROGRESS.sub("", done).replace(str(top), "…")


def shell(command: str, folder: Path) -> str:
    return subprocess.run(command, shell=True, cwd=folder, env=FRAME, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout  # fmt: skip


def ours(command: str, folder: Path) -> str:
    """What our own command prints, done in this process, which has imported it already."""
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patched, StringIO() as said, warnings.catch_warnings():
        for name in [*os.environ]:
            patched.delenv(name)
        for name, entry in FRAME.items():
            patched.setenv(name, entry)
        patched.chdir(folder)
        patched.setattr(sys, "argv", shlex.split(command))
        patched.setattr(opened, "_LAST", [])
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", UserWarning)
        patched.setattr(warnings, "showwarning", lambda message, *_, **__: print(message, file=said))
        with redirect_stdout(said), redirect_stderr(said), suppress(SystemExit):
            main()
        for number, handler in former.items():
            signal.signal(number, handler)
        return said.getvalue()


def follow(text: str, top: Path) -> Iterator[tuple[str, str, str]]:
    """Do what the page says; each command with what the page has it print, and what it printed."""
    folder = top
    for kind, name, content in BLOCK.findall(text):
        if name:
            assert (folder / name).is_file(), f"{name} is no file of a new compendium"
            (folder / name).write_text(content, encoding="utf-8")
        elif kind == "console":
            for command, printed in commands(content):
                if command.startswith("cd "):
                    folder = folder / command.removeprefix("cd ")
                    assert folder.is_dir(), command
                else:
                    yield command, printed, run(command, folder, top)


@pytest.fixture(scope="module")
def page(compendium) -> str:
    return (compendium / "ADAPTING.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no POSIX shell on this machine")
def test_every_command_prints_what_the_page_says(page, tmp_path):
    seen = list(follow(page, tmp_path.resolve()))
    assert sum(command.startswith("keepsafe report") for command, _, _ in seen) == 3
    for command, printed, found in seen:
        assert (command, found) == (command, printed)


def test_what_the_page_prints_is_compared(tmp_path):
    wrong = "```console\n$ echo one\ntwo\n```\n"
    [(command, printed, found)] = follow(wrong, tmp_path)
    assert (command, printed, found) == ("echo one", "two\n", "one\n")


def test_every_answer_to_an_exercise_is_what_python_gives(page):
    """Run in the order of the page, as a student would, in one Python."""
    lines = "\n".join(content for kind, _, content in BLOCK.findall(page) if kind == "pycon")
    answers = doctest.DocTestParser().get_doctest(lines, {}, "ADAPTING.md", "ADAPTING.md", 0)
    assert len(answers.examples) > 30
    assert doctest.DocTestRunner(verbose=False).run(answers).failed == 0


def test_two_exercises_are_set_for_each_chapter(page, compendium):
    chapters = [path.name[:2] for path in sorted((compendium / "notebooks").glob("*.ipynb"))]
    wanted = [f"{n}.{k}" for n in chapters for k in (1, 2)]
    assert re.findall(r"^\*\*([0-9]{2}\.[0-9])\*\*", page, re.MULTILINE) == wanted


def test_every_block_of_the_page_is_followed(page, compendium):
    """Only how the program is set up is not: `make report` is held by the tests of the Makefile."""
    kinds = [kind for kind, name, _ in BLOCK.findall(page) if not name]
    assert set(kinds) == {"sh", "console", "pycon"} and kinds.count("sh") == 1
    [setting_up] = [content for kind, _, content in BLOCK.findall(page) if kind == "sh"]
    assert setting_up == 'make report\nexport PATH="$PWD/.venv/bin:$PATH"\ncd ..\n'
    assert re.search(r"^report:", (compendium / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert page.count("```") == 2 * len(BLOCK.findall(page))


def test_the_three_exercises_have_answers(page):
    exercises = page.partition("## Three exercises")[2].partition("\n## ")[0]
    assert len(re.findall(r"^\*\*\d\. ", exercises, re.MULTILINE)) == exercises.count("<summary>Answer</summary>") == 3
