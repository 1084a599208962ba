"""A few made-up case files, written in every format; they describe nobody."""

import pandas as pd
import pyreadstat
import pytest

from keepsafe.study.codebook import load_codebook
from tests.describing import describe

CODEBOOK = [
    ("file_id", "identifier", "", "", "yes"),
    ("sex", "category", "female=Female; male=Male", "-9=not recorded", "no"),
    ("cse", "binary", "0=no; 1=yes", "-9=not recorded", "yes"),
    ("moves", "count", "0..57", "-9=not recorded", "no"),
    ("score", "number", "0.0..9.5", "-9=not recorded; blank=not asked", "no"),
    ("seen", "identifier", "", "blank=not asked", "no"),
]
TEXT = pd.DataFrame({
    "file_id": ["F1", "F2", "F3", "F4"],
    "sex": ["female", "male", "-9", "female"],
    "cse": ["0", "1", "1", "-9"],
    "moves": ["3", "12", "0", "-9"],
    "score": ["2.5", "3", "", "9.5"],
    "seen": ["2006-01-31", "2006-02-01", "", "2006-03-15"],
}, dtype="str")  # fmt: skip


@pytest.fixture
def codebook(tmp_path):
    path = describe(tmp_path, CODEBOOK) / "codebook.csv"
    return load_codebook(path)


@pytest.fixture
def typed():
    """The same files as a program holds them: numbers, dates, and codes of its own for sex."""
    made = TEXT.copy()
    for name in ("cse", "moves", "score"):
        made[name] = pd.to_numeric(made[name])
    made["sex"] = made["sex"].map({"female": 2.0, "male": 1.0, "-9": -9.0})
    made["seen"] = pd.to_datetime(made["seen"]).astype(object).map(lambda day: day.date(), na_action="ignore")
    return made


@pytest.fixture
def write(tmp_path, typed):
    """Write the case files in a format; the path."""
    labels = {"sex": {1: "Male", 2: "Female", -9: "not recorded"}, "cse": {0: "No", 1: "Yes"}}
    titles = {"sex": "Sex of the young person", "moves": "Moves, all told"}
    sexes = TEXT["sex"]

    def written(kind: str, **changes):
        path = tmp_path / f"files.{kind}"
        frame = typed.assign(**changes)
        if kind == "csv":
            TEXT.assign(**changes).to_csv(path, index=False)
        elif kind == "xlsx":
            frame.assign(sex=sexes).to_excel(path, index=False)
        elif kind == "parquet":
            frame.assign(sex=sexes).to_parquet(path)
        elif kind in ("sav", "zsav"):
            pyreadstat.write_sav(
                frame,
                path,
                column_labels=titles,
                variable_value_labels=labels,
                missing_ranges={"sex": [-9], "moves": [{"lo": -9, "hi": -1}]},
                variable_measure={"cse": "ordinal"},
                row_compress=kind == "zsav",
            )
        else:
            frame = frame.assign(sex=pd.Series([2, 1, "a", 2], dtype=object))
            pyreadstat.write_dta(
                frame,
                path,
                column_labels=titles,
                variable_value_labels={"sex": {1: "Male", 2: "Female", "a": "not recorded"}},
                missing_user_values={"sex": ["a"]},
            )
        return path

    return written
