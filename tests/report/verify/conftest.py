"""A finished report of the small compendium, made and made again without kernels."""

from pathlib import Path

import pytest

from keepsafe.report.running import report
from tests.report.running.conftest import FLOW, GROUPS, PARAMETERS, in_process, rewrite, small  # noqa: F401

SAYS = """
import pandas as pd
import keepsafe as ks
from keepsafe import paths, runs

n = len(pd.read_csv(runs.active().data or paths.data("synthetic", "case_files.csv")))
ks.say("files: {n:.1f} files.", n=n + 0.25)
"""


@pytest.fixture
def finished(small, rewrite, in_process) -> Path:  # noqa: F811
    """Folder of a report with a value from a data file, a figure, a table and a parameter."""
    for path in (small / "notebooks").iterdir():
        path.unlink()
    rewrite("00_published", [PARAMETERS, "import keepsafe as ks", 'ks.say("boot: {n}", n=n_boot)'])
    rewrite("01_cleaning", [SAYS, FLOW])
    rewrite("02_descriptives", [GROUPS])
    (small / "requirements.lock").write_text("numpy==2.4.6\n")
    return report(jobs=1).parent
