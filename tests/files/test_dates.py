"""Dates in the codebook: read in every form, checked for range and order, turned into days and ages, exported."""

import json
import subprocess

import pandas as pd
import pyreadstat
import pytest

from keepsafe.files import check, read_case_files
from keepsafe.files.cleaning import clean
from keepsafe.files.disclosure import Limits
from keepsafe.files.disclosure.protection import protect
from keepsafe.problems import InputError
from keepsafe.report.export import export
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook
from tests.describing import describe

BOOK = [
    ("person", "identifier", "", "", "yes"),
    ("born", "date", "1980-01-01..2012-12-31", "-9=not recorded", "yes"),
    ("referred", "date", "2010-01-01..2019-12-31", "-9=not recorded", "no"),
    ("closed", "date", "", "blank=open", "no"),
    ("outcome", "binary", "0=no; 1=yes", "", "no"),
]
STUDY = """
[study]
person = "person"
[derived]
age = { label = "Age at referral", since = "born", until = "referred", unit = "years" }
days = { label = "Days until closed", since = "referred", until = "closed" }
now = { label = "Age at the end of 2019", since = "born", until = "2019-12-31", unit = "years" }
[rules.not_before]
closed = "referred"
"""
CASES = [
    ("p1", "29/02/2004", "28/02/2018", "01/03/2018", "0"),
    ("p2", "1 March 2004", "01/03/2018", "", "1"),
    ("p3", "Mar-2-2004", "-9", "2018-12-31", "0"),
    ("p4", "2004-03-03 00:00:00", "13.03.2018", "20180313", "1"),
]


@pytest.fixture
def dated(tmp_path):
    describe(tmp_path, BOOK, STUDY)
    pd.DataFrame(CASES, columns=[row[0] for row in BOOK]).to_csv(tmp_path / "cases.csv", index=False)
    return tmp_path


@pytest.fixture
def study(dated):
    return load_study(dated / "study.toml", load_codebook(dated / "codebook.csv"))


def test_dates_are_read_in_every_form_and_counted_in_days_and_completed_years(dated, study):
    cohort = clean(read_case_files(dated / "cases.csv", study.codebook), study)
    assert cohort["referred"].isna().tolist() == [False, False, True, False]
    assert cohort["referred"].dropna().dt.strftime("%Y-%m-%d").tolist() == ["2018-02-28", "2018-03-01", "2018-03-13"]
    assert cohort["age"].tolist() == [13, 14, pd.NA, 14]  # who was born on 29 February is a year older on 1 March
    assert cohort["days"].tolist() == [1, pd.NA, pd.NA, 0]
    assert cohort["now"].tolist() == [15, 15, 15, 15]


def test_a_date_outside_its_range_or_before_another_is_told(dated):
    path = dated / "cases.csv"
    path.write_text(path.read_text().replace("28/02/2018", "28/02/2008").replace("20180313", "2018-03-12"))
    report = check(path, dated / "codebook.csv", dated / "study.toml")
    assert [str(finding) for finding in report.findings] == [
        'line 2, referred: "2008-02-28" is not a date from 2010-01-01 to 2019-12-31; or -9 (not recorded)',
        'line 5, closed: "2018-03-12" contradicts referred: it is not before that',
    ]
    assert report.changed == {"born": 4, "referred": 3, "closed": 1}


@pytest.mark.parametrize(("entry", "said"), [
    ("30/02/2018", "there is no such day"), ("2018", "a year alone is a number"), ("soon", "or -9"),
    ("２８/02/2018", "write its digits as 0 to 9"), ("31/12/2018 or so", "or -9"),
])  # fmt: skip
def test_what_is_no_date_is_told_with_the_remedy_and_not_repeated_where_it_is_sensitive(dated, entry, said):
    path = dated / "cases.csv"
    text = path.read_text()
    path.write_text(text.replace("28/02/2018", entry))
    [finding] = check(path, dated / "codebook.csv").findings
    assert finding.column == "referred" and said in finding.remedy
    path.write_text(text.replace("29/02/2004", entry))
    [finding] = check(path, dated / "codebook.csv").findings
    assert entry not in str(finding) and said in finding.remedy


def test_day_and_month_that_cannot_be_told_apart_are_noted(dated):
    path = dated / "cases.csv"
    path.write_text(path.read_text().replace("28/02/2018", "03/02/2018").replace("13.03.2018", "2018-03-13"))
    assert "the day was taken to: referred" in str(check(path, dated / "codebook.csv"))


