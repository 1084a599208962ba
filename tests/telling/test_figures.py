"""Figures: words beside them, the same bytes each time, nothing of few persons, colours that grey print tells apart."""

import re
from itertools import pairwise

import matplotlib
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from keepsafe import runs
from keepsafe.problems import InputError
from keepsafe.telling import FIGURE
from keepsafe.telling.figures import figure, narrowed
from keepsafe.telling.opened import LeftOut
from keepsafe.telling.style import GROUPS, MADE, PALETTE, SERIES, apply_style, key


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
        "tips": [],
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
    assert sorted(found[0]) == ["moves.csv", "moves.narrow.svg", "moves.png", "moves.svg", "moves.txt"]
    assert found[0] == found[1]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The SVGs of a figure, wide and narrow, as a run writes them."""

    def write(fig, **rest) -> list[str]:
        runs.Run(tmp_path).write()
        monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
        figure("moves", fig, "Files", "alt", pd.DataFrame({"n": [1]}), **rest)
        return [(tmp_path / "figures" / f"moves{kind}.svg").read_text() for kind in ("", ".narrow")]

    return write


def size(svg: str) -> tuple[float, ...]:
    return tuple(map(float, re.search('viewBox="0 0 ([0-9.]+) ([0-9.]+)"', svg).groups()))


def test_a_narrow_figure_has_its_letters_as_large_its_labels_on_more_lines_and_rows_high_enough_for_them(files):
    fig, ax = plt.subplots(figsize=(7.2, 1))
    ax.barh(["Social services involved after the case was closed", "Self-harm"], [1, 2])
    wide, narrow = files(fig)
    assert size(wide)[0] == 518.4 and size(narrow)[0] == 259.2 and size(narrow)[1] > size(wide)[1]
    assert ">Social services involved after the case was closed<" in wide
    assert all(f">{line}<" in narrow for line in ("Social services involved", "after the case was", "closed"))
    assert {float(each) for each in re.findall(r"font-size: ([0-9.]+)px", narrow)} == {9.0, 9.5}


def test_a_narrow_figure_may_be_a_drawing_of_its_own(files):
    own = plt.figure(figsize=(3.6, 5))
    own.text(0.5, 0.5, "drawn anew")
    fig = plt.figure()
    fig.text(0.5, 0.5, "drawn wide")
    wide, narrow = files(fig, narrow=lambda: own)
    assert ("drawn wide" in wide, "drawn anew" in wide, "drawn anew" in narrow) == (True, False, True)
    assert plt.get_fignums() == []


def test_no_name_in_a_figure_is_another_figures_nor_its_narrow_variants(files):
    fig, ax = plt.subplots()
    ax.plot([1, 2], marker="o", gid="tip-0")
    wide, narrow = (set(re.findall(' id="([^"]*)"', svg)) for svg in files(fig, tips=["All"]))
    assert wide & narrow == {"tip-0", "synthetic"} and len(wide) > 3
    assert all(re.fullmatch("[mp][0-9a-f]{10}", name) for name in wide ^ narrow)


def test_marks_that_look_alike_say_their_look_once(files):
    fig, ax = plt.subplots()
    ax.plot(range(9), "s", color="#009E73")
    ax.scatter(range(3), range(3), color=["#bf7300", "#bf7300", "#0072b2"])
    uses = re.findall("<use [^>]*>", files(fig)[0].rpartition("</clipPath>")[0])
    said = [re.findall("fill: (#[0-9a-f]*)", use) for use in uses]
    assert said == [["#bf7300"], ["#bf7300"], ["#0072b2"], *[[]] * (len(uses) - 3)] and len(uses) > 11


def test_a_key_in_a_narrow_figure_has_no_line_wider_than_the_figure(drawn):
    fig, ax = plt.subplots()
    mark = ax.scatter([1], [1])
    key(fig, [[(mark, "CSE group"), (mark, "Non-CSE group"), (mark, "All")], [(mark, "what the printed words allow")]])
    narrowed(fig)
    (box,) = [each.get_window_extent() for each in fig.legends]
    assert 0 <= box.x0 and box.x1 <= fig.bbox.x1
    told = [text.get_text() for text in fig.legends[0].get_texts()]
    assert [each for each in told if each] == ["CSE group", "All", "what the printed words allow", "Non-CSE group"]


def test_a_made_up_number_is_set_in_the_italics_that_its_file_holds(files):
    fig = plt.figure()
    fig.text(0.5, 0.5, "6.65", **MADE)
    fig.text(0.5, 0.2, "367")
    faces = re.findall("font-weight:([0-9]+);font-style:([a-z]+)", files(fig)[0])
    assert faces == [("400", "italic"), ("400", "normal")]


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
    assert len({path.name.partition(".")[0] for path in (tmp_path / "figures").iterdir()}) == 1


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


def test_colours_drawn_together_differ_in_grey_print_and_stand_out_from_paper():
    assert len(set(PALETTE)) == 8
    for together in (GROUPS, SERIES):
        grey = [sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), to_rgb(c), strict=True)) for c in together]
        assert all(abs(a - b) > 0.08 for a, b in pairwise(grey))
    for colour in (*GROUPS, *SERIES[:3]):
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in to_rgb(colour)]
        assert 1.05 / (0.05 + sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))) >= 3


def test_the_style_reaches_matplotlib_and_opening_a_study_sets_it():
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        apply_style()
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE)
