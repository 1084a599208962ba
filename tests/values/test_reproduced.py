"""A published figure is given again as a named value, with its printed counterpart."""

import pytest

from keepsafe import load_cohort, load_figures, load_study
from keepsafe.problems import InputError
from keepsafe.values import reproduced


@pytest.fixture(scope="module")
def again():
    return reproduced(load_figures(), load_cohort(), load_study(), facts={"file_id": 367})


def test_a_figure_is_computed_and_not_copied(again):
    cohort = load_cohort()
    share = 100 * cohort["neglect_p1"].astype(float).mean()
    assert again("table_3.neglect.p1.total.percent").value == round(share, 1)


def test_its_printed_counterpart_and_kind_travel_with_it(again):
    entry = again("table_3.neglect.p1.total.percent")
    assert entry.published == ("table_3.neglect.p1.total.percent", "50.7%")
    assert entry.kind == "calibrated"


def test_a_worded_figure_shows_one_more_decimal(again):
    assert again("L116.cpr.p1.total.percent.almost").digits == 1


def test_facts_that_no_cohort_shows_are_taken_as_given(again):
    assert str(again("L74.file_id.total.count")) == "367"


def test_an_unknown_figure_is_refused(again):
    with pytest.raises(InputError, match="no published figure"):
        again("table_9.unheard_of")
