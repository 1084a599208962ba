"""R and PSPP give the same tests, effect sizes and intervals; scripts and answers are in tests/oracles."""

import csv
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from keepsafe import load_cohort
from keepsafe.statistics.comparison import compare_groups

ORACLES = Path(__file__).parents[1] / "oracles" / "compare"
EXPECTED = pd.concat([pd.read_csv(path, keep_default_na=False) for path in sorted(ORACLES.glob("expected*.csv"))])
ANALYSES = list(EXPECTED.groupby(["data", "by"], sort=False).groups)
TESTS = {"pearson": "pearson", "yates": "yates", "likelihood_ratio": "likelihood_ratio", "fisher": "fisher"}
DRAWS = 9_999
MEAN_TESTS = ("t", "welch", "mann_whitney")


@cache
def public(name: str) -> pd.DataFrame:
    """A data set as R read it; the cohort as `make oracles` finds it after a report."""
    if name == "cohort":
        return pd.read_csv(StringIO(load_cohort().to_csv(index=False)))
    rows = pd.read_csv(ORACLES / f"{name}.csv")
    return rows.loc[rows.index.repeat(rows.pop("count"))].reset_index(drop=True)


def ours(data: str, by: str, variables: list[str]) -> dict[tuple, float]:
    """Every figure of compare_groups under the name that the R script gives it."""
    found: dict[tuple, float] = {}
    for test, mean_test in [
        *((test, "t") for test in TESTS),
        ("pearson", "welch"),
        ("pearson", "mann_whitney"),
    ]:
        frame = compare_groups(
            public(data), variables, by, test=test, mean_test=mean_test, total=False, denominators="known", unknown=()
        )
        for row in frame.to_dict("records"):
            place, name = (row["variable"], row["level"]), mean_test if pd.notna(row["mean"]) else test
            if name == "yates" and "Yates" not in row["test"]:
                continue
            found[*place, "", name] = row["statistic"]
            found[*place, "", f"{name}_p"] = row["p"]
            found[*place, "", "drawn"] = found.get((*place, "", "drawn"), False) or "Monte Carlo" in row["test"]
            found[*place, "", f"{name}_df"] = row["df"]
            found[*place, "", "min_expected"] = row["min_expected"]
            for end in ("", "_low", "_high"):
                found[*place, "", f"cramers_v{end}"] = row[f"cramers_v{end}"]
                for effect in ("percent", "risk_difference", "risk_ratio", "odds_ratio", "mean", "sd"):
                    if f"{effect}{end}" in row:
                        found[*place, row["group"], f"{effect}{end}"] = row[f"{effect}{end}"]
                if row["reference"] and name in MEAN_TESTS:
                    found[*place, "", f"{name}_difference{end}"] = row[f"mean_difference{end}"]
                    found[*place, "", f"smd{end}"] = row[f"smd{end}"]
    return found


@pytest.mark.parametrize(("data", "by"), ANALYSES)
def test_every_figure_matches_r(data, by):
    expected = EXPECTED[(EXPECTED["data"] == data) & (EXPECTED["by"] == by)]
    found = ours(data, by, list(expected["variable"].unique()))
    keys = list(expected[["variable", "level", "group", "quantity"]].itertuples(index=False, name=None))
    mine = pd.Series([found[key] for key in keys], keys)
    theirs = pd.Series(expected["value"].to_numpy(float), keys)
    drawn = np.array([key[3] == "fisher_p" and found[*key[:2], "", "drawn"] for key in keys])
    error = (
        4 * np.sqrt(theirs.clip(0, 1) * (1 - theirs.clip(0, 1)) / DRAWS) + 1 / DRAWS
    )  # of a p-value that was drawn, not enumerated
    wrong = ~np.isclose(mine, theirs, rtol=1e-6, atol=1e-6) & ~(drawn & (abs(mine - theirs) <= error))
    assert not wrong.any(), pd.DataFrame({"keepsafe": mine, "R": theirs})[wrong].to_string()


def pspp_chi_squares() -> list[tuple[str, str, str, float]]:
    """(grouping, variable, test, statistic) as PSPP's CSV has them."""
    answers, pair = [], ("", "")
    for line in csv.reader((ORACLES / "pspp.csv").read_text(encoding="utf-8").splitlines()):
        if line and line[0].startswith("Table: ") and "×" in line[0]:
            pair = tuple(line[0].removeprefix("Table: ").split(" × "))
        test = {
            "Pearson Chi-Square": "pearson",
            "Continuity Correction": "yates",
            "Likelihood Ratio": "likelihood_ratio",
        }.get(line[0] if line else "")
        if test:
            answers.append((*pair, test, float(line[1])))
    return answers


def test_chi_squares_match_pspp():
    data_of = {"case": "infert", "Survived": "titanic", "am": "mtcars"}
    answers = pspp_chi_squares()
    assert {test for *_, test, _ in answers} == {"pearson", "yates", "likelihood_ratio"}
    for by, variable, test, statistic in answers:
        frame = compare_groups(public(data_of[by]), [variable], by=by, test=test, total=False)
        assert frame["statistic"].iloc[0] == pytest.approx(statistic, rel=1e-6), (by, variable, test)


def test_t_tests_match_pspp():
    lines = list(csv.reader((ORACLES / "pspp.csv").read_text(encoding="utf-8").splitlines()))
    for position, line in enumerate(lines):
        if len(line) > 1 and line[1] == "Equal variances assumed":
            data, by = ("mtcars", "am") if line[0] in ("mpg", "hp") else ("infert", "case")
            for mean_test, answer in (("t", line), ("welch", lines[position + 1])):
                frame = compare_groups(public(data), [line[0]], by=by, mean_test=mean_test, total=False)
                found = frame.iloc[-1][["statistic", "df", "mean_difference_low", "mean_difference_high"]]
                # PSPP takes the first group less the second
                assert (-found["statistic"], found["df"]) == pytest.approx(
                    (float(answer[4]), float(answer[5])), rel=1e-6
                )
                low, high = -float(answer[10]), -float(answer[9])
                assert tuple(found.iloc[2:]) == pytest.approx((low, high), rel=1e-6)
