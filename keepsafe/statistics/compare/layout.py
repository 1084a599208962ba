"""The printed table, laid out as the 2019 report has it: groups across, markers beside the figures."""

import re
from collections.abc import Sequence

import pandas as pd

from keepsafe.problems import InputError, Problem, require_frame
from keepsafe.statistics.compare.coding import level_text

PHASED = re.compile(r"^(?P<base>.+)_p(?P<phase>\d)$")
WORDING = {"": "none", "†": "marginal", "*": "significant", "**": "significant", "***": "significant"}


def group_table(
    frame: pd.DataFrame,
    columns: Sequence[str | tuple[str, int]] | None = None,
    codebook: object = None,
    decimals: int = 1,
) -> pd.DataFrame:
    """Lay a comparison out for print.

    Parameters
    ----------
    frame : from `compare_groups`. Names that end in _p1 and _p2 are one row's two phases; others stand with
        phase 1.
    columns : groups in order, a name for phase 1 or (name, phase). By default every group, then at phase 2
        those of which most were asked.
    codebook : gives labels (`label(name)`, `level_label(name, level)`); names and levels are shown without
        it.
    decimals : of percentages, means and standard deviations.

    Returns
    -------
    A data frame of text: stratum where there is one, variable, level ("M (SD)" and "range" for numbers), and
    a column a group, headed with its size. A contrast of two groups has its marker in the second one's cell,
    a larger one in a column of its own. "missing" counts the first group's unknowns, where there are any.

    Raises
    ------
    InputError : columns that name no group of the frame.

    Examples
    --------
    >>> from keepsafe.statistics.compare import compare_groups
    >>> cohort = pd.DataFrame({"cse": [0] * 151 + [1] * 54})
    >>> cohort["care_p1"] = [1] * 78 + [0] * 73 + [1] * 36 + [0] * 18
    >>> print(group_table(compare_groups(cohort, ["care_p1"], by="cse", test="yates")).to_string(index=False))
    variable level Total (N=205) cse 0 (N=151) cse 1 (N=54)
        care                55.6          51.7        66.7†
    """
    require_frame(frame=frame)
    rows = frame.assign(base=frame["variable"].map(_base), phase=frame["variable"].map(_phase))
    places = _places(rows, columns)
    labels = rows.drop_duplicates("group").set_index("group")["group_label"]
    sizes = rows.groupby("group")["n"].max() if rows["stratum"].eq("").all() else None
    phases = {phase for _, phase in places}
    heads = {(group, phase): labels[group] + ("" if sizes is None else f" (N={sizes[group]})")
             + (f", phase {phase}" if len(phases) > 1 else "") for group, phase in places}  # fmt: skip
    many = rows.groupby("contrast")["group"].nunique().gt(2)
    only_yes = rows.groupby("base")["level"].agg(lambda levels: set(levels) == {"1"})
    lines: dict[tuple, dict[str, object]] = {}
    for row in rows.sort_values("stratum", kind="stable", key=_by_first_seen).to_dict("records"):
        place = row["group"], row["phase"]
        if place not in heads:
            continue
        own_column = many[row["contrast"]] and row["contrast"] != ""
        sign = row["marker"] if row["reference"] and not own_column else ""
        name = codebook.label(row["variable"]) if codebook else row["base"]
        for order, (level, text) in enumerate(_cells(row, codebook, only_yes[row["base"]], decimals, sign)):
            key = row["stratum"], row["base"], row["level"], order
            line = lines.setdefault(key, {"stratum": row["stratum"], "variable": name, "level": level})
            line[heads[place]] = text
            if own_column:
                line[row["contrast"]] = row["marker"]
            if place == places[0] and row["missing"]:
                line["missing"] = str(row["missing"])
    printed = pd.DataFrame(list(lines.values())).fillna("")
    extra = [name for name in (*many.index[many], "missing") if name and name in printed]
    leading = (["stratum"] if sizes is None else []) + ["variable", "level"]
    return printed.reindex(columns=[*leading, *dict.fromkeys(heads.values()), *extra], fill_value="")


def beside_printed(frame: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Set recomputed markers beside the printed ones.

    Parameters
    ----------
    frame : from `compare_groups`; its strata and contrasts bear the names that `printed` uses.
    printed : published comparisons: variable, level, phase, stratum, contrast, marker, wording, source_line.

    Returns
    -------
    The printed comparisons of the frame's variables, contrasts and strata with column, test, p, recomputed
    (marker) and agrees: True or False where a marker or a wording (significant, marginal, none) was printed,
    else missing.
    """
    require_frame(frame=frame, printed=printed)
    asked = printed.map(lambda value: "" if pd.isna(value) else level_text(value))
    known = set(frame["variable"])
    phased = asked["variable"] + "_p" + asked["phase"]
    asked["column"] = phased.where(phased.isin(known), asked["variable"])
    asked = asked[asked["column"].isin(known) & asked["contrast"].isin(set(frame["contrast"]) - {""})
                  & asked["stratum"].isin(set(frame["stratum"]))]  # fmt: skip
    tests = frame.rename(columns={"variable": "column", "marker": "recomputed"})
    key = ["column", "level", "stratum", "contrast"]
    tests = tests[tests["test"] != ""].drop_duplicates(key)[[*key, "test", "p", "recomputed"]]
    beside = asked.merge(tests, on=key, how="left")
    same = (beside["marker"] == beside["recomputed"]).where(
        beside["marker"] != "", beside["wording"] == beside["recomputed"].map(WORDING)
    )
    said = (beside["marker"] != "") | beside["wording"].isin(set(WORDING.values()))
    return beside.assign(agrees=same.astype("boolean").where(said & beside["p"].notna(), pd.NA))


def _places(rows: pd.DataFrame, columns: Sequence[str | tuple[str, int]] | None) -> list[tuple[str, int]]:
    groups = list(dict.fromkeys(rows["group"]))
    if columns is None:
        asked = rows.groupby(["group", "phase"])[["missing", "n"]].sum()
        mostly = {place for place, row in asked.iterrows() if 2 * row["missing"] < row["n"]}
        phases = sorted(set(rows["phase"]) - {1})
        return [(name, 1) for name in groups] + [(g, p) for p in phases for g in groups if (g, p) in mostly]
    places = [(column, 1) if isinstance(column, str) else tuple(column) for column in columns]
    if unknown := [name for name, _ in places if name not in groups]:
        remedy = f"the groups are {', '.join(groups)}"
        raise InputError(Problem("no such group", column=str(name), remedy=remedy) for name in unknown)
    return places


def _cells(row: dict, codebook: object, only_yes: bool, decimals: int, sign: str) -> list[tuple[str, str]]:
    """The printed lines of one row, as (level, text)."""
    if pd.notna(row["mean"]):
        spread = f"{row['mean']:.{decimals}f} ({row['sd']:.{decimals}f})"
        return [("M (SD)", spread + sign), ("range", f"{row['min']:g}-{row['max']:g}")]
    if pd.isna(row["k"]):
        return [("", sign)]
    level = row["level"]
    if codebook and level != "missing":
        level = codebook.level_label(row["variable"], level)
    text = "" if pd.isna(row["percent"]) else f"{row['percent']:.{decimals}f}{sign}"
    return [("" if only_yes else level, text)]


def _base(name: str) -> str:
    found = PHASED.match(name)
    return found["base"] if found else name


def _phase(name: str) -> int:
    found = PHASED.match(name)
    return int(found["phase"]) if found else 1


def _by_first_seen(values: pd.Series) -> pd.Series:
    return pd.Series(pd.factorize(values)[0], values.index)
