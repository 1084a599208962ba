"""The library code that a notebook uses."""

import json
import subprocess
import sys

import pytest

from keepsafe.report.running import imports
from keepsafe.report.running.imports import library_files

FILES = {
    "__init__.py": "",
    "facts.py": "",
    "telling/__init__.py": "",
    "telling/sentences.py": "def say():\n    from keepsafe.late import word\n    return word",
    "late.py": "word = 'late'",
    "other.py": "import keepsafe.facts",
    "kinds/__init__.py": "import importlib\ndef f(kind): return importlib.import_module(f'{__name__}.{kind}')",
    "kinds/one.py": "import keepsafe.facts",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A made-up library of five modules, one of them imported only inside a function."""
    for name, text in FILES.items():
        (tmp_path / "keepsafe" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "keepsafe" / name).write_text(text)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(imports, "PACKAGE", tmp_path / "keepsafe")
    imports._modules.cache_clear()
    imports._mentioned.cache_clear()
    yield tmp_path
    imports._modules.cache_clear()
    imports._mentioned.cache_clear()


SAY = ["__init__.py", "late.py", "telling/__init__.py", "telling/sentences.py"]


@pytest.mark.parametrize(
    ("code", "used"),
    [
        ("import pandas", []),
        ("from keepsafe.telling.sentences import say", SAY),
        ("import keepsafe as ks\nks.say('x')", SAY),
        ("import keepsafe.other", ["__init__.py", "facts.py", "other.py"]),
        ("from keepsafe import other", ["__init__.py", "facts.py", "other.py"]),
        ("import keepsafe\nkeepsafe.other", ["__init__.py", "facts.py", "other.py"]),
        ("def f():\n    import keepsafe.facts", ["__init__.py", "facts.py"]),
        ("import keepsafe.kinds", ["__init__.py", "facts.py", "kinds/__init__.py", "kinds/one.py"]),
        ("from importlib import import_module\nimport_module(name)", sorted(FILES)),
        ("from keepsafe import *", sorted(FILES)),
        ("import keepsafe as ks\ngetattr(ks, name)", sorted(FILES)),
        ("%matplotlib inline\nimport keepsafe.facts", sorted(FILES)),
    ],
)
def test_what_is_imported_counts_with_all_that_it_imports(package, code, used):
    found = library_files(code, package / "notebooks")
    assert [path.relative_to(package / "keepsafe").as_posix() for path in found] == used


def test_a_users_own_module_beside_the_notebook_counts_with_what_it_imports(package):
    (package / "notebooks" / "own.py").write_text("import keepsafe.facts")
    found = library_files("from own import f", package / "notebooks")
    assert [path.name for path in found] == ["__init__.py", "facts.py", "own.py"]


def test_all_that_a_chapter_loads_as_it_starts_is_found_in_its_sources(compendium):
    """The reading of sources, held against Python itself."""
    path = compendium / "notebooks" / "02_descriptives.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = next("".join(cell["source"]) for cell in cells if cell.get("id") == "setup")
    tell = "import sys\nfor n, m in sys.modules.items(): 'keepsafe' in n and print(m.__file__)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{tell}"], cwd=compendium, capture_output=True, text=True)
    loaded = set(done.stdout.splitlines())
    assert len(loaded) > 10, done.stderr
    assert loaded <= set(map(str, library_files(code, path.parent)))
