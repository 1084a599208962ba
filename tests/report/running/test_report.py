"""The whole run of a small compendium: notebooks in, one report out."""

import json
import re

import nbformat
import pandas as pd
import pytest

from keepsafe.problems import InputError
from keepsafe.report.running import NotebookFailed, report
from keepsafe.report.running.notebooks import find_notebooks


def tree(folder) -> dict[str, bytes]:
    """What a reader finds in a folder; results kept for the next run are not for reading."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".cache" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_run_makes_everything_that_it_promises(small):
    told = []
    page = report(jobs=2, progress=lambda notebook, doing: told.append((notebook, doing)))
    assert page == (small / "reports" / "report.html").resolve()
    first = tree(small / "reports")
    names = [f"notebooks/{path.name}" for path in sorted((small / "notebooks").glob("*.ipynb"))]
    assert sorted(first) == sorted(
        [
            *names,
            "figures.csv",
            "figures/flow.csv",
            "figures/flow.narrow.svg",
            "figures/flow.png",
            "figures/flow.svg",
            "figures/flow.txt",
            "manifest.json",
            "report-tables.docx",
            "report.html",
            "report.pdf",
            "report-summary.pdf",
            "ro-crate-metadata.json",
            "tables/groups.csv",
            "values.csv",
        ]
    )

    # The opening chapter first, the analyses after it, the conclusions last.
    order = [notebook for notebook, doing in told if doing == "done"]
    assert order[-2:] == ["06_conclusions", "report"]
    starts = [told.index((notebook, "starting")) for notebook, _ in told if "02" <= notebook[:2] <= "05"]
    assert told.index(("01_cleaning", "done")) < min(starts)

    values = pd.read_csv(small / "reports" / "values.csv", dtype=str, keep_default_na=False).set_index("id")
    assert values.loc["cse.percent", ["text", "notebook", "cell", "figure", "printed", "kind"]].tolist() == [
        "26.3%",
        "02_descriptives",
        "code-0",
        "cse.n",
        "26.3",
        "calibrated",
    ]
    assert values.loc["boot.n", "value"] == "20"

    check_page(first["report.html"].decode())
    notebook = nbformat.reads(first["notebooks/06_conclusions.ipynb"].decode(), 4)
    assert notebook.cells[3].outputs[0]["data"]["text/plain"] == "As said before: 12 figures, 26.3%."


def check_page(page: str) -> None:
    assert not re.search(r"""(?:src|href|url|@import|srcset)\s*[=(]?\s*["']?\s*(?:https?:)?//""", page)
    assert not re.search("https?:", page)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.findall(r'<svg class="wide" role="img" aria-label="([^"]*)"', page) == ["367 files became 205 persons."]
    assert "<img" not in page
    assert page.count("<h1") == 1
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert "<b>Figure 1.1.</b> Files and persons" in page
    assert "<b>Table 2.1.</b> Groups &amp; shares" in page
    assert 'title="cse.percent: from 02_descriptives, cell code-0; the 2019 report printed 26.3' in page


def test_a_parameter_reaches_its_notebook_and_the_colophon(small):
    report(parameters=[("n_boot", "7")], jobs=2)
    values = pd.read_csv(small / "reports" / "values.csv").set_index("id")
    assert values.loc["boot.n", "value"] == 7
    entries = json.loads((small / "reports" / "manifest.json").read_text())["parameters"]
    assert [(entry["name"], entry["value"], entry["default"]) for entry in entries][:2] == [
        ("n_boot", "7", "20"),
        ("p_remove", "0.1", "0.1"),
    ]
    executed = nbformat.read(small / "reports" / "notebooks" / "03_risk_factors.ipynb", 4)
    assert [cell.id for cell in executed.cells] == [
        "title",
        "question",
        "code-0",
        "injected-parameters",
        "code-1",
        "code-2",
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x = 1\n\n{}['housing']", r"04_interventions, cell 3: KeyError: 'housing'"),
        ("raise ValueError('first\\nlast line')", "ValueError: first ... last line"),
        ("import os; os._exit(3)", "04_interventions, cell unknown: DeadKernelError"),
    ],
    ids=["an error", "an error of two lines", "a kernel that dies"],
)
def test_a_failing_notebook_is_named_and_leaves_the_former_report(small, rewrite, source, complaint):
    (small / "reports").mkdir()
    (small / "reports" / "report.html").write_text("former")
    rewrite("04_interventions", [source])
    with pytest.raises(NotebookFailed, match=complaint):
        report(jobs=2)
    assert tree(small / "reports") == {"report.html": b"former"}


