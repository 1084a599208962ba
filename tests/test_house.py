"""The map of the library is that of its files, and its rooms are of a size to be read in one sitting."""

import ast
import re
import shutil

import pytest

from tests.house import house, sentence

SITTING = 300  # lines; a longer module says why after this mark
REASON = f"\nLonger than {SITTING} lines: "


def modules(root):
    return sorted((root / "keepsafe").rglob("*.py"))


def too_long(root):
    """Modules longer than a sitting that give no reason, with their lines."""
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in modules(root)}
    return {name: text.count("\n") for name, text in texts.items() if text.count("\n") > SITTING and REASON not in text}


def formatted_by_hand(text):
    """Lines kept from the formatter that are not at a constant of the module, where a table of data may stand."""
    constants = [node for node in ast.parse(text).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    tables = {line for node in constants for line in range(node.lineno, node.end_lineno + 1)}
    return [k for k, line in enumerate(text.splitlines(), 1) if "# fmt: " in line and k not in tables]


def test_the_map_is_that_of_the_files(compendium):
    shown = (compendium / "keepsafe" / "README.md").read_text(encoding="utf-8")
    assert shown == house(compendium), "make map"


def test_every_module_says_in_a_sentence_what_it_is(compendium):
    assert [path.name for path in modules(compendium) if len(sentence(path)) < 20] == []


def test_a_module_is_read_in_one_sitting_or_says_why_not(compendium):
    assert too_long(compendium) == {}


def strangers(root):
    """Modules that a page of the compendium names, and that are not there."""
    pages = [*root.glob("*.md"), *(root / "data").rglob("*.md"), *(root / "keepsafe").rglob("*.md")]
    named = {
        name for page in pages for name in re.findall(r"\bkeepsafe/[\w/]+\.py\b", page.read_text(encoding="utf-8"))
    }
    return {name for name in named if not (root / name).is_file()}


def test_a_module_that_a_page_names_is_there(compendium, tmp_path):
    assert strangers(compendium) == set()
    (tmp_path / "README.md").write_text("As `keepsafe/gone.py` says.", encoding="utf-8")
    assert strangers(tmp_path) == {"keepsafe/gone.py"}


def test_only_tables_of_data_are_formatted_by_hand(compendium):
    found = {path.name: formatted_by_hand(path.read_text(encoding="utf-8")) for path in modules(compendium)}
    assert {name: lines for name, lines in found.items() if lines} == {}
    planted = "TABLE = [1,\n         2]  # fmt: skip\n\n\ndef one():\n    return  1  # fmt: skip\n"
    assert formatted_by_hand(planted) == [6]


@pytest.mark.parametrize("fault", ["renamed", "long"])
def test_a_house_that_has_changed_is_noticed(compendium, tmp_path, fault):
    shutil.copy(compendium / "pyproject.toml", tmp_path)
    shutil.copytree(compendium / "keepsafe", tmp_path / "keepsafe", ignore=shutil.ignore_patterns("__pycache__"))
    before = house(tmp_path)
    if fault == "renamed":
        (tmp_path / "keepsafe" / "workers.py").rename(tmp_path / "keepsafe" / "study" / "workers.py")
        (tmp_path / "keepsafe" / "workers.py").write_text('"""Something else altogether."""\n')
        assert house(tmp_path) != before
    else:
        path = tmp_path / "keepsafe" / "problems.py"
        path.write_text(path.read_text() + "\n" * SITTING)
        assert "keepsafe/problems.py" in too_long(tmp_path)
