"""Citations that can be followed: lines of the 2019 report to its words, works to the bibliography."""

import re

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from keepsafe.problems import InputError
from keepsafe.report.rendering.appendices import appendices, follow_lines, follow_works, read_works, references
from tests.report.rendering.pages import page

WORKS = """[{"id": "firth-1993", "type": "book", "author": [{"family": "Firth", "given": "D."}],
  "issued": {"date-parts": [[1993]]}, "title": "Bias <script>", "DOI": "10.1/a<b>c"},
 {"id": "heinze-2018", "type": "book", "author": [{"family": "Heinze", "given": "G."}],
  "issued": {"date-parts": [[2018]]}, "title": "Selection"}]"""


@pytest.fixture
def about(tmp_path):
    (tmp_path / "lines.csv").write_text("line,section,quotation\n249,Gender,almost seven times\n251,Abuse,five times\n")
    (tmp_path / "bibliography.json").write_text(WORKS)
    return tuple(appendices(tmp_path))


@pytest.mark.parametrize(
    ("text", "followed"),
    [
        ("(L249)", '(<a class="line" href="#line-249">L249</a>)'),
        ("L243-250, so", '<a class="line" href="#line-249">L243-250</a>, so'),
        ("L250-251", '<a class="line" href="#line-251">L250-251</a>'),
        ("L250.", '<a class="line" href="#line-250">L250</a>.'),  # which the check of links refuses
        ("L249.cse.total, XL249 and <code>L249</code>", "L249.cse.total, XL249 and <code>L249</code>"),
        ('<i title="L249">x</i> <a href="#x">L249</a>', '<i title="L249">x</i> <a href="#x">L249</a>'),
    ],
)
def test_a_reference_to_a_line_leads_to_its_words(text, followed):
    assert follow_lines(text, [249, 251]) == followed


def test_without_quoted_lines_references_stay_as_they_are():
    assert follow_lines("L249", []) == "L249"


def test_a_citation_without_target_fails_the_build(about):
    assert 'id="line-249"' in page(appendices=about, c02_a=[new_markdown_cell("So it says (L249).")])
    with pytest.raises(InputError, match="a link ends nowhere: #line-250"):
        page(appendices=about, c02_a=[new_markdown_cell("So it says (L250).")])


def test_code_is_left_alone(about):
    html = page(appendices=about, c02_a=[new_markdown_cell("# A"), new_code_cell("x = 'L249'")])
    assert 'href="#line-249"' not in html


@pytest.mark.parametrize(
    "text", ["Firth 1993", "Firth (1993)", "Firth, D. (1993)", "Firth et al. 1993", "Firth and\nSchemper 1993"]
)
def test_a_work_named_with_its_year_leads_to_the_bibliography(about, text):
    html = follow_works(f"<p>as {text} shows</p>", about[-1].works)
    assert html.startswith(f'<p>as <a class="work" href="#ref-firth-1993">{text}'.removesuffix(")"))


@pytest.mark.parametrize("text", ["Firth", "Firth 1994", "Firths 1993", "1993", "Firth said so. In 1993"])
def test_what_is_no_citation_is_not_linked(about, text):
    assert follow_works(text, about[-1].works) == text


def test_works_that_the_report_cites_are_listed_apart_from_those_that_only_the_code_follows(about):
    html = page(appendices=about, c02_a=[new_markdown_cell("By Firth (1993).")])
    cited, followed = html.split("Works that the code follows")
    assert 'id="ref-firth-1993"' in cited and 'id="ref-heinze-2018"' in followed
    assert 'id="ref-heinze-2018"' not in cited


def test_a_reference_is_written_by_the_library_and_cannot_pose_as_markup(about):
    written = references(about[-1].works)["firth-1993"]
    assert written == "Firth, D. (1993) <i>Bias &lt;script&gt;</i>. doi:10.1/a&lt;b&gt;c"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"id": "firth-1993"', '"id": "Firth 1993"', "'Firth 1993' is no key"),
        ('"id": "firth-1993"', '"id": "heinze-2018"', "'heinze-2018' stands here twice"),
        (', "title": "Selection"', "", "'heinze-2018' lacks title"),
        ("[{", "[{{", "is no JSON"),
    ],
)
def test_a_fault_of_the_bibliography_is_told(tmp_path, old, new, complaint):
    (tmp_path / "bibliography.json").write_text(WORKS.replace(old, new, 1))
    with pytest.raises(InputError, match=f"bibliography.json, .*{complaint}"):
        read_works(tmp_path / "bibliography.json")


def test_every_line_that_data_and_report_cite_is_quoted_briefly(compendium):
    quoted = pd.read_csv(compendium / "data" / "report" / "lines.csv", dtype=str)
    assert quoted["quotation"].str.split().str.len().max() <= 20
    assert list(quoted["line"].astype(int)) == sorted(set(quoted["line"].astype(int)))
    for name in ("figures", "comparisons", "claims"):
        printed = pd.read_csv(compendium / "data" / "published" / f"{name}.csv", dtype=str)["source_line"]
        assert {line for cell in printed for line in re.findall(r"\d+", cell)} <= set(quoted["line"]), name


@pytest.mark.parametrize("how", ["hover", "click", "focus"])
def test_the_words_of_a_line_are_shown_where_its_number_is_pointed_at(look, report, how):
    seen = look(report, whole=False, place="#03-risk-factors")
    link = seen.locator("[id='03-risk-factors'] a.line", has_text="L243").first
    if how == "focus":
        link.press("Enter")
    else:
        getattr(link, how)()
    quote = seen.locator("#quote")
    quote.wait_for(state="visible")
    assert "Significant factors associated with CSE" in quote.inner_text() and "line 243" in quote.inner_text()
    seen.keyboard.press("Escape")
    assert not quote.is_visible()
    assert seen.url.endswith("#03-risk-factors")  # the reader's place is kept
