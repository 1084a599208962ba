"""How long a comparison table takes, beside PyPI tableone where that can be imported."""

import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pandas as pd

from keepsafe.compare import compare_groups

VARIABLES = 25


def cohort(rows: int, seed: int = 2019) -> pd.DataFrame:
    """Made-up persons: ten 0/1 variables, eight categories and seven numbers, and the 0/1 group."""
    rng = np.random.default_rng(seed)
    frame = {f"yes_{i}": rng.binomial(1, 0.1 + 0.08 * i, rows) for i in range(10)}
    for i in range(8):
        levels = [f"level {j}" for j in range(2 + i % 4)]
        frame[f"level_{i}"] = pd.Categorical(rng.choice(levels, rows), levels)
    frame |= {f"count_{i}": rng.poisson(2 + 3 * i, rows) for i in range(7)}
    return pd.DataFrame(frame | {"group": rng.binomial(1, 0.26, rows)})


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Shortest of several runs, the first one apart."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def table(sizes: tuple[int, ...] = (205, 100_000), repeats: int = 5) -> pd.DataFrame:
    """Time a table of 25 variables by two groups.

    Returns
    -------
    what, size (rows), seconds, peer (its name, blank where it is not installed), peer_seconds, and ratio
    (peer to keepsafe).
    """
    rows = []
    for size in sizes:
        data = cohort(size)
        variables = [name for name in data if name != "group"]
        ours = seconds(
            lambda data=data, variables=variables: compare_groups(data, variables, by="group"), repeats
        )
        peer, theirs = "", np.nan
        if find_spec("tableone"):
            from tableone import TableOne

            counted = [name for name in variables if not name.startswith("count")]
            peer = "tableone"
            theirs = seconds(
                lambda data=data, variables=variables, counted=counted: TableOne(
                    data, variables, categorical=counted, groupby="group", pval=True, smd=True
                ),
                1,
            )
        what = f"comparison table, {VARIABLES} variables"
        rows.append((what, size, ours, peer, theirs, theirs / ours))
    return pd.DataFrame(rows, columns=["what", "size", "seconds", "peer", "peer_seconds", "ratio"])


def main() -> None:
    """Print the timings."""
    print(table().to_string(index=False))


if __name__ == "__main__":
    main()
