"""Files as teams keep them: what came out wrong once, each kind with its siblings."""

import sqlite3
import subprocess
import sys
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from pyarrow import parquet

from keepsafe import cli, reading
from keepsafe.files import check, read_case_files, tidy
from keepsafe.files.cleaning import as_coded, clean
from keepsafe.files.draft import draft
from keepsafe.problems import InputError
from keepsafe.study import load_study
from keepsafe.study.codebook import COLUMNS, load_codebook


def drafted(path):
    """The draft of a file, and the codebook that it is."""
    made = draft(path)
    book = path.with_name(f"{path.stem}-book.csv")
    book.unlink(missing_ok=True)
    made.save(book)
    return made, load_codebook(book), book


def book(folder, *rows):
    path = folder / "book.csv"
    filled = [
        (name, name.title(), "", "", kind, levels, missing, "", sensitive, "")
        for name, kind, levels, missing, sensitive in rows
    ]
    pd.DataFrame(filled, columns=list(COLUMNS)).to_csv(path, index=False)
    return path


def save(path, frame, **said):
    getattr(pyreadstat, f"write_{path.suffix[1:]}")(frame, path, **said)
    return path


# ---- labels and codes of missing


@pytest.mark.parametrize("ending", [".sav", ".dta"])
def test_a_label_that_is_another_code_moves_no_entry(tmp_path, ending):
    kids = pd.DataFrame({"kids": [1.0] * 80 + [2.0] * 59 + [3.0] * 43 + [4.0] * 18})
    labels = {"kids": {1: "0", 2: "1", 3: "2", 4: "3 or more"}}
    path = save(tmp_path / f"kids{ending}", kids, variable_value_labels=labels)
    _, codebook, written = drafted(path)
    counts = read_case_files(path, codebook)["kids"].value_counts().to_dict()
    assert counts == {"1": 80, "2": 59, "3": 43, "4": 18}
    assert check(path, written).changed == {}


def test_labels_typed_into_a_csv_in_place_of_codes_that_look_like_other_codes_are_refused(tmp_path):
    """0, 1, 2 may be labels or codes: to take some for labels would merge two groups."""
    written = book(tmp_path, ("kids", "category", "1=0; 2=1; 3=2; 4=3 or more", "", "no"))
    (tmp_path / "kids.csv").write_text("kids,x\n" + "0,1\n1,1\n2,1\n3 or more,1\n" * 5)
    [finding] = [found for found in check(tmp_path / "kids.csv", written).findings if found.column == "kids"]
    assert (finding.value, finding.count) == ("0", 5)


@pytest.mark.parametrize("declared", [True, False])
def test_a_missing_code_never_becomes_the_level_that_shares_its_label(tmp_path, declared):
    told = pd.DataFrame({"told": [1.0] * 48 + [2.0] * 37 + [3.0] * 26 + [-8.0] * 9})
    labels = {"told": {1: "Yes", 2: "No", 3: "Don't know", -8: "Don't know"}}
    path = save(
        tmp_path / "told.sav", told, variable_value_labels=labels, missing_ranges={"told": [-8]} if declared else None
    )
    _, codebook, _ = drafted(path)
    assert read_case_files(path, codebook)["told"].value_counts().to_dict() == {"1": 48, "2": 37, "3": 26, "-8": 9}
    assert as_coded(read_case_files(path, codebook), codebook)["told"].isna().sum() == 9


def test_two_codes_of_one_label_stay_two(tmp_path):
    path = save(
        tmp_path / "a.sav",
        pd.DataFrame({"x": [1.0] * 20 + [2.0] * 30 + [3.0] * 40}),
        variable_value_labels={"x": {1: "yes", 2: "no", 3: "Yes"}},
    )
    written = book(tmp_path, ("x", "category", "1=Yes; 2=No", "", "no"))
    report = check(path, written)
    assert [(finding.value, finding.count) for finding in report.findings] == [("3", 40)]
    assert report.changed == {}


def test_a_label_that_looks_like_codes_is_drafted_as_a_label(tmp_path):
    kids = pd.DataFrame({"kids": [1.0] * 80 + [2.0] * 59 + [9.0] * 9})
    labels = {"kids": {1: "none, 0=none", 2: "A=one,B=two", 9: "refused, 8=asked"}}
    path = save(tmp_path / "kids.sav", kids, variable_value_labels=labels, missing_ranges={"kids": [9]})
    _, codebook, written = drafted(path)
    assert codebook["kids"].levels == {"1": "none, 0:none", "2": "A:one,B:two"} and list(codebook["kids"].missing) == [
        "9"
    ]
    assert check(path, written).findings == () and check(path, written).changed == {}


def test_a_code_without_a_label_does_not_join_the_one_whose_place_another_took(tmp_path):
    path = save(
        tmp_path / "a.sav",
        pd.DataFrame({"x": [0.0] * 3 + [1.0] * 20 + [2.0] * 30}),
        variable_value_labels={"x": {1: "no", 2: "yes"}},
    )
    report = check(path, book(tmp_path, ("x", "binary", "0=No; 1=Yes", "", "no")))
    assert [(finding.value, finding.count) for finding in report.findings] == [("0 (no label)", 3)]
    assert report.changed == {"x": 53}
    assert "another meaning were read by these: x 53" in str(report)


AGES = pd.DataFrame({"pid": np.arange(1.0, 301), "age": [-9.0] * 25 + [*range(1, 19)] * 15 + [4.0] * 5,
                     "weeks": [999.0] * 30 + [*range(24, 42)] * 15})  # fmt: skip


def test_codes_that_a_file_labels_apart_from_the_rest_are_missing_and_told(tmp_path):
    labels = {"age": {-9: "Refused"}, "weeks": {999: "Not stated"}}
    made, codebook, written = drafted(save(tmp_path / "ages.sav", AGES, variable_value_labels=labels))
    assert codebook["age"].missing == {"-9": "Refused"} and codebook["weeks"].missing == {"999": "Not stated"}
    assert (codebook["age"].high, codebook["weeks"].high) == (20, 50)
    assert "Does -9 or 999 stand for missing in age and weeks?" in made.questions[0]
    assert check(tmp_path / "ages.sav", written).findings == ()


@pytest.mark.parametrize(("labels", "missing"), [
    ({1: "Yes", 2: "No", 9: "Refused"}, {"9"}), ({1: "Yes", 2: "No", -1: "Not applicable"}, {"-1"}),
    ({1: "Yes", 2: "No", 3: "Don't know"}, set()), ({1: "One", 2: "Two", 98: "Other"}, set()),
    ({-1: "Worse", 0: "Same", 1: "Better"}, set()),
    ({1: "Yes", 2: "No", 97: "Don't know", 99: "No answer"}, {"97", "99"}),
])  # fmt: skip
def test_a_labelled_code_is_missing_only_where_its_label_and_its_place_say_so(tmp_path, labels, missing):
    frame = pd.DataFrame({"x": [float(code) for code in labels] * 20})
    _, codebook, _ = drafted(save(tmp_path / "a.sav", frame, variable_value_labels={"x": labels}))
    assert set(codebook["x"].missing) == missing
    assert set(codebook["x"].levels) == {str(code) for code in labels} - missing


