"""One made-up extract in every type, form of label, missing and date, and format: the same cohort from each."""

import csv
import io

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from keepsafe.files import check, read_case_files
from keepsafe.files.cleaning import clean
from keepsafe.report.export import export
from keepsafe.study import load_study
from keepsafe.study.codebook import COLUMNS, load_codebook

N = 300
BOOK = [
    # name, type, levels, missing, reference, label
    ("person_id", "identifier", "", "", "", "Person"),
    ("synthetic", "binary", "0=no; 1=yes", "", "0", "Synthetic record"),
    ("place", "category", "1=Ynys Môn; 2=Llŷn; 3=Penfro", "-9=not recorded", "1", "Place"),
    ("kids", "category", "1=0; 2=1; 3=2; 4=3 or more", "-8=Don't know", "1", "Children"),
    ("told", "category", "1=Yes; 2=No; 3=Don't know", "-8=Don't know (missing); -9=Refused", "1", "Told"),
    ("mood", "ordered", "low=Low; middle=Middle; high=High", "-9=not recorded", "middle", "Mood"),
    ("care", "binary", "0=No; 1=Yes", "-9=not recorded; -8=not applicable", "0", "In care"),
    ("moves", "count", "0..60", "-9=not recorded", "", "Moves"),
    ("score", "number", "-5.0..100.0", "999=not asked", "", "Score"),
    ("weight", "number", "0.0..10.0", "blank=not weighed", "", "Weight"),
    ("stay", "number", "0.0..100.0", "blank=none", "", "Hours"),
    ("born", "date", "1985-01-01..2012-12-31", "blank=not recorded", "", "Born"),
    ("seen", "date", "2010-01-01..2019-12-31", "blank=not seen", "", "Seen"),
    ("month", "date", "", "blank=not recorded", "", "Month of referral"),
    ("note", "identifier", "", "blank=none", "", "Note"),
]
STUDY = """
[study]
title = "A made-up extract"
person = "person_id"
[derived]
age = { label = "Age", since = "born", until = "seen", unit = "years" }
"""
CODES = {"mood": {"low": 1, "middle": 2, "high": 3}}  # what is a word in the codebook has a number in SPSS and Stata


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """The extract in the codebook's own codes, all text."""
    rng = np.random.default_rng(17)
    days = pd.date_range("1988-02-29", "2010-12-31").strftime("%Y-%m-%d")
    visits = pd.date_range("2011-01-01", "2019-12-31").strftime("%Y-%m-%d")
    draw = {
        "place": ["1", "2", "3", "-9"],
        "kids": ["1", "2", "3", "4", "-8"],
        "told": ["1", "2", "3", "-8", "-9"],
        "mood": ["low", "middle", "high", "-9"],
        "care": ["0", "1", "-9", "-8"],
        "moves": [*map(str, range(61)), "-9"],
        "score": [*(f"{n / 10:g}" for n in range(-50, 1000, 7)), "999"],
        "weight": ["2.7", "0.1", "9.9", ""],
        "stay": ["0.25", "30.25", "72", ""],
        "born": [*days[::97], ""],
        "seen": [*visits[::13], ""],
        "month": [*(f"{year}-{month:02}" for year in (2017, 2018) for month in range(1, 13)), ""],
        "note": ["Siân's file, re-opened", 'said "no"; twice', "=1+1", "", "line one, two"],
    }
    frame = pd.DataFrame({name: rng.choice(entries, N) for name, entries in draw.items()}, dtype="str")
    frame.insert(0, "person_id", [f"P{number:03}" for number in range(N)])
    frame.insert(1, "synthetic", "1")
    return frame.sort_values("person_id", ignore_index=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("matrix")
    rows = [
        (name, label, "", "", kind, levels, missing, reference, "no", "")
        for name, kind, levels, missing, reference, label in BOOK
    ]
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(made / "codebook.csv", index=False)
    (made / "study.toml").write_text(STUDY, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def study(folder):
    return load_study(folder / "study.toml", load_codebook(folder / "codebook.csv"))


@pytest.fixture(scope="module")
def wanted(drawn, folder, study):
    """The cohort of the extract in the codebook's own codes."""
    drawn.to_csv(folder / "own.csv", index=False)
    return clean(read_case_files(folder / "own.csv", study.codebook), study)


def test_the_extract_holds_every_type_and_the_cohort_every_value(wanted, drawn):
    assert {kind for _, kind, *_ in BOOK} == {"identifier", "binary", "category", "ordered", "count", "number", "date"}
    assert len(wanted) == N and wanted["born"].notna().sum() == (drawn["born"] != "").sum()
    assert wanted["kids"].value_counts().to_dict() == drawn["kids"][drawn["kids"] != "-8"].value_counts().to_dict()


def numeric(drawn: pd.DataFrame) -> pd.DataFrame:
    """The extract as SPSS and Stata hold it: numbers, days as dates."""
    made = drawn.copy()
    for name, kind, *_ in BOOK:
        if kind in ("binary", "category", "ordered", "count", "number"):
            codes = {code: str(number) for code, number in CODES.get(name, {}).items()}
            made[name] = pd.to_numeric(drawn[name].replace(codes).replace("", np.nan))
    return made


def labels() -> dict:
    """Labels of levels and missing; those of missing are not all declared so."""
    made = {}
    for name, kind, levels, codes, *_ in BOOK:
        if kind in ("binary", "category", "ordered"):
            pairs = (part.split("=") for part in [*levels.split("; "), *(codes.split("; ") if codes else [])])
            made[name] = {CODES.get(name, {}).get(code, code): label for code, label in pairs}
            made[name] = {int(code): label for code, label in made[name].items()}
    return made


def seconds(dates: pd.Series, origin: str, unit: int) -> pd.Series:
    days = (pd.to_datetime(dates.replace("", None)).astype("datetime64[s]") - np.datetime64(origin, "s")).dt.days
    return days.astype(float) * unit


def write_sav(drawn, path):
    made = numeric(drawn)
    for name in ("born", "seen", "month"):
        made[name] = seconds(drawn[name], "1582-10-14", 86_400)
    made["stay"] *= 3_600
    pyreadstat.write_sav(
        made,
        path,
        column_labels={name: label for name, *_, label in BOOK},
        variable_value_labels=labels(),
        missing_ranges={"told": [-8, -9], "care": [{"lo": -9, "hi": -8}], "moves": [-9], "kids": [-8]},
        variable_format={"born": "DATE11", "seen": "DATETIME20", "month": "MOYR8", "stay": "TIME8"},
        variable_measure={"mood": "ordinal"},
    )


def write_old_sav(drawn, path):
    """A .sav of Windows-1252, as SPSS wrote it before it knew Unicode: each letter is one byte."""
    write_sav(drawn, path)
    content = path.read_bytes().replace("Llŷn".encode(), b"Llyn ")
    for text in ("Ynys Môn", "Siân's file, re-opened"):
        assert text.encode() in content
        content = content.replace(text.encode(), text.encode("cp1252") + b" ")
    path.write_bytes(content.replace(b"UTF-8", b"CP125"))  # a name of no character set, as old files have


def write_dta(drawn, path):
    made = numeric(drawn)
    letters = {
        "place": {-9: "a"},
        "kids": {-8: "a"},
        "told": {-8: "a", -9: "b"},
        "mood": {-9: "a"},
        "care": {-9: "a", -8: "b"},
        "moves": {-9: "a"},
    }
    said = labels()
    for name, codes in letters.items():
        kinds = pd.CategoricalDtype(
            pd.Index([*sorted({float(x) for x in made[name]} - set(codes)), *codes.values()], dtype=object)
        )
        swap = {float(code): letter for code, letter in codes.items()}
        made[name] = made[name].astype(float).astype(object).replace(swap).astype(kinds)
        if name in said:
            said[name] = {codes.get(code, code): label for code, label in said[name].items()}
    made["born"], made["seen"] = (seconds(drawn[name], "1960-01-01", 1) for name in ("born", "seen"))
    month = pd.to_datetime(drawn["month"].replace("", None), format="%Y-%m")
    made["month"] = (month.dt.year - 1960) * 12.0 + month.dt.month - 1
    pyreadstat.write_dta(
        made,
        path,
        variable_value_labels=said,
        version=14,
        missing_user_values={name: list(codes.values()) for name, codes in letters.items()},
        variable_format={"born": "%td", "seen": "%td", "month": "%tm"},
    )


def write_xlsx(drawn, path):
    made = numeric(drawn)
    made["mood"] = drawn["mood"].map({"low": "Low", "middle": " MIDDLE", "high": "High"}).fillna("-9")
    for name in ("born", "seen"):
        made[name] = pd.to_datetime(drawn[name].replace("", None))
    made["stay"] = pd.to_timedelta(made["stay"], unit="h")
    with pd.ExcelWriter(path) as book:
        made.to_excel(book, index=False)
        notes, stays = (book.sheets["Sheet1"][chr(ord("A") + list(made).index(name))] for name in ("note", "stay"))
        for cell in notes:
            cell.data_type = "s"  # a text that looks like a formula is none
        for cell in stays[1:]:
            cell.number_format = "[h]:mm:ss"


def write_parquet(drawn, path):
    made = numeric(drawn).assign(mood=drawn["mood"].replace("-9", None))
    made["mood"] = pd.Categorical(made["mood"].fillna("-9"), ["low", "middle", "high", "-9"], ordered=True)
    made["weight"] = made["weight"].astype("float32")
    for name in ("born", "seen"):
        made[name] = pd.to_datetime(drawn[name].replace("", None)).dt.date
    made["stay"] = pd.to_timedelta(made["stay"], unit="h")
    made.to_parquet(path)


def write_csv(drawn, path, delimiter=",", encoding="utf-8", comma=False, form="%Y-%m-%d", mark="."):
    made = drawn.copy()
    for name in ("born", "seen"):
        made[name] = pd.to_datetime(drawn[name].replace("", None)).dt.strftime(form).fillna("")
    for name in ("score", "weight", "stay"):
        made[name] = drawn[name].str.replace(".", mark)
    made["place"] = drawn["place"].replace({"1": "Ynys Môn"}) if encoding != "cp1252" else drawn["place"]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([made.columns, *made.itertuples(index=False)])
    path.write_bytes(text.getvalue().encode(encoding))


FORMS = {
    "unicode.sav": write_sav, "old.sav": write_old_sav, "a.dta": write_dta, "a.xlsx": write_xlsx,
    "a.parquet": write_parquet, "comma.csv": write_csv,
    "semicolon.csv": lambda drawn, path: write_csv(drawn, path, ";", form="%d.%m.%Y", mark=","),
    "windows.csv": lambda drawn, path: write_csv(drawn, path, ";", "cp1252", form="%d/%m/%Y", mark=","),
    "wide.csv": lambda drawn, path: write_csv(drawn, path, "\t", "utf-16", form="%d %B %Y"),
    "american.csv": lambda drawn, path: write_csv(drawn, path, form="%m/%d/%Y"),
    "sas.csv": lambda drawn, path: write_csv(drawn, path, form="%d%b%Y"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_format_gives_the_same_cohort_cell_by_cell(name, drawn, folder, study, wanted):
    FORMS[name](drawn, folder / name)
    found = clean(read_case_files(folder / name, study.codebook), study)
    pd.testing.assert_frame_equal(found, wanted)
    report = check(folder / name, folder / "codebook.csv", folder / "study.toml")
    assert report.findings == (), str(report)


@pytest.mark.parametrize("ending", [".sav", ".dta", ".csv"])
def test_what_is_exported_comes_back_the_same(ending, drawn, folder, study, wanted):
    (out := folder / f"out{ending[1:]}").mkdir()
    path = export(out / f"cohort{ending}", folder / "own.csv", folder / "codebook.csv", folder / "study.toml").files[0]
    pd.testing.assert_frame_equal(clean(read_case_files(path, study.codebook), study), wanted)
