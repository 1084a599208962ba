"""From extract to cohort: what is left out, how files are merged, and what is refused."""

from dataclasses import replace

import pandas as pd
import pytest

from keepsafe import paths
from keepsafe.files import cleaning, read_case_files, repairs, tidy
from keepsafe.problems import InputError
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook


@pytest.fixture(scope="module")
def study():
    return load_study()


@pytest.fixture
def extract(study):
    """Six files: a person with three of them, another with one, and one of each excluded team."""
    files = [
        ("p1", "f1", "duty_assessment", "mild", "3"),
        ("p1", "f2", "looked_after", "significant", "-9"),
        ("p1", "f3", "aftercare", "no", "5"),
        ("p2", "f4", "child_protection", "no", "0"),
        ("p3", "f5", "youth_offending", "mild", "1"),
        ("p4", "f6", "asylum", "no", "2"),
    ]
    rows = []
    for person, file, team, category, moves in files:
        row = dict.fromkeys(study.codebook.names, "-9")
        row |= {"person_id": person, "file_id": file, "team": team, "seraf_category": category}
        row |= {
            "moves_total": moves,
            "synthetic": "1",
            "cse": "1" if person == "p1" else "0",
            "sex": "female",
        }
        rows.append(row)
    frame = pd.DataFrame(rows, index=pd.Index(range(2, 8), name="line"), dtype=str)
    for name in study.codebook.names:
        if not study.codebook[name].missing and (frame[name] == "-9").any():
            frame[name] = next(iter(study.codebook[name].levels), "0")
    return frame


def test_excluded_teams_are_left_out_and_the_highest_category_kept(extract, study):
    cohort = cleaning.clean(extract, study).set_index("person_id")
    assert cohort.index.tolist() == ["p1", "p2"]
    assert cohort.loc["p1", "seraf_category"] == "significant"
    assert cohort["risk_group"].tolist() == ["high", "low"]


def test_a_blank_is_filled_from_the_persons_next_file(extract, study):
    cohort = cleaning.clean(extract, study).set_index("person_id")
    assert cohort.loc["p1", "moves_total"] == 3  # f2 leads and does not record it; f1 is mild, f3 no risk


def test_codes_of_missing_become_blank(extract, study):
    cohort = cleaning.clean(extract, study)
    assert cohort["n_social_workers"].isna().all()
    assert cohort["parents_p1"].isna().all()


def test_flow_counts_files_and_persons_at_each_step(extract, study):
    steps = cleaning.flow(extract, study)
    assert steps["files"].tolist() == [6, 5, 4, 2]
    assert steps["left_out"].tolist() == [0, 1, 1, 2]
    assert steps["persons"].tolist() == [4, 3, 2, 2]


def test_differing_files_of_one_person_are_counted_by_variable(extract, study):
    found = cleaning.disagreements(extract, study).set_index("variable")["persons"]
    assert found["moves_total"] == 1  # 3 and 5
    assert found["seraf_category"] == 1
    assert "sex" not in found


def test_untidy_entries_are_read_as_their_codes(extract, study):
    extract.loc[2, ["sex", "cse", "seraf_category", "moves_total"]] = [" FEMALE ", "Yes", "Mild risk", "3.0"]
    tidied = tidy(extract, study.codebook)
    assert tidied.loc[2, ["sex", "cse", "seraf_category", "moves_total"]].tolist() == [
        "female",
        "1",
        "mild",
        "3",
    ]
    assert repairs(extract, study.codebook)["entries"].sum() == 4


def test_every_bad_entry_is_named_with_its_line(extract, study):
    extract.loc[3, "team"] = "duty_assesment"
    extract.loc[5, "moves_total"] = "many"
    extract.loc[6, "n_social_workers"] = "-3"
    extract.loc[7, "sex"] = ""
    with pytest.raises(InputError) as caught:
        cleaning.clean(extract, study)
    found = {(problem.line, problem.column): str(problem) for problem in caught.value.problems}
    assert set(found) == {(3, "team"), (5, "moves_total"), (6, "n_social_workers"), (7, "sex")}
    assert "did you mean duty_assessment?" in found[3, "team"]


def test_values_of_sensitive_columns_are_not_repeated(extract, study):
    extract.loc[4, "mental_health"] = "told-in-confidence"
    with pytest.raises(InputError) as caught:
        cleaning.clean(extract, study)
    assert "told-in-confidence" not in str(caught.value)


