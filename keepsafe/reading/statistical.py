"""SPSS and Stata, read in a process of its own: a damaged file can bring down the one that reads it."""

import os
import pickle
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import keepsafe
from keepsafe.problems import InputError
from keepsafe.reading.readstat import damaged, table
from keepsafe.reading.table import Table

CHILD = "from keepsafe.reading.statistical import answer; answer()"
SECONDS = 60  # and one more for each megabyte


def read(path: Path, file: str, names: Collection[str] = ()) -> Table:
    """Read SPSS .sav and .zsav, and Stata .dta.

    Parameters
    ----------
    path, file : where it is, and its name for messages.
    names : not used.

    Returns
    -------
    Table
        its lines are numbers of cases, from 1, as the data editors show them. Entries are codes, not labels;
        `meanings` has the labels. A code declared missing stays as it is (Stata's .a to .z with their point); what
        the program itself calls missing is blank.

    Raises
    ------
    InputError
        for a file that is damaged.
    """
    folders = [str(Path(keepsafe.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(folders)}
    try:
        done = subprocess.run([sys.executable, "-c", CHILD, path, file], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=SECONDS + path.stat().st_size / 1e6)  # fmt: skip
        answered = pickle.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired:
        answered = None
    if isinstance(answered, Table):
        return answered
    raise answered or damaged(path, file, "it brings its reader to a halt")


def answer() -> None:
    """What the process of its own does: it writes the table, or what is wrong with the file, to standard output."""
    out = os.dup(1)
    os.dup2(2, 1)  # what the library says is no part of the answer
    path, file = sys.argv[1:]
    try:
        said = table(Path(path), file)
    except InputError as error:
        said = error
    with open(out, "wb") as pipe:
        pickle.dump(said, pipe, protocol=pickle.HIGHEST_PROTOCOL)
