"""The bootstrap of a selection: what is counted, against counting by hand, and the LASSO against R's glmnet."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from sklearn.metrics import roc_auc_score
from statsmodels.discrete.discrete_model import Logit

from keepsafe import InputError
from keepsafe.statistics.design import make_design
from keepsafe.statistics.penalised import lasso
from keepsafe.statistics.selection import backward_elimination, bootstrap_selection, resample

ORACLE = Path(__file__).resolve().parents[1] / "oracles" / "logistic"
BOOTS = 30
PREDICTORS = ["a", "b", "c", "kind"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({name: rng.normal(size=250) for name in "abc"})
    frame["kind"] = rng.choice(["one", "three", "two"], 250)
    chance = 1 / (1 + np.exp(1 - 0.6 * frame["a"] + 0.25 * frame["b"] - 0.8 * (frame["kind"] == "two")))
    return frame.assign(ill=(rng.random(250) < chance).astype(int))


@pytest.fixture(scope="module")
def found(data):
    return bootstrap_selection(data, "ill", PREDICTORS, n_boot=BOOTS, seed=7)


@pytest.fixture(scope="module")
def by_hand(data) -> list:
    """Each resample's selection with the public function, as anyone would repeat it."""
    made = make_design(data, "ill", PREDICTORS).ordered()
    samples = [data.iloc[made.rows[resample(seed, made.y)]] for seed in np.random.SeedSequence(7).spawn(BOOTS)]
    return [backward_elimination(sample, "ill", PREDICTORS) for sample in samples]


def test_inclusion_counts_the_resamples_that_keep_a_predictor(found, by_hand):
    for row in found.inclusion.itertuples():
        assert row.inclusion == pytest.approx(np.mean([row.predictor in each.selected for each in by_hand]))


def test_rmsd_ratio_bias_and_sign_follow_their_definitions(found, by_hand):
    full = found.selection.full.coefficients.set_index("column")
    b = pd.DataFrame([each.final.coefficients.set_index("column")["B"] for each in by_hand]).reindex(columns=full.index)
    for row in found.inclusion.itertuples():
        each, truth = b[row.column], full.loc[row.column]
        rmsd = np.sqrt(((each.fillna(0) - truth["B"]) ** 2).mean()) / truth["SE"]
        expected = [
            rmsd,
            each.mean() / truth["B"] - 1,
            (np.sign(each.dropna()) == np.sign(truth["B"])).mean(),
            each.fillna(0).median(),
            each.fillna(0).quantile(0.025),
        ]
        told = [row.rmsd_ratio, row.relative_bias, row.sign_stability, row.B_median, row.B_low]
        assert told == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_distinct_models_are_counted_and_the_chosen_one_is_marked(found, by_hand):
    sets = pd.Series([", ".join(each.selected) for each in by_hand]).value_counts()
    assert found.models.set_index("predictors")["resamples"].to_dict() == sets.to_dict()
    assert found.models["share"].sum() == pytest.approx(1)
    assert found.models.query("chosen")["predictors"].tolist() == [", ".join(found.selection.selected)]


def test_optimism_is_the_mean_loss_from_resample_to_data(data, found, by_hand):
    losses, slopes = [], []
    for each in by_hand:
        if not each.selected:
            losses.append(0)
            continue
        X = np.ones((len(data), 1 + len(each.final.design.columns[1:])))
        for place, column in enumerate(each.final.design.columns[1:], 1):
            name, _, level = column.partition("=")
            X[:, place] = data[name] == level if level else data[name]
        score = X @ each.final.coefficients["B"].to_numpy()
        losses.append(roc_auc_score(each.final.design.y, each.final.fitted) - roc_auc_score(data["ill"], score))
        slopes.append(Logit(data["ill"].to_numpy(), np.column_stack([np.ones(len(data)), score])).fit(disp=0).params[1])
    told = found.optimism.query("model == 'selected'").set_index("measure")
    assert told.loc["auc", "optimism"] == pytest.approx(np.mean(losses))
    assert told.loc["calibration_slope", "corrected"] == pytest.approx(np.mean(slopes), rel=1e-6)
    assert told["corrected"].to_numpy() == pytest.approx((told["apparent"] - told["optimism"]).to_numpy())


