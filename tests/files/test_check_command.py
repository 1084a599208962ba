"""keepsafe check: 0 where nothing was found, 1 with the faults, 2 for what cannot be used; nothing else is printed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keepsafe import cli

BIN = Path(sys.executable).with_name("keepsafe")


def run(*words):
    return CliRunner().invoke(cli.app, ["check", *map(str, words)])


def test_status_0_and_a_sentence_where_nothing_was_found(study, files):
    done = run(files(), "--codebook", study / "codebook.csv", "--study", study / "study.toml")
    assert done.exit_code == 0
    assert done.output.startswith("files.csv: nothing was found. Checked: the columns, 5 rows by 13 columns")


def test_status_1_with_the_faults_in_words_and_as_json(study, files):
    words = [files({(4, "sex"): "femle"}), "--codebook", study / "codebook.csv", "--study", study / "study.toml"]
    done, facts = run(*words), run(*words, "--json")
    assert done.exit_code == facts.exit_code == 1
    assert '\n  line 4, sex: "femle" is not one of female, male; did you mean female?\n' in done.output
    [finding] = json.loads(facts.output)["findings"]
    assert (finding["line"], finding["column"], finding["value"]) == (4, "sex", "femle")


def test_by_default_the_compendiums_own_codebook_and_study_count(compendium, monkeypatch):
    monkeypatch.setenv("KEEPSAFE_HOME", str(compendium))
    done = run(compendium / "data" / "synthetic" / "case_files.csv")
    assert done.exit_code == 0 and "68 rules between columns" in done.output


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("files.csv", "", "files.csv: is empty"), ("files.csv", "file_id,sex\n", "has a header and no rows"),
     ("files.csv", "file_id:sex\nF1:male\n", "has none of the codebook's columns"),
     ("files.csv", "a,b\n1,2\n", "has none of the codebook's columns"),
     ("codebook.csv", "", "codebook.csv: is empty"), ("codebook.csv", "name,label\nsex,Sex\n", "'question' is missing"),
     ("study.toml", "[rules.sums]\nn = ['x']", "names the variable 'x', which the codebook lacks"),
     ("study.toml", "[rules", "is not a study file in TOML")],
)  # fmt: skip
def test_status_2_and_one_line_a_fault_for_what_cannot_be_used(study, files, monkeypatch, capsys, name, content, said):
    path = files()
    (study / name).write_text(content, encoding="utf-8")
    before = {file: file.read_bytes() for file in study.iterdir()}
    words = ["keepsafe", "check", path, "--codebook", study / "codebook.csv", "--study", study / "study.toml"]
    monkeypatch.setattr(sys, "argv", [str(word) for word in words])
    monkeypatch.setattr(cli.signal, "signal", lambda number, handler: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert said in told.err and "Traceback" not in told.err and told.out == ""
    assert {file: file.read_bytes() for file in study.iterdir()} == before


def test_it_works_outside_of_any_compendium(study, files, tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere")
    words = [BIN, "check", files({(4, "sex"): "\u0175"}), "--codebook", study / "codebook.csv"]
    environment = {name: value for name, value in os.environ.items() if name != "KEEPSAFE_HOME"} | {"LC_ALL": "C"}
    done = subprocess.run(words, capture_output=True, cwd=outside, env=environment)
    assert done.returncode == 1 and done.stderr == b""
    assert 'line 4, sex: "\u0175" is not one of female, male'.encode() in done.stdout
