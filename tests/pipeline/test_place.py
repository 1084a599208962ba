"""A report is put in its place whole, or not at all."""

from pathlib import Path

import pytest

from keepsafe.pipeline.place import check_place, publish
from keepsafe.problems import InputError


def tree(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def out(tmp_path) -> Path:
    """A folder with a former report and a file of its owner."""
    for name in ("report.html", "manifest.json", "tables/old.csv", "mine.txt"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text("former")
    return tmp_path / "out"


@pytest.fixture
def staged(out) -> Path:
    for name in ("report.html", "manifest.json", "values.csv", "tables/new.csv"):
        (out / ".staging" / name).parent.mkdir(parents=True, exist_ok=True)
        (out / ".staging" / name).write_text("new")
    return out / ".staging"


def test_a_new_report_takes_the_place_of_the_former_and_of_nothing_else(out, staged):
    publish(staged, out)
    staged.rmdir()
    assert tree(out) == {
        "manifest.json": "new",
        "mine.txt": "former",
        "report.html": "new",
        "tables/new.csv": "new",
        "values.csv": "new",
    }


@pytest.mark.parametrize("broken_at", range(7))
def test_a_failure_at_any_step_leaves_the_former_report(out, staged, monkeypatch, broken_at):
    steps, replace = [], Path.replace

    def failing(self, target):
        steps.append(self)
        if len(steps) == broken_at + 1:
            raise OSError("disk full")
        return replace(self, target)

    before = {name: text for name, text in tree(out).items() if not name.startswith(".staging")}
    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="disk full"):
        publish(staged, out)
    assert {name: text for name, text in tree(out).items() if not name.startswith(".staging")} == before


def test_the_page_itself_comes_last(out, staged, monkeypatch):
    order, replace = [], Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda self, target: (order.append(target), replace(self, target))[1]
    )
    publish(staged, out)
    assert order[-1] == out / "report.html"


def test_folders_that_no_former_report_made_are_not_replaced(tmp_path):
    (tmp_path / "tables").mkdir()
    with pytest.raises(InputError, match="tables, which no former report made"):
        check_place(tmp_path)


def test_a_file_is_no_place_for_a_report(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="no report can be written here"):
        check_place(tmp_path / "out")
