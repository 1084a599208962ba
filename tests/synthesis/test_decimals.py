"""Numbers with decimals: a mean that no whole numbers give is met, and odds ratios stay those of a unit."""

import numpy as np
import pandas as pd
import pytest

from keepsafe.files import read_case_files
from keepsafe.files.cleaning import clean
from keepsafe.files.new import new
from keepsafe.problems import InputError
from keepsafe.statistics.fit import fit_logistic
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.synthesis.edition import forms, transcribed
from keepsafe.synthesis.family import typed
from keepsafe.synthesis.plan import decimals_of
from keepsafe.synthesis.run import synthesise_files


@pytest.fixture
def edition(tmp_path, monkeypatch):
    """The worked example, in which no 59 whole numbers have the mean that is printed: 22.33."""
    folder = new(tmp_path / "mine", edition=True)
    monkeypatch.setenv("KEEPSAFE_HOME", str(folder))
    change(folder / "data" / "published" / "table_1.csv", "22.31 (4.51)", "22.33 (4.51)")
    return folder


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_mean_that_no_whole_numbers_give_is_named_with_what_to_do(edition):
    change(edition / "data" / "codebook.csv", "count,14..45", "number,14..45")
    with pytest.raises(InputError) as stopped:
        synthesise_files(edition / "data" / "synthetic", 1, targets="tables")
    told = str(stopped.value)
    assert "data/published/table_1.csv, line 4, column low_weight" in told and "write its range so" in told
    assert "22.325 to 22.335" in told


def test_numbers_with_decimals_meet_it_and_their_odds_ratios_are_of_a_unit(edition):
    change(edition / "data" / "codebook.csv", "count,14..45", "number,14.0..45.0")
    change(edition / "data" / "codebook.csv", "count,80..250", "number,80.0..250.0")
    claims = edition / "data" / "published" / "claims.csv"
    change(claims, "weight,protective,,,direction_only", "weight,protective,0.98,0.99,printed")
    study = load_study(codebook=load_codebook(edition / "data" / "codebook.csv"))
    assert decimals_of(transcribed(forms(), study)[0], study) == {"age": 2, "weight": 1}
    synthesise_files(edition / "data" / "synthetic", 1)
    written = pd.read_csv(edition / "data" / "synthetic" / "case_files.csv", dtype="str")
    assert written["age"].str.fullmatch(r"[1-4][0-9](\.[0-9]{1,2})?").all()
    assert written["weight"].str.contains(r"\.").sum() > 100
    age = written["age"].astype(float)
    assert age.between(14, 45).all() and round(age[written["low"] == "1"].mean() + 1e-9, 2) == 22.33
    cohort = clean(read_case_files(codebook=study.codebook), study)
    kept = ["smoke", "weight", "black", "other_ethnicity", "premature", "hypertension"]
    ratio = fit_logistic(cohort, "low", kept).odds_ratios.loc["weight", "odds_ratio"]
    assert 0.98 <= ratio < 0.99
    family = typed(written, study)
    assert np.allclose(family["age"].astype(float), age) and family["visits"].dtype == "Int8"
