"""A report is put in its place whole, or not at all."""

import json
import os
import shutil
from pathlib import Path

import pytest

from keepsafe.problems import InputError
from keepsafe.report.running.locks import HOLDER, held, private_folder
from keepsafe.report.running.publishing import check_place, publish, recover, reserved


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
    shutil.rmtree(staged)
    assert tree(out) == {
        "manifest.json": "new",
        "mine.txt": "former",
        "report.html": "new",
        "tables/new.csv": "new",
        "values.csv": "new",
    }


def test_what_the_former_report_had_and_the_new_one_has_not_goes(out, staged):
    (out / "figures").mkdir()
    (out / "figures" / "old.svg").write_text("former")
    (out / "report.pdf").write_text("former")
    (out.parent / "above.txt").write_text("")
    names = dict.fromkeys(["report.pdf", "../above.txt", "/above.txt", ".", "", "gone.txt"], "0")
    (out / "manifest.json").write_text(json.dumps({"outputs": names}))
    publish(staged, out)
    shutil.rmtree(staged)
    assert sorted(tree(out)) == ["manifest.json", "mine.txt", "report.html", "tables/new.csv", "values.csv"]
    assert (out.parent / "above.txt").exists()


@pytest.mark.parametrize("broken_at", range(6))
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
    monkeypatch.setattr(Path, "replace", lambda self, target: (order.append(target), replace(self, target))[1])
    publish(staged, out)
    assert [target for target in order if not target.name.startswith(".")][-1] == out / "report.html"


def test_folders_that_no_former_report_made_are_not_replaced(tmp_path):
    (tmp_path / "tables").mkdir()
    with pytest.raises(InputError, match="tables, which no former report made"):
        check_place(tmp_path)


def test_a_file_is_no_place_for_a_report(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="no report can be written here"), reserved(tmp_path / "out"):
        pass


def test_every_file_of_a_report_is_there_at_every_step(out, staged, monkeypatch):
    seen, replace = [], Path.replace

    def watched(self, target):
        seen.append([(out / name).read_text() for name in ("report.html", "manifest.json")])
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    publish(staged, out)
    assert seen[0] == ["former", "former"]
    assert {text for texts in seen for text in texts} == {"former", "new"}


@pytest.mark.parametrize("killed_at", range(6))
def test_what_a_kill_at_any_step_leaves_is_made_whole_by_the_next_run(out, staged, killed_at):
    """The process ends at once, as by SIGKILL, before the step; nothing of it can clear up."""
    before = {name: text for name, text in tree(out).items() if not name.startswith(".staging")}
    if not (child := os.fork()):
        steps, replace = [], Path.replace

        def killed(self, target):
            steps.append(self)
            return os._exit(9) if len(steps) > killed_at else replace(self, target)

        Path.replace = killed
        publish(staged, out)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (out / "report.html").read_text() in {"former", "new"}
    with reserved(out):
        shutil.rmtree(staged)
        assert tree(out) == before


def test_a_recovery_that_is_killed_itself_is_taken_up_again(out, staged, monkeypatch):
    before = {name: text for name, text in tree(out).items() if not name.startswith(".staging")}
    replace = Path.replace

    def failing(self, target):
        if target.name == "report.html" or "again" in self.parts and target.name == "old.csv":
            raise OSError("pulled out")
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", failing)
        with pytest.raises(OSError, match="pulled out"):
            publish(staged, out)
    assert (out / ".former").is_dir()
    recover(out)
    shutil.rmtree(staged)
    assert tree(out) == before


@pytest.fixture(params=["fcntl", "no fcntl"])
def system(request, monkeypatch):
    """This system, and one that lacks what Linux and macOS alone have."""
    if request.param == "no fcntl":
        monkeypatch.setattr("keepsafe.report.running.locks.fcntl", None)
        monkeypatch.delattr("os.getuid")
    return request.param


def test_a_second_run_is_refused_while_the_first_one_lasts_and_not_after(out, tmp_path, system):
    ready, wait = os.pipe(), os.pipe()
    if not (child := os.fork()):
        with reserved(out):
            os.write(ready[1], b"x")
            os.read(wait[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    with pytest.raises(InputError, match="another run is writing its report here; wait for its end, or choose"):
        with reserved(out):
            pass
    os.kill(child, 9)  # the lock of a process that is no more holds nobody up
    os.waitpid(child, 0)
    with reserved(out):
        pass


def test_a_folder_that_is_held_twice_in_one_process_is_held_once(out, system):
    with held(out) as first, held(out) as second:
        assert (first, second) == (True, False)
    with held(out) as again:
        assert again
    assert not list(out.glob(f"{HOLDER}*"))


def test_a_place_that_stays_empty_is_removed_and_one_that_does_not_stays(tmp_path, system):
    with reserved(tmp_path / "empty"), reserved(tmp_path / "filled"):
        (tmp_path / "filled" / "report.html").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["filled"]


def test_without_locks_a_private_folder_stays_while_its_run_lasts_and_goes_once_that_was_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("keepsafe.report.running.locks.fcntl", None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if not (child := os.fork()):
        with private_folder():
            os._exit(9)
    os.waitpid(child, 0)
    assert len(list(tmp_path.iterdir())) == 1
    with private_folder() as first, private_folder() as second:
        assert set(tmp_path.iterdir()) == {first, second}
    assert not list(tmp_path.iterdir())
