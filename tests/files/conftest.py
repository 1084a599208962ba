"""A made-up study whose case files hold one fault each; and a new compendium on its example, with its report."""

from pathlib import Path

import pandas as pd
import pytest

from keepsafe.files import check
from keepsafe.files.new import new
from keepsafe.report.running import report
from tests.describing import describe

CODEBOOK = [
    ("person_id", "identifier", "", "", "yes"),
    ("file_id", "identifier", "", "", "no"),
    ("sex", "category", "female=Female; male=Male", "-9=not recorded", "no"),
    ("area", "category", "north=North; south=South", "-9=not recorded", "yes"),
    ("cse", "binary", "0=no; 1=yes", "-9=not recorded", "no"),
    ("care_p2", "binary", "0=no; 1=yes", "-9=not recorded; -8=not applicable", "no"),
    ("ran", "binary", "0=no; 1=yes", "-9=not recorded", "no"),
    ("ran_often", "binary", "0=no; 1=yes", "-9=not recorded", "yes"),
    ("n_kinds", "count", "0..3", "", "no"),
    ("moves", "count", "0..57", "-9=not recorded", "no"),
    ("score", "number", "0.0..9.5", "blank=not asked", "no"),
    ("risk", "category", "no=No; mild=Mild; high=High", "-9=not recorded", "no"),
    ("group", "category", "low=Low; raised=Raised", "-9=not recorded", "no"),
]
STUDY = """
[study]
person = "person_id"
file = "file_id"
[cohort]
category = "risk"
grouped_as = "group"
groups_of_categories = { low = ["no", "mild"], raised = ["high"] }
[derived]
woman = { label = "Woman", variable = "sex", one_of = ["female"] }
[rules.only_where]
"*_p2" = "cse"
[rules.within]
ran_often = "ran"
[rules.sums]
n_kinds = ["cse", "ran", "woman"]
"""
ROW = {"person_id": "P1", "file_id": "F", "sex": "male", "area": "north", "cse": "1", "care_p2": "1", "ran": "1",
       "ran_often": "0", "n_kinds": "2", "moves": "3", "score": "2.5", "risk": "mild", "group": "low"}  # fmt: skip


@pytest.fixture
def study(tmp_path):
    """The study's files: codebook.csv and study.toml."""
    return describe(tmp_path, CODEBOOK, STUDY)


@pytest.fixture
def files(study):
    """Write five case files without a fault, then change entries: files({(3, "sex"): "femle"}); the path."""

    def write(changes=(), name="files.csv"):
        frame = pd.DataFrame([ROW | {"file_id": f"F{number}"} for number in range(5)], index=range(2, 7))
        for (line, column), entry in dict(changes).items():
            frame.loc[line, column] = entry
        frame.to_csv(study / name, index=False)
        return study / name

    return write


@pytest.fixture
def found(study, files):
    """What check finds in the five files with some entries changed."""
    return lambda changes=(): check(files(changes), study / "codebook.csv", study / "study.toml")


@pytest.fixture(scope="session")
def started(tmp_path_factory) -> Path:
    """The folder that `keepsafe new` makes, its report made by `keepsafe report`."""
    folder = new(tmp_path_factory.mktemp("starting") / "mine")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KEEPSAFE_HOME", str(folder))
        report(parameters=[("n_boot", "5")])
    return folder
