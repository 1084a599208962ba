"""Tables: named numbers, labels in words, semantic and escaped HTML, written once for the run."""

import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from keepsafe import paths, runs
from keepsafe.problems import InputError
from keepsafe.telling import TABLE, VALUES
from keepsafe.telling.opened import LeftOut
from keepsafe.telling.sentences import sentence
from keepsafe.telling.tables import LEFT, finished, table
from keepsafe.telling.values import value


@pytest.fixture
def grouped() -> pd.DataFrame:
    """Two row groups under two column groups, with a value, a marked mean and a missing cell."""
    columns = pd.MultiIndex.from_tuples([("Phase 1", "Total"), ("Phase 1", "CSE"), ("Phase 2", "CSE")])
    rows = pd.MultiIndex.from_tuples(
        [("Living", "In care"), ("Living", "Homeless"), ("Moves", "Total")], names=[None, "Situation"]
    )
    marked = sentence("{m} ({sd})***", m=value(14.84, "m", digits=1), sd=value(12.3, "sd", digits=1))
    cells = [[value(55.6, "care", "%", 1), 66.7, 71.2], [26, 14.8, pd.NA], [9.3, marked, None]]
    return pd.DataFrame(cells, index=rows, columns=columns)


@pytest.fixture
def headings(tmp_path, monkeypatch):
    """A register of the rows that a test gives it, without its first line."""

    def write(rows: str) -> None:
        (tmp_path / "headings.csv").write_text("table,heading,shows\n" + rows, encoding="utf-8")
        data = paths.data
        monkeypatch.setattr(
            paths, "data", lambda *parts: tmp_path / "headings.csv" if parts == ("headings.csv",) else data(*parts)
        )

    return write


@pytest.fixture
def groups() -> pd.DataFrame:
    return pd.DataFrame(
        {"n": [54, 151], "share": [0.2634, 0.7366], "low": [2.0, None], "p": [0.0004, 0.5], "what": ["a", "b"]},
        index=["CSE", "no CSE"],
    )


def parsed(shown) -> ET.Element:
    return ET.fromstring(shown._repr_mimebundle_()["text/html"])


def ids(shown) -> list[str]:
    return [record["id"] for record in shown._repr_mimebundle_()[VALUES]["values"]]


def texts(shown) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row.iter("td")] for row in parsed(shown).findall("tbody/tr")]


def test_columns_are_chosen_by_heading_with_a_format_or_a_template(groups):
    columns = {"Young people": "n", "Share": "{share:.1%}", "From": "low:.1f", "p": "p:p"}
    columns |= {"Both": "{what}: {n} of them"}
    assert texts(table("t", groups, "Groups", columns)) == [
        ["54", "26.3", "2.0", "< .001", "a: 54 of them"],
        ["151", "73.7", "–", ".500", "b: 151 of them"],
    ]


def test_headings_come_from_the_register_by_the_tables_name(groups, headings):
    headings("here,Persons,n\nhere,Share,{share:.0%}\nelsewhere,Number,n\n")
    assert table("here", groups, "c").frame.map(str).loc["CSE"].to_dict() == {"Persons": "54", "Share": "26%"}
    assert list(table("elsewhere", groups, "c").frame) == ["Number"]
    assert list(table("third", groups, "c").frame) == list(groups)
    assert list(table("here", groups, "c", {"Own": "n"}).frame) == ["Own"]


def test_a_heading_that_stands_twice_is_refused_with_its_line(groups, headings):
    headings("here,Persons,n\nhere,Persons,share\n")
    with pytest.raises(InputError, match=r"headings.csv, line 3, column heading: here has 'Persons' twice; give each"):
        table("here", groups, "c")


def test_a_column_of_the_register_that_the_frame_lacks_is_named(groups, headings):
    headings("here,Persons,persons\n")
    with pytest.raises(InputError, match=r"the table 'here', column 'Persons', row 'cse': has no value"):
        table("here", groups, "c")


def test_a_sentence_keeps_its_values_within_a_template(groups):
    told = sentence("mean {m}", m=value(14.84, "m", digits=1))
    made = table("t", groups.assign(said=told), "c", {"Said": "{said} (L{n:s})"}).frame.loc["CSE", "Said"]
    assert str(made) == "mean 14.8 (L54)"
    assert [entry.id for entry in made.values.values()] == ["m"]


def test_by_default_whole_numbers_stand_as_they_are_and_fractions_have_a_decimal(groups):
    assert texts(table("t", groups[["n", "share", "what"]], "Groups")) == [["54", "0.3", "a"], ["151", "0.7", "b"]]


def test_a_number_is_named_after_the_table_the_row_and_the_field(groups):
    columns = {"Young people": "n", "Of all": "{n} ({share:.0%})"}
    assert ids(table("groups", groups, "Groups", columns))[:3] == ["groups.cse.n", "groups.cse.n", "groups.cse.share"]
    nested = pd.DataFrame({"k": [{"cse": {"n": 5}}]}, index=["police"])
    assert ids(table("given", nested, "Given", {"CSE": "{k[cse][n]}"})) == ["given.police.k.cse.n"]


