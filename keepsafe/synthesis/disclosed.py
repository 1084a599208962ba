"""How many small unprinted joint cells are the same in every cohort: counted, never listed."""

import numpy as np
import pandas as pd

from keepsafe.study import Study
from keepsafe.synthesis.family import cohorts_of

SMALL = 4
COHORTS = 60  # how many cohorts are compared


def determined_cells(family: pd.DataFrame, study: Study, cohorts: int = COHORTS) -> dict[int, int]:
    """Count the joint cells of two and three variables that hold 1 to 4 persons, as many in every cohort.

    A cell counts only if it is not printed itself, and if it says more than its parts: leaving one variable
    out changes the number of persons. A family is a sample of the cohorts that fit: what differs in it is not
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
    names = _indicators(chosen[0], study)
    owner = np.array([name for name, _ in names])
    groups = [group.variable for group in study.groups.values() if group.variable]
    grouping = np.isin(owner, groups)
    held = np.stack([_matrix(part, names) for part in chosen])  # cohorts x persons x codes
    one, _ = _same(held.sum(axis=1))
    two, two_same = _same(held.transpose(0, 2, 1) @ held)
    apart = owner[:, None] != owner[None, :]
    printed = grouping[:, None] ^ grouping[None, :]  # a code in a group is what the tables print
    more = apart & (two < one[:, None]) & (two < one[None, :])
    counted = {2: int(np.triu(_small(two, two_same) & more & ~printed, 1).sum()), 3: 0}
    for a in range(len(owner)):
        rest = slice(a + 1, None)
        three, same = _same((held[:, :, a, None] * held[:, :, rest]).transpose(0, 2, 1) @ held[:, :, rest])
        pairs = apart[rest, rest] & apart[a, rest, None] & apart[a, None, rest]
        fewer = (three < two[rest, rest]) & (three < two[a, rest, None]) & (three < two[a, None, rest])
        counted[3] += int(np.triu(_small(three, same) & pairs & fewer, 1).sum())
    return counted


def _same(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the first cohort, and where all cohorts have the same."""
    return counts[0], (counts == counts[0]).all(axis=0)


def _small(counts: np.ndarray, same: np.ndarray) -> np.ndarray:
    return same & (counts >= 1) & (counts <= SMALL)


def _indicators(cohort: pd.DataFrame, study: Study) -> list[tuple[str, str]]:
    """Each code of each coded variable."""
    return [
        (variable.name, code)
        for variable in study.codebook
        if variable.name in cohort and variable.coded and variable.name != "synthetic"
        for code in variable.levels
    ]


def _matrix(cohort: pd.DataFrame, names: list[tuple[str, str]]) -> np.ndarray:
    """Who has which code: persons x codes."""
    text = {name: cohort[name].astype("str").to_numpy() for name in dict(names)}
    return np.column_stack([text[name] == code for name, code in names]).astype(np.float32)
