"""An edition of another report: tables typed as printed become figures and comparisons, once the audit has read them.

A form is data/published/table_*.csv: `variable`, `level` (blank for a number, and for the 1 of a yes/no), a column for
each group of the study file with its number of cases in the heading, as in `with (n=59)`, and one for each contrast
with its markers. Cells are as printed: `27 (45.8%)`, `45.8%`, `22.31 (4.51)`; where a column `kind` says `%`, `45.8`.
"""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from keepsafe.paths import data, shown
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.reading import read_own
from keepsafe.study import Study
from keepsafe.study.published import COMPARISONS, FIGURES, MARKERS, load_comparisons, load_figures

HEADING = re.compile(r"(?P<group>\w+) \(n ?= ?(?P<n>[0-9]+)\)")
UNMARKED = ("ns", "n.s.", "-")
PERCENT = ("%", "percent", "per cent")


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
        _known(study, figures, comparisons)
        figures.to_csv(data("published", "figures.csv"), index=False, lineterminator="\n")
        comparisons.to_csv(data("published", "comparisons.csv"), index=False, lineterminator="\n")
    return load_figures(study=study), load_comparisons()


def transcribed(paths: list[Path], study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables typed as printed, as rows of figures.csv and comparisons.csv; every fault of all of them at once."""
    figures, comparisons, faults, sizes = [], [], [], {}
    for path in paths:
        table = read_own(path, ("variable",))
        groups = _groups(table, study, sizes, faults)
        contrasts = [name for name in table.frame if name in study.contrasts]
        known = {"variable", "level", "kind", *groups, *contrasts}
        faults += [
            Problem(
                "is no group of the study file with its n, and no contrast",
                table.file,
                column=name,
                remedy="head a column as in 'with (n=59)', or as the contrast; type p-values as its markers",
            )
            for name in table.frame
            if name not in known
        ]
        lines = zip(table.frame.to_dict("records"), table.lines, strict=True)
        said = [_row(row, line, table, groups, contrasts, study, faults) for row, line in lines]
        figures += [figure for part, _ in said for figure in part]
        comparisons += [comparison for _, part in said for comparison in part]
        faults += _slips(table, groups, study)
    if faults:
        raise InputError(faults)
    person = study.settings["study"]["person"]
    counts = [figure_row("groups", person, "", group, "count", n, 0, 1) for group, n in sizes.items()]
    return pd.DataFrame([*counts, *figures], columns=FIGURES), pd.DataFrame(comparisons, columns=COMPARISONS)


def _known(study: Study, figures: pd.DataFrame, comparisons: pd.DataFrame) -> None:
    """Raise InputError where the study file says of something that it cannot hold, and no form has it."""
    ids = [*figures["id"], *map(comparison_id, comparisons.itertuples())]
    faults = []
    for name in (name for name in _cannot_hold(study) if name not in ids):
        message = f"[synthesis] cannot_hold names {name!r}, which no form has"
        remedy = not_one_of(name, ids)[1] or "write it as the message names it"
        faults.append(Problem(message, "data/study.toml", remedy=remedy))
    if faults:
        raise InputError(faults)


def _cannot_hold(study: Study) -> list[str]:
    return study.settings.get("synthesis", {}).get("cannot_hold", [])


def comparison_id(row) -> str:
    """What a comparison is called under cannot_hold: table_1.smoke.1.by_weight."""
    return ".".join(filter(None, (row.source, row.variable, row.level, row.contrast)))


def place_of(figure: str, figures: pd.DataFrame) -> dict:
    """The form, line and column in which a figure of an edition was typed; of other figures the file."""
    rows = figures[figures["id"] == figure]
    source = rows["source"].iloc[0] if len(rows) else ""
    path = next((path for path in forms() if path.stem == source), None)
    if path is not None:
        return {"file": shown(path), "line": int(rows["source_line"].iloc[0]), "column": rows["group"].iloc[0]}
    if forms() and source == "groups":
        return {"file": shown(forms()[0]), "line": 1, "column": rows["group"].iloc[0]}
    return {"file": "figures.csv"}


def line_of(fault: str, claims: pd.DataFrame) -> int | None:
    """The line of the form on which stands the claim that a fault is about."""
    said = (claims["model"] + ":").map(fault.startswith) & claims["predictor"].map(lambda name: f" {name} " in fault)
    return int(said.to_numpy().argmax()) + 2 if said.any() else None


def for_audit(grid, path: Path, study: Study):
    """The table of a form as the audit of any table reads it: a column of markers is one of p, of two groups."""
    if path.resolve() not in [form.resolve() for form in forms()]:
        return grid
    names = {heading["group"]: head for head in grid.heads if (heading := HEADING.fullmatch(head.strip()))}
    p = {place: _p(study, head, names) for place, head in enumerate(grid.heads) if head in study.contrasts}
    heads = [p.get(place, head) for place, head in enumerate(grid.heads)]
    rows = [[PRINTED_P.get(text.strip(), text) if k in p else text for k, text in enumerate(row)] for row in grid.rows]
    return replace(grid, heads=heads, rows=rows)


#: A marker as a p that the audit reads; it takes stars as they are.
PRINTED_P = {"†": "<.10", "+": "<.10"}


def _p(study: Study, contrast: str, names: dict[str, str]) -> str:
    groups = study.contrasts[contrast].groups
    return f"p ({' vs '.join(groups)})" if all(group in names for group in groups) else f"p, {contrast}"


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

    def wrong(message: str, column: str, remedy: str) -> None:
        faults.append(Problem(message, table.file, line, column, remedy=remedy))

    if name not in study.codebook:
        wrong(f"{name} is no variable of the codebook", "variable", "name it as the codebook does")
        return [], []
    variable = study.codebook[name]
    level = _level(row, study)
    if not variable.measured and level not in variable.levels:
        wrong(f"{level} is no level of {name}", "level", f"choose of {', '.join(variable.levels)}")
    figures, middle, source = [], {}, Path(table.file).stem
    for heading, group in groups.items():
        read = cell(row[heading])
        if read.form == "blank":
            continue
        if read.form == "number" and not variable.measured and row.get("kind", "").strip() in PERCENT:
            read = replace(read, form="percent")
        wanted = ("pair", "mean sd") if variable.measured else ("count percent", "percent")
        if read.form not in wanted:
            example = "'22.31 (4.51)'" if variable.measured else "'27 (45.8%)' or '45.8%'"
            bare = ", or write % in a column kind" if read.form == "number" and not variable.measured else ""
            wrong("is not of a form that is read here", heading, f"type it as in {example}{bare}")
            continue
        statistics = ("mean", "sd") if variable.measured else ("count", "percent")[-len(read.numbers) :]
        middle[group] = read.numbers[0 if variable.measured else -1].value
        for statistic, number in zip(statistics, read.numbers, strict=True):
            figures.append(figure_row(source, name, level, group, statistic, number.text, number.decimals, line))
    comparisons = []
    for contrast in contrasts:
        first, second = study.contrasts[contrast].groups
        marker = row[contrast].strip().replace("+", "†")
        if marker in UNMARKED:
            marker = ""
        if marker not in MARKERS:
            wrong("is no marker", contrast, "use †, *, **, *** or ns")
        if row[contrast].strip() and first in middle and second in middle:
            gap = middle[second] - middle[first]
            direction = "higher" if gap > 0 else "lower" if gap < 0 else "same" if not marker else ""
            wording = "" if marker else "none"
            comparisons.append((source, name, level, "", "", contrast, marker, wording, direction, line))
    return figures, comparisons


def figure_row(source, variable, level, group, statistic, value, decimals, line) -> tuple:
    """A row of figures.csv, of persons and exact."""
    parts = ".".join(filter(None, (source, variable, level, group, statistic)))
    return (parts, source, variable, level, group, "", "", statistic, value, decimals, "exactly", "persons", "", line)


def _slips(table, groups: dict[str, str], study: Study) -> list[Problem]:
    """What the audit of the form finds that cannot hold: each contrast's two groups beside everybody, and its markers.

    What the study file says cannot hold is let through.
    """
    frame, source = table.frame, Path(table.file).stem
    heading = {group: name for name, group in groups.items()}
    everybody = next((name for name, group in groups.items() if study.groups[group].variable is None), None)
    found: dict[tuple, Problem] = {}
    for contrast in study.contrasts.values():
        pair = [heading[group] for group in contrast.groups if group in heading]
        if len(pair) < 2:
            continue
        leading = [name for name in ("variable", "level", "kind") if name in frame]
        part = frame[[*leading, *filter(None, [everybody]), *pair]].copy()
        p = _p(study, contrast.name, heading)
        if contrast.name in frame:
            part[p] = frame[contrast.name].str.strip().replace(PRINTED_P)
        parts = _audited(part, everybody, pair)
        for row in parts[parts["verdict"] == "cannot hold"].itertuples():
            at = int(re.search(r"[0-9]+", row.cell)[0]) - 2  # of a frame, the first row stands in line 2
            level = _level(frame.iloc[at], study)
            stem = ".".join(filter(None, (source, frame["variable"].iloc[at].strip(), level)))
            named = [f"{stem}.{contrast.name}"] if row.column == p else []
            what = "sd" if "SD" in row.check else "mean" if "mean" in row.check else ""
            statistics = (what,) if what else ("percent", "count") if level else ("mean", "sd")
            named += [
                f"{stem}.{groups[name]}.{what}"
                for name in row.column.split("; ")
                if name in groups
                for what in statistics
            ]
            if not set(named) & set(_cannot_hold(study)):
                found[row.row, row.column] = _slip(row, table, at, p, contrast.name, named)
    return list(found.values())


def _level(row, study: Study) -> str:
    """The level of a typed row: blank for a number, 1 where none is typed of another variable."""
    name = row["variable"].strip()
    return row.get("level", "").strip() or ("" if name in study.codebook and study.codebook[name].measured else "1")


def _slip(row, table, at: int, p: str, contrast: str, named: list[str]) -> Problem:
    as_typed = next((marker for marker, text in PRINTED_P.items() if text == row.printed), row.printed)
    message = f"{row.row}, {as_typed if row.column == p else row.printed}: {row.explanation}"
    remedy = "compare it with the report; if it is printed so, name it under cannot_hold in the study file"
    return Problem(
        message,
        table.file,
        table.lines[at],
        contrast if row.column == p else row.column,
        f"{remedy}, as {named[0]!r}" if named else remedy,
    )


def _audited(part: pd.DataFrame, everybody: str | None, pair: list[str]) -> pd.DataFrame:
    from keepsafe.audit import audit_table

    try:
        return audit_table(part, total={everybody: pair} if everybody else None)
    except InputError:  # nothing in it that could be checked
        return pd.DataFrame(columns=["row", "column", "cell", "printed", "verdict", "explanation"])
