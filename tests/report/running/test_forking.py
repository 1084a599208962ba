"""Kernels that are copies of one process behave as kernels started anew; where there can be none, plain ones start."""

import gc
import os
import signal
import time
import warnings

import nbformat
import psutil
import pytest

from keepsafe import runs
from keepsafe.report.running import NotebookFailed, forking, report
from keepsafe.report.running.notebooks import execute, run_notebook, surroundings
from tests.report.running.conftest import write_notebook
from tests.report.running.test_report import tree

ASKS = [
    "import os, sys, signal, threading, time",
    "os.getppid(), os.getpid() == os.getpgid(0), 'keepsafe.telling.tables' in sys.modules",
    "import random, numpy; random.random(), numpy.random.random(), numpy.random.default_rng().random()",
    "import tempfile; next(tempfile._get_candidate_names())",
    "os.getcwd(), os.environ['MINE'], os.environ['MPLBACKEND'], os.environ['PYTHONHASHSEED'], hash('a'), sys.path[0]",
    "import matplotlib; matplotlib.get_backend(), signal.getsignal(signal.SIGCHLD), sys.stdin.isatty()",
    "sorted(thread.name.rstrip('0123456789') for thread in threading.enumerate())",
    "import atexit; _ = atexit.register(lambda: open('ended', 'a').write('x'))",
    "from concurrent.futures import ThreadPoolExecutor\nlist(ThreadPoolExecutor(2).map(abs, [-1, -2]))",
    "import subprocess; subprocess.run([sys.executable, '-c', 'print(5)'], capture_output=True).stdout",
]
RECALLS = """
import keepsafe as ks

percent = ks.open_study().recall("cse.percent")
ks.say("again: As said before: {percent}.")
"""
DIFFER = [3, 4, 5]  # cells whose outputs are a kernel's own


def shown(path, folder) -> list[str]:
    """What each cell of a notebook shows when a run executes it."""
    run = runs.Run(folder)
    run.write()
    run_notebook(path, run, {}, lambda *_: None)
    cells = nbformat.read(run.path("notebook.ipynb"), 4).cells
    return [str([output.get("data", output) for output in cell.get("outputs", [])]) for cell in cells]


@pytest.fixture
def asking(tmp_path):
    write_notebook(tmp_path / "02_asks.ipynb", ASKS)
    return tmp_path / "02_asks.ipynb"


@pytest.mark.usefixtures("own_origins")
def test_an_origin_that_no_kernel_was_asked_of_is_ended_at_once_and_not_waited_for():
    with forking.forked_kernels():
        (origin,) = [child for child in psutil.Process().children() if "serve()" in child.cmdline()[-1]]
    assert not origin.is_running()


@pytest.mark.usefixtures("own_origins")
def test_a_copy_differs_from_a_plain_kernel_in_nothing_but_what_is_its_own(asking, tmp_path, monkeypatch):
    monkeypatch.setenv("MINE", "as set")
    with surroundings(runs.Run(tmp_path)), forking.forked_kernels():
        first, second = (shown(asking, tmp_path / name) for name in ("first", "second"))
    with surroundings(runs.Run(tmp_path)):
        plain = shown(asking, tmp_path / "plain")
    parent = f"({os.getpid()}, True, False)"
    assert parent in plain[3]
    assert first[3] == second[3] and ", True, True)" in first[3] and parent not in first[3]
    assert len({shown[place] for shown in (first, second, plain) for place in DIFFER[1:]}) == 6  # no state is shared
    rest = [[text for place, text in enumerate(one) if place not in DIFFER] for one in (first, second, plain)]
    assert rest[0] == rest[1] == rest[2]
    assert (tmp_path / "ended").read_text() == "xxx"  # what was to be done at the end was done
    assert not [child for child in psutil.Process().children(recursive=True) if "serve()" in child.cmdline()]


def test_a_report_is_the_same_to_the_byte_from_copies_and_from_plain_kernels_one_two_or_four_at_a_time(
    small, tmp_path, monkeypatch
):
    for name in ("00_published", "03_risk_factors", "04_interventions"):  # a figure, a table, a value recalled are left
        (small / "notebooks" / f"{name}.ipynb").unlink()
    processes = "import joblib; joblib.Parallel(2)(joblib.delayed(abs)(n) for n in (-1, -2))"
    write_notebook(small / "notebooks" / "05_outcomes.ipynb", [processes])
    write_notebook(small / "notebooks" / "06_conclusions.ipynb", [RECALLS])
    made = [tree(report(out=tmp_path / f"forked-{jobs}", jobs=jobs).parent) for jobs in (1, 4)]
    monkeypatch.setattr(forking, "can_fork", lambda: False)
    made.append(tree(report(out=tmp_path / "plain", jobs=2).parent))
    assert made[0] == made[1] == made[2]
    assert {"figures/flow.svg", "tables/groups.csv", "report.pdf", "values.csv"} <= made[0].keys()


