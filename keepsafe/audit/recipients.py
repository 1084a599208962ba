"""How many were given a response, as far as the printed percentages allow it to be told."""

import numpy as np
import pandas as pd

from keepsafe.study.definition import Study
from keepsafe.study.printed import possible_counts


def recipients(figures: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Find the numbers of recipients with which every printed percentage of a response is a whole count.

    Where the report prints how many were given the response, in per cent of the group, that limits the
    numbers too.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    study : its responses; the variable that names persons.

    Returns
    -------
    DataFrame
        one row a response and group: response, label, group, group_label, size (of the group), printed (number of
        percentages of recipients), fitting (how many numbers fit), smallest, largest (blank where none fits).

    Source: the GRIM test (Brown and Heathers 2017), turned round.

    Examples
    --------
    >>> from keepsafe import load_figures, load_study
    >>> found = recipients(load_figures(), load_study()).set_index(["response", "group"])
    >>> found.loc[("accommodated", "cse"), ["fitting", "smallest", "largest"]].tolist()
    [1, 14, 14]
    """
    person = study.settings["study"]["person"]
    sizes = figures[(figures["variable"] == person) & (figures["statistic"] == "count")]
    sizes = sizes.drop_duplicates("group").set_index("group")["value"].astype(int)
    shares = figures[figures["statistic"] == "percent"]
    rows = []
    for name, response in study.responses.items():
        impacts = shares[shares["unit"] == f"recipients of {name}"]
        given = shares[
            (shares["variable"] == f"{name}_provided") & shares["stratum"].eq("") & shares["unit"].eq("persons")
        ]
        for group, part in impacts.groupby("group", sort=False):
            n = np.arange(1, sizes[group] + 1)
            fits = np.logical_and.reduce([_some(figure, n) for figure in part.itertuples()])
            for figure in given[given["group"] == group].itertuples():
                low, high = _counts(figure, sizes[group])
                fits &= (low <= n) & (n <= high)
            fitting = n[fits]
            ends = (fitting.min(), fitting.max()) if len(fitting) else (pd.NA, pd.NA)
            named = (name, response.label, group, study.groups[group].label)
            rows.append((*named, sizes[group], len(part), len(fitting), *ends))
    columns = ["response", "label", "group", "group_label", "size", "printed", "fitting", "smallest", "largest"]
    return pd.DataFrame(rows, columns=columns).astype({"smallest": "Int64", "largest": "Int64"})


def _counts(figure, n):
    return possible_counts(float(figure.value), figure.decimals, n, figure.qualifier)


def _some(figure, n: np.ndarray) -> np.ndarray:
    low, high = _counts(figure, n)
    return low <= high
