"""The parts around the chapters: findings on the front page, lists of tables and figures, appendices."""

import re

import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell

from keepsafe.problems import InputError
from keepsafe.report.rendering.outputs import Chapter
from keepsafe.telling import FIGURE
from keepsafe.telling.sentences import sentence
from keepsafe.telling.tables import table
from keepsafe.telling.values import value
from tests.report.rendering.pages import figure, page, shows


def finding(template: str, number: float, name: str, **metadata) -> dict:
    said = sentence(template, n=value(number, name, kind="derived"))._repr_mimebundle_()
    return shows(said, metadata={"tags": ["finding"], **metadata})


def front(html: str) -> str:
    return html[html.index('id="front"') : html.index("<article")]


def test_a_finding_is_lifted_to_the_front_page_with_its_figure_and_without_its_address():
    cells = [new_markdown_cell("# T"), finding("So **{n}** [there](02_a.ipynb#P).", 54, "cse.n", figure="f")]
    html = page(c02_a=[new_markdown_cell("# A\n\n## P"), shows(figure("f", alt="It rises."))], c06_z=cells)
    lifted = front(html)
    assert '<a href="#02-a--p">there</a>' in lifted
    assert 'data-id="cse.n"' in lifted and 'alt="It rises."' in lifted
    assert '<a href="#figure-f">Figure 2.1</a> A figure.' in lifted
    assert '<a href="#figure-f">How this was found: chapter 2</a>' in lifted
    assert html.count('id="figure-f"') == html.count('id="06-z--cell-c1"') == 1
    assert html.count('data-id="cse.n"') == 2  # told in its chapter too


def test_a_lifted_figure_is_called_synthetic_where_it_is_and_not_where_it_is_not():
    noted, plain = figure("f"), figure("g")
    noted[FIGURE]["note"] = "Synthetic data."
    cells = [finding("{n}", 1, "a", figure="f"), finding("{n}", 2, "b", figure="g"), shows(noted), shows(plain)]
    assert [("Synthetic data." in caption) for caption in front(page(c06_z=cells)).split("<figcaption>")[1:]] == [
        True,
        False,
    ]


def test_without_findings_the_front_page_has_no_place_for_them():
    assert "The main findings" not in page(c02_a=[shows(figure("f"))])
    assert "<figure" not in front(page(c02_a=[finding("{n} at all", 1, "a")]))


def test_a_finding_whose_figure_no_chapter_shows_is_refused():
    with pytest.raises(InputError, match="02-a--cell-c0 names a figure that no chapter shows: gone"):
        page(c02_a=[finding("{n}", 1, "a", figure="gone")])


def test_tables_and_figures_are_listed_with_their_numbers():
    html = page(c02_a=[shows(table("t", pd.DataFrame({"a": ["x"], "b": [1]}), "Who & what")._repr_mimebundle_())])
    listed = re.findall(r'<li><a href="#(.*?)"><span class="label">(.*?)</span> (.*?)</a>', html)
    assert listed == [("table-t", "Table 2.1", "Who &amp; what")]


def test_appendices_follow_the_chapters_in_the_text_and_in_the_contents():
    words = Chapter("", "glossary", "", "Words", '<h3 id="old">Old</h3><a href="02_a.ipynb">A</a>', [("old", "Old")])
    html = page(appendices=(words,), c02_a=[new_markdown_cell("# A\n\n[word](#old)")])
    assert re.findall(r'<article id="([^"]+)"', html) == ["02-a", "glossary", "colophon"]
    assert '<a href="#02-a">A</a>' in html
    contents = html[html.index("<nav") : html.index("</nav>")]
    assert re.findall('href="#([^"]+)"', contents) == ["front", "02-a", "glossary", "old", "colophon"]
