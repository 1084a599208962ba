"""How a table is typed: every form of cell, heading and n is read or told with its address; bad input is refused."""

import datetime
import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from keepsafe import audit_table, cli
from keepsafe.audit.cells import cell, p_value, statistic
from keepsafe.problems import InputError

TABLES = Path(__file__).with_name("tables")
TABLE = """variable,level,kind,drug (n=50),placebo (n=40),p
female,,n (%),{},20 (50.0),0.34
age,,mean (SD),40.1 (9.9),41.2 (8.8),0.58
"""


def typed(text: str, **said) -> pd.DataFrame:
    return audit_table(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False), **said)


@pytest.fixture
def file(tmp_path):
    def write(text: str, name: str = "table.csv") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def run(*words) -> tuple[int, str]:
    """Status of the command and what it says, in a process of its own."""
    done = subprocess.run([Path(sys.executable).with_name("keepsafe"), "audit", *words], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "20 (40.0)",
        "20 (40.0%)",
        "20 (40.0 %)",
        "20 ( 40.0)",
        "20/50 (40.0%)",
        "20 of 50 (40.0%)",
        "40.0% (20)",
        "40.0% (20/50)",
        "20 (40,0)",
        "20 (40,0 %)",
        "20 (40.0)†",
        "20 (40.0)*",
        "20* (40.0)",
        "20 (40.0)a",
        "20 (40.0)ᵃ",
        "20\u00a0(40.0)",
        "20 [40.0%]",
        "20; 40.0%",
        "20 (40·0)",
    ],
)
def test_a_count_with_its_percentage_is_read_however_it_is_typed(text):
    found = typed(TABLE.format(f'"{text}"'))
    row = found[(found["check"] == "percentage") & found["cell"].eq("D2")]
    assert row["verdict"].tolist() == ["holds"] and "20 of 50" in row["explanation"].item()


@pytest.mark.parametrize(
    ("text", "form", "numbers"),
    [
        ("3.2 ± 1.1", "mean sd", (3.2, 1.1)),
        ("3.2 (±1.1)", "mean sd", (3.2, 1.1)),
        ("3.2 (SD 1.1)", "mean sd", (3.2, 1.1)),
        ("−3.2 (1.1)", "pair", (-3.2, 1.1)),
        ("–3.2 (1.1)", "pair", (-3.2, 1.1)),
        ("2,021.30 (2,183.44)", "pair", (2021.30, 2183.44)),
        ("1.8 (1.1–2.9)", "interval", (1.8, 1.1, 2.9)),
        ("1.8 [1.1, 2.9]", "interval", (1.8, 1.1, 2.9)),
        ("1.8 (95% CI 1.1 to 2.9)", "interval", (1.8, 1.1, 2.9)),
        ("-0.5 (-1.2 to 0.2)", "interval", (-0.5, -1.2, 0.2)),
        ("−0.5 (−1.2, −0.1)", "interval", (-0.5, -1.2, -0.1)),
        ("3.2 ± 0.4 SE", "unknown", ()),
        ("3.2 (SE 0.4)", "mean se", (3.2, 0.4)),
        ("–", "blank", ()),
        ("n/a", "blank", ()),
        ("1 316", "number", (1316,)),
        ("about a third", "unknown", ()),
    ],
)
def test_forms_of_cells(text, form, numbers):
    read = cell(text)
    assert (read.form, tuple(number.value for number in read.numbers)) == (form, numbers)


def test_a_number_of_cases_in_a_cell_is_its_own():
    assert [cell(text).n for text in ("6.68 (1.49) [41]", "3.2 ± 1.1 (n=41)", "3.2 ± 1.1; n = 41", "6.68 (1.49)")] == [
        41,
        41,
        41,
        None,
    ]


@pytest.mark.parametrize("text", ["<.001", "< 0.001", "P<0.001", "p < .001", "<0·001", "≤0.001"])
def test_p_below_a_thousandth(text):
    p = p_value(text)
    assert (p.low, p.high) == (0.0, 0.001)


@pytest.mark.parametrize(
    ("text", "name", "df"),
    [
        ("F(1,120) = 15.4", "F", (1, 120)),
        ("F(1, 120)=15.4", "F", (1, 120)),
        ("t(43) = 2.38", "t", (43,)),
        ("t(43)=-2.38", "t", (43,)),
        ("chi2(2) = 9.1", "chi2", (2,)),
        ("χ²(2) = 9.1", "chi2", (2,)),
        ("χ2(1, N = 90) = 3.2", "chi2", (1,)),
        ("X2 = 9.1", "chi2", ()),
        ("chi squared(2) = 9.1", "chi2", (2,)),
        ("χ^²(2) = 9.1", "chi2", (2,)),
        ("z = 2.1", "z", ()),
        ("r(28) = .45", "r", (28,)),
        ("t43 = 2.38", "t", (43,)),
        ("t(43.2) = 2.38", "t", (43.2,)),
    ],
)
def test_forms_of_statistics(text, name, df):
    read = statistic(text)
    assert (read.name, read.df) == (name, df)


