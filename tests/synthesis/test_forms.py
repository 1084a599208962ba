"""Forms of an edition in other shapes than the worked example's: what is typed comes back, or is refused by its place.

A made-up trial of two arms; what the files say is counted here in plain pandas.
"""

import pandas as pd
import pytest
from scipy import stats

from keepsafe import audit_table
from keepsafe.problems import InputError
from keepsafe.study.published import CLAIMS
from keepsafe.synthesis.run import synthesise_files

BOOK = """name,label,question,phase,type,levels,missing,reference,sensitive,source_line
person,Person,,,identifier,,,,yes,
synthetic,Synthetic,,,binary,0=no; 1=yes,,0,no,
arm,Arm,,,binary,0=no; 1=yes,,0,no,
fall,Fall,,,binary,0=no; 1=yes,,0,no,
grade,Grade,,,category,a=A; b=B; c=C,,a,no,
score,Score,,,number,-4.0..4.0,,,no,
age,Age,,,count,18..99,,,no,
"""
STUDY = """[study]
title = "A small trial"
person = "person"
denominators = "all"
[files]
case_files = "synthetic/case_files.csv"
[groups]
all = { label = "All" }
control = { label = "Control", variable = "arm", value = "0" }
treated = { label = "Treated", variable = "arm", value = "1" }
[contrasts]
by_arm = { label = "Treated against control", groups = ["control", "treated"] }
[synthesis]
cannot_hold = []
"""
HEAD = "variable,level,kind,all (n=60),control (n=30),treated (n=30),by_arm\n"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Files made of a form, as text."""
    for folder in ("published", "synthetic"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    texts = {"codebook.csv": BOOK, "study.toml": STUDY, "published/claims.csv": ",".join(CLAIMS) + "\n"}
    for name, text in texts.items():
        (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("KEEPSAFE_HOME", str(tmp_path))

    def make(rows: str, seed: int = 1, head: str = HEAD) -> pd.DataFrame:
        (tmp_path / "data" / "published" / "table_1.csv").write_text(head + rows, encoding="utf-8")
        synthesise_files(tmp_path / "data" / "synthetic", seed)
        return pd.read_csv(tmp_path / "data" / "synthetic" / "case_files.csv", dtype="str")

    return make


def counts(files: pd.DataFrame, column: str, level: str) -> list[int]:
    return [int((files[files["arm"].isin(arms)][column] == level).sum()) for arms in (["0", "1"], ["0"], ["1"])]


def p_of_score(files: pd.DataFrame) -> float:
    score = pd.to_numeric(files["score"])
    return stats.ttest_ind(*(score[files["arm"] == arm] for arm in "01"), equal_var=True).pvalue


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("n", "20,5,15"),
        ("n (%)", "20 (33.3),5 (16.7),15 (50.0)"),
        ("", "20/60,5/30,15/30"),
        ("", "20/60 (33.3%),5/30 (16.7%),15/30 (50.0%)"),
        ("", '"20 (33,3%)","5 (16,7%)","15 (50,0%)"'),
    ],
)
def test_counts_come_back_in_every_form(made, kind, cells, capsys):
    assert counts(made(f"fall,,{kind},{cells},**\n"), "fall", "1") == [20, 5, 15]
    assert "1 of 1 comparisons" in capsys.readouterr().out


def test_a_form_without_a_marker_compares_nothing(made, capsys):
    files = made("grade,b,n,20,9,11,\ngrade,a,n,10,5,5,\n")
    assert counts(files, "grade", "b") == [20, 9, 11] and counts(files, "grade", "c") == [30, 16, 14]
    assert "comparisons" not in capsys.readouterr().out


def test_signs_and_points_of_numbers_are_read_as_they_stand(made):
    score = pd.to_numeric(made("score,,,+.32 (1.02),+.50 (1.0),+.14 (1.0),ns\n")["score"])
    assert abs(score.mean() - 0.32) <= 0.005 and abs(score.std() - 1.02) <= 0.005


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("row", "low", "high"),
    [
        ("score,,,,,,***", 0, 0.001),
        ("score,,,,,0.50 (1.0),***", 0, 0.001),
        ("score,,,0.50 (1.0),,,†", 0.05, 0.10),
        ("score,,,0.50 (1.0),,,*", 0, 0.05),
    ],
)
def test_a_marker_beside_figures_of_one_group_or_none_is_held(made, row, low, high, seed, capsys):
    assert low <= p_of_score(made(row + "\n", seed)) < high
    assert "1 of 1 comparisons" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("fall,,,20 (33.3%),5 (16.7%),15 (50.0%)**,\n", r"line 2, column treated \(n=30\): has a marker in it"),
        ("fall,,n,20,5,15,\nfall,1,n,20,5,15,\n", r"line 3, column all \(n=60\): stands on line 2 already"),
        ("score,,,-0.3 (1.0) [57],,,\n", r"line 2, column all \(n=60\): is of 57 cases, and its column of 60"),
        ("fall,,,20/58 (34.5%),,,\n", "is of 58 cases, and its column of 60"),
        ("score,,mean (SE),-0.3 (0.1),,,\n", "is not of a form"),
        ("fall,,n,20.5,,,\n", "is not of a form"),
        ("grade,a,n,10,,,\ngrade,b,n,10,,,\ngrade,c,n,10,,,\n", "give it a level for them in the codebook"),
    ],
)
def test_what_would_be_lost_or_misread_is_refused_by_its_place(made, rows, told):
    with pytest.raises(InputError, match=told):
        made(rows)


def test_a_group_of_one_has_no_sd_and_no_group_two_columns(made):
    one = HEAD.replace("treated (n=30)", "treated (n=1)").replace("control (n=30)", "control (n=59)")
    with pytest.raises(InputError, match=r"line 2, column treated \(n=1\): has an SD, and its column n = 1"):
        made("age,,,45.0 (12.0),44.0 (12.0),55 (0),\n", head=one)
    with pytest.raises(InputError, match="is a second column of this group"):
        made("fall,,n,20,5,15,\n", head=HEAD.replace("treated (n=30)", "control (n = 30)"))


def test_a_group_of_none_is_compared_with_nothing(made, recwarn):
    none = HEAD.replace("treated (n=30)", "treated (n=0)").replace("control (n=30)", "control (n=60)")
    assert counts(made("fall,,n,20,20,0,ns\n", head=none), "fall", "1") == [20, 20, 0]
    assert not [each for each in recwarn if each.category is RuntimeWarning]


def test_a_percentage_alone_is_no_count_because_others_of_its_row_have_theirs():
    typed = pd.DataFrame(
        [["ill", "12 (40.0%)", "30%", "45%"]], columns=["variable", "all (n=30)", "a (n=10)", "b (n=20)"]
    )
    assert set(audit_table(typed)["verdict"]) == {"holds"}
