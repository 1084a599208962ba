"""Delimited text of any make reads the same, and its lines are those that an editor shows."""

import csv
import io

import pytest

from keepsafe import reading
from keepsafe.problems import InputError
from keepsafe.reading import delimited, read
from keepsafe.reading.delimited import delimiter_of

ROWS = [["file_id", "place", "note"], ["F1", "Llan, y bont", 'said "no"'], ["F2", "Môn", "£5; or less"]]


def written(path, rows=ROWS, delimiter=",", encoding="utf-8", end="\r\n"):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def cells(table):
    return [list(table.names), *map(list, zip(*table.columns, strict=True))]


@pytest.mark.parametrize("delimiter", delimited.DELIMITERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_delimiter_and_encoding_gives_the_same_cells(tmp_path, delimiter, encoding):
    table = reading.read(written(tmp_path / "a.csv", delimiter=delimiter, encoding=encoding))
    assert cells(table) == ROWS
    assert table.lines.tolist() == [2, 3]
    assert any("Windows-1252" in note for note in table.notes) == (encoding == "cp1252")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_an_editor_counts_them(tmp_path, end):
    rows = [["a", "b"], ["1", "x\ny\nz".replace("\n", end)], ["", ""], ["2", "w"]]
    table = reading.read(written(tmp_path / "a.csv", rows, end=end))
    assert table.lines.tolist() == [2, 6]
    assert table.columns[1][1] == "w"


def test_excels_own_first_line_says_what_separates_cells(tmp_path):
    (tmp_path / "a.csv").write_text("sep=;\na;b\n1;2,5\n", encoding="utf-8")
    table = reading.read(tmp_path / "a.csv")
    assert cells(table) == [["a", "b"], ["1", "2,5"]]
    assert table.lines.tolist() == [3]


def test_what_separates_cells_in_no_way_known_is_noted(tmp_path):
    (tmp_path / "a.csv").write_text("file_id:sex\nF1:male\n", encoding="utf-8")
    assert "it has a single column" in reading.read(tmp_path / "a.csv").notes[0]


def test_cells_that_only_end_the_lines_are_no_column(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,\n1,2,\n3,4,,\n", encoding="utf-8")
    assert cells(reading.read(tmp_path / "a.csv")) == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_expected_names_decide_what_separates_the_cells():
    sample = "file_id;sex, as recorded, or not\nF1;1,2,3\n"
    assert delimiter_of(sample) == ","
    assert delimiter_of(sample, ["file_id"]) == ";"


def test_rows_of_another_width_are_kept_apart_with_their_lines(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n4,5,6\n7,8\n", encoding="utf-8")
    table = reading.read(tmp_path / "a.csv")
    assert cells(table) == [["a", "b"], ["1", "2"], ["7", "8"]]
    assert table.ragged == ((3, 1), (4, 3))
    assert table.lines.tolist() == [2, 5]


@pytest.mark.parametrize(
    ("text", "plain"),
    [("a,b\n1,2\n3,4\n", True), ("a,b\n1,2\n3,4", True), ("a,b\r\n1,2\r\n", True), ('a,b\n"1,5",2\n', True),
     (",\na,b\n1,2\n", False), ("a,b\n1,2\n\n3,4\n", False), ('a,b\n"1\n5",2\n', False), ("a,b\n1\n", False),
     ("a,b\r1,2\n", False)],
)  # fmt: skip
def test_only_plain_text_is_read_at_once(tmp_path, text, plain):
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert (delimited.read_large(tmp_path / "a.csv", "utf-8", ",") is not None) == plain


def test_rows_of_blanks_are_left_out_of_large_files_too(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LARGE", 0)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n , \n3,4\n", encoding="utf-8")
    table = reading.read(tmp_path / "a.csv")
    assert (cells(table)[1:], table.lines.tolist()) == ([["1", "2"], ["3", "4"]], [2, 4])


def test_a_line_longer_than_a_block_is_still_read(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LARGE", 0)
    monkeypatch.setattr(delimited, "BLOCK", 64)
    rows = [["a", "b"], ["1", "x" * 500], ["2", "y"]]
    assert cells(reading.read(written(tmp_path / "a.csv", rows))) == rows


def test_a_total_of_decimal_commas_is_no_case(tmp_path):
    path = tmp_path / "hours.csv"
    path.write_text("id;hours;nights\n" + "".join(f"P{n};{n},5;{n},25\n" for n in range(1, 9)) + ";40,5;38,25\n")
    [(line, what)] = read(path).doubts
    assert line == 10 and "looks like a total" in what


def test_a_comma_at_the_end_of_the_header_alone_is_no_column(tmp_path):
    (tmp_path / "a.csv").write_text("id,age,,\n1,11\n2,12,\n3,13,,,,\n4\n5,15,,,x\n")
    table = reading.read(tmp_path / "a.csv")
    assert table.names == ("id", "age") and [list(column) for column in table.columns] == [
        ["1", "2", "3"],
        ["11", "12", "13"],
    ]
    assert table.ragged == ((5, 1), (6, 5))


def test_a_file_of_two_encodings_is_refused_by_the_line(tmp_path):
    first, second = "id,town\n1,Ynys Môn\n".encode(), "2,Bala\n3,Ynys Môn\n".encode("cp1252")
    (tmp_path / "a.csv").write_bytes(first + second)
    with pytest.raises(InputError, match="a.csv, line 4: its letters are in UTF-8 on other lines, and not on this one"):
        reading.read(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_bytes(b"id,town\n" + second)
    assert list(reading.read(tmp_path / "a.csv").columns[1]) == ["Bala", "Ynys Môn"]
