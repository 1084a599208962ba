"""Figures: words beside them, the same bytes each time, nothing of few persons, colours that grey print tells apart."""

from itertools import pairwise

import matplotlib
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from keepsafe import runs
from keepsafe.problems import InputError
from keepsafe.telling import FIGURE
from keepsafe.telling.absent import LeftOut
from keepsafe.telling.figures import figure
from keepsafe.telling.style import PALETTE, apply_style


@pytest.fixture
def drawn():
    def draw(n: int = 205) -> tuple[plt.Figure, pd.DataFrame]:
        frame = pd.DataFrame({"step": ["files", "persons"], "n": [367, n]})
        fig, ax = plt.subplots()
        ax.barh(frame["step"], frame["n"])
        return fig, frame

    yield draw
    plt.close("all")


def shown(drawn, n: int = 205, name: str = "moves", caption: str = "Files", alt: str = "alt", **rest):
    fig, frame = drawn(n)
    return figure(name, fig, caption, alt, frame, **rest)


def test_a_figure_carries_alt_text_caption_and_a_fingerprint_of_its_data(drawn):
    data, metadata = shown(drawn, alt="367 files, 205 persons.")._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == "367 files, 205 persons."
    assert data[FIGURE] | {"sha256": ""} == {
        "name": "moves",
        "caption": "Files",
        "alt": "367 files, 205 persons.",
        "note": "Synthetic data.",
        "sha256": "",
        "invented": "all",
    }
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == "Files\n367 files, 205 persons.\nSynthetic data."
    assert shown(drawn, 206).sha256 != data[FIGURE]["sha256"] == shown(drawn).sha256


def test_what_rests_on_printed_figures_alone_is_not_called_synthetic(drawn, kinds):
    kinds("printed,derived,checks,,\n")
    assert (shown(drawn, name="printed").note, shown(drawn).note) == ("", "Synthetic data.")


def test_a_shown_figure_is_closed(drawn):
    fig, frame = drawn()
    figure("moves", fig, "Files", "alt", frame)
    assert fig.number not in plt.get_fignums()


def test_files_of_a_figure_are_the_same_bytes_each_time(drawn, tmp_path, monkeypatch):
    found = []
    for turn in ("one", "two"):
        run = runs.Run(tmp_path / turn)
        run.write()
        monkeypatch.setenv(runs.VARIABLE, str(run.folder))
        shown(drawn)
        found.append({path.name: path.read_bytes() for path in run.path("figures").iterdir()})
    assert sorted(found[0]) == ["moves.csv", "moves.png", "moves.svg", "moves.txt"]
    assert found[0] == found[1]


def test_no_label_of_a_figures_data_is_a_formula(drawn, tmp_path, monkeypatch):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    fig, frame = drawn(-1)
    figure("moves", fig, "Files", "alt", frame.replace("files", "=1+1"))
    assert (tmp_path / "figures" / "moves.csv").read_text() == "step,n\n'=1+1,367\npersons,-1\n"


@pytest.mark.parametrize(
    ("name", "caption", "alt", "said"),
    [
        ("moves", "c", " ", "the figure moves has no alt text; say what it shows to somebody who cannot see it"),
        ("moves", "", "a", "the figure moves has no caption"),
        ("", "c", "a", "a figure has no name"),
    ],
)
def test_a_figure_without_words_or_a_name_is_refused(drawn, name, caption, alt, said):
    with pytest.raises(InputError) as caught:
        shown(drawn, name=name, caption=caption, alt=alt)
    assert said in str(caught.value)


def test_whatever_a_figure_is_called_its_files_stay_in_their_folder(drawn, tmp_path, monkeypatch):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    shown(drawn, name="../a b")
    assert len({path.stem for path in (tmp_path / "figures").iterdir()}) == 1


def test_under_disclosure_control_a_figure_that_is_not_declared_is_withheld(drawn, controlled, kinds):
    kinds("made,not comparable,made cohorts,,\npersons,not comparable,persons,,\n")
    for name in ("undeclared", "persons"):
        gone = shown(drawn, name=name, caption="Files of all.")
        assert isinstance(gone, LeftOut) and gone.why == "Withheld by disclosure control: a figure, files of all"
    assert plt.get_fignums() == [] and list(controlled.path("figures").iterdir()) == []
    assert shown(drawn, name="made").name == "made"
    assert shown(drawn, name="undeclared", safe=True).name == "undeclared"
    assert isinstance(shown(drawn, name="made", safe=False), LeftOut)


def test_under_disclosure_control_a_figure_keeps_few_digits(drawn, controlled):
    fig, frame = drawn()
    figure("moves", fig, "c", "a", frame.assign(n=[26.3415, 1234.5]), safe=True)
    assert controlled.path("figures", "moves.csv").read_text() == "step,n\nfiles,26.3\npersons,1230.0\n"


def test_neighbouring_colours_differ_in_grey_print():
    assert len(set(PALETTE)) == 8
    luminance = [sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), to_rgb(c), strict=True)) for c in PALETTE]
    assert all(abs(a - b) > 0.08 for a, b in pairwise(luminance))


def test_the_style_reaches_matplotlib_and_opening_a_study_sets_it():
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        apply_style()
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE)
