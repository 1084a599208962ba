"""Every fault of a file is told at once, with its place, its value and what is allowed; sensitive values never."""

import json

import pandas as pd
import pyreadstat
import pytest

from keepsafe.files import check, read_case_files
from keepsafe.files.cleaning import clean
from keepsafe.problems import InputError
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook


def test_files_without_a_fault_are_told_what_was_checked(found):
    report = found()
    assert report.findings == ()
    assert str(report) == (
        "files.csv: nothing was found. Checked: the columns, 5 rows by 13 columns, every entry against the codebook, "
        "that no file_id stands twice, 3 rules between columns."
    )


def test_the_projects_own_files_have_no_fault(compendium, monkeypatch):
    monkeypatch.setenv("KEEPSAFE_HOME", str(compendium))
    assert check(compendium / "data" / "synthetic" / "case_files.csv").findings == ()


ENTRIES = [
    ("sex", "femle", '"femle" is not one of female, male; did you mean female?'),
    ("sex", "neither", '"neither" is not one of female, male; or -9 (not recorded)'),
    ("sex", "", "the entry is blank; write a code of missing: -9 (not recorded)"),
    ("cse", "2", '"2" is not one of 0 (no), 1 (yes); or -9 (not recorded)'),
    ("moves", "many", '"many" is not a whole number from 0 to 57; or -9 (not recorded)'),
    ("moves", "58", '"58" is not a whole number from 0 to 57; or -9 (not recorded)'),
    ("moves", "3,5", '"3,5" is not a whole number from 0 to 57; is its comma a decimal comma? write a point and'),
    ("moves", "3.5", '"3.5" is not a whole number from 0 to 57; where decimals belong, write the range with them'),
    ("moves", "2006-01-31", '"2006-01-31" is a date, not a whole number from 0 to 57; for a column of dates'),
    ("moves", "31/01/2006", '"31/01/2006" is a date, not a whole number'),
    ("score", "9,5", '"9,5" is not a number from 0.0 to 9.5; is its comma a decimal comma? write a point'),
    ("score", "9.6", '"9.6" is not a number from 0.0 to 9.5'),
    ("n_kinds", "", "the entry is blank; a cell may be blank where the codebook has blank=..."),
    ("file_id", "", "the entry is blank; a cell may be blank"),
]


@pytest.mark.parametrize(("column", "entry", "said"), ENTRIES)
def test_an_entry_that_is_not_allowed_is_told_with_its_line_and_what_is(found, column, entry, said):
    [finding] = found({(4, column): entry}).findings
    assert str(finding).startswith(f"line 4, {column}: {said}")
    assert finding.value == (entry or None)


PLAIN = [("sex", " FEMALE"), ("cse", "Yes"), ("moves", "3.0"), ("score", ""), ("score", "9.5"), ("score", "2"),
         ("moves", "Not recorded")]  # fmt: skip


@pytest.mark.parametrize(("column", "entry"), PLAIN)
def test_what_can_only_be_read_in_one_way_is_no_fault(found, column, entry):
    kinds = {finding.kind for finding in found({(4, column): entry}).findings}
    assert kinds <= {"contradiction"}


def test_faults_are_grouped_by_column_and_repeated_ones_counted(found):
    report = found({(2, "sex"): "femle", (3, "moves"): "many", (5, "sex"): "femle", (6, "sex"): "boy"})
    assert [(f.column, f.value, f.lines, f.count) for f in report.findings] == [
        ("sex", "femle", (2, 5), 2),
        ("sex", "boy", (6,), 1),
        ("moves", "many", (3,), 1),
    ]
    lines = str(report).splitlines()
    assert lines[0].startswith("files.csv: 4 faults. Checked: ")
    assert lines[2:4] == ["sex (Sex)", '  lines 2, 5, sex: "femle" is not one of female, male; did you mean female?']
    assert lines[6] == "moves (Moves)"


