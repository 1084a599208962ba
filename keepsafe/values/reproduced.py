"""Published figures computed again, as named values for sentences."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from keepsafe import runs
from keepsafe.problems import InputError
from keepsafe.recompute import recompute
from keepsafe.study import Study
from keepsafe.values.named import Kind, Value, value
from keepsafe.values.quotations import quotation


def reproduced(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study,
               facts: dict[str, float] | None = None) -> Callable[[str], Value]:  # fmt: skip
    """A function that gives a published figure, computed again from the cohort, by its id.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    cohort, study, facts : as for `recompute`.

    Returns
    -------
    function of an id; its value has the id, the unit and the decimals of the published figure and the kind calibrated.
    Where the report words the figure (about, over, almost), the value shows that wording: a decimal would be ours.

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
        made = value(found[id], id=id.lower(), unit=unit, digits=int(figure["decimals"]) + worded, published=id,
                     kind=Kind.CALIBRATED, safe=True)  # fmt: skip
        if worded and runs.synthetic():  # a decimal here would be ours: the report gave no more than its wording
            return replace(made, text=quotation(id), number=quotation(id).removesuffix("%"))
        return made

    return again
