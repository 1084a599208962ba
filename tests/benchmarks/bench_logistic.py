"""How long backward elimination takes: one, 200 in resamples, and against rows and predictors, beside its peers.

Times are of one processor, so that other work on the machine does not count, and compilation is apart: every call is
made once before it is timed.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # two threads made small products slower

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from measure import row, run, taken  # noqa: E402

from keepsafe.statistics.engine import eliminate  # noqa: E402
from keepsafe.statistics.selection import backward_elimination  # noqa: E402

R_LOOP = r"""
data <- as.matrix(read.csv("data.csv")); y <- data[, 1]; X <- cbind(1, data[, -1])
deviance_of <- function(keep) glm.fit(X[rows, keep, drop = FALSE], y[rows], family = binomial())$deviance
eliminate <- function() {
  inside <- 2:ncol(X)
  while (length(inside)) {
    full <- deviance_of(c(1, inside))
    change <- sapply(inside, function(j) deviance_of(c(1, setdiff(inside, j)))) - full
    if (min(change) >= qchisq(0.9, 1)) break
    inside <- inside[-which.min(change)]
  }
  inside
}
rows <- seq_along(y); frame <- data.frame(y = y, data[, -1])
loop <- sum(system.time(eliminate())[1:2])
stepped <- sum(system.time(step(glm(y ~ ., binomial, frame), k = qchisq(0.9, 1), trace = 0))[1:2])
cat(loop, stepped)
"""


def made(rows: int, predictors: int = 25, seed: int = 2019) -> tuple[np.ndarray, np.ndarray]:
    """Made-up persons as small integers: 0/1 columns and a fifth of counts, six that matter, about 26% events."""
    rng = np.random.default_rng(seed)
    X = np.ones((rows, predictors + 1), np.int8)
    share = rng.uniform(0.15, 0.6, predictors)
    for j in range(predictors):
        X[:, j + 1] = rng.poisson(5, rows) if j % 5 == 4 else rng.random(rows) < share[j]
    effects = np.zeros(predictors + 1)
    effects[[1, 2, 3, 4, 6, 7]] = [0.9, -0.8, 0.8, 0.7, -0.6, 0.6]
    eta = np.zeros(rows)
    for j in np.flatnonzero(effects):
        eta += effects[j] * X[:, j]
    eta -= np.quantile(eta, 0.5) + 1.2
    return X, (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(float)


def statsmodels_loop(X: np.ndarray, y: np.ndarray) -> list[int]:
    """The same elimination with every model fitted by statsmodels on arrays."""
    from scipy import stats
    from statsmodels.discrete.discrete_model import Logit

    def deviance(inside: list[int]) -> float:
        return -2 * Logit(y, X[:, [0, *inside]]).fit(disp=0, method="newton", warn_convergence=False).llf

    inside = list(range(1, X.shape[1]))
    while inside:
        full = deviance(inside)
        change = [deviance([k for k in inside if k != j]) - full for j in inside]
        if min(change) >= stats.chi2.isf(0.10, 1):
            break
        del inside[int(np.argmin(change))]
    return inside


def r_seconds(X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """R's glm.fit loop and step() on the same data; nothing where R is not installed."""
    if not shutil.which("Rscript"):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        pd.DataFrame(np.column_stack([y, X[:, 1:]])).to_csv(Path(folder, "data.csv"), index=False)
        done = subprocess.run(["Rscript", "-e", R_LOOP], cwd=folder, capture_output=True, text=True, check=True)
    return dict(zip(("R glm.fit loop", "R step"), map(float, done.stdout.split()), strict=True))


def rows(quick: bool) -> Iterator[dict]:
    """One elimination and many in resamples beside their peers; cost against rows, predictors and resamples."""
    yield from beside_peers(quick)
    repeats = 1 if quick else 3
    for size in (100, 1_000) if quick else (100, 1_000, 10_000, 100_000, 1_000_000):
        X, y = made(size)
        yield row("elimination, 25 predictors", size, "rows", **taken(_one(X, y), repeats, time.process_time))
    for size in (1_000,) if quick else (100_000, 1_000_000):  # from a data frame to both models, with every step told
        yield row("backward_elimination, 25 predictors", size, "rows", **taken(_whole(size), 0, time.process_time))
    for size in (10, 25) if quick else (10, 25, 50, 100):
        X, y = made(2_000, size)
        yield row("elimination, 2,000 rows", size, "predictors", **taken(_one(X, y), repeats, time.process_time))


def beside_peers(quick: bool) -> Iterator[dict]:
    """A peer's resamples are its one elimination times their number."""
    X, y = made(205)
    X = X.astype(float)
    peers = {"statsmodels on arrays": taken(lambda: statsmodels_loop(X, y), 1, time.process_time)["seconds"]}
    peers |= r_seconds(X, y)
    for resamples in (1, 20) if quick else (1, 200, 1_000, 5_000):
        draws = np.random.default_rng(2019).integers(0, len(y), (resamples, len(y)))
        ours = taken(partial(_many, X, y, draws), 50 if resamples == 1 else 1, time.process_time)
        for peer, each in peers.items():
            yield row("eliminations, 205 rows, 25 predictors", resamples, "resamples", peer, resamples * each, **ours)


def _one(X: np.ndarray, y: np.ndarray) -> partial:
    return partial(eliminate, X, y, np.arange(X.shape[1]))


def _whole(size: int) -> partial:
    """The public call; its peak less that of the row before is what it takes above the data."""
    X, y = made(size)
    data = pd.DataFrame(X[:, 1:], columns=[f"x{k}" for k in range(X.shape[1] - 1)])
    return partial(backward_elimination, data.assign(ill=y.astype(np.int8)), "ill", list(data))


def _many(X: np.ndarray, y: np.ndarray, draws: np.ndarray) -> None:
    for draw in draws:
        eliminate(X[draw], y[draw], np.arange(X.shape[1]))


if __name__ == "__main__":
    run("logistic", rows)
