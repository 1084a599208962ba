"""How many small joint cells that the report does not print are the same in every cohort: counted, never listed."""

import numpy as np
import pandas as pd

from keepsafe.study import Study
from keepsafe.synthesis.family import cohorts_of

SMALL = 4
COHORTS = 60  # how many cohorts are compared


def determined_cells(family: pd.DataFrame, study: Study, cohorts: int = COHORTS) -> dict[int, int]:
    """Count the joint cells of two and three variables that hold 1 to 4 persons, as many in every cohort.

    A cell counts only if it is not printed itself, and if it says more than its parts: leaving one variable out
    changes the number of persons. A family is a sample of the cohorts that fit: what differs in it is not
    determined; what does not differ may be.

    Parameters
    ----------
    family : as `read_family` returns it; its cohorts exact on the tables are used.
    cohorts : how many of them.

    Returns
    -------
    dict of the number of variables (2, 3) to the number of such cells. Which cells they are is not told.
    """
    chosen = [part for _, part in cohorts_of(family[family["targets"] == "tables"])][:cohorts]
    names, owner = _indicators(chosen[0], study)
    lowest = highest = None
    for part in chosen:
        z = _matrix(part, names)
        single, pairs = z.sum(axis=0), z.T @ z
        triples = np.einsum("ia,ib,ic->abc", z, z, z, optimize=True).astype(np.int16)
        found = [single.astype(np.int16), pairs.astype(np.int16), triples]
        lowest = found if lowest is None else [np.minimum(a, b) for a, b in zip(lowest, found, strict=True)]
        highest = found if highest is None else [np.maximum(a, b) for a, b in zip(highest, found, strict=True)]
    same = [a == b for a, b in zip(lowest, highest, strict=True)]
    groups = {group.variable for group in study.groups.values() if group.variable}
    grouping = np.array([name in groups for name in owner])
    n, apart = len(owner), owner[:, None] != owner[None, :]
    upper = np.triu(np.ones((n, n), bool), 1) & apart
    printed = grouping[:, None] ^ grouping[None, :]  # a level in a group is what the tables print
    one, two, three = lowest
    small = (two >= 1) & (two <= SMALL) & same[1] & upper & ~printed
    small &= (two < one[:, None]) & (two < one[None, :])
    i, j, k = np.ogrid[:n, :n, :n]
    ordered = (i < j) & (j < k) & apart[:, :, None] & apart[:, None, :] & apart[None, :, :]
    joint = ordered & same[2] & (three >= 1) & (three <= SMALL)
    joint &= (three < two[:, :, None]) & (three < two[:, None, :]) & (three < two[None, :, :])
    return {2: int(small.sum()), 3: int(joint.sum())}


def _indicators(cohort: pd.DataFrame, study: Study) -> tuple[list[tuple[str, object]], np.ndarray]:
    names = [(variable.name, code) for variable in study.codebook if variable.name in cohort and variable.coded
             and variable.name != "synthetic" for code in variable.levels]  # fmt: skip
    return names, np.array([name for name, _ in names])


def _matrix(cohort: pd.DataFrame, names: list[tuple[str, object]]) -> np.ndarray:
    text = {name: cohort[name].astype("str").to_numpy() for name, _ in dict.fromkeys((name, None) for name, _ in names)}
    return np.column_stack([text[name] == code for name, code in names]).astype(np.float32)
