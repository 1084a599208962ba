"""Write the data that logistic.R reads beside R's own: the synthetic cohort, a suppressor, separated cases."""

from pathlib import Path

import numpy as np
import pandas as pd

import keepsafe

HERE = Path(__file__).parent
EXTRA = ["synthetic", "cse", "extrafamilial_sexual_abuse_p1"]


def suppressor(seed: int = 103, n: int = 120) -> pd.DataFrame:
    """A predictor that is removed first and comes back when the others are gone."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 5))
    z[:, 4] = z[:, :4].sum(axis=1) * 0.6 + rng.normal(size=n) * 0.5
    chance = 1 / (1 + np.exp(-z @ rng.normal(size=5) * 0.6))
    outcome = (rng.random(n) < chance).astype(int)
    return pd.DataFrame(z.round(2), columns=list("abcde")).assign(outcome=outcome)


def separated(seed: int = 7, n: int = 60) -> pd.DataFrame:
    """An exposure without which nobody has the outcome."""
    rng = np.random.default_rng(seed)
    exposed, age = rng.integers(0, 2, n), rng.integers(12, 18, n)
    return pd.DataFrame({"exposed": exposed, "age": age, "outcome": exposed * rng.integers(0, 2, n)})


def main() -> None:
    """Write cohort.csv, suppressor.csv and separated.csv beside this file."""
    candidates = keepsafe.load_study().models["cse_any_abuse"].candidates
    keepsafe.load_cohort()[[*EXTRA, *candidates]].to_csv(HERE / "cohort.csv", index=False)
    suppressor().to_csv(HERE / "suppressor.csv", index=False)
    separated().to_csv(HERE / "separated.csv", index=False)


if __name__ == "__main__":
    main()