def test_only_the_first_lines_of_a_fault_that_repeats_are_told(study, files):
    path = files({(6, "sex"): "x"})
    header, *rest = path.read_text().splitlines()
    rows = [rest[4].replace("F4", f"F{number}") for number in range(1000)]
    path.write_text("\n".join([header, *rows]))
    [finding] = check(path, study / "codebook.csv", study / "study.toml").findings
    assert str(finding).startswith('lines 2, 3, 4, 5, 6 and 995 more, sex: "x" is not one of')


def test_very_many_different_faults_of_a_column_are_summed_up(study, files):
    path = files()
    header, *rest = path.read_text().splitlines()
    rows = [rest[0].replace("F0", f"F{number}").replace(",3,", f",x{number},") for number in range(300)]
    path.write_text("\n".join([header, *rows]))
    report = check(path, study / "codebook.csv", study / "study.toml")
    assert len(report.findings) == 21
    assert sum(finding.count for finding in report.findings) == 300
    assert "280 further entries that are not allowed, 280 times" in str(report.findings[-1])


SECRET = "told-in-confidence"


def test_entries_of_sensitive_columns_are_nowhere_repeated(found):
    report = found({(2, "area"): SECRET, (3, "area"): "nroth", (4, "area"): "", (5, "person_id"): "P\x1b[31m"})
    said = [str(finding) for finding in report.findings]
    assert said == [
        "lines 2, 3, area: the entry is not one of north, south; or -9 (not recorded)",
        "line 4, area: the entry is blank; write a code of missing: -9 (not recorded)",
    ]
    for text in (str(report), report.as_json()):
        assert SECRET not in text and "nroth" not in text and "did you mean" not in text


def test_cleaning_tells_the_same_and_repeats_no_sensitive_entry_either(study, files):
    codebook = load_codebook(study / "codebook.csv")
    extract = read_case_files(files({(2, "area"): SECRET, (3, "sex"): "femle", (5, "sex"): "femle"}), codebook)
    with pytest.raises(InputError) as caught:
        clean(extract, load_study(study / "study.toml", codebook))
    assert [str(problem) for problem in caught.value.problems] == [
        "files.csv, line 2, column area: the entry is not one of north, south; or -9 (not recorded)",
        'files.csv, line 3, column sex: "femle" is not one of female, male (lines 3, 5); did you mean female?',
    ]


def test_json_holds_the_same_facts(found):
    report = found({(2, "sex"): "femle", (5, "sex"): "femle", (3, "area"): SECRET})
    facts = json.loads(report.as_json())
    assert (facts["file"], facts["rows"], facts["columns"], facts["faults"]) == ("files.csv", 5, 13, 3)
    sex, area = facts["findings"]
    assert sex == {
        "kind": "entry",
        "what": "is not one of female, male",
        "column": "sex",
        "lines": [2, 5],
        "count": 2,
        "value": "femle",
        "allowed": "female, male",
        "remedy": "did you mean female?",
        "line": 2,
        "message": '"femle" is not one of female, male',
    }
    assert (area["column"], area["line"], area["value"]) == ("area", 3, None)


INERT = ["=cmd|'/C calc'!A0", "<script>alert(1)</script>", "<b>x</b> & y", "{{ 7 * 7 }}", "[x](javascript:y)"]


@pytest.mark.parametrize("entry", INERT)
def test_formulas_and_scripts_stay_text(found, entry):
    [finding] = found({(4, "sex"): entry}).findings
    assert str(finding).startswith(f'line 4, sex: "{entry}" is not one of')


@pytest.mark.parametrize("entry", ["\x1b[31mred", "a\x07b", "\u202edlrow", "a\nb", "x\x9b31m"])
def test_control_characters_are_written_out(found, entry):
    report = found({(4, "sex"): entry})
    assert str(report).replace("\n", "").isprintable()
    assert all(character.isprintable() for character in json.loads(report.as_json())["findings"][0]["value"])


