"""From a comparison of groups to the dots of a plot, and to the words of its alt text."""

from collections.abc import Sequence

import pandas as pd

from keepsafe.study import Study
from keepsafe.values import rounded


def dots(
    frame: pd.DataFrame, study: Study, groups: Sequence[str], figures: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The dots of `plot_proportions`, from a comparison of groups.

    Parameters
    ----------
    frame : as `compare_groups` returns it; a 0/1 variable is shown by its 1, others level by level.
    study : labels.
    groups : names of the groups to draw, in order.
    figures : published figures; where one counts the same, its printed value is marked.

    Returns
    -------
    DataFrame
        label, group, value, low, high, published: a row a variable (and level) and group.
    """
    rows = frame[frame["group"].isin(groups) & frame["percent"].notna() & frame["level"].ne("missing")]
    rows = rows.drop_duplicates(["variable", "level", "group"])
    rows = rows.iloc[rows["group"].map({name: place for place, name in enumerate(groups)}).argsort(kind="stable")]
    labels = [
        study.label(row.variable)
        + ("" if row.level == "1" else f": {study.codebook.level_label(row.variable, row.level).lower()}")
        for row in rows.itertuples()
    ]
    drawn = pd.DataFrame({"label": labels, "group": rows["group_label"].to_numpy(), "value": rows["percent"].to_numpy(),
                          "low": rows["percent_low"].to_numpy(), "high": rows["percent_high"].to_numpy()})  # fmt: skip
    if figures is None:
        return drawn
    exact = figures[figures["statistic"].eq("percent") & figures["qualifier"].eq("exactly") & figures["stratum"].eq("")]
    columns = [study.column(*pair) for pair in zip(exact["variable"], exact["phase"], strict=True)]
    value = exact["value"].astype(float).to_numpy()
    printed = dict(zip(zip(columns, exact["level"], exact["group"], strict=True), value, strict=True))
    return drawn.assign(published=[printed.get((row.variable, row.level, row.group)) for row in rows.itertuples()])


def told(drawn: pd.DataFrame, digits: int = 0, unit: str = "%") -> str:
    """What a plot of dots shows, in words: each row with the value of each of its groups.

    >>> told(pd.DataFrame({"label": ["In care"] * 2, "group": ["CSE", "no CSE"], "value": [66.7, 51.7]}))
    'In care: CSE 67%, no CSE 52%.'
    """
    parts = [
        f"{label}: " + ", ".join(f"{row.group} {rounded(row.value, digits)}{unit}" for row in part.itertuples())
        for label, part in drawn.groupby("label", sort=False)
    ]
    return "; ".join(parts) + "."