def test_an_error_that_a_notebook_lets_pass_is_still_a_failure(small, rewrite):
    path = rewrite("05_outcomes", ["1 / 0"])
    notebook = nbformat.read(path, 4)
    notebook.cells[-1].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, path)
    with pytest.raises(NotebookFailed, match="05_outcomes, cell 3: ZeroDivisionError"):
        report(jobs=2)


def test_a_failed_first_run_leaves_no_folder(small, rewrite):
    rewrite("00_published", ["1 / 0"])
    with pytest.raises(NotebookFailed):
        report(jobs=1)
    assert not (small / "reports").exists()


def test_notebooks_refreshed_in_place_hold_outputs_and_no_noise(small):
    report(jobs=2, in_place=True)
    executed = tree(small / "reports" / "notebooks")
    assert executed == tree(small / "notebooks")
    text = executed["04_interventions.ipynb"].decode()
    assert json.loads(text)["cells"][2]["outputs"][0]["data"]["text/plain"] == ["2"]
    assert not re.search(r"papermill|start_time|duration", text)


@pytest.mark.parametrize("what", ["data", "codebook", "study"])
def test_a_missing_input_is_named_before_any_kernel(small, tmp_path, monkeypatch, what):
    monkeypatch.setattr("keepsafe.report.running.notebooks", lambda *arguments: pytest.fail("a kernel was started"))
    with pytest.raises(InputError, match=f"the {what} cannot be read: No such file"):
        report(**{what: tmp_path / "nowhere.csv"})
    assert not (small / "reports").exists()


@pytest.mark.parametrize("study, said", [
    ("[study]\ntitle = 'T", "study.toml: is not a study file in TOML"),
    ("[study]\n[file]\ncase_files = 'x.csv'", r"study.toml: \[file\] is no section .* did you mean \[files\]"),
    ("[study]\n", "study.toml: names no case files; write case_files under"),
    ("[files]\ncase_files = '/x.csv'", r"study.toml: \[files.case_files\] is no file of the data folder"),
    ("[files]\ncase_files = 'x.csv'", "data/x.csv: the data cannot be read: No such file or directory; check the path"),
])  # fmt: skip
def test_a_study_file_that_names_no_data_is_told_of_and_not_the_file_of_the_edition(small, study, said):
    """A quotation mark forgotten in data/study.toml was told as a missing data/synthetic/case_files.csv."""
    (small / "data" / "synthetic" / "case_files.csv").unlink()
    (small / "data" / "study.toml").write_text(study, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        report()


@pytest.mark.parametrize("place", ["data", "data/reports"])
def test_a_report_among_the_data_is_refused_for_it_would_be_an_input(small, place):
    with pytest.raises(InputError, match="would be read by the next run"):
        report(out=small / place)
    assert not (small / "data" / "reports").exists() and not (small / "data" / "report.html").exists()


def test_a_compendium_without_notebooks_is_refused(small):
    for path in (small / "notebooks").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="no notebooks here"):
        report()


def test_a_report_is_made_where_linux_is_not(small, rewrite, in_process, monkeypatch, tmp_path_factory):
    # a place of its own: without locks of the system, runs of other processes would look abandoned
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("elsewhere")))
    for name in ("sched_getaffinity", "getuid"):
        monkeypatch.delattr(f"os.{name}")
    monkeypatch.setattr("keepsafe.report.running.publishing.fcntl", None)
    assert report().is_file()


def test_no_module_of_ours_asks_for_what_only_linux_has(compendium):
    """What is named here is told of in a test of its own, with another way."""
    asked = re.compile(r"sched_getaffinity|^import (?:fcntl|resource|pwd|grp)\b|/proc/|\bos\.fork\b", re.M)
    sources = [*(compendium / "keepsafe").rglob("*.py"), *(compendium / "notebooks").glob("*.ipynb")]
    assert [path.name for path in sources if asked.search(path.read_text(encoding="utf-8"))] == ["forking.py"]


def test_a_copy_that_nbconvert_leaves_is_no_chapter(tmp_path):
    for name in ("01_a.ipynb", "01_a.nbconvert.ipynb", "02_b.ipynb"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in find_notebooks(tmp_path)] == ["01_a.ipynb", "02_b.ipynb"]
