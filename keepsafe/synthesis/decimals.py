"""Numbers with decimals: drawn as whole ones of their smallest step, and given back as the report prints them.

All that draws and searches works in whole numbers, so that one seed gives the same files on every processor. A number
whose range the codebook writes with decimals (4.0..18.0) has as many as its printed means and SDs.
"""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd

from keepsafe.study.codebook import Codebook
from keepsafe.study.definition import Study

IN_UNITS = ("mean", "sd", "min", "max")


def decimals_of(figures: pd.DataFrame, study: Study) -> dict[str, int]:
    """How many decimals each number has that is not whole: the fewest of its printed means and SDs, one at least.

    A number that stands in an order with others, that is within another or counts items stays whole, and so does one of
    which the study file says how it is drawn.

    Examples
    --------
    >>> from keepsafe import load_figures, load_study
    >>> decimals_of(load_figures(), load_study())
    {}
    """
    said = study.settings.get("synthesis", {})
    bound = {name for rule in said.get("order", []) for name in rule.values() if isinstance(name, str)}
    bound |= {*study.rules.within, *study.rules.within.values(), *study.rules.sums, *said.get("numbers", {})}
    found = {}
    for variable in study.codebook:
        if variable.type == "number" and not variable.whole and variable.name not in bound:
            rows = figures[(figures["variable"] == variable.name) & figures["statistic"].isin(["mean", "sd"])]
            found[variable.name] = max(1, int(rows["decimals"].min())) if len(rows) else 1
    return found


def in_steps(figures: pd.DataFrame, study: Study, decimals: dict[str, int]) -> tuple[pd.DataFrame, Study]:
    """The figures and the study with these numbers counted in their smallest step: 9.84 as 984."""
    figures = figures.copy()
    of_numbers = figures["variable"].isin(decimals) & figures["statistic"].isin(IN_UNITS) & (figures["level"] == "")
    for i in figures.index[of_numbers]:
        steps = decimals[figures.at[i, "variable"]]
        figures.at[i, "value"] = format(Decimal(figures.at[i, "value"]).scaleb(steps), "f")
        figures.at[i, "decimals"] = max(int(figures.at[i, "decimals"]) - steps, 0)
    variables = [
        replace(
            variable,
            low=None if variable.low is None else round(variable.low * 10 ** decimals[variable.name]),
            high=None if variable.high is None else round(variable.high * 10 ** decimals[variable.name]),
        )
        if variable.name in decimals
        else variable
        for variable in study.codebook
    ]
    return figures, replace(study, codebook=Codebook(variables, study.codebook.frame))


def given_back(codes: np.ndarray, decimals: int, missing: dict[str, str]) -> np.ndarray:
    """Codes in steps as the numbers that they stand for.

    Examples
    --------
    >>> given_back(np.array(["984", "-5", "1300", "-9"], object), 2, {"-9": "not recorded"}).tolist()
    ['9.84', '-0.05', '13', '-9']
    """
    return np.array([code if code in missing else _in_units(code, decimals) for code in codes], object)


def _in_units(code: str, decimals: int) -> str:
    return format(Decimal(code).scaleb(-decimals), "f").rstrip("0").rstrip(".")