def test_a_label_of_the_highest_numbers_is_no_code_of_missing(tmp_path):
    frame = pd.DataFrame({"age": [*range(18, 85)] * 3 + [95.0] * 12})
    _, codebook, _ = drafted(save(tmp_path / "a.sav", frame, variable_value_labels={"age": {95: "95 or older"}}))
    assert codebook["age"].missing == {} and codebook["age"].high >= 95


def test_a_label_on_a_number_of_a_hand_made_codebook_is_noted(tmp_path):
    path = save(tmp_path / "ages.sav", AGES, variable_value_labels={"weeks": {999: "Not stated"}})
    rows = [
        ("pid", "identifier", "", "", "no"),
        ("age", "number", "-9..20", "", "no"),
        ("weeks", "count", "", "", "no"),
    ]
    assert "takes for numbers (codes of missing?): weeks 30" in str(check(path, book(tmp_path, *rows)))


def test_what_a_file_calls_missing_and_its_codebook_does_not_is_noted_in_a_range_and_refused_without_one(tmp_path):
    said = {"missing_ranges": {"weeks": [999]}, "variable_value_labels": {"weeks": {999: "Not stated"}}}
    path = save(tmp_path / "ages.sav", AGES, **said)
    rows = [
        ("pid", "identifier", "", "", "no"),
        ("age", "number", "-9..20", "", "no"),
        ("weeks", "count", "0..1000", "", "no"),
    ]
    assert "the file calls entries missing that the codebook takes for known: weeks 30" in str(
        check(path, book(tmp_path, *rows))
    )
    found = check(path, book(tmp_path, *rows[:2], ("weeks", "count", "", "", "no")))
    [finding] = [finding for finding in found.findings if finding.column == "weeks"]
    assert (finding.value, finding.count) == ("999 (Not stated)", 30)


# ---- dates


@pytest.mark.parametrize(("ending", "far"), [(".sav", 265_656_153_600.0), (".dta", 99_999_999.0)])
def test_one_date_beyond_the_calendar_leaves_the_others_dates_and_is_told(tmp_path, ending, far):
    unit, origin = (86_400, pd.Timestamp("1582-10-14")) if ending == ".sav" else (1, pd.Timestamp("1960-01-01"))
    days = pd.date_range("2018-01-01", periods=60)
    seconds = ((days - origin.as_unit("s")).days * unit).astype(float).tolist()
    frame = pd.DataFrame({"referred": seconds, "closed": [*seconds[:3], far, *seconds[4:]]})
    form = "DATE11" if ending == ".sav" else "%td"
    path = save(tmp_path / f"dates{ending}", frame, variable_format=dict.fromkeys(frame, form))
    made, codebook, written = drafted(path)
    assert [variable.type for variable in codebook] == ["date", "date"]
    assert any("closed has dates beyond the calendar" in line and "case 4" in line for line in made.attention)
    [finding] = check(path, written).findings
    assert (finding.column, finding.lines) == ("closed", (4,))
    assert finding.value is None  # dates are drafted as sensitive


@pytest.mark.parametrize(("form", "value", "read"), [
    ("MOYR8", "2018-05-17", "2018-05"), ("QYR8", "2018-05-17", "2018-Q2"), ("WKYR10", "2018-01-09", "2018w2"),
    ("DATETIME20", "2018-05-17 10:15", "2018-05-17 10:15:00"), ("ADATE10", "2018-05-17", "2018-05-17"),
])  # fmt: skip
def test_every_format_of_dates_of_spss_is_read(tmp_path, form, value, read):
    seconds = (pd.Timestamp(value) - pd.Timestamp("1582-10-14").as_unit("s")).total_seconds()
    path = save(tmp_path / "a.sav", pd.DataFrame({"x": [seconds, np.nan]}), variable_format={"x": form})
    assert list(reading.read(path).columns[0]) == [read, ""]


@pytest.mark.parametrize(("form", "value", "read"), [
    ("%tm", 700.0, "2018-05"), ("%tq", 233.0, "2018-Q2"), ("%th", 116.0, "2018-H1"), ("%tw", 3016.0, "2018w1"),
    ("%ty", 2018.0, "2018"), ("%td", 21321.0, "2018-05-17"), ("%tc", 1842171300000.0, "2018-05-17 10:15:00"),
    ("%td", -1.0, "1959-12-31"),
])  # fmt: skip
def test_every_format_of_dates_of_stata_is_read(tmp_path, form, value, read):
    path = save(tmp_path / "a.dta", pd.DataFrame({"x": [value, np.nan]}), variable_format={"x": form})
    assert list(reading.read(path).columns[0]) == [read, ""]


def test_times_of_more_than_a_day_are_hours(tmp_path):
    frame = pd.DataFrame({"stay": [108_900.0, 3_600.0] * 20})
    path = save(tmp_path / "a.sav", frame, variable_format={"stay": "TIME8"})
    made, codebook, _ = drafted(path)
    assert list(reading.read(path).columns[0])[:2] == ["30:15:00", "1:00:00"]
    assert codebook["stay"].type == "number" and "its times are read as hours (stay)" in made.attention
    assert as_coded(read_case_files(path, codebook), codebook)["stay"].tolist()[:2] == [30.25, 1.0]


@pytest.mark.parametrize("form", ["%d-%b-%Y", "%d%b%Y", "%B %d, %Y", "%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d",
                                  "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ", "%b%Y", "%A, %d %B %Y",
                                  "%d/%m/%y", "%d. %m. %Y", "%b-%y", "%Y%m", "%GW%V",
                                  "%Y/%m/%d %I:%M:%S %p GMT"])  # fmt: skip
