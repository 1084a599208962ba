"""Notebooks to hand out: short cells, short lines, one import, code that a student reads, a number of each by hand."""

import ast
import re
import statistics
import subprocess
import sys
from decimal import Decimal
from functools import cache
from importlib import import_module

import nbformat
import pytest

import keepsafe
from keepsafe import paths
from keepsafe.files.new import TEMPLATES
from keepsafe.files.new import notebook as read_template

BOOKS = sorted(path.name for path in paths.root().joinpath("notebooks").glob("0*.ipynb"))
ANALYSES = [name for name in BOOKS if "01" <= name[:2] <= "05"]
CHARACTERS, LINE, LONGEST, MEDIAN = 45_000, 100, 12, 5


@cache
def cells(name: str) -> list[nbformat.NotebookNode]:
    """Code cells of a notebook of the edition, or of a template of `keepsafe new`."""
    if name.endswith(".md"):
        book = nbformat.reads(read_template((TEMPLATES / name).read_text(encoding="utf-8")), 4)
    else:
        book = nbformat.read(paths.root() / "notebooks" / name, 4)
    return [cell for cell in book.cells if cell.cell_type == "code"]


TOLD = [*BOOKS, *(path.name for path in sorted(TEMPLATES.glob("0*.md")))]


def lines(cell) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip()]


def says(source: str) -> bool:
    """Whether a cell ends in a sentence."""
    last = ast.parse(source).body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and ast.unparse(last.value.func) == "ks.say"


def imported(tree: ast.AST) -> list[str]:
    """What a cell imports of this library, written as `import keepsafe as ks`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [f"import {each.name} as {each.asname}" for each in node.names if each.name.startswith("keepsafe")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keepsafe"):
            found.append(f"from {node.module} import")
    return found


def used(tree: ast.AST) -> set[str]:
    """The names after `ks.`."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "ks"}


def test_there_are_the_seven_chapters():
    assert [name[:2] for name in BOOKS] == ["00", "01", "02", "03", "04", "05", "06"]


def test_the_code_of_all_chapters_is_short():
    assert sum(len(cell.source) for name in BOOKS for cell in cells(name)) <= CHARACTERS


@pytest.mark.parametrize("name", TOLD)
def test_no_line_of_code_is_longer_than_a_page_and_no_cell_than_a_glance(name):
    long = {cell.id: max(map(len, lines(cell))) for cell in cells(name) if max(map(len, lines(cell))) > LINE}
    high = {cell.id: len(lines(cell)) for cell in cells(name) if len(lines(cell)) > LONGEST}
    assert (long, high) == ({}, {})


def test_half_of_the_cells_have_five_lines_at_most():
    assert statistics.median(len(lines(cell)) for name in BOOKS for cell in cells(name)) <= MEDIAN