def test_rows_may_be_named_by_columns_where_their_words_are_not_unique(groups):
    frame = groups.assign(key=["one", "two"]).set_axis(["same", "same"])
    assert ids(table("t", frame, "c", {"n": "n"}, rows=["key", "what"])) == ["t.one.a.n", "t.two.b.n"]


def test_a_variable_that_names_a_row_is_shown_by_its_label(study):
    frame = pd.DataFrame({"n": [1, 2]}, index=["moves_total", "somebody's own words"])
    shown = table("t", frame, "c", {"n": "n"})
    heads = [cell.text for cell in parsed(shown).iter("th") if cell.get("scope") == "row"]
    assert heads == [study.label("moves_total"), "somebody's own words"]
    assert ids(shown)[0] == "t.moves_total.n"


def test_levels_that_name_rows_are_shown_by_their_labels(study):
    """'Female' stood above 'male', for female is also the name of a variable."""
    shown = table("t", pd.crosstab(study.cohort["sex"], study.cohort["cse"]), "Sex by CSE")
    assert list(shown.frame.index) == ["Female", "Male"]


def test_every_heading_has_its_scope(grouped):
    tree = parsed(table("where", grouped, "Where"))
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
    frame = pd.DataFrame([["1", "2"]], columns=["n", "n"], index=["CSE"]).rename_axis("group")
    heads = [cell.text for cell in parsed(finished("t", frame, "c")).find("thead/tr")]
    assert heads == ["group", "n", "n"]


def test_every_row_is_as_wide_as_the_table(grouped):
    tree = parsed(table("where", grouped, "Where", note="A note."))
    widths = [sum(int(cell.get("colspan", 1)) for cell in row) for row in tree.iter("tr")]
    assert widths == [4, 3, 4, 4, 4, 4, 4, 4]  # the second row lies under a heading of two rows


def test_cells_show_numbers_without_units_and_markers_as_they_stand(grouped):
    cells = ["".join(cell.itertext()) for cell in parsed(table("where", grouped, "Where")).iter("td")][:9]
    assert cells == ["55.6", "66.7", "71.2", "26", "14.8", "–", "9.3", "14.8 (12.3)***", "–"]


def test_a_missing_cell_is_a_dash_with_its_reason(grouped):
    shown = table("where", grouped, "Where", missing="not coded in this phase.")
    assert "– means not coded in this phase." in parsed(shown).find("tfoot/tr/td").text


def test_every_number_in_a_cell_is_recorded_and_explained(grouped):
    bundle = table("where", grouped, "Where")._repr_mimebundle_()
    named = [record["id"] for record in bundle[VALUES]["values"]]
    assert re.findall('data-id="(.*?)"', bundle["text/html"]) == named
    assert named == [
        "care",
        "where.living.in-care.phase-1.cse",
        "where.living.in-care.phase-2.cse",
        "where.living.homeless.phase-1.total",
        "where.living.homeless.phase-1.cse",
        "where.moves.total.phase-1.total",
        "m",
        "sd",
    ]


def test_a_label_cannot_pose_as_markup():
    bad = "<script>alert(1)</script>"
    cells = [bad, value(bad, "v"), sentence("{x} & <b>", x=value(bad, "x"))]
    frame = pd.DataFrame({bad: cells, "n": [1, 2, 3]}, index=pd.Index([bad, "b", "c"], name=bad))
    html = table("bad", frame, bad, note=bad, missing=bad)._repr_mimebundle_()["text/html"]
    assert "<script" not in html and "<b>" not in html
    assert html.count("&lt;script&gt;") == 9


def test_with_a_counting_index_the_first_column_names_the_rows():
    for columns in (None, {"group": "group", "n": "n"}):
        tree = parsed(table("groups", pd.DataFrame({"group": ["CSE"], "n": [54]}), "Groups", columns))
        assert [(cell.text, cell.get("scope")) for cell in tree.iter("th")] == [
            ("group", "col"),
            ("n", "col"),
            ("CSE", "row"),
        ]


def test_synthetic_data_are_called_so_unless_the_register_says_that_nothing_rests_on_them(monkeypatch, kinds):
    kinds("printed.*,derived,checks,,\nwords,derived,checks,,\n")
    frame, words = pd.DataFrame({"n": [54]}, index=["CSE"]), pd.DataFrame({"a": ["x"]}, index=["CSE"])
    notes = [table("groups", frame, "c").note, table("printed", frame, "c").note, table("words", words, "c").note]
    assert notes == ["Synthetic data.", "", ""]
    assert table("other", words, "c").note == "Synthetic data."  # fails closed
    monkeypatch.setattr(runs, "synthetic", lambda: False)
    assert table("groups", frame, "c").note == ""


def test_the_same_frame_gives_the_same_output_twice(grouped):
    first, second = (table("where", grouped, "Where")._repr_mimebundle_() for _ in range(2))
    assert first == second


def test_another_number_gives_another_fingerprint(grouped):
    before = table("where", grouped, "Where")._repr_mimebundle_()[TABLE]["sha256"]
    grouped.iloc[0, 1] = 66.8
    assert table("where", grouped, "Where")._repr_mimebundle_()[TABLE]["sha256"] != before


