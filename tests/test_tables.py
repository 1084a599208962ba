"""Tables: semantic, escaped, explained, and written once for the run."""

import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from keepsafe import runs
from keepsafe.problems import InputError
from keepsafe.tables import table
from keepsafe.values import say, value
from keepsafe.values.mimes import TABLE, VALUES


@pytest.fixture
def grouped() -> pd.DataFrame:
    """Two row groups under two column groups, with a value, a marked mean and a missing cell."""
    columns = pd.MultiIndex.from_tuples([("Phase 1", "Total"), ("Phase 1", "CSE"), ("Phase 2", "CSE")])
    rows = pd.MultiIndex.from_tuples(
        [("Living", "In care"), ("Living", "Homeless"), ("Moves", "Total")], names=[None, "Situation"]
    )
    marked = say("{m} ({sd})***", m=value(14.84, "m", digits=1), sd=value(12.3, "sd", digits=1))
    cells = [[value(55.6, "care", "%", 1), 66.7, 71.2], [26, 14.8, pd.NA], [9.3, marked, None]]
    return pd.DataFrame(cells, index=rows, columns=columns)


def parsed(shown) -> ET.Element:
    return ET.fromstring(shown._repr_mimebundle_()["text/html"])


def test_every_heading_has_its_scope(grouped):
    tree = parsed(table(grouped, "Where", "where"))
    scopes = [(cell.text, cell.get("scope"), cell.get("colspan")) for cell in tree.iter("th")]
    assert scopes == [
        ("Situation", "col", None),
        ("Phase 1", "colgroup", "2"),
        ("Phase 2", "col", None),
        ("Total", "col", None),
        ("CSE", "col", None),
        ("CSE", "col", None),
        ("Living", "rowgroup", "4"),
        ("In care", "row", None),
        ("Homeless", "row", None),
        ("Moves", "rowgroup", "4"),
        ("Total", "row", None),
    ]
    assert len(tree.findall("tbody")) == 2


def test_columns_of_one_name_stay_apart():
    frame = pd.DataFrame([["CSE", 1, 2]], columns=["group", "n", "n"])
    heads = [cell.text for cell in parsed(table(frame, "c", "t")).find("thead/tr")]
    assert heads == ["group", "n", "n"]


def test_every_row_is_as_wide_as_the_table(grouped):
    tree = parsed(table(grouped, "Where", "where", note="A note."))
    widths = [sum(int(cell.get("colspan", 1)) for cell in row) for row in tree.iter("tr")]
    assert widths == [4, 3, 4, 4, 4, 4, 4, 4]  # the second row lies under a heading of two rows


def test_cells_show_numbers_without_units_and_markers_as_they_stand(grouped):
    cells = ["".join(cell.itertext()) for cell in parsed(table(grouped, "Where", "where")).iter("td")][:9]
    assert cells == ["55.6", "66.7", "71.2", "26", "14.8", "–", "9.3", "14.8 (12.3)***", "–"]


def test_a_missing_cell_is_a_dash_with_its_reason(grouped):
    shown = table(grouped, "Where", "where", missing="not coded in this phase.")
    assert "– means not coded in this phase." in parsed(shown).find("tfoot/tr/td").text


def test_values_in_cells_are_recorded(grouped):
    bundle = table(grouped, "Where", "where")._repr_mimebundle_()
    assert [record["id"] for record in bundle[VALUES]["values"]] == ["care", "m", "sd"]
    assert re.findall('data-id="(.*?)"', bundle["text/html"]) == ["care", "m", "sd"]


def test_a_label_cannot_pose_as_markup():
    bad = "<script>alert(1)</script>"
    frame = pd.DataFrame({bad: [bad, value(bad, "v"), say("{x} & <b>", x=value(bad, "x"))]}, index=[bad, "b", "c"])
    frame.index.name = bad
    html = table(frame, bad, "bad", note=bad, missing=bad)._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert "<b>" not in html
    assert html.count("&lt;script&gt;") == 9


def test_a_counting_index_is_not_shown():
    tree = parsed(table(pd.DataFrame({"group": ["CSE"], "n": [54]}), "Groups", "groups"))
    assert [(cell.text, cell.get("scope")) for cell in tree.iter("th")] == [
        ("group", "col"),
        ("n", "col"),
        ("CSE", "row"),
    ]


def test_synthetic_data_are_called_so_unless_the_table_says_otherwise(monkeypatch):
    frame = pd.DataFrame({"group": ["CSE"], "n": [54]})
    assert table(frame, "Groups", "groups").note == "Synthetic data."
    assert table(frame, "Groups", "groups", synthetic=False).note == ""
    monkeypatch.setattr(runs, "synthetic", lambda: False)
    assert table(frame, "Groups", "groups").note == ""


def test_decimals_may_be_set_by_column():
    frame = pd.DataFrame({"a": ["x"], "p": [0.12345], "n": [12.0]})
    assert "0.123  12" in table(frame, "c", "n", digits={"p": 3, "n": 0}).plain()


def test_the_same_frame_gives_the_same_output_twice(grouped):
    first, second = (table(grouped, "Where", "where")._repr_mimebundle_() for _ in range(2))
    assert first == second


def test_another_number_gives_another_fingerprint(grouped):
    before = table(grouped, "Where", "where")._repr_mimebundle_()[TABLE]["sha256"]
    grouped.iloc[0, 1] = 66.8
    assert table(grouped, "Where", "where")._repr_mimebundle_()[TABLE]["sha256"] != before


def test_a_table_is_written_into_the_run(tmp_path, monkeypatch, grouped):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    table(grouped, "Where", "where")
    written = pd.read_csv(tmp_path / "tables" / "where.csv")
    assert list(written.columns[1:]) == ["Situation", "Phase 1 | Total", "Phase 1 | CSE", "Phase 2 | CSE"]
    assert written.iloc[0, 2:].tolist() == [55.6, "66.7", 71.2]
    assert written.iloc[1:, 4].isna().all()


def test_a_spreadsheet_takes_no_label_for_a_formula():
    frame = pd.DataFrame({"label": ["=1+1", "−3", "-x", "−1+cmd"], "=n": [-2.5, 1, 2, 3]})
    lines = table(frame, "c", "n").csv().splitlines()
    assert lines == ["label,'=n", "'=1+1,-2.5", "-3,1.0", "'-x,2.0", "−1+cmd,3.0"]


@pytest.mark.parametrize(("caption", "name"), [(" ", "x"), ("c", "Two words"), ("c", "../x"), ("c", "")])
def test_a_table_without_a_caption_or_a_plain_name_is_refused(caption, name):
    with pytest.raises(InputError):
        table(pd.DataFrame({"a": [1], "b": [2]}), caption, name)


def test_an_empty_table_is_refused():
    with pytest.raises(InputError, match="empty"):
        table(pd.DataFrame({"a": []}), "c", "x")


def test_a_sentence_that_begins_with_a_number_is_set_as_text():
    frame = pd.DataFrame(
        {"check": ["a"], "arithmetic": ["84.6% of 54 is 45.68, no whole count"], "shown": ["9.8 [printed: 9.9]"]}
    )
    html = table(frame, "Checks", "checks")._repr_mimebundle_()["text/html"]
    assert "<td>84.6% of 54" in html
    assert '<td class="number">9.8 [printed' in html
