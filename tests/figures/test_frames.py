"""What a plot of dots is given, and what its alt text says, come from the comparison itself."""

import pytest

from keepsafe import compare_groups, load_cohort, load_figures, load_study
from keepsafe.figures import dots, told


@pytest.fixture(scope="module")
def drawn():
    study, cohort = load_study(), load_cohort()
    frame = compare_groups(cohort, ["neglect_p1", "parents_p1"], by=study)
    return dots(frame, study, ["cse", "non_cse"], load_figures())


def test_groups_come_in_the_order_asked_for(drawn):
    assert drawn["group"].drop_duplicates().str.startswith("CSE").tolist() == [True, False]


def test_the_printed_value_stands_beside_the_same_figure_only(drawn):
    found = drawn.set_index("label")["published"]
    assert found["Neglect"].tolist() == [40.7, 54.3]
    assert found["Relationship with parents: positive"].tolist() == [14.8, 25.8]


def test_alt_text_tells_every_value_that_is_drawn(drawn):
    words = told(drawn, 1)
    assert all(f"{value:.1f}%" in words for value in drawn["value"])
