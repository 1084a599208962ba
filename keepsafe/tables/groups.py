"""Groups side by side: the frame of `compare_groups` as a table with named values."""

import pandas as pd

from keepsafe.study import Study
from keepsafe.tables.display import Table, table
from keepsafe.values import Kind, Sentence, say, value, value_name


def groups_table(frame: pd.DataFrame, study: Study, caption: str, name: str,
                 kind: Kind | None = Kind.NOT_COMPARABLE, digits: int = 1) -> Table | Sentence:  # fmt: skip
    """Lay a comparison out with variables down the side and groups across, percentages or means (SD).

    Parameters
    ----------
    frame : as `compare_groups` returns it, without strata.
    study : labels of variables, levels and groups.
    caption, name : of the table; `name` also begins the names of its values.
    kind : kind of agreement of the values with the 2019 report; None where it does not come into it.
    digits : decimals.

    Returns
    -------
    Table; under disclosure control a sentence in the place of one of which nothing stands.
    """
    rows = frame[frame["percent"].notna() | frame["mean"].notna()].drop_duplicates(["variable", "level", "group"])
    rows = rows[rows["level"] != "missing"]
    if rows.empty:
        return table(rows, caption, name)
    many = rows.groupby("variable")["level"].nunique().gt(1)

    def label(row) -> tuple[str, str]:
        level = study.codebook.level_label(row.variable, row.level) if many[row.variable] else ""
        return study.label(row.variable), level or ("mean (SD)" if pd.notna(row.mean) else "yes")

    def cell(row):
        key = value_name(*filter(None, (name, row.variable, row.level.replace("|", "-or-"), row.group)))
        if pd.isna(row.mean):
            return value(row.percent, key, unit="%", digits=digits, kind=kind, safe=True)
        return say("{mean} ({sd})", mean=value(row.mean, f"{key}.mean", digits=digits, kind=kind, safe=True),
                   sd=value(row.sd, f"{key}.sd", digits=digits, kind=kind, safe=True))  # fmt: skip

    tuples = list(rows.itertuples())
    cells = pd.Series([cell(row) for row in tuples],
                      index=pd.MultiIndex.from_tuples([(*label(row), row.group_label) for row in tuples]))  # fmt: skip
    wide = cells.unstack(sort=False)
    wide.index.names = ["Variable", "Level"]
    of_known = (rows["percent"].notna() & (rows["denominator"] < rows["n"])).any()
    return table(wide, caption, name, note=f"Percentages of {'those known' if of_known else 'all'}, or means (SD).")
