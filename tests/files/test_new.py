"""keepsafe new: a compendium that runs at once, and never writes over anything."""

import csv
import io
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from keepsafe import InputError, load_codebook, load_study, read_case_files
from keepsafe.cli import main
from keepsafe.files import check
from keepsafe.files.new import TEMPLATES, new, notebook
from keepsafe.report.running import report
from keepsafe.report.running.inputs import check_inputs
from keepsafe.report.running.notebooks import NotebookFailed

PERSONS = 180
SEED = 2019
COLUMNS = ("person_id", "synthetic", "route", "age", "paid_work", "earlier_course", "study_place", "hours", "finished")
EXAMPLE = (TEMPLATES / "cases.csv").read_text(encoding="utf-8")


def example() -> str:
    """The example as CSV: made-up people on a made-up evening course, one row a person, each labelled synthetic.

    As extracts are, it is a little untidy: some entries are not recorded (-9), some have a label in place of a code. It
    is the same on every machine.
    """
    draw = random.Random(SEED)  # the standard library promises the same numbers from the same seed
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for number in range(1, PERSONS + 1):
        table.writerow([f"example-{number:03d}", 1, *_person(draw)])
    return text.getvalue()


def _person(draw: random.Random) -> list:
    """A made-up person; whether the course was finished leans on paid work, an earlier course and hours."""
    online = draw.random() < 0.45
    age = round(min(max(draw.gauss(37, 11), 18), 70))
    paid_work = int(draw.random() < (0.7 if online else 0.5))
    earlier_course = int(draw.random() < 0.4)
    place = draw.choices(["home", "library", "work"], [5, 3, 2])[0]
    hours = round(min(max(draw.gauss(6 - 1.5 * paid_work, 2), 0), 15))
    leaning = -0.4 - 0.8 * paid_work + 1.1 * earlier_course + 0.25 * (hours - 5) + 0.01 * (age - 37) + 0.6
    finished = int(draw.random() < 1 / (1 + math.exp(-leaning)))
    place, hours = (-9 if draw.random() < 0.02 else entry for entry in (place, hours))
    ways = ["Online", "In the classroom"] if draw.random() < 0.03 else ["online", "classroom"]
    return [ways[0 if online else 1], age, paid_work, earlier_course, place, hours, finished]


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Path:
    folder = new(tmp_path / "mine")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("KEEPSAFE_HOME", raising=False)
    return folder


def test_the_example_makes_a_report_at_once(started):
    page = (started / "reports" / "report.html").read_text(encoding="utf-8")
    values = pd.read_csv(started / "reports" / "values.csv", dtype=str).set_index("id")["value"]
    assert values["file.persons"] == "180"
    assert "<title>Who finished an evening course? (made-up example)</title>" in page
    assert page.count("Case files: synthetic") == 4