def test_a_month_first_file_is_read_month_first(dated, study):
    path = dated / "cases.csv"
    path.write_text(path.read_text().replace("28/02/2018", "02/28/2018").replace("13.03.2018", "03/13/2018"))
    cohort = clean(read_case_files(path, study.codebook), study)
    assert cohort["referred"].dropna().dt.strftime("%m-%d").tolist() == ["02-28", "01-03", "03-13"]


@pytest.mark.parametrize(("line", "said"), [
    ('x = { label = "X", since = "born" }', "not until"),
    ('x = { label = "X", since = "born", until = "soon" }', "names the variable 'soon'"),
    ('x = { label = "X", since = "outcome", until = "closed" }', "of type binary in the codebook, not a date"),
    ('x = { label = "X", since = "born", until = "closed", unit = "weeks" }', "'weeks' is not one of days, years"),
    ('x = { label = "X", since = "born", until = "closed", one_of = ["1"] }', "exactly one of"),
])  # fmt: skip
def test_a_difference_of_what_are_no_dates_is_refused(dated, line, said):
    (dated / "study.toml").write_text(STUDY.replace("[derived]", f"[derived]\n{line}"))
    with pytest.raises(InputError, match=said):
        load_study(dated / "study.toml", load_codebook(dated / "codebook.csv"))


def test_an_order_of_what_are_no_dates_is_refused(dated):
    (dated / "study.toml").write_text(STUDY + 'outcome = "closed"\n')
    with pytest.raises(InputError, match="outcome is of type binary in the codebook, not a date"):
        load_study(dated / "study.toml", load_codebook(dated / "codebook.csv"))


def test_no_date_gets_past_disclosure_control_and_what_is_made_of_dates_is_a_number(dated, study):
    cohort = clean(read_case_files(dated / "cases.csv", study.codebook), study)
    many = pd.concat([cohort] * 30, ignore_index=True)
    made = protect(many, study, Limits(10, 5))
    assert not {"born", "referred", "closed"} & set(made.cohort) and {"age", "days"} <= set(made.cohort)
    assert made.log.set_index("name")["why"]["Born (born)"] == "a date"


@pytest.mark.parametrize("ending", [".sav", ".dta", ".csv"])
def test_exported_dates_come_back(dated, study, ending):
    paths = {"data": dated / "cases.csv", "codebook": dated / "codebook.csv", "study": dated / "study.toml"}
    path = export(dated / f"out{ending}", **paths).files[0]
    before = clean(read_case_files(dated / "cases.csv", study.codebook), study)
    after = clean(read_case_files(path, study.codebook), study)
    pd.testing.assert_frame_equal(after, before)
    package = json.loads((dated / "datapackage.json").read_text())
    fields = {field["name"]: field for field in package["resources"][0]["schema"]["fields"]}
    assert fields["born"]["type"] == "date" and fields["born"]["constraints"]["minimum"] == "1980-01-01"
    assert fields["days"]["type"] == "integer"


def test_other_programs_know_exported_dates_for_dates(dated):
    paths = {"data": dated / "cases.csv", "codebook": dated / "codebook.csv", "study": dated / "study.toml"}
    for ending, read in ((".sav", pyreadstat.read_sav), (".dta", pyreadstat.read_dta)):
        folder = dated / ending[1:]
        folder.mkdir()
        frame, _ = read(export(folder / f"out{ending}", **paths).files[0], disable_datetime_conversion=False)
        assert str(frame["born"][0]) == "2004-02-29" and str(frame["referred"][3]) == "2018-03-13"


@pytest.mark.skipif(subprocess.run(["sh", "-c", "command -v pspp"], capture_output=True).returncode != 0,
                    reason="there is no pspp on this machine")  # fmt: skip
@pytest.mark.parametrize("ending", [".sav", ".csv"])
def test_pspp_reads_exported_dates_by_the_syntax(dated, ending):
    paths = {"data": dated / "cases.csv", "codebook": dated / "codebook.csv", "study": dated / "study.toml"}
    export(dated / f"out{ending}", **paths)
    syntax = dated / "out.sps"
    syntax.write_text(syntax.read_text() + "\nCOMPUTE y = XDATE.YEAR(born) * 100 + XDATE.MONTH(born).\nLIST y.\n")
    words = ["pspp", "-o", "-", "-O", "format=csv", syntax.name]
    done = subprocess.run(words, cwd=dated, capture_output=True, text=True)
    assert done.stdout.count("200403") == 3 and "200402" in done.stdout, done.stdout
