"""The codebook is read as written, and a broken one is named by line and column."""

from datetime import date

import pandas as pd
import pytest

from keepsafe.problems import InputError
from keepsafe.study.codebook import COLUMNS, load_codebook

HEADER = ",".join(COLUMNS)
SEX = "sex,Sex,Who?,,category,female=Female; male=Male,-9=not recorded,male,no,112"


def written(tmp_path, *rows):
    path = tmp_path / "codebook.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_codebook_describes_every_variable_with_label_question_and_type():
    codebook = load_codebook()
    assert len(codebook) == len(set(codebook.names)) > 100
    assert all(variable.label and variable.question for variable in codebook)
    assert all(variable.levels for variable in codebook if variable.coded)
    assert all(variable.missing for variable in codebook if "p2" in variable.name)


def test_labels_come_from_the_codebook(tmp_path):
    codebook = load_codebook(written(tmp_path, SEX, "moves,Moves,How often?,1,count,0..57,-9=not recorded,,no,"))
    assert codebook.level_label("sex", "female|male") == "Female or Male"
    assert codebook.level_label("sex", "female|male", within=True) == "female or male"
    assert load_codebook().level_label("ethnicity", "asian", within=True) == "Asian"
    assert (codebook["moves"].low, codebook["moves"].high) == (0, 57)
    assert codebook.label("unheard_of") == "unheard_of"


def test_a_code_with_a_bar_in_it_has_its_own_label(tmp_path):
    codes = "home,Home,Where?,,category,own=Own home; kin=With kin; own|kin=By turns,-9=not recorded,own,no,"
    codebook = load_codebook(written(tmp_path, codes))
    assert codebook.level_label("home", "own|kin") == "By turns"
    assert codebook.level_label("home", "kin|own") == "With kin or Own home"


FAULTS = {
    "name": "2sex,Sex,Who?,,category,female=Female; male=Male,,male,no,112",
    "label": "sex,,Who?,,category,female=Female; male=Male,,male,no,112",
    "phase": "sex,Sex,Who?,5,category,female=Female; male=Male,,male,no,112",
    "type": "sex,Sex,Who?,,categroy,female=Female; male=Male,,male,no,112",
    "levels": "sex,Sex,Who?,,category,female=Female; female=Male,,female,no,112",
    "missing": "sex,Sex,Who?,,category,female=Female; male=Male,male=no,male,no,112",
    "reference": "sex,Sex,Who?,,category,female=Female; male=Male,,mael,no,112",
    "sensitive": "sex,Sex,Who?,,category,female=Female; male=Male,,male,perhaps,112",
}


CONTRADICTORY = {
    "levels": ["x,X,,,category,1=One; 2=One,,1,no,", "x,X,,,count,5..2,,,no,", "x,X,,,count,0.5..2,,,no,",
               "x,X,,,binary,1=no; 2=yes,,1,no,", "x,X,,,number,0..1234567890123456,,,no,", "x,X,,,category,,,,no,",
               'x,X,,,category,"1=Yes, 2=No",,1,no,', 'x,X,,,category,"yes=Yes,no=No",,yes,no,',
               "x,X,,,date,2019-02-30..2020-01-01,,,no,", "x,X,,,date,2019..2018,,,no,", "x,X,,,count,٠..٩,,,no,"],
    "missing": ["x,X,,,count,0..99,99=not known,,no,",
                "x,X,,,date,1900-01-01..2000-01-01,1999-09-09=not known,,no,",
                "x,X,,,number,0.5..9.5,1.5=not known,,no,",
                'x,X,,,number,,"99=not known, 98=refused",,no,',
                "x,X,,,category,a=A; b=B,a=none,a,no,", "x,X,,,category,a=A; b=B,c=1; c=2,a,no,"],
}  # fmt: skip


@pytest.mark.parametrize(("column", "row"), [(column, row) for column, rows in CONTRADICTORY.items() for row in rows])
def test_a_row_that_contradicts_itself_is_named(tmp_path, column, row):
    with pytest.raises(InputError) as caught:
        load_codebook(written(tmp_path, row))
    assert {(problem.line, problem.column) for problem in caught.value.problems} == {(2, column)}


