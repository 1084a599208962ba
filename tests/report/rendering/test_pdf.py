"""The PDF: tagged, the same each time, and of the same content as the page."""

import re
import shutil
import subprocess
import sys
import zlib

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from keepsafe.report.rendering import pdf as pdf_module
from keepsafe.report.rendering.pdf import NoPdf, make_pdf, on_paper
from keepsafe.telling.sentences import sentence
from keepsafe.telling.tables import table
from keepsafe.telling.values import value
from tests.report.rendering.pages import figure, page, shows

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 40"><text x="4" y="20">Drawn</text></svg>'


def text_of(node: dict) -> str:
    return "".join(kid if isinstance(kid, str) else text_of(kid) for kid in node["kids"])


def nodes(node: dict, tag: str) -> list[dict]:
    inner = [found for kid in node["kids"] if isinstance(kid, dict) for found in nodes(kid, tag)]
    return [node] * (node["tag"] == tag) + inner


def plain(pdf: bytes) -> bytes:
    """A PDF with its streams unpacked."""
    parts = [pdf]
    for start in re.finditer(rb"(?<!end)stream\r?\n", pdf):
        try:
            parts.append(zlib.decompressobj().decompress(pdf[start.end() :]))
        except zlib.error:
            continue
    return b"\n".join(parts)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> str:
    """A page with a table, a figure, a link and named numbers."""
    pictures = tmp_path_factory.mktemp("pictures")
    (pictures / "f.svg").write_text(SVG)
    frame = pd.DataFrame({"group": ["CSE", "no CSE"], "n": [value(54, "cse.n"), value(151, "other.n")]})
    share = value(26.3, "cse.share", "%", 1, published=("text.cse", "26%"))
    cells = [
        new_markdown_cell("# The groups\n\nSee [Table](#table-t).\n\n## Who"),
        shows(table("t", frame, "How many", note="As counted.")._repr_mimebundle_(), source="secret_code = 1"),
        shows(figure("f", alt="54 of them.")),
        shows(sentence("So **{n}**.", n=share)._repr_mimebundle_()),
    ]
    return page(pictures, c02_groups=cells, c03_more=[new_markdown_cell("# More\n\n## Again")])


@pytest.fixture(scope="module")
def pdf(small) -> bytes:
    return make_pdf(small)


def test_the_pdf_says_that_it_is_accessible_and_in_what_language(pdf):
    found = plain(pdf)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in found
    assert b"/Lang(en-GB)" in found
    assert b"Keeping Safe? An executable edition" in found
    assert b"/Marked true" in found and b"/DisplayDocTitle true" in found


def test_headings_tables_figures_and_links_are_tagged(pdf):
    found = plain(pdf)
    for tag in ("H1", "H2", "Table", "Caption", "TH", "TD", "Figure", "Link", "TOCI"):
        assert re.search(rb"/S ?/" + tag.encode() + rb"\b", found), tag
    assert b"/Alt(54 of them.)" in found
    assert re.search(rb"/Scope ?/Column", found)


def test_the_outline_holds_the_chapters_and_their_sections(pdf):
    titles = set(re.findall(rb"/Title\(([^)]*)\)", plain(pdf)))
    assert {b"2 The groups", b"Who", b"3 More", b"Again"} <= {title.strip() for title in titles}


def test_the_pdf_is_the_same_each_time_and_bears_no_date(small, pdf):
    assert make_pdf(small) == pdf
    assert not re.search(rb"CreationDate|ModDate|CreateDate|ModifyDate", plain(pdf))


def test_code_and_what_only_a_screen_shows_is_not_printed(small):
    body = text_of(on_paper(small)["body"])
    assert "secret_code" in small and "secret_code" not in body
    assert "Search this report" in small and "Search this report" not in body
    assert "Show the code" not in body.replace("Show the code opens it", "")


