"""What was made up with the synthetic files is set apart from what was printed, in every format."""

import re
import zipfile
from io import BytesIO

import pandas as pd
import pytest

from keepsafe.problems import InputError
from keepsafe.report.rendering import tables_document
from keepsafe.report.rendering.pdf import on_paper
from keepsafe.telling import FIGURE, VALUES
from keepsafe.telling.sentences import sentence
from keepsafe.telling.tables import table
from keepsafe.telling.values import value
from tests.browsing import ink_faults
from tests.report.rendering.pages import figure, page, shows

KINDS = {
    "derived": False,
    "calibrated": False,
    "calibrated, direction only": True,
    "not comparable": True,
    None: True,  # what nothing is said of fails closed
}
TINY = (
    "<style>.invented {{ color: {colour}; font-style: {style} }}</style><p>Of <span class='value {names}'>5</span></p>"
)


def said(kind: str | None, name: str = "a", **metadata) -> dict:
    shown = sentence("So {n} of them.", n=value(12, name, kind=kind))._repr_mimebundle_()
    return shows(shown, metadata=metadata)


def in_table(*kinds: str | None) -> dict:
    cells = [value(10 + turn, f"t.v{turn}", kind=kind) for turn, kind in enumerate(kinds)]
    return shows(table("t", pd.DataFrame({"a": list("xyz")[: len(cells)], "b": cells}), "c")._repr_mimebundle_())


def marked(html: str) -> dict[str, bool]:
    spans = re.findall(r'<span class="(value[^"]*)" data-id="([^"]+)"', html)
    return {name: "invented" in classes.split() for classes, name in spans}


@pytest.mark.parametrize(("kind", "invented"), KINDS.items())
def test_a_number_that_was_never_printed_is_marked_in_sentences_and_tables(kind, invented):
    assert marked(page(c02_a=[said(kind), in_table(kind)])) == {"a": invented, "t.v0": invented}


def test_on_a_users_own_data_nothing_is_invented():
    assert not any(marked(page(facts={"synthetic": False}, c02_a=[in_table(*list(KINDS)[2:4])])).values())


def test_what_a_record_says_of_itself_comes_before_its_kind():
    cell = said("not comparable")
    cell.outputs[0].data[VALUES]["values"][0]["invented"] = False  # such as the number of resamples
    assert marked(page(c02_a=[cell])) == {"a": False}


def test_the_word_document_sets_an_invented_cell_in_grey_italics_and_no_other():
    html = page(c02_a=[in_table("calibrated", "not comparable")])
    body = zipfile.ZipFile(BytesIO(tables_document(html))).read("word/document.xml").decode()
    runs = re.findall(r"<w:rPr>((?:(?!</w:rPr>).)*)</w:rPr><w:t[^>]*>(1[01])</w:t>", body)
    assert [("<w:i/>" in look and 'w:val="666B70"' in look, text) for look, text in runs] == [
        (False, "10"),
        (True, "11"),
    ]
    assert "grey italics" in body


def nodes(node: dict):
    yield node
    for kid in node["kids"]:
        if isinstance(kid, dict):
            yield from nodes(kid)


def test_the_printed_report_keeps_invented_numbers_apart():
    html = page(c02_a=[said("not comparable", "a"), said("derived", "b"), in_table("calibrated", "not comparable")])
    kept = [node["kids"] for node in nodes(on_paper(html)["body"]) if "value" in node["classes"]]
    assert kept == [["12"], ["11"]]


def test_what_a_cell_prints_is_invented_unless_it_rests_on_printed_figures_alone():
    frame = {"text/plain": "   n\n0  5", "text/html": "<table><tr><td>5</td></tr></table>"}
    cells = [shows({"text/plain": "66.7"}), shows(frame), shows({"text/plain": "75.9"}, metadata={"tags": ["printed"]})]
    printed = page(c02_a=cells)
    told = re.findall(r'<pre tabindex="0"( class="invented")?>([^<]*)</pre>', printed)
    assert [(bool(grey), text.split()[-1]) for grey, text in told] == [(True, "66.7"), (True, "5"), (False, "75.9")]
    assert 'class="ink-key"' in printed[printed.index('<article id="02-a"') :]
    on_page = [node for node in nodes(on_paper(printed)["body"]) if node["tag"] == "pre"]
    assert ["invented" in node["classes"] for node in on_page] == [True, True, False]
    assert '<pre tabindex="0" class' not in page(facts={"synthetic": False}, c02_a=cells)


