"""What cannot be made ends in an error that says which and by how much, and nothing half-written."""

import errno

import pandas as pd
import pytest

from keepsafe.problems import InputError
from keepsafe.synthesis import run, synthesise
from keepsafe.synthesis.design import schemes
from keepsafe.synthesis.family import family


def changed(table: pd.DataFrame, where: dict, **values) -> pd.DataFrame:
    rows = pd.Series(True, index=table.index)
    for column, value in where.items():
        rows &= table[column] == value
    assert rows.any()
    return table.assign(**{name: table[name].mask(rows, value) for name, value in values.items()})


def test_contradictory_figures_are_named_with_what_was_reached(report, study):
    figures = changed(report[0], {"id": "table_4.stable_housing.low_risk.percent"}, value="80.1")
    with pytest.raises(InputError, match=r"stable_housing\.\w+\.percent cannot hold .* nearest is \d+"):
        synthesise(figures, report[1], report[2], study.codebook, 1, targets="tables")


def test_a_group_larger_than_the_whole_is_refused(report, study):
    figures = changed(report[0], {"variable": "person_id", "group": "low_risk"}, value="236")
    with pytest.raises(InputError, match=r"person_id\.\S*low_risk\S* cannot hold"):
        synthesise(figures, report[1], report[2], study.codebook, 1, targets="tables")


@pytest.mark.parametrize("low, high", [(0.0, 7.0), (6.5, float("inf")), (7.0, 6.5), (7.0, 7.0), (float("nan"), 7.0)])
def test_an_odds_ratio_that_is_no_odds_ratio_is_refused(report, study, low, high):
    claims = changed(report[2], {"predictor": "female", "size": "printed"}, or_low=low, or_high=high)
    with pytest.raises(InputError, match="the odds ratio of female"):
        schemes(claims, study)


@pytest.mark.parametrize(
    ("column", "entry", "told"),
    [
        ("predictor", "femal", "column predictor: 'femal' is not one of .* did you mean female"),
        ("predictor", "sex", "column predictor: .* name a level of it, as sex="),
        ("predictor", "female:any_abuse", "column predictor: 'any_abuse' is not one of"),
        ("outcome", "mental_health", "column outcome: cse_any_abuse is no model of mental_health"),
        ("size", "direction_only", "column size: the odds ratio of female is 6.5 to 7.0, and its size direction_only"),
        ("direction", "protective", "column direction: .* and its direction protective; above 1 is risk"),
    ],
)
@pytest.mark.parametrize("significance", ["significant", ""])
def test_a_claim_that_no_cohort_can_be_asked_is_refused_by_its_line(report, study, column, entry, told, significance):
    claims = report[2].copy()
    assert claims.loc[0, ["model", "predictor"]].tolist() == ["cse_any_abuse", "female"]
    claims.loc[0, [column, "significance"]] = entry, significance
    with pytest.raises(InputError, match=f"line 2, {told}"):
        schemes(claims, study)


def test_a_target_out_of_reach_is_named_with_the_nearest_reached(report, study, monkeypatch):
    monkeypatch.setattr("keepsafe.synthesis.DRAWS", 1)
    monkeypatch.setattr("keepsafe.synthesis.ATTEMPTS", 1)
    claims = changed(report[2], {"model": "mental_health", "predictor": "cse"}, or_low=900.0, or_high=1000.0)
    with pytest.raises(InputError, match=r"mental_health: the odds ratio of cse is [\d.]+, not 900.00 to 1000.00"):
        synthesise(*report[:2], claims, study.codebook, 1)


@pytest.mark.parametrize("bad", [{"cohorts": 0}, {"seed": -1}, {"targets": "some"}])
def test_arguments_out_of_range_are_refused_before_anything_is_made(tmp_path, bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        run.synthesise_files(tmp_path / "out", **{"seed": 1, "cohorts": 1, **bad})
    assert not (tmp_path / "out").exists()


def test_no_cohorts_make_no_family(report, study):
    with pytest.raises(InputError, match="0 is no number of cohorts"):
        family(*report, study, 1, 0)


def test_a_full_disk_leaves_the_former_files_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "first.csv").write_text("before")

    def full(frame, path, **_):
        path.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(InputError, match="No space left"):
        run.write(tmp_path, {"first.csv": "after", "second.csv": pd.DataFrame({"a": [1]})})
    assert [path.name for path in tmp_path.iterdir()] == ["first.csv"]
    assert (tmp_path / "first.csv").read_text() == "before"


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write there"):
        run.write(tmp_path / "file" / "out", {"a.csv": "a"})
