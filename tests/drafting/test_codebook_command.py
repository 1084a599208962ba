"""keepsafe codebook: the draft on standard output or in a new file, what to look at beside it."""

import io
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

BIN = Path(sys.executable).with_name("keepsafe")


@pytest.fixture
def run(tmp_path):
    (tmp_path / "a.csv").write_text("file_id,sex\n" + "".join(f"F{n},{'fm'[n % 2]}\n" for n in range(40)) + "F40,x\n")

    def runs(*words):
        return subprocess.run([BIN, "codebook", *words], capture_output=True, text=True, cwd=tmp_path)

    return runs


def test_the_draft_alone_is_on_standard_output(run):
    done = run("a.csv")
    assert done.returncode == 0
    assert pd.read_csv(io.StringIO(done.stdout))["name"].tolist() == ["file_id", "sex"]
    assert "  sex: category, 41 filled, 0 missing; f 20, m 20\n" in done.stderr
    assert "please look at:\n" in done.stderr
    assert "1 level with fewer than 10 cases withheld: add it by hand (sex)" in done.stderr
    assert "x" not in done.stdout.rpartition("levels")[2].replace("sex", "").replace("Sex", "")


def test_a_new_file_is_written_and_an_old_one_kept(run, tmp_path):
    first = run("a.csv", "--out", "codebook.csv")
    assert (first.returncode, first.stdout) == (0, "")
    written = (tmp_path / "codebook.csv").read_bytes()
    again = run("a.csv", "--out", "codebook.csv")
    assert again.returncode == 2 and "codebook.csv: is there already" in again.stderr
    assert (tmp_path / "codebook.csv").read_bytes() == written


def test_a_file_that_cannot_be_read_ends_with_status_2(run, tmp_path):
    (tmp_path / "a.csv").write_text("")
    done = run("a.csv", "--out", "codebook.csv")
    assert (done.returncode, done.stderr) == (2, "a.csv: is empty\n")
    assert not (tmp_path / "codebook.csv").exists()