def test_a_long_entry_is_shortened(found):
    report = found({(4, "sex"): "x" * 100_000})
    assert len(str(report.findings[0])) < 200 and len(report.as_json()) < 2000


def test_columns_and_entries_are_told_together(study, files):
    path = files({(4, "sex"): "femle"})
    text = path.read_text().replace("moves,", "movs,", 1).replace(",score,", ",sex,", 1) + "1,2\n"
    path.write_text(text)
    kinds = [(f.kind, f.column) for f in check(path, study / "codebook.csv", study / "study.toml").findings]
    assert kinds == [
        ("missing column", "moves"),
        ("missing column", "score"),
        ("repeated column", "sex"),
        ("unknown column", "movs"),
        ("row width", None),
        ("entry", "sex"),
    ]
    said = str(check(path, study / "codebook.csv"))
    assert "column 'moves' is missing; is it the column 'movs'?" in said
    assert "column 'movs' is not in the codebook; did you mean moves?" in said
    assert "column 'sex' appears 2 times; keep one of them" in said
    assert "line 7: has 2 cells where the header has 13" in said


def test_the_faults_of_the_first_of_two_columns_of_one_name_are_told(study, files):
    path = files({(4, "sex"): "femle"})
    path.write_text(path.read_text().replace(",score,", ",sex,", 1))
    found = check(path, study / "codebook.csv").findings
    assert ("sex", "femle") in [(finding.column, finding.value) for finding in found]


def test_identifiers_that_repeat_are_told_with_their_lines(found, study):
    [finding] = found({(5, "file_id"): "F1", (6, "file_id"): "F1"}).findings
    assert str(finding) == 'lines 3, 5, 6, file_id: "F1" stands on 3 lines; each has to stand on one line'
    assert found({(5, "person_id"): "P9"}).findings == ()  # a person may have several files
    book = study / "codebook.csv"
    book.write_text(book.read_text().replace("File_Id,,,identifier,,,,no", "File_Id,,,identifier,,,,yes"))
    [finding] = found({(5, "file_id"): "F1"}).findings
    assert str(finding).startswith("lines 3, 5, file_id: the same entry stands on 2 lines")


def test_the_only_identifier_of_a_codebook_has_to_be_unique_without_a_study(study, files):
    book = study / "codebook.csv"
    lines = book.read_text().splitlines(keepends=True)
    book.write_text("".join(line for line in lines if not line.startswith("person_id")))
    path = files({(5, "file_id"): "F1"})
    report = check(path, book)
    assert [finding.kind for finding in report.findings] == ["unknown column", "repeated identifier"]
    assert "no rules between columns were checked" in str(report)


ONE_ROW_A_PERSON = '[study]\nperson = "person_id"\n'


def test_without_a_file_column_the_person_has_to_be_unique_however_many_identifiers_there_are(study, files):
    (study / "one.toml").write_text(ONE_ROW_A_PERSON)
    path = files({(line, "person_id"): f"P{line}" for line in range(2, 6)} | {(6, "person_id"): "P3"})
    report = check(path, study / "codebook.csv", study / "one.toml")
    assert [(f.kind, f.column, f.lines) for f in report.findings] == [("repeated identifier", "person_id", (3, 6))]
    assert "that no person_id stands twice" in report.checked


def test_where_nothing_says_which_column_is_unique_that_is_noted(study, files):
    report = check(files(), study / "codebook.csv")
    assert "stands twice" not in report.checked
    assert "no column was checked for entries that stand twice" in str(report)


def test_a_person_column_that_is_no_identifier_is_refused_before_anything_is_checked(study, files):
    book = study / "codebook.csv"
    book.write_text(book.read_text().replace("Person_Id,,,identifier", "Person_Id,,,count"))
    with pytest.raises(InputError) as caught:
        check(files(), book, study / "study.toml")
    [problem] = caught.value.problems
    assert problem.file.endswith("study.toml") and problem.column == "person_id"
    assert "is of type count in the codebook; make it identifier" in str(problem)


