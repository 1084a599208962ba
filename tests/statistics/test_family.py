"""The same model in every cohort of a family."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import fit_logistic, runs
from keepsafe.problems import InputError
from keepsafe.statistics.specification import odds_ratios_over


@pytest.fixture
def family():
    rng = np.random.default_rng(3)
    cohorts = []
    for seed in (1, 2):
        data = pd.DataFrame({"a": rng.integers(0, 2, 200), "b": rng.normal(size=200)})
        cohorts.append(data.assign(y=rng.random(200) < 0.3 + 0.3 * data["a"], cohort=seed, targets="tables"))
    return pd.concat(cohorts, ignore_index=True)


def test_each_cohort_gets_the_fit_that_it_would_get_alone(family):
    found = odds_ratios_over(family, "y", ["a", "b"], event=True).set_index(["cohort", "predictor"])["odds_ratio"]
    for seed, part in family.groupby("cohort"):
        alone = fit_logistic(part, "y", ["a", "b"], event=True).coefficients.set_index("predictor")["odds_ratio"]
        assert found[seed].to_numpy() == pytest.approx(alone[["a", "b"]].to_numpy(), rel=1e-8)


def test_a_separated_cohort_is_left_blank(family):
    family.loc[family["cohort"] == 2, "y"] = family.loc[family["cohort"] == 2, "a"].eq(1)
    family.loc[family.index[-1], "y"] = not family["y"].iloc[-1]
    found = odds_ratios_over(family.assign(c=family["y"] & family["b"].gt(0)), "y", ["c", "b"], event=True)
    assert found["odds_ratio"].isna().any()


def test_each_contrast_of_a_factor_has_its_odds_ratio(family):
    family["band"] = pd.cut(family["b"], 3, labels=["low", "middle", "high"]).astype("str")
    found = odds_ratios_over(family, "y", ["a", "band"], event=True)
    assert found["predictor"].unique().tolist() == ["a", "band=low", "band=middle"]
    assert found["odds_ratio"].notna().all()


def test_a_predictor_that_disclosure_control_withholds_from_one_cohort_is_blank_there(family, tmp_path, monkeypatch):
    run = runs.Run(tmp_path / "run", synthetic=False, disclosure="threshold=10,round=5")
    run.write()
    monkeypatch.setenv(runs.VARIABLE, str(run.folder))
    family["rare"] = family["a"].where(family["cohort"] == 1, family.index % 40 == 0).astype(int)
    found = odds_ratios_over(family, "y", ["rare", "b"], event=True).set_index(["cohort", "predictor"])
    assert found["odds_ratio"].isna().to_dict() == {(1, "rare"): False, (1, "b"): False, (2, "rare"): True,
                                                    (2, "b"): False}  # fmt: skip


def test_what_is_no_family_is_refused():
    with pytest.raises(InputError, match="no family"):
        odds_ratios_over(pd.DataFrame({"y": [0, 1], "a": [1, 0]}), "y", ["a"])
