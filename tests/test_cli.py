"""The command line: every command is found, bad input ends with status 2 and no traceback."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from keepsafe import cli
from keepsafe.problems import InputError, Problem

HEADER = "id,source,variable,level,group,stratum,phase,statistic,value,decimals,qualifier,unit,n_printed,source_line\n"


@pytest.fixture
def few(tmp_path):
    """Three printed figures of which one cannot hold: 2.4% of 54 is no whole person."""
    rows = [("a", "no", "22.2"), ("b", "mixed", "2.4"), ("c", "yes", "61.1")]
    lines = [
        f"{id},table_1,rejection,{level},cse,,2,percent,{value},1,exactly,persons,54,1" for id, level, value in rows
    ]
    path = tmp_path / "figures.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_command_has_a_name_and_a_sentence():
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    for name in ("audit", "notebooks", "report", "synthesise"):
        assert f"\n  {name} " in shown


def test_audit_as_json_is_a_list_of_checks(few):
    result = CliRunner().invoke(cli.app, ["audit", "--figures", str(few), "--json"])
    checks = json.loads(result.output)
    assert result.exit_code == 0
    assert {(check["figures"], check["verdict"]) for check in checks if check["check"] == "percentage"} == {
        ("a", "holds"), ("b", "cannot hold"), ("c", "holds")}  # fmt: skip


def test_audit_prints_what_does_not_hold_with_its_arithmetic(few):
    result = CliRunner().invoke(cli.app, ["audit", "--figures", str(few)])
    words = " ".join(result.output.split())
    assert result.exit_code == 0
    assert "Percentage (2 hold, 1 cannot hold)" in words
    assert "2.4% of 54 is 1.30, no whole count" in words
    assert "22.2%" not in words


def test_audit_of_another_document_does_not_take_the_comparisons_of_2019(few):
    checks = json.loads(CliRunner().invoke(cli.app, ["audit", "--figures", str(few), "--json"]).output)
    assert not [check for check in checks if check["check"] in ("marker", "wording", "direction")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("cse,,2", "csee,,2", "'csee' is not one of"), ("2.4", "two", "'two' is no number"),
     ("61.1", "161.1", "no percentage"), (",54,", ",0,", "no number of persons"),
     ("percent", "per cent", "did you mean percent")],
)  # fmt: skip
def test_unusable_figures_end_the_audit_with_status_2_and_their_line(few, old, new, said):
    few.write_text(few.read_text().replace(old, new, 1))
    done = subprocess.run(
        [Path(sys.executable).with_name("keepsafe"), "audit", "--figures", few], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert said in done.stderr and "figures.csv, line" in done.stderr and "Traceback" not in done.stderr


def test_synthesise_hands_its_options_on(monkeypatch, tmp_path):
    asked = []
    run = SimpleNamespace(synthesise_files=lambda *arguments, **named: asked.append((arguments, named)))
    monkeypatch.setitem(sys.modules, "keepsafe.synthesis.run", run)
    options = ["--seed", "3", "--out", str(tmp_path), "--cohorts", "5", "--targets", "tables",
               "--jobs", "2", "--scheduler", "tcp://here:1"]  # fmt: skip
    assert CliRunner().invoke(cli.app, ["synthesise", *options]).exit_code == 0
    assert asked == [((tmp_path,), {"seed": 3, "cohorts": 5, "targets": "tables", "n_jobs": 2,
                                      "scheduler": "tcp://here:1"})]  # fmt: skip


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
