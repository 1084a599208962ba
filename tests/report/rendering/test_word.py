"""The tables for Word: real tables with real captions, which a reader of Word and a screen reader can use."""

import re
import zipfile
from io import BytesIO

import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from nbformat.v4 import new_markdown_cell

from keepsafe.report.rendering.tables import tables_document
from keepsafe.telling.tables import table
from keepsafe.telling.values import value
from tests.report.rendering.pages import page, shows


def shown(frame: pd.DataFrame, caption: str, name: str, note: str = "") -> dict:
    return shows(table(name, frame, caption, note=note)._repr_mimebundle_())


def grouped() -> pd.DataFrame:
    columns = pd.MultiIndex.from_tuples([("Phase 1", "CSE"), ("Phase 1", "no CSE"), ("Phase 2", "CSE")])
    index = pd.MultiIndex.from_tuples([("Sex", "girls"), ("Sex", "boys"), ("Age", "mean")], names=["", "Figure"])
    return pd.DataFrame([[value(75.9, "a", "%", 1), 47.0, 1], [24.1, 53.0, 2], [14.6, 14.3, 3]], index, columns)


@pytest.fixture(scope="module")
def html() -> str:
    pair = pd.DataFrame({"group": ["CSE", "no CSE"], "n": [54, 151]})
    return page(
        c02_groups=[new_markdown_cell("# The groups"), shown(pair, "How many", "how-many", "As counted."),
                    shown(grouped(), "Who", "who")],
        c03_none=[new_markdown_cell("# Nothing here")],
        c04_more=[new_markdown_cell("# More"), shown(pair, "Again", "again")],
    )  # fmt: skip


@pytest.fixture(scope="module")
def document(html) -> Document:
    return Document(BytesIO(tables_document(html)))


def captions(document: Document) -> list[str]:
    """The captions with what their fields show."""
    told = [paragraph._p for paragraph in document.paragraphs if paragraph.style.name == "Caption"]
    return ["".join(text.text for text in caption.iter(qn("w:t"))) for caption in told]


def parts(document: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(document)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_every_numbered_table_is_there_with_its_caption_and_note(document):
    assert captions(document) == ["Table 2.1. How many", "Table 2.2. Who", "Table 4.1. Again"]
    notes = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Table Note"]
    assert notes == ["As counted. Synthetic data.", "Synthetic data.", "Synthetic data."]
    assert len(document.tables) == 3


def test_captions_are_numbered_by_fields_that_begin_anew_in_each_chapter(document):
    fields = [field.get(qn("w:instr")).strip() for field in document.element.body.iter(qn("w:fldSimple"))]
    assert fields == [r"SEQ Table \* ARABIC \r 1", r"SEQ Table \* ARABIC", r"SEQ Table \* ARABIC \r 1"]


def test_the_list_of_tables_is_a_field_whose_entries_lead_to_the_captions(document):
    body = document.element.body
    assert any("TOC" in code.text and '"Table"' in code.text for code in body.iter(qn("w:instrText")))
    aims = [link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))]
    marks = [mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))]
    assert aims == marks == ["table-how-many", "table-who", "table-again"]


def test_tables_have_a_style_and_head_rows_that_repeat_and_are_not_cut(document):
    for drawn in document.tables:
        assert drawn.style.name == "Report Table"
        heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in drawn.rows]
        assert heads[0] and not heads[-1]
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in drawn.rows)
        assert drawn._tbl.tblPr.find(qn("w:tblLook")).get(qn("w:firstRow")) == "1"


def test_cells_and_spans_are_those_of_the_page(document):
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [
        ["group", "n"],
        ["CSE", "54"],
        ["no CSE", "151"],
    ]
    assert [[cell.text for cell in row.cells] for row in document.tables[1].rows] == [
        ["Figure", "Phase 1", "Phase 1", "Phase 2"],
        ["Figure", "CSE", "no CSE", "CSE"],
        ["Sex", "Sex", "Sex", "Sex"],
        ["girls", "75.9", "47.0", "1"],
        ["boys", "24.1", "53.0", "2"],
        ["Age", "Age", "Age", "Age"],
        ["mean", "14.6", "14.3", "3"],
    ]


def test_the_document_is_british_titled_and_without_dates(html):
    made = parts(tables_document(html))
    assert set(re.findall(rb'<w:lang[^>]* w:val="([^"]*)"', made["word/styles.xml"])) == {b"en-GB"}
    core = made["docProps/core.xml"].decode()
    assert "<dc:title>Keeping Safe? An executable edition: the tables</dc:title>" in core
    assert "<dc:language>en-GB</dc:language>" in core
    assert "dcterms:" not in re.sub("xmlns:[^ >]*", "", core)
    assert "thumbnail" not in "".join(made)


def test_equal_pages_make_equal_files(html):
    made = tables_document(html)
    assert made == tables_document(html)
    with zipfile.ZipFile(BytesIO(made)) as file:
        assert {part.date_time for part in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_synthetic_case_files_are_named_in_the_text_and_at_the_foot(html, document):
    assert any("Case files: synthetic." in paragraph.text for paragraph in document.paragraphs)
    assert "Case files: synthetic." in document.sections[0].footer.paragraphs[0].text
    own = tables_document(page(facts={"synthetic": False}, c02_a=[new_markdown_cell("# A")]))
    assert b"synthetic" not in parts(own)["word/document.xml"] + parts(own)["word/footer1.xml"]


def test_a_formula_or_markup_in_a_label_stays_text():
    odd = '=HYPERLINK("x") <w:br/> {MACROBUTTON x} & \x07bell'
    frame = pd.DataFrame({"a": [odd], "b": [1]})
    made = Document(BytesIO(tables_document(page(c02_a=[shown(frame, odd, "t", odd)]))))
    kept = odd.replace("\x07", "")
    assert made.tables[0].cell(1, 0).text == kept
    assert captions(made) == [f"Table 2.1. {kept}"]
    assert not list(made.element.body.iter(qn("w:br")))


def test_a_wide_table_stands_on_a_page_on_its_side():
    narrow = pd.DataFrame({"a": ["x"], "b": [1]})
    wide = pd.DataFrame([["word" * 4] * 16], columns=[f"Longheading{place}" for place in range(16)])
    cells = [shown(narrow, "First", "first"), shown(wide, "Wide", "wide"), shown(narrow, "Last", "last")]
    made = Document(BytesIO(tables_document(page(c02_a=cells))))
    assert [section.page_width > section.page_height for section in made.sections] == [False, True, False]
    widths = [sum(int(column.get(qn("w:w"))) for column in drawn._tbl.tblGrid) for drawn in made.tables]
    assert max(widths) <= 253 / 25.4 * 1440 + 20
    assert all(section.footer.paragraphs[0].text for section in made.sections)


def test_a_report_without_tables_says_so():
    made = Document(BytesIO(tables_document(page(c02_a=[new_markdown_cell("# A")]))))
    assert made.tables == []
    assert any("The report holds no tables." in paragraph.text for paragraph in made.paragraphs)
