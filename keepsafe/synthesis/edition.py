"""An edition of another report: tables typed as printed become figures and comparisons, once the audit has read them.

A form is data/published/table_*.csv: `variable`, `level` (blank for a number, and for the 1 of a yes/no), a column for
each group of the study file with its number of cases in the heading, as in `with (n=59)`, and one for each contrast
with its markers. Cells are as printed: `27 (45.8%)`, `45.8%`, `22.31 (4.51)`.
"""

import re
from pathlib import Path

import pandas as pd

from keepsafe.paths import data
from keepsafe.problems import InputError, Problem
from keepsafe.reading import csv_tables
from keepsafe.study.definition import Study
from keepsafe.study.published import COMPARISONS, FIGURES, MARKERS, load_comparisons, load_figures

HEADING = re.compile(r"(?P<group>\w+) \(n ?= ?(?P<n>[0-9]+)\)")
UNMARKED = ("ns", "n.s.", "-")


def forms() -> list[Path]:
    """The tables typed as printed, where this compendium has any."""
    folder = data("published")
    return sorted(folder.glob("table_*.csv")) if folder.is_dir() else []


def printed(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The figures and comparisons of a compendium; of an edition its forms, audited, and written beside them.

    InputError for a form that cannot be read, a slip that the audit finds, and what `load_figures` refuses: nothing
    is made.
    """
    if forms():
        figures, comparisons = transcribed(forms(), study)
        figures.to_csv(data("published", "figures.csv"), index=False, lineterminator="\n")
        comparisons.to_csv(data("published", "comparisons.csv"), index=False, lineterminator="\n")
    return load_figures(study=study), load_comparisons()


def transcribed(paths: list[Path], study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables typed as printed, as rows of figures.csv and comparisons.csv; every fault of all of them at once."""
    figures, comparisons, faults, sizes = [], [], [], {}
    for path in paths:
        table = csv_tables.read(path, ("variable",))
        groups = _groups(table, study, sizes, faults)
        contrasts = [name for name in table.frame if name in study.contrasts]
        known = {"variable", "level", "kind", *groups, *contrasts}
        faults += [
            Problem(
                "is no group of the study file with its n, and no contrast",
                table.file,
                column=name,
                remedy="head a column as in 'with (n=59)', or as the contrast",
            )
            for name in table.frame
            if name not in known
        ]
        said = [_row(row, line, table, groups, contrasts, study, faults) for row, line in _rows(table)]
        figures += [figure for part, _ in said for figure in part]
        comparisons += [comparison for _, part in said for comparison in part]
        faults += _slips(table, groups, study)
    if faults:
        raise InputError(faults)
    person = study.settings["study"]["person"]
    counts = [_figure("groups", person, "", group, "count", n, 0, 1) for group, n in sizes.items()]
    return pd.DataFrame([*counts, *figures], columns=FIGURES), pd.DataFrame(comparisons, columns=COMPARISONS)


def _rows(table):
    return zip(table.frame.to_dict("records"), table.lines, strict=True)


def _groups(table, study: Study, sizes: dict[str, str], faults: list[Problem]) -> dict[str, str]:
    """The columns of groups, by heading; a group has one number of cases in all forms."""
    found = {}
    for name in table.frame:
        heading = HEADING.fullmatch(name.strip())
        if not heading or heading["group"] not in study.groups:
            continue
        found[name], n = heading["group"], heading["n"]
        if sizes.setdefault(heading["group"], n) != n:
            message = f"has n = {n} here and {sizes[heading['group']]} before"
            faults.append(Problem(message, table.file, column=name, remedy="give a group one number of cases"))
    return found


def _row(row: dict, line: int, table, groups: dict[str, str], contrasts: list[str], study: Study, faults: list):
    """The figures and the comparisons of one typed row."""
    from keepsafe.audit.cells import cell

    name = row["variable"].strip()
    variable = study.codebook[name] if name in study.codebook else None
    if variable is None:
        faults.append(
            Problem(
                f"{name} is no variable of the codebook",
                table.file,
                line,
                "variable",
                remedy="name it as the codebook does",
            )
        )
        return [], []
    level = row.get("level", "").strip() or ("" if variable.measured else "1")
    if not variable.measured and level not in variable.levels:
        faults.append(
            Problem(
                f"{level} is no level of {name}",
                table.file,
                line,
                "level",
                remedy=f"choose of {', '.join(variable.levels)}",
            )
        )
    figures, middle, source = [], {}, Path(table.file).stem
    for heading, group in groups.items():
        read = cell(row[heading])
        if read.form == "blank":
            continue
        wanted = ("pair", "mean sd") if variable.measured else ("count percent", "percent")
        if read.form not in wanted:
            example = "'22.31 (4.51)'" if variable.measured else "'27 (45.8%)' or '45.8%'"
            faults.append(
                Problem(
                    "is not of a form that is read here", table.file, line, heading, remedy=f"type it as in {example}"
                )
            )
            continue
        statistics = ("mean", "sd") if variable.measured else ("count", "percent")[-len(read.numbers) :]
        middle[group] = read.numbers[0 if variable.measured else -1].value
        for statistic, number in zip(statistics, read.numbers, strict=True):
            figures.append(_figure(source, name, level, group, statistic, number.text, number.decimals, line))
    comparisons = []
    for contrast in contrasts:
        first, second = study.contrasts[contrast].groups
        marker = row[contrast].strip().replace("+", "†")
        if marker in UNMARKED:
            marker = ""
        if marker not in MARKERS:
            faults.append(Problem("is no marker", table.file, line, contrast, remedy="use †, *, **, *** or ns"))
        if row[contrast].strip() and first in middle and second in middle:
            gap = middle[second] - middle[first]
            direction = "higher" if gap > 0 else "lower" if gap < 0 else "same" if not marker else ""
            comparisons.append(
                (source, name, level, "", "", contrast, marker, "" if marker else "none", direction, line)
            )
    return figures, comparisons


def _figure(source, variable, level, group, statistic, value, decimals, line) -> tuple:
    parts = ".".join(filter(None, (source, variable, level, group, statistic)))
    return (parts, source, variable, level, group, "", "", statistic, value, decimals, "exactly", "persons", "", line)


def _slips(table, groups: dict[str, str], study: Study) -> list[Problem]:
    """What the audit of the form finds that cannot hold: each contrast's two groups beside everybody."""
    from keepsafe.audit import audit_table

    frame = table.frame
    line = dict(zip(frame["variable"].str.strip() + " " + frame.get("level", "").str.strip(), table.lines, strict=True))
    heading = {group: name for name, group in groups.items()}
    everybody = next((name for name, group in groups.items() if study.groups[group].variable is None), None)
    found: dict[tuple, Problem] = {}
    for contrast in study.contrasts.values():
        pair = [heading[group] for group in contrast.groups if group in heading]
        if len(pair) < 2:
            continue
        part = frame[[*(["level"] if "level" in frame else []), *([everybody] if everybody else []), *pair]]
        part.insert(0, "variable", frame["variable"])
        parts = _audited(audit_table, part, everybody, pair)
        for row in parts[parts["verdict"] == "cannot hold"].itertuples():
            where = next((n for key, n in line.items() if key.strip() and key.split()[0] in row.row), None)
            found[row.row, row.column] = Problem(
                f"{row.row}, {row.printed}: {row.explanation}",
                table.file,
                where,
                row.column,
                remedy="compare it with the report; a figure printed so is named under cannot_hold in the study file",
            )
    return list(found.values())


def _audited(audit_table, part: pd.DataFrame, everybody: str | None, pair: list[str]) -> pd.DataFrame:
    try:
        return audit_table(part, total={everybody: pair} if everybody else None)
    except InputError:  # nothing in it that could be checked
        return pd.DataFrame(columns=["row", "column", "printed", "verdict", "explanation"])
