"""What stands in an exported file: the cohort's values, their labels and measures, and why one is missing."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from keepsafe.files import read_case_files, tidy
from keepsafe.files.cleaning import clean, load_cohort
from keepsafe.report.export import read_cohort
from keepsafe.report.export.fields import fields_of, write
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook

STUDY = load_study()
READ = {".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta}


@pytest.fixture(scope="module")
def small(awkward):
    study = load_study(awkward["study"], load_codebook(awkward["codebook"]))
    return read_cohort(awkward["data"], study)


@pytest.fixture(scope="module")
def made():
    return read_cohort(None, STUDY)


def numbers(column: pd.Series) -> np.ndarray:
    """A column of the cohort as numbers: categories by their place from 1."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy(float)
        return np.where(codes < 0, np.nan, codes + 1)
    return column.to_numpy(float, na_value=np.nan)


@pytest.mark.parametrize("ending", [".sav", ".dta"])
def test_every_value_of_the_cohort_comes_back_and_what_was_blank_is_missing(synthetic, made, ending):
    frame, said = READ[ending](str(synthetic(ending)))
    cohort = made.frame
    fields = fields_of(made.codes, STUDY, ending)
    assert list(frame) == [field.column for field in fields] and len(frame) == 205
    assert [field.variable.name for field in fields] == list(cohort)
    for field in fields:
        ours, found = cohort[field.variable.name], frame[field.column]
        if field.text:
            assert found.tolist() == ours.tolist()
        else:
            np.testing.assert_array_equal(found.to_numpy(float), numbers(ours), err_msg=field.column)
            labels = {
                int(value): label
                for value, label in said.variable_value_labels.get(field.column, {}).items()
                if value not in field.missing
            }
            assert labels == field.levels
        assert said.column_names_to_labels[field.column] == field.label


def test_labels_measures_and_codes_of_missing_are_those_of_the_codebook(synthetic):
    frame, said = pyreadstat.read_sav(str(synthetic(".sav")), user_missing=True)
    assert said.column_names_to_labels["sex"] == "Sex"
    assert said.column_names_to_labels["cpr_p2"] == "On the child protection register (phase 2)"
    assert said.variable_value_labels["sex"] == {1: "Female", 2: "Male", -9: "not recorded"}
    assert said.variable_value_labels["cpr_p2"] == {0: "no", 1: "yes", -9: "not recorded", -8: "not applicable"}
    assert said.missing_ranges["cpr_p2"] == [{"lo": -9, "hi": -9}, {"lo": -8, "hi": -8}]
    measures = said.variable_measure
    assert [measures[name] for name in ("person_id", "sex", "cse", "seraf_category", "moves_total", "female")] == [
        "nominal",
        "nominal",
        "nominal",
        "ordinal",
        "scale",
        "nominal",
    ]
    assert not frame["cpr_p2"].isna().any()


def test_why_a_value_is_missing_is_taken_from_the_persons_own_case_file(synthetic):
    frame, _ = pyreadstat.read_sav(str(synthetic(".sav")), user_missing=True)
    extract = tidy(read_case_files(), STUDY.codebook).set_index("file_id").loc[frame["file_id"]]
    blank = load_cohort()["cpr_p2"].isna().to_numpy()
    recorded = extract["cpr_p2"].to_numpy()
    assert set(recorded[blank]) == {"-9", "-8"}
    assert frame["cpr_p2"][blank].astype(int).astype(str).tolist() == recorded[blank].tolist()


def test_stata_knows_missing_by_its_letters(synthetic):
    frame, said = pyreadstat.read_dta(str(synthetic(".dta")), user_missing=True)
    assert said.variable_value_labels["cpr_p2"] == {0: "no", 1: "yes", "a": "not recorded", "b": "not applicable"}
    sav, _ = pyreadstat.read_sav(str(synthetic(".sav")), user_missing=True)
    assert frame["cpr_p2"].map({"a": -9, "b": -8, 0: 0, 1: 1}).tolist() == sav["cpr_p2"].tolist()


