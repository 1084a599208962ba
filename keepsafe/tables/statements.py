"""What the 2019 text says of comparisons, beside the same comparison computed from a cohort."""

from collections.abc import Collection

import pandas as pd

from keepsafe.compare import beside_printed, compare_groups
from keepsafe.study import Study
from keepsafe.tables.display import Table, table
from keepsafe.values import Kind, say, value

SAID = {"significant": "significant", "marginal": "marginally significant", "none": "no significant difference",
        "most": "of most outcomes", "": "no word on significance"}  # fmt: skip
TOWARDS = {"higher": "higher", "lower": "lower", "same": "similar", "": ""}


def statements_table(lines: Collection[int], contrast: str, figures: pd.DataFrame, comparisons: pd.DataFrame,
                     cohort: pd.DataFrame, study: Study, caption: str, name: str, test: str = "pearson",
                     mean_test: str = "t") -> Table:  # fmt: skip
    """Compare as the running text does, a row a statement.

    Parameters
    ----------
    lines : the lines of the 2019 report whose statements are shown.
    contrast : "risk", "cse" or "sex" (females against males, within each group).
    figures, comparisons : as `load_figures` and `load_comparisons` return them. What a group's figure agrees with is
        "calibrated" where it was printed, else "calibrated, direction only".
    cohort, study : the data, and the groups and labels.
    caption, name : of the table.
    test, mean_test : as for `compare_groups`.

    Returns
    -------
    Table
        what is compared, both groups' percentage (or mean), p, and what the text says.
    """
    said = comparisons[comparisons["source"].eq("text") & comparisons["source_line"].isin(lines)
                       & comparisons["contrast"].eq(contrast)]  # fmt: skip
    beside = beside_text(said, contrast, cohort, study, test, mean_test)
    by_sex = contrast == "sex"
    labels = ["Female", "Male"] if by_sex else [study.groups[name].label for name in study.contrasts[contrast].groups]
    groups = ["", ""] if by_sex else list(study.contrasts[contrast].groups)
    printed = {(study.column(*pair), level, group) for *pair, level, group in
               figures[["variable", "phase", "level", "group"]].itertuples(index=False)}  # fmt: skip
    rows = []
    for row in beside.itertuples():
        kinds = [Kind.CALIBRATED if (row.column, row.level, group) in printed else Kind.DIRECTION for group in groups]
        key = ".".join(filter(None, (row.column, row.level.replace("|", "-or-"), row.stratum, contrast)))
        what = study.label(row.column)
        if row.column in study.codebook and row.level and row.level not in ("1", "0"):
            what += f": {study.codebook.level_label(row.column, row.level).lower()}"
        rows.append({"What is compared": what} | ({"Among": study.groups[row.stratum].label} if by_sex else {}) | {
            label: value(figure, f"text.{key}.{side}", unit="%" if row.counted else "", digits=1, kind=kind, safe=True)
            for side, label, figure, kind in zip("ab", labels, (row.first, row.second), kinds, strict=True)
        } | {"p": value(row.p, f"text.{key}.p", unit="p", kind=max(kinds, key=list(Kind).index), safe=True),
             "The 2019 text says": say(", ".join(filter(None, (TOWARDS[row.direction], SAID[row.wording])))),
        })  # fmt: skip
    by = f"{test.replace('_', ' ').capitalize()}'s test, for means by the t test"
    note = f"Percentages of known cases, or means. p by {by}."
    return table(pd.DataFrame(rows), caption, name, note=note)


def beside_text(said: pd.DataFrame, contrast: str, cohort: pd.DataFrame, study: Study, test: str = "pearson",
                mean_test: str = "t") -> pd.DataFrame:  # fmt: skip
    """The statements with both groups' figure, p and marker.

    Adds column, first, second (the groups' figures), counted (whether these are percentages), p, recomputed, agrees.

    For sex, `first` is the females' figure.
    """
    columns = [study.column(*pair) for pair in dict.fromkeys(zip(said["variable"], said["phase"], strict=True))]
    joined: dict[str, list[str]] = {}
    for variable, phase, level in said[["variable", "phase", "level"]].drop_duplicates().itertuples(index=False):
        if "|" in level:
            joined.setdefault(study.column(variable, phase), []).append(level)
    by_sex = contrast == "sex"
    within = study if by_sex else study.strata["sex"] if said["stratum"].ne("").any() else None
    frame = compare_groups(cohort, columns, by="sex" if by_sex else study, within=within, denominators="known",
                           test=test, mean_test=mean_test, total=False, unknown=(), joined=joined)  # fmt: skip
    frame = frame[frame["contrast"] == contrast]
    beside = beside_printed(frame, said)
    figure = frame.assign(figure=frame["percent"].fillna(frame["mean"]))
    sides = figure.groupby(["variable", "level", "stratum"], sort=False).agg(
        first=("figure", "first"),
        second=("figure", "last"),
        counted=("percent", lambda share: share.notna().any()),
    )
    return beside.join(sides, on=["column", "level", "stratum"])
