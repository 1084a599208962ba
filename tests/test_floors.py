"""Imports only go down, by the floors that pyproject.toml declares, and never in a circle."""

import os
import shutil
import subprocess
import sys

import pytest


def linted(folder):
    """import-linter over the package in a folder, as its exit status and what it printed."""
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"
    command = [sys.executable, "-c", lint, "--no-cache", "--no-logo"]
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_imports_only_go_down(compendium):
    status, said = linted(compendium)
    assert status == 0, said


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("problems.py", "import keepsafe.telling.values", "keepsafe.problems -> keepsafe.telling.values"),
        ("study/codebook.py", "import keepsafe.files.cleaning", "keepsafe.study.codebook -> keepsafe.files.cleaning"),
        ("stray.py", "", "keepsafe.stray"),
        ("statistics/engine.py", "def late():\n    import keepsafe.statistics.fit", ".engine -> .fit"),
    ],
    ids=["ground on telling", "facts on data", "a module without a floor", "a circle in a wing, though late"],
)
def test_an_import_that_goes_up_is_caught(compendium, tmp_path, module, line, complaint):
    shutil.copy(compendium / "pyproject.toml", tmp_path)
    package = tmp_path / "keepsafe"
    shutil.copytree(compendium / "keepsafe", package, ignore=shutil.ignore_patterns("__pycache__"))
    with open(package / module, "a") as file:
        file.write(f"\n{line}\n")
    status, said = linted(tmp_path)
    assert status != 0
    assert complaint in said
