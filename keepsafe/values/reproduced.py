"""Published figures computed again, as named values for sentences."""

from collections.abc import Callable

import pandas as pd

from keepsafe.problems import InputError
from keepsafe.recompute import recompute
from keepsafe.study import Study
from keepsafe.values.named import Kind, Value, value


def reproduced(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study,
               facts: dict[str, float] | None = None) -> Callable[[str], Value]:  # fmt: skip
    """A function that gives a published figure, computed again from the cohort, by its id.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    cohort, study, facts : as for `recompute`.

    Returns
    -------
    function of an id; its value has the id, the unit and the decimals of the published figure (one more
    decimal
    where that is worded as about, over or almost) and the kind calibrated.

    Raises
    ------
    InputError, when called with an id that no figure has.

    Examples
    --------
    >>> from keepsafe import load_cohort, load_figures, load_study
    >>> again = reproduced(load_figures(), load_cohort(), load_study())
    >>> str(again("L110.cse.total.count"))
    '54'
    """
    printed = figures.set_index("id")
    found = recompute(figures, cohort, study, facts).set_index("id")["recomputed"]

    def again(id: str) -> Value:
        if id not in printed.index:
            raise InputError.of(f"no published figure is called {id!r}", column="id")
        figure = printed.loc[id]
        worded = figure["qualifier"] != "exactly"
        unit = "%" if figure["statistic"] == "percent" else figure["unit"]
        return value(found[id], id=id.lower(), unit=unit,
                     digits=int(figure["decimals"]) + worded, published=id, kind=Kind.CALIBRATED, safe=True)  # fmt: skip

    return again