def test_the_result_depends_on_the_seed_and_not_on_the_number_of_workers(data, found):
    again = bootstrap_selection(data, "ill", PREDICTORS, n_boot=BOOTS, seed=7, n_jobs=3)
    pd.testing.assert_frame_equal(found.inclusion, again.inclusion)
    pd.testing.assert_frame_equal(found.optimism, again.optimism)
    other = bootstrap_selection(data, "ill", PREDICTORS, n_boot=BOOTS, seed=8)
    assert not found.inclusion["rmsd_ratio"].equals(other.inclusion["rmsd_ratio"])


@pytest.mark.parametrize(
    "arguments", [{"n_boot": 1}, {"n_jobs": 0}, {"n_boot": 2.5}, {"seed": -1}, {"seed": 1.5}, {"seed": "x"}]
)
def test_numbers_out_of_range_are_refused(data, arguments):
    with pytest.raises(InputError, match="out of range"):
        bootstrap_selection(data, "ill", PREDICTORS, **arguments)


def test_resamples_without_estimates_are_counted_and_do_not_spoil_the_summaries():
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"rare": 0, "a": rng.normal(size=150), "ill": rng.integers(0, 2, 150)})
    data.loc[data.index[data["ill"] == 1][:6], "rare"] = 1
    data.loc[data.index[data["ill"] == 0][0], "rare"] = 1  # about one resample in three misses the only exception
    found = bootstrap_selection(data, "ill", ["rare", "a"], n_boot=60)
    assert 10 <= found.not_estimable <= 35
    assert found.inclusion["B_low"].abs().max() < 10 and found.inclusion["rmsd_ratio"].max() < 10


def test_completely_separated_resamples_choose_nothing_and_count_nowhere():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(40, 5)), columns=list("abcde"))
    data["ill"] = (data["a"] + 0.5 * rng.normal(size=40) > 0.9).astype(int)
    found = bootstrap_selection(data, "ill", list("abcde"), n_boot=100, lasso=False)
    made = make_design(data, "ill", list("abcde")).ordered()
    rows = [made.rows[resample(child, made.y)] for child in np.random.SeedSequence(2019).spawn(100)]
    perfect = sum(_separated(data.iloc[each]) for each in rows)
    assert 10 <= found.separated == perfect < 100
    assert found.models["resamples"].sum() == 100 - perfect


def _separated(data: pd.DataFrame) -> bool:
    """Whether some plane has all cases on one side, by linear programming."""
    X = np.column_stack([np.ones(len(data)), data[list("abcde")]]) * np.where(data["ill"] == 1, 1, -1)[:, None]
    return linprog(np.zeros(6), A_ub=-X, b_ub=-np.ones(len(X)), bounds=(None, None)).status == 0


def test_the_lasso_matches_glmnet_at_the_penalty_it_chose():
    cohort = pd.read_csv(ORACLE / "cohort.csv")
    ours = lasso(make_design(cohort, "cse", [name for name in cohort if name not in ("cse", "synthetic")]))
    theirs = pd.read_csv(ORACLE / "r_lasso.csv")
    theirs = theirs[np.isclose(theirs["penalty"], ours["penalty"].iloc[0], rtol=1e-9)].set_index("column")["B"]
    np.testing.assert_allclose(ours["B"], theirs.loc[ours["column"]], atol=2e-6)
    assert (ours["kept"].to_numpy() == (theirs.loc[ours["column"]] != 0).to_numpy()).mean() >= 0.95


def test_the_lasso_repeats_itself_under_a_seed(data):
    design = make_design(data, "ill", PREDICTORS)
    pd.testing.assert_frame_equal(lasso(design, seed=1), lasso(design, seed=1))
