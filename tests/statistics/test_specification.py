"""Every choice of a specification curve is the analysis that one would do by hand under that choice."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.selection import backward_elimination
from keepsafe.statistics.specification import specification_curve

SETS = {"all": ["a", "b", "c"], "without c": ["a", "b"]}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.integers(0, 2, (300, 3)), columns=list("abc")).astype("Int64")
    frame["ill"] = (rng.random(300) < 0.2 + 0.3 * frame["a"].astype(int) + 0.2 * frame["b"].astype(int)).astype(int)
    return frame.assign(b=frame["b"].mask(rng.random(300) < 0.15))


@pytest.fixture(scope="module")
def curve(data) -> pd.DataFrame:
    return specification_curve(data, "ill", SETS, "b", missing=("complete", "level", "zero", "imputed"), n_sets=4)


def test_there_is_a_row_for_every_combination(curve):
    choices = ["candidates", "missing", "statistic", "p_remove"]
    assert len(curve) == 2 * 4 * 3 * 3 and not curve.duplicated(choices).any()


@pytest.mark.parametrize("handling", ["complete", "zero"])
def test_a_row_is_what_backward_elimination_gives_under_its_choices(data, curve, handling):
    used = data.dropna() if handling == "complete" else data.fillna({"b": 0})
    for row in curve[curve["missing"] == handling].itertuples():
        found = backward_elimination(used, "ill", SETS[row.candidates], row.statistic, row.p_remove)
        assert row.selected == ", ".join(found.selected) and row.n == len(used)
        full = found.full.coefficients.set_index("column").loc["b"]
        assert row.full_odds_ratio == pytest.approx(full["odds_ratio"])
        if row.kept:
            final = found.final.coefficients.set_index("column").loc["b"]
            assert (row.odds_ratio, row.low, row.p) == pytest.approx((final["odds_ratio"], final["low"], final["p"]))
        else:
            assert np.isnan(row.odds_ratio)


def test_each_way_with_unknown_values_uses_the_cases_it_says(data, curve):
    n = curve.groupby("missing")["n"].unique().str[0]
    assert n.to_dict() == {"complete": len(data.dropna()), "level": 300, "zero": 300, "imputed": 300}
    ratios = curve.groupby("missing")["full_odds_ratio"].first()
    assert ratios.nunique() == 4


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "float", "bool[pyarrow]"])
def test_an_unknown_yes_or_no_counts_as_no_in_products_too_whatever_its_type(data, dtype):
    kept = {"b": ["a", "b", "a:b"]}
    made = specification_curve(data.astype({"b": dtype}), "ill", kept, "a", "lr", 0.9, "zero")
    no = fit_logistic(data.fillna({"b": 0}), "ill", kept["b"]).coefficients.set_index("column")
    assert made["n"].item() == 300 and made["full_odds_ratio"].item() == pytest.approx(no.loc["a", "odds_ratio"])


def test_the_curve_repeats_itself_under_a_seed(data):
    choices = {"statistics": ["lr"], "thresholds": [0.1], "missing": ["imputed"], "n_sets": 2}
    first, again, other = (specification_curve(data, "ill", SETS, "b", seed=seed, **choices) for seed in (1, 1, 2))
    assert first.equals(again) and not first.equals(other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"focal": "c"}, "not among the candidates 'without c'"),
        ({"missing": ["dropped"]}, "'dropped' is not a choice"),
        ({"candidates": ["b", "c"]}, "each list of candidates needs a name"),
        ({"candidates": {"all": ["b", "kind"]}, "focal": "kind"}, "column kind: has levels, and so no odds ratio"),
        ({"seed": -1}, "seed: -1 is out of range"),
        ({"statistics": ["aic"]}, "'aic' is not a choice"), ({"thresholds": [1.2]}, "choose a threshold"),
    ],
)  # fmt: skip
def test_choices_that_are_not_known_are_refused(data, arguments, message):
    with pytest.raises(InputError, match=message):
        given = {"candidates": SETS, "focal": "b"} | arguments
        specification_curve(data.assign(kind=["x", "y", "z"] * 100), "ill", **given)


def test_one_choice_is_as_good_as_a_list_of_one(data):
    one = specification_curve(data, "ill", {"b": "b"}, "b", "lr", 0.1, "complete")
    pd.testing.assert_frame_equal(one, specification_curve(data, "ill", {"b": ["b"]}, "b", ["lr"], [0.1], ["complete"]))