def test_every_table_and_figure_of_the_page_is_printed_with_its_caption_and_note(small):
    body = on_paper(small)["body"]
    captions = [text_of(node) for tag in ("caption", "figcaption") for node in nodes(body, tag)]
    assert "Table 2.1. How many" in captions
    assert "Figure 2.1. A figure." in captions
    assert "As counted. Synthetic data." in map(text_of, nodes(body, "tfoot"))
    assert [node["alt"] for node in nodes(body, "img")] == ["54 of them."]


def test_a_table_too_long_for_paper_is_named_with_its_place_and_links_to_it_end_there():
    frame = pd.DataFrame({"a": [f"row {row}" for row in range(70)], "b": range(70)})
    cells = [new_markdown_cell("# A\n\nSee [Table](#table-t)."), shows(table("t", frame, "Many")._repr_mimebundle_())]
    body = on_paper(page(c02_a=cells))["body"]
    assert "Table 2.1. Many: in report.html, and as CSV in tables/t.csv." in text_of(body)
    assert "row 7" not in text_of(body)
    assert [node["id"] for node in walk(body) if node["id"] == "table-t"] == ["table-t"]
    assert make_pdf(page(c02_a=cells))


def test_a_summary_holds_the_front_page_alone(small):
    body = text_of(on_paper(small, summary=True)["body"])
    assert "How to cite" in body and "numbers in grey italics" in body
    assert "How many" not in body and "How far a number can be trusted" not in body


def test_synthetic_case_files_are_named_at_the_foot_of_each_page(small):
    assert on_paper(small)["label"] == "Case files: synthetic"
    own = page(facts={"synthetic": False}, c02_a=[new_markdown_cell("# A")])
    assert on_paper(own)["label"] == ""


def test_no_level_of_heading_is_left_out():
    cells = [new_markdown_cell("# A\n\n#### Deep\n\n## Part\n\n##### Deeper")]
    levels = [node["level"] for node in walk(on_paper(page(c02_a=cells))["body"]) if "level" in node]
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
    assert make_pdf(page(c02_a=cells))  # which Typst refuses where one is


def walk(node: dict):
    yield node
    for kid in node["kids"]:
        yield from walk(kid) if isinstance(kid, dict) else ()


def test_links_end_where_something_is():
    cells = [new_markdown_cell("# A\n\n[there](#Part), [away](https://example.org/x)\n\n## Part")]
    body = on_paper(page(c02_a=cells))["body"]
    places = {node["id"] for node in walk(body) if node["id"]}
    aims = {node["href"] for node in walk(body) if "href" in node}
    assert aims and aims <= places


def test_markup_in_labels_stays_text():
    odd = '<script>#panic("x")</script> $1 = `2` *3* [link](x) @ref <label> // no comment'
    frame = pd.DataFrame({odd: [odd], "v": [value(odd, "in.table")]})
    cells = [new_markdown_cell("# A"), shows(table("t", frame, odd, note=odd)._repr_mimebundle_()),
             shows(sentence("{x}", x=value(odd, "in.sentence"))._repr_mimebundle_())]  # fmt: skip
    html = page(c02_a=cells)
    assert text_of(on_paper(html)["body"]).count(odd) >= 4
    assert make_pdf(html).startswith(b"%PDF")


def test_what_a_reader_would_open_is_open_on_paper_and_output_keeps_its_spaces():
    words = "# A\n\n<details><summary>More</summary>\n\nInner words.\n\n</details>"
    body = on_paper(page(c02_a=[new_markdown_cell(words), shows({"text/plain": "a    b\n  c"})]))["body"]
    assert "Inner words." in text_of(body)
    assert [text_of(node) for node in nodes(body, "pre")] == ["a    b\n  c"]


def test_signs_that_no_typeface_has_are_left_out():
    html = page(c02_a=[new_markdown_cell("# A"), shows({"text/plain": "a\x07b\x7fc"})])
    assert "abc" in text_of(on_paper(html)["body"])
    assert make_pdf(html)


def test_a_report_without_tables_figures_and_numbers_is_printed():
    assert make_pdf(page(c02_a=[new_markdown_cell("# A\n\nWords."), new_code_cell("x = 1")]))


