"""Figures: words beside them, the same bytes each time, and plots that show what the frame says."""

import matplotlib
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from keepsafe import runs
from keepsafe.figures import (
    PALETTE,
    apply_style,
    figure,
    plot_flow,
    plot_forest,
    plot_impact,
    plot_proportions,
)
from keepsafe.figures.frames import told
from keepsafe.problems import InputError
from keepsafe.values.mimes import FIGURE

matplotlib.use("agg")


@pytest.fixture
def drawn():
    def draw(n: int = 205) -> tuple[plt.Figure, pd.DataFrame]:
        frame = pd.DataFrame({"step": ["files", "persons"], "n": [367, n]})
        fig, ax = plt.subplots()
        ax.barh(frame["step"], frame["n"])
        return fig, frame

    return draw


def test_a_figure_carries_alt_text_caption_and_a_fingerprint_of_its_data(drawn):
    fig, frame = drawn()
    data, metadata = figure(fig, "flow", "Files", "367 files, 205 persons.", frame)._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == "367 files, 205 persons."
    assert data[FIGURE] | {"sha256": ""} == {
        "name": "flow",
        "caption": "Files",
        "alt": "367 files, 205 persons.",
        "note": "Synthetic data.",
        "sha256": "",
    }
    assert data["image/png"].startswith(b"\x89PNG")
    other = figure(*(lambda fig, frame: (fig, "flow", "Files", "alt", frame))(*drawn(206)))
    assert other.sha256 != data[FIGURE]["sha256"]


def test_a_shown_figure_is_closed(drawn):
    fig, frame = drawn()
    figure(fig, "flow", "Files", "alt", frame)
    assert fig.number not in plt.get_fignums()


def test_files_of_a_figure_are_the_same_bytes_each_time(drawn, tmp_path, monkeypatch):
    found = []
    for turn in ("one", "two"):
        run = runs.Run(tmp_path / turn)
        run.write()
        monkeypatch.setenv(runs.VARIABLE, str(run.folder))
        fig, frame = drawn()
        figure(fig, "flow", "Files", "alt", frame)
        found.append({path.name: path.read_bytes() for path in run.path("figures").iterdir()})
    assert sorted(found[0]) == ["flow.csv", "flow.png", "flow.svg", "flow.txt"]
    assert found[0] == found[1]


def test_no_label_of_a_figures_data_is_a_formula(drawn, tmp_path, monkeypatch):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    fig, frame = drawn(-1)
    figure(fig, "flow", "Files", "alt", frame.replace("files", "=1+1"))
    assert (tmp_path / "figures" / "flow.csv").read_text() == "step,n\n'=1+1,367\npersons,-1\n"


@pytest.mark.parametrize(
    ("name", "caption", "alt"), [("flow", "c", " "), ("flow", "", "a"), ("a/b", "c", "a")]
)
def test_a_figure_without_words_or_a_plain_name_is_refused(drawn, name, caption, alt):
    fig, frame = drawn()
    with pytest.raises(InputError):
        figure(fig, name, caption, alt, frame)
    plt.close(fig)


def test_neighbouring_colours_differ_in_grey_print():
    greys = [matplotlib.colors.rgb_to_hsv(matplotlib.colors.to_rgb(c))[2] for c in PALETTE]
    assert len(set(PALETTE)) == len(greys) == 8
    luminance = [
        sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), matplotlib.colors.to_rgb(c), strict=True))
        for c in PALETTE
    ]
    assert all(abs(a - b) > 0.08 for a, b in zip(luminance, luminance[1:], strict=False))


def test_the_style_reaches_matplotlib():
    with matplotlib.rc_context():
        apply_style()
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE)


def words(fig: plt.Figure) -> set[str]:
    found = {text.get_text() for text in fig.findobj(matplotlib.text.Text)}
    plt.close(fig)
    return found


