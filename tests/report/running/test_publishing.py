"""A report is put in its place whole, or not at all."""

import json
import os
from pathlib import Path

import pytest

from keepsafe.problems import InputError
from keepsafe.report.running.publishing import (
    HOLDER,
    check_place,
    held,
    private_folder,
    publish,
    put_in_place,
    reserved,
)


def tree(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def out(tmp_path) -> Path:
    """A folder with a former report and a file of its owner."""
    for name in ("report.html", "manifest.json", "tables/old.csv", "mine.txt"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text("former")
    return tmp_path / "out"


NEW = {
    "report.html": "new",
    "tables/new.csv": "new",
    "values.csv": "new",
    "manifest.json": json.dumps({"outputs": dict.fromkeys(["report.html", "tables/new.csv", "values.csv"], "0")}),
}


@pytest.fixture
def staged(out) -> Path:
    for name, text in NEW.items():
        (out / ".staging-x" / name).parent.mkdir(parents=True, exist_ok=True)
        (out / ".staging-x" / name).write_text(text)
    return out / ".staging-x"


def seen(out) -> dict[str, str]:
    """What a reader finds: neither a report in the making nor one that is about to be put in place."""
    return {name: text for name, text in tree(out).items() if name[0] != "."}


def test_a_new_report_takes_the_place_of_the_former_and_of_nothing_else(out, staged):
    publish(staged, out)
    assert tree(out) == NEW | {"mine.txt": "former"}


def test_what_the_former_report_had_and_the_new_one_has_not_goes(out, staged):
    (out / "figures").mkdir()
    (out / "figures" / "old.svg").write_text("former")
    (out / "report.pdf").write_text("former")
    (out.parent / "above.txt").write_text("")
    names = dict.fromkeys(["report.pdf", "../above.txt", "/above.txt", ".", "", "gone.txt"], "0")
    (out / "manifest.json").write_text(json.dumps({"outputs": names}))
    publish(staged, out)
    assert sorted(tree(out)) == ["manifest.json", "mine.txt", "report.html", "tables/new.csv", "values.csv"]
    assert (out.parent / "above.txt").exists()


STEPS = 5  # the renaming that finishes the report, and one for each of its files


@pytest.mark.parametrize("broken_at", range(STEPS))
def test_a_failure_leaves_the_former_report_or_a_finished_one_that_the_next_run_puts_in_place(
    out, staged, monkeypatch, broken_at
):
    before, steps, replace = seen(out), [], Path.replace

    def failing(self, target):
        steps.append(self)
        if len(steps) == broken_at + 1:
            raise PermissionError(13, "Permission denied", str(self), None, str(target))
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", failing)
        with pytest.raises((OSError, InputError)) as failed:
            publish(staged, out)
    if not broken_at:
        assert seen(out) == before
        return
    assert f"{steps[-1].name} cannot be replaced: Permission denied; close what holds it, and run" in str(failed.value)
    assert (out / "report.html").read_text() == "former"
    with reserved(out):
        assert tree(out) == NEW | {"mine.txt": "former"}


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
    found, replace = [], Path.replace

    def watched(self, target):
        found.append([(out / name).read_text() for name in ("report.html", "manifest.json")])
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    publish(staged, out)
    assert found[0] == ["former", "former"]
    assert {text for texts in found for text in texts} == {"former", NEW["manifest.json"]}  # the page comes last


@pytest.mark.parametrize("step", ["replace", "unlink"])
@pytest.mark.parametrize("killed_at", range(STEPS))
def test_what_a_kill_at_any_step_leaves_is_made_whole_by_the_next_run(out, staged, killed_at, step):
    """The process ends at once, as by SIGKILL, before the step; nothing of it can clear up."""
    before = seen(out)
    if not (child := os.fork()):
        steps, real = [], getattr(Path, step)

        def killed(self, *target):
            steps.append(self)
            return os._exit(9) if len(steps) > killed_at else real(self, *target)

        setattr(Path, step, killed)
        publish(staged, out)
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended == (0 if step == "unlink" and killed_at else 9)  # one file of the former report goes
    assert (out / "report.html").read_text() in {"former", "new"}
    assert seen(out) == before or (step, killed_at) != ("replace", 0)
    with reserved(out):
        assert tree(out) == (before if (step, killed_at) == ("replace", 0) else NEW | {"mine.txt": "former"})


def test_a_next_run_that_is_killed_itself_is_taken_up_again(out, staged, monkeypatch):
    replace, blocked = Path.replace, set()

    def failing(self, target):
        if target.name in blocked:
            raise OSError(5, "pulled out")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    for name in ("values.csv", "manifest.json", "report.html"):
        blocked |= {name}
        with pytest.raises(InputError, match="cannot be replaced: pulled out"):
            publish(staged, out) if staged.is_dir() else put_in_place(out)
        assert (out / ".finished").is_dir()
        blocked -= {name}
    put_in_place(out)
    assert tree(out) == NEW | {"mine.txt": "former"}


@pytest.fixture(params=["fcntl", "no fcntl"])
def system(request, monkeypatch):
    """This system, and one that lacks what Linux and macOS alone have."""
    if request.param == "no fcntl":
        monkeypatch.setattr("keepsafe.report.running.publishing.fcntl", None)
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
    monkeypatch.setattr("keepsafe.report.running.publishing.fcntl", None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if not (child := os.fork()):
        with private_folder():
            os._exit(9)
    os.waitpid(child, 0)
    assert len(list(tmp_path.iterdir())) == 1
    with private_folder() as first, private_folder() as second:
        assert set(tmp_path.iterdir()) == {first, second}
    assert not list(tmp_path.iterdir())
