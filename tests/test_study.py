"""The study file names what the codebook has, and a wrong name is refused with its section."""

import pytest

from keepsafe import paths
from keepsafe.problems import InputError
from keepsafe.study import load_study


def changed(tmp_path, old, new):
    text = paths.data("study.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "study.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_study_gives_the_reports_five_groups_and_two_contrasts():
    study = load_study()
    assert list(study.groups) == ["total", "low_risk", "high_risk", "non_cse", "cse"]
    assert study.contrasts["risk"].groups == ("low_risk", "high_risk")
    assert study.contrasts["risk"].variable == "risk_group"


def test_every_candidate_and_outcome_is_a_column():
    study = load_study()
    columns = {*study.codebook.names, *study.derived}
    for model in study.models.values():
        assert set(model.candidates) <= columns
        assert model.outcome.variable in columns
        assert model.outcome.variable not in model.candidates


def test_phases_choose_the_column_of_derived_variables_too():
    study = load_study()
    assert study.column("any_sexual_abuse", "2") == "any_sexual_abuse_p2"
    assert study.column("moves_total", "1") == "moves_total"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'variable = "risk_group", value = "low"',
            'variable = "risk_grop", value = "low"',
            "did you mean risk_group",
        ),
        (
            'variable = "risk_group", value = "low"',
            'variable = "risk_group", value = "lowish"',
            "'lowish' is not one",
        ),
        ('groups = ["low_risk", "high_risk"]', 'groups = ["low_risk"]', "contrasts.risk"),
        ('outcome = "cse"', 'outcome = "csse"', "models.cse_any_abuse"),
        ('"female", "age_2006", "white', '"femal", "age_2006", "white', "did you mean female"),
        ('one_of = ["female"]', 'one_of = ["femle"]', "derived.female"),
        ('event = "0"', 'event = "2"', "outcomes.not_in_education_employment"),
        ("[groups]", "[groups", "not a study file in TOML"),
    ],
)
def test_a_wrong_name_is_refused_with_its_section(tmp_path, old, new, said):
    with pytest.raises(InputError, match=said):
        load_study(changed(tmp_path, old, new))