def test_proportions_mark_printed_and_recomputed_values():
    frame = pd.DataFrame(
        {
            "label": ["In care", "In care", "Homeless"],
            "group": ["CSE", "no CSE", "CSE"],
            "value": [66.7, 51.7, 14.8],
            "low": [53, 44, 7],
            "high": [78, 60, 27],
            "published": [66.7, 51.7, None],
        }
    )
    fig = plot_proportions(frame)
    drawn = sorted(
        x
        for dots in fig.axes[0].collections
        if hasattr(dots, "get_offsets") and len(dots.get_offsets())
        for x, _ in dots.get_offsets().tolist()
        if x is not None and x > 1
    )
    assert drawn == [14.8, 51.7, 51.7, 66.7, 66.7]
    assert {"In care", "Homeless", "CSE", "no CSE", "printed in 2019"} <= words(fig)


def test_a_forest_plot_names_each_odds_ratio_and_its_interval():
    frame = pd.DataFrame(
        {
            "label": ["Female", "Move"],
            "odds_ratio": [6.9, 1.08],
            "low": [2.9, 1.03],
            "high": [16.14, 1.13],
            "published": [7, None],
        }
    )
    assert {"Female", "6.90 (2.90 to 16.1)", "1.08 (1.03 to 1.13)", "given in 2019"} <= words(
        plot_forest(frame)
    )


def test_impact_shows_harm_left_and_help_right():
    frame = pd.DataFrame(
        {"label": "Police", "impact": ["positive", "negative"], "value": [12.9, 32.3], "n": 31}
    )
    fig = plot_impact(frame, {"positive": "Positive", "negative": "Negative"})
    assert sorted(bar.get_width() for bar in fig.axes[0].patches) == [-32.3, 12.9]
    assert {"Police (31)", "Positive", "Negative"} <= words(fig)


def test_a_flow_diagram_names_what_is_left_out():
    frame = pd.DataFrame({"label": ["files", "left out", "persons"], "n": [1367, 162, 205], "out": [0, 1, 0]})
    assert {"1,367 files", "162 left out", "205 persons"} <= words(plot_flow(frame))


def plotted(noise: float) -> pd.DataFrame:
    """Dots whose numbers are off by a share of themselves; one of them is a half at the last digit that is kept."""
    shares = {"label": ["In care"] * 2, "group": ["CSE", "no CSE"], "value": [66.66666666666667, 42.1875],
              "low": [53.4, 34.12345], "high": [77.8, 50.0]}  # fmt: skip
    frame = pd.DataFrame(shares)
    return frame.assign(**{name: frame[name] * (1 + noise) for name in ("value", "low", "high")})


def files_of(frame, folder, monkeypatch) -> dict:
    run = runs.Run(folder)
    run.write()
    monkeypatch.setenv(runs.VARIABLE, str(run.folder))
    made = figure(plot_proportions(frame), "care", "In care", told(frame), frame)
    return {path.name: path.read_bytes() for path in run.path("figures").iterdir()} | {"sha256": made.sha256}


@pytest.mark.parametrize("noise", [1e-12, -1e-12, 3e-16])
def test_noise_in_the_numbers_drawn_changes_no_file(tmp_path, monkeypatch, noise):
    clear = files_of(plotted(0), tmp_path / "clear", monkeypatch)
    assert files_of(plotted(noise), tmp_path / "noisy", monkeypatch) == clear


def test_a_change_that_a_reader_can_see_changes_data_drawing_and_fingerprint(tmp_path, monkeypatch):
    clear = files_of(plotted(0), tmp_path / "clear", monkeypatch)
    other = files_of(plotted(0.001), tmp_path / "other", monkeypatch)
    assert all(other[name] != clear[name] for name in ("care.csv", "care.svg", "care.png", "sha256"))


def test_data_of_a_figure_keep_whole_numbers_and_gaps(drawn, tmp_path, monkeypatch):
    runs.Run(tmp_path).write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    data = pd.DataFrame({"n": [1234567, 205], "share": [26.3414634, None], "ratio": [float("inf"), 0.0012345678]})
    figure(drawn()[0], "flow", "Files", "alt", data)
    assert (tmp_path / "figures" / "flow.csv").read_text() == "n,share,ratio\n1234567,26.341,inf\n205,,0.0012346\n"
