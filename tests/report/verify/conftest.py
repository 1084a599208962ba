"""A finished report of the small compendium, made and made again without kernels."""

import shutil
from pathlib import Path

import pytest

from keepsafe.report.running import report
from keepsafe.telling import opened
from tests.report.running.conftest import (  # noqa: F401
    FLOW,
    GROUPS,
    PARAMETERS,
    in_process,
    run_in_process,
    write_notebook,
    write_small,
)

SAYS = """
import pandas as pd
import keepsafe as ks
from keepsafe import paths, runs

n = len(pd.read_csv(runs.active().data or paths.data("synthetic", "case_files.csv")))
ks.say("files: {n:.1f} files.", n=n + 0.25)
"""


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Path:
    """A compendium with its report, of which each test has a copy."""
    home = tmp_path_factory.mktemp("finished") / "home"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KEEPSAFE_HOME", str(home))
        patched.setattr(opened, "_LAST", [])
        patched.setattr("keepsafe.report.running.notebooks.run_notebook", run_in_process)
        write_small(home, {
            "00_published": [PARAMETERS, "import keepsafe as ks", 'ks.say("boot: {n}", n=n_boot)'],
            "01_cleaning": [SAYS, FLOW],
            "02_descriptives": [GROUPS],
        })  # fmt: skip
        (home / "requirements.lock").write_text("numpy==2.4.6\n")
        report(jobs=1)
    return home


@pytest.fixture
def finished(once, tmp_path, in_process, monkeypatch) -> Path:  # noqa: F811
    """Folder of a report with a value from a data file, a figure, a table and a parameter."""
    home = shutil.copytree(once, tmp_path / "home")
    monkeypatch.setenv("KEEPSAFE_HOME", str(home))
    monkeypatch.setattr(opened, "_LAST", [])
    return home / "reports"


@pytest.fixture
def rewrite(finished):
    """Give a notebook of the compendium other cells."""
    return lambda name, sources: write_notebook(finished.parent / "notebooks" / f"{name}.ipynb", sources)
