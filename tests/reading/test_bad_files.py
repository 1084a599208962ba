"""A file that cannot be used is named with what is wrong and what to do; nothing is raised but InputError."""

import zipfile

import pandas as pd
import pytest

from keepsafe import reading
from keepsafe.files import read_case_files
from keepsafe.problems import InputError
from keepsafe.study.codebook import load_codebook

OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


def refused(path, said, codebook=None):
    with pytest.raises(InputError, match=said) as caught:
        read_case_files(path, codebook) if codebook else reading.read(path)
    assert all(path.name in str(problem) for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b" \n\n \t\n", "is empty"), (b"\xef\xbb\xbf", "is empty"), (b"\xef\xbb\xbf\n\n", "is empty"),
     (b"a,b\n", "has a header and no rows"), (b"a,b\n,\n \n", "has a header and no rows"), (b"sep=;\n", "is empty"),
     (b"a,b\n1,\"2\n", "not a table in CSV: unexpected end of data"), (b'a,b\n1,"2"3\n', r"line 2: .*expected after"),
     (b"GIF89a\0\0\1\1;", "none of the formats that are read"), (b"\x1f\x8b\x08rest", "is compressed"),
     (b"<html><table><tr><td>1</td></tr></table>", "is a web page"), (OLE, "workbook with a password, or an old .xls"),
     (b"$FL2@(#)", "is an SPSS file that cannot be read"), (b"ENCRYPTEDSAV\0\0", "protected by a password"),
     (b"<stata_dta><header>", "is a Stata file that cannot be read"), (b"PAR1\0\0", "Parquet file that is damaged"),
     (b"PK\3\4rest", "workbook that is damaged or cut short"), (b"\xff\xfea\0,\0b", "is damaged|no rows"),
     (b"\xef\xbb\xbfa,b\n\xff,1\n", "is damaged: not every byte of it is UTF-8")],
)  # fmt: skip
def test_a_file_of_no_use_is_refused_in_words(tmp_path, content, said):
    path = tmp_path / "files.csv"
    path.write_bytes(content)
    refused(path, said)


def test_a_path_that_leads_to_no_file_is_refused(tmp_path):
    refused(tmp_path / "none.csv", "no such file")
    refused(tmp_path, "is no file")


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "sav", "dta"])
@pytest.mark.parametrize("share", [0.1, 0.7])
def test_a_file_that_is_cut_short_is_refused(write, codebook, kind, share):
    path = write(kind)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(path, "cut short|no rows|none of the codebook's columns|is none of the formats", codebook)


def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("cases.csv", "a,b")
    refused(tmp_path / "a.xlsx", "an archive, but no Excel workbook; unpack it")


def test_an_empty_first_sheet_is_refused_with_the_names_of_the_sheets(tmp_path, typed):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame().to_excel(book, sheet_name="Cover", index=False)
        typed.to_excel(book, sheet_name="Cases", index=False)
    refused(tmp_path / "a.xlsx", "first sheet, Cover, is empty; the sheets are Cover, Cases")


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(tmp_path):
    pd.DataFrame({"a": [1], "b": [2]}).to_excel(tmp_path / "a.xlsx", index=False)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    table = reading.read(tmp_path / "b.xlsx")
    assert (table.names, len(table.lines)) == (("a", "b"), 1)


@pytest.mark.parametrize("form", ["cell", "quoted", "header", "cells", "large"])
def test_a_line_of_20_mb_is_refused_soon(tmp_path, codebook, form):
    long = {
        "cell": "x" * 20_000_000,
        "quoted": '"' + "x,\n" * 6_000_000,
        "header": "x" * 20_000_000,
        "cells": "x," * 10_000_000,
        "large": "x," * 10_000_000,
    }[form]
    text = f"{long}\n1,2\n" if form in ("header", "large") else f"file_id,sex\nF1,{long}\n"
    (tmp_path / "files.csv").write_text(text, encoding="utf-8")
    said = {"quoted": "line 2: .*131,072 characters", "header": "line 1: the line has", "large": "line 1: the line has"}
    said = said.get(form, "line 2: the line has more than 10,000,000 characters")
    for problem in refused(tmp_path / "files.csv", said, codebook):
        assert len(str(problem)) < 400


@pytest.mark.parametrize(("text", "said"), [
    ("file_id,sex\nF1," + "x" * 200_000, "line 2: .*a cell has more than 131,072"),
    ("x," * 40_000 + "\n1", "has 40,001 columns, more than the 30,000"),
    ("file_id,sex\nF1" + ",x" * 40_000, "line 2: has 40,001 cells where the header has 2"),
])  # fmt: skip
def test_a_row_longer_than_any_table_has_is_refused(tmp_path, text, said):
    (tmp_path / "files.csv").write_text(text, encoding="utf-8")
    path = tmp_path / "book.csv"
    path.write_text(
        "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\n"
        "file_id,F,,,identifier,,,,no,\nsex,S,,,identifier,,,,no,\n",
        encoding="utf-8",
    )
    refused(tmp_path / "files.csv", said, load_codebook(path))


def test_missing_and_repeated_columns_are_named_together(write, codebook):
    path = write("csv")
    path.write_text(path.read_text().replace("moves,score", "Moves,sex", 1))
    said = [str(problem) for problem in refused(path, "column 'moves' is missing", codebook)]
    assert len(said) == 3
    assert "is it the column 'Moves'?" in said[0]
    assert "column 'score' is missing" in said[1] and "column 'sex' appears 2 times" in said[2]


def test_columns_that_hold_lists_are_named(tmp_path):
    pd.DataFrame({"a": [[1], [2]], "b": [1, 2]}).to_parquet(tmp_path / "a.parquet")
    [problem] = refused(tmp_path / "a.parquet", "lists or records")
    assert problem.column == "a"


def test_a_header_that_is_a_case_is_not_repeated(write, codebook):
    path = write("csv")
    path.write_text(path.read_text().partition("\n")[2])
    [problem] = refused(path, "none of the codebook's columns", codebook)
    assert "F1" not in str(problem) and "2006" not in str(problem)


@pytest.mark.parametrize("fate", ["import os; os.abort()", "import time; time.sleep(60)"])
def test_a_file_that_brings_its_reader_down_is_refused_and_we_stand(write, monkeypatch, fate):
    path = write("sav")
    monkeypatch.setattr("keepsafe.reading.typed.CHILD", fate)
    monkeypatch.setattr("keepsafe.reading.typed.SECONDS", 0.5)
    refused(path, "is an SPSS file that cannot be read: it brings its reader to a halt")


def test_nothing_but_the_file_is_read_and_it_stays_as_it_was(write, codebook, tmp_path):
    for kind in ("csv", "xlsx", "parquet", "sav", "dta"):
        path = write(kind)
        before, beside = path.read_bytes(), sorted(tmp_path.iterdir())
        read_case_files(path, codebook)
        assert path.read_bytes() == before and sorted(tmp_path.iterdir()) == beside
