"""Whoever hands over something else than a data frame is told so, with what to do, by every public function."""

import math

import pytest

from keepsafe import InputError, audit, clean, compare_groups, load_codebook, synthesise, table
from keepsafe.statistics.agreement import agreement
from keepsafe.statistics.design import make_design
from keepsafe.statistics.diagnostics import diagnostics
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.penalised import firth
from keepsafe.statistics.recompute import beside_printed, impact_shares, responses
from keepsafe.statistics.risks import risks_from_counts
from keepsafe.statistics.selection import backward_elimination, bootstrap_selection
from keepsafe.statistics.specification import explore_elimination, odds_ratios_over, specification_curve
from keepsafe.telling.values import round_half_up, value

CALLS = {
    "fit": lambda it: fit_logistic(it, "ill", ["age"]),
    "elimination": lambda it: backward_elimination(it, "ill", ["age"]),
    "bootstrap": lambda it: bootstrap_selection(it, "ill", ["age"]),
    "Firth": lambda it: firth(it, "ill", ["age"]),
    "design": lambda it: make_design(it, "ill", ["age"]),
    "specification": lambda it: specification_curve(it, "ill", {"all": ["age"]}, "age", missing=("zero",)),
    "diagnostics": lambda it: diagnostics(it, "ill", ["age"]),
    "thresholds": lambda it: explore_elimination(it, "ill", {"all": ["age"]}),
    "printed risks": risks_from_counts,
    "family": lambda it: odds_ratios_over(it, "ill", ["age"]),
    "comparison": lambda it: compare_groups(it, ["age"], "ill"),
    "beside printed": lambda it: beside_printed(it, it),
    "responses": responses,
    "impact": lambda it: impact_shares(it, it, "cse"),
    "agreement": lambda it: agreement(it, it, ["age"]),
    "cleaning": clean,
    "audit": audit,
    "synthesis": lambda it: synthesise(it, it, it, load_codebook(), 1),
    "table": lambda it: table("a-table", it, "A table"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("given", [{"age": [1, 2], "ill": [0, 1]}, [[1, 0], [2, 1]], None, "cases.csv"])
def test_what_is_no_data_frame_is_refused_in_our_words(call, given):
    with pytest.raises(InputError, match=f"a data frame is needed, not {type(given).__name__}; read it with pandas"):
        CALLS[call](given)


def test_a_negative_nought_is_recorded_as_nought():
    for nought in (value(-0.0, "nought", digits=2), value(-0.0, "nought", unit="%")):
        assert math.copysign(1, nought.record()["value"]) == 1
        assert not {"-", "\u2212"} & set(nought.text)
    assert math.copysign(1, round_half_up(-0.04, 1)) == 1
