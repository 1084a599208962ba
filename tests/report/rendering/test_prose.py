"""Numbers in prose: a sentence states a result only as a named value."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from keepsafe.reading import read_own
from keepsafe.telling.sentences import sentence
from keepsafe.telling.values import value
from tests.prose import COLUMNS, allowed_numbers, stated_in, stated_numbers

ALLOWED = "allowed_numbers.csv"


@pytest.fixture(scope="module")
def notebooks(compendium):
    return {path.stem: nbformat.read(path, 4) for path in sorted((compendium / "notebooks").glob("*.ipynb"))}


def test_no_sentence_of_a_notebook_states_a_number_that_is_no_named_value(notebooks):
    found = [
        f"{name}, cell {row.cell} ({row.kind}): {row.phrase}"
        for name, notebook in notebooks.items()
        for row in stated_in(notebook, allowed_numbers()).itertuples()
    ]
    assert found == [], "name the value, or give the phrase and a reason in data/report/allowed_numbers.csv"


def test_every_allowed_phrase_has_a_reason_and_is_still_in_use(notebooks, compendium):
    table = read_own(compendium / "data" / "report" / ALLOWED, COLUMNS)
    phrases = allowed_numbers()
    assert all(table.frame["reason"]) and len(set(phrases)) == len(phrases)
    unused = [
        phrase for phrase in phrases
        if not any(len(stated_in(notebook, set(phrases) - {phrase})) > len(stated_in(notebook, phrases))
                   for notebook in notebooks.values())
    ]  # fmt: skip
    assert unused == []


@pytest.mark.parametrize(
    ("planted", "number"),
    [
        ("CSE was recorded for 54 young people.", "54"),
        ("It was so for seven of the 27.", "seven"),
        ("It was so for seven of the 27.", "27"),
        ("A share of 26.3% is high.", "26.3%"),
        ("With p < .05 it is significant.", ".05"),
        ("One in four had CSE recorded.", "One in four"),
        ("About half did so.", "half"),
        ("Almost two-thirds of them moved.", "two-thirds"),
        ("Twice as many went missing.", "Twice"),
        ("Only one came to court.", "Only one"),
        ("*Almost nine times more likely*, says the report.", "nine"),
        ("It says 'one in four'. See L110.", "one in four"),
        ("- **Half** of all.\n- nobody", "Half"),
        ("1. There were 12 of them.", "12"),
        ("They were 1,702 in all.", "1,702"),
    ],
)
def test_a_number_in_prose_is_caught(planted, number):
    assert [phrase for phrase in stated_numbers(planted) if number in phrase]


@pytest.mark.parametrize(
    "prose",
    [
        "In 2019 the text (L72, L76-78) told of phases 1 to 3, Table 4, Figure 2.1 and chapter 3.",
        "Gwet's AC1, Nagelkerke's R2 and a 2x2 table.",
        "Run `n_boot = 200`, or see [the table](data/table_3.csv).",
        "There were {n} of them, {share_2} of all.",
        "It says *almost seven times more likely* (L249).",
        "In the report, 'one in four' stands for CSE (L110).",
        "1. First\n2. Second",
        "One reading is that nobody asked; another one is time. No one knows.",
    ],
)
def test_a_reference_or_a_quotation_with_its_line_is_let_pass(prose):
    assert stated_numbers(prose) == []


def test_an_allowed_phrase_lets_pass_itself_and_nothing_else():
    prose = "The two halves agree in three places, and half of it is new."
    found = stated_numbers(prose, ["two halves"])
    assert found == ["halves agree in three places, and half", "three places, and half of it is"]


def test_sentences_that_code_shows_are_read_too():
    said = sentence("Of {n} files, twenty were coded twice.", n=value(205, "n"))._repr_mimebundle_()
    cells = [
        new_markdown_cell("All 205 of them.", id="prose"),
        new_code_cell("x", id="said", outputs=[new_output("execute_result", said)]),
    ]
    found = stated_in(new_notebook(cells=cells))
    assert list(found["cell"] + " " + found["kind"]) == ["prose markdown", "said sentence", "said sentence"]
