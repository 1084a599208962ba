"""A user's own data beside the tables of 2019: differences with their intervals, where variables and groups match."""

from collections.abc import Collection

import pandas as pd

from keepsafe import runs
from keepsafe.intervals import mean_difference, risk_difference
from keepsafe.recompute import recompute
from keepsafe.study import Study
from keepsafe.tables.display import Table, table
from keepsafe.values import Kind, Sentence, say, value

COLUMNS = ["id", "variable", "level", "phase", "group", "statistic", "decimals", "printed", "here", "difference", "low",
           "high"]  # fmt: skip


def differences(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each percentage and mean of the 2019 tables beside the same in a cohort, the cohort's less that of 2019.

    Parameters
    ----------
    figures : as `load_figures` returns them.
    cohort, study : the data, and the groups.

    Returns
    -------
    DataFrame
        one row a figure that can be computed here: id, variable, level, phase, group, statistic, decimals, printed,
        here, difference, low, high (95%: Newcombe's interval for percentages, Welch's for means).

    Examples
    --------
    >>> from keepsafe import load_cohort, load_figures, load_study
    >>> found = differences(load_figures(), load_cohort(), load_study()).set_index("id")
    >>> found.loc["table_1.lived_care.p1.cse.percent", ["printed", "here", "difference"]].abs().round(1).tolist()
    [66.7, 66.7, 0.0]
    """
    tables = figures[figures["source"].str.startswith("table_") & figures["stratum"].eq("")]
    tables = tables[tables["group"].isin(study.groups) & tables["n_printed"].ne("")]
    found = tables.join(recompute(tables, cohort, study)[["n", "k", "recomputed"]]).dropna(subset="recomputed")
    sd = found[found["statistic"] == "sd"].set_index(["variable", "phase", "group"])
    rows = []
    for row in found.itertuples():
        printed, n = float(row.value), int(row.n_printed)
        key = (row.variable, row.phase, row.group)
        if row.statistic == "percent" and pd.notna(row.k):
            part = [100 * number for number in risk_difference(row.k, row.n, round(printed * n / 100), n)]
        elif row.statistic == "mean" and key in sd.index:
            spread = sd.loc[key]
            part = mean_difference(row.recomputed, spread["recomputed"], row.n, printed, float(spread["value"]), n,
                                   pooled=False)  # fmt: skip
        else:
            continue
        rows.append((row.id, row.variable, row.level, row.phase, row.group, row.statistic, int(row.decimals), printed,
                     row.recomputed, *map(float, part)))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def difference_table(
    figures: pd.DataFrame, cohort: pd.DataFrame, study: Study, groups: Collection[str], caption: str, name: str
) -> Table | Sentence:
    """The differences from 2019 as a table; on synthetic files a sentence, for those were made to have none.

    Parameters
    ----------
    figures, cohort, study : as for `differences`.
    groups : names of the groups that are shown.
    caption, name : of the table.
    """
    if runs.synthetic():
        return say("The synthetic files were made to give these figures, so there is no difference to be seen. On a "
                   "team's own files a table stands here.")  # fmt: skip
    found = differences(figures, cohort, study)
    found = found[found["group"].isin(groups)]

    def shown(row, what: str):
        return value(getattr(row, what), f"difference.{row.id.lower()}.{what}", digits=row.decimals,
                     unit="%" if row.statistic == "percent" and what == "here" else "", kind=Kind.DIFFERENCE,
                     published=row.id if what == "here" else None, safe=True)  # fmt: skip

    rows = [{
        "What": _label(row, study), "Group": study.groups[row.group].label, "2019": figures.loc[figures["id"] == row.id,
        "value"].iat[0], "Here": shown(row, "here"),
        "Difference (95% interval)": say("{difference} ({low} to {high})",
                                         **{what: shown(row, what) for what in ("difference", "low", "high")}),
    } for row in found.itertuples()]  # fmt: skip
    return table(pd.DataFrame(rows), caption, name, note="Percentages (differences in percentage points) or means.")


def _label(row, study: Study) -> str:
    column = study.column(row.variable, row.phase)
    level = study.codebook.level_label(column, row.level) if row.level not in ("", "1") else ""
    return ", ".join(filter(None, (study.label(column), level, f"phase {row.phase}" if row.phase else "")))