@pytest.mark.parametrize("name", TOLD)
def test_no_call_says_what_the_register_says(name):
    calls = [node for cell in cells(name) for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    assert {word.arg for call in calls for word in call.keywords} & {"kind", "safe"} == set()


@pytest.mark.parametrize("name", TOLD)
def test_one_line_imports_the_library_and_every_name_is_public(name):
    trees = [ast.parse(cell.source) for cell in cells(name)]
    assert [line for tree in trees for line in imported(tree)] == ["import keepsafe as ks"]
    assert imported(trees[0])  # in the first cell
    assert set().union(*map(used, trees)) - set(keepsafe.__all__) == set()


@pytest.mark.parametrize("name", BOOKS)
def test_the_code_of_sentences_is_hidden_in_jupyterlab_and_no_other(name):
    hidden = {cell.id for cell in cells(name) if cell.metadata.get("jupyter", {}).get("source_hidden")}
    assert hidden == {cell.id for cell in cells(name) if says(cell.source)}


def test_a_new_compendium_hides_the_code_of_its_sentences_too():
    said = {cell.id for name in TOLD for cell in cells(name) if name.endswith(".md") and cell.id.endswith("-said")}
    hidden = {cell.id for name in TOLD for cell in cells(name) if name.endswith(".md") and cell.metadata.get("jupyter")}
    assert hidden == said != set()


@pytest.mark.parametrize("name", ANALYSES)
def test_each_analysis_gets_a_number_again_by_hand_without_the_librarys_help(name):
    by_hand = [cell for cell in cells(name) if "by-hand" in cell.metadata.get("tags", [])]
    assert by_hand
    for cell in by_hand:
        assert used(ast.parse(cell.source)) == set(), cell.id


NUMBER = re.compile(r"(?<![\w.])[−-]?[0-9]*[.][0-9]+(?![\w.])")  # of the kind that a result has


def claimed_by_hand(book: nbformat.NotebookNode) -> dict[str, set[str]]:
    """The numbers of cells by hand whose words claim that they agree with a table, and that no table or sentence has.

    Each number may stand rounded in the table, or as the share of the others; a table that prints only some of the
    shares is spoken of with *where*, and then one that agrees is enough.
    """
    shown = "\n".join(
        output["data"]["text/plain"]
        for cell in book.cells if cell.cell_type == "code" and "by-hand" not in cell.metadata.get("tags", [])
        for output in cell.outputs if "data" in output
    )  # fmt: skip
    told = [Decimal(each.replace("−", "-")) for each in NUMBER.findall(shown)]

    def stands(number: Decimal) -> bool:
        coarse = [Decimal(1).scaleb(max(e.as_tuple().exponent for e in (number, each))) / 2 for each in told]
        return any(abs(abs(number) - abs(each)) <= half for each, half in zip(told, coarse, strict=True))

    lost, words = {}, ""
    for cell in book.cells:
        if cell.cell_type == "markdown":
            words = " ".join(cell.source.split())
        elif "by-hand" in cell.metadata.get("tags", []) and re.search(r"\b(agrees?|as in the table)\b", words):
            text = "\n".join(output["data"]["text/plain"] for output in cell.outputs if "data" in output)
            numbers = [Decimal(each.replace("−", "-")) for each in NUMBER.findall(text)]
            gone = {str(each) for each in numbers if not (stands(each) or stands(100 - each))}
            if gone and not (" where " in f" {words.lower()} " and len(gone) < len(numbers)):
                lost[cell.id] = gone
    return lost


@pytest.mark.parametrize("name", BOOKS)
def test_what_is_said_to_agree_by_hand_stands_in_a_table(name):
    assert claimed_by_hand(nbformat.read(paths.root() / "notebooks" / name, 4)) == {}


@pytest.mark.parametrize(("by_hand", "lost"), [("0.104", {}), ("0.10", {}), ("0.057", {"hand": {"0.057"}})])
def test_a_number_by_hand_beside_another_test_s_is_caught(by_hand, lost):
    new = nbformat.v4
    shown = [new.new_output("execute_result", {"text/plain": text}) for text in ("p 0.104 (Fisher)", by_hand)]
    book = new.new_notebook(cells=[
        new.new_code_cell("table", outputs=shown[:1]), new.new_markdown_cell("**By hand.** It agrees with the table."),
        new.new_code_cell("p", outputs=shown[1:], id="hand", metadata={"tags": ["by-hand"]}),
    ])  # fmt: skip
    assert claimed_by_hand(book) == lost


@pytest.mark.parametrize("name", BOOKS)
def test_every_parameter_is_explained_in_its_place(name):
    for cell in (cell for cell in cells(name) if "parameters" in cell.metadata.get("tags", [])):
        assert all(len(line.partition("  # ")[2]) > 10 for line in lines(cell)), cell.source


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_notebooks_are_linted_and_formatted(compendium, command):
    done = subprocess.run([sys.executable, "-m", "ruff", *command, "--no-cache", "--quiet", "notebooks"],
                          cwd=compendium, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (f"x = '{'a' * 100}'", "check"),
        ("import os\nx = 1", "check"),
        ("x=1", "format --check"),
    ],
    ids=["a long line", "an import that nobody uses", "no spaces"],
)
def test_an_unkempt_notebook_is_caught(compendium, tmp_path, source, fault):
    (tmp_path / "notebooks").mkdir()
    for name in ("pyproject.toml", "notebooks/ruff.toml"):
        (tmp_path / name).write_bytes((compendium / name).read_bytes())
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(book, tmp_path / "notebooks" / "a.ipynb")
    done = subprocess.run([sys.executable, "-m", "ruff", *fault.split(), "--no-cache", "--quiet", "notebooks"],
                          cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr


def test_cells_that_say_and_names_that_are_used_are_told_apart():
    assert says('n = 1\nks.say("a: {n}")') and not says('x = ks.say("a: b")') and not says('display(ks.say("a: b"))')
    assert used(ast.parse("ks.a.b(ks.c, other.d)")) == {"a", "c"}
    assert imported(ast.parse("import keepsafe.telling\nfrom keepsafe import say\nimport numpy")) == [
        "import keepsafe.telling as None", "from keepsafe import"]  # fmt: skip


@pytest.mark.parametrize(("name", "home"), sorted(keepsafe._HOMES.items()))
def test_every_public_function_teaches_with_an_example_that_runs(name, home):
    """`--doctest-modules` over the package runs the examples."""
    found = getattr(import_module(f"keepsafe.{home}"), name)
    words = found.__doc__ or ""
    assert words.strip() and not words.startswith(f"{name}("), "it has no docstring"
    if not (isinstance(found, type) and issubclass(found, Exception)):
        assert "Examples\n" in words and ">>> " in words.partition("Examples\n")[2], "it has no example"


def test_help_lists_the_public_names_by_chapter():
    words = " ".join(keepsafe.__doc__.split())
    for chapter, names in keepsafe.CHAPTERS.items():
        assert f"{chapter}: {', '.join(names)}" in words
    names = [name for names in keepsafe.CHAPTERS.values() for name in names]
    assert len(names) == len(set(names)) and sorted(names) == keepsafe.__all__


def test_a_list_of_candidates_changed_in_its_place_reaches_all_of_chapter_03():
    asking = [
        cell.id for cell in cells("03_risk_factors.ipynb") if re.search(r"study\.asked\(|\.candidates\b", cell.source)
    ]
    assert asking == ["candidates"]
