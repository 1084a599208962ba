"""The codebook is read as written, and a broken one is named by line and column."""

import pytest

from keepsafe.codebook import COLUMNS, load_codebook
from keepsafe.problems import InputError

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
    assert (codebook["moves"].low, codebook["moves"].high) == (0, 57)
    assert codebook.label("unheard_of") == "unheard_of"


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