def test_decimal_commas_of_a_whole_table():
    found = typed('variable,kind,a (n=50),b (n=40),p\nage,mean (SD),"40,1 (9,9)","41,2 (8,8)","0,58"\n')
    assert found.loc[found["check"] == "p", "verdict"].tolist() == ["holds"]


def test_a_cell_of_no_known_form_is_told_with_its_address_and_the_rest_stands():
    found = typed(TABLE.format("about a third"))
    told = found[found["cell"] == "D2"]
    assert told[["check", "verdict", "column"]].values.tolist() == [["cell", "not checked", "drug (n=50)"]]
    assert "'about a third': of no known form; write it as 14 (8.9%)" in told["explanation"].item()
    assert (found["verdict"] == "holds").sum() >= 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("drug (n=50)", "drug (n=fifty)"),
            "line 1, column D: 'fifty' is no number of cases; write the heading as in 'placebo (n=154)'",
        ),
        (("drug (n=50)", "drug (n=)"), "is no number of cases"),
        (
            ("placebo (n=40)", "drug (n=50)"),
            "columns D and E have one name, 'drug (n=50)'; give each a name of its own",
        ),
        (("placebo (n=40)", ""), "line 1, column E: column E has no heading of its own; were two headings merged?"),
        (("20 (50.0)", "20 (50,0)"), "line 2: has 7 cells where the heading has 6; quote cells that hold a comma"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_line_column_and_remedy(file, change, said):
    status, told = run(file(TABLE.format("20 (40.0)").replace(*change, 1)))
    assert status == 2 and said in told


def test_a_row_of_n_in_a_form_not_understood_is_refused_with_its_line(file):
    status, told = run(file("variable,kind,a,b\nn,,about 50,40\nx,n (%),20 (40.0),20 (50.0)\n"))
    assert status == 2 and "line 2, column C: 'about 50' is no number of cases; write a whole number above 0" in told


def test_no_n_anywhere_is_an_error_that_says_where_to_put_it(file):
    status, told = run(file("variable,kind,a,b\nx,n (%),20 (40.0),20 (50.0)\n"))
    assert status == 2 and "prints no number of cases; put it in the headings, as in 'placebo (n=154)'" in told


def test_nothing_checked_is_an_error(file):
    status, told = run(file("variable,kind,a (n=50)\nx,median (IQR),20 (10 to 30)\n"))
    assert status == 2 and "nothing in it could be checked" in told and "median" in told


def test_blank_lines_are_passed_over_and_addresses_are_the_spreadsheets(file):
    text = TABLE.format("21 (40.0)").replace("\nage", "\n\n,,,,,\nage")
    found = audit_table(file(text))
    assert found.loc[found["verdict"] == "cannot hold", "cell"].tolist() == ["D2", "F2"]  # the count, and so the p
    assert "F5" in found.loc[found["check"] == "p", "cell"].tolist()


def test_a_title_above_and_footnotes_below_are_passed_over(file):
    text = "Table 1. Baseline,,,,,\n" + TABLE.format("21 (40.0)") + "* of those asked,,,,,\n"
    found = audit_table(file(text))
    assert found.loc[found["verdict"] == "cannot hold", "cell"].tolist() == ["D3", "F3"]


def test_a_frame_with_two_rows_of_headings_is_read_as_one():
    columns = pd.MultiIndex.from_tuples([("variable", ""), ("drug", "n"), ("drug", "mean"), ("drug", "SD")])
    frame = pd.DataFrame([["x", "20", "3.41", "1.00"]], columns=columns)
    found = audit_table(frame, items={"x": 1})
    assert found[["row", "column", "cell", "verdict"]].values.tolist() == [["x", "drug", "B2", "cannot hold"]]


def test_a_workbook_shows_the_decimals_of_its_number_format(tmp_path):
    book = Workbook()
    sheet = book.active
    for line in (
        ["variable", "kind", "a (n=40)", "b (n=40)"],
        ["x", "mean, whole", 3.2, 3.2],
        ["y", "%", 0.126, 0.125],
    ):
        sheet.append(line)
    sheet["C2"].number_format = "0.00"
    sheet["C3"].number_format = sheet["D3"].number_format = "0.0%"
    book.save(tmp_path / "a.xlsx")
    found = audit_table(tmp_path / "a.xlsx").set_index("cell")
    assert found.loc["C2", "printed"] == "3.20" and found.loc["C3", "verdict"] == "cannot hold"
    assert found.loc["D3", "verdict"] == "holds"


def test_merged_headings_of_a_workbook_are_refused(tmp_path):
    book = Workbook()
    book.active.append(["variable", "a (n=40)", None])
    book.active.append(["x", "3", "7.5"])
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    status, told = run(tmp_path / "a.xlsx")
    assert status == 2 and "the headings B1:C1 are merged; give each column a heading of its own" in told


def test_a_date_of_a_spreadsheet_is_told(tmp_path):
    book = Workbook()
    book.active.append(["variable", "kind", "a (n=40)"])
    book.active.append(["x", "n (%)", "20 (50.0)"])
    book.active.append(["y", "n (%)", datetime.date(2024, 5, 10)])
    book.save(tmp_path / "a.xlsx")
    found = audit_table(tmp_path / "a.xlsx")
    assert "made a date of it" in found.loc[found["cell"] == "C3", "explanation"].item()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--items", "agee=7"], "the table has no variable 'agee'; did you mean age?"),
        (["--scale", "agee=1..9"], "did you mean age?"),
        (["--whole", "totl"], "the table has no column or variable 'totl'"),
        (["--total", "all=drug+placebo"], "the table has no column 'all'"),
        (["--total", "drug"], "is not of the form overall=a+b"),
        (["--items", "age"], "is not of the form NAME=7"),
        (["--scale", "age=9..1"], "has no width"),
    ],
)
def test_a_misspelt_name_or_option_is_refused(file, option, said):
    status, told = run(file(TABLE.format("20 (40.0)")), *option)
    assert status == 2 and said in told


