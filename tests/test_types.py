"""The library's types hold, as far as basic checking goes, and a fault of each kind is found."""

import subprocess
import sys

import pytest


def checked(folder, *arguments):
    """Mypy as pyproject.toml has it: its exit status, and what it printed."""
    done = subprocess.run([sys.executable, "-m", "mypy", *arguments], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_types_of_the_library_hold(compendium):
    status, said = checked(compendium, "keepsafe")
    assert status == 0, said


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("call-arg", "span(1.0, 2.0, 3, 4)"),
        ("arg-type", "span('1', 2.0)"),
        ("name-defined", "spam(1.0, 2.0)"),
        ("attr-defined", "span(1.0, 2.0).strap()"),
        ("return-value", "def first() -> int:\n    return span(1.0, 2.0)"),
        ("assignment", "def second():\n    low: int = span(1.0, 2.0)"),  # in a function without types of its own
    ],
)
def test_a_wrong_type_is_found(compendium, fault, line):
    status, said = checked(compendium, "-c", f"from keepsafe.audit.arithmetic import span\n\n{line}")
    assert status == 1
    assert f"[{fault}]" in said and "Found 1 error" in said
