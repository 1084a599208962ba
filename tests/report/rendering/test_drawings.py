"""Drawings in the page: their words, the page's colours, a narrow variant, values to show."""

import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from lxml import html
from nbformat.v4 import new_markdown_cell

from keepsafe.report.rendering import figure_index
from keepsafe.report.rendering.look import DRAWN, as_images, inlined
from keepsafe.report.rendering.pdf import make_pdf, on_paper
from keepsafe.telling import FIGURE
from tests.report.rendering.pages import figure, page, shows

HEAD = '<?xml version="1.0"?><!-- made --><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SVG = f"""{HEAD} viewBox="0 0 72 40">
<metadata>x</metadata><defs><style type="text/css">*{{stroke-linejoin: round}}</style></defs>
<g id="figure_1"><path d="M 0.12 40.56 L 72 40.04" style="fill: #ffffff"/></g>
<defs><path id="m1f" d="M 0 2.75" style="stroke: #0072b2"/><clipPath id="pab"><rect x="0" y="0"/></clipPath></defs>
<g id="tip-1"><use xlink:href="#m1f" x="1" y="2" clip-path="url(#pab)" style="fill: #a6dcc8; stroke: #eeeeee"/></g>
<g id="tip-0"><text style="font-size: 9px; font-family: 'X', 'Y'; fill: #222222" x="4" y="20">Drawn</text></g>
<g id="synthetic"><text style="fill: #555555">Synthetic data</text></g>
</svg>"""
TIPS = ["Moves: 14.8", "Others: <7.3>"]


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / "f.svg").write_text(SVG)
    (tmp_path / "f.narrow.svg").write_text(SVG.replace("72 40", "40 72"))
    (tmp_path / "g.svg").write_text(SVG)
    return tmp_path


@pytest.fixture
def made(pictures) -> str:
    first = figure("f", alt="It <rises>.")
    first[FIGURE] |= {"tips": TIPS}
    said = new_markdown_cell("# A")
    return page(pictures, c02_a=[said, shows(first), shows(figure("g"))])


def drawings(page: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", page, re.S)


def test_each_figure_has_its_drawings_with_their_alt_text_and_no_other_name_twice(made):
    told = re.findall(r'<svg class="(\w+)" role="img" aria-label="(.*?)" width="(\d+)"', made)
    assert told == [("wide", "It &lt;rises&gt;.", "72"), ("narrow", "It &lt;rises&gt;.", "40"),
                    ("wide", "The finding.", "72")]  # fmt: skip
    names = re.findall(r' id="([^"]+)"', made)
    assert len(names) == len(set(names))
    for drawing in drawings(made):
        used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', drawing))
        assert len(used) == 2 and used <= set(re.findall(r' id="([^"]+)"', drawing))


def test_marks_tell_their_values_and_what_an_editor_needs_is_gone(made):
    [wide, *_] = drawings(made)
    assert re.findall('<g class="tip"><title>(.*?)</title>', wide) == ["Others: &lt;7.3&gt;", "Moves: 14.8"]
    for gone in ("metadata", "<style", "font-family", "xmlns", "Synthetic data", "figure_1", "<!--", "40.56"):
        assert gone not in wide
    ElementTree.fromstring(wide)


def test_a_drawing_has_the_page_s_colours_and_its_own_again_on_paper(made):
    [wide, *_] = drawings(made)
    paints = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", wide))
    assert paints == {"var(--card)", "var(--hair)", "currentColor", "#0072b2",
                      "color-mix(in srgb, #a6dcc8 var(--keep), var(--card))"}  # fmt: skip
    images = html.document_fromstring(as_images(made)).xpath("//figure/img")
    assert [image.get("alt") for image in images] == ["It <rises>.", "It <rises>.", "The finding."]
    again = unquote(images[0].get("src").removeprefix(DRAWN))
    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", again)) == {
        "#ffffff", "#e4e4e4", "#222222", "#0072b2", "#a6dcc8"}  # fmt: skip
    ElementTree.fromstring(again)


def test_paper_has_the_wide_drawing_of_each_figure(made):
    def images(node: dict):
        yield from [node] if node["tag"] == "img" else []
        for kid in node["kids"]:
            yield from images(kid) if isinstance(kid, dict) else ()

    assert [(node["width"], node["alt"]) for node in images(on_paper(made)["body"])] == [
        (72.0, "It <rises>."), (72.0, "The finding.")]  # fmt: skip
    assert make_pdf(made).startswith(b"%PDF")


def test_the_index_of_figures_has_the_alt_texts_of_drawings(made):
    assert [line.rpartition(",")[2] for line in figure_index(made).splitlines()] == [
        "alt",
        "It <rises>.",
        "The finding.",
    ]


def test_marks_of_one_look_are_one_path_and_no_line_is_lost():
    dots = "".join(f'<path d="M {turn} 0 L {turn} 1 z " style="fill: #bf7300"/>' for turn in range(3))
    other = '<path d="M 9 0 z" style="fill: #bf7300; opacity: 0.5"/>' * 2
    made = inlined(f'<svg viewBox="0 0 9 9">{dots}{other}</svg>', "f", "It.")
    assert re.findall(r'<path d="([^"]*)"', made) == ["M 0 0 L 0 1 z M 1 0 L 1 1 z M 2 0 L 2 1 z", "M 9 0 z", "M 9 0 z"]


def test_a_drawing_without_values_to_show_or_a_size_is_a_picture_all_the_same():
    assert inlined("<svg/>", "f", "It.") == '<svg class="wide" role="img" aria-label="It."></svg>'


@pytest.mark.parametrize(("width", "seen"), [(375, ["narrow", "wide"]), (1280, ["wide", "wide"])])
def test_a_narrow_screen_has_the_narrow_drawing_where_there_is_one(look, made, tmp_path, width, seen):
    path = tmp_path / "page.html"
    path.write_text(made, encoding="utf-8")
    opened = look(path, width)
    shown = opened.locator("figure svg").evaluate_all(
        "all => all.filter(each => each.checkVisibility()).map(each => each.classList[0])"
    )
    assert shown == seen


def test_in_the_dark_a_drawing_stands_on_the_page_s_own_ground(look, made, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(made, encoding="utf-8")
    script = """all => [all[0], all[0].querySelector('path'), all[0].querySelector('text')]
        .map(each => getComputedStyle(each)).map(look => [look.filter, look.fill, look.color])"""
    light, dark = (look(path, theme=theme).locator("figure svg").evaluate_all(script) for theme in ("light", "dark"))
    assert {each[0] for each in (*light, *dark)} == {"none"}
    assert light[1][1] == "rgb(255, 255, 255)" and dark[1][1] == "rgb(32, 36, 39)"
    assert light[2][1] != dark[2][1] == dark[0][2]


def test_the_words_synthetic_data_leave_no_tag_open_however_deep_they_stand():
    inside = '<g id="synthetic"><g><text>Synthetic</text></g><g/><g><text>data.</text></g></g>'
    made = inlined(f'<svg viewBox="0 0 4 2"><g>{inside}<path d="M 0 0" style="fill: #222222"/></g></svg>', "f", "Two.")
    assert "Synthetic" not in made
    assert ElementTree.fromstring(made)[0][0].tag == "path"
