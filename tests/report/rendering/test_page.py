"""The page: one file, every number explained, every link ending somewhere."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from keepsafe.problems import InputError
from keepsafe.telling.sentences import sentence
from keepsafe.telling.tables import table
from keepsafe.telling.values import value
from tests.report.rendering.pages import figure, page, shows

SCRIPT = "<script>alert('x')</script>"


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
    tables = [shows(table(name, frame, "c")._repr_mimebundle_()) for name in ("one", "two")]
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
    html = page(c02_a=[shows(sentence("So **{n}** of them.", n=shown)._repr_mimebundle_())])
    title = "cse.share: from 02_a, cell c0; the 2019 report printed 26.3% (text.cse); calibrated"
    span = f'<span class="value calibrated" data-id="cse.share" title="{title}">26.3%</span>'
    assert f"<p>So <strong>{span}</strong> of them.</p>" in html


def test_a_number_in_a_table_says_where_it_comes_from():
    frame = pd.DataFrame({"group": ["CSE"], "n": [value(54, "cse.n", kind="derived")]})
    html = page(c02_a=[shows(table("t", frame, "c")._repr_mimebundle_())])
    title = "cse.n: from 02_a, cell c0; derived"
    assert f'<span class="value derived" data-id="cse.n" title="{title}">54</span></td>' in html


def test_labels_and_facts_cannot_pose_as_markup():
    frame = pd.DataFrame({SCRIPT: [SCRIPT], "v": [value(SCRIPT, "in.table")]})
    cells = [
        shows(sentence("{x}", x=value(SCRIPT, "in.sentence", published=("f", SCRIPT)))._repr_mimebundle_()),
        shows(table("t", frame, SCRIPT, note=SCRIPT)._repr_mimebundle_()),
        shows(figure("f", alt=f'"{SCRIPT}')),
        shows({"text/plain": SCRIPT}, source=f"print({SCRIPT!r})"),
    ]
    parameter = {"notebook": "02_a", "name": "n", "value": SCRIPT, "default": SCRIPT, "help": SCRIPT}
    html = page(c02_a=cells, facts={"inputs": {SCRIPT: SCRIPT}, "parameters": [parameter]})
    assert SCRIPT not in html
    assert html.count("<script") == 3  # the page's own


def test_every_image_keeps_its_alt_text():
    raw = new_output("display_data", {"image/png": "iVBORw0KGgo="}, metadata={"image/png": {"alt": "A plain one."}})
    html = page(c02_a=[shows(figure("f")), new_code_cell("x", outputs=[raw])])
    assert re.findall(r'<img [^>]*alt="([^"]*)"', html) == ["The finding.", "A plain one."]


def test_quotation_marks_cannot_end_an_attribute():
    bad = '"><b>'
    said = sentence("{x}", x=value(1, "x", published=("f", bad)))._repr_mimebundle_()
    tags = Tags()
    tags.feed(page(c02_a=[shows(said), shows(figure("f", alt=bad))]))
    assert f"x: from 02_a, cell c0; the 2019 report printed {bad} (f)" in tags.attributes
    assert bad in tags.attributes


def test_a_picture_without_alt_text_is_refused():
    raw = new_output("display_data", {"image/png": "iVBORw0KGgo="})
    with pytest.raises(InputError, match="a picture in 02-a--cell-c0 has no alt text"):
        page(c02_a=[new_code_cell("x", outputs=[raw])])


def test_the_drawing_is_preferred_to_the_picture(tmp_path):
    (tmp_path / "f.svg").write_text("<svg/>")
    html = page(pictures=tmp_path, c02_a=[shows(figure("f")), shows(figure("g"))])
    assert re.findall(r'<figcaption>.*?(?:<(svg) class|src="data:image/(png))', html) == [("svg", ""), ("", "png")]


def test_code_that_shows_nothing_is_folded_into_the_next_result():
    cells = [
        new_code_cell("import first"),
        new_markdown_cell("words"),
        shows({"text/plain": "1"}, source="second"),
        new_code_cell("third = 3"),
    ]
    found = re.findall(r'<details class="code".*?</summary>(.*?)</details>', page(c02_a=cells), re.S)
    folded = [re.sub("<[^>]+>", "", code).split() for code in found]
    assert folded == [["import", "first", "second"], ["third", "=", "3"]]


def test_code_that_jupyterlab_hides_is_folded_like_any_other():
    said = sentence("{n} files.", n=value(367, "n"))._repr_mimebundle_()
    cells = [shows(said, source="hidden_code", metadata={"jupyter": {"source_hidden": hide}}) for hide in (True, False)]
    found = re.findall(r'<details class="code".*?</summary>(.*?)</details>', page(c02_a=cells), re.S)
    assert [re.sub("<[^>]+>", "", code).split() for code in found] == [["hidden_code"], ["hidden_code"]]


def test_parameters_are_shown_where_they_are_set():
    cells = [
        new_code_cell("n = 1", metadata={"tags": ["parameters"]}),
        shows({"text/plain": "1"}, source="n"),
    ]
    summaries = re.findall(r'<details class="code"><summary>(.*?)</summary>', page(c02_a=cells))
    assert summaries == ["Show the parameters", "Show the code"]


def test_what_scrolls_can_be_reached_by_keyboard():
    frame = pd.DataFrame({"a": ["x"], "b": [1]})
    html = page(c02_a=[shows(table("t", frame, "c")._repr_mimebundle_()), shows({"text/plain": "1"})])
    assert all('tabindex="0"' in tag for tag in re.findall(r'<pre[^>]*>|<div class="table"[^>]*>', html))


def test_synthetic_data_are_named_on_the_front_page_and_in_each_chapter():
    chapters = {"c02_a": [new_markdown_cell("# A")], "c03_b": [new_markdown_cell("# B")]}
    assert "The case files here are synthetic" in page(**chapters)
    assert page(**chapters).count("Case files: synthetic") == 2
    own = page(facts={"synthetic": False}, **chapters)
    assert "synthetic</h2>" not in own
    assert "Case files: synthetic" not in own


def test_each_kind_of_agreement_has_a_word_and_a_mark_of_its_own():
    kinds = ["calibrated", "calibrated, direction only", "derived", "not comparable"]
    named = {f"v{place}": value(place, f"v.{place}", kind=kind) for place, kind in enumerate(kinds)}
    frame = pd.DataFrame({"what": kinds, "Kind": kinds})
    said = sentence(" ".join(f"{{{name}}}" for name in named), **named)._repr_mimebundle_()
    html = page(c02_a=[shows(said), shows(table("t", frame, "c")._repr_mimebundle_())])
    marks = ["calibrated", "direction", "derived", "not-comparable"]
    assert re.findall(r'<span class="value ([\w-]+)(?: invented)?" data-id="v', html) == marks
    assert re.findall(r'<td[^>]*><span class="kind ([\w-]+)">(.*?)</span>', html) == list(
        zip(marks, kinds, strict=True)
    )
    assert re.findall(r'<dd data-kind="(.*?)">', html) == kinds


def test_what_the_card_tells_is_in_the_page_and_cannot_end_its_element():
    shown = value(26.341463, "cse.share", "%", 1, published=("text.cse", "</script>26.3%"), kind="calibrated")
    html = page(c02_a=[shows(sentence("{n}", n=shown)._repr_mimebundle_())])
    told = json.loads(re.search(r'<script type="application/json" id="traces">(.*?)</script>', html)[1])
    assert told["values"] == {"cse.share": [26.3, "02_a", "c0", "text.cse", "</script>26.3%", "calibrated"]}
    assert f'id="{told["chapters"]["02_a"]}--cell-c0"' in html


def test_an_infinite_or_missing_value_does_not_break_what_the_card_reads():
    named = {"a": value(float("inf"), "a"), "b": value(None, "b")}
    html = page(c02_a=[shows(sentence("{a} {b}", **named)._repr_mimebundle_())])
    told = re.search(r'id="traces">(.*?)</script>', html)[1]
    read = json.loads(told, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))["values"]
    assert [read[name][0] for name in ("a", "b")] == ["infinite", ""]


def test_the_pages_own_policy_lets_its_scripts_run_and_nothing_be_loaded():
    html = page(c02_a=[new_markdown_cell("# A")])
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', html)[1].replace("&#39;", "'")
    for script in re.findall(r"<script(?: type=\"module\")?>(.*?)</script>", html, re.S):
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:; font-src data:;")


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
    shown = table("t", pd.DataFrame({"a": ["x"], "b": [1]}), "c")._repr_mimebundle_()
    cells = [new_markdown_cell("# T\n\n- a\n- b"), shows(shown), shows(figure("f"))]
    tags = Tags()
    tags.feed(page(c02_a=cells))
    assert (tags.stack, tags.wrong) == ([], [])
