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
        ('"*_p2" = "cse"', '"*_p2" = "csse"', r"\[rules.only_where\] names the variable 'csse'"),
        ('"court_case" =', '"court_csae" =', r"\[rules.only_where\] names 'court_csae', which fits no variable"),
        ('pregnancy_p1 = "pregnancy_ever"', 'pregnancy_p1 = "pregnant"', r"\[rules.within\].*'pregnant'"),
        ('"neglect_p1", "emotional_abuse_p1"]', '"negelct_p1"]', r"\[rules.sums\].*'negelct_p1'"),
        ("[rules.within]", "[rules.witin]", r"\[rules.witin\] is none of only_where, within, sums"),
        ('person = "person_id"', 'person = "persn_id"', "did you mean person_id"),
        ('excluded_teams = ["youth', 'excluded_teams = ["yoth', r"\[cohort\] team: 'yoth_offending' is not one of"),
        ('low = ["no", "mild"]', 'low = ["none"]', r"\[cohort\] seraf_category: 'none' is not one of"),
        ('grouped_as = "risk_group"', "", r"\[cohort\] lacks grouped_as"),
        ('case_files = "syn', 'case_files = "../syn', r"\[files.case_files\] is no file of the data folder"),
    ],
)
def test_a_wrong_name_is_refused_with_its_section(tmp_path, old, new, said):
    with pytest.raises(InputError, match=said):
        load_study(changed(tmp_path, old, new))


SECTIONS = ["groups", "models", "candidates", "cohort", "files", "rules", "rules.sums", "study"]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_another_form_is_refused_and_named(tmp_path, section):
    text = "".join(f"[{name}]\n" for name in section.split(".")[:-1]) + f"{section.split('.')[-1]} = 3\n"
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"\[{section}\] is no section"):
        load_study(tmp_path / "study.toml")


@pytest.mark.parametrize("entry", ["low = 3", "low = { label = 3 }", "low = { label = [] }", "low = { lable = '' }"])
def test_an_entry_of_another_form_is_refused_with_its_section(tmp_path, entry):
    (tmp_path / "study.toml").write_text(f"[groups]\n{entry}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"\[groups.low\] is not of the form of the section"):
        load_study(tmp_path / "study.toml")


@pytest.mark.parametrize(("entry", "remedy"), [
    ('groups]\nx = { label = "X", variable = "cse", value = 1 }', 'value = 1: put the code in quotes: "1"'),
    ('outcomes]\nx = { label = "X", variable = "cse", event = true }', 'event = true: put the code in quotes: "true"'),
    ('derived]\nx = { label = "X", variable = "cse", one_of = [0, 1] }', 'put each code in quotes: ["0", "1"]'),
    ('cohort]\nteam = "team"\nexcluded_teams = [1]', "codes of team; put each code in quotes"),
])  # fmt: skip
def test_a_code_without_quotes_is_answered_with_the_quotes(tmp_path, entry, remedy):
    (tmp_path / "study.toml").write_text(f"[{entry}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(tmp_path / "study.toml")
    assert remedy in str(caught.value)


@pytest.mark.parametrize("key", ["person", "file"])
def test_a_person_or_file_column_that_is_no_identifier_is_refused_with_the_remedy(tmp_path, key):
    with pytest.raises(InputError) as caught:
        load_study(changed(tmp_path, f'{key} = "{key}_id"', f'{key} = "moves_total"'))
    [problem] = caught.value.problems
    assert (problem.column, problem.remedy) == ("moves_total", "make it identifier there")
    assert problem.file.endswith("study.toml") and "is of type count in the codebook" in problem.message


def test_a_study_file_nested_without_end_is_refused(tmp_path):
    (tmp_path / "study.toml").write_text("a = " + "[" * 100_000, encoding="utf-8")
    with pytest.raises(InputError, match="not a study file in TOML"):
        load_study(tmp_path / "study.toml")


def test_rules_say_of_whom_a_column_is_asked():
    rules = load_study().rules
    assert rules.only_where["lived_care_p2"] == ("cse",)
    assert rules.only_where["police_impact"] == ("police_provided",)
    assert rules.only_where["maternity_provided"] == ("pregnancy_ever", "female")
    assert rules.within["pregnancy_ever"] == "n_pregnancies"


def test_a_response_meant_for_a_group_that_is_not_there_is_refused(tmp_path):
    text = paths.data("study.toml").read_text(encoding="utf-8").replace('only = "cse"', 'only = "csse"', 1)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"\[responses.police\] names the group 'csse'; did you mean cse"):
        load_study(tmp_path / "study.toml")
