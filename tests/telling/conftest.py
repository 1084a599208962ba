"""The study of the edition is open, as in a notebook of it; registers of a test's own."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import matplotlib
import pytest
from matplotlib import pyplot as plt

from keepsafe import runs
from keepsafe.telling import estimates, forests, opened, shares, values

matplotlib.use("agg")


@pytest.fixture(scope="session")
def study() -> opened.OpenStudy:
    found = opened.open_study()
    assert all(
        len(getattr(found, part)) for part in ("cohort", "figures", "comparisons", "claims")
    )  # read here and now
    return found


@pytest.fixture(autouse=True)
def open_again(study, monkeypatch):
    """Whatever another test opened, the edition's study is open now, and no rules are left behind."""
    monkeypatch.setattr(opened, "_LAST", [study])
    yield
    runs.by_hand()


@pytest.fixture
def kinds(tmp_path, monkeypatch) -> Callable[[str], None]:
    """A register of the rows that a test gives it, without the heading."""

    def write(rows: str) -> None:
        path = tmp_path / "kinds.csv"
        path.write_text("name,kind,counts,published,printed\n" + rows, encoding="utf-8")
        monkeypatch.setattr(values, "_register", lambda: values._once(values._entries, path, path.stat().st_mtime_ns))

    return write


@pytest.fixture
def controlled(tmp_path, monkeypatch) -> runs.Run:
    """A run under disclosure control."""
    run = runs.Run(tmp_path / "run", synthetic=False, disclosure="threshold=10,round=5")
    run.write()
    monkeypatch.setenv(runs.VARIABLE, str(run.folder))
    return run


@pytest.fixture
def on_paper(monkeypatch) -> Iterator[None]:
    """Plots come back as they were drawn, before they become files: figure, alt text, data."""

    def keep(name, fig, caption, alt, data, safe=None, **rest):
        return SimpleNamespace(name=name, fig=fig, caption=caption, alt=alt, data=data, safe=safe, **rest)

    for module in (estimates, forests, shares):
        monkeypatch.setattr(module, "figure", keep)
    yield
    plt.close("all")


def words(fig) -> set[str]:
    """Every text of a drawing."""
    fig.canvas.draw()  # ticks get their words as they are drawn
    return {text.get_text() for text in fig.findobj(matplotlib.text.Text)}
