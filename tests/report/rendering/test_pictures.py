"""Figures as files: sharp, with their letters and their words, and an index of them all."""

import io
import re
from base64 import b64decode
from xml.etree import ElementTree

import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from matplotlib import pyplot as plt
from matplotlib import rc_context
from nbformat.v4 import new_markdown_cell
from PIL import Image

from keepsafe import runs
from keepsafe.report.rendering import figure_index
from keepsafe.telling import FIGURE
from keepsafe.telling.figures import figure
from keepsafe.telling.style import apply_style
from tests.report.rendering.pages import figure as shown
from tests.report.rendering.pages import page, shows

ALT = "Moves: 14.8 in the CSE group, 7.3 in the others − 'twice' as <many>."


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The files of one figure, with a heading in bold, and signs that markup and spreadsheets know."""
    folder = tmp_path_factory.mktemp("run")
    run = runs.Run(folder)
    run.write()
    with pytest.MonkeyPatch.context() as patch, rc_context():
        patch.setenv(runs.VARIABLE, str(folder))
        apply_style()
        fig, ax = plt.subplots()
        ax.barh(["Moves ≥ 5 & <b>", "cost $5 or $6"], [14.8, 7.3])
        ax.set_title("By group")
        figure("moves", fig, "Moves, by group", ALT, pd.DataFrame({"n": [14.8, 7.3]}))
    return folder / "figures"


def test_a_figure_is_saved_as_drawing_picture_data_and_words(saved):
    kinds = ["csv", "narrow.svg", "png", "svg", "txt"]
    assert sorted(path.name for path in saved.iterdir()) == [f"moves.{kind}" for kind in kinds]
    assert (saved / "moves.txt").read_text().strip() == ALT


def test_the_picture_has_300_dots_an_inch(saved):
    with Image.open(saved / "moves.png") as picture:
        assert {round(dots) for dots in picture.info["dpi"]} == {300}


def test_drawing_and_picture_carry_their_words(saved):
    with Image.open(saved / "moves.png") as picture:
        assert (picture.text["Title"], picture.text["Description"]) == ("Moves, by group", ALT)
    drawing = ElementTree.parse(saved / "moves.svg")
    assert drawing.findtext("{*}title") == "Moves, by group"
    assert drawing.findtext(".//{http://purl.org/dc/elements/1.1/}description") == ALT


def test_the_drawing_s_words_are_text_and_dollar_signs_are_no_formula(saved):
    words = {text.text for text in ElementTree.parse(saved / "moves.svg").findall(".//{*}text")}
    assert {"Moves ≥ 5 & <b>", "cost $5 or $6", "By group", "Synthetic data"} <= words


def test_the_drawing_holds_every_letter_that_it_shows(saved):
    svg = (saved / "moves.svg").read_text()
    rules = re.findall(r"font-weight:(\d+);font-style:normal;src:url\(data:font/woff2;base64,([^)]*)\)", svg)
    letters = {int(weight): set(TTFont(io.BytesIO(b64decode(font))).getBestCmap()) for weight, font in rules}
    assert set(letters) == {400, 700}
    texts = ElementTree.fromstring(svg.encode()).findall(".//{*}text")
    assert len(texts) > 5
    for text in texts:
        weight = 700 if "font-weight: 700" in text.get("style") else 400
        assert set(map(ord, text.text)) <= letters[weight]


def test_the_drawing_loads_nothing_and_bears_no_date(saved):
    svg = (saved / "moves.svg").read_text()
    assert not re.findall(r"url\((?!data:|#)|href=\"(?!#|data:)", svg)
    assert "<dc:date>" not in svg


def test_the_index_has_each_figure_s_number_name_and_words():
    facts = {"name": "g", "caption": "=Second", "alt": "=1+1", "note": "Synthetic data."}
    cells = [new_markdown_cell("# A"), shows(shown("f")), shows(shown("g") | {FIGURE: facts})]
    index = pd.read_csv(io.StringIO(figure_index(page(c02_a=cells))), dtype=str, keep_default_na=False)
    assert index.to_numpy().tolist() == [
        ["2.1", "f", "A figure.", "", "The finding."],
        ["2.2", "g", "'=Second.", "Synthetic data.", "'=1+1"],
    ]


def test_a_report_without_figures_has_an_index_without_rows():
    assert figure_index(page(c02_a=[new_markdown_cell("# A")])) == "figure,name,caption,note,alt\n"
