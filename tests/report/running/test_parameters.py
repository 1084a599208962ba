"""Parameters: read from the notebooks, refused before a kernel starts."""

import pytest

from keepsafe.problems import InputError
from keepsafe.report.running import report
from keepsafe.report.running.inputs import Parameter, check_parameters, read_parameters
from keepsafe.report.running.manifest import describe
from keepsafe.report.running.notebooks import find_notebooks
from keepsafe.runs import Run

DECLARED = [
    Parameter("02_a", "n_boot", "int", "200", "resamples"),
    Parameter("03_b", "n_boot", "int", "200", "resamples"),
    Parameter("03_b", "alpha", "float", "0.05", ""),
    Parameter("03_b", "firth", "bool", "False", ""),
    Parameter("03_b", "statistic", "str", '"lr"', ""),
]


def test_names_types_defaults_and_meanings_are_read_from_the_notebooks(small):
    found = read_parameters(find_notebooks(small / "notebooks"))
    assert found == [
        Parameter("03_risk_factors", "n_boot", "int", "20", "number of resamples"),
        Parameter("03_risk_factors", "p_remove", "float", "0.1", "removal threshold"),
        Parameter("03_risk_factors", "firth", "bool", "False", ""),
    ]


@pytest.mark.parametrize(
    ("name", "text", "parsed"),
    [("alpha", "1e-3", 0.001), ("firth", "true", True), ("statistic", "1", "1"), ("alpha", "1", 1.0)],
)
def test_a_text_becomes_the_parameters_own_type(name, text, parsed):
    chosen = check_parameters(DECLARED, [(name, text)])["03_b"][name]
    assert (chosen, type(chosen)) == (parsed, type(parsed))


def test_a_name_that_two_notebooks_declare_reaches_both():
    assert check_parameters(DECLARED, [("n_boot", "50")]) == {"02_a": {"n_boot": 50}, "03_b": {"n_boot": 50}}


@pytest.mark.parametrize("text", ["abc", "0.5", "", "1e3"])
def test_a_text_of_another_type_is_refused_with_its_meaning(text):
    with pytest.raises(InputError, match=r"n_boot of 02_a must be a whole number.*resamples"):
        check_parameters(DECLARED, [("n_boot", text)])


@pytest.mark.parametrize("comment, fine, wrong", [
    ("a factor stays while its p is at most this; above 0 and below 1", ["0.05", "1e-9"], ["0", "1", "5"]),
    ("between 0 and 1", ["0.5"], ["0", "1"]), ("correlation, 0 to below 1", ["0", "0.9"], ["1", "1.2", "-0.1"]),
    ("copies, 2 to 50", ["2", "50"], ["1", "51"]), ("a whole number from 0", ["0"], ["-1"]),
    ("SD, above 0", ["2"], ["0"]), ("20 or more", ["5"], []), ("of tables 100 to 400", ["7"], []), ("", ["-3"], []),
])  # fmt: skip
def test_a_value_out_of_the_range_that_the_comment_ends_with_is_refused(comment, fine, wrong):
    """With -p p_remove 5 a report was made without its models; with -p seed -1 a chapter stopped at a bare error."""
    declared = [Parameter("03_b", "x", "float", "3" if "to 50" in comment else "0.5", comment)]
    assert all(check_parameters(declared, [("x", text)]) for text in fine)
    for text in wrong:
        with pytest.raises(InputError, match=f"x of 03_b is out of range: {text}; {comment}"):
            check_parameters(declared, [("x", text)])


def test_a_default_that_is_worked_out_tells_nothing_of_a_range():
    declared = [Parameter("03_b", "x", "float", "1 / 20", "above 0 and below 1")]
    assert check_parameters(declared, [("x", "2")]) == {"03_b": {"x": 2.0}}


def test_all_faults_are_named_at_once_each_with_the_nearest_name():
    with pytest.raises(InputError) as caught:
        check_parameters(DECLARED, [("alhpa", "0.1"), ("firth", "perhaps"), ("zzz", "1")])
    assert [str(problem).split(";")[-1].strip() for problem in caught.value.problems] == [
        "did you mean alpha?",
        "parameter firth of 03_b must be true or false, not 'perhaps'",
        "there are n_boot, alpha, firth, statistic",
    ]


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity"])
def test_a_number_is_finite(text):
    with pytest.raises(InputError, match="alpha of 03_b must be a number"):
        check_parameters(DECLARED, [("alpha", text)])


def test_a_parameter_is_set_once():
    """Whichever came last would count, and the report of 50 stand for that of 20."""
    with pytest.raises(InputError, match="parameter n_boot is set twice"):
        check_parameters(DECLARED, [("n_boot", "20"), ("n_boot", "50")])


@pytest.mark.parametrize("text", ["", "it's", 'say "yes"', "a\nb\tc", r"C:\new", "Siân ’ü’ 漢"])
def test_a_text_is_declared_as_it_was_typed_so_that_the_run_can_be_done_again(text, small, tmp_path):
    facts = describe(Run(tmp_path), DECLARED, check_parameters(DECLARED, [("statistic", text)]))["parameters"][-1]
    assert facts["value"] == text and facts["default"] == "lr"


@pytest.mark.parametrize("asked", [("alhpa", "0.1"), ("n_boot", "abc")])
def test_unknown_or_mistyped_parameter_is_refused_before_any_kernel(small, monkeypatch, asked):
    started = []
    monkeypatch.setattr("keepsafe.report.running.notebooks.run_notebook", lambda *arguments: started.append(arguments))
    with pytest.raises(InputError):
        report(parameters=[asked])
    assert started == []
    assert not (small / "reports").exists()
