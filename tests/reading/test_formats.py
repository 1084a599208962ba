"""The same case files read the same from every format: codes stay codes, labels become codes, dates stay text."""

import pandas as pd
import pyreadstat
import pytest

from keepsafe import reading
from keepsafe.files import read_case_files, tidy

FIRST = {"csv": 2, "xlsx": 2, "parquet": 1, "sav": 1, "zsav": 1, "dta": 1}


@pytest.mark.parametrize("kind", FIRST)
def test_every_format_gives_the_same_text(kind, write, codebook):
    expected = read_case_files(write("csv"), codebook)
    found = read_case_files(write(kind), codebook)
    assert set(map(str, found.dtypes)) == {"str"}
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected.reset_index(drop=True))
    assert found.index.tolist() == list(range(FIRST[kind], FIRST[kind] + 4))


def test_a_file_is_told_by_its_content_not_its_name(write, codebook, tmp_path):
    path = write("sav").rename(tmp_path / "files.csv")
    assert read_case_files(path, codebook)["sex"].tolist() == ["female", "male", "-9", "female"]


def test_labels_and_declared_missing_codes_are_what_the_file_says(write):
    said = reading.read(write("sav")).meanings
    assert said["sex"].label == "Sex of the young person"
    assert said["sex"].levels == {"1": "Male", "2": "Female"}
    assert said["sex"].missing == {"-9": "not recorded"}
    assert said["moves"].missing == {"-9": "declared missing"}
    assert said["cse"].ordered and not said["sex"].ordered
    assert reading.read(write("dta")).meanings["sex"].missing == {".a": "not recorded"}


def test_swapped_codes_are_read_by_their_labels(tmp_path, codebook, typed):
    path = tmp_path / "swapped.sav"
    swapped = typed.assign(cse=typed["cse"].replace({0: 1, 1: 0}))
    pyreadstat.write_sav(swapped, path, variable_value_labels={"cse": {1: "No", 0: "Yes"}})
    assert read_case_files(path, codebook)["cse"].tolist() == ["0", "1", "1", "-9"]


def test_a_label_that_the_codebook_lacks_leaves_the_code(write, tmp_path, codebook, typed):
    path = tmp_path / "own.sav"
    pyreadstat.write_sav(typed, path, variable_value_labels={"cse": {0: "nothing seen", 1: "signs seen"}})
    assert read_case_files(path, codebook)["cse"].tolist() == ["0", "1", "1", "-9"]


def test_a_code_without_a_place_is_not_taken_for_one_that_its_label_took(tmp_path, codebook, typed):
    path = tmp_path / "own.sav"
    coded = typed.assign(cse=[1.0, 2.0, 2.0, 1.0])
    pyreadstat.write_sav(coded, path, variable_value_labels={"cse": {2: "yes", 1: "not at all"}})
    assert read_case_files(path, codebook)["cse"].tolist() == ["1 (not at all)", "1", "1", "1 (not at all)"]


def test_an_spss_file_without_labels_keeps_its_codes(tmp_path, codebook, typed):
    pyreadstat.write_sav(typed, tmp_path / "bare.sav")
    found = read_case_files(tmp_path / "bare.sav", codebook)
    assert found["sex"].tolist() == ["2", "1", "-9", "2"]
    assert found["moves"].tolist() == ["3", "12", "0", "-9"]


def test_a_headings_other_characters_do_not_hide_its_column(write, codebook):
    path = write("csv")
    path.write_text(path.read_text().replace("file_id", '" file-id "', 1))
    assert read_case_files(path, codebook)["file_id"].tolist() == ["F1", "F2", "F3", "F4"]


def test_true_and_false_are_1_and_0(tmp_path):
    frame = pd.DataFrame({"file_id": ["a", "b"], "cse": [True, False]})
    for kind in ("xlsx", "parquet"):
        getattr(frame, {"xlsx": "to_excel"}.get(kind, "to_parquet"))(tmp_path / f"b.{kind}", index=False)
        assert list(reading.read(tmp_path / f"b.{kind}").columns[1]) == ["1", "0"]


def test_only_the_first_sheet_is_read_and_the_others_are_named(write, tmp_path, typed):
    with pd.ExcelWriter(tmp_path / "two.xlsx") as book:
        typed.to_excel(book, sheet_name="Cases", index=False)
        typed.to_excel(book, sheet_name="Old cases", index=False)
    table = reading.read(tmp_path / "two.xlsx")
    assert len(table.lines) == 4
    assert table.notes == ("only the first of its 2 sheets was read (Cases, Old cases)",)


def test_rows_of_a_sheet_keep_their_numbers_over_blank_ones(tmp_path):
    frame = pd.DataFrame([["file_id", "sex"], [None, None], ["F1", "female"], [None, " "], ["F2", None]])
    frame.to_excel(tmp_path / "gaps.xlsx", index=False, header=False)
    table = reading.read(tmp_path / "gaps.xlsx")
    assert table.lines.tolist() == [3, 5]
    assert [list(column) for column in table.columns] == [["F1", "F2"], ["female", ""]]


def test_a_parquet_dictionary_keeps_its_order_and_pandas_index_is_no_column(tmp_path):
    level = pd.Categorical(["low", "high", None], ["low", "high"], ordered=True)
    pd.DataFrame({"level": level}, index=[5, 7, 9]).to_parquet(tmp_path / "o.parquet")
    table = reading.read(tmp_path / "o.parquet")
    assert table.names == ("level",)
    assert list(table.columns[0]) == ["low", "high", ""]
    assert table.meanings["level"].ordered and list(table.meanings["level"].levels) == ["low", "high"]


def test_a_column_of_many_cells_is_held_as_its_different_entries(write, codebook, monkeypatch):
    plain = read_case_files(write("csv"), codebook)
    monkeypatch.setattr("keepsafe.files.MANY", 3)
    large = read_case_files(write("csv"), codebook)
    assert set(map(str, large.dtypes)) == {"category"}
    pd.testing.assert_frame_equal(large.astype("str"), plain)
    pd.testing.assert_frame_equal(tidy(large, codebook).astype("str"), tidy(plain, codebook))