def test_an_invented_number_on_the_front_page_is_refused():
    finding = said("not comparable", tags=["finding"])
    with pytest.raises(InputError, match="the finding in 06-z--cell-c0 says an invented number: a"):
        page(c06_z=[finding])
    assert page(c06_z=[said("calibrated", tags=["finding"])]).count('data-id="a"') == 2
    own = page(facts={"given": {"data": "mine.csv"}}, c06_z=[finding, said("calibrated", "b", tags=["finding"])])
    assert [own.count(f'data-id="{name}"') for name in "ab"] == [1, 2]  # other files than the edition's: in its chapter


@pytest.mark.parametrize("how_much", ["some", "all"])
def test_a_figure_with_invented_marks_on_the_front_page_is_refused(how_much):
    shown = figure("f")
    shown[FIGURE]["invented"] = how_much
    with pytest.raises(InputError, match="shows invented numbers, in Figure 6.1"):
        page(c06_z=[shows(shown), said("derived", tags=["finding"], figure="f")])


@pytest.mark.parametrize(("invented", "refused"), [("none", True), ("some", False), ("all", False)])
def test_a_figure_of_printed_values_that_is_called_synthetic_is_refused(invented, refused):
    shown = figure("f")
    shown[FIGURE] |= {"invented": invented, "note": "Synthetic data."}
    if refused:
        with pytest.raises(InputError, match="Figure 2.1 is called synthetic, and nothing in it is invented"):
            page(c02_a=[shows(shown)])
    else:
        assert "Synthetic data." in page(c02_a=[shows(shown)])


def test_a_chapter_that_works_on_print_alone_bears_no_label_of_synthetic_files():
    html = page(c00_p=[said("derived", "a"), said(None, "b")], c02_d=[said("calibrated", "c")])
    assert re.findall(r'Chapter (\d)(?: <span class="tag">(.*?)</span>)?</p>', html) == [
        ("2", "Case files: synthetic"),
        ("0", ""),
    ]


def test_the_key_stands_on_the_front_page_and_where_there_are_invented_numbers():
    html = page(c02_a=[said("calibrated", "a")], c03_b=[said("not comparable", "b")])
    before = [html[: found.start()] for found in re.finditer('class="ink-key"', html)]
    assert [re.findall(r'<article id="([^"]+)"', text)[-1:] for text in before] == [[], ["03-b"]]
    assert 'class="ink-key"' not in page(facts={"synthetic": False}, c03_b=[said("not comparable", "b")])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_the_report_every_invented_number_looks_it_and_no_other_does(look, report, theme):
    seen = look(report, theme=theme)
    assert seen.locator(".value.invented").count() > 100
    assert ink_faults(seen) == []


@pytest.mark.parametrize(
    ("colour", "style", "names", "faults"),
    [
        ("#666", "italic", "not-comparable invented", 0),
        ("inherit", "italic", "not-comparable invented", 1),  # in ink
        ("#666", "normal", "not-comparable invented", 1),  # upright
        ("#666", "italic", "not-comparable", 1),  # not marked at all
        ("#666", "italic", "derived invented", 1),  # printed, and grey
        ("#666", "italic", "calibrated", 0),
    ],
)
def test_an_invented_number_in_ink_is_found(look, tmp_path, colour, style, names, faults):
    (tmp_path / "tiny.html").write_text(TINY.format(colour=colour, style=style, names=names))
    assert len(ink_faults(look(tmp_path / "tiny.html"))) == faults
