"""How long backward elimination takes: one, 200 in resamples, and against rows and predictors, beside its peers.

Writes reports/benchmarks/logistic.csv and .svg. Times are of one processor, so that other work on the machine does
not count, and compilation is apart: every call is made once before it is timed.
"""

import multiprocessing
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # two threads made small products slower

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from keepsafe import paths  # noqa: E402
from keepsafe.logistic.elimination import eliminate  # noqa: E402

COLUMNS = ["what", "size", "seconds", "peer", "peer_seconds", "ratio"]
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


def seconds(call: Callable[[], object], repeats: int = 5) -> float:
    """Shortest of several runs, the first one apart."""
    call()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


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


def one_and_two_hundred(rows: int = 205, resamples: int = 200) -> pd.DataFrame:
    """Time one elimination and many in resamples.

    Returns
    -------
    what, size (rows), seconds (of one processor), peer, peer_seconds, ratio (peer to keepsafe). A peer's resamples
    are its one elimination times their number.
    """
    X, y = made(rows)
    X = X.astype(float)
    terms = np.arange(X.shape[1])
    draws = np.random.default_rng(2019).integers(0, rows, (resamples, rows))

    def many() -> None:
        for draw in draws:
            eliminate(X[draw], y[draw], terms)

    ours = {1: seconds(lambda: eliminate(X, y, terms), 50), resamples: seconds(many, 3)}
    peers = {"statsmodels on arrays": seconds(lambda: statsmodels_loop(X, y), 1), **r_seconds(X, y)}
    return pd.DataFrame([
        (f"{times} elimination{'s' * (times > 1)}, {X.shape[1] - 1} predictors", rows, taken, peer, times * each,
         times * each / taken)
        for times, taken in ours.items() for peer, each in peers.items()
    ], columns=COLUMNS)  # fmt: skip


def against_rows(sizes: tuple[int, ...] = (100, 1_000, 10_000, 100_000)) -> pd.DataFrame:
    """Time one elimination of 25 predictors against the number of rows."""
    return _plain([("against rows, 25 predictors", size, *made(size)) for size in sizes])


def against_predictors(sizes: tuple[int, ...] = (10, 25, 50, 100), rows: int = 2_000) -> pd.DataFrame:
    """Time one elimination against the number of predictors."""
    return _plain([(f"against predictors, {rows} rows", size, *made(rows, size)) for size in sizes])


def large(rows: int = 1_000_000) -> pd.DataFrame:
    """Time one elimination of very many rows in a process of its own, with the memory that it took at most."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        taken, megabytes = pool.apply(_alone, (rows,))
    what = f"large: at most {megabytes:.0f} MB, data and Python included"
    return pd.DataFrame([(what, rows, taken, "", np.nan, np.nan)], columns=COLUMNS)


def _alone(rows: int) -> tuple[float, float]:
    small, y = made(500)
    eliminate(small, y, np.arange(small.shape[1]))
    X, y = made(rows)
    start = time.process_time()
    eliminate(X, y, np.arange(X.shape[1]))
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _plain(cases: list[tuple]) -> pd.DataFrame:
    rows = [(what, size, seconds(lambda X=X, y=y: eliminate(X, y, np.arange(X.shape[1])), 3), "", np.nan, np.nan)
            for what, size, X, y in cases]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def plot(table: pd.DataFrame, place: Path) -> None:
    """Draw the cost against rows and against predictors."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "keepsafe"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    for axis, kind in zip(axes, ("rows", "predictors"), strict=True):
        part = table[table["what"].str.startswith((f"against {kind}", "large" if kind == "rows" else "-"))]
        axis.loglog(part["size"], part["seconds"], "o-", color="black")
        axis.set(xlabel=kind, title=part["what"].iloc[0].partition(", ")[2])
    axes[0].set_ylabel("seconds of one elimination")
    figure.savefig(place, metadata={"Date": None})


def main() -> None:
    """Print all timings, and write and draw them."""
    parts = [one_and_two_hundred(), against_rows(), against_predictors(), large()]
    table = pd.concat(parts, ignore_index=True)
    print(table.to_string(index=False))
    folder = paths.root() / "reports" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "logistic.csv", index=False)
    plot(table, folder / "logistic.svg")


if __name__ == "__main__":
    main()
