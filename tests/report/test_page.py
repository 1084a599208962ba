"""The page: one file, every number explained, every link ending somewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from keepsafe.pipeline.harvest import harvest
from keepsafe.problems import InputError
from keepsafe.report import render
from keepsafe.tables import table
from keepsafe.values import say, value
from keepsafe.values.mimes import FIGURE

FACTS = {"synthetic": True, "inputs": {"data/x.csv": "ab12"}, "versions": {"Python": "3"}, "parameters": []}
SCRIPT = "<script>alert('x')</script>"


def shows(*bundles: dict, source: str = "x", **named) -> dict:
    return new_code_cell(
        source, outputs=[new_output("execute_result", bundle) for bundle in bundles], **named
    )


def figure(name: str, alt: str = "The finding.") -> dict:
    return {
        "image/png": "iVBORw0KGgo=",
        FIGURE: {"name": name, "caption": "A figure", "alt": alt, "note": ""},
    }


def page(pictures: Path | None = None, facts: dict | None = None, **chapters) -> str:
    """The page of some chapters; a chapter's name is an argument's without the c that makes it one."""
    notebooks = {
        name[1:]: new_notebook(cells=[NotebookNode(cell, id=f"c{place}") for place, cell in enumerate(cells)])
        for name, cells in chapters.items()
    }
    return render(notebooks, harvest(notebooks), FACTS | (facts or {}), pictures or Path("nowhere"))


def test_headings_go_down_one_level_so_that_the_page_has_one_title():
    html = page(c02_a=[new_markdown_cell("# Title\n\n## Part\n\n### Piece"), new_markdown_cell("## Part")])
    headings = re.findall(r'<h(\d) id="(02-a[^"]*)">(.*?)</h', html)
    assert headings == [
        ("2", "02-a-title", "Title"),
        ("3", "02-a--part", "Part"),
        ("4", "02-a--piece", "Piece"),
        ("3", "02-a--part-2", "Part"),
    ]
    assert html.count("<h1") == 1


def test_tables_and_figures_are_numbered_by_chapter_and_links_show_the_number():
    frame = pd.DataFrame({"a": ["x"], "b": [1]})
    tables = [shows(table(frame, "c", name)._repr_mimebundle_()) for name in ("one", "two")]
    html = page(
        c02_a=[*tables, shows(figure("f"))],
        c03_b=[new_markdown_cell("See [Table](#table-two), [Figure](#figure-f), [that](#table-one).")],
    )
    captions = re.findall(r"<b>(Table|Figure) (\d\.\d)\.</b>", html)
    assert captions == [("Table", "2.1"), ("Table", "2.2"), ("Figure", "2.1")]
    links = re.findall(r"<p>See (.*?)\.</p>", html)[0]
    assert re.findall('href="(.*?)">(.*?)<', links) == [
        ("#table-two", "Table 2.2"),
        ("#figure-f", "Figure 2.1"),
        ("#table-one", "that"),
    ]


def test_links_between_notebooks_become_links_within_the_page():
    links = "[next](03_b.ipynb), [there](03_b.ipynb#The-part), [here](#Own-part)"
    html = page(
        c02_a=[new_markdown_cell(f"# A\n\n{links}\n\n## Own part")],
        c03_b=[new_markdown_cell("# B\n\n## The part")],
    )
    found = re.findall('<a href="([^"]*)">(next|there|here)</a>', html)
    assert found == [("#03-b", "next"), ("#03-b--the-part", "there"), ("#02-a--own-part", "here")]


@pytest.mark.parametrize("link", ["#nowhere", "#table-none", "#02-a--gone", "09_gone.ipynb"])
def test_a_link_that_ends_nowhere_is_refused(link):
    with pytest.raises(InputError, match=f"a link ends nowhere: #?{link}"):
        page(c02_a=[new_markdown_cell(f"[x]({link})")])


def test_no_address_leaves_the_file():
    html = page(c02_a=[new_markdown_cell("[a paper](https://example.org/x) <https://example.org/y>")])
    assert "a paper" in html
    assert not re.search(r'(?:href|src|srcset|action|data)="(?!#|data:)', html)
    assert not re.search(r"@import|url\((?!data:)", html)


def test_a_number_in_a_sentence_says_where_it_comes_from():
    shown = value(26.34, "cse.share", "%", 1, published=("text.cse", "26.3%"), kind="calibrated")
    html = page(c02_a=[shows(say("So **{n}** of them.", n=shown)._repr_mimebundle_())])
    title = "cse.share: from 02_a, cell c0; the 2019 report printed 26.3% (text.cse); calibrated"
    span = f'<span class="value calibrated" data-id="cse.share" title="{title}">26.3%</span>'
    assert f"<p>So <strong>{span}</strong> of them.</p>" in html


def test_a_number_in_a_table_says_where_it_comes_from():
    frame = pd.DataFrame({"group": ["CSE"], "n": [value(54, "cse.n")]})
    html = page(c02_a=[shows(table(frame, "c", "t")._repr_mimebundle_())])
    assert '<span class="value" data-id="cse.n" title="cse.n: from 02_a, cell c0">54</span></td>' in html


def test_labels_and_facts_cannot_pose_as_markup():
    frame = pd.DataFrame({SCRIPT: [SCRIPT], "v": [value(SCRIPT, "in.table")]})
    cells = [
        shows(say("{x}", x=value(SCRIPT, "in.sentence", published=("f", SCRIPT)))._repr_mimebundle_()),
        shows(table(frame, SCRIPT, "t", note=SCRIPT)._repr_mimebundle_()),
        shows(figure("f", alt=f'"{SCRIPT}')),
        shows({"text/plain": SCRIPT}, source=f"print({SCRIPT!r})"),
    ]
    parameter = {"notebook": "02_a", "name": "n", "value": SCRIPT, "default": SCRIPT, "help": SCRIPT}
    html = page(c02_a=cells, facts={"inputs": {SCRIPT: SCRIPT}, "parameters": [parameter]})
    assert SCRIPT not in html
    assert html.count("<script") == 3  # the page's own


def test_every_image_keeps_its_alt_text():
    raw = new_output(
        "display_data", {"image/png": "iVBORw0KGgo="}, metadata={"image/png": {"alt": "A plain one."}}
    )
    html = page(c02_a=[shows(figure("f")), new_code_cell("x", outputs=[raw])])
    assert re.findall(r'<img [^>]*alt="([^"]*)"', html) == ["The finding.", "A plain one."]


def test_quotation_marks_cannot_end_an_attribute():
    bad = '"><b>'
    sentence = say("{x}", x=value(1, "x", published=("f", bad)))._repr_mimebundle_()
    tags = Tags()
    tags.feed(page(c02_a=[shows(sentence), shows(figure("f", alt=bad))]))
    assert f"x: from 02_a, cell c0; the 2019 report printed {bad} (f)" in tags.attributes
    assert bad in tags.attributes


def test_a_picture_without_alt_text_is_refused():
    raw = new_output("display_data", {"image/png": "iVBORw0KGgo="})
    with pytest.raises(InputError, match="a picture in 02-a--cell-c0 has no alt text"):
        page(c02_a=[new_code_cell("x", outputs=[raw])])


def test_the_drawing_is_preferred_to_the_picture(tmp_path):
    (tmp_path / "f.svg").write_text("<svg/>")
    html = page(pictures=tmp_path, c02_a=[shows(figure("f")), shows(figure("g"))])
    assert re.findall(r'src="data:image/([a-z+]+)', html) == ["svg+xml", "png"]


def test_code_that_shows_nothing_is_folded_into_the_next_result():
    cells = [
        new_code_cell("import first"),
        new_markdown_cell("words"),
        shows({"text/plain": "1"}, source="second"),
        new_code_cell("third = 3"),
    ]
    found = re.findall(r"<details class.*?</summary>(.*?)</details>", page(c02_a=cells), re.S)
    folded = [re.sub("<[^>]+>", "", code).split() for code in found]
    assert folded == [["import", "first", "second"], ["third", "=", "3"]]


def test_parameters_are_shown_where_they_are_set():
    cells = [
        new_code_cell("n = 1", metadata={"tags": ["parameters"]}),
        shows({"text/plain": "1"}, source="n"),
    ]
    summaries = re.findall(r"<summary>(.*?)</summary>", page(c02_a=cells))
    assert summaries == ["Show the parameters", "Show the code"]


def test_what_scrolls_can_be_reached_by_keyboard():
    frame = pd.DataFrame({"a": ["x"], "b": [1]})
    html = page(c02_a=[shows(table(frame, "c", "t")._repr_mimebundle_()), shows({"text/plain": "1"})])
    assert all('tabindex="0"' in tag for tag in re.findall(r'<pre[^>]*>|<div class="table"[^>]*>', html))


def test_synthetic_data_are_named_on_the_front_page_and_in_each_chapter():
    chapters = {"c02_a": [new_markdown_cell("# A")], "c03_b": [new_markdown_cell("# B")]}
    assert "The case files here are synthetic" in page(**chapters)
    assert page(**chapters).count("Case files: synthetic") == 2
    own = page(facts={"synthetic": False}, **chapters)
    assert "synthetic</h2>" not in own
    assert "Case files: synthetic" not in own


class Tags(HTMLParser):
    """Elements that are not closed in their order, and the text of every attribute."""

    void = {"meta", "img", "br", "hr", "link", "input"}

    def __init__(self):
        super().__init__()
        self.stack, self.wrong, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.attributes += [text for _, text in attrs]
        if tag not in self.void:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [text for _, text in attrs]

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.wrong.append((tag, self.getpos()))


def test_every_element_is_closed_in_its_order():
    shown = table(pd.DataFrame({"a": ["x"], "b": [1]}), "c", "t")._repr_mimebundle_()
    cells = [new_markdown_cell("# T\n\n- a\n- b"), shows(shown), shows(figure("f"))]
    tags = Tags()
    tags.feed(page(c02_a=cells))
    assert (tags.stack, tags.wrong) == ([], [])