def test_a_compendium_of_ones_own_says_nothing_of_the_2019_report(started):
    files = (path for path in (started / "reports").rglob("*") if path.suffix in {".html", ".csv", ".json", ".ipynb"})
    for path in files:
        text = re.sub(r"<script>.*?</script>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"Keeping Safe\?|\b2019 (report|text)|\bCSE\b", text), path.name


def test_nothing_that_is_there_is_written_over(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("mine", "file"):
        with pytest.raises(InputError, match="is there already"):
            new(tmp_path / name)
    monkeypatch.setattr(sys, "argv", ["keepsafe", "new", str(tmp_path / "mine")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and "new or empty" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "mine", "notes.txt"]


def test_an_empty_folder_is_filled_and_the_next_step_is_told_last(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine").mkdir()
    monkeypatch.setattr(sys, "argv", ["keepsafe", "new", str(tmp_path / "mine")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert capsys.readouterr().out.splitlines()[-1] == f"Next: cd {tmp_path / 'mine'} && keepsafe report"


def test_where_nothing_can_be_written_nothing_is(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="No space left"):
        new(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written|is there already"):
        new(tmp_path / "file" / "mine")


def test_the_example_obeys_its_codebook_and_is_labelled_in_every_row(mine):
    assert not check(mine / "data" / "example" / "cases.csv").findings
    rows = list(csv.DictReader(EXAMPLE.splitlines()))
    assert {row["synthetic"] for row in rows} == {"1"}
    assert len({row["person_id"] for row in rows}) == len(rows) == 180


def test_the_example_is_what_a_few_lines_of_code_make():
    assert EXAMPLE == example()


def test_codebook_and_study_file_agree(mine):
    study = load_study()
    assert list(study.models["not_finished"].candidates) and study.contrasts["route"].variable == "route"
    assert list(read_case_files()) == load_codebook().names


def test_its_notebooks_are_valid_and_name_no_variable_of_the_example(mine):
    own = set(load_codebook().names) | set(load_study().derived) | set(load_study().models)
    for path in (mine / "notebooks").iterdir():
        book = nbformat.read(path, 4)
        nbformat.validate(book)
        code = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
        named = set(re.findall(r'"(\w+)"', code)) & (own - {"synthetic"})
        assert not named, (path.name, named)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
def test_git_leaves_a_real_extract_alone(mine):
    (mine / "data" / "private" / "extract.sav").write_bytes(b"real")
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "--quiet"], check=True, env=quiet)
    listing = ["git", "ls-files", "--others", "--exclude-standard"]
    seen = subprocess.run(listing, capture_output=True, text=True, check=True, env=quiet).stdout.split()
    assert "data/private/README.md" in seen and "data/codebook.csv" in seen
    assert not [name for name in seen if "extract" in name]


def test_a_real_file_named_in_the_study_file_is_under_disclosure_control(mine, tmp_path):
    """Nobody has to ask for it: it is enough that the rows do not say that they are synthetic."""
    study = mine / "data" / "study.toml"
    study.write_text(study.read_text().replace("example/cases.csv", "private/cases.csv"))
    private = mine / "data" / "private" / "cases.csv"
    private.write_text(EXAMPLE.replace(",1,", ",0,", 1))  # one row that is not synthetic
    run = check_inputs(tmp_path, None, None, None)
    assert (run.synthetic, run.disclosure) == (False, "threshold=10,round=5")
    private.write_text(EXAMPLE)
    run = check_inputs(tmp_path, None, None, None)
    assert (run.synthetic, run.disclosure) == (True, "")


def test_its_own_tests_pass(started):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "misspelt", "tests"],
        cwd=started,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_a_tag_and_a_heading_begin_cells_of_a_written_notebook():
    made = json.loads(notebook("Opening\n\n## One\n\n```python parameters\nn: int = 1\n```\n\nMeaning\n\n## Two\n"))
    first = [cell["source"][0].strip() for cell in made["cells"]]
    assert first == ["Opening", "## One", "n: int = 1", "Meaning", "## Two"]
    assert made["cells"][2]["metadata"] == {"tags": ["parameters"]}
    assert len({cell["id"] for cell in made["cells"]}) == 5


def test_a_report_of_which_hardly_anything_stands_says_so(mine):
    """Even where groups, outcome and model are withheld, the notebooks run to their end and tell it."""
    page = report(disclosure="threshold=500,round=5", parameters=[("n_boot", "5")]).read_text(encoding="utf-8")
    log = pd.read_csv(mine / "reports" / "tables" / "disclosure-log.csv")
    assert "Withheld by disclosure control" in page and "There is no model to show" in page
    assert {"variable", "model"} <= set(log["what"])
    assert not (mine / "reports" / "tables" / "groups.csv").exists()


def test_a_rule_that_is_none_stops_the_report_and_is_not_told_as_a_fault_of_the_model(mine):
    """A report was made, without its model: *cannot be fitted: 'AIC' is not a choice*."""
    with pytest.raises(NotebookFailed, match="column statistic: 'AIC' is not a choice; choose one of lr, wald"):
        report(parameters=[("statistic", "AIC")])


def test_under_disclosure_control_what_a_model_keeps_is_said_to_be_of_the_factors_that_stand(mine):
    """'The model keeps no factor', where the one that tells the groups apart had been withheld."""
    page = report(disclosure="threshold=10,round=5", parameters=[("n_boot", "5")]).read_text(encoding="utf-8")
    assert page.count("(of those that disclosure control lets stand)") >= 2
