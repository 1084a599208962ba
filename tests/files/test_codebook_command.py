"""keepsafe codebook: the draft on standard output or in a new file, what to look at beside it."""

import io
import sys

import pandas as pd
import pytest

from keepsafe import cli


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in a folder with a file of forty-one cases; its status, and what it printed."""
    (tmp_path / "a.csv").write_text("file_id,sex\n" + "".join(f"F{n},{'fm'[n % 2]}\n" for n in range(40)) + "F40,x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli.signal, "signal", lambda number, handler: None)

    def runs(*words):
        monkeypatch.setattr(sys, "argv", ["keepsafe", "codebook", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, *capsys.readouterr()

    return runs


def test_the_draft_alone_is_on_standard_output(run):
    status, out, err = run("a.csv")
    assert status == 0
    book = pd.read_csv(io.StringIO(out))
    assert book["name"].tolist() == ["file_id", "sex"] and book["levels"][1] == "f=F; m=M"
    assert "  sex: category, 41 filled, 0 missing; f 20, m 20\n" in err
    asked = err.partition("answer in the draft, in a spreadsheet:\n")[2].splitlines()
    assert asked[0].startswith("  1. Which levels that fewer than ten cases have belong to sex? Add them under levels")
    assert 3 <= len(asked) <= 7


def test_a_new_file_is_written_and_an_old_one_kept(run, tmp_path):
    assert run("a.csv", "--out", "codebook.csv")[:2] == (0, "")
    written = (tmp_path / "codebook.csv").read_bytes()
    status, _, err = run("a.csv", "--out", "codebook.csv")
    assert status == 2 and "codebook.csv: is there already" in err
    assert (tmp_path / "codebook.csv").read_bytes() == written


def test_a_file_that_cannot_be_read_ends_with_status_2(run, tmp_path):
    (tmp_path / "a.csv").write_text("")
    assert run("a.csv", "--out", "codebook.csv") == (2, "", "a.csv: is empty\n")
    assert not (tmp_path / "codebook.csv").exists()
