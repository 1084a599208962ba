"""SERAF categories as published history: what the study file says of them, and no individual score."""

from dataclasses import replace

import pytest

from keepsafe import InputError, load_study
from keepsafe.statistics.recompute import seraf_categories


def with_scores(lowest):
    study = load_study()
    return replace(study, settings=study.settings | {"seraf": study.settings["seraf"] | {"lowest_scores": lowest}})


def test_action_follows_the_category_as_the_report_says():
    actions = seraf_categories().set_index("category")["action"]
    assert "no formal procedures" in actions["mild"]
    assert actions["moderate"] == actions["significant"] and "strategy meeting" in actions["significant"]


def test_groups_and_labels_are_those_of_the_study_and_its_codebook():
    shown = seraf_categories().set_index("category")
    assert shown["risk_group"].to_dict() == {"no": "low", "mild": "low", "moderate": "high", "significant": "high"}
    assert shown.loc["mild", "label"] == "Mild risk"


def test_bands_are_those_of_the_study_file_with_the_version_they_come_from():
    shown = seraf_categories(with_scores([0, 5, 9, 20]))
    assert list(shown["score_band"]) == ["0-4", "5-8", "9-19", "20+"]
    assert shown["bands_from"].eq("local adaptations").all() and shown["bands_citation"].str.len().gt(40).all()


@pytest.mark.parametrize("lowest", [[0, 6, 6, 16], [1, 6, 11, 16], [0, 6, 11], [0, 11, 6, 16], []])
def test_bands_that_do_not_rise_from_nought_over_all_categories_are_refused(lowest):
    with pytest.raises(InputError, match="do not rise") as caught:
        seraf_categories(with_scores(lowest))
    assert caught.value.problems[0].remedy