@pytest.mark.usefixtures("own_origins")
@pytest.mark.parametrize("gone", ["the kernel", "the origin"])
def test_a_kernel_that_is_killed_is_told_and_one_whose_origin_is_killed_ends_too(tmp_path, gone):
    who = "os.getpid()" if gone == "the kernel" else "os.getppid()"
    source = f"import os, signal, time\nopen('pid', 'w').write(str(os.getpid()))\nos.kill({who}, {signal.SIGKILL:d})"
    write_notebook(tmp_path / "02_asks.ipynb", [f"{source}\ntime.sleep(60)"])
    with surroundings(runs.Run(tmp_path)), forking.forked_kernels(), pytest.raises(NotebookFailed, match="DeadKernel"):
        shown(tmp_path / "02_asks.ipynb", tmp_path / "own")
    kernel, until = int((tmp_path / "pid").read_text()), time.monotonic() + 60
    while psutil.pid_exists(kernel) and psutil.Process(kernel).status() != "zombie" and time.monotonic() < until:
        time.sleep(0.1)
    assert not psutil.pid_exists(kernel) or psutil.Process(kernel).status() == "zombie"


@pytest.mark.usefixtures("own_origins")
def test_an_origin_with_a_second_thread_gives_no_copies_and_kernels_are_plain(tmp_path, monkeypatch):
    library = tmp_path / "library"
    library.mkdir()
    (library / "sitecustomize.py").write_text(
        "import sys, threading, time\nif 'serve()' in sys.orig_argv[-1]:\n"
        "    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(library), os.environ.get("PYTHONPATH", "")]))
    write_notebook(tmp_path / "02_asks.ipynb", ["import os", "os.getppid()"])
    with surroundings(runs.Run(tmp_path)), forking.forked_kernels():
        assert str(os.getpid()) in shown(tmp_path / "02_asks.ipynb", tmp_path / "own")[3]


@pytest.mark.usefixtures("own_origins")
def test_a_run_leaves_nothing_open_neither_loops_of_its_threads_nor_what_the_origin_told(small, tmp_path):
    write_notebook(small / "notebooks" / "01_cleaning.ipynb", ["1 + 1"])
    run = runs.Run(tmp_path)
    gc.collect()  # of tests before
    with surroundings(run), forking.forked_kernels():
        execute([small / "notebooks" / "01_cleaning.ipynb"], run, {}, 2, lambda *_: None, lambda *_: None)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        gc.collect()
    assert not [str(warning.message) for warning in told if warning.category is ResourceWarning]


def test_where_no_process_can_be_copied_nothing_is_started(monkeypatch):
    for patch in (lambda p: p.delattr("os.fork"), lambda p: p.setattr("sys.platform", "darwin")):
        with monkeypatch.context() as patched:
            patch(patched)
            patched.setattr(forking, "Origin", lambda: pytest.fail("an origin was asked for"))
            with forking.forked_kernels():
                pass


def test_a_kernel_that_dies_before_it_has_run_anything_is_started_once_more(asking, tmp_path, monkeypatch):
    """Between the choice of its ports and their use another program may take one."""
    import papermill

    run_whole, tries = papermill.execute_notebook, []

    def first_dies(*given, **how):
        tries.append(given)
        if len(tries) == 1:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return run_whole(*given, **how)

    write_notebook(asking, ["1 + 1"])
    monkeypatch.setattr(papermill, "execute_notebook", first_dies)
    assert "'2'" in shown(asking, tmp_path)[-1] and len(tries) == 2
    tries.clear()
    monkeypatch.setattr(papermill, "execute_notebook", lambda *given, **how: first_dies(tries.clear()))
    with pytest.raises(NotebookFailed, match="died before"):
        shown(asking, tmp_path)


@pytest.mark.usefixtures("own_origins")
@pytest.mark.parametrize("copied", [True, False])
def test_kernels_find_the_compendium_from_a_relative_folder_and_take_no_plot_style_of_the_users(
    small, asking, tmp_path, monkeypatch, copied
):
    (tmp_path / "matplotlibrc").write_text("savefig.dpi: 31\n")
    write_notebook(
        asking,
        ["import matplotlib; matplotlib.rcParams['savefig.dpi']", "from keepsafe import paths; paths.root().name"],
    )
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    monkeypatch.setenv("KEEPSAFE_HOME", small.name)
    monkeypatch.chdir(small.parent)
    asking.rename(tmp_path / "home" / "notebooks" / "02_asks.ipynb")
    if not copied:
        monkeypatch.setattr(forking, "can_fork", lambda: False)
    (tmp_path / "run").mkdir()
    with surroundings(runs.Run(tmp_path / "run")), forking.forked_kernels():
        found = shown(small / "notebooks" / "02_asks.ipynb", tmp_path / "run")
    assert "figure" in found[-2] and "home" in found[-1]


def test_the_style_of_a_study_that_is_opened_is_ours_alone(monkeypatch):
    from matplotlib import rc_context, rcParams

    from keepsafe.telling.style import apply_style

    with rc_context({"lines.linewidth": 9, "savefig.dpi": 31}):
        apply_style()
        assert rcParams["lines.linewidth"] == 1.5 and rcParams["savefig.dpi"] == "figure"