def test_dates_in_every_usual_writing_are_drafted_as_dates_and_allowed(tmp_path, form):
    days = pd.date_range("2018-03-02", periods=60)
    pd.DataFrame({"id": range(60), "seen": days.strftime(form)}).to_csv(tmp_path / "a.csv", index=False)
    _, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["seen"].type == "date" and codebook["seen"].sensitive
    assert check(tmp_path / "a.csv", written).findings == ()
    read = as_coded(read_case_files(tmp_path / "a.csv", codebook), codebook)["seen"]
    wanted = days.to_period("M").to_timestamp() if form in ("%b%Y", "%b-%y", "%Y%m") else days
    wanted = days - pd.to_timedelta(days.day_of_week, unit="D") if form == "%GW%V" else wanted
    assert read.dt.strftime("%Y-%m-%d").tolist() == wanted.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize("names", [
    "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr",
    "Ion Chwe Maw Ebr Mai Meh Gorff Awst Medi Hyd Tach Rhag", "ion chw maw ebr mai meh gor aws med hyd tac rha",
])  # fmt: skip
@pytest.mark.parametrize("form", ["{0.day} {1} {0.year}", "{0.day}af {1} {0.year}", "{0.day}-{1}-{0.year}"])
def test_the_months_of_welsh_are_dates(tmp_path, names, form):
    days = pd.date_range("2018-01-01", periods=52, freq="7D")
    seen = [form.format(day, names.split()[day.month - 1]) for day in days]
    pd.DataFrame({"id": range(52), "seen": seen}).to_csv(tmp_path / "a.csv", index=False)
    made, codebook, written = drafted(tmp_path / "a.csv")
    assert check(tmp_path / "a.csv", written).findings == ()
    read = as_coded(read_case_files(tmp_path / "a.csv", codebook), codebook)["seen"]
    assert pd.to_datetime(read).tolist() == days.tolist()
    assert not any("years of two digits" in said for said in made.attention)


def test_dates_that_a_spreadsheet_with_other_settings_half_read_are_told(tmp_path):
    """02/03/2018 became 3 February where the month comes first, and 20/03/2018 stayed a text."""
    days = pd.date_range("2018-01-01", periods=90)
    cells = [day.replace(day=day.month, month=day.day) if day.day < 13 else f"{day:%d/%m/%Y}" for day in days]
    path = sheet(tmp_path / "a.xlsx", [["id", "seen"], *enumerate(cells)])
    made, _, written = drafted(path)
    for told in (made.attention, check(path, written).notes):
        assert any("did a spreadsheet take days for months" in said and "seen" in said for said in told)
    path = sheet(path, [["id", "seen"], *enumerate([*days[:45], *(f"{day:%d/%m/%Y}" for day in days[45:])])])
    assert not any("days for months" in said for said in check(path, written).notes)


def test_a_month_a_day_and_a_year_of_four_digits_are_no_year_of_two(tmp_path):
    days = pd.date_range("2018-01-01", periods=60).strftime("%B %d, %Y")
    pd.DataFrame({"id": range(60), "seen": days}).to_csv(tmp_path / "a.csv", index=False)
    made, _, written = drafted(tmp_path / "a.csv")
    assert not any(
        "years of two digits" in said for said in (*made.attention, *check(tmp_path / "a.csv", written).notes)
    )


@pytest.mark.parametrize("none", ["00/00/0000", "99/99/9999", "31/12/9999", "01/01/1900"])
def test_a_day_that_stands_for_none_is_missing_and_asked_about(tmp_path, none):
    days = [*pd.date_range("2018-03-02", periods=50).strftime("%d/%m/%Y"), *[none] * 10]
    pd.DataFrame({"id": range(60), "seen": days}).to_csv(tmp_path / "a.csv", index=False)
    made, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["seen"].missing == {none: "not recorded"} and codebook["seen"].high.year == 2019
    assert made.questions[0].startswith(f"Does {none} stand for missing in seen?")
    read = as_coded(read_case_files(tmp_path / "a.csv", codebook), codebook)["seen"]
    assert check(tmp_path / "a.csv", written).findings == () and read.isna().sum() == 10


def test_a_day_far_back_among_others_of_its_time_is_a_day(tmp_path):
    days = ["1900-03-01", *pd.date_range("1915-03-02", periods=59, freq="200D").strftime("%Y-%m-%d")]
    pd.DataFrame({"id": range(60), "born": days}).to_csv(tmp_path / "a.csv", index=False)
    assert drafted(tmp_path / "a.csv")[1]["born"].missing == {}


def test_case_numbers_that_look_like_months_stay_numbers(tmp_path):
    pd.DataFrame({"case_id": [f"2018{n:02}" for n in range(1, 13)]}).to_csv(tmp_path / "a.csv", index=False)
    assert drafted(tmp_path / "a.csv")[1]["case_id"].type == "identifier"


@pytest.mark.parametrize("kind", ["date", "identifier"])
def test_a_date_that_repeats_is_no_identifier_that_stands_twice(tmp_path, kind):
    days = pd.date_range("2018-03-01", periods=20).strftime("%Y-%m-%d").tolist() * 3
    pd.DataFrame({"referral": days, "age": [10, 11, 12] * 20}).to_csv(tmp_path / "a.csv", index=False)
    rows = [("referral", kind, "", "", "yes"), ("age", "count", "", "", "no")]
    assert check(tmp_path / "a.csv", book(tmp_path, *rows)).findings == ()
    assert check(tmp_path / "a.csv", drafted(tmp_path / "a.csv")[2]).findings == ()


def test_one_date_of_parquet_beyond_the_calendar_stays_a_number(tmp_path):
    days = pa.array([17_000, 5_000_000, None], pa.int32()).cast(pa.date32())
    moments = pa.array([10**15, 10**18, None], pa.int64()).cast(pa.timestamp("us"))
    spans = pa.array([108_900, 5, None], pa.int64()).cast(pa.duration("s"))
    parquet.write_table(pa.table({"seen": days, "at": moments, "stay": spans}), tmp_path / "a.parquet")
    read = [list(column) for column in reading.read(tmp_path / "a.parquet").columns]
    assert read == [
        ["2016-07-18", "5000000", ""],
        ["2001-09-09 01:46:40", "1000000000000000000", ""],
        ["30:15:00", "0:00:05", ""],
    ]


# ---- files without an identifier


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".sav"])
def test_rows_are_persons_where_no_column_tells_them_apart(tmp_path, ending):
    frame = pd.DataFrame({"age": [11.0, 12, 11, 13] * 10, "sex": ["F", "M", "F", "M"] * 10})
    path = tmp_path / f"a{ending}"
    {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".xlsx": lambda: frame.to_excel(path, index=False),
        ".parquet": lambda: frame.to_parquet(path),
        ".sav": lambda: save(path, frame),
    }[ending]()
    made = draft(path)
    assert (
        made.questions[0].startswith("No column tells one person from another.") and "a row line" in made.questions[0]
    )
    book = "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\n"
    rows = "line,Row,,,identifier,line,,,no,\n" + made.csv().partition("\n")[2]
    (tmp_path / "book.csv").write_text(book + rows, encoding="utf-8")
    (tmp_path / "study.toml").write_text('[study]\ntitle = "x"\nperson = "line"\n[groups]\ntotal = { label = "All" }\n')
    codebook = load_codebook(tmp_path / "book.csv")
    assert check(path, tmp_path / "book.csv", tmp_path / "study.toml").findings == ()
    study = load_study(tmp_path / "study.toml", codebook)
    cohort = clean(read_case_files(path, codebook), study)
    first = 2 if ending in (".csv", ".xlsx") else 1  # as the file's own program counts its rows
    assert len(cohort) == 40 and set(cohort["line"]) == {str(row) for row in range(first, first + 40)}


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".sav", ".dta"])
def test_a_file_whose_rows_have_an_identifier_is_not_asked_for_one(tmp_path, ending):
    frame, path = pd.DataFrame({"id": range(40), "age": [11, 12] * 20}), tmp_path / f"a{ending}"
    if ending in (".sav", ".dta"):
        save(path, frame)
    elif ending == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        getattr(frame, f"to_{ending[1:]}")(path, index=False)
    assert not any("No column" in question for question in draft(path).questions)