def test_a_column_that_the_codebook_lacks_is_to_be_described_or_deleted(study, files):
    path = files()
    pd.read_csv(path, dtype=str).assign(BORN="x").to_csv(path, index=False)
    [finding] = check(path, study / "codebook.csv", study / "study.toml").findings
    assert str(finding) == (
        "column 'BORN' is not in the codebook; describe it in the codebook, or delete the column "
        "from the file (in SPSS: SAVE OUTFILE ... /DROP=BORN)"
    )


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_rows_of_spss_and_stata_are_called_cases_in_errors_too(study, files, kind):
    frame = pd.read_csv(files({(4, "sex"): "femle", (6, "sex"): "femle"}), dtype=str)
    getattr(pyreadstat, f"write_{kind}")(frame, study / f"files.{kind}")
    codebook = load_codebook(study / "codebook.csv")
    report = check(study / f"files.{kind}", study / "codebook.csv", study / "study.toml")
    assert len(report.findings) == 1 and '\n  cases 3, 5, sex: "femle"' in str(report)
    with pytest.raises(InputError, match=rf"files.{kind}, case 3, column sex: .* \(cases 3, 5\)"):
        clean(read_case_files(study / f"files.{kind}", codebook), load_study(study / "study.toml", codebook))


def test_a_column_of_dates_is_noted_and_kept_as_text(study, found):
    day = {(line, "file_id"): f"2006-01-{line:02}" for line in range(2, 7)}
    assert "dates are kept as text: file_id" in str(found(day))


@pytest.mark.parametrize("kind", ["xlsx", "sav"])
def test_other_formats_are_checked_by_their_own_lines(study, files, kind):
    frame = pd.read_csv(files({(4, "sex"): "femle"}), dtype=str)
    if kind == "xlsx":
        frame.to_excel(study / "files.xlsx", index=False)
    else:
        pyreadstat.write_sav(frame, study / "files.sav")
    report = check(study / f"files.{kind}", study / "codebook.csv", study / "study.toml")
    row = "line 4" if kind == "xlsx" else "case 3"
    assert len(report.findings) == 1 and f'\n  {row}, sex: "femle" is not one of' in str(report)


def test_swapped_codes_are_noted(study, files):
    frame = pd.read_csv(files(), dtype=str).assign(ran=0.0)
    pyreadstat.write_sav(frame, study / "files.sav", variable_value_labels={"ran": {0: "Yes", 1: "No"}})
    report = check(study / "files.sav", study / "codebook.csv", study / "study.toml")
    assert report.findings == ()
    assert "codes that the file's own labels give another meaning were read by these: ran" in str(report)


@pytest.mark.parametrize(("row", "remedy"), [
    ("F2,female,1", "is a line broken in two, or a cell left out?"),
    ("F2,female,1,2,3,4,5,6,7,8,9,9,9,9,9", "quote cells that hold what separates cells"),
])  # fmt: skip
def test_a_row_of_another_width_has_the_remedy_for_its_width(study, files, row, remedy):
    path = files()
    path.write_text(path.read_text() + row + "\n")
    [finding] = check(path, study / "codebook.csv").findings
    assert (finding.kind, finding.remedy) == ("row width", remedy)


def test_a_heading_in_capitals_is_told_as_the_column_that_it_is(study, files):
    path = files()
    head, rest = path.read_text().split("\n", 1)
    path.write_text(head.replace("moves", "MOVES") + "\n" + rest)
    said = str(check(path, study / "codebook.csv"))
    assert "column 'moves' is missing; is it the column 'MOVES'?" in said and "did you mean moves?" in said
    path.write_text(head.upper() + "\n" + rest)
    with pytest.raises(
        InputError, match="none of the codebook's columns; its headings are the codebook's in other let"
    ):
        check(path, study / "codebook.csv")