def test_a_column_that_begins_with_a_hundred_letters_or_blanks_stays_one_of_numbers(made, tmp_path):
    codes = pd.concat([made.codes] * 2, ignore_index=True).assign(
        cpr_p2=["-8"] * 150 + ["1", "0", "-9"] * 10 + [""] * 230,
        cin_p2=[""] * 150 + ["1", "-9"] * 130,
        moves_total=["-9"] * 410,
    )
    fields = fields_of(codes, STUDY, ".dta")
    write(tmp_path / "x.dta", codes, fields, "title", "note")
    frame, _ = pyreadstat.read_dta(tmp_path / "x.dta", user_missing=True)
    assert frame["cpr_p2"][:153].tolist() == ["b"] * 150 + [1, 0, "a"]
    assert frame["cpr_p2"][180:].isna().all() and frame["cin_p2"][:150].isna().all()
    assert frame["cin_p2"][150:].tolist() == [1, "a"] * 130 and (frame["moves_total"] == "a").all()


def test_the_file_itself_says_that_it_is_synthetic(synthetic):
    for ending, read in READ.items():
        frame, said = read(str(synthetic(ending)))
        assert said.file_label.startswith("Synthetic data.")
        assert (frame["synthetic"] == 1).all() and said.variable_value_labels["synthetic"][1] == "yes"
    assert "no record is of a person" in " ".join(pyreadstat.read_sav(str(synthetic(".sav")))[1].notes)
    for ending in (".sps", ".R", ".html"):
        assert "Synthetic data" in synthetic(".csv").with_suffix(ending).read_text(encoding="utf-8")


def test_the_csv_gives_the_same_cohort_when_it_is_read_as_case_files(synthetic):
    again = clean(read_case_files(synthetic(".csv"), STUDY.codebook), STUDY)
    pd.testing.assert_frame_equal(again, load_cohort(), check_dtype=False)


def test_the_sav_gives_the_same_cohort_when_it_is_read_as_case_files(synthetic):
    again = clean(read_case_files(synthetic(".sav"), STUDY.codebook), STUDY)
    pd.testing.assert_frame_equal(again, load_cohort(), check_dtype=False)


def test_no_cell_of_the_csv_is_a_formula_and_keepsafe_reads_the_original(own, small, awkward):
    written = pd.read_csv(own(".csv"), dtype=str)
    run = written.stack()[lambda cells: cells.str.match(r"[=@+\t-]") & ~cells.str.fullmatch(r"-\d+")]
    assert run.empty
    assert "'=cmd|' /C calc'!A0" in set(written["id"]) and "-7" in set(written["id"])
    again = read_case_files(own(".csv"), small.study.codebook)
    assert sorted(again["id"]) == sorted(read_case_files(awkward["data"], small.study.codebook)["id"])


def test_text_that_looks_like_a_formula_stays_as_it_is_in_sav_and_dta(own, small):
    for ending, read in READ.items():
        assert read(str(own(ending)))[0]["id"].tolist() == small.frame["id"].tolist()


def test_awkward_codes_become_numbers_that_no_value_has(own, small):
    frame, said = pyreadstat.read_sav(str(own(".sav")), user_missing=True)
    assert said.missing_ranges["Place_2"] == [{"lo": -4, "hi": -1}]
    assert said.variable_value_labels["place"] == {1: "<script>run()</script>", 2: "Beta & co", 3: "G", -1: "not asked"}
    blank = small.codes["place"] == ""
    assert frame["place"].isna().tolist() == blank.tolist() and blank.any()
    known = small.codes["n_moves"] != "unknown"
    assert (frame["n_moves"][~known] == -1).all() and (frame["n_moves"][known] >= 0).all()


def test_names_that_stata_refuses_are_changed_and_stay_different(own):
    names = list(pyreadstat.read_dta(str(own(".dta")))[0])
    cut = "a_name_that_is_longer_than_thir"
    assert names[1:6] == ["with_v", "place", "Place_2", cut, f"{cut[:-2]}_2"]