# ---- numbers as people write them


def test_commas_between_thousands_are_named_and_no_advice_is_a_thousand_times_wrong(tmp_path):
    income = [f"{3_000 + 997 * n:,}" for n in range(60)]
    pd.DataFrame({"id": range(60), "income": income}).to_csv(tmp_path / "a.csv", index=False)
    made, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["income"].type == "count" and codebook["income"].high == 100_000
    assert "has commas among thousands: write its numbers without them (income)" in made.attention
    first = check(tmp_path / "a.csv", written).findings[0]
    assert first.remedy == "write 3000: commas between thousands are not read"  # a whole number has no decimals
    for limits, said in (
        ("0.0..5000.0", "is its comma one of thousands? write 3000; or of decimals? write 3.000"),
        ("0.0..9.9", "is its comma a decimal comma? write a point"),
        ("1000.0..5000.0", "write 3000: commas between thousands are not read"),
    ):
        number = book(tmp_path, ("id", "identifier", "", "", "no"), ("income", "number", limits, "", "no"))
        assert check(tmp_path / "a.csv", number).findings[0].remedy == said
    (tmp_path / "a.csv").write_text('id,income\n1,"1,234,567"\n2,"3,000"\n')
    remedies = [finding.remedy for finding in check(tmp_path / "a.csv", written).findings]
    assert remedies[1] == "write 3000: commas between thousands are not read"


@pytest.mark.parametrize(("entry", "value"), [
    (".5", 0.5), ("1.", 1.0), ("+2", 2.0), ("−3", -3.0), ("1 200", 1200.0), ("1\u00a0200", 1200.0), ("1e-3", 0.001),
    (" 7 ", 7.0), ("1’200.5", 1200.5),
])  # fmt: skip
def test_a_number_that_can_be_read_in_one_way_is(tmp_path, entry, value):
    pd.DataFrame({"id": range(40), "x": ["0.25", "8.75"] * 19 + [entry, "1"]}).to_csv(tmp_path / "a.csv", index=False)
    _, codebook, written = drafted(tmp_path / "a.csv")
    assert check(tmp_path / "a.csv", written).findings == ()
    assert as_coded(read_case_files(tmp_path / "a.csv", codebook), codebook)["x"].tolist()[38] == value


@pytest.mark.parametrize("digits", ["１６", "١٦", "१६"])
def test_digits_of_other_scripts_are_an_entry_that_is_not_allowed(tmp_path, digits):
    rows = [("id", "identifier", "", "", "no"), ("age", "count", "10..20", "", "yes")]
    (tmp_path / "a.csv").write_text(f"id,age\n1,15\n2,{digits}\n3,17\n", encoding="utf-8")
    [finding] = check(tmp_path / "a.csv", book(tmp_path, *rows)).findings
    assert (finding.column, finding.lines, finding.value) == ("age", (3,), None)
    assert digits not in str(finding) and "write its digits as 0 to 9" in str(finding)
    draft(tmp_path / "a.csv")


@pytest.mark.parametrize("numbers", [
    [0.00007 * n for n in range(1, 61)], [-0.003 * n for n in range(1, 61)], [0.1 * n for n in range(-30, 30)],
    [1.5e8 * n for n in range(1, 61)], [1e-9 * n for n in range(60)], [-5 * n for n in range(60)], [5] * 60,
])  # fmt: skip
def test_a_draft_allows_its_own_file(tmp_path, numbers):
    pd.DataFrame({"id": range(60), "x": numbers}).to_csv(tmp_path / "a.csv", index=False)
    _, _, written = drafted(tmp_path / "a.csv")
    assert check(tmp_path / "a.csv", written).findings == ()


@pytest.mark.parametrize("kind", ["dta", "parquet"])
def test_single_precision_means_what_was_written(tmp_path, kind):
    frame = pd.DataFrame({"x": np.array([2.7, 0.1, 31.4], dtype="float32")})
    path = tmp_path / f"a.{kind}"
    frame.to_parquet(path) if kind == "parquet" else frame.to_stata(path, write_index=False)
    assert list(reading.read(path).columns[0]) == ["2.7", "0.1", "31.4"]


@pytest.mark.parametrize(("entries", "wrong", "right"), [
    (["1.234.567", "14.170", "2.500.000"], "14.17", "14170"),
    (["1,234,567", "14,170", "2,500"], "14.17", "14170"),
])  # fmt: skip
def test_advice_on_thousands_is_never_a_thousandfold_wrong(tmp_path, entries, wrong, right):
    pd.DataFrame({"id": range(30), "pay": entries * 10}).to_csv(tmp_path / "a.csv", index=False, sep=";")
    made, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["pay"].type == "count" and any("among thousands" in line for line in made.attention)
    [told] = [f for f in check(tmp_path / "a.csv", written).findings if f.value == entries[1]]
    assert f"write {right}:" in told.remedy and wrong not in told.remedy


def test_three_digits_after_every_point_are_asked_about(tmp_path):
    pay = [f"{n}.{n * 7 % 1000:03}" for n in range(1, 31)]
    pd.DataFrame({"id": range(30), "pay": pay, "share": [f"0.{n:03}" for n in range(100, 130)]}).to_csv(
        tmp_path / "a.csv", index=False
    )
    asked = [question for question in drafted(tmp_path / "a.csv")[0].questions if "among thousands" in question]
    assert len(asked) == 1 and " pay " in asked[0] and "share" not in asked[0]


@pytest.mark.parametrize("form", ["{:,.2f}", "{:,}"])
def test_amounts_that_hardly_repeat_are_no_identifiers(tmp_path, form):
    amounts = [form.format(1000 + n * 1317 % 9000).replace(",", " ") for n in range(1, 61)]
    pd.DataFrame({"id": range(60), "pay": amounts}).to_csv(tmp_path / "a.csv", index=False)
    _, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["pay"].measured and check(tmp_path / "a.csv", written).findings == ()


def test_whole_hours_are_hours_and_a_draft_allows_them(tmp_path):
    pd.DataFrame({"id": range(40), "stay": [f"{n}:00:00" for n in range(30, 70)]}).to_csv(
        tmp_path / "a.csv", index=False
    )
    _, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["stay"].type == "number" and check(tmp_path / "a.csv", written).findings == ()
    assert as_coded(read_case_files(tmp_path / "a.csv", codebook), codebook)["stay"].tolist()[:2] == [30, 31]