def test_derived_variables_follow_their_rule(study):
    cohort = pd.DataFrame(
        {
            "familial_sexual_abuse_p1": pd.array([1, 0, pd.NA, pd.NA], "Int64"),
            "extrafamilial_sexual_abuse_p1": pd.array([pd.NA, 0, 0, 1], "Int64"),
            "direct_support_impact": pd.Categorical(["positive", None, "mixed", None]),
        }
    )
    wanted = ("any_sexual_abuse_p1", "both_sexual_abuse_p1", "direct_support_positive")
    made = cleaning.with_derived(cohort, study)[list(wanted)].astype(object)
    made = made.where(made.notna(), None)
    assert made["any_sexual_abuse_p1"].tolist() == [1, 0, None, 1]
    assert made["both_sexual_abuse_p1"].tolist() == [None, 0, 0, None]
    assert made["direct_support_positive"].tolist() == [1, 0, 0, 0]


def test_categoricals_of_text_and_numbers_are_cleaned_like_text(extract, study):
    plain = cleaning.clean(extract, study)
    pd.testing.assert_frame_equal(cleaning.clean(extract.astype("category"), study), plain)
    numbers = extract.assign(moves_total=pd.to_numeric(extract["moves_total"]), synthetic=1)
    pd.testing.assert_frame_equal(cleaning.clean(numbers, study), plain)


def test_numbers_with_decimals_are_kept_where_the_codebook_allows_them(extract, tmp_path):
    book = paths.data("codebook.csv").read_text(encoding="utf-8")
    assert "1,count,0..57" in book
    book = book.replace("1,count,0..57", "1,number,0.0..57.0")
    (tmp_path / "codebook.csv").write_text(book, encoding="utf-8")
    study = load_study(codebook=load_codebook(tmp_path / "codebook.csv"))
    extract.loc[2, "moves_total"] = "2.5"
    cohort = cleaning.clean(extract, study).set_index("person_id")
    assert str(cohort["moves_total"].dtype) == "Float64"
    assert cohort["moves_total"].tolist() == [2.5, 0.0]


def test_a_study_that_names_no_person_cannot_be_cleaned(extract, study):
    nameless = replace(study, settings={"study": {}})
    with pytest.raises(InputError, match="names no column of the person"):
        cleaning.clean(extract, nameless)


@pytest.fixture
def one_row(study):
    """The study without a rule for merging: one row a person."""
    return replace(study, settings={"study": {"person": "person_id"}})


def test_rows_of_one_person_that_contradict_each_other_are_refused_where_no_rule_merges_them(extract, one_row):
    same = extract.loc[[2, 5, 3]].assign(file_id="f")
    same.attrs["file"] = "files.csv"
    with pytest.raises(InputError) as caught:
        cleaning.clean(same, one_row)
    [problem] = caught.value.problems
    assert (problem.file, problem.line, problem.column) == ("files.csv", 3, "person_id")
    assert str(problem).startswith(
        "files.csv, line 3, column person_id: the same person as on line 2, with other "
        "entries in team, seraf_category; correct the identifier"
    )
    assert "p1" not in str(problem)  # the codebook calls it sensitive


def test_rows_of_one_person_that_agree_are_one_without_a_rule(extract, one_row):
    same = extract.loc[[2, 5, 2]].set_axis([2, 3, 4])
    same.loc[4, "moves_total"] = "-9"  # not known contradicts nothing
    assert cleaning.clean(same, one_row)["moves_total"].tolist() == [3, 0]


@pytest.mark.parametrize("rule", [
    {"study": {"person": "person_id", "file": "file_id"}},
    {"study": {"person": "person_id"}, "cohort": {"category": "seraf_category"}},
])  # fmt: skip
def test_a_study_with_a_file_or_a_category_merges_rows_that_differ(extract, study, rule):
    assert len(cleaning.clean(extract, replace(study, settings=rule))) == 4


def test_when_every_file_is_left_out_the_cohort_is_empty(extract, study):
    assert cleaning.clean(extract.loc[[6, 7]], study).empty
    assert cleaning.disagreements(extract.loc[[6, 7]], study).empty


def test_the_projects_extract_has_367_files_and_205_persons():
    extract = read_case_files()
    assert len(extract) == 367
    assert cleaning.flow(extract)["files"].iloc[-1] == len(cleaning.clean(extract)) == 205


def test_a_missing_extract_is_said_plainly(tmp_path):
    with pytest.raises(InputError, match="nowhere.csv: no such file"):
        read_case_files(tmp_path / "nowhere.csv")


def test_a_column_that_the_codebook_has_and_the_extract_lacks_is_named(tmp_path):
    text = paths.data("synthetic", "case_files.csv").read_text(encoding="utf-8")
    (tmp_path / "files.csv").write_text(text.replace("moves_total", "moves", 1), encoding="utf-8")
    with pytest.raises(InputError, match="'moves_total' is missing"):
        read_case_files(tmp_path / "files.csv")