def test_a_number_has_decimals_where_its_range_has_or_is_blank(tmp_path):
    rows = ["a,A,,,number,0..9,,,no,", "b,B,,,number,0.0..9.5,,,no,", "c,C,,,number,,,,no,", "d,D,,,count,,,,no,"]
    codebook = load_codebook(written(tmp_path, *rows))
    assert [variable.whole for variable in codebook] == [True, False, False, True]
    assert (codebook["b"].low, codebook["b"].high) == (0.0, 9.5)


def test_codes_are_read_however_a_spreadsheet_writes_them(tmp_path):
    rows = [
        'a,A,,,number,,"99.0=not known\n−9=refused\nBlank=none",,no,',
        'b,B,,,category,"1.0=Yes\n2=No, never",,1,no,',
    ]
    codebook = load_codebook(written(tmp_path, *rows))
    assert codebook["a"].missing == {"99": "not known", "-9": "refused", "blank": "none"}
    assert codebook["b"].levels == {"1": "Yes", "2": "No, never"}
    with pytest.raises(InputError, match="write its code: 2"):
        load_codebook(written(tmp_path, "b,B,,,category,1=Yes; 2=No,,no,no,"))


def test_a_date_has_a_first_and_a_last_day_or_none(tmp_path):
    rows = ["a,A,,,date,2017-01-01..2019-12,,,yes,", "b,B,,,date,,-9=not recorded,,no,"]
    codebook = load_codebook(written(tmp_path, *rows))
    assert (codebook["a"].low, codebook["a"].high) == (date(2017, 1, 1), date(2019, 12, 1))
    assert codebook["b"].low is None and codebook["b"].missing == {"-9": "not recorded"}
    assert not codebook["a"].described


def test_a_category_may_have_a_single_level(tmp_path):
    """Real files have columns in which every entry is the same: the rest of the file is still of use."""
    assert load_codebook(written(tmp_path, "x,X,,,category,WLS=WLS,,,no,"))["x"].levels == {"WLS": "WLS"}


def test_a_codebook_may_be_written_with_semicolons_or_in_excel(tmp_path):
    table = pd.read_csv(written(tmp_path, SEX), dtype=str, keep_default_na=False)
    table.to_csv(tmp_path / "windows.csv", sep="|", index=False, encoding="cp1252")
    table.to_excel(tmp_path / "codebook.xlsx", index=False)
    for name in ("windows.csv", "codebook.xlsx"):
        assert load_codebook(tmp_path / name)["sex"].levels == {"female": "Female", "male": "Male"}


@pytest.mark.parametrize("column", FAULTS)
def test_a_broken_row_is_named_by_line_and_column(tmp_path, column):
    with pytest.raises(InputError) as caught:
        load_codebook(written(tmp_path, SEX.replace("sex,", "other,"), FAULTS[column]))
    assert {(problem.line, problem.column) for problem in caught.value.problems} == {(3, column)}


def test_all_faults_are_listed_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        load_codebook(written(tmp_path, *FAULTS.values()))
    assert {problem.column for problem in caught.value.problems} >= set(FAULTS)


def test_a_misspelt_word_is_answered_with_the_nearest_one(tmp_path):
    with pytest.raises(InputError, match="did you mean category"):
        load_codebook(written(tmp_path, FAULTS["type"]))


def test_a_variable_described_twice_is_refused_with_both_lines(tmp_path):
    with pytest.raises(InputError, match="line 3.*described on line 2"):
        load_codebook(written(tmp_path, SEX, SEX))


@pytest.mark.parametrize("form", ["missing", "empty", "header", "column", "width", "bytes", "quote"])
def test_a_file_that_is_no_codebook_is_refused(tmp_path, form):
    path = tmp_path / "codebook.csv"
    text = {
        "empty": "",
        "header": HEADER,
        "column": HEADER.replace("phase", "pahse") + "\n" + SEX,
        "width": f"{HEADER}\n{SEX},more",
        "quote": f'{HEADER}\n"{SEX}',
    }
    if form == "bytes":
        path.write_bytes(b"name\xff\xfe\n")
    elif form in text:
        path.write_text(text[form], encoding="utf-8")
    with pytest.raises(InputError, match="codebook.csv"):
        load_codebook(path)
