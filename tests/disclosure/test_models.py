"""Under disclosure control a model with few persons in a cell is not computed, by whichever road it is asked for."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import runs
from keepsafe.disclosure import Withheld, withheld_notes
from keepsafe.logistic import backward_elimination, fit_imputed, fit_logistic, specification_curve


@pytest.fixture
def run(tmp_path, monkeypatch) -> runs.Run:
    made = runs.Run(tmp_path, synthetic=False, disclosure="threshold=10,round=5")
    made.write()
    monkeypatch.setenv(runs.VARIABLE, str(tmp_path))
    return made


@pytest.fixture
def data() -> pd.DataFrame:
    """`rare` goes with the outcome in four persons; where `b` is known, `a` goes with it in nine."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(0, 2, (200, 3)), columns=["ill", "a", "b"]).astype("Int64")
    frame["rare"] = 0
    frame.loc[frame.index[frame["ill"] == 1][:4], "rare"] = 1
    frame.loc[frame.index[frame["ill"] == 0][:30], "rare"] = 1
    unknown = frame.index[(frame["ill"] == 1) & (frame["a"] == 1)][9:]
    frame.loc[unknown, "b"] = pd.NA
    return frame


def test_without_control_all_is_computed(data):
    assert len(fit_logistic(data, "ill", ["rare"]).coefficients) == 2


def test_a_fit_with_a_small_cell_is_refused_and_names_the_column(run, data):
    with pytest.raises(Withheld, match="column rare: rests on few persons in this model; leave it out"):
        fit_logistic(data, "ill", ["a", "rare"])
    with pytest.raises(Withheld, match="a:rare"):
        fit_logistic(data, "ill", ["a", "a:rare"])
    with pytest.raises(Withheld):
        backward_elimination(data, "ill", ["a", "rare"])


def test_a_specification_with_a_small_cell_has_no_row_and_is_in_the_log(run, data):
    curve = specification_curve(data, "ill", {"all": ["a", "b"]}, "a", missing=("complete", "zero"))
    assert set(curve["missing"]) == {"zero"}
    assert withheld_notes(run.folder)[0]["name"] == "all, unknown values: complete"


def test_imputed_estimates_stand_without_those_of_complete_cases(run, data):
    assert set(fit_imputed(data, "ill", ["a", "b"], n_sets=2)["method"]) == {"imputed"}


def test_events_are_told_rounded(run, data):
    wide = data.assign(**{f"x{k}": np.random.default_rng(k).normal(size=200) for k in range(12)})
    seen = backward_elimination(wide, "ill", ["a", *(f"x{k}" for k in range(12))]).guards["seen"]
    events = seen.str.extract(r"^(\d+) (?:events|cases without)")[0].dropna().astype(int)
    assert len(events) == 1 and (events % 5 == 0).all() and data["ill"].sum() % 5 != 0
