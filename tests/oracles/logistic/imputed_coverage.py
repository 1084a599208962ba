"""Do 95% intervals after multiple imputation hold the truth in 95% of data sets? A simulation of 1,000 of each kind.

`python tests/oracles/logistic/imputed_coverage.py` writes imputed_coverage.csv.gz anew, beside it (some 10 minutes).
Each has 205 persons; an outcome depends on `a` (0/1), `b` (0/1) and `x` (a number), which go together. Of b, x, or
both, about a third is unknown, more often where the outcome or `a` is a yes: at random given what is known.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from keepsafe.statistics.imputation import fit_imputed

PLACE = Path(__file__).with_name("imputed_coverage.csv.gz")
DATASETS, PERSONS, SETS = 1000, 205, 10
TRUTH = {"a": 0.5, "b": 1.0, "x": 0.8}
UNKNOWN = {"yes/no": ["b"], "number": ["x"], "both": ["b", "x"]}


def simulated(unknown: list[str], dataset: int) -> pd.DataFrame:
    """One data set, from a random stream of its own."""
    rng = np.random.default_rng([2019, dataset])
    a, x = rng.integers(0, 2, PERSONS), rng.normal(size=PERSONS)
    x += 0.5 * a
    b = (rng.random(PERSONS) < expit(-0.7 + 0.6 * a + 0.5 * x)).astype(float)
    y = (rng.random(PERSONS) < expit(-1.2 + TRUTH["a"] * a + TRUTH["b"] * b + TRUTH["x"] * x)).astype(int)
    data = pd.DataFrame({"y": y, "a": a, "b": b, "x": x.round(3)})
    for name in ("b", "x"):
        hidden = rng.random(PERSONS) < expit(-1.4 + 0.8 * y + 0.6 * a)
        data[name] = data[name].mask(hidden & (name in unknown))
    return data


def intervals(case: str, dataset: int) -> list[dict]:
    """What is estimated in one data set: a row a predictor and method."""
    found = fit_imputed(simulated(UNKNOWN[case], dataset), "y", list(TRUTH), n_sets=SETS)
    found = found[found["predictor"] != "const"].assign(low=np.log(found["low"]), high=np.log(found["high"]))
    kept = found[["method", "predictor", "B", "low", "high"]].round(3)
    return kept.assign(case=case, dataset=dataset).to_dict("records")


def main() -> None:
    """Write the result of the full simulation."""
    rows = [row for case in UNKNOWN for dataset in range(DATASETS) for row in intervals(case, dataset)]
    packed = {"method": "gzip", "mtime": 0}
    pd.DataFrame(rows).to_csv(PLACE, index=False, lineterminator="\n", compression=packed)


if __name__ == "__main__":
    main()
