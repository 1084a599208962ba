"""A new compendium on its example, with the report that it makes; made once."""

from pathlib import Path

import pytest

from keepsafe.files.starting import new
from keepsafe.report.running import report


@pytest.fixture(scope="session")
def started(tmp_path_factory) -> Path:
    """The folder that `keepsafe new` makes, its report made by `keepsafe report`."""
    folder = new(tmp_path_factory.mktemp("starting") / "mine")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KEEPSAFE_HOME", str(folder))
        report(parameters=[("n_boot", "5")])
    return folder
