"""The command line: every command is found, bad input ends with status 2 and no traceback."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from keepsafe import cli
from keepsafe.problems import InputError, Problem

CHECKS = pd.DataFrame(
    {
        "check": ["grim", "grim", "sum"],
        "verdict": ["holds", "cannot hold", "holds"],
        "explanation": ["fits", "no whole number gives [this]", "adds up"],
        "figures": ["f.1", "f.2", "f.3"],
    }
)


@pytest.fixture
def audited(monkeypatch):
    """Stand-ins for the library behind `keepsafe audit`, which remember what they were asked for."""
    asked = {}

    def load(what):
        return lambda path: asked.setdefault(what, path)

    monkeypatch.setitem(
        sys.modules, "keepsafe.audit", SimpleNamespace(audit=lambda figures, comparisons: CHECKS)
    )
    published = SimpleNamespace(load_figures=load("figures"), load_comparisons=load("comparisons"))
    monkeypatch.setitem(sys.modules, "keepsafe.published", published)
    return asked


def test_every_command_has_a_name_and_a_sentence():
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    for name in ("audit", "notebooks", "report", "synthesise"):
        assert f"\n  {name} " in shown


def test_audit_as_json_is_a_list_of_checks(audited):
    printed = json.loads(CliRunner().invoke(cli.app, ["audit", "--json"]).output)
    assert printed == CHECKS.to_dict("records")
    assert audited == {"figures": None, "comparisons": None}


def test_audit_is_printed_by_kind_with_what_does_not_hold(audited):
    lines = CliRunner().invoke(cli.app, ["audit", "--figures", "mine.csv"]).output.splitlines()
    assert lines == [
        "grim: 1 holds, 1 cannot hold",
        "  cannot hold: no whole number gives [this] [f.2]",
        "sum: 1 holds",
    ]
    assert str(audited["figures"]) == "mine.csv"


def test_synthesise_hands_its_options_on(monkeypatch, tmp_path):
    asked = []
    run = SimpleNamespace(synthesise_files=lambda *arguments, **named: asked.append((arguments, named)))
    monkeypatch.setitem(sys.modules, "keepsafe.synthesis.run", run)
    options = ["--seed", "3", "--out", str(tmp_path), "--cohorts", "5", "--targets", "tables"]
    assert CliRunner().invoke(cli.app, ["synthesise", *options]).exit_code == 0
    assert asked == [((tmp_path,), {"seed": 3, "cohorts": 5, "targets": "tables"})]


@pytest.mark.parametrize(
    "options",
    [["--seed", "-1", "--out", "x"], ["--seed", "1"], ["--seed", "1", "--out", "x", "--targets", "some"]],
)
def test_a_wrong_option_ends_with_status_2(options):
    assert CliRunner().invoke(cli.app, ["synthesise", *options]).exit_code == 2


def test_all_problems_of_an_input_are_printed_and_the_status_is_2(monkeypatch, capsys):
    def refuse():
        raise InputError([Problem("first", "a.csv", 2), Problem("second", "a.csv", 3)])

    monkeypatch.setattr(cli, "app", refuse)
    monkeypatch.setattr(cli.signal, "signal", lambda number, handler: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "a.csv, line 2: first\na.csv, line 3: second\n"


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom keepsafe.cli import main\ntry: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('pandas', 'numpy', 'matplotlib', 'papermill', 'nbformat') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, "report", "--help"], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
