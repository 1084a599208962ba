"""Logistic regression agrees with R and PSPP, on what R ships and on a synthetic cohort: tests/oracles/logistic."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from keepsafe import load_cohort
from keepsafe.statistics import engine
from keepsafe.statistics.design import make_design
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.imputation import pool
from keepsafe.statistics.penalised import firth
from keepsafe.statistics.selection import backward_elimination

ORACLES = Path(__file__).resolve().parents[1] / "oracles" / "logistic"
SETS = ("infert", "titanic", "esoph", "birthwt", "cohort")


def expected(name: str, dataset: str) -> pd.DataFrame:
    frame = pd.read_csv(ORACLES / f"r_{name}.csv", keep_default_na=False, dtype={"terms": str})
    return frame[frame["dataset"] == dataset].reset_index(drop=True)


@cache
def data(dataset: str) -> tuple[pd.DataFrame, str, list[str]]:
    """The data, the outcome (its first column) and the candidates (all others), as the R script reads them."""
    frame = pd.read_csv(ORACLES / f"{dataset}.csv").drop(columns="synthetic", errors="ignore")
    return frame, frame.columns[0], list(frame.columns[1:])


@pytest.mark.parametrize("dataset", SETS)
def test_coefficients_and_wald_intervals_match_r_glm(dataset):
    ours, theirs = fit_logistic(*data(dataset)).coefficients, expected("coefficients", dataset)
    for column in ("B", "SE", "Wald", "p", "low", "high"):
        assert_allclose(ours[column], theirs[column], rtol=1e-6, atol=1e-9, err_msg=column)


@pytest.mark.parametrize("dataset", SETS)
def test_profile_intervals_match_those_solved_for_in_r(dataset):
    ours, theirs = fit_logistic(*data(dataset), interval="profile").coefficients, expected("coefficients", dataset)
    assert_allclose(ours[["low", "high"]], theirs[["profile_low", "profile_high"]], rtol=1e-6)


@pytest.mark.parametrize("dataset", SETS)
def test_fit_measures_match_r(dataset):
    ours, theirs = fit_logistic(*data(dataset)).fit.iloc[0], expected("fits", dataset).iloc[0]
    measures = [
        "n",
        "events",
        "deviance",
        "null_deviance",
        "cox_snell",
        "nagelkerke",
        "auc",
        "hosmer_lemeshow",
        "hosmer_lemeshow_df",
    ]
    assert_allclose(ours[measures].astype(float), theirs[measures].astype(float), rtol=1e-6)


@pytest.mark.parametrize("statistic", ["lr", "wald", "conditional"])
@pytest.mark.parametrize("p_enter", [None, 0.099])
@pytest.mark.parametrize("dataset", SETS)
def test_the_path_of_an_elimination_matches_r(dataset, p_enter, statistic):
    found = backward_elimination(*data(dataset), statistic=statistic, p_enter=p_enter)
    ours, theirs = found.path.iloc[1:], expected("paths", dataset)
    theirs = theirs[(theirs["removal"] == statistic) & (theirs["p_enter"] == (p_enter or 0))]
    assert ours["term"].tolist() == theirs["term"].tolist()
    assert ours["action"].tolist() == theirs["action"].tolist()
    for column in ("statistic", "df", "p", "deviance"):
        assert_allclose(ours[column].astype(float), theirs[column], rtol=1e-6, atol=1e-7, err_msg=column)


@pytest.mark.parametrize("dataset", SETS)
def test_the_score_test_for_entry_matches_r_add1(dataset):
    design = make_design(*data(dataset))
    half = len(design.predictors) - len(design.predictors) // 2
    inside = np.flatnonzero(design.terms <= half)
    b = engine.fit(np.ascontiguousarray(design.X[:, inside]), design.y)[0]
    theirs = expected("scores", dataset)
    assert theirs["term"].tolist() == list(design.predictors[half:])
    ours = [
        engine.score_test(design.X, design.y, engine.ONCE, inside, np.flatnonzero(design.terms == term), b)
        for term in range(half + 1, len(design.predictors) + 1)
    ]
    assert_allclose(ours, theirs[["statistic", "p"]], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("dataset", ["infert", "birthwt"])
def test_firths_fit_matches_the_modified_score_solved_in_r(dataset):
    ours, theirs = firth(*data(dataset)), expected("firths", dataset)
    for column in ("B", "SE", "p", "low", "high"):
        assert_allclose(ours[column], theirs[column], rtol=1e-6, atol=1e-9, err_msg=column)


def test_the_cohort_that_r_read_is_the_one_in_the_data_folder():
    """Where it fails, copy these columns to cohort.csv and run `make oracles`."""
    theirs = pd.read_csv(ORACLES / "cohort.csv")
    pd.testing.assert_frame_equal(load_cohort()[list(theirs)].astype(int), theirs)


@pytest.mark.parametrize("dataset", ["birthwt", "cohort"])
def test_selected_sets_in_200_resamples_are_those_of_r(dataset):
    """But for complete separation: every p is 1 there, and no choice is the right one.

    A deviance below 2 log 2 proves it: every case then has its own outcome as the likelier one.
    """
    design = make_design(*data(dataset))
    resamples = pd.read_csv(ORACLES / f"resamples_{dataset}.csv.gz", header=None).to_numpy() - 1
    selected = expected("selected", dataset)
    names, differing, undetermined = np.array(design.predictors), {}, 0
    for rows, theirs in zip(resamples, selected.itertuples(), strict=True):
        X, y = np.ascontiguousarray(design.X[rows]), design.y[rows]
        if engine.fit(X, y)[2] < 2 * np.log(2):
            undetermined += 1
            continue
        kept = np.unique(design.terms[engine.eliminate(X, y, design.terms)[1]])
        if (ours := set(names[kept[kept > 0] - 1])) != set(theirs.terms.split()):
            differing[theirs.resample] = ours ^ set(theirs.terms.split())
    assert len(selected) == 200 and undetermined <= 10
    assert differing == {}


def test_pooling_by_rubins_rules_matches_r_mice():
    sets = [frame.drop(columns="set") for _, frame in pd.read_csv(ORACLES / "imputed.csv").groupby("set")]
    theirs = pd.read_csv(ORACLES / "r_pooled.csv")
    fits = [fit_logistic(frame, "low", ["age", "lwt", "smoke", "ht", "ui"]).coefficients for frame in sets]
    b, se = (np.array([fit[name] for fit in fits]) for name in ("B", "SE"))
    ours = pool(b, se**2, len(sets[0]) - b.shape[1])
    assert len(sets) == 8
    for column in ("B", "SE", "df", "p", "fraction_missing"):
        assert_allclose(ours[column], theirs[column], rtol=1e-6, err_msg=column)


def pspp(place: int) -> dict[str, list[list[str]]]:
    """The tables of one of the models in pspp.csv, by title."""
    tables, title = [], ""
    for row in csv.reader((ORACLES / "pspp.csv").read_text(encoding="utf-8").splitlines()):
        if row and row[0].startswith("Table: "):
            title = row[0].removeprefix("Table: ")
            if title == "Dependent Variable Encoding":
                tables.append({})
            tables[-1][title] = []
        elif row and len(row) > 1:
            tables[-1][title].append(row)
    return tables[place]


@pytest.mark.parametrize(("place", "dataset"), [(0, "infert"), (1, "birthwt")])
def test_a_full_model_matches_pspp(place, dataset):
    frame, outcome, _ = data(dataset)
    printed = pspp(place)
    equation = printed["Variables in the Equation"][2:]
    found = fit_logistic(frame, outcome, [row[1] for row in equation[:-1]])
    ours = found.coefficients.iloc[[*range(1, len(equation)), 0]]  # PSPP prints the constant last
    for column, at in {"B": 2, "SE": 3, "Wald": 4, "odds_ratio": 7}.items():
        assert_allclose(ours[column], [float(row[at]) for row in equation], rtol=1e-6, err_msg=column)
    for column, at in {"low": 8, "high": 9}.items():
        assert_allclose(ours[column][:-1], [float(row[at]) for row in equation[:-1]], rtol=1e-6, err_msg=column)
    assert_allclose(ours["p"], [float(row[6]) for row in equation], rtol=0, atol=0.0005)
    measures = [float(value) for value in printed["Model Summary"][1][1:]]
    assert_allclose(found.fit[["deviance", "cox_snell", "nagelkerke"]].iloc[0].astype(float), measures, rtol=1e-6)
    counts = [[int(value) for value in row[3:5]] for row in printed["Classification Table"][3:5]]
    predicted = np.where(found.fitted > 0.5, 1, 0)
    assert np.histogram2d(found.design.y, predicted, 2)[0].astype(int).tolist() == counts