def test_a_table_is_written_into_the_run(tmp_path, monkeypatch, grouped):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    table("where", grouped, "Where")
    written = pd.read_csv(tmp_path / "tables" / "where.csv")
    assert list(written.columns[1:]) == ["Situation", "Phase 1 | Total", "Phase 1 | CSE", "Phase 2 | CSE"]
    assert written.iloc[0, 2:].tolist() == [55.6, "66.7", 71.2]
    assert written.iloc[1:, 4].isna().all()


def test_a_spreadsheet_takes_no_label_for_a_formula():
    frame = pd.DataFrame({"label": ["=1+1", "−3", "-x", "−1+cmd"], "=n": [-2.5, 1, 2, 3]})
    lines = table("n", frame, "c").csv().splitlines()
    assert lines == ["label,'=n", "'=1+1,-2.5", "-3,1.0", "'-x,2.0", "−1+cmd,3.0"]


@pytest.mark.parametrize(("caption", "name"), [(" ", "x"), ("", "x"), ("c", ""), ("c", " - ")])
def test_a_table_without_a_caption_or_a_name_is_refused(caption, name):
    with pytest.raises(InputError, match="has no (caption|name)"):
        table(name, pd.DataFrame({"a": [1], "b": [2]}), caption)


@pytest.mark.parametrize("name", ["../x", "..", "Two words", "a/b", "C:\\x"])
def test_whatever_a_table_is_called_its_file_stays_in_its_folder(name, tmp_path, monkeypatch):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    shown = table(name, pd.DataFrame({"a": [1]}, index=["x"]), "c")
    assert re.fullmatch(r"[a-z0-9_-]+", shown.name)
    assert [path.name for path in (tmp_path / "tables").iterdir()] == [f"{shown.name}.csv"]


def test_an_empty_table_is_refused():
    with pytest.raises(InputError, match="the table x is empty"):
        table("x", pd.DataFrame({"a": []}), "c")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"Mean": "mean:.1f"}, "the table 't', column 'Mean', row 'cse': has no value"),
        (
            {"Mean": "{mean:.1f}"},
            "the table 't', column 'Mean', row 'cse': has no value; the columns of the data frame",
        ),
        ({"Share": "share:.1g"}, "the table 't', column 'Share', row 'cse': the format '.1g' is not understood"),
        ({"What": "what:.1f"}, "the table 't', column 'What', row 'cse': is text, which has no format '.1f'"),
        ({"What": "{n} ({what:p})"}, "the table 't', column 'What', row 'cse': is text, which has no format 'p'"),
    ],
)
def test_a_field_without_a_value_or_with_a_format_that_does_not_fit_is_named(groups, columns, said):
    with pytest.raises(InputError) as caught:
        table("t", groups, "c", columns)
    assert said in str(caught.value)


def test_a_first_column_that_the_frame_lacks_is_named_too():
    with pytest.raises(
        InputError, match="column Who: 'grup' has no value; the columns of the data frame begin group, n"
    ):
        table("t", pd.DataFrame({"group": ["CSE"], "n": [54]}), "Groups", {"Who": "grup", "n": "n"})


def test_two_rows_of_one_name_are_refused_with_the_remedy(groups):
    with pytest.raises(InputError, match="two values called 't.same.n'; give each row a name of its own"):
        table("t", groups.set_axis(["same", "same"]), "c", {"n": "n"})


def test_nothing_is_written_of_a_table_with_a_fault(groups, tmp_path, monkeypatch):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    with pytest.raises(InputError):
        table("t", groups, "c", {"n": "n", "Mean": "mean:.1f"})
    assert list((tmp_path / "tables").iterdir()) == []


def test_a_sentence_that_begins_with_a_number_is_set_as_text():
    frame = pd.DataFrame(
        {"check": ["a"], "arithmetic": ["84.6% of 54 is 45.68, no whole count"], "shown": ["9.8 [printed: 9.9]"]}
    )
    html = table("checks", frame, "Checks")._repr_mimebundle_()["text/html"]
    assert f"<td{LEFT}>84.6% of 54" in html
    assert '<td class="number">9.8 [printed' in html


def test_under_disclosure_control_an_undeclared_table_counts_persons(controlled, kinds):
    kinds("settings.*,not comparable,settings,,\n")
    frame = pd.DataFrame({"n": [55, 9], "share": [26.3, 4.4]}, index=["CSE", "no CSE"])
    columns = {"n": "n", "share": "share:.1f"}
    assert texts(table("unheard-of", frame, "c", columns)) == [["55", "–"], ["–", "–"]]
    assert texts(table("settings", frame, "c", columns)) == [["55", "26.3"], ["9", "4.4"]]


def test_under_disclosure_control_a_sentence_stands_for_a_table_of_nothing(controlled):
    shown = table("t", pd.DataFrame({"n": []}), "The groups.")
    assert isinstance(shown, LeftOut) and shown.why == "Withheld by disclosure control: a table, the groups"
    assert list((controlled.path("tables")).iterdir()) == []