def test_options_of_a_table_without_a_table_are_refused():
    status, told = run("--whole", "total")
    assert status == 2 and "--whole is of a table; name the table: keepsafe audit TABLE.csv" in told


def test_strict_ends_with_1_on_findings_only(file):
    right, wrong = file(TABLE.format("20 (40.0)")), file(TABLE.format("21 (40.0)"), "wrong.csv")
    assert [CliRunner().invoke(cli.app, ["audit", str(path), "--strict"]).exit_code for path in (right, wrong)] == [
        0,
        1,
    ]
    assert CliRunner().invoke(cli.app, ["audit", str(wrong)]).exit_code == 0


def test_json_is_a_list_of_rows_with_the_promised_columns(file):
    rows = json.loads(CliRunner().invoke(cli.app, ["audit", str(file(TABLE.format("21 (40.0)"))), "--json"]).output)
    assert {"check", "row", "column", "cell", "printed", "expected", "verdict", "under", "explanation"} <= set(rows[0])
    assert [rows[0][name] for name in ("verdict", "row", "column", "cell")] == [
        "cannot hold",
        "female",
        "drug (n=50)",
        "D2",
    ]


def test_scale_items_and_totals_of_the_caller():
    text = "variable,kind,a (n=20),b (n=20),both (n=40)\nx,mean (SD),3.41 (2.90),3.29 (1.00),3.35 (1.00)\n"
    found = typed(text, items={"x": 1}, scale={"x": (1, 5)}, total={"both": ["a", "b"]})
    bad = set(found.loc[found["verdict"].isin(["cannot hold", "holds only under"]), "check"])
    assert {"whole-number mean", "pooled SD"} <= bad and bad & {"SD within the scale", "whole-number SD"}
    assert found.loc[found["check"] == "pooled mean", "verdict"].tolist() == ["holds"]


def test_rows_that_make_a_total():
    text = "variable,kind,a (n=50)\nany,n,20\none,n,12\ntwo,n,9\n"
    found = typed(text, total={"any": ["one", "two"]})
    assert found.loc[found["check"] == "sum", ["verdict", "explanation"]].values.tolist() == [
        ["cannot hold", "one 12 + two 9 = 21, and any is printed as 20"]]  # fmt: skip


def test_a_page_shows_the_table_with_its_cells_marked(file, tmp_path):
    out = tmp_path / "page.html"
    result = CliRunner().invoke(cli.app, ["audit", str(file(TABLE.format("21 (40.0)"))), "--html", str(out)])
    page = out.read_text(encoding="utf-8")
    assert result.exit_code == 0
    assert '<td class="cannot"><a href="#finding-0">21 (40.0)' in page and 'id="finding-0"' in page
    assert "21 of 50 is 42.00%, printed as 40.0%" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert "fraud" not in page.lower() and "error" not in page.lower()


def test_a_page_cannot_be_made_to_run_what_a_table_says(file, tmp_path):
    out = tmp_path / "page.html"
    text = TABLE.format("20 (40.0)").replace("female", "<script>alert(1)</script>")
    CliRunner().invoke(cli.app, ["audit", str(file(text)), "--html", str(out)])
    assert "<script" not in out.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_an_error(file, tmp_path):
    status, told = run(file(TABLE.format("20 (40.0)")), "--html", tmp_path / "no" / "page.html")
    assert status == 2 and "cannot be written" in told


@pytest.mark.parametrize("given", ["soon", 3])
def test_what_is_no_table_is_refused(given, tmp_path):
    with pytest.raises(InputError):
        audit_table(tmp_path / given if given == "soon" else given)


HEAVY = ("numba", "statsmodels", "matplotlib", "IPython", "papermill", "pandera", "scipy.stats", "keepsafe.synthesis")


@pytest.mark.parametrize("options", [[], ["--json"], ["--html", "page.html"]])
def test_the_command_loads_nothing_that_the_plain_installation_lacks(file, options):
    path = file(TABLE.format("20 (40.0)"))
    code = (
        "import sys; from keepsafe import cli\n"
        "try: cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, "audit", str(path), *options]
    done = subprocess.run(words, capture_output=True, text=True, cwd=path.parent)
    assert done.stderr.strip() == "[]" and done.stdout
