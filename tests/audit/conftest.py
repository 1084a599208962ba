"""The report's audit, computed once; and the made-up second document."""

import importlib.util
from pathlib import Path

import pytest

from keepsafe.audit import audit
from keepsafe.study.published import load_comparisons, load_figures


@pytest.fixture(scope="session")
def figures():
    return load_figures()


@pytest.fixture(scope="session")
def comparisons():
    return load_comparisons()


@pytest.fixture(scope="session")
def report(figures, comparisons):
    return audit(figures, comparisons)


@pytest.fixture(scope="session")
def made_up():
    spec = importlib.util.spec_from_file_location("made_up", Path(__file__).with_name("made_up.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def meaning(made_up, tmp_path_factory):
    return made_up.meaning(tmp_path_factory.mktemp("made_up"))
