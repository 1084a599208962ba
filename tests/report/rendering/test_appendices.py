"""Appendices: what is promised is there, links end somewhere, and a fault in a table is told with its line."""

import re
import shutil

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from keepsafe.problems import InputError
from keepsafe.report.rendering import check_anchors, make_chapter, render, resolve_links
from keepsafe.report.rendering.appendices import appendices
from keepsafe.report.rendering.look import slug
from keepsafe.report.running import harvest

CHECKLISTS = ["strobe", "record", "grras"]
TABLES = ["scope.csv", "glossary.csv", "lines.csv", *(f"checklists/{name}.csv" for name in CHECKLISTS)]


@pytest.fixture(scope="module")
def report(compendium):
    return compendium / "data" / "report"


@pytest.fixture(scope="module")
def chapters(compendium, tmp_path_factory):
    """The chapters' prose: all that a link can lead to."""
    made = []
    for path in sorted((compendium / "notebooks").glob("*.ipynb")):
        cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
        made.append(make_chapter(path.stem, new_notebook(cells=cells), {}, tmp_path_factory.getbasetemp()))
    return made


@pytest.fixture
def copy(report, tmp_path):
    """A copy of the tables, to be spoilt."""
    shutil.copytree(report, tmp_path / "report")
    return tmp_path / "report"


def resolved(parts, chapters) -> str:
    addresses = {written: place for chapter in chapters for written, place in chapter.addresses.items()}
    places = "".join(f'<i id="{place[1:]}"></i>' for place in set(addresses.values()))
    return places + "".join(resolve_links(part.html, addresses, {}) for part in parts)


def spoil(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_link_of_the_appendices_ends_in_a_chapter(report, chapters):
    html = resolved(appendices(report), chapters)
    check_anchors(html)
    assert html.count("<a href=") > 80


def page(tmp_path, anchor: str) -> str:
    """The page of one chapter and of a scope table that leads to it."""
    (tmp_path / "scope.csv").write_text(f"part,item,lines,scope,anchor,reason\nA,B,1,in,{anchor},C\n")
    notebooks = {"02_part": new_notebook(cells=[new_markdown_cell("# Title\n\n## The section", id="a")])}
    facts = {"synthetic": True, "inputs": {}, "versions": {}, "parameters": []}
    return render(notebooks, harvest(notebooks), facts, tmp_path, appendices(tmp_path))


def test_the_page_holds_the_appendices_and_their_links_stay_within_it(tmp_path):
    html = page(tmp_path, "02_part.ipynb#The-section")
    assert '<article id="appendix-scope"' in html
    assert '<a href="#02-part--the-section">Chapter 2: The section</a>' in html


def test_a_dangling_anchor_fails_the_build(tmp_path):
    with pytest.raises(InputError, match="a link ends nowhere: #02_part.ipynb#The-other-section"):
        page(tmp_path, "02_part.ipynb#The-other-section")


def test_every_item_of_the_checklists_is_there_once(report):
    items = {name: list(pd.read_csv(report / f"checklists/{name}.csv", dtype=str)["item"]) for name in CHECKLISTS}
    lettered = {1: "ab", 6: "ab", 12: "abcde", 13: "abc", 14: "abc", 16: "abc"}
    assert items["strobe"] == [f"{n}{letter}" for n in range(1, 23) for letter in lettered.get(n, [""])]
    assert items["record"] == "1.1 1.2 1.3 6.1 6.2 6.3 7.1 12.1 12.2 12.3 13.1 19.1 22.1".split()
    assert items["grras"] == [str(n) for n in range(1, 16)]


def test_every_table_and_model_of_the_report_is_in_the_scope_table(report, compendium):
    scope = pd.read_csv(report / "scope.csv", dtype=str)
    for number in range(1, 5):
        assert scope["item"].str.startswith(f"Table {number}:").sum() == 1
    spans = [list(map(int, span.split("-"))) for cell in scope["lines"] for span in cell.split("; ")]
    for name in ("figures", "comparisons", "claims"):
        printed = pd.read_csv(compendium / "data" / "published" / f"{name}.csv", dtype=str)["source_line"]
        lines = {int(line) for cell in printed for line in re.findall(r"\d+", cell)}
        assert {line for line in lines if not any(span[0] <= line <= span[-1] for span in spans)} == set(), name


def test_a_term_and_a_reference_have_an_address_of_their_own(report):
    html = "".join(part.html for part in appendices(report))
    for term in pd.read_csv(report / "glossary.csv")["term"]:
        assert html.count(f'id="glossary-{slug(term)}"') == 1
    for line in pd.read_csv(report / "lines.csv")["line"]:
        assert html.count(f'id="line-{line}"') == 1


def test_every_table_has_a_caption_and_header_cells(report):
    for part in appendices(report):
        tables = re.findall(r"<table.*?</table>", part.html, re.S)
        assert len(tables) == {"appendix-scope": 1, "appendix-bibliography": 0, "appendix-lines": 1}.get(part.slug, 3)
        for table in tables:
            assert re.search(r'<caption id="[^"]+">[^<]+</caption>', table)
            for row in re.findall(r"<tr.*?</tr>", table, re.S):
                assert '<th scope="' in row


def test_a_compendium_without_the_tables_has_no_appendices(tmp_path, copy):
    assert appendices(tmp_path / "nowhere") == []
    (copy / "scope.csv").unlink()
    shutil.rmtree(copy / "checklists")
    assert [part.title for part in appendices(copy)] == ["Glossary", "Lines of the 2019 report", "Bibliography"]


def test_words_of_the_tables_cannot_pose_as_markup(copy):
    spoil(copy / "glossary.csv", "Social services department.", "<script>alert(1)</script>")
    html = "".join(part.html for part in appendices(copy))
    assert "<script>" not in html and "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("scope.csv", ",out,", ",outside,", "line 3, column scope: 'outside' is not one of in, in part, out"),
        ("scope.csv", "01_cleaning.ipynb#Which", "chapter 1#Which", "line 2, column anchor: .* cannot be read"),
        ("scope.csv", ",43-57,", ",L43,", "line 3, column lines: 'L43' cannot be read; write lines as"),
        ("checklists/strobe.csv", "06_conclusions.ipynb#What-was-found?,", ",", "is blank where answer is 'answered'"),
        ("checklists/grras.csv", ",Not described.", ",", "note: is blank where answer is 'not answered by the source'"),
        ("checklists/record.csv", "\n1.2,", "\n1.1,", "line 3, column item: '1.1' stands here twice"),
        ("glossary.csv", ",Social services department.,", ",,", "column meaning: is blank"),
        ("lines.csv", "\n7,", "\nL7,", "line 2, column line: 'L7' cannot be read; write the number of one line"),
        ("lines.csv", "line,", "lines,", "column 'line' is missing"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(copy, file, old, new, complaint):
    spoil(copy / file, old, new)
    with pytest.raises(InputError, match=f"{file.split('/')[-1]}, .*{complaint}"):
        appendices(copy)


def test_faults_of_all_tables_are_told_at_once(copy):
    for file in TABLES:
        (copy / file).write_text("x\n1\n")
    with pytest.raises(InputError) as error:
        appendices(copy)
    assert {problem.file for problem in error.value.problems} == {file.split("/")[-1] for file in TABLES}
