"""A run with a cluster: asked before any kernel starts, handed to the notebooks, and no part of what a result is."""

from contextlib import nullcontext

import nbformat
import pytest

from keepsafe.problems import InputError
from keepsafe.report import running

ADDRESS = "tcp://127.0.0.1:9"


def refused(address):
    raise InputError.of(f"no Dask scheduler answers at {address}")


def test_a_scheduler_that_does_not_answer_is_refused_before_any_kernel(small, monkeypatch):
    monkeypatch.setattr(running, "connected", refused)
    monkeypatch.setattr(running, "execute", lambda *_: pytest.fail("a kernel was started"))
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        running.report(scheduler=ADDRESS)


def test_notebooks_are_given_the_scheduler_and_no_result_rests_on_it(small, rewrite, in_process, monkeypatch):
    monkeypatch.setattr(running, "connected", nullcontext)
    rewrite("03_risk_factors", ["from keepsafe import runs", "runs.active().scheduler"])
    running.report(scheduler=ADDRESS)
    notebook = nbformat.read(small / "reports" / "notebooks" / "03_risk_factors.ipynb", 4)
    assert ADDRESS in str(notebook.cells[-1].outputs)
    for name in ("manifest.json", "ro-crate-metadata.json", "values.csv"):
        assert ADDRESS not in (small / "reports" / name).read_text()
    told = []
    running.report(progress=lambda notebook, doing: told.append(doing))
    assert told == ["nothing has changed"]


def test_case_files_of_a_user_do_not_travel_unencrypted(small, monkeypatch, tmp_path):
    own = running.runs.Run(tmp_path, synthetic=False, disclosure="threshold=10,round=5")
    monkeypatch.setattr(running, "connected", nullcontext)
    monkeypatch.setattr(running, "check_inputs", lambda *_: own)
    with pytest.raises(InputError, match="would travel to tcp://127.0.0.1:9 unencrypted; give a tls:// address"):
        running.report(scheduler=ADDRESS)
    assert running._with_cluster(own, "tls://127.0.0.1:9").scheduler == "tls://127.0.0.1:9"