def test_a_number_with_labelled_codes_of_missing_is_no_identifier_though_it_hardly_repeats(tmp_path):
    pay = pd.DataFrame({"pay": [*range(1000, 1200), *[99998.0] * 9]})
    path = save(tmp_path / "a.sav", pay, variable_value_labels={"pay": {99998: "Refused"}})
    _, codebook, _ = drafted(path)
    assert (codebook["pay"].type, codebook["pay"].missing) == ("count", {"99998": "Refused"})


def test_codes_that_differ_in_capitals_or_blanks_are_one_level_and_told(tmp_path):
    told = ["Yes"] * 20 + ["yes"] * 12 + ["No  way"] * 9 + ["No way"] * 14
    pd.DataFrame({"id": range(55), "told": told}).to_csv(tmp_path / "a.csv", index=False)
    _, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["told"].levels == {"No way": "No way", "Yes": "Yes"}
    checked = check(tmp_path / "a.csv", written)
    assert checked.findings == () and checked.changed == {"told": 21}


def test_0_and_1_beside_a_word_that_many_have_are_three_levels(tmp_path):
    pd.DataFrame({"id": range(40), "moves": ["0", "1", "10 or more", "1"] * 10}).to_csv(tmp_path / "a.csv", index=False)
    _, codebook, written = drafted(tmp_path / "a.csv")
    assert list(codebook["moves"].levels) == ["0", "1", "10 or more"]
    assert check(tmp_path / "a.csv", written).findings == ()


def test_what_a_spreadsheet_made_dates_of_is_told(tmp_path):
    pd.DataFrame({"id": range(40), "score": ["1-Feb", "3-Apr", "5-Jun", "12-Oct"] * 10}).to_csv(tmp_path / "a.csv")
    assert any("a spreadsheet made dates" in line for line in drafted(tmp_path / "a.csv")[0].attention)


