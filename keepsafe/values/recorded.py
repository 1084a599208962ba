"""Values that earlier chapters recorded, for a later chapter to speak of."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

from keepsafe import paths, runs
from keepsafe.inert import restored
from keepsafe.problems import InputError
from keepsafe.values.named import Kind, Value

if TYPE_CHECKING:
    import pandas as pd


def recorded() -> "pd.DataFrame":
    """Every value recorded so far: by this run's earlier notebooks, or outside a run by the last report.

    Returns
    -------
    Data frame with the columns of values.csv, all text, blank where there is none: id, value, text, unit,
    digits, notebook, cell, figure, printed, kind.

    Raises
    ------
    InputError where no report has been made yet.
    """
    import pandas as pd

    run = runs.active()
    path = run.path("values.csv") if run else paths.root() / "reports" / "values.csv"
    if not path.is_file():
        raise InputError.of("no values are recorded yet", file=path.name, remedy="run: keepsafe report")
    return pd.read_csv(path, dtype=str, keep_default_na=False).map(restored)


def recall(id: str, values: "pd.DataFrame | None" = None) -> Value:
    """A value by its name, as an earlier chapter recorded it.

    Parameters
    ----------
    id : its name.
    values : where to look; by default `recorded()`.

    Raises
    ------
    InputError for a name that no chapter recorded.
    """
    values = recorded() if values is None else values
    found = values.loc[values["id"] == id]
    if found.empty:
        near = get_close_matches(id, values["id"], 1)
        raise InputError.of(
            f"no chapter recorded a value {id!r}",
            column="id",
            remedy=f"did you mean {near[0]!r}?" if near else None,
        )
    row = found.iloc[0]
    number = _number(row["value"])
    text = row["text"]
    bare = text.removeprefix("p = ").removeprefix("p ") if row["unit"] == "p" else text.removesuffix("%")
    return Value(
        row["id"],
        number,
        bare,
        text,
        row["unit"],
        int(row["digits"]) if row["digits"] else None,
        (row["figure"], row["printed"]) if row["figure"] else None,
        Kind(row["kind"]) if row["kind"] else None,
    )


def _number(text: str) -> float | int | str | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None
