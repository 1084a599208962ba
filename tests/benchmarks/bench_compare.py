"""How long a comparison table takes, beside PyPI tableone where that can be imported."""

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec

import numpy as np
import pandas as pd
from measure import row, run, taken

from keepsafe.statistics.comparison import compare_groups

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


def rows(quick: bool) -> Iterator[dict]:
    """A table of 25 variables by two groups, against the number of persons."""
    for size in (100, 205, 1_000) if quick else (100, 205, 1_000, 10_000, 100_000, 1_000_000):
        data = cohort(size)
        variables = [name for name in data if name != "group"]
        ours = taken(partial(compare_groups, data, variables, by="group"), 1 if quick else 3)
        peer, theirs = "", None
        if find_spec("tableone"):
            counted = [name for name in variables if not name.startswith("count")]
            peer, theirs = "tableone", taken(partial(_tableone, data, variables, counted), 1)["seconds"]
        yield row(f"comparison table, {VARIABLES} variables", size, "rows", peer, theirs, **ours)


def _tableone(data: pd.DataFrame, variables: list[str], counted: list[str]) -> None:
    from tableone import TableOne

    TableOne(data, variables, categorical=counted, groupby="group", pval=True, smd=True)


if __name__ == "__main__":
    run("compare", rows)
