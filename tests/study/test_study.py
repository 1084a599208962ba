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
        ("[outcomes]", "[outcome]", r"\[outcome\] is no section that is read; did you mean \[outcomes\]"),
        (
            'category = "seraf',
            'categorie = "seraf',
            r"\[cohort\] names 'categorie', which is not read; did you mean cat",
        ),
        ('person = "person_id"', 'persn = "person_id"', r"\[study\] names 'persn', which is not read; did you mean p"),
        ('person = "person_id"', 'person = ["person_id"]', r"\[study\] has to name a single variable in quotes"),
        (
            'category = "seraf_category"',
            'category = "moves_total"',
            r"moves_total is of type count .* not a binary or cat",
        ),
        ('label = "Low against high risk", ', 'lable = "", ', r"\[contrasts.risk\].*'lable'.*did you mean label"),
        ('["low_risk", "high_risk"]', '["low_risk", "low_risk"]', r"\[contrasts.risk\] needs two of the groups"),
        ('value = "low"', 'value = "Low"', "risk_group: 'Low' is not one of low, high; did you mean low"),
        ('event = "1"', 'event = "Yes"', "cse: 'Yes' is not one of 0, 1; write its code: 1"),
        (', value = "low"', "", r"\[groups.low_risk\] needs both a variable and its value"),
        ('variable = "cse", value', 'variable = "moves_total", value', "moves_total has no levels in the codebook"),
        ('"mental_health_p1",\n]', '"person_id",\n]', r"\[models.cse_any_abuse\] person_id is of type identifier"),
        ('"phase_1", "any', '"phase_1", "cse", "any', "has its outcome's variable among its candidates; take it out"),
        (
            '["phase_1", "any_sexual_abuse_p1"] }',
            '["phase_1"], p_remove = "0.1" }',
            r"\[models.cse_any_abuse\].*'p_remove'",
        ),
        ('["phase_1", "any_sexual_abuse_p1"]', "[]", r"\[models.cse_any_abuse\] names no candidates"),
        ('any_of = ["familial', 'any_of = ["sex", "familial', r"any_sexual_abuse_p1\] sex is of type category"),
        ('any_of = ["familial', 'any_of = ["female", "familial', "is made of female, which is derived itself"),
        ("female = {", "sex = {", r"\[derived.sex\] sex is a variable of the codebook already"),
        ('variable = "sex", one_of', "one_of", "has to say one_of and variable together"),
        ('otherwise = "0"', 'otherwise = "2"', r"otherwise = '2' is no value of it"),
        ('"*_p2" = "cse"', '"*_p2" = "sex"', r"\[rules.only_where\] sex is of type category"),
        ('pregnancy_p1 = "pregnancy_ever"', 'pregnancy_p1 = "sex"', r"\[rules.within\] sex is of type category"),
        ('"neglect_p1", "emotional_abuse_p1"]', '"sex"]', r"\[rules.sums\] sex is of type category"),
        ('sex = { label = "Sex", variable = "sex"', 'sex = { label = "Sex", variable = "person_id"', r"\[strata.sex\]"),
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


@pytest.mark.parametrize(("text", "line", "said", "remedy"), [
    ('[study]\nperson = "a"\nperson = "b"\n', 3, "overwrite a value", "the same name stands there twice: keep one"),
    ("[groups]\n[study]\n[groups]\n", 3, "twice", "the same name stands there twice: keep one"),
    ("[study]\n\nperson = id\n", 3, "Invalid value", 'write name = "text", and each entry on one line'),
    ("study:\n  person: id\n", 1, "'='", 'write name = "text", and each entry on one line'),
])  # fmt: skip
def test_what_is_no_toml_is_told_with_line_and_remedy(tmp_path, text, line, said, remedy):
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        load_study(tmp_path / "study.toml")
    [problem] = caught.value.problems
    assert (problem.line, problem.remedy) == (line, remedy)


def test_a_section_of_ones_own_is_left_alone_and_a_candidate_counts_once(tmp_path):
    study = load_study(changed(tmp_path, '["phase_1", "any', '["phase_1", "female", "any'))
    assert study.models["cse_any_abuse"].candidates == load_study().models["cse_any_abuse"].candidates
    assert load_study(changed(tmp_path, "[seraf]", "[of_my_own]\nx = 1\n[seraf]")).settings["of_my_own"] == {"x": 1}
