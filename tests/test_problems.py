"""What is wrong is said with its place, and survives the way from another process."""

import pickle

from keepsafe.problems import InputError, Problem


def test_every_problem_is_a_line_of_the_message():
    error = InputError(
        [Problem("is blank", "a.csv", 3, "sex"), Problem("is no number", "a.csv", 4, "moves", "write 0 to 57")]
    )
    assert str(error).splitlines() == [
        "a.csv, line 3, column sex: is blank",
        "a.csv, line 4, column moves: is no number; write 0 to 57",
    ]


def test_an_error_comes_back_whole_from_another_process():
    error = InputError.of("is blank", file="a.csv", line=3)
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_control_characters_reach_no_terminal():
    said = str(Problem("'\x1b]0;x\x07' is no number", "a\nb.csv", 3, "se\u202ex\ud800"))
    assert said == r"a\nb.csv, line 3, column se\u202ex\ud800: '\x1b]0;x\x07' is no number"