@pytest.mark.parametrize("form", ["£{:,}", "{} %", "€ {}"])
def test_signs_of_money_and_per_cent_are_named(tmp_path, form):
    frame = pd.DataFrame({"id": range(60), "x": [form.format(1000 + n) for n in range(60)]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    made, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["x"].type == "number"
    assert "has signs of money or per cent: write its numbers alone (x)" in made.attention
    findings = check(tmp_path / "a.csv", written).findings[:20]
    assert {finding.remedy for finding in findings} == {"write the number alone"}


def test_identifiers_that_a_spreadsheet_cut_short_are_told(tmp_path):
    (tmp_path / "a.csv").write_text("case,x\n" + "".join(f"1.2345{n % 10}E+15,{n}\n" for n in range(60)))
    assert any("a spreadsheet cut short" in line for line in draft(tmp_path / "a.csv").attention)


# ---- files that are not what they seem


def database() -> bytes:
    with sqlite3.connect(":memory:") as made:
        made.execute("create table cases (id, age)")
        return made.serialize()


SEEM = {
    "SAS": (bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011") + bytes(9000), "is a SAS file"),
    "transport": (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000", "is a SAS file"),
    "portable": (b"ASCII SPSS PORT FILE" * 2 + bytes(400), "is an SPSS portable file; save it in SPSS as .sav"),
    "locked .sav": (b"\x1c\0\0\0\0\0\0\0ENCRYPTEDSAV\x15" + bytes(40), "is protected by a password"),
    "IDL": (b"SR\0\4\0\0\0\n" + bytes(40), "is a file of IDL, not of SPSS"),
    "SQLite": (database(), "is a database; export the table"),
    "Access": (b"\0\1\0\0Standard ACE DB\0" + bytes(400), "is a database"),
    "RDS": (b"\x1f\x8b\x08\0" + bytes(40), "is compressed, or a file of R"),
    "Arrow": (b"ARROW1\0\0" + bytes(400), "is an Arrow file; write it as Parquet"),
    "PDF": (b"%PDF-1.7\n" + bytes(40), "is a document"),
    "JSON": (b'[{"id": 1}]', "is in JSON"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a file that was not fetched"),
    "XML": (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>', "is a workbook in XML"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SEEM)
def test_a_file_of_another_kind_is_named_with_the_remedy(tmp_path, kind):
    content, said = SEEM[kind]
    (tmp_path / "cases.csv").write_bytes(content)
    with pytest.raises(InputError, match=said):
        draft(tmp_path / "cases.csv")


def repacked(path, change):
    """The parts of a workbook, changed and packed again."""
    with zipfile.ZipFile(path) as old:
        parts = change({name: old.read(name) for name in old.namelist()})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


def test_a_workbook_whose_parts_lie_elsewhere_is_read(tmp_path):
    path = tmp_path / "a.xlsx"
    pd.DataFrame({"id": [1, 2], "age": [11, 12]}).to_excel(path, index=False)

    def moved(parts):
        swap = {"xl/workbook.xml": "xl/book7.xml", "xl/_rels/workbook.xml.rels": "xl/_rels/book7.xml.rels"}
        return {
            swap.get(name, name): content.replace(b"xl/workbook.xml", b"xl/book7.xml")
            for name, content in parts.items()
        }

    assert reading.read(repacked(path, moved)).names == ("id", "age")


@pytest.mark.parametrize(("part", "said"), [("content.xml", "OpenDocument"), ("xl/workbook.bin", r"\.xlsb")])
def test_workbooks_of_other_kinds_are_named(tmp_path, part, said):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr(part, "x")
    with pytest.raises(InputError, match=said):
        reading.read(tmp_path / "a.xlsx")


def test_an_archive_that_swells_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("keepsafe.reading.typed.LARGEST", 1_000_000)
    path = tmp_path / "a.xlsx"
    pd.DataFrame({"id": [1, 2]}).to_excel(path, index=False)
    repacked(path, lambda parts: parts | {"xl/sharedStrings.xml": b"<a>" + bytes(2_000_000)})
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match="holds a part of 2 MB, more than the 1 MB that are read"):
        reading.read(path)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "sav", "parquet"])
def test_more_cells_than_are_read_are_refused(tmp_path, monkeypatch, kind):
    for limit in ("table.MOST_CELLS", "typed.SHEET_CELLS"):
        monkeypatch.setattr(f"keepsafe.reading.{limit}", 50)
    frame, path = pd.DataFrame({"a": range(30), "b": 1}), tmp_path / f"a.{kind}"
    if kind == "sav":
        from keepsafe.reading.typed import table

        pyreadstat.write_sav(frame, path)
        with pytest.raises(InputError, match="more than the 50 cells that are read"):
            table(path, "a.sav")
        return
    getattr(frame, {"csv": "to_csv", "xlsx": "to_excel", "parquet": "to_parquet"}[kind])(path, index=False)
    with pytest.raises(InputError, match="more than the 50 cells that are read"):
        reading.read(path)


# ---- spreadsheets as they are kept

CASES = [["id", "age", "sex"], *([n, 10 + n % 8, "FM"[n % 2]] for n in range(1, 41))]


def sheet(path, *sheets):
    """A workbook, or a CSV file, of rows."""
    if path.suffix == ".csv":
        cells = ([f'"{cell}"' if cell is not None else "" for cell in row] for row in sheets[0])
        path.write_text("".join(",".join(row) + "\n" for row in cells))
        return path
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for place, rows in enumerate(sheets):
        made = workbook.create_sheet(f"Sheet{place}")
        for row in rows:
            made.append(row)
    workbook.save(path)
    return path


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize("title", [["Children looked after, 2018"], ["Children, 2018", None, None]])
def test_a_title_above_the_header_is_named(tmp_path, ending, title):
    path = sheet(tmp_path / f"a{ending}", [title, [], *CASES])
    for look in (lambda: draft(path), lambda: check(path, book(tmp_path, ("id", "identifier", "", "", "no")))):
        with pytest.raises(InputError, match="line 1: looks like a title.*delete the lines above the header"):
            look()


def test_a_title_above_cells_that_semicolons_separate_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("Children looked after\n\nid;age;sex\n" + "1;11;F\n2;12;M\n" * 5)
    with pytest.raises(InputError, match="looks like a title"):
        draft(tmp_path / "a.csv")


def test_a_comment_and_a_header_of_r_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("# made on Monday\nid,age\n1,11\n2,12\n3,13\n")
    with pytest.raises(InputError, match="looks like a comment"):
        draft(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text('"id" "age"\n"1" 7 11\n'.replace(" ", ",") + '"2",8,12\n"3",9,13\n')
    with pytest.raises(InputError, match="has 2 cells where most rows have 3; .*row.names = FALSE"):
        draft(tmp_path / "a.csv")


@pytest.mark.parametrize("line", ["1,11,2.5", "0.0031 0.083"])
def test_a_case_in_the_place_of_the_header_is_named_and_not_repeated(tmp_path, line):
    (tmp_path / "a.csv").write_text(f"{line}\n" * 3)
    with pytest.raises(InputError, match="line 1: holds numbers where the names") as caught:
        draft(tmp_path / "a.csv")
    assert line.partition(" ")[0] not in str(caught.value)


def test_cells_that_blanks_separate_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("id age sex\n1 11 F\n2 12 M\n3 13 F\n")
    with pytest.raises(InputError, match="its cells are separated by blanks; .*row.names = FALSE"):
        draft(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text('"id" "age"\n"1" 11\n"2" 12\n')
    with pytest.raises(InputError, match="separated by commas, not by blanks"):
        draft(tmp_path / "a.csv")


def test_merged_cells_among_the_cases_are_not_read_as_blanks(tmp_path):
    sheet(tmp_path / "a.xlsx", CASES)
    workbook = openpyxl.load_workbook(tmp_path / "a.xlsx")
    workbook.active.merge_cells("C3:C5")
    workbook.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="merged cells over several rows in the sheet .*, such as C3:C5; unmerge"):
        draft(tmp_path / "a.xlsx")
    workbook.active.unmerge_cells("C3:C5")
    workbook.active.merge_cells("B3:C3")  # in one row nothing is lost to another
    workbook.save(tmp_path / "a.xlsx")
    assert len(reading.read(tmp_path / "a.xlsx").lines) == 40


def test_a_table_put_under_another_is_told(tmp_path):
    path = sheet(tmp_path / "a.csv", [*CASES, CASES[0], *CASES[1:]])
    assert [(line, what[:36]) for line, what in reading.read(path).doubts] == [
        (42, "holds the names of the columns again")
    ]


def test_merged_headings_are_named(tmp_path):
    rows = [["Who", None, "What", None, None], ["id", "age", "sex", "x", "y"], *([n, n, "F", 1, 2] for n in range(9))]
    for ending, said in (
        (".csv", "leaves 3 columns without a name: a heading that spans"),
        (".xlsx", "a title, or a heading over several columns"),
    ):
        with pytest.raises(InputError, match=said):
            draft(sheet(tmp_path / f"a{ending}", rows))


def test_a_heading_over_the_last_two_columns_is_no_header_of_r(tmp_path):
    rows = [["id", "Before", None, "After", None], [None, "x", "y", "x", "y"], *([n, 1, 2, 3, 4] for n in range(9))]
    with pytest.raises(InputError, match="a heading over several columns.*give each column a name") as caught:
        draft(sheet(tmp_path / "a.xlsx", rows))
    assert "R?" not in str(caught.value)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_totals_of_groups_and_one_whose_name_stands_in_the_second_column_are_no_cases(tmp_path, ending):
    cases = [["team", "id", "visits"]]
    for team in ("North", "West"):
        cases += [[team, f"{team}{n}", n % 3] for n in range(12)] + [[f"{team} Total", None, 12]]
    path = sheet(tmp_path / f"a{ending}", [*cases, ["Grand Total", None, 24]])
    assert [line for line, _ in reading.read(path).doubts] == [28, 14, 27]
    path = sheet(path, [["id", "team", "visits"], *([n, "North", 2] for n in range(40)), [None, "Total", 80]])
    assert [line for line, _ in reading.read(path).doubts] == [42]
    path = sheet(path, [["id", "care"], *([n, ["foster", "total", "all care total"][n % 3]] for n in range(40))])
    assert reading.read(path).doubts == ()


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_heading_between_the_cases_is_no_case(tmp_path, ending):
    rows = [["id", "age", "sex"], ["Team: North", None, None], *([f"N{n}", 12, "F"] for n in range(20))]
    rows += [
        ["Team: South", None, None],
        *([f"S{n}", 12, "F"] for n in range(19)),
        ["S19", None, None],
        ["S20", 3, "M"],
    ]
    path = sheet(tmp_path / f"a{ending}", rows)
    assert [line for line, what in reading.read(path).doubts if "a heading between the cases?" in what] == [2, 23]
    rows = [["who", "age", "sex"], *(["Ann Bee" + "e" * n, 12, "F"] for n in range(20))]
    path = sheet(path, [*rows, ["Cai O'Dee", None, None], *rows[1:5]])
    assert reading.read(path).doubts == ()


def test_days_that_a_spreadsheet_left_as_numbers_are_told_with_the_remedy(tmp_path):
    path = sheet(
        tmp_path / "a.xlsx", [["id", "start date", "cost"], *([n, 43000 + n, 43000 + n % 9] for n in range(40))]
    )
    remark = "a spreadsheet's numbers of days? format the column as dates there, and save it again (start_date)"
    assert remark in draft(path).attention
    written = book(tmp_path, ("id", "identifier", "", "", "no"), ("start_date", "date", "", "", "no"))
    found = [finding for finding in check(path, written).findings if finding.column == "start_date"]
    assert found[0].value == "43000" and "format the column as dates" in found[0].remedy


def test_cells_formatted_as_per_cent_are_told_to_be_read_as_shares(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["id", "attended", "score"], *([n, n / 40, 3] for n in range(40))])
    workbook = openpyxl.load_workbook(path)
    for cell in workbook.active["B"][1:]:
        cell.number_format = "0.0%"
    workbook.save(path)
    assert reading.read(path).notes == ("cells formatted as per cent are read as shares, 25% as 0.25: attended",)
    assert list(reading.read(path).columns[1])[10] == "0.25"


def test_a_sheet_that_is_read_because_another_is_hidden_is_named_and_so_are_hidden_rows(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["code", "label"], [1, "x"]], CASES)
    workbook = openpyxl.load_workbook(path)
    workbook["Sheet0"].sheet_state = "hidden"
    for row in (3, 4, 60):  # nothing is in the last one
        workbook["Sheet1"].row_dimensions[row].hidden = True
    workbook.save(path)
    assert len(reading.read(path).lines) == 40
    assert reading.read(path).notes == (
        "only the sheet Sheet1 was read, the first of 2 that is not hidden (Sheet0, Sheet1)",
        "rows that are hidden in the sheet Sheet1, by a filter or by hand, were read as well: 2",
    )


def test_a_codebook_of_another_sheet_is_told_which_one_was_read(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["Sheet", "What it holds"], ["Cases", "one row a person"]], CASES)
    with pytest.raises(InputError, match="none of the codebook's columns: only the first of its 2 sheets was read"):
        check(path, book(tmp_path, ("id", "identifier", "", "", "no")))


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize(("last", "said"), [
    (["Total", 540, None], "looks like a total"), (["Mean:", 13.5, None], "looks like a total"),
    (["Source: the team's own file", None, None], "looks like a note"), (["n =", 40, None], "looks like a total"),
    (["SD", 1.5, None], "looks like a total"), (["n=40", None, None], "looks like a total"),
    (["Cyfanswm", 540, None], "looks like a total"), (["Total (n): 40", None, None], "looks like a total"),
    (["* estimated by the worker in charge", None, None], "looks like a note"),
])  # fmt: skip
def test_a_last_row_that_is_no_case_is_told_and_not_read_as_one(tmp_path, ending, last, said):
    rows = [
        ("id", "identifier", "", "", "no"),
        ("age", "number", "", "blank=x", "no"),
        ("sex", "category", "F=F; M=M", "blank=not recorded", "no"),
    ]
    path, written = sheet(tmp_path / f"a{ending}", [*CASES, last]), book(tmp_path, *rows)
    [finding] = check(path, written).findings
    assert (finding.lines, finding.remedy) == ((42,), "delete the row") and said in finding.what
    assert any(said in line for line in draft(path).attention)
    with pytest.raises(InputError, match=said):
        read_case_files(path, load_codebook(written))
    assert check(sheet(path, CASES), written).findings == ()


def test_a_note_of_one_cell_under_a_csv_is_told_as_such(tmp_path):
    path = sheet(tmp_path / "a.csv", CASES)
    path.write_text(path.read_text() + "made by hand\n")
    [finding] = [finding for finding in check(path, drafted(path)[2]).findings if finding.kind == "row width"]
    assert finding.remedy == "is it a note, no case? delete it"


def test_a_second_header_is_told(tmp_path):
    rows = [["id", "age", "score"], ["Response ID", "How old?", "Points"], *([n, 10, n / 2] for n in range(1, 31))]
    assert any("line 2 looks like a second header" in line for line in draft(sheet(tmp_path / "a.csv", rows)).attention)


def test_both_of_two_further_headers_are_told_and_the_draft_can_be_read(tmp_path):
    """As a survey service writes them: what was asked, and what its own name of it is."""
    rows = [["id", "Q1", "Q2"], ["Response ID", "How old?", "How often?"]]
    rows += [["ImportId: _id", "ImportId: QID1", "ImportId: QID2"], *([f"R_{n}", 11 + n % 7, n % 3] for n in range(40))]
    path = sheet(tmp_path / "a.csv", rows)
    assert [line for line, _ in reading.read(path).doubts] == [2, 3]
    _, codebook, _ = drafted(path)
    assert codebook["Q1"].type == "count" and codebook["Q1"].high == 20


def test_a_first_sheet_of_notes_is_named_with_the_others(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["This file was made in May"], ["Ask us first"]], CASES)
    with pytest.raises(InputError, match="first sheet, Sheet0, looks like notes.*the sheets are Sheet0, Sheet1"):
        draft(path)


def test_formulas_that_were_never_computed_are_no_blanks(tmp_path):
    rows = [[*row, "double" if place == 0 else f"=B{place + 1}*2"] for place, row in enumerate(CASES)]
    with pytest.raises(InputError, match="has 40 formulas without a result .*save it there"):
        draft(sheet(tmp_path / "a.xlsx", rows))


def test_a_formula_whose_result_is_an_empty_text_is_one_with_a_result(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [*CASES, [41, 12, '=""']])
    change = b'<c r="C42" t="str"><f>""</f><v></v></c>'

    def stored(parts):
        name = "xl/worksheets/sheet1.xml"
        cell = parts[name].index(b'<c r="C42"')
        end = parts[name].index(b"</c>", cell) + 4
        return parts | {name: parts[name][:cell] + change + parts[name][end:]}

    assert list(reading.read(repacked(path, stored)).columns[2])[-1] == ""


# ---- what does not stop the rest


def test_a_column_with_a_single_level_stops_nothing(tmp_path):
    pd.DataFrame({"id": range(40), "country": "WLS", "age": [10, 11] * 20}).to_csv(tmp_path / "a.csv", index=False)
    made, codebook, written = drafted(tmp_path / "a.csv")
    assert codebook["country"].levels == {"WLS": "WLS"}
    assert "has a single level, so that nothing can be compared by it (country)" in made.attention
    assert check(tmp_path / "a.csv", written).findings == ()


# ---- small frictions


def test_a_disk_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    sheet(tmp_path / "a.csv", CASES)
    made = draft(tmp_path / "a.csv")

    def refused(*_, **__):
        raise OSError(30, "Read-only file system")

    for name in ("write_text", "unlink"):
        monkeypatch.setattr(f"pathlib.Path.{name}", refused)
    with pytest.raises(InputError, match="d.csv: cannot be written: Read-only file system"):
        made.save(tmp_path / "d.csv")


STUDY = '[study]\ntitle = "x"\nperson = "id"\n[groups]\ntotal = { label = "All" }\n'


@pytest.fixture
def small(tmp_path):
    return load_codebook(book(tmp_path, ("id", "identifier", "", "", "no"), ("age", "count", "10..20", "", "no")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_study_file_may_begin_with_a_mark(tmp_path, small, encoding):
    (tmp_path / "study.toml").write_bytes(STUDY.replace("\n", "\r\n").encode(encoding))
    assert load_study(tmp_path / "study.toml", small).title == "x"


@pytest.mark.parametrize("content", [STUDY.replace('"x"', "“x”").encode(), STUDY.replace("x", "£").encode("latin-1")])
def test_a_study_file_of_a_word_processor_is_told_how_to_be_saved(tmp_path, small, content):
    (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(InputError, match="save it as UTF-8 with straight quotes"):
        load_study(tmp_path / "study.toml", small)


@pytest.mark.parametrize("named", ["/etc/passwd", "../x", "C:/x.csv", "\\\\server\\x.csv", "private/../../x", "~/x"])
def test_a_study_file_names_case_files_of_its_own_folder_only(tmp_path, small, named):
    (tmp_path / "study.toml").write_text(STUDY + f"[files]\ncase_files = '{named}'\n", encoding="utf-8")
    with pytest.raises(InputError, match="is no file of the data folder"):
        load_study(tmp_path / "study.toml", small)


def test_a_study_file_with_a_number_that_no_program_holds_is_refused(tmp_path, small):
    (tmp_path / "study.toml").write_text(STUDY + f"[x]\ny = {'9' * 5000}\n")
    with pytest.raises(InputError, match="is not a study file in TOML"):
        load_study(tmp_path / "study.toml", small)


@pytest.mark.parametrize(("heading", "kind"), [
    ("lowbirthweight", "category"), ("phone_contact", "category"), ("birth_order", "category"),
    ("username_shown", "category"),
    ("birth_date", "identifier"), ("DateOfBirth", "identifier"), ("surname", "identifier"), ("case_no", "identifier"),
])  # fmt: skip
def test_a_heading_tells_of_a_person_by_its_words_not_by_its_letters(tmp_path, heading, kind):
    entries = ["low", "not low"] * 30 if kind == "category" else [f"x{n % 55}" for n in range(60)]
    pd.DataFrame({"id": range(60), heading: entries}).to_csv(tmp_path / "a.csv", index=False)
    assert drafted(tmp_path / "a.csv")[1][heading].type == kind


def test_headings_that_would_have_one_name_keep_their_own_columns(tmp_path):
    pd.DataFrame({"id": range(40), "Q1.1": [0, 1] * 20, "Q1_1": [*range(2, 42)], "Q1-1": ["a", "b"] * 20}).to_csv(
        tmp_path / "x.csv", index=False
    )
    _, codebook, written = drafted(tmp_path / "x.csv")
    assert codebook.names == ["id", "Q1_1_2", "Q1_1", "Q1_1_3"]
    extract = read_case_files(tmp_path / "x.csv", codebook)
    assert extract["Q1_1"].tolist()[:2] == ["2", "3"] and extract["Q1_1_2"].tolist()[:2] == ["0", "1"]
    assert extract["Q1_1_3"].tolist()[:2] == ["a", "b"] and check(tmp_path / "x.csv", written).findings == ()


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".sav", ".dta", ".parquet"])
def test_what_looks_the_same_is_one_level_in_every_format(tmp_path, ending):
    """An accent may be a character of its own, and signs of no width stand in what was copied from a page."""
    entries, path = ["Ll\u0177r", "Lly\u0302r", "yes", "yes\u200b", "\ufeffyes"] * 12, tmp_path / f"a{ending}"
    frame = pd.DataFrame({"id": range(60), "gw\u0302r": entries})
    if ending in (".sav", ".dta"):
        save(path, frame)
    elif ending == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        getattr(frame, f"to_{ending[1:]}")(path, index=False)
    _, codebook, written = drafted(path)
    assert codebook["g\u0175r"].levels == {"Ll\u0177r": "Ll\u0177r", "yes": "Yes"}
    assert read_case_files(path, codebook)["g\u0175r"].value_counts().to_dict() == {"Ll\u0177r": 24, "yes": 36}
    assert check(path, written).findings == ()


def test_the_welsh_for_no_is_a_level_and_not_missing(tmp_path):
    said = ["Ie", "Na", "NA", "Anhysbys"] * 15
    pd.DataFrame({"id": range(60), "abuse": said, "other": ["a", "b", "na", "n/k"] * 15}).to_csv(
        tmp_path / "a.csv", index=False
    )
    made, codebook, written = drafted(tmp_path / "a.csv")
    assert list(codebook["abuse"].levels) == ["Anhysbys", "Ie", "Na"] and list(codebook["abuse"].missing) == ["NA"]
    assert list(codebook["other"].missing) == ["na", "n/k"] and check(tmp_path / "a.csv", written).findings == ()
    assert any("Does Anhysbys or Na stand for missing in abuse? If so" in question for question in made.questions)
    counts = read_case_files(tmp_path / "a.csv", codebook)["abuse"].value_counts().to_dict()
    assert counts == dict.fromkeys(["Ie", "Na", "NA", "Anhysbys"], 15)


def test_double_blanks_in_codes_stand_for_themselves(tmp_path):
    pd.DataFrame({"id": range(40), "place": ["Llan  fach", "Bont"] * 20}).to_csv(tmp_path / "a.csv", index=False)
    _, codebook, written = drafted(tmp_path / "a.csv")
    report = check(tmp_path / "a.csv", written)
    assert report.findings == () and report.changed == {}
    assert set(tidy(read_case_files(tmp_path / "a.csv", codebook), codebook)["place"]) == {"Llan  fach", "Bont"}


def test_the_folder_of_a_new_compendium_is_told_as_a_shell_takes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["keepsafe", "new", str(tmp_path / "my own")])
    monkeypatch.setattr(cli.signal, "signal", lambda number, handler: None)
    with pytest.raises(SystemExit):
        cli.main()
    command = capsys.readouterr().out.splitlines()[-1].removeprefix("Next: ").partition(" && ")[0]
    done = subprocess.run(["sh", "-c", f"{command} && pwd"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / "my own")


def test_an_error_of_the_program_shows_no_entry(tmp_path, monkeypatch, capsys):
    secret = "-".join(["told", "in", "confidence"])

    def fails(*_):
        raise ValueError(secret)

    monkeypatch.setattr("keepsafe.files.check", fails)
    monkeypatch.setattr(cli.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(sys, "argv", ["keepsafe", "check", str(tmp_path / "a.csv")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 70 and "ValueError" in said and secret not in said


def test_nothing_in_the_library_takes_the_digits_of_every_script_for_numbers(compendium):
    r"""In \d every script's digits match, on which int(), float() and pandas differ."""
    wings = ["reading", "files", "study", "report/export"]
    files = [path for wing in wings for path in (compendium / "keepsafe" / wing).rglob("*.py")]
    for path in files:
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if r"\d" in line and "(?![0-9])" not in line]
        assert not [line for line in lines if not line.lstrip().startswith("#")], path.name
