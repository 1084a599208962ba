"""Which pairs of variables the published models force to associate, beyond what the tables alone leave."""

import numpy as np
import pandas as pd

from keepsafe.study import Study
from keepsafe.synthesis.family import cohorts_of


def forced_pairs(family: pd.DataFrame, study: Study, least: float = 0.1) -> pd.DataFrame:
    """Compare correlations in calibrated cohorts with those in cohorts exact on the tables alone.

    Parameters
    ----------
    family : as `read_family` returns it, with cohorts of both kinds.
    least : the smallest difference of mean correlations that is shown.

    Returns
    -------
    DataFrame
        one row a pair: first, second, tables and calibrated (mean correlations), difference; the largest
        first.
    """
    columns = sorted({name for model in study.models.values() for name in (*model.candidates, model.outcome.variable)})
    mean = {}
    for targets, part in family.groupby("targets"):
        found = [cohort[columns].astype("Float64").fillna(0).to_numpy(float) for _, cohort in cohorts_of(part)]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean[targets] = np.nanmean([np.nan_to_num(np.corrcoef(x, rowvar=False)) for x in found], axis=0)
    i, j = np.triu_indices(len(columns), 1)
    names = np.array(columns)
    pairs = pd.DataFrame(
        {
            "first": names[i],
            "second": names[j],
            "tables": mean["tables"][i, j],
            "calibrated": mean["all"][i, j],
        }
    )
    pairs["difference"] = pairs["calibrated"] - pairs["tables"]
    pairs = pairs[pairs["difference"].abs() >= least]
    size = pairs["difference"].abs().round(9)  # pairs that differ in last bits alone keep their order
    return pairs.loc[size.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