def test_a_notebook_s_own_picture_is_printed_where_there_is_no_drawing():
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    cells = [new_markdown_cell("# A"), shows(figure("f") | {"image/png": pixel})]
    assert b"/Alt(The finding.)" in plain(make_pdf(page(c02_a=cells)))


@pytest.mark.parametrize("columns", [3, 12, 40])
def test_a_table_of_any_width_is_printed(columns):
    frame = pd.DataFrame([[f"{row}.{place}" for place in range(columns)] for row in range(3)])
    frame.columns = [f"Column number {place}" for place in range(columns)]
    html = page(c02_a=[new_markdown_cell("# A"), shows(table("t", frame, "c")._repr_mimebundle_())])
    [drawn, *_] = nodes(on_paper(html)["body"], "table")
    assert len(drawn["widths"]) == columns
    assert sum(drawn["widths"]) <= 1.001
    assert make_pdf(html)


def test_no_page_begins_with_the_last_row_of_a_table(monkeypatch):
    chapters = {}
    for rows in range(27, 60):  # each in a chapter of its own, which begins a page
        frame = pd.DataFrame({"a": [f"row {row}" for row in range(rows)], "b": range(rows)})
        chapters[f"c{rows}_x"] = [shows(table(f"t{rows}", frame, "c")._repr_mimebundle_())]
    found, orphans = [], pdf_module._orphans
    monkeypatch.setattr(pdf_module, "_orphans", lambda tails: found.append(orphans(tails)) or found[-1])
    make_pdf(page(**chapters))
    assert found[0]  # some of these tables would leave a row behind
    assert not found[-1]


def test_without_typst_there_is_no_pdf_and_the_reason_is_told(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(NoPdf, match="Typst cannot be loaded"):
        make_pdf(small)


def test_what_breaks_the_standard_is_refused(small):
    broken = small.replace('aria-label="54 of them."', 'aria-label=""')
    with pytest.raises(NoPdf, match="PDF/UA-1 error: missing alt text"):
        make_pdf(broken)


def faults(pages: list[str], headings: set[str]) -> list[str]:
    """Pages that hold next to nothing, and headings at a page's end, by the text of each page without its foot."""
    told = [[line.strip() for line in page.splitlines() if line.strip()][:-1] for page in pages]
    empty = [f"page {turn} is empty" for turn, lines in enumerate(told, 1) if len(" ".join(lines)) < 40]
    ends = {turn: lines[-1] for turn, lines in enumerate(told, 1) if lines}
    return empty + [f"page {turn} ends with a heading" for turn, line in ends.items() if line in headings]


def test_no_page_of_the_report_is_empty_and_none_ends_with_a_heading(report, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("there is no pdftotext on this machine")
    html = report.read_text(encoding="utf-8")
    (tmp_path / "report.pdf").write_bytes(make_pdf(html))
    words = subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    pages = words.stdout.decode().split("\f")[:-1]
    headings = {text_of(node) for node in walk(on_paper(html)["body"]) if "level" in node}
    assert 30 < len(pages) <= 60
    assert faults(pages, headings) == []
    (tmp_path / "summary.pdf").write_bytes(make_pdf(html, summary=True))
    words = subprocess.run(["pdftotext", "-layout", tmp_path / "summary.pdf", "-"], capture_output=True, check=True)
    pages = words.stdout.decode().split("\f")[:-1]
    assert len(pages) == 2 and "How to cite" in pages[-1] and "The main findings" in pages[0]


def test_an_empty_page_and_an_orphaned_heading_are_caught():
    whole = "Chapter\n\nWho\n\nA sentence that is long enough to count as one.\n\nfoot 3"
    pages = [whole, "Chapter\n\n\nfoot 4", whole.replace("\n\nfoot", "\n\nWhat\n\nfoot")]
    assert faults(pages, {"Who", "What"}) == ["page 2 is empty", "page 3 ends with a heading"]
